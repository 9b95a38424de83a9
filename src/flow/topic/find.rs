//! Where the phrases of the rules occur in some texts.

use std::collections::HashMap;
use std::ops::Range;

use crate::flow::topic::compile::{Compiled, Document, Use};
use crate::flow::topic::{Rules, Texts};
use crate::model::Field;
use crate::text::{Passage, Words, body, without_markup};

/// How often one phrase is noted in one field: no article says so much, but a hostile one may.
const MOST_FOUND: u32 = 100;

/// A phrase where it stands.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub phrase: usize,
    pub field: Field,
    /// The number of the text within its field: a story has several categories.
    pub text: usize,
    /// Its words within the text.
    pub words: Range<usize>,
    /// As it is written there.
    pub written: String,
    /// Where, in characters of the text without its markup.
    pub place: Range<usize>,
}

/// How often each phrase was noted in each field.
type Times = HashMap<(Use, Field), u32>;

impl Rules {
    /// What occurs of each topic, with the topic's place, in the order of topics; what does not occur has no row.
    /// `read` is what of title and summary counts.
    pub(super) fn found(&self, texts: Texts, read: [&Passage; 2]) -> Vec<(usize, Found)> {
        let mut found = Vec::new();
        let mut times = HashMap::new();
        // What the site wrote around the news says nothing of it.
        for (field, whole, passage) in [(Field::Title, texts.title, read[0]), (Field::Summary, texts.summary, read[1])] {
            self.look(field, 0, whole, passage, &mut times, &mut found);
        }
        let content = without_markup(texts.content);
        let passage = Passage::new(&content, body(&content));
        self.look(Field::Content, 0, &content, &passage, &mut times, &mut found);
        for (place, category) in texts.categories.iter().enumerate() {
            self.look(Field::Categories, place, category, &Passage::new(category, category), &mut times, &mut found);
        }
        found.sort_by_key(|(topic, _)| *topic);
        found
    }

    /// Looks at the part of a text that counts.
    fn look(
        &self,
        field: Field,
        text: usize,
        whole: &str,
        passage: &Passage,
        times: &mut Times,
        found: &mut Vec<(usize, Found)>,
    ) {
        let words = passage.words();
        if words.is_empty() {
            return;
        }
        let before = passage.before();
        let mut note = |asks: &Use, at: Range<usize>| {
            let times = times.entry((*asks, field)).or_default();
            *times += 1;
            if *times > MOST_FOUND {
                return;
            }
            let place = words.place(at.clone());
            let start = whole[..before + place.start].chars().count();
            let written = words.written(at.clone());
            let place = start..start + written.chars().count();
            let here = Found { phrase: asks.phrase, field, text, words: at, written: written.to_owned(), place };
            found.push((asks.topic, here));
        };
        for hit in self.automaton.find_overlapping_iter(words.key()) {
            let at = words.within(hit.range());
            for asks in self.asking(&self.uses[hit.pattern().as_usize()], field) {
                let phrase = &self.phrases[asks.topic][asks.phrase];
                if phrase.is_one_in(&words, &at) && phrase.capitals.iter().all(|place| is_capital(&words, at.start + place)) {
                    note(asks, at.clone());
                }
            }
        }
        if self.documents.is_empty() {
            return;
        }
        for (document, at) in passage.documents() {
            let Some(uses) = self.documents.get(&document.number) else { continue };
            for asks in self.asking(uses, field) {
                let phrase = &self.phrases[asks.topic][asks.phrase];
                let Some(Document { before, number, words: named, after }) = &phrase.document else { continue };
                let stands = |keys: &[String], start: usize| keys.iter().zip(start..).all(|(key, at)| words.key_of(at) == key);
                let Some(start) = at.start.checked_sub(before.len()) else { continue };
                if !number.is_named_by(document) || !stands(before, start) || !stands(after, at.end) {
                    continue;
                }
                // The document itself is written in many ways; what stands around it is as in any phrase.
                let whole = start..at.end + after.len();
                let around =
                    phrase.is_one_in(&words, &(start..at.start + 1)) && phrase.is_one_in(&words, &(at.end - 1..whole.end));
                let capitals = phrase.capitals.iter().filter(|place| !named.contains(place));
                let place = |place: &usize| if *place < named.start { start + place } else { at.end + place - named.end };
                if around && capitals.map(place).all(|place| is_capital(&words, place)) {
                    note(asks, whole);
                }
            }
        }
    }

    fn asking<'u>(&'u self, uses: &'u [Use], field: Field) -> impl Iterator<Item = &'u Use> {
        let wanted = move |asks: &&Use| {
            let own = &self.phrases[asks.topic][asks.phrase].phrase.fields;
            self.topics[asks.topic].fields.contains(&field) && (own.is_empty() || own.contains(&field))
        };
        uses.iter().filter(wanted)
    }
}

fn is_capital(words: &Words, place: usize) -> bool {
    words.get(place).is_some_and(|word| word.capital)
}

impl Compiled {
    /// Whether words of a text are one expression there. "… nông thôn mới. Đây là …" is not "nông thôn mới đây", and long phrases are
    /// written with and without commas, but "tổ chức lễ, hội nghị" is no "lễ hội".
    fn is_one_in(&self, words: &Words, at: &Range<usize>) -> bool {
        let mut inner = at.start..at.end - 1;
        inner.all(|word| !words.ends_sentence(word) && (self.bridges_commas || !words.between(word).contains(',')))
    }
}
