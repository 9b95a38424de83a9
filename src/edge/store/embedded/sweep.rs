//! Space is given back: files of the heap of which less than half is still needed are cleared, in small steps, and removed. What is needed
//! is written again behind the last value first; where each row leads says what that is, not the file.

use std::collections::BTreeSet;

use crate::edge::store::StoreError;
use crate::edge::store::embedded::base::Base;
use crate::edge::store::embedded::books::Posting;
use crate::edge::store::embedded::heap::{Pile, Place};
use crate::edge::store::embedded::rows::Row;
use crate::edge::store::embedded::{codec, failed, gathered};
use crate::edge::store::record::{open, seal};

/// Rows that are looked at in one step, and bytes that are moved, at the most: some milliseconds.
const STEP_ROWS: usize = 500;
const STEP_BYTES: usize = 512 * 1024;
/// A file is cleared when less than one part in so many of it is needed.
const NEEDED: u64 = 2;

/// How far it has come.
pub(super) struct Sweep {
    /// The files that are to be cleared.
    files: BTreeSet<u32>,
    /// Rows up to this key, and this one, lead to none of them.
    reached: Vec<u8>,
}

/// What a step comes to.
pub(super) struct Swept {
    pub(super) pile: Pile,
    pub(super) writes: Vec<Row>,
    pub(super) postings: Vec<Posting>,
    /// No row leads to the files any more.
    pub(super) done: bool,
}

impl Sweep {
    /// What is to be done where rows lead to so many bytes of each file; `None` where there is nothing.
    pub(super) fn of(base: &Base, needed: impl Fn(u32) -> u64) -> std::io::Result<Option<Self>> {
        let files: BTreeSet<u32> =
            base.heap.grown()?.into_iter().filter(|(file, size)| needed(*file) * NEEDED < *size).map(|(file, _)| file).collect();
        Ok((!files.is_empty()).then(|| Self { files, reached: vec![codec::SKETCHES] }))
    }

    /// The next rows.
    pub(super) fn step(&mut self, base: &Base) -> Result<Swept, StoreError> {
        let pile = base.heap.pile().map_err(|e| StoreError::Failed { doing: "to give space back", why: e.to_string() })?;
        let mut swept = Swept { pile, writes: Vec::new(), postings: Vec::new(), done: true };
        let from = [&self.reached[..], &[0]].concat();
        for (count, row) in base.range(from..vec![codec::STORIES + 1]).enumerate() {
            if count >= STEP_ROWS || swept.pile.len() >= STEP_BYTES {
                swept.done = false;
                break;
            }
            let (key, row) = row.map_err(failed("to give space back"))?;
            self.reached = key.to_vec();
            match key.first() {
                Some(&codec::STORIES) => {
                    let files = &self.files;
                    if let Some(moved) = move_stories(base, &key, &row, &mut swept.pile, &|file| files.contains(&file))? {
                        swept.writes.push((key.to_vec(), Some(moved)));
                    }
                }
                Some(&codec::SKETCHES) => self.move_sketches(base, &key, &row, &mut swept)?,
                _ => {}
            }
        }
        Ok(swept)
    }

    /// Moves sketches, without those of stories that are gone.
    fn move_sketches(&self, base: &Base, key: &[u8], row: &[u8], swept: &mut Swept) -> Result<(), StoreError> {
        if !self.files.contains(&Place::read(open(row)?)?.file) {
            return Ok(());
        }
        let mut posted = Vec::new();
        for (story, sketch) in base.sketches(row)? {
            if base.has(story)? {
                posted.push((story, sketch));
            }
        }
        if posted.is_empty() {
            swept.postings.push(Posting::plain(key, false));
            swept.writes.push((key.to_vec(), None));
        } else {
            let place = swept.pile.push(&codec::sketches(&posted)?)?;
            swept.writes.push((key.to_vec(), Some(seal(place.bytes()))));
        }
        Ok(())
    }

    /// The files that were cleared.
    pub(super) fn files(&self) -> impl Iterator<Item = u32> {
        self.files.iter().copied()
    }
}

/// Puts the stories of a row that stand in certain files onto a pile; the row as it is then, `None` where it has none of them.
pub(super) fn move_stories(
    from: &Base,
    key: &[u8],
    row: &[u8],
    pile: &mut Pile,
    is_in: &dyn Fn(u32) -> bool,
) -> Result<Option<Vec<u8>>, StoreError> {
    let mut changes = gathered::Changes::new();
    for (key, place) in gathered::records(key, row)? {
        let place = Place::read(place)?;
        if is_in(place.file) {
            changes.insert(key, Some(pile.push(&from.heap.read(place)?)?.bytes()));
        }
    }
    if changes.is_empty() { Ok(None) } else { gathered::changed(Some(row), &changes) }
}
