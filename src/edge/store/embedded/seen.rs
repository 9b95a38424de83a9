//! What a poll asks of the store, answered from memory as far as that goes: which names were surely never seen, and what the entries said
//! that are asked about again and again. So that a poll costs the same however many stories there are.
//!
//! Nothing here is needed. What memory does not know, the disk is asked; it is forgotten where the disk may know better.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;

use crate::model::{EntryKey, Print, StoryId};

/// Entries of which it is remembered at least what they said: what two thousand sources show at a time. At the most it is twice as many,
/// at about 60 bytes each.
const REMEMBERED: usize = 65_536;

/// Bits of a filter for each key: with six of them set for each, one question in a hundred is put to the disk in vain.
const BITS_PER_KEY: u64 = 12;
const PROBES: u32 = 6;
/// The largest filter, in bytes: enough for seven million stories. With more of them more is asked in vain.
const MOST_BYTES: u64 = 32 * 1024 * 1024;
/// Keys beside those that are there already for which a filter has room: it is made anew each day.
const ROOM: u64 = 65_536;

/// What is in memory.
#[derive(Default)]
pub(super) struct Seen {
    /// `None` until all keys have been gone through.
    filter: ArcSwapOption<Filter>,
    names: Mutex<Names>,
}

/// What entries said.
#[derive(Default)]
struct Names {
    young: HashMap<EntryKey, (StoryId, Print)>,
    /// Gives way to `young` when that is full.
    old: HashMap<EntryKey, (StoryId, Print)>,
    /// How often anything was written.
    writes: u64,
}

/// Where memory stood before the disk was asked.
#[derive(Clone, Copy)]
pub(super) struct Before(u64);

impl Seen {
    /// Whether a key may be there: `false` is sure. Of keys that are no hash nothing is known.
    pub(super) fn may_have(&self, key: &[u8]) -> bool {
        self.filter.load().as_ref().is_none_or(|filter| filter.may_have(key))
    }

    /// What an entry said, if that is in memory.
    pub(super) fn entry(&self, key: EntryKey) -> Option<(StoryId, Print)> {
        let mut names = self.names();
        match names.young.get(&key) {
            Some(found) => Some(*found),
            None => {
                let found = *names.old.get(&key)?;
                names.remember(key, found);
                Some(found)
            }
        }
    }

    /// To be asked before the disk is.
    pub(super) fn before(&self) -> Before {
        Before(self.names().writes)
    }

    /// Remembers what the disk said, unless something has been written since.
    pub(super) fn remember(&self, before: Before, key: EntryKey, entry: (StoryId, Print)) {
        let mut names = self.names();
        if names.writes == before.0 {
            names.remember(key, entry);
        }
    }

    /// Takes notice of keys that are about to be written.
    pub(super) fn expect<'a>(&self, keys: impl Iterator<Item = &'a [u8]>) {
        if let Some(filter) = self.filter.load().as_ref() {
            keys.for_each(|key| filter.add(key));
        }
    }

    /// Takes notice of what was written: what entries say now, `None` of those that are forgotten.
    pub(super) fn written(&self, entries: Vec<(EntryKey, Option<(StoryId, Print)>)>) {
        let mut names = self.names();
        names.writes += 1;
        for (key, entry) in entries {
            match entry {
                Some(entry) => names.remember(key, entry),
                None => names.forget(key),
            }
        }
    }

    /// Takes over a filter that knows all keys.
    pub(super) fn fill(&self, filter: Arc<Filter>) {
        self.filter.store(Some(filter));
    }

    /// Forgets what entries said.
    pub(super) fn forget_entries(&self) {
        let mut names = self.names();
        *names = Names { writes: names.writes + 1, ..Names::default() };
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.filter.store(None);
        self.forget_entries();
    }

    fn names(&self) -> MutexGuard<'_, Names> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Names {
    fn remember(&mut self, key: EntryKey, entry: (StoryId, Print)) {
        if self.young.len() >= REMEMBERED {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, entry);
    }

    fn forget(&mut self, key: EntryKey) {
        self.young.remove(&key);
        self.old.remove(&key);
    }
}

/// A Bloom filter over keys that are hashes already (Bloom, 1970), in blocks of a cache line (Putze, Sanders and Singler, 2007).
pub(super) struct Filter {
    blocks: Box<[[AtomicU64; 8]]>,
}

impl Filter {
    /// One with room for so many keys and some more.
    pub(super) fn of(keys: u64) -> Self {
        let bytes = (keys.saturating_add(keys / 4).saturating_add(ROOM)).saturating_mul(BITS_PER_KEY) / 8;
        let blocks = bytes.min(MOST_BYTES) / 64;
        Self { blocks: (0..blocks).map(|_| Default::default()).collect() }
    }

    /// Adds a key, if it is a kind's letter and a hash, whatever stands behind that.
    pub(super) fn add(&self, key: &[u8]) {
        let Some((block, probes)) = self.places(key) else { return };
        for (word, bit) in probes {
            block[word].fetch_or(bit, Ordering::Relaxed);
        }
    }

    fn may_have(&self, key: &[u8]) -> bool {
        let Some((block, mut probes)) = self.places(key) else { return true };
        probes.all(|(word, bit)| block[word].load(Ordering::Relaxed) & bit != 0)
    }

    /// The block of a key's hash, and the bits that stand for it: by the first half of the hash the one, by the second the others.
    fn places(&self, key: &[u8]) -> Option<(&[AtomicU64; 8], impl Iterator<Item = (usize, u64)> + use<>)> {
        let hash: [u8; 16] = key.get(1..17)?.try_into().ok()?;
        let hash = u128::from_be_bytes(hash);
        let (first, second) = ((hash >> 64) as u64, hash as u64);
        // Less than the number of blocks, which fits.
        let block = ((u128::from(first) * self.blocks.len() as u128) >> 64) as usize;
        let probes = (0..PROBES).map(move |probe| (second >> (9 * probe)) & 511);
        Some((self.blocks.get(block)?, probes.map(|bit| ((bit >> 6) as usize, 1 << (bit & 63)))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(letter: u8, n: u64) -> [u8; 17] {
        let mut key = [letter; 17];
        key[1..].copy_from_slice(&blake3::hash(&n.to_be_bytes()).as_bytes()[..16]);
        key
    }

    #[test]
    fn a_filter_never_denies_what_it_was_told_and_seldom_affirms_what_it_was_not() {
        let filter = Filter::of(100_000);
        (0..150_000).for_each(|n| filter.add(&key(b'e', n)));
        assert!((0..150_000).all(|n| filter.may_have(&key(b'e', n))));
        let vain = (150_000..250_000).filter(|n| filter.may_have(&key(b'e', *n))).count();
        assert!(vain < 2_000, "{vain} of 100,000");
        assert!(filter.may_have(b"short"), "what is no hash is not known");
    }

    #[test]
    fn until_all_keys_were_gone_through_each_may_be_there() {
        let seen = Seen::default();
        assert!(seen.may_have(&key(b'e', 1)));
        seen.fill(Arc::new(Filter::of(0)));
        assert!(!seen.may_have(&key(b'e', 1)));
        seen.expect([&key(b'e', 1)[..]].into_iter());
        assert!(seen.may_have(&key(b'e', 1)) && !seen.may_have(&key(b'e', 2)));
        seen.clear();
        assert!(seen.may_have(&key(b'e', 2)));
    }

    #[test]
    fn what_was_read_before_something_was_written_is_not_remembered() {
        let (seen, entry) = (Seen::default(), EntryKey([1; 16]));
        let (read, written) = ((StoryId([1; 16]), 1), (StoryId([1; 16]), 2));
        let before = seen.before();
        seen.written(vec![(entry, Some(written))]);
        seen.remember(before, entry, read);
        assert_eq!(seen.entry(entry), Some(written));
        seen.written(vec![(entry, None)]);
        assert_eq!(seen.entry(entry), None);
        seen.remember(seen.before(), entry, read);
        assert_eq!(seen.entry(entry), Some(read));
        seen.forget_entries();
        assert_eq!(seen.entry(entry), None);
    }

    #[test]
    fn what_is_asked_for_stays_and_what_is_not_goes() {
        let mut names = Names::default();
        let entry = |n: u64| EntryKey(key(b'e', n)[1..].try_into().unwrap());
        let seen = |names: &Names, n| names.young.contains_key(&entry(n)) || names.old.contains_key(&entry(n));
        for n in 0..3 * REMEMBERED as u64 {
            names.remember(entry(n), (StoryId([0; 16]), n));
            if let Some(found) = names.old.get(&entry(7)).copied() {
                names.remember(entry(7), found);
            }
        }
        assert!(seen(&names, 7) && !seen(&names, 8) && seen(&names, 3 * REMEMBERED as u64 - 1));
        assert!(names.young.len() + names.old.len() <= 2 * REMEMBERED);
    }
}
