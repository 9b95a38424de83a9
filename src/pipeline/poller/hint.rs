//! What hubs announce: the source is due, and polled as its host allows.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::flow::push;
use crate::model::{Source, SourceId};
use crate::pipeline::poller::Round;

impl Round {
    /// Sources whose hubs have announced something are due, when there has been distance enough.
    pub(super) fn take_hints(&mut self, hints: BTreeSet<SourceId>) {
        for id in hints.into_iter().filter(|id| !self.under_way.contains(id)) {
            let hinted = self.desk.config.sources.get(&id).filter(|source| source.enabled).and_then(|source| self.hinted(source));
            let Some(at) = hinted else { continue };
            if self.timetable.time(&id).is_none_or(|before| at < before) {
                self.timetable.set(id, at);
            }
        }
    }

    /// When a source is polled because of an announcement.
    pub(super) fn hinted(&self, source: &Source) -> Option<Timestamp> {
        push::due(&self.desk.pushes.of(&source.id), self.state(&source.id))
    }
}
