//! What a poll asks of the store, answered from memory as far as that goes: which names were surely never seen, what the entries said
//! that are asked about again and again, and where the stories of the last days stand. So that a poll costs the same however many stories
//! there are.
//!
//! Nothing here is needed. What memory does not know, the disk is asked; it is forgotten where the disk may know better.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwapOption;

use crate::edge::store::embedded::heap::Place;
use crate::model::{EntryKey, Print, StoryId};

/// Entries of which it is remembered at least what they said: what two thousand sources show at a time. At the most it is twice as many,
/// at about 60 bytes each.
const ENTRIES: usize = 65_536;
/// Stories of which it is remembered at least where they stand, at about 50 bytes each: as many as are looked through for near copies.
const PLACES: usize = 150_000;

/// Bits of a filter for each key: with six of them set for each, one question in a hundred is put to the disk in vain.
const BITS_PER_KEY: u64 = 12;
const PROBES: u32 = 6;
/// The largest filter, in bytes: enough for seven million stories. With more of them more is asked in vain.
const MOST_BYTES: u64 = 32 * 1024 * 1024;
/// Keys beside those that are there already for which a filter has room: those of 200,000 to 350,000 stories, in 1.5 MB. It is made anew each day.
const ROOM: u64 = 1 << 20;

/// What is in memory.
#[derive(Default)]
pub(super) struct Seen {
    /// `None` until all keys have been gone through; in a new store there are none.
    filter: ArcSwapOption<Filter>,
    known: Mutex<Known>,
}

/// What the disk said.
struct Known {
    /// What entries said.
    entries: Memory<EntryKey, (StoryId, Print)>,
    /// Where stories stand.
    places: Memory<StoryId, Place>,
    /// How often anything was written.
    writes: u64,
}

/// What was asked for or written of late.
struct Memory<K, V> {
    young: HashMap<K, V>,
    /// Gives way to `young` when that has so many.
    old: HashMap<K, V>,
    most: usize,
}

/// What was written: what is known of each now, `None` of what is there no more.
#[derive(Default)]
pub(super) struct Written {
    pub(super) entries: Vec<(EntryKey, Option<(StoryId, Print)>)>,
    pub(super) places: Vec<(StoryId, Option<Place>)>,
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
        self.known().entries.get(key)
    }

    /// Where a story stands, if that is in memory. A file that was cleared since is not there any more.
    pub(super) fn place(&self, story: StoryId) -> Option<Place> {
        self.known().places.get(story)
    }

    /// To be asked before the disk is.
    pub(super) fn before(&self) -> Before {
        Before(self.known().writes)
    }

    /// Remembers what the disk said, unless something has been written since.
    pub(super) fn remember(&self, before: Before, key: EntryKey, entry: (StoryId, Print)) {
        let mut known = self.known();
        if known.writes == before.0 {
            known.entries.remember(key, entry);
        }
    }

    /// Remembers where the disk said that a story stands, likewise.
    pub(super) fn remember_place(&self, before: Before, story: StoryId, place: Place) {
        let mut known = self.known();
        if known.writes == before.0 {
            known.places.remember(story, place);
        }
    }

    /// Takes notice of keys that are about to be written.
    pub(super) fn expect<'a>(&self, keys: impl Iterator<Item = &'a [u8]>) {
        if let Some(filter) = self.filter.load().as_ref() {
            keys.for_each(|key| filter.add(key));
        }
    }

    /// Takes notice of what was written.
    pub(super) fn written(&self, written: Written) {
        let mut known = self.known();
        known.writes += 1;
        written.entries.into_iter().for_each(|(key, entry)| known.entries.set(key, entry));
        written.places.into_iter().for_each(|(story, place)| known.places.set(story, place));
    }

    /// Takes over a filter that knows all keys.
    pub(super) fn fill(&self, filter: Arc<Filter>) {
        self.filter.store(Some(filter));
    }

    /// Forgets what the disk said.
    pub(super) fn forget_answers(&self) {
        let mut known = self.known();
        *known = Known { writes: known.writes + 1, ..Known::default() };
    }

    /// Forgets everything.
    pub(super) fn clear(&self) {
        self.filter.store(None);
        self.forget_answers();
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Known {
    fn default() -> Self {
        Self { entries: Memory::of(ENTRIES), places: Memory::of(PLACES), writes: 0 }
    }
}

impl<K: Copy + Eq + Hash, V: Copy> Memory<K, V> {
    fn of(most: usize) -> Self {
        Self { young: HashMap::new(), old: HashMap::new(), most }
    }

    fn get(&mut self, key: K) -> Option<V> {
        if let Some(known) = self.young.get(&key) {
            return Some(*known);
        }
        let known = *self.old.get(&key)?;
        self.remember(key, known);
        Some(known)
    }

    fn set(&mut self, key: K, value: Option<V>) {
        match value {
            Some(value) => self.remember(key, value),
            None => {
                self.young.remove(&key);
                self.old.remove(&key);
            }
        }
    }

    fn remember(&mut self, key: K, value: V) {
        if self.young.len() >= self.most {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
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
        let said = |entry, said| Written { entries: vec![(entry, said)], ..Written::default() };
        seen.written(said(entry, Some(written)));
        seen.remember(before, entry, read);
        assert_eq!(seen.entry(entry), Some(written));
        seen.written(said(entry, None));
        assert_eq!(seen.entry(entry), None);
        seen.remember(seen.before(), entry, read);
        assert_eq!(seen.entry(entry), Some(read));
        seen.forget_answers();
        assert_eq!(seen.entry(entry), None);
    }

    #[test]
    fn where_a_story_stood_before_it_was_written_is_not_remembered() {
        let (seen, story) = (Seen::default(), StoryId([1; 16]));
        let place = |file: u32| Place::read(&[file.to_be_bytes(); 4].concat()).unwrap();
        let stands = |place| Written { places: vec![(story, place)], ..Written::default() };
        let before = seen.before();
        seen.written(stands(Some(place(2))));
        seen.remember_place(before, story, place(1));
        assert_eq!(seen.place(story), Some(place(2)));
        seen.written(stands(None));
        assert_eq!(seen.place(story), None);
        seen.remember_place(seen.before(), story, place(3));
        assert_eq!(seen.place(story), Some(place(3)));
        seen.clear();
        assert_eq!(seen.place(story), None);
    }

    #[test]
    fn what_is_asked_for_stays_and_what_is_not_goes() {
        let mut memory = Memory::of(100);
        let seen = |memory: &Memory<u64, ()>, n| memory.young.contains_key(&n) || memory.old.contains_key(&n);
        for n in 0..300 {
            memory.remember(n, ());
            memory.get(7);
        }
        assert!(seen(&memory, 7) && !seen(&memory, 8) && seen(&memory, 299));
        assert!(memory.young.len() + memory.old.len() <= 200);
    }
}
