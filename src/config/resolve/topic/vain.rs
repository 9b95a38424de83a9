//! Phrases of a rule that can never count, or that say what another has said: one of the two was meant to be something else.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use crate::config::fault::{Wrong, quoted};
use crate::config::raw::{self, Conditional, Wanted};
use crate::config::read::{At, Key, Reader};
use crate::text::{Words, documents};

/// Words of a phrase that is one expression, so that it is not found where a comma parts them (see `flow::topic`).
const SHORT: usize = 3;

/// Notes the phrases of a topic that are in vain.
pub(super) fn check(topic: &raw::Topic, reader: &mut Reader<'_>) {
    for wanted in [&topic.any, &topic.two_of, &topic.all, &topic.none, &topic.except] {
        looked_for_nowhere(wanted, topic, reader);
    }
    let (excepted, excluded) = (Hiding::of("except", &topic.except), Hiding::of("none", &topic.none));
    for wanted in [&topic.any, &topic.in_title, &topic.two_of, &topic.all] {
        hidden(wanted, &[&excepted, &excluded], reader);
    }
    hidden(&topic.none, &[&excepted], reader);
    for listed in [&topic.any, &topic.in_title, &topic.two_of, &topic.all, &topic.none, &topic.except] {
        listed_twice(listed, reader);
    }
}

/// Notes a phrase of which the fields are none of the topic's. One of `in_title` is looked for in the title whatever it says.
fn looked_for_nowhere(wanted: &Key<Vec<At<Wanted>>>, topic: &raw::Topic, reader: &mut Reader<'_>) {
    let Some(fields) = topic.r#in.given().filter(|fields| !fields.value.is_empty()) else { return };
    for own in wanted.readable().into_iter().flatten().filter_map(|at| at.value.0.r#in.given()) {
        let is_shared = |field| fields.value.iter().any(|at| at.value == field);
        if !own.value.is_empty() && !own.value.iter().any(|at| is_shared(at.value)) {
            let wrong = Wrong::new("the phrase never counts: `in` of the topic has none of these fields");
            reader.error(&own.span, wrong.expected("a field of the topic").also(fields.span.clone(), "the topic's"));
        }
    }
}

/// A phrase with its words and its place.
type Placed<'a> = (&'a str, Words<'a>, &'a Range<usize>);

/// The phrases of a list that take away others, and count wherever and whenever they occur, by the keys of their words.
struct Hiding<'a> {
    list: &'static str,
    phrases: HashMap<String, Vec<Placed<'a>>>,
    /// How many words they have.
    lengths: BTreeSet<usize>,
}

impl<'a> Hiding<'a> {
    fn of(list: &'static str, phrases: &'a Key<Vec<At<Wanted>>>) -> Self {
        let mut hiding = Self { list, phrases: HashMap::new(), lengths: BTreeSet::new() };
        for at in phrases.readable().into_iter().flatten().filter(|at| is_always_so(&at.value.0)) {
            for text in texts(at) {
                let words = Words::new(text);
                hiding.lengths.insert(words.len());
                hiding.phrases.entry(words.run(0..words.len()).to_owned()).or_default().push((text, words, &at.span));
            }
        }
        hiding
    }

    /// The longest phrase that stands wherever this one does, and its place.
    fn hides(&self, phrase: &Words<'_>) -> Option<(&'a str, &'a Range<usize>)> {
        let parts = self.lengths.iter().rev().filter(|length| **length <= phrase.len());
        let mut parts = parts.flat_map(|length| (0..=phrase.len() - length).map(move |start| start..start + length));
        parts.find_map(|part| {
            let mut same = self.phrases.get(phrase.run(part.clone()))?.iter();
            same.find(|(text, words, _)| is_always_in(text, words, phrase, &part)).map(|(text, _, span)| (*text, *span))
        })
    }
}

/// Whether a phrase stands wherever another does, of which a part has the same words.
fn is_always_in(text: &str, words: &Words<'_>, other: &Words<'_>, part: &Range<usize>) -> bool {
    let capital = |words: &Words<'_>, place: usize| words.get(place).is_some_and(|word| word.capital);
    let capitals = (0..words.len()).all(|place| !capital(words, place) || capital(other, part.start + place));
    let bridges = words.len() > SHORT || text.contains(',');
    let parted = !bridges && (part.start..part.end - 1).any(|place| other.between(place).contains(','));
    // The number of a document is written in many ways, and only as a whole another way is the same.
    let whole =
        |document: &Range<usize>| document.start >= part.start && document.end <= part.end && !documents(words).is_empty();
    let apart = |document: &Range<usize>| document.end <= part.start || part.end <= document.start;
    capitals && !parted && documents(other).iter().all(|(_, document)| apart(document) || whole(document))
}

/// Warns of the phrases that never count, because others stand wherever they do: of "bác sĩ giỏi" the exception "bác sĩ" takes away two
/// words, wherever it occurs.
fn hidden(wanted: &Key<Vec<At<Wanted>>>, hiding: &[&Hiding<'_>], reader: &mut Reader<'_>) {
    for at in wanted.readable().into_iter().flatten() {
        for phrase in texts(at) {
            let words = Words::new(phrase);
            let found = hiding.iter().find_map(|hiding| hiding.hides(&words).map(|(text, span)| (hiding.list, text, span)));
            let Some((list, text, span)) = found else { continue };
            let same = words.len() == Words::new(text).len();
            let why = if same { "has the same words" } else { "has words of it" };
            let wrong = Wrong::new(format!("{} never counts: `{list}` {why}", quoted(phrase)));
            let help = "only words are compared, signs between them are not".to_owned();
            let help = Some(help).filter(|_| same && phrase != text);
            reader.warn(&at.span, wrong.help(help).also(span.clone(), format!("{} hides it", quoted(text))));
        }
    }
}

/// Warns of phrases that stand twice in a list: one of the two was meant to be another, or can go.
fn listed_twice(listed: &Key<Vec<At<Wanted>>>, reader: &mut Reader<'_>) {
    let mut first: HashMap<String, &At<Wanted>> = HashMap::new();
    for at in listed.readable().into_iter().flatten().filter(|at| is_always_so(&at.value.0)) {
        for text in texts(at) {
            let words = Words::new(text);
            let capitals = (0..words.len()).map(|place| if words.get(place).is_some_and(|w| w.capital) { 'C' } else { 'c' });
            let same = format!("{}{}", words.key(), capitals.collect::<String>());
            if let Some(before) = first.insert(same, at) {
                let wrong = Wrong::new(format!("{} stands twice in this list", quoted(text)));
                reader.warn(&at.span, wrong.also(before.span.clone(), "here, too"));
            }
        }
    }
}

/// Whether its phrases count wherever and whenever they occur.
fn is_always_so(raw: &Conditional) -> bool {
    let asks = raw.learned.value().copied().unwrap_or_default();
    !asks && raw.near.is_absent() && raw.since.is_absent() && raw.until.is_absent() && raw.r#in.is_absent()
}

fn texts(at: &At<Wanted>) -> impl Iterator<Item = &str> {
    at.value.0.phrase.value().into_iter().flat_map(|phrases| &phrases.0).map(|text| &text.0[..])
}
