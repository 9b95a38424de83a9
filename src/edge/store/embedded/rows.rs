//! What a group of jobs comes to: one batch of sled's, what it posts to the books, and what followers are told.

use std::collections::HashMap;

use crate::edge::store::embedded::books::{Posting, pruned_key};
use crate::edge::store::embedded::pack::Packer;
use crate::edge::store::embedded::{codec, failed};
use crate::edge::store::{StoreError, record};
use crate::model::{Band, SourceId, StoryChange, StoryId, span};

/// What is stored of a story: the number of its last change and the sources of its reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stored {
    pub(super) seq: u64,
    pub(super) sources: Vec<SourceId>,
}

/// A key, and its new value or `None` where it goes.
pub(super) type Row = (Vec<u8>, Option<Vec<u8>>);

/// What a group of jobs comes to.
pub(super) struct Rows<'a> {
    db: &'a sled::Db,
    pub(super) packer: &'a Packer,
    /// The number of the last change.
    pub(super) seq: u64,
    /// In their order: of one key the last counts.
    pub(super) writes: Vec<Row>,
    pub(super) postings: Vec<Posting>,
    /// What is to be told to the index of near copies.
    pub(super) bands: Vec<(i32, StoryId, Vec<Band>)>,
    /// The stories that the group has changed so far; `None` for one that it removed.
    stories: HashMap<StoryId, Option<Stored>>,
    /// The other records that it has changed, and whether they are there.
    touched: HashMap<Vec<u8>, bool>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(db: &'a sled::Db, packer: &'a Packer, seq: u64) -> Self {
        let (writes, postings, bands) = (Vec::new(), Vec::new(), Vec::new());
        Self { db, packer, seq, writes, postings, bands, stories: HashMap::new(), touched: HashMap::new() }
    }

    /// What is stored of a story. One that can't be read counts as not stored; it is set aside before another takes its place.
    pub(super) fn stored(&self, id: StoryId) -> Result<Option<Stored>, StoreError> {
        if let Some(stored) = self.stories.get(&id) {
            return Ok(stored.clone());
        }
        let value = self.db.get(codec::story_key(id)).map_err(failed("to read a story"))?;
        Ok(value
            .and_then(|value| codec::read_story(self.packer, id, &value).ok())
            .map(|story| Stored { seq: story.seq, sources: story.entries.into_iter().map(|report| report.source).collect() }))
    }

    fn is_there(&self, key: &[u8]) -> Result<bool, StoreError> {
        match self.touched.get(key) {
            Some(there) => Ok(*there),
            None => self.db.contains_key(key).map_err(failed("to look whether a record is there")),
        }
    }

    /// Puts a record that is not counted, or was counted already.
    pub(super) fn insert(&mut self, key: &[u8], value: Vec<u8>) {
        self.writes.push((key.to_vec(), Some(value)));
    }

    /// Removes such a record.
    pub(super) fn remove(&mut self, key: &[u8]) {
        self.writes.push((key.to_vec(), None));
    }

    /// Puts a record that is no story.
    pub(super) fn put(&mut self, key: &[u8], value: Vec<u8>) -> Result<(), StoreError> {
        if !self.is_there(key)? {
            self.postings.push(Posting::plain(key, true));
        }
        self.touched.insert(key.to_vec(), true);
        self.insert(key, value);
        Ok(())
    }

    /// Removes a record that is no story.
    pub(super) fn take(&mut self, key: &[u8]) -> Result<(), StoreError> {
        if self.is_there(key)? {
            self.postings.push(Posting::plain(key, false));
        }
        self.touched.insert(key.to_vec(), false);
        self.remove(key);
        Ok(())
    }

    pub(super) fn put_story(&mut self, change: &StoryChange, value: Vec<u8>) -> Result<(), StoreError> {
        let id = change.story.id;
        let key = codec::story_key(id);
        self.seq += 1;
        match self.stored(id)? {
            Some(old) => {
                self.take(&codec::change_key(old.seq))?;
                self.postings.push(Posting::story(&key, old.seq, old.sources, false));
            }
            None => {
                self.set_aside(&key)?;
                self.take(&pruned_key(id))?;
            }
        }
        let sources: Vec<SourceId> = change.story.entries.iter().map(|report| report.source.clone()).collect();
        self.postings.push(Posting::story(&key, self.seq, sources.clone(), true));
        self.insert(&key, value);
        self.put(&codec::change_key(self.seq), codec::change(id))?;
        for (key, print) in &change.entries {
            self.put(&codec::entry_key(*key), codec::entry(id, *print))?;
        }
        for link in &change.links {
            self.put(&codec::link_key(*link), codec::link(id))?;
        }
        if !change.bands.is_empty() {
            let span = span(change.story.published);
            self.put(&codec::bands_key(span, id, self.seq), codec::bands(&change.bands))?;
            self.bands.push((span, id, change.bands.clone()));
        }
        self.stories.insert(id, Some(Stored { seq: self.seq, sources }));
        Ok(())
    }

    /// Removes a story. Its entries' names stay, and a mark that it was pruned and not lost.
    pub(super) fn take_story(&mut self, id: StoryId, old: Stored) -> Result<(), StoreError> {
        self.take_bands(id)?;
        self.take(&codec::withdrawal_key(id))?;
        self.seq += 1;
        let key = codec::story_key(id);
        self.remove(&key);
        self.take(&codec::change_key(old.seq))?;
        self.postings.push(Posting::story(&key, old.seq, old.sources, false));
        self.put(&codec::change_key(self.seq), codec::change(id))?;
        self.put(&pruned_key(id), record::seal(Vec::new()))?;
        self.stories.insert(id, None);
        Ok(())
    }

    /// Removes the rows of a story's bands. In memory they stay: a story that is gone is no candidate.
    fn take_bands(&mut self, id: StoryId) -> Result<(), StoreError> {
        let value = self.db.get(codec::story_key(id)).map_err(failed("to read a story"))?;
        if let Some(story) = value.and_then(|value| codec::read_story(self.packer, id, &value).ok()) {
            for key in self.db.scan_prefix(codec::bands_prefix(span(story.published), id)).keys() {
                self.take(&key.map_err(failed("to read the bands of a story"))?)?;
            }
        }
        Ok(())
    }

    /// Keeps a record that can't be read where nobody looks for it, before another takes its place.
    fn set_aside(&mut self, key: &[u8]) -> Result<(), StoreError> {
        if let Some(value) = self.db.get(key).map_err(failed("to read a story"))? {
            tracing::error!(record = %codec::named(key), "a record of the store can't be read and is set aside");
            self.insert(&[codec::ASIDE, key].concat(), value.to_vec());
        }
        Ok(())
    }
}
