//! Writing a store anew, in the order of its keys: sled reuses space and never gives it back.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::edge::store::StoreError;
use crate::edge::store::embedded::base::Base;
use crate::edge::store::embedded::disk::sync_folder;
use crate::edge::store::embedded::heap::{Heap, Pile};
use crate::edge::store::embedded::open::{close, ground, io_failed, lock, open_sled};
use crate::edge::store::embedded::sweep::move_stories;
use crate::edge::store::embedded::{Embedded, codec, failed};
use crate::edge::store::record::seal;

/// The folder that is being written, and that of the old one while they change places.
const NEW: &str = "compact.new";
const OLD: &str = "compact.old";
/// Bytes that are written before they are made durable: sled keeps them in memory until then.
const STEP_BYTES: usize = 4 * 1024 * 1024;

impl Embedded {
    pub(in crate::edge::store) fn compact(folder: &Path) -> Result<(u64, u64), StoreError> {
        let _lock = lock(folder)?;
        let old = ground(folder)?.base;
        let db = open_sled(&folder.join(NEW))
            .map_err(|refused| StoreError::Failed { doing: "to be written anew", why: refused.why() })?;
        let heap = Heap::open(&folder.join(NEW)).map_err(io_failed("to be written anew"))?;
        let new = Base { db, heap };
        copy(&old, &new)?;
        let measured = |base: &Base| {
            let stories = base.heap.bytes().map_err(io_failed("to be measured"))?;
            Ok::<_, StoreError>(stories + base.size_on_disk().map_err(failed("to be measured"))?)
        };
        let sizes = (measured(&old)?, measured(&new)?);
        close(Arc::new(old))?;
        close(Arc::new(new))?;
        exchange(folder).map_err(io_failed("to put its new files in place"))?;
        Ok(sizes)
    }
}

fn copy(old: &Base, new: &Base) -> Result<(), StoreError> {
    let begin = || new.heap.pile().map_err(io_failed("to be written anew"));
    let (mut batch, mut pile, mut bytes) = (sled::Batch::default(), begin()?, 0);
    for row in old.iter() {
        let (key, row) = row.map_err(failed("to be read"))?;
        let row = moved(old, &key, &row, &mut pile)?;
        bytes += key.len() + row.len();
        batch.insert(key, row);
        if bytes + pile.len() >= STEP_BYTES {
            write(new, std::mem::take(&mut batch), &pile)?;
            (pile, bytes) = (begin()?, 0);
        }
    }
    write(new, batch, &pile)
}

fn write(new: &Base, batch: sled::Batch, pile: &Pile) -> Result<(), StoreError> {
    new.heap.write(pile).map_err(io_failed("to be written anew"))?;
    new.apply_batch(batch).map_err(failed("to be written anew"))?;
    new.flush().map_err(failed("to be written anew"))?;
    Ok(())
}

/// A row as it is when what it leads to stands in a pile. What can't be read has to be found first, or would be lost without a word.
fn moved(old: &Base, key: &[u8], row: &[u8], pile: &mut Pile) -> Result<Vec<u8>, StoreError> {
    let moved = match key.first() {
        Some(&codec::STORIES) => move_stories(old, key, row, pile, &|_| true).map(Option::unwrap_or_default),
        Some(&codec::SKETCHES) => old.sketches(row).and_then(|posted| Ok(seal(pile.push(&codec::sketches(&posted)?)?.bytes()))),
        _ => Ok(row.to_vec()),
    };
    moved.map_err(|error| match error {
        StoreError::Record { why } => StoreError::Failed {
            doing: "to be written anew",
            why: format!("a record can't be read ({why}); `diemtin store check` sets such records aside"),
        },
        error => error,
    })
}

fn exchange(folder: &Path) -> std::io::Result<()> {
    let (sled, new, old) = (folder.join("sled"), folder.join(NEW), folder.join(OLD));
    for file in fs::read_dir(&new)? {
        fs::File::open(file?.path())?.sync_all()?;
    }
    sync_folder(&new)?;
    fs::rename(&sled, &old)?;
    fs::rename(&new, &sled)?;
    sync_folder(folder)?;
    fs::remove_dir_all(old)
}

/// Tidies up after a compaction that was interrupted: the old files are whole, the new ones perhaps not.
pub(super) fn undo(folder: &Path) -> std::io::Result<()> {
    let (sled, new, old) = (folder.join("sled"), folder.join(NEW), folder.join(OLD));
    if old.exists() && !sled.exists() {
        fs::rename(&old, &sled)?;
        sync_folder(folder)?;
    }
    for left in [new, old] {
        if left.exists() {
            fs::remove_dir_all(left)?;
        }
    }
    Ok(())
}
