//! The press: follows the store's changes, keeps each feed's shelf, and prints the pages that a change touches.
//!
//! What is printed is read back with another reader before it replaces the last good page. A page's date outlives restarts in the
//! store's stamps, so that Last-Modified never goes back, and equal bytes keep their date.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex};

use jiff::{SignedDuration, Timestamp};

use crate::config::Config;
use crate::edge::store::{Store, StoreError};
use crate::flow::merge::{self, Shelf};
use crate::flow::render::{self, Format, Front, Place, Rendered};
use crate::model::{Change, Feed, FeedId, Listed, Listing, Page, Part, Site, Stamp, Story, StoryId};

/// Stories or changes that are read from the store in one step.
const STEP: usize = 500;
/// Bytes of parts of pages (`?limit=N`) that one site keeps ready; beyond that they are made for the request.
const PARTS_BYTES: usize = 32 * 1024 * 1024;

/// The stories of every feed, and the pages printed from them.
pub struct Press {
    config: Arc<Config>,
    columns: Vec<Column>,
    /// Every story that stands in a feed's window, as it is shown.
    listed: HashMap<StoryId, Arc<Listed>>,
    pages: BTreeMap<String, Arc<Page>>,
    stamps: HashMap<String, Stamp>,
    new_stamps: Vec<Stamp>,
    /// The last change that was taken up.
    seq: u64,
    front_is_printed: bool,
}

/// The parts that are kept ready.
#[derive(Default)]
struct Made {
    pages: HashMap<(String, Part), Arc<Page>>,
    bytes: usize,
}

/// One feed.
struct Column {
    feed: Feed,
    shelf: Shelf,
    listing: Arc<Listing>,
    is_printed: bool,
    /// Something may have changed since it was printed.
    is_touched: bool,
}

impl Press {
    /// Reads every stored story once. A feed that can't be printed keeps its pages of `before`. Blocks.
    pub fn new(config: Arc<Config>, store: &Store, before: &Site) -> Result<Self, StoreError> {
        let seq = *store.latest().borrow();
        let columns = config.feeds.iter().map(|feed| Column {
            feed: feed.clone(),
            shelf: Shelf::new(feed.limit),
            listing: Arc::new(merge::listing(feed, Vec::new())),
            is_printed: false,
            is_touched: true,
        });
        let columns = columns.collect();
        let stamps = store.stamps()?;
        let ours: HashSet<String> =
            config.feeds.iter().flat_map(|feed| Format::ALL.map(|format| format.path(&feed.id))).collect();
        let pages =
            before.pages.iter().filter(|(path, _)| ours.contains(*path)).map(|(path, page)| (path.clone(), Arc::clone(page)));
        let (listed, pages) = (HashMap::new(), pages.collect());
        let mut press = Self { config, columns, listed, pages, stamps, new_stamps: Vec::new(), seq, front_is_printed: false };
        let mut after = None;
        loop {
            let stories = store.stories_after(after, STEP)?;
            let Some(last) = stories.last() else { return Ok(press) };
            after = Some(last.id);
            stories.iter().for_each(|story| {
                press.put(story);
            });
        }
    }

    /// Takes up what has changed in the store since the last time. Blocks.
    pub fn follow(&mut self, store: &Store) -> Result<(), StoreError> {
        loop {
            let changes = store.changes_after(self.seq, STEP)?;
            let Some(last) = changes.last() else { return Ok(()) };
            self.seq = last.seq;
            if !changes.iter().all(|change| self.take(change)) {
                let before = Site { pages: std::mem::take(&mut self.pages), ..Site::default() };
                *self = Self::new(Arc::clone(&self.config), store, &before)?;
            }
        }
    }

    /// Takes up one change; `false` means that a shelf has to be filled anew from the store.
    fn take(&mut self, change: &Change) -> bool {
        self.listed.remove(&change.id);
        match &change.story {
            Some(story) => self.put(story),
            None => self.columns.iter_mut().all(|column| column.remove(change.id)),
        }
    }

    fn put(&mut self, story: &Story) -> bool {
        let sources = &self.config.sources;
        self.columns.iter_mut().fold(true, |complete, column| {
            if merge::takes(&column.feed, story, sources) {
                column.shelf.put(story);
                column.is_touched = true;
                complete
            } else {
                column.remove(story.id) && complete
            }
        })
    }

    /// Prints every page that may have changed, and returns the site. Blocks for as long as rendering takes.
    pub fn print(&mut self, store: &Store, now: Timestamp) -> Result<Site, StoreError> {
        let mut front_is_touched = !self.front_is_printed;
        for place in 0..self.columns.len() {
            if std::mem::take(&mut self.columns[place].is_touched) {
                let stories = self.window(place, store)?;
                front_is_touched |= self.print_column(place, stories, now);
            }
        }
        if front_is_touched {
            self.print_front(now);
            self.front_is_printed = true;
        }
        let shown: HashSet<StoryId> = self.columns.iter().flat_map(|c| &c.listing.stories).map(|story| story.id).collect();
        self.listed.retain(|id, _| shown.contains(id));
        Ok(self.site())
    }

    /// The pages as they were last printed.
    pub fn site(&self) -> Site {
        Site { pages: self.pages.clone(), parts: Some(self.parts()), stories: None }
    }

    /// The last change that was taken up.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Takes over the dates of pages from stamps as they are stored; says whether one of them differs.
    pub fn adopt(&mut self, stamps: Vec<Stamp>) -> bool {
        let mut differs = false;
        for stamp in stamps {
            let ours = self.pages.get_mut(&stamp.path).filter(|page| page.hash == stamp.hash);
            if let Some(page) = ours.filter(|page| page.modified != stamp.modified) {
                *page = Arc::new(Page { modified: stamp.modified, ..Page::clone(page) });
                differs = true;
            }
            self.stamps.insert(stamp.path.clone(), stamp);
        }
        differs
    }

    /// The stamps that have changed since they were last taken, to be stored.
    pub fn take_stamps(&mut self) -> Vec<Stamp> {
        std::mem::take(&mut self.new_stamps)
    }

    /// The stories that a column's window names, as they are shown.
    fn window(&mut self, place: usize, store: &Store) -> Result<Vec<Arc<Listed>>, StoreError> {
        let mut stories = Vec::new();
        for id in self.columns[place].shelf.window() {
            if let Some(story) = self.listed.get(&id) {
                stories.push(Arc::clone(story));
            } else if let Some(story) = store.story(id)?
                && let Some(story) = merge::listed(&story, &self.config.sources, &self.config.topics)
            {
                let story = Arc::new(story);
                self.listed.insert(id, Arc::clone(&story));
                stories.push(story);
            }
        }
        Ok(stories)
    }

    /// Prints a column in every format, if its listing has changed; says whether it has.
    fn print_column(&mut self, place: usize, stories: Vec<Arc<Listed>>, now: Timestamp) -> bool {
        let column = &mut self.columns[place];
        let listing = Arc::new(merge::listing(&column.feed, stories));
        if column.is_printed && column.listing == listing {
            return false;
        }
        (column.listing, column.is_printed) = (Arc::clone(&listing), true);
        for format in Format::ALL {
            let path = format.path(&listing.id);
            let rendered = render::feed(&self.config.service, &listing, format);
            match render::read_back(format, &rendered, &listing) {
                Ok(()) => self.publish(path, rendered, now),
                Err(why) => tracing::error!(page = path, why, "a page could not be read back; the last good one stays"),
            }
        }
        true
    }

    fn print_front(&mut self, now: Timestamp) {
        let config = Arc::clone(&self.config);
        let listings: Vec<Arc<Listing>> = self.columns.iter().map(|column| Arc::clone(&column.listing)).collect();
        let is_topic = |listing: &&Arc<Listing>| config.topics.iter().any(|topic| topic.id == listing.id);
        let Some((latest, others)) = listings.split_first() else { return };
        let topics: Vec<&Listing> = others.iter().filter(is_topic).map(AsRef::as_ref).collect();
        let feeds: Vec<&Listing> = others.iter().filter(|l| !is_topic(l)).map(AsRef::as_ref).collect();
        let places = places(&config, &self.columns);
        let front = Front { latest, topics: &topics, feeds: &feeds, places: &places };
        let front = render::front(&config.service, &front);
        let all: Vec<&Listing> = listings.iter().map(AsRef::as_ref).collect();
        let opml = render::opml(&config.service, &all);
        let sources = render::sources_opml(&config.service, config.sources.values());
        for (path, rendered) in [("/", front), ("/opml", opml), ("/sources.opml", sources), ("/style.css", render::style())] {
            self.publish(path.to_owned(), rendered, now);
        }
    }

    fn publish(&mut self, path: String, rendered: Rendered, now: Timestamp) {
        let mut page = render::seal(rendered, now);
        match self.stamps.get(&path) {
            Some(stamp) if stamp.hash == page.hash => page.modified = stamp.modified,
            before => {
                let after = before.map(|stamp| stamp.modified.saturating_add(SignedDuration::from_secs(1)));
                page.modified = after.and_then(Result::ok).map_or(now, |after| after.max(now));
                let stamp = Stamp { path: path.clone(), hash: page.hash.clone(), modified: page.modified };
                self.stamps.insert(path.clone(), stamp.clone());
                self.new_stamps.push(stamp);
            }
        }
        self.pages.insert(path, Arc::new(page));
    }

    /// Makes parts of the feeds as they are now, each once.
    fn parts(&self) -> Arc<crate::model::PartMaker> {
        let config = Arc::clone(&self.config);
        let of_path =
            |column: &Column| Format::ALL.map(|format| (format.path(&column.feed.id), (format, Arc::clone(&column.listing))));
        let listings: HashMap<String, (Format, Arc<Listing>)> = self.columns.iter().flat_map(of_path).collect();
        // A part may show what the page without a query does not: it is as new as the newest form of its feed.
        let modified = |column: &Column| {
            let pages = Format::ALL.into_iter().filter_map(|format| self.pages.get(&format.path(&column.feed.id)));
            Some((column.feed.id.clone(), pages.map(|page| page.modified).max()?))
        };
        let dates: HashMap<FeedId, Timestamp> = self.columns.iter().filter_map(modified).collect();
        let made: Mutex<Made> = Mutex::default();
        Arc::new(move |path, part| {
            let (format, listing) = listings.get(path)?;
            let all = listing.stories.len().max(1);
            let part = Part { limit: part.limit.map(|limit| limit.min(all)), ..part };
            if part
                .page
                .is_some_and(|page| page > 1 && (page - 1).saturating_mul(render::page_size(part, listing, *format)) >= all)
            {
                return None;
            }
            let key = (path.to_owned(), part);
            if let Some(page) = made.lock().unwrap_or_else(|e| e.into_inner()).pages.get(&key) {
                return Some(Arc::clone(page));
            }
            let rendered = render::part(&config.service, listing, *format, part);
            let page = Arc::new(render::seal(rendered, dates.get(&listing.id).copied()?));
            let mut made = made.lock().unwrap_or_else(|e| e.into_inner());
            if made.bytes < PARTS_BYTES {
                made.bytes += page.body.len();
                made.pages.insert(key, Arc::clone(&page));
            }
            Some(page)
        })
    }
}

impl Column {
    /// Lets a story go; `false` means that the shelf has to be filled anew.
    fn remove(&mut self, id: StoryId) -> bool {
        let (removed, complete) = self.shelf.remove(id);
        self.is_touched |= removed;
        complete
    }
}

/// The places of the sources in the order of their names, with the feeds that are about one of them alone.
fn places<'a>(config: &'a Config, columns: &'a [Column]) -> Vec<Place<'a>> {
    let mut places: BTreeMap<&str, Place> = BTreeMap::new();
    for source in config.sources.values() {
        let Some(name) = source.place.as_deref() else { continue };
        let place = places.entry(name).or_insert_with(|| Place { name, feeds: Vec::new(), sources: Vec::new() });
        if !place.sources.contains(&source.name.as_str()) {
            place.sources.push(&source.name);
        }
    }
    for column in columns {
        if let [only] = column.feed.places.as_slice()
            && let Some(place) = places.get_mut(only.as_str())
        {
            place.feeds.push(&column.listing);
        }
    }
    places.into_values().collect()
}
