//! A store to try things with, of either kind.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::*;

/// A store of its own.
pub(in crate::edge::store) struct Case {
    place: Place,
    store: Option<Arc<Store>>,
    pub(in crate::edge::store) runtime: Runtime,
}

enum Place {
    Folder(TempDir),
    Database(String),
}

impl Place {
    fn open(&self) -> Option<Arc<Store>> {
        Some(Arc::new(match self {
            Self::Folder(folder) => Store::open(folder.path()).unwrap(),
            Self::Database(url) => Store::connect(url).unwrap(),
        }))
    }
}

/// The address of a new, empty database. The server that has it is started by the first who asks.
pub(in crate::edge::store) fn database() -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres.sh");
    let made = Command::new("sh").arg(script).stderr(Stdio::inherit()).output().unwrap();
    assert!(made.status.success(), "no PostgreSQL for the test; what is above says why");
    String::from_utf8(made.stdout).unwrap().trim().to_owned()
}

impl Case {
    /// In a folder.
    pub(in crate::edge::store) fn new() -> Self {
        Self::at(Place::Folder(tempfile::tempdir().unwrap()))
    }

    /// In a database.
    pub(in crate::edge::store) fn postgres() -> Self {
        Self::at(Place::Database(database()))
    }

    fn at(place: Place) -> Self {
        Self { store: place.open(), place, runtime: tokio::runtime::Builder::new_multi_thread().build().unwrap() }
    }

    pub(in crate::edge::store) fn url(&self) -> &str {
        let Place::Database(url) = &self.place else { panic!("a folder has no address") };
        url
    }

    pub(in crate::edge::store) fn store(&self) -> &Arc<Store> {
        self.store.as_ref().unwrap()
    }

    pub(in crate::edge::store) fn reopen(&mut self) {
        self.store = None;
        self.store = self.place.open();
    }

    pub(in crate::edge::store) fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.runtime.block_on(self.store().commit(batch))
    }

    pub(in crate::edge::store) fn block_on<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    pub(in crate::edge::store) fn remove(&self, ids: Vec<StoryId>) {
        let seq = |id| self.store().story(id).unwrap().map_or(0, |story| story.seq);
        let judged = ids.into_iter().map(|id| (id, seq(id))).collect();
        self.block_on(self.store().remove(judged, second(60))).unwrap();
    }

    pub(in crate::edge::store) fn seqs(&self) -> Vec<(u64, StoryId)> {
        self.store().changes_after(0, usize::MAX).unwrap().iter().map(|change| (change.seq, change.id)).collect()
    }

    pub(in crate::edge::store) fn folder(&self) -> &Path {
        let Place::Folder(folder) = &self.place else { panic!("a database has no folder") };
        folder.path()
    }

    pub(in crate::edge::store) fn close(&mut self) {
        self.store = None;
    }
}
