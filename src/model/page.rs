//! What is served: immutable bytes, made when something changed and never for a request.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

/// One document that is served, in each encoding that it is served in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The Content-Type header.
    pub content_type: &'static str,
    /// The bytes as they are.
    pub body: Bytes,
    /// The same bytes in gzip, where that is smaller.
    pub gzip: Option<Bytes>,
    /// A hash of `body` in hexadecimal digits: the strong ETag without quotes and without an encoding's suffix.
    pub hash: String,
    /// When these bytes were first published; whole seconds, later than for any earlier bytes of this address.
    pub modified: Timestamp,
}

/// Everything that is served, by path (`/feeds/moi-nhat.rss`).
#[derive(Clone, Debug, Default)]
pub struct Site {
    /// The pages.
    pub pages: BTreeMap<String, Arc<Page>>,
}
