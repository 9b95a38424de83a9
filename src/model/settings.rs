//! The settings of `feeds.toml` that concern the whole service.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use ipnet::IpNet;
use jiff::tz::TimeZone;
use url::{Host, Url};

use crate::model::Secret;

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
    /// How the news of our feeds are announced.
    pub hub: Announce,
    /// What the administrator proves himself with at `/admin`; without it there is no such page.
    pub token: Option<Secret>,
}

impl Service {
    /// Whether others reach `url`, as far as that can be seen from the address: a public one, or one in a network that is opened.
    pub fn is_reachable(&self, opened: &[IpNet]) -> bool {
        let is_opened = |address: IpAddr| opened.iter().any(|network| network.contains(&address));
        match self.url.host() {
            Some(Host::Ipv4(v4)) => {
                is_opened(v4.into()) || !(v4.is_private() || v4.is_loopback() || v4.is_unspecified() || v4.is_link_local())
            }
            Some(Host::Ipv6(v6)) => {
                let is_local = v6.is_unique_local() || v6.is_unicast_link_local();
                is_opened(v6.into()) || !(v6.is_loopback() || v6.is_unspecified() || is_local)
            }
            Some(Host::Domain(name)) => {
                name.trim_end_matches('.').contains('.') && !name.trim_end_matches('.').ends_with(".localhost")
            }
            None => false,
        }
    }
}

/// How the news of our feeds are announced (WebSub).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announce {
    /// Not at all.
    Off,
    /// By us: this is where one subscribes.
    Here(Url),
    /// By the hub at this address, which is told that something has changed.
    Elsewhere(Url),
}

impl Announce {
    /// The address of the hub.
    pub fn url(&self) -> Option<&Url> {
        match self {
            Self::Off => None,
            Self::Here(url) | Self::Elsewhere(url) => Some(url),
        }
    }
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
    /// Whether articles that sources take out of their documents are looked at, and their stories withdrawn when they are gone.
    pub gone: bool,
    /// The proxy that everything is fetched through.
    pub proxy: Option<Url>,
    /// Who is asked for the addresses of hosts; those of the system where none is named.
    pub name_servers: Vec<SocketAddr>,
    /// Address ranges that may be fetched although they are not public.
    pub private_networks: Vec<IpNet>,
}
