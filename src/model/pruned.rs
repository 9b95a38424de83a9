//! What is left of a story that was pruned: the names of its entries, and when its sources listed it last.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::model::{EntryKey, SourceId, StoryId};

/// A source's number, where a name for each story would take too much room: 32 bits of a hash of its id. Two sources may share one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SourceTag(pub u32);

impl SourceTag {
    /// Of a source of which nothing is known any more: no source has it.
    pub const UNKNOWN: Self = Self(0);

    /// Of a source.
    pub fn of(source: &SourceId) -> Self {
        // Cut to the lower half on purpose.
        Self((xxh3_64(source.as_str().as_bytes()) as u32).max(1))
    }
}

/// When a source listed a pruned story last, as far as that is known: then or earlier.
pub type LastListed = (SourceTag, Timestamp);

/// That a source listed a pruned story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The story.
    pub story: StoryId,
    /// The source, and when.
    pub listed: LastListed,
}

/// When documents of a source told which pruned entries it still lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RollCall {
    /// The first time of those that followed each other without a long silence.
    pub since: Timestamp,
    /// The last time.
    pub last: Timestamp,
}

/// A name that outlives its story, so that nothing pruned comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pruned {
    /// The entry.
    pub entry: EntryKey,
    /// Its story.
    pub story: StoryId,
    /// When the story's sources listed it last. Dumps of before do not say.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<LastListed>,
}
