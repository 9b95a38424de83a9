//! Entries that their source took out of its document. Their articles are looked at, for what a source takes down readers should not find here.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{EntryKey, StoryId};

/// An entry that stands in its source's document no more, although older ones still do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Vanished {
    /// The entry.
    pub entry: EntryKey,
    /// The next older one that still stood there: an article to compare with.
    pub beside: EntryKey,
    /// Its story.
    pub story: StoryId,
    /// When it was missed.
    pub since: Timestamp,
    /// When its article is looked at next.
    pub next: Timestamp,
    /// Since when the article has been gone (404, 410), at every look that told.
    pub gone: Option<Timestamp>,
    /// Whether the story has been told so.
    pub is_told: bool,
}

/// What a look at an article told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sight {
    /// It is there.
    There,
    /// It is gone (404, 410), while another article of the same site is there.
    Gone,
    /// Nothing: the site was out of order, or refused.
    Unclear,
}
