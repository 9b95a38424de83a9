//! The pages of single stories, made when they are asked for: few at once, and each at most once a minute.
//!
//! A reader that asks for all of them in turn must not take the machine from polls and feeds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::Semaphore;

use crate::edge::store::{Store, StoreError};
use crate::flow::{merge, render};
use crate::model::{Page, Story, StoryId, StoryMaker};
use crate::pipeline::blocking::blocking;
use crate::pipeline::{Desk, explain};

/// Pages that are kept, at about 20 kB each.
const KEPT: usize = 256;
/// How long a page is good while its story does not change: the stories beside it may, and caches keep it as long.
const GOOD_FOR: SignedDuration = SignedDuration::from_secs(60);
/// Pages that are made at once.
const AT_ONCE: usize = 1;

/// The pages of stories under one configuration.
struct Sheets {
    desk: Desk,
    store: Arc<Store>,
    kept: Mutex<HashMap<StoryId, Kept>>,
    makers: Semaphore,
}

/// A page, and what it was made of.
struct Kept {
    seq: u64,
    made: Timestamp,
    page: Arc<Page>,
}

/// Makes the pages of stories when they are asked for.
pub fn story_maker(desk: &Desk, store: &Arc<Store>) -> Arc<StoryMaker> {
    let (kept, makers) = (Mutex::default(), Semaphore::new(AT_ONCE));
    let sheets = Arc::new(Sheets { desk: desk.clone(), store: Arc::clone(store), kept, makers });
    Arc::new(move |id| {
        let sheets = Arc::clone(&sheets);
        Box::pin(async move {
            let noted = |error: &StoreError| tracing::error!(%id, %error, "the page of a story could not be made");
            sheets.page(id).await.inspect_err(noted).ok().flatten()
        })
    })
}

impl Sheets {
    async fn page(self: Arc<Self>, id: StoryId) -> Result<Option<Arc<Page>>, StoreError> {
        let sheets = Arc::clone(&self);
        if let Some(known) = blocking(move || sheets.known(id)).await? {
            return Ok(known);
        }
        // Never closed.
        let _slot = self.makers.acquire().await.ok();
        let sheets = Arc::clone(&self);
        blocking(move || sheets.make(id)).await
    }

    /// The page of a story as far as it needs no making: the one that is kept, or that there is no such story.
    fn known(&self, id: StoryId) -> Result<Option<Option<Arc<Page>>>, StoreError> {
        Ok(match self.store.story(id)? {
            None => Some(None),
            Some(story) => self.good(&story).map(Some),
        })
    }

    /// The page that is kept of a story, if it still says what it should.
    fn good(&self, story: &Story) -> Option<Arc<Page>> {
        let now = (self.desk.clock)();
        let kept = self.kept();
        kept.get(&story.id).filter(|kept| kept.seq == story.seq && kept.is_good(now)).map(|kept| Arc::clone(&kept.page))
    }

    /// The page of a story, `None` where there is none or its sources are not configured any more.
    fn make(&self, id: StoryId) -> Result<Option<Arc<Page>>, StoreError> {
        let Some(story) = self.store.story(id)? else { return Ok(None) };
        // Somebody else may have made it while this one waited.
        if let Some(page) = self.good(&story) {
            return Ok(Some(page));
        }
        let (config, now) = (&self.desk.config, (self.desk.clock)());
        let Some(listed) = merge::listed(&story, &config.sources, &config.topics) else { return Ok(None) };
        let why = explain(config, &self.desk.rules, &self.store, &story)?;
        let rendered = render::story(&config.service, &config.topics, &listed, &story, &why);
        // A changed rule or neighbour has no date: what it makes of the page is as new as we know.
        let known = |kept: &Kept| if kept.page.body == rendered.body { kept.page.modified() } else { now };
        let modified = self.kept().get(&id).map_or_else(|| modified(&story), known);
        let page = Arc::new(render::seal(rendered, modified));
        self.keep(id, Kept { seq: story.seq, made: now, page: Arc::clone(&page) });
        Ok(Some(page))
    }

    fn keep(&self, id: StoryId, page: Kept) {
        let mut kept = self.kept();
        if kept.len() >= KEPT
            && let Some(oldest) = kept.iter().min_by_key(|(_, kept)| kept.made).map(|(id, _)| *id)
        {
            kept.remove(&oldest);
        }
        kept.insert(id, page);
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<StoryId, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// When what the page tells of a story last changed, as the story says: the same after a restart, and on every machine.
fn modified(story: &Story) -> Timestamp {
    let reports = story.entries.iter().flat_map(|report| std::iter::once(report.seen).chain(report.gone));
    reports.chain([story.arrived]).fold(story.updated, Timestamp::max)
}

impl Kept {
    fn is_good(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.made);
        SignedDuration::ZERO <= age && age < GOOD_FOR
    }
}
