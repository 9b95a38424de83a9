//! What is known about words when two texts are compared: ways of writing one name, official phrases, places, opposites, and words that say
//! little because they stand everywhere.
//!
//! How often a word or phrase occurs was counted over the 2,032 annotated records of DANeS (dataset-vn/DANeS, CC BY 4.0) and the
//! items of eight national papers.

mod usual;
mod ways;
mod words;

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::LazyLock;

use smol_str::SmolStr;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::text::Words;
use usual::USUAL;
use ways::{BODIES, SAME};
use words::{FREQUENT, JOINING, LOOKING_BACK, OFFICIAL, OPPOSITES, PARTS, PLACES, SERIALS, STEPS};

/// How much a rare word, a common one, and one that only joins others say, in twentieths of a rare word.
pub(super) const RARE: u32 = 20;
pub(super) const COMMON: u32 = 12;
const JOINING_WEIGHT: u32 = 3;

/// What an expression of several words stands for.
#[derive(Clone, Debug)]
pub(super) struct Expression {
    /// The keys of its words after the first.
    rest: Vec<String>,
    /// What stands for it in the comparison; empty where it is left out.
    pub token: SmolStr,
    pub weight: u32,
    /// Whether two texts that share it may tell of one event.
    pub is_telling: bool,
    pub sort: Sort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    Phrase,
    /// An office.
    Body,
    /// A province.
    Place,
    /// A city that stands for its province.
    City,
}

/// The tables, by keys.
pub(super) struct Lexicon {
    words: HashMap<String, Entry, Quick>,
    opposites: HashMap<String, Vec<usize>, Quick>,
    offices: HashSet<String, Quick>,
    looking_back: HashSet<String, Quick>,
    steps: HashMap<String, usize, Quick>,
    serials: HashMap<String, usize, Quick>,
    /// What each place is part of.
    wholes: HashMap<String, String, Quick>,
}

/// What is known about a word.
#[derive(Debug)]
pub(super) struct Entry {
    /// How much it says alone.
    pub weight: u32,
    /// Whether it stands in so many texts that two which share it need not tell of one event.
    pub is_usual: bool,
    /// What begins with it, the longest first.
    expressions: Vec<Expression>,
}

impl Default for Entry {
    fn default() -> Self {
        Self { weight: RARE, is_usual: false, expressions: Vec::new() }
    }
}

impl Entry {
    /// The longest expression that begins with the word that stands there, and how many words it has.
    /// A capital makes a name of a common word: "xã Cẩm Lạc" has no peanuts.
    pub fn expression(&self, words: &Words, at: usize, capitals_mean: bool) -> Option<(&Expression, usize)> {
        let is_name = capitals_mean && words.get(at).is_some_and(|word| word.capital && !word.all_capitals);
        let fits = |expression: &&Expression| {
            if expression.sort == Sort::Phrase && expression.rest.is_empty() && is_name {
                return false;
            }
            let end = at + expression.rest.len();
            expression.rest.iter().zip(at + 1..).all(|(word, place)| words.key_of(place) == word)
                && match expression.sort {
                    Sort::Place => is_place(words, at, end),
                    // In a text of capitals anything may look like one: "CẤP CAO LÃNH ĐẠO".
                    Sort::City => is_place(words, at, end) && words.get(at).is_some_and(|word| !word.all_capitals),
                    Sort::Phrase | Sort::Body => true,
                }
        };
        self.expressions.iter().find(fits).map(|expression| (expression, expression.rest.len() + 1))
    }

    /// Whether the word is so rare that two texts which share it may tell of one event.
    pub fn is_telling(&self) -> bool {
        self.weight >= RARE && !self.is_usual
    }
}

/// Whether words may be one place: the first and the last have capitals, and no sign parts them as in "ông Quy, Nhơn Hội".
fn is_place(words: &Words, first: usize, last: usize) -> bool {
    let is_joint = |joint: &str| joint == "." || joint.chars().all(|c| c.is_whitespace() || matches!(c, '-' | '–'));
    [first, last].into_iter().all(|place| words.get(place).is_some_and(|word| word.capital))
        && (first..last).all(|place| is_joint(words.between(place)))
}

/// A word of which nothing is known.
static UNKNOWN: Entry = Entry { weight: RARE, is_usual: false, expressions: Vec::new() };

/// Tables that never change and that every word is looked up in: nobody can fill them with keys that collide.
type Quick = BuildHasherDefault<KeyHasher>;

/// A hash of a key that is quicker than the usual one.
#[derive(Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    /// The mark behind a text: one is hashed at a time.
    fn write_u8(&mut self, _: u8) {}

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Read once.
pub(super) static LEXICON: LazyLock<Lexicon> = LazyLock::new(Lexicon::new);

/// The token of a place.
fn place_token(place: &str) -> String {
    let token = keys(place).join("_");
    if token.ends_with("hcm") || token.ends_with("minh") { "tphcm".to_owned() } else { token.replace("thưa2_thiên_", "") }
}

fn keys(text: &str) -> Vec<String> {
    Words::new(text).keys().map(str::to_owned).collect()
}

impl Lexicon {
    fn new() -> Self {
        let mut lexicon = Self {
            words: HashMap::default(),
            opposites: HashMap::default(),
            offices: HashSet::default(),
            looking_back: HashSet::default(),
            steps: HashMap::default(),
            serials: HashMap::default(),
            wholes: HashMap::default(),
        };
        for (words, weight) in [(FREQUENT, COMMON), (JOINING, JOINING_WEIGHT)] {
            keys(words).into_iter().for_each(|key| lexicon.words.entry(key).or_default().weight = weight);
        }
        keys(USUAL).into_iter().for_each(|key| lexicon.words.entry(key).or_default().is_usual = true);
        for ways in SAME {
            let words = if ways[0] == "-" { Vec::new() } else { keys(ways[0]) };
            let is_rare = words.iter().all(|word| lexicon.entry(word).weight >= RARE);
            for way in *ways {
                lexicon.add(way, words.join("_"), if is_rare { RARE } else { COMMON }, Sort::Phrase);
            }
        }
        for group in OPPOSITES {
            group
                .iter()
                .filter(|way| way.contains(' '))
                .for_each(|way| lexicon.add(way, keys(way).join("_"), COMMON, Sort::Phrase));
        }
        for ways in BODIES {
            let token = keys(ways[0]).join("_");
            ways.iter().for_each(|way| lexicon.add(way, token.clone(), COMMON, Sort::Body));
            lexicon.offices.insert(token);
        }
        for phrase in LOOKING_BACK {
            lexicon.add(phrase, keys(phrase).join("_"), COMMON, Sort::Phrase);
            lexicon.looking_back.insert(keys(phrase).join("_"));
        }
        lexicon.steps = lexicon.groups(STEPS);
        lexicon.serials = lexicon.groups(SERIALS);
        for phrase in OFFICIAL {
            lexicon.add(phrase, keys(phrase).join("_"), COMMON, Sort::Phrase);
        }
        for place in PLACES {
            lexicon.add(place, place_token(place), RARE, Sort::Place);
        }
        for (whole, parts) in PARTS {
            for part in parts.iter().filter(|part| !PLACES.contains(part)) {
                lexicon.add(part, place_token(part), RARE, Sort::City);
            }
            lexicon.wholes.extend(parts.iter().map(|part| (place_token(part), place_token(whole))));
        }
        for entry in lexicon.words.values_mut() {
            entry.expressions.sort_by_key(|e| (std::cmp::Reverse(e.rest.len()), !matches!(e.sort, Sort::Place | Sort::City)));
        }
        for (group, ways) in OPPOSITES.iter().enumerate() {
            for way in *ways {
                lexicon.opposites.entry(keys(way).join("_")).or_default().push(group);
            }
        }
        lexicon
    }

    /// The groups of some words and phrases, by their keys; each phrase becomes an expression.
    fn groups(&mut self, groups: &[&[&str]]) -> HashMap<String, usize, Quick> {
        let mut keyed = HashMap::default();
        for (group, ways) in groups.iter().enumerate() {
            for way in *ways {
                let key = keys(way).join("_");
                if way.contains(' ') {
                    self.add(way, key.clone(), COMMON, Sort::Phrase);
                }
                keyed.insert(key, group);
            }
        }
        keyed
    }

    fn add(&mut self, way: &str, token: String, weight: u32, sort: Sort) {
        let mut words = keys(way).into_iter();
        if let Some(first) = words.next() {
            let is_telling = weight >= RARE && sort == Sort::Phrase;
            let expression = Expression { rest: words.collect(), token: token.into(), weight, is_telling, sort };
            self.words.entry(first).or_default().expressions.push(expression);
        }
    }

    /// What is known about a word.
    pub fn entry(&self, key: &str) -> &Entry {
        self.words.get(key).unwrap_or(&UNKNOWN)
    }

    /// Whether a token names an office.
    pub fn is_office(&self, key: &str) -> bool {
        self.offices.contains(key)
    }

    /// Whether a token is a phrase of articles that come back to an event.
    pub fn looks_back(&self, key: &str) -> bool {
        self.looking_back.contains(key)
    }

    /// Which step of an affair a token names.
    pub fn step(&self, key: &str) -> Option<usize> {
        self.steps.get(key).copied()
    }

    /// Which subject of which there is news every day a token names.
    pub fn serial(&self, key: &str) -> Option<usize> {
        self.serials.get(key).copied()
    }

    /// Whether one of two places is part of the other one: Long An of Tây Ninh, Quy Nhơn of Bình Định and so of Gia Lai.
    pub fn is_part(&self, a: &str, b: &str) -> bool {
        self.wholes(a).any(|whole| whole == b) || self.wholes(b).any(|whole| whole == a)
    }

    /// The province of today that a place is part of, or the place itself.
    pub fn outermost<'a>(&'a self, place: &'a str) -> &'a str {
        self.wholes(place).last().unwrap_or(place)
    }

    /// What a place is part of, and what that is part of.
    fn wholes(&self, place: &str) -> impl Iterator<Item = &str> {
        std::iter::successors(self.wholes.get(place), |place| self.wholes.get(place.as_str())).map(String::as_str)
    }

    /// Whether two tokens are opposites: different members of one group.
    pub fn are_opposites(&self, a: &str, b: &str) -> bool {
        a != b && self.opposites.get(a).zip(self.opposites.get(b)).is_some_and(|(a, b)| a.iter().any(|group| b.contains(group)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The provinces of Vietnam since 1 July 2025.
    const PROVINCES: usize = 34;

    #[test]
    fn every_place_is_part_of_one_province_of_today() {
        let parts: Vec<&&str> = PARTS.iter().flat_map(|(_, parts)| *parts).collect();
        assert_eq!(parts.iter().collect::<HashSet<_>>().len(), parts.len(), "each is part of one place");
        assert!(PARTS.iter().all(|(whole, _)| PLACES.contains(whole)));
        assert_eq!(parts.iter().filter(|part| PLACES.contains(part)).count(), 29, "so many provinces are gone");
        let tokens: HashSet<String> = PLACES.iter().map(|place| place_token(place)).collect();
        let today: HashSet<&str> = tokens.iter().map(|place| LEXICON.outermost(place)).collect();
        assert_eq!(today.len(), PROVINCES, "{today:?}");
    }
}
