//! A source as `feeds.toml` describes it, and what is remembered of it between two polls.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use crate::model::{Because, Habits, Manners, RollCall, Slug, Vanished};

/// A source's id in `feeds.toml`.
pub type SourceId = Slug;

/// One place that is polled.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Its id in `feeds.toml`; with a guid it names an entry for good.
    pub id: SourceId,
    /// What readers see as the credit.
    pub name: String,
    /// The province or city that it speaks for.
    pub place: Option<String>,
    /// Free words of the administrator's, for feeds to choose by.
    pub tags: Vec<String>,
    /// Where its entries come from.
    pub origin: Origin,
    /// The address that readers see: that of `origin`, but without what may be a secret.
    pub home: Url,
    /// The fixed interval between polls; `None` leaves it to the schedule.
    pub every: Option<Duration>,
    /// When several sources carry a story, the highest rank leads it.
    pub rank: i32,
    /// A source that is not enabled is not polled; its stories stay.
    pub enabled: bool,
    /// Whether it is subscribed to, if it has a hub.
    pub push: bool,
    /// Additional request headers, such as an authorisation.
    pub headers: BTreeMap<String, String>,
    /// The zone of dates that name none.
    pub timezone: TimeZone,
    /// The encoding to read with, whatever the document says (a WHATWG label).
    pub encoding: Option<String>,
    /// Whether an article that it takes out of its document is looked at, and its story withdrawn when it is gone.
    pub gone: bool,
    /// How much of an article is kept and republished.
    pub content: Content,
    /// Parameters of its addresses that name no article, such as `cid` or `bao_*`.
    pub tracking: Vec<String>,
    /// Hosts that its links may lead to beside its own site, as they stand in addresses; all where none is named.
    pub link_hosts: Vec<String>,
}

impl Source {
    /// A hash of everything that decides what a document of this source is and how it is read. It costs more than all other decisions of a
    /// poll: once is enough.
    pub fn settings(&self) -> u64 {
        let said = self.said();
        // What is not said leaves the hash as it was before it could be said.
        let hosts = if self.link_hosts.is_empty() { String::new() } else { format!("{:?}", self.link_hosts) };
        xxh3_64(format!("{said:?}{hosts}").as_bytes())
    }

    /// Whether another source would have the same hash of settings.
    pub fn is_set_as(&self, other: &Self) -> bool {
        (self.said(), &self.link_hosts) == (other.said(), &other.link_hosts)
    }

    fn said(&self) -> impl PartialEq + fmt::Debug {
        (&self.origin, &self.headers, &self.encoding, &self.content, &self.timezone)
    }

    /// The address that is fetched.
    pub fn url(&self) -> &Url {
        match &self.origin {
            Origin::Feed { url } | Origin::Page { url, .. } => url,
        }
    }
}

/// What stands at a source's address.
#[derive(Clone, Debug, PartialEq)]
pub enum Origin {
    /// A feed in any format.
    Feed {
        /// Its address.
        url: Url,
    },
    /// An HTML page that lists articles.
    Page {
        /// Its address.
        url: Url,
        /// Where on the page an article's parts stand.
        select: Select,
    },
}

/// CSS selectors for a listing page. `item` finds the articles; the others are looked for inside one of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Select {
    /// One article.
    pub item: String,
    /// Its title.
    pub title: String,
    /// The element whose `href` is the article's address.
    pub link: String,
    /// Its date, read by `date_format`, or in any known form where that is missing.
    pub date: Option<String>,
    /// A strptime format such as `%d/%m/%Y %H:%M`.
    pub date_format: Option<String>,
    /// Its summary.
    pub summary: Option<String>,
    /// The element whose `src` (or `data-src`) is its picture.
    pub image: Option<String>,
}

/// How much of an article is kept and republished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// The summary only: the default, and what a publisher's rights allow.
    #[default]
    Summary,
    /// The full text too, where the source publishes it.
    Full,
}

/// What is remembered of a source between two polls. Stored in one batch with the entries that came with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceState {
    /// A hash of the source's address and of the settings that its documents are read with: under others, `etag`, `last_modified` and
    /// `body` mean nothing.
    pub settings: u64,
    /// The ETag header, byte for byte as it came.
    pub etag: Option<Vec<u8>>,
    /// The Last-Modified header, byte for byte as it came.
    pub last_modified: Option<Vec<u8>>,
    /// A hash of the last body that was read whole.
    pub body: Option<[u8; 16]>,
    /// No request before this time.
    pub next: Timestamp,
    /// The last time that the source was asked.
    pub checked: Timestamp,
    /// The last time that it answered with a feed, or that its feed had not changed. `None`: never, so the next
    /// success is the baseline.
    pub succeeded: Option<Timestamp>,
    /// The wait before `next`, in seconds, before jitter.
    pub interval_seconds: u64,
    /// Why `next` is when it is.
    pub because: Because,
    /// What has been learned of when it publishes; `None` before the first success, and where an older version kept the state.
    pub habits: Option<Habits>,
    /// Failures since the last success.
    pub failures: u32,
    /// The last failure, as a sentence, until the next success.
    pub error: Option<String>,
    /// What good manners need to remember.
    #[serde(default)]
    pub manners: Manners,
    /// Entries that it took out of its document.
    #[serde(default)]
    pub vanished: Vec<Vanished>,
    /// When documents of its told which pruned entries it still lists.
    #[serde(default)]
    pub roll_call: Option<RollCall>,
}

#[cfg(test)]
impl SourceState {
    /// The state of a source that was asked once and had nothing to say, for tests to say what matters to them.
    pub(crate) fn bare(asked: Timestamp) -> Self {
        Self {
            settings: 7,
            etag: None,
            last_modified: None,
            body: None,
            next: asked,
            checked: asked,
            succeeded: Some(asked),
            interval_seconds: 900,
            because: Because::Unsaid,
            habits: None,
            failures: 0,
            error: None,
            manners: Manners::default(),
            vanished: Vec::new(),
            roll_call: None,
        }
    }
}
