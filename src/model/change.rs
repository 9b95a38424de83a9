//! What passes between the decisions and the store: what is asked, what is known, and what is to be committed.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::model::{EntryKey, LinkKey, Mark, Sketch, SourceId, SourceState, Story, StoryId, Withdrawal};

/// A hash of everything that an entry says: while it stays the same, the entry has not changed.
pub type Print = u64;

/// What the store is asked about one entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// Its name.
    pub key: EntryKey,
    /// What it says now. The story of an entry that still says this is not needed and not read.
    pub print: Print,
    /// Its canonical link, for entries that the store does not know by name, or that now say something else.
    pub link: Option<LinkKey>,
    /// The story that it would begin, for entries that the store knows neither by name nor by link.
    pub begins: StoryId,
}

/// How far apart near copies may be published.
pub const NEAR: SignedDuration = SignedDuration::from_hours(72);

/// The number of the 72 hours since 1970-01-01 UTC that a time lies in: near copies are of one span or of two neighbours.
pub fn span(time: Timestamp) -> i32 {
    // A year of four digits is far within the range.
    time.as_second().div_euclid(NEAR.as_secs()) as i32
}

/// A search for stories that an entry may be a near copy of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Search {
    /// The entry.
    pub key: EntryKey,
    /// When it was published.
    pub published: Timestamp,
    /// What it is found by.
    pub sketch: Sketch,
}

/// What the store answers.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The number of the last change that the answer takes into account.
    pub seq: u64,
    /// Stories that share a band with an entry, those that share the most first.
    pub near: HashMap<EntryKey, Vec<StoryId>>,
    /// The story of each entry that is known by name, and what the entry said.
    pub entries: HashMap<EntryKey, (StoryId, Print)>,
    /// The story of each link that was asked for and is known.
    pub links: HashMap<LinkKey, StoryId>,
    /// The stories that a decision may change.
    pub stories: HashMap<StoryId, Story>,
}

/// A story to be written, if nobody else has changed it since it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct StoryChange {
    /// The story as it is to be; its `seq` is still the one that the decision was based on, 0 for a new story.
    pub story: Story,
    /// The entries that led to the change, and what they say.
    pub entries: Vec<(EntryKey, Print)>,
    /// The links that lead to the story from now on.
    pub links: Vec<LinkKey>,
    /// What the story is found by from now on, beside what it was found by before.
    pub sketch: Sketch,
}

/// Everything that one poll changes: committed whole or not at all.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// The source's new state.
    pub source: Option<(SourceId, SourceState)>,
    /// New and changed stories.
    pub stories: Vec<StoryChange>,
    /// Stories that are taken down with it, or with `None` put back.
    pub withdrawals: Vec<(StoryId, Option<Withdrawal>)>,
    /// Pruned stories that the source still lists.
    pub marks: Vec<Mark>,
    /// The number of the last change that the decision knew of, where it depends on which near copies exist: a story that has come since
    /// and shares a band with a new one of the batch makes the decision void.
    pub based_on: Option<u64>,
    /// The fence of the lease under which the source was polled, where several processes share a store.
    pub fence: Option<u64>,
    /// The fingerprint of the rules that the stories were classified under, where they are a poll's. Processes that share a store may have
    /// other rules for a while: then not all stories are classified under the same.
    pub rules: Option<[u8; 16]>,
}

/// One change in the change sequence, as followers read it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its number.
    pub seq: u64,
    /// The story that changed.
    pub id: StoryId,
    /// The story as it is now; `None` where it is gone, or was before a later change brought it back.
    pub story: Option<Story>,
}

/// When the bytes of a page were first published. It outlives restarts, so that Last-Modified never goes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The page's path.
    pub path: String,
    /// The page's hash.
    pub hash: String,
    /// When a page with this hash first stood at this path.
    pub modified: Timestamp,
}
