//! When each source is looked at next: one structure for all of them, in which what is due is found without looking at the others.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use crate::model::SourceId;

/// The times of sources. A source that is being polled, or is not to be polled, stands nowhere in it.
#[derive(Clone, Debug, Default)]
pub struct Timetable {
    by_time: BTreeSet<(Timestamp, SourceId)>,
    times: HashMap<SourceId, Timestamp>,
}

impl Timetable {
    /// Puts a source at a time, away from where it stood.
    pub fn set(&mut self, id: SourceId, at: Timestamp) {
        self.remove(&id);
        self.by_time.insert((at, id.clone()));
        self.times.insert(id, at);
    }

    /// When a source's turn is, if it stands in it.
    pub fn time(&self, id: &SourceId) -> Option<Timestamp> {
        self.times.get(id).copied()
    }

    /// Takes a source out.
    pub fn remove(&mut self, id: &SourceId) {
        if let Some((id, at)) = self.times.remove_entry(id) {
            self.by_time.remove(&(at, id));
        }
    }

    /// Takes out the source whose time came first, if it has come.
    pub fn take_due(&mut self, now: Timestamp) -> Option<SourceId> {
        if self.by_time.first()?.0 > now {
            return None;
        }
        let (_, id) = self.by_time.pop_first()?;
        self.times.remove(&id);
        Some(id)
    }

    /// How many sources stand in it.
    pub fn len(&self) -> usize {
        self.times.len()
    }

    /// Whether no source stands in it.
    pub fn is_empty(&self) -> bool {
        self.times.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Slug;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("a time")
    }

    fn id(text: &str) -> SourceId {
        Slug::new(text).expect("a slug")
    }

    #[test]
    fn what_is_due_comes_in_the_order_of_its_times() {
        let mut table = Timetable::default();
        for (name, second) in [("c", 30), ("a", 20), ("b", 10), ("d", 40)] {
            table.set(id(name), at(second));
        }
        table.set(id("a"), at(5));
        table.remove(&id("d"));
        table.remove(&id("x"));
        assert_eq!(table.len(), 3);
        assert_eq!(table.take_due(at(4)), None);
        let due: Vec<SourceId> = std::iter::from_fn(|| table.take_due(at(29))).collect();
        assert_eq!(due, [id("a"), id("b")]);
        assert_eq!(table.take_due(at(29)), None, "each once");
        assert_eq!(table.take_due(at(30)), Some(id("c")));
        assert!(table.is_empty());
    }
}
