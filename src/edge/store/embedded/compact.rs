//! Writing a store anew, in the order of its keys: sled reuses space and never gives it back.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use crate::edge::store::StoreError;
use crate::edge::store::embedded::disk::sync_folder;
use crate::edge::store::embedded::open::{close, ground, io_failed, lock, open_sled};
use crate::edge::store::embedded::{Embedded, failed};

/// The folder that is being written, and that of the old one while they change places.
const NEW: &str = "compact.new";
const OLD: &str = "compact.old";
/// Bytes that are written before they are made durable: sled keeps them in memory until then.
const STEP_BYTES: usize = 4 * 1024 * 1024;

impl Embedded {
    pub(in crate::edge::store) fn compact(folder: &Path) -> Result<(u64, u64), StoreError> {
        let _lock = lock(folder)?;
        let old = ground(folder)?.db;
        let new = open_sled(&folder.join(NEW))
            .map_err(|refused| StoreError::Failed { doing: "to be written anew", why: refused.why() })?;
        copy(&old, &new)?;
        let measured = |db: &sled::Db| db.size_on_disk().map_err(failed("to be measured"));
        let sizes = (measured(&old)?, measured(&new)?);
        close(Arc::new(old))?;
        close(Arc::new(new))?;
        exchange(folder).map_err(io_failed("to put its new files in place"))?;
        Ok(sizes)
    }
}

fn copy(old: &sled::Db, new: &sled::Db) -> Result<(), StoreError> {
    let mut batch = sled::Batch::default();
    let mut bytes = 0;
    for row in old.iter() {
        let (key, value) = row.map_err(failed("to be read"))?;
        bytes += key.len() + value.len();
        batch.insert(key, value);
        if bytes >= STEP_BYTES {
            new.apply_batch(std::mem::take(&mut batch)).map_err(failed("to be written anew"))?;
            new.flush().map_err(failed("to be written anew"))?;
            bytes = 0;
        }
    }
    new.apply_batch(batch).map_err(failed("to be written anew"))?;
    new.flush().map_err(failed("to be written anew"))?;
    Ok(())
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
