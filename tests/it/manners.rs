//! Manners, row by row of docs/fetching.md (P1 to P27), through the real program; where days have to pass, through the pipeline's own
//! functions under a clock that the test sets.

use std::sync::Arc;

use diemtin::config;
use diemtin::edge::store::Store;
use diemtin::pipeline::{Crew, Desk, Outcome, Polled, Turn};
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::app::{HOME, TestApp, eventually, home, source};
use crate::origin::{Answer, Origin, articles, feed};

/// P13: a rest that a host asked for binds all its sources, in this pass, in the next, and after a restart.
#[test]
fn a_hosts_rest_binds_all_its_sources_over_restarts() {
    for value in ["7200", "in two hours"] {
        let (busy, other) = (Origin::new(), Origin::at(2));
        let date = (diemtin::edge::clock::now() + jiff::SignedDuration::from_hours(2)).strftime("%a, %d %b %Y %H:%M:%S GMT");
        let value = if value == "7200" { value.to_owned() } else { date.to_string() };
        busy.set("/a", Answer::status(503).header("Retry-After", &value));
        busy.set("/b", feed(&articles("b.vn", 0..1)));
        other.set("/", feed(&articles("c.vn", 0..1)));
        let sources = home(&[("a", busy.url("/a")), ("b", busy.url("/b")), ("c", other.url("/"))]);
        let app = TestApp::new(&(sources + "every = \"1s\"\n"));
        assert_eq!(app.run(&["poll", "a"]).status, Some(1));
        let rows = app.run(&["poll", "--json"]).json();
        let of = |id: &str| rows.iter().find(|row| row["source"] == id).expect("a row").clone();
        assert_eq!(
            (&of("a")["outcome"], &of("b")["outcome"], &of("c")["outcome"]),
            (&"skipped".into(), &"skipped".into(), &"changed".into())
        );
        assert_eq!(busy.count(), 1, "b was not asked either");
        assert!(of("b")["reason"].as_str().is_some_and(|why| why.contains("asked to be left alone until")), "{rows:#?}");
        let told = app.run(&["explain", "b"]).ok();
        assert!(told.contains("not before") && told.contains("(Retry-After) when source a was polled"), "{told}");
        assert_eq!(app.run(&["explain", "b", "--json"]).json()[0]["rest_heard_by"], "a");
        assert_eq!(app.run(&["poll", "b"]).status, Some(0), "what is asked for by name is the administrator's word");
        let service = app.serve();
        asks_again(&other);
        drop(service);
        assert_eq!(busy.count(), 2, "nor by a service that begins");
    }
}

/// Waits until the service that has begun polls, twice: what else is due has been asked by then.
fn asks_again(watch: &Origin) {
    let before = watch.count();
    eventually("it polls", || (watch.count() >= before + 2).then_some(()));
}

/// P13, P15: a redirect within the host leads to the host itself. What it asks for there binds it; but another document that is gone is not the
/// source.
#[test]
fn what_is_said_behind_a_redirect_within_the_host_is_said_by_the_host() {
    let origin = Origin::new();
    for path in ["/busy", "/gone"] {
        origin.set(path, Answer::status(301).header("Location", format!("{path}/moi")));
    }
    origin.set("/busy/moi", Answer::status(429).header("Retry-After", "7200"));
    origin.set("/gone/moi", Answer::status(410));
    let app = TestApp::new(&home(&[("a", origin.url("/gone")), ("b", origin.url("/busy")), ("c", origin.url("/c"))]));
    let gone = app.run(&["poll", "a", "--json"]).json()[0].clone();
    assert!(gone["next"].is_string() && gone["error"].as_str().is_some_and(|error| error.contains("410")), "{gone}");
    assert_eq!(app.run(&["poll", "b"]).status, Some(1));
    let rows = app.run(&["poll", "--json"]).json();
    assert!(rows[..3].iter().all(|row| row["outcome"] == "skipped"), "the host rests: {rows:#?}");
    assert!(origin.requests("/c").is_empty());
}

/// P15: 410 ends a source at once; only an administrator begins it again.
#[test]
fn a_source_that_is_gone_is_asked_no_more() {
    let origin = Origin::new();
    origin.set("/0", Answer::status(410));
    let app = TestApp::new(&home(&[("a", origin.url("/0"))]));
    let row = app.poll()["a"].clone();
    assert!(row["error"].as_str().is_some_and(|error| error.contains("410") && error.contains("remove the source")), "{row}");
    assert_eq!(row["next"], Value::Null, "never");
    let skipped = app.run(&["poll", "--json"]).json();
    assert_eq!((&skipped[0]["outcome"], &skipped[0]["next"]), (&"skipped".into(), &Value::Null));
    assert_eq!(origin.count(), 1);
    origin.set("/0", feed(&articles("a.vn", 0..2)));
    assert_eq!(app.run(&["poll", "a"]).status, Some(0), "asked for by name");
    assert!(app.run(&["poll", "--json"]).json()[0]["next"].is_string(), "and polled again");
}

/// P7: after every failure the next request is still conditional, with what the last good answer said.
#[test]
fn validators_outlive_failures() {
    let origin = Origin::new();
    origin.set("/0", feed(&articles("a.vn", 0..2)).etag("\"1\"").last_modified("Thu, 01 Jan 2026 00:00:00 GMT"));
    let app = TestApp::new(&home(&[("a", origin.url("/0"))]));
    app.poll();
    for failure in [403, 404, 429, 500, 503].map(Answer::status).into_iter().chain([Answer::body("no feed")]) {
        origin.set("/0", failure.etag("\"bad\""));
        assert_eq!(app.poll()["a"]["outcome"], "failed");
        let asked = origin.last("/0");
        assert_eq!(
            (asked.text("if-none-match"), asked.text("if-modified-since")),
            ("\"1\"".into(), "Thu, 01 Jan 2026 00:00:00 GMT".into())
        );
    }
}

/// P9: what is not due is not asked, however often we are started.
#[test]
fn restarts_ask_nobody() {
    let origin = Origin::new();
    origin.set("/good", feed(&articles("a.vn", 0..2)));
    origin.set("/bad", Answer::status(404));
    let watch = Origin::at(2);
    watch.set("/", feed(&articles("b.vn", 0..1)));
    let app = TestApp::new(
        &(home(&[("a", origin.url("/good")), ("b", origin.url("/bad")), ("c", watch.url("/"))]) + "every = \"1s\"\n"),
    );
    app.run(&["poll"]);
    let (asked, robots) = (origin.count(), origin.requests("/robots.txt").len());
    for _ in 0..10 {
        assert_eq!(app.run(&["poll"]).status, Some(0));
    }
    for _ in 0..2 {
        let service = app.serve();
        asks_again(&watch);
        assert_eq!(service.terminate(), Some(0));
    }
    assert_eq!((origin.count(), origin.requests("/robots.txt").len()), (asked, robots));
}

/// P13: a host that is overloaded says so also where robots.txt is asked for, and nothing more is asked of it.
#[test]
fn a_host_that_is_overloaded_at_its_robots_txt_is_asked_for_nothing_else() {
    for status in [429, 503] {
        let origin = Origin::new();
        origin.set("/robots.txt", Answer::status(status).header("Retry-After", "7200"));
        origin.set("/a", feed(&articles("a.vn", 0..1)));
        let app = TestApp::new(&home(&[("a", origin.url("/a")), ("b", origin.url("/b"))]));
        let row = app.run(&["poll", "a", "--json"]).json()[0].clone();
        assert!(row["outcome"] == "failed" && row["status"] == status, "{row}");
        assert!(row["error"].as_str().is_some_and(|error| error.contains("asked for its robots.txt")), "{row}");
        let rows = app.run(&["poll", "--json"]).json();
        assert!(rows[..2].iter().all(|row| row["outcome"] == "skipped"), "the whole host rests: {rows:#?}");
        assert_eq!((origin.count(), origin.requests("/robots.txt").len()), (0, 1));
        origin.set("/robots.txt", Answer::status(status));
        assert_eq!(app.run(&["poll", "a"]).status, Some(0), "without a time it is a robots.txt that can't be read");
    }
}

/// P24: what is only looked at is no less left alone.
#[test]
fn preview_and_check_look_at_robots_txt() {
    let origin = Origin::new();
    origin.set("/robots.txt", Answer::body("User-agent: diemtin\nDisallow: /rss\n"));
    origin.set("/rss", feed(&articles("a.vn", 0..1)));
    origin.set("/khac", feed(&articles("a.vn", 0..1)));
    let app = TestApp::new(&home(&[("a", origin.url("/rss")), ("b", origin.url("/khac"))]));
    let (preview, check) = (app.run(&["preview", "a"]), app.run(&["check", "--online"]));
    assert!(preview.status == Some(1) && preview.stderr.contains("asks diemtin to stay away"), "{preview:#?}");
    assert!(check.status == Some(1) && check.stdout.contains("a: ") && !check.stdout.contains("b: "), "{check:#?}");
    assert_eq!((origin.requests("/rss").len(), origin.requests("/khac").len()), (0, 1));
}

/// P24: a group of robots.txt that names us is honoured, and only that; it is asked for once a day, over restarts too,
/// and where it refused, whenever the source is asked for: its administrator may have thought better of it.
#[test]
fn a_site_that_names_us_in_its_robots_txt_is_left_alone() {
    let (named, all, broken) = (Origin::new(), Origin::at(2), Origin::at(3));
    named.set("/robots.txt", Answer::body("User-agent: *\nAllow: /\n\nUser-agent: DiemTin\nDisallow: /rss\nAllow: /rss/chung\n"));
    all.set("/robots.txt", Answer::body("User-agent: *\nDisallow: /\n"));
    broken.set("/robots.txt", Answer::status(500));
    for origin in [&named, &all, &broken] {
        origin.set("/rss/1", feed(&articles("a.vn", 0..1)));
        origin.set("/rss/chung", feed(&articles("b.vn", 0..1)));
    }
    let sources =
        [("a", named.url("/rss/1")), ("b", named.url("/rss/chung")), ("c", all.url("/rss/1")), ("d", broken.url("/rss/1"))];
    let app = TestApp::new(&home(&sources));
    let rows = app.poll();
    assert!(
        rows["a"]["error"].as_str().is_some_and(|error| error.contains("robots.txt of 127.0.0.1 asks diemtin to stay away")),
        "{rows:#?}"
    );
    for id in ["b", "c", "d"] {
        assert_eq!(rows[id]["outcome"], "changed", "{id}");
    }
    assert!(named.requests("/rss/1").is_empty());
    assert_eq!(named.requests("/robots.txt").len(), 1, "once for all sources of a host");
    app.poll();
    for origin in [&all, &broken] {
        assert_eq!(origin.requests("/robots.txt").len(), 1, "once a day");
    }
    named.set("/robots.txt", Answer::body("User-agent: DiemTin\nAllow: /\n"));
    app.run(&["poll", "a"]).ok();
    assert_eq!(named.requests("/rss/1").len(), 1, "it has thought better of it");
}

/// T31: what an address says that a source was led to neither ends the source nor silences its host.
#[test]
fn what_is_said_elsewhere_binds_nobody_here() {
    let (here, there) = (Origin::new(), Origin::at(2));
    for path in ["/gone", "/busy"] {
        here.set(path, Answer::status(302).header("Location", there.url(path)));
    }
    here.set("/rss", feed(&articles("a.vn", 0..1)));
    there.set("/gone", Answer::status(410));
    there.set("/busy", Answer::status(503).header("Retry-After", "86400"));
    let app = TestApp::new(&home(&[("a", here.url("/gone")), ("b", here.url("/busy")), ("c", here.url("/rss"))]));
    let rows = app.poll();
    assert!(rows["a"]["next"].is_string() && rows["a"]["error"].as_str().is_some_and(|e| e.contains("410")), "{rows:#?}");
    let states = app.dump().sources;
    assert!(states.values().all(|state| state["manners"]["rests_until"].is_null()), "{states:#?}");
}

/// P5, P25: one request a poll, and never another method than GET.
#[test]
fn a_poll_is_one_request() {
    let origin = Origin::new();
    origin.set("/0", feed(&articles("a.vn", 0..2)).etag("\"1\""));
    let app = TestApp::new(&home(&[("a", origin.url("/0"))]));
    (0..3).for_each(|_| drop(app.poll()));
    assert_eq!(origin.requests("/0").len(), 3);
    assert!(origin.requests("/0").iter().all(|request| request.method == "GET"));
    assert!(origin.requests("/0").iter().all(|request| request.path == "/0"), "no query is added");
}

/// P21: the name that sites know us by can be another for one source.
#[test]
fn a_source_may_know_us_by_another_name() {
    let origin = Origin::new();
    origin.set("/0", feed(&articles("a.vn", 0..2)));
    let app = TestApp::new(&(home(&[("a", origin.url("/0"))]) + "headers = { User-Agent = \"tin/1\" }\n"));
    app.poll();
    assert_eq!(origin.last("/0").text("user-agent"), "tin/1");
}

/// 2026-11-20 00:00:10 UTC
const START: i64 = 1_795_132_810;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

fn at<const SECOND: i64>() -> Timestamp {
    Timestamp::from_second(SECOND).expect("a time")
}

/// One source, polled at times that the test chooses.
struct Days {
    origin: Origin,
    config: String,
    store: Arc<Store>,
    runtime: Runtime,
    _folder: TempDir,
}

impl Days {
    fn new() -> Self {
        let (origin, folder) = (Origin::new(), tempfile::tempdir().expect("a folder"));
        let store = TestApp::store(folder.path());
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        Self { config: home(&[("a", origin.url("/a"))]), origin, store, runtime, _folder: folder }
    }

    fn poll(&self, clock: fn() -> Timestamp) -> Polled {
        let (config, _) = config::read("feeds.toml", &self.config, &|_| None).unwrap_or_else(|faults| panic!("{faults}"));
        let desk = Desk::new(config, clock).expect("a desk");
        let source = desk.config.sources["a"].clone();
        let before = self.store.source_states().expect("states").get("a").cloned();
        match self.runtime.block_on(Crew::new(&desk.config.fetch).poll(|| desk.clone(), &self.store, &source, before)) {
            Turn::Polled(polled) => *polled,
            turn => panic!("{turn:?}"),
        }
    }
}

/// A server that answers 304 for ever to who once had its page is asked without validators every eight days.
#[test]
fn a_304_without_end_is_doubted() {
    let days = Days::new();
    days.origin.set("/a", feed(&articles("a.vn", 0..2)).etag("\"1\""));
    days.poll(at::<START>);
    days.origin.set("/a", feed(&articles("a.vn", 0..3)).etag("\"1\""));
    assert_eq!(days.poll(at::<{ START + DAY }>).status, Some(304), "the server says that nothing has changed");
    assert_eq!(days.poll(at::<{ START + 8 * DAY - 1 }>).status, Some(304));
    let doubted = days.poll(at::<{ START + 8 * DAY }>);
    assert_eq!((doubted.status, doubted.new), (Some(200), 1), "the entry that was hidden");
    assert_eq!(days.poll(at::<{ START + 9 * DAY }>).status, Some(304), "and conditional again");
    assert_eq!(
        days.poll(at::<{ START - 9 * DAY }>).status,
        Some(200),
        "what a clock that was ahead has noted is no reason to believe it"
    );
}

/// P17, T30: a permanent redirect is followed at once and adopted after a week; feeds.toml stays, nothing comes twice.
#[test]
fn a_source_that_has_moved_is_followed_and_then_asked_there() {
    let days = Days::new();
    days.origin.set("/a", feed(&articles("a.vn", 0..3)));
    days.poll(at::<START>);
    days.origin.set("/a", Answer::moved("/new"));
    days.origin.set("/new", feed(&articles("a.vn", 0..3)).etag("\"moi\""));
    let hits: [fn() -> Timestamp; 10] = [
        at::<{ START + DAY }>,
        at::<{ START + 2 * DAY }>,
        at::<{ START + 3 * DAY }>,
        at::<{ START + 4 * DAY }>,
        at::<{ START + 5 * DAY }>,
        at::<{ START + 6 * DAY }>,
        at::<{ START + 7 * DAY }>,
        at::<{ START + 8 * DAY - HOUR }>,
        at::<{ START + 8 * DAY }>,
        at::<{ START + 9 * DAY }>,
    ];
    for (n, clock) in hits.into_iter().enumerate() {
        let polled = days.poll(clock);
        assert_eq!(polled.outcome, Outcome::Unchanged, "nothing comes twice");
        let moved = polled.state.manners.moved.as_ref().expect("it is watched");
        assert_eq!((moved.hits, moved.adopted), (n as u32 + 1, n == 9));
    }
    let asked = days.origin.requests("/a").len();
    days.poll(at::<{ START + 10 * DAY }>);
    assert_eq!(days.origin.requests("/a").len(), asked, "it is asked at the new address");
    days.origin.set("/new", Answer::status(404));
    days.poll(at::<{ START + 11 * DAY }>);
    days.origin.set("/a", feed(&articles("a.vn", 0..3)));
    days.poll(at::<{ START + 12 * DAY }>);
    assert_eq!(days.origin.requests("/a").len(), asked + 1, "and at the old one when that fails");
    assert_eq!(days.origin.last("/a").header("if-none-match"), None, "without what was said of the document there");
}

/// T30: a permanent redirect is shown to the administrator, who alone writes feeds.toml.
#[test]
fn a_permanent_redirect_is_told_by_poll_and_by_explain() {
    let origin = Origin::new();
    origin.set("/a", Answer::moved("/new"));
    origin.set("/new", feed(&articles("a.vn", 0..2)));
    let app = TestApp::new(&home(&[("a", origin.url("/a"))]));
    let before = app.run(&["poll", "a"]).ok();
    let told = app.run(&["explain", "a"]).ok();
    for text in [&before, &told] {
        assert!(text.contains("it redirects permanently to") && text.contains("put it into feeds.toml"), "{text}");
    }
    let told = &app.run(&["explain", "--json", "a"]).json()[0];
    assert_eq!((told["moved"]["to"].as_str(), &told["moved"]["adopted"]), (Some(&origin.url("/new")[..]), &false.into()));
}

/// P17: a temporary redirect is followed and never remembered.
#[test]
fn a_temporary_redirect_is_never_stored() {
    let origin = Origin::new();
    for (n, status) in [302, 303, 307].into_iter().enumerate() {
        origin.set(&format!("/{n}"), Answer::status(status).header("Location", "/feed"));
    }
    origin.set("/feed", feed(&articles("a.vn", 0..2)));
    let app = TestApp::new(&home(&[("a", origin.url("/0")), ("b", origin.url("/1")), ("c", origin.url("/2"))]));
    app.poll();
    assert!(app.dump().sources.values().all(|state| state["manners"]["moved"].is_null()));
}

/// Part 5: an address that the administrator changes does not bring old entries back.
#[test]
fn a_changed_address_brings_nothing_back() {
    let origin = Origin::new();
    let dated = |n: usize| {
        crate::origin::item(
            &format!("g{n}"),
            &format!("https://a.vn/bai-{n}.html"),
            &format!("Tin {n}"),
            "Thu, 01 Jan 2026 00:00:00 GMT",
        )
    };
    origin.set("/old", feed(&[dated(0), dated(1)]));
    origin.set("/new", feed(&[dated(0), dated(1), dated(2)]));
    let app = TestApp::new(&(HOME.to_owned() + &source("a", &origin.url("/old"))));
    app.poll();
    let before = app.dump();
    app.write(&(HOME.to_owned() + &source("a", &origin.url("/new"))));
    assert_eq!(app.poll()["a"]["new"], 1, "what stood at the old address is known");
    let after = app.dump();
    assert!(before.stories.iter().all(|story| after.stories.contains(story)), "and untouched");
    assert_eq!(after.story("Tin 2")["arrived"], "2026-01-01T00:00:00Z", "a new address is a baseline: its old news is no news");
}

/// Part 7: the counts of a service that polls.
#[test]
fn the_counts_stand_at_metrics() {
    let origin = Origin::new();
    origin.set("/good", feed(&articles("a.vn", 0..3)).gzip());
    origin.set("/bad", Answer::status(404));
    let app = TestApp::new(&home(&[("a", origin.url("/good")), ("b", origin.url("/bad"))]));
    let service = app.serve();
    service.log.wait_for("a poll failed");
    service.log.wait_for("\"new\":3");
    let response = service.get("/metrics");
    assert_eq!((response.status, response.header("content-type")), (200, "text/plain; version=0.0.4; charset=utf-8"));
    for line in [
        "diemtin_requests_total 2",
        "diemtin_answers_total{kind=\"whole\"} 1",
        "diemtin_failures_total{trouble=\"missing\"} 1",
        "diemtin_entries_total{kind=\"new\"} 3",
        "diemtin_arrival_delay_seconds_count 0",
    ] {
        assert!(response.text().lines().any(|have| have == line), "{line}\n{}", response.text());
    }
    assert_eq!(service.request("POST", "/metrics", &[]).status, 405);
}

/// Part 7: each failure is a sentence and what to do; `check --online` says the same.
#[test]
fn each_failure_is_told_with_what_to_do() {
    let origin = Origin::new();
    origin.set("/0", Answer::status(403).header("Content-Type", "text/html"));
    origin.set("/1", Answer::body("<html><head><title>Bảo trì</title></head></html>"));
    let closed = "http://127.0.0.9:9/rss";
    let app = TestApp::new(&home(&[("a", origin.url("/0")), ("b", origin.url("/1")), ("c", closed.to_owned())]));
    let expected = [
        ("a", "the server answered 403 Forbidden. Open the address in a browser"),
        ("b", "Bảo trì"),
        ("b", "Look at it with `diemtin preview`"),
        ("c", "nobody listens there (connection refused). The site is down"),
    ];
    let rows = app.poll();
    let checked = app.run(&["check", "--online"]).stdout;
    for (id, text) in expected {
        assert!(rows[id]["error"].as_str().is_some_and(|error| error.contains(text)), "{text:?} is not in {}", rows[id]);
        assert!(checked.lines().any(|line| line.starts_with(id) && line.contains(text)), "{text:?} is not in {checked}");
    }
    // The table of `poll` says it too.
    assert!(app.run(&["poll", "--all"]).stdout.contains("403"));
}

/// P13: of a server that is overloaded the other sources are not asked in the same pass.
#[test]
fn a_rest_that_is_heard_in_a_pass_holds_in_it() {
    let origin = Origin::new();
    (0..5).for_each(|n| origin.set(&format!("/{n}"), Answer::status(429).header("Retry-After", "3600")));
    let sources: Vec<_> = (0..5).map(|n| (format!("s{n}"), origin.url(&format!("/{n}")))).collect();
    let config = home(&sources.iter().map(|(id, url)| (id.as_str(), url.clone())).collect::<Vec<_>>());
    let app = TestApp::new(&config.replace("per_host = 64", "per_host = 1"));
    let total = app.poll()["total"].clone();
    assert_eq!((&total["failed"], &total["skipped"]), (&1.into(), &4.into()));
    assert_eq!(origin.count(), 1);
}
