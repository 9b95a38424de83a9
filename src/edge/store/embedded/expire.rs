//! Everything that pruned stories have left is forgotten, in small steps: their removals from the change sequence, their entries' names, the
//! links that led to them, and last their marks, so that what was interrupted is done by the next attempt.
//!
//! Neither names nor links are found by their story, so all of them are gone through: a second for a million stories, once a day.

use std::collections::HashSet;

use tokio::sync::oneshot;

use crate::edge::store::StoreError;
use crate::edge::store::embedded::base::Base;
use crate::edge::store::embedded::books::Posting;
use crate::edge::store::embedded::gathered::{self, Changes};
use crate::edge::store::embedded::heap::Pile;
use crate::edge::store::embedded::rows::{Row, Said};
use crate::edge::store::embedded::{codec, failed};
use crate::model::StoryId;

/// Rows that are looked at in one step: some milliseconds.
const STEP_ROWS: usize = 500;
/// The kinds of records, in the order in which they go.
const KINDS: [u8; 4] = [codec::CHANGES, codec::ENTRIES, codec::LINKS, codec::MARKS];

/// How far it has come.
pub(super) struct Expiry {
    stories: HashSet<StoryId>,
    /// The kinds that are still to be gone through.
    kinds: &'static [u8],
    /// Of the first of them all rows up to this key, and this one, are done.
    reached: Vec<u8>,
    /// Who waits for it.
    pub(super) reply: oneshot::Sender<Result<(), StoreError>>,
}

/// What a step comes to.
pub(super) struct Expired {
    /// Nothing: what is forgotten is all in rows.
    pub(super) pile: Pile,
    pub(super) writes: Vec<Row>,
    pub(super) postings: Vec<Posting>,
    /// The entries that are forgotten.
    pub(super) entries: Vec<Said>,
    /// Nothing of the stories is left.
    pub(super) done: bool,
}

impl Expiry {
    pub(super) fn of(stories: Vec<StoryId>, reply: oneshot::Sender<Result<(), StoreError>>) -> Self {
        Self { stories: stories.into_iter().collect(), kinds: &KINDS, reached: KINDS[..1].to_vec(), reply }
    }

    /// The next rows. The last change keeps its number, by which the sequence goes on after a start.
    pub(super) fn step(&mut self, base: &Base, last: u64) -> Result<Expired, StoreError> {
        let pile = base.heap.pile().map_err(|e| StoreError::Failed { doing: "to forget what was pruned", why: e.to_string() })?;
        let mut expired = Expired { pile, writes: Vec::new(), postings: Vec::new(), entries: Vec::new(), done: true };
        let Some((kind, later)) = self.kinds.split_first() else { return Ok(expired) };
        let from = [&self.reached[..], &[0]].concat();
        let mut looked = 0;
        for row in base.range(from..vec![kind + 1]).take(STEP_ROWS) {
            let (key, row) = row.map_err(failed("to forget what was pruned"))?;
            looked += 1;
            self.reached = key.to_vec();
            let changes = self.changes(base, last, &key, &row)?;
            if !changes.is_empty() {
                expired.writes.push((key.to_vec(), gathered::changed(Some(&row), &changes)?));
                expired.take(changes)?;
            }
        }
        if looked < STEP_ROWS {
            self.kinds = later;
            self.reached = later.iter().take(1).copied().collect();
        }
        expired.done = self.kinds.is_empty();
        Ok(expired)
    }

    /// What becomes of a row. One that can't be read is left to the inspection.
    fn changes(&self, base: &Base, last: u64, key: &[u8], row: &[u8]) -> Result<Changes, StoreError> {
        let mut changes = Changes::new();
        for (key, value) in gathered::records(key, row).unwrap_or_default() {
            let story = codec::story_of(&key, value)?;
            // One that has come back meanwhile needs its names.
            if self.stories.contains(&story) && key != codec::change_key(last) && !base.has(story)? {
                changes.insert(key, None);
            }
        }
        Ok(changes)
    }
}

impl Expired {
    fn take(&mut self, changes: Changes) -> Result<(), StoreError> {
        for key in changes.into_keys() {
            if key.first() == Some(&codec::ENTRIES) {
                self.entries.push((codec::entry_of_key(&key)?, None));
            }
            self.postings.push(Posting::plain(&key, false));
        }
        Ok(())
    }
}
