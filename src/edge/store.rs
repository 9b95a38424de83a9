//! The store: stories, entries' names, sources' states, in sled, which only this folder names.
//!
//! The store has no opinion. It answers look-ups, and commits a batch whole, if what the decision was based on still holds. One
//! thread writes; a batch is acknowledged only when it would survive a power cut.
//!
//! Keys of the one tree (numbers big-endian), each value with a version and a checksum, see `codec`:
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
mod near;
mod open;
mod push;
mod write;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, oneshot, watch};

use crate::model::{Batch, Change, Known, LinkKey, Lookup, Slug, SourceId, SourceState, Stamp, Story, StoryId};

/// Batches that may wait for the writer; more wait in their senders.
const QUEUE: usize = 64;

/// Why the store can't do what it was asked. A sentence names the subject.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has it open.
    #[error("the store {folder} is held by another process; only one may use it at a time")]
    Held {
        /// The store's folder.
        folder: String,
    },
    /// What is on disk can't be used.
    #[error("the store {folder} can't be opened: {why}. It was left as it is; restore a dump into a new folder with `load`")]
    Damaged {
        /// The store's folder.
        folder: String,
        /// What sled or the checks said.
        why: String,
    },
    /// The disk said no.
    #[error("the store failed {doing}: {why}")]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// What sled or the system said.
        why: String,
    },
    /// The decision was based on a story that has changed since: decide again.
    #[error("the store's content has changed since it was read")]
    Conflict,
}

/// The names under which the store remembers something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memo {
    /// The fingerprint of the rules that all stories were last classified under.
    Rules,
    /// How far the stories are classified under other rules: their fingerprint, and the id of the last story.
    Classified,
    /// The text of the configuration that was last in force.
    Config,
    /// When old stories were last pruned.
    Pruned,
    /// Where the clock stood when it was first doubted since.
    Doubted,
}

impl StoreError {
    fn failed(doing: &'static str) -> impl Fn(sled::Error) -> Self {
        move |error| Self::Failed { doing, why: error.to_string() }
    }
}

/// An open store. Reads block for microseconds (milliseconds where the cache misses): call them where that may be.
pub struct Store {
    db: sled::Db,
    jobs: mpsc::Sender<write::Job>,
    latest: watch::Receiver<u64>,
    index: Arc<near::Index>,
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
    /// Held for as long as the store is open.
    _lock: File,
}

impl Store {
    /// What is known about some entries.
    pub fn known(&self, lookups: &[Lookup]) -> Result<Known, StoreError> {
        // First the number, then what there is: what comes between is known too, and only makes the writer more careful.
        let mut known = Known { seq: *self.latest.borrow(), ..Known::default() };
        let get = |key: [u8; 17]| self.db.get(key).map_err(StoreError::failed("to look up an entry"));
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

    /// The story of a canonical link.
    pub fn story_of(&self, link: LinkKey) -> Result<Option<StoryId>, StoreError> {
        let value = self.db.get(codec::link_key(link)).map_err(StoreError::failed("to look up a link"))?;
        value.map(|value| codec::read_link(&value)).transpose()
    }

    /// A story.
    pub fn story(&self, id: StoryId) -> Result<Option<Story>, StoreError> {
        let value = self.db.get(codec::story_key(id)).map_err(StoreError::failed("to read a story"))?;
        value.map(|value| codec::read_story(id, &value)).transpose()
    }

    /// Up to `limit` stories whose ids come after one, in the order of ids: a way through all of them in small steps. One that can't be
    /// read is passed over and logged: it takes nothing else away.
    pub fn stories_after(&self, after: Option<StoryId>, limit: usize) -> Result<Vec<Story>, StoreError> {
        let start = after.map_or(vec![b's'], |id| [&codec::story_key(id)[..], &[0]].concat());
        let rows = self.db.range(start..vec![b's' + 1]).map(|row| {
            let (key, value) = row.map_err(StoreError::failed("to read the stories"))?;
            codec::read_story(codec::story_of_key(&key)?, &value)
        });
        Ok(rows.filter_map(readable).take(limit).collect())
    }

    /// Up to `limit` changes after a number of the change sequence, in order.
    pub fn changes_after(&self, seq: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        let rows = self.db.range(codec::change_key(seq.saturating_add(1)).to_vec()..vec![b'c' + 1]).take(limit);
        rows.map(|row| {
            let (key, value) = row.map_err(StoreError::failed("to read the changes"))?;
            let (seq, id) = codec::read_change(&key, &value)?;
            // A story that has changed since stands in a later row too: at this one it was removed, or will be told anew.
            Ok(Change { seq, id, story: self.story(id)?.filter(|story| story.seq == seq) })
        })
        .collect()
    }

    /// The state of every source that was ever polled.
    pub fn source_states(&self) -> Result<BTreeMap<SourceId, SourceState>, StoreError> {
        let rows = self.db.scan_prefix(b"p").map(|row| {
            let (key, value) = row.map_err(StoreError::failed("to read the sources"))?;
            let id = String::from_utf8_lossy(&key[1..]).into_owned();
            let id = Slug::new(id).map_err(|e| StoreError::Failed { doing: "to read the sources", why: e.to_string() })?;
            Ok((id, codec::read_source(&value)?))
        });
        Ok(rows.filter_map(readable).collect())
    }

    /// The stamps of all pages, by path.
    pub fn stamps(&self) -> Result<HashMap<String, Stamp>, StoreError> {
        let rows = self.db.scan_prefix(codec::STAMPS);
        rows.map(|row| {
            let (key, value) = row.map_err(StoreError::failed("to read the pages' stamps"))?;
            let stamp = codec::read_stamp(&key, &value)?;
            Ok((stamp.path.clone(), stamp))
        })
        .collect()
    }

    /// What was last remembered under a name.
    pub fn recall(&self, memo: Memo) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.db.get(codec::memo_key(memo)).map_err(StoreError::failed("to read what it remembers"))?;
        value.map(|value| codec::open(&value).map(<[u8]>::to_vec)).transpose()
    }

    /// The number of the last change, and word of every later one.
    pub fn latest(&self) -> watch::Receiver<u64> {
        self.latest.clone()
    }

    /// Commits a batch whole and returns when it is durable; [`StoreError::Conflict`] where a story of it has changed since
    /// it was read, and then nothing is written.
    pub async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.write(write::Work::Batch(Box::new(batch))).await
    }

    /// Removes stories, each given with its `seq`, and tells the followers; one that has changed since stays. The names of the
    /// entries stay.
    pub async fn remove(&self, stories: Vec<(StoryId, u64)>) -> Result<(), StoreError> {
        self.write(write::Work::Remove(stories)).await
    }

    /// Remembers something until something else is remembered under its name.
    pub async fn remember(&self, memo: Memo, what: Vec<u8>) -> Result<(), StoreError> {
        self.write(write::Work::Memo(memo, what)).await
    }

    /// Remembers pages' stamps.
    pub async fn set_stamps(&self, stamps: Vec<Stamp>) -> Result<(), StoreError> {
        self.write(write::Work::Stamps(stamps)).await
    }

    async fn write(&self, work: write::Work) -> Result<(), StoreError> {
        let gone = || StoreError::Failed { doing: "to write", why: "its writer has stopped".to_owned() };
        let (reply, answer) = oneshot::channel();
        self.jobs.send(write::Job { work, reply }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// What could be read; what could not is logged.
fn readable<T>(row: Result<T, StoreError>) -> Option<T> {
    row.inspect_err(|error| tracing::error!(%error, "a record of the store is passed over")).ok()
}

impl Drop for Store {
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
