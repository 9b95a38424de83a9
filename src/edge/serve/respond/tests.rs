//! RFC 9110 as a table: what a reader sends, and what it must get.

use std::sync::Arc;

use hyper::Request;
use hyper::http::request;

use super::*;
use crate::model::Coding;

const MODIFIED: &str = "2026-11-23T01:00:00Z";
const MODIFIED_HTTP: &str = "Mon, 23 Nov 2026 01:00:00 GMT";

fn site() -> Site {
    let encoded = vec![
        (Coding::Brotli, Bytes::from_static(b"br")),
        (Coding::Zstd, Bytes::from_static(b"zst")),
        (Coding::Gzip, Bytes::from_static(b"zipped")),
    ];
    let body = Bytes::from_static(b"<rss>tin</rss>");
    let modified = MODIFIED.parse().expect("valid");
    let page = Page::new("application/rss+xml; charset=utf-8", body, encoded, "abc".to_owned(), modified);
    Site {
        pages: [("/feeds/moi-nhat.rss".to_owned(), Arc::new(page))].into(),
        moved: [("/feeds/cu.rss".to_owned(), "/tin/feeds/moi-nhat.rss".to_owned())].into(),
        gone: ["/feeds/bo.rss".to_owned()].into(),
        deltas: Some(Arc::new(|path, hashes| {
            let body = Bytes::from_static(b"<rss>moi</rss>");
            let delta = Page::new("application/rss+xml", body, vec![], "d".into(), Timestamp::UNIX_EPOCH);
            let is_known = path == "/feeds/moi-nhat.rss" && hashes.iter().any(|hash| hash == "old");
            Box::pin(std::future::ready(is_known.then(|| Arc::new(delta))))
        })),
        ..Site::default()
    }
}

fn ask(method: &str, path: &str, headers: &[(&str, &str)]) -> Response<Full<Bytes>> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    answer(request, site(), "2026-11-23T02:00:00Z")
}

fn answer(request: request::Builder, site: Site, now: &str) -> Response<Full<Bytes>> {
    let (head, ()) = request.body(()).expect("a request").into_parts();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(respond(head, &ArcSwap::from_pointee(site), now.parse().expect("valid")))
}

fn header<'a>(response: &'a Response<Full<Bytes>>, name: &str) -> &'a str {
    response.headers().get(name).map_or("", |v| v.to_str().expect("ASCII"))
}

fn length(response: &Response<Full<Bytes>>) -> u64 {
    hyper::body::Body::size_hint(response.body()).exact().expect("a whole body")
}

#[test]
fn a_page_comes_with_everything_that_caches_need() {
    let response = ask("GET", "/feeds/moi-nhat.rss", &[]);
    assert_eq!(response.status(), 200);
    assert_eq!(header(&response, "etag"), "\"abc\"");
    assert_eq!(header(&response, "last-modified"), MODIFIED_HTTP);
    assert_eq!(header(&response, "vary"), "Accept-Encoding");
    assert_eq!(header(&response, "content-type"), "application/rss+xml; charset=utf-8");
    assert_eq!(header(&response, "access-control-allow-origin"), "*");
    assert!(header(&response, "cache-control").contains("stale-if-error"));
    assert_eq!(length(&response), 14);
}

#[test]
fn the_reader_chooses_the_coding_and_each_has_its_own_tag() {
    for (accept, coding) in [
        ("gzip", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("zstd, gzip", "zstd"),
        ("br;q=0.5, gzip", "gzip"),
        ("br;q=0, *", "zstd"),
        ("*", "br"),
        ("*;q=0.1, gzip;q=0.5", "gzip"),
        ("GZIP ; q=1", "gzip"),
        ("x-gzip", "gzip"),
        ("identity, gzip;q=0.5", ""),
        ("gzip;q=0", ""),
        ("deflate", ""),
        ("identity", ""),
        ("", ""),
        ("gzip;q=hoch", "gzip"),
    ] {
        let response = ask("GET", "/feeds/moi-nhat.rss", &[("accept-encoding", accept)]);
        assert_eq!(header(&response, "content-encoding"), coding, "{accept}");
        let tag = if coding.is_empty() { "\"abc\"".to_owned() } else { format!("\"abc-{coding}\"") };
        assert_eq!(header(&response, "etag"), tag, "{accept}");
    }
}

#[test]
fn who_has_this_version_gets_304_and_no_body() {
    let same = MODIFIED_HTTP;
    for (headers, status) in [
        (&[("if-none-match", "\"abc\"")][..], 304),
        (&[("if-none-match", "W/\"abc\"")], 304),
        (&[("if-none-match", "\"abc-gzip\"")], 304),
        (&[("if-none-match", "\"abc-br\"")], 304),
        (&[("if-none-match", "\"abc-x\"")], 200),
        (&[("if-none-match", "\"x\", \"abc\"")], 304),
        (&[("if-none-match", "*")], 304),
        (&[("if-none-match", "abc")], 200),
        (&[("if-none-match", "\"abcd\"")], 200),
        (&[("if-modified-since", same)], 304),
        (&[("if-modified-since", "Mon, 23 Nov 2026 00:59:59 GMT")], 200),
        (&[("if-modified-since", "Tue, 24 Nov 2026 00:00:00 GMT")], 304),
        (&[("if-modified-since", "gestern")], 200),
        (&[("if-none-match", "\"x\""), ("if-modified-since", same)], 200),
    ] {
        let response = ask("GET", "/feeds/moi-nhat.rss", headers);
        assert_eq!(response.status(), status, "{headers:?}");
        assert_eq!(length(&response) == 0, status == 304, "{headers:?}");
        assert_eq!(header(&response, "etag"), "\"abc\"");
        assert_eq!(header(&response, "vary"), "Accept-Encoding");
        assert!(!header(&response, "cache-control").is_empty());
    }
}

#[test]
fn who_asks_for_another_version_gets_412() {
    let (older, later) = ("Mon, 23 Nov 2026 00:59:59 GMT", "Tue, 24 Nov 2026 00:00:00 GMT");
    for (headers, status) in [
        (&[("if-match", "\"abc\"")][..], 200),
        (&[("if-match", "*")], 200),
        (&[("if-match", "\"x\", \"abc\"")], 200),
        (&[("if-match", "W/\"abc\"")], 412),
        (&[("if-match", "\"x\"")], 412),
        (&[("if-match", "abc")], 412),
        // The tag is that of the coding that would be sent.
        (&[("if-match", "\"abc-gzip\"")], 412),
        (&[("if-match", "\"abc-gzip\""), ("accept-encoding", "gzip")], 200),
        (&[("if-unmodified-since", MODIFIED_HTTP)], 200),
        (&[("if-unmodified-since", later)], 200),
        (&[("if-unmodified-since", older)], 412),
        (&[("if-unmodified-since", "gestern")], 200),
        (&[("if-match", "\"abc\""), ("if-unmodified-since", older)], 200),
        (&[("if-match", "\"abc\""), ("if-none-match", "\"abc\"")], 304),
        (&[("if-match", "\"x\""), ("if-none-match", "\"abc\"")], 412),
        (&[("if-unmodified-since", later), ("if-modified-since", later)], 304),
        (&[("if-match", "\"x\""), ("range", "bytes=0-1")], 412),
        (&[("if-none-match", "\"abc\""), ("range", "bytes=0-1")], 304),
    ] {
        for method in ["GET", "HEAD"] {
            let response = ask(method, "/feeds/moi-nhat.rss", headers);
            assert_eq!(response.status(), status, "{method} {headers:?}");
        }
    }
    let missing = ask("GET", "/feeds/x", &[("if-match", "\"x\""), ("if-none-match", "*")]);
    assert_eq!(missing.status(), 404, "what is not there has no versions");
}

#[test]
fn a_range_is_a_part_of_the_coding_that_the_reader_has() {
    for (headers, status, length_of_body, content_range) in [
        (&[("range", "bytes=0-3")][..], 206, 4, "bytes 0-3/14"),
        (&[("range", "bytes=-4")], 206, 4, "bytes 10-13/14"),
        (&[("range", "bytes=2-"), ("accept-encoding", "gzip")], 206, 4, "bytes 2-5/6"),
        (&[("range", "bytes=14-")], 416, 28, "bytes */14"),
        (&[("range", "bytes=0-1,3-4")], 200, 14, ""),
        (&[("range", "bytes=0-3"), ("if-range", "\"abc\"")], 206, 4, "bytes 0-3/14"),
        (&[("range", "bytes=0-3"), ("if-range", MODIFIED_HTTP)], 206, 4, "bytes 0-3/14"),
        (&[("range", "bytes=0-3"), ("if-range", "\"x\"")], 200, 14, ""),
        (&[("range", "bytes=0-3"), ("if-range", "W/\"abc\"")], 200, 14, ""),
        (&[("range", "bytes=0-3"), ("if-range", "\"abc\""), ("accept-encoding", "gzip")], 200, 6, ""),
        (&[("range", "bytes=0-3"), ("if-range", "Tue, 24 Nov 2026 00:00:00 GMT")], 200, 14, ""),
        (&[("if-range", "\"abc\"")], 200, 14, ""),
    ] {
        let response = ask("GET", "/feeds/moi-nhat.rss", headers);
        assert_eq!((response.status().as_u16(), length(&response)), (status, length_of_body), "{headers:?}");
        assert_eq!(header(&response, "content-range"), content_range, "{headers:?}");
        assert_eq!(header(&response, "vary"), "Accept-Encoding");
        let whole = ask("HEAD", "/feeds/moi-nhat.rss", headers);
        assert_eq!(whole.status(), 200, "a range is of GET alone: {headers:?}");
        assert_eq!(header(&whole, "accept-ranges"), "bytes");
    }
}

#[test]
fn who_takes_a_delta_and_names_a_known_version_gets_what_it_lacks() {
    let old = ("if-none-match", "\"old\"");
    for (headers, status) in [
        (&[("a-im", "feed"), old][..], 226),
        (&[("a-im", "vcdiff, FEED;q=0.5, gzip"), old], 226),
        (&[("a-im", "feed"), ("if-none-match", "\"x\", W/\"old-gzip\"")], 226),
        (&[("a-im", "feed;q=0"), old], 200),
        (&[("a-im", "vcdiff"), old], 200),
        (&[("a-im", "feed"), ("if-none-match", "\"x\"")], 200),
        (&[("a-im", "feed"), ("if-none-match", "\"old-x\"")], 200),
        (&[("a-im", "feed"), ("if-none-match", "old")], 200),
        (&[("a-im", "feed"), ("if-none-match", "*")], 304),
        (&[("a-im", "feed"), ("if-none-match", "\"abc\", \"old\"")], 304),
        (&[("a-im", "feed")], 200),
        (&[old], 200),
    ] {
        let response = ask("GET", "/feeds/moi-nhat.rss", headers);
        assert_eq!(response.status(), status, "{headers:?}");
        assert_eq!(header(&response, "etag"), "\"abc\"", "the tag is that of the whole: {headers:?}");
        let is_delta = status == 226;
        assert_eq!(header(&response, "im") == "feed", is_delta);
        assert_eq!(header(&response, "cache-control").contains("no-store"), is_delta);
        assert_eq!(header(&response, "vary").contains("A-IM"), is_delta);
    }
    let packed = ask("GET", "/feeds/moi-nhat.rss", &[("a-im", "feed"), old, ("accept-encoding", "gzip")]);
    assert_eq!(
        (header(&packed, "etag"), header(&packed, "content-encoding")),
        ("\"abc-gzip\"", ""),
        "the tag of what it would get whole"
    );
    assert_eq!(ask("HEAD", "/feeds/moi-nhat.rss", &[("a-im", "feed"), old]).status(), 200);
    assert_eq!(ask("GET", "/feeds/moi-nhat.rss?limit=3", &[("a-im", "feed"), old]).status(), 200);
}

#[test]
fn a_feed_of_another_name_has_moved_and_a_removed_one_is_gone() {
    for (path, status, location) in [
        ("/feeds/cu.rss", 301, "/tin/feeds/moi-nhat.rss"),
        ("/feeds/cu.rss?limit=5&page=2", 301, "/tin/feeds/moi-nhat.rss?limit=5&page=2"),
        ("/feeds/cu.rss?limit=0&x=https://evil.example/", 301, "/tin/feeds/moi-nhat.rss"),
        ("/feeds/bo.rss", 410, ""),
        ("/feeds/la.rss", 404, ""),
    ] {
        let response = ask("GET", path, &[]);
        assert_eq!((response.status().as_u16(), header(&response, "location")), (status, location), "{path}");
    }
}

#[test]
fn another_sites_script_learns_what_it_may_ask() {
    let preflight = [("origin", "https://bao.example"), ("access-control-request-method", "GET")];
    let open = ask("OPTIONS", "/sidebar/moi-nhat.json", &preflight);
    assert_eq!(open.status(), 204);
    assert_eq!(header(&open, "access-control-allow-origin"), "*");
    assert_eq!(header(&open, "access-control-allow-methods"), METHODS);
    assert!(header(&open, "access-control-allow-headers").contains("If-None-Match"));
    assert_eq!(header(&open, "access-control-allow-credentials"), "");
    let closed = ask("OPTIONS", "/metrics", &preflight);
    assert_eq!((header(&closed, "access-control-allow-origin"), header(&closed, "access-control-allow-methods")), ("", ""));
    assert_eq!(header(&closed, "allow"), METHODS);
}

#[test]
fn every_answer_is_guarded() {
    for (method, path) in
        [("GET", "/feeds/moi-nhat.rss"), ("GET", "/x"), ("POST", "/"), ("OPTIONS", "/"), ("GET", "/feeds/bo.rss")]
    {
        let response = ask(method, path, &[]);
        assert_eq!(header(&response, "x-content-type-options"), "nosniff", "{method} {path}");
        assert!(header(&response, "content-security-policy").starts_with("default-src 'none'"), "{method} {path}");
        assert_eq!(header(&response, "referrer-policy"), "strict-origin-when-cross-origin", "{method} {path}");
    }
}

#[test]
fn head_is_get_without_a_body() {
    let (get, head) = (ask("GET", "/feeds/moi-nhat.rss", &[]), ask("HEAD", "/feeds/moi-nhat.rss", &[]));
    assert_eq!(length(&head), 0);
    assert_eq!(header(&head, "content-length"), "14");
    for name in ["etag", "last-modified", "content-type", "cache-control", "vary"] {
        assert_eq!(header(&get, name), header(&head, name), "{name}");
    }
}

#[test]
fn a_date_is_not_told_before_its_second_is_over() {
    let response = answer(Request::builder().uri("/feeds/moi-nhat.rss"), site(), MODIFIED);
    assert_eq!(header(&response, "last-modified"), "");
}

#[test]
fn what_is_not_there_says_so_and_echoes_nothing() {
    for (method, path, status) in [
        ("GET", "/feeds/%3Cscript%3E", 404),
        ("GET", "/../etc/passwd", 404),
        ("POST", "/feeds/moi-nhat.rss", 405),
        ("DELETE", "/", 405),
        ("GET", "/healthz", 200),
        ("HEAD", "/readyz", 200),
    ] {
        let response = ask(method, path, &[]);
        assert_eq!(response.status(), status, "{method} {path}");
        assert_eq!(header(&response, "x-content-type-options"), "nosniff");
        assert_eq!(header(&response, "content-type"), PLAIN);
    }
    assert_eq!(header(&ask("POST", "/", &[]), "allow"), "GET, HEAD, OPTIONS");
}

#[test]
fn a_service_that_is_still_starting_says_so() {
    let response = |path: &str| answer(Request::builder().uri(path), Site::default(), MODIFIED);
    assert_eq!(response("/readyz").status(), 503);
    assert_eq!(header(&response("/feeds/moi-nhat.rss"), "retry-after"), "5");
}
