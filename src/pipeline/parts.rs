//! Parts of feeds (`?limit=N`), and what a reader of an earlier version lacks (RFC 3229): made when they are first asked for, from what
//! the site was made of.

use std::collections::{HashMap, HashSet, VecDeque};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use tokio::sync::Semaphore;

use crate::config::Config;
use crate::flow::merge;
use crate::flow::render::{self, Format, Rendered};
use crate::model::{DeltaMaker, Listed, Listing, Page, Part, PartMaker, Service, StoryId};
use crate::pipeline::blocking::blocking;

/// Bytes of parts and deltas that one site keeps ready; beyond that they are made for the request.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// Versions of a feed that are remembered: with a change a minute, four hours. They share their stories.
const MOST_VERSIONS: usize = 256;
/// Parts that are made at once, and deltas: who asks for many different ones takes the machine from nobody.
const AT_ONCE: usize = 1;

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

    fn place(&self, cursor: u64) -> Option<usize> {
        self.0.iter().rposition(|version| version.cursor == cursor)
    }

    /// What the feed has beyond the version of a cursor. `None` where that is not remembered, or where stories have come since and have left
    /// the feed again: whoever is told only of the others would never hear of them.
    fn news(&self, cursor: u64, now: &Listing) -> Option<Vec<Arc<Listed>>> {
        let place = self.place(cursor)?;
        let before = &self.0[place].listing;
        let told = before.stories.iter().chain(&now.stories).map(|story| story.id);
        let told: HashSet<StoryId> = told.chain(now.withdrawn.iter().map(|(id, _)| *id)).collect();
        let between = self.0.range(place + 1..).flat_map(|version| &version.listing.stories);
        between.into_iter().all(|story| told.contains(&story.id)).then(|| merge::news(before, now).stories)
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

/// Parts or deltas that were made, by path and what else was asked, and how many are made at once.
struct Maker<K> {
    config: Arc<Config>,
    stocks: Arc<Stocks>,
    made: Mutex<Made<K>>,
    makers: Semaphore,
}

struct Made<K> {
    pages: HashMap<(String, K), Arc<Page>>,
    bytes: usize,
}

impl<K: Clone + Eq + Hash + Send + 'static> Maker<K> {
    fn new(config: &Arc<Config>, stocks: &Arc<Stocks>) -> Arc<Self> {
        let (made, makers) = (Mutex::new(Made { pages: HashMap::new(), bytes: 0 }), Semaphore::new(AT_ONCE));
        Arc::new(Self { config: Arc::clone(config), stocks: Arc::clone(stocks), made, makers })
    }

    /// The page of a path for a question: as it was made before, or as `make` makes it of the path's feed.
    async fn get_or(
        self: Arc<Self>,
        path: String,
        asked: K,
        make: impl FnOnce(&Service, Format, &Stock, &K) -> Option<Rendered> + Send + 'static,
    ) -> Option<Arc<Page>> {
        let key = (path, asked);
        if let Some(page) = self.ready(&key) {
            return Some(page);
        }
        // Never closed.
        let _slot = self.makers.acquire().await.ok();
        // Somebody else may have made it while this one waited.
        if let Some(page) = self.ready(&key) {
            return Some(page);
        }
        let maker = Arc::clone(&self);
        blocking(move || {
            let (format, stock) = maker.stocks.get(&key.0)?;
            let rendered = make(&maker.config.service, *format, stock, &key.1)?;
            let page = Arc::new(render::seal(rendered, stock.modified));
            maker.keep(key, &page);
            Some(page)
        })
        .await
    }

    fn ready(&self, key: &(String, K)) -> Option<Arc<Page>> {
        self.made().pages.get(key).map(Arc::clone)
    }

    fn keep(&self, key: (String, K), page: &Arc<Page>) {
        let mut made = self.made();
        if made.bytes < MOST_BYTES {
            made.bytes += page.body.len();
            made.pages.insert(key, Arc::clone(page));
        }
    }

    fn made(&self) -> MutexGuard<'_, Made<K>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes parts of the feeds as they are now.
pub fn part_maker(config: &Arc<Config>, stocks: &Arc<Stocks>) -> Arc<PartMaker> {
    let maker = Maker::new(config, stocks);
    Arc::new(move |path, part| {
        let maker = Arc::clone(&maker);
        Box::pin(async move {
            let (format, stock) = maker.stocks.get(&path)?;
            let part = as_said(part, *format, stock)?;
            maker.get_or(path, part, |service, format, stock, part| Some(render_part(service, format, stock, *part))).await
        })
    })
}

/// A part in the words in which all say it that get the same; `None` where there is no such page.
fn as_said(part: Part, format: Format, stock: &Stock) -> Option<Part> {
    let all = stock.listing.stories.len().max(1);
    let is_known = |cursor: &u64| format == Format::SidebarJson && stock.versions.place(*cursor).is_some();
    let part = Part { limit: part.limit.map(|limit| limit.min(all)), since: part.since.filter(is_known), ..part };
    let size = render::page_size(part, &stock.listing, format);
    let is_beyond = part.page.is_some_and(|page| page > 1 && (page - 1).saturating_mul(size) >= all);
    (!is_beyond).then_some(part)
}

fn render_part(service: &Service, format: Format, stock: &Stock, part: Part) -> Rendered {
    // All or nothing: what a limit cut off would be lost to who goes on from the new cursor.
    let fits = |news: &Vec<_>| part.limit.is_none_or(|limit| news.len() <= limit);
    match part.since.and_then(|cursor| stock.versions.news(cursor, &stock.listing)).filter(fits) {
        Some(news) => render::since(service, &stock.listing, news, part),
        None => render::part(service, &stock.listing, format, Part { since: None, ..part }),
    }
}

/// Makes what readers of earlier versions lack.
pub fn delta_maker(config: &Arc<Config>, stocks: &Arc<Stocks>) -> Arc<DeltaMaker> {
    let maker = Maker::new(config, stocks);
    Arc::new(move |path, hashes: Vec<String>| {
        let maker = Arc::clone(&maker);
        Box::pin(async move {
            let (format, stock) = maker.stocks.get(&path)?;
            let is_feed = matches!(format, Format::Rss | Format::Atom | Format::Json);
            let known = hashes.into_iter().find(|hash| is_feed && stock.versions.with(*format, hash).is_some())?;
            maker.get_or(path, known, |service, format, stock, hash| render_delta(service, format, stock, hash)).await
        })
    })
}

fn render_delta(service: &Service, format: Format, stock: &Stock, hash: &str) -> Option<Rendered> {
    let version = stock.versions.with(format, hash)?;
    Some(render::feed(service, &merge::news(&version.listing, &stock.listing), format))
}
