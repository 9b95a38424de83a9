//! What an administrator wants polled while the service runs: handed to the poller, which alone knows the sources' states and times.

use std::sync::{Arc, Mutex, MutexGuard};

use jiff::Timestamp;
use tokio::sync::{Notify, mpsc, oneshot};

use crate::flow::schedule::Pass;
use crate::model::{Source, SourceId, SourceState};
use crate::pipeline::Turn;

/// The orders that the poller has not seen yet: at most as many as commands may ask at once.
#[derive(Debug, Default)]
pub struct Orders {
    given: Mutex<Vec<Order>>,
    changed: Notify,
}

/// One order.
#[derive(Debug)]
pub(super) struct Order {
    pub pass: Pass,
    pub taken: oneshot::Sender<Taken>,
}

/// What the poller made of an order.
#[derive(Debug)]
pub struct Taken {
    /// Sources that are not polled now.
    pub skipped: Vec<Skipped>,
    /// How many polls are to end.
    pub polls: usize,
    /// The polls as they end. It closes early where the poller stops, or breaks down.
    pub ended: mpsc::Receiver<Ended>,
}

/// A source that is not polled now.
#[derive(Debug)]
pub struct Skipped {
    /// The source.
    pub source: Source,
    /// What is known of it.
    pub before: Option<Arc<SourceState>>,
    /// Until when its host rests, if it does.
    pub rest: Option<Timestamp>,
}

/// A poll that has ended.
#[derive(Debug)]
pub struct Ended {
    /// The source.
    pub source: SourceId,
    /// What was known of it before.
    pub before: Option<Arc<SourceState>>,
    /// What became of it.
    pub turn: Turn,
}

impl Orders {
    /// Gives an order. No answer comes where the poller stops before it has seen it.
    pub fn give(&self, pass: Pass) -> oneshot::Receiver<Taken> {
        let (taken, answer) = oneshot::channel();
        self.lock().push(Order { pass, taken });
        self.changed.notify_one();
        answer
    }

    /// Waits for orders, and takes them.
    pub(super) async fn take(&self) -> Vec<Order> {
        self.changed.notified().await;
        std::mem::take(&mut self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Order>> {
        // A list is whole between its statements.
        self.given.lock().unwrap_or_else(|e| e.into_inner())
    }
}
