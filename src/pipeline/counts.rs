//! The counts of this process: polls add to them, `/metrics` reads them.

use std::sync::Mutex;

use crate::model::Tally;

/// The counts. One lock, held for an addition: a poll takes it a handful of times.
#[derive(Debug, Default)]
pub struct Counts(Mutex<Tally>);

impl Counts {
    /// Adds to the counts.
    pub fn add(&self, add: impl FnOnce(&mut Tally)) {
        add(&mut self.0.lock().unwrap_or_else(|e| e.into_inner()));
    }

    /// The counts as they are.
    pub fn tally(&self) -> Tally {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }
}
