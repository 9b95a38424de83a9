//! A source's document, read as the source is configured.

use jiff::Timestamp;
use url::Url;

use crate::flow::parse::{self, Input, NotAFeed};
use crate::model::{Document, Origin, Source};

/// A document of a source, read with the source's settings.
pub fn read(source: &Source, bytes: &[u8], content_type: Option<&str>, base: &Url, now: Timestamp) -> Result<Document, NotAFeed> {
    let select = match &source.origin {
        Origin::Page { select, .. } => Some(select),
        Origin::Feed { .. } => None,
    };
    let encoding = source.encoding.as_deref();
    let mut document = parse::parse(Input { bytes, content_type, base, timezone: &source.timezone, encoding, select, now })?;
    parse::keep_links(&mut document, &source.home, &source.link_hosts);
    Ok(document)
}
