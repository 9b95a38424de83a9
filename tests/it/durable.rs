//! What a poll has reported as stored is there after `kill -9`, at whatever point that comes; a full disk and damaged files are outlived.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};

use serde_json::Value;

use super::app::{TestApp, eventually, home};
use crate::origin::{Answer, Origin, articles, feed};

const SOURCES: usize = 40;
const ARTICLES: usize = 15;

#[test]
fn what_was_reported_survives_a_kill() {
    for reported in [1, 7, 20] {
        let origin = Origin::new();
        let ids: Vec<String> = (0..SOURCES).map(|n| format!("s{n}")).collect();
        for id in &ids {
            origin.set(&format!("/{id}"), feed(&articles(&format!("{id}.vn"), 0..ARTICLES)).etag(format!("\"{id}\"")));
        }
        let sources: Vec<(&str, String)> = ids.iter().map(|id| (id.as_str(), origin.url(&format!("/{id}")))).collect();
        let app = TestApp::new(&home(&sources).replace("10s", "4s"));
        let rows = poll_and_kill(&app, reported);
        assert_eq!(rows.len(), reported);

        let dump = app.dump();
        for row in &rows {
            let id = row["source"].as_str().expect("an id");
            assert_eq!(row["new"], ARTICLES);
            assert_eq!(dump.guids(id).len(), ARTICLES, "{id} was reported and is lost");
        }
        for id in &ids {
            // Entries and validators are one batch: never one without the other.
            let stored = dump.guids(id).len();
            assert!(stored == if dump.sources.contains_key(id) { ARTICLES } else { 0 }, "{id}: {stored}");
        }
        let (mut news, expected) = (0, ARTICLES * (SOURCES - dump.sources.len()));
        // Where processes share a store, what was under way is free when its lease has run out.
        eventually("what was not stored is still news", || {
            news += app.poll()["total"]["new"].as_u64().expect("a number") as usize;
            (news >= expected).then_some(())
        });
        assert_eq!(news, expected);
        assert_eq!(app.dump().stories.len(), SOURCES * ARTICLES);
    }
}

/// Polls, reads so many rows of the report, and kills the process.
fn poll_and_kill(app: &TestApp, reported: usize) -> Vec<Value> {
    let mut child = app.command(&["poll", "--json"]).spawn().expect("the binary runs");
    let lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let rows = lines.take(reported).map(|line| serde_json::from_str(&line.expect("a line")).expect("JSON")).collect();
    child.kill().expect("it may have ended, and then is no zombie yet");
    child.wait().expect("our child");
    rows
}

#[test]
fn the_service_survives_kills_between_its_polls() {
    let origin = Origin::new();
    let app = TestApp::new(&(home(&[("a", origin.url("/a"))]) + "every = \"1s\"\n"));
    let mut known: BTreeMap<String, Value> = BTreeMap::new();
    for round in 1..=3 {
        origin.set("/a", feed(&articles("a.vn", 0..round * 10)).etag(format!("\"{round}\"")));
        let service = app.serve();
        service.log.wait_for("\"new\":10");
        drop(service);
        let dump = app.dump();
        assert_eq!(dump.stories.len(), round * 10);
        for story in dump.stories {
            let id = story["id"].as_str().expect("an id").to_owned();
            if let Some(before) = known.insert(id, story.clone()) {
                assert_eq!(story, before, "a kill changes no story");
            }
        }
    }
    origin.set("/a", Answer::status(404));
    assert_eq!(known.len(), 30);
}
