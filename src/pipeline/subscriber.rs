//! The subscriber: asks hubs to announce the news of their sources, renews and ends that, and writes down what is known of it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use url::Url;

use crate::edge::chance;
use crate::edge::store::Store;
use crate::flow::push::{self, Ask, Off, Refusal};
use crate::flow::schedule::{self, Rests};
use crate::model::{Push, Source, SourceId};
use crate::pipeline::blocking::blocking;
use crate::pipeline::live::stopped;
use crate::pipeline::{Desk, Live};

/// How often it is looked at all hubs, whether they are to be asked.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// What changes within this time is looked at and written together.
const GATHER: Duration = Duration::from_millis(100);
/// Hubs that are asked at once.
const AT_ONCE: usize = 8;
/// Requests that are made ready at one look; the next look takes up the others.
const AT_A_LOOK: usize = 256;
/// How often it is looked for what hubs have announced to other processes.
const OVERHEAR_EVERY: Duration = Duration::from_secs(1);

/// Works until told to stop. Where nobody listens it only writes down what polls find out.
pub(super) async fn subscribe(mut live: Live) {
    let mut told: Option<Off> = None;
    let mut asks = JoinSet::new();
    let hubs = Arc::new(Hubs { room: Semaphore::new(AT_ONCE), rests: Mutex::default() });
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut is_all = true;
    loop {
        let desk = live.desk.borrow_and_update().clone();
        let mut wanted = Vec::new();
        if live.listens {
            let base = push::base(&desk.config.service, &desk.config.fetch);
            tell_once(&base, &mut told);
            if is_all {
                desk.pushes.refresh(&live.store).await;
            }
            if asks.len() < AT_A_LOOK {
                let of = if is_all { desk.pushes.sources() } else { desk.pushes.unwritten() };
                wanted = due(&desk, &live.store, base.ok().as_ref(), of).await;
            }
        }
        // Before a hub is asked: it may call another process.
        if let Err(error) = desk.pushes.write(&live.store).await {
            tracing::error!(%error, "what is known of hubs could not be stored");
        }
        for (source, ask) in wanted {
            asks.spawn(send(desk.clone(), Arc::clone(&live.store), source, ask, Arc::clone(&hubs)));
        }
        let some_changed = async {
            desk.pushes.changed().await;
            tokio::time::sleep(GATHER).await;
        };
        is_all = tokio::select! {
            _ = look.tick() => true,
            () = some_changed => false,
            Some(_) = asks.join_next() => false,
            changed = live.desk.changed() => if changed.is_ok() { true } else { break },
            () = stopped(&mut live.stop) => break,
        };
    }
    // What is under way is given up: the hub is asked again after the next start. What is known is written once more.
    asks.shutdown().await;
    let pushes = Arc::clone(&live.desk.borrow().pushes);
    if let Err(error) = pushes.write(&live.store).await {
        tracing::error!(%error, "what is known of hubs could not be stored");
    }
}

/// Takes up what hubs have announced to other processes that share the store, until told to stop.
pub(super) async fn overhear(live: Live) {
    let mut stop = live.stop.clone();
    let listening = async {
        loop {
            tokio::time::sleep(OVERHEAR_EVERY).await;
            let (pushes, reader) = (Arc::clone(&live.desk.borrow().pushes), Arc::clone(&live.store));
            match blocking(move || reader.hinted()).await {
                Ok(hinted) => pushes.overhear(hinted),
                // That the database is away is logged elsewhere.
                Err(error) => tracing::debug!(%error, "it could not be looked for announcements"),
            }
        }
    };
    tokio::select! {
        () = listening => {}
        () = stopped(&mut stop) => {}
    }
}

/// What requests to hubs share.
struct Hubs {
    room: Semaphore,
    /// Hubs that asked to be left alone. Kept apart from the sources' hosts: a document could name one of those as its hub, to silence it.
    rests: Mutex<Rests>,
}

impl Hubs {
    fn rests(&self) -> MutexGuard<'_, Rests> {
        self.rests.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// Says once why nothing is subscribed to.
fn tell_once(base: &Result<Url, Off>, told: &mut Option<Off>) {
    let off = base.as_ref().err().copied();
    if *told != off {
        match off {
            Some(reason) => tracing::info!("sources are polled only, and not subscribed to: {reason}"),
            None => tracing::info!("sources that have a hub are subscribed to"),
        }
        *told = off;
    }
}

/// What hubs are to be asked now for these sources.
async fn due(desk: &Desk, store: &Arc<Store>, base: Option<&Url>, of: BTreeSet<SourceId>) -> Vec<(SourceId, Ask)> {
    let now = (desk.clock)();
    let mut asks = Vec::new();
    for id in of {
        let is_wanted = |source: &&Source| source.enabled && source.push;
        let base = base.filter(|_| desk.config.sources.get(&id).as_ref().is_some_and(is_wanted));
        let step = |push: &mut Push| {
            let asks = push::step(push, base, now, chance::bytes);
            if !desk.config.sources.contains_key(&id) && push.subscription.is_none() && push.leaving.is_empty() {
                *push = Push::default();
            }
            asks
        };
        // Nearly always there is nothing to do.
        let known = desk.pushes.of(&id);
        let mut after = known.clone();
        step(&mut after);
        if after == known {
            continue;
        }
        let found = desk.pushes.decide(store, &id, step).await;
        asks.extend(found.into_iter().map(|ask| (id.clone(), ask)));
        if asks.len() >= AT_A_LOOK {
            break;
        }
    }
    asks
}

/// Asks a hub, when its host has room and does not rest.
async fn send(desk: Desk, store: Arc<Store>, source: SourceId, ask: Ask, hubs: Arc<Hubs>) {
    let _room = hubs.room.acquire().await.expect("the semaphore is never closed");
    let subscription = ask.subscription();
    let mode = if matches!(ask, Ask::Subscribe(_)) { "subscribe" } else { "unsubscribe" };
    let hub = &subscription.hub.url;
    let Ok(url) = Url::parse(hub) else { return };
    let sent = {
        let _slot = desk.crew.slot(&url, false).await;
        let now = (desk.clock)();
        let rests = hubs.rests().until(&url, now);
        match rests {
            Some(until) => Err(Refusal {
                why: "the hub has asked to be left alone".to_owned(),
                is_said: true,
                retry_after: Duration::try_from(until.duration_since(now)).ok(),
            }),
            None => {
                // On the source's own host the hub may have its port: the administrator wrote that.
                let home = desk.config.sources.get(&source).map(Source::url);
                desk.fetcher.submit(&url, home, &push::form(&ask), now).await.map_err(|error| {
                    if let Some(until) = schedule::host_rests(error.trouble, error.retry_after, now) {
                        hubs.rests().put(&url, until);
                    }
                    Refusal { is_said: error.status.is_some(), retry_after: error.retry_after, why: error.to_string() }
                })
            }
        }
    };
    let outcome = if sent.is_ok() { "accepted" } else { "failed" };
    desk.counts.add(|tally| *tally.hub_requests.entry((mode, outcome)).or_default() += 1);
    match sent {
        Ok(()) => tracing::info!(%source, hub, mode, "a hub was asked"),
        Err(refusal) => {
            tracing::warn!(%source, hub, mode, error = refusal.why, "a hub could not be asked");
            let note = |push: &mut Push| push::refused(push, subscription.token(), &refusal, (desk.clock)());
            desk.pushes.decide(&store, &source, note).await;
        }
    }
}
