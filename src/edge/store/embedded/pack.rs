//! Stories made small: zstd with a dictionary of what provincial news say again and again. A story of 700 bytes becomes one of 300.
//!
//! The dictionary is part of the format: another one needs another format.

use std::io;
use std::sync::{LazyLock, Mutex, PoisonError};

use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};

use crate::edge::store::StoreError;
use crate::edge::store::record::broken;

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
}

impl Packer {
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
}
