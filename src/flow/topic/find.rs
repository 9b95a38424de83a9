//! Where the phrases of the rules occur in some texts.

use std::ops::Range;

use crate::flow::topic::compile::Use;
use crate::flow::topic::{Rules, Texts};
use crate::model::Field;
use crate::text::{Words, body, documents, headline, without_markup};

/// The most that is noted of one entry's texts: no article says so much, but a hostile one may.
const MOST_FOUND: usize = 2_000;

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

impl Rules {
    /// What occurs of each topic, with the topic's place, in the order of topics; what does not occur has no row.
    pub(super) fn found(&self, texts: Texts) -> Vec<(usize, Found)> {
        let mut found = Vec::new();
        let content = without_markup(texts.content);
        // What the site wrote around the news says nothing of it.
        let single = [
            (Field::Title, texts.title, headline(texts.title)),
            (Field::Summary, texts.summary, body(texts.summary)),
            (Field::Content, &*content, body(&content)),
        ];
        for (field, text, counts) in single {
            self.look(field, 0, text, counts, &mut found);
        }
        for (place, category) in texts.categories.iter().enumerate() {
            self.look(Field::Categories, place, category, category, &mut found);
        }
        found.sort_by_key(|(topic, _)| *topic);
        found
    }

    /// Looks at the part of a text that counts.
    fn look(&self, field: Field, text: usize, whole: &str, counts: &str, found: &mut Vec<(usize, Found)>) {
        if counts.is_empty() {
            return;
        }
        let words = Words::new(counts);
        // A part begins where the whole ends without what comes from there on.
        let before = counts.as_ptr() as usize - whole.as_ptr() as usize;
        let mut note = |asks: &Use, at: Range<usize>| {
            if found.len() >= MOST_FOUND {
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
            // "… nông thôn mới. Đây là …" is not "nông thôn mới đây".
            if (at.start..at.end - 1).any(|word| words.ends_sentence(word)) {
                continue;
            }
            let has_comma = (at.start..at.end - 1).any(|word| words.between(word).contains(','));
            for asks in self.asking(&self.uses[hit.pattern().as_usize()], field) {
                // Long phrases are written with and without commas; "tổ chức lễ, hội nghị" is no "lễ hội".
                if has_comma && !self.phrases[asks.topic][asks.phrase].bridges_commas {
                    continue;
                }
                let capitals = &self.phrases[asks.topic][asks.phrase].capitals;
                if capitals.iter().all(|place| words.get(at.start + place).is_some_and(|word| word.capital)) {
                    note(asks, at.clone());
                }
            }
        }
        if self.documents.is_empty() {
            return;
        }
        for (document, at) in documents(&words) {
            let Some(uses) = self.documents.get(&document.number) else { continue };
            for asks in self.asking(uses, field) {
                let Some((before, wanted, after)) = &self.phrases[asks.topic][asks.phrase].document else { continue };
                let stands = |keys: &[String], start: usize| keys.iter().zip(start..).all(|(key, at)| words.key_of(at) == key);
                let start = at.start.checked_sub(before.len());
                if let Some(start) =
                    start.filter(|&start| wanted.is_named_by(&document) && stands(before, start) && stands(after, at.end))
                {
                    note(asks, start..at.end + after.len());
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
