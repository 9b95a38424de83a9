//! What is known of hubs, shared by those who ask them, those whom they call, and the polls. One lock, held for a decision; what has changed
//! is written by one task, so that rows never overtake each other.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Mutex, MutexGuard};

use jiff::Timestamp;
use tokio::sync::Notify;

use crate::edge::store::{Store, StoreError};
use crate::flow::push::Standing;
use crate::model::{Push, SourceId};

/// What is known of the hubs of all sources.
#[derive(Debug, Default)]
pub struct Pushes {
    all: Mutex<All>,
    /// Something has changed that is to be written, or that a hub may be asked for.
    changed: Notify,
    /// A hub has announced something.
    hinted: Notify,
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
        let by_source = store.pushes()?;
        let tokens = |(id, push): (&SourceId, &Push)| tokens(push).map(|token| (token, id.clone())).collect::<Vec<_>>();
        let by_token = by_source.iter().flat_map(tokens).collect();
        let hints = by_source.iter().filter(|(_, push)| push.hinted.is_some()).map(|(id, _)| id.clone()).collect();
        *self.lock() = All { by_source, by_token, unwritten: BTreeSet::new(), hints };
        self.hinted.notify_one();
        Ok(())
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

    /// Decides something about a source's hub. What that changes is written soon.
    pub fn decide<T>(&self, id: &SourceId, decide: impl FnOnce(&mut Push) -> T) -> T {
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
        if rows.is_empty() {
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
