//! What is known of hubs, shared by those who ask them, those whom they call, and the polls. One lock, held for a decision; what has changed
//! is written by one task, so that rows never overtake each other.
//!
//! Where several processes share the store, what is here is what was last read of theirs: a decision is taken on what is stored, stored at
//! once, and taken again where another process has decided something meanwhile.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::edge::store::{Store, StoreError};
use crate::flow::push::Standing;
use crate::model::{Push, SourceId};
use crate::pipeline::blocking::blocking;

/// Times that a decision is taken again because another process has decided something about the same source.
const TRIES: usize = 100;
/// The least time between two looks for callbacks that another process has made up.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What is known of the hubs of all sources.
#[derive(Debug, Default)]
pub struct Pushes {
    all: Mutex<All>,
    /// Something has changed that is to be written, or that a hub may be asked for.
    changed: Notify,
    /// A hub has announced something.
    hinted: Notify,
    /// When it was last looked for what other processes know.
    looked: tokio::sync::Mutex<Option<Instant>>,
}

#[derive(Debug, Default)]
struct All {
    /// Sources that have, or had, a hub.
    by_source: BTreeMap<SourceId, Push>,
    /// The sources of the callbacks that hubs know.
    by_token: HashMap<String, SourceId>,
    /// What is not written yet.
    unwritten: BTreeSet<SourceId>,
    /// Sources whose hubs have announced something that nobody has looked at yet.
    hints: BTreeSet<SourceId>,
}

impl Pushes {
    /// Takes up what was remembered.
    pub fn load(&self, store: &Store) -> Result<(), StoreError> {
        self.know(store.pushes()?);
        Ok(())
    }

    /// This is all that is known.
    fn know(&self, by_source: BTreeMap<SourceId, Push>) {
        let tokens = |(id, push): (&SourceId, &Push)| tokens(push).map(|token| (token, id.clone())).collect::<Vec<_>>();
        let by_token = by_source.iter().flat_map(tokens).collect();
        let hints = by_source.iter().filter(|(_, push)| push.hinted.is_some()).map(|(id, _)| id.clone()).collect();
        let mut all = self.lock();
        *all = All { by_source, by_token, hints, unwritten: std::mem::take(&mut all.unwritten) };
        drop(all);
        self.hinted.notify_one();
    }

    /// Reads what other processes that share the store know by now. Where there are none, nothing is to be read.
    pub async fn refresh(&self, store: &Arc<Store>) {
        if !store.is_shared() {
            return;
        }
        let reader = Arc::clone(store);
        match blocking(move || reader.pushes()).await {
            Ok(pushes) => self.know(pushes),
            Err(error) => tracing::error!(%error, "what other processes know of hubs could not be read"),
        }
    }

    /// The source that a callback is for; also of one that another process has just made up.
    pub async fn called_of_all(&self, token: &str, store: &Arc<Store>) -> Option<SourceId> {
        let known = self.called(token);
        if known.is_some() || !store.is_shared() {
            return known;
        }
        let came = Instant::now();
        let mut looked = self.looked.lock().await;
        // Whoever came before the last look is served by it: strangers who guess cost no more than one look a second.
        if looked.is_none_or(|at| at < came) {
            if let Some(at) = *looked {
                tokio::time::sleep_until(at + LOOK_AGAIN).await;
            }
            *looked = Some(Instant::now());
            self.refresh(store).await;
        }
        self.called(token)
    }

    /// What is known of a source's hub.
    pub fn of(&self, id: &SourceId) -> Push {
        self.lock().by_source.get(id).cloned().unwrap_or_default()
    }

    /// The source that a callback is for.
    pub fn called(&self, token: &str) -> Option<SourceId> {
        self.lock().by_token.get(token).cloned()
    }

    /// Every source of which something is known.
    pub fn sources(&self) -> BTreeSet<SourceId> {
        self.lock().by_source.keys().cloned().collect()
    }

    /// How many sources stand how with their hubs.
    pub fn standings(&self, now: Timestamp) -> BTreeMap<&'static str, u64> {
        let mut standings: BTreeMap<_, _> = Standing::ALL.iter().map(|standing| (standing.label(), 0)).collect();
        for push in self.lock().by_source.values() {
            *standings.entry(Standing::of(push, now).label()).or_default() += 1;
        }
        standings.remove(Standing::Hubless.label());
        standings
    }

    /// Decides something about a source's hub. Where other processes may do so too it is stored at once, else soon.
    pub async fn decide<T>(&self, store: &Arc<Store>, id: &SourceId, decide: impl Fn(&mut Push) -> T) -> T {
        if !store.is_shared() {
            return self.decide_here(id, decide);
        }
        let mut tries = 0;
        loop {
            let (reader, of) = (Arc::clone(store), id.clone());
            let stored = blocking(move || reader.push(&of)).await;
            let before = match stored {
                Ok(push) => push.unwrap_or_default(),
                Err(error) => {
                    tracing::error!(source = %id, %error, "what is known of a hub could not be read, and nothing new is noted");
                    return decide(&mut self.of(id));
                }
            };
            let mut after = before.clone();
            let decided = decide(&mut after);
            if after == before {
                self.decide_here(id, |push| *push = after.clone());
                return decided;
            }
            match store.change_push(id.clone(), before, after.clone()).await {
                Err(StoreError::Conflict) if tries < TRIES => tries += 1,
                Ok(()) => {
                    self.decide_here(id, |push| *push = after.clone());
                    return decided;
                }
                Err(error) => {
                    tracing::error!(source = %id, %error, "what is known of a hub could not be stored");
                    return decided;
                }
            }
        }
    }

    /// Decides something about a source's hub, in this process.
    pub fn decide_here<T>(&self, id: &SourceId, decide: impl FnOnce(&mut Push) -> T) -> T {
        let mut all = self.lock();
        let before = all.by_source.get(id).cloned().unwrap_or_default();
        let mut push = before.clone();
        let decided = decide(&mut push);
        if push != before {
            tokens(&before).for_each(|token| drop(all.by_token.remove(&token)));
            all.by_token.extend(tokens(&push).map(|token| (token, id.clone())));
            match push == Push::default() {
                true => drop(all.by_source.remove(id)),
                false => drop(all.by_source.insert(id.clone(), push)),
            }
            all.unwritten.insert(id.clone());
            self.changed.notify_one();
        }
        decided
    }

    /// Takes up what other processes have heard from hubs, until those sources were polled.
    pub fn overhear(&self, hinted: BTreeMap<SourceId, Push>) {
        for (id, push) in &hinted {
            self.decide_here(id, |known| *known = push.clone());
        }
        let mut all = self.lock();
        for (_, push) in all.by_source.iter_mut().filter(|(id, push)| push.hinted.is_some() && !hinted.contains_key(*id)) {
            push.hinted = None;
        }
        if !hinted.is_empty() {
            all.hints.extend(hinted.into_keys());
            drop(all);
            self.hinted.notify_one();
        }
    }

    /// Another process has polled a source: what had been announced is done, unless it is overheard again.
    pub fn polled_elsewhere(&self, id: &SourceId) {
        if let Some(push) = self.lock().by_source.get_mut(id) {
            push.hinted = None;
        }
    }

    /// A source is to be looked at, because its hub has announced something.
    pub fn hint(&self, id: &SourceId) {
        self.lock().hints.insert(id.clone());
        self.hinted.notify_one();
    }

    /// Waits for hints, and takes them.
    pub async fn hints(&self) -> BTreeSet<SourceId> {
        self.hinted.notified().await;
        std::mem::take(&mut self.lock().hints)
    }

    /// The sources of which something has changed that is not written yet.
    pub fn unwritten(&self) -> BTreeSet<SourceId> {
        self.lock().unwritten.clone()
    }

    /// Waits until something has changed.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Writes what has changed. What could not be written is tried again with the next change.
    pub async fn write(&self, store: &Store) -> Result<(), StoreError> {
        let rows: Vec<(SourceId, Push)> = {
            let mut all = self.lock();
            let unwritten = std::mem::take(&mut all.unwritten);
            unwritten.into_iter().map(|id| (id.clone(), all.by_source.get(&id).cloned().unwrap_or_default())).collect()
        };
        // Where others share the store, each was stored when it was decided.
        if rows.is_empty() || store.is_shared() {
            return Ok(());
        }
        let ids: Vec<SourceId> = rows.iter().map(|(id, _)| id.clone()).collect();
        let written = store.set_pushes(rows).await;
        if written.is_err() {
            self.lock().unwritten.extend(ids);
        }
        written
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        // What is behind this lock is whole between its statements.
        self.all.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// The tokens of a source's callbacks.
fn tokens(push: &Push) -> impl Iterator<Item = String> + '_ {
    push.subscription.iter().chain(&push.leaving).map(|subscription| subscription.token().to_owned())
}
