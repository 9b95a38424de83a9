//! The files beside sled's: what makes its content durable, the mark that shows a loss, and the reserve for a full disk.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};
use xxhash_rust::xxh3::xxh3_64;

/// Space that is kept from everybody, in bytes: on a full disk sled still gets to write the snapshot without which it can't be opened.
const RESERVE_BYTES: u64 = 32 * 1024 * 1024;
/// Space that must be free beside the reserve before anything is written again, in bytes: else the next write would fail as the last did.
const ROOM_BYTES: u64 = 16 * 1024 * 1024;
/// Bytes that are really written to see whether the disk takes them.
const PROBE_BYTES: usize = 64 * 1024;

/// The files that make sled's content durable.
/// They stay open: a process without descriptors left must still be able to write.
pub(super) struct Disk {
    files: Vec<File>,
    mark: File,
    marked: u64,
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
        let mark = OpenOptions::new().create(true).truncate(false).write(true).open(store.join("mark"))?;
        let disk = Self { files, mark, marked: 0 };
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
        self.mark.write_all_at(&mark_of(commits), place)?;
        self.marked = commits;
        Ok(())
    }
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

    /// Takes the space, if it is not taken yet. On a full disk that fails; what there was stays taken.
    pub(super) fn take(&self) -> io::Result<()> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&self.path)?;
        if file.metadata()?.len() < RESERVE_BYTES {
            allocate(&file, RESERVE_BYTES)?;
        }
        Ok(())
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
    allocate(&file, ROOM_BYTES)?;
    file.write_all(&[0x5A; PROBE_BYTES])?;
    file.sync_all()
}

/// Takes space for a file. A file system that can't do that has none to promise.
fn allocate(file: &File, bytes: u64) -> io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, bytes) {
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
