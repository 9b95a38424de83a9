//! What occurs of a topic → whether some texts have it, and why or why not.

use std::collections::BTreeMap;

use crate::flow::topic::compile::{Compiled, List};
use crate::flow::topic::find::Found;
use crate::flow::topic::learned::{CLEARLY, ENOUGH, MODEL, Opinion, Spoken};
use crate::flow::topic::{Rules, Texts};
use crate::model::{Field, Occurrence, PassedOver, Verdict};
use crate::text::Passage;

/// How far away a phrase of `near` may stand, in words between the two: a sentence's clause.
const NEAR: usize = 12;

impl Rules {
    /// What the rules say of some texts: of each topic of which a phrase of `any` or `all` occurs, in the order of the configuration.
    pub fn verdicts(&self, texts: Texts) -> Vec<Verdict> {
        let read = [&Passage::of_title(texts.title), &Passage::of_summary(texts.summary)];
        self.verdicts_read(texts, read)
    }

    /// The same, of texts whose title and summary were read before.
    pub(super) fn verdicts_read(&self, texts: Texts, read: [&Passage; 2]) -> Vec<Verdict> {
        let found = self.found(texts, read);
        let opinions = if self.learned.iter().any(Option::is_some) { MODEL.opinions(read) } else { Vec::new() };
        let opinion = |topic: usize| self.learned[topic].and_then(|place| opinions.get(place));
        let judged = found.chunk_by(|a, b| a.0 == b.0).map(|rows| (rows[0].0, rows));
        let mut verdicts: BTreeMap<usize, Verdict> =
            judged.map(|(topic, rows)| (topic, self.verdict(topic, rows, opinion(topic), texts))).collect();
        for (topic, rule) in self.topics.iter().enumerate() {
            let Some(opinion) = opinion(topic).filter(|opinion| opinion.score > ENOUGH) else { continue };
            if rule.learned {
                let verdict = verdicts.entry(topic).or_insert_with(|| self.verdict(topic, &[], None, texts));
                verdict.learned |= verdict.lacks_any || verdict.matched.is_empty();
                verdict.lacks_any = false;
            }
            if let Some(verdict) = verdicts.get_mut(&topic).filter(|verdict| verdict.learned) {
                show(verdict, opinion, texts, read);
            }
        }
        // An exception, or what others should stand near, says nothing by itself.
        verdicts.into_values().filter(|verdict| !verdict.matched.is_empty() || !verdict.passed_over.is_empty()).collect()
    }

    /// What the phrases found say of a topic, beside what was learned of it.
    fn verdict(&self, topic: usize, rows: &[(usize, Found)], opinion: Option<&Opinion>, texts: Texts) -> Verdict {
        let (rule, phrases) = (&self.topics[topic], &self.phrases[topic]);
        let occurrence = |found: &Found| Occurrence {
            phrase: phrases[found.phrase].phrase.text.clone(),
            field: found.field,
            text: found.written.clone(),
            place: found.place.clone(),
        };
        let mut verdict = Verdict {
            topic: rule.id.clone(),
            matched: Vec::new(),
            passed_over: Vec::new(),
            excluded: Vec::new(),
            missing: Vec::new(),
            lacks_any: rule.learned || !rule.any.is_empty() || !rule.two_of.is_empty(),
            learned: false,
        };
        let mut weak: Vec<&Found> = Vec::new();
        let mut counted = vec![false; rule.all.len()];
        for (_, found) in rows {
            let Compiled { list, phrase, .. } = &phrases[found.phrase];
            match (*list, self.passed_over(topic, found, rows, opinion, texts)) {
                (List::Except | List::Near, _) | (List::Exclude, Some(_)) => continue,
                (List::Exclude, None) => {
                    verdict.excluded.push(occurrence(found));
                    continue;
                }
                (_, Some(why)) => {
                    verdict.passed_over.push((occurrence(found), why));
                    continue;
                }
                (List::TwoOf, None) => {
                    weak.push(found);
                    continue;
                }
                (List::Any, None) => verdict.lacks_any = false,
                (List::All(place), None) => counted[place] = true,
            }
            verdict.learned |= phrase.learned;
            verdict.matched.push(occurrence(found));
        }
        match (verdict.lacks_any, are_two(&weak, phrases)) {
            (true, true) => {
                verdict.lacks_any = false;
                verdict.learned |= weak.iter().any(|found| phrases[found.phrase].phrase.learned);
                verdict.matched.extend(weak.into_iter().map(occurrence));
            }
            (true, false) => verdict.passed_over.extend(weak.into_iter().map(|found| (occurrence(found), PassedOver::Single))),
            (false, _) => {}
        }
        let missing = rule.all.iter().zip(&counted).filter(|(_, counted)| !**counted);
        verdict.missing = missing.map(|(phrase, _)| phrase.text.clone()).collect();
        verdict
    }

    /// Why a phrase does not count where it stands.
    fn passed_over(
        &self,
        topic: usize,
        found: &Found,
        rows: &[(usize, Found)],
        opinion: Option<&Opinion>,
        texts: Texts,
    ) -> Option<PassedOver> {
        let phrases = &self.phrases[topic];
        let phrase = &phrases[found.phrase];
        let early = phrase.phrase.since.is_some_and(|since| texts.published < since);
        if early || phrase.phrase.until.is_some_and(|until| texts.published >= until) {
            return Some(PassedOver::Time);
        }
        let beside =
            || rows.iter().map(|(_, other)| other).filter(|other| (other.field, other.text) == (found.field, found.text));
        let meets = |other: &&Found| {
            phrases[other.phrase].list == List::Except
                && other.words.start < found.words.end
                && found.words.start < other.words.end
                && self.passed_over(topic, other, rows, opinion, texts).is_none()
        };
        if phrase.list != List::Except
            && let Some(exception) = beside().find(meets)
        {
            return Some(PassedOver::Except(phrases[exception.phrase].phrase.text.clone()));
        }
        let near = |other: &Found| {
            let gap = other.words.start.saturating_sub(found.words.end).max(found.words.start.saturating_sub(other.words.end));
            phrase.near.contains(&other.phrase) && gap <= NEAR
        };
        if !phrase.near.is_empty() && !beside().any(near) {
            return Some(PassedOver::Alone(phrase.phrase.near.clone()));
        }
        let unlearned = phrase.phrase.learned && opinion.is_none_or(|opinion| opinion.score <= CLEARLY);
        unlearned.then_some(PassedOver::Unlearned)
    }
}

/// Adds the words that speak for a topic to what is shown, those that are not there yet.
fn show(verdict: &mut Verdict, opinion: &Opinion, texts: Texts, read: [&Passage; 2]) {
    for word in opinion.because.iter().map(|spoken| shown(spoken, texts, read)) {
        let is_there = |other: &Occurrence| (other.field, &other.place) == (word.field, &word.place);
        if !verdict.matched.iter().any(is_there) {
            verdict.matched.push(word);
        }
    }
}

/// Words that speak for a topic, as an occurrence of themselves.
fn shown(spoken: &Spoken, texts: Texts, read: [&Passage; 2]) -> Occurrence {
    let (whole, passage) = if spoken.field == Field::Title { (texts.title, read[0]) } else { (texts.summary, read[1]) };
    let place = passage.words().place(spoken.words.clone());
    let written = &passage.text()[place.clone()];
    let start = whole[..passage.before() + place.start].chars().count();
    let place = start..start + written.chars().count();
    Occurrence { phrase: written.to_lowercase(), field: spoken.field, text: written.to_owned(), place }
}

/// Whether two different phrases occur, neither being a part of the other.
fn are_two(weak: &[&Found], phrases: &[Compiled]) -> bool {
    let apart = |a: &Found, b: &Found| {
        (a.field, a.text) != (b.field, b.text) || a.words.end <= b.words.start || b.words.end <= a.words.start
    };
    // A phrase may be listed twice.
    let differ = |a: &Found, b: &Found| phrases[a.phrase].key != phrases[b.phrase].key;
    weak.iter().enumerate().any(|(place, a)| weak[..place].iter().any(|b| differ(a, b) && apart(a, b)))
}
