//! The only part that knows both the stages and the edges: one poll, many of them at once, the site that follows the store, and
//! the loop that repeats it all. Concurrency lives here and nowhere else.

mod admin;
mod archive;
mod archives;
mod blocking;
mod callback;
mod counts;
mod crew;
mod explain;
mod former;
mod gone;
mod hub;
mod keep;
mod known;
mod later;
mod lead;
mod live;
mod orders;
mod parts;
mod plan;
mod poll;
mod poller;
mod preview;
mod press;
mod prune;
mod pushes;
mod reclassify;
mod sheets;
mod stamp;
mod untaken;
mod whole;
mod withdraw;
mod subscriber;
mod subscribers;

use std::collections::{BTreeMap, HashMap};
use std::num::NonZero;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::{Mutex, Semaphore, watch};

use crate::config::Config;
use crate::edge::fetch::{FetchError, Fetcher};
use crate::flow::dedupe::Gists;
use crate::flow::schedule::{self, Prices};
use crate::flow::topic::Rules;
use crate::model::{Source, SourceId, SourceState};

pub use admin::admin;
pub use archive::{Loaded, dump, keep_copy, load, mend};
pub use archives::archive_maker;
pub use blocking::blocking;
pub use callback::callee;
pub use counts::Counts;
pub use crew::{Crew, Turn};
pub use explain::{explain, find_story};
pub use gone::Windows;
pub use keep::kept_site;
pub use known::{KnownSource, next_poll};
pub use later::Later;
pub use live::{Live, run};
pub use orders::{Ended, Orders, Skipped, Taken};
pub use plan::{Existence, Move, Moves, Plan, Shift, SourceChange, plan};
pub use poll::{Outcome, Polled, poll, read};
pub use press::Press;
pub use preview::{PreviewError, Previewed, preview, preview_in_turn};
pub use prune::prune;
pub use pushes::Pushes;
pub use reclassify::{classify, reclassify};
pub use subscribers::Subscribers;
pub use untaken::Untaken;
pub use whole::whole;
pub use withdraw::{restore, withdraw, withdrawals};

/// Documents whose texts are made ready and that wait for their turn: enough that the one whose turn it is has not to wait.
const MOST_READY: usize = 16;

/// Everything that a poll works with under one configuration. Cheap to clone; a changed configuration makes a new one.
#[derive(Clone)]
pub struct Desk {
    /// The configuration in force.
    pub config: Arc<Config>,
    /// The hash of each source's settings: each poll asks for it.
    settings: Arc<HashMap<SourceId, u64>>,
    /// Its topics, ready to be applied.
    pub rules: Arc<Rules>,
    /// What fetches under its settings.
    pub fetcher: Fetcher,
    /// What one more request must be worth, as of late.
    pub prices: Arc<Prices>,
    /// The texts that were compared of late.
    pub gists: Arc<Gists>,
    /// What is counted.
    pub counts: Arc<Counts>,
    /// What is known of hubs.
    pub pushes: Arc<Pushes>,
    /// Who subscribes to our feeds.
    pub subscribers: Arc<Subscribers>,
    /// What an administrator wants polled at once.
    pub orders: Arc<Orders>,
    /// The edit that was not taken, if the last one was not.
    pub untaken: Arc<Untaken>,
    /// What is stored soon.
    pub later: Arc<Later>,
    /// What stood in the sources' documents when they were last read.
    pub windows: Arc<Windows>,
    /// Who may fetch at the same time.
    pub crew: Crew,
    /// Room for work that computes: as many as the machine has cores, so that many large documents at once cost time and not memory.
    cores: Arc<Semaphore>,
    /// Room for documents whose texts were made ready and that wait for their turn: some 7 MB together.
    ready: Arc<Semaphore>,
    /// Held by the poll that decides again after another one has changed its ground.
    turn: Arc<Mutex<()>>,
    /// Since when the configuration has been in force.
    pub since: Timestamp,
    /// The time.
    pub clock: fn() -> Timestamp,
}

impl Desk {
    /// A desk for a configuration.
    pub fn new(config: Config, clock: fn() -> Timestamp) -> Result<Self, FetchError> {
        let rules = Arc::new(Rules::new(&config.topics));
        let fetcher = Fetcher::new(&config.service, &config.fetch)?;
        let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
        let (cores, ready) = (Arc::new(Semaphore::new(cores)), Arc::new(Semaphore::new(MOST_READY)));
        let crew = Crew::new(&config.fetch);
        let (counts, pushes, subscribers, orders, untaken, later, windows, turn, prices, gists) = Default::default();
        let settings = config.sources.values().map(|source| (source.id.clone(), source.settings())).collect();
        let (config, settings) = (Arc::new(config), Arc::new(settings));
        let desk = Self {
            config,
            settings,
            rules,
            fetcher,
            prices,
            gists,
            counts,
            pushes,
            subscribers,
            orders,
            untaken,
            later,
            windows,
            crew,
            cores,
            ready,
            turn,
            since: clock(),
            clock,
        };
        Ok(desk.priced(&BTreeMap::new()))
    }

    /// The hash of the settings of a source of the configuration.
    pub fn settings(&self, source: &Source) -> u64 {
        self.settings.get(&source.id).copied().unwrap_or_else(|| source.settings())
    }

    /// The desk with the prices that follow from what is known of the sources.
    pub fn priced(self, states: &BTreeMap<SourceId, Arc<SourceState>>) -> Self {
        let sources = self.config.sources.values().map(|source| (source, states.get(&source.id).map(Arc::as_ref)));
        let prices = Arc::new(schedule::prices(sources, &self.config.fetch));
        Self { prices, ..self }
    }

    /// The desk for a changed configuration, which goes on counting.
    pub fn under(&self, config: Config) -> Result<Self, FetchError> {
        let (counts, turn) = (Arc::clone(&self.counts), Arc::clone(&self.turn));
        let (cores, ready) = (Arc::clone(&self.cores), Arc::clone(&self.ready));
        let (gists, pushes, orders) = (Arc::clone(&self.gists), Arc::clone(&self.pushes), Arc::clone(&self.orders));
        let untaken = Arc::clone(&self.untaken);
        let (later, crew) = (Arc::clone(&self.later), self.crew.under(&config.fetch));
        let (subscribers, windows) = (Arc::clone(&self.subscribers), Arc::clone(&self.windows));
        let new = Self::new(config, self.clock)?;
        let fetcher = new.fetcher.clone().sharing(&self.fetcher);
        Ok(Self { fetcher, gists, counts, pushes, subscribers, orders, untaken, later, windows, crew, cores, ready, turn, ..new })
    }

    /// This desk, or where another configuration is in force by now, the desk for that one with the prices of this one.
    fn or_newer(self: &Arc<Self>, latest: &watch::Receiver<Self>) -> Arc<Self> {
        let latest = latest.borrow();
        let is_in_force = Arc::ptr_eq(&latest.config, &self.config);
        if is_in_force { Arc::clone(self) } else { Arc::new(Self { prices: Arc::clone(&self.prices), ..latest.clone() }) }
    }

    /// Runs work that computes when a core is free for it.
    pub async fn compute<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let _core = self.cores.acquire().await.expect("the semaphore is never closed");
        blocking(work).await
    }
}
