//! The commands: exit status, what goes to stdout, and the shapes that the documentation fixes.

use serde_json::{Value, json};

use crate::app::{Dump, HOME, TestApp, home, source};
use crate::origin::{Answer, Item, Origin, articles, feed, item, rss};

/// The names of an object, in their order.
fn names(value: &Value) -> Vec<&str> {
    value.as_object().unwrap_or_else(|| panic!("{value} is an object")).keys().map(String::as_str).collect()
}

/// A source `a` with a few articles, one of them with everything, and a topic.
fn newsroom() -> (Origin, TestApp) {
    let origin = Origin::new();
    let full = Item {
        summary: "<p>Thi đua <b>học tập</b></p>".into(),
        ..item("g", "https://a.vn/g", "Làm theo Bác", "Fri, 20 Nov 2026 07:00:00 +0700")
    };
    origin.set("/a", feed(&[vec![full], articles("a.vn", 0..3)].concat()).etag("\"a\""));
    let topic = "[topic.lam-theo-bac]\ntitle = \"Làm theo Bác\"\nany = [\"làm theo Bác\"]\n";
    let app = TestApp::new(&(home(&[("a", origin.url("/a"))]) + topic));
    (origin, app)
}

#[test]
fn wrong_usage_ends_with_2() {
    let app = TestApp::new("");
    for arguments in [
        &[][..],
        &["xem"],
        &["poll", "--alles"],
        &["poll", "a", "--all"],
        &["render"],
        &["parse"],
        &["render", "x", "--format", "pdf"],
    ] {
        let ran = app.run(arguments);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}: {ran:#?}");
    }
    assert_eq!(app.run(&["--help"]).status, Some(0));
    assert!(app.run(&["--version"]).ok().starts_with("diemtin "));
}

#[test]
fn a_name_that_nobody_has_ends_with_2_and_the_nearest_one() {
    let app = TestApp::new(&source("bao-binh-duong", "https://example.vn/rss"));
    for arguments in [&["poll", "bao-binh-duog"][..], &["preview", "bao-binh-duog"], &["render", "moi-nhut"]] {
        let ran = app.run(arguments);
        assert_eq!(ran.status, Some(2), "{ran:#?}");
        assert!(ran.stderr.contains("did you mean"), "{}", ran.stderr);
    }
}

#[test]
fn check_says_what_is_wrong_for_people_and_for_programs() {
    let good = TestApp::new(&home(&[("a", "https://example.vn/rss".to_owned())]));
    assert!(good.run(&["check"]).ok().contains("1 source, 0 topics, 1 feed; no errors"));
    assert_eq!(good.run(&["check", "--json"]).ok(), "");
    assert!(!good.folder().join("data").exists(), "checking makes no store");

    let broken = TestApp::new("[source.a]\nurl = \"ftp://example.vn\"\nnmae = \"A\"\n[fetch]\ntimeout = \"soon\"\n");
    let people = broken.run(&["check"]);
    assert_eq!(people.status, Some(1));
    assert!(people.stdout.contains("did you mean") || people.stdout.contains("name"), "{}", people.stdout);
    let programs = broken.run(&["check", "--json"]);
    assert_eq!(programs.status, Some(1));
    let faults = programs.json();
    let places: Vec<(u64, &str)> =
        faults.iter().map(|f| (f["line"].as_u64().expect("a line"), f["severity"].as_str().expect("a severity"))).collect();
    assert_eq!(places, [(2, "error"), (3, "error"), (5, "error")], "all in one go");
    let fields = ["severity", "file", "line", "column", "end_line", "end_column", "message", "expected", "help"];
    assert!(faults.iter().all(|fault| names(fault) == fields), "{faults:#?}");
    for command in ["poll", "serve", "dump"] {
        assert_eq!(broken.run(&[command]).status, Some(2), "{command} does not start");
    }
}

#[test]
fn check_tells_programs_of_a_file_that_can_not_be_read() {
    let app = TestApp::new("");
    let said = |status: i32| {
        let ran = app.run(&["check", "--json"]);
        assert_eq!(ran.status, Some(status), "{ran:#?}");
        let faults = ran.json();
        assert_eq!(faults.len(), 1, "{faults:#?}");
        let number = |key: &str| faults[0][key].as_u64().expect("a number");
        (number("line"), number("column"), faults[0]["message"].as_str().expect("a message").to_owned())
    };
    std::fs::write(app.config(), b"# x\n[source.a]\nname = \"B\xE1o\"\n").expect("writing");
    assert!(matches!(said(1), (3, 10, message) if message.contains("UTF-8")));
    let shown = app.run(&["poll"]).stderr;
    assert!(shown.contains("save the file as UTF-8") && !shown.contains("demo"), "{shown}");
    std::fs::remove_file(app.config()).expect("removing");
    assert!(matches!(said(2), (1, 1, message) if message.contains("can't read")));
    assert!(app.run(&["check"]).stderr.trim_end().ends_with("`diemtin demo` needs none"));
}

#[test]
fn poll_prints_one_object_a_source_and_the_total() {
    let (origin, app) = newsroom();
    app.write(&(std::fs::read_to_string(app.config()).expect("feeds.toml") + &source("b", &origin.url("/404"))));
    let ran = app.run(&["poll", "--json"]);
    assert_eq!(ran.status, Some(1), "a source failed");
    let rows = ran.json();
    assert_eq!(rows.len(), 3);
    let fields = ["source", "outcome", "status", "entries", "new", "updated", "error", "next"];
    assert!(rows[..2].iter().all(|row| names(row) == fields), "{rows:#?}");
    assert_eq!(names(&rows[2]), ["total"]);
    let of = |rows: &[Value], id: &str| rows.iter().find(|row| row["source"] == id).expect("a row").clone();
    let a = of(&rows, "a");
    assert_eq!((&a["outcome"], &a["status"], &a["entries"], &a["new"]), (&json!("changed"), &json!(200), &json!(4), &json!(4)));
    assert!(a["error"].is_null() && a["next"].is_string());
    let b = of(&rows, "b");
    assert_eq!((&b["outcome"], &b["status"], &b["entries"]), (&json!("failed"), &json!(404), &json!(0)));

    let only_a = app.run(&["poll", "a", "--json"]);
    assert_eq!((only_a.status, only_a.json().len()), (Some(0), 2));
    assert_eq!(of(&only_a.json(), "a")["outcome"], "unchanged", "a named source is polled, due or not");
    let due = app.run(&["poll", "--json"]);
    assert_eq!(due.status, Some(0));
    assert_eq!(due.json()[2]["total"]["skipped"], 2);

    let table = app.run(&["poll", "--all"]);
    assert!(table.stdout.contains("2 sources: 0 changed, 1 unchanged, 1 failed"), "{}", table.stdout);
    let (rows, below) = table.stdout.split_once("\n\n").expect("a table");
    assert!(rows.lines().all(|row| row.chars().count() < 100), "a long error makes no row longer: {rows}");
    assert!(below.starts_with("b: ") && below.contains("404"), "{below}");
    assert!(app.run(&["poll", "a"]).stdout.contains("\n1 source: 0 changed, 1 unchanged"));
}

#[test]
fn a_source_that_is_not_enabled_is_skipped_and_said_to_be() {
    let origin = Origin::new();
    let app = TestApp::new(&(home(&[("a", origin.url("/a"))]) + "enabled = false\n"));
    for arguments in [&["poll", "--json"][..], &["poll", "--all", "--json"], &["poll", "a", "--json"]] {
        let ran = app.run(arguments);
        assert_eq!(ran.status, Some(0));
        assert_eq!(ran.json()[0]["outcome"], "skipped", "{arguments:?}: {ran:#?}");
    }
    assert_eq!(origin.count(), 0);
}

#[test]
fn parse_prints_one_object_a_document() {
    let app = TestApp::without_config();
    let items = [
        item("g", "/bai-1", "Tin &amp; tức", "Fri, 20 Nov 2026 07:00:00 +0700"),
        item("", "javascript:alert(1)", "<b>Đậm</b>", "hôm kia"),
    ];
    std::fs::write(app.folder().join("a.xml"), rss(&items)).expect("writing");
    std::fs::write(app.folder().join("b.html"), "<html><title>Bảo trì</title></html>").expect("writing");
    let ran = app.run(&["parse", "a.xml", "b.html", "--base", "https://a.vn/rss/", "--now", "2026-11-23T00:00:00Z"]);
    assert_eq!(ran.status, Some(1), "one is no feed");
    let documents = ran.json();
    assert_eq!(documents.len(), 2, "one line a document");
    assert_eq!(names(&documents[0]), ["feed", "entries", "notes"]);
    assert_eq!(names(&documents[0]["feed"]), ["title", "url", "description", "language", "updated"]);
    let entries = documents[0]["entries"].as_array().expect("entries");
    let fields =
        ["id", "title", "url", "published", "updated", "summary", "content", "image", "authors", "categories", "enclosures"];
    assert!(entries.iter().all(|entry| names(entry) == fields), "{entries:#?}");
    assert_eq!((&entries[0]["id"], &entries[0]["url"]), (&json!("g"), &json!("https://a.vn/bai-1")));
    assert_eq!(entries[0]["published"], "2026-11-20T00:00:00Z");
    assert_eq!((&entries[1]["id"], &entries[1]["url"]), (&Value::Null, &Value::Null), "never made up");
    assert!(documents[0]["notes"].as_array().is_some_and(|notes| notes.iter().all(|n| names(n) == ["kind", "message", "entry"])));
    assert!(documents[1]["error"].as_str().is_some_and(|e| e.contains("Bảo trì")));

    let piped = app.run_with(&["parse", "-", "--base", "https://a.vn/rss/"], rss(&items[..1]).as_bytes());
    assert_eq!(piped.status, Some(0), "{piped:#?}");
    assert_eq!(piped.json()[0]["entries"][0]["url"], "https://a.vn/bai-1");
    let archive: Vec<_> = (0..700).map(|n| item(&n.to_string(), &format!("/{n}"), "Tin", "")).collect();
    let whole = app.run_with(&["parse", "-"], rss(&archive).as_bytes());
    assert_eq!(
        whole.json()[0]["entries"].as_array().map(Vec::len),
        Some(700),
        "all that is in it, though a poll takes the newest 500"
    );
    let missing = app.run(&["parse", "khong-co.xml", "-"]);
    assert_eq!((missing.status, missing.json().len()), (Some(1), 2), "the next document is read all the same");
}

#[test]
fn preview_shows_topics_and_stores_nothing() {
    let (origin, app) = newsroom();
    for what in ["a".to_owned(), origin.url("/a")] {
        let ran = app.run(&["preview", &what, "--json"]);
        assert_eq!(ran.status, Some(0), "{ran:#?}");
        let document = &ran.json()[0];
        let topics = &document["entries"][0]["topics"];
        assert_eq!(
            topics,
            &json!([{ "id": "lam-theo-bac", "matched": [{ "phrase": "làm theo Bác", "field": "title", "text": "Làm theo Bác" }] }])
        );
        assert_eq!(document["entries"][1]["topics"], json!([]));
    }
    assert!(app.run(&["preview", "a"]).ok().contains("Làm theo Bác"));
    assert!(!app.folder().join("data").exists());
    let failed = app.run(&["preview", &origin.url("/404")]);
    assert_eq!(failed.status, Some(1));
    assert!(failed.stderr.contains("404"), "{}", failed.stderr);
}

#[test]
fn dump_prints_what_the_documentation_says() {
    let (_origin, app) = newsroom();
    app.poll();
    let dump = app.dump();
    let story = dump.story("Làm theo Bác");
    for name in ["id", "url", "title", "summary", "image", "published", "updated", "arrived", "topics", "entries"] {
        assert!(names(story).contains(&name), "{name}");
    }
    assert_eq!((&story["topics"], &story["summary"]), (&json!(["lam-theo-bac"]), &json!("Thi đua học tập")));
    for name in ["source", "guid", "url", "title", "published"] {
        assert!(names(&story["entries"][0]).contains(&name), "{name}");
    }
    assert_eq!(dump.sources["a"]["etag"], "\"a\"");
}

#[test]
fn a_dump_is_the_way_into_another_store() {
    let (origin, app) = newsroom();
    origin.set("/b", feed(&articles("a.vn", 1..5)).last_modified("Thu, 01 Jan 2026 00:00:00 GMT"));
    let feeds = std::fs::read_to_string(app.config()).expect("feeds.toml") + &source("b", &origin.url("/b"));
    app.write(&feeds);
    app.poll();
    let text = app.run(&["dump"]).ok();
    let other = TestApp::new(&feeds);
    for _ in 0..2 {
        assert_eq!(other.run_with(&["load"], text.as_bytes()).status, Some(0));
        assert_eq!(other.run(&["dump"]).ok(), text, "loading twice is loading once");
    }
    for format in ["rss", "atom", "json", "html", "sidebar-json", "sidebar-html"] {
        for feed in ["moi-nhat", "lam-theo-bac"] {
            assert_eq!(other.render(feed, format), app.render(feed, format), "{feed} {format}");
        }
    }
    let rows = other.poll();
    assert_eq!((&rows["total"]["unchanged"], &rows["total"]["new"]), (&json!(2), &json!(0)), "validators came along: {rows:#?}");
    origin.set("/a", feed(&articles("a.vn", 0..6)));
    assert_eq!(other.poll()["a"]["new"], 3, "names came along");
    assert_eq!(Dump::of(&text).stories, app.dump().stories);
}

#[test]
fn loaded_stories_have_the_topics_of_the_rules_here() {
    let (origin, app) = newsroom();
    app.poll();
    let other = TestApp::new(&(home(&[("a", origin.url("/404"))]) + "[topic.so]\nany = [\"tin số\"]\ntitle = \"Số\"\n"));
    other.poll();
    assert_eq!(other.run_with(&["load"], app.run(&["dump"]).ok().as_bytes()).status, Some(0));
    let feed: Value = serde_json::from_str(&other.render("so", "json")).expect("JSON");
    assert_eq!(feed["items"].as_array().map(Vec::len), Some(3));
    assert_eq!(other.dump().story("Làm theo Bác")["topics"], json!([]));
}

#[test]
fn a_dump_that_holds_a_story_twice_loads_it_once() {
    let (origin, app) = newsroom();
    app.poll();
    let text = app.run(&["dump"]).ok();
    let other = TestApp::new(&home(&[("a", origin.url("/a"))]));
    assert_eq!(other.run_with(&["load"], text.repeat(2).as_bytes()).status, Some(0));
    assert_eq!(other.dump().stories.len(), 4);
}

#[test]
fn a_line_that_is_no_dump_is_named_and_what_was_stored_stays() {
    let (_origin, app) = newsroom();
    app.poll();
    let before = app.run(&["dump"]).ok();
    for wrong in ["{\"story\":{}}", "rubbish", "{\"source\":{\"id\":\"../x\"}}"] {
        let ran = app.run_with(&["load"], format!("{before}{wrong}\n").as_bytes());
        assert_eq!(ran.status, Some(1), "{ran:#?}");
        assert!(ran.stderr.contains(&format!("line {}", before.lines().count() + 1)), "{}", ran.stderr);
        assert!(ran.stderr.contains("Take that line out") && !ran.stderr.contains("at line 1"), "{}", ran.stderr);
        assert_eq!(app.run(&["dump"]).ok(), before);
    }
    let lines: Vec<&str> = before.lines().collect();
    let other = TestApp::new(&std::fs::read_to_string(app.config()).expect("feeds.toml"));
    let without_the_second = [&lines[..1], &lines[2..]].concat().join("\n");
    let ran = other.run_with(&["load"], without_the_second.as_bytes());
    assert!(ran.status == Some(1) && ran.stderr.contains("the dump is not whole: "), "{ran:#?}");
    assert_eq!(other.dump().stories.len(), app.dump().stories.len() - 1, "the rest is loaded");
    let cut = TestApp::new(&std::fs::read_to_string(app.config()).expect("feeds.toml"));
    let ran = cut.run_with(&["load"], lines[..3].join("\n").as_bytes());
    assert!(ran.status == Some(1) && ran.stderr.contains("2 stories"), "{ran:#?}");
    assert_eq!(cut.dump().stories.len(), 2, "what is told to be loaded is stored, where the dump breaks off, too");
    assert_eq!(app.run(&["load", "khong-co.jsonl"]).status, Some(2));
}

#[test]
fn a_reader_that_has_read_enough_is_no_failure() {
    let origin = Origin::new();
    origin.set("/a", feed(&articles("a.vn", 0..400)));
    let app = TestApp::new(&home(&[("a", origin.url("/a"))]));
    app.poll();
    std::fs::write(app.folder().join("a.xml"), rss(&articles("a.vn", 0..400))).expect("writing");
    for command in [&["dump"][..], &["parse", "a.xml"], &["export"], &["render", "moi-nhat"], &["build", "ra"], &["check"]] {
        let mut child = app.command(command).spawn().expect("the binary runs");
        drop(child.stdout.take());
        let ended = child.wait_with_output().expect("it ends");
        assert_eq!(ended.status.code(), Some(0), "{command:?}: {}", String::from_utf8_lossy(&ended.stderr));
    }
}

#[test]
fn a_standard_output_that_is_full_is_named() {
    let origin = Origin::new();
    origin.set("/a", feed(&articles("a.vn", 0..3)));
    let app = TestApp::new(&home(&[("a", origin.url("/a"))]));
    app.poll();
    std::fs::write(app.folder().join("a.xml"), rss(&articles("a.vn", 0..3))).expect("writing");
    let said = |command: &[&str]| {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("a full device");
        let ended = app.command(command).stdout(full).output().expect("the binary runs");
        let said = String::from_utf8(ended.stderr).expect("UTF-8");
        assert!(ended.status.code() == Some(2) && said.contains("can't write to the standard output: "), "{command:?}: {said}");
    };
    said(&["dump"]);
    for command in [&["parse", "a.xml"][..], &["export"], &["render", "moi-nhat"], &["build", "ra"], &["check"]] {
        said(command);
    }
    said(&["poll", "--all"]);
    let _service = app.serve();
    said(&["dump"]);
    said(&["poll", "--all", "--json"]);
    said(&["store", "stats"]);
}

#[test]
fn the_stores_folder_is_beside_feeds_toml() {
    let origin = Origin::new();
    origin.set("/a", feed(&articles("a.vn", 0..1)));
    let app = TestApp::new(&(home(&[("a", origin.url("/a"))]) + "[store]\nurl = \"sled:kho/tin\"\n"));
    let elsewhere = tempfile::tempdir().expect("a folder");
    let ran = app.command(&["poll", "--all"]).current_dir(elsewhere.path()).output().expect("the binary runs");
    assert!(ran.status.success());
    assert!(app.folder().join("kho/tin").is_dir());
    assert!(std::fs::read_dir(elsewhere.path()).expect("a folder").next().is_none());
}

#[test]
fn an_environment_variable_stays_out_of_what_is_said() {
    let origin = Origin::new();
    origin.set("/a", Answer::status(403));
    let app = TestApp::new(
        &(HOME.to_owned() + &source("a", &origin.url("/a")) + "headers = { Authorization = \"Bearer ${BI_MAT}\" }\n"),
    );
    let ran = app
        .command(&["poll", "--all"])
        .env("BI_MAT", "rat-bi-mat")
        .env("DIEMTIN_LOG", "trace")
        .output()
        .expect("the binary runs");
    assert_eq!(origin.last("/a").text("authorization"), "Bearer rat-bi-mat");
    let said = [ran.stdout, ran.stderr, app.run(&["check", "--json"]).stdout.into_bytes()].concat();
    assert!(!String::from_utf8_lossy(&said).contains("rat-bi-mat"));
    assert_eq!(app.run(&["check"]).status, Some(1), "without the variable the file is faulty");
}

#[test]
fn import_adds_the_feeds_of_a_list_and_export_prints_them() {
    let app = TestApp::new(&source("a", "https://a.vn/rss"));
    let list = app.folder().join("cua-toi.opml");
    let path = list.to_str().expect("UTF-8");
    let outlines = "<outline text='Báo'><outline text='Tin \"A\" ${X}' xmlUrl='https://www.a.vn/rss/'/>
        <outline text='Tin \"B\" ${X}' xmlUrl='https://b.vn/rss/thoi-su.rss'/><outline xmlUrl='https://b.vn/thoi-su.rss'/></outline>";
    std::fs::write(&list, format!("<opml version='2.0'><body>{outlines}</body></opml>")).expect("a list");
    let before = std::fs::read_to_string(app.config()).expect("feeds.toml");
    let told = app.run(&["import", path, "--dry-run"]).ok();
    assert!(told.contains("2 sources would be added") && told.contains("1 was there already"), "{told}");
    assert_eq!(std::fs::read_to_string(app.config()).expect("feeds.toml"), before);
    app.run(&["import", path]).ok();
    let after = std::fs::read_to_string(app.config()).expect("feeds.toml");
    assert!(
        after.starts_with(&before) && after.contains("[source.b-thoi-su]") && after.contains("[source.b-thoi-su-2]"),
        "{after}"
    );
    let exported = app.run(&["export"]).ok();
    assert!(exported.contains("xmlUrl=\"https://b.vn/rss/thoi-su.rss\"") && exported.contains("category=\"Báo\""), "{exported}");
    assert!(exported.contains("text=\"Tin &quot;B&quot; ${X}\""), "{exported}");
    assert!(app.run(&["import", path]).ok().contains("0 sources added"), "a second time adds nothing");

    std::fs::write(&list, "<html>").expect("no list");
    let ran = app.run(&["import", path]);
    assert!(ran.status == Some(2) && ran.stderr.contains("names no feed"), "{ran:?}");
}

#[test]
fn import_adds_what_is_good_and_says_why_the_rest_is_left_out() {
    let page = "[source.p]\npage = \"https://p.vn/tin\"\nselect = { item = \"li\", title = \"a\", link = \"a\" }\n";
    let secret = source("s", "https://s.vn/${BI_MAT}");
    let app = TestApp::new(&(source("a", "https://a.vn/rss") + page + &secret)).env("BI_MAT", "x");
    let list = app.folder().join("cua-toi.opml");
    let path = list.to_str().expect("UTF-8");
    let import = |outlines: &str| {
        std::fs::write(&list, format!("<opml version='2.0'><body>{outlines}")).expect("a list");
        app.run(&["import", path])
    };
    let exported = app.run(&["export"]).ok();
    std::fs::write(&list, &exported).expect("a list");
    assert!(app.run(&["import", path]).ok().contains("0 sources added to"), "what `export` prints is there already: {exported}");

    let ran = import(
        "<outline text='Mật' xmlUrl='https://u:p@b.vn/rss'/><outline text='Trùng' xmlUrl='https://a.vn/rss#tin'/>
        <outline text='Trần' xmlUrl='c.vn/rss'/><outline text='Cổ' xmlUrl='ftp://d.vn/rss'/>
        <outline text='Trang' type='link' url='https://e.vn/'/><outline text='Tốt' xmlUrl='https://f.vn/rss'/></body></opml>",
    );
    assert!(ran.status == Some(1) && ran.stdout.contains("\n1 source added to"), "{ran:#?}");
    assert!(ran.stdout.contains("1 was there already"), "a fragment makes no difference: {ran:#?}");
    let left: Vec<&str> = ran.stderr.lines().filter_map(|line| line.strip_prefix("left out: ")).collect();
    let begin = [
        "Mật (https://b.vn/rss): this address holds a name or a password; ",
        "Trần (c.vn/rss): this address does not begin with https:// or http://; did you mean `https://c.vn/rss`?",
        "Cổ (ftp://d.vn/rss): this address is neither http nor https",
        "Trang (https://e.vn/): it is a page and no feed; ",
    ];
    assert_eq!(left.len(), begin.len(), "{left:#?}");
    assert!(left.iter().zip(begin).all(|(line, begin)| line.starts_with(begin)), "{left:#?}");
    assert!(
        std::fs::read_to_string(app.config()).expect("feeds.toml").ends_with("url  = \"https://f.vn/rss\"\nname = \"Tốt\"\n")
    );

    let ran = import("<outline text='G' xmlUrl='https://g.vn/rss'/><outline text='H' xmlUrl='https://h.vn/r");
    assert!(ran.status == Some(1) && ran.stderr.contains("ends in the middle"), "{ran:#?}");
    assert!(ran.stdout.contains("https://g.vn/rss") && !ran.stdout.contains("h.vn"), "{ran:#?}");
}

#[test]
fn a_store_that_another_process_holds_is_said() {
    let app = TestApp::new("");
    let service = app.serve();
    for (command, advice) in [
        (&["serve", "--listen", "127.0.0.1:0"][..], ""),
        (&["load"], "Stop the service"),
        (&["render", "moi-nhat"], "/feeds/moi-nhat.rss"),
        (&["build", "ra"], "Stop the service"),
        (&["store", "compact"], "Stop the service"),
    ] {
        let ran = app.run(command);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{command:?}: {ran:#?}");
        assert!(ran.stderr.contains("held by another process") && ran.stderr.contains(advice), "{command:?}: {}", ran.stderr);
    }
    assert_eq!(service.get("/readyz").status, 200);
}

#[test]
fn a_plan_beside_no_store_makes_none() {
    let elsewhere = tempfile::tempdir().expect("a folder");
    let new = elsewhere.path().join("new.toml");
    std::fs::write(&new, HOME).expect("written");
    let astray = TestApp::new("").run(&["plan", "--config", new.to_str().expect("UTF-8")]);
    assert_eq!(astray.status, Some(2));
    assert!(astray.stderr.contains("there is no store in"), "{}", astray.stderr);
    assert_eq!(std::fs::read_dir(elsewhere.path()).expect("a folder").count(), 1, "no store is made");
}

#[test]
fn a_backup_of_no_store_is_an_error_and_so_is_a_dump_of_nothing() {
    let app = TestApp::new("[store]\nurl = \"sled:khong-dung\"\n");
    for command in [&["dump"][..], &["render", "moi-nhat"]] {
        let ran = app.run(command);
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{command:?}: {ran:#?}");
        assert!(ran.stderr.contains("there is no store in"), "{command:?}: {}", ran.stderr);
    }
    assert!(!app.folder().join("khong-dung").exists(), "no store is made");
    let nothing = app.folder().join("rong.jsonl");
    std::fs::write(&nothing, "").expect("written");
    let ran = app.run(&["load", nothing.to_str().expect("UTF-8")]);
    assert!(ran.status == Some(1) && ran.stderr.contains("the dump is empty"), "{ran:#?}");
}

#[test]
fn a_preview_shows_no_secret_and_says_where_nothing_is_found() {
    let origin = Origin::new();
    origin.set("/a?token=rat-bi-mat", feed(&articles("a.vn", 0..2)));
    origin.set("/rong", feed(&[]));
    let (secret, empty) = (origin.url("/a?token=${BI_MAT}"), origin.url("/rong"));
    let app = TestApp::new(&home(&[("a", secret), ("b", empty)])).env("BI_MAT", "rat-bi-mat");
    let shown = app.run(&["preview", "a"]).ok();
    assert!(shown.contains("2 entries") && !shown.contains("rat-bi-mat"), "{shown}");
    let ran = app.run(&["preview", "b"]);
    assert!(ran.status == Some(1) && ran.stderr.contains("the feed has no entries"), "{ran:#?}");
}
