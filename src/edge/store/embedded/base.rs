//! What an open store reads from: sled, and the heap of what is large.

use std::ops::Deref;

use crate::edge::store::StoreError;
use crate::edge::store::embedded::heap::{Heap, Place};
use crate::edge::store::embedded::pack::Packer;
use crate::edge::store::embedded::{codec, failed, gathered};
use crate::edge::store::record::open;
use crate::model::{Story, StoryId};

/// Both.
pub(super) struct Base {
    pub(super) db: sled::Db,
    pub(super) heap: Heap,
}

impl Deref for Base {
    type Target = sled::Db;
    fn deref(&self) -> &sled::Db {
        &self.db
    }
}

impl Base {
    /// The value of a record that stands with others in a row.
    pub(super) fn record(&self, key: &[u8], doing: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(row) = gathered::row_of(key) else { return Ok(None) };
        let Some(row) = self.db.get(row).map_err(failed(doing))? else { return Ok(None) };
        Ok(gathered::find(key, &row)?.map(<[u8]>::to_vec))
    }

    /// Where a story stands.
    pub(super) fn place(&self, id: StoryId) -> Result<Option<Place>, StoreError> {
        self.record(&codec::story_key(id), "to look for a story")?.map(|place| Place::read(&place)).transpose()
    }

    /// Whether a story is stored.
    pub(super) fn has(&self, id: StoryId) -> Result<bool, StoreError> {
        Ok(self.record(&codec::story_key(id), "to look for a story")?.is_some())
    }

    /// A story as it is stored: the bytes that its place leads to.
    pub(super) fn value(&self, id: StoryId) -> Result<Option<Vec<u8>>, StoreError> {
        let Some(place) = self.place(id)? else { return Ok(None) };
        match self.heap.read(place) {
            // It may have been moved since.
            Err(StoreError::Record { why }) => match self.place(id)? {
                None => Ok(None),
                Some(now) if now != place => self.heap.read(now).map(Some),
                Some(_) => Err(StoreError::Record { why }),
            },
            read => read.map(Some),
        }
    }

    /// A story.
    pub(super) fn story(&self, packer: &Packer, id: StoryId) -> Result<Option<Story>, StoreError> {
        self.value(id)?.map(|value| Self::unpacked(packer, id, &value)).transpose()
    }

    /// The story that is stored as these bytes.
    pub(super) fn unpacked(packer: &Packer, id: StoryId, value: &[u8]) -> Result<Story, StoreError> {
        packer.story(id, value, || codec::read_story(packer, id, value))
    }

    /// What a row of sketches leads to.
    pub(super) fn sketches(&self, row: &[u8]) -> Result<Vec<codec::Posted>, StoreError> {
        codec::read_sketches(&self.heap.read(Place::read(open(row)?)?)?)
    }
}
