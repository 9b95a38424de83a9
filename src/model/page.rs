//! What is served: immutable bytes, made when something changed. A part of a page (`?limit=N`) is made when it is first asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use crate::model::StoryId;

/// One document that is served, in each encoding that it is served in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The Content-Type header.
    pub content_type: &'static str,
    /// The bytes as they are.
    pub body: Bytes,
    /// The same bytes compressed, the smallest first; only what is smaller than `body`.
    pub encoded: Vec<(Coding, Bytes)>,
    /// A hash of `body` in hexadecimal digits: the strong ETag without quotes and without a coding's suffix.
    pub hash: String,
    /// When these bytes were first published; whole seconds, later than for any earlier bytes of this address.
    pub modified: Timestamp,
}

/// A content coding (RFC 9110, section 8.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Coding {
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
    /// RFC 8878.
    Zstd,
}

impl Coding {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Gzip, Self::Brotli, Self::Zstd];

    /// Its registered name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Brotli => "br",
            Self::Zstd => "zstd",
        }
    }
}

/// Everything that is served, by path (`/feeds/moi-nhat.rss`). It is never changed, only replaced.
#[derive(Clone, Default)]
pub struct Site {
    /// The pages.
    pub pages: BTreeMap<String, Arc<Page>>,
    /// Since when nobody knows whether something has changed: they are the pages of an earlier run, and the store can't be asked.
    pub kept: Option<Timestamp>,
    /// The Link headers of pages that a hub announces, by path.
    pub links: Arc<BTreeMap<String, String>>,
    /// Where pages of feeds that have another id now are to be found.
    pub moved: BTreeMap<String, String>,
    /// Pages of feeds that were removed.
    pub gone: BTreeSet<String>,
    /// Makes what a query asks for.
    pub parts: Option<Arc<PartMaker>>,
    /// Makes the page of a story.
    pub stories: Option<Arc<StoryMaker>>,
    /// Makes the archives of feeds.
    pub archives: Option<Arc<ArchiveMaker>>,
    /// Makes what a reader lacks.
    pub deltas: Option<Arc<DeltaMaker>>,
}

/// A page that is being made; `None` where there is none.
pub type Making = Pin<Box<dyn Future<Output = Option<Arc<Page>>> + Send>>;

/// Makes an archive of a feed (`/feeds/ID/2026-11-17.atom`).
pub type ArchiveMaker = dyn Fn(String) -> Making + Send + Sync;

/// Makes of a feed's page what it has beyond an earlier version, which is known by its hash; `None` where that is not remembered.
pub type DeltaMaker = dyn Fn(&str, &str) -> Option<Arc<Page>> + Send + Sync;

/// Makes the page of a story (`/story/ID`).
pub type StoryMaker = dyn Fn(StoryId) -> Making + Send + Sync;

/// Makes a part of a page (`?limit=N&page=N`) from what the site was made of; `None` where the page has no parts or no such one.
/// The same question gets the same answer for as long as the site lives.
pub type PartMaker = dyn Fn(&str, Part) -> Option<Arc<Page>> + Send + Sync;

/// A part of a feed: what `?limit=N&page=N` asks for. The default is the document that is published without a query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Part {
    /// How many stories; at least 1.
    pub limit: Option<usize>,
    /// Which page of so many, counted from 1.
    pub page: Option<usize>,
    /// Only what is new since [`crate::model::Listing::cursor`] was this.
    pub since: Option<u64>,
}
