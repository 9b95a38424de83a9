//! Hubs and several processes over one database: whichever is asked, called or killed, each news reaches each subscriber once, and what
//! a hub announces to one process is fetched by another.

use ring::hmac;
use url::form_urlencoded;

use crate::app::{HOME, Service, TestApp, eventually, postgres, source, within};
use crate::cluster::LEASES;
use crate::origin::{Answer, Behaviour, Origin, Request, articles, feed, rss};

const BASE: &str = "http://127.0.0.1/tin/";

/// A newsroom with one source, polled by one process, and readers who subscribe.
struct Stage {
    origin: Origin,
    reader: Origin,
    app: TestApp,
    _poller: Service,
}

impl Stage {
    fn new() -> Self {
        let (origin, reader) = (Origin::new(), Origin::at(2));
        origin.set("/rss", feed(&articles("a.vn", 0..2)));
        let home = format!("[service]\nurl = \"{BASE}\"\n{HOME}{}every = \"1s\"\n", source("a", &origin.url("/rss")));
        let app = TestApp::on(&postgres(&[]), &home);
        let _poller = app.start_as("poll");
        Self { origin, reader, app, _poller }
    }

    fn web(&self) -> Service {
        let web = self.app.start_as("web");
        eventually("the first stories", || (web.get("/readyz").status == 200 && web.titles("moi-nhat").len() >= 2).then_some(()));
        web
    }

    /// Subscribes a reader by what one process is asked.
    fn subscribe(&self, web: &Service, reader: &str) {
        self.reader.set(reader, Answer::status(204).behaviour(Behaviour::Echo));
        let topic = format!("{BASE}feeds/moi-nhat.rss");
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("hub.mode", "subscribe"), ("hub.topic", &topic), ("hub.callback", &self.reader.url(reader))])
            .finish();
        assert_eq!(web.post("/websub", &[], form.as_bytes()).status, 202);
        eventually("it is verified", || (!self.reader.calls(reader).is_empty()).then_some(()));
    }

    fn publish(&self, count: usize) {
        self.origin.set("/rss", feed(&articles("a.vn", 0..count)));
    }

    /// The calls with news that a reader has had.
    fn news(&self, reader: &str) -> Vec<Request> {
        self.reader.calls(reader).into_iter().filter(|request| request.method == "POST").collect()
    }

    /// Waits until a reader has been called with an article.
    fn wait_for(&self, reader: &str, article: usize) {
        let title = format!("Tin số {article}");
        let has_it = |news: &Request| String::from_utf8_lossy(&news.body).contains(&title);
        within(LEASES, &format!("{reader} has {title}"), || self.news(reader).iter().any(has_it).then_some(()));
    }
}

fn subscriptions(web: &Service) -> u64 {
    let text = web.get("/metrics").text().to_owned();
    text.lines().find_map(|line| line.strip_prefix("diemtin_own_hub_subscriptions ")?.parse().ok()).unwrap_or(0)
}

/// Who leads the hub, once it knows of so many subscriptions and has stored them, and who does not.
fn leader(app: &TestApp, webs: [Service; 2], count: u64) -> (Service, Service) {
    eventually("they are stored", || (app.run(&["dump"]).ok().matches("{\"subscriber\":").count() as u64 == count).then_some(()));
    let leads = eventually("one leads", || {
        let known: Vec<u64> = webs.iter().map(subscriptions).collect();
        known.contains(&count).then(|| (known[0] == count, known))
    });
    let [first, second] = webs;
    assert!(leads.1.contains(&0), "{leads:?}");
    if leads.0 { (first, second) } else { (second, first) }
}

#[test]
fn each_news_reaches_each_subscriber_once_whichever_process_was_asked() {
    let stage = Stage::new();
    let webs = [stage.web(), stage.web()];
    stage.subscribe(&webs[0], "/mot");
    stage.subscribe(&webs[1], "/hai");
    let (_leader, _other) = leader(&stage.app, webs, 2);
    for count in 3..6 {
        stage.publish(count);
        ["/mot", "/hai"].iter().for_each(|reader| stage.wait_for(reader, count - 1));
    }
    for reader in ["/mot", "/hai"] {
        assert_eq!(stage.news(reader).len(), 3, "{reader}");
    }
}

#[test]
fn what_a_killed_process_was_about_to_tell_another_one_tells() {
    let stage = Stage::new();
    let webs = [stage.web(), stage.web()];
    stage.subscribe(&webs[0], "/cb");
    stage.subscribe(&webs[1], "/held");
    let (mut leader, other) = leader(&stage.app, webs, 2);
    stage.reader.set("/held", Answer::status(204).behaviour(Behaviour::Held));
    stage.publish(3);
    stage.wait_for("/held", 2);
    leader.signal("KILL");
    leader.ended();
    stage.reader.release("/held");
    let told = |reader| stage.news(reader).len();
    let before = (told("/cb"), told("/held"));
    within(LEASES, "another calls again", || (told("/held") > before.1).then_some(()));
    within(LEASES, "it knows who subscribes", || (subscriptions(&other) == 2).then_some(()));
    assert!(told("/cb") >= 1, "{before:?}");

    stage.subscribe(&other, "/moi");
    stage.publish(4);
    stage.wait_for("/moi", 3);
    stage.wait_for("/cb", 3);
    let back = stage.web();
    stage.publish(5);
    stage.wait_for("/moi", 4);
    assert_eq!((told("/moi"), subscriptions(&back)), (2, 0), "who comes back leads nothing");
    assert_eq!(other.terminate(), Some(0));
    stage.publish(6);
    stage.wait_for("/moi", 5);
    assert_eq!(told("/moi"), 3, "a lead that is left is taken over without a call too many");
}

#[test]
fn who_slept_past_its_lead_calls_nobody() {
    let stage = Stage::new();
    let webs = [stage.web(), stage.web()];
    stage.subscribe(&webs[0], "/cb");
    let (sleeper, other) = leader(&stage.app, webs, 1);
    sleeper.signal("STOP");
    stage.publish(3);
    stage.wait_for("/cb", 2);
    assert_eq!(subscriptions(&other), 1);
    sleeper.signal("CONT");
    sleeper.log.wait_for("another process leads our hub");
    eventually("it shows what it missed", || (sleeper.titles("moi-nhat").len() == 3).then_some(()));
    stage.publish(4);
    stage.wait_for("/cb", 3);
    eventually("both show it", || (sleeper.titles("moi-nhat").len() == 4).then_some(()));
    assert_eq!((stage.news("/cb").len(), subscriptions(&sleeper)), (2, 0));
}

/// A hub calls the process that publishes; the source is polled by the one that polls.
#[test]
fn what_a_hub_announces_to_one_process_another_fetches_at_once() {
    let (origin, hub) = (Origin::new(), Origin::at(2));
    hub.set("/hub", Answer::status(202));
    let publish = |count| {
        let links = format!("<channel><atom:link rel=\"hub\" href=\"{}\"/>", hub.url("/hub"));
        let document = rss(&articles("a.vn", 0..count)).replace("<channel>", &links);
        let document = document.replace("<rss ", "<rss xmlns:atom=\"http://www.w3.org/2005/Atom\" ");
        origin.set("/rss", Answer::body(document).header("Content-Type", "application/rss+xml"));
    };
    publish(2);
    let home = format!("[service]\nurl = \"{BASE}\"\n{HOME}{}every = \"6h\"\n", source("a", &origin.url("/rss")));
    let app = TestApp::on(&postgres(&[]), &home);
    let web = app.start_as("web");
    let pollers = [app.start_as("poll"), app.start_as("poll")];
    hub.wait_for("/hub", 1);
    let asked: Vec<(String, String)> = form_urlencoded::parse(&hub.last("/hub").body).into_owned().collect();
    let of = |name: &str| asked.iter().find(|(key, _)| key == name).map(|(_, value)| &**value).expect("a field");
    let path = of("hub.callback").strip_prefix("http://127.0.0.1/tin").expect("a callback below service.url");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("hub.mode", "subscribe"), ("hub.topic", of("hub.topic"))])
        .extend_pairs([("hub.challenge", "đúng"), ("hub.lease_seconds", "86400")])
        .finish();
    assert_eq!(web.get("/websub/0123456789abcdef").status, 404);
    let echoed = web.get(&format!("{path}?{query}"));
    assert_eq!((echoed.status, echoed.text()), (200, "đúng"));
    eventually("the first poll is published", || (web.titles("moi-nhat").len() == 2).then_some(()));
    for count in 3..6 {
        publish(count);
        let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, of("hub.secret").as_bytes()), b"x");
        let digits: String = tag.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(web.post(path, &[("X-Hub-Signature", &format!("sha256={digits}"))], b"x").status, 202);
        eventually("it is fetched and published", || (web.titles("moi-nhat").len() == count).then_some(()));
    }
    assert_eq!(origin.requests("/rss").len(), 4, "once each, whoever polls");
    assert_eq!(hub.requests("/hub").len(), 1, "and two pollers have one subscription");
    let proofs = || app.run(&["explain", "a", "--json"]).json()[0]["push"]["proofs"].clone();
    eventually("each is a proof of the hub", || (proofs() == 3).then_some(()));
    drop(pollers);
}
