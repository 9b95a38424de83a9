//! What a poll has reported as stored is there after `kill -9`, at whatever point that comes; a full disk and damaged files are outlived.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::process::Command;

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

/// The library that lets calls of a process fail while a file exists, for a store's folder.
fn failing(app: &TestApp, calls: &str) -> Vec<(&'static str, String)> {
    let (source, library) = (app.folder().join("shim.c"), app.folder().join("shim.so"));
    std::fs::write(&source, include_str!("../../examples/torment/shim.c")).expect("the shim");
    let compiled = Command::new("cc").args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl").status();
    assert!(compiled.expect("a C compiler: apt install build-essential").success());
    let folder = app.folder().canonicalize().expect("the folder").join("data");
    vec![
        ("LD_PRELOAD", library.display().to_string()),
        ("TORMENT_ROOT", folder.display().to_string()),
        ("TORMENT_FAIL", calls.to_owned()),
        ("TORMENT_WHILE", app.folder().join("full").display().to_string()),
    ]
}

/// F6 and F7 with everything: on a disk that is full readers are served, nothing is told to be stored that is not, and when there is room
/// again it goes on by itself.
#[test]
fn a_service_on_a_full_disk_serves_on_and_goes_on() {
    let origin = Origin::new();
    let app = TestApp::new(&(home(&[("a", origin.url("/a"))]) + "every = \"1s\"\n"));
    let app = failing(&app, "write:28").into_iter().fold(app, |app, (name, value)| app.env(name, &value));
    let full = app.folder().join("full");
    origin.set("/a", feed(&articles("a.vn", 0..10)).etag("\"1\""));
    let service = app.serve();
    eventually("the first ten are served", || (service.titles("moi-nhat").len() == 10).then_some(()));
    std::fs::write(&full, "").expect("full");
    origin.set("/a", feed(&articles("a.vn", 0..20)).etag("\"2\""));
    service.log.wait_for("not written to any more");
    assert_eq!(service.titles("moi-nhat").len(), 10, "what was there is served");
    let page = service.json("/feeds/moi-nhat.json")["items"][0]["id"].as_str().expect("an id").to_owned();
    assert!(!page.is_empty() && service.get("/readyz").status == 200 && service.get("/healthz").status == 200);
    std::fs::remove_file(&full).expect("room");
    service.log.wait_for("the store is written to again");
    eventually("all twenty are served", || (service.titles("moi-nhat").len() == 20).then_some(()));
    drop(service);
    assert_eq!(app.dump().stories.len(), 20);
}

/// A store whose files are beyond use is begun anew, with the ids and times that it had, and what its sources still have is fetched again.
#[test]
fn a_store_that_is_beyond_use_comes_back_with_its_ids_and_times() {
    let origin = Origin::new();
    origin.set("/a", feed(&articles("a.vn", 0..10)).etag("\"1\""));
    let app = TestApp::new(&home(&[("a", origin.url("/a"))]));
    app.poll();
    let before = app.dump();
    std::fs::write(app.folder().join("data/sled/db"), vec![7; 1 << 20]).expect("damage");
    let check = app.run(&["store", "check"]);
    assert!(check.status == Some(2) && check.stderr.contains("begun anew"), "{check:#?}");
    let told = app.poll();
    assert_eq!(
        (&told["a"]["new"], &told["a"]["status"]),
        (&0.into(), &200.into()),
        "the whole document, and nothing of it is new"
    );
    assert_eq!(app.dump().stories, before.stories);
    assert!(app.folder().join("data/damaged-1/db").is_file(), "nothing was thrown away");
    assert!(app.run(&["store", "check"]).ok().starts_with("the store is whole"));
}

#[test]
fn a_store_that_was_compacted_holds_what_it_held() {
    let origin = Origin::new();
    let app = TestApp::new(&home(&[("a", origin.url("/a"))]));
    for round in 1..=5 {
        origin.set("/a", feed(&articles("a.vn", 0..round * 50)));
        app.poll();
    }
    let before = app.run(&["dump"]).ok();
    assert!(app.run(&["store", "compact"]).ok().contains("MB given back"));
    assert_eq!(app.run(&["dump"]).ok(), before);
    assert!(app.run(&["store", "check"]).ok().starts_with("the store is whole"));
    // Interrupted between the two renames.
    let data = app.folder().join("data");
    std::fs::rename(data.join("sled"), data.join("compact.old")).expect("a rename");
    std::fs::create_dir(data.join("compact.new")).expect("a folder");
    assert_eq!(app.run(&["dump"]).ok(), before);
}
