//! What is served: immutable bytes, made when something changed. A part of a page (`?limit=N`) is made when it is first asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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
    hash: String,
    modified: Timestamp,
    told: Told,
}

/// What is told of a page with every answer, as it stands in headers: written once, of `hash` and `modified`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Told {
    plain: Bytes,
    coded: [Bytes; Coding::ALL.len()],
    modified: Bytes,
}

impl Page {
    /// A page. `hash` is one of `body`, in hexadecimal digits.
    pub fn new(
        content_type: &'static str,
        body: Bytes,
        encoded: Vec<(Coding, Bytes)>,
        hash: String,
        modified: Timestamp,
    ) -> Self {
        let second = Duration::from_secs(u64::try_from(modified.as_second()).unwrap_or(0));
        let told = Told {
            plain: format!("\"{hash}\"").into(),
            coded: Coding::ALL.map(|coding| format!("\"{hash}-{}\"", coding.name()).into()),
            modified: httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + second).into(),
        };
        Self { content_type, body, encoded, hash, modified, told }
    }

    /// The same page, published at another time.
    pub fn at(&self, modified: Timestamp) -> Self {
        Self::new(self.content_type, self.body.clone(), self.encoded.clone(), self.hash.clone(), modified)
    }

    /// A hash of the body in hexadecimal digits: the strong ETag without quotes and without a coding's suffix.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// When these bytes were first published; whole seconds, later than for any earlier bytes of this address.
    pub fn modified(&self) -> Timestamp {
        self.modified
    }

    /// The strong ETag in a coding; without one, that of the bytes as they are. In quotes.
    pub fn etag(&self, coding: Option<Coding>) -> &Bytes {
        coding.map_or(&self.told.plain, |coding| &self.told.coded[coding as usize])
    }

    /// `modified` as HTTP writes dates (RFC 9110, section 5.6.7).
    pub fn last_modified(&self) -> &Bytes {
        &self.told.modified
    }
}

/// A content coding (RFC 9110, section 8.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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
    pub links: Arc<BTreeMap<String, Bytes>>,
    /// Where pages of feeds that have another id now are to be found.
    pub moved: BTreeMap<String, String>,
    /// Where what archives of days that are not over yet will hold is to be found until then.
    pub open: BTreeMap<String, String>,
    /// Pages of feeds that were removed, and of stories that were taken down.
    pub gone: BTreeSet<String>,
    /// What people see where there is no page.
    pub no_pages: Arc<BTreeMap<NoPage, Bytes>>,
    /// Makes what a query asks for.
    pub parts: Option<Arc<PartMaker>>,
    /// Makes the page of a story.
    pub stories: Option<Arc<StoryMaker>>,
    /// Makes the archives of feeds.
    pub archives: Option<Arc<ArchiveMaker>>,
    /// Makes what a reader lacks.
    pub deltas: Option<Arc<DeltaMaker>>,
}

/// Why there is no page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoPage {
    /// There never was.
    Missing,
    /// The feed was removed.
    FeedGone,
    /// The story was taken down.
    StoryGone,
    /// What was asked of it is no number.
    Unreadable,
    /// Whichever of these it is: in a frame of another site.
    Framed,
}

/// A page that is being made; `None` where there is none.
pub type Making = Pin<Box<dyn Future<Output = Option<Arc<Page>>> + Send>>;

/// Makes an archive of a feed (`/feeds/ID/2026-11-17.atom`).
pub type ArchiveMaker = dyn Fn(String) -> Making + Send + Sync;

/// Makes of the page of a path what it has beyond the first of these earlier versions that is remembered, each known by its hash; `None` where none is.
pub type DeltaMaker = dyn Fn(String, Vec<String>) -> Making + Send + Sync;

/// Makes the page of a story (`/story/ID`).
pub type StoryMaker = dyn Fn(StoryId) -> Making + Send + Sync;

/// Makes a part of the page of a path (`?limit=N&page=N`) from what the site was made of; `None` where the page has no parts or no such one.
/// The same question gets the same answer for as long as the site lives.
pub type PartMaker = dyn Fn(String, Part) -> Making + Send + Sync;

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
