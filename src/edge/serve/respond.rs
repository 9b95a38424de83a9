//! One request and the site → the answer. RFC 9110: methods, and what there is, was, and is elsewhere.

mod coding;
mod condition;
mod delta;
mod page;
mod range;
mod wanted;

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use bytes::Bytes;
use http_body_util::Full;
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Method, Response, StatusCode};
use jiff::Timestamp;

use crate::edge::serve::respond::wanted::{Made, is_unreadable, part};
use crate::model::{NoPage, Page, Part, Site, StoryId};

/// Pages load their style sheet and pictures, and nothing else; nobody frames them.
const CONTENT_SECURITY: &str = "default-src 'none'; style-src 'self'; img-src http: https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// What is made for frames may be framed by anybody; it does no more than show stories.
const EMBED_SECURITY: &str =
    "default-src 'none'; style-src 'self'; img-src http: https:; base-uri 'none'; form-action 'none'; frame-ancestors *";
/// The administrator's page brings its style along; its forms come to us alone.
const ADMIN_SECURITY: &str = "default-src 'none'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
/// What pages of an earlier run carry (RFC 7234, section 5.5.1; RFC 9111 asks nobody to heed it any more, and people see it).
const STALE: &str = "110 - \"Response is Stale\"";
const HTML: &str = "text/html; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";
/// What is answered here.
const METHODS: &str = "GET, HEAD, OPTIONS";
/// Headers of a request that another site's script may send, beside those that every script may.
const REQUEST_HEADERS: &str = "If-None-Match, If-Modified-Since, If-Range, Range, A-IM";
/// Headers of an answer that another site's script may read, beside those that every script may.
const RESPONSE_HEADERS: &str = "ETag, Content-Range, Accept-Ranges, IM, Link";
/// How long a browser need not ask again what is allowed: a day, as long as any of them remembers.
const PREFLIGHT_SECONDS: &str = "86400";

/// The answer to a request. `now` only decides whether Last-Modified can be told yet.
pub async fn respond(head: Parts, site: &ArcSwap<Site>, now: Timestamp) -> Response<Full<Bytes>> {
    let current = site.load();
    let Some(wanted) = wanted::wanted(&head, &current) else { return with(head, &current, None, now) };
    // What is lent is not kept while something is waited for.
    let site = Guard::into_inner(current);
    let made = wanted.make(&site).await;
    with(head, &site, made, now)
}

fn reads(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

/// The answer from the site and from what was made for the request, if anything had to be.
fn with(mut head: Parts, site: &Site, made: Option<Made>, now: Timestamp) -> Response<Full<Bytes>> {
    let mut response = match head.method {
        Method::GET | Method::HEAD => match head.uri.path() {
            "/healthz" => plain(StatusCode::OK, "ok\n"),
            "/readyz" if site.pages.is_empty() => plain(StatusCode::SERVICE_UNAVAILABLE, "starting\n"),
            "/readyz" if site.kept.is_some() => plain(StatusCode::OK, "ready, with the pages of before\n"),
            "/readyz" => plain(StatusCode::OK, "ready\n"),
            path if is_unreadable(&head, site) => absent(
                &head,
                site,
                path,
                StatusCode::BAD_REQUEST,
                NoPage::Unreadable,
                "limit and page are whole numbers from 1\n",
            ),
            path => {
                let found = match &made {
                    Some(Made::Page(page)) => page.as_deref(),
                    _ => site.pages.get(path).map(Arc::as_ref),
                };
                match found {
                    Some(page) => shown(&mut head, site, page, made.as_ref(), now),
                    None if site.pages.is_empty() => starting(),
                    None => elsewhere(&head, site, path),
                }
            }
        },
        Method::OPTIONS => options(&head),
        _ => {
            let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD are answered here\n");
            always(&mut response, header::ALLOW, METHODS);
            response
        }
    };
    finish(&head, &mut response);
    response
}

/// The answer with a page, or with what the reader of an earlier version lacks.
fn shown(head: &mut Parts, site: &Site, page: &Page, made: Option<&Made>, now: Timestamp) -> Response<Full<Bytes>> {
    let mut response = match made {
        Some(Made::Delta(delta)) => delta::answer(page, delta, &head.headers),
        _ => page::answer(head, page, now),
    };
    if let Some(link) = site.links.get(head.uri.path()).filter(|_| head.uri.query().is_none()) {
        share(&mut response, header::LINK, link);
    }
    if site.kept.is_some() {
        always(&mut response, header::WARNING, STALE);
    }
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

/// What answers carry whatever they are about; HEAD takes the body away.
fn finish(head: &Parts, response: &mut Response<Full<Bytes>>) {
    let path = head.uri.path();
    if is_open(path) {
        set(response, header::ACCESS_CONTROL_ALLOW_ORIGIN, const { HeaderValue::from_static("*") });
        set(response, header::ACCESS_CONTROL_EXPOSE_HEADERS, const { HeaderValue::from_static(RESPONSE_HEADERS) });
    }
    if response.status() == StatusCode::NOT_MODIFIED {
        // What guards the page came with the page, and holds on (RFC 9111, section 3.2).
        return;
    }
    protect(response, if path.starts_with("/embed/") { EMBED_SECURITY } else { CONTENT_SECURITY });
    if head.method == Method::HEAD {
        headless(response);
    }
}

/// The answer to HEAD is that to GET without its body.
pub(super) fn headless(response: &mut Response<Full<Bytes>>) {
    let length = hyper::body::Body::size_hint(response.body()).exact().unwrap_or(0);
    response.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(length));
    *response.body_mut() = Full::default();
}

/// What only the administrator may see stays with him: nobody frames it, finds it, or is told where he came from. `style` is the hash of the style
/// sheet that stands in a page.
///
/// Its forms say where they come from. Under `no-referrer` a browser would have `Origin: null` said by them, too, where it does not send
/// `Sec-Fetch-Site`, which is everywhere without TLS.
pub(super) fn keep_private(response: &mut Response<Full<Bytes>>, style: Option<&'static str>) {
    if let Some(hash) = style {
        always(response, header::CONTENT_TYPE, HTML);
        put(response, header::CONTENT_SECURITY_POLICY, &format!("{ADMIN_SECURITY}; style-src '{hash}'"));
    }
    always(response, header::REFERRER_POLICY, "same-origin");
    always(response, header::X_FRAME_OPTIONS, "DENY");
    always(response, HeaderName::from_static("x-robots-tag"), "noindex");
}

/// What keeps a browser from making more of an answer than it is.
fn protect(response: &mut Response<Full<Bytes>>, security: &'static str) {
    always(response, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    always(response, header::REFERRER_POLICY, "strict-origin-when-cross-origin");
    always(response, header::CONTENT_SECURITY_POLICY, security);
}

/// The counts, in Prometheus's format.
pub(super) fn counts(head: Parts, text: String) -> Response<Full<Bytes>> {
    if !reads(&head.method) {
        return with(head, &Site::default(), None, Timestamp::UNIX_EPOCH);
    }
    let mut response = Response::new(Full::new(Bytes::from(text)));
    put(&mut response, header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    put(&mut response, header::CACHE_CONTROL, "no-store");
    finish(&head, &mut response);
    response
}

/// What may be asked of an address; to another site's script also whether it may (a preflight).
fn options(head: &Parts) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::NO_CONTENT;
    always(&mut response, header::ALLOW, METHODS);
    always(&mut response, header::CACHE_CONTROL, "no-store");
    if is_open(head.uri.path()) && head.headers.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD) {
        always(&mut response, header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        always(&mut response, header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS);
        always(&mut response, header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_SECONDS);
    }
    response
}

/// A feed that has another id now has moved there for good; one that was removed is gone, so that readers ask no more; anything else
/// was never here. Nothing of the request is repeated but numbers and the names of our own pages.
fn elsewhere(head: &Parts, site: &Site, path: &str) -> Response<Full<Bytes>> {
    if let Some(to) = site.moved.get(path).cloned().or_else(|| without_slash(site, path)) {
        let mut response = plain(StatusCode::MOVED_PERMANENTLY, "this has another address now\n");
        let Part { limit, page, .. } = part(head.uri.query()).unwrap_or_default();
        let limit = limit.map(|limit| format!("limit={limit}"));
        let said: Vec<String> = limit.into_iter().chain(page.map(|page| format!("page={page}"))).collect();
        let location = if said.is_empty() { to } else { format!("{to}?{}", said.join("&")) };
        put(&mut response, header::LOCATION, &location);
        always(&mut response, header::CACHE_CONTROL, "public, max-age=86400");
        return response;
    }
    if let Some(to) = site.open.get(path) {
        let mut response = plain(StatusCode::FOUND, "this day is not over; until then its stories are in the feed\n");
        put(&mut response, header::LOCATION, to);
        always(&mut response, header::CACHE_CONTROL, "public, max-age=60");
        return response;
    }
    match site.gone.contains(path) {
        // It may come back: then it is found here again.
        true if path.starts_with("/story/") => {
            absent(head, site, path, StatusCode::GONE, NoPage::StoryGone, "this story was taken down\n")
        }
        true => absent(head, site, path, StatusCode::GONE, NoPage::FeedGone, "this feed was removed\n"),
        false => absent(head, site, path, StatusCode::NOT_FOUND, NoPage::Missing, "there is no such page\n"),
    }
}

/// Where a path with a slash too many leads: to the same without. As a relative reference, because the folder that we are served in may be
/// known to a proxy alone.
fn without_slash(site: &Site, path: &str) -> Option<String> {
    let bare = path.strip_suffix('/')?;
    let is_story = || bare.strip_prefix("/story/").is_some_and(|id| id.parse::<StoryId>().is_ok());
    let last = bare.rsplit('/').next()?;
    (site.pages.contains_key(bare) || is_story()).then(|| format!("../{last}"))
}

/// The answer where there is no page: a page that says so for who takes HTML, a line for anybody else.
fn absent(head: &Parts, site: &Site, path: &str, status: StatusCode, why: NoPage, text: &'static str) -> Response<Full<Bytes>> {
    let mut response = plain(status, text);
    let why = if path.starts_with("/embed/") { NoPage::Framed } else { why };
    let accepts = head.headers.get_all(header::ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let takes_html = accepts.flat_map(|value| value.split(',')).any(|kind| kind.trim_start().starts_with("text/html"));
    if let Some(page) = site.no_pages.get(&why).filter(|_| takes_html) {
        *response.body_mut() = Full::new(page.clone());
        always(&mut response, header::CONTENT_TYPE, HTML);
    }
    always(&mut response, header::VARY, "Accept");
    response
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
    set(response, name, HeaderValue::from_static(value));
}

/// A header of a page or of the site: its bytes are shared.
fn share(response: &mut Response<Full<Bytes>>, name: HeaderName, value: &Bytes) {
    // Every value here is our own and ASCII; one that were not would be left out.
    if let Ok(value) = HeaderValue::from_maybe_shared(value.clone()) {
        set(response, name, value);
    }
}

fn put(response: &mut Response<Full<Bytes>>, name: HeaderName, value: &str) {
    share(response, name, &Bytes::copy_from_slice(value.as_bytes()));
}

fn set(response: &mut Response<Full<Bytes>>, name: HeaderName, value: HeaderValue) {
    response.headers_mut().insert(name, value);
}

#[cfg(test)]
mod tests;
