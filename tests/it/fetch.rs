//! The way in, through the real binary and over real sockets: conditional requests, encodings, redirects, and sources that fail.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

use diemtin::edge::store::Store;
use jiff::Timestamp;
use serde_json::Value;

use crate::app::{Dump, HOME, TestApp, home, source};
use crate::origin::{Answer, Behaviour, Item, Origin, articles, feed, rss};

const HTML: &str = "<!doctype html><html><head><title>Bảo trì</title></head><body>Hệ thống đang bảo trì</body></html>";

/// The sources `0`, `1`, … at the paths `/0`, `/1`, …
fn numbered(origin: &Origin, count: usize) -> String {
    let sources: Vec<(String, String)> = (0..count).map(|n| (format!("s{n}"), origin.url(&format!("/{n}")))).collect();
    home(&sources.iter().map(|(id, url)| (id.as_str(), url.clone())).collect::<Vec<_>>())
}

fn time(value: &Value) -> Timestamp {
    value.as_str().expect("a time").parse().expect("a time")
}

/// What a state says apart from the times of polls and what follows from them.
fn lasting(dump: &Dump) -> Vec<Value> {
    let without_times = |state: &Value| {
        let mut state = state.clone();
        let fields = state.as_object_mut().expect("an object");
        ["next", "checked", "succeeded", "interval_seconds", "because", "habits"]
            .iter()
            .for_each(|name| drop(fields.remove(*name)));
        state
    };
    dump.sources.values().map(without_times).collect()
}

#[test]
fn validators_come_back_byte_for_byte() {
    let origin = Origin::new();
    let etags: [&[u8]; 8] =
        [b"\"a\"", b"W/\"a\"", b"abc", b"\"\"", b"\"a b  c\"", b"\"a\\b", b"\"\x80\xE1\xFF\"", "\"đổi\"".as_bytes()];
    for (n, etag) in etags.iter().enumerate() {
        let date = ["Thu, 01 Jan 2026 00:00:00 GMT", "thứ năm", "Thu, 01 Jan 2099 00:00:00 +0700"][n % 3];
        origin.set(&format!("/{n}"), feed(&articles("a.vn", n..n + 2)).etag(etag).last_modified(date));
    }
    let app = TestApp::new(&numbered(&origin, etags.len()));
    app.poll();
    let second = app.poll();
    for (n, etag) in etags.iter().enumerate() {
        let requests = origin.requests(&format!("/{n}"));
        assert_eq!((requests[0].header("if-none-match"), requests[0].header("if-modified-since")), (None, None), "first contact");
        assert_eq!(requests[1].header("if-none-match"), Some(*etag));
        assert_eq!(requests.len(), 2, "one request a poll");
        assert!(!requests[1].text("if-modified-since").is_empty());
        assert_eq!(second[&format!("s{n}")]["status"], 304);
    }
    assert_eq!(origin.last("/1").text("if-modified-since"), "thứ năm");
}

#[test]
fn a_second_poll_of_unchanged_sources_writes_no_story() {
    let origin = Origin::new();
    for n in 0..4 {
        origin.set(&format!("/{n}"), feed(&articles(&format!("bao{n}.vn"), 0..20)).etag(format!("\"{n}\"")));
    }
    let app = TestApp::new(&numbered(&origin, 4));
    assert_eq!(app.poll()["total"]["new"], 80);
    let before = app.dump();
    let last_change = || *Store::open(&app.folder().join("data")).expect("the store").latest().borrow();
    let sequence = last_change();

    let second = app.poll();
    let total = &second["total"];
    assert_eq!((&total["unchanged"], &total["new"], &total["updated"]), (&4.into(), &0.into(), &0.into()));
    assert!(second.values().filter_map(|row| row.get("status")).all(|status| *status == 304), "{second:#?}");
    let after = app.dump();
    assert_eq!(after.stories, before.stories);
    assert_eq!(lasting(&after), lasting(&before));
    assert_eq!(last_change(), sequence);
}

#[test]
fn a_304_replaces_the_validators_that_it_names() {
    let origin = Origin::new();
    origin.set("/0", feed(&articles("a.vn", 0..2)).etag("\"1\"").last_modified("Thu, 01 Jan 2026 00:00:00 GMT"));
    let app = TestApp::new(&numbered(&origin, 1));
    app.poll();
    origin.set("/0", Answer::status(304).etag("\"2\""));
    app.poll();
    app.poll();
    assert_eq!(origin.last("/0").text("if-none-match"), "\"2\"");
    assert_eq!(origin.last("/0").text("if-modified-since"), "Thu, 01 Jan 2026 00:00:00 GMT");
}

#[test]
fn a_200_replaces_both_validators() {
    let origin = Origin::new();
    origin.set("/0", feed(&articles("a.vn", 0..2)).etag("\"1\"").last_modified("Thu, 01 Jan 2026 00:00:00 GMT"));
    let app = TestApp::new(&numbered(&origin, 1));
    app.poll();
    // The same body: its new validators count nevertheless.
    origin.set("/0", feed(&articles("a.vn", 0..2)).last_modified("Fri, 02 Jan 2026 00:00:00 GMT"));
    assert_eq!(app.poll()["s0"]["outcome"], "unchanged");
    app.poll();
    assert_eq!(origin.last("/0").header("if-none-match"), None);
    assert_eq!(origin.last("/0").text("if-modified-since"), "Fri, 02 Jan 2026 00:00:00 GMT");
}

#[test]
fn a_304_to_a_request_without_conditions_is_a_failure() {
    let origin = Origin::new();
    origin.set("/0", Answer::status(304));
    let app = TestApp::new(&numbered(&origin, 1));
    assert_eq!(app.poll()["s0"]["outcome"], "failed", "nothing has ever been read from it");
}

#[test]
fn the_same_body_without_validators_is_unchanged() {
    let origin = Origin::new();
    origin.set("/0", feed(&articles("a.vn", 0..5)));
    let app = TestApp::new(&numbered(&origin, 1));
    assert_eq!(app.poll()["s0"]["outcome"], "changed");
    let before = app.dump();
    let second = app.poll();
    assert_eq!((&second["s0"]["outcome"], &second["s0"]["status"]), (&"unchanged".into(), &200.into()));
    assert_eq!(app.dump().stories, before.stories);
}

#[test]
fn every_offered_encoding_is_read() {
    let origin = Origin::new();
    let items = articles("a.vn", 0..30);
    for (n, answer) in [feed(&items), feed(&items).gzip(), feed(&items).brotli(), feed(&items).zstd()].into_iter().enumerate() {
        origin.set(&format!("/{n}"), answer);
    }
    let app = TestApp::new(&numbered(&origin, 4));
    let rows = app.poll();
    for n in 0..4 {
        assert_eq!(rows[&format!("s{n}")]["entries"], 30, "{rows:#?}");
    }
    assert_eq!(app.dump().stories.len(), 30, "they are the same stories");
    let offered = origin.last("/0").text("accept-encoding");
    assert!(["gzip", "br", "zstd"].iter().all(|name| offered.contains(name)), "{offered}");
}

#[test]
fn we_say_who_we_are_and_nothing_else() {
    let origin = Origin::new();
    origin.set("/0", feed(&articles("a.vn", 0..1)).header("Set-Cookie", "theo-doi=1; Path=/"));
    origin.set("/1", Answer::redirect("/0"));
    let config = numbered(&origin, 2) + "[service]\ncontact = \"https://tin.example.vn/lien-he\"\n";
    let app = TestApp::new(&config);
    app.poll();
    app.poll();
    for request in origin.requests("/0") {
        assert!(request.text("user-agent").starts_with("diemtin/"), "{request:?}");
        assert!(request.text("user-agent").contains("+https://tin.example.vn/lien-he"), "{request:?}");
        assert!(request.text("accept").contains("application/rss+xml"), "{request:?}");
        assert!(request.header("cookie").is_none() && request.header("referer").is_none(), "{request:?}");
    }
}

/// Every way in which a source can fail, and a part of what is said of it.
fn failures() -> Vec<(Answer, &'static str)> {
    let good = || feed(&articles("khac.vn", 0..20));
    vec![
        (Answer::body(HTML).header("Content-Type", "text/html"), "Bảo trì"),
        (Answer::body(""), "empty"),
        (Answer::status(204), "empty"),
        (Answer::status(404), "404"),
        (Answer::status(410), "410"),
        (Answer::status(500), "500"),
        (Answer::status(503), "503"),
        (Answer::body([0xFF, 0xD8, 0xFF, 0xE0, 0, 0x10, b'J', b'F', b'I', b'F']), "no feed"),
        (Answer::body("Lỗi kết nối cơ sở dữ liệu"), "no feed"),
        (Answer::body(format!("{}{}", rss(&articles("khac.vn", 0..9)), " ".repeat(1 << 20))), "1048576 bytes (fetch.max_body)"),
        (Answer::bomb(100), "fetch.max_body"),
        (Answer::hang(), "within 1 seconds"),
        (good().behaviour(Behaviour::HangAfterHead), "within 1 seconds"),
        (good().behaviour(Behaviour::Drip), "within 1 seconds"),
        (good().behaviour(Behaviour::CutAt(0)), ""),
        (good().behaviour(Behaviour::CutAt(900)), ""),
        (good().gzip().behaviour(Behaviour::CutAt(150)), ""),
        (Answer::body("no gzip at all").header("Content-Encoding", "gzip"), ""),
        (Answer::redirect(""), "redirects"),
        (Answer::redirect("file:///etc/passwd"), "redirect to file:"),
        (Answer::redirect("data:text/xml,<rss/>"), "redirect to data:"),
        (Answer::redirect("http://[::1"), "no address"),
        (Answer::status(302), "to nowhere"),
        (Answer::redirect("http://10.255.255.1/"), "not a public address"),
    ]
}

#[test]
fn a_failing_source_says_why_and_harms_no_other() {
    let origin = Origin::new();
    let failures = failures();
    for (n, (answer, _)) in failures.iter().enumerate() {
        origin.set(&format!("/{n}"), answer.clone());
    }
    origin.set(&format!("/{}", failures.len()), feed(&articles("a.vn", 0..5)));
    let config = numbered(&origin, failures.len() + 1).replace("timeout = \"10s\"", "timeout = \"1s\"\nmax_body = \"1MiB\"");
    let app = TestApp::new(&config);
    let ran = app.run(&["poll", "--json"]);
    assert_eq!(ran.status, Some(1));
    let rows: BTreeMap<String, Value> =
        ran.json().into_iter().filter_map(|row| Some((row["source"].as_str()?.to_owned(), row))).collect();
    for (n, (answer, why)) in failures.iter().enumerate() {
        let row = &rows[&format!("s{n}")];
        let error = row["error"].as_str().unwrap_or_default();
        assert_eq!(row["outcome"], "failed", "{answer:?}: {row}");
        assert!(error.starts_with(&origin.url(&format!("/{n}"))), "the subject of the sentence: {error}");
        assert!(error.contains(why), "{why:?} is not in {error:?}");
    }
    assert_eq!(rows[&format!("s{}", failures.len())]["new"], 5);
    assert_eq!(app.dump().stories.len(), 5, "a failure leaves nothing behind");
}

#[test]
fn a_source_that_turns_bad_loses_nothing_and_recovers() {
    let origin = Origin::new();
    let failures = failures();
    let items = |n: usize, count: usize| -> Vec<Item> { articles(&format!("bao{n}.vn"), 0..count) };
    let good = |n: usize, count: usize| feed(&items(n, count)).etag(format!("\"{count}\""));
    (0..failures.len()).for_each(|n| origin.set(&format!("/{n}"), good(n, 3)));
    let config = numbered(&origin, failures.len()).replace("timeout = \"10s\"", "timeout = \"1s\"\nmax_body = \"1MiB\"");
    let app = TestApp::new(&config);
    app.poll();
    let (before, bytes) = (app.dump(), app.render("moi-nhat", "rss"));

    for (n, (answer, _)) in failures.iter().enumerate() {
        origin.set(&format!("/{n}"), answer.clone().etag("\"bad\""));
    }
    assert_eq!(app.poll()["total"]["failed"], failures.len());
    let during = app.dump();
    assert_eq!(during.stories, before.stories);
    assert_eq!(app.render("moi-nhat", "rss"), bytes);
    for (id, state) in &during.sources {
        assert_eq!(state["etag"], "\"3\"", "{id}: the validators of a bad answer are not kept");
        assert_eq!(state["failures"], 1);
        assert!(state["error"].is_string());
    }

    (0..failures.len()).for_each(|n| origin.set(&format!("/{n}"), good(n, 4)));
    let total = &app.poll()["total"];
    assert_eq!((&total["changed"], &total["new"]), (&failures.len().into(), &failures.len().into()));
    assert_eq!(origin.last("/0").text("if-none-match"), "\"3\"");
    assert!(app.dump().sources.values().all(|state| state["failures"] == 0 && state["error"].is_null()));
}

#[test]
fn five_redirects_are_followed_and_six_are_not() {
    let origin = Origin::new();
    origin.set("/feed", feed(&articles("a.vn", 0..2)));
    for n in 0..6 {
        let next = if n == 5 { "/feed".to_owned() } else { format!("{}", n + 1) };
        origin.set(&format!("/{n}"), Answer::redirect(&next));
    }
    let app = TestApp::new(&numbered(&origin, 2));
    let rows = app.poll();
    assert_eq!(rows["s1"]["new"], 2, "five hops");
    assert!(rows["s0"]["error"].as_str().is_some_and(|e| e.contains("redirects")), "six hops: {rows:#?}");
}

#[test]
fn a_redirect_to_a_closed_address_is_refused_before_it_is_asked() {
    let (origin, inner) = (Origin::new(), Origin::at(2));
    let port = inner.url("").rsplit(':').next().expect("a port").to_owned();
    inner.set("/", feed(&articles("a.vn", 0..2)));
    let spellings = ["127.0.0.2", "2130706434", "0x7f000002", "0177.0.0.2", "127.2", "[::ffff:127.0.0.2]"];
    for (n, host) in spellings.iter().enumerate() {
        origin.set(&format!("/{n}"), Answer::redirect(&format!("http://{host}:{port}/")));
    }
    let config = numbered(&origin, spellings.len()).replace("127.0.0.0/8", "127.0.0.1/32");
    let app = TestApp::new(&config);
    let rows = app.poll();
    for (n, host) in spellings.iter().enumerate() {
        let error = rows[&format!("s{n}")]["error"].as_str().unwrap_or_default();
        assert!(error.contains("127.0.0.2 is not a public address"), "{host}: {error}");
    }
    assert_eq!(inner.count(), 0);
}

#[test]
fn loopback_is_closed_unless_it_is_opened() {
    let origin = Origin::new();
    origin.set("/", feed(&articles("a.vn", 0..2)));
    let port = origin.url("").rsplit(':').next().expect("a port").to_owned();
    let app = TestApp::new(&(source("so", &origin.url("/")) + &source("ten", &format!("http://localhost:{port}/"))));
    let rows = app.poll();
    for id in ["so", "ten"] {
        assert!(rows[id]["error"].as_str().is_some_and(|e| e.contains("not a public address")), "{rows:#?}");
    }
    assert_eq!(origin.count(), 0);
}

#[test]
fn secrets_and_validators_do_not_go_to_another_host() {
    let (here, there) = (Origin::new(), Origin::at(2));
    here.set("/", Answer::redirect(&there.url("/feed")).etag("\"of-the-redirect\""));
    there.set("/feed", feed(&articles("a.vn", 0..2)).etag("\"there\"").last_modified("Thu, 01 Jan 2026 00:00:00 GMT"));
    let app =
        TestApp::new(&(HOME.to_owned() + &source("a", &here.url("/")) + "headers = { Authorization = \"Bearer bi-mat\" }\n"));
    app.poll();
    app.poll();
    for request in here.requests("/") {
        assert_eq!(request.text("authorization"), "Bearer bi-mat");
        assert_eq!(request.header("if-none-match"), None, "what another host sent is not for this one");
        assert_eq!(request.header("if-modified-since"), None);
    }
    assert_eq!(there.count(), 2);
    for request in there.requests("/feed") {
        assert_eq!(request.header("authorization"), None);
    }
}

#[test]
fn a_hanging_source_does_not_delay_the_others() {
    let (hanging, good) = (Origin::new(), Origin::at(2));
    let mut config = HOME.replace("per_host = 64", "per_host = 2").replace("10s", "2s");
    for n in 0..6 {
        hanging.set(&format!("/{n}"), Answer::hang());
        config.push_str(&source(&format!("a{n}"), &hanging.url(&format!("/{n}"))));
        good.set(&format!("/{n}"), feed(&articles(&format!("bao{n}.vn"), 0..3)));
        config.push_str(&source(&format!("b{n}"), &good.url(&format!("/{n}"))));
    }
    let app = TestApp::new(&config);
    let mut child = app.command(&["poll", "--json"]).spawn().expect("the binary runs");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines().take(6);
    let rows: Vec<Value> = lines.map(|line| serde_json::from_str(&line.expect("a line")).expect("JSON")).collect();
    child.kill().expect("it still waits for the others");
    child.wait().expect("our child");
    assert!(rows.iter().all(|row| row["outcome"] == "changed"), "those that answer come first: {rows:#?}");
}

#[test]
fn a_source_that_asks_to_be_left_alone_is_left_alone() {
    let origins: Vec<Origin> = (0..4).map(|n| Origin::at(n + 1)).collect();
    origins[0].set("/", Answer::status(503).header("Retry-After", "7200"));
    origins[1].set("/", Answer::status(429).header("Retry-After", "999999999"));
    origins[2].set("/", feed(&articles("a.vn", 0..1)).header("Cache-Control", "public, max-age=43200"));
    origins[3].set("/", Answer::status(503).header("Retry-After", "-1"));
    let sources: Vec<_> = origins.iter().enumerate().map(|(n, origin)| (format!("s{n}"), origin.url("/"))).collect();
    let app = TestApp::new(&home(&sources.iter().map(|(id, url)| (id.as_str(), url.clone())).collect::<Vec<_>>()));
    app.poll();
    let states = app.dump().sources;
    let wait = |id: &str| time(&states[id]["next"]).duration_since(time(&states[id]["checked"])).as_secs();
    // Up to a minute more keeps everybody off the stroke of the hour.
    assert!((7200..7260).contains(&wait("s0")));
    assert!((24 * 3600..24 * 3600 + 60).contains(&wait("s1")), "at most a day");
    assert!((43200..=43200 * 11 / 10 + 60).contains(&wait("s2")), "up to a tenth later, so that not all come at once");
    assert!((3200..=4000).contains(&wait("s3")), "{}", wait("s3"));

    let count = || origins.iter().map(Origin::count).sum::<usize>();
    let asked = count();
    let skipped = app.run(&["poll", "--json"]);
    assert_eq!(skipped.status, Some(0));
    assert!(skipped.json()[..4].iter().all(|row| row["outcome"] == "skipped"), "{skipped:#?}");
    assert_eq!(count(), asked, "restarting asks nobody before its time");
}
