//! A body: read off the wire up to a limit, and unpacked up to the same limit.
//!
//! Both ends are bounded: a small body may unpack to any size, and an endless one to nothing. What does not end as its coding
//! says it must is torn, and no part of it is used.

use std::io::{ErrorKind, Read};
use std::sync::Arc;

use reqwest::Response;
use reqwest::header::{self, HeaderMap};

use crate::edge::fetch::FetchError;
use crate::edge::fetch::bodies::{Bodies, Share};
use crate::model::Trouble;

/// What we can unpack, for Accept-Encoding.
pub(super) const CODINGS: &str = "gzip, br, zstd";
/// The largest window of a zstd frame that is followed, as a power of two: 8 MiB, what RFC 9659 allows over HTTP.
const ZSTD_WINDOW_LOG: u32 = 23;
/// The beginning of a body that is looked at where only a hint of what it says is wanted, in bytes.
const HINT_BYTES: usize = 4 * 1024;
/// The longest hint, in characters.
const HINT_CHARACTERS: usize = 100;

/// How a body is packed (RFC 9110, section 8.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    None,
    Gzip,
    Brotli,
    Zstd,
}

/// A body as it came, whole, still packed.
#[derive(Clone, Debug)]
pub struct Body {
    wire: Vec<u8>,
    coding: Coding,
    limit: usize,
    /// Its part of the memory for bodies, given back when it is dropped.
    share: Option<Arc<Share>>,
}

impl Body {
    /// Reads a body of at most `limit` bytes into the share that it gets of all bodies' memory. An error leaves nothing.
    pub(super) async fn read(mut response: Response, limit: usize, bodies: &Bodies) -> Result<Self, FetchError> {
        let coding = coding(response.headers())?;
        if response.content_length().is_some_and(|length| length > limit as u64) {
            return Err(too_large(limit));
        }
        let (mut wire, mut share) = (Vec::new(), bodies.share());
        while let Some(chunk) = response.chunk().await? {
            let length = wire.len() + chunk.len();
            if length > limit {
                return Err(too_large(limit));
            }
            if length > wire.capacity() {
                let capacity = (2 * length).min(limit);
                share.cover(capacity).await?;
                wire.reserve_exact(capacity - wire.len());
            }
            wire.extend_from_slice(&chunk);
        }
        Ok(Self { wire, coding, limit, share: Some(Arc::new(share)) })
    }

    /// How many bytes came over the wire.
    pub fn wire_bytes(&self) -> usize {
        self.wire.len()
    }

    /// Unpacks it. Computes for as long as the limit lets it: call it where that holds up nobody.
    pub fn unpack(self) -> Result<Vec<u8>, FetchError> {
        let Self { wire, coding, limit, share: _share } = self;
        if coding == Coding::None || wire.is_empty() {
            return Ok(wire);
        }
        let mut unpacked = Vec::with_capacity(wire.len().saturating_mul(4).min(limit));
        // One byte more than may be, to notice it.
        let most = limit as u64 + 1;
        let read = match coding {
            Coding::None | Coding::Gzip => flate2::read::MultiGzDecoder::new(&wire[..]).take(most).read_to_end(&mut unpacked),
            Coding::Brotli => brotli::Decompressor::new(&wire[..], 16 * 1024).take(most).read_to_end(&mut unpacked),
            Coding::Zstd => zstd::Decoder::with_buffer(&wire[..]).and_then(|mut decoder| {
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                decoder.take(most).read_to_end(&mut unpacked)
            }),
        };
        match read {
            Ok(_) if unpacked.len() > limit => Err(too_large(limit)),
            Ok(_) => Ok(unpacked),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                Err(FetchError::new(Trouble::CutOff, "the compressed body ends too early"))
            }
            Err(error) => Err(FetchError::new(Trouble::Garbled, format!("the body can't be decompressed: {error}"))),
        }
    }
}

fn too_large(limit: usize) -> FetchError {
    FetchError::new(Trouble::TooLarge, format!("the body is larger than {limit} bytes (fetch.max_body)"))
}

/// Content-Encoding: one coding that we offered, or none. Stacked codings have no honest use.
fn coding(headers: &HeaderMap) -> Result<Coding, FetchError> {
    let values = headers.get_all(header::CONTENT_ENCODING).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
    let names: Vec<String> = values
        .flat_map(|value| value.split(',').map(|name| name.trim().to_ascii_lowercase()).collect::<Vec<_>>())
        .filter(|name| !name.is_empty() && name != "identity")
        .collect();
    let garbled = |why| Err(FetchError::new(Trouble::Garbled, why));
    match names.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => Ok(Coding::None),
        ["gzip" | "x-gzip"] => Ok(Coding::Gzip),
        ["br"] => Ok(Coding::Brotli),
        ["zstd"] => Ok(Coding::Zstd),
        [other] => garbled(format!("the body is compressed in a way that was not asked for ({other:?})")),
        several => garbled(format!("the body is compressed {} times over", several.len())),
    }
}

/// What the beginning of a body says to a person, on one line; empty where that is not quickly seen.
pub(super) async fn hint(mut response: Response) -> String {
    if !coding(response.headers()).is_ok_and(|coding| coding == Coding::None) {
        return String::new();
    }
    let chunk = response.chunk().await.ok().flatten().unwrap_or_default();
    hint_of(&chunk[..chunk.len().min(HINT_BYTES)])
}

fn hint_of(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let title = text.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>")).map(|(title, _)| title);
    let plain = crate::text::without_markup(title.unwrap_or(&text)).replace(char::is_control, " ");
    let words: Vec<&str> = plain.split_whitespace().collect();
    crate::text::clip(&words.join(" "), HINT_CHARACTERS)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: usize = 1 << 20;

    fn unpack(coding: Coding, wire: &[u8]) -> Result<Vec<u8>, Trouble> {
        Body { wire: wire.to_vec(), coding, limit: LIMIT, share: None }.unpack().map_err(|error| error.trouble)
    }

    /// A text in every coding.
    fn packed(text: &[u8]) -> [(Coding, Vec<u8>); 3] {
        let mut gzip = Vec::new();
        flate2::read::GzEncoder::new(text, flate2::Compression::best()).read_to_end(&mut gzip).expect("memory");
        let mut br = Vec::new();
        brotli::CompressorReader::new(text, 4096, 5, 22).read_to_end(&mut br).expect("memory");
        [(Coding::Gzip, gzip), (Coding::Brotli, br), (Coding::Zstd, zstd::encode_all(text, 3).expect("memory"))]
    }

    #[test]
    fn every_coding_is_unpacked_and_none_that_is_torn() {
        let text = "Điểm tin ".repeat(1000);
        for (coding, wire) in packed(text.as_bytes()) {
            assert_eq!(unpack(coding, &wire).as_deref(), Ok(text.as_bytes()), "{coding:?}");
            for cut in [1, wire.len() / 2, wire.len() - 1] {
                assert!(unpack(coding, &wire[..cut]).is_err(), "{coding:?} cut at {cut} of {}", wire.len());
            }
            assert!(unpack(coding, b"<rss version=\"2.0\">").is_err(), "{coding:?}");
            assert_eq!(unpack(coding, b"").as_deref(), Ok(&b""[..]), "an empty body is packed in nothing");
        }
        assert_eq!(unpack(Coding::None, b"<rss/>").as_deref(), Ok(&b"<rss/>"[..]));
    }

    #[test]
    fn what_unpacks_beyond_the_limit_is_refused() {
        for (coding, wire) in packed(&vec![b' '; 64 * LIMIT]) {
            assert!(wire.len() < LIMIT, "{coding:?}");
            assert_eq!(unpack(coding, &wire), Err(Trouble::TooLarge), "{coding:?}");
        }
        for (coding, wire) in packed(&vec![b' '; LIMIT]) {
            assert_eq!(unpack(coding, &wire).map(|body| body.len()), Ok(LIMIT), "{coding:?}");
        }
    }

    #[test]
    fn one_coding_that_we_offered_or_none() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::CONTENT_ENCODING, value.parse().expect("a value"));
            }
            coding(&headers).ok()
        };
        assert_eq!(of(&[]), Some(Coding::None));
        assert_eq!(of(&["identity"]), Some(Coding::None));
        assert_eq!(of(&["GZIP"]), Some(Coding::Gzip));
        assert_eq!(of(&["x-gzip"]), Some(Coding::Gzip));
        for refused in [&["gzip, gzip"][..], &["gzip", "br"], &["deflate"], &["compress"], &["khác"]] {
            assert_eq!(of(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn a_hint_is_one_line_of_words() {
        assert_eq!(hint_of(b"<html><head><title>B\xE1\xBA\xA3o \n tr\xC3\xAC</title></head><body>x"), "Bảo trì");
        assert_eq!(hint_of(b"Access denied\x1B[31m\r\nby rule 7"), "Access denied [31m by rule 7");
        assert_eq!(hint_of(b""), "");
        assert!(hint_of(&vec![b'x'; 5000]).chars().count() <= HINT_CHARACTERS + 1);
    }
}
