//! The one writer of a store: a thread that takes what waits, writes it, makes it durable once, and acknowledges it together.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{mpsc, oneshot, watch};

use crate::edge::store::embedded::recent::Recent;
use crate::edge::store::embedded::{codec, failed};
use crate::edge::store::near::Index;
use crate::edge::store::{Memo, StoreError, record};
use crate::model::{Band, Batch, Push, SourceId, Stamp, StoryChange, StoryId, span};

/// Batches that are made durable together at the most: under load one `fsync` serves many polls.
const GROUP: usize = 64;

pub(super) enum Work {
    Batch(Box<Batch>),
    /// Stories, each with the number that it had when it was judged.
    Remove(Vec<(StoryId, u64)>),
    Memo(Memo, Vec<u8>),
    Stamps(Vec<Stamp>),
    Pushes(Vec<(SourceId, Push)>),
}

pub(super) struct Job {
    pub(super) work: Work,
    pub(super) reply: oneshot::Sender<Result<(), StoreError>>,
}

pub(super) struct Writer {
    pub(super) db: sled::Db,
    /// The number of the last change.
    pub(super) seq: u64,
    pub(super) recent: Recent,
    pub(super) index: Arc<Index>,
    pub(super) disk: Disk,
    pub(super) announce: watch::Sender<u64>,
    /// Why nothing is written any more. After a failed fsync nobody knows what is on the disk, and the next one would not tell.
    pub(super) broken: Option<String>,
}

impl Writer {
    /// Works until all senders are gone.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        let mut group = Vec::with_capacity(GROUP);
        while queue.blocking_recv_many(&mut group, GROUP) > 0 {
            let mut rows = Rows { seq: self.seq, batch: sled::Batch::default(), stories: HashMap::new(), bands: Vec::new() };
            let added: Vec<_> = group.drain(..).map(|job| (self.add(job.work, &mut rows), job.reply)).collect();
            let posted = std::mem::take(&mut rows.bands);
            let durable = self.apply(rows);
            if durable.is_ok() {
                // Before the number is told: who has heard of a change also finds its story.
                self.index.post(&posted);
                self.announce.send_if_modified(|latest| std::mem::replace(latest, self.seq) != self.seq);
            }
            for (result, reply) in added {
                let result = result.and_then(|()| durable.as_ref().map_err(|why| not_durable(why)).copied());
                // A sender that no longer waits needs no answer.
                let _ = reply.send(result);
            }
        }
    }

    /// One batch of sled's for the whole group: each costs it two writes to the disk, however small.
    fn apply(&mut self, rows: Rows) -> Result<(), String> {
        if let Some(why) = &self.broken {
            return Err(format!("nothing is written since a write failed ({why}); mend the disk and start again"));
        }
        let written = self.write(rows);
        self.broken = written.as_ref().err().cloned();
        written
    }

    fn write(&mut self, rows: Rows) -> Result<(), String> {
        self.db.apply_batch(rows.batch).map_err(|e| e.to_string())?;
        self.seq = rows.seq;
        self.make_durable()
    }

    /// sled's `flush` alone writes neither the file's size nor its extents on Linux (spacejam/sled #1452): the fsync does.
    fn make_durable(&self) -> Result<(), String> {
        self.db.flush().map_err(|e| e.to_string())?;
        self.disk.sync().map_err(|e| e.to_string())
    }

    fn add(&mut self, work: Work, rows: &mut Rows) -> Result<(), StoreError> {
        match work {
            Work::Batch(batch) => {
                let encoded = self.encode(&batch, rows)?;
                let source = batch.source.as_ref().map(|(id, state)| Ok((codec::source_key(id), record::source(state)?)));
                let source = source.transpose()?;
                for (change, (old, value)) in batch.stories.iter().zip(encoded) {
                    rows.put_story(change, old, value);
                    self.recent.post(&change.bands, rows.seq);
                }
                if let Some((key, value)) = source {
                    rows.batch.insert(key, value);
                }
            }
            Work::Remove(stories) => {
                for (id, judged) in stories {
                    // One that has changed since is not what was judged.
                    let Some(old) = self.stored_seq(id, rows)?.filter(|old| *old == judged) else { continue };
                    self.remove_bands(id, rows)?;
                    rows.seq += 1;
                    rows.batch.remove(&codec::story_key(id)[..]);
                    rows.batch.remove(&codec::change_key(old)[..]);
                    rows.batch.insert(&codec::change_key(rows.seq)[..], codec::change(id));
                    rows.stories.insert(id, None);
                }
            }
            Work::Memo(memo, what) => rows.batch.insert(codec::memo_key(memo), record::seal(what)),
            Work::Pushes(pushes) => {
                let encoded = pushes.iter().map(|(id, push)| Ok((codec::push_key(id), push, record::push(push)?)));
                for (key, push, value) in encoded.collect::<Result<Vec<_>, StoreError>>()? {
                    match *push == Push::default() {
                        true => rows.batch.remove(key),
                        false => rows.batch.insert(key, value),
                    }
                }
            }
            Work::Stamps(stamps) => {
                for stamp in &stamps {
                    rows.batch.insert(codec::stamp_key(&stamp.path), codec::stamp(stamp)?);
                }
            }
        }
        Ok(())
    }

    /// What is to be written of each story; an error before anything of the batch is added.
    fn encode(&self, batch: &Batch, rows: &Rows) -> Result<Vec<Encoded>, StoreError> {
        let mut ids = HashSet::new();
        if !batch.stories.iter().all(|change| ids.insert(change.story.id)) {
            return Err(StoreError::Conflict);
        }
        if batch.based_on.is_some_and(|seq| self.recent.overtook(&batch.stories, seq)) {
            return Err(StoreError::Conflict);
        }
        let numbered = batch.stories.iter().zip(rows.seq + 1..);
        numbered
            .map(|(change, seq)| {
                let stored = self.stored_seq(change.story.id, rows)?;
                if stored.unwrap_or(0) != change.story.seq {
                    return Err(StoreError::Conflict);
                }
                Ok((stored, record::story(&change.story, seq)?))
            })
            .collect()
    }

    /// Removes the rows of a story's bands. In memory they stay: a story that is gone is no candidate.
    fn remove_bands(&self, id: StoryId, rows: &mut Rows) -> Result<(), StoreError> {
        let value = self.db.get(codec::story_key(id)).map_err(failed("to read a story"))?;
        if let Some(story) = value.and_then(|value| record::read_story(id, &value).ok()) {
            for key in self.db.scan_prefix(codec::bands_prefix(span(story.published), id)).keys() {
                rows.batch.remove(key.map_err(failed("to read the bands of a story"))?);
            }
        }
        Ok(())
    }

    fn stored_seq(&self, id: StoryId, rows: &Rows) -> Result<Option<u64>, StoreError> {
        if let Some(seq) = rows.stories.get(&id) {
            return Ok(*seq);
        }
        let value = self.db.get(codec::story_key(id)).map_err(failed("to read a story"))?;
        value.map(|value| record::read_seq(&value)).transpose()
    }
}

/// The number of a story's last change, `None` for a new story, and its new value.
type Encoded = (Option<u64>, Vec<u8>);

/// What a group of jobs comes to.
struct Rows {
    /// The number of the last change.
    seq: u64,
    batch: sled::Batch,
    /// The numbers of the stories that the group has changed so far; `None` for one that it removed.
    stories: HashMap<StoryId, Option<u64>>,
    /// What is to be told to the index of near copies.
    bands: Vec<(i32, StoryId, Vec<Band>)>,
}

impl Rows {
    fn put_story(&mut self, change: &StoryChange, old: Option<u64>, value: Vec<u8>) {
        let id = change.story.id;
        self.seq += 1;
        if let Some(old) = old {
            self.batch.remove(&codec::change_key(old)[..]);
        }
        self.batch.insert(&codec::story_key(id)[..], value);
        self.batch.insert(&codec::change_key(self.seq)[..], codec::change(id));
        for (key, print) in &change.entries {
            self.batch.insert(&codec::entry_key(*key)[..], codec::entry(id, *print));
        }
        for link in &change.links {
            self.batch.insert(&codec::link_key(*link)[..], codec::link(id));
        }
        if !change.bands.is_empty() {
            let span = span(change.story.published);
            self.batch.insert(codec::bands_key(span, id, self.seq), codec::bands(&change.bands));
            self.bands.push((span, id, change.bands.clone()));
        }
        self.stories.insert(id, Some(self.seq));
    }
}

fn not_durable(why: &str) -> StoreError {
    StoreError::Failed { doing: "to make a change durable", why: why.to_owned() }
}

/// The files that make sled's content durable.
/// They stay open: a process without descriptors left must still be able to write.
pub(super) struct Disk {
    files: Vec<File>,
}

impl Disk {
    /// Makes the folders themselves durable, once.
    pub(super) fn new(store: &Path, sled: &Path) -> std::io::Result<Self> {
        let open = |path: PathBuf| match File::open(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            opened => Some(opened),
        };
        let paths = ["db", "conf", "blobs"].map(|name| sled.join(name)).into_iter().chain([sled.to_owned()]);
        let disk = Self { files: paths.filter_map(open).collect::<Result<_, _>>()? };
        disk.sync()?;
        for folder in [Some(store), store.parent().filter(|p| !p.as_os_str().is_empty())].into_iter().flatten() {
            File::open(folder)?.sync_all()?;
        }
        Ok(disk)
    }

    fn sync(&self) -> std::io::Result<()> {
        self.files.iter().try_for_each(File::sync_all)
    }
}
