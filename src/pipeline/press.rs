//! The press: follows the store's changes, keeps each feed's shelf, and prints the pages that a change touches.
//!
//! What is printed is read back with another reader before it replaces the last good page. A page's date outlives restarts in the
//! store's stamps, so that Last-Modified never goes back, and equal bytes keep their date.

mod places;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use crate::config::Config;
use crate::edge::store::{Store, StoreError};
use crate::flow::merge::{self, Shelf};
use crate::flow::render::{self, Format, Front, Rendered};
use crate::model::{Change, Feed, Listed, Listing, NoPage, Page, Site, Stamp, Story, StoryId, Withdrawals};
use crate::pipeline::archives::Archives;
use crate::pipeline::former::Former;
use crate::pipeline::parts::{Stock, Stocks, Versions, delta_maker, part_maker};
use crate::pipeline::press::places::places;
use crate::pipeline::withdraw::withdrawals;

/// Stories or changes that are read from the store in one step.
const STEP: usize = 500;
/// Stories that were taken down of which a feed tells: more than a reader who comes once a week can miss.
const MOST_WITHDRAWN: usize = 100;

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
    former: Former,
    withdrawn: Arc<Withdrawals>,
    archives: Arc<Archives>,
    no_pages: Arc<BTreeMap<NoPage, Bytes>>,
}

/// One feed.
struct Column {
    feed: Feed,
    shelf: Shelf,
    /// What it holds.
    whole: Arc<Listing>,
    /// What is published of that: nearly always the same.
    listing: Arc<Listing>,
    /// The stories that it would hold if they had not been taken down, and when they were.
    withdrawn: BTreeMap<StoryId, Timestamp>,
    /// What it held before.
    versions: Versions,
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
            whole: Arc::new(merge::listing(feed, Vec::new())),
            listing: Arc::new(merge::listing(feed, Vec::new())),
            withdrawn: BTreeMap::new(),
            versions: Versions::default(),
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
        let former = Former::read(&config, store)?;
        let (new_stamps, front_is_printed) = (Vec::new(), false);
        let withdrawn = Arc::new(withdrawals(store)?);
        let archives = Arc::new(Archives::new(Arc::clone(&withdrawn)));
        let no_pages = Arc::new(render::no_pages(&config.service));
        let mut press = Self {
            config,
            columns,
            listed,
            pages,
            stamps,
            new_stamps,
            seq,
            front_is_printed,
            former,
            withdrawn,
            archives,
            no_pages,
        };
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
            self.withdrawn = Arc::new(withdrawals(store)?);
            self.archives.withdraw(Arc::clone(&self.withdrawn));
            if !changes.iter().all(|change| self.take(change)) {
                self.fill_anew(store)?;
            }
        }
    }

    fn fill_anew(&mut self, store: &Store) -> Result<(), StoreError> {
        let before = Site { pages: std::mem::take(&mut self.pages), ..Site::default() };
        let versions: Vec<Versions> = self.columns.iter_mut().map(|column| std::mem::take(&mut column.versions)).collect();
        *self = Self::new(Arc::clone(&self.config), store, &before)?;
        self.columns.iter_mut().zip(versions).for_each(|(column, versions)| column.versions = versions);
        Ok(())
    }

    /// Takes up one change; `false` means that a shelf has to be filled anew from the store.
    fn take(&mut self, change: &Change) -> bool {
        self.listed.remove(&change.id);
        match &change.story {
            Some(story) => self.put(story),
            None => {
                let archives = Arc::clone(&self.archives);
                self.columns.iter_mut().all(|column| column.forget(change.id, &archives))
            }
        }
    }

    fn put(&mut self, story: &Story) -> bool {
        let (sources, withdrawal) = (&self.config.sources, self.withdrawn.get(&story.id));
        self.columns.iter_mut().fold(true, |complete, column| {
            let Some(since) = merge::since(&column.feed, story, sources) else {
                return column.forget(story.id, &self.archives) && complete;
            };
            self.archives.change(&column.feed.id, |archive| archive.put(story.id, since));
            column.is_touched = true;
            if let Some(withdrawal) = withdrawal {
                column.withdrawn.insert(story.id, withdrawal.when);
                return column.remove(story.id) && complete;
            }
            column.withdrawn.remove(&story.id);
            column.shelf.put(story);
            complete
        })
    }

    /// Prints every page that may have changed, and returns the site. Blocks for as long as rendering takes.
    pub fn print(&mut self, store: &Store, now: Timestamp) -> Result<Site, StoreError> {
        let mut front_is_touched = !self.front_is_printed;
        if !self.front_is_printed {
            self.print_what_stays(now);
        }
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
        let (moved, mut gone) = (self.former.moved(&self.config), self.former.gone(&self.config));
        gone.extend(self.withdrawn.keys().map(|id| render::story_path(*id)));
        let (config, stocks) = (&self.config, self.stocks());
        let (parts, deltas) = (Some(part_maker(config, &stocks)), Some(delta_maker(config, &stocks)));
        let open = self.config.feeds.iter().filter_map(|feed| Some((feed, self.archives.open(&feed.id)?)));
        let open = open.flat_map(|(feed, period)| render::archive_paths(&feed.id, period));
        let open = open.map(|(archive, feed)| (archive, render::local(&self.config.service, &feed))).collect();
        let no_pages = Arc::clone(&self.no_pages);
        Site { pages: self.pages.clone(), moved, open, gone, no_pages, parts, deltas, ..Site::default() }
    }

    /// The last change that was taken up.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Takes over the dates of pages from stamps as they are stored; says whether one of them differs.
    pub fn adopt(&mut self, stamps: Vec<Stamp>) -> bool {
        let mut differs = false;
        for stamp in stamps {
            let ours = self.pages.get_mut(&stamp.path).filter(|page| page.hash() == stamp.hash);
            if let Some(page) = ours.filter(|page| page.modified() != stamp.modified) {
                *page = Arc::new(page.at(stamp.modified));
                differs = true;
            }
            self.stamps.insert(stamp.path.clone(), stamp);
        }
        differs
    }

    /// The stories that a feed shows.
    pub fn shown(&self) -> Vec<StoryId> {
        let mut shown: Vec<StoryId> = self.listed.keys().copied().collect();
        shown.sort_unstable();
        shown
    }

    /// The archives that go with what was printed.
    pub fn archives(&self) -> &Arc<Archives> {
        &self.archives
    }

    /// The ids of all feeds that were ever published, if they have changed since they were last taken, to be remembered.
    pub fn take_feeds(&mut self) -> Option<Vec<u8>> {
        self.former.take_news()
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
        let mut withdrawn: Vec<(StoryId, Timestamp)> = column.withdrawn.iter().map(|(id, when)| (*id, *when)).collect();
        withdrawn.sort_by_key(|(id, when)| (Reverse(*when), *id));
        withdrawn.truncate(MOST_WITHDRAWN);
        let archive = self.archives.last(&column.feed.id);
        let whole = Arc::new(Listing { withdrawn, archive, ..merge::listing(&column.feed, stories) });
        if column.is_printed && column.whole == whole {
            return false;
        }
        let proof = render::proof(&self.config.service, &whole, render::read_back);
        (column.whole, column.listing, column.is_printed) = (whole, proof.listing, true);
        let feed = column.feed.id.clone();
        for (story, why) in &proof.set_aside {
            tracing::error!(%feed, %story, why, "a story could not be read back and was set aside");
        }
        for (format, why) in &proof.broken {
            tracing::error!(page = format.path(&feed), why, "a page could not be read back; the last good one stays");
        }
        let formats: Vec<Format> = proof.documents.iter().map(|(format, _)| *format).collect();
        for (format, page) in sealed(proof.documents, now) {
            self.publish(format.path(&feed), page, now);
        }
        let hash = |format: Format| Some((format, self.pages.get(&format.path(&feed))?.hash().to_owned()));
        let hashes = formats.into_iter().filter_map(hash).collect();
        let column = &mut self.columns[place];
        column.versions.push(hashes, Arc::clone(&column.listing));
        true
    }

    fn print_front(&mut self, now: Timestamp) {
        let config = Arc::clone(&self.config);
        let listings: Vec<Arc<Listing>> = self.columns.iter().map(|column| Arc::clone(&column.listing)).collect();
        let is_topic = |listing: &&Arc<Listing>| config.topics.iter().any(|topic| topic.id == listing.id);
        let Some((latest, others)) = listings.split_first() else { return };
        let topics: Vec<&Listing> = others.iter().filter(is_topic).map(AsRef::as_ref).collect();
        let feeds: Vec<&Listing> = others.iter().filter(|l| !is_topic(l)).map(AsRef::as_ref).collect();
        let places = places(&config, self.columns.iter().map(|column| (&column.feed, column.listing.as_ref())));
        let front = Front { latest, topics: &topics, feeds: &feeds, places: &places };
        let front = render::front(&config.service, &front);
        let all: Vec<&Listing> = listings.iter().map(AsRef::as_ref).collect();
        let opml = render::opml(&config.service, &all);
        for (path, rendered) in [("/", front), ("/opml", opml)] {
            self.publish(path.to_owned(), render::seal(rendered, now), now);
        }
    }

    /// Prints what the configuration alone decides.
    fn print_what_stays(&mut self, now: Timestamp) {
        let sources = render::sources_opml(&self.config.service, self.config.sources.values());
        let style = ("/style.css", render::style());
        for (path, rendered) in [("/sources.opml", sources), style, (render::EMBED_STYLE, render::embed_style())] {
            self.publish(path.to_owned(), render::seal(rendered, now), now);
        }
    }

    fn publish(&mut self, path: String, page: Page, now: Timestamp) {
        let modified = match self.stamps.get(&path) {
            Some(stamp) if stamp.hash == page.hash() => stamp.modified,
            before => {
                let after = before.map(|stamp| stamp.modified.saturating_add(SignedDuration::from_secs(1)));
                let modified = after.and_then(Result::ok).map_or(now, |after| after.max(now));
                let stamp = Stamp { path: path.clone(), hash: page.hash().to_owned(), modified };
                self.stamps.insert(path.clone(), stamp.clone());
                self.new_stamps.push(stamp);
                modified
            }
        };
        self.pages.insert(path, Arc::new(page.at(modified)));
    }

    /// What parts and deltas are made of.
    fn stocks(&self) -> Arc<Stocks> {
        let stock = |column: &Column| {
            let pages = Format::ALL.into_iter().filter_map(|format| self.pages.get(&format.path(&column.feed.id)));
            let modified = pages.map(|page| page.modified()).max()?;
            let (listing, versions) = (Arc::clone(&column.listing), column.versions.clone());
            let stock = Arc::new(Stock { listing, modified, versions });
            Some(Format::ALL.map(|format| (format.path(&column.feed.id), (format, Arc::clone(&stock)))))
        };
        Arc::new(self.columns.iter().filter_map(stock).flatten().collect())
    }
}

/// Seals a feed's documents, each on a thread of its own: compressing them is most of what a change costs.
fn sealed(documents: Vec<(Format, Rendered)>, now: Timestamp) -> Vec<(Format, Page)> {
    std::thread::scope(|scope| {
        let begin = |(format, rendered)| (format, scope.spawn(move || render::seal(rendered, now)));
        let begun: Vec<_> = documents.into_iter().map(begin).collect();
        let end = |job: std::thread::ScopedJoinHandle<'_, Page>| job.join().unwrap_or_else(|why| std::panic::resume_unwind(why));
        begun.into_iter().map(|(format, job)| (format, end(job))).collect()
    })
}

impl Column {
    /// Lets a story go that is not the feed's any more; `false` means that the shelf has to be filled anew.
    fn forget(&mut self, id: StoryId, archives: &Archives) -> bool {
        archives.change(&self.feed.id, |archive| archive.remove(id));
        self.is_touched |= self.withdrawn.remove(&id).is_some();
        self.remove(id)
    }

    /// Lets a story go; `false` means that the shelf has to be filled anew.
    fn remove(&mut self, id: StoryId) -> bool {
        let (removed, complete) = self.shelf.remove(id);
        self.is_touched |= removed;
        complete
    }
}
