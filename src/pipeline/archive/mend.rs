//! Mending a store in which something was found to be wrong: what the copy beside it has and it lacks comes back, names that lead nowhere
//! are forgotten, and every source is asked for its whole document, so that what was lost comes again.

use std::collections::HashSet;
use std::io::BufRead;
use std::sync::Arc;

use crate::config::Config;
use crate::edge::store::{Standing, Store, StoreError};
use crate::flow::archive::{Line, Reader};
use crate::flow::dedupe::keys;
use crate::model::{
    Batch, Because, EntryKey, Lookup, Pruned, SourceState, Story, StoryChange, StoryId, Subscriber, SubscriberId,
};
use crate::pipeline::archive::{STEP, Work, change_of, found, put_subscriber};
use crate::pipeline::blocking::blocking;
use crate::pipeline::withdraw::withdraw;

/// What mending came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mended {
    /// Stories that came back from the copy, with their titles and times.
    pub stories: u64,
    /// Names of pruned entries that came back from it.
    pub pruned: u64,
    /// Stories that are taken down again, as it says.
    pub withdrawn: u64,
    /// Sources' states that came back from it.
    pub sources: u64,
    /// Stories that can be found again by all their names and links.
    pub found: u64,
    /// Names that led nowhere: what they name is new when it is seen again.
    pub forgotten: u64,
}

/// Mends the store, if something is wrong with it; `None` where nothing is. Nobody may poll meanwhile.
pub async fn mend(config: &Arc<Config>, store: &Arc<Store>) -> anyhow::Result<Option<Mended>> {
    let wrong = store.unmended()?;
    if wrong.is_empty() {
        return Ok(None);
    }
    tracing::warn!(wrong = wrong.join("; "), "the store is being mended");
    let mut mended = Mended::default();
    let has_copy = match store.copy() {
        Ok(Some(mut copy)) => restore(config, store, &mut copy, &mut mended).await?,
        Ok(None) => {
            tracing::error!("there is no copy to mend the store from");
            false
        }
        Err(error) => {
            tracing::error!(%error, "the copy can't be read");
            false
        }
    };
    find_again(config, store, &mut mended).await?;
    forget_lost(store, &mut mended).await?;
    for (id, state) in store.source_states()? {
        let source = Some((id, to_be_asked(Arc::unwrap_or_clone(state), has_copy)));
        store.commit(Batch { source, ..Batch::default() }).await?;
    }
    store.mended().await?;
    let Mended { stories, pruned, withdrawn, sources, found, forgotten } = mended;
    tracing::warn!(
        stories,
        pruned,
        withdrawn,
        sources,
        found,
        forgotten,
        "the store is mended; every source is asked for its whole document"
    );
    Ok(Some(mended))
}

/// The state of a source that is to be asked for its whole document: as soon as its host allows, and later only where something says so.
/// Without a copy nobody knows what readers have had already: so what comes counts as arrived when it was published, as it does at a first
/// poll, and does not stand in the feeds as today's news.
fn to_be_asked(state: SourceState, has_copy: bool) -> SourceState {
    let may_be = state.failures == 0 && state.manners.rests_until.is_none() && !matches!(state.because, Because::Asked(_));
    let next = if may_be { state.next.min(state.checked) } else { state.next };
    let succeeded = state.succeeded.filter(|_| has_copy);
    SourceState { etag: None, last_modified: None, body: None, next, succeeded, ..state }
}

/// Puts back what the copy has and the store lacks; whether it could be read to its end. What follows a damaged line is left.
async fn restore(
    config: &Arc<Config>,
    store: &Arc<Store>,
    copy: &mut (dyn BufRead + Send),
    mended: &mut Mended,
) -> Result<bool, StoreError> {
    let mut reader = Reader::default();
    let mut work = Work { config, store, batch: Batch::default(), buried: Vec::new() };
    let (states, withdrawn) = (store.source_states()?, store.withdrawals()?);
    let subscribed: HashSet<SubscriberId> = store.subscribers()?.iter().map(Subscriber::id).collect();
    for text in copy.lines() {
        let line = text.map_err(|e| e.to_string()).and_then(|text| reader.line(&text).map_err(|e| e.to_string()));
        match line {
            Err(error) => {
                tracing::error!(error, "the copy can't be read any further");
                break;
            }
            Ok(Some(Line::Story(line))) if store.standing(line.id)? == Standing::Unknown => {
                if let Some(story) = line.story(0) {
                    work.put(story);
                    mended.stories += 1;
                }
            }
            Ok(Some(Line::Pruned(pruned))) if is_lost(store, &pruned)? => {
                work.buried.push(pruned);
                mended.pruned += 1;
            }
            // It may have been put back since the copy was kept: rather too little is shown than what must not be.
            Ok(Some(Line::Withdrawn(withdrawal))) if !withdrawn.contains_key(&withdrawal.story) => {
                work.write().await?;
                tracing::warn!(story = %withdrawal.story, "a story is taken down, as the copy says");
                withdraw(store, withdrawal).await?;
                mended.withdrawn += 1;
            }
            Ok(Some(Line::Source(line))) if !states.contains_key(&line.id) => {
                work.write().await?;
                store.set_pushes(vec![(line.id.clone(), line.push.clone())]).await?;
                let source = Some((line.id.clone(), line.state()));
                store.commit(Batch { source, ..Batch::default() }).await?;
                mended.sources += 1;
            }
            // Whoever has left since leaves again at the first call (410), or with the end of his lease.
            Ok(Some(Line::Subscriber(subscriber))) if !subscribed.contains(&subscriber.id()) => {
                put_subscriber(store, subscriber).await?;
            }
            Ok(_) => {}
        }
        if work.batch.stories.len() + work.buried.len() >= STEP {
            work.write().await?;
        }
    }
    work.write().await?;
    Ok(reader.end().inspect_err(|error| tracing::error!(%error, "the copy is not whole")).is_ok())
}

/// Whether a pruned entry's name is lost. Its story may have left others.
fn is_lost(store: &Store, pruned: &Pruned) -> Result<bool, StoreError> {
    let lookup = Lookup { key: pruned.entry, print: 0, link: None, begins: pruned.story };
    let is_known = store.known(&[lookup])?.entries.contains_key(&pruned.entry);
    Ok(!is_known && store.standing(pruned.story)? != Standing::Stored)
}

/// Makes every story that is stored known by the names and links of its entries, where they are missing.
async fn find_again(config: &Arc<Config>, store: &Arc<Store>, mended: &mut Mended) -> Result<(), StoreError> {
    let mut after: Option<StoryId> = None;
    loop {
        let (config, reader) = (Arc::clone(config), Arc::clone(store));
        let step = blocking(move || -> Result<_, StoreError> {
            let stories = reader.stories_after(after, STEP)?;
            let last = stories.last().map(|story| story.id);
            let lost: Vec<StoryChange> = stories
                .into_iter()
                .filter_map(|story| match is_found(&config, &reader, &story) {
                    Ok(true) => None,
                    Ok(false) => Some(Ok(change_of(&config, story))),
                    Err(error) => Some(Err(error)),
                })
                .collect::<Result<_, _>>()?;
            Ok((last, lost))
        });
        let (Some(last), lost) = step.await? else { return Ok(()) };
        after = Some(last);
        if !lost.is_empty() {
            mended.found += lost.len() as u64;
            store.commit(Batch { stories: lost, ..Batch::default() }).await?;
        }
    }
}

fn is_found(config: &Config, store: &Store, story: &Story) -> Result<bool, StoreError> {
    for report in &story.entries {
        let (key, print, link) = keys(report, config.tracking(&report.source));
        let known = store.known(&[Lookup { key, print, link, begins: story.id }])?;
        let has_link = match link {
            Some(link) => found(store.story_of(link))?.is_some(),
            None => true,
        };
        if !known.entries.contains_key(&key) || !has_link {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Forgets the names whose stories are neither stored nor pruned.
async fn forget_lost(store: &Store, mended: &mut Mended) -> Result<(), StoreError> {
    let mut after: Option<EntryKey> = None;
    loop {
        let names = store.names_after(after, STEP)?;
        let Some((last, _)) = names.last() else { return Ok(()) };
        after = Some(*last);
        let standings = store.standings(&names.iter().map(|(_, story)| *story).collect::<Vec<_>>())?;
        let lost = names.into_iter().filter(|(_, story)| !standings.contains_key(story)).map(|(key, _)| key);
        let lost: Vec<EntryKey> = lost.collect();
        if !lost.is_empty() {
            mended.forgotten += lost.len() as u64;
            store.forget(lost).await?;
        }
    }
}
