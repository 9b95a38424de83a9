//! What is remembered of a source for the sake of good manners, beside its validators and its schedule.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{Trouble, compact};

/// What is remembered of a source for the sake of good manners. Fields are added at the end, with a default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manners {
    /// What went wrong at the last poll; `None` after one that went well.
    pub trouble: Option<Trouble>,
    /// Retry-After: no source of this host is asked before this time.
    #[serde(with = "compact::optional_second", default)]
    pub rests_until: Option<Timestamp>,
    /// When the document last came whole: an answer of 304 that never ends is doubted after a while.
    #[serde(with = "compact::optional_second", default)]
    pub whole: Option<Timestamp>,
    /// What robots.txt said when it was last looked at.
    pub robots: Option<Looked>,
    /// Where permanent redirects lead.
    pub moved: Option<Moved>,
}

/// A look at a host's robots.txt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Looked {
    /// When.
    #[serde(with = "compact::second")]
    pub at: Timestamp,
    /// Whether we may fetch the source.
    pub welcome: bool,
}

/// A permanent redirect that is being watched, or was adopted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moved {
    /// Where it leads.
    pub to: String,
    /// When it was first seen.
    #[serde(with = "compact::second")]
    pub since: Timestamp,
    /// How often in a row it led to a feed.
    pub hits: u32,
    /// Whether entries that we knew before stood in the feed there.
    pub overlaps: bool,
    /// Whether the source is now fetched there directly.
    pub adopted: bool,
}

impl fmt::Display for Moved {
    /// Where it leads and what an administrator may do, as the end of a sentence about the source.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = if self.adopted { "it has moved and is fetched at" } else { "it redirects permanently to" };
        write!(f, "{what} {} since {}; put it into feeds.toml", self.to, self.since.strftime("%Y-%m-%d"))
    }
}
