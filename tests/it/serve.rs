//! The service over a real socket: what readers get, how it follows edits of `feeds.toml`, how it starts and stops.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use flate2::read::GzDecoder;
use serde_json::Value;

use super::app::{HOME, PATIENCE, Response, Service, TestApp, eventually, home, instant, source};
use crate::origin::{Answer, Behaviour, Item, Origin, articles, feed, item};

/// The pages of one feed, in every format.
const PAGES: [&str; 7] = [
    "/feeds/moi-nhat",
    "/feeds/moi-nhat.rss",
    "/feeds/moi-nhat.atom",
    "/feeds/moi-nhat.json",
    "/sidebar/moi-nhat.json",
    "/sidebar/moi-nhat.html",
    "/embed/moi-nhat",
];

/// An app with one polled source `a` of this many articles.
fn polled(origin: &Origin, count: usize) -> TestApp {
    origin.set("/a", feed(&articles("a.vn", 0..count)).etag("\"a\""));
    let app = TestApp::new(&home(&[("a", origin.url("/a"))]));
    app.poll();
    app
}

/// An edit takes effect within two seconds; the rest is a busy machine's.
fn within_two_seconds(what: &str, mut is_so: impl FnMut() -> bool) {
    let start = instant();
    eventually(what, || is_so().then_some(()));
    let took = start.elapsed();
    assert!(took.as_secs_f32() < 3.0, "{what}: took {took:?}");
}

#[test]
fn a_page_has_validators_and_is_not_sent_twice() {
    let origin = Origin::new();
    let app = polled(&origin, 5);
    let service = app.serve();
    for path in PAGES.into_iter().chain(["/", "/opml", "/sources.opml"]) {
        let whole = service.get(path);
        assert_eq!(whole.status, 200, "{path}");
        let etag = whole.header("etag");
        assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 10, "{path}: {etag}");
        assert!(whole.header("cache-control").contains("max-age"), "{path}");
        assert_eq!(whole.header("vary"), "Accept-Encoding", "{path}");
        assert_eq!(whole.header("content-length"), whole.body.len().to_string(), "{path}");

        for tags in [etag.to_owned(), format!("W/{etag}"), format!("\"x\", {etag}"), "*".to_owned()] {
            let not_modified = service.request("GET", path, &[("If-None-Match", &tags)]);
            assert_eq!((not_modified.status, not_modified.body.len()), (304, 0), "{path} {tags}");
            for name in ["etag", "vary", "cache-control"] {
                assert_eq!(not_modified.header(name), whole.header(name), "{path} {name}");
            }
        }
        assert_eq!(service.request("GET", path, &[("If-None-Match", "\"x\"")]).body, whole.body);

        let head = service.request("HEAD", path, &[]);
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        for name in ["etag", "content-length", "content-type"] {
            assert_eq!(head.header(name), whole.header(name), "{path} {name}");
        }
    }
}

/// C14: what is taken from a feed names the feed as it names itself, also after a restart.
#[test]
fn a_feeds_own_id_stands_with_what_is_taken_from_it() {
    let origin = Origin::new();
    let atom = "<feed xmlns=\"http://www.w3.org/2005/Atom\"><id>tag:a.vn,2026:thoi-su</id><title>A</title><updated>2026-11-17T01:05:00Z</updated>\
        <entry><id>1</id><title>Tin số một</title><link href=\"https://a.vn/1\"/><updated>2026-11-17T01:05:00Z</updated></entry></feed>";
    origin.set("/a", Answer::body(atom));
    origin.set("/b", feed(&articles("b.vn", 0..1)));
    let app = TestApp::new(&home(&[("a", origin.url("/a")), ("b", origin.url("/b"))]));
    app.poll();
    let ids = |text: &str| -> Vec<String> {
        let sources = text.split("<source>").skip(1).filter_map(|source| source.split_once("<id>")?.1.split_once("</id>"));
        sources.map(|(id, _)| id.to_owned()).collect()
    };
    let mut told = ids(&app.run(&["render", "moi-nhat", "--format", "atom"]).ok());
    told.sort();
    assert_eq!(told, [origin.url("/b"), "tag:a.vn,2026:thoi-su".to_owned()]);
    assert!(app.run(&["dump"]).ok().contains("\"feed\":\"tag:a.vn,2026:thoi-su\""), "a dump has it");
}

#[test]
fn last_modified_is_told_and_believed() {
    let origin = Origin::new();
    let app = polled(&origin, 5);
    let service = app.serve();
    // It is told as soon as the second in which the page was printed is over.
    let told = || Some(service.get("/feeds/moi-nhat.rss").header("last-modified").to_owned()).filter(|date| !date.is_empty());
    let date = eventually("Last-Modified is told", told);
    let since = |date: &str| service.request("GET", "/feeds/moi-nhat.rss", &[("If-Modified-Since", date)]).status;
    assert_eq!(since(&date), 304);
    assert_eq!(since("Thu, 01 Jan 2015 00:00:00 GMT"), 200);
    assert_eq!(since("hôm qua"), 200);
}

#[test]
fn each_coding_holds_the_same_bytes_under_another_etag() {
    let origin = Origin::new();
    let app = polled(&origin, 40);
    let service = app.serve();
    for path in PAGES {
        let plain = service.get(path);
        let mut tags = vec![plain.header("etag").to_owned()];
        for coding in ["gzip", "br", "zstd"] {
            let packed = service.request("GET", path, &[("Accept-Encoding", coding)]);
            assert_eq!(packed.header("content-encoding"), coding, "{path}");
            assert_eq!(packed.header("vary"), "Accept-Encoding", "{path}");
            assert_eq!(unpacked(coding, &packed.body), plain.body, "{path} {coding}");
            let etag = packed.header("etag").to_owned();
            let again = service.request("GET", path, &[("Accept-Encoding", coding), ("If-None-Match", &etag)]);
            assert_eq!((again.status, again.header("etag")), (304, &*etag), "{path}");
            tags.push(etag);
            let refused = service.request("GET", path, &[("Accept-Encoding", &format!("{coding};q=0"))]);
            assert_eq!(refused.body, plain.body, "{path}");
        }
        tags.sort_unstable();
        tags.dedup();
        assert_eq!(tags.len(), 4, "{path}: every coding has a tag of its own");
    }
}

fn unpacked(coding: &str, body: &[u8]) -> Vec<u8> {
    let mut unpacked = Vec::new();
    match coding {
        "gzip" => drop(GzDecoder::new(body).read_to_end(&mut unpacked).expect("gzip")),
        "br" => brotli::BrotliDecompress(&mut &*body, &mut unpacked).expect("brotli"),
        _ => unpacked = zstd::decode_all(body).expect("zstd"),
    }
    unpacked
}

#[test]
fn a_limit_and_a_page_are_parts_of_the_feed() {
    let origin = Origin::new();
    let app = polled(&origin, 10);
    let service = app.serve();
    let titles = |path: &str| -> Vec<Value> {
        service.json(path)["items"].as_array().expect("items").iter().map(|item| item["title"].clone()).collect()
    };
    let all = titles("/feeds/moi-nhat.json");
    assert_eq!(all.len(), 10);
    assert_eq!(titles("/feeds/moi-nhat.json?limit=3"), all[..3]);
    assert_eq!(titles("/feeds/moi-nhat.json?limit=3&page=2"), all[3..6]);
    assert_eq!(service.json("/sidebar/moi-nhat.json?limit=3")["stories"].as_array().map(Vec::len), Some(3));
    for format in ["rss", "atom", "json"] {
        let part = service.get(&format!("/feeds/moi-nhat.{format}?limit=3"));
        assert_ne!(part.header("etag"), service.get(&format!("/feeds/moi-nhat.{format}")).header("etag"));
        let again =
            service.request("GET", &format!("/feeds/moi-nhat.{format}?limit=3"), &[("If-None-Match", part.header("etag"))]);
        assert_eq!(again.status, 304);
    }
    for other in ["?x=1", "?", "?limit=99999999999999999999999"] {
        assert_eq!(titles(&format!("/feeds/moi-nhat.json{other}")), all, "{other}");
    }
    for nonsense in
        ["?limit=0", "?limit=-1", "?limit=x", "?limit=", "?limit", "?limit=+1", "?page=0", "?page=x", "?limit=3&page="]
    {
        for path in ["/feeds/moi-nhat.json", "/feeds/moi-nhat", "/sidebar/moi-nhat.json", "/embed/moi-nhat"] {
            assert_eq!(service.get(&format!("{path}{nonsense}")).status, 400, "{path}{nonsense}");
        }
    }
    for beyond in ["?page=2", "?limit=3&page=5", "?page=99999999999999999999999"] {
        assert_eq!(service.get(&format!("/feeds/moi-nhat.json{beyond}")).status, 404, "{beyond}");
    }
    assert_eq!(service.get("/opml?limit=x").status, 200, "what has no parts is asked for none");
}

#[test]
fn what_is_not_there_is_404_and_what_changes_something_is_405() {
    let origin = Origin::new();
    let app = polled(&origin, 1);
    let service = app.serve();
    for path in
        ["/feeds/khong-co.rss", "/feeds/../feeds.toml", "/feeds/%2e%2e%2ffeeds.toml", "/feeds/", "/x", "/FEEDS/moi-nhat.rss"]
    {
        let response = service.get(path);
        assert_eq!(response.status, 404, "{path}");
        assert!(!response.text().contains("khong-co"), "nothing of the request is echoed");
    }
    for method in ["POST", "PUT", "DELETE", "PATCH"] {
        let response = service.request(method, "/feeds/moi-nhat.rss", &[("Content-Length", "0")]);
        assert_eq!((response.status, response.header("allow")), (405, "GET, HEAD, OPTIONS"), "{method}");
    }
    for (path, open) in [("/feeds/moi-nhat.rss", "*"), ("/sidebar/moi-nhat.json", "*"), ("/opml", "*"), ("/", "")] {
        assert_eq!(service.get(path).header("access-control-allow-origin"), open, "{path}");
    }
    assert_eq!(service.get("/healthz").status, 200);
    let evil = service.request("GET", "/feeds/moi-nhat.rss", &[("Host", "evil.example")]);
    assert_eq!(evil.body, service.get("/feeds/moi-nhat.rss").body);
}

/// What a browser is shown where there is nothing, in a portal's frame, too; programs get a line.
#[test]
fn people_are_told_in_their_language_that_there_is_no_page() {
    let origin = Origin::new();
    let app = polled(&origin, 1);
    let service = app.serve();
    let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    for (path, status, says) in [
        ("/feeds/khong-co", 404, "<h1>Không có trang này</h1>"),
        ("/story/aaaaaaaaaaaaaaaaaaaaaaaaaa", 404, "<h1>Không có trang này</h1>"),
        ("/feeds/moi-nhat?page=x", 400, "<h1>Không đọc được địa chỉ này</h1>"),
        ("/embed/khong-co", 404, "Bản tin này không có ở đây."),
    ] {
        let page = service.request("GET", path, &[("Accept", accept)]);
        assert_eq!((page.status, page.header("content-type")), (status, "text/html; charset=utf-8"), "{path}");
        let text = page.text();
        assert!(text.contains("<html lang=\"vi\">") && text.contains(says) && text.contains("Điểm tin"), "{path}: {text}");
        assert!(text.contains("<a href=\"/\">") || text.contains("<base target=\"_blank\">"), "{path}: a way home");
        let line = service.request("GET", path, &[("Accept", "application/rss+xml, */*")]);
        assert_eq!((line.status, line.header("content-type")), (status, "text/plain; charset=utf-8"), "{path}");
        assert_eq!(line.header("vary"), "Accept");
    }
    let framed = service.request("GET", "/embed/khong-co", &[("Accept", accept)]);
    assert!(framed.header("content-security-policy").contains("frame-ancestors *"));
}

#[test]
fn a_slash_too_many_leads_to_the_address_without() {
    let origin = Origin::new();
    let app = polled(&origin, 1);
    let service = app.serve();
    let story = service.json("/sidebar/moi-nhat.json")["stories"][0]["id"].as_str().expect("an id").to_owned();
    for (path, location) in [
        ("/feeds/moi-nhat/", "../moi-nhat"),
        ("/feeds/moi-nhat.rss/?limit=2&x=1", "../moi-nhat.rss?limit=2"),
        ("/opml/", "../opml"),
        (&format!("/story/{story}/"), &format!("../{story}")),
    ] {
        let answer = service.get(path);
        assert_eq!((answer.status, answer.header("location")), (301, location), "{path}");
    }
    for path in ["/feeds/khong-co/", "/feeds/moi-nhat//", "/story/x/"] {
        assert_eq!(service.get(path).status, 404, "{path}");
    }
}

#[test]
fn a_story_is_withdrawn_while_the_service_runs_and_put_back() {
    let origin = Origin::new();
    let app = polled(&origin, 5);
    let service = app.serve();
    let title = service.titles("moi-nhat")[2].clone();
    let story = service.json("/sidebar/moi-nhat.json")["stories"][2].clone();
    let (id, url) = (story["id"].as_str().expect("an id").to_owned(), story["url"].as_str().expect("an address").to_owned());
    let page = format!("/story/{id}");
    assert_eq!(service.get(&page).status, 200);
    let run = |arguments: &[&str]| app.run(arguments);
    assert_ne!(run(&["withdraw", &id]).status, Some(0), "a reason is asked for");
    assert_ne!(run(&["withdraw", "https://a.vn/khong-co", "--reason", "x"]).status, Some(0));
    let before = service.get("/feeds/moi-nhat.atom");
    let done = run(&["withdraw", &url, "--reason", "Toà soạn yêu cầu gỡ"]);
    assert!(done.status == Some(0) && done.stdout.contains(&title), "{done:?}");
    within_two_seconds("it is taken down", || !service.titles("moi-nhat").contains(&title));
    let gone = service.get(&page);
    assert_eq!((gone.status, gone.text()), (410, "this story was taken down\n"), "which says nothing of for how long");
    assert!(service.request("GET", &page, &[("Accept", "text/html")]).text().contains("Tin này không còn ở đây"));
    let atom = service.get("/feeds/moi-nhat.atom");
    assert!(atom.text().contains(&format!("<at:deleted-entry ref=\"tag:diemtin,2026:story/{id}\"")), "{}", atom.text());
    assert_eq!(service.json("/feeds/moi-nhat.json")["_diemtin"]["withdrawn"][0]["id"], format!("tag:diemtin,2026:story/{id}"));
    let delta = service.request("GET", "/feeds/moi-nhat.atom", &[("A-IM", "feed"), ("If-None-Match", before.header("etag"))]);
    assert_eq!((delta.status, delta.header("im"), delta.header("etag")), (226, "feed", atom.header("etag")));
    assert!(delta.text().contains("at:deleted-entry") && !delta.text().contains("<entry>"), "{}", delta.text());
    assert!(delta.header("cache-control").contains("no-store") && delta.header("vary").contains("A-IM"));
    let current = service.request("GET", "/feeds/moi-nhat.atom", &[("A-IM", "feed"), ("If-None-Match", atom.header("etag"))]);
    assert_eq!(current.status, 304);
    let unknown = service.request("GET", "/feeds/moi-nhat.atom", &[("A-IM", "feed"), ("If-None-Match", "\"x\"")]);
    assert_eq!((unknown.status, &unknown.body), (200, &atom.body));

    let told = run(&["explain", &id]).stdout;
    assert!(told.contains("Withdrawn by") && told.contains("Toà soạn yêu cầu gỡ"), "{told}");
    assert_ne!(run(&["withdraw", &id, "--reason", "lại"]).status, Some(0), "once is enough");
    assert!(run(&["withdraw", "--list"]).stdout.contains(&id));
    origin.set("/a", feed(&articles("a.vn", 0..6)).etag("\"2\""));
    app.run(&["poll"]);
    assert_eq!(service.terminate(), Some(0));

    app.poll();
    assert!(run(&["dump"]).stdout.contains("{\"withdrawn\":"), "a dump has it");
    let service = app.serve();
    assert!(!service.titles("moi-nhat").contains(&title), "it stays away after a restart and another poll");
    assert_eq!(run(&["withdraw", &id, "--undo"]).status, Some(0));
    within_two_seconds("it is back", || service.titles("moi-nhat").contains(&title));
    assert_eq!(service.get(&page).status, 200);
}

#[test]
fn http_2_is_spoken_to_who_begins_with_it() {
    let origin = Origin::new();
    let app = polled(&origin, 5);
    let service = app.serve();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let body = runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(service.address()).await.expect("the service listens");
        let (sender, connection) = h2::client::handshake(stream).await.expect("HTTP/2");
        tokio::spawn(connection);
        let mut sender = sender.ready().await.expect("ready");
        let request = http::Request::get(format!("http://{}/feeds/moi-nhat.rss", service.address())).body(()).expect("a request");
        let (answer, _) = sender.send_request(request, true).expect("sent");
        let answer = answer.await.expect("an answer");
        assert_eq!((answer.status(), answer.version()), (http::StatusCode::OK, http::Version::HTTP_2));
        let (mut body, mut whole) = (answer.into_body(), Vec::new());
        while let Some(data) = body.data().await {
            let data = data.expect("data");
            body.flow_control().release_capacity(data.len()).expect("room");
            whole.extend_from_slice(&data);
        }
        whole
    });
    assert_eq!(body, service.get("/feeds/moi-nhat.rss").body);
}

#[test]
fn a_restart_changes_no_byte_and_no_etag() {
    let origin = Origin::new();
    origin.set("/a", feed(&articles("a.vn", 0..30)).etag("\"a\""));
    origin.set("/b", feed(&articles("a.vn", 10..40).into_iter().rev().collect::<Vec<_>>()).etag("\"b\""));
    let app = TestApp::new(&home(&[("a", origin.url("/a")), ("b", origin.url("/b"))]));
    app.poll();
    let seen = |service: &Service| -> Vec<Response> {
        // The pages of before are served until those of now are there.
        let is_of_now = |page: &Response| !page.header("last-modified").is_empty() && page.header("warning").is_empty();
        let told = |path: &str| Some(service.get(path)).filter(is_of_now);
        let paths = PAGES.into_iter().chain(["/", "/opml", "/feeds/moi-nhat.rss?limit=3"]);
        let pages = paths.map(|path| eventually("Last-Modified is told", || told(path)));
        pages.map(|mut page| (page.headers.remove("date"), page).1).collect()
    };
    let service = app.serve();
    let before = seen(&service);
    assert_eq!(service.terminate(), Some(0));
    let service = app.serve();
    assert_eq!(seen(&service), before);
}

#[test]
fn render_prints_the_same_bytes_as_http() {
    let origin = Origin::new();
    let app = polled(&origin, 12);
    let service = app.serve();
    let formats = [("rss", 1), ("atom", 2), ("json", 3), ("html", 0), ("sidebar-json", 4), ("sidebar-html", 5), ("embed", 6)];
    let served = formats.map(|(format, page)| (format, service.get(PAGES[page])));
    assert_eq!(service.terminate(), Some(0));
    for (format, page) in served {
        assert_eq!(app.render("moi-nhat", format), page.text(), "{format}");
    }
}

#[test]
fn build_writes_the_site_and_touches_what_is_new_alone() {
    let origin = Origin::new();
    let app = polled(&origin, 12);
    let folder = app.folder().join("www");
    let www = folder.to_str().expect("UTF-8");
    let built = app.run(&["build", www]).ok();
    assert!(built.contains("0 removed"), "{built}");
    let file = |name: &str| std::fs::read(folder.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    std::fs::write(folder.join("robots.txt"), "của người quản trị").expect("a file of the administrator's");
    let date = |name: &str| folder.join(name).metadata().and_then(|file| file.modified()).expect("a date");
    let (rss, style) = (date("feeds/moi-nhat.rss"), date("style.css"));
    assert!(app.run(&["build", www]).ok().contains(" 0 of them new or changed, 0 removed"));

    origin.set("/a", feed(&articles("a.vn", 0..13)).etag("\"2\""));
    app.run(&["poll", "--all"]);
    app.write(&(home(&[("a", origin.url("/a"))]) + "[feed.rieng]\nsources = [\"a\"]\n"));
    app.run(&["build", www]).ok();
    assert!(folder.join("feeds/rieng.json").exists());
    app.write(&home(&[("a", origin.url("/a"))]));
    app.run(&["build", www]).ok();
    assert!(!folder.join("feeds/rieng.json").exists() && folder.join("robots.txt").exists());
    assert!(date("feeds/moi-nhat.rss") > rss && date("style.css") == style, "only what changed is written");

    let service = app.serve();
    for (path, name) in [("/", "index.html"), ("/opml", "opml"), ("/feeds/moi-nhat", "feeds/moi-nhat/index.html")]
        .into_iter()
        .chain([("/feeds/moi-nhat.rss", "feeds/moi-nhat.rss"), ("/embed/moi-nhat", "embed/moi-nhat/index.html")])
    {
        assert_eq!(service.get(path).body, file(name), "{path}");
    }
    let packed = service.request("GET", "/feeds/moi-nhat.rss", &[("Accept-Encoding", "gzip")]);
    assert_eq!(packed.body, file("feeds/moi-nhat.rss.gz"));
    let story = service.json("/sidebar/moi-nhat.json")["stories"][0]["id"].as_str().expect("an id").to_owned();
    assert!(folder.join(format!("story/{story}/index.html")).exists());
}

#[test]
fn news_reaches_the_pages_and_an_unchanged_poll_does_not() {
    let origin = Origin::new();
    origin.set("/a", feed(&articles("a.vn", 0..2)).etag("\"1\""));
    let app = TestApp::new(&(home(&[("a", origin.url("/a"))]) + "every = \"1s\"\n"));
    let service = app.serve();
    eventually("the first poll is published", || (service.titles("moi-nhat").len() == 2).then_some(()));
    let before = service.get("/feeds/moi-nhat.rss");
    origin.wait_for("/a", 3);
    assert_eq!(service.get("/feeds/moi-nhat.rss").header("etag"), before.header("etag"));

    origin.set("/a", feed(&[vec![item("n", "https://a.vn/n", "Tin nóng", "")], articles("a.vn", 0..2)].concat()).etag("\"2\""));
    eventually("the news is published", || (service.titles("moi-nhat").first()? == "Tin nóng").then_some(()));
    assert_ne!(service.get("/feeds/moi-nhat.rss").header("etag"), before.header("etag"));

    origin.set("/a", Answer::body("hỏng"));
    service.log.wait_for("a poll failed");
    assert_eq!(service.titles("moi-nhat").len(), 3, "a source that fails empties no feed");
}

#[test]
fn a_portal_that_names_its_cursor_gets_only_what_is_new() {
    let origin = Origin::new();
    origin.set("/a", feed(&articles("a.vn", 0..20)).etag("\"1\""));
    let app = TestApp::new(&(home(&[("a", origin.url("/a"))]) + "every = \"1s\"\n"));
    let service = app.serve();
    let cursor = |sidebar: &Value| sidebar["cursor"].as_str().expect("a cursor").to_owned();
    let count = |sidebar: &Value| sidebar["stories"].as_array().map(Vec::len);
    let stories = || service.json("/sidebar/moi-nhat.json");
    eventually("the first poll is published", || (count(&stories()) == Some(10)).then_some(()));
    let first = stories();
    let again = service.json(&format!("/sidebar/moi-nhat.json?since={}", cursor(&first)));
    assert_eq!((count(&again), &again["since"], &again["cursor"]), (Some(0), &first["cursor"], &first["cursor"]));

    let news = [vec![item("n", "https://a.vn/n", "Tin nóng", "")], articles("a.vn", 0..20)].concat();
    origin.set("/a", feed(&news).etag("\"2\""));
    eventually("the news is published", || (cursor(&stories()) != cursor(&first)).then_some(()));
    let since = service.json(&format!("/sidebar/moi-nhat.json?since={}", cursor(&first)));
    assert_eq!((count(&since), &since["stories"][0]["title"]), (Some(1), &Value::from("Tin nóng")));
    assert_eq!((&since["since"], cursor(&since)), (&first["cursor"], cursor(&stories())));
    for unknown in ["0123456789abcdef", "x", ""] {
        let whole = service.json(&format!("/sidebar/moi-nhat.json?since={unknown}"));
        assert_eq!((count(&whole), &whole["since"]), (Some(10), &Value::Null), "{unknown}");
    }
    let embed = service.get("/embed/moi-nhat");
    let security = embed.header("content-security-policy");
    assert!(security.contains("frame-ancestors *") && security.contains("default-src 'none'"), "{security}");
    assert!(embed.text().contains("<base target=\"_blank\">"), "links leave the frame");
    assert_eq!(service.get("/embed.css").status, 200);
}

#[test]
fn an_edit_takes_effect_at_once_in_place_by_rename_and_by_link() {
    let origin = Origin::new();
    let app = polled(&origin, 3);
    let base = home(&[("a", origin.url("/a"))]);
    let service = app.serve();
    let title = || service.json("/feeds/moi-nhat.json")["title"].as_str().map(str::to_owned);
    app.write(&(base.clone() + "[feed.moi-nhat]\ntitle = \"Sửa tại chỗ\"\n"));
    within_two_seconds("an edit in place", || title().as_deref() == Some("Sửa tại chỗ"));
    app.replace(&(base.clone() + "[feed.moi-nhat]\ntitle = \"Sửa bằng đổi tên\"\n"));
    within_two_seconds("an edit by rename", || title().as_deref() == Some("Sửa bằng đổi tên"));

    app.relink(&(base.clone() + "[feed.moi-nhat]\ntitle = \"Sửa bằng liên kết\"\n"));
    within_two_seconds("an edit by a link", || title().as_deref() == Some("Sửa bằng liên kết"));

    app.write(&(base.clone() + "[feed.rieng]\nsources = [\"a\"]\ntitle = \"Riêng\"\n"));
    within_two_seconds("a new feed", || service.get("/feeds/rieng.rss").status == 200);
    app.write(&base);
    within_two_seconds("a removed feed", || service.get("/feeds/rieng.rss").status == 410);
    app.write(&(base.clone() + "[feed.moi]\nsources = [\"a\"]\nwas = [\"rieng\"]\n"));
    within_two_seconds("a renamed feed", || service.get("/feeds/rieng.rss").status == 301);
    assert_eq!(service.get("/feeds/rieng.atom?limit=5").header("location"), "/feeds/moi.atom?limit=5");
    app.write(&base);
    within_two_seconds("a renamed feed that was removed", || service.get("/feeds/moi.json").status == 410);
    assert_eq!((service.get("/feeds/rieng.rss").status, service.get("/feeds/chua-tung-co.rss").status), (410, 404));
    assert!(service.request("GET", "/feeds/rieng", &[("Accept", "text/html")]).text().contains("Bản tin này đã được gỡ bỏ"));

    let front = service.get("/");
    app.write(&(base.clone() + "[service]\ntitle = \"Tên khác\"\n"));
    service.log.wait_for("is in force as edited");
    within_two_seconds("a new title", || service.get("/").text().contains("Tên khác"));
    app.write(&base);
    within_two_seconds("the old title", || service.get("/").body == front.body);
}

#[test]
fn a_new_source_is_polled_without_a_restart() {
    let origin = Origin::new();
    let app = polled(&origin, 3);
    origin.set("/b", feed(&[item("b", "https://b.vn/b", "Tin của nguồn mới", "")]));
    let service = app.serve();
    app.write(&home(&[("a", origin.url("/a")), ("b", origin.url("/b"))]));
    within_two_seconds("a new source", || origin.requests("/b").len() == 1);
    eventually("its news", || service.titles("moi-nhat").iter().any(|t| t == "Tin của nguồn mới").then_some(()));
    app.write(&home(&[("b", origin.url("/b"))]));
    within_two_seconds("a removed source", || service.titles("moi-nhat") == ["Tin của nguồn mới"]);
    app.write(&home(&[("a", origin.url("/a")), ("b", origin.url("/b"))]));
    within_two_seconds("a source that is back", || service.titles("moi-nhat").len() == 4);
}

#[test]
fn a_broken_edit_changes_nothing_and_is_logged_with_its_line() {
    let origin = Origin::new();
    let app = polled(&origin, 3);
    let base = home(&[("a", origin.url("/a"))]);
    let service = app.serve();
    let before = service.get("/feeds/moi-nhat.rss");
    let lines = base.lines().count();
    for (broken, said) in
        [("[feed.x]\nlimti = 3\n", "limti"), ("[topic.y\n", "topic.y"), ("[feed.z]\ntopics = [\"khong-co\"]\n", "khong-co")]
    {
        app.write(&(base.clone() + broken));
        let logged = service.log.wait_for(said).to_string();
        assert!(logged.contains("changes nothing"), "{logged}");
        assert!((1..=2).any(|n| logged.contains(&format!("feeds.toml:{}", lines + n))), "{logged}");
    }
    let faults = || service.get("/metrics").text().contains("\ndiemtin_configuration_faults 1\n");
    assert!(faults());
    for command in [&["explain", "a"][..], &["withdraw", "--list"], &["poll", "a"], &["dump"], &["store", "stats"]] {
        let run = app.run(command);
        assert_eq!(run.status, Some(0), "the service answers as before: {}", run.stderr);
        assert!(run.stderr.contains("has faults") && run.stderr.contains("diemtin check"), "{}", run.stderr);
    }
    std::fs::write(app.config(), "").expect("an empty file, without the address of a database");
    service.log.wait_for("because the file is empty");
    std::fs::remove_file(app.config()).expect("removing feeds.toml");
    let logged = service.log.wait_for("can't read the configuration").to_string();
    assert!(!logged.contains("demo"), "no advice for who has no configuration yet: {logged}");
    assert_eq!(service.get("/feeds/moi-nhat.rss").body, before.body);
    app.write(&(base + "[feed.moi-nhat]\ntitle = \"Đã sửa\"\n"));
    within_two_seconds("the repair", || service.json("/feeds/moi-nhat.json")["title"] == "Đã sửa");
    assert!(!faults());
}

#[test]
fn sighup_reloads() {
    let origin = Origin::new();
    let app = polled(&origin, 1);
    let service = app.serve();
    service.signal("HUP");
    service.log.wait_for("says what it said");
    assert_eq!(service.terminate(), Some(0));
}

#[test]
fn an_edited_topic_applies_to_the_stories_that_are_stored() {
    let origin = Origin::new();
    let titles = ["Học tập và làm theo Bác", "Làm theo bác sĩ", "Giá lúa tăng"];
    let items: Vec<Item> =
        titles.iter().enumerate().map(|(n, t)| item(&n.to_string(), &format!("https://a.vn/{n}"), t, "")).collect();
    origin.set("/a", feed(&items));
    let base = home(&[("a", origin.url("/a"))]);
    let topic = |rule: &str| format!("{base}[topic.lam-theo-bac]\ntitle = \"Làm theo Bác\"\n{rule}\n");
    let app = TestApp::new(&topic("any = [\"làm theo bác\"]"));
    app.poll();
    let service = app.serve();
    assert_eq!(service.titles("lam-theo-bac").len(), 2);
    app.write(&topic("any = [\"làm theo bác\"]\nnone = [\"bác sĩ\"]"));
    within_two_seconds("a narrower topic", || service.titles("lam-theo-bac") == titles[..1]);
    app.write(&topic("any = [\"giá lúa\"]"));
    within_two_seconds("another topic", || service.titles("lam-theo-bac") == titles[2..]);
    let before = service.get("/feeds/lam-theo-bac.rss");
    assert_eq!(service.terminate(), Some(0));
    assert_eq!(app.serve().get("/feeds/lam-theo-bac.rss").header("etag"), before.header("etag"));
    assert_eq!(app.dump().story(titles[2])["topics"][0], "lam-theo-bac");
}

#[test]
fn an_edited_topic_applies_to_what_is_being_fetched_meanwhile() {
    let origin = Origin::new();
    origin.set("/a", feed(&[item("1", "https://a.vn/1", "Giá lúa giảm", "")]));
    origin.set("/b", feed(&[item("2", "https://b.vn/2", "Giá lúa tăng", "")]).behaviour(Behaviour::Held));
    let base = home(&[("a", origin.url("/a")), ("b", origin.url("/b"))]);
    let topic = |phrase: &str| format!("{base}[topic.lua]\ntitle = \"Lúa\"\nany = [\"{phrase}\"]\n");
    let app = TestApp::new(&topic("cà phê"));
    app.run(&["poll", "a"]).ok();
    let service = app.serve();
    origin.wait_for("/b", 1);
    app.write(&topic("giá lúa"));
    eventually("the stored story has the topic", || (service.titles("lua") == ["Giá lúa giảm"]).then_some(()));
    app.write(&topic("cà phê"));
    eventually("an edit that is taken back leaves nothing", || service.titles("lua").is_empty().then_some(()));
    app.write(&topic("giá lúa"));
    eventually("the stored story has the topic again", || (service.titles("lua") == ["Giá lúa giảm"]).then_some(()));
    origin.release("/b");
    eventually("the story that was under way has it, too", || (service.titles("lua").len() == 2).then_some(()));
    assert_eq!(service.terminate(), Some(0));
    assert_eq!(app.dump().story("Giá lúa tăng")["topics"][0], "lua");
}

#[test]
fn sigterm_finishes_what_is_in_flight() {
    let origin = Origin::new();
    origin.set("/a", Answer::hang());
    let app = TestApp::new(&home(&[("a", origin.url("/a"))]).replace("10s", "2s"));
    let mut service = app.serve();
    origin.wait_for("/a", 1);
    // A request whose head is not whole yet when the signal comes.
    let mut late = TcpStream::connect(service.address()).expect("a connection");
    late.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    late.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n").expect("writing");
    let first = service.get("/healthz");
    assert_eq!(first.status, 200, "the connections before it are accepted");
    service.signal("TERM");
    service.log.wait_for("stopping");
    late.write_all(b"Connection: close\r\n\r\n").expect("writing");
    let mut answer = Vec::new();
    late.read_to_end(&mut answer).expect("an answer");
    assert_eq!(Response::of(&answer).status, 200);
    assert_eq!(service.ended(), Some(0));
    assert_eq!(app.dump().sources["a"]["failures"], 1, "the poll that was under way has ended as polls do");
}

#[test]
fn clients_that_say_nothing_hold_up_nobody() {
    let app = TestApp::new("");
    let mut service = app.serve();
    let silent: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(service.address()).expect("a connection")).collect();
    assert_eq!(service.get("/feeds/moi-nhat.rss").status, 200);
    service.signal("TERM");
    assert_eq!(service.ended(), Some(0));
    drop(silent);
}

#[test]
fn a_port_in_use_is_said() {
    let app = TestApp::new("");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address").to_string();
    let ran = app.run(&["serve", "--listen", &address]);
    assert_eq!(ran.status, Some(2), "{ran:#?}");
    assert!(ran.stderr.contains(&address) && ran.stderr.contains("in use"), "{}", ran.stderr);
}

#[test]
fn a_running_service_is_dumped_and_checked() {
    let origin = Origin::new();
    origin.set("/a", feed(&articles("a.vn", 0..400)));
    let app = TestApp::new(&home(&[("a", origin.url("/a"))]));
    app.poll();
    let alone = (app.run(&["dump"]).ok(), app.run(&["store", "check"]).ok(), app.run(&["store", "stats"]).ok());
    assert!(alone.1.starts_with("the store is whole\n") && alone.2.contains(" 400 stories\n"), "{alone:?}");
    let service = app.serve();
    assert_eq!(app.run(&["dump"]).ok(), alone.0, "the same bytes");
    assert!(app.run(&["store", "check"]).ok().contains(" 400 stories\n"));
    assert!(app.run(&["store", "stats"]).ok().contains(" 400 stories\n"));
    assert_eq!(service.terminate(), Some(0));
}

#[test]
fn without_feeds_toml_nothing_starts() {
    let app = TestApp::without_config();
    for command in [&["serve"][..], &["poll"], &["check"], &["dump"], &["load"], &["render", "moi-nhat"], &["preview", "a"]] {
        let ran = app.run(command);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{command:?}: {ran:#?}");
        assert!(ran.stderr.contains("feeds.toml") && ran.stderr.contains("--config"), "{command:?}: {}", ran.stderr);
    }
    assert!(std::fs::read_dir(app.folder()).expect("a folder").next().is_none(), "nothing was made");
}

#[test]
fn an_empty_feeds_toml_serves_an_empty_feed() {
    let app = TestApp::new("");
    let service = app.serve();
    for path in PAGES {
        assert_eq!(service.get(path).status, 200, "{path}");
    }
    let rss = service.get("/feeds/moi-nhat.rss");
    assert_eq!(rss.header("content-type"), "application/rss+xml; charset=utf-8");
    let channel = rss::Channel::read_from(&rss.body[..]).expect("RSS");
    assert_eq!((channel.title(), channel.items().len()), ("Mới nhất", 0));
    let atom = atom_syndication::Feed::read_from(&service.get("/feeds/moi-nhat.atom").body[..]).expect("Atom");
    assert!(atom.entries().is_empty());
    assert_eq!(service.json("/feeds/moi-nhat.json")["items"], Value::Array(Vec::new()));
    assert_eq!(service.json("/sidebar/moi-nhat.json")["stories"], Value::Array(Vec::new()));
}

#[test]
fn a_source_in_trouble_is_not_in_the_way_of_readers() {
    let origin = Origin::new();
    origin.set("/a", Answer::hang());
    let app = TestApp::new(&(HOME.replace("10s", "1s") + &source("a", &origin.url("/a"))));
    let service = app.serve();
    origin.wait_for("/a", 1);
    for _ in 0..20 {
        assert_eq!(service.get("/feeds/moi-nhat.rss").status, 200);
    }
}
