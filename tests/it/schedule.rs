//! The schedule through the whole program: what a source's polls teach it, that it outlives a restart, and that it says why. And the
//! simulator of docs/schedule.md at a small size, so that its target can fail.

#[path = "../../examples/schedule/simulate/mod.rs"]
#[expect(dead_code, reason = "the example shows more than is tested here")]
mod simulate;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::app::{TestApp, home};
use crate::origin::{Answer, Item, Origin, feed, item};
use simulate::ours::Setting;
use simulate::policies::{POLICIES, Policy};
use simulate::replay::DAYS;
use simulate::streams::streams;
use simulate::{ours, replay_at};

/// An article of so many minutes ago.
#[expect(clippy::disallowed_methods, reason = "the program under test runs by the clock")]
fn article(number: i64, minutes: i64) -> Item {
    let time = Timestamp::now() - SignedDuration::from_mins(minutes);
    let date = time.strftime("%a, %d %b %Y %H:%M:%S +0000").to_string();
    item(&format!("n{number}"), &format!("https://a.vn/n{number}"), &format!("Tin số {number} của huyện Đông Hải"), &date)
}

/// A source with twenty articles, one in so many minutes.
fn paper(every_minutes: i64) -> (Origin, TestApp) {
    let origin = Origin::new();
    origin.set("/a", feed(&(0..20).map(|n| article(n, 1 + n * every_minutes)).collect::<Vec<_>>()));
    let app = TestApp::new(&home(&[("a", origin.url("/a"))]));
    (origin, app)
}

fn explained(app: &TestApp) -> Value {
    app.run(&["explain", "--json", "a"]).json()[0].clone()
}

#[test]
fn a_source_is_explained_before_and_after_its_first_poll() {
    let (origin, app) = paper(60);
    app.replace(&home(&[("a", origin.url("/a")), ("b", origin.url("/b"))]));
    let table = app.run(&["poll", "a"]).ok();
    assert!(table.contains("a: next poll ") && table.contains("entries an hour are expected"), "{table}");
    let told = app.run(&["explain", "a"]).ok();
    assert!(told.contains("entries a day at its present pace") && told.contains("held 20 entries"), "{told}");
    let json = explained(&app);
    assert_eq!(json["source"], "a");
    assert_eq!(json["habits"]["window"], 20);
    let because = json["because"].as_str().expect("a sentence");
    assert!(because.starts_with("about ") && told.contains(because), "{because}");
    let never = app.run(&["explain", "b"]).ok();
    assert!(never.contains("never") && never.contains("at once"), "{never}");
    let unknown = app.run(&["explain", "c"]);
    assert_eq!(unknown.status, Some(2));
    assert!(unknown.stderr.contains("no story or source"), "{}", unknown.stderr);
}

#[test]
fn who_publishes_more_is_asked_sooner() {
    // One source alone has the whole budget: its interval is `fetch.every` on average, so two are compared.
    let origin = Origin::new();
    origin.set("/busy", feed(&(0..20).map(|n| article(n, 1 + n * 30)).collect::<Vec<_>>()));
    origin.set("/slow", feed(&(20..40).map(|n| article(n, 1 + (n - 20) * 1537)).collect::<Vec<_>>()));
    let app = TestApp::new(&home(&[("busy", origin.url("/busy")), ("slow", origin.url("/slow"))]));
    app.poll();
    app.poll();
    let dump = app.dump();
    let interval = |id: &str| dump.sources[id]["interval_seconds"].as_u64().expect("a number");
    assert!(interval("busy") * 2 < interval("slow"), "{} {}", interval("busy"), interval("slow"));
}

#[test]
fn what_was_learned_outlives_a_restart_a_304_and_a_failure() {
    let (origin, app) = paper(30);
    app.poll();
    let first = app.dump().sources["a"]["habits"].clone();
    assert_eq!(first["window"], 20);
    let entries = |habits: &Value| habits["entries"].as_u64().expect("a number");
    assert!(entries(&first) > 0);
    app.poll();
    let second = app.dump().sources["a"]["habits"].clone();
    assert_eq!((entries(&second), &second["quarters"]), (entries(&first), &first["quarters"]), "nothing new");
    origin.set("/a", Answer::status(500));
    app.poll();
    let state = app.dump().sources["a"].clone();
    assert_eq!(state["habits"], second);
    assert_eq!(state["because"], "failed");
}

#[test]
fn the_simulator_reaches_its_target() {
    let setting = Setting::every(30);
    let streams = streams(40, DAYS.all(), 1);
    let (ours, _) = ours::replay(&streams, DAYS, setting);
    let budget = 40.0 * 48.0 * DAYS.measured as f64;
    assert!((0.93..1.03).contains(&(ours.polls as f64 / budget)), "{} requests of {budget}", ours.polls);
    for (policy, name) in POLICIES {
        let (other, _) = replay_at(policy, &streams, DAYS, 300, ours.polls);
        let requests = other.polls as f64 / ours.polls as f64;
        assert!((0.99..1.01).contains(&requests), "{name}: {requests} times as many requests");
        let share = ours.mean() / other.mean();
        assert!(share <= 0.5, "{name}: {share}");
        if policy == Policy::Fixed {
            assert!(share <= 0.45, "{name}: {share}");
            assert!((870.0..930.0).contains(&other.mean()), "half of half an hour: {}", other.mean());
        }
        let caught = ours.missed.iter().filter(|entry| !other.missed.contains(entry)).count();
        assert_eq!(caught, 0, "{name} catches what we miss");
    }
}
