//! A page as an answer: its headers, its conditions, its codings, its parts.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use jiff::Timestamp;

use crate::edge::serve::respond::coding::coding;
use crate::edge::serve::respond::condition::{is_in_range, outcome};
use crate::edge::serve::respond::range::{Asked, asked};
use crate::edge::serve::respond::{always, plain, put, set, share};
use crate::model::Page;

/// How long a cache may answer for us: a minute without asking, another while it asks, a day while we are away.
const CACHE_CONTROL: &str = "public, max-age=60, stale-while-revalidate=60, stale-if-error=86400";

/// The answer to GET or HEAD. Its headers take the place of the request's, where there is room already: to make room costs as much as all else.
pub(super) fn answer(head: &mut Parts, page: &Page, now: Timestamp) -> Response<Full<Bytes>> {
    let headers = &head.headers;
    let packed = coding(page, headers);
    let body = packed.map_or(&page.body, |(_, bytes)| bytes);
    let etag = page.etag(packed.map(|(coding, _)| *coding));
    // Until its second is over another version could come to bear the same date, and who asks by date would miss it.
    let told = Some(page.modified()).filter(|modified| *modified < now);
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok()).filter(|_| head.method == Method::GET);
    let mut response = match (outcome(&head.method, page, etag, headers), range) {
        (Some(StatusCode::NOT_MODIFIED), _) => with(StatusCode::NOT_MODIFIED, Bytes::new()),
        (Some(failed), _) => plain(failed, "this is another version\n"),
        (None, Some(range)) if is_in_range(headers, etag, told) => part(body, range),
        (None, _) => with(StatusCode::OK, body.clone()),
    };
    reuse(&mut head.headers, response.headers_mut());
    if response.status().is_success() {
        always(&mut response, header::CONTENT_TYPE, page.content_type);
        set(&mut response, header::ACCEPT_RANGES, const { HeaderValue::from_static("bytes") });
        if let Some((coding, _)) = packed {
            always(&mut response, header::CONTENT_ENCODING, coding.name());
        }
    }
    share(&mut response, header::ETAG, etag);
    set(&mut response, header::CACHE_CONTROL, const { HeaderValue::from_static(CACHE_CONTROL) });
    set(&mut response, header::VARY, const { HeaderValue::from_static("Accept-Encoding") });
    if told.is_some() {
        share(&mut response, header::LAST_MODIFIED, page.last_modified());
    }
    response
}

/// Gives the request's room to the answer, whose few headers move there.
fn reuse(request: &mut HeaderMap, answer: &mut HeaderMap) {
    request.clear();
    std::mem::swap(request, answer);
    answer.extend(request.drain());
}

/// The part of a body that a range asks for.
fn part(body: &Bytes, range: &str) -> Response<Full<Bytes>> {
    match asked(range, body.len()) {
        Asked::Whole => with(StatusCode::OK, body.clone()),
        Asked::Part(part) => {
            let content_range = format!("bytes {}-{}/{}", part.start, part.end - 1, body.len());
            let mut response = with(StatusCode::PARTIAL_CONTENT, body.slice(part));
            put(&mut response, header::CONTENT_RANGE, &content_range);
            response
        }
        Asked::Beyond => {
            let mut response = plain(StatusCode::RANGE_NOT_SATISFIABLE, "this page has no such bytes\n");
            put(&mut response, header::CONTENT_RANGE, &format!("bytes */{}", body.len()));
            response
        }
    }
}

fn with(status: StatusCode, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    response
}
