//! What stood in each source's document when it was last read. Kept in memory: after a start the first document is what later ones are
//! compared with.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::{EntryKey, Source, SourceId};

/// The entries that are watched, by source: at most 1.6 kB each.
#[derive(Debug, Default)]
pub struct Windows(Mutex<HashMap<SourceId, Window>>);

/// What one source's document held.
#[derive(Debug)]
struct Window {
    /// The settings that it was read with: under others it would have been another document.
    settings: u64,
    watched: Arc<[EntryKey]>,
}

impl Windows {
    /// The entries of a source that are watched, the newest first.
    pub(in crate::pipeline) fn of(&self, source: &Source) -> Arc<[EntryKey]> {
        let windows = self.lock();
        let window = windows.get(&source.id).filter(|window| window.settings == source.settings());
        window.map_or_else(Default::default, |window| Arc::clone(&window.watched))
    }

    /// These are watched from now on.
    pub(in crate::pipeline) fn set(&self, source: &Source, watched: Vec<EntryKey>) {
        let window = Window { settings: source.settings(), watched: watched.into() };
        self.lock().insert(source.id.clone(), window);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SourceId, Window>> {
        // A map is whole between its statements.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
