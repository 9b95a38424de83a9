//! The pages of an earlier run, in one file: what is served when the service starts and its store can't be opened. What the file holds it
//! holds whole: it has a version and a checksum, and the next takes its place only when it is on the disk.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::model::{Coding, Page};

/// The first line of a file that this version reads.
const HEAD: &[u8] = b"diemtin pages 2\n";
/// zstd's own default: some milliseconds for a site.
const LEVEL: i32 = 3;
/// Bodies that are kept, and that are read, in every coding, in bytes: a thousand feeds in all their formats. Pages beyond are left out.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// A page as it was kept. Its codings too: to compress the pages of a thousand feeds anew takes half a minute, and somebody waits for the
/// first answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its path.
    pub path: String,
    /// Its Content-Type header.
    pub content_type: String,
    /// Its hash.
    pub hash: String,
    /// When its bytes were first published, in seconds.
    pub modified: i64,
    /// Its bytes.
    pub body: Bytes,
    /// The same bytes compressed.
    pub encoded: Vec<(Coding, Bytes)>,
}

/// A page in the file.
#[derive(Serialize, Deserialize)]
struct Record<'a> {
    path: &'a str,
    content_type: &'a str,
    hash: &'a str,
    modified: i64,
    #[serde(borrow)]
    body: &'a serde_bytes::Bytes,
    #[serde(borrow)]
    encoded: Vec<(Coding, &'a serde_bytes::Bytes)>,
}

/// Keeps pages, with the time at which they were. Returns how many had no room. Blocks.
pub fn keep<'a>(path: &Path, second: i64, pages: impl Iterator<Item = (&'a String, &'a Arc<Page>)>) -> io::Result<usize> {
    let (mut kept, mut left_out, mut bytes) = (Vec::new(), 0, 0);
    for (path, page) in pages {
        bytes += page.body.len() + page.encoded.iter().map(|(_, bytes)| bytes.len()).sum::<usize>();
        if bytes > MOST_BYTES {
            left_out += 1;
            continue;
        }
        kept.push(Record {
            path,
            content_type: page.content_type,
            hash: page.hash(),
            modified: page.modified().as_second(),
            body: serde_bytes::Bytes::new(&page.body),
            encoded: page.encoded.iter().map(|(coding, bytes)| (*coding, serde_bytes::Bytes::new(bytes))).collect(),
        });
    }
    // A name of our own: two processes may keep the same pages.
    let new = path.with_extension(format!("new-{}", std::process::id()));
    let written = write(&new, &postcard::to_stdvec(&(second, kept)).map_err(io::Error::other)?);
    if let Err(error) = written.and_then(|()| fs::rename(&new, path)) {
        // What can't be written may not be there.
        let _ = fs::remove_file(&new);
        return Err(error);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(left_out)
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(HEAD)?;
    let mut encoder = zstd::Encoder::new(file, LEVEL)?;
    encoder.include_checksum(true)?;
    encoder.write_all(bytes)?;
    encoder.finish()?.sync_all()
}

/// The pages that were kept last, and when; `None` where none were. Blocks.
pub fn kept(path: &Path) -> io::Result<Option<(i64, Vec<Kept>)>> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened?,
    };
    let mut head = [0; HEAD.len()];
    file.read_exact(&mut head)?;
    if head != HEAD {
        return Err(io::Error::other("another version wrote it"));
    }
    let mut bytes = Vec::new();
    // Twice as much: paths and hashes stand beside the bodies. What is longer has no end that fits its beginning.
    zstd::Decoder::new(file)?.take(2 * MOST_BYTES as u64).read_to_end(&mut bytes)?;
    // All pages share these bytes: none is copied.
    let all = Bytes::from(bytes);
    let (second, records): (i64, Vec<Record>) = postcard::from_bytes(&all).map_err(io::Error::other)?;
    let kept = |record: Record| Kept {
        path: record.path.to_owned(),
        content_type: record.content_type.to_owned(),
        hash: record.hash.to_owned(),
        modified: record.modified,
        body: all.slice_ref(record.body),
        encoded: record.encoded.into_iter().map(|(coding, bytes)| (coding, all.slice_ref(bytes))).collect(),
    };
    Ok(Some((second, records.into_iter().map(kept).collect())))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn pages_come_back_as_they_were_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pages.zst");
        assert_eq!(kept(&file).unwrap(), None);
        let page = |body: &'static str| {
            let (hash, modified) = (format!("hash of {body}"), Timestamp::from_second(7).unwrap());
            let encoded = vec![(Coding::Zstd, Bytes::from_static(&[7; 3]))];
            Arc::new(Page::new("text/plain", body.into(), encoded, hash, modified))
        };
        let pages = [("/".to_owned(), page("front")), ("/feeds/a.rss".to_owned(), page("feed"))];
        for second in [1, 2] {
            assert_eq!(keep(&file, second, pages.iter().map(|(path, page)| (path, page))).unwrap(), 0);
            let (at, read) = kept(&file).unwrap().unwrap();
            assert_eq!((at, read.len()), (second, 2));
            assert_eq!((&*read[1].path, &*read[1].body, read[1].modified), ("/feeds/a.rss", &b"feed"[..], 7));
            assert_eq!(read[1].encoded, [(Coding::Zstd, Bytes::from_static(&[7; 3]))]);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
        let whole = fs::read(&file).unwrap();
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 1;
            fs::write(&file, damaged).unwrap();
            // A bit that means nothing to zstd changes nothing.
            assert!(kept(&file).ok().flatten().is_none_or(|(second, read)| second == 2 && *read[0].body == *b"front"));
            fs::write(&file, &whole[..at]).unwrap();
            assert!(kept(&file).is_err());
        }
        assert!(keep(&folder.path().join("nowhere/pages"), 1, pages.iter().map(|(path, page)| (path, page))).is_err());
    }
}
