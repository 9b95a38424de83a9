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
    /// By whom: a user of this machine.
    pub who: String,
    /// Why, in their words. Not published.
    pub why: String,
}

/// All that are in force.
pub type Withdrawals = BTreeMap<StoryId, Withdrawal>;
