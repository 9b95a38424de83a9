//! The loop that repeats it all: due sources are polled, the press follows the store, stories are classified anew after an edit,
//! old ones pruned; until told to stop.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::config::Config;
use crate::edge::store::{Memo, Store, StoreError};
use crate::flow::schedule::{self, Gap};
use crate::flow::topic::Rules;
use crate::model::{Site, SourceId, SourceState};
use crate::pipeline::poll::blocking;
use crate::pipeline::reclassify::begin;
use crate::pipeline::sheets::story_maker;
use crate::pipeline::{Crew, Desk, Outcome, Polled, Press, classify, prune, reclassify};

/// How often the schedule is looked at.
const TICK: Duration = Duration::from_secs(1);
/// How often the price of a request is taken anew from what is known of the sources.
const PRICE_EVERY: Duration = Duration::from_secs(5 * 60);
/// A schedule that was not looked at for so long has slept, with the machine or before the service started.
const SLEPT: SignedDuration = SignedDuration::from_secs(60);
/// Changes that come within this time are printed together.
const GATHER: Duration = Duration::from_millis(200);
/// The wait after something failed that the next attempt may well mend.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// A source whose poll broke down in a panic is left alone for so long.
const AFTER_BREAKDOWN: SignedDuration = SignedDuration::from_hours(1);
/// Polls that are under way when the service stops have this long; one that is cut off has changed nothing.
const DRAIN: Duration = Duration::from_secs(10);
/// How long polls under an older configuration are waited for; each has its own limits, far below this.
const LONGEST_POLL: Duration = Duration::from_secs(900);
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
    /// Becomes `true` when the service is to stop.
    pub stop: watch::Receiver<bool>,
}

/// Runs until told to stop. `polls` and `prints` choose the work, for processes that share it.
pub async fn run(live: Live, polls: bool, prints: bool) {
    let mut tasks = JoinSet::new();
    if prints {
        tasks.spawn(keep_going("the press", live.clone(), press));
    }
    if polls {
        tasks.spawn(keep_going("the poller", live.clone(), poll_due));
        tasks.spawn(keep_going("the upkeep", live, keep_up));
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

async fn stopped(stop: &mut watch::Receiver<bool>) {
    // The sender is gone only when the program ends: that is a stop, too.
    let _ = stop.wait_for(|&stop| stop).await;
}

/// Keeps the site up to date with the store and the configuration.
async fn press(mut live: Live) {
    let mut stop = live.stop.clone();
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
    loop {
        let (store, clock) = (Arc::clone(&live.store), desk.clock);
        let (back, site) = blocking(move || -> Result<_, StoreError> {
            press.follow(&store)?;
            let site = press.print(&store, clock())?;
            Ok((press, site))
        })
        .await?;
        press = back;
        live.site.store(Arc::new(Site { stories: Some(Arc::clone(&stories)), ..site }));
        let stamps = press.take_stamps();
        if !stamps.is_empty() {
            live.store.set_stamps(stamps).await?;
        }
        tokio::select! {
            changed = live.desk.changed() => return if changed.is_ok() { Ok(()) } else { std::future::pending().await },
            // A writer that is gone announces nothing any more.
            changed = latest.changed() => tokio::time::sleep(if changed.is_ok() { GATHER } else { AFTER_FAILURE }).await,
        }
        latest.borrow_and_update();
    }
}

/// Polls what is due, until told to stop; then waits for what is under way.
async fn poll_due(mut live: Live) {
    let mut states = match live.store.source_states() {
        Ok(states) => states,
        Err(error) => {
            tracing::error!(%error, "the sources' states could not be read: every source is asked anew");
            BTreeMap::new()
        }
    };
    let mut desk = live.desk.borrow_and_update().clone();
    keep_current(&mut states, &desk);
    begin_rules(&live.store, &desk).await;
    desk = desk.priced(&states);
    let mut round = Round::new(&desk, &states);
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut price = tokio::time::interval(PRICE_EVERY);
    price.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => round.start_due(&desk, &live.store, &states),
            Some(done) = round.polls.join_next() => round.note(done, &mut states, (desk.clock)()),
            _ = price.tick() => desk = desk.priced(&states),
            Ok(()) = live.desk.changed() => {
                desk = live.desk.borrow_and_update().clone();
                keep_current(&mut states, &desk);
                begin_rules(&live.store, &desk).await;
                desk = desk.priced(&states);
                round.crew = Crew::new(&desk.config.fetch);
                round.resting.clear();
            }
            () = stopped(&mut live.stop) => break,
        }
    }
    let drained = async { while round.polls.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        tracing::warn!(polls = round.polls.len(), "some polls did not end in time and were cut off; they changed nothing");
    }
}

/// Before a poll brings in stories under other rules than those that all stored stories were classified by.
async fn begin_rules(store: &Store, desk: &Desk) {
    if let Err(error) = begin(store, &desk.rules).await {
        tracing::error!(%error, "that other topics are in force could not be noted");
    }
}

/// Forgets the states of sources whose settings have changed since: they are due, and asked without validators.
fn keep_current(states: &mut BTreeMap<SourceId, SourceState>, desk: &Desk) {
    let is_current =
        |id: &SourceId, state: &SourceState| desk.config.sources.get(id).is_none_or(|source| source.settings() == state.settings);
    states.retain(|id, state| is_current(id, state));
}

/// The polls that are under way.
struct Round {
    crew: Crew,
    polls: JoinSet<(SourceId, Option<Polled>)>,
    under_way: HashSet<SourceId>,
    /// Sources whose poll broke down, and until when they are left alone.
    resting: HashMap<SourceId, Timestamp>,
    /// The last time in which nobody looked at the schedule.
    gap: Gap,
    /// When the schedule was last looked at.
    looked: Timestamp,
}

impl Round {
    /// The service begins: what became due while it was stopped is not fired at once.
    fn new(desk: &Desk, states: &BTreeMap<SourceId, SourceState>) -> Self {
        let now = (desk.clock)();
        let from = states.values().map(|state| state.checked).filter(|checked| *checked <= now).max().unwrap_or(now);
        let (gap, crew) = (Gap { from, until: now }, Crew::new(&desk.config.fetch));
        Self { crew, polls: JoinSet::new(), under_way: HashSet::new(), resting: HashMap::new(), gap, looked: now }
    }

    fn start_due(&mut self, desk: &Desk, store: &Arc<Store>, states: &BTreeMap<SourceId, SourceState>) {
        let now = (desk.clock)();
        if now.duration_since(self.looked) > SLEPT {
            self.gap = Gap { from: self.looked, until: now };
        }
        self.looked = now;
        for source in desk.config.sources.values() {
            let state = states.get(&source.id);
            let rests = self.resting.get(&source.id).is_some_and(|until| *until > now);
            if rests
                || !schedule::is_due_after(self.gap, source, state, &desk.config.fetch, now)
                || !self.under_way.insert(source.id.clone())
            {
                continue;
            }
            let (crew, desk, store) = (self.crew.clone(), desk.clone(), Arc::clone(store));
            let (source, before) = (source.clone(), state.cloned());
            self.polls.spawn(async move { (source.id.clone(), crew.poll(&desk, &store, source, before).await) });
        }
    }

    fn note(
        &mut self,
        done: Result<(SourceId, Option<Polled>), tokio::task::JoinError>,
        states: &mut BTreeMap<SourceId, SourceState>,
        now: Timestamp,
    ) {
        let (id, polled) = done.expect("the crew catches what goes wrong in a poll");
        self.under_way.remove(&id);
        match polled {
            Some(polled) => {
                log(&polled);
                states.insert(id, polled.state);
            }
            None => {
                self.resting.insert(id, now.checked_add(AFTER_BREAKDOWN).unwrap_or(Timestamp::MAX));
            }
        }
    }
}

fn log(polled: &Polled) {
    let (source, next, because) = (&polled.source, polled.state.next, polled.state.because);
    match (polled.outcome, &polled.error) {
        (Outcome::Changed, _) => tracing::info!(%source, new = polled.new, updated = polled.updated, %next, %because, "news"),
        (Outcome::Failed, Some(error)) => tracing::warn!(%source, error, %next, "a poll failed"),
        _ => tracing::debug!(%source, %next, %because, "no news"),
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
                        tokio::time::sleep(TICK).await;
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
