//! Stories made small: zstd with a dictionary of what provincial news say again and again. A story of 700 bytes becomes one of 300.
//!
//! The dictionary is part of the format: another one needs another format.

use std::collections::HashMap;
use std::io;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::edge::store::StoreError;
use crate::edge::store::record::broken;
use crate::model::{Story, StoryId};

const WORDS: &[u8] = include_bytes!("words.txt");
/// Level 3 takes a few microseconds a story; higher ones gain a percent.
const LEVEL: i32 = 3;
/// The largest story that is read, in bytes: some dozen sources with their full texts.
const LARGEST: u32 = 32 * 1024 * 1024;

static ENCODER: LazyLock<EncoderDictionary<'static>> = LazyLock::new(|| EncoderDictionary::copy(WORDS, LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(WORDS));

/// Sets of tools that are kept for the next story: as many as are at work at once, nearly always.
const MOST_IDLE: usize = 4;

/// Packs and unpacks. Its tools are used again, since making one costs more than a story.
#[derive(Default)]
pub(super) struct Packer {
    compressors: Mutex<Vec<Compressor<'static>>>,
    decompressors: Mutex<Vec<Decompressor<'static>>>,
    /// Stories that were unpacked of late.
    stories: Mutex<Generations>,
}

/// Stories in each of the two generations, at about 2 kB each.
const KEPT: usize = 1024;

/// The longest packed story that is kept so, in bytes: one with full texts is seldom asked for twice.
const LONGEST_KEPT: usize = 4 * 1024;

/// Stories as they were read, each with its bytes: one that has other bytes now is another.
#[derive(Default)]
struct Generations {
    young: HashMap<StoryId, Unpacked>,
    /// What was young before `young` was full; what is asked for becomes young again, the rest goes.
    old: HashMap<StoryId, Unpacked>,
}

struct Unpacked {
    packed: Vec<u8>,
    story: Arc<Story>,
}

impl Packer {
    /// A story that many entries are compared with is unpacked once for all of them; `read` reads it from its bytes.
    pub(super) fn story(
        &self,
        id: StoryId,
        packed: &[u8],
        read: impl FnOnce() -> Result<Story, StoreError>,
    ) -> Result<Story, StoreError> {
        let kept = || self.stories.lock().unwrap_or_else(PoisonError::into_inner);
        let known = kept().get(id, packed);
        if let Some(story) = known {
            return Ok(Story::clone(&story));
        }
        let story = read()?;
        if packed.len() <= LONGEST_KEPT {
            kept().put(id, Unpacked { packed: packed.to_vec(), story: Arc::new(story.clone()) });
        }
        Ok(story)
    }

    /// A value and its length, packed.
    pub(super) fn pack(&self, value: &[u8]) -> Result<Vec<u8>, StoreError> {
        let failed = |why: String| StoreError::Failed { doing: "to pack a story", why };
        let make = || Compressor::with_prepared_dictionary(&ENCODER);
        let packed = with(&self.compressors, make, |tool| tool.compress(value)).map_err(|error| failed(error.to_string()))?;
        let length = u32::try_from(value.len()).ok().filter(|length| *length <= LARGEST);
        let length = length.ok_or_else(|| failed("it is too large".to_owned()))?;
        Ok([&length.to_be_bytes()[..], &packed].concat())
    }

    /// The value; its checksum is inside.
    pub(super) fn unpack(&self, packed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let (length, packed) = packed.split_first_chunk::<4>().ok_or_else(|| broken("it is cut off"))?;
        let length = u32::from_be_bytes(*length);
        if length > LARGEST {
            return Err(broken("its length is wrong"));
        }
        let make = || Decompressor::with_prepared_dictionary(&DECODER);
        let unpacked = with(&self.decompressors, make, |tool| tool.decompress(packed, length as usize));
        unpacked.map_err(|error| broken(&error.to_string()))
    }
}

impl Generations {
    fn get(&mut self, id: StoryId, packed: &[u8]) -> Option<Arc<Story>> {
        let is_it = |known: &&Unpacked| known.packed == packed;
        if let Some(known) = self.young.get(&id) {
            return Some(known).filter(is_it).map(|known| Arc::clone(&known.story));
        }
        let known = self.old.remove(&id).filter(|known| is_it(&known))?;
        let story = Arc::clone(&known.story);
        self.put(id, known);
        Some(story)
    }

    fn put(&mut self, id: StoryId, unpacked: Unpacked) {
        if self.young.len() >= KEPT {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(id, unpacked);
    }
}

/// Works with an idle tool, or a new one, and puts it back.
fn with<T, R>(
    idle: &Mutex<Vec<T>>,
    make: impl FnOnce() -> io::Result<T>,
    work: impl FnOnce(&mut T) -> io::Result<R>,
) -> io::Result<R> {
    let idle = || idle.lock().unwrap_or_else(PoisonError::into_inner);
    let found = idle().pop();
    let mut tool = found.map_or_else(make, Ok)?;
    let worked = work(&mut tool);
    let mut idle = idle();
    if idle.len() < MOST_IDLE {
        idle.push(tool);
    }
    worked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_smaller_and_comes_back() {
        let packer = Packer::default();
        let news = "Sáng nay, Ban Thường vụ Đảng ủy xã tổ chức hội nghị sơ kết việc học tập và làm theo tư tưởng Hồ Chí Minh.";
        for value in [&b""[..], b"x", news.as_bytes(), &[7; 300_000]] {
            let packed = packer.pack(value).unwrap();
            assert_eq!(packer.unpack(&packed).unwrap(), value);
        }
        assert!(packer.pack(news.as_bytes()).unwrap().len() * 2 < news.len());
        for broken in [&b""[..], b"\xFF\xFF\xFF\xFFx", b"\0\0\0\x09nonsense"] {
            assert!(packer.unpack(broken).is_err());
        }
        assert_eq!(packer.unpack(&packer.pack(b"x").unwrap()).unwrap(), b"x", "after what could not be read");
    }

    #[test]
    fn a_story_is_read_again_when_its_bytes_have_changed() {
        let (packer, id) = (Packer::default(), StoryId([7; 16]));
        let story = |seq| Story {
            id,
            seq,
            published: jiff::Timestamp::UNIX_EPOCH,
            arrived: jiff::Timestamp::UNIX_EPOCH,
            updated: jiff::Timestamp::UNIX_EPOCH,
            topics: Vec::new(),
            entries: Vec::new(),
        };
        let asked = |packed: &[u8], read| packer.story(id, packed, || read).unwrap().seq;
        assert_eq!(asked(b"one", Ok(story(1))), 1);
        assert_eq!(asked(b"one", Err(broken("it is known"))), 1);
        assert_eq!(asked(b"two", Ok(story(2))), 2);
        assert_eq!(asked(b"two", Err(broken("it is known"))), 2);
        let long = vec![0; LONGEST_KEPT + 1];
        assert_eq!(asked(&long, Ok(story(3))), 3);
        assert!(packer.story(id, &long, || Err(broken("it is read each time"))).is_err());
        for other in 0..=u64::try_from(KEPT).unwrap() {
            let mut key = [9; 16];
            key[..8].copy_from_slice(&other.to_be_bytes());
            packer.story(StoryId(key), b"x", || Ok(story(other))).unwrap();
        }
        assert!(packer.stories.lock().unwrap().young.len() <= KEPT);
    }
}
