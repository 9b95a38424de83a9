//! The one writer of a store: a thread that takes what waits, writes it, makes it durable once, and acknowledges it together.
//!
//! After a failed write nobody knows what is on the disk, and the next fsync would not tell. So nothing is written any more until the
//! disk takes bytes again, the store was opened anew, and what is there was read back; meanwhile reading goes on.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::{mpsc, oneshot, watch};

use crate::edge::store::embedded::base::Base;
use crate::edge::store::embedded::books::{Books, Posting};
use crate::edge::store::embedded::disk::{Disk, Reserve};
use crate::edge::store::embedded::expire::Expiry;
use crate::edge::store::embedded::heap::Pile;
use crate::edge::store::embedded::open::{self, Ground};
use crate::edge::store::embedded::recent::Recent;
use crate::edge::store::embedded::rows::{Row, Rows};
use crate::edge::store::embedded::scrub::{Scrub, Scrubbed, Step};
use crate::edge::store::embedded::seen::Written;
use crate::edge::store::embedded::sweep::Sweep;
use crate::edge::store::embedded::work::{Work, add};
use crate::edge::store::embedded::{Shared, codec};
use crate::edge::store::{Finding, StoreError};
use crate::model::StoryId;

/// Batches that are made durable together at the most: under load one `fsync` serves many polls.
const GROUP: usize = 64;
/// The wait before a disk that failed is tried again, at first and at most.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// How often it is looked for work while nothing is written.
const LOOK: Duration = Duration::from_millis(50);

pub(super) struct Job {
    pub(super) work: Work,
    pub(super) reply: oneshot::Sender<Result<(), StoreError>>,
}

/// Who waits for what an inspection finds.
type Findings = oneshot::Sender<Result<Vec<Finding>, StoreError>>;

/// What the writer is asked to do.
pub(super) enum Order {
    Write(Job),
    Inspect(Findings),
    /// Forget what pruned stories have left.
    Expire(Vec<StoryId>, oneshot::Sender<Result<(), StoreError>>),
}

/// Why nothing is written, and when the disk is tried again.
struct Stopped {
    why: String,
    waited: Duration,
    wait: Duration,
}

pub(super) struct Writer {
    folder: PathBuf,
    shared: Arc<Shared>,
    /// The number of the last change.
    seq: u64,
    books: Books,
    recent: Recent,
    disk: Disk,
    announce: watch::Sender<u64>,
    stopped: Option<Stopped>,
    /// How far it has come, and who waits for it.
    inspection: Option<(Scrub, Vec<Findings>)>,
    /// Files that are being cleared.
    sweep: Option<Sweep>,
    /// What pruned stories have left is being forgotten.
    expiry: Option<Expiry>,
}

impl Writer {
    pub(super) fn new(
        folder: PathBuf,
        shared: Arc<Shared>,
        ground: &Ground,
        announce: watch::Sender<u64>,
    ) -> std::io::Result<Self> {
        let (seq, books, recent) = (ground.seq, ground.books.clone(), Recent::since(ground.seq));
        let disk = Disk::new(&folder)?;
        let (stopped, inspection, sweep, expiry) = (None, None, None, None);
        let mut writer = Self { folder, shared, seq, books, recent, disk, announce, stopped, inspection, sweep, expiry };
        // A disk that is full already is not tried by writing into sled, which would not survive it as well as a file.
        if let Err(error) = Reserve::of(&writer.folder).take() {
            writer.stop(&format!("the disk has no room for its reserve: {error}"));
        }
        Ok(writer)
    }

    /// Works until all senders are gone.
    pub(super) fn run(mut self, mut queue: mpsc::Receiver<Order>) {
        let mut orders = Vec::with_capacity(GROUP);
        while self.receive(&mut queue, &mut orders) {
            let mut jobs = Vec::with_capacity(orders.len());
            for order in orders.drain(..) {
                match order {
                    Order::Write(job) => jobs.push(job),
                    Order::Inspect(reply) => self.begin_inspection().push(reply),
                    Order::Expire(stories, reply) => self.begin_expiry(Expiry::of(stories, reply)),
                }
            }
            if !jobs.is_empty() {
                self.work_off(jobs);
            }
            self.inspect_step();
            self.sweep_step();
            self.expiry_step();
        }
        // What was acknowledged last is marked on the disk too.
        if let Err(error) = self.disk.sync() {
            tracing::error!(%error, "closing the store");
        }
    }

    /// Waits for orders; `false` when there will be none any more. While it has something of its own to do it does not wait for long.
    fn receive(&mut self, queue: &mut mpsc::Receiver<Order>, orders: &mut Vec<Order>) -> bool {
        let is_idle = self.inspection.is_none() && self.sweep.is_none() && self.expiry.is_none();
        if is_idle && self.stopped.is_none() {
            return queue.blocking_recv_many(orders, GROUP) > 0;
        }
        while orders.len() < GROUP {
            match queue.try_recv() {
                Ok(order) => orders.push(order),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return !orders.is_empty(),
            }
        }
        if let Some(stopped) = self.stopped.as_mut().filter(|_| orders.is_empty()) {
            std::thread::park_timeout(LOOK);
            stopped.waited += LOOK;
            if stopped.waited >= stopped.wait {
                self.try_again();
            }
        }
        true
    }

    fn work_off(&mut self, jobs: Vec<Job>) {
        if let Some(stopped) = &self.stopped {
            let why = format!("nothing is written since a write failed ({}); it is tried again by itself", stopped.why);
            // A sender that no longer waits needs no answer.
            jobs.into_iter().for_each(|job| drop(job.reply.send(Err(refused(&why)))));
            return;
        }
        let (mut results, mut replies) = (Vec::new(), Vec::new());
        let works = jobs.into_iter().map(|job| {
            replies.push(job.reply);
            job.work
        });
        let works: Vec<Work> = works.collect();
        // sled panics where its files are damaged in certain ways.
        let durable = catch_unwind(AssertUnwindSafe(|| self.write(works, &mut results)));
        let durable = durable.unwrap_or_else(|_| Err("sled broke down".to_owned()));
        if let Err(why) = &durable {
            self.stop(why);
        }
        results.resize_with(replies.len(), || Ok(()));
        for (result, reply) in results.into_iter().zip(replies) {
            let _ = reply.send(result.and_then(|()| durable.as_ref().map_err(|why| refused(why)).copied()));
        }
    }

    /// One batch of sled's for the whole group: each costs it two writes to the disk, however small.
    fn write(&mut self, works: Vec<Work>, results: &mut Vec<Result<(), StoreError>>) -> Result<(), String> {
        let db = self.shared.db().map_err(|e| e.to_string())?;
        let shared = Arc::clone(&self.shared);
        let mut rows = Rows::new(&db, &shared, self.seq).map_err(|e| e.to_string())?;
        for work in works {
            let added = add(&mut self.recent, work, &mut rows);
            // Whoever is refused for another reason than what he was based on may have left half of his records in the group.
            match added {
                Ok(()) | Err(StoreError::Conflict) => results.push(added),
                Err(error) => return Err(error.to_string()),
            }
        }
        let written = rows.gather().map_err(|e| e.to_string())?;
        // Before anybody can find them: what memory denies is not looked for.
        shared.seen.expect(rows.postings.iter().filter(|posting| posting.there).map(|posting| &posting.key[..]));
        self.make_durable(&db, &rows.pile, &mut rows.writes, &rows.postings)?;
        self.seq = rows.seq;
        // Before the number is told: who has heard of a change also finds its story.
        self.shared.index.post(&rows.sketches);
        self.shared.seen.written(written);
        self.announce.send_if_modified(|latest| std::mem::replace(latest, self.seq) != self.seq);
        Ok(())
    }

    /// Writes rows, what they lead to, and what they post to the books; returns when all would survive a power cut.
    fn make_durable(&mut self, base: &Base, pile: &Pile, writes: &mut Vec<Row>, postings: &[Posting]) -> Result<(), String> {
        postings.iter().for_each(|posting| self.books.post(posting));
        self.books.commits += 1;
        let sources = postings.iter().flat_map(|posting| &posting.sources);
        let accounts = self.books.of_sources(sources).map_err(|e| e.to_string())?;
        writes.extend(accounts.into_iter().map(|(key, value)| (key, Some(value))));
        writes.push((codec::BOOKS.to_vec(), Some(self.books.totals().map_err(|e| e.to_string())?)));
        base.heap.write(pile).map_err(|e| e.to_string())?;
        self.disk.intend(self.books.commits, writes).map_err(|e| e.to_string())?;
        base.apply_batch(open::batch(std::mem::take(writes))).map_err(|e| e.to_string())?;
        base.flush().map_err(|e| e.to_string())?;
        self.disk.sync().and_then(|()| self.disk.mark(self.books.commits)).map_err(|e| e.to_string())?;
        if let Some((scrub, _)) = &mut self.inspection {
            postings.iter().for_each(|posting| scrub.post(posting));
        }
        Ok(())
    }

    fn begin_expiry(&mut self, expiry: Expiry) {
        let why = match (&self.stopped, &self.expiry) {
            (Some(stopped), _) => stopped.why.clone(),
            (None, Some(running)) if !running.reply.is_closed() => "it is doing so already".to_owned(),
            // Who began it no longer waits; it is taken up again from there another time.
            (None, _) => return self.expiry = Some(expiry),
        };
        let _ = expiry.reply.send(Err(refused(&why)));
    }

    /// A step of forgetting what pruned stories have left. What fails on reading is left for another day.
    fn expiry_step(&mut self) {
        let Some(mut expiry) = self.expiry.take_if(|_| self.stopped.is_none()) else { return };
        let step = self.shared.db().and_then(|base| Ok((expiry.step(&base, self.seq)?, base)));
        let (mut expired, base) = match step {
            Ok(step) => step,
            Err(error) => return drop(expiry.reply.send(Err(error))),
        };
        if !expired.writes.is_empty() {
            if let Err(why) = self.make_durable(&base, &expired.pile, &mut expired.writes, &expired.postings) {
                self.expiry = Some(expiry);
                return self.stop(&why);
            }
            self.shared.seen.written(Written { entries: expired.entries, ..Written::default() });
        }
        match expired.done {
            true => drop(expiry.reply.send(Ok(()))),
            false => self.expiry = Some(expiry),
        }
    }

    fn stop(&mut self, why: &str) {
        tracing::error!(
            why,
            "the store is not written to any more; it is tried again by itself, and what is there is still served"
        );
        self.shared.stopped.store(true, Ordering::Relaxed);
        self.sweep = None;
        if let Some(expiry) = self.expiry.take() {
            // Who no longer waits needs no answer.
            let _ = expiry.reply.send(Err(refused(why)));
        }
        self.stopped = Some(Stopped { why: why.to_owned(), waited: Duration::ZERO, wait: FIRST_WAIT });
        self.end_inspection(&Err(StoreError::Failed { doing: "to go through its records", why: why.to_owned() }));
    }

    /// Tries whether the disk is well again, and if so opens the store anew and goes on from what is there.
    fn try_again(&mut self) {
        let tried = Reserve::of(&self.folder).probe().map_err(|e| e.to_string()).and_then(|()| self.reopen());
        let Some(stopped) = &mut self.stopped else { return };
        match tried {
            Ok(()) => {
                tracing::warn!(commits = self.books.commits, "the store is written to again");
                self.stopped = None;
                self.shared.stopped.store(false, Ordering::Relaxed);
            }
            Err(why) => {
                stopped.wait = (stopped.wait * 2).min(LONGEST_WAIT);
                stopped.waited = Duration::ZERO;
                tracing::error!(why, again_in_seconds = stopped.wait.as_secs(), "the store can't be written to yet");
            }
        }
    }

    fn reopen(&mut self) -> Result<(), String> {
        self.shared.close().map_err(|e| e.to_string())?;
        let ground = open::ground(&self.folder).map_err(|e| e.to_string())?;
        self.disk = Disk::new(&self.folder).map_err(|e| e.to_string())?;
        Reserve::of(&self.folder).take().map_err(|e| e.to_string())?;
        // Should changes have been lost, their numbers are not given to others: followers have heard of them.
        self.seq = self.seq.max(ground.seq);
        (self.books, self.recent) = (ground.books, Recent::since(self.seq));
        // A batch that was refused may have been written after all.
        self.shared.index.clear();
        self.shared.seen.clear();
        self.shared.open(ground.base, ground.findings);
        self.announce.send_if_modified(|latest| std::mem::replace(latest, self.seq) != self.seq);
        Ok(())
    }

    fn begin_inspection(&mut self) -> &mut Vec<Findings> {
        let records = self.books.counts().map(|(_, count)| count).sum();
        &mut self.inspection.get_or_insert_with(|| (Scrub::of(records), Vec::new())).1
    }

    fn inspect_step(&mut self) {
        if self.stopped.is_some() {
            return;
        }
        let Some((scrub, _)) = &mut self.inspection else { return };
        let set_aside = |db: &sled::Db, aside| db.apply_batch(aside).map_err(super::failed("to set records aside"));
        let step = self.shared.db().and_then(|db| match scrub.step(&db)? {
            Step::More(aside) => set_aside(&db, aside).map(|()| false),
            Step::Done(aside) => set_aside(&db, aside).map(|()| true),
        });
        match step {
            Ok(false) => {}
            Ok(true) => self.conclude(),
            Err(error) => self.end_inspection(&Err(error)),
        }
    }

    fn begin_sweep(&mut self, needed: &BTreeMap<u32, u64>) {
        let needed = |file: u32| needed.get(&file).copied().unwrap_or(0);
        let sweep =
            self.shared.db().map_err(|e| e.to_string()).and_then(|base| Sweep::of(&base, needed).map_err(|e| e.to_string()));
        match sweep {
            Ok(sweep) => self.sweep = sweep,
            Err(error) => tracing::error!(error, "no space is given back"),
        }
    }

    /// A step of giving space back. What fails on reading is left for another day; what fails on writing stops all writing.
    fn sweep_step(&mut self) {
        let Some(mut sweep) = self.sweep.take_if(|_| self.stopped.is_none()) else { return };
        let swept = self.shared.db().and_then(|base| Ok((sweep.step(&base)?, base)));
        let (mut swept, base) = match swept {
            Ok(swept) => swept,
            Err(error) => return tracing::error!(%error, "no space is given back"),
        };
        if !swept.writes.is_empty()
            && let Err(why) = self.make_durable(&base, &swept.pile, &mut swept.writes, &swept.postings)
        {
            return self.stop(&why);
        }
        if !swept.done {
            self.sweep = Some(sweep);
        } else if let Err(error) = base.heap.remove(sweep.files()) {
            tracing::error!(%error, "a file of stories that is not needed any more could not be removed");
        }
    }

    /// Notes what was found, and sets the books right.
    fn conclude(&mut self) {
        let Some((scrub, replies)) = self.inspection.take() else { return };
        let Scrubbed { findings, books, filter, needed } = scrub.conclude(&self.books);
        self.inspection = Some((Scrub::of(0), replies));
        self.shared.seen.fill(filter);
        self.begin_sweep(&needed);
        if findings.is_empty() {
            return self.end_inspection(&Ok(findings));
        }
        findings.iter().for_each(|finding| tracing::error!("the store is not whole: {finding}"));
        self.books = books;
        // What is missing on the disk must not be there for those who mend it.
        self.shared.seen.forget_answers();
        self.shared.find(&findings);
        let noted = self.note_findings();
        self.end_inspection(&noted.map(|()| findings));
    }

    fn note_findings(&mut self) -> Result<(), StoreError> {
        let db = self.shared.db()?;
        // A commit of its own: the group before it is whole.
        self.books.commits += 1;
        let mut batch = sled::Batch::default();
        self.books.rows()?.into_iter().for_each(|(key, value)| batch.insert(key, value));
        batch.insert(codec::UNMENDED, self.shared.unmended_record()?);
        db.apply_batch(batch).map_err(super::failed("to note what is wrong"))?;
        db.flush().map_err(super::failed("to note what is wrong"))?;
        let marked = self.disk.sync().and_then(|()| self.disk.mark(self.books.commits));
        marked.map_err(|e| StoreError::Failed { doing: "to note what is wrong", why: e.to_string() })
    }

    fn end_inspection(&mut self, result: &Result<Vec<Finding>, StoreError>) {
        let Some((_, replies)) = self.inspection.take() else { return };
        for reply in replies {
            let result = match result {
                Ok(findings) => Ok(findings.clone()),
                Err(error) => Err(StoreError::Failed { doing: "to be inspected", why: error.to_string() }),
            };
            let _ = reply.send(result);
        }
    }
}

fn refused(why: &str) -> StoreError {
    StoreError::Failed { doing: "to make a change durable", why: why.to_owned() }
}
