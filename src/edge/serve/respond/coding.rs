//! Which coding of a page a reader gets (RFC 9110, section 12.5.3).

use bytes::Bytes;
use hyper::header::{self, HeaderMap};

use crate::model::{Coding, Page};

/// The coding that the reader likes best, among equals the one that is smallest; none where it likes the plain bytes better.
pub(super) fn coding<'p>(page: &'p Page, headers: &HeaderMap) -> Option<&'p (Coding, Bytes)> {
    let mut qualities = Coding::ALL.map(|coding| (coding, None));
    let (mut any, mut identity) = (None, None);
    let values = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    for part in values.flat_map(|value| value.split(',')) {
        let mut parts = part.split(';').map(str::trim);
        let name = parts.next().unwrap_or_default();
        let quality: f32 = parts.find_map(|p| p.strip_prefix("q=")?.parse().ok()).unwrap_or(1.0);
        let is = |wanted: &str| name.eq_ignore_ascii_case(wanted);
        for (coding, known) in &mut qualities {
            if is(coding.name()) || *coding == Coding::Gzip && is("x-gzip") {
                *known = Some(quality);
            }
        }
        if is("*") {
            any = Some(quality);
        } else if is("identity") {
            identity = Some(quality);
        }
    }
    let quality = |coding: Coding| qualities.iter().find(|(c, _)| *c == coding).and_then(|(_, q)| *q).or(any).unwrap_or(0.0);
    let mut best = None;
    for encoded in &page.encoded {
        let liked = quality(encoded.0);
        if liked > 0.0 && best.is_none_or(|(_, before)| liked > before) {
            best = Some((encoded, liked));
        }
    }
    best.filter(|(_, liked)| *liked >= identity.unwrap_or(0.0)).map(|(encoded, _)| encoded)
}
