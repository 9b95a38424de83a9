//! Articles that their sources have taken down: which are looked at, when, and what that is worth.
//!
//! Nothing is crawled. What makes us look is the source itself: an entry is missing from its document although older ones still stand there.
//! Usually that means nothing (lists of what is read most change all the time), so one look that finds the article is the end of it. Only an
//! article that is gone at two looks hours apart, while another article of the site is there, counts as taken down.

use std::collections::{HashMap, HashSet};

use jiff::{SignedDuration, Timestamp};

use crate::model::{EntryKey, Sight, SourceId, Story, StoryId, Vanished};

/// Entries of a source's document that are watched, the newest: what is taken down is usually taken down soon.
const MOST_WATCHED: usize = 100;
/// Articles of one source that are looked at, one after the other.
const MOST_VANISHED: usize = 32;
/// Older stories stand in no feed any more.
const YOUNG: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The first look: an entry that a cache of the site lost for a moment is back by then.
const FIRST_LOOK: SignedDuration = SignedDuration::from_mins(30);
/// Between the two looks that count. A site that is being moved or mended answers 404 for an hour or two.
const APART: SignedDuration = SignedDuration::from_hours(6);
/// After a look that told nothing.
const TRY_AGAIN: SignedDuration = SignedDuration::from_hours(6);
/// How long it is tried to find out.
const GIVE_UP: SignedDuration = SignedDuration::from_hours(3 * 24);
/// How long it is looked whether an article that was gone has come back: after a day, two, four, …
const COMES_BACK: SignedDuration = SignedDuration::from_hours(31 * 24);
/// Between two looks at articles of one host's sources: at most 24 a day, however many sources it has.
const OF_ONE_HOST: SignedDuration = SignedDuration::from_hours(1);

/// What a look means for the story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing new.
    Nothing,
    /// The article has been gone since then.
    Gone(Timestamp),
    /// The article that was gone is back.
    Back,
}

/// The entries of a document that are watched, the newest first. `dated` is what it holds, in its order.
pub fn watched(mut dated: Vec<(EntryKey, Option<Timestamp>)>) -> Vec<EntryKey> {
    // Without dates it is the document's order that says what is new.
    if dated.iter().all(|(_, date)| date.is_some()) {
        dated.sort_by_key(|(_, date)| std::cmp::Reverse(*date));
    }
    dated.into_iter().map(|(entry, _)| entry).take(MOST_WATCHED).collect()
}

/// An entry that is missing, and the next older one that is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The one.
    pub entry: EntryKey,
    /// The other.
    pub beside: EntryKey,
}

/// The entries that are missing from a document although older ones still stand there, the newest first. What is older than all that stands
/// there has been pushed out by what is new.
pub fn missing(watched: &[EntryKey], listed: &HashSet<EntryKey>) -> Vec<Missing> {
    let mut older = None;
    let mut found = Vec::new();
    for &entry in watched.iter().rev() {
        match older {
            _ if listed.contains(&entry) => older = Some(entry),
            Some(beside) => found.push(Missing { entry, beside }),
            None => {}
        }
    }
    found.reverse();
    found
}

/// Whether a story is young enough to be looked at.
pub fn is_young(published: Timestamp, now: Timestamp) -> bool {
    now.duration_since(published) < YOUNG
}

/// What is looked at after a document: the entries that are missing now, too, and no more those that are back. A story that was told that
/// its article is gone is told otherwise by a look, which is due at once.
pub fn after_document(
    vanished: &[Vanished],
    missing: &[(Missing, StoryId)],
    listed: &HashSet<EntryKey>,
    now: Timestamp,
) -> Vec<Vanished> {
    let back = |row: &Vanished| listed.contains(&row.entry);
    let kept = vanished.iter().filter(|row| row.is_told || !back(row));
    let mut rows: Vec<Vanished> = kept.map(|row| if back(row) { Vanished { next: now, ..*row } } else { *row }).collect();
    for &(Missing { entry, beside }, story) in missing {
        if rows.len() < MOST_VANISHED && rows.iter().all(|row| row.entry != entry) {
            rows.push(Vanished { entry, beside, story, since: now, next: later(now, FIRST_LOOK), gone: None, is_told: false });
        }
    }
    rows
}

/// Whose article is looked at next.
pub fn next(vanished: &[Vanished]) -> Option<Vanished> {
    vanished.iter().copied().min_by_key(|row| row.next)
}

/// What becomes of an entry after a look at its article, and what that means. `None`: it is not looked at any more.
pub fn after_look(row: Vanished, sight: Sight, now: Timestamp) -> (Option<Vanished>, Meaning) {
    let age = now.duration_since(row.since);
    let within = |limit: SignedDuration, row: Vanished| Some(row).filter(|_| age < limit);
    let limit = if row.is_told { COMES_BACK } else { GIVE_UP };
    match (sight, row.gone) {
        (Sight::There, _) if row.is_told => (None, Meaning::Back),
        (Sight::There, _) => (None, Meaning::Nothing),
        (Sight::Unclear, _) => (within(limit, Vanished { next: later(now, TRY_AGAIN), ..row }), Meaning::Nothing),
        (Sight::Gone, _) if row.is_told => {
            // Twice as late each time.
            let wait = age.max(SignedDuration::from_hours(24));
            (within(limit, Vanished { next: later(now, wait), ..row }), Meaning::Nothing)
        }
        (Sight::Gone, Some(since)) if now.duration_since(since) >= APART => {
            let row = Vanished { next: later(now, SignedDuration::from_hours(24)), is_told: true, ..row };
            (Some(row), Meaning::Gone(since))
        }
        (Sight::Gone, since) => {
            let since = since.unwrap_or(now);
            (Some(Vanished { gone: Some(since), next: later(since, APART), ..row }), Meaning::Nothing)
        }
    }
}

/// When a look that could not be made, or whose end could not be stored, is made again.
pub fn after_failure(now: Timestamp) -> Timestamp {
    later(now, OF_ONE_HOST)
}

/// The story after it was told that a source's article has been gone since then, or is there. Where that changes what it shows, it is updated
/// now.
pub fn told(
    mut story: Story,
    source: &SourceId,
    gone: Option<Timestamp>,
    rank: &dyn Fn(&SourceId) -> i32,
    now: Timestamp,
) -> Story {
    let shown = |story: &Story| {
        let lead = story.lead(rank);
        (lead.title.clone(), lead.url.clone(), lead.summary.clone())
    };
    let before = shown(&story);
    story.entries.iter_mut().filter(|report| report.source == *source).for_each(|report| report.gone = gone);
    if shown(&story) != before {
        story.updated = now.max(story.updated);
    }
    story
}

/// When articles of each host's sources were last looked at.
#[derive(Clone, Debug, Default)]
pub struct Pace(HashMap<String, Timestamp>);

impl Pace {
    /// Takes the turn of a host, if it has come; else says when it comes.
    pub fn take(&mut self, host: &str, now: Timestamp) -> Result<(), Timestamp> {
        self.0.retain(|_, last| now.duration_since(*last).abs() < OF_ONE_HOST);
        match self.0.get(host) {
            Some(last) => Err(later(*last, OF_ONE_HOST)),
            None => {
                self.0.insert(host.to_owned(), now);
                Ok(())
            }
        }
    }
}

fn later(time: Timestamp, wait: SignedDuration) -> Timestamp {
    time.checked_add(wait).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
