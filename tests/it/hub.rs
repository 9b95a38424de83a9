//! Our own WebSub hub through the real program, with scripted subscribers; and the program as a subscriber of itself.

use std::collections::BTreeMap;

use ring::hmac;
use url::form_urlencoded;

use super::app::{HOME, Response, Service, TestApp, eventually, source};
use crate::origin::{Answer, Behaviour, Origin, Request, articles, feed};

const BASE: &str = "http://127.0.0.1/tin/";
const TOPIC: &str = "http://127.0.0.1/tin/feeds/moi-nhat.rss";

/// A service with one source, and somebody who wants to subscribe.
struct Stage {
    origin: Origin,
    reader: Origin,
    app: TestApp,
}

impl Stage {
    fn new() -> Self {
        Self::with("")
    }

    /// With more lines in `[service]`.
    fn with(more: &str) -> Self {
        let (origin, reader) = (Origin::new(), Origin::at(2));
        origin.set("/rss", feed(&articles("a.vn", 0..2)));
        reader.set("/cb", Answer::status(204).behaviour(Behaviour::Echo));
        let app = TestApp::new(&config(BASE, more, &origin));
        Self { origin, reader, app }
    }

    /// The service, with its first stories.
    fn serve(&self) -> Service {
        let service = self.app.serve();
        eventually("the first stories", || (service.titles("moi-nhat").len() >= 2).then_some(()));
        service
    }

    /// What the reader asks of the hub.
    fn ask(&self, service: &Service, more: &[(&str, &str)]) -> Response {
        let callback = self.reader.url("/cb?của=tôi");
        let usual = [("hub.mode", "subscribe"), ("hub.topic", TOPIC), ("hub.callback", &*callback)];
        ask(
            service,
            &usual.iter().filter(|(name, _)| !more.iter().any(|(n, _)| n == name)).chain(more).copied().collect::<Vec<_>>(),
        )
    }

    fn publish(&self, count: usize) {
        self.origin.set("/rss", feed(&articles("a.vn", 0..count)));
    }

    /// The calls with news so far.
    fn news(&self) -> Vec<Request> {
        self.reader.calls("/cb").into_iter().filter(|request| request.method == "POST").collect()
    }

    fn wait_for_news(&self, count: usize) -> Request {
        eventually("a call with news", || self.news().get(count - 1).cloned())
    }
}

/// A service at an address, with one source that is polled each second.
fn config(base: &str, more: &str, origin: &Origin) -> String {
    format!("[service]\nurl = \"{base}\"\n{more}\n{HOME}{}every = \"1s\"\n", source("a", &origin.url("/rss")))
}

fn ask(service: &Service, pairs: &[(&str, &str)]) -> Response {
    let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    service.post("/websub", &[("Content-Type", "application/x-www-form-urlencoded")], form.as_bytes())
}

fn query(request: &Request) -> BTreeMap<String, String> {
    let query = request.path.split_once('?').map_or("", |(_, query)| query);
    form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// A count of `/metrics`.
fn count(service: &Service, row: &str) -> u64 {
    let text = service.get("/metrics").text().to_owned();
    text.lines().find_map(|line| line.strip_prefix(&format!("{row} "))?.parse().ok()).unwrap_or(0)
}

fn wait_for_count(service: &Service, row: &str, wanted: u64) {
    eventually(row, || (count(service, row) == wanted).then_some(()));
}

const SUBSCRIPTIONS: &str = "diemtin_own_hub_subscriptions";

#[test]
fn whoever_subscribes_is_called_with_the_feed_as_it_is_served() {
    let stage = Stage::new();
    let service = stage.serve();
    let answer = stage.ask(&service, &[("hub.secret", "bí mật"), ("hub.lease_seconds", "7200")]);
    assert_eq!(answer.status, 202, "{}", answer.text());
    wait_for_count(&service, SUBSCRIPTIONS, 1);
    let verification = query(&stage.reader.calls("/cb")[0]);
    let of = |name: &str| &*verification[name];
    assert_eq!((of("của"), of("hub.mode"), of("hub.topic"), of("hub.lease_seconds")), ("tôi", "subscribe", TOPIC, "7200"));
    assert!(stage.news().is_empty(), "what was there before is no news");
    stage.publish(3);
    let news = stage.wait_for_news(1);
    let served = service.get("/feeds/moi-nhat.rss");
    assert_eq!(String::from_utf8_lossy(&news.body), served.text());
    assert!(served.text().contains("Tin số 2"));
    assert_eq!(news.text("content-type"), served.header("content-type"));
    let link = format!("<{BASE}websub>; rel=\"hub\", <{TOPIC}>; rel=\"self\"");
    assert_eq!((&*news.text("link"), served.header("link")), (&*link, &*link));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, "bí mật".as_bytes()), served.text().as_bytes());
    let digits: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(news.text("x-hub-signature"), format!("sha256={digits}"));
    assert!(news.path.contains("c%E1%BB%A7a=t%C3%B4i"), "the callback's own query: {}", news.path);

    assert_eq!(stage.ask(&service, &[("hub.mode", "unsubscribe")]).status, 202);
    wait_for_count(&service, SUBSCRIPTIONS, 0);
    stage.publish(4);
    eventually("it is published", || (service.titles("moi-nhat").len() == 4).then_some(()));
    assert_eq!(stage.news().len(), 1, "who has left is called no more");
}

#[test]
fn the_hub_stands_in_feeds_and_in_their_answers_and_nowhere_else() {
    let stage = Stage::new();
    let service = stage.serve();
    let hub = format!("{BASE}websub");
    assert!(
        service.get("/feeds/moi-nhat.rss").text().contains(&format!("rel=\"hub\" href=\"{hub}\""))
            || service.get("/feeds/moi-nhat.rss").text().contains(&format!("href=\"{hub}\" rel=\"hub\""))
    );
    assert!(service.get("/feeds/moi-nhat.atom").text().contains(&hub));
    assert_eq!(service.json("/feeds/moi-nhat.json")["hubs"], serde_json::json!([{ "type": "WebSub", "url": hub }]));
    for path in ["/feeds/moi-nhat.rss", "/feeds/moi-nhat.atom", "/feeds/moi-nhat.json"] {
        let link = format!("<{hub}>; rel=\"hub\", <{BASE}{}>; rel=\"self\"", path.trim_start_matches('/'));
        let answer = service.get(path);
        assert_eq!(answer.header("link"), link);
        let fresh = service.request("GET", path, &[("If-None-Match", answer.header("etag"))]);
        assert_eq!((fresh.status, fresh.header("link")), (304, &*link));
    }
    for path in ["/feeds/moi-nhat.rss?limit=1", "/feeds/moi-nhat", "/sidebar/moi-nhat.json", "/", "/opml"] {
        let answer = service.get(path);
        assert_eq!((answer.status, answer.header("link"), answer.text().contains("/websub")), (200, "", false), "{path}");
    }
}

#[test]
fn without_a_hub_there_is_no_word_of_one() {
    for stage in [
        Stage::with("hub = false"),
        Stage { app: TestApp::new(&config(BASE, "", &Origin::new()).replace(&format!("url = \"{BASE}\""), "")), ..Stage::new() },
    ] {
        let service = stage.app.serve();
        for path in ["/feeds/moi-nhat.rss", "/feeds/moi-nhat.atom", "/feeds/moi-nhat.json"] {
            let answer = service.get(path);
            assert_eq!((answer.header("link"), answer.text().contains("hub")), ("", false), "{path}");
        }
        assert_eq!(stage.ask(&service, &[]).status, 404);
    }
}

#[test]
fn what_can_not_be_accepted_is_refused_with_its_reason_and_nobody_is_called() {
    let stage = Stage::new();
    let service = stage.serve();
    let long = "x".repeat(201);
    for (name, value, reason) in [
        ("hub.mode", "publish", "hub.mode"),
        ("hub.topic", "http://127.0.0.1/tin/feeds/moi-nhat", "hub.topic"),
        ("hub.topic", "http://127.0.0.1/tin/feeds/khong-co.rss", "hub.topic"),
        ("hub.topic", "http://127.0.0.1/feeds/moi-nhat.rss", "hub.topic"),
        ("hub.callback", "ftp://127.0.0.2/", "hub.callback"),
        ("hub.callback", "http://10.0.0.1/cb", "not a public address"),
        ("hub.callback", "http://[::ffff:169.254.169.254]/", "not a public address"),
        ("hub.callback", "http://8.8.8.8:22/", "port 22"),
        ("hub.secret", &long, "hub.secret"),
        ("hub.lease_seconds", "forever", "hub.lease_seconds"),
    ] {
        let answer = stage.ask(&service, &[(name, value)]);
        assert!(answer.status == 400 && answer.text().contains(reason), "{name}={value}: {} {}", answer.status, answer.text());
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    }
    assert_eq!(service.post("/websub", &[], &vec![b'x'; 40_000]).status, 413);
    assert_eq!(stage.ask(&service, &[("hub.mode", "unsubscribe")]).status, 202, "nobody learns who subscribes");
    assert_eq!(count(&service, "diemtin_own_hub_requests_total{result=\"refused\"}"), 11);
    assert_eq!((stage.reader.calls("/cb").len(), count(&service, SUBSCRIPTIONS)), (0, 0));
}

#[test]
fn who_does_not_confirm_is_not_subscribed() {
    let stage = Stage::new();
    let service = stage.serve();
    let elsewhere = stage.reader.url("/else");
    let calls = |outcome: &str| format!("diemtin_own_hub_calls_total{{kind=\"verify\",outcome=\"{outcome}\"}}");
    for (n, answer) in [Answer::status(404), Answer::redirect(&elsewhere), Answer::hang()].into_iter().enumerate() {
        stage.reader.set("/cb", answer.clone());
        stage.reader.set(&format!("/{n}"), answer);
        assert_eq!(stage.ask(&service, &[("hub.callback", &stage.reader.url(&format!("/{n}")))]).status, 202);
    }
    stage.reader.set("/wrong", Answer::body("challenge").behaviour(Behaviour::Whole));
    stage.reader.set("/longer", Answer::body("x".repeat(100_000)).behaviour(Behaviour::Whole));
    wait_for_count(&service, &calls("failed"), 3);
    assert_eq!(count(&service, SUBSCRIPTIONS), 0);
    assert!(stage.reader.calls("/else").is_empty(), "redirects are not followed");
}

#[test]
fn who_is_gone_is_forgotten_and_a_restart_forgets_nobody() {
    let stage = Stage::new();
    stage.reader.set("/gone", Answer::status(410).behaviour(Behaviour::Echo));
    let service = stage.serve();
    assert_eq!(stage.ask(&service, &[]).status, 202);
    assert_eq!(stage.ask(&service, &[("hub.callback", &stage.reader.url("/gone"))]).status, 202);
    wait_for_count(&service, SUBSCRIPTIONS, 2);
    stage.publish(3);
    stage.wait_for_news(1);
    wait_for_count(&service, SUBSCRIPTIONS, 1);
    let before = service.get("/feeds/moi-nhat.atom");
    assert_eq!(service.terminate(), Some(0));
    let service = stage.serve();
    let after = service.get("/feeds/moi-nhat.atom");
    assert_eq!((before.text(), before.header("etag")), (after.text(), after.header("etag")), "equal bytes");
    wait_for_count(&service, SUBSCRIPTIONS, 1);
    assert_eq!(stage.news().len(), 1, "a restart is no news");
    assert_eq!(service.terminate(), Some(0));
    stage.publish(4);
    stage.app.poll();
    let _service = stage.serve();
    let news = stage.wait_for_news(2);
    assert!(String::from_utf8_lossy(&news.body).contains("Tin số 3"), "what came while nobody served is told");
}

#[test]
fn what_is_no_feed_any_more_is_told_to_who_subscribes() {
    let stage = Stage::new();
    let service = stage.serve();
    assert_eq!(stage.ask(&service, &[]).status, 202);
    wait_for_count(&service, SUBSCRIPTIONS, 1);
    stage.app.write(&config("http://127.0.0.1/moi/", "", &stage.origin));
    let denied = eventually("it is told", || {
        stage.reader.calls("/cb").into_iter().map(|call| query(&call)).find(|q| q["hub.mode"] == "denied")
    });
    assert_eq!((&*denied["hub.topic"], denied["hub.reason"].is_empty()), (TOPIC, false));
    wait_for_count(&service, SUBSCRIPTIONS, 0);
}

#[test]
fn another_hub_is_told_of_news() {
    let hub = Origin::at(3);
    hub.set("/hub", Answer::status(204));
    let stage = Stage::with(&format!("hub = \"{}\"", hub.url("/hub")));
    let service = stage.serve();
    let told = || -> Vec<String> {
        let requests = hub.requests("/hub").into_iter();
        let pairs = requests.flat_map(|r| form_urlencoded::parse(&r.body).into_owned().collect::<Vec<_>>());
        pairs.filter(|(name, _)| name == "hub.url").map(|(_, topic)| topic).collect()
    };
    let of_topic = || told().iter().filter(|topic| *topic == TOPIC).count();
    let before = eventually("the hub is told", || Some(of_topic()).filter(|count| *count > 0));
    stage.publish(3);
    eventually("the hub is told of news", || (of_topic() > before).then_some(()));
    assert!(hub.requests("/hub")[0].body.starts_with(b"hub.mode=publish&hub.url="));
    let served = service.get("/feeds/moi-nhat.rss");
    assert!(served.header("link").starts_with(&format!("<{}>; rel=\"hub\"", hub.url("/hub"))));
    assert_eq!(stage.ask(&service, &[]).status, 404, "nobody subscribes here");
}

#[test]
fn one_service_subscribes_to_another() {
    let stage = Stage::new();
    let first = stage.app.serve();
    let address = |service: &Service| format!("http://{}/", service.address());
    stage.app.write(&config(&address(&first), "", &stage.origin));
    let second_config = |base: &str| {
        let url = format!("{}feeds/moi-nhat.atom", address(&first));
        format!("[service]\nurl = \"{base}\"\n{HOME}{}every = \"6h\"\n", source("first", &url))
    };
    eventually("the first names its hub", || {
        first.get("/feeds/moi-nhat.atom").header("link").contains(&address(&first)).then_some(())
    });
    let second_app = TestApp::new("");
    let second = second_app.serve();
    second_app.write(&second_config(&address(&second)));
    eventually("the second has the first stories", || (second.titles("moi-nhat").len() == 2).then_some(()));
    wait_for_count(&first, SUBSCRIPTIONS, 1);
    stage.publish(3);
    eventually("the news goes through both", || (second.titles("moi-nhat").len() == 3).then_some(()));
    assert_eq!(count(&second, "diemtin_announcements_total{result=\"heard\"}"), 1);
}
