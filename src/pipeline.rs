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

use std::sync::Arc;

use jiff::Timestamp;

use crate::config::Config;
use crate::edge::fetch::{FetchError, Fetcher};
use crate::flow::topic::Rules;

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
    /// The time.
    pub clock: fn() -> Timestamp,
}

impl Desk {
    /// A desk for a configuration.
    pub fn new(config: Config, clock: fn() -> Timestamp) -> Result<Self, FetchError> {
        let rules = Arc::new(Rules::new(&config.topics));
        let fetcher = Fetcher::new(&config.service, &config.fetch)?;
        Ok(Self { config: Arc::new(config), rules, fetcher, clock })
    }
}
