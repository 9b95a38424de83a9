//! What the embedded store survives, seen through the whole program: docs/store.md has the table.

use std::process::Command;

use crate::app::{Service, TestApp, eventually, home};
use crate::origin::{Behaviour, Item, Origin, articles, feed};

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
    assert!(service.get("/metrics").text().contains("diemtin_store_takes 0\n"), "and an alarm may say so");
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

/// Pages as they are served: their paths, ETags, dates, and a hash of their bytes.
fn seen(service: &Service) -> Vec<[String; 4]> {
    ["/", "/feeds/moi-nhat.rss", "/feeds/moi-nhat.atom", "/feeds/moi-nhat.json", "/sidebar/moi-nhat.json", "/style.css"]
        .map(|path| {
            let page = service.get(path);
            assert_eq!(page.status, 200, "{path}");
            let hash = blake3::hash(&page.body).to_string();
            [path.to_owned(), page.header("etag").to_owned(), page.header("last-modified").to_owned(), hash]
        })
        .into()
}

/// The same when each tells its date: not before its second is over.
fn settled(service: &Service) -> Vec<[String; 4]> {
    eventually("dates are told", || Some(seen(service)).filter(|pages| pages.iter().all(|[_, _, date, _]| !date.is_empty())))
}

/// What readers get while pages of an earlier run are served.
fn is_served_as_before(service: &Service, before: &[[String; 4]]) {
    assert_eq!(seen(service), before);
    let page = service.get("/feeds/moi-nhat.rss");
    assert_eq!(page.header("warning"), "110 - \"Response is Stale\"");
    let again = service.request("GET", "/feeds/moi-nhat.rss", &[("If-None-Match", page.header("etag"))]);
    assert_eq!((again.status, again.header("warning")), (304, "110 - \"Response is Stale\""));
    let packed = service.request("GET", "/feeds/moi-nhat.rss", &[("Accept-Encoding", "gzip")]);
    assert_eq!((packed.status, packed.header("content-encoding")), (200, "gzip"));
    assert!(service.get("/metrics").text().contains("\ndiemtin_pages_stale 1\n"));
    assert!(service.get("/readyz").status == 200 && service.get("/healthz").status == 200);
    assert_eq!(service.get("/feeds/khac.rss").status, 404);
}

/// D7: a start with a store that can't be opened serves the pages of before, as they were, until it can be.
#[test]
fn pages_of_before_are_served_until_the_store_can_be_opened() {
    let origin = Origin::new();
    origin.set("/a", feed(&articles("a.vn", 0..10)).etag("\"1\""));
    let app = TestApp::new(&home(&[("a", origin.url("/a"))]));
    let service = app.serve();
    eventually("ten are served", || (service.titles("moi-nhat").len() == 10).then_some(()));
    let before = settled(&service);
    assert_eq!(service.get("/").header("warning"), "");
    assert_eq!(service.terminate(), Some(0));
    // kill -9 where nothing has changed.
    drop(app.serve());
    let data = app.folder().join("data");
    (1..=5).for_each(|n| std::fs::create_dir(data.join(format!("damaged-{n}"))).expect("a folder"));
    std::fs::rename(data.join("sled"), data.join("whole")).expect("a rename");
    std::fs::create_dir(data.join("sled")).expect("a folder");
    std::fs::write(data.join("sled/db"), vec![7; 1 << 20]).expect("damage");
    let service = app.start();
    service.log.wait_for("serving the pages of before, until the store is open");
    is_served_as_before(&service, &before);
    // Its administrator puts a copy back.
    std::fs::remove_dir_all(data.join("sled")).expect("room");
    std::fs::rename(data.join("whole"), data.join("sled")).expect("a rename");
    eventually("the store answers", || service.get("/").header("warning").is_empty().then_some(()));
    assert_eq!(seen(&service), before);
    assert!(service.get("/metrics").text().contains("\ndiemtin_pages_stale 0\n"));
    assert_eq!(service.terminate(), Some(0));
}

/// A store that lost everything, and has no copy: readers keep what they have until every source was asked, and then get the same again.
#[test]
fn what_was_served_is_served_until_a_store_without_a_copy_has_its_news_again() {
    let origin = Origin::new();
    let dated = |host: &str, numbers: std::ops::Range<usize>| {
        let dated = articles(host, numbers).into_iter().enumerate();
        feed(&dated.map(|(n, item)| Item { date: format!("Sun, 15 Nov 2026 0{n}:00:00 GMT"), ..item }).collect::<Vec<_>>())
    };
    origin.set("/a", dated("a.vn", 0..5));
    origin.set("/b", dated("b.vn", 5..9));
    let app = TestApp::new(&home(&[("a", origin.url("/a")), ("b", origin.url("/b"))]));
    let service = app.serve();
    eventually("nine are served", || (service.titles("moi-nhat").len() == 9).then_some(()));
    let items = |service: &Service| service.json("/feeds/moi-nhat.json")["items"].clone();
    let (before, pages) = (items(&service), settled(&service));
    assert_eq!(service.terminate(), Some(0));
    let data = app.folder().join("data");
    std::fs::remove_file(data.join("copy.zst")).expect("the copy of the start");
    std::fs::write(data.join("sled/db"), vec![7; 1 << 20]).expect("damage");
    origin.set("/b", dated("b.vn", 5..9).behaviour(Behaviour::Held));
    let (asked, service) = (origin.calls("/b").len(), app.start());
    service.log.wait_for("the store is mended");
    origin.wait_for("/b", asked + 1);
    eventually("one source has told its news", || (service.get("/metrics").text().contains("=\"new\"} 5")).then_some(()));
    is_served_as_before(&service, &pages);
    origin.release("/b");
    eventually("the pages are those of the store", || service.get("/").header("warning").is_empty().then_some(()));
    assert_eq!(items(&service), before, "the same ids, dates and order");
    assert_eq!(service.terminate(), Some(0));
}

/// The same where a database does not answer; and where nothing was kept, nothing is pretended.
#[test]
fn pages_of_before_are_served_while_a_database_is_away() {
    let origin = Origin::new();
    origin.set("/a", feed(&articles("a.vn", 0..10)));
    let feeds = home(&[("a", origin.url("/a"))]);
    let app = TestApp::new(&feeds);
    let service = app.serve();
    eventually("ten are served", || (service.titles("moi-nhat").len() == 10).then_some(()));
    let before = settled(&service);
    assert_eq!(service.terminate(), Some(0));
    app.write(&format!("{feeds}\n[store]\nurl = \"postgres://nobody@127.0.0.1:1/none\"\n"));
    let service = app.start_with(&["--role", "web", "--pages", "data/pages.zst"]);
    service.log.wait_for("serving the pages of before, until the store is open");
    is_served_as_before(&service, &before);
    assert_eq!(service.terminate(), Some(0));
    std::fs::write(app.folder().join("data/pages.zst"), "something else").expect("damage");
    let refused = app.run(&["serve", "--role", "web", "--pages", "data/pages.zst", "--listen", "127.0.0.1:0"]);
    assert!(refused.status == Some(2) && refused.stderr.contains("can't be read"), "{refused:#?}");
}
