//! An edit of feeds.toml that changed nothing, for `/admin` to say why.

use std::sync::{Mutex, MutexGuard};

use jiff::Timestamp;

/// The last edit, where it was not taken: when it came, and why.
#[derive(Debug, Default)]
pub struct Untaken(Mutex<Option<(Timestamp, String)>>);

impl Untaken {
    /// Notes what became of an edit; `None` of one that was taken.
    pub fn set(&self, edit: Option<(Timestamp, String)>) {
        *self.lock() = edit;
    }

    /// The edit that was not taken.
    pub fn get(&self) -> Option<(Timestamp, String)> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, Option<(Timestamp, String)>> {
        // It is whole between statements.
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}
