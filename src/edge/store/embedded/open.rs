//! Opening a sled store: alone, and without believing that what is on disk is whole.
//!
//! What can be made again (sled's snapshots, its settings) is set aside and made again where it is damaged; files that can't be used at
//! all are set aside, and the store is begun anew. Nothing is overwritten, and everything is said.

use std::collections::HashSet;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use crate::edge::store::embedded::base::Base;
use crate::edge::store::embedded::books::{Books, PREFIX};
use crate::edge::store::embedded::disk::{Reserve, intended, marked, sync_folder};
use crate::edge::store::embedded::heap::Heap;
use crate::edge::store::embedded::rows::Row;
use crate::edge::store::embedded::seen::Filter;
use crate::edge::store::embedded::{Embedded, QUEUE, Shared, codec, compact, failed, gathered, write};
use crate::edge::store::{Finding, StoreError};

/// sled's page cache, in bytes. Its default is 1 GB. What polls ask again and again is remembered beside it (`seen`, `near`): among a million
/// stories a poll costs the same with 32 MB as with 64.
const CACHE_BYTES: u64 = 32 * 1024 * 1024;

/// How often, and after which wait, a file that sled has not let go yet is tried again: five seconds in all.
const LOCK_TRIES: u32 = 100;
const LOCK_WAIT: Duration = Duration::from_millis(50);
/// Damaged files that are kept beside a store. With more of them something is wrong that no new beginning mends.
const MOST_SET_ASIDE: u32 = 5;

impl Embedded {
    /// Whether there is a store in a folder.
    pub(in crate::edge::store) fn exists(folder: &Path) -> bool {
        ["sled", "compact.old"].iter().any(|name| folder.join(name).is_dir())
    }

    /// Opens the store in a folder, or makes a new one there. Blocks: for a large store a second or two.
    pub(in crate::edge::store) fn open(folder: &Path) -> Result<Self, StoreError> {
        let lock = lock(folder)?;
        let ground = ground(folder)?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (announce, latest) = watch::channel(ground.seq);
        let shared = Arc::new(Shared::default());
        if ground.is_new() {
            shared.seen.fill(Arc::new(Filter::of(0)));
        }
        let writer = write::Writer::new(folder.to_owned(), Arc::clone(&shared), &ground, announce);
        let writer = writer.map_err(io_failed("to be opened for writing"))?;
        shared.open(ground.base, ground.findings);
        let writer = std::thread::Builder::new().name("store".to_owned()).spawn(move || writer.run(queue));
        let writer = Mutex::new(Some(writer.map_err(io_failed("to start its writer"))?));
        Ok(Self { shared, jobs, latest, writer, folder: folder.to_owned(), _lock: lock })
    }
}

pub(super) fn io_failed(doing: &'static str) -> impl Fn(io::Error) -> StoreError {
    move |error| StoreError::Failed { doing, why: error.to_string() }
}

/// Makes sure that no other process uses the folder, for as long as the file is open.
pub(super) fn lock(folder: &Path) -> Result<File, StoreError> {
    let name = folder.display().to_string();
    fs::create_dir_all(folder).map_err(|e| StoreError::Failed { doing: "to be made", why: format!("{name}: {e}") })?;
    let lock = File::create(folder.join("lock")).map_err(io_failed("to be locked"))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::Held { folder: name }),
        Err(TryLockError::Error(error)) => Err(io_failed("to be locked")(error)),
    }
}

/// What an opened folder holds.
pub(super) struct Ground {
    pub(super) base: Base,
    /// The number of the last change.
    pub(super) seq: u64,
    pub(super) books: Books,
    /// What is wrong, as sentences: found now, or earlier and not mended yet.
    pub(super) findings: Vec<String>,
}

impl Ground {
    /// Whether nothing has ever been written.
    fn is_new(&self) -> bool {
        self.seq == 0 && self.books == Books::default() && self.findings.is_empty()
    }
}

/// Opens what is in a folder that this process has locked.
pub(super) fn ground(folder: &Path) -> Result<Ground, StoreError> {
    let sled_folder = folder.join("sled");
    compact::undo(folder).map_err(io_failed("to be tidied"))?;
    fs::create_dir_all(&sled_folder).map_err(io_failed("to be made"))?;
    remove_unfinished_snapshots(&sled_folder).map_err(io_failed("to be tidied"))?;
    let mut findings = Vec::new();
    let marked = marked(folder).map_err(io_failed("to read its mark"))?;
    let db = open_whatever_it_takes(folder, marked, &mut findings)?;
    check_format(&db, folder, marked, &mut findings)?;
    finish_intent(&db, folder, marked)?;
    let seq = db.range(..vec![b'c' + 1]).next_back().transpose().map_err(failed("to find the last change"))?;
    let seq = match seq {
        Some((key, value)) if key.first() == Some(&b'c') => gathered::last_number(&key, &value),
        _ => 0,
    };
    let mut books = read_books(&db, &mut findings)?;
    if books.commits < marked {
        findings.push(Finding::Stale { commits: marked - books.commits });
        books.commits = marked;
    }
    findings.iter().for_each(|finding| tracing::error!(folder = %folder.display(), "the store is not whole: {finding}"));
    let findings = remember(&db, &findings)?;
    let heap = Heap::open(&sled_folder).map_err(io_failed("to open the stories' files"))?;
    Ok(Ground { base: Base { db, heap }, seq, books, findings })
}

/// Writes the last group again, if nobody knows that it was written whole.
fn finish_intent(db: &sled::Db, folder: &Path, marked: u64) -> Result<(), StoreError> {
    let intended = intended(folder).map_err(io_failed("to read what it was about to write"))?;
    let Some((commits, writes)) = intended.filter(|(commits, _)| *commits > marked) else { return Ok(()) };
    // A later group is whole: this one was finished before.
    if read_books(db, &mut Vec::new())?.commits <= commits {
        db.apply_batch(batch(writes)).map_err(failed("to finish what it was about to write"))?;
        db.flush().map_err(failed("to finish what it was about to write"))?;
    }
    Ok(())
}

pub(super) fn batch(writes: Vec<Row>) -> sled::Batch {
    let mut batch = sled::Batch::default();
    for (key, value) in writes {
        match value {
            Some(value) => batch.insert(key, value),
            None => batch.remove(key),
        }
    }
    batch
}

fn read_books(db: &sled::Db, findings: &mut Vec<Finding>) -> Result<Books, StoreError> {
    let mut books = Books::default();
    let mut damaged = 0;
    for row in db.scan_prefix(PREFIX) {
        let (key, value) = row.map_err(failed("to read its books"))?;
        damaged += u64::from(books.read(&key, &value).is_err());
    }
    if damaged > 0 {
        findings.push(Finding::Damaged { kind: "books", count: damaged });
    }
    Ok(books)
}

/// Adds what is wrong to what was wrong before and is not mended, so that it is not forgotten by a restart.
fn remember(db: &sled::Db, findings: &[Finding]) -> Result<Vec<String>, StoreError> {
    let before = db.get(codec::UNMENDED).map_err(failed("to read what is wrong"))?;
    let mut all = before.map_or_else(Vec::new, |value| codec::read_unmended(&value));
    if !findings.is_empty() {
        let known: HashSet<String> = all.iter().cloned().collect();
        all.extend(findings.iter().map(Finding::to_string).filter(|finding| !known.contains(finding)));
        db.insert(codec::UNMENDED, codec::unmended(&all)?).map_err(failed("to note what is wrong"))?;
        db.flush().map_err(failed("to note what is wrong"))?;
    }
    Ok(all)
}

/// sled leaves `snap.*.generating` behind when the disk is full, and then refuses to open; the file holds nothing that the log
/// does not (spacejam/sled #1527, #1533).
fn remove_unfinished_snapshots(folder: &Path) -> io::Result<()> {
    for file in fs::read_dir(folder)? {
        let file = file?;
        if file.file_name().to_string_lossy().ends_with(".generating") {
            tracing::warn!(file = %file.path().display(), "removing an unfinished snapshot of the store");
            fs::remove_file(file.path())?;
        }
    }
    Ok(())
}

/// Reads each of sled's own files to its end.
fn read_through(folder: &Path) -> io::Result<()> {
    /// Bytes that are read at once.
    const AT_ONCE: usize = 1024 * 1024;
    let mut buffer = vec![0; AT_ONCE];
    for file in fs::read_dir(folder)? {
        let file = file?;
        if file.file_type()?.is_file() {
            let mut file = File::open(file.path())?;
            while file.read(&mut buffer)? > 0 {}
        }
    }
    Ok(())
}

/// Why sled did not open its folder.
#[derive(Debug)]
pub(super) enum Refused {
    /// The disk is full.
    Full(String),
    /// The system said no, which the next attempt may change.
    System(String),
    /// The files are damaged.
    Damaged(String),
}

/// Opens sled; on a full disk with the help of the reserve, and damaged files without those that can be made again, or all anew.
fn open_whatever_it_takes(folder: &Path, marked: u64, findings: &mut Vec<Finding>) -> Result<sled::Db, StoreError> {
    let sled_folder = folder.join("sled");
    let first = match open_known(&sled_folder, marked) {
        Err(Refused::Full(_)) => {
            Reserve::of(folder).release().map_err(io_failed("to give its reserve back"))?;
            remove_unfinished_snapshots(&sled_folder).map_err(io_failed("to be tidied"))?;
            open_known(&sled_folder, marked)
        }
        first => first,
    };
    let mut why = match first {
        Ok(db) => return Ok(db),
        Err(refused) => refused.damage()?,
    };
    let aside = Aside::in_folder(folder)?;
    // The log holds what a snapshot holds; the settings are sled's own.
    for remade in ["snap.", "conf"] {
        if aside.take(&sled_folder, remade)? {
            match open_known(&sled_folder, marked) {
                Ok(db) => {
                    findings.push(Finding::File { file: format!("sled/{}", remade.trim_end_matches('.')) });
                    return Ok(db);
                }
                Err(refused) => why = refused.damage()?,
            }
        }
    }
    aside.take(&sled_folder, "")?;
    findings.push(Finding::Anew { why, aside: aside.path.display().to_string() });
    open_sled(&sled_folder).map_err(|refused| StoreError::Damaged { folder: folder.display().to_string(), why: refused.why() })
}

/// Opens sled's folder. It takes some damaged files for new ones, and would write over them: a store that we have written to is not empty.
/// And it takes what it can't read for the end of what was written (`LogIter::next` and `scan_segment_headers_and_tail` of 0.34.7): so
/// all is read once before.
fn open_known(folder: &Path, marked: u64) -> Result<sled::Db, Refused> {
    read_through(folder).map_err(|e| Refused::System(format!("its files can't be read: {e}")))?;
    let db = open_sled(folder)?;
    if marked == 0 || !db.is_empty() {
        return Ok(db);
    }
    close(Arc::new(db)).map_err(|e| Refused::System(e.to_string()))?;
    Err(Refused::Damaged("nothing could be found in them".to_owned()))
}

impl Refused {
    /// What is damaged; an error where it is not the files.
    fn damage(self) -> Result<String, StoreError> {
        match self {
            Self::Damaged(why) => Ok(why),
            Self::Full(why) | Self::System(why) => Err(StoreError::Failed { doing: "to be opened", why }),
        }
    }

    pub(super) fn why(self) -> String {
        match self {
            Self::Full(why) | Self::System(why) | Self::Damaged(why) => why,
        }
    }
}

/// A folder for damaged files, beside sled's.
struct Aside {
    path: PathBuf,
}

impl Aside {
    fn in_folder(folder: &Path) -> Result<Self, StoreError> {
        let paths = (1..=MOST_SET_ASIDE).map(|number| folder.join(format!("damaged-{number}")));
        match paths.into_iter().find(|path| !path.exists()) {
            Some(path) => {
                fs::create_dir(&path).map_err(io_failed("to set damaged files aside"))?;
                Ok(Self { path })
            }
            None => Err(StoreError::Damaged {
                folder: folder.display().to_string(),
                why: format!(
                    "its files are damaged, and {MOST_SET_ASIDE} times they were before; look at its folders damaged-*, and at the disk"
                ),
            }),
        }
    }

    /// Moves the files whose names begin so; says whether there were any.
    fn take(&self, from: &Path, beginning: &str) -> Result<bool, StoreError> {
        let take = || -> io::Result<bool> {
            let mut any = false;
            for file in fs::read_dir(from)? {
                let file = file?;
                if file.file_name().to_string_lossy().starts_with(beginning) {
                    fs::rename(file.path(), self.path.join(file.file_name()))?;
                    any = true;
                }
            }
            sync_folder(&self.path)?;
            sync_folder(from)?;
            Ok(any)
        };
        take().map_err(io_failed("to set damaged files aside"))
    }
}

/// Opens sled's folder. Its threads of a store that was closed a moment ago may still hold the file; nobody else can, because our own
/// lock is held. It panics on some damaged files: that is caught, and the store reported as damaged.
pub(super) fn open_sled(folder: &Path) -> Result<sled::Db, Refused> {
    let config = sled::Config::new().path(folder).cache_capacity(CACHE_BYTES);
    for _ in 0..LOCK_TRIES {
        let config = config.clone();
        let opened = std::thread::Builder::new().name("store-open".to_owned()).spawn(move || config.open());
        match opened.map_err(|e| Refused::System(e.to_string()))?.join() {
            Ok(Err(sled::Error::Io(error))) if error.to_string().contains("could not acquire lock") => {
                std::thread::sleep(LOCK_WAIT)
            }
            Ok(Ok(db)) => return Ok(db),
            Ok(Err(error)) => return Err(refusal(error)),
            Err(_) => return Err(Refused::Damaged("sled broke down over them".to_owned())),
        }
    }
    Err(Refused::System("sled's own lock is held, though ours is not; does another program use its folder?".to_owned()))
}

fn refusal(error: sled::Error) -> Refused {
    match error {
        sled::Error::Io(error) => match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Refused::Full(error.to_string()),
            io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => {
                Refused::Damaged(error.to_string())
            }
            _ => Refused::System(error.to_string()),
        },
        error => Refused::Damaged(error.to_string()),
    }
}

/// A store that is new gets its format. One that has lost it, though we have written to it before, is ours all the same.
fn check_format(db: &sled::Db, folder: &Path, marked: u64, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
    let reading = failed("to read its format");
    let refused = |why| Err(StoreError::Damaged { folder: folder.display().to_string(), why });
    match db.get(codec::FORMAT).map_err(&reading)? {
        Some(format) if format.as_ref() == codec::THIS_FORMAT => return Ok(()),
        Some(format) => {
            let (theirs, ours) = (String::from_utf8_lossy(&format), String::from_utf8_lossy(codec::THIS_FORMAT));
            return refused(format!("it has the format {theirs:?}, and this version knows {ours:?}"));
        }
        None if db.is_empty() => {}
        None if marked > 0 => findings.push(Finding::Damaged { kind: "notes", count: 1 }),
        None => return refused("it does not say which format it has".to_owned()),
    }
    db.insert(codec::FORMAT, codec::THIS_FORMAT).map(|_| ()).map_err(reading)
}

/// Waits until nobody reads from a store any more, and closes it.
pub(super) fn close<T: Send + Sync + 'static>(db: Arc<T>) -> Result<(), StoreError> {
    for _ in 0..LOCK_TRIES {
        if Arc::strong_count(&db) == 1 {
            // sled panics where it can't sync on its way out.
            let closed = std::thread::Builder::new().name("store-close".to_owned()).spawn(move || drop(db));
            if closed.map_err(io_failed("to be closed"))?.join().is_err() {
                tracing::error!("sled broke down while it was being closed");
            }
            return Ok(());
        }
        std::thread::sleep(LOCK_WAIT);
    }
    Err(StoreError::Failed { doing: "to be closed", why: "it is still being read from".to_owned() })
}
