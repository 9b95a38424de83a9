//! WebSub through the real program, with a scripted hub: it takes requests as any origin does, and calls back as the test wants it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use diemtin::config;
use diemtin::edge::store::Store;
use diemtin::model::{Because, Hub, Push, Secret, Slug, SourceState, Subscription};
use diemtin::pipeline::{Desk, Turn};
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use url::form_urlencoded;

use super::app::{HOME, PATIENCE, Response, Service, TestApp, eventually, source};
use crate::origin::{Answer, Item, Origin, articles, feed, rss};

/// A source's document that names a hub, and itself.
fn naming(hub: &str, own: &str, items: &[Item]) -> Answer {
    let links = format!("<atom:link rel=\"hub\" href=\"{hub}\"/><atom:link rel=\"self\" href=\"{own}\"/>");
    let head = "<rss xmlns:atom=\"http://www.w3.org/2005/Atom\" version=\"2.0\"><channel>";
    let document = rss(items).replace("<rss version=\"2.0\"><channel>", &format!("{head}{links}"));
    Answer::body(document).header("Content-Type", "application/rss+xml")
}

/// A configuration with an address that hubs call, and sources that are polled seldom.
fn config(sources: &[(&str, String)]) -> String {
    let sources: String = sources.iter().map(|(id, url)| source(id, url) + "every = \"6h\"\n").collect();
    format!("[service]\nurl = \"http://127.0.0.1/tin\"\n{HOME}{sources}")
}

/// A source `a` and its hub.
struct Stage {
    origin: Origin,
    hub: Origin,
    app: TestApp,
}

const TOPIC: &str = "https://a.vn/rss?x=1&y=2";

impl Stage {
    fn new() -> Self {
        let (origin, hub) = (Origin::new(), Origin::at(2));
        hub.set("/hub", Answer::status(202));
        origin.set("/rss", naming(&hub.url("/hub"), "https://a.vn/rss?x=1&amp;y=2", &articles("a.vn", 0..2)));
        let app = TestApp::new(&config(&[("a", origin.url("/rss"))]));
        Self { origin, hub, app }
    }

    /// What is said to the hub in its nth request.
    fn asked(&self, nth: usize) -> Asked {
        self.hub.wait_for("/hub", nth);
        let request = self.hub.requests("/hub")[nth - 1].clone();
        assert_eq!((&*request.method, &*request.text("content-type")), ("POST", "application/x-www-form-urlencoded"));
        let pairs: Vec<(String, String)> = form_urlencoded::parse(&request.body).into_owned().collect();
        let of = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default();
        let callback = of("hub.callback");
        let path = callback.strip_prefix("http://127.0.0.1/tin").expect("a callback below service.url").to_owned();
        Asked {
            mode: of("hub.mode"),
            topic: of("hub.topic"),
            path,
            secret: Secret(of("hub.secret")),
            lease: of("hub.lease_seconds"),
        }
    }

    /// The service, subscribed to and verified.
    fn subscribed(&self) -> (Service, Asked) {
        let service = self.app.serve();
        let asked = self.asked(1);
        let verified = asked.verify(&service, "subscribe", TOPIC);
        assert_eq!((verified.status, verified.text()), (200, "thử <thách>"));
        (service, asked)
    }

    fn publish(&self, count: usize) {
        self.origin.set("/rss", naming(&self.hub.url("/hub"), TOPIC, &articles("a.vn", 0..count)));
    }
}

/// What a hub was asked.
struct Asked {
    mode: String,
    topic: String,
    path: String,
    secret: Secret,
    lease: String,
}

impl Asked {
    fn verify(&self, service: &Service, mode: &str, topic: &str) -> Response {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("hub.mode", mode).append_pair("hub.topic", topic).append_pair("hub.challenge", "thử <thách>");
        query.append_pair("hub.lease_seconds", "86400");
        service.get(&format!("{}?{}", self.path, query.finish()))
    }

    fn signed(&self, algorithm: hmac::Algorithm, body: &[u8]) -> String {
        let tag = hmac::sign(&hmac::Key::new(algorithm, self.secret.0.as_bytes()), body);
        tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Announces something.
    fn ping(&self, service: &Service, body: &[u8]) -> Response {
        let signature = format!("sha256={}", self.signed(hmac::HMAC_SHA256, body));
        service.post(&self.path, &[("X-Hub-Signature", &signature), ("Content-Type", "application/rss+xml")], body)
    }
}

/// What `/metrics` says of announcements.
fn count(service: &Service, result: &str) -> u64 {
    let line = format!("diemtin_announcements_total{{result=\"{result}\"}} ");
    let text = service.get("/metrics").text().to_owned();
    text.lines().find_map(|l| l.strip_prefix(&*line)?.parse().ok()).unwrap_or(0)
}

#[test]
fn what_a_hub_announces_is_fetched_at_once() {
    let stage = Stage::new();
    let (service, asked) = stage.subscribed();
    assert_eq!((&*asked.mode, &*asked.topic, &*asked.lease), ("subscribe", TOPIC, "864000"));
    assert!(asked.path.starts_with("/websub/") && asked.path.len() >= "/websub/".len() + 32, "{}", asked.path);
    assert!((32..200).contains(&asked.secret.0.len()));
    eventually("the first poll is published", || (service.titles("moi-nhat").len() == 2).then_some(()));
    stage.publish(3);
    let answer = asked.ping(&service, "<rss><channel><item><title>Bịa đặt</title></item></channel></rss>".as_bytes());
    assert_eq!((answer.status, answer.text()), (202, ""));
    eventually("the news is published", || (service.titles("moi-nhat").len() == 3).then_some(()));
    assert!(!service.titles("moi-nhat").iter().any(|title| title == "Bịa đặt"), "what an announcement carries is not read");
    assert_eq!((stage.origin.count(), count(&service, "heard")), (2, 1));
    let proofs = || stage.app.run(&["explain", "a", "--json"]).json()[0]["push"]["proofs"].clone();
    eventually("the proof is written down", || (proofs() == 1).then_some(()));
    let told = stage.app.run(&["explain", "a"]).ok();
    assert!(told.contains(&stage.hub.url("/hub")) && told.contains("renewed") && told.contains("announced"), "{told}");
    assert!(!told.contains(&asked.secret.0) && !told.contains(&asked.path), "{told}");
}

#[test]
fn each_method_of_signing_counts_and_nothing_else_does() {
    let stage = Stage::new();
    let (service, asked) = stage.subscribed();
    let body = b"tin";
    let mut polls = stage.origin.count();
    let methods = [("sha1", hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY), ("sha384", hmac::HMAC_SHA384), ("sha512", hmac::HMAC_SHA512)];
    let wrong = asked.signed(hmac::HMAC_SHA256, b"another body");
    for header in [
        Vec::new(),
        vec![("X-Hub-Signature", format!("sha256={wrong}"))],
        vec![("X-Hub-Signature", format!("sha1={}", asked.signed(hmac::HMAC_SHA256, body)))],
        vec![("X-Hub-Signature", "sha256".to_owned())],
    ] {
        let header: Vec<(&str, &str)> = header.iter().map(|(name, value)| (*name, &**value)).collect();
        let answer = service.post(&asked.path, &header, body);
        assert_eq!((answer.status, answer.text()), (202, ""), "{header:?}: nobody learns how near it came");
    }
    assert_eq!((count(&service, "unsigned"), count(&service, "wrong_signature"), count(&service, "heard")), (1, 3, 0));
    assert_eq!(stage.origin.count(), polls, "none of them brought a poll");
    for (n, (method, algorithm)) in methods.into_iter().enumerate() {
        let signature = format!("{method}={}", asked.signed(algorithm, body));
        stage.publish(3 + n);
        assert_eq!(service.post(&asked.path, &[("x-hub-signature", &signature)], body).status, 202);
        polls += 1;
        stage.origin.wait_for("/rss", polls);
        eventually("it is published", || (service.titles("moi-nhat").len() == 3 + n).then_some(()));
    }
}

#[test]
fn only_what_we_asked_for_is_confirmed_and_only_at_its_callback() {
    let stage = Stage::new();
    let service = stage.app.serve();
    let asked = stage.asked(1);
    assert_eq!(asked.verify(&service, "subscribe", "https://khac.vn/rss").status, 404, "another topic");
    assert_eq!(asked.verify(&service, "unsubscribe", TOPIC).status, 404);
    assert_eq!(service.get(&asked.path).status, 404);
    let verified = asked.verify(&service, "subscribe", TOPIC);
    assert_eq!(verified.status, 200);
    assert_eq!(
        (verified.header("content-type"), verified.header("x-content-type-options")),
        ("text/plain; charset=utf-8", "nosniff")
    );
    let elsewhere = Asked { path: "/websub/0123456789abcdef0123456789abcdef".to_owned(), ..asked };
    assert_eq!(elsewhere.verify(&service, "subscribe", TOPIC).status, 404);
    assert_eq!(elsewhere.ping(&service, b"x").status, 410, "a hub may forget what nobody subscribes to");
    assert_eq!(count(&service, "unknown"), 1);
    for (method, path) in [("PUT", "/websub/x"), ("DELETE", "/websub/"), ("HEAD", "/websub/x")] {
        let answer = service.request(method, path, &[("Content-Length", "0")]);
        assert_eq!((answer.status, answer.header("allow")), (405, "GET, POST"), "{method}");
    }
    assert_eq!((service.get("/websub").status, service.get("/websub").header("allow")), (405, "POST"), "our own hub");
    for path in ["/websub/../admin", "/websub/%00", "/websubx"] {
        assert_eq!(service.get(path).status, 404, "{path}");
    }
    assert_eq!(service.request("POST", "/feeds/moi-nhat.rss", &[("Content-Length", "0")]).status, 405);
}

#[test]
fn a_body_has_a_limit() {
    let stage = Stage::new();
    let (service, asked) = stage.subscribed();
    let signature = format!("sha256={}", asked.signed(hmac::HMAC_SHA256, b""));
    let answer = service.request("POST", &asked.path, &[("X-Hub-Signature", &signature), ("Content-Length", "10485761")]);
    assert_eq!((answer.status, count(&service, "too_large")), (202, 1), "nothing of it is read");
    let long = vec![b'x'; 10 << 20];
    assert_eq!(asked.ping(&service, &long).status, 202);
    assert_eq!(count(&service, "heard"), 1, "one of ten mebibytes is read");
}

#[test]
fn who_calls_and_does_not_finish_holds_up_nobody_else_for_long() {
    let stage = Stage::new();
    let (service, asked) = stage.subscribed();
    let signature = asked.signed(hmac::HMAC_SHA256, b"");
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Hub-Signature: sha256={signature}\r\nContent-Length: 9\r\n\r\nabc",
        asked.path
    );
    let slow = || {
        let mut stream = TcpStream::connect(service.address()).expect("a connection");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        stream.write_all(head.as_bytes()).expect("writing");
        stream
    };
    let crowd: Vec<TcpStream> = (0..40).map(|_| slow()).collect();
    std::thread::sleep(std::time::Duration::from_secs(1));
    println!("{}", service.get("/metrics").text().lines().filter(|l| l.contains("announ")).collect::<Vec<_>>().join("\n"));
    let refused = eventually("no more are taken", || Some(asked.ping(&service, b"")).filter(|answer| answer.status == 503));
    assert_eq!((refused.header("retry-after"), service.get("/healthz").status), ("5", 200));
    drop(crowd);
    eventually("who has gone takes no room", || (asked.ping(&service, b"").status == 202).then_some(()));
    let mut answer = Vec::new();
    slow().read_to_end(&mut answer).expect("an answer");
    assert_eq!(Response::of(&answer).status, 202, "whoever does not finish is not waited for");
    assert!(count(&service, "cut_off") >= 1);
}

#[test]
fn a_hub_that_is_overloaded_is_left_alone_by_all_its_sources() {
    let (origin, hub) = (Origin::new(), Origin::at(2));
    hub.set("/hub", Answer::status(429).header("Retry-After", "7200"));
    for id in ["a", "b", "c"] {
        origin.set(&format!("/{id}"), naming(&hub.url("/hub"), &format!("https://a.vn/{id}"), &articles(id, 0..1)));
    }
    let app = TestApp::new(
        &config(&["a", "b", "c"].map(|id| (id, origin.url(&format!("/{id}"))))).replace("per_host = 64", "per_host = 1"),
    );
    let _service = app.serve();
    for id in ["a", "b", "c"] {
        eventually("it is told", || app.run(&["explain", id]).ok().contains("not in force").then_some(()));
    }
    assert_eq!(hub.requests("/hub").len(), 1);
}

#[test]
fn a_restart_asks_no_hub() {
    let stage = Stage::new();
    let (service, asked) = stage.subscribed();
    let told = || Some(stage.app.run(&["explain", "a", "--json"]).json()[0]["push"].clone());
    let before = eventually("it is written down", || told().filter(|push| push["until"].is_string()));
    assert_eq!(service.terminate(), Some(0));
    let service = stage.app.serve();
    stage.publish(3);
    assert_eq!(asked.ping(&service, b"").status, 202, "the callback is known at once");
    eventually("the news is published", || (service.titles("moi-nhat").len() == 3).then_some(()));
    let after = stage.app.run(&["explain", "a", "--json"]).json()[0]["push"].clone();
    assert_eq!((&after["until"], &after["standing"]), (&before["until"], &"subscribed".into()));
    assert_eq!(service.terminate(), Some(0));
    assert_eq!(stage.hub.requests("/hub").len(), 1);
    let dump = stage.app.run(&["dump"]).ok();
    let copy = TestApp::new(&config(&[("a", stage.origin.url("/rss"))]));
    copy.run_with(&["load"], dump.as_bytes()).ok();
    assert_eq!(copy.run(&["dump"]).ok(), dump, "a dump brings subscriptions along");
}

#[test]
fn what_is_not_wanted_any_more_is_ended_at_the_hub() {
    for edit in ["removed", "push of the source", "push of all"] {
        let stage = Stage::new();
        let (service, asked) = stage.subscribed();
        let before = std::fs::read_to_string(stage.app.config()).expect("feeds.toml");
        stage.app.write(&match edit {
            "removed" => config(&[]),
            "push of the source" => before.replace("every =", "push = false\nevery ="),
            _ => before.replace("[fetch]", "[fetch]\npush = false"),
        });
        let farewell = stage.asked(2);
        assert_eq!((&*farewell.mode, &*farewell.topic, &farewell.path), ("unsubscribe", TOPIC, &asked.path), "{edit}");
        assert_eq!(asked.verify(&service, "subscribe", TOPIC).status, 404, "{edit}");
        assert_eq!(asked.ping(&service, b"").status, 202, "{edit}: it has not heard yet");
        assert_eq!(asked.verify(&service, "unsubscribe", TOPIC).status, 200, "{edit}");
        assert_eq!(asked.ping(&service, b"").status, 410, "{edit}");
        assert_eq!((stage.origin.count(), stage.hub.requests("/hub").len()), (1, 2), "{edit}");
    }
}

#[test]
fn a_hub_is_found_in_headers_and_in_every_format() {
    let hub = Origin::at(2);
    let origin = Origin::new();
    for path in ["/1", "/2", "/3"] {
        hub.set(path, Answer::status(202));
    }
    let link = format!("<{}>; rel=\"hub\", <https://a.vn/one>; rel=self", hub.url("/1"));
    origin.set("/header", feed(&articles("a.vn", 0..1)).header("Link", link));
    let atom = format!(
        "<feed xmlns=\"http://www.w3.org/2005/Atom\"><link rel=\"hub\" href=\"{}\"/><entry><id>x</id><title>Tin</title></entry></feed>",
        hub.url("/2")
    );
    origin.set("/atom", Answer::body(atom));
    let json = format!(
        "{{\"feed_url\":\"https://a.vn/three\",\"hubs\":[{{\"type\":\"WebSub\",\"url\":\"{}\"}}],\"items\":[{{\"id\":1,\"title\":\"Tin\"}}]}}",
        hub.url("/3")
    );
    origin.set("/json", Answer::body(json));
    let app = TestApp::new(&config(&[("h", origin.url("/header")), ("t", origin.url("/atom")), ("j", origin.url("/json"))]));
    let _service = app.serve();
    for (path, topic) in
        [("/1", "https://a.vn/one".to_owned()), ("/2", origin.url("/atom")), ("/3", "https://a.vn/three".to_owned())]
    {
        hub.wait_for(path, 1);
        let body = hub.last(path).body;
        let topics: Vec<_> =
            form_urlencoded::parse(&body).filter(|(key, _)| key == "hub.topic").map(|(_, v)| v.into_owned()).collect();
        assert_eq!(topics, [topic], "{path}");
    }
}

#[test]
fn a_hub_may_name_another_and_nothing_leads_where_we_do_not_fetch() {
    let (origin, hub, inside) = (Origin::new(), Origin::at(2), Origin::at(9));
    inside.set("/hub", Answer::status(202));
    hub.set("/moved", Answer::status(308).header("Location", "/hub"));
    hub.set("/hub", Answer::status(202));
    hub.set("/inward", Answer::status(307).header("Location", inside.url("/hub")));
    hub.set("/as-get", Answer::redirect("/hub?get"));
    let hubs = [("a", hub.url("/moved")), ("b", hub.url("/inward")), ("c", inside.url("/hub")), ("d", hub.url("/as-get"))];
    for (id, hub) in &hubs {
        origin.set(&format!("/{id}"), naming(hub, &format!("https://a.vn/{id}"), &articles(id, 0..1)));
    }
    let sources: Vec<(&str, String)> = hubs.iter().map(|(id, _)| (*id, origin.url(&format!("/{id}")))).collect();
    let app = TestApp::new(&config(&sources).replace("127.0.0.0/8", "127.0.0.0/29"));
    let service = app.serve();
    hub.wait_for("/hub", 1);
    assert_eq!(hub.last("/hub").method, "POST");
    for (id, why) in [("b", "is not a public address"), ("c", "is not a public address"), ("d", "302")] {
        let told = || Some(app.run(&["explain", id]).ok()).filter(|told| told.contains("not in force"));
        let told = eventually("the failure is told", told);
        assert!(told.contains(why), "{id}: {told}");
    }
    assert_eq!(inside.requests("/hub").len(), 0);
    let metrics = service.get("/metrics").text().to_owned();
    assert!(metrics.contains("diemtin_hub_requests_total{mode=\"subscribe\",outcome=\"failed\"} 3"), "{metrics}");
}

#[test]
fn without_an_address_of_ours_no_hub_is_asked_and_that_is_said_once() {
    let stage = Stage::new();
    let text = std::fs::read_to_string(stage.app.config()).expect("feeds.toml");
    stage.app.write(&text.replace("url = \"http://127.0.0.1/tin\"\n", ""));
    let service = stage.app.serve();
    service.log.wait_for("sources are polled only, and not subscribed to: feeds.toml has no `service.url`");
    let told = eventually("the hub is known", || Some(stage.app.run(&["explain", "a"]).ok()).filter(|t| t.contains("/hub")));
    assert!(told.contains("off: feeds.toml has no `service.url`"), "{told}");
    stage.app.write(&text);
    assert_eq!(stage.asked(1).mode, "subscribe", "what is known of the hub is used when we can be called");
}

#[test]
fn a_denial_is_told_and_the_source_polled_on() {
    let stage = Stage::new();
    let (service, asked) = stage.subscribed();
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("hub.mode", "denied")
        .append_pair("hub.topic", TOPIC)
        .append_pair("hub.reason", "quá nhiều")
        .finish();
    assert_eq!(service.get(&format!("{}?{query}", asked.path)).status, 200);
    let told = eventually("the denial is told", || Some(stage.app.run(&["explain", "a"]).ok()).filter(|t| t.contains("denied")));
    assert!(told.contains("the hub denied it (it says “quá nhiều”)"), "{told}");
    assert_eq!(stage.hub.requests("/hub").len(), 1);
}

/// A day on which a source with news at all hours was polled each hour, with what is known of its hub; its state after that, and what is known then.
fn after_a_day(push: &Push, is_pinged: bool) -> (SourceState, Push) {
    const START: i64 = 1_795_132_800;
    fn clock() -> Timestamp {
        Timestamp::from_second(START + 24 * 3600).expect("a time")
    }
    let (origin, id) = (Origin::new(), Slug::new("a").expect("a slug"));
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(Store::open(folder.path()).expect("a store"));
    let (config, _) = config::read("feeds.toml", &(HOME.to_owned() + &source("a", &origin.url("/a"))), &|_| None).expect("valid");
    let dated = |n: i64| {
        let at = Timestamp::from_second(START + n * 3600).expect("a time").strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        crate::origin::item(&format!("g{n}"), &format!("https://a.vn/{n}"), &format!("Tin số {n} của ngày"), &at)
    };
    origin.set("/a", feed(&(-40..0).rev().map(dated).collect::<Vec<_>>()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let poll = |desk: &Desk| {
        let (source, before) = (&desk.config.sources["a"], store.source_states().expect("states").remove("a"));
        match runtime.block_on(desk.crew.poll(|| desk.clone(), &store, source, before)) {
            Turn::Polled(polled) => polled.state,
            turn => panic!("{turn:?}"),
        }
    };
    let first = Desk::new(config, || Timestamp::from_second(START).expect("a time")).expect("a desk");
    poll(&first);
    origin.set("/a", feed(&(-16..24).rev().map(dated).collect::<Vec<_>>()));
    let mut desk = first;
    desk.clock = clock;
    desk.pushes.decide_here(&id, |known| *known = push.clone());
    if is_pinged {
        desk.pushes.decide_here(&id, |known| diemtin::flow::push::heard(known, clock()));
    }
    let state = poll(&desk);
    (SourceState::clone(&state), desk.pushes.of(&id))
}

#[test]
fn who_is_announced_is_polled_less_often_until_something_is_not() {
    let hub = Hub { url: "https://hub.vn/".to_owned(), topic: TOPIC.to_owned() };
    let subscription = Subscription {
        hub: hub.clone(),
        callback: "https://tin.vn/websub/x".to_owned(),
        secret: Secret("x".to_owned()),
        asked: None,
        attempts: 0,
        next: Timestamp::MAX,
        until: Some(Timestamp::MAX),
        error: None,
    };
    let proven = Push { hub: Some(hub), subscription: Some(subscription), proofs: 4, ..Push::default() };
    let wait = |state: &SourceState| state.next.duration_since(state.checked);
    let (usual, nothing) = after_a_day(&Push::default(), false);
    assert_eq!(nothing, Push::default(), "nothing is remembered of a source without a hub");
    let (seldom, known) = after_a_day(&proven, true);
    assert_eq!((known.proofs, known.hinted), (5, None));
    assert!(matches!(seldom.because, Because::Announced(_)), "{:?}", seldom.because);
    assert!(wait(&seldom) > 3 * wait(&usual), "{} is far more than {}", wait(&seldom), wait(&usual));
    assert!(wait(&seldom) <= SignedDuration::from_hours(6), "fetch.max_every");
    let (surprised, known) = after_a_day(&proven, false);
    assert_eq!(surprised.next, usual.next, "as if there were no hub");
    assert!(known.surprise.is_some());
}
