//! The shared store: PostgreSQL 15 or later, for any number of processes on any number of machines. `docs/postgres.md` says how to run it.
//!
//! Reads block the thread that asks, as those of the embedded store do; what talks to the database runs on threads of its own, so that
//! a caller may be of any kind. A database that is away is waited for: briefly by who reads, long by who commits.

mod connect;
mod follow;
mod hub;
mod hubs;
mod lease;
mod migrate;
mod names;
mod pool;
mod pruned;
mod read;
mod withdrawn;
mod write;

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::runtime::Runtime;
use tokio::sync::{Notify, watch};

use crate::edge::store::lease::{Claim, Lease};
use crate::edge::store::near::Index;
use crate::edge::store::{Memo, Standing, StoreError};
use crate::model::{
    Batch, Change, EntryKey, Known, LinkKey, Lookup, Pruned, Search, Sketch, SourceId, SourceState, Stamp, Story, StoryId,
    Withdrawals,
};
use connect::Connector;
use pool::{Failure, Pool, patiently};

/// How long a reader waits for a database that is away: a page that is asked for should not hang.
const READ: Duration = Duration::from_secs(10);
/// How long a poll waits, for its look-ups and its commit: a server that is restarted takes seconds, and what was fetched would be fetched
/// again.
const WRITE: Duration = Duration::from_secs(60);
/// How long an opening waits: machines that start together start in any order.
const OPEN: Duration = Duration::from_secs(30);
/// Threads that talk to the database. They wait, mostly.
const THREADS: usize = 2;

/// An open database. What each call promises, the face says.
pub(super) struct Postgres {
    shared: Arc<Shared>,
    latest: watch::Receiver<u64>,
    index: Index,
    /// The change up to which the index knows all, none where it was never asked.
    indexed: Mutex<Option<u64>>,
    /// Gone when the store is closed.
    runtime: Option<Runtime>,
}

/// What the threads share.
pub(super) struct Shared {
    pool: Pool,
    announce: watch::Sender<u64>,
    /// Something may have changed.
    hint: Arc<Notify>,
    /// This process has changed something.
    news: Arc<Notify>,
    /// It answered when it was last looked.
    answers: AtomicBool,
}

impl Shared {
    /// The number grows only.
    fn announce(&self, seq: u64) {
        self.announce.send_if_modified(|latest| {
            let is_news = seq > *latest;
            *latest = seq.max(*latest);
            is_news
        });
    }

    /// Takes notice of what was committed here.
    fn committed(&self, seq: Option<u64>) {
        if let Some(seq) = seq {
            self.announce(seq);
            self.news.notify_one();
        }
    }
}

impl Postgres {
    /// Connects, and brings the schema up to date. Blocks.
    pub(super) fn open(url: &str) -> Result<Self, StoreError> {
        let unreachable = |database: &str, why: String| StoreError::Unreachable { database: database.to_owned(), why };
        let connector = Connector::new(url).map_err(|why| unreachable("of store.url", why))?;
        let name = connector.name.clone();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).thread_name("store").enable_all().build();
        let runtime = runtime.map_err(|e| unreachable(&name, e.to_string()))?;
        let (announce, latest) = watch::channel(0);
        let pool = Pool::new(connector);
        let shared =
            Arc::new(Shared { pool, announce, hint: Arc::default(), news: Arc::default(), answers: AtomicBool::new(true) });
        let store = Self { shared, latest, index: Index::default(), indexed: Mutex::default(), runtime: Some(runtime) };
        let opening = |error| match error {
            StoreError::Failed { why, .. } => unreachable(&name, why),
            other => other,
        };
        store
            .wait(|shared| async move { patiently("to be opened", OPEN, || migrate::migrate(&shared.pool)).await })
            .map_err(opening)?;
        let seq = store
            .read("to find the last change", READ, |shared| async move { read::latest(&shared.pool).await })
            .map_err(opening)?;
        store.shared.announce(seq);
        if let Some(runtime) = &store.runtime {
            let _within = runtime.enter();
            follow::start(&store.shared);
        }
        Ok(store)
    }

    /// Runs work on the store's threads and waits for it.
    fn wait<T: Send + 'static, F>(&self, work: impl FnOnce(Arc<Shared>) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>> + Send + 'static,
    {
        let (reply, answer) = std::sync::mpsc::sync_channel(1);
        let work = work(Arc::clone(&self.shared));
        self.spawn(async move {
            // Whoever no longer waits needs no answer.
            let _ = reply.send(work.await);
        });
        answer.recv().map_err(|_| closed())?
    }

    /// A look-up that is tried again where the database was away, for so long.
    fn read<T: Send + 'static, F>(
        &self,
        doing: &'static str,
        patience: Duration,
        look: impl Fn(Arc<Shared>) -> F + Send + Sync + 'static,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        self.wait(|shared| async move { patiently(doing, patience, || look(Arc::clone(&shared))).await })
    }

    /// A commit that is tried again where the database was away. One whose answer was lost may be tried after it succeeded: it then
    /// changes nothing more, or conflicts with itself and is decided again.
    async fn write<T: Send + 'static, F>(
        &self,
        doing: &'static str,
        write: impl Fn(Arc<Shared>) -> F + Send + Sync + 'static,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        self.write_within(WRITE, doing, write).await
    }

    /// One that is tried for so long.
    async fn write_within<T: Send + 'static, F>(
        &self,
        patience: Duration,
        doing: &'static str,
        write: impl Fn(Arc<Shared>) -> F + Send + Sync + 'static,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, Failure>> + Send + 'static,
    {
        let shared = Arc::clone(&self.shared);
        let task = self.spawn(async move { patiently(doing, patience, || write(Arc::clone(&shared))).await });
        task.ok_or_else(closed)?.await.map_err(|_| closed())?
    }

    fn spawn<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> Option<tokio::task::JoinHandle<T>> {
        self.runtime.as_ref().map(|runtime| runtime.spawn(work))
    }

    pub(super) fn known(&self, lookups: &[Lookup]) -> Result<Known, StoreError> {
        let lookups: Arc<[Lookup]> = lookups.into();
        self.read("to look up entries", WRITE, move |shared| {
            let lookups = Arc::clone(&lookups);
            async move { read::known(&shared.pool, &lookups).await }
        })
    }

    pub(super) fn near(&self, searches: &[Search], known: &mut Known) -> Result<(), StoreError> {
        self.catch_up()?;
        let mut missing = Vec::new();
        for search in searches {
            let candidates = self.index.candidates(search, |span, take| self.read_span(span, take))?;
            missing.extend(candidates.iter().filter(|id| !known.stories.contains_key(id)));
            known.near.insert(search.key, candidates);
        }
        if missing.is_empty() {
            return Ok(());
        }
        known.stories.extend(self.stories(missing)?);
        Ok(())
    }

    /// Tells the index what has come since it was last asked.
    fn catch_up(&self) -> Result<(), StoreError> {
        let mut indexed = self.indexed.lock().unwrap_or_else(PoisonError::into_inner);
        let doing = "to look for near copies";
        let Some(seq) = *indexed else {
            *indexed = Some(self.read(doing, WRITE, |shared| async move { read::latest(&shared.pool).await })?);
            return Ok(());
        };
        let news = self.read(doing, WRITE, move |shared| async move { read::sketches_after(&shared.pool, seq).await })?;
        match news {
            Some((last, news)) => {
                self.index.post(&news);
                *indexed = Some(last);
            }
            // It is cheaper to read what is asked for than all that was missed.
            None => {
                *indexed = Some(self.read(doing, WRITE, |shared| async move { read::latest(&shared.pool).await })?);
                self.index.clear();
            }
        }
        Ok(())
    }

    fn read_span(&self, span: i32, take: &mut dyn FnMut(StoryId, &Sketch)) -> Result<(), StoreError> {
        let doing = "to look for near copies";
        let rows = self.read(doing, WRITE, move |shared| async move { read::sketches_of(&shared.pool, span).await })?;
        rows.iter().for_each(|(story, sketch)| take(*story, sketch));
        Ok(())
    }

    fn stories(&self, ids: Vec<StoryId>) -> Result<HashMap<StoryId, Story>, StoreError> {
        let ids: Arc<[StoryId]> = ids.into();
        self.read("to read stories", READ, move |shared| {
            let ids = Arc::clone(&ids);
            async move { read::stories(&shared.pool, &ids).await }
        })
    }

    pub(super) fn story_of(&self, link: LinkKey) -> Result<Option<StoryId>, StoreError> {
        self.read("to look up a link", READ, move |shared| async move { read::story_of(&shared.pool, link).await })
    }

    pub(super) fn story(&self, id: StoryId) -> Result<Option<Story>, StoreError> {
        Ok(self.stories(vec![id])?.remove(&id))
    }

    pub(super) fn stories_after(&self, after: Option<StoryId>, limit: usize) -> Result<Vec<Story>, StoreError> {
        self.read("to read the stories", READ, move |shared| async move { read::stories_after(&shared.pool, after, limit).await })
    }

    pub(super) fn changes_after(&self, seq: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        self.read("to read the changes", READ, move |shared| async move { read::changes_after(&shared.pool, seq, limit).await })
    }

    pub(super) fn withdrawals(&self) -> Result<Withdrawals, StoreError> {
        self.read("to read what is taken down", READ, |shared| async move { withdrawn::all(&shared.pool).await })
    }

    pub(super) fn source_states(&self) -> Result<BTreeMap<SourceId, Arc<SourceState>>, StoreError> {
        self.read("to read the sources", READ, |shared| async move { read::source_states(&shared.pool).await })
    }

    pub(super) fn stamps(&self) -> Result<HashMap<String, Stamp>, StoreError> {
        let stamps = self.read("to read the pages' stamps", READ, |shared| async move { read::stamps(&shared.pool).await })?;
        Ok(stamps.into_iter().map(|stamp| (stamp.path.clone(), stamp)).collect())
    }

    pub(super) fn recall(&self, memo: Memo) -> Result<Option<Vec<u8>>, StoreError> {
        self.read("to read what it remembers", READ, move |shared| async move { read::recall(&shared.pool, memo).await })
    }

    pub(super) fn takes(&self) -> bool {
        self.shared.answers.load(Ordering::Relaxed)
    }

    pub(super) fn latest(&self) -> watch::Receiver<u64> {
        self.latest.clone()
    }

    pub(super) async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        let batch = Arc::new(batch);
        let work = move |shared: Arc<Shared>| {
            let batch = Arc::clone(&batch);
            async move {
                shared.committed(write::commit(&shared.pool, &batch).await?);
                Ok(())
            }
        };
        self.write("to commit what a poll brought", work).await
    }

    pub(super) async fn note(&self, states: Arc<[(SourceId, Arc<SourceState>)]>) -> Result<(), StoreError> {
        for (id, state) in states.iter() {
            let source = Some((id.clone(), SourceState::clone(state)));
            self.commit(Batch { source, ..Batch::default() }).await?;
        }
        Ok(())
    }

    pub(super) async fn remove(&self, stories: Vec<(StoryId, u64)>, at: Timestamp) -> Result<(), StoreError> {
        let stories = Arc::new(stories);
        let work = move |shared: Arc<Shared>| {
            let stories = Arc::clone(&stories);
            async move {
                shared.committed(write::remove(&shared.pool, &stories, at).await?);
                Ok(())
            }
        };
        self.write("to remove stories", work).await
    }

    pub(super) async fn remember(&self, memo: Memo, what: Vec<u8>) -> Result<(), StoreError> {
        let what: Arc<[u8]> = what.into();
        let work = move |shared: Arc<Shared>| {
            let what = Arc::clone(&what);
            async move { write::remember(&shared.pool, memo, &what).await }
        };
        self.write("to remember something", work).await
    }

    pub(super) async fn set_stamps(&self, stamps: Vec<Stamp>, seq: u64) -> Result<Vec<Stamp>, StoreError> {
        let stamps: Arc<[Stamp]> = stamps.into();
        let work = move |shared: Arc<Shared>| {
            let stamps = Arc::clone(&stamps);
            async move { write::set_stamps(&shared.pool, &stamps, seq).await }
        };
        self.write("to remember the pages' stamps", work).await
    }

    pub(super) fn standings(&self, ids: &[StoryId]) -> Result<HashMap<StoryId, Standing>, StoreError> {
        let ids: Arc<[StoryId]> = ids.into();
        self.read("to look for stories", READ, move |shared| {
            let ids = Arc::clone(&ids);
            async move { names::standings(&shared.pool, &ids).await }
        })
    }

    pub(super) fn names_after(&self, after: Option<EntryKey>, limit: usize) -> Result<Vec<(EntryKey, StoryId)>, StoreError> {
        self.read("to read the entries' names", READ, move |shared| async move { names::after(&shared.pool, after, limit).await })
    }

    pub(super) async fn bury(&self, names: Vec<Pruned>) -> Result<(), StoreError> {
        let names = Arc::new(names);
        let work = move |shared: Arc<Shared>| {
            let names = Arc::clone(&names);
            async move { names::bury(&shared.pool, &names).await }
        };
        self.write("to note names of pruned entries", work).await
    }

    pub(super) async fn forget(&self, names: Vec<EntryKey>) -> Result<(), StoreError> {
        let names = Arc::new(names);
        let work = move |shared: Arc<Shared>| {
            let names = Arc::clone(&names);
            async move { names::forget(&shared.pool, &names).await }
        };
        self.write("to forget names of entries", work).await
    }

    pub(super) fn stats(&self) -> Result<Vec<(&'static str, u64)>, StoreError> {
        self.read("to be counted", READ, |shared| async move { names::stats(&shared.pool).await })
    }

    pub(super) async fn lease(&self, claim: Claim) -> Result<Lease, StoreError> {
        let claim = Arc::new(claim);
        let work = move |shared: Arc<Shared>| {
            let claim = Arc::clone(&claim);
            async move { lease::lease(&shared.pool, &claim).await }
        };
        self.write("to lease a source", work).await
    }

    pub(super) async fn release(&self, source: SourceId, fence: u64) -> Result<(), StoreError> {
        let work = move |shared: Arc<Shared>| {
            let source = source.clone();
            async move { lease::release(&shared.pool, &source, fence).await }
        };
        self.write("to give a lease back", work).await
    }
}

fn closed() -> StoreError {
    StoreError::Failed { doing: "to do its work", why: "it is closed, or broke down".to_owned() }
}

impl Drop for Postgres {
    /// What is under way is cut off, and then has changed nothing: the database rolls it back. In the background, since nobody may wait
    /// where async work runs.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
