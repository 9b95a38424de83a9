//! The copy of what can't be fetched again, compressed, in a file beside sled's. What it holds means nothing here.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use crate::edge::store::embedded::disk::sync_folder;

/// The copy's file.
const NAME: &str = "copy.zst";
/// zstd's own default, at some hundred megabytes a second.
const LEVEL: i32 = 3;

/// Writes a new copy, which takes the place of the last one only when it is whole and on the disk.
pub(super) fn keep(folder: &Path, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let (new, place) = (folder.join("copy.new"), folder.join(NAME));
    let mut encoder = zstd::Encoder::new(File::create(&new)?, LEVEL)?;
    encoder.include_checksum(true)?;
    write(&mut encoder)?;
    encoder.finish()?.sync_all()?;
    fs::rename(&new, &place)?;
    sync_folder(folder)
}

/// The last copy.
pub(super) fn read(folder: &Path) -> io::Result<Option<Box<dyn BufRead + Send>>> {
    match File::open(folder.join(NAME)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        opened => Ok(Some(Box::new(BufReader::new(zstd::Decoder::new(opened?)?)))),
    }
}
