//! States of sources whose polls found nothing: they need not be durable at once, and many of them share one sync.
//!
//! A kill or a power cut loses those of the last [`WRITE_EVERY`]. Each costs one conditional request: the source is due as it was before
//! the poll that is forgotten, with the validators that it had, for a poll that brings another validator, an entry, a failure or a wish of the
//! source is stored at once. Nothing that is stored later overtakes it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::edge::store::{Store, StoreError};
use crate::model::{SourceId, SourceState};
use crate::pipeline::Live;
use crate::pipeline::live::stopped;

/// How often what waits is written: so many seconds of polls may have to be made again after a power cut.
const WRITE_EVERY: Duration = Duration::from_secs(10);

/// States that are written together at the most: a megabyte or so, which is made durable once.
const TOGETHER: usize = 1024;

/// The states that wait: at most one of each source.
#[derive(Debug, Default)]
pub struct Later {
    /// Held while they are written, so that what is stored at once comes after them.
    waiting: Mutex<BTreeMap<SourceId, Arc<SourceState>>>,
}

/// Whether a state may wait, after what was known: it says no more than that the source was asked and is asked again.
pub(super) fn may_wait(before: Option<&SourceState>, after: &SourceState) -> bool {
    before.is_some_and(|before| {
        let SourceState {
            settings,
            etag,
            last_modified,
            body,
            next: _,
            checked: _,
            succeeded: _,
            interval_seconds: _,
            because: _,
            habits: _,
            failures,
            error,
            manners,
            vanished,
            roll_call,
        } = after;
        let says_more = (settings, etag, last_modified, body)
            != (&before.settings, &before.etag, &before.last_modified, &before.body)
            || (failures, error, manners) != (&before.failures, &before.error, &before.manners)
            || (vanished, roll_call) != (&before.vanished, &before.roll_call);
        !says_more && before.succeeded.is_some()
    })
}

impl Later {
    /// Remembers a source's state, until it is written.
    pub(super) async fn put(&self, id: &SourceId, state: Arc<SourceState>) {
        self.waiting.lock().await.insert(id.clone(), state);
    }

    /// Forgets what waits of a source: a later state is about to be stored.
    pub(super) async fn forget(&self, id: &SourceId) {
        self.waiting.lock().await.remove(id);
    }

    /// Writes what waits. What could not be written waits on.
    pub async fn write(&self, store: &Arc<Store>) -> Result<(), StoreError> {
        let mut waiting = self.waiting.lock().await;
        while !waiting.is_empty() {
            let some: Arc<[_]> = std::iter::from_fn(|| waiting.pop_first()).take(TOGETHER).collect();
            if let Err(error) = store.note(Arc::clone(&some)).await {
                waiting.extend(some.iter().cloned());
                return Err(error);
            }
        }
        Ok(())
    }
}

/// Writes what waits now and then, until told to stop.
pub(super) async fn write_later(mut live: Live) {
    let later = Arc::clone(&live.desk.borrow().later);
    let mut often = tokio::time::interval(WRITE_EVERY);
    often.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = often.tick() => {}
            () = stopped(&mut live.stop) => return,
        }
        if let Err(error) = later.write(&live.store).await {
            tracing::error!(%error, "when sources were asked could not be stored; it is tried again");
        }
    }
}

#[cfg(test)]
mod tests;
