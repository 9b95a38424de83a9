//! The embedded store: a folder of sled's, which only this folder of the source names.
//!
//! One thread writes; a batch is acknowledged only when it would survive a power cut.
//!
//! Records of the one tree (numbers big-endian), each row with a version and a checksum, see `record`; those with * stand many in a row, see
//! `gathered`:
//!
//! | key | value |
//! | --- | --- |
//! | `s` + story id * | where the story stands in the `heap` |
//! | `e` + entry key * | the story of an entry and what the entry said; it outlives the story for as long as a document may list the entry, so that nothing pruned comes back |
//! | `l` + link key * | the story of a canonical link |
//! | `n` + span of 72 hours + sequence number | where in the `heap` the sketches stand that changes add to stories, for finding near copies |
//! | `c` + sequence number * | the story that changed; each story stands at its last change only |
//! | `p` + source id | a source's state |
//! | `d` + story id + source's number * | a mark that a story was pruned, and not lost, and when the source listed it last |
//! | `a`, `a` + source id | the books: how many records of each kind, and of each source, there are |
//! | `t` + story id | that a story was taken down |
//! | `w` + source id | what is remembered of a source's hub |
//! | `h` + subscription id | a subscription to one of our feeds |
//! | `m` + name | the format of all this, memos, the pages' stamps |
//! | `x` + key | a record that could not be read, set aside |
//!
//! Beside sled's folder stand `lock`, `mark` (how many commits are durable, so that a store that has gone back shows), `intent` (the last
//! group, to make it whole where a write failed in the middle), `reserve` (space for the day on which the disk is full), `copy.zst` (what
//! can't be fetched again), and `damaged-N` (files that could not be used any more).

mod base;
mod books;
mod codec;
mod compact;
mod copy;
mod disk;
mod expire;
mod gathered;
mod heap;
mod look;
mod hubs;
mod open;
mod pack;
mod pruned;
mod recent;
mod rows;
mod scrub;
mod seen;
mod sweep;
mod work;
mod write;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use crate::edge::store::{Finding, Memo, StoreError, near, record};
use crate::model::{Batch, Change, EntryKey, LinkKey, Slug, SourceId, SourceState, Stamp, Story, StoryId, Withdrawals};
use base::Base;
use pack::Packer;
use seen::Seen;
use work::Work;

/// Batches that may wait for the writer; more wait in their senders.
const QUEUE: usize = 64;

/// An open folder. Reads block for microseconds (milliseconds where the cache misses). What each call promises, the face says.
pub(super) struct Embedded {
    shared: Arc<Shared>,
    jobs: mpsc::Sender<write::Order>,
    latest: watch::Receiver<u64>,
    writer: Mutex<Option<std::thread::JoinHandle<()>>>,
    folder: PathBuf,
    /// Held for as long as the store is open.
    _lock: File,
}

/// What readers and the writer share.
#[derive(Default)]
struct Shared {
    /// `None` while it is being opened anew.
    base: ArcSwapOption<Base>,
    index: near::Index,
    seen: Seen,
    packer: Packer,
    /// What is wrong and not mended.
    unmended: Mutex<Vec<String>>,
    /// Nothing is written at present.
    stopped: AtomicBool,
}

impl Shared {
    fn db(&self) -> Result<Arc<Base>, StoreError> {
        let opening = || StoreError::Failed { doing: "to answer", why: "it is being opened anew".to_owned() };
        self.base.load_full().ok_or_else(opening)
    }

    fn open(&self, base: Base, unmended: Vec<String>) {
        *self.unmended() = unmended;
        self.base.store(Some(Arc::new(base)));
    }

    fn close(&self) -> Result<(), StoreError> {
        let Some(base) = self.base.swap(None) else { return Ok(()) };
        open::close(base)
    }

    fn unmended(&self) -> MutexGuard<'_, Vec<String>> {
        self.unmended.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, findings: &[Finding]) {
        self.unmended().extend(findings.iter().map(Finding::to_string));
    }

    fn unmended_record(&self) -> Result<Vec<u8>, StoreError> {
        codec::unmended(&self.unmended())
    }
}

fn failed(doing: &'static str) -> impl Fn(sled::Error) -> StoreError {
    move |error| StoreError::Failed { doing, why: error.to_string() }
}

impl Embedded {
    pub(super) fn story_of(&self, link: LinkKey) -> Result<Option<StoryId>, StoreError> {
        let value = self.record(&codec::link_key(link), "to look up a link")?;
        value.map(|value| codec::read_link(&value)).transpose()
    }

    pub(super) fn story(&self, id: StoryId) -> Result<Option<Story>, StoreError> {
        if !self.shared.seen.may_have(&codec::story_key(id)) {
            return Ok(None);
        }
        let (db, packer) = (self.shared.db()?, &self.shared.packer);
        // A place that is remembered may have been cleared since: then the disk is asked.
        if let Some(place) = self.shared.seen.place(id)
            && let Ok(value) = db.heap.read(place)
        {
            return Base::unpacked(packer, id, &value).map(Some);
        }
        db.story(packer, id)
    }

    pub(super) fn stories_after(&self, after: Option<StoryId>, limit: usize) -> Result<Vec<Story>, StoreError> {
        let start = after.map_or(vec![b's'], |id| [&codec::story_key(id)[..], &[0]].concat());
        let rows = self.records_from(start, "to read the stories")?.map(|row| {
            let id = codec::story_of_key(&row?.0)?;
            self.story(id)
        });
        rows.filter_map(legible).filter_map(Result::transpose).take(limit).collect()
    }

    pub(super) fn changes_after(&self, seq: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        let after = codec::change_key(seq.saturating_add(1)).to_vec();
        let rows = self.records_from(after, "to read the changes")?.take(limit);
        rows.map(|row| {
            let (key, value) = row?;
            let (seq, id) = codec::read_change(&key, &value)?;
            // A story that has changed since stands in a later row too: at this one it was removed, or will be told anew.
            Ok(Change { seq, id, story: found(self.story(id))?.filter(|story| story.seq == seq) })
        })
        .filter(|row| !matches!(row, Err(StoreError::Record { .. })))
        .collect()
    }

    pub(super) fn withdrawals(&self) -> Result<Withdrawals, StoreError> {
        let db = self.shared.db()?;
        let rows = db.scan_prefix(codec::WITHDRAWALS).map(|row| {
            let (key, value) = row.map_err(failed("to read what is taken down"))?;
            let story = codec::story_of_key(&key)?;
            Ok((story, record::read_withdrawal(story, &value)))
        });
        rows.collect()
    }

    pub(super) fn source_states(&self) -> Result<BTreeMap<SourceId, Arc<SourceState>>, StoreError> {
        let db = self.shared.db()?;
        let rows = db.scan_prefix(b"p").map(|row| {
            let (key, value) = row.map_err(failed("to read the sources"))?;
            let id = String::from_utf8_lossy(&key[1..]).into_owned();
            let id = Slug::new(id).map_err(|e| record::broken(&e.to_string()))?;
            Ok((id, Arc::new(record::read_source(&value)?)))
        });
        rows.filter_map(legible).collect()
    }

    pub(super) fn stamps(&self) -> Result<HashMap<String, Stamp>, StoreError> {
        let db = self.shared.db()?;
        let rows = db.scan_prefix(codec::STAMPS);
        rows.map(|row| {
            let (key, value) = row.map_err(failed("to read the pages' stamps"))?;
            let stamp = codec::read_stamp(&key, &value)?;
            Ok((stamp.path.clone(), stamp))
        })
        .collect()
    }

    pub(super) fn recall(&self, memo: Memo) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.shared.db()?.get(codec::memo_key(memo)).map_err(failed("to read what it remembers"))?;
        value.map(|value| record::open(&value).map(<[u8]>::to_vec)).transpose()
    }

    pub(super) fn latest(&self) -> watch::Receiver<u64> {
        self.latest.clone()
    }

    pub(super) async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.write(Work::Batch(Box::new(batch))).await
    }

    pub(super) async fn note(&self, states: Arc<[(SourceId, Arc<SourceState>)]>) -> Result<(), StoreError> {
        self.write(Work::States(states)).await
    }

    pub(super) async fn remove(&self, stories: Vec<(StoryId, u64)>, at: Timestamp) -> Result<(), StoreError> {
        self.write(Work::Remove(stories, at)).await
    }

    pub(super) async fn remember(&self, memo: Memo, what: Vec<u8>) -> Result<(), StoreError> {
        self.write(Work::Memo(memo, what)).await
    }

    pub(super) async fn set_stamps(&self, stamps: Vec<Stamp>) -> Result<(), StoreError> {
        self.write(Work::Stamps(stamps)).await
    }

    pub(super) fn takes(&self) -> bool {
        !self.shared.stopped.load(Ordering::Relaxed)
    }

    pub(super) async fn forget(&self, names: Vec<EntryKey>) -> Result<(), StoreError> {
        self.write(Work::Forget(names)).await
    }

    pub(super) fn keep_copy(&self, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        copy::keep(&self.folder, write)
    }

    pub(super) fn copy(&self) -> io::Result<Option<Box<dyn BufRead + Send>>> {
        copy::read(&self.folder)
    }

    pub(super) fn stats(&self) -> Result<Vec<(&'static str, u64)>, StoreError> {
        let db = self.shared.db()?;
        let mut books = books::Books::default();
        if let Some(totals) = db.get(codec::BOOKS).map_err(failed("to read its books"))? {
            books.read(codec::BOOKS, &totals)?;
        }
        let bytes = db.size_on_disk().map_err(failed("to be measured"))?;
        let stories = db.heap.bytes().map_err(open::io_failed("to be measured"))?;
        let measured = [("bytes of sled's files", bytes), ("bytes of the stories' files", stories), ("commits", books.commits)];
        Ok(books.counts().chain(measured).collect())
    }

    pub(super) async fn inspect(&self) -> Result<Vec<Finding>, StoreError> {
        self.order(write::Order::Inspect).await
    }

    pub(super) fn unmended(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.shared.unmended().clone())
    }

    pub(super) async fn mended(&self) -> Result<(), StoreError> {
        self.write(Work::Mended).await?;
        self.shared.unmended().clear();
        Ok(())
    }

    async fn write(&self, work: Work) -> Result<(), StoreError> {
        self.order(|reply| write::Order::Write(write::Job { work, reply })).await
    }

    /// Gives the writer an order and waits for its answer.
    async fn order<T>(
        &self,
        order: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> write::Order,
    ) -> Result<T, StoreError> {
        let gone = || StoreError::Failed { doing: "to write", why: "its writer has stopped".to_owned() };
        let (reply, answer) = oneshot::channel();
        self.jobs.send(order(reply)).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// What could be read; a record that can't be is logged, and counts as not there.
fn found<T>(read: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Err(StoreError::Record { why }) => {
            tracing::error!(why, "a record of the store can't be read");
            Ok(None)
        }
        read => read,
    }
}

/// What of many rows can be read; what is damaged is logged. What the disk does not hand over is an error in its place: it is not lost.
fn legible<T>(row: Result<T, StoreError>) -> Option<Result<T, StoreError>> {
    found(row.map(Some)).transpose()
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
