//! Many polls at once: so many in all, so many of one host and not too quickly one after the other; a host that rests is left alone;
//! one that hangs, or a poll that panics, harms no other.

mod caught;
mod place;
mod visit;

use std::borrow::Borrow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;
use tracing::Instrument;
use url::{Position, Url};

use crate::edge::fetch::{FetchError, Turns, at_once};
use crate::edge::store::{Claim, Lease, Store};
use crate::flow::robots::Robots;
use crate::flow::schedule::{self, Rests};
use crate::model::{FetchSettings, Looked, Source, SourceState, Trouble};
use crate::pipeline::{Desk, Polled, poll};
pub(super) use caught::caught;

pub use place::Place;

/// A poll that takes longer than most healthy ones steps aside, so that those that wait behind it can go on.
const STEP_ASIDE_AFTER: Duration = Duration::from_secs(3);
/// Polls that may stand aside, for each one that may run: they only wait.
const ASIDE: usize = 4;
/// Polls that may stand aside in all: each takes a descriptor, of which a process usually has 1,024.
const MOST_ASIDE: usize = 256;
/// A lease lasts so many times as long as a fetch may take: that of robots.txt, that of the source, and as much for all the rest.
const LEASE: u32 = 3;
/// How long a poll waits for its turn at a host that other processes ask, too. Beyond that the host rests.
const LONGEST_DISTANCE: Duration = Duration::from_secs(60);
/// How long a source is left alone when the store could not say whether it may be polled.
const WITHOUT_STORE: Duration = Duration::from_secs(5);
/// Hosts that are remembered before those are forgotten of which nothing is known any more: a source may lead to another one each time.
const MOST_HOSTS: usize = 65_536;
/// How long robots.txt is believed (RFC 9309, section 2.4).
const ROBOTS_FOR: SignedDuration = SignedDuration::from_hours(24);
/// How long a refusal in it is believed: the next look asks again.
const REFUSAL_FOR: SignedDuration = SignedDuration::from_hours(1);

/// What became of a wish to poll.
#[derive(Clone, Debug)]
pub enum Turn {
    /// It was polled.
    Polled(Box<Polled>),
    /// The host has asked meanwhile to be left alone until then; nothing was asked.
    Rests(Timestamp),
    /// Another process polls the source, or has polled it since; nothing was asked.
    Elsewhere {
        /// Its state as that process left it.
        state: Option<Arc<SourceState>>,
        /// When to look again, where that process has not told.
        again: Option<Timestamp>,
    },
    /// Meanwhile the configuration has another source of this name, or none, or one that is not polled; nothing was asked.
    NotWanted,
}

/// Who may poll at the same time.
#[derive(Clone)]
pub struct Crew {
    /// Room for polls that run.
    running: Arc<Semaphore>,
    /// Room for those that have been slow, this time or the last.
    aside: Arc<Semaphore>,
    parallel: usize,
    per_host: usize,
    spacing: Duration,
    /// Those of sources, and those that redirects have led to.
    hosts: Arc<Mutex<HashMap<Arc<str>, Arc<Host>>>>,
    rests: Arc<Mutex<Rests>>,
    /// Whether a host is left alone that asked another process for that.
    heeds_rests: Arc<AtomicBool>,
}

/// What the sources of one host share.
struct Host {
    /// Without scheme and port: they are one machine.
    name: Arc<str>,
    room: Arc<Semaphore>,
    /// No fetch begins before this time.
    free_from: Mutex<Option<Instant>>,
    /// What its robots.txt said, and when: one for each scheme and port.
    robots: tokio::sync::Mutex<HashMap<String, (Timestamp, Arc<Robots>)>>,
}

impl Crew {
    /// A crew within the limits of a configuration.
    pub fn new(fetch: &FetchSettings) -> Self {
        Self {
            running: Arc::new(Semaphore::new(fetch.parallel)),
            aside: Arc::new(Semaphore::new((fetch.parallel * ASIDE).min(MOST_ASIDE))),
            parallel: fetch.parallel,
            per_host: fetch.per_host,
            spacing: fetch.spacing,
            hosts: Arc::default(),
            rests: Arc::default(),
            heeds_rests: Arc::default(),
        }
    }

    /// The crew under a changed configuration: what is under way counts on, and which hosts rest is still known. Where a limit itself is another
    /// one, what it counted is counted anew.
    pub fn under(&self, fetch: &FetchSettings) -> Self {
        let mut crew = Self { rests: Arc::clone(&self.rests), heeds_rests: Arc::clone(&self.heeds_rests), ..Self::new(fetch) };
        if self.parallel == fetch.parallel {
            (crew.running, crew.aside) = (Arc::clone(&self.running), Arc::clone(&self.aside));
        }
        if self.per_host == fetch.per_host {
            crew.hosts = Arc::clone(&self.hosts);
        }
        crew
    }

    /// Takes up which hosts rest, from what was heard before the process was started; from then on also what other processes hear. Without
    /// this only what it heard itself counts.
    pub fn remember<'a>(&self, states: impl Iterator<Item = (&'a Source, &'a SourceState)>) {
        *lock(&self.rests) = Rests::of(states);
        self.heeds_rests.store(true, Ordering::Relaxed);
    }

    /// Until when a source's host rests, if it does.
    pub fn rests_until(&self, source: &Source, now: Timestamp) -> Option<Timestamp> {
        lock(&self.rests).until(source.url(), now)
    }

    /// Polls a source when its host and the crew have room, under the configuration that is in force then: the wait may be long.
    pub fn poll<D: Borrow<Desk>>(
        &self,
        desk: impl Fn() -> D,
        store: &Arc<Store>,
        source: &Source,
        before: Option<Arc<SourceState>>,
    ) -> impl Future<Output = Turn> {
        self.poll_despite(None, desk, store, source, before)
    }

    /// Polls a source although its host rests until `rest`: an administrator has asked for it. A longer rest that is heard meanwhile holds.
    pub async fn poll_despite<D: Borrow<Desk>>(
        &self,
        rest: Option<Timestamp>,
        desk: impl Fn() -> D,
        store: &Arc<Store>,
        source: &Source,
        before: Option<Arc<SourceState>>,
    ) -> Turn {
        let was_slow = before.as_ref().is_some_and(|state| state.manners.trouble == Some(Trouble::TooSlow));
        let mut slot = self.slot(source.url(), was_slow).await;
        let desk = desk();
        let desk: &Desk = desk.borrow();
        let is_same = |now: &&Source| now.enabled && (std::ptr::eq(*now, source) || now.is_set_as(source));
        let Some(source) = desk.config.sources.get(&source.id).filter(is_same) else { return Turn::NotWanted };
        if let Some(until) = self.rests_until(source, (desk.clock)()).filter(|until| Some(*until) > rest) {
            return Turn::Rests(until);
        }
        // In a box: few stores are shared.
        let leased = match store.is_shared() {
            true => Box::pin(self.lease(rest, desk, store, source, before)).await,
            false => Ok((None, before)),
        };
        let (fence, before) = match leased {
            Ok(leased) => leased,
            Err(turn) => return turn,
        };
        let span = tracing::info_span!("poll", source = %source.id, host = source.home.host_str());
        let (host, place) = (Arc::clone(&slot.host), slot.place.clone());
        let turns = |url: &Url| place.at(self, url);
        let known = before.clone();
        // In a box: what is moved about while a poll waits for its turn is small.
        let task = Box::pin(async {
            let looked = host.look(desk, source, before.as_deref(), &turns).await;
            poll(desk, store, source, before, looked, fence, &turns).await
        });
        let mut task = caught(task.instrument(span));
        let done = tokio::select! {
            biased;
            done = &mut task => done,
            () = tokio::time::sleep(STEP_ASIDE_AFTER) => {
                slot.step_aside(&self.aside);
                task.await
            }
        };
        let polled = match done {
            Ok(polled) => polled,
            Err(panic) => Box::pin(poll::broken_down(desk, store, source, known, fence, &panic)).await,
        };
        lock(&self.rests).hear(source.url(), &polled.state);
        Turn::Polled(Box::new(polled))
    }

    /// The right to poll a source, where several processes share the store: the fence of its lease, and the source's state, which another
    /// process may have moved on.
    pub(super) async fn lease(
        &self,
        rest: Option<Timestamp>,
        desk: &Desk,
        store: &Arc<Store>,
        source: &Source,
        before: Option<Arc<SourceState>>,
    ) -> Result<(Option<u64>, Option<Arc<SourceState>>), Turn> {
        if !store.is_shared() {
            return Ok((None, before));
        }
        let after = |wait: Duration| {
            let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
            (desk.clock)().checked_add(wait).unwrap_or(Timestamp::MAX)
        };
        loop {
            let claim = Claim {
                source: source.id.clone(),
                known: before.clone(),
                host: source.url().host_str().unwrap_or_default().to_owned(),
                origin: schedule::host(source.url()),
                heeds_rests: rest.is_none() && self.heeds_rests.load(Ordering::Relaxed),
                per_host: self.per_host,
                spacing: self.spacing,
                lasts: desk.config.fetch.timeout * LEASE,
            };
            match store.lease(claim).await {
                Ok(Lease::Needless) => return Ok((None, before)),
                Ok(Lease::Granted { fence, newer }) => {
                    let Some(newer) = newer.filter(|state| state.settings == desk.settings(source)) else {
                        return Ok((Some(fence), before));
                    };
                    if schedule::is_due(source, Some(&newer), (desk.clock)()) {
                        return Ok((Some(fence), Some(newer)));
                    }
                    if let Err(error) = store.release(source.id.clone(), fence).await {
                        tracing::warn!(source = %source.id, %error, "a lease could not be given back; it ends by itself");
                    }
                    return Err(Turn::Elsewhere { state: Some(newer), again: None });
                }
                Ok(Lease::Held(wait)) => return Err(Turn::Elsewhere { state: None, again: Some(after(wait)) }),
                Ok(Lease::HostBusy(wait)) if wait <= LONGEST_DISTANCE => tokio::time::sleep(wait).await,
                Ok(Lease::HostBusy(wait)) => return Err(Turn::Rests(after(wait))),
                Err(error) => {
                    tracing::error!(source = %source.id, %error, "a source could not be leased, and is not polled");
                    return Err(Turn::Elsewhere { state: None, again: Some(after(WITHOUT_STORE)) });
                }
            }
        }
    }

    /// Room for one more request to an address, until it is dropped. The host comes first: who waits for a slow host, or for its turn there,
    /// holds up nobody else.
    pub async fn slot(&self, url: &Url, was_slow: bool) -> Slot {
        let host = self.host(url);
        let of_host = host.room().await;
        let room = if was_slow { &self.aside } else { &self.running };
        loop {
            host.wait().await;
            let of_all = Arc::clone(room).acquire_owned().await.expect("the semaphore is never closed");
            if host.begin(self.spacing) {
                return Slot { place: Place::new(Arc::clone(&host), of_host), host, of_all };
            }
        }
    }

    /// Whether a source that is not polled yet may be fetched, for all that its host's robots.txt says.
    pub async fn look(&self, desk: &Desk, source: &Source) -> Result<Looked, FetchError> {
        self.host(source.url()).look(desk, source, None, &at_once).await
    }

    fn host(&self, url: &Url) -> Arc<Host> {
        let mut hosts = lock(&self.hosts);
        let name = url.host_str().unwrap_or_default();
        if let Some(host) = hosts.get(name) {
            return Arc::clone(host);
        }
        if hosts.len() >= MOST_HOSTS {
            hosts.retain(|_, host| host.is_needed());
        }
        let (name, room): (Arc<str>, _) = (name.into(), Arc::new(Semaphore::new(self.per_host)));
        let host = Arc::new(Host { name: Arc::clone(&name), room, free_from: Mutex::default(), robots: Default::default() });
        hosts.insert(name, Arc::clone(&host));
        host
    }
}

impl Host {
    /// Waits for room at the host.
    async fn room(&self) -> OwnedSemaphorePermit {
        Arc::clone(&self.room).acquire_owned().await.expect("the semaphore is never closed")
    }

    /// Waits until a fetch may begin.
    async fn wait(&self) {
        let from = *lock(&self.free_from);
        if let Some(from) = from {
            tokio::time::sleep_until(from).await;
        }
    }

    /// Whether somebody asks it, waits for it, or has to keep his distance. Its robots.txt is asked for again if it is forgotten.
    fn is_needed(self: &Arc<Self>) -> bool {
        Arc::strong_count(self) > 1 || lock(&self.free_from).is_some_and(|from| from > Instant::now())
    }

    /// Begins a fetch, if the last one began long enough ago.
    fn begin(&self, spacing: Duration) -> bool {
        let mut free_from = lock(&self.free_from);
        let now = Instant::now();
        if free_from.is_some_and(|from| from > now) {
            return false;
        }
        *free_from = Some(now + spacing);
        true
    }

    /// Whether robots.txt lets us fetch a source: as it was remembered, or as it says now if that is a day old.
    async fn look(
        &self,
        desk: &Desk,
        source: &Source,
        before: Option<&SourceState>,
        turns: Turns<'_>,
    ) -> Result<Looked, FetchError> {
        let now = (desk.clock)();
        let is_recent = |at: Timestamp| at <= now && now.duration_since(at) < ROBOTS_FOR;
        // A refusal is looked at again whenever the source is due: its administrator may have thought better of it.
        if let Some(looked) =
            before.and_then(|state| state.manners.robots).filter(|looked| looked.welcome && is_recent(looked.at))
        {
            return Ok(looked);
        }
        self.look_for(desk, &poll::address(source, before), turns, now).await
    }

    /// Whether robots.txt lets us fetch an address.
    async fn look_for(&self, desk: &Desk, url: &Url, turns: Turns<'_>, now: Timestamp) -> Result<Looked, FetchError> {
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let is_recent = |at: Timestamp| at <= now && now.duration_since(at) < ROBOTS_FOR;
        let holds =
            |at: Timestamp, robots: &Robots| is_recent(at) && (robots.allows(path) || now.duration_since(at) < REFUSAL_FOR);
        let mut known = self.robots.lock().await;
        let robots = match known.get(&schedule::host(url)) {
            Some((at, robots)) if holds(*at, robots) => Arc::clone(robots),
            _ => {
                desk.counts.add(|tally| tally.robots += 1);
                // Once a day: it is no part of every poll.
                let text = Box::pin(desk.fetcher.robots(url, turns, now)).await?;
                let robots = Arc::new(Robots::read(&text));
                known.insert(schedule::host(url), (now, Arc::clone(&robots)));
                robots
            }
        };
        Ok(Looked { at: now, welcome: robots.allows(path) })
    }
}

/// Room for one fetch.
pub struct Slot {
    /// The host that was asked for.
    host: Arc<Host>,
    /// The place at the host that is being asked.
    pub place: Place,
    of_all: OwnedSemaphorePermit,
}

impl Slot {
    /// Makes room for others, if there is room aside.
    fn step_aside(&mut self, aside: &Arc<Semaphore>) {
        if let Ok(place) = Arc::clone(aside).try_acquire_owned() {
            self.of_all = place;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is behind these locks is whole after every statement.
    mutex.lock().unwrap_or_else(|e| e.into_inner())
}

#[cfg(test)]
mod tests;
