//! The embedded store: a folder of sled's, which only this folder of the source names.
//!
//! One thread writes; a batch is acknowledged only when it would survive a power cut.
//!
//! Keys of the one tree (numbers big-endian), each value with a version and a checksum, see `record`:
//!
//! | key | value |
//! | --- | --- |
//! | `s` + story id | a story |
//! | `e` + entry key | the story of an entry and what the entry said; it outlives the story, so that nothing pruned comes back |
//! | `l` + link key | the story of a canonical link |
//! | `n` + span of 72 hours + story id + sequence number | the bands that a change adds to a story, for finding near copies |
//! | `c` + sequence number | the story that changed; each story stands at its last change only |
//! | `p` + source id | a source's state |
//! | `w` + source id | what is remembered of a source's hub |
//! | `m` + name | the format of all this, memos, the pages' stamps |

mod codec;
mod open;
mod recent;
mod write;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, oneshot, watch};

use crate::edge::store::{Memo, StoreError, near, readable, record};
use crate::model::{
    Band, Batch, Change, Known, LinkKey, Lookup, Push, Search, Slug, SourceId, SourceState, Stamp, Story, StoryId,
};

/// Batches that may wait for the writer; more wait in their senders.
const QUEUE: usize = 64;

/// An open folder. Reads block for microseconds (milliseconds where the cache misses). What each call promises, the face says.
pub(super) struct Embedded {
    db: sled::Db,
    jobs: mpsc::Sender<write::Job>,
    latest: watch::Receiver<u64>,
    index: Arc<near::Index>,
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
    /// Held for as long as the store is open.
    _lock: File,
}

fn failed(doing: &'static str) -> impl Fn(sled::Error) -> StoreError {
    move |error| StoreError::Failed { doing, why: error.to_string() }
}

impl Embedded {
    pub(super) fn known(&self, lookups: &[Lookup]) -> Result<Known, StoreError> {
        // First the number, then what there is: what comes between is known too, and only makes the writer more careful.
        let mut known = Known { seq: *self.latest.borrow(), ..Known::default() };
        let get = |key: [u8; 17]| self.db.get(key).map_err(failed("to look up an entry"));
        for lookup in lookups {
            if let Some(value) = get(codec::entry_key(lookup.key))? {
                let (story, print) = codec::read_entry(&value)?;
                known.entries.insert(lookup.key, (story, print));
                if print != lookup.print {
                    self.add_link(&mut known, lookup.link)?;
                    self.add_story(&mut known, story)?;
                }
                continue;
            }
            let linked = self.add_link(&mut known, lookup.link)?;
            self.add_story(&mut known, linked.unwrap_or(lookup.begins))?;
        }
        Ok(known)
    }

    fn add_link(&self, known: &mut Known, link: Option<LinkKey>) -> Result<Option<StoryId>, StoreError> {
        let Some(link) = link else { return Ok(None) };
        let story = self.story_of(link)?;
        known.links.extend(story.map(|story| (link, story)));
        Ok(story)
    }

    fn add_story(&self, known: &mut Known, id: StoryId) -> Result<(), StoreError> {
        if !known.stories.contains_key(&id)
            && let Some(story) = self.story(id)?
        {
            known.stories.insert(id, story);
        }
        Ok(())
    }

    pub(super) fn near(&self, searches: &[Search], known: &mut Known) -> Result<(), StoreError> {
        for search in searches {
            let candidates = self.index.candidates(search, |span, take| self.read_span(span, take))?;
            for id in &candidates {
                self.add_story(known, *id)?;
            }
            known.near.insert(search.key, candidates);
        }
        Ok(())
    }

    fn read_span(&self, span: i32, take: &mut dyn FnMut(StoryId, &[Band])) -> Result<(), StoreError> {
        let rows = self.db.scan_prefix(codec::span_prefix(span)).map(|row| {
            let (key, value) = row.map_err(failed("to look for near copies"))?;
            codec::read_bands(&key, &value)
        });
        rows.filter_map(readable).for_each(|(story, bands)| take(story, &bands));
        Ok(())
    }

    pub(super) fn story_of(&self, link: LinkKey) -> Result<Option<StoryId>, StoreError> {
        let value = self.db.get(codec::link_key(link)).map_err(failed("to look up a link"))?;
        value.map(|value| codec::read_link(&value)).transpose()
    }

    pub(super) fn story(&self, id: StoryId) -> Result<Option<Story>, StoreError> {
        let value = self.db.get(codec::story_key(id)).map_err(failed("to read a story"))?;
        value.map(|value| record::read_story(id, &value)).transpose()
    }

    pub(super) fn stories_after(&self, after: Option<StoryId>, limit: usize) -> Result<Vec<Story>, StoreError> {
        let start = after.map_or(vec![b's'], |id| [&codec::story_key(id)[..], &[0]].concat());
        let rows = self.db.range(start..vec![b's' + 1]).map(|row| {
            let (key, value) = row.map_err(failed("to read the stories"))?;
            record::read_story(codec::story_of_key(&key)?, &value)
        });
        Ok(rows.filter_map(readable).take(limit).collect())
    }

    pub(super) fn changes_after(&self, seq: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        let rows = self.db.range(codec::change_key(seq.saturating_add(1)).to_vec()..vec![b'c' + 1]).take(limit);
        rows.map(|row| {
            let (key, value) = row.map_err(failed("to read the changes"))?;
            let (seq, id) = codec::read_change(&key, &value)?;
            // A story that has changed since stands in a later row too: at this one it was removed, or will be told anew.
            Ok(Change { seq, id, story: self.story(id)?.filter(|story| story.seq == seq) })
        })
        .collect()
    }

    pub(super) fn source_states(&self) -> Result<BTreeMap<SourceId, SourceState>, StoreError> {
        let rows = self.db.scan_prefix(b"p").map(|row| {
            let (key, value) = row.map_err(failed("to read the sources"))?;
            let id = String::from_utf8_lossy(&key[1..]).into_owned();
            let id = Slug::new(id).map_err(|e| StoreError::Failed { doing: "to read the sources", why: e.to_string() })?;
            Ok((id, record::read_source(&value)?))
        });
        Ok(rows.filter_map(readable).collect())
    }

    pub(super) fn pushes(&self) -> Result<BTreeMap<SourceId, Push>, StoreError> {
        let rows = self.db.scan_prefix(codec::PUSHES).map(|row| {
            let (key, value) = row.map_err(failed("to read the subscriptions"))?;
            let id = String::from_utf8_lossy(&key[codec::PUSHES.len()..]).into_owned();
            let id = Slug::new(id).map_err(|e| StoreError::Failed { doing: "to read the subscriptions", why: e.to_string() })?;
            Ok(record::read_push(&value)?.map(|push| (id, push)))
        });
        Ok(rows.filter_map(readable).flatten().collect())
    }

    pub(super) fn push(&self, id: &SourceId) -> Result<Option<Push>, StoreError> {
        let value = self.db.get(codec::push_key(id)).map_err(failed("to read a subscription"))?;
        Ok(value.map(|value| record::read_push(&value)).transpose()?.flatten())
    }

    pub(super) fn stamps(&self) -> Result<HashMap<String, Stamp>, StoreError> {
        let rows = self.db.scan_prefix(codec::STAMPS);
        rows.map(|row| {
            let (key, value) = row.map_err(failed("to read the pages' stamps"))?;
            let stamp = codec::read_stamp(&key, &value)?;
            Ok((stamp.path.clone(), stamp))
        })
        .collect()
    }

    pub(super) fn recall(&self, memo: Memo) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.db.get(codec::memo_key(memo)).map_err(failed("to read what it remembers"))?;
        value.map(|value| record::open(&value).map(<[u8]>::to_vec)).transpose()
    }

    pub(super) fn latest(&self) -> watch::Receiver<u64> {
        self.latest.clone()
    }

    pub(super) async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.write(write::Work::Batch(Box::new(batch))).await
    }

    pub(super) async fn remove(&self, stories: Vec<(StoryId, u64)>) -> Result<(), StoreError> {
        self.write(write::Work::Remove(stories)).await
    }

    pub(super) async fn remember(&self, memo: Memo, what: Vec<u8>) -> Result<(), StoreError> {
        self.write(write::Work::Memo(memo, what)).await
    }

    pub(super) async fn set_pushes(&self, pushes: Vec<(SourceId, Push)>) -> Result<(), StoreError> {
        self.write(write::Work::Pushes(pushes)).await
    }

    pub(super) async fn set_stamps(&self, stamps: Vec<Stamp>) -> Result<(), StoreError> {
        self.write(write::Work::Stamps(stamps)).await
    }

    async fn write(&self, work: write::Work) -> Result<(), StoreError> {
        let gone = || StoreError::Failed { doing: "to write", why: "its writer has stopped".to_owned() };
        let (reply, answer) = oneshot::channel();
        self.jobs.send(write::Job { work, reply }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

impl Drop for Embedded {
    /// Lets the writer finish what it was given, so that the store can be opened again at once.
    fn drop(&mut self) {
        let (closed, _) = mpsc::channel(1);
        self.jobs = closed;
        let writer = self.writer.lock().unwrap_or_else(|e| e.into_inner()).take();
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the store's writer ended in a panic");
        }
    }
}

#[cfg(test)]
mod tests;
