//! Stories, and the sketches by which near copies are found, one behind the other in files that only grow; sled keeps where each stands. What is
//! large is so written once, and not again with every neighbour (Lu et al., "WiscKey: Separating keys from values", 2016).
//!
//! Nobody needs to know where a file ends: what no place leads to was never acknowledged. A file of which little is still needed is
//! cleared by `sweep`, and removed; since old stories are pruned together, that is mostly the whole of it.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use xxhash_rust::xxh3::xxh3_64;

use crate::edge::store::StoreError;
use crate::edge::store::embedded::disk::sync_folder;
use crate::edge::store::record::broken;

/// The folder, in sled's: the two belong together.
const FOLDER: &str = "stories";
/// A file that has grown to this is left for the next, in bytes: the news of a week or two from a thousand sources.
const FULL_BYTES: u64 = 8 * 1024 * 1024;

/// Where a value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The number of the file.
    pub(super) file: u32,
    at: u32,
    pub(super) length: u32,
    /// A checksum of the value.
    sum: u32,
}

/// Bytes of a place.
pub(super) const PLACE_BYTES: usize = 16;

impl Place {
    pub(super) fn bytes(self) -> Vec<u8> {
        [self.file, self.at, self.length, self.sum].iter().flat_map(|part| part.to_be_bytes()).collect()
    }

    pub(super) fn read(bytes: &[u8]) -> Result<Self, StoreError> {
        let parts = bytes.as_chunks::<4>();
        let ([file, at, length, sum], []) = parts else { return Err(broken("it is no place")) };
        let [file, at, length, sum] = [file, at, length, sum].map(|part| u32::from_be_bytes(*part));
        Ok(Self { file, at, length, sum })
    }
}

fn sum(value: &[u8]) -> u32 {
    // The lower half.
    xxh3_64(value) as u32
}

/// The files.
pub(super) struct Heap {
    folder: PathBuf,
    files: Mutex<BTreeMap<u32, Arc<File>>>,
}

/// Values that are to be written behind the last one.
pub(super) struct Pile {
    /// By file: where in it, and the bytes.
    parts: Vec<(u32, u64, Vec<u8>)>,
}

impl Heap {
    /// Opens what is in a folder of sled's.
    pub(super) fn open(sled: &Path) -> io::Result<Self> {
        let folder = sled.join(FOLDER);
        fs::create_dir_all(&folder)?;
        let mut files = BTreeMap::new();
        for file in fs::read_dir(&folder)? {
            let path = file?.path();
            let number = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.parse().ok());
            if let Some(number) = number {
                files.insert(number, Arc::new(OpenOptions::new().read(true).write(true).open(&path)?));
            }
        }
        Ok(Self { folder, files: Mutex::new(files) })
    }

    fn files(&self) -> MutexGuard<'_, BTreeMap<u32, Arc<File>>> {
        self.files.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value at a place; [`StoreError::Record`] where it is not there any more, or another.
    pub(super) fn read(&self, place: Place) -> Result<Vec<u8>, StoreError> {
        let file = self.files().get(&place.file).cloned().ok_or_else(|| broken("its file is missing"))?;
        let end = u64::from(place.at) + u64::from(place.length);
        let failed = |error: io::Error| StoreError::Failed { doing: "to read a value", why: error.to_string() };
        // Asked before much memory is taken for what a damaged place says.
        if u64::from(place.length) > FULL_BYTES && file.metadata().map_err(failed)?.len() < end {
            return Err(broken("its file is cut off"));
        }
        let mut value = vec![0; place.length as usize];
        file.read_exact_at(&mut value, place.at.into()).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => broken("its file is cut off"),
            _ => failed(error),
        })?;
        if sum(&value) != place.sum { Err(broken("its checksum is wrong")) } else { Ok(value) }
    }

    /// A pile that begins behind the last value.
    pub(super) fn pile(&self) -> io::Result<Pile> {
        let (number, end) = match self.files().last_key_value() {
            Some((number, file)) => (*number, file.metadata()?.len()),
            None => (1, 0),
        };
        Ok(Pile { parts: vec![(number, end, Vec::new())] })
    }

    /// Writes a pile, and makes it durable.
    pub(super) fn write(&self, pile: &Pile) -> io::Result<()> {
        for (number, at, bytes) in pile.parts.iter().filter(|(_, _, bytes)| !bytes.is_empty()) {
            let known = self.files().get(number).cloned();
            let (file, is_new) = match known {
                Some(file) => (file, false),
                None => (self.create(*number)?, true),
            };
            file.write_all_at(bytes, *at)?;
            file.sync_all()?;
            if is_new {
                sync_folder(&self.folder)?;
                self.files().insert(*number, file);
            }
        }
        Ok(())
    }

    fn create(&self, number: u32) -> io::Result<Arc<File>> {
        let path = self.folder.join(format!("{number:08}"));
        Ok(Arc::new(OpenOptions::new().create(true).truncate(true).read(true).write(true).open(path)?))
    }

    /// The size of each file in bytes, but for the one that still grows.
    pub(super) fn grown(&self) -> io::Result<BTreeMap<u32, u64>> {
        let files = self.files();
        let last = files.keys().next_back().copied();
        files
            .iter()
            .filter(|(number, _)| Some(**number) != last)
            .map(|(number, file)| Ok((*number, file.metadata()?.len())))
            .collect()
    }

    /// The size of all files in bytes.
    pub(super) fn bytes(&self) -> io::Result<u64> {
        self.files().values().map(|file| file.metadata().map(|data| data.len())).sum()
    }

    /// Removes files that no place leads to.
    pub(super) fn remove(&self, numbers: impl Iterator<Item = u32>) -> io::Result<()> {
        for number in numbers {
            fs::remove_file(self.folder.join(format!("{number:08}")))?;
            self.files().remove(&number);
        }
        sync_folder(&self.folder)
    }
}

impl Pile {
    /// Adds a value; says where it will stand.
    pub(super) fn push(&mut self, value: &[u8]) -> Result<Place, StoreError> {
        let large = || StoreError::Failed { doing: "to write a value", why: "it is too large".to_owned() };
        let (number, at, bytes) = self.parts.last().ok_or_else(large)?;
        let end = at + bytes.len() as u64;
        if end > 0 && end + value.len() as u64 > FULL_BYTES {
            self.parts.push((number + 1, 0, Vec::new()));
        }
        let (number, at, bytes) = self.parts.last_mut().ok_or_else(large)?;
        let at = u32::try_from(*at + bytes.len() as u64).map_err(|_| large())?;
        let length = u32::try_from(value.len()).map_err(|_| large())?;
        bytes.extend_from_slice(value);
        Ok(Place { file: *number, at, length, sum: sum(value) })
    }

    /// Bytes that wait.
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(|(_, _, bytes)| bytes.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back_also_after_opening_anew() {
        let folder = tempfile::tempdir().unwrap();
        let mut places = Vec::new();
        for round in 0..3u8 {
            let heap = Heap::open(folder.path()).unwrap();
            let mut pile = heap.pile().unwrap();
            for n in 0..5u8 {
                places.push((pile.push(&[round * 10 + n; 1_000_000]).unwrap(), round * 10 + n));
            }
            assert_eq!(pile.len(), 5_000_000);
            heap.write(&pile).unwrap();
            for (place, n) in &places {
                assert_eq!(heap.read(*place).unwrap(), [*n; 1_000_000]);
                assert_eq!(Place::read(&place.bytes()).unwrap(), *place);
            }
        }
        let heap = Heap::open(folder.path()).unwrap();
        assert_eq!((heap.grown().unwrap().len(), heap.bytes().unwrap()), (1, 15_000_000));
        heap.remove([1].into_iter()).unwrap();
        assert!(matches!(heap.read(places[0].0), Err(StoreError::Record { .. })));
        assert_eq!(heap.read(places[14].0).unwrap(), [24; 1_000_000]);
    }

    #[test]
    fn what_was_never_acknowledged_is_not_written_over_and_what_is_damaged_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let heap = Heap::open(folder.path()).unwrap();
        let mut pile = heap.pile().unwrap();
        let place = pile.push(b"kept").unwrap();
        heap.write(&pile).unwrap();
        let file = folder.path().join(FOLDER).join("00000001");
        fs::write(&file, b"kepttail of a write that failed").unwrap();
        assert_eq!(heap.pile().unwrap().push(b"x").unwrap().at, 31);
        for damaged in [&b"kep"[..], b"kelt"] {
            fs::write(&file, damaged).unwrap();
            assert!(matches!(heap.read(place), Err(StoreError::Record { .. })));
        }
        assert!(Place::read(b"short").is_err());
    }
}
