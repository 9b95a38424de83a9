//! The files beside sled's: what makes its content durable, the mark that shows a loss, the intent that makes a torn group whole, and the
//! reserve for a full disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};
use serde_bytes::Bytes;
use xxhash_rust::xxh3::xxh3_64;

use crate::edge::store::embedded::rows::Row;
use crate::edge::store::record::written;

/// Space that is kept from everybody, in bytes: on a full disk sled still gets to write the snapshot without which it can't be opened.
const RESERVE_BYTES: u64 = 32 * 1024 * 1024;
/// What is taken of it on a disk that has not so much, in multiples of this.
const RESERVE_STEP_BYTES: u64 = 1024 * 1024;
/// Space that must be free beside the reserve before anything is written again, in bytes: else the next write would fail as the last did.
const ROOM_BYTES: u64 = 16 * 1024 * 1024;
/// Bytes that are really written to see whether the disk takes them.
const PROBE_BYTES: usize = 64 * 1024;

/// Space that is kept ready behind the end of sled's log beyond what a group needs, in bytes: asked for seldom, it costs nothing.
const AHEAD_BYTES: u64 = 8 * 1024 * 1024;
/// How many times its size a group may take of the log: sled writes a page of 16 rows anew where one has changed ten times.
const LOG_FACTOR: u64 = 16;

/// The files that make sled's content durable.
/// They stay open: a process without descriptors left must still be able to write.
pub(super) struct Disk {
    files: Vec<File>,
    mark: File,
    intent: File,
    /// sled's log.
    log: File,
    /// Up to here the log has its space, in bytes.
    ready: u64,
}

impl Disk {
    /// Makes the folders themselves durable, once.
    pub(super) fn new(store: &Path) -> io::Result<Self> {
        let sled = store.join("sled");
        let open = |path: PathBuf| match File::open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            opened => Some(opened),
        };
        let paths = ["db", "conf", "blobs"].map(|name| sled.join(name)).into_iter().chain([sled.clone()]);
        let files = paths.filter_map(open).collect::<Result<_, _>>()?;
        let own = |name: &str| OpenOptions::new().create(true).truncate(false).write(true).open(store.join(name));
        let (mark, intent) = (own("mark")?, own("intent")?);
        let log = OpenOptions::new().write(true).open(sled.join("db"))?;
        let disk = Self { files, mark, intent, log, ready: 0 };
        disk.sync()?;
        sync_folder(store)?;
        if let Some(parent) = store.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            sync_folder(parent)?;
        }
        Ok(disk)
    }

    /// Makes everything durable that was written: sled's `flush` alone writes neither a file's size nor its extents on Linux
    /// (spacejam/sled #1452).
    pub(super) fn sync(&self) -> io::Result<()> {
        self.files.iter().chain([&self.mark]).try_for_each(File::sync_all)
    }

    /// Marks how many commits are durable. The mark itself becomes durable with the next one: it may be one behind, never ahead.
    pub(super) fn mark(&mut self, commits: u64) -> io::Result<()> {
        // In turns at two places: one that was torn leaves the other.
        let place = commits % 2 * MARK_BYTES as u64;
        self.mark.write_all_at(&mark_of(commits), place)
    }

    /// Notes a group before sled gets it, and makes sure that the disk has room for it. sled keeps a batch together when the process
    /// ends, but not when a write of its own fails in the middle: then this is what the group is made whole from. A disk that is full or
    /// broken shows here, before sled is touched.
    pub(super) fn intend(&mut self, commits: u64, writes: &[Row]) -> io::Result<()> {
        let intent = intent_of(commits, writes)?;
        let end = self.log.metadata()?.len();
        let needed = intent.len() as u64 * LOG_FACTOR;
        if self.ready < end + needed {
            let bytes = needed + AHEAD_BYTES;
            allocate(&self.log, FallocateFlags::KEEP_SIZE, end, bytes)?;
            self.ready = end + bytes;
        }
        self.intent.write_all_at(&intent, 0)
    }
}

/// An intent: a checksum of the rest, the number of the commit, how long the writes are, and the writes.
const INTENT_HEAD: usize = 24;

fn intent_of(commits: u64, writes: &[Row]) -> io::Result<Vec<u8>> {
    let bytes: usize = writes.iter().map(|(key, value)| key.len() + value.as_ref().map_or(0, Vec::len) + ROW_BYTES).sum();
    let writes: Vec<_> = writes.iter().map(|(key, value)| (Bytes::new(key), value.as_deref().map(Bytes::new))).collect();
    let mut head = Vec::with_capacity(INTENT_HEAD + bytes);
    head.resize(INTENT_HEAD, 0);
    let mut intent = written(&writes, head).map_err(io::Error::other)?;
    let length = (intent.len() - INTENT_HEAD) as u64;
    intent[8..16].copy_from_slice(&commits.to_be_bytes());
    intent[16..INTENT_HEAD].copy_from_slice(&length.to_be_bytes());
    let sum = xxh3_64(&intent[8..]);
    intent[..8].copy_from_slice(&sum.to_be_bytes());
    Ok(intent)
}

/// What a row takes in an intent beside its key and its value, at the most.
const ROW_BYTES: usize = 16;

/// The group that was written last or begun last, with its number; `None` where it can't be read, as after a power cut.
pub(super) fn intended(store: &Path) -> io::Result<Option<(u64, Vec<Row>)>> {
    let bytes = match fs::read(store.join("intent")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        read => read?,
    };
    Ok(read_intent(&bytes))
}

fn read_intent(bytes: &[u8]) -> Option<(u64, Vec<Row>)> {
    let number = |at: usize| Some(u64::from_be_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    let end = INTENT_HEAD.checked_add(usize::try_from(number(16)?).ok()?)?;
    let rest = bytes.get(8..end)?;
    if number(0)? != xxh3_64(rest) {
        return None;
    }
    Some((number(8)?, postcard::from_bytes(&bytes[INTENT_HEAD..end]).ok()?))
}

const MARK_BYTES: usize = 16;

fn mark_of(commits: u64) -> [u8; MARK_BYTES] {
    let mut mark = [0; MARK_BYTES];
    mark[..8].copy_from_slice(&commits.to_be_bytes());
    mark[8..].copy_from_slice(&xxh3_64(&commits.to_be_bytes()).to_be_bytes());
    mark
}

/// How many commits were durable when that was last marked; 0 where nothing can be read.
pub(super) fn marked(store: &Path) -> io::Result<u64> {
    let bytes = match fs::read(store.join("mark")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        read => read?,
    };
    let (marks, _) = bytes.as_chunks::<MARK_BYTES>();
    let valid = marks.iter().filter_map(|mark| {
        let commits = u64::from_be_bytes(mark[..8].try_into().ok()?);
        (*mark == mark_of(commits)).then_some(commits)
    });
    Ok(valid.max().unwrap_or(0))
}

/// Makes a folder's list of files durable.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// The reserve of a store's folder.
pub(super) struct Reserve {
    path: PathBuf,
}

impl Reserve {
    pub(super) fn of(store: &Path) -> Self {
        Self { path: store.join("reserve") }
    }

    /// Takes the space, if it is not taken yet. On a full disk that fails, and as much is taken as there is.
    pub(super) fn take(&self) -> io::Result<()> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&self.path)?;
        if file.metadata()?.len() >= RESERVE_BYTES {
            return Ok(());
        }
        let sizes = (1..=RESERVE_BYTES / RESERVE_STEP_BYTES).rev().map(|steps| steps * RESERVE_STEP_BYTES);
        let mut taken = Ok(());
        for (tried, bytes) in sizes.enumerate() {
            match allocate(&file, FallocateFlags::empty(), 0, bytes) {
                Ok(()) if tried == 0 => return Ok(()),
                Ok(()) => break,
                Err(error) => taken = Err(error),
            }
        }
        taken
    }

    /// Gives the space back.
    pub(super) fn release(&self) -> io::Result<()> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Whether the disk takes bytes again, and has room for more than the reserve.
    pub(super) fn probe(&self) -> io::Result<()> {
        self.take()?;
        let path = self.path.with_file_name("probe");
        let probed = write_probe(&path);
        let removed = fs::remove_file(&path);
        probed.and(removed)
    }
}

fn write_probe(path: &Path) -> io::Result<()> {
    let mut file = File::create(path)?;
    allocate(&file, FallocateFlags::empty(), 0, ROOM_BYTES)?;
    file.write_all(&[0x5A; PROBE_BYTES])?;
    file.sync_all()
}

/// Takes space for a file. A file system that can't do that has none to promise.
fn allocate(file: &File, how: FallocateFlags, from: u64, bytes: u64) -> io::Result<()> {
    match fallocate(file, how, from, bytes) {
        Err(rustix::io::Errno::OPNOTSUPP) => Ok(()),
        taken => Ok(taken?),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_marks_the_later_counts_and_a_torn_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("sled")).unwrap();
        fs::write(folder.path().join("sled/db"), b"").unwrap();
        assert_eq!(marked(folder.path()).unwrap(), 0);
        let mut disk = Disk::new(folder.path()).unwrap();
        for commits in [1, 2, 3] {
            disk.mark(commits).unwrap();
            assert_eq!(marked(folder.path()).unwrap(), commits);
        }
        let path = folder.path().join("mark");
        let mut bytes = fs::read(&path).unwrap();
        bytes[MARK_BYTES + 3] ^= 1;
        fs::write(&path, bytes).unwrap();
        assert_eq!(marked(folder.path()).unwrap(), 2, "the one before");
        fs::write(&path, b"short").unwrap();
        assert_eq!(marked(folder.path()).unwrap(), 0);
    }

    #[test]
    fn an_intent_is_read_back_whole_or_not_at_all() {
        let writes: Vec<Row> = vec![(b"a".to_vec(), Some(vec![7; 300])), (b"b".to_vec(), None)];
        let long = intent_of(6, &[(vec![1; 9], Some(vec![2; 9999]))]).unwrap();
        let mut bytes = intent_of(7, &writes).unwrap();
        let length = bytes.len();
        bytes.extend_from_slice(&long[length..]);
        assert_eq!(read_intent(&bytes), Some((7, writes)), "a longer one was there before");
        for at in 0..length {
            let mut torn = bytes.clone();
            torn[at] ^= 0x10;
            assert_eq!(read_intent(&torn), None);
            assert_eq!(read_intent(&bytes[..at]), None);
        }
    }

    #[test]
    fn the_reserve_is_taken_once_and_given_back() {
        let folder = tempfile::tempdir().unwrap();
        let reserve = Reserve::of(folder.path());
        reserve.take().unwrap();
        reserve.probe().unwrap();
        let names: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(names, ["reserve"]);
        assert_eq!(fs::metadata(folder.path().join("reserve")).unwrap().len(), RESERVE_BYTES);
        reserve.release().unwrap();
        reserve.release().unwrap();
        assert!(!folder.path().join("reserve").exists());
    }
}
