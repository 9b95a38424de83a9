//! Conditional requests, in the order of RFC 9110, section 13.2.2.

use std::time::{Duration, SystemTime};

use hyper::header::{self, HeaderMap, HeaderName};
use hyper::{Method, StatusCode};
use jiff::Timestamp;

use crate::model::{Coding, Page};

/// The answer that the conditions of a request ask for instead of the page: 412 or 304. `etag` is that of the page in the reader's coding.
pub(super) fn outcome(method: &Method, page: &Page, etag: &[u8], headers: &HeaderMap) -> Option<StatusCode> {
    let holds = match tags(headers, header::IF_MATCH) {
        Some(mut tags) => tags.any(|tag| tag == "*" || tag.as_bytes() == etag),
        None => date(headers, header::IF_UNMODIFIED_SINCE).is_none_or(|since| system_time(page.modified()) <= since),
    };
    if !holds {
        return Some(StatusCode::PRECONDITION_FAILED);
    }
    let has_it = match tags(headers, header::IF_NONE_MATCH) {
        Some(mut tags) => tags.any(|tag| tag == "*" || is_of(tag, page)),
        None => date(headers, header::IF_MODIFIED_SINCE).is_some_and(|since| system_time(page.modified()) <= since),
    };
    let reads = matches!(*method, Method::GET | Method::HEAD);
    has_it.then_some(if reads { StatusCode::NOT_MODIFIED } else { StatusCode::PRECONDITION_FAILED })
}

/// Whether `Range` counts: where `If-Range` names another version than this one, the reader gets the whole (section 13.1.5). `told` is
/// Last-Modified as the answer tells it; weak tags never match here.
pub(super) fn is_in_range(headers: &HeaderMap, etag: &[u8], told: Option<Timestamp>) -> bool {
    let Some(value) = headers.get(header::IF_RANGE) else { return true };
    let Ok(value) = value.to_str() else { return false };
    if value.starts_with('"') {
        return value.as_bytes() == etag;
    }
    let date = httpdate::parse_http_date(value).ok();
    told.is_some_and(|told| date == Some(system_time(told)))
}

/// The entity tags of a header; `None` where there is no such header. What can't be read matches nothing.
pub(super) fn tags(headers: &HeaderMap, name: HeaderName) -> Option<impl Iterator<Item = &str>> {
    let values = headers.get_all(name);
    values.iter().next()?;
    let lists = values.into_iter().filter_map(|value| value.to_str().ok());
    Some(lists.flat_map(|list| list.split(',')).map(str::trim))
}

/// The date of a header, `None` where it is missing or none.
fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

/// Whether a tag is a page's, in any coding and by weak comparison: the codings of a version are the same to who has one of them.
fn is_of(tag: &str, page: &Page) -> bool {
    let opaque = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    opaque.and_then(|opaque| opaque.strip_prefix(page.hash())).is_some_and(|rest| {
        rest.is_empty() || rest.strip_prefix('-').is_some_and(|name| Coding::ALL.iter().any(|coding| coding.name() == name))
    })
}

/// A time as HTTP's library writes it.
fn system_time(time: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(time.as_second()).unwrap_or(0))
}
