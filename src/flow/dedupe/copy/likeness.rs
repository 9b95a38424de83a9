//! What two texts share, and whether that is enough.
//!
//! The thresholds were set on labelled pairs, see tests/corpus/judge; each stands with what it tells apart.

use std::cell::OnceCell;

use unicode_normalization::UnicodeNormalization;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::flow::dedupe::copy::lexicon::RARE;
use crate::flow::dedupe::copy::token::{Kind, Token};
use crate::flow::dedupe::copy::{Gist, event};
use crate::model::{Alike, Reason};

/// How much two texts share, from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Likeness {
    /// The weight of the words that the titles share beside that of all their words.
    pub titles: f32,
    /// The part of the shorter text, title and lead together, that the other one contains.
    pub contained: f32,
    /// The part of the shorter lead that the other one contains; `None` where a lead is missing.
    pub leads: Option<f32>,
}

/// What two texts share and what only one of them has.
pub(super) struct Shared<'a> {
    /// The tokens of each title that the other title lacks.
    pub only: [Vec<&'a Token>; 2],
    /// The titles, the longer one cut to the length of one that ends with an ellipsis.
    pub trimmed: (&'a [Token], &'a [Token]),
    pub a: &'a Gist,
    pub b: &'a Gist,
    likeness: Likeness,
    /// The weight that the titles, and the whole texts share, in rare words.
    titles: f32,
    texts: f32,
    /// The part of the shorter title that the other title contains.
    title_contained: f32,
    /// What takes time and is seldom asked for, see the methods of these names.
    runs: OnceCell<f32>,
    event: OnceCell<i32>,
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

impl<'a> Shared<'a> {
    pub(super) fn new(a: &'a Gist, b: &'a Gist) -> Self {
        let trimmed @ (title_a, title_b) = trimmed(a, b);
        let mut only = apart(title_a, title_b);
        forgive_misspelling(&mut only);
        let weight = |tokens: &[&Token]| tokens.iter().map(|t| t.weight).sum::<u32>();
        let all = |tokens: &[Token]| tokens.iter().map(|t| t.weight).sum::<u32>();
        // An abbreviation in one title and its words in the other weigh differently.
        let titles = (all(title_a) - weight(&only[0])).min(all(title_b) - weight(&only[1]));
        let says = |own, other| a.token(own).zip(b.token(other)).is_some_and(|(own, other)| own.says(other));
        let (texts, lighter) = a.all.overlap(&b.all, says);
        let leads = (!a.of_lead.is_empty() && !b.of_lead.is_empty()).then(|| {
            let says = |own: u16, other: u16| a.lead.tokens[usize::from(own)].says(&b.lead.tokens[usize::from(other)]);
            let (shared, lighter) = a.of_lead.overlap(&b.of_lead, says);
            part(shared, lighter)
        });
        let contained = part(texts, lighter);
        Self {
            likeness: Likeness { titles: part(titles, titles + weight(&only[0]) + weight(&only[1])), contained, leads },
            titles: part(titles, RARE),
            texts: part(texts, RARE),
            title_contained: part(titles, all(title_a).min(all(title_b))),
            runs: OnceCell::new(),
            event: OnceCell::new(),
            only,
            trimmed,
            a,
            b,
        }
    }

    /// The part of the shorter lead's runs of three words that the other one contains.
    fn runs(&self) -> f32 {
        *self.runs.get_or_init(|| runs(self.a, self.b))
    }

    /// How many words the shorter lead has.
    fn lead(&self) -> usize {
        self.a.lead.tokens.len().min(self.b.lead.tokens.len())
    }

    /// Whether one is a timetable or forecast.
    fn is_timetable(&self) -> bool {
        self.a.is_timetable() || self.b.is_timetable()
    }

    /// How many such tokens each has that the other does not know, the smaller number.
    pub(super) fn unknown(&self, is: impl Fn(&Token) -> bool) -> usize {
        unknown(self.a, self.b, &is).min(unknown(self.b, self.a, &is))
    }

    /// How many such tokens either has that the other does not know.
    fn unknown_to_either(&self, is: impl Fn(&Token) -> bool) -> usize {
        unknown(self.a, self.b, &is) + unknown(self.b, self.a, &is)
    }

    pub(super) fn likeness(&self) -> Likeness {
        self.likeness
    }

    /// Whether one lead is the other one, or its beginning.
    pub(super) fn is_one_lead(&self) -> bool {
        self.lead() >= 14 && self.runs() >= 0.9
    }

    /// Whether the titles have one form, filled in differently.
    pub(super) fn is_one_form(&self) -> bool {
        self.likeness.titles >= 0.8
    }

    /// Whether the titles may be one form.
    pub(super) fn may_be_one_form(&self) -> bool {
        self.likeness.titles >= 0.5
    }

    /// Whether the titles may be one form, and no copied lead says that they are one article.
    pub(super) fn is_filled_in(&self) -> bool {
        self.likeness.titles >= 0.5 && !self.is_copied()
    }

    /// Whether one lead is the other, whole or cut, but for a few words. Where each text puts several of its own, the lead is a form.
    fn is_copied(&self) -> bool {
        let may_be_filled_in = |token: &Token| token.kind != Kind::Word || token.weight >= RARE;
        self.lead() >= 12 && self.runs() >= 0.6 && (self.runs() >= 0.9 || self.unknown(may_be_filled_in) < FILLED_IN)
    }

    /// Whether one lead says what the other one says, in other words or in another order, and neither counts or dates anything else.
    pub(super) fn is_reworded(&self) -> bool {
        self.lead() >= 14
            && self.likeness.leads.is_some_and(|leads| leads >= 0.8)
            && self.texts >= 10.0
            && self.unknown_to_either(|token| matches!(token.kind, Kind::Count | Kind::Ordinal)) == 0
    }

    /// Whether texts without a veto share enough, and what.
    pub(super) fn reason(&self) -> Reason {
        let Likeness { titles, contained, leads } = self.likeness;
        let same_title = titles >= ONE_TITLE;
        let alike = match leads {
            _ if titles < 0.6 && self.is_timetable() => return Reason::Unlike,
            Some(_) if self.is_copied() && self.is_told() => Alike::Texts,
            // What stands under two titles and says nothing of either is the site's own.
            Some(_) if self.is_copied() => return Reason::General,
            Some(_) if self.is_reworded() && self.is_told() => Alike::Texts,
            Some(_) if contained >= 0.85 && self.texts >= 7.0 => Alike::TitlesAndTexts,
            // One headline over two texts: a general one stands over many.
            Some(leads) if same_title && leads < 0.75 && self.unknown(|token| token.kind == Kind::Name) >= 2 => {
                return Reason::General;
            }
            Some(leads) if same_title && (leads >= 0.5 || leads >= 0.37 && self.titles >= 7.0) => Alike::TitlesAndTexts,
            Some(leads) if self.says_enough() && leads >= 0.1 && self.unknown(|token| token.kind == Kind::Name) < 2 => {
                Alike::Titles
            }
            Some(_) if same_title => return Reason::General,
            // Two papers tell of one event in their own words.
            Some(_) if self.is_one_event() => Alike::Facts,
            Some(_)
                if titles >= 0.4
                    && contained >= 0.75
                    && self.texts >= 10.0
                    && self.unknown(|token| token.kind == Kind::Count) == 0 =>
            {
                Alike::TitlesAndTexts
            }
            Some(_) => return Reason::Unlike,
            None if same_title && self.titles >= 4.5 => Alike::Titles,
            None if same_title => return Reason::General,
            None if contained >= 0.84 && (self.texts >= 7.0 || titles >= 0.8 && self.texts >= 5.0) => Alike::Titles,
            // A clause was added to a title.
            None if contained >= 0.97 && self.texts >= 5.5 || self.title_contained >= 0.97 && self.titles >= 7.0 => Alike::Titles,
            None if self.is_one_event() => Alike::Facts,
            None => return Reason::Unlike,
        };
        Reason::Alike(alike)
    }

    /// Whether the titles are one that says so much that it fits no other event, even where each paper goes on to tell something else.
    pub(super) fn says_enough(&self) -> bool {
        self.likeness.titles >= ONE_TITLE && self.titles >= 8.0
    }

    /// Whether two papers tell of one event in their own words.
    pub(super) fn is_one_event(&self) -> bool {
        self.may_be_one_event() && self.margin() >= 0
    }

    /// Whether so many facts say so that the headlines are no form.
    pub(super) fn is_surely_one_event(&self) -> bool {
        self.may_be_one_event() && self.margin() >= event::SURE
    }

    fn may_be_one_event(&self) -> bool {
        self.likeness.titles < 0.75 && !self.is_timetable()
    }

    fn margin(&self) -> i32 {
        *self.event.get_or_init(|| event::margin(self))
    }

    /// The part of a title that the other text says, of the title of which it says more.
    pub(super) fn told(&self) -> f32 {
        told(self.a, self.b).max(told(self.b, self.a))
    }

    /// Whether one of the titles says something that the other text says, too.
    fn is_told(&self) -> bool {
        self.told() >= TOLD
    }
}

/// From this on two titles are one, written in two ways.
const ONE_TITLE: f32 = 0.95;

/// A title of which another text says less has nothing to do with it. Of rewritten headlines at least a third is told; over lines of a site's
/// own, a ninth at the most.
const TOLD: f32 = 0.2;

/// So many words, names or numbers of its own in each of two texts fill in a form.
const FILLED_IN: usize = 3;

/// A part of a whole, from 0 upwards.
fn part(part: u32, whole: u32) -> f32 {
    if whole == 0 { 0.0 } else { part as f32 / whole as f32 }
}

/// The titles, the longer one cut to the length of one that ends with an ellipsis.
fn trimmed<'a>(a: &'a Gist, b: &'a Gist) -> (&'a [Token], &'a [Token]) {
    let (len_a, len_b) = (a.title.tokens.len(), b.title.tokens.len());
    let cut = |own: usize, other: usize, is_cut: bool| if is_cut { own.min(other) } else { own };
    (&a.title.tokens[..cut(len_a, len_b, b.cut)], &b.title.tokens[..cut(len_b, len_a, a.cut)])
}

/// The tokens of each that the other lacks.
fn apart<'a>(a: &'a [Token], b: &'a [Token]) -> [Vec<&'a Token>; 2] {
    let mut rest: Vec<&Token> = b.iter().collect();
    let mut only = Vec::new();
    for token in a {
        match rest.iter().position(|other| token.says(other)) {
            Some(place) => drop(rest.remove(place)),
            None => only.push(token),
        }
    }
    spell_out(&mut only, b, &mut rest);
    spell_out(&mut rest, a, &mut only);
    [only, rest]
}

/// The tokens whose syllables begin with the letters of an abbreviation.
fn spelled_by<'a>(title: &'a [Token], letters: &str) -> Option<&'a [Token]> {
    (0..title.len()).find_map(|start| {
        let mut rest = letters;
        for end in start..title.len() {
            for syllable in title[end].key.split('_') {
                let first = syllable.chars().next()?;
                rest = match rest.strip_prefix(first) {
                    Some(rest) => rest,
                    None => return None,
                };
            }
            if rest.is_empty() {
                return Some(&title[start..=end]);
            }
        }
        None
    })
}

/// Letters of an abbreviation that is looked for in a whole text: shorter ones are spelled somewhere by chance.
const LETTERS: usize = 3;

/// Whether an abbreviation is spelled out in a text.
pub(super) fn spells(text: &[Token], abbreviation: &Token) -> bool {
    abbreviation.key.chars().count() >= LETTERS && spelled_by(text, &abbreviation.key).is_some()
}

/// Takes away the one word of each title that the other lacks, if they are one word with and without a mistake.
fn forgive_misspelling([first, second]: &mut [Vec<&Token>; 2]) {
    let is_small = |token: &Token| token.kind == Kind::Word && !token.capital;
    if let ([a], [b]) = (&first[..], &second[..])
        && is_small(a)
        && is_small(b)
        && bare(&a.key) == bare(&b.key)
    {
        first.clear();
        second.clear();
    }
}

/// A word without its diacritics, and with one letter for those that are pronounced alike somewhere: what is left when it is misspelt.
pub(super) fn bare(key: &str) -> String {
    let letters = key.nfd().filter(|c| c.is_alphabetic()).map(|c| if c == 'đ' { 'd' } else { c }).collect::<String>();
    let letters = letters.replace("gi", "d").replace("tr", "ch").replace('x', "s");
    letters.strip_prefix('r').map_or(letters.clone(), |rest| format!("d{rest}"))
}

/// Takes away abbreviations that only one title has, together with the words of the other title that they stand for (CĐCS, công đoàn
/// cơ sở).
fn spell_out(short: &mut Vec<&Token>, title: &[Token], only: &mut Vec<&Token>) {
    short.retain(|token| {
        let Some(words) = token.is_abbreviation.then(|| spelled_by(title, &token.key)).flatten() else { return true };
        for word in words {
            if let Some(place) = only.iter().position(|other| other.key == word.key) {
                only.remove(place);
            }
        }
        false
    });
}

/// The share of runs of three tokens; of the longer lead only as much is looked at as the shorter one has, and half as much again.
fn runs(a: &Gist, b: &Gist) -> f32 {
    let (short, long) = if a.lead.tokens.len() <= b.lead.tokens.len() { (a, b) } else { (b, a) };
    let length = short.lead.tokens.len();
    if length < 6 {
        return 0.0;
    }
    let end = length * 3 / 2 + 4;
    let (short, mut long) = (short.runs(), long.runs());
    let mut common = 0;
    for (run, _) in short {
        long = &long[long.partition_point(|(other, _)| other < run)..];
        common += usize::from(long.first().is_some_and(|(other, place)| other == run && place + RUN <= end));
    }
    common as f32 / short.len() as f32
}

/// Tokens of a run.
const RUN: usize = 3;

/// The different runs of three tokens by their hashes, each with the first place where it begins.
pub(super) fn runs_of(tokens: &[Token]) -> Vec<(u64, usize)> {
    let hash = |run: &[Token]| run.iter().fold(0, |seed, token| xxh3_64_with_seed(token.key.as_bytes(), seed));
    let mut runs: Vec<(u64, usize)> = tokens.windows(RUN).enumerate().map(|(place, run)| (hash(run), place)).collect();
    runs.sort_unstable();
    runs.dedup_by_key(|(run, _)| *run);
    runs
}

/// How many different such tokens a text has that the other does not know.
fn unknown(a: &Gist, b: &Gist, is: impl Fn(&Token) -> bool) -> usize {
    let mut keys: Vec<&str> = a.tokens().filter(|t| is(t) && !b.knows(t)).map(|t| t.key.as_str()).collect();
    keys.sort_unstable();
    keys.dedup();
    keys.len()
}

/// The part of a title that the other text, title and lead together, says.
fn told(own: &Gist, other: &Gist) -> f32 {
    let weight = |tokens: &mut dyn Iterator<Item = &Token>| tokens.map(|token| token.weight).sum();
    let title = &own.title.tokens;
    part(weight(&mut title.iter().filter(|token| other.knows(token))), weight(&mut title.iter()))
}
