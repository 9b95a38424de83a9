//! Opening a sled store: alone, and without believing that what is on disk is whole.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::edge::store::embedded::{Embedded, QUEUE, codec, failed, recent, write};
use crate::edge::store::{StoreError, near};

/// sled's page cache, in bytes. Its default is 1 GB; measured peaks are one and a half to two and a half times this.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// How often, and after which wait, a file that sled has not let go yet is tried again: five seconds in all.
const LOCK_TRIES: u32 = 100;
const LOCK_WAIT: Duration = Duration::from_millis(50);

impl Embedded {
    /// Whether there is a store in a folder.
    pub(in crate::edge::store) fn exists(folder: &Path) -> bool {
        folder.join("sled").is_dir()
    }

    /// Opens the store in a folder, or makes a new one there. Blocks: for a large store a second or two.
    pub(in crate::edge::store) fn open(folder: &Path) -> Result<Self, StoreError> {
        let name = folder.display().to_string();
        let io = |doing| move |error: std::io::Error| StoreError::Failed { doing, why: error.to_string() };
        let sled_folder = folder.join("sled");
        fs::create_dir_all(&sled_folder).map_err(|e| StoreError::Failed { doing: "to be made", why: format!("{name}: {e}") })?;
        let lock = File::create(folder.join("lock")).map_err(io("to be locked"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Held { folder: name }),
            Err(TryLockError::Error(error)) => return Err(io("to be locked")(error)),
        }
        remove_unfinished_snapshots(&sled_folder).map_err(io("to be tidied"))?;
        let db = open_sled(&sled_folder).map_err(|why| StoreError::Damaged { folder: name.clone(), why })?;
        check_format(&db, &name)?;
        let seq = db.range(..vec![b'c' + 1]).next_back().transpose().map_err(failed("to find the last change"))?;
        let seq = match seq {
            Some((key, value)) if key.first() == Some(&b'c') => codec::read_change(&key, &value)?.0,
            _ => 0,
        };
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (announce, latest) = watch::channel(seq);
        let disk = write::Disk::new(folder, &sled_folder).map_err(io("to be opened for writing"))?;
        let recent = recent::Recent::since(seq);
        let index = Arc::new(near::Index::default());
        let writer = write::Writer { db: db.clone(), seq, recent, index: Arc::clone(&index), disk, announce, broken: None };
        let writer = std::thread::Builder::new().name("store".to_owned()).spawn(move || writer.run(queue));
        let writer = Mutex::new(Some(writer.map_err(io("to start its writer"))?));
        Ok(Self { db, jobs, latest, index, writer, _lock: lock })
    }
}

/// sled leaves `snap.*.generating` behind when the disk is full, and then refuses to open; the file holds nothing that the log
/// does not (spacejam/sled #1527, #1533).
fn remove_unfinished_snapshots(folder: &Path) -> std::io::Result<()> {
    for file in fs::read_dir(folder)? {
        let file = file?;
        if file.file_name().to_string_lossy().ends_with(".generating") {
            tracing::warn!(file = %file.path().display(), "removing an unfinished snapshot of the store");
            fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

/// Opens sled's folder. Its threads of a store that was closed a moment ago may still hold the file; nobody else can, because our own
/// lock is held. It panics on some damaged files: that is caught, and the store reported as damaged.
pub(super) fn open_sled(folder: &Path) -> Result<sled::Db, String> {
    let config = sled::Config::new().path(folder).cache_capacity(CACHE_BYTES);
    for _ in 0..LOCK_TRIES {
        let config = config.clone();
        let opened = std::thread::Builder::new().name("store-open".to_owned()).spawn(move || config.open());
        match opened.map_err(|e| e.to_string())?.join() {
            Ok(Err(sled::Error::Io(error))) if error.to_string().contains("could not acquire lock") => {
                std::thread::sleep(LOCK_WAIT)
            }
            Ok(result) => return result.map_err(|e| e.to_string()),
            Err(_) => return Err("its files are damaged".to_owned()),
        }
    }
    Err("sled's own lock is held, though ours is not; does another program use its folder?".to_owned())
}

fn check_format(db: &sled::Db, name: &str) -> Result<(), StoreError> {
    let reading = failed("to read its format");
    match db.get(codec::FORMAT).map_err(&reading)? {
        Some(format) if format.as_ref() == codec::THIS_FORMAT => Ok(()),
        Some(format) => {
            let why = format!("it has the format {format:?}, and this version knows {:?}", codec::THIS_FORMAT);
            Err(StoreError::Damaged { folder: name.to_owned(), why })
        }
        None if db.is_empty() => db.insert(codec::FORMAT, codec::THIS_FORMAT).map(|_| ()).map_err(reading),
        None => Err(StoreError::Damaged { folder: name.to_owned(), why: "it does not say which format it has".to_owned() }),
    }
}
