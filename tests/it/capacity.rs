//! Many sources at once: those that hang, drip or reset delay nobody else; one host is asked by one or two at a time. By counting, not
//! by the clock.

use std::io::{BufRead, BufReader};
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diemtin::config;
use diemtin::edge::{clock, store::Store};
use diemtin::model::Trouble;
use diemtin::pipeline::{Crew, Desk, Turn};
use jiff::Timestamp;
use serde_json::Value;

use crate::app::{HOME, TestApp, home, source};
use crate::origin::{Answer, Behaviour, Origin, articles, feed};

/// F25 in small: of 40 hosts 4 hang, 4 drip and 4 reset, with room for 4 polls at once. Every healthy source is polled while all that hang
/// and drip are still hanging and dripping.
#[test]
fn who_hangs_drips_or_resets_delays_nobody_else() {
    let origins: Vec<Origin> = (0..40).map(|n| Origin::on(Ipv4Addr::new(127, 3, 0, n + 1))).collect();
    let mut config = HOME.replace("10s", "120s").replace("per_host = 64", "per_host = 1\nparallel = 4");
    let mut healthy = 0;
    for (n, origin) in origins.iter().enumerate() {
        let good = feed(&articles(&format!("bao{n}.vn"), 0..3));
        let answer = match n % 10 {
            0 => good.behaviour(Behaviour::Hang),
            1 => good.behaviour(Behaviour::DripHead),
            2 => good.behaviour(Behaviour::ResetAt(50)),
            _ => {
                healthy += 1;
                good
            }
        };
        origin.set("/", answer);
        config += &source(&format!("s{n:02}"), &origin.url("/"));
    }
    let app = TestApp::new(&config);
    let mut child = app.command(&["poll", "--json"]).spawn().expect("the binary runs");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let rows: Vec<Value> =
        lines.take(healthy + 4).map(|line| serde_json::from_str(&line.expect("a line")).expect("JSON")).collect();
    let changed = rows.iter().filter(|row| row["outcome"] == "changed").count();
    assert_eq!(changed, healthy, "{rows:#?}");
    assert!(child.try_wait().expect("our child").is_none(), "the others are still being waited for");
    child.kill().expect("it still runs");
    child.wait().expect("our child");
}

/// P18: one host is never asked by more than `per_host` at once, whichever sources it has.
#[test]
fn a_host_is_asked_by_so_many_at_once_and_no_more() {
    let origin = Origin::new();
    let sources: Vec<_> = (0..6).map(|n| (format!("s{n}"), origin.url(&format!("/{n}")))).collect();
    (0..6).for_each(|n| origin.set(&format!("/{n}"), feed(&articles("a.vn", n..n + 1)).behaviour(Behaviour::Held)));
    let config = home(&sources.iter().map(|(id, url)| (id.as_str(), url.clone())).collect::<Vec<_>>());
    let app = TestApp::new(&config.replace("per_host = 64", "per_host = 2"));
    let child = app.command(&["poll", "--json"]).spawn().expect("the binary runs");
    for done in 0..6 {
        let asked = || (0..6).filter(|n| !origin.requests(&format!("/{n}")).is_empty()).collect::<Vec<_>>();
        let expected = (done + 2).min(6);
        let now = crate::app::eventually("the next is asked", || Some(asked()).filter(|asked| asked.len() >= expected));
        assert_eq!(now.len(), expected, "two at once, and no more");
        let next = *now.iter().find(|n| !origin.is_released(&format!("/{n}"))).expect("one is held");
        origin.release(&format!("/{next}"));
    }
    assert!(child.wait_with_output().expect("it ends").status.success());
}

/// P18: nor is a host that redirects of others lead to.
#[test]
fn a_host_that_others_lead_to_is_asked_by_so_many_at_once_and_no_more() {
    let third = Origin::new();
    let leading: Vec<Origin> = (0..4).map(|n| Origin::on(Ipv4Addr::new(127, 3, 1, n + 1))).collect();
    let mut config = HOME.replace("per_host = 64", "per_host = 1");
    for (n, origin) in leading.iter().enumerate() {
        third.set(&format!("/{n}"), feed(&articles("a.vn", n..n + 1)).behaviour(Behaviour::Held));
        origin.set("/", Answer::redirect(&third.url(&format!("/{n}"))));
        config += &source(&format!("s{n}"), &origin.url("/"));
    }
    let app = TestApp::new(&config);
    let child = app.command(&["poll", "--json"]).spawn().expect("the binary runs");
    for done in 0..4 {
        let asked = || (0..4).filter(|n| !third.requests(&format!("/{n}")).is_empty()).collect::<Vec<_>>();
        let now = crate::app::eventually("the next is asked", || Some(asked()).filter(|asked| asked.len() > done));
        assert_eq!(now.len(), done + 1, "one at once, and no more");
        let next = *now.iter().find(|n| !third.is_released(&format!("/{n}"))).expect("one is held");
        third.release(&format!("/{next}"));
    }
    let output = child.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// T14: a poll that breaks down in a panic harms no other.
#[test]
fn a_poll_that_breaks_down_harms_no_other() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    fn clock_that_breaks() -> Timestamp {
        assert_ne!(ASKED.fetch_add(1, Ordering::SeqCst), 4, "this panic is meant");
        clock::now()
    }
    let origin = Origin::new();
    (0..5).for_each(|n| origin.set(&format!("/{n}"), feed(&articles("a.vn", n..n + 1))));
    let sources: Vec<_> = (0..5).map(|n| (format!("s{n}"), origin.url(&format!("/{n}")))).collect();
    let text = home(&sources.iter().map(|(id, url)| (id.as_str(), url.clone())).collect::<Vec<_>>());
    let (config, _) = config::read("feeds.toml", &text, &|_| None).unwrap_or_else(|faults| panic!("{faults}"));
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(Store::open(&folder.path().join("data")).expect("a store"));
    let desk = Desk::new(config, clock_that_breaks).expect("a desk");
    // What a poll asks is counted.
    ASKED.store(0, Ordering::SeqCst);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let turns: Vec<Turn> = runtime.block_on(async {
        let crew = Crew::new(&desk.config.fetch);
        let mut turns = Vec::new();
        for source in desk.config.sources.values() {
            turns.push(crew.poll(|| desk.clone(), &store, source, None).await);
        }
        turns
    });
    let broken = |turn: &&Turn| matches!(turn, Turn::Polled(polled) if polled.error.is_some());
    let broken: Vec<&Turn> = turns.iter().filter(broken).collect();
    let [Turn::Polled(polled)] = broken[..] else { panic!("{turns:#?}") };
    assert!(polled.error.as_deref().is_some_and(|error| error.contains("this panic is meant")), "{polled:#?}");
    let stored = store.source_states().expect("states").remove(&polled.source).expect("it is stored");
    assert_eq!((stored.failures, stored.manners.trouble), (1, Some(Trouble::BrokeDown)));
    let waits = stored.next.duration_since(stored.checked).as_secs();
    assert!((54 * 60..=67 * 60).contains(&waits), "{waits} seconds: an hour, after a restart too");
    assert_eq!(turns.iter().filter(|turn| matches!(turn, Turn::Polled(polled) if polled.new == 1)).count(), 4);
}

/// An answer without a body still is one poll: nothing of it is left running.
#[test]
fn a_source_without_entries_is_no_failure_of_others() {
    let origin = Origin::new();
    origin.set("/0", Answer::status(204));
    origin.set("/1", feed(&articles("a.vn", 0..1)));
    let rows = TestApp::new(&home(&[("a", origin.url("/0")), ("b", origin.url("/1"))])).poll();
    assert_eq!((&rows["a"]["outcome"], &rows["b"]["outcome"]), (&"failed".into(), &"changed".into()));
}
