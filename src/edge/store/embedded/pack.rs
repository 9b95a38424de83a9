//! Stories made small: zstd with a dictionary of what provincial news say again and again. A story of 700 bytes becomes one of 300.
//!
//! The dictionary is part of the format: another one needs another format.

use std::sync::LazyLock;

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

/// A value and its length, packed.
pub(super) fn pack(value: &[u8]) -> Result<Vec<u8>, StoreError> {
    let failed = |error: std::io::Error| StoreError::Failed { doing: "to pack a story", why: error.to_string() };
    let packed = Compressor::with_prepared_dictionary(&ENCODER).and_then(|mut with| with.compress(value)).map_err(failed)?;
    let length = u32::try_from(value.len()).ok().filter(|length| *length <= LARGEST);
    let length = length.ok_or_else(|| StoreError::Failed { doing: "to pack a story", why: "it is too large".to_owned() })?;
    Ok([&length.to_be_bytes()[..], &packed].concat())
}

/// The value; its checksum is inside.
pub(super) fn unpack(packed: &[u8]) -> Result<Vec<u8>, StoreError> {
    let (length, packed) = packed.split_first_chunk::<4>().ok_or_else(|| broken("it is cut off"))?;
    let length = u32::from_be_bytes(*length);
    if length > LARGEST {
        return Err(broken("its length is wrong"));
    }
    let unpacked = Decompressor::with_prepared_dictionary(&DECODER).and_then(|mut with| with.decompress(packed, length as usize));
    unpacked.map_err(|error| broken(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_smaller_and_comes_back() {
        let news = "Sáng nay, Ban Thường vụ Đảng ủy xã tổ chức hội nghị sơ kết việc học tập và làm theo tư tưởng Hồ Chí Minh.";
        for value in [&b""[..], b"x", news.as_bytes(), &[7; 300_000]] {
            let packed = pack(value).unwrap();
            assert_eq!(unpack(&packed).unwrap(), value);
        }
        assert!(pack(news.as_bytes()).unwrap().len() * 2 < news.len());
        assert!(unpack(b"").is_err() && unpack(b"\xFF\xFF\xFF\xFFx").is_err() && unpack(b"\0\0\0\x09nonsense").is_err());
    }
}
