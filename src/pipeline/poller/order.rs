//! What an administrator orders: it is polled at once, among all else, and the end of each poll is told. One that is under way is waited for.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::model::{SourceId, SourceState};
use crate::pipeline::orders::Order;
use crate::pipeline::poller::Round;
use crate::pipeline::{Ended, Skipped, Taken, Turn};

impl Round {
    pub(super) fn take_order(&mut self, order: Order) {
        // Who ordered has gone away.
        if order.taken.is_closed() {
            return;
        }
        let now = (self.desk.clock)();
        let (mut skipped, mut polled) = (Vec::new(), Vec::new());
        for source in self.desk.config.sources.values().filter(|source| order.pass.is_over(&source.id)) {
            let rest = self.desk.crew.rests_until(source, now);
            match order.pass.polls(source, self.state(&source.id), rest, now) {
                true => polled.push((source.id.clone(), rest)),
                false => skipped.push(Skipped { source: source.clone(), before: self.states.get(&source.id).cloned(), rest }),
            }
        }
        let polls = polled.len();
        let (tell, ended) = mpsc::channel(polls.max(1));
        for (id, rest) in polled {
            self.waiting.entry(id.clone()).or_default().push(tell.clone());
            if !self.under_way.contains(&id) {
                self.timetable.remove(&id);
                self.begin(id, rest);
            }
        }
        // The polls are worth it all the same.
        let _ = order.taken.send(Taken { skipped, polls, ended });
    }

    /// Tells those who ordered a poll what became of it.
    pub(super) fn tell(&mut self, id: &SourceId, turn: &Turn) {
        for tell in self.waiting.remove(id).unwrap_or_default() {
            let ended = Ended { source: id.clone(), before: self.state_of(id), turn: turn.clone() };
            // There is room for each poll; who ordered may have gone away.
            let _ = tell.try_send(ended);
        }
    }

    /// What is known of a source.
    pub(super) fn state(&self, id: &SourceId) -> Option<&SourceState> {
        self.states.get(id).map(Arc::as_ref)
    }

    /// What is known of a source that is polled.
    fn state_of(&self, id: &SourceId) -> Option<Arc<SourceState>> {
        let enabled = self.desk.config.sources.get(id).is_some_and(|source| source.enabled);
        self.states.get(id).filter(|_| enabled).cloned()
    }
}
