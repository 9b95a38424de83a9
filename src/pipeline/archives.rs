//! The archives of all feeds: the press keeps them up to date, and their documents are made when they are asked for.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use jiff::Timestamp;
use tokio::sync::Semaphore;

use crate::config::Config;
use crate::edge::store::{Store, StoreError};
use crate::flow::merge::{self, Archive};
use crate::flow::render::{self, Chain};
use crate::model::{ArchiveMaker, Feed, FeedId, Listing, Page, Period, StoryId, Withdrawals};
use crate::pipeline::blocking::blocking;

/// Bytes of documents that are kept ready.
const MOST_BYTES: usize = 32 * 1024 * 1024;
/// Documents that are made at once.
const AT_ONCE: usize = 1;

/// The archives under one configuration. The press alone writes.
pub struct Archives {
    feeds: RwLock<HashMap<FeedId, Archive>>,
    withdrawn: RwLock<Arc<Withdrawals>>,
    kept: Mutex<Kept>,
    makers: Semaphore,
}

/// Documents that are kept, each with the revision that it shows.
#[derive(Default)]
struct Kept {
    pages: HashMap<String, (u64, Arc<Page>)>,
    bytes: usize,
}

impl Archives {
    pub fn new(withdrawn: Arc<Withdrawals>) -> Self {
        let (feeds, kept) = (RwLock::default(), Mutex::default());
        Self { feeds, withdrawn: RwLock::new(withdrawn), kept, makers: Semaphore::new(AT_ONCE) }
    }

    /// Changes the archive of a feed.
    pub fn change(&self, feed: &FeedId, change: impl FnOnce(&mut Archive)) {
        let mut feeds = self.feeds.write().unwrap_or_else(PoisonError::into_inner);
        change(feeds.entry(feed.clone()).or_default());
    }

    /// What is withdrawn from now on.
    pub fn withdraw(&self, withdrawn: Arc<Withdrawals>) {
        *self.withdrawn.write().unwrap_or_else(PoisonError::into_inner) = withdrawn;
    }

    /// The newest archive of a feed.
    pub fn last(&self, feed: &FeedId) -> Option<Period> {
        self.of(feed, Archive::last)?
    }

    /// The paths of all documents, the newest of each feed first.
    pub fn paths(&self, config: &Config) -> Vec<String> {
        let mut paths = Vec::new();
        for feed in &config.feeds {
            let mut next = self.last(&feed.id);
            while let Some(period) = next {
                paths.extend(render::archive_paths(&feed.id, period).map(|(path, _)| path));
                next = self.of(&feed.id, |archive| archive.before(period)).flatten();
            }
        }
        paths
    }

    /// The period of a feed to which its newest archive leads: a day that is not closed yet.
    pub fn open(&self, feed: &FeedId) -> Option<Period> {
        self.of(feed, |archive| archive.last().and_then(|last| archive.after(last)))?
    }

    fn of<T>(&self, feed: &FeedId, look: impl FnOnce(&Archive) -> T) -> Option<T> {
        self.feeds.read().unwrap_or_else(PoisonError::into_inner).get(feed).map(look)
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The document of a path, if there is one; blocks.
    fn page(&self, config: &Config, store: &Store, path: &str, now: Timestamp) -> Result<Option<Arc<Page>>, StoreError> {
        let Some((feed, period, format)) = render::archive_of(path) else { return Ok(None) };
        let Some(feed) = config.feeds.iter().find(|known| known.id == feed) else { return Ok(None) };
        let found = self.of(&feed.id, |archive| {
            let chain = Chain { period, before: archive.before(period), after: archive.after(period) };
            (archive.revision(), archive.stories(period), chain)
        });
        let Some((revision, ids, chain)) = found.filter(|(_, ids, _)| !ids.is_empty()) else { return Ok(None) };
        if let Some((_, page)) = self.kept().pages.get(path).filter(|(of, _)| *of == revision) {
            return Ok(Some(Arc::clone(page)));
        }
        let listing = self.listing(config, store, feed, &ids)?;
        let proof = render::proof_of(&Arc::new(listing), &[format], render::read_back, |listing, format| {
            render::archive(&config.service, listing, format, &chain)
        });
        for (story, why) in &proof.set_aside {
            tracing::error!(path, %story, why, "a story could not be read back and was set aside");
        }
        let Some((_, rendered)) = proof.documents.into_iter().next() else {
            tracing::error!(path, faults = ?proof.broken, "an archive could not be read back");
            return Ok(None);
        };
        let page = Arc::new(render::seal(rendered, now));
        self.keep(path, revision, &page);
        Ok(Some(page))
    }

    fn listing(&self, config: &Config, store: &Store, feed: &Feed, ids: &[StoryId]) -> Result<Listing, StoreError> {
        let withdrawn = Arc::clone(&self.withdrawn.read().unwrap_or_else(PoisonError::into_inner));
        let (mut stories, mut gone) = (Vec::new(), Vec::new());
        for id in ids {
            if let Some(withdrawal) = withdrawn.get(id) {
                gone.push((*id, withdrawal.when));
            } else if let Some(story) = store.story(*id)? {
                let listed = merge::listed(&story, &config.sources, &config.topics);
                stories.extend(listed.map(|story| merge::shown(feed, Arc::new(story))));
            }
        }
        let limit = stories.len();
        Ok(Listing { stories, limit, withdrawn: gone, ..merge::listing(feed, Vec::new()) })
    }

    fn keep(&self, path: &str, revision: u64, page: &Arc<Page>) {
        let mut kept = self.kept();
        if kept.bytes >= MOST_BYTES {
            *kept = Kept::default();
        }
        kept.bytes += page.body.len();
        if let Some((_, old)) = kept.pages.insert(path.to_owned(), (revision, Arc::clone(page))) {
            kept.bytes = kept.bytes.saturating_sub(old.body.len());
        }
    }
}

/// Makes archives when they are asked for: one at a time, so that who asks for all of them takes the machine from nobody.
pub fn archive_maker(
    archives: &Arc<Archives>,
    config: &Arc<Config>,
    store: &Arc<Store>,
    clock: fn() -> Timestamp,
) -> Arc<ArchiveMaker> {
    let (archives, config, store) = (Arc::clone(archives), Arc::clone(config), Arc::clone(store));
    Arc::new(move |path| {
        let (archives, config, store) = (Arc::clone(&archives), Arc::clone(&config), Arc::clone(&store));
        Box::pin(async move {
            let maker = Arc::clone(&archives);
            // Never closed.
            let _slot = archives.makers.acquire().await.ok();
            let made = blocking(move || {
                let made = maker.page(&config, &store, &path, clock());
                made.inspect_err(|error| tracing::error!(path, %error, "an archive could not be made"))
            });
            made.await.ok().flatten()
        })
    })
}
