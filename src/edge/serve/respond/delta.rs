//! Deltas of feeds (RFC 3229 with the manipulation `feed`): a reader that names its version gets only what it lacks, as 226.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderMap, HeaderName};
use hyper::{Response, StatusCode};

use crate::edge::serve::respond::coding::coding;
use crate::edge::serve::respond::condition::tags;
use crate::edge::serve::respond::{always, share};
use crate::model::{Coding, Page};

const A_IM: HeaderName = HeaderName::from_static("a-im");
const IM: HeaderName = HeaderName::from_static("im");

/// The hashes of the versions that a reader has, if it takes a delta from one of them.
pub(super) fn versions(headers: &HeaderMap) -> Vec<&str> {
    let values = headers.get_all(A_IM).iter().filter_map(|value| value.to_str().ok());
    let takes = values.flat_map(|value| value.split(',')).any(|part| {
        let mut parts = part.split(';').map(str::trim);
        let is_feed = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("feed"));
        is_feed && parts.all(|parameter| parameter.strip_prefix("q=").and_then(|q| q.parse().ok()) != Some(0.0_f32))
    });
    if !takes {
        return Vec::new();
    }
    tags(headers, header::IF_NONE_MATCH).into_iter().flatten().filter_map(hash).collect()
}

/// The hash in a tag of ours, whatever the coding.
fn hash(tag: &str) -> Option<&str> {
    let opaque = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?;
    let (hash, name) = opaque.split_once('-').unwrap_or((opaque, ""));
    (name.is_empty() || Coding::ALL.iter().any(|coding| coding.name() == name)).then_some(hash)
}

/// The answer: the delta under the tag of the whole, which the reader has once it has taken it. No cache may keep it: it is right
/// for this reader's version alone.
pub(super) fn answer(whole: &Page, delta: &Page, headers: &HeaderMap) -> Response<Full<Bytes>> {
    let packed = coding(delta, headers);
    let mut response = Response::new(Full::new(packed.map_or(&delta.body, |(_, bytes)| bytes).clone()));
    *response.status_mut() = StatusCode::IM_USED;
    always(&mut response, header::CONTENT_TYPE, delta.content_type);
    always(&mut response, IM, "feed");
    if let Some((coding, _)) = packed {
        always(&mut response, header::CONTENT_ENCODING, coding.name());
    }
    share(&mut response, header::ETAG, whole.etag(coding(whole, headers).map(|(coding, _)| *coding)));
    always(&mut response, header::CACHE_CONTROL, "private, no-store");
    always(&mut response, header::VARY, "A-IM, If-None-Match, Accept-Encoding");
    response
}
