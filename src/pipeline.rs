//! The only part that knows both the stages and the edges: one poll, many of them at once, the site that follows the store, and
//! the loop that repeats it all. Concurrency lives here and nowhere else.

mod crew;
mod explain;
mod live;
mod plan;
mod poll;
mod preview;
mod press;
mod reclassify;
mod sheets;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::config::Config;
use crate::edge::fetch::{FetchError, Fetcher};
use crate::flow::schedule::{self, Prices};
use crate::flow::topic::Rules;
use crate::model::{SourceId, SourceState};

pub use crew::Crew;
pub use explain::{explain, find_story};
pub use live::{Live, run};
pub use plan::{Existence, Move, Moves, Plan, Shift, SourceChange, plan};
pub use poll::{Outcome, Polled, blocking, poll, read};
pub use press::Press;
pub use preview::{PreviewError, Previewed, preview};
pub use reclassify::{classify, prune, reclassify};

/// Everything that a poll works with under one configuration. Cheap to clone; a changed configuration makes a new one.
#[derive(Clone)]
pub struct Desk {
    /// The configuration in force.
    pub config: Arc<Config>,
    /// Its topics, ready to be applied.
    pub rules: Arc<Rules>,
    /// What fetches under its settings.
    pub fetcher: Fetcher,
    /// What one more request must be worth, as of late.
    pub prices: Arc<Prices>,
    /// The time.
    pub clock: fn() -> Timestamp,
}

impl Desk {
    /// A desk for a configuration.
    pub fn new(config: Config, clock: fn() -> Timestamp) -> Result<Self, FetchError> {
        let rules = Arc::new(Rules::new(&config.topics));
        let fetcher = Fetcher::new(&config.service, &config.fetch)?;
        let prices = Arc::default();
        Ok(Self { config: Arc::new(config), rules, fetcher, prices, clock }.priced(&BTreeMap::new()))
    }

    /// The desk with the prices that follow from what is known of the sources.
    pub fn priced(self, states: &BTreeMap<SourceId, SourceState>) -> Self {
        let sources = self.config.sources.values().map(|source| (source, states.get(&source.id)));
        let prices = Arc::new(schedule::prices(sources, &self.config.fetch));
        Self { prices, ..self }
    }
}
