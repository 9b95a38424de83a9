//! Near copies: whether two sources' entries are the same news, and why.
//!
//! Headlines of one paper repeat each other word for word and differ in a number; two papers' headlines of one event differ in words and
//! agree in names and numbers. So two texts are compared twice: for what they share, where rare words count and long official phrases
//! hardly do, and for what sets them apart. What each says and the other, in title and lead together, does not know is a veto, if it is a
//! number, a name or a place, however much they share; so are opposites, moments of one affair, and items under one heading. A wrong
//! merge costs more than a missed one: in doubt two stories stay two.
//!
//! | file | answers |
//! | --- | --- |
//! | `token`, `number` | what a text is made of |
//! | `lexicon` | what is known about words |
//! | `bag`, `likeness` | what two texts share |
//! | `event` | whether two papers tell of one event in their own words |
//! | `veto`, `slot` | what sets them apart |
//! | `sketch` | what is kept of a text to find those that share much with it |

mod bag;
mod event;
mod lexicon;
mod likeness;
mod number;
mod sketch;
mod slot;
mod token;
mod veto;

use std::sync::OnceLock;

use crate::model::{Reason, Report, Sketch};
use crate::text::Passage;
use bag::Bag;
use lexicon::LEXICON;
use token::{Kind, Token};

pub use likeness::Likeness;

/// Tokens of a summary that are compared: its lead.
const LEAD: usize = 60;
/// Tokens of a title that are compared.
const TITLE: usize = 60;
/// Tokens that the name of a site has at the most.
const SITE: usize = 6;

/// A text prepared for comparing.
#[derive(Clone, Debug)]
pub struct Gist {
    title: Part,
    lead: Part,
    /// The tokens of title and lead.
    all: Bag,
    /// Those of the lead.
    of_lead: Bag,
    /// Worked out when it is first asked for.
    sketch: OnceLock<Sketch>,
    /// The runs of words of the lead, worked out likewise.
    runs: OnceLock<Vec<(u64, usize)>>,
    /// Whether the title ends with an ellipsis.
    cut: bool,
    /// Whether the title is in capitals.
    shouted: bool,
}

/// A title or a lead.
#[derive(Clone, Debug)]
struct Part {
    passage: Passage,
    tokens: Vec<Token>,
}

/// Whether two texts are the same news, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Whether they are one story.
    pub same: bool,
    /// How much they share.
    pub likeness: Likeness,
    /// Why.
    pub reason: Reason,
}

impl Gist {
    /// Prepares a stored entry.
    pub fn of(report: &Report) -> Self {
        Self::new(&report.title, &report.summary)
    }

    /// Prepares an entry's texts, both plain. What the site wrote around the news does not count.
    pub fn new(title: &str, summary: &str) -> Self {
        let (title, summary) = (Passage::of_title(title), Passage::of_summary(summary));
        let shouted = token::is_shouted(&title.words());
        let end = title.text().trim_end();
        let cut = end.ends_with('…') || end.ends_with("...");
        let mut lead = Part::new(summary, LEAD);
        let title = Part::new(title, TITLE);
        // A title that stands in the place of the summary says nothing more.
        if lead.repeats(&title) {
            lead.tokens.clear();
        }
        let all = Bag::new(title.tokens.iter().chain(&lead.tokens));
        let of_lead = Bag::new(lead.tokens.iter());
        Self { title, lead, all, of_lead, sketch: OnceLock::new(), runs: OnceLock::new(), cut, shouted }
    }

    /// What near copies are looked for by: texts that are alike share a band and some words, as far as chance allows.
    pub fn sketch(&self) -> &Sketch {
        self.sketch.get_or_init(|| sketch::sketch(&self.title.tokens, &self.lead.tokens))
    }

    fn runs(&self) -> &[(u64, usize)] {
        self.runs.get_or_init(|| likeness::runs_of(&self.lead.tokens))
    }

    /// The token in a place of title and lead together.
    fn token(&self, place: u16) -> Option<&Token> {
        let place = usize::from(place);
        self.title.tokens.get(place).or_else(|| self.lead.tokens.get(place - self.title.tokens.len()))
    }

    /// What of title and summary counts.
    pub fn passages(&self) -> [&Passage; 2] {
        [&self.title.passage, &self.lead.passage]
    }

    fn texts(&self) -> (&str, &str) {
        (self.title.passage.text(), self.lead.passage.text())
    }

    fn tokens(&self) -> impl Iterator<Item = &Token> + Clone {
        self.title.tokens.iter().chain(&self.lead.tokens)
    }

    /// Whether the title is that of a timetable or forecast: places and hours of one are those of any other.
    fn is_timetable(&self) -> bool {
        let begins = |words: &[&str]| words.iter().zip(&self.title.tokens).all(|(word, token)| token.key == *word);
        [&["lich5"][..], &["thông", "bao1"], &["dư5", "bao1"], &["ban3", "tin"]].into_iter().any(begins)
    }

    /// Whether the text says this somewhere, spells it out, or names a place that is part of this one, or that this one is part of.
    fn knows(&self, token: &Token) -> bool {
        let is_part = |own: &Token| own.kind == Kind::Place && LEXICON.is_part(&own.key, &token.key);
        self.says(token) || token.kind == Kind::Place && self.tokens().any(is_part)
    }

    /// Whether the text says this somewhere, or spells it out.
    fn says(&self, token: &Token) -> bool {
        let is_loose = Token::may_be_written_otherwise;
        self.all.has(token.hash)
            || is_loose(token) && self.tokens().any(|own| is_loose(own) && own.says(token))
            || token.is_abbreviation && [&self.title, &self.lead].iter().any(|part| likeness::spells(&part.tokens, token))
    }
}

impl Part {
    fn new(passage: Passage, limit: usize) -> Self {
        Self { tokens: token::tokens(&passage, limit), passage }
    }

    /// Whether it says what a title says and nothing else, but for the name of a site behind a sign that parts them.
    fn repeats(&self, title: &Self) -> bool {
        let Some((same, rest)) = self.tokens.split_at_checked(title.tokens.len()) else { return false };
        let is_parted = |first: &Token| {
            let before = self.passage.text().get(..first.place.start as usize);
            before.is_some_and(|before| before.trim_end().ends_with(['-', '–', '|', '·']))
        };
        same.iter().map(|t| &t.key).eq(title.tokens.iter().map(|t| &t.key))
            && rest.first().is_none_or(|first| !same.is_empty() && rest.len() <= SITE && is_parted(first))
    }
}

/// Judges whether two entries of different sources, close in time, are the same news. Symmetric.
pub fn judge(a: &Gist, b: &Gist) -> Judgement {
    // Where two things differ in several places, which one is named, and which of two rows of common words is taken, depends on the
    // side one looks from: so it is always the same.
    if a.texts() <= b.texts() {
        judge_ordered(a, b)
    } else {
        let judgement = judge_ordered(b, a);
        Judgement { reason: judgement.reason.reversed(), ..judgement }
    }
}

fn judge_ordered(a: &Gist, b: &Gist) -> Judgement {
    let shared = likeness::Shared::new(a, b);
    let likeness = shared.likeness();
    let reason = veto::veto(a, b, &shared).unwrap_or_else(|| shared.reason());
    Judgement { same: matches!(reason, Reason::Alike(_)), likeness, reason }
}

#[cfg(test)]
mod tests;
