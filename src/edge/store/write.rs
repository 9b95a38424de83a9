//! The one writer of a store: a thread that takes what waits, writes it, makes it durable once, and acknowledges it together.

use std::collections::HashSet;
use std::fs::File;
use std::path::{Path, PathBuf};

use tokio::sync::{mpsc, oneshot, watch};

use crate::edge::store::{StoreError, codec};
use crate::model::{Batch, Stamp, StoryChange, StoryId};

/// Batches that are made durable together at the most: under load one `fsync` serves many polls.
const GROUP: usize = 64;

pub(super) enum Work {
    Batch(Batch),
    Remove(Vec<StoryId>),
    Rules([u8; 16]),
    Stamps(Vec<Stamp>),
}

pub(super) struct Job {
    pub(super) work: Work,
    pub(super) reply: oneshot::Sender<Result<(), StoreError>>,
}

pub(super) struct Writer {
    pub(super) db: sled::Db,
    /// The number of the last change.
    pub(super) seq: u64,
    pub(super) disk: Disk,
    pub(super) announce: watch::Sender<u64>,
}

impl Writer {
    /// Works until all senders are gone.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut group = Vec::with_capacity(GROUP);
        while queue.blocking_recv_many(&mut group, GROUP) > 0 {
            let written: Vec<_> = group.drain(..).map(|job| (self.write(job.work), job.reply)).collect();
            let durable = self.make_durable();
            for (result, reply) in written {
                let result = result.and_then(|()| durable.as_ref().map_err(|why| failed(why)).copied());
                // A sender that no longer waits needs no answer.
                let _ = reply.send(result);
            }
            if durable.is_ok() {
                self.announce.send_if_modified(|latest| std::mem::replace(latest, self.seq) != self.seq);
            }
        }
    }

    /// sled's `flush` alone writes neither the file's size nor its extents on Linux (spacejam/sled #1452): the fsync does.
    fn make_durable(&self) -> Result<(), String> {
        self.db.flush().map_err(|e| e.to_string())?;
        self.disk.sync().map_err(|e| e.to_string())
    }

    fn write(&mut self, work: Work) -> Result<(), StoreError> {
        let mut rows = sled::Batch::default();
        let mut seq = self.seq;
        match work {
            Work::Batch(batch) => {
                let mut ids = HashSet::new();
                for change in &batch.stories {
                    if !ids.insert(change.story.id) {
                        return Err(StoreError::Conflict);
                    }
                    seq += 1;
                    self.put_story(&mut rows, change, seq)?;
                }
                if let Some((id, state)) = &batch.source {
                    rows.insert(codec::source_key(id), codec::source(state)?);
                }
            }
            Work::Remove(stories) => {
                for id in stories {
                    let Some(old) = self.stored_seq(id)? else { continue };
                    seq += 1;
                    rows.remove(&codec::story_key(id)[..]);
                    rows.remove(&codec::change_key(old)[..]);
                    rows.insert(&codec::change_key(seq)[..], codec::change(id));
                }
            }
            Work::Rules(fingerprint) => rows.insert(codec::RULES, codec::seal(fingerprint.to_vec())),
            Work::Stamps(stamps) => {
                for stamp in &stamps {
                    rows.insert(codec::stamp_key(&stamp.path), codec::stamp(stamp)?);
                }
            }
        }
        self.db.apply_batch(rows).map_err(StoreError::failed("to write"))?;
        self.seq = seq;
        Ok(())
    }

    fn put_story(&self, rows: &mut sled::Batch, change: &StoryChange, seq: u64) -> Result<(), StoreError> {
        let story = &change.story;
        let stored = self.stored_seq(story.id)?;
        if stored.unwrap_or(0) != story.seq {
            return Err(StoreError::Conflict);
        }
        if let Some(old) = stored {
            rows.remove(&codec::change_key(old)[..]);
        }
        rows.insert(&codec::story_key(story.id)[..], codec::story(story, seq)?);
        rows.insert(&codec::change_key(seq)[..], codec::change(story.id));
        for (key, print) in &change.entries {
            rows.insert(&codec::entry_key(*key)[..], codec::entry(story.id, *print));
        }
        for link in &change.links {
            rows.insert(&codec::link_key(*link)[..], codec::link(story.id));
        }
        Ok(())
    }

    fn stored_seq(&self, id: StoryId) -> Result<Option<u64>, StoreError> {
        let value = self.db.get(codec::story_key(id)).map_err(StoreError::failed("to read a story"))?;
        value.map(|value| codec::read_story(id, &value).map(|story| story.seq)).transpose()
    }
}

fn failed(why: &str) -> StoreError {
    StoreError::Failed { doing: "to make a change durable", why: why.to_owned() }
}

/// The files that make sled's content durable.
pub(super) struct Disk {
    db: File,
    folder: PathBuf,
}

impl Disk {
    /// Makes the folders themselves durable, once.
    pub(super) fn new(store: &Path, sled: &Path) -> std::io::Result<Self> {
        let disk = Self { db: File::open(sled.join("db"))?, folder: sled.to_owned() };
        disk.sync()?;
        for folder in [Some(store), store.parent().filter(|p| !p.as_os_str().is_empty())].into_iter().flatten() {
            File::open(folder)?.sync_all()?;
        }
        Ok(disk)
    }

    fn sync(&self) -> std::io::Result<()> {
        self.db.sync_all()?;
        for name in ["conf", "blobs"] {
            match File::open(self.folder.join(name)) {
                Ok(file) => file.sync_all()?,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
        File::open(&self.folder)?.sync_all()
    }
}
