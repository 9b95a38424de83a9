//! What a group of jobs comes to: one batch of sled's, what it posts to the books, and what followers are told.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::edge::store::StoreError;
use crate::edge::store::embedded::base::Base;
use crate::edge::store::embedded::books::Posting;
use crate::edge::store::embedded::heap::{Pile, Place};
use crate::edge::store::embedded::seen::Written;
use crate::edge::store::embedded::{Shared, codec, failed, gathered};
use crate::edge::store::record::seal;
use crate::model::{EntryKey, Mark, Print, Pruned, Sketch, SourceId, SourceTag, StoryChange, StoryId, span};

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
    base: &'a Base,
    pub(super) shared: &'a Shared,
    /// The number of the last change.
    pub(super) seq: u64,
    /// In their order: of one key the last counts.
    pub(super) writes: Vec<Row>,
    pub(super) postings: Vec<Posting>,
    /// What is to be told to the index of near copies.
    pub(super) sketches: Vec<(i32, StoryId, Sketch)>,
    /// The stories that the group has changed so far; `None` for one that it removed.
    stories: HashMap<StoryId, Option<Stored>>,
    /// The other records that it has changed, and whether they are there.
    touched: BTreeMap<Vec<u8>, bool>,
    /// What becomes of records that stand many in a row, by row.
    gathered: BTreeMap<Vec<u8>, gathered::Changes>,
    /// What is to stand in the heap.
    pub(super) pile: Pile,
}

/// Stories whose sketches stand together at the most: some 40 kB.
const SKETCHES_A_ROW: usize = 256;

/// What an entry says now; `None` where it is forgotten.
pub(super) type Said = (EntryKey, Option<(StoryId, Print)>);

impl<'a> Rows<'a> {
    pub(super) fn new(base: &'a Base, shared: &'a Shared, seq: u64) -> std::io::Result<Self> {
        let (writes, postings, sketches, pile) = (Vec::new(), Vec::new(), Vec::new(), base.heap.pile()?);
        let (stories, touched, gathered) = (HashMap::new(), BTreeMap::new(), BTreeMap::new());
        Ok(Self { base, shared, seq, writes, postings, sketches, stories, touched, gathered, pile })
    }

    /// What is stored of a story. One that can't be read counts as not stored; it is set aside before another takes its place.
    pub(super) fn stored(&self, id: StoryId) -> Result<Option<Stored>, StoreError> {
        if let Some(stored) = self.stories.get(&id) {
            return Ok(stored.clone());
        }
        if !self.shared.seen.may_have(&codec::story_key(id)) {
            return Ok(None);
        }
        let story = match self.base.story(&self.shared.packer, id) {
            Err(StoreError::Record { .. }) => None,
            read => read?,
        };
        Ok(story.map(|story| Stored { seq: story.seq, sources: story.entries.into_iter().map(|report| report.source).collect() }))
    }

    fn is_there(&self, key: &[u8]) -> Result<bool, StoreError> {
        let failed = failed("to look whether a record is there");
        match (self.touched.get(key), gathered::row_of(key)) {
            (Some(there), _) => Ok(*there),
            (None, _) if !self.shared.seen.may_have(key) => Ok(false),
            (None, None) => self.base.contains_key(key).map_err(failed),
            (None, Some(row)) => {
                let row = self.base.get(row).map_err(failed)?;
                // In a row that can't be read nothing is there any more.
                Ok(row.is_some_and(|row| gathered::find(key, &row).is_ok_and(|record| record.is_some())))
            }
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
        self.write(key, Some(value));
        Ok(())
    }

    /// Removes a record that is no story.
    pub(super) fn take(&mut self, key: &[u8]) -> Result<(), StoreError> {
        if self.is_there(key)? {
            self.postings.push(Posting::plain(key, false));
        }
        self.touched.insert(key.to_vec(), false);
        self.write(key, None);
        Ok(())
    }

    fn write(&mut self, key: &[u8], value: Option<Vec<u8>>) {
        match gathered::row_of(key) {
            Some(row) => drop(self.gathered.entry(row).or_default().insert(key.to_vec(), value)),
            None => self.writes.push((key.to_vec(), value)),
        }
    }

    /// Adds the rows of what stands with others; returns what is known of them now.
    pub(super) fn gather(&mut self) -> Result<Written, StoreError> {
        self.put_sketches()?;
        let mut written = Written::default();
        for (row, changes) in std::mem::take(&mut self.gathered) {
            let old = self.base.get(&row).map_err(failed("to read a row of many"))?;
            let new = match gathered::changed(old.as_deref(), &changes) {
                Err(StoreError::Record { .. }) => {
                    self.keep_aside(&row, old.as_deref());
                    gathered::changed(None, &changes)?
                }
                changed => changed?,
            };
            self.writes.push((row, new));
            for (key, value) in &changes {
                let value = value.as_deref();
                match key.first() {
                    Some(&codec::ENTRIES) => {
                        written.entries.push((codec::entry_of_key(key)?, value.map(codec::read_entry).transpose()?));
                    }
                    Some(&codec::STORIES) => {
                        written.places.push((codec::story_of_key(key)?, value.map(Place::read).transpose()?));
                    }
                    _ => {}
                }
            }
        }
        Ok(written)
    }

    /// Puts the sketches of the group's stories: a row for each span, or a few.
    fn put_sketches(&mut self) -> Result<(), StoreError> {
        let mut by_span: BTreeMap<i32, Vec<codec::Posted>> = BTreeMap::new();
        for (span, story, sketch) in &self.sketches {
            by_span.entry(*span).or_default().push((*story, sketch.clone()));
        }
        for (span, posted) in by_span {
            // Each story has taken a number: there are enough.
            for (seq, posted) in (0..=self.seq).rev().zip(posted.chunks(SKETCHES_A_ROW)) {
                let place = self.pile.push(&codec::sketches(posted)?)?;
                self.put(&codec::sketches_key(span, seq), seal(place.bytes()))?;
            }
        }
        Ok(())
    }

    /// Puts a story: what is to be written of it, in the place of what is stored.
    pub(super) fn put_story(&mut self, change: &StoryChange, value: &[u8], old: Option<Stored>) -> Result<(), StoreError> {
        let id = change.story.id;
        let key = codec::story_key(id);
        self.seq += 1;
        match old {
            Some(old) => {
                self.take(&codec::change_key(old.seq))?;
                self.postings.push(Posting::story(&key, old.seq, old.sources, false));
            }
            None => {
                self.set_aside(id)?;
                // The names that led to it still do, and so will be needed again when it goes.
                for mark in self.marks(id)? {
                    self.put(&mark, codec::AGAIN.to_vec())?;
                }
            }
        }
        let sources = change.story.entries.iter().map(|report| report.source.clone());
        let stored = Stored { seq: self.seq, sources: sources.collect() };
        self.postings.push(Posting::story(&key, self.seq, stored.sources.clone(), true));
        let place = self.pile.push(value)?;
        self.write(&key, Some(place.bytes()));
        self.put(&codec::change_key(self.seq), codec::change(id))?;
        for (key, print) in &change.entries {
            self.put(&codec::entry_key(*key), codec::entry(id, *print))?;
        }
        for link in &change.links {
            self.put(&codec::link_key(*link), codec::link(id))?;
        }
        if !change.sketch.bands.is_empty() {
            self.sketches.push((span(change.story.published), id, change.sketch.clone()));
        }
        self.stories.insert(id, Some(stored));
        Ok(())
    }

    /// Removes a story. Its entries' names stay, that it was taken down, and marks that it was pruned and not lost. Its sketch stays until
    /// `sweep` meets it: a story that is gone is no candidate.
    pub(super) fn take_story(&mut self, id: StoryId, old: Stored, at: Timestamp) -> Result<(), StoreError> {
        self.seq += 1;
        let key = codec::story_key(id);
        self.write(&key, None);
        self.take(&codec::change_key(old.seq))?;
        let marks = old.sources.iter().map(|source| codec::mark_key(id, SourceTag::of(source)));
        for mark in marks.chain(self.marks(id)?).collect::<Vec<_>>() {
            self.put(&mark, codec::mark(at))?;
        }
        self.postings.push(Posting::story(&key, old.seq, old.sources, false));
        self.put(&codec::change_key(self.seq), codec::change(id))?;
        self.stories.insert(id, None);
        Ok(())
    }

    /// The keys of a story's marks.
    fn marks(&self, id: StoryId) -> Result<Vec<Vec<u8>>, StoreError> {
        let start = codec::marks_key(id);
        let row = gathered::row_of(&start).filter(|_| self.shared.seen.may_have(&start));
        let stored = row.map(|row| self.base.get(row).map_err(failed("to look for a story's marks"))).transpose()?.flatten();
        // Of a row that can't be read nothing is there any more.
        let stored =
            stored.map(|row| gathered::beginning(&start, &row).unwrap_or_default().into_iter().map(|(key, _)| key).collect());
        let mut marks: Vec<Vec<u8>> = stored.unwrap_or_default();
        let touched = gathered::row_of(&start).and_then(|row| self.gathered.get(&row)).into_iter().flatten();
        marks.extend(touched.filter(|(key, value)| key.starts_with(&start) && value.is_some()).map(|(key, _)| key.clone()));
        marks.sort_unstable();
        marks.dedup();
        Ok(marks)
    }

    /// Marks that a source listed a pruned story.
    pub(super) fn mark(&mut self, mark: Mark) -> Result<(), StoreError> {
        let (source, at) = mark.listed;
        match self.stored(mark.story)? {
            None => self.put(&codec::mark_key(mark.story, source), codec::mark(at)),
            Some(_) => Ok(()),
        }
    }

    /// Notes the name of an entry whose story was pruned, where none is stored, and marks that are missing.
    pub(super) fn bury(&mut self, name: Pruned) -> Result<(), StoreError> {
        if self.stored(name.story)?.is_some() {
            return Ok(());
        }
        self.put(&codec::entry_key(name.entry), codec::entry(name.story, 0))?;
        let unknown = name.listed.is_empty().then_some((SourceTag::UNKNOWN, Timestamp::UNIX_EPOCH));
        for (source, at) in name.listed.into_iter().chain(unknown) {
            let key = codec::mark_key(name.story, source);
            if !self.is_there(&key)? {
                self.put(&key, codec::mark(at))?;
            }
        }
        Ok(())
    }

    /// Keeps a story that can't be read where nobody looks for it, before another takes its place.
    fn set_aside(&mut self, id: StoryId) -> Result<(), StoreError> {
        let key = codec::story_key(id);
        if !self.shared.seen.may_have(&key) {
            return Ok(());
        }
        match self.base.value(id) {
            Ok(value) => self.keep_aside(&key, value.as_deref()),
            // The bytes themselves stay where they are; where that is, is kept.
            Err(StoreError::Record { .. }) => {
                let row = gathered::row_of(&key).map(|row| self.base.get(row).map_err(failed("to set a record aside")));
                self.keep_aside(&key, row.transpose()?.flatten().as_deref());
            }
            Err(error) => return Err(error),
        }
        Ok(())
    }

    fn keep_aside(&mut self, key: &[u8], value: Option<&[u8]>) {
        if let Some(value) = value {
            tracing::error!(record = %codec::named(key), "a record of the store can't be read and is set aside");
            self.insert(&[codec::ASIDE, key].concat(), value.to_vec());
        }
    }
}
