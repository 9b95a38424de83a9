//! The settings of `feeds.toml` that concern the whole service.

use std::time::Duration;

use ipnet::IpNet;
use jiff::tz::TimeZone;
use url::Url;

/// Who publishes: `[service]` of `feeds.toml`.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// What the whole site is called.
    pub title: String,
    /// The public address, ending in `/`: self links and pages are below it. Ids do not depend on it.
    pub url: Url,
    /// Whether `feeds.toml` gives `url`; else it is where we listen.
    pub has_url: bool,
    /// The address to listen on, as `HOST:PORT`.
    pub listen: String,
    /// A page or mail address for the administrators of sources; part of the User-Agent.
    pub contact: Option<String>,
    /// The language of the feeds, a BCP 47 tag.
    pub language: String,
    /// The zone of dates that name none, and of the times that people read.
    pub timezone: TimeZone,
}

/// Where stories are kept, and how long: `[store]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoreSettings {
    /// `sled:FOLDER`, where a relative folder is below the folder of `feeds.toml`, or the `postgres://` address of a database. That may
    /// hold a password.
    pub url: String,
    /// Stories that were first seen longer ago than this are pruned; `None` keeps all.
    pub keep: Option<Duration>,
}

/// How sources are fetched: `[fetch]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchSettings {
    /// The interval on average over all sources, and the first guess at one's.
    pub every: Duration,
    /// The shortest interval that the schedule may choose.
    pub min_every: Duration,
    /// The longest interval that the schedule may choose, failures apart.
    pub max_every: Duration,
    /// For a whole fetch, redirects included.
    pub timeout: Duration,
    /// The largest body after decompression, in bytes.
    pub max_body: usize,
    /// How many fetches run at once.
    pub parallel: usize,
    /// How many fetches of one host run at once.
    pub per_host: usize,
    /// The least time between the beginnings of two fetches of one host.
    pub spacing: Duration,
    /// Whether sources that have a hub are subscribed to.
    pub push: bool,
    /// The proxy that everything is fetched through.
    pub proxy: Option<Url>,
    /// Address ranges that may be fetched although they are not public.
    pub private_networks: Vec<IpNet>,
}
