//! From a document to a [`Page`]: what the server needs besides the bytes, made once and not for every request.

use std::io::Write;

use brotli::enc::BrotliEncoderParams;
use bytes::Bytes;
use flate2::{Compression, GzBuilder};
use jiff::Timestamp;

use crate::flow::render::Rendered;
use crate::model::{Coding, Page};

/// How many bytes of the hash make the ETag: 128 bits, so that no two documents ever share one.
const HASH_BYTES: usize = 16;

/// How hard is compressed: for a feed of 36 kB each takes less than a millisecond, and the next level gains less than one part in
/// a hundred.
const GZIP_LEVEL: u32 = 6;
const BROTLI_QUALITY: i32 = 7;
const ZSTD_LEVEL: i32 = 12;
/// Brotli's window, in bits: 1 MiB.
const BROTLI_WINDOW: i32 = 20;

/// RFC 1952's "unknown" operating system: the bytes are the same on every machine.
const NO_SYSTEM: u8 = 255;

/// Hashes and compresses a document. `modified` is when these bytes were first published; its fraction of a second is cut,
/// because HTTP has whole seconds.
pub fn seal(rendered: Rendered, modified: Timestamp) -> Page {
    let hash = hash(&rendered.body);
    let encoded = encoded(&rendered.body);
    let modified = Timestamp::from_second(modified.as_second()).unwrap_or(modified);
    Page::new(rendered.content_type, Bytes::from(rendered.body), encoded, hash, modified)
}

/// A page that was sealed before, as it was kept; `None` where its hash is not the one that its body has.
pub fn sealed(
    content_type: &'static str,
    body: Bytes,
    encoded: Vec<(Coding, Bytes)>,
    hash_then: String,
    modified: Timestamp,
) -> Option<Page> {
    (hash(&body) == hash_then).then(|| Page::new(content_type, body, encoded, hash_then, modified))
}

fn hash(body: &[u8]) -> String {
    blake3::hash(body).as_bytes()[..HASH_BYTES].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A body in each coding that makes it smaller, the smallest first.
fn encoded(body: &[u8]) -> Vec<(Coding, Bytes)> {
    let encode = |coding| match coding {
        Coding::Gzip => gzip(body),
        Coding::Brotli => brotli(body),
        Coding::Zstd => zstd(body),
    };
    let mut encoded: Vec<(Coding, Bytes)> = Coding::ALL.map(|coding| (coding, Bytes::from(encode(coding)))).into();
    encoded.retain(|(_, bytes)| bytes.len() < body.len());
    encoded.sort_by_key(|(coding, bytes)| (bytes.len(), *coding));
    encoded
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut writer = GzBuilder::new().mtime(0).operating_system(NO_SYSTEM).write(Vec::new(), Compression::new(GZIP_LEVEL));
    writer.write_all(body).and_then(|()| writer.finish()).expect("writing to memory does not fail")
}

fn brotli(body: &[u8]) -> Vec<u8> {
    let parameters =
        BrotliEncoderParams { quality: BROTLI_QUALITY, lgwin: BROTLI_WINDOW, size_hint: body.len(), ..Default::default() };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &body[..], &mut compressed, &parameters).expect("writing to memory does not fail");
    compressed
}

fn zstd(body: &[u8]) -> Vec<u8> {
    zstd::bulk::compress(body, ZSTD_LEVEL).expect("memory for a page that is in memory")
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    fn page(body: &str) -> Page {
        let modified = "2026-11-17T01:05:09.75Z".parse().unwrap();
        seal(Rendered { content_type: "text/plain", body: body.into() }, modified)
    }

    #[test]
    fn a_page_is_hashed_and_compressed() {
        let page = page(&"Điểm tin Bình Dương. ".repeat(50));
        assert_eq!(page.hash().len(), 32);
        assert_eq!(page.modified().to_string(), "2026-11-17T01:05:09Z");
        let coded = |coding| &page.encoded.iter().find(|(c, _)| *c == coding).unwrap().1[..];
        assert_eq!(coded(Coding::Gzip)[4..10], [0, 0, 0, 0, 0, NO_SYSTEM], "no time, no system");
        let (mut gzip, mut brotli) = (Vec::new(), Vec::new());
        flate2::read::GzDecoder::new(coded(Coding::Gzip)).read_to_end(&mut gzip).unwrap();
        brotli::BrotliDecompress(&mut coded(Coding::Brotli), &mut brotli).unwrap();
        let zstd = zstd::bulk::decompress(coded(Coding::Zstd), 10_000).unwrap();
        assert_eq!([gzip, brotli, zstd], [page.body.to_vec(), page.body.to_vec(), page.body.to_vec()]);
        assert!(page.encoded.is_sorted_by_key(|(_, bytes)| bytes.len()));
    }

    #[test]
    fn what_a_coding_makes_longer_stays_plain() {
        assert_eq!(page("tin").encoded, []);
    }

    #[test]
    fn equal_bytes_have_equal_hashes_and_others_do_not() {
        assert_eq!(page("a"), page("a"));
        assert_ne!(page("a").hash(), page("b").hash());
        assert_eq!(page("").hash(), "af1349b9f5f9a1a6a0404dea36dcc949", "blake3's published value for the empty input");
    }
}
