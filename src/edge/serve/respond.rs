//! One request and the site → the answer. RFC 9110: methods, negotiation of encodings, conditional requests.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use jiff::Timestamp;

use crate::model::{Coding, Page, Part, Site, StoryId};

/// How long a cache may answer for us: a minute without asking, another while it asks, a day while we are away.
const CACHE_CONTROL: &str = "public, max-age=60, stale-while-revalidate=60, stale-if-error=86400";
/// Pages load their style sheet and pictures, and nothing else; nobody frames them.
const CONTENT_SECURITY: &str = "default-src 'none'; style-src 'self'; img-src http: https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Headers of an answer, at the most: room for them is made once.
const MOST_HEADERS: usize = 16;
const PLAIN: &str = "text/plain; charset=utf-8";

/// The story whose page a request asks for.
pub(super) fn story_id<B>(request: &Request<B>) -> Option<StoryId> {
    let asks = matches!(*request.method(), Method::GET | Method::HEAD);
    request.uri().path().strip_prefix("/story/").filter(|_| asks)?.parse().ok()
}

/// The answer to a request. `story` is the page of the story that it asks for; `now` only decides whether Last-Modified can be told yet.
pub fn respond<B>(request: &Request<B>, site: &Site, story: Option<Arc<Page>>, now: Timestamp) -> Response<Full<Bytes>> {
    let path = request.uri().path();
    let mut response = match *request.method() {
        Method::GET | Method::HEAD => match path {
            "/healthz" => plain(StatusCode::OK, "ok\n"),
            "/readyz" if site.pages.is_empty() => plain(StatusCode::SERVICE_UNAVAILABLE, "starting\n"),
            "/readyz" => plain(StatusCode::OK, "ready\n"),
            _ => match story.or_else(|| page(site, path, request.uri().query())) {
                Some(page) => answer(&page, request.headers(), now),
                None if site.pages.is_empty() => starting(),
                None => plain(StatusCode::NOT_FOUND, "there is no such page\n"),
            },
        },
        _ => {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered here\n");
            always(&mut response, header::ALLOW, "GET, HEAD");
            response
        }
    };
    if is_open(path) {
        always(&mut response, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
    }
    finish(request, &mut response);
    response
}

/// A plain text that no cache keeps, as every answer is.
pub(super) fn text(status: StatusCode, text: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    always(&mut response, header::CONTENT_TYPE, PLAIN);
    always(&mut response, header::CACHE_CONTROL, "no-store");
    protect(&mut response);
    response
}

/// What every answer carries; HEAD takes the body away.
fn finish<B>(request: &Request<B>, response: &mut Response<Full<Bytes>>) {
    protect(response);
    if request.method() == Method::HEAD {
        let length = hyper::body::Body::size_hint(response.body()).exact().unwrap_or(0);
        if response.status() != StatusCode::NOT_MODIFIED {
            response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        }
        *response.body_mut() = Full::default();
    }
}

/// What keeps a browser from making more of an answer than it is.
fn protect(response: &mut Response<Full<Bytes>>) {
    always(response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    always(response, header::REFERRER_POLICY, "strict-origin-when-cross-origin");
    always(response, header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY);
}

/// The counts, in Prometheus's format.
pub(super) fn counts<B>(request: &Request<B>, text: String) -> Response<Full<Bytes>> {
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return respond(request, &Site::default(), None, Timestamp::UNIX_EPOCH);
    }
    let mut response = Response::new(Full::new(Bytes::from(text)));
    put(&mut response, header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    put(&mut response, header::CACHE_CONTROL, "no-store");
    finish(request, &mut response);
    response
}

/// The page of a path, or the part of a feed that `limit` and `page` ask for. Other parameters mean nothing here.
fn page(site: &Site, path: &str, query: Option<&str>) -> Option<Arc<Page>> {
    let whole = site.pages.get(path)?;
    let number = |name: &str| {
        let mut parameters = query.unwrap_or_default().split('&').filter_map(|p| p.split_once('='));
        parameters.find(|(n, _)| *n == name).and_then(|(_, value)| value.parse().ok()).filter(|&number| number > 0)
    };
    let part = Part { limit: number("limit"), page: number("page") };
    let has_parts = path.starts_with("/feeds/") || path.starts_with("/sidebar/");
    match &site.parts {
        Some(make) if has_parts && part != Part::default() => make(path, part),
        _ => Some(Arc::clone(whole)),
    }
}

/// What any other site's script may read.
fn is_open(path: &str) -> bool {
    path.starts_with("/feeds/") || path.starts_with("/sidebar/") || path == "/opml"
}

fn answer(page: &Page, headers: &HeaderMap, now: Timestamp) -> Response<Full<Bytes>> {
    let coding = coding(page, headers);
    let fresh = is_fresh(page, headers);
    let body = coding.map_or(&page.body, |(_, bytes)| bytes);
    let mut response = Response::new(if fresh { Full::default() } else { Full::new(body.clone()) });
    response.headers_mut().reserve(MOST_HEADERS);
    if fresh {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
    } else {
        always(&mut response, header::CONTENT_TYPE, page.content_type);
        if let Some((coding, _)) = coding {
            always(&mut response, header::CONTENT_ENCODING, coding.name());
        }
    }
    put(&mut response, header::ETAG, &etag(page, coding.map(|(coding, _)| *coding)));
    always(&mut response, header::CACHE_CONTROL, CACHE_CONTROL);
    always(&mut response, header::VARY, "Accept-Encoding");
    // Until its second is over another version could come to bear the same date, and who asks by date would miss it.
    if page.modified < now {
        put(&mut response, header::LAST_MODIFIED, &httpdate::fmt_http_date(system_time(page.modified)));
    }
    response
}

/// The strong ETag of a page in a coding.
fn etag(page: &Page, coding: Option<Coding>) -> String {
    match coding {
        Some(coding) => format!("\"{}-{}\"", page.hash, coding.name()),
        None => format!("\"{}\"", page.hash),
    }
}

/// Whether the reader has this version: If-None-Match if there is one, else If-Modified-Since (RFC 9110, section 13.2.2). The
/// codings of a version are the same to who has one of them.
fn is_fresh(page: &Page, headers: &HeaderMap) -> bool {
    let mut tags = headers.get_all(header::IF_NONE_MATCH).iter().peekable();
    if tags.peek().is_some() {
        let is_ours = |tag: &str| {
            let opaque = tag.trim().trim_start_matches("W/");
            let hash = opaque.strip_prefix('"').and_then(|t| t.strip_suffix('"'));
            tag.trim() == "*" || hash.is_some_and(|hash| is_of(hash, page))
        };
        return tags.any(|value| value.to_str().is_ok_and(|list| list.split(',').any(is_ours)));
    }
    let since = headers.get(header::IF_MODIFIED_SINCE).and_then(|value| httpdate::parse_http_date(value.to_str().ok()?).ok());
    since.is_some_and(|since| system_time(page.modified) <= since)
}

/// Whether an opaque tag is a page's, in any coding.
fn is_of(tag: &str, page: &Page) -> bool {
    tag.strip_prefix(&*page.hash).is_some_and(|rest| {
        rest.is_empty() || rest.strip_prefix('-').is_some_and(|name| Coding::ALL.iter().any(|coding| coding.name() == name))
    })
}

/// The coding that the reader likes best, among equals the one that is smallest; none where it likes the plain bytes better
/// (RFC 9110, section 12.5.3).
fn coding<'p>(page: &'p Page, headers: &HeaderMap) -> Option<&'p (Coding, Bytes)> {
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

fn starting() -> Response<Full<Bytes>> {
    let mut response = plain(StatusCode::SERVICE_UNAVAILABLE, "starting; try again in a moment\n");
    always(&mut response, header::RETRY_AFTER, "5");
    response
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    always(&mut response, header::CONTENT_TYPE, PLAIN);
    always(&mut response, header::CACHE_CONTROL, "no-store");
    response
}

/// A header whose value is known beforehand: nothing is copied.
fn always(response: &mut Response<Full<Bytes>>, name: HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}

fn put(response: &mut Response<Full<Bytes>>, name: HeaderName, value: &str) {
    // Every value here is our own and ASCII; one that were not would be left out.
    if let Ok(value) = HeaderValue::from_str(value) {
        response.headers_mut().insert(name, value);
    }
}

fn system_time(time: Timestamp) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(time.as_second()).unwrap_or(0))
}

#[cfg(test)]
mod tests;
