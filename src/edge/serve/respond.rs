//! One request and the site → the answer. RFC 9110: methods, and what there is, was, and is elsewhere.

mod coding;
mod condition;
mod delta;
mod page;
mod range;

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use jiff::Timestamp;

use crate::model::{Page, Part, Site, StoryId};

/// Pages load their style sheet and pictures, and nothing else; nobody frames them.
const CONTENT_SECURITY: &str = "default-src 'none'; style-src 'self'; img-src http: https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// What is made for frames may be framed by anybody; it does no more than show stories.
const EMBED_SECURITY: &str =
    "default-src 'none'; style-src 'self'; img-src http: https:; base-uri 'none'; form-action 'none'; frame-ancestors *";
/// What pages of an earlier run carry (RFC 7234, section 5.5.1; RFC 9111 asks nobody to heed it any more, and people see it).
const STALE: &str = "110 - \"Response is Stale\"";
const PLAIN: &str = "text/plain; charset=utf-8";
/// What is answered here.
const METHODS: &str = "GET, HEAD, OPTIONS";
/// Headers of a request that another site's script may send, beside those that every script may.
const REQUEST_HEADERS: &str = "If-None-Match, If-Modified-Since, If-Range, Range, A-IM";
/// Headers of an answer that another site's script may read, beside those that every script may.
const RESPONSE_HEADERS: &str = "ETag, Content-Range, Accept-Ranges, IM, Link";
/// How long a browser need not ask again what is allowed: a day, as long as any of them remembers.
const PREFLIGHT_SECONDS: &str = "86400";

/// A page that is made when it is asked for.
pub(super) enum Wanted<'a> {
    /// That of a story.
    Story(StoryId),
    /// An archive of a feed, which lies below the feed.
    Archive(&'a str),
}

/// What has to be made for a request.
pub(super) fn wanted<B>(request: &Request<B>) -> Option<Wanted<'_>> {
    let path = request.uri().path();
    if !reads(request.method()) {
        return None;
    }
    match path.strip_prefix("/story/") {
        Some(id) => id.parse().ok().map(Wanted::Story),
        None => path.strip_prefix("/feeds/")?.contains('/').then_some(Wanted::Archive(path)),
    }
}

fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// What the reader of an earlier version lacks, if it asks for that and it can be told.
fn delta<B>(request: &Request<B>, site: &Site, whole: &Page) -> Option<Arc<Page>> {
    let make = site.deltas.as_ref().filter(|_| *request.method() == Method::GET && request.uri().query().is_none())?;
    let versions = delta::versions(request.headers());
    if versions.contains(&&*whole.hash) {
        return None;
    }
    versions.into_iter().find_map(|hash| make(request.uri().path(), hash))
}

/// The answer to a request. `made` is the page that was made for it, of a story or an archive; `now` only decides whether Last-Modified can be told yet.
pub fn respond<B>(request: &Request<B>, site: &Site, made: Option<Arc<Page>>, now: Timestamp) -> Response<Full<Bytes>> {
    let path = request.uri().path();
    let mut response = match *request.method() {
        Method::GET | Method::HEAD => match path {
            "/healthz" => plain(StatusCode::OK, "ok\n"),
            "/readyz" if site.pages.is_empty() => plain(StatusCode::SERVICE_UNAVAILABLE, "starting\n"),
            "/readyz" if site.kept.is_some() => plain(StatusCode::OK, "ready, with the pages of before\n"),
            "/readyz" => plain(StatusCode::OK, "ready\n"),
            _ => match made.or_else(|| page(site, path, request.uri().query())) {
                Some(found) => {
                    let mut response = match delta(request, site, &found) {
                        Some(delta) => delta::answer(&found, &delta, request.headers()),
                        None => page::answer(request.method(), &found, request.headers(), now),
                    };
                    if let Some(link) = site.links.get(path).filter(|_| request.uri().query().is_none()) {
                        put(&mut response, header::LINK, link);
                    }
                    if site.kept.is_some() {
                        always(&mut response, header::WARNING, STALE);
                    }
                    response
                }
                None if site.pages.is_empty() => starting(),
                None => elsewhere(site, path, request.uri().query()),
            },
        },
        Method::OPTIONS => options(request, path),
        _ => {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered here\n");
            always(&mut response, header::ALLOW, METHODS);
            response
        }
    };
    if is_open(path) {
        always(&mut response, header::ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        always(&mut response, header::ACCESS_CONTROL_EXPOSE_HEADERS, RESPONSE_HEADERS);
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
    protect(&mut response, CONTENT_SECURITY);
    response
}

/// What every answer with a body carries; HEAD takes the body away.
fn finish<B>(request: &Request<B>, response: &mut Response<Full<Bytes>>) {
    if response.status() == StatusCode::NOT_MODIFIED {
        // What guards the page came with the page, and holds on (RFC 9111, section 3.2).
        return;
    }
    protect(response, if request.uri().path().starts_with("/embed/") { EMBED_SECURITY } else { CONTENT_SECURITY });
    if request.method() == Method::HEAD {
        let length = hyper::body::Body::size_hint(response.body()).exact().unwrap_or(0);
        response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
        *response.body_mut() = Full::default();
    }
}

/// What keeps a browser from making more of an answer than it is.
fn protect(response: &mut Response<Full<Bytes>>, security: &'static str) {
    always(response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    always(response, header::REFERRER_POLICY, "strict-origin-when-cross-origin");
    always(response, header::CONTENT_SECURITY_POLICY, security);
}

/// The counts, in Prometheus's format.
pub(super) fn counts<B>(request: &Request<B>, text: String) -> Response<Full<Bytes>> {
    if !reads(request.method()) {
        return respond(request, &Site::default(), None, Timestamp::UNIX_EPOCH);
    }
    let mut response = Response::new(Full::new(Bytes::from(text)));
    put(&mut response, header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    put(&mut response, header::CACHE_CONTROL, "no-store");
    finish(request, &mut response);
    response
}

/// What may be asked of an address; to another site's script also whether it may (a preflight).
fn options<B>(request: &Request<B>, path: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    always(&mut response, header::ALLOW, METHODS);
    always(&mut response, header::CACHE_CONTROL, "no-store");
    if is_open(path) && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        always(&mut response, header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        always(&mut response, header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
        always(&mut response, header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
    }
    response
}

/// The page of a path, or the part of a feed that `limit` and `page` ask for. Other parameters mean nothing here.
fn page(site: &Site, path: &str, query: Option<&str>) -> Option<Arc<Page>> {
    let whole = site.pages.get(path)?;
    let part = part(query);
    let has_parts = ["/feeds/", "/sidebar/", "/embed/"].iter().any(|begin| path.starts_with(begin));
    match &site.parts {
        Some(make) if has_parts && part != Part::default() => make(path, part),
        _ => Some(Arc::clone(whole)),
    }
}

/// What a query asks for; what is no number from 1 is as good as not said.
fn part(query: Option<&str>) -> Part {
    let Some(query) = query else { return Part::default() };
    let number = |name: &str| {
        let mut parameters = query.split('&').filter_map(|p| p.split_once('='));
        parameters.find(|(n, _)| *n == name).and_then(|(_, value)| value.parse().ok()).filter(|&number| number > 0)
    };
    let cursor = query.split('&').find_map(|p| p.strip_prefix("since="));
    let since = cursor.filter(|cursor| cursor.len() == 16).and_then(|cursor| u64::from_str_radix(cursor, 16).ok());
    Part { limit: number("limit"), page: number("page"), since }
}

/// A feed that has another id now has moved there for good; one that was removed is gone, so that readers ask no more; anything else
/// was never here. Nothing of the request is repeated but numbers.
fn elsewhere(site: &Site, path: &str, query: Option<&str>) -> Response<Full<Bytes>> {
    if let Some(to) = site.moved.get(path) {
        let mut response = plain(StatusCode::MOVED_PERMANENTLY, "this feed has another address now\n");
        let Part { limit, page, .. } = part(query);
        let limit = limit.map(|limit| format!("limit={limit}"));
        let said: Vec<String> = limit.into_iter().chain(page.map(|page| format!("page={page}"))).collect();
        let location = if said.is_empty() { to.clone() } else { format!("{to}?{}", said.join("&")) };
        put(&mut response, header::LOCATION, &location);
        always(&mut response, header::CACHE_CONTROL, "public, max-age=86400");
        return response;
    }
    if site.gone.contains(path) {
        return plain(StatusCode::GONE, "this was removed and will not come back\n");
    }
    plain(StatusCode::NOT_FOUND, "there is no such page\n")
}

/// What any other site's script may read.
fn is_open(path: &str) -> bool {
    path.starts_with("/feeds/") || path.starts_with("/sidebar/") || path == "/opml"
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

#[cfg(test)]
mod tests;
