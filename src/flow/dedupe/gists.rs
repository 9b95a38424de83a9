//! Texts prepared for comparing, kept for a while: a story of the day is compared with many entries, and an agency's text comes from many sources.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use xxhash_rust::xxh3::Xxh3;

use crate::flow::dedupe::Gist;
use crate::model::Report;

/// Texts in each of the two generations, at about 9 kB each.
const KEPT: usize = 1024;

/// The texts that were prepared of late. It holds what [`Gist::of`] gives, so it makes no difference but in time.
#[derive(Default)]
pub struct Gists {
    kept: Mutex<Generations>,
}

#[derive(Default)]
struct Generations {
    young: HashMap<u128, Arc<Gist>>,
    /// What was young before `young` was full; what is asked for becomes young again, the rest goes.
    old: HashMap<u128, Arc<Gist>>,
}

impl Gists {
    /// An entry's texts, prepared.
    pub fn of(&self, report: &Report) -> Arc<Gist> {
        let key = key(report);
        if let Some(known) = self.with(|kept| kept.get(key)) {
            return known;
        }
        // Not while it is locked: this is what takes time.
        let gist = Arc::new(Gist::of(report));
        self.with(|kept| kept.put(key, Arc::clone(&gist)));
        gist
    }

    fn with<T>(&self, what: impl FnOnce(&mut Generations) -> T) -> T {
        what(&mut self.kept.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Generations {
    fn get(&mut self, key: u128) -> Option<Arc<Gist>> {
        if let Some(gist) = self.young.get(&key) {
            return Some(Arc::clone(gist));
        }
        let gist = self.old.remove(&key)?;
        self.put(key, Arc::clone(&gist));
        Some(gist)
    }

    fn put(&mut self, key: u128, gist: Arc<Gist>) {
        if self.young.len() >= KEPT {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, gist);
    }
}

/// A hash of what is compared.
fn key(report: &Report) -> u128 {
    let mut hash = Xxh3::new();
    hash.update(&report.title.len().to_le_bytes());
    hash.update(report.title.as_bytes());
    hash.update(report.summary.as_bytes());
    hash.digest128()
}
