//! `poll` while the service runs: the service polls, and the command tells what it would have told alone.

use std::io::{BufRead, BufReader, Read};

use serde_json::Value;

use crate::app::{Ran, TestApp, eventually, home};
use crate::origin::{Answer, Behaviour, Origin, articles, feed};

fn row<'r>(rows: &'r [Value], id: &str) -> &'r Value {
    rows.iter().find(|row| row["source"] == id).unwrap_or_else(|| panic!("{id} in {rows:#?}"))
}

/// What a poll prints does not depend on who polls: every row is the same but for its times.
#[test]
fn a_running_service_polls_and_the_command_tells_the_same() {
    let origin = Origin::new();
    origin.set("/b", Answer::status(500));
    let sources = [("a", origin.url("/a")), ("b", origin.url("/b")), ("c", origin.url("/c"))];
    let told = |runs: bool| {
        let app = TestApp::new(&(home(&sources) + "enabled = false\n"));
        origin.set("/a", feed(&articles("a.vn", 0..2)).etag("\"1\""));
        let service = runs.then(|| app.serve());
        app.poll();
        origin.set("/a", feed(&articles("a.vn", 0..3)).etag("\"2\""));
        let (one, all, due) =
            (app.run(&["poll", "a", "--json"]), app.run(&["poll", "--all", "--json"]), app.run(&["poll", "--json"]));
        let (table, failed) = (app.run(&["poll", "a"]), app.run(&["poll", "b"]));
        assert!(table.stdout.contains("\na: next poll "), "{}", table.stdout);
        drop(service);
        let timeless = |mut row: Value| {
            if let Some(next) = row.get_mut("next").filter(|next| next.is_string()) {
                *next = "some time".into();
            }
            row
        };
        let statuses = [&one, &all, &due, &table, &failed].map(|ran| ran.status);
        let sorted = |ran: Ran| {
            let mut rows: Vec<String> = ran.json().into_iter().map(|row| timeless(row).to_string()).collect();
            rows.sort();
            rows
        };
        let summary = |ran: Ran| ran.stdout.lines().last().map(str::to_owned);
        (statuses, [one, all, due].map(sorted), [table, failed].map(summary))
    };
    let alone = told(false);
    assert_eq!(alone.0, [Some(0), Some(1), Some(0), Some(0), Some(1)]);
    assert_eq!(told(true), alone);
}

/// The row of a source comes when its poll has ended, while others are still under way.
#[test]
fn rows_come_as_they_are_made_and_a_service_that_ends_is_told() {
    let (quick, slow) = (Origin::new(), Origin::at(2));
    quick.set("/a", feed(&articles("a.vn", 0..1)));
    slow.set("/b", feed(&articles("b.vn", 0..1)));
    let app = TestApp::new(&home(&[("a", quick.url("/a")), ("b", slow.url("/b"))]));
    let service = app.serve();
    // It waits for what the service has begun.
    app.run(&["poll"]).ok();
    slow.set("/b", feed(&articles("b.vn", 0..1)).behaviour(Behaviour::Held));
    let begin = || {
        let mut command = app.command(&["poll", "--all", "--json"]).spawn().expect("the binary runs");
        let mut lines = BufReader::new(command.stdout.take().expect("a pipe"));
        let mut first = String::new();
        lines.read_line(&mut first).expect("a line");
        assert!(first.contains("\"source\":\"a\""), "{first}");
        (command, lines)
    };
    let (mut first, mut lines) = begin();
    slow.release("/b");
    let mut rest = String::new();
    lines.read_to_string(&mut rest).expect("text");
    assert_eq!((rest.lines().count(), first.wait().expect("its end").code()), (2, Some(0)), "{rest}");

    slow.set("/c", feed(&[]).behaviour(Behaviour::Held));
    app.replace(&home(&[("a", quick.url("/a")), ("b", slow.url("/c"))]));
    slow.wait_for("/c", 1);
    let (second, _) = begin();
    drop(service);
    let ran = second.wait_with_output().expect("its end");
    let why = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.code() == Some(2) && why.contains("stopped before it had told everything"), "{why}");
}

/// P15, P13: what an administrator names is asked again, although it is gone or its host rests.
#[test]
fn what_is_named_is_asked_although_it_is_gone_or_its_host_rests() {
    let origin = Origin::new();
    origin.set("/gone", Answer::status(410));
    let busy = Origin::at(2);
    busy.set("/busy", Answer::status(503).header("Retry-After", "7200"));
    let app = TestApp::new(&home(&[("gone", origin.url("/gone")), ("busy", busy.url("/busy"))]));
    let _service = app.serve();
    // It waits for what the service has begun.
    app.run(&["poll"]);
    let rows = app.run(&["poll", "--json"]).json();
    assert_eq!((&row(&rows, "gone")["outcome"], &row(&rows, "busy")["outcome"]), (&"skipped".into(), &"skipped".into()));
    assert_eq!((origin.count(), busy.count()), (1, 1), "neither was asked");
    assert!(app.run(&["explain", "gone"]).ok().contains("not before `diemtin poll gone`"));
    origin.set("/gone", feed(&articles("g.vn", 0..1)));
    busy.set("/busy", feed(&articles("b.vn", 0..1)));
    let rows = app.run(&["poll", "gone", "busy", "--json"]).json();
    assert_eq!((&row(&rows, "gone")["outcome"], &row(&rows, "busy")["outcome"]), (&"changed".into(), &"changed".into()));
    assert!(row(&rows, "gone")["next"].is_string(), "it is polled again by itself");

    let unknown = app.run(&["poll", "gon"]);
    assert!(unknown.status == Some(2) && unknown.stderr.contains("did you mean \"gone\""), "{unknown:#?}");
}

/// A service that only publishes says that it does.
#[test]
fn a_service_that_only_publishes_polls_nothing() {
    let origin = Origin::new();
    let app = TestApp::new(&home(&[("a", origin.url("/a"))]));
    let service = app.start_as("web");
    // The socket may come a moment after the port.
    eventually("the service says what it does not do", || {
        let ran = app.run(&["poll"]);
        (ran.status == Some(2) && ran.stderr.contains("it polls nothing (--role web)")).then_some(())
    });
    drop(service);
    assert_eq!(origin.count(), 0);
}
