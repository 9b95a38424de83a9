//! Rules → what the automaton looks for, and what each thing found means.

use std::collections::HashMap;
use std::ops::Range;

use aho_corasick::AhoCorasick;
use xxhash_rust::xxh3::xxh3_128;

use crate::flow::topic::Rules;
use crate::flow::topic::learned::{MODEL, WEIGHTS};
use crate::model::{Phrase, Topic};
use crate::text::{DocumentNumber, Words, documents};

/// Goes up when the same rules give a text other topics than before: stored stories are then classified anew.
const JUDGE: u32 = 6;

/// Words of a phrase that is one expression: a comma in it parts two things.
const SHORT: usize = 3;

/// One phrase of one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Use {
    pub topic: usize,
    /// Its place among the topic's phrases.
    pub phrase: usize,
}

/// What a phrase that was found means for its topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum List {
    Any,
    TwoOf,
    /// The phrase of this place in `all`.
    All(usize),
    /// It excludes the story.
    Exclude,
    /// What shares a word with it does not count.
    Except,
    /// It lets the phrases count that stand near it.
    Near,
}

/// A phrase, ready to be compared with what was found.
#[derive(Clone, Debug)]
pub(super) struct Compiled {
    pub list: List,
    pub phrase: Phrase,
    /// The words, by their places in the phrase, that must have a capital.
    pub capitals: Vec<usize>,
    /// Whether it occurs, too, where commas stand between its words.
    pub bridges_commas: bool,
    /// The phrases of the topic of which one must stand near.
    pub near: Vec<usize>,
    /// The document that it names.
    pub document: Option<Document>,
    pub key: String,
}

/// A document with the words around it that a phrase has.
#[derive(Clone, Debug)]
pub(super) struct Document {
    /// The keys of the words before it.
    pub before: Vec<String>,
    pub number: DocumentNumber,
    /// Its words within the phrase.
    pub words: Range<usize>,
    /// The keys of the words after it.
    pub after: Vec<String>,
}

impl Compiled {
    fn new(list: List, phrase: &Phrase) -> Self {
        let words = Words::new(&phrase.text);
        let capital = |place: &usize| words.get(*place).is_some_and(|word| word.capital);
        let document = documents(&words).into_iter().next();
        let keys = |places: Range<usize>| places.map(|place| words.key_of(place).to_owned()).collect();
        Self {
            list,
            phrase: phrase.clone(),
            bridges_commas: words.len() > SHORT || phrase.text.contains(','),
            capitals: (0..words.len()).filter(capital).collect(),
            near: Vec::new(),
            document: document.map(|(number, at)| Document {
                before: keys(0..at.start),
                number,
                words: at.clone(),
                after: keys(at.end..words.len()),
            }),
            key: words.key().to_owned(),
        }
    }
}

impl Rules {
    /// Builds the automaton. `topics` come from a checked configuration.
    pub fn new(topics: &[Topic]) -> Self {
        let phrases: Vec<Vec<Compiled>> = topics.iter().map(phrases).collect();
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut uses: Vec<Vec<Use>> = Vec::new();
        let mut documents: HashMap<String, Vec<Use>> = HashMap::new();
        for (topic, phrases) in phrases.iter().enumerate() {
            for (phrase, compiled) in phrases.iter().enumerate() {
                let asks = Use { topic, phrase };
                if let Some(document) = &compiled.document {
                    documents.entry(document.number.number.clone()).or_default().push(asks);
                    continue;
                }
                let place = *places.entry(&compiled.key).or_insert_with(|| {
                    uses.push(Vec::new());
                    uses.len() - 1
                });
                uses[place].push(asks);
            }
        }
        let mut keys: Vec<(&str, usize)> = places.into_iter().collect();
        keys.sort_unstable_by_key(|(_, place)| *place);
        let automaton = AhoCorasick::new(keys.iter().map(|(key, _)| key))
            .expect("phrases of a configuration file are far below the automaton's limits");
        let learned: Vec<Option<usize>> = topics.iter().zip(&phrases).map(|(topic, phrases)| learned(topic, phrases)).collect();
        let taught = if learned.iter().all(Option::is_none) { 0 } else { xxh3_128(WEIGHTS.as_bytes()) };
        let fingerprint = xxh3_128(format!("{JUDGE} {topics:?} {taught}").as_bytes()).to_be_bytes();
        Self { topics: topics.to_vec(), automaton, uses, documents, learned, fingerprint, phrases }
    }
}

/// The place among those of the model of a topic that asks what was learned.
fn learned(topic: &Topic, phrases: &[Compiled]) -> Option<usize> {
    let asks = topic.learned || phrases.iter().any(|compiled| compiled.phrase.learned);
    MODEL.topics.iter().position(|id| asks && *id == topic.id.as_str())
}

/// The phrases of a topic, each once for what it means.
fn phrases(topic: &Topic) -> Vec<Compiled> {
    let any = topic.any.iter().map(|phrase| Compiled::new(List::Any, phrase));
    let two_of = topic.two_of.iter().map(|phrase| Compiled::new(List::TwoOf, phrase));
    let all = topic.all.iter().enumerate().map(|(place, phrase)| Compiled::new(List::All(place), phrase));
    let none = topic.none.iter().map(|phrase| Compiled::new(List::Exclude, phrase));
    let except = topic.except.iter().map(|phrase| Compiled::new(List::Except, phrase));
    let mut phrases: Vec<Compiled> = any.chain(two_of).chain(all).chain(none).chain(except).collect();
    for place in 0..phrases.len() {
        for text in phrases[place].phrase.near.clone() {
            let near = phrases.len();
            phrases[place].near.push(near);
            phrases.push(Compiled::new(List::Near, &Phrase::new(text)));
        }
    }
    phrases
}
