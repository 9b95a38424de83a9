//! The loop that repeats it all: due sources are polled, the press follows the store, stories are classified anew after an edit,
//! old ones pruned; until told to stop.

use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::Config;
use crate::edge::store::{Memo, Store, StoreError};
use crate::flow::topic::Rules;
use crate::model::{Site, SourceState};
use crate::pipeline::archives::archive_maker;
use crate::pipeline::blocking::blocking;
use crate::pipeline::keep::keep_pages;
use crate::pipeline::later::write_later;
use crate::pipeline::lead::announce;
use crate::pipeline::poller::poll_due;
use crate::pipeline::sheets::story_maker;
use crate::pipeline::stamp::stamp;
use crate::pipeline::subscriber::{overhear, subscribe};
use crate::pipeline::subscribers::links;
use crate::pipeline::{Desk, Press, classify, keep_copy, prune, reclassify};

/// A change is printed at once; those that come within this time after it, together; or within so many times as long as printing took, so that many
/// sources which are new at once leave the processor to polls, up to the longest.
const GATHER: Duration = Duration::from_millis(200);
const TIMES_AS_LONG: u32 = 2;
const LONGEST_GATHER: Duration = Duration::from_secs(1);
/// The wait after something failed that the next attempt may well mend.
pub(super) const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How often it is looked whether older rules are still in use.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long polls under an older configuration are waited for; each has its own limits, far below this.
const LONGEST_POLL: Duration = Duration::from_secs(900);
/// How long pages of an earlier run are served while the store is mended, and what was lost is fetched again; a million stories take a minute
/// or two, and hosts with many sources are asked one after the other.
const LONGEST_MEND: Duration = Duration::from_secs(600);
/// How often all records are counted and read: it takes seconds of the disk's time for a million stories.
const INSPECT_EVERY: Duration = Duration::from_secs(24 * 3600);
/// How often it is looked whether the copy is too old.
const LOOK_FOR_COPY_EVERY: Duration = Duration::from_secs(600);
/// How often old stories are looked for.
const PRUNE_EVERY: Duration = Duration::from_secs(24 * 3600);

/// What the loop works on.
#[derive(Clone)]
pub struct Live {
    /// The desk in force; a new one takes over at once.
    pub desk: watch::Receiver<Desk>,
    /// The store.
    pub store: Arc<Store>,
    /// The site that is replaced when something has changed.
    pub site: Arc<ArcSwap<Site>>,
    /// Where the last good pages are kept; `None` where they are not.
    pub pages: Option<PathBuf>,
    /// Whether hubs can call this process, or another that shares the store.
    pub listens: bool,
    /// Becomes `true` when the service is to stop.
    pub stop: watch::Receiver<bool>,
}

/// Runs until told to stop. `polls` and `prints` choose the work, for processes that share it.
pub async fn run(live: Live, polls: bool, prints: bool) {
    let mut tasks = JoinSet::new();
    if prints {
        tasks.spawn(keep_going("the press", live.clone(), press));
        tasks.spawn(keep_going("the hub", live.clone(), announce));
        tasks.spawn(keep_going("the keeper of pages", live.clone(), keep_pages));
    }
    if polls {
        tasks.spawn(keep_going("the poller", live.clone(), poll_due));
        tasks.spawn(keep_going("the upkeep", live.clone(), keep_up));
        tasks.spawn(keep_going("the care of the store", live.clone(), care));
        tasks.spawn(keep_going("the writer of what can wait", live.clone(), write_later));
        if live.store.is_shared() {
            tasks.spawn(keep_going("the ear for other processes", live.clone(), overhear));
        }
        tasks.spawn(keep_going("the subscriber", live, subscribe));
    }
    tasks.join_all().await;
}

/// Runs a task; one that breaks down in a panic is begun again after a pause, for readers and sources should not suffer from it.
async fn keep_going<T: Future<Output = ()> + Send + 'static>(name: &str, live: Live, task: fn(Live) -> T) {
    loop {
        match tokio::spawn(task(live.clone())).await {
            Ok(()) => return,
            Err(error) => tracing::error!(%error, "{name} broke down and begins again"),
        }
        tokio::time::sleep(AFTER_FAILURE).await;
    }
}

pub(super) async fn stopped(stop: &mut watch::Receiver<bool>) {
    // The sender is gone only when the program ends: that is a stop, too.
    let _ = stop.wait_for(|&stop| stop).await;
}

/// While pages of an earlier run are served, waits until a store that was damaged is mended, and every source was asked for what was lost:
/// what is not back yet would look as if it were gone.
async fn mended(live: &Live) {
    let mending = async {
        let mut was_damaged = false;
        while live.site.load().kept.is_some() && !live.store.is_shared() {
            let is_damaged = live.store.unmended().is_ok_and(|wrong| !wrong.is_empty());
            was_damaged |= is_damaged;
            if !is_damaged && !awaits(live, was_damaged).await {
                return;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    if tokio::time::timeout(LONGEST_MEND, mending).await.is_err() {
        tracing::warn!("the store is not mended yet, or not all sources were asked; what it holds is published all the same");
    }
}

/// Whether a source was not asked yet for its whole document, as mending wants it.
async fn awaits(live: &Live, was_damaged: bool) -> bool {
    let (store, config) = (Arc::clone(&live.store), Arc::clone(&live.desk.borrow().config));
    let states = blocking(move || store.source_states()).await.unwrap_or_default();
    let is_asked = |state: &SourceState| state.body.is_some() || state.failures > 0;
    config.sources.values().filter(|source| source.enabled).any(|source| match states.get(&source.id) {
        Some(state) => !is_asked(state),
        // It is new, or its state was lost, too.
        None => was_damaged || states.is_empty(),
    })
}

/// Keeps the site up to date with the store and the configuration.
async fn press(mut live: Live) {
    let mut stop = live.stop.clone();
    tokio::select! {
        () = mended(&live) => {}
        () = stopped(&mut stop) => return,
    }
    loop {
        let failed = tokio::select! {
            result = follow(&mut live) => result.err(),
            () = stopped(&mut stop) => return,
        };
        if let Some(error) = failed {
            tracing::error!(%error, "the site could not be brought up to date; the last one is still served");
            tokio::time::sleep(AFTER_FAILURE).await;
        }
    }
}

/// Prints under one configuration until another takes over.
async fn follow(live: &mut Live) -> Result<(), StoreError> {
    let desk = live.desk.borrow_and_update().clone();
    let mut latest = live.store.latest();
    latest.borrow_and_update();
    let (config, store) = (Arc::clone(&desk.config), Arc::clone(&live.store));
    let before = live.site.load_full();
    let mut press = blocking(move || Press::new(config, &store, &before)).await?;
    let stories = story_maker(&desk, &live.store);
    let links = Arc::new(links(&desk.config));
    loop {
        let begun = tokio::time::Instant::now();
        let (store, clock) = (Arc::clone(&live.store), desk.clock);
        let (back, site) = blocking(move || -> Result<_, StoreError> {
            press.follow(&store)?;
            let site = press.print(&store, clock())?;
            Ok((press, site))
        })
        .await?;
        let gather = (begun.elapsed() * TIMES_AS_LONG).clamp(GATHER, LONGEST_GATHER);
        press = back;
        let (site, stamped) = stamp(&live.store, &mut press, site).await;
        let archives = Some(archive_maker(press.archives(), &desk.config, &live.store, desk.clock));
        let site = Arc::new(Site { stories: Some(Arc::clone(&stories)), archives, links: Arc::clone(&links), ..site });
        live.site.store(Arc::clone(&site));
        desk.subscribers.published(&desk.config, &site, press.seq());
        stamped?;
        if let Some(feeds) = press.take_feeds() {
            live.store.remember(Memo::Feeds, feeds).await?;
        }
        let rested = tokio::time::Instant::now() + gather;
        let something_new = async {
            match latest.changed().await {
                Ok(()) => tokio::time::sleep_until(rested).await,
                // A writer that is gone announces nothing any more.
                Err(_) => tokio::time::sleep(AFTER_FAILURE).await,
            }
        };
        tokio::select! {
            biased;
            changed = live.desk.changed() => return if changed.is_ok() { Ok(()) } else { std::future::pending().await },
            () = something_new => {}
        }
        latest.borrow_and_update();
    }
}

/// After each change of the configuration classifies the stored stories anew; once a day prunes the old ones.
async fn keep_up(mut live: Live) {
    let mut stop = live.stop.clone();
    let mut older: Vec<Weak<Rules>> = Vec::new();
    loop {
        let desk = live.desk.borrow_and_update().clone();
        let work = async {
            remember(&live.store, &desk.config).await;
            let in_use = || older.iter().any(|rules| rules.strong_count() > 0);
            if in_use() {
                // At once for the readers, and again for the stories that polls under older rules were still bringing in.
                note(classify(&live.store, &desk.rules).await);
                let ended = async {
                    while in_use() {
                        tokio::time::sleep(LOOK_AGAIN).await;
                    }
                };
                if tokio::time::timeout(LONGEST_POLL, ended).await.is_err() {
                    tracing::warn!("something still works under older topics; the stored stories are classified all the same");
                }
            }
            note(reclassify(&live.store, &desk.rules).await);
            prune_daily(&live.store, &desk).await
        };
        tokio::select! {
            () = work => {}
            changed = live.desk.changed() => if changed.is_err() { return },
            () = stopped(&mut stop) => return,
        }
        older.retain(|rules| rules.strong_count() > 0);
        older.push(Arc::downgrade(&desk.rules));
    }
}

/// Goes through everything that is stored, at the start and once a day, and keeps a copy of what can't be fetched again.
async fn care(live: Live) {
    let mut stop = live.stop.clone();
    let inspecting = async {
        let mut day = tokio::time::interval(INSPECT_EVERY);
        loop {
            day.tick().await;
            match live.store.inspect().await {
                Ok(findings) if findings.is_empty() => tracing::info!("the store is whole"),
                // Each was logged when it was found; the poller has it mended.
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "the store could not be inspected"),
            }
        }
    };
    let copying = async {
        let mut often = tokio::time::interval(LOOK_FOR_COPY_EVERY);
        loop {
            often.tick().await;
            let desk = live.desk.borrow().clone();
            if let Err(error) = keep_copy(&desk.config, &live.store, (desk.clock)()).await {
                tracing::error!(error = format!("{error:#}"), "no copy could be kept of what can't be fetched again");
            }
        }
    };
    tokio::select! {
        () = inspecting => {}
        () = copying => {}
        () = stopped(&mut stop) => {}
    }
}

/// Remembers the configuration, so that `plan` can say what another one would change.
async fn remember(store: &Store, config: &Config) {
    if let Err(error) = store.remember(Memo::Config, config.text.as_bytes().to_vec()).await {
        tracing::error!(%error, "the configuration could not be remembered");
    }
}

fn note(classified: Result<usize, StoreError>) {
    match classified {
        Ok(0) => {}
        Ok(stories) => tracing::info!(stories, "stories have other topics under the changed rules"),
        Err(error) => tracing::error!(%error, "the stored stories could not be classified anew"),
    }
}

/// Never ends.
async fn prune_daily(store: &Arc<Store>, desk: &Desk) {
    let Some(keep) = desk.config.store.keep else { return std::future::pending().await };
    let mut day = tokio::time::interval(PRUNE_EVERY);
    loop {
        day.tick().await;
        match prune(store, keep, (desk.clock)()).await {
            Ok(0) => {}
            Ok(stories) => tracing::info!(stories, "stories older than store.keep were pruned"),
            Err(error) => tracing::error!(%error, "old stories could not be pruned"),
        }
    }
}
