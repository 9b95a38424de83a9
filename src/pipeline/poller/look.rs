//! Looks at articles that their sources took out: one of a host's sources an hour, while nothing else is asked of the source.

use std::sync::Arc;

use jiff::Timestamp;

use crate::flow::{gone, schedule};
use crate::model::{Source, SourceId};
use crate::pipeline::Desk;
use crate::pipeline::gone::{Looked, look};
use crate::pipeline::poller::{Round, time};

impl Round {
    /// Puts down when an article of a source is looked at, if one is. A source that fails tells nothing.
    pub(super) fn plan_look(&mut self, id: &SourceId) {
        let wanted = |source: &&Source| source.enabled && source.gone && self.desk.config.fetch.gone;
        let is_wanted = self.desk.config.sources.get(id).filter(wanted).is_some();
        let state = self.states.get(id).filter(|state| is_wanted && state.failures == 0);
        match state.and_then(|state| gone::next(&state.vanished)) {
            Some(row) => self.looks.set(id.clone(), row.next),
            None => self.looks.remove(id),
        }
    }

    /// Plans the looks of all sources.
    pub(super) fn plan_looks(&mut self) {
        let sources: Vec<SourceId> = self.desk.config.sources.keys().cloned().collect();
        self.looks = schedule::Timetable::default();
        sources.iter().for_each(|id| self.plan_look(id));
    }

    pub(super) fn start_looks(&mut self, now: Timestamp) {
        while let Some(id) = self.looks.take_due(now) {
            let known = self.desk.config.sources.get(&id).zip(self.states.get(&id));
            let Some((source, before)) = known.map(|(source, state)| (source.clone(), state.clone())) else { continue };
            let host = source.url().host_str().unwrap_or_default();
            // After the poll it is planned anew.
            if self.under_way.contains(&id) {
                continue;
            }
            if let Some(later) = self.desk.crew.rests_until(&source, now).or_else(|| self.pace.take(host, now).err()) {
                self.looks.set(id, later);
                continue;
            }
            self.under_way.insert(id.clone());
            let (desk, store) = (Desk::clone(&self.desk), Arc::clone(&self.store));
            self.looking.spawn(async move { (id, look(desk, store, source, before).await) });
        }
    }

    pub(super) fn note_look(&mut self, id: SourceId, looked: Looked) {
        self.under_way.remove(&id);
        match looked {
            Looked::Done(state) => {
                self.states.insert(id.clone(), state);
                self.keep_current_one(&id);
                self.plan_look(&id);
            }
            Looked::Later(at) => self.looks.set(id.clone(), at),
            Looked::BrokeDown => {}
        }
        let Some(source) = self.desk.config.sources.get(&id).cloned() else { return };
        // Meanwhile it may have been ordered, or have lost its place.
        let now = (self.desk.clock)();
        if self.waiting.contains_key(&id) {
            self.timetable.remove(&id);
            return self.begin(id, None);
        }
        let place = self.timetable.time(&id).or_else(|| time(&source, self.state(&id), now));
        if let Some(at) = place {
            self.timetable.set(id, self.hinted(&source).map_or(at, |hinted| hinted.min(at)));
        }
    }
}
