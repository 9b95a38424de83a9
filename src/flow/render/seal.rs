//! From a document to a [`Page`]: what the server needs besides the bytes, made once and not for every request.

use std::io::Write;

use bytes::Bytes;
use flate2::{Compression, GzBuilder};
use jiff::Timestamp;

use crate::flow::render::Rendered;
use crate::model::Page;

/// How many bytes of the hash make the ETag: 128 bits, so that no two documents ever share one.
const HASH_BYTES: usize = 16;

/// RFC 1952's "unknown" operating system: the bytes are the same on every machine.
const NO_SYSTEM: u8 = 255;

/// Hashes and compresses a document. `modified` is when these bytes were first published; its fraction of a second is cut,
/// because HTTP has whole seconds.
pub fn seal(rendered: Rendered, modified: Timestamp) -> Page {
    let hash = blake3::hash(&rendered.body);
    let digits = hash.as_bytes()[..HASH_BYTES].iter().map(|byte| format!("{byte:02x}")).collect();
    let gzip = gzip(&rendered.body);
    Page {
        content_type: rendered.content_type,
        gzip: (gzip.len() < rendered.body.len()).then(|| Bytes::from(gzip)),
        body: Bytes::from(rendered.body),
        hash: digits,
        modified: Timestamp::from_second(modified.as_second()).unwrap_or(modified),
    }
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut writer = GzBuilder::new().mtime(0).operating_system(NO_SYSTEM).write(Vec::new(), Compression::best());
    writer.write_all(body).and_then(|()| writer.finish()).expect("writing to memory does not fail")
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
        assert_eq!(page.hash.len(), 32);
        assert_eq!(page.modified.to_string(), "2026-11-17T01:05:09Z");
        let gzip = page.gzip.unwrap();
        assert_eq!(gzip[4..10], [0, 0, 0, 0, 2, NO_SYSTEM], "no time, best compression, no system");
        let mut body = Vec::new();
        flate2::read::GzDecoder::new(&gzip[..]).read_to_end(&mut body).unwrap();
        assert_eq!(body, page.body);
    }

    #[test]
    fn what_gzip_makes_longer_stays_plain() {
        assert_eq!(page("tin").gzip, None);
    }

    #[test]
    fn equal_bytes_have_equal_hashes_and_others_do_not() {
        assert_eq!(page("a"), page("a"));
        assert_ne!(page("a").hash, page("b").hash);
        assert_eq!(page("").hash, "af1349b9f5f9a1a6a0404dea36dcc949", "blake3's published value for the empty input");
    }
}
