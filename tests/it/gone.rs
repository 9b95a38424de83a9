//! Articles that their sources take down, through the real program. Hours pass while the service is stopped: what is stored moves into the past.

use std::sync::Arc;

use diemtin::model::{Batch, Vanished};
use jiff::SignedDuration;
use serde_json::Value;

use super::app::TestApp;
use crate::app::{HOME, Service, eventually, source};
use crate::origin::{Answer, Item, Origin, feed, item};

/// Articles that stand on the origin itself.
fn articles(origin: &Origin, name: &str, numbers: impl IntoIterator<Item = usize>) -> Vec<Item> {
    let one = |n| item(&format!("{name}-{n}"), &origin.url(&format!("/tin-{n}")), &format!("Tin số {n}"), "");
    numbers.into_iter().map(one).collect()
}

/// Sources that are polled all the time.
fn config(origin: &Origin, names: &[&str]) -> String {
    let one = |name: &&str| source(name, &origin.url(&format!("/{name}"))) + "every = \"1s\"\n";
    HOME.to_owned() + &names.iter().map(one).collect::<String>()
}

/// An origin with five articles in the document of each source, and the program that has polled them.
struct Stage {
    origin: Origin,
    app: TestApp,
}

impl Stage {
    fn new(names: &[&str]) -> Self {
        let origin = Origin::new();
        (0..5).for_each(|n| origin.set(&format!("/tin-{n}"), Answer::body("bài")));
        for name in names {
            origin.set(&format!("/{name}"), feed(&articles(&origin, name, (0..5).rev())));
        }
        let app = TestApp::new(&config(&origin, names));
        Self { origin, app }
    }

    /// A source takes an article out of its document, and is polled. What it takes out is missed by who knows what stood there, so there is
    /// another document before.
    fn takes_out(&self, name: &str, number: usize) {
        let all = || articles(&self.origin, name, (0..5).rev());
        let edited = |item: Item| Item { summary: format!("sửa, gỡ bài số {number}"), ..item };
        self.publish(name, all().into_iter().map(edited).collect());
        let left = all().into_iter().filter(|item| item.guid != format!("{name}-{number}"));
        self.publish(name, left.collect());
    }

    /// A source has this document, and was polled since.
    fn publish(&self, name: &str, items: Vec<Item>) {
        let path = format!("/{name}");
        self.origin.set(&path, feed(&items));
        // When the next poll begins, the one before it has been stored.
        self.origin.wait_for(&path, self.origin.requests(&path).len() + 2);
    }

    /// What is known of the articles that a source took out.
    fn missing(&self, name: &str) -> Vec<Value> {
        let told = &self.app.run(&["explain", name, "--json"]).json()[0];
        told["missing"].as_array().expect("a list").clone()
    }

    /// The service stops, so many hours pass, and it starts again.
    fn hours_later(&self, service: Service, hours: i64) -> Service {
        assert_eq!(service.terminate(), Some(0));
        let store = Arc::new(self.app.stored());
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        for (id, state) in store.source_states().expect("states") {
            let mut state = Arc::unwrap_or_clone(state);
            let ago = |time: jiff::Timestamp| time - SignedDuration::from_hours(hours);
            let earlier =
                |row: &Vanished| Vanished { since: ago(row.since), next: ago(row.next), gone: row.gone.map(ago), ..*row };
            state.vanished = state.vanished.iter().map(earlier).collect();
            runtime.block_on(store.commit(Batch { source: Some((id, state)), ..Batch::default() })).expect("stored");
        }
        drop((runtime, store));
        self.app.serve()
    }

    /// Waits until the look that is due has told something.
    fn looked(&self, name: &str, what: &str, told: impl Fn(&Value) -> bool) {
        eventually(what, || self.missing(name).first().filter(|row| told(row)).map(|_| ()));
    }
}

fn is_listed(service: &Service, title: &str) -> bool {
    service.titles("moi-nhat").iter().any(|other| other == title)
}

#[test]
fn what_a_source_takes_down_is_withdrawn_after_two_looks_and_put_back_when_it_is_there_again() {
    let stage = Stage::new(&["a"]);
    let service = stage.app.serve();
    stage.takes_out("a", 2);
    stage.origin.set("/tin-2", Answer::status(404));
    let rows = stage.missing("a");
    assert_eq!(rows.len(), 1, "{rows:?}");
    let id = rows[0]["story"].as_str().expect("an id").to_owned();
    let told = stage.app.run(&["explain", "a"]).ok();
    assert!(told.contains(&format!("the article of story {id}, taken out at")), "{told}");

    let service = stage.hours_later(service, 1);
    stage.looked("a", "a look finds it gone", |row| row["gone"].is_string());
    let methods: Vec<String> = stage.origin.requests("/tin-2").iter().map(|request| request.method.clone()).collect();
    assert_eq!(methods, ["HEAD", "GET"], "once, and for certain");
    assert_eq!(stage.origin.last("/tin-1").method, "HEAD", "another article is there");
    assert!(is_listed(&service, "Tin số 2"), "one look is not enough");

    let service = stage.hours_later(service, 7);
    eventually("the story is taken down", || (service.get(&format!("/story/{id}")).status == 410).then_some(()));
    eventually("the feed is printed", || (!is_listed(&service, "Tin số 2")).then_some(()));
    assert!(service.get("/feeds/moi-nhat.atom").text().contains("<at:deleted-entry"), "readers are told");
    assert_eq!(service.titles("moi-nhat").len(), 4);
    let told = stage.app.run(&["explain", &id]).ok();
    assert!(told.contains("Withdrawn by its sources") && told.contains("its article has been gone since"), "{told}");
    assert!(stage.app.run(&["withdraw", "--list"]).ok().contains(&id));
    assert!(stage.app.run(&["dump"]).ok().contains("\"gone\":\""), "a dump has it");

    // The next document that brings something new finds it still gone.
    stage.origin.set("/tin-2", Answer::body("bài"));
    let service = stage.hours_later(service, 25);
    eventually("it is put back", || is_listed(&service, "Tin số 2").then_some(()));
    assert_eq!(service.get(&format!("/story/{id}")).status, 200);
    assert_eq!(stage.missing("a").len(), 0, "and left alone");
}

#[test]
fn a_story_of_several_sources_loses_one_and_goes_with_the_last() {
    let stage = Stage::new(&["a", "b"]);
    let service = stage.app.serve();
    stage.takes_out("a", 2);
    let id = stage.missing("a")[0]["story"].as_str().expect("an id").to_owned();
    stage.origin.set("/tin-2", Answer::status(410));
    let service = stage.hours_later(service, 1);
    stage.looked("a", "a look finds it gone", |row| row["gone"].is_string());
    let service = stage.hours_later(service, 7);
    stage.looked("a", "the story is told", |row| row["is_told"] == true);
    let story = || {
        let stories = service.json("/sidebar/moi-nhat.json?limit=10")["stories"].as_array().expect("a list").clone();
        stories.into_iter().find(|story| story["title"] == "Tin số 2").expect("it is shown")
    };
    eventually("it is shown as the other's", || {
        (story()["source"]["id"] == "b" && story()["also"] == serde_json::json!([])).then_some(())
    });

    stage.takes_out("b", 2);
    let service = stage.hours_later(service, 1);
    stage.looked("b", "a look finds it gone", |row| row["gone"].is_string());
    let service = stage.hours_later(service, 7);
    eventually("nobody has it", || (service.get(&format!("/story/{id}")).status == 410).then_some(()));

    // An administrator knows better.
    stage.app.run(&["withdraw", &id, "--undo"]).ok();
    eventually("it is put back", || is_listed(&service, "Tin số 2").then_some(()));
    let mut service = service;
    // One look at a host and an hour.
    for left in [1, 0] {
        service = stage.hours_later(service, 400);
        let rows = || stage.missing("a").len() + stage.missing("b").len();
        eventually("nobody looks at it any more", || (rows() == left).then_some(()));
    }
    assert!(is_listed(&service, "Tin số 2"), "and it stays");
}

#[test]
fn a_site_that_answers_404_to_everything_loses_nothing() {
    let stage = Stage::new(&["a"]);
    let service = stage.app.serve();
    stage.takes_out("a", 2);
    (0..5).for_each(|n| stage.origin.set(&format!("/tin-{n}"), Answer::status(404)));
    let since = stage.missing("a")[0]["next"].clone();
    let mut service = stage.hours_later(service, 1);
    for hours in [7, 7] {
        stage.looked("a", "a look told nothing", |row| row["gone"].is_null() && row["next"].as_str() > since.as_str());
        service = stage.hours_later(service, hours);
    }
    assert!(is_listed(&service, "Tin số 2"));
}

#[test]
fn an_article_that_is_still_there_and_one_that_nobody_looks_at() {
    let stage = Stage::new(&["a"]);
    let service = stage.app.serve();
    stage.takes_out("a", 2);
    assert_eq!(stage.missing("a").len(), 1);
    let service = stage.hours_later(service, 1);
    eventually("one look suffices", || stage.missing("a").is_empty().then_some(()));
    assert_eq!(stage.origin.requests("/tin-2").len(), 1);

    stage.app.replace(&config(&stage.origin, &["a"]).replace("[fetch]\n", "[fetch]\ngone = false\n"));
    service.log.wait_for("is in force as edited");
    stage.takes_out("a", 3);
    assert_eq!(stage.missing("a").len(), 0, "fetch.gone = false");
}
