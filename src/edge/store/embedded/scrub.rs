//! Going through all records in small steps: what can't be read is set aside, everything else is counted, and the count is held against
//! the books.
//!
//! On the way all keys are told to a filter, by which it is known in memory what was never seen. The writer does it between its groups, so that nothing changes during a step; what it writes behind the place that was reached is
//! posted to the count too.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::edge::store::embedded::books::{Books, KINDS, Posting, counts};
use crate::edge::store::embedded::pack::Packer;
use crate::edge::store::embedded::seen::Filter;
use crate::edge::store::embedded::{codec, failed, gathered};
use crate::edge::store::{Finding, StoreError, record};

/// Rows of one step: some milliseconds.
const STEP: usize = 500;

/// How far it has come, and what was found.
pub(super) struct Scrub {
    /// All rows up to this key, and this one, are counted.
    reached: Vec<u8>,
    packer: Packer,
    found: Books,
    damaged: BTreeMap<&'static str, u64>,
    filter: Arc<Filter>,
}

/// What a step came to.
pub(super) enum Step {
    /// There is more; these rows are to be set aside before the next step.
    More(sled::Batch),
    /// All was counted.
    Done(sled::Batch),
}

impl Scrub {
    /// The beginning, where there should be so many records.
    pub(super) fn of(records: u64) -> Self {
        let (reached, packer, found) = (Vec::new(), Packer::default(), Books::default());
        Self { reached, packer, found, damaged: BTreeMap::new(), filter: Arc::new(Filter::of(records)) }
    }

    /// Counts the next records.
    pub(super) fn step(&mut self, db: &sled::Db) -> Result<Step, StoreError> {
        // sled panics where a page is damaged in certain ways.
        let step = catch_unwind(AssertUnwindSafe(|| self.count(db)));
        step.unwrap_or_else(|_| Err(StoreError::Failed { doing: "to go through its records", why: "sled broke down".to_owned() }))
    }

    fn count(&mut self, db: &sled::Db) -> Result<Step, StoreError> {
        let mut aside = sled::Batch::default();
        let from = [&self.reached[..], &[0]].concat();
        let mut counted = 0;
        for row in db.range(from..).take(STEP) {
            let (key, value) = row.map_err(failed("to go through its records"))?;
            counted += 1;
            self.reached = key.to_vec();
            if key.starts_with(codec::ASIDE) || key == codec::FORMAT {
                continue;
            }
            if let Err(error) = self.add(&key, &value) {
                tracing::error!(record = %codec::named(&key), %error, "a record of the store is set aside");
                *self.damaged.entry(kind(&key)).or_default() += 1;
                aside.insert([codec::ASIDE, &key].concat(), value);
                aside.remove(key);
            }
        }
        Ok(if counted < STEP { Step::Done(aside) } else { Step::More(aside) })
    }

    /// Counts a row; an error if it can't be read.
    fn add(&mut self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        if gathered::is_of_many(key) {
            for (key, _) in gathered::records(key, value)? {
                self.filter.add(&key);
                self.found.post(&Posting::plain(&key, true));
            }
        } else if key.first() == Some(&b's') {
            let story = codec::read_story(&self.packer, codec::story_of_key(key)?, value)?;
            let sources = story.entries.into_iter().map(|report| report.source).collect();
            self.filter.add(key);
            self.found.post(&Posting::story(key, story.seq, sources, true));
        } else {
            record::open(value)?;
            if counts(key) {
                self.found.post(&Posting::plain(key, true));
            }
        }
        Ok(())
    }

    /// Takes notice of what was written.
    pub(super) fn post(&mut self, posting: &Posting) {
        if posting.there {
            self.filter.add(&posting.key);
        }
        let row = gathered::row_of(&posting.key);
        if row.as_ref().unwrap_or(&posting.key) <= &self.reached {
            self.found.post(posting);
        }
    }

    /// What is wrong, the books as they should be, and a filter that knows all keys.
    pub(super) fn conclude(self, books: &Books) -> (Vec<Finding>, Books, Arc<Filter>) {
        let damaged = self.damaged.into_iter().map(|(kind, count)| Finding::Damaged { kind, count });
        let findings = damaged.chain(books.compare(&self.found)).collect();
        let mut found = self.found;
        found.commits = books.commits;
        (findings, found, self.filter)
    }
}

fn kind(key: &[u8]) -> &'static str {
    match key.first() {
        Some(b'e') => "rows of names of entries",
        Some(b'l') => "rows of links",
        Some(b'c') => "rows of changes",
        Some(b'd') => "rows of marks of pruned stories",
        first => KINDS.iter().find(|(kind, _)| first == Some(kind)).map_or("notes", |(_, name)| name),
    }
}
