//! Near copies: whether two sources' entries are the same news, and why.
//!
//! Headlines of one paper repeat each other word for word and differ in a number; two papers' headlines of one event differ in words and
//! agree in names and numbers. So two texts are compared twice: for what they share, where rare words count and long official phrases
//! hardly do, and for what sets them apart. A number, place, name or opposite on each side that the other lacks is a veto, however
//! much they share. A wrong merge costs more than a missed one: in doubt two stories stay two.

mod band;
mod lexicon;
mod token;

use std::collections::HashSet;
use std::fmt;

use crate::model::{Alike, Report};
use crate::text::{body, headline};
use token::{Kind, Token, may_be_one};

/// Tokens of a summary that are compared: its lead.
const LEAD: usize = 60;
/// Tokens of a title that are compared.
const TITLE: usize = 60;

/// A text prepared for comparing.
#[derive(Clone, Debug)]
pub struct Gist {
    title: Vec<Token>,
    lead: Vec<Token>,
    /// Whether the title ends with an ellipsis.
    cut: bool,
    /// Whether the title is in capitals.
    shouted: bool,
}

/// How much two texts share, from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Likeness {
    /// The weight of the words that the titles share beside that of all their words.
    pub titles: f32,
    /// The part of the shorter title that the other one contains.
    pub contained: f32,
    /// The part of the shorter lead's runs of three words that the other one contains; `None` where a lead is missing or has hardly any.
    pub leads: Option<f32>,
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

/// Why two texts are, or are not, the same news. Reads as a sentence.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// They are the same news.
    Alike(Alike),
    /// Each has something that the other lacks.
    Apart {
        /// What kind of thing.
        what: Difference,
        /// What the first has.
        first: String,
        /// What the second has.
        second: String,
    },
    /// The titles are the same, but would fit many articles.
    General,
    /// They share too little.
    Unlike,
}

/// What sets two texts apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Numbers, dates or times in the titles.
    Number,
    /// Numbers in leads that are otherwise alike.
    LeadNumber,
    /// Provinces or cities.
    Place,
    /// Proper names.
    Name,
    /// Opposites, or different moments of one event.
    Opposite,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alike(alike) => alike.fmt(f),
            Self::General => f.write_str("the titles are the same, but would fit many articles, and the texts do not confirm it"),
            Self::Unlike => f.write_str("they share too little"),
            Self::Apart { what, first, second } => {
                let what = match what {
                    Difference::Number => "the titles differ in a number or date",
                    Difference::LeadNumber => "the texts differ in a number or date",
                    Difference::Place => "they are about different places",
                    Difference::Name => "they name different persons or things",
                    Difference::Opposite => "they tell of opposites, or of different moments",
                };
                let side = |f: &mut fmt::Formatter<'_>, text: &str| match text {
                    "" => f.write_str("nothing"),
                    text => write!(f, "{}", text.replace('_', " ")),
                };
                write!(f, "{what}: ")?;
                side(f, first)?;
                f.write_str(" / ")?;
                side(f, second)
            }
        }
    }
}

impl Likeness {
    /// Titles and leads together, to choose between stories that an entry is like.
    pub fn total(self) -> f32 {
        self.titles + self.contained + self.leads.unwrap_or(0.0)
    }

    /// Whether one text is the other word for word.
    pub fn is_whole(self) -> bool {
        self.titles >= 0.999 && self.leads.is_some_and(|leads| leads >= 0.9)
    }
}

impl Reason {
    /// Whether it forbids a story, rather than failing to make one.
    pub fn is_veto(&self) -> bool {
        matches!(self, Self::Apart { .. })
    }
}

impl Gist {
    /// Prepares a stored entry.
    pub fn of(report: &Report) -> Self {
        Self::new(&report.title, &report.summary)
    }

    /// Prepares an entry's texts, both plain. What the site wrote around the news does not count.
    pub fn new(title: &str, summary: &str) -> Self {
        let (title, summary) = (headline(title, &[]), body(summary));
        let shouted = token::is_shouted(&crate::text::Words::new(title));
        let cut = title.trim_end().ends_with(['…']) || title.trim_end().ends_with("...");
        Self { title: token::tokens(title, TITLE), lead: token::tokens(summary, LEAD), cut, shouted }
    }

    /// The bands under which near copies are looked for: texts that are alike share one, as far as chance allows.
    pub fn bands(&self) -> Vec<u64> {
        band::bands(&self.title, &self.lead)
    }
}

fn weight(tokens: &[Token]) -> u32 {
    tokens.iter().map(|t| t.weight).sum()
}

/// Judges whether two entries of different sources, close in time, are the same news. Symmetric.
pub fn judge(a: &Gist, b: &Gist) -> Judgement {
    let (title_a, title_b) = trimmed(a, b);
    let (only_a, only_b) = apart(title_a, title_b);
    let shared = weight(title_a) - weight(&only_a);
    let union = shared + weight(&only_a) + weight(&only_b);
    let shorter = weight(title_a).min(weight(title_b));
    let likeness = Likeness { titles: part(shared, union), contained: part(shared, shorter), leads: leads(&a.lead, &b.lead) };
    let (same, reason) = match veto(a, b, &only_a, &only_b, likeness) {
        Some(reason) => (false, reason),
        None => alike(likeness, part(shared, lexicon::RARE), a.lead.len().min(b.lead.len())),
    };
    Judgement { same, likeness, reason }
}

/// A part of a whole, from 0 to 1.
fn part(part: u32, whole: u32) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

/// The titles, the longer one cut to the length of one that ends with an ellipsis.
fn trimmed<'a>(a: &'a Gist, b: &'a Gist) -> (&'a [Token], &'a [Token]) {
    let len_a = if b.cut { a.title.len().min(b.title.len()) } else { a.title.len() };
    let len_b = if a.cut { b.title.len().min(a.title.len()) } else { b.title.len() };
    (&a.title[..len_a], &b.title[..len_b])
}

/// The tokens of each that the other lacks.
fn apart(a: &[Token], b: &[Token]) -> (Vec<Token>, Vec<Token>) {
    let mut rest: Vec<&Token> = b.iter().collect();
    let mut only_a = Vec::new();
    for token in a {
        let same = |other: &&Token| {
            token.key == other.key
                || token.kind == Kind::Number && other.kind == Kind::Number && may_be_one(&token.key, &other.key)
        };
        match rest.iter().position(same) {
            Some(place) => drop(rest.remove(place)),
            None => only_a.push(token.clone()),
        }
    }
    (only_a, rest.into_iter().cloned().collect())
}

/// The share of runs of three tokens; of the longer lead only as much is looked at as the shorter one has, and half as much again.
fn leads(a: &[Token], b: &[Token]) -> Option<f32> {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() < 6 {
        return None;
    }
    let runs = |tokens: &[Token]| -> HashSet<[String; 3]> {
        tokens.windows(3).map(|w| [w[0].key.clone(), w[1].key.clone(), w[2].key.clone()]).collect()
    };
    let (short, long) = (runs(short), runs(&long[..long.len().min(short.len() * 3 / 2 + 4)]));
    Some(short.intersection(&long).count() as f32 / short.len() as f32)
}

/// What forbids that two texts are one story.
fn veto(a: &Gist, b: &Gist, only_a: &[Token], only_b: &[Token], likeness: Likeness) -> Option<Reason> {
    let told_by = |gist: &Gist, key: &str| gist.lead.iter().chain(&gist.title).any(|t| t.key == key);
    let keys = |tokens: &[Token], kind: fn(&Token) -> bool| -> Vec<String> {
        tokens.iter().filter(|t| kind(t)).map(|t| t.key.clone()).collect()
    };
    let confirmed = likeness.leads.is_some_and(|leads| leads >= 0.5);

    let is_number = |t: &Token| t.kind == Kind::Number;
    let (mut first, mut second) = (keys(only_a, is_number), keys(only_b, is_number));
    let both = !first.is_empty() && !second.is_empty();
    let known = first.iter().all(|key| told_by(b, key)) && second.iter().all(|key| told_by(a, key));
    // A number that only one title names sets them apart where the other text does not know it; where each title names another one, both
    // texts must know both, and be the same.
    if !both && (confirmed || known) || known && likeness.leads.is_some_and(|leads| leads >= 0.8) {
        first.clear();
        second.clear();
    }
    if !first.is_empty() || !second.is_empty() {
        return Some(difference(Difference::Number, first, second));
    }
    for x in only_a {
        for y in only_b {
            if lexicon::LEXICON.are_opposites(&x.key, &y.key) {
                return Some(difference(Difference::Opposite, vec![x.key.clone()], vec![y.key.clone()]));
            }
        }
    }
    let places = |gist: &Gist| -> HashSet<String> {
        gist.title.iter().chain(&gist.lead).filter(|t| t.kind == Kind::Place).map(|t| t.key.clone()).collect()
    };
    let (here, there) = (places(a), places(b));
    if !here.is_empty() && !there.is_empty() && here.is_disjoint(&there) && !confirmed {
        let sorted = |set: HashSet<String>| -> Vec<String> {
            let mut all: Vec<String> = set.into_iter().collect();
            all.sort();
            all
        };
        return Some(difference(Difference::Place, sorted(here), sorted(there)));
    }
    let is_name = |t: &Token| matches!(t.kind, Kind::Name | Kind::Place);
    let (mut first, mut second) = (keys(only_a, is_name), keys(only_b, is_name));
    // Where one title is in capitals, a rare word that only it has may be a name.
    if a.shouted != b.shouted && !confirmed {
        let rare = |t: &Token| t.weight >= lexicon::RARE;
        (first, second) = (keys(only_a, rare), keys(only_b, rare));
    }
    first.retain(|key| !told_by(b, key));
    second.retain(|key| !told_by(a, key));
    if !first.is_empty() && !second.is_empty() {
        return Some(difference(Difference::Name, first, second));
    }
    if likeness.leads.is_some_and(|leads| leads >= 0.25) {
        let len = a.lead.len().min(b.lead.len());
        let (only_a, only_b) = apart(&a.lead[..len], &b.lead[..len]);
        for (what, kind) in [(Difference::LeadNumber, is_number as fn(&Token) -> bool), (Difference::Name, is_name)] {
            let (mut first, mut second) = (keys(&only_a, kind), keys(&only_b, kind));
            first.retain(|key| !told_by(b, key));
            second.retain(|key| !told_by(a, key));
            if !first.is_empty() && !second.is_empty() {
                return Some(difference(what, first, second));
            }
        }
    }
    None
}

fn difference(what: Difference, first: Vec<String>, second: Vec<String>) -> Reason {
    Reason::Apart { what, first: first.join(", "), second: second.join(", ") }
}

/// Whether texts without a veto share enough.
fn alike(likeness: Likeness, shared: f32, lead_words: usize) -> (bool, Reason) {
    let Likeness { titles, contained, leads } = likeness;
    let confirm = leads.unwrap_or(0.0);
    if confirm >= 0.85 && lead_words >= 22 || confirm >= 0.6 && contained >= 0.3 {
        return (true, Reason::Alike(Alike::Texts));
    }
    if titles >= 0.999 {
        let needed = match leads {
            Some(leads) if leads < 0.08 => 5.0,
            Some(_) => 2.0,
            None => 4.5,
        };
        return if shared >= needed { (true, Reason::Alike(Alike::Titles)) } else { (false, Reason::General) };
    }
    if titles >= 0.6 && confirm >= 0.2 && shared >= 3.0 {
        return (true, Reason::Alike(Alike::TitlesAndTexts));
    }
    let missing = leads.is_none();
    if titles >= 0.8 && shared >= 5.0 && (missing || confirm >= 0.05) || contained >= 0.97 && shared >= 5.5 && missing {
        return (true, Reason::Alike(Alike::Titles));
    }
    (false, Reason::Unlike)
}

#[cfg(test)]
mod tests;
