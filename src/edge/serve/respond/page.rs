//! A page as an answer: its headers, its conditions, its codings, its parts.

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderMap};
use hyper::{Method, Response, StatusCode};
use jiff::Timestamp;

use crate::edge::serve::respond::coding::coding;
use crate::edge::serve::respond::condition::{is_in_range, outcome, system_time};
use crate::edge::serve::respond::range::{Asked, asked};
use crate::edge::serve::respond::{always, plain, put};
use crate::model::{Coding, Page};

/// How long a cache may answer for us: a minute without asking, another while it asks, a day while we are away.
const CACHE_CONTROL: &str = "public, max-age=60, stale-while-revalidate=60, stale-if-error=86400";
/// Headers of an answer, at the most: room for them is made once.
const MOST_HEADERS: usize = 16;

/// The answer to GET or HEAD.
pub(super) fn answer(method: &Method, page: &Page, headers: &HeaderMap, now: Timestamp) -> Response<Full<Bytes>> {
    let coding = coding(page, headers);
    let etag = etag(page, coding.map(|(coding, _)| *coding));
    let body = coding.map_or(&page.body, |(_, bytes)| bytes);
    // Until its second is over another version could come to bear the same date, and who asks by date would miss it.
    let told = Some(page.modified).filter(|modified| *modified < now);
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok()).filter(|_| *method == Method::GET);
    let mut response = match (outcome(method, page, &etag, headers), range) {
        (Some(StatusCode::NOT_MODIFIED), _) => with(StatusCode::NOT_MODIFIED, Bytes::new()),
        (Some(failed), _) => plain(failed, "this is another version\n"),
        (None, Some(range)) if is_in_range(headers, &etag, told) => part(body, range),
        (None, _) => with(StatusCode::OK, body.clone()),
    };
    if response.status().is_success() {
        always(&mut response, header::CONTENT_TYPE, page.content_type);
        always(&mut response, header::ACCEPT_RANGES, "bytes");
        if let Some((coding, _)) = coding {
            always(&mut response, header::CONTENT_ENCODING, coding.name());
        }
    }
    put(&mut response, header::ETAG, &etag);
    always(&mut response, header::CACHE_CONTROL, CACHE_CONTROL);
    always(&mut response, header::VARY, "Accept-Encoding");
    if let Some(modified) = told {
        put(&mut response, header::LAST_MODIFIED, &httpdate::fmt_http_date(system_time(modified)));
    }
    response
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
    response.headers_mut().reserve(MOST_HEADERS);
    response
}

/// The strong ETag of a page in a coding.
pub(super) fn etag(page: &Page, coding: Option<Coding>) -> String {
    match coding {
        Some(coding) => format!("\"{}-{}\"", page.hash, coding.name()),
        None => format!("\"{}\"", page.hash),
    }
}
