//! Parts of feeds (`?limit=N`), and what a reader of an earlier version lacks (RFC 3229): made when they are first asked for, from what
//! the site was made of.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::config::Config;
use crate::flow::merge;
use crate::flow::render::{self, Format};
use crate::model::{DeltaMaker, Listing, Page, Part, PartMaker};

/// Bytes of parts and deltas that one site keeps ready; beyond that they are made for the request.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// Versions of a feed that are remembered: with a change a minute, four hours. They share their stories.
const MOST_VERSIONS: usize = 256;

/// What a feed held when its pages had certain hashes.
pub struct Version {
    hashes: HashMap<Format, String>,
    cursor: u64,
    listing: Arc<Listing>,
}

/// The last versions of a feed. A restart forgets them: then readers get the whole feed once.
#[derive(Clone, Default)]
pub struct Versions(VecDeque<Arc<Version>>);

impl Versions {
    /// Remembers one, and forgets the oldest.
    pub fn push(&mut self, hashes: HashMap<Format, String>, listing: Arc<Listing>) {
        if self.0.len() == MOST_VERSIONS {
            self.0.pop_front();
        }
        self.0.push_back(Arc::new(Version { hashes, cursor: listing.cursor(), listing }));
    }

    fn at(&self, cursor: u64) -> Option<&Version> {
        self.0.iter().rev().find(|version| version.cursor == cursor).map(AsRef::as_ref)
    }

    fn with(&self, format: Format, hash: &str) -> Option<&Version> {
        let is_it = |version: &&Arc<Version>| version.hashes.get(&format).is_some_and(|known| known == hash);
        self.0.iter().rev().find(is_it).map(AsRef::as_ref)
    }
}

/// What the parts of one feed are made of.
pub struct Stock {
    /// The feed as it is published.
    pub listing: Arc<Listing>,
    /// When its newest page was: a part may show what the page without a query does not.
    pub modified: Timestamp,
    /// What it was before.
    pub versions: Versions,
}

/// The feeds by the paths of their pages.
pub type Stocks = HashMap<String, (Format, Arc<Stock>)>;

/// What was made, by path and what else was asked.
struct Made<K> {
    pages: HashMap<(String, K), Arc<Page>>,
    bytes: usize,
}

/// One maker's memory.
struct Kept<K>(Mutex<Made<K>>);

impl<K: Eq + std::hash::Hash> Kept<K> {
    fn new() -> Self {
        Self(Mutex::new(Made { pages: HashMap::new(), bytes: 0 }))
    }

    fn get_or(&self, path: &str, asked: K, make: impl FnOnce() -> Page) -> Arc<Page> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (path.to_owned(), asked);
        if let Some(page) = lock().pages.get(&key) {
            return Arc::clone(page);
        }
        let page = Arc::new(make());
        let mut made = lock();
        if made.bytes < MOST_BYTES {
            made.bytes += page.body.len();
            made.pages.insert(key, Arc::clone(&page));
        }
        page
    }
}

/// Makes parts of the feeds as they are now.
pub fn part_maker(config: &Arc<Config>, stocks: &Arc<Stocks>) -> Arc<PartMaker> {
    let (config, stocks, kept) = (Arc::clone(config), Arc::clone(stocks), Kept::new());
    Arc::new(move |path, part| {
        let (format, stock) = stocks.get(path)?;
        let listing = &stock.listing;
        let all = listing.stories.len().max(1);
        let version = part.since.filter(|_| *format == Format::SidebarJson).and_then(|cursor| stock.versions.at(cursor));
        let since = part.since.filter(|_| version.is_some());
        let part = Part { limit: part.limit.map(|limit| limit.min(all)), since, ..part };
        let size = render::page_size(part, listing, *format);
        if part.page.is_some_and(|page| page > 1 && (page - 1).saturating_mul(size) >= all) {
            return None;
        }
        let make = || {
            let rendered = match version {
                Some(version) => render::since(&config.service, listing, &merge::news(&version.listing, listing).stories, part),
                None => render::part(&config.service, listing, *format, part),
            };
            render::seal(rendered, stock.modified)
        };
        Some(kept.get_or(path, part, make))
    })
}

/// Makes what readers of earlier versions lack.
pub fn delta_maker(config: &Arc<Config>, stocks: &Arc<Stocks>) -> Arc<DeltaMaker> {
    let (config, stocks, kept) = (Arc::clone(config), Arc::clone(stocks), Kept::new());
    Arc::new(move |path, hash| {
        let (format, stock) = stocks.get(path)?;
        if !matches!(format, Format::Rss | Format::Atom | Format::Json) {
            return None;
        }
        let version = stock.versions.with(*format, hash)?;
        let make = || {
            let news = merge::news(&version.listing, &stock.listing);
            render::seal(render::feed(&config.service, &news, *format), stock.modified)
        };
        Some(kept.get_or(path, hash.to_owned(), make))
    })
}
