//! The poller: what is due is polled, until told to stop.
//!
//! One timetable has the times of all sources. After an outage, a suspension or a clock that was set, what is overdue is spread; a host
//! that asked to be left alone is left alone, whichever of its sources it told so.

mod hint;
mod look;
mod order;
mod told;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::config::Config;
use crate::edge::store::Store;
use crate::flow::gone::Pace;
use crate::flow::schedule::{self, Timetable};
use crate::model::{Because, Source, SourceId, SourceState, Trouble};
use crate::pipeline::blocking::blocking;
use crate::pipeline::gone::Looked;
use crate::pipeline::known::stands;
use crate::pipeline::live::{AFTER_FAILURE, stopped};
use crate::pipeline::reclassify::begin;
use crate::pipeline::{Desk, Ended, Live, Turn, mend};
use told::log;

/// How often the timetable is looked at.
const TICK: Duration = Duration::from_secs(1);
/// When the clock has moved so far between two looks, in either direction, nobody has polled meanwhile, or the clock was set.
const OUTAGE: SignedDuration = SignedDuration::from_secs(60);
/// Polls that are under way when the service stops have this long; one that is cut off has changed nothing.
const DRAIN: Duration = Duration::from_secs(10);
/// How often the price of a request is taken anew from what is known of the sources.
const PRICE_EVERY: Duration = Duration::from_secs(5 * 60);
/// How often the sources are counted by how they stand.
const COUNT_EVERY: SignedDuration = SignedDuration::from_secs(15);

/// Polls what is due, until told to stop; then waits for what is under way. Where something is wrong with the store, it is mended first: what
/// was lost is then asked for again.
pub(super) async fn poll_due(mut live: Live) {
    let mut stop = live.stop.clone();
    loop {
        let states = tokio::select! {
            states = ready(&live) => states,
            () = stopped(&mut stop) => return,
        };
        if !poll_until_damaged(&mut live, states).await {
            return;
        }
    }
}

/// The sources' states, when the store can be read and is whole.
async fn ready(live: &Live) -> BTreeMap<SourceId, Arc<SourceState>> {
    loop {
        let config = Arc::clone(&live.desk.borrow().config);
        let ready = async {
            mend(&config, &live.store).await?;
            let reader = Arc::clone(&live.store);
            anyhow::Ok(blocking(move || reader.source_states()).await?)
        };
        match ready.await {
            Ok(states) => return states,
            Err(error) => tracing::error!(error = format!("{error:#}"), "nothing is polled before the store can be read"),
        }
        tokio::time::sleep(AFTER_FAILURE).await;
    }
}

/// Polls until told to stop, and then returns `false`; or until something is found to be wrong with the store.
async fn poll_until_damaged(live: &mut Live, states: BTreeMap<SourceId, Arc<SourceState>>) -> bool {
    let desk = live.desk.borrow_and_update().clone();
    begin_rules(&live.store, &desk).await;
    let (pushes, orders) = (Arc::clone(&desk.pushes), Arc::clone(&desk.orders));
    let mut round = Round::new(desk, live.desk.clone(), Arc::clone(&live.store), states);
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut price = tokio::time::interval(PRICE_EVERY);
    price.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let is_damaged = loop {
        tokio::select! {
            _ = tick.tick() => {
                if live.store.unmended().is_ok_and(|wrong| !wrong.is_empty()) {
                    break true;
                }
                // What could not be stored is not fetched.
                if live.store.takes() {
                    round.start_due();
                }
            }
            _ = price.tick() => {
                round.take_up(states_of(&live.store).await);
                round.price();
            }
            Some(done) = round.looking.join_next() => {
                let (id, looked) = done.expect("a look catches what goes wrong in it");
                round.note_look(id, looked);
            }
            Some(done) = round.polls.join_next() => {
                let (id, turn) = done.expect("the crew catches what goes wrong in a poll");
                round.note(id, turn);
            }
            Ok(()) = live.desk.changed() => {
                let desk = live.desk.borrow_and_update().clone();
                begin_rules(&live.store, &desk).await;
                round.take_over(desk);
            }
            hints = pushes.hints() => round.take_hints(hints),
            given = orders.take() => given.into_iter().for_each(|order| round.take_order(order)),
            () = stopped(&mut live.stop) => break false,
        }
    };
    let drained = async { while round.polls.join_next().await.is_some() {} };
    if tokio::time::timeout(DRAIN, drained).await.is_err() {
        tracing::warn!(polls = round.polls.len(), "some polls did not end in time and were cut off; they changed nothing");
    }
    if let Err(error) = round.desk.later.write(&live.store).await {
        tracing::error!(%error, "when sources were asked last could not be stored");
    }
    is_damaged
}

/// The states of the sources that other processes poll, too; none where this is the only one.
async fn states_of(store: &Arc<Store>) -> BTreeMap<SourceId, Arc<SourceState>> {
    if !store.is_shared() {
        return BTreeMap::new();
    }
    let reader = Arc::clone(store);
    let unread = |error| {
        tracing::error!(%error, "what other processes polled could not be read; it is known when each source is due");
        BTreeMap::new()
    };
    blocking(move || reader.source_states()).await.unwrap_or_else(unread)
}

/// Before a poll brings in stories under other rules than those that all stored stories were classified by.
async fn begin_rules(store: &Arc<Store>, desk: &Desk) {
    if let Err(error) = begin(store, &desk.rules).await {
        tracing::error!(%error, "that other topics are in force could not be noted");
    }
}

/// The sources, and the polls that are under way.
struct Round {
    desk: Arc<Desk>,
    /// The desk in force, for polls whose turn comes later.
    latest: watch::Receiver<Desk>,
    store: Arc<Store>,
    states: BTreeMap<SourceId, Arc<SourceState>>,
    timetable: Timetable,
    polls: JoinSet<(SourceId, Turn)>,
    under_way: HashSet<SourceId>,
    /// When articles of sources are looked at that they took out.
    looks: Timetable,
    looking: JoinSet<(SourceId, Looked)>,
    pace: Pace,
    /// Who has ordered polls and waits for their ends.
    waiting: HashMap<SourceId, Vec<mpsc::Sender<Ended>>>,
    looked: Timestamp,
    counted: Timestamp,
}

impl Round {
    fn new(desk: Desk, latest: watch::Receiver<Desk>, store: Arc<Store>, states: BTreeMap<SourceId, Arc<SourceState>>) -> Self {
        let now = (desk.clock)();
        let (timetable, polls, under_way, looks, looking, pace, waiting) = Default::default();
        let mut round = Self {
            desk: Arc::new(desk),
            latest,
            store,
            states,
            timetable,
            polls,
            under_way,
            looks,
            looking,
            pace,
            waiting,
            looked: now,
            counted: Timestamp::UNIX_EPOCH,
        };
        round.keep_current();
        let of_source = |(id, state)| round.desk.config.sources.get(id).map(|source: &Source| (source, Arc::as_ref(state)));
        round.desk.crew.remember(round.states.iter().filter_map(of_source));
        round.price();
        round.spread(now);
        round.make_up(now);
        round.plan_looks();
        round
    }

    /// What hubs announced while nobody listened is lost: sources that were polled seldom because of their hubs are polled as others are.
    fn make_up(&mut self, now: Timestamp) {
        let usual = SignedDuration::try_from(self.desk.config.fetch.every).unwrap_or(SignedDuration::MAX);
        for (id, state) in &self.states {
            let is_announced = matches!(state.because, Because::Announced(_));
            let Some(at) = self.timetable.time(id).filter(|_| is_announced) else { continue };
            let usual = state.checked.checked_add(usual).unwrap_or(at).max(now);
            self.timetable.set(id.clone(), at.min(usual));
        }
    }

    /// Takes the price of a request anew.
    fn price(&mut self) {
        self.desk = Arc::new(Desk::clone(&self.desk).priced(&self.states));
    }

    /// What other processes have polled meanwhile is due when they say.
    fn take_up(&mut self, states: BTreeMap<SourceId, Arc<SourceState>>) {
        let now = (self.desk.clock)();
        for (id, state) in states {
            let Some(source) = self.desk.config.sources.get(&id).filter(|_| !self.under_way.contains(&id)) else { continue };
            let is_newer = self.states.get(&id).is_none_or(|known| known.checked < state.checked);
            if is_newer && state.settings == self.desk.settings(source) {
                match time(source, Some(&state), now) {
                    Some(at) => self.timetable.set(id.clone(), at),
                    None => self.timetable.remove(&id),
                }
                self.states.insert(id.clone(), state);
                self.plan_look(&id);
            }
        }
    }

    /// Another configuration is in force.
    fn take_over(&mut self, desk: Desk) {
        let before = std::mem::replace(&mut self.desk, Arc::new(desk));
        self.keep_current();
        self.price();
        self.plan_looks();
        let now = (self.desk.clock)();
        let (old, new) = (&before.config, &self.desk.config);
        old.sources.keys().filter(|id| !new.sources.contains_key(*id)).for_each(|id| self.timetable.remove(id));
        for source in new.sources.values().filter(|source| !self.under_way.contains(&source.id)) {
            let state = self.state(&source.id);
            match time(source, state, now) {
                None => self.timetable.remove(&source.id),
                Some(at) if concerns(source, state, old, new) => {
                    let by_every = source
                        .every
                        .zip(state)
                        .and_then(|(every, state)| state.checked.checked_add(SignedDuration::try_from(every).ok()?).ok());
                    let mended = state.is_some_and(is_for_settings).then_some(now);
                    let at = by_every.into_iter().chain(mended).fold(at, Timestamp::min);
                    self.timetable.set(source.id.clone(), at);
                }
                // What the edit does not concern stays where it stands, also if that is a place of its own after an outage.
                Some(_) => {}
            }
        }
    }

    /// Forgets the states of sources whose settings have changed since: they are due, and asked without validators. A source that
    /// is gone is asked again when the administrator has taken it out of use and back.
    fn keep_current(&mut self) {
        let desk = &self.desk;
        let is_gone = |state: &SourceState| state.manners.trouble == Some(Trouble::Gone);
        self.states.retain(|id, state| match desk.config.sources.get(id) {
            Some(source) => desk.settings(source) == state.settings && (source.enabled || !is_gone(state)),
            None => true,
        });
    }

    /// Puts every source that is polled into the timetable after an outage: what is overdue is spread.
    fn spread(&mut self, now: Timestamp) {
        self.timetable = Timetable::default();
        for source in self.desk.config.sources.values().filter(|source| !self.under_way.contains(&source.id)) {
            let state = self.state(&source.id);
            let Some(at) = time(source, state, now) else { continue };
            let at = state.filter(|_| at <= now).map_or(at, |state| schedule::after_outage(&source.id, state, now));
            self.timetable.set(source.id.clone(), at);
        }
    }

    fn start_due(&mut self) {
        let now = (self.desk.clock)();
        if now.duration_since(self.looked).abs() > OUTAGE {
            tracing::warn!(last = %self.looked, "nobody polled for a while, or the clock was set: what is overdue is spread");
            self.spread(now);
        }
        self.looked = now;
        // First: there is one look an hour, and a source may be due all the time.
        self.start_looks(now);
        while let Some(id) = self.timetable.take_due(now) {
            let Some(source) = self.desk.config.sources.get(&id) else { continue };
            if let Some(until) = self.desk.crew.rests_until(source, now) {
                self.timetable.set(id, until);
                continue;
            }
            if self.under_way.contains(&id) {
                // Its articles are being looked at: the poll begins when that has ended.
                continue;
            }
            let id = source.id.clone();
            self.begin(id, None);
        }
        if now.duration_since(self.counted).abs() >= COUNT_EVERY {
            self.counted = now;
            self.count(now);
        }
    }

    /// Begins to poll a source of the configuration, although its host rests until `rest`.
    fn begin(&mut self, id: SourceId, rest: Option<Timestamp>) {
        self.under_way.insert(id.clone());
        let before = self.states.get(&id).cloned();
        let (desk, store, latest) = (Arc::clone(&self.desk), Arc::clone(&self.store), self.latest.clone());
        self.polls.spawn(async move {
            let in_force = || desk.or_newer(&latest);
            let turn = desk.crew.poll_despite(rest, in_force, &store, &desk.config.sources[&id], before).await;
            (id, turn)
        });
    }

    fn note(&mut self, id: SourceId, turn: Turn) {
        self.under_way.remove(&id);
        self.tell(&id, &turn);
        let now = (self.desk.clock)();
        let at = match turn {
            Turn::Polled(polled) => {
                log(&polled);
                self.states.insert(id.clone(), polled.state);
                // An edit may have come while it was being polled.
                self.keep_current_one(&id);
                self.desk.config.sources.get(&id).and_then(|source| time(source, self.state(&id), now))
            }
            Turn::NotWanted => {
                self.keep_current_one(&id);
                self.desk.config.sources.get(&id).and_then(|source| time(source, self.state(&id), now))
            }
            Turn::Rests(until) => Some(until),
            Turn::Elsewhere { state, again } => {
                if state.is_some() {
                    self.desk.pushes.polled_elsewhere(&id);
                }
                self.states.extend(state.map(|state| (id.clone(), state)));
                self.keep_current_one(&id);
                let told = || self.desk.config.sources.get(&id).and_then(|source| time(source, self.state(&id), now));
                again.or_else(told)
            }
        };
        self.plan_look(&id);
        if let Some(at) = at.filter(|_| self.desk.config.sources.get(&id).is_some_and(|source| source.enabled)) {
            let hinted = self.desk.config.sources.get(&id).and_then(|source| self.hinted(source));
            self.timetable.set(id, hinted.map_or(at, |hinted| hinted.min(at)));
        }
    }

    fn keep_current_one(&mut self, id: &SourceId) {
        let is_current =
            |state: &Arc<SourceState>| self.desk.config.sources.get(id).is_none_or(|s| self.desk.settings(s) == state.settings);
        if self.states.get(id).is_some_and(|state| !is_current(state)) {
            self.states.remove(id);
        }
    }

    /// Counts the sources by how they stand.
    fn count(&self, now: Timestamp) {
        let mut standing: BTreeMap<&'static str, u64> = BTreeMap::new();
        for source in self.desk.config.sources.values() {
            *standing.entry(stands(source, self.state(&source.id), now)).or_default() += 1;
        }
        let hubs = self.desk.pushes.standings(now);
        let held_bytes = self.desk.fetcher.held_bytes() as u64;
        self.desk.counts.add(|tally| (tally.sources, tally.hubs, tally.held_bytes) = (standing, hubs, held_bytes));
    }
}

/// When a source is to be polled; `None` for one that is not.
fn time(source: &Source, state: Option<&SourceState>, now: Timestamp) -> Option<Timestamp> {
    let Some(state) = state.filter(|_| source.enabled) else { return source.enabled.then_some(now) };
    match schedule::is_due(source, Some(state), now) {
        _ if state.manners.trouble == Some(Trouble::Gone) => None,
        true => Some(now),
        false => Some(state.next),
    }
}

/// Whether an edit of the configuration has to do with when a source is polled.
fn concerns(source: &Source, state: Option<&SourceState>, old: &Config, new: &Config) -> bool {
    let same = |before: &Source| before.is_set_as(source) && before.every == source.every && before.enabled == source.enabled;
    !old.sources.get(&source.id).is_some_and(same) || old.fetch != new.fetch && state.is_some_and(is_for_settings)
}

/// Whether it failed in a way that the administrator may have mended in `[fetch]`.
fn is_for_settings(state: &SourceState) -> bool {
    matches!(state.manners.trouble, Some(Trouble::TooLarge | Trouble::Closed))
}

#[cfg(test)]
mod tests;
