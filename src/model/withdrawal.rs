//! Stories that were taken down. They stay in the store, so that what belongs to them does not come back as new.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::StoryId;

/// That a story was taken down: for the record, and for readers who have it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// The story.
    pub story: StoryId,
    /// When.
    pub when: Timestamp,
    /// By whom: a user of this machine; empty where its sources took it down.
    pub who: String,
    /// Why, in their words. Not published.
    pub why: String,
}

impl Withdrawal {
    /// That all sources of a story have taken their articles down.
    pub fn by_sources(story: StoryId, when: Timestamp) -> Self {
        let why = "its address answers that it is gone (404, 410), at every source that had it".to_owned();
        Self { story, when, who: String::new(), why }
    }

    /// Whether its sources took it down, and no user of this machine.
    pub fn is_by_sources(&self) -> bool {
        self.who.is_empty()
    }

    /// Who took it down, for people.
    pub fn by(&self) -> &str {
        if self.is_by_sources() { "its sources" } else { &self.who }
    }
}

/// All that are in force.
pub type Withdrawals = BTreeMap<StoryId, Withdrawal>;
