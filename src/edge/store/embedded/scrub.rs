//! Going through all records in small steps: what can't be read is set aside, everything else is counted, and the count is held against
//! the books.
//!
//! The writer does it between its groups, so that nothing changes during a step; what it writes behind the place that was reached is
//! posted to the count too.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::edge::store::embedded::books::{Books, KINDS, Posting, counts};
use crate::edge::store::embedded::pack::Packer;
use crate::edge::store::embedded::{codec, failed};
use crate::edge::store::{Finding, StoreError, record};

/// Records of one step: some milliseconds.
const STEP: usize = 500;

/// How far it has come, and what was found.
#[derive(Default)]
pub(super) struct Scrub {
    /// All records up to this key, and this one, are counted.
    reached: Vec<u8>,
    packer: Packer,
    found: Books,
    damaged: BTreeMap<&'static str, u64>,
}

/// What a step came to.
pub(super) enum Step {
    /// There is more; these rows are to be set aside before the next step.
    More(sled::Batch),
    /// All was counted.
    Done(sled::Batch),
}

impl Scrub {
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
            match posting(&self.packer, &key, &value) {
                Ok(Some(posting)) => self.found.post(&posting),
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(record = %codec::named(&key), %error, "a record of the store is set aside");
                    *self.damaged.entry(kind(&key)).or_default() += 1;
                    aside.insert([codec::ASIDE, &key].concat(), value);
                    aside.remove(key);
                }
            }
        }
        Ok(if counted < STEP { Step::Done(aside) } else { Step::More(aside) })
    }

    /// Takes notice of what was written.
    pub(super) fn post(&mut self, posting: &Posting) {
        if posting.key <= self.reached {
            self.found.post(posting);
        }
    }

    /// What is wrong, and the books as they should be.
    pub(super) fn conclude(self, books: &Books) -> (Vec<Finding>, Books) {
        let damaged = self.damaged.into_iter().map(|(kind, count)| Finding::Damaged { kind, count });
        let findings = damaged.chain(books.compare(&self.found)).collect();
        let mut found = self.found;
        found.commits = books.commits;
        (findings, found)
    }
}

/// What a record posts to the books; an error if it can't be read.
fn posting(packer: &Packer, key: &[u8], value: &[u8]) -> Result<Option<Posting>, StoreError> {
    if key.first() == Some(&b's') {
        let story = codec::read_story(packer, codec::story_of_key(key)?, value)?;
        let sources = story.entries.into_iter().map(|report| report.source).collect();
        return Ok(Some(Posting::story(key, story.seq, sources, true)));
    }
    record::open(value)?;
    Ok(counts(key).then(|| Posting::plain(key, true)))
}

fn kind(key: &[u8]) -> &'static str {
    KINDS.iter().find(|(kind, _)| key.first() == Some(kind)).map_or("notes", |(_, name)| name)
}
