//! `/admin` over a real socket: nothing is told to whoever has not the token, and the administrator sees how each source stands and has it polled.

use base64::prelude::{BASE64_STANDARD, Engine};

use super::app::{App, Folder, HOME, Response, Service, TestApp, eventually, home, source};
use crate::origin::{Answer, Origin, articles, feed};

const TOKEN: &str = "mot-token-that-dai-0123456789";
const KEY: &str = "khoa-bi-mat-98765";

/// A feeds.toml whose administrator has a token, with these sources.
fn with_token(rest: &str) -> String {
    format!("[service]\ntoken = \"${{DIEMTIN_TOKEN}}\"\n{rest}")
}

fn app(feeds: &str) -> TestApp {
    TestApp::new(feeds).env("DIEMTIN_TOKEN", TOKEN).env("KEY", KEY)
}

/// An origin with one feed, and a service whose administrator has a token.
fn newsroom() -> (Origin, TestApp) {
    let origin = Origin::new();
    origin.set("/a", feed(&articles("a.vn", 0..2)));
    let app = app(&with_token(&home(&[("a", origin.url("/a"))])));
    (origin, app)
}

fn basic(password: &str) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("quan-tri:{password}")))
}

fn ask(service: &Service, path: &str) -> Response {
    service.request("GET", path, &[("Authorization", &basic(TOKEN))])
}

fn page(service: &Service, path: &str) -> String {
    let answer = ask(service, path);
    assert_eq!(answer.status, 200, "{path}: {}", answer.text());
    answer.text().to_owned()
}

/// Waits until the page says something.
fn wait_for(service: &Service, words: &str) -> String {
    eventually(words, || Some(page(service, "/admin")).filter(|page| page.contains(words)))
}

/// A form of the page, sent from there.
fn poll(service: &Service, id: &str, more: &[(&str, &str)]) -> Response {
    let own = [("Authorization", &*basic(TOKEN)), ("Content-Type", "application/x-www-form-urlencoded")]
        .map(|(n, v)| (n, v.to_owned()));
    let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, &**value)).collect();
    service.post("/admin/poll", &[&own, more].concat(), format!("source={id}").as_bytes())
}

const OWN: [(&str, &str); 1] = [("Sec-Fetch-Site", "same-origin")];

#[test]
fn without_a_token_there_is_no_such_page() {
    let origin = Origin::new();
    let app = app(&home(&[("a", origin.url("/a"))]));
    let service = app.serve();
    for (method, path) in
        [("GET", "/admin"), ("HEAD", "/admin"), ("POST", "/admin/poll"), ("GET", "/admin/"), ("OPTIONS", "/admin")]
    {
        for headers in [&[][..], &[("Authorization", &*basic(""))], &[("Authorization", &*basic(TOKEN))]] {
            let (here, anywhere) = (service.request(method, path, headers), service.request(method, "/khac", headers));
            let told = |answer: &Response| (answer.status, answer.body.clone(), answer.header("content-type").to_owned());
            assert_eq!(told(&here), told(&anywhere), "{method} {path}");
            assert!(here.header("www-authenticate").is_empty());
        }
    }
}

#[test]
fn whoever_has_not_the_token_is_told_nothing() {
    let (_origin, app) = newsroom();
    let service = app.serve();
    let cut = &TOKEN[..TOKEN.len() - 1];
    let bearer = format!("Bearer {cut}");
    for authorization in ["", &basic(""), &basic(cut), &basic(&format!("{TOKEN}x")), &bearer, TOKEN, "Basic", "Digest x"] {
        for (method, path) in [
            ("GET", "/admin"),
            ("HEAD", "/admin"),
            ("GET", "/admin/khac"),
            ("POST", "/admin/poll"),
            ("OPTIONS", "/admin"),
            ("PUT", "/admin"),
        ] {
            let answer = service.request(method, path, &[("Authorization", authorization), ("Origin", "https://evil.example")]);
            assert_eq!(answer.status, 401, "{method} {path} {authorization:?}");
            assert_eq!(answer.header("www-authenticate"), "Basic realm=\"diemtin\", charset=\"UTF-8\"");
            assert_eq!((answer.header("cache-control"), answer.header("access-control-allow-origin")), ("no-store", ""));
            assert!(answer.body.len() < 80, "{}", answer.text());
        }
    }
    assert_eq!(service.request("GET", "/admin", &[("Authorization", &format!("Bearer {TOKEN}"))]).status, 200);
}

#[test]
fn the_administrator_sees_how_each_source_stands() {
    let (origin, app) = newsroom();
    origin.set("/b", Answer::status(404));
    app.write(&with_token(&format!(
        "{}{}{}enabled = false\n[topic.bac]\nany = [\"làm theo Bác\"]\n",
        home(&[("a", origin.url("/a"))]),
        source("b", &origin.url("/b")),
        source("c", &origin.url("/c")),
    )));
    let service = app.serve();
    wait_for(&service, "healthy 1");
    let page = wait_for(&service, "failing 1");
    assert!(page.contains("3 sources, 1 topic and 2 feeds, since "), "{page}");
    assert!(page.contains("not enabled 1") && page.contains("next</dt><dd>not at all: it is not enabled"), "{page}");
    assert!(page.contains("takes what is polled") && page.contains("this process polls<"), "{page}");
    assert!(page.contains("The site may have moved its feed"), "advice: {page}");
    let [failing, healthy, off] = ["b", "a", "c"].map(|id| page.find(&format!("<tr id=\"{id}\">")).expect(id));
    assert!(failing < healthy && healthy < off, "who has trouble comes first");
    // The words are those of the command.
    let told = app.run(&["explain", "a"]).ok();
    let next = told.lines().find_map(|line| line.trim().strip_prefix("next")).expect("when it is polled next").trim();
    assert!(page.contains(next), "{next:?} in {page}");
    assert_eq!(page.matches("<form").count(), 2, "who is not enabled can't be polled");
    let only = super::admin::page(&service, "/admin?state=failing");
    assert!(only.contains("id=\"b\"") && !only.contains("id=\"a\""), "{only}");
}

#[test]
fn the_page_is_the_administrators_alone() {
    let (_origin, app) = newsroom();
    let service = app.serve();
    let headers = [("Authorization", &*basic(TOKEN)), ("Accept-Encoding", "gzip, br, zstd"), ("Origin", "https://evil.example")];
    let answer = service.request("GET", "/admin", &headers);
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/html; charset=utf-8"));
    for (name, value) in [
        ("cache-control", "no-store"),
        ("content-encoding", ""),
        ("access-control-allow-origin", ""),
        ("etag", ""),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("x-robots-tag", "noindex"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    let page = answer.text();
    let style = page.split_once("<style>").and_then(|(_, rest)| rest.split_once("</style>")).expect("a style sheet").0;
    let hash = BASE64_STANDARD.encode(ring::digest::digest(&ring::digest::SHA256, style.as_bytes()));
    let policy = answer.header("content-security-policy");
    assert!(policy.contains(&format!("style-src 'sha256-{hash}'")), "{policy}");
    assert!(policy.starts_with("default-src 'none'; ") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!page.contains("<script") && !page.contains(" style=") && page.contains("<html lang=\"en\">"));

    let head = service.request("HEAD", "/admin", &headers);
    assert_eq!((head.status, head.body.len(), head.header("content-type")), (200, 0, "text/html; charset=utf-8"));
    let post = service.request("POST", "/admin", &headers);
    assert_eq!((post.status, post.header("allow")), (405, "GET, HEAD"));
    assert_eq!(ask(&service, "/admin/khac").status, 404);
}

#[test]
fn an_edit_that_was_not_taken_is_told_until_one_is() {
    let (origin, app) = newsroom();
    let service = app.serve();
    assert!(!page(&service, "/admin").contains("was not taken"));
    let good = with_token(&home(&[("a", origin.url("/a"))]));
    app.replace(&good.replace("url = ", "urk = \"<b>&\" #"));
    let told = wait_for(&service, "The last edit of feeds.toml was not taken");
    assert!(
        told.contains("unknown key `urk`") && told.contains("urk = &quot;&lt;b&gt;&amp;&quot;") && told.contains("1 source, "),
        "{told}"
    );
    app.replace(&good);
    eventually("it is mended", || (!page(&service, "/admin").contains("was not taken")).then_some(()));
    app.replace(&good.replace("${DIEMTIN_TOKEN}", "qua-ngan"));
    let told = wait_for(&service, "so short that it can be guessed");
    assert!(told.contains("token = &quot;********&quot;") && !told.contains("qua-ngan"), "{told}");
    app.replace(&good.replace("token = ", "#"));
    eventually("without a token there is no page", || (ask(&service, "/admin").status == 404).then_some(()));
}

#[test]
fn a_file_that_was_emptied_is_told() {
    let origin = Origin::new();
    let feeds = with_token(&home(&[("a", origin.url("/a"))]));
    // Its own store stands in no feeds.toml.
    let app = App::<Folder>::new(&feeds).env("DIEMTIN_TOKEN", TOKEN);
    let service = app.serve();
    app.replace("");
    assert!(wait_for(&service, "the file is empty").contains("The last edit of feeds.toml was not taken"));
}

#[test]
fn a_host_that_rests_is_told() {
    let origin = Origin::new();
    origin.set("/a", Answer::status(429).header("Retry-After", "3600"));
    origin.set("/b", feed(&articles("b.vn", 0..1)));
    let sources = |rest: &[(&str, String)]| with_token(&home(rest));
    let app = app(&sources(&[("b", origin.url("/b"))]));
    let service = app.serve();
    wait_for(&service, "healthy 1");
    app.replace(&sources(&[("a", origin.url("/a")), ("b", origin.url("/b"))]));
    let page = wait_for(&service, "its host rests 1");
    let row = page.split_once("<tr id=\"b\">").expect("its row").1;
    assert!(row.contains("asked to be left alone so long (Retry-After) when source a was polled"), "{row}");
}

#[test]
fn a_source_is_polled_from_the_page_and_not_again_at_once() {
    let (origin, app) = newsroom();
    let service = app.serve();
    wait_for(&service, "healthy 1");
    let before = origin.requests("/a").len();
    let answer = poll(&service, "a", &OWN);
    assert_eq!((answer.status, answer.header("location")), (303, "/admin#a"), "{}", answer.text());
    assert_eq!(origin.requests("/a").len(), before + 1, "it was waited for");
    assert!(page(&service, "/admin").contains("polled from here; again after "));

    let soon = poll(&service, "a", &OWN);
    assert_eq!(soon.status, 429);
    assert!(soon.text().starts_with("a was polled from here a moment ago"), "{}", soon.text());
    let wait: u64 = soon.header("retry-after").parse().expect("seconds");
    assert!((200..=300).contains(&wait), "{wait}");
    assert_eq!(origin.requests("/a").len(), before + 1);
}

#[test]
fn only_the_page_itself_has_something_polled() {
    let (origin, app) = newsroom();
    app.write(&(with_token(&home(&[("a", origin.url("/a"))])) + &source("c", &origin.url("/c")) + "enabled = false\n"));
    let service = app.serve();
    wait_for(&service, "healthy 1");
    let before = origin.requests("/a").len();
    for foreign in [
        &[][..],
        &[("Sec-Fetch-Site", "cross-site")],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Origin", "https://evil.example")],
        &[("Origin", "null")],
        &[("Sec-Fetch-Site", "cross-site"), ("Origin", &format!("http://{}", service.address()))],
    ] {
        assert_eq!(poll(&service, "a", foreign).status, 403, "{foreign:?}");
    }
    for (id, status) in [("c", 409), ("khac", 404), ("", 404), ("%00", 404), (&"x".repeat(5000), 413)] {
        assert_eq!(poll(&service, id, &OWN).status, status, "{id}");
    }
    let get = ask(&service, "/admin/poll?source=a");
    assert_eq!((get.status, get.header("allow")), (405, "POST"));
    let nameless = service.post("/admin/poll", &[("Authorization", &basic(TOKEN)), OWN[0]], b"id=a");
    assert_eq!(nameless.status, 400);
    assert_eq!(origin.requests("/a").len(), before, "none of this polled anything");
    let origin_of_ours = format!("http://{}", service.address());
    assert_eq!(poll(&service, "a", &[("Origin", &origin_of_ours)]).status, 303, "an old browser");
}

#[test]
fn what_is_secret_is_nowhere() {
    let origin = Origin::new();
    let secret = |path: &str| format!("{path}?key={KEY}");
    origin.set(&secret("/a"), Answer::moved(&origin.url(&secret("/moi"))));
    origin.set(&secret("/moi"), feed(&articles("a.vn", 0..1)));
    let own = |id: &str| source(id, &(origin.url(&format!("/{id}")) + "?key=${KEY}"));
    let feeds = with_token(&format!("{HOME}{}{}", own("a"), own("b")));
    let app = app(&(feeds + "headers = { X-Key = \"${KEY}\" }\n"));
    let service = app.serve();
    wait_for(&service, "failing 1");
    let told = wait_for(&service, "it redirects permanently to");
    assert!(!told.contains(KEY) && !told.contains(TOKEN), "{told}");
    for source in ["a", "b"] {
        let explained = app.run(&["explain", source]).ok() + &app.run(&["explain", "--json", source]).ok();
        assert!(!explained.contains(KEY) && !explained.contains(TOKEN), "{explained}");
    }
    poll(&service, "a", &OWN);
    service.log.wait_for("serving");
    assert!(!service.log.text().contains(TOKEN) && !app.run(&["dump"]).stdout.contains(TOKEN));
}

#[test]
fn many_sources_have_several_pages() {
    let origin = Origin::new();
    let sources =
        (0..250).map(|n| source(&format!("s{n:03}"), &origin.url(&format!("/{n}"))) + "enabled = false\n").collect::<String>();
    origin.set("/z", feed(&articles("z.vn", 0..1)));
    let app = app(&with_token(&format!("{HOME}{sources}{}", source("z", &origin.url("/z")))));
    let service = app.serve();
    let first = wait_for(&service, "healthy 1");
    assert!(first.contains("page 1 of 2") && first.contains("id=\"z\"") && !first.contains("id=\"s249\""));
    for (path, rows) in
        [("?page=2", 51), ("?page=99&state=khac", 51), ("?state=healthy", 1), ("?state=disabled&page=2", 50), ("?source=s249", 1)]
    {
        assert_eq!(page(&service, &format!("/admin{path}")).matches("<tr id=").count(), rows, "{path}");
    }
    assert_eq!(poll(&service, "z", &OWN).header("location"), "/admin?source=z#z", "which shows it on whatever page it stands");
}

/// A process that polls nothing tells what others polled.
#[test]
fn a_process_that_only_publishes_says_so() {
    let (origin, other) = newsroom();
    let config = std::fs::read_to_string(other.config()).expect("feeds.toml");
    let app =
        TestApp::on(&crate::app::postgres(&[]), config.split("[store]").next().expect("a part")).env("DIEMTIN_TOKEN", TOKEN);
    let (web, poller) = (app.start_as("web"), app.start_as("poll"));
    let told = wait_for(&web, "healthy 1");
    assert!(told.contains("this process polls nothing (--role web)") && !told.contains("<form"), "{told}");
    assert_eq!(poll(&web, "a", &OWN).status, 409);
    let before = origin.requests("/a").len();
    assert_eq!(poll(&poller, "a", &OWN).status, 303, "one that polls and was told to listen has the page, too");
    assert_eq!(origin.requests("/a").len(), before + 1);
}
