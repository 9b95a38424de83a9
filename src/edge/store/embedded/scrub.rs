//! Going through all records in small steps: what can't be read is set aside, everything else is counted, and the count is held against
//! the books.
//!
//! On the way all keys are told to a filter, by which it is known in memory what was never seen. The writer does it between its groups, so that nothing changes during a step; what it writes behind the place that was reached is
//! posted to the count too.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::edge::store::embedded::base::Base;
use crate::edge::store::embedded::books::{Books, KINDS, Posting, counts};
use crate::edge::store::embedded::heap::Place;
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
    /// Bytes that are needed of each file of the heap.
    needed: BTreeMap<u32, u64>,
}

/// What a whole pass came to.
pub(super) struct Scrubbed {
    /// What is wrong.
    pub(super) findings: Vec<Finding>,
    /// The books as they should be.
    pub(super) books: Books,
    /// It knows all keys.
    pub(super) filter: Arc<Filter>,
    /// Bytes that are needed of each file of the heap.
    pub(super) needed: BTreeMap<u32, u64>,
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
        Self { reached, packer, found, damaged: BTreeMap::new(), filter: Arc::new(Filter::of(records)), needed: BTreeMap::new() }
    }

    /// Counts the next records.
    pub(super) fn step(&mut self, base: &Base) -> Result<Step, StoreError> {
        // sled panics where a page is damaged in certain ways.
        let step = catch_unwind(AssertUnwindSafe(|| self.count(base)));
        step.unwrap_or_else(|_| Err(StoreError::Failed { doing: "to go through its records", why: "sled broke down".to_owned() }))
    }

    fn count(&mut self, base: &Base) -> Result<Step, StoreError> {
        let mut aside = sled::Batch::default();
        let from = [&self.reached[..], &[0]].concat();
        let mut counted = 0;
        for row in base.range(from..).take(STEP) {
            let (key, value) = row.map_err(failed("to go through its records"))?;
            counted += 1;
            self.reached = key.to_vec();
            if key.starts_with(codec::ASIDE) || key == codec::FORMAT {
                continue;
            }
            match self.add(base, &key, &value) {
                Ok(lost) if lost.is_empty() => {}
                Ok(lost) => {
                    let left = gathered::changed(Some(&value), &lost.iter().map(|key| (key.clone(), None)).collect())?;
                    // Where each stood.
                    lost.iter().for_each(|lost| aside.insert([codec::ASIDE, lost].concat(), &value[..]));
                    match left {
                        Some(left) => aside.insert(key, left),
                        None => aside.remove(key),
                    }
                }
                Err(error @ StoreError::Record { .. }) => {
                    self.tell(rows_of(&key), &key, &error);
                    aside.insert([codec::ASIDE, &key].concat(), value);
                    aside.remove(key);
                }
                // What the disk does not hand over today is not damaged.
                Err(error) => return Err(error),
            }
        }
        Ok(if counted < STEP { Step::Done(aside) } else { Step::More(aside) })
    }

    fn tell(&mut self, what: &'static str, key: &[u8], error: &StoreError) {
        tracing::error!(record = %codec::named(key), %error, "a record of the store is set aside");
        *self.damaged.entry(what).or_default() += 1;
    }

    /// Counts a row, and returns the keys of its stories that can't be read; an error if the row can't be.
    fn add(&mut self, base: &Base, key: &[u8], value: &[u8]) -> Result<Vec<Vec<u8>>, StoreError> {
        let mut lost = Vec::new();
        if gathered::is_of_many(key) {
            for (key, value) in gathered::records(key, value)? {
                if key.first() != Some(&codec::STORIES) {
                    self.found.post(&Posting::plain(&key, true));
                } else {
                    match self.add_story(base, &key, Place::read(value)?) {
                        Err(error @ StoreError::Record { .. }) => {
                            self.tell("stories", &key, &error);
                            lost.push(key);
                            continue;
                        }
                        added => added?,
                    }
                }
                self.filter.add(&key);
            }
        } else {
            let value = record::open(value)?;
            if key.first() == Some(&codec::SKETCHES) {
                let place = Place::read(value)?;
                codec::read_sketches(&base.heap.read(place)?)?;
                self.need(place);
            }
            if counts(key) {
                self.found.post(&Posting::plain(key, true));
                self.filter.add(key);
            }
        }
        Ok(lost)
    }

    fn add_story(&mut self, base: &Base, key: &[u8], place: Place) -> Result<(), StoreError> {
        let story = codec::read_story(&self.packer, codec::story_of_key(key)?, &base.heap.read(place)?)?;
        let sources = story.entries.into_iter().map(|report| report.source).collect();
        self.found.post(&Posting::story(key, story.seq, sources, true));
        self.need(place);
        Ok(())
    }

    fn need(&mut self, place: Place) {
        *self.needed.entry(place.file).or_default() += u64::from(place.length);
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

    /// What it all came to.
    pub(super) fn conclude(self, books: &Books) -> Scrubbed {
        let Self { mut found, damaged, filter, needed, .. } = self;
        let damaged = damaged.into_iter().map(|(kind, count)| Finding::Damaged { kind, count });
        let findings = damaged.chain(books.compare(&found)).collect();
        found.commits = books.commits;
        Scrubbed { findings, books: found, filter, needed }
    }
}

/// What people call rows like this.
fn rows_of(key: &[u8]) -> &'static str {
    match key.first() {
        Some(b's') => "rows of stories",
        Some(b'e') => "rows of names of entries",
        Some(b'l') => "rows of links",
        Some(b'c') => "rows of changes",
        Some(b'd') => "rows of marks of pruned stories",
        first => KINDS.iter().find(|(kind, _)| first == Some(kind)).map_or("notes", |(_, name)| name),
    }
}
