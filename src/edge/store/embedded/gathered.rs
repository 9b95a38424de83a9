//! Small records, many in a row: sled takes 40 bytes of memory for each row that it has, and some 100 of the disk, however small it is. What is asked for by a hash
//! stands with others whose hashes begin alike, what is numbered with its neighbours.
//!
//! A row's key is the beginning of its records' keys. Its value holds, in their order, what is left of each key and the record's value,
//! behind one version and one checksum.

use std::collections::BTreeMap;

use crate::edge::store::StoreError;
use crate::edge::store::embedded::heap::PLACE_BYTES;
use crate::edge::store::record::{broken, open, seal};

/// A kind of records that are gathered.
struct Kind {
    letter: u8,
    /// Bytes of a key that are the same in its row.
    shared: usize,
    /// Bits of the next byte that are, too.
    mask: u8,
    /// Bytes of a whole key, and of a value.
    key: usize,
    value: usize,
}

/// 17 bits of a hash make 131,072 rows: with a million stories each has eight records, which is 300 bytes that are written for a new one.
const HASHES: Kind = Kind { letter: 0, shared: 3, mask: 0b1000_0000, key: 17, value: 0 };
/// 32 numbers to a row: the last one is written with every commit.
const NUMBERS: Kind = Kind { letter: 0, shared: 8, mask: 0b1110_0000, key: 9, value: 0 };

const KINDS: [Kind; 5] = [
    // The story, and what the entry said.
    Kind { letter: b'e', value: 16 + 8, ..HASHES },
    // The story.
    Kind { letter: b'l', value: 16, ..HASHES },
    // When the source whose number stands behind the story's id listed it last.
    Kind { letter: b'd', key: 17 + 4, value: 4, ..HASHES },
    // Where it stands.
    Kind { letter: b's', value: PLACE_BYTES, ..HASHES },
    // The story.
    Kind { letter: b'c', value: 16, ..NUMBERS },
];

/// New values of records of a row, by key; `None` for those that go.
pub(super) type Changes = BTreeMap<Vec<u8>, Option<Vec<u8>>>;

/// A record: its key and its value.
pub(super) type Record<'a> = (Vec<u8>, &'a [u8]);

fn kind(key: &[u8]) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| key.first() == Some(&kind.letter))
}

/// The key of the row in which a record stands; `None` for one that has a row of its own.
pub(super) fn row_of(key: &[u8]) -> Option<Vec<u8>> {
    let kind = kind(key)?;
    let mut row = key.get(..=kind.shared)?.to_vec();
    *row.last_mut()? &= kind.mask;
    Some(row)
}

/// The record of a key in its row.
pub(super) fn find<'a>(key: &[u8], row: &'a [u8]) -> Result<Option<&'a [u8]>, StoreError> {
    let kind = kind(key).ok_or_else(|| broken("it is none of many"))?;
    let mut records = kind.split(row)?;
    Ok(records.find(|(rest, _)| key.get(kind.shared..) == Some(rest)).map(|(_, value)| value))
}

/// The records of a row whose keys begin so.
pub(super) fn beginning<'a>(with: &[u8], row: &'a [u8]) -> Result<Vec<Record<'a>>, StoreError> {
    Ok(records(with, row)?.into_iter().filter(|(key, _)| key.starts_with(with)).collect())
}

/// Whether a row holds many records, by its key.
pub(super) fn is_of_many(key: &[u8]) -> bool {
    kind(key).is_some()
}

/// All records of a row.
pub(super) fn records<'a>(key: &[u8], row: &'a [u8]) -> Result<Vec<Record<'a>>, StoreError> {
    let none = || broken("it is none of many");
    let kind = kind(key).ok_or_else(none)?;
    let shared = key.get(..kind.shared).ok_or_else(none)?;
    Ok(kind.split(row)?.map(|(rest, value)| ([shared, rest].concat(), value)).collect())
}

/// The last number of a row of numbers: of one that can't be read the last that it may have, so that none is given twice.
pub(super) fn last_number(key: &[u8], row: &[u8]) -> u64 {
    let number = |key: &[u8]| key.get(1..9).and_then(|number| number.try_into().ok()).map_or(0, u64::from_be_bytes);
    let records = records(key, row).unwrap_or_default();
    records.last().map_or_else(|| number(key) | u64::from(!NUMBERS.mask), |(key, _)| number(key))
}

/// A row with other values of some records; `None` where nothing is left in it. A row that can't be read is an
/// error.
pub(super) fn changed(row: Option<&[u8]>, changes: &Changes) -> Result<Option<Vec<u8>>, StoreError> {
    let kind = changes.keys().next().and_then(|key| kind(key)).ok_or_else(|| broken("it is none of many"))?;
    let mut records: BTreeMap<&[u8], &[u8]> = match row {
        Some(row) => kind.split(row)?.collect(),
        None => BTreeMap::new(),
    };
    for (key, value) in changes {
        let rest = &key[kind.shared..];
        match value {
            Some(value) => records.insert(rest, value),
            None => records.remove(rest),
        };
    }
    let all: Vec<u8> = records.into_iter().flat_map(|(rest, value)| [rest, value]).flatten().copied().collect();
    Ok((!all.is_empty()).then(|| seal(all)))
}

impl Kind {
    /// What is left of the keys of a row, and the values.
    fn split<'a>(&self, row: &'a [u8]) -> Result<impl Iterator<Item = (&'a [u8], &'a [u8])> + use<'a>, StoreError> {
        let rest = self.key - self.shared;
        let records = open(row)?.chunks_exact(rest + self.value);
        match records.remainder() {
            [] => Ok(records.map(move |record| record.split_at(rest))),
            _ => Err(broken("it is cut off")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(row: Option<Vec<u8>>, changes: &[(&[u8], Option<&[u8]>)]) -> Option<Vec<u8>> {
        let changes = changes.iter().map(|(key, value)| (key.to_vec(), value.map(<[u8]>::to_vec))).collect();
        changed(row.as_deref(), &changes).unwrap()
    }

    #[test]
    fn what_is_put_into_a_row_is_found_in_it_until_it_goes() {
        let (a, b, c) = ([b'l'; 17], [&[b'l'; 16][..], &[7]].concat(), [&[b'l'; 16][..], &[200]].concat());
        assert_ne!(row_of(&a), row_of(&[b'l', b'l', b'l', 128]));
        assert!(row_of(&a) == row_of(&b) && row_of(&a).unwrap() == b"lll\0");
        let row = put(None, &[(&a, Some(&[1; 16])), (&c, Some(&[3; 16]))]);
        let row = put(row, &[(&b, Some(&[2; 16])), (&c, Some(&[4; 16]))]);
        let found = |key: &[u8]| find(key, row.as_ref().unwrap()).unwrap().map(<[u8]>::to_vec);
        assert_eq!([found(&a), found(&b), found(&c)], [Some(vec![1; 16]), Some(vec![2; 16]), Some(vec![4; 16])]);
        assert_eq!(found(&[&[b'l'; 16][..], &[9]].concat()), None);
        let all = records(b"lll\0", row.as_ref().unwrap()).unwrap();
        let keys: Vec<&[u8]> = all.iter().map(|(key, _)| &key[..]).collect();
        assert_eq!(keys, [&b[..], &a[..], &c[..]], "in the order of their keys");
        let row = put(row.clone(), &[(&a, None), (&b, None)]);
        assert_eq!(find(&a, row.as_ref().unwrap()).unwrap(), None);
        assert_eq!(put(row, &[(&c, None)]), None, "an empty row goes");
    }

    #[test]
    fn numbers_stand_with_their_neighbours() {
        let key = |seq: u64| [&b"c"[..], &seq.to_be_bytes()].concat();
        assert_eq!(row_of(&key(64)), row_of(&key(95)));
        assert_ne!(row_of(&key(64)), row_of(&key(96)));
        assert!(row_of(&key(95)) < row_of(&key(96)) && row_of(&key(64)).unwrap() <= key(64));
        let row = put(None, &[(&key(64), Some(&[1; 16])), (&key(95), Some(&[2; 16]))]);
        let row = row.unwrap();
        let all = records(&row_of(&key(70)).unwrap(), &row).unwrap();
        assert_eq!(all, [(key(64), &[1; 16][..]), (key(95), &[2; 16][..])]);
    }

    #[test]
    fn the_last_number_of_a_row_that_can_not_be_read_is_not_too_small() {
        let key = |seq: u64| [&b"c"[..], &seq.to_be_bytes()].concat();
        let row = put(None, &[(&key(64), Some(&[1; 16])), (&key(70), Some(&[2; 16]))]).unwrap();
        assert_eq!(last_number(&row_of(&key(70)).unwrap(), &row), 70);
        assert_eq!(last_number(&row_of(&key(70)).unwrap(), b"nonsense"), 95);
    }

    #[test]
    fn marks_of_a_story_are_found_together_and_other_records_have_rows_of_their_own() {
        let mark = |last: u8, source: u8| [&[b'd'; 16][..], &[last, 0, 0, 0, source]].concat();
        let row = put(None, &[(&mark(1, 2), Some(&[2; 4])), (&mark(1, 1), Some(&[1; 4])), (&mark(2, 1), Some(&[3; 4]))]);
        let row = row.unwrap();
        assert_eq!(beginning(&mark(1, 0)[..17], &row).unwrap(), [(mark(1, 1), &[1; 4][..]), (mark(1, 2), &[2; 4][..])]);
        assert_eq!(beginning(&mark(3, 0)[..17], &row).unwrap(), []);
        assert_eq!(row_of(b"mirrors and smoke"), None);
        assert!(!is_of_many(b"mirrors") && records(b"mirrors", b"").is_err());
    }

    #[test]
    fn a_row_that_is_damaged_is_an_error() {
        let row = put(None, &[(&[b'e'; 17], Some(&[1; 24]))]).unwrap();
        for at in 0..row.len() {
            let mut torn = row.clone();
            torn[at] ^= 4;
            assert!(find(&[b'e'; 17], &torn).is_err());
        }
        assert!(find(&[b'e'; 17], &seal(vec![1; 30])).is_err(), "a record and a half is none");
    }
}
