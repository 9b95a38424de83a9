//! A look at an article that its source took out of its document; where it is gone, the story is told so, and withdrawn when nobody has it any
//! more.

mod windows;

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;

use crate::edge::store::{Store, StoreError};
use crate::flow::gone::{self, Meaning};
use crate::flow::merge;
use crate::model::{
    Batch, EntryKey, Lookup, Report, Sight, Sketch, Source, SourceId, SourceState, Story, StoryChange, StoryId, Vanished,
    Withdrawal,
};
use crate::pipeline::blocking::blocking;
use crate::pipeline::crew::caught;
use crate::pipeline::{Desk, Turn};

pub use windows::Windows;

/// Times that a story which polls change at the same moment is tried again.
const TRIES: usize = 100;
/// Articles of a source that are tried when one is sought that is there.
const MOST_COMPARED: usize = 8;

/// What became of a wish to look.
#[derive(Debug)]
pub(super) enum Looked {
    /// The source's state after it, or as another process left it.
    Done(Arc<SourceState>),
    /// It can't be made now; perhaps then.
    Later(Timestamp),
    /// It broke down; that is logged.
    BrokeDown,
}

/// Looks at the article of a source whose turn it is.
pub(super) async fn look(desk: Desk, store: Arc<Store>, source: Source, before: Arc<SourceState>) -> Looked {
    let (id, retry) = (source.id.clone(), gone::after_failure((desk.clock)()));
    match caught(Box::pin(Look { desk, store, source }.make(before))).await {
        Ok(Ok(looked)) => looked,
        Ok(Err(error)) => {
            tracing::error!(source = %id, %error, "what a look at an article told could not be stored");
            Looked::Later(retry)
        }
        Err(panic) => {
            tracing::error!(source = %id, panic, "a look at an article broke down");
            Looked::BrokeDown
        }
    }
}

struct Look {
    desk: Desk,
    store: Arc<Store>,
    source: Source,
}

/// Where an article is, and another one of the same site that should be there.
struct Article {
    url: Url,
    other: Option<Url>,
}

impl Look {
    async fn make(self, before: Arc<SourceState>) -> Result<Looked, StoreError> {
        let leased = self.desk.crew.lease(None, &self.desk, &self.store, &self.source, Some(before)).await;
        let (fence, before) = match leased {
            Ok((fence, Some(before))) => (fence, before),
            Ok((_, None)) | Err(Turn::Elsewhere { state: None, again: None }) => {
                return Ok(Looked::Later(gone::after_failure((self.desk.clock)())));
            }
            Err(Turn::Elsewhere { state: Some(state), .. }) => return Ok(Looked::Done(state)),
            Err(Turn::Elsewhere { again: Some(until), .. } | Turn::Rests(until)) => return Ok(Looked::Later(until)),
            Err(Turn::Polled(_) | Turn::NotWanted) => return Ok(Looked::BrokeDown),
        };
        // Another process may have looked meanwhile.
        let now = (self.desk.clock)();
        let Some(row) = gone::next(&before.vanished).filter(|row| row.next <= now) else {
            if let Some(fence) = fence {
                self.store.release(self.source.id.clone(), fence).await?;
            }
            return Ok(Looked::Done(before));
        };
        let sight = match self.article(row).await? {
            Some(article) => Some(self.sight(&article).await),
            None => None,
        };
        let after = self.settle(row, sight, &before, fence).await?;
        Ok(Looked::Done(Arc::new(after)))
    }

    /// Where the article is; `None` where it is not to be looked at any more: the story was pruned or put back, or has no such article.
    async fn article(&self, row: Vanished) -> Result<Option<Article>, StoreError> {
        let (store, source) = (Arc::clone(&self.store), self.source.clone());
        // Of those that stand in the document the oldest: they are most like one that has stood there.
        let mut others: Vec<EntryKey> = self.desk.windows.of(&source).iter().rev().copied().take(MOST_COMPARED).collect();
        others.push(row.beside);
        blocking(move || {
            let url = |story: &Story| report(story, &source).and_then(|report| Url::parse(report.url.as_deref()?).ok());
            let Some(story) = store.story(row.story)? else { return Ok(None) };
            let is_current = report(&story, &source).is_some_and(|report| report.gone.is_some() == row.is_told);
            let Some(article) = url(&story).filter(|_| is_current) else { return Ok(None) };
            let mut others = stories(&store, others.iter())?.into_iter().filter_map(|(_, other)| url(&other));
            let other = others.find(|other| other.host() == article.host() && *other != article);
            Ok(Some(Article { url: article, other }))
        })
        .await
    }

    /// What is seen at an article's address. Where it is gone, another one of the site has to be there.
    async fn sight(&self, article: &Article) -> Sight {
        let crew = &self.desk.crew;
        self.desk.counts.add(|tally| tally.looks += 1);
        match crew.visit(&self.desk, &self.source, &article.url).await {
            Some(true) => Sight::There,
            None => Sight::Unclear,
            Some(false) => {
                let Some(other) = &article.other else { return Sight::Unclear };
                let is_there = crew.visit(&self.desk, &self.source, other).await;
                if is_there == Some(true) { Sight::Gone } else { Sight::Unclear }
            }
        }
    }

    /// Stores what was seen: the source's state and what that means for the story in one batch.
    async fn settle(
        &self,
        row: Vanished,
        sight: Option<Sight>,
        before: &SourceState,
        fence: Option<u64>,
    ) -> Result<SourceState, StoreError> {
        let now = (self.desk.clock)();
        let (after, meaning) = sight.map_or((None, Meaning::Nothing), |sight| gone::after_look(row, sight, now));
        let others = before.vanished.iter().filter(|other| other.entry != row.entry).copied();
        let state = SourceState { vanished: others.chain(after).collect(), ..before.clone() };
        self.desk.later.forget(&self.source.id).await;
        let mut tries = 0;
        loop {
            let batch = if row.is_told || meaning != Meaning::Nothing {
                self.told(row.story, meaning, now).await?
            } else {
                Batch::default()
            };
            let source = Some((self.source.id.clone(), state.clone()));
            match self.store.commit(Batch { source, fence, ..batch }).await {
                Err(StoreError::Conflict) if tries < TRIES => tries += 1,
                done => return done.map(|()| state),
            }
        }
    }

    /// What becomes of the story: it is withdrawn as long as nobody has it, unless an administrator has withdrawn it.
    async fn told(&self, id: StoryId, meaning: Meaning, now: Timestamp) -> Result<Batch, StoreError> {
        let (store, config, source) = (Arc::clone(&self.store), Arc::clone(&self.desk.config), self.source.id.clone());
        blocking(move || {
            let Some(story) = store.story(id)? else { return Ok(Batch::default()) };
            let rank = |source: &SourceId| config.rank(source);
            let story = match meaning {
                Meaning::Nothing => story,
                Meaning::Gone(since) => gone::told(story, &source, Some(since), &rank, now),
                Meaning::Back => gone::told(story, &source, None, &rank, now),
            };
            let is_shown = merge::listed(&story, &config.sources, &config.topics).is_some();
            let withdrawals = match store.withdrawals()?.remove(&id) {
                None if !is_shown => vec![(id, Some(Withdrawal::by_sources(id, now)))],
                Some(withdrawal) if is_shown && withdrawal.is_by_sources() => vec![(id, None)],
                _ => Vec::new(),
            };
            if meaning == Meaning::Nothing && withdrawals.is_empty() {
                return Ok(Batch::default());
            }
            let is_withdrawn = withdrawals.first().map(|(_, withdrawal)| withdrawal.is_some());
            tracing::info!(%source, story = %id, ?meaning, is_withdrawn, "an article that its source took out is gone, or is back");
            let change = StoryChange { story, entries: Vec::new(), links: Vec::new(), sketch: Sketch::default() };
            Ok(Batch { stories: vec![change], withdrawals, ..Batch::default() })
        })
        .await
    }
}

/// The stories of entries, as far as they are known. Blocks.
pub(super) fn stories<'a>(
    store: &Store,
    entries: impl Iterator<Item = &'a EntryKey>,
) -> Result<Vec<(EntryKey, Story)>, StoreError> {
    // Nothing says what an entry of this print does: the stories are read.
    let lookup = |key: &EntryKey| Lookup { key: *key, print: 0, link: None, begins: StoryId([0; 16]) };
    let lookups: Vec<Lookup> = entries.map(lookup).collect();
    if lookups.is_empty() {
        return Ok(Vec::new());
    }
    let known = store.known(&lookups)?;
    let story = |lookup: &Lookup| {
        let (id, _) = known.entries.get(&lookup.key)?;
        Some((lookup.key, known.stories.get(id)?.clone()))
    };
    Ok(lookups.iter().filter_map(story).collect())
}

/// A source's report in a story.
pub(super) fn report<'a>(story: &'a Story, source: &Source) -> Option<&'a Report> {
    story.entries.iter().find(|report| report.source == source.id)
}
