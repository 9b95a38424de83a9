//! The promises about stories (identity, same story, time, order and window), through the pipeline's own functions, so that
//! a test can choose the time. The clock is a type argument: a plain function, as the program takes it.

use std::collections::BTreeMap;
use std::sync::Arc;

use diemtin::config;
use diemtin::edge::fetch::at_once;
use diemtin::edge::store::Store;
use diemtin::flow::render::Format;
use diemtin::model::{Looked, Report, Site, Slug, Story};
use diemtin::pipeline::{Desk, Outcome, Polled, Press, poll, prune};
use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use super::app::{HOME, TestApp, home, source};
use crate::origin::{Item, Origin, articles, feed, item};

/// 2026-11-20 00:00 UTC
const NOON: i64 = 1_795_132_800;
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

fn at<const SECOND: i64>() -> Timestamp {
    second(SECOND)
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time")
}

/// A time as RSS writes it.
fn date(at: i64) -> String {
    second(at).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Sources `a` and `b` at `/a` and `/b`, and a store.
struct Newsroom {
    origin: Origin,
    store: Arc<Store>,
    config: String,
    runtime: Runtime,
    _folder: TempDir,
}

impl Newsroom {
    fn new() -> Self {
        let origin = Origin::new();
        let folder = tempfile::tempdir().expect("a folder");
        let store = TestApp::store(folder.path());
        let config = home(&[("a", origin.url("/a")), ("b", origin.url("/b"))]);
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        Self { origin, store, config, runtime, _folder: folder }
    }

    fn with(mut self, more: &str) -> Self {
        self.config.push_str(more);
        self
    }

    fn desk(&self, clock: fn() -> Timestamp) -> Desk {
        let (config, _) = config::read("feeds.toml", &self.config, &|_| None).unwrap_or_else(|faults| panic!("{faults}"));
        Desk::new(config, clock).expect("a desk")
    }

    /// What a source publishes, and the poll that reads it.
    fn publish<const AT: i64>(&self, id: &str, items: &[Item]) -> Polled {
        self.origin.set(&format!("/{id}"), feed(items));
        self.poll::<AT>(id)
    }

    fn poll<const AT: i64>(&self, id: &str) -> Polled {
        let desk = self.desk(at::<AT>);
        let source = desk.config.sources[id].clone();
        let before = self.store.source_states().expect("states").get(id).cloned();
        let looked = Looked { at: (desk.clock)(), welcome: true };
        let polled = self.runtime.block_on(poll(&desk, &self.store, &source, before, Ok(looked), None, &at_once));
        assert_ne!(polled.outcome, Outcome::Failed, "{polled:?}");
        polled
    }

    fn stories(&self) -> Vec<Story> {
        self.store.stories_after(None, usize::MAX).expect("stories")
    }

    /// The one story with an entry of this title.
    fn story(&self, title: &str) -> Story {
        let has = |story: &Story| story.entries.iter().any(|report| report.title == title);
        let mut found: Vec<Story> = self.stories().into_iter().filter(has).collect();
        assert_eq!(found.len(), 1, "stories {title:?}");
        found.remove(0)
    }

    /// A page as it is published.
    fn page(&self, feed: &str, format: Format) -> String {
        let desk = self.desk(at::<{ NOON + 100 * DAY }>);
        let mut press = Press::new(desk.config, &self.store, &Site::default()).expect("a press");
        let site = press.print(&self.store, (desk.clock)()).expect("a site");
        let path = format.path(&Slug::new(feed).expect("an id"));
        String::from_utf8(site.pages[&path].body.to_vec()).expect("UTF-8")
    }

    fn titles(&self, feed: &str) -> Vec<String> {
        let feed: Value = serde_json::from_str(&self.page(feed, Format::Json)).expect("JSON");
        feed["items"].as_array().expect("items").iter().map(|i| i["title"].as_str().expect("a title").to_owned()).collect()
    }
}

/// The entries of a story that a source owns.
fn reports(story: &Story, source: &str) -> Vec<Report> {
    story.entries.iter().filter(|report| report.source.as_str() == source).cloned().collect()
}

/// Every page's bytes.
fn bytes(site: &Site) -> BTreeMap<String, String> {
    site.pages.iter().map(|(path, page)| (path.clone(), String::from_utf8_lossy(&page.body).into_owned())).collect()
}

#[test]
fn a_running_press_prints_what_a_restarted_one_prints() {
    let room = Newsroom::new().with(
        "[feed.moi-nhat]\nlimit = 2\n[feed.cua-b]\nsources = [\"b\"]\nlimit = 1\n\
         [topic.tin]\ntitle = \"Tin\"\nany = [\"tin số 3\", \"tin số 40\", \"tin nóng\"]\n",
    );
    let desk = room.desk(at::<NOON>);
    let mut running = Press::new(Arc::clone(&desk.config), &room.store, &Site::default()).expect("a press");
    let mut check = |step: &str, now: i64| {
        running.follow(&room.store).expect("changes");
        let ours = running.print(&room.store, second(now)).expect("a site");
        let mut restarted = Press::new(Arc::clone(&desk.config), &room.store, &Site::default()).expect("a press");
        let theirs = restarted.print(&room.store, second(now + 77 * DAY)).expect("a site");
        assert_eq!(bytes(&ours), bytes(&theirs), "{step}");
    };
    check("nothing yet", NOON);
    room.publish::<NOON>("a", &articles("a.vn", 0..5));
    check("a baseline", NOON);
    room.publish::<{ NOON + HOUR }>("b", &articles("a.vn", 3..9));
    check("another source carries some", NOON + HOUR);
    let hot = item("n", "https://a.vn/n", "Tin nóng", &date(NOON - 9 * DAY));
    room.publish::<{ NOON + 2 * DAY }>("a", &[articles("a.vn", 40..42), vec![hot.clone()]].concat());
    check("news after two days, one of them old", NOON + 2 * DAY);
    let edited = Item { title: "Tin nguội".into(), ..hot };
    room.publish::<{ NOON + 2 * DAY + HOUR }>("a", &[edited]);
    check("an edit takes a story out of its topic", NOON + 2 * DAY + HOUR);
    let judged = |title: &str| (room.story(title).id, room.story(title).seq);
    room.runtime.block_on(room.store.remove(vec![judged("Tin số 40"), judged("Tin số 41")], second(NOON))).expect("removing");
    check("the newest stories are gone", NOON + 3 * DAY);
    room.publish::<{ NOON + 5 * DAY }>("b", &articles("a.vn", 40..42));
    check("and another source brings them back", NOON + 5 * DAY);
    room.runtime.block_on(room.store.remove(vec![judged("Tin số 40")], second(NOON))).expect("removing");
    room.publish::<{ NOON + 6 * DAY }>("b", &[item("lại", "https://a.vn/bai-40.html", "Tin số 40", "")]);
    check("a story goes and comes back between two looks", NOON + 6 * DAY);
    assert_eq!(
        room.runtime.block_on(prune(&room.store, std::time::Duration::ZERO, second(NOON + 9 * DAY))).expect("pruning"),
        12
    );
    check("all is pruned", NOON + 9 * DAY);
}

#[test]
fn every_address_of_an_article_is_one_story() {
    let room = Newsroom::new();
    let links = |variants: [&str; 5]| variants.iter().enumerate().map(|(n, l)| item("", l, &format!("Tin {n}"), "")).collect();
    let ours: Vec<Item> = links([
        "https://bao.example.vn/bai-1.html",
        "https://bao.example.vn/bai-2.html?utm_source=rss&utm_medium=feed",
        "http://www.bao.example.vn/bai-3.html",
        "https://bao.example.vn/xem?id=4&muc=thoi-su",
        "https://bao.example.vn/xem?id=5",
    ]);
    let theirs: Vec<Item> = links([
        "http://m.bao.example.vn/bai-1.html/",
        "https://bao.example.vn/bai-2.html?fbclid=abc#binh-luan",
        "https://bao.example.vn:443/bai-3.html?zarsrc=30",
        "https://bao.example.vn/xem?muc=thoi-su&id=4",
        "https://bao.example.vn/xem?id=6",
    ]);
    room.publish::<NOON>("a", &ours);
    room.publish::<{ NOON + 60 }>("b", &theirs);
    let stories = room.stories();
    assert_eq!(stories.len(), 6, "five of a, and the last of b");
    assert_eq!(stories.iter().filter(|story| story.entries.len() == 2).count(), 4);
}

#[test]
fn the_source_that_came_first_leads_unless_another_ranks_higher() {
    let items = |title: &str| vec![item("g", "https://bao.example.vn/bai-1.html", title, "")];
    let polled = |room: Newsroom| {
        room.publish::<NOON>("a", &items("Của A"));
        room.publish::<{ NOON + 60 }>("b", &items("Của B"));
        let sidebar: Value = serde_json::from_str(&room.page("moi-nhat", Format::SidebarJson)).expect("JSON");
        let story = &sidebar["stories"][0];
        (story["title"].clone(), story["source"]["id"].clone(), story["also"][0]["id"].clone())
    };
    assert_eq!(polled(Newsroom::new()), ("Của A".into(), "a".into(), "b".into()));
    assert_eq!(polled(Newsroom::new().with("rank = 10\n")), ("Của B".into(), "b".into(), "a".into()));
}

#[test]
fn a_source_can_not_change_another_sources_entry() {
    let room = Newsroom::new();
    let original =
        Item { summary: "Bản gốc".into(), ..item("guid-1", "https://bao.example.vn/bai-1.html", "Tin gốc", &date(NOON)) };
    room.publish::<NOON>("a", std::slice::from_ref(&original));
    let before = reports(&room.story("Tin gốc"), "a");
    let forged = Item { summary: "Bản giả".into(), ..original.clone() };
    room.publish::<{ NOON + 60 }>("b", &[forged]);
    let forged_again = Item { summary: "Bản giả khác".into(), title: "Tin giả".into(), ..original.clone() };
    room.publish::<{ NOON + 120 }>("b", &[forged_again]);
    let story = room.story("Tin gốc");
    assert_eq!(reports(&story, "a"), before);
    assert_eq!(reports(&story, "b").len(), 1, "b changed its own entry");
    assert_eq!(room.titles("moi-nhat"), ["Tin gốc"]);
    assert_eq!(story.updated, second(NOON), "what readers see has not changed");
    assert_eq!(room.publish::<{ NOON + 180 }>("a", &[original]).outcome, Outcome::Unchanged);
}

#[test]
fn an_entry_that_moves_its_link_takes_no_other_source_along() {
    let room = Newsroom::new();
    room.publish::<NOON>("a", &[item("1", "https://bao.example.vn/bai-1.html", "Tin của A", "")]);
    let id = room.story("Tin của A").id;
    room.publish::<NOON>("b", &[item("9", "https://khac.example.vn/mua-ngay", "Quảng cáo", "")]);
    // b turns its own entry into a's article, and the link with it.
    room.publish::<{ NOON + 60 }>("b", &[item("9", "https://bao.example.vn/bai-1.html", "Quảng cáo", "")]);
    // Published again under a new guid, a's article stays in a's story, as ever.
    room.publish::<{ NOON + 120 }>("a", &[item("2", "https://bao.example.vn/bai-1.html?utm_source=x", "Tin của A (lại)", "")]);
    assert_eq!(room.story("Tin của A (lại)").id, id);
}

#[test]
fn an_undated_entry_keeps_the_time_that_it_was_first_seen() {
    let room = Newsroom::new();
    room.publish::<NOON>("a", &articles("a.vn", [1]));
    room.publish::<{ NOON + HOUR }>("a", &articles("a.vn", [2, 1]));
    room.publish::<{ NOON + 2 * HOUR }>("a", &articles("a.vn", [3, 2, 1]));
    room.publish::<{ NOON + 2 * DAY }>("a", &articles("a.vn", [1, 2, 3]));
    for (n, hours) in [(1, 0), (2, 1), (3, 2)] {
        assert_eq!(room.story(&format!("Tin số {n}")).published, second(NOON + hours * HOUR));
    }
    assert_eq!(room.titles("moi-nhat"), ["Tin số 3", "Tin số 2", "Tin số 1"]);
}

#[test]
fn a_date_in_the_future_becomes_the_time_of_arrival_and_stays_it() {
    let room = Newsroom::new();
    let future = item("f", "https://a.vn/f", "Tin tương lai", "Thu, 01 Jan 2099 00:00:00 GMT");
    room.publish::<NOON>("a", std::slice::from_ref(&future));
    room.publish::<{ NOON + HOUR }>("a", &[item("1", "https://a.vn/1", "Tin sau", ""), future.clone()]);
    room.publish::<{ NOON + 2 * HOUR }>("a", &[item("2", "https://a.vn/2", "Tin sau nữa", ""), future.clone()]);
    assert_eq!(room.story("Tin tương lai").published, second(NOON));
    let edited = Item { title: "Tin tương lai (sửa)".into(), date: "Fri, 02 Jan 2099 00:00:00 GMT".into(), ..future };
    room.publish::<{ NOON + 3 * HOUR }>("a", &[edited]);
    assert_eq!(room.story("Tin tương lai (sửa)").published, second(NOON));
    assert_eq!(room.titles("moi-nhat"), ["Tin sau nữa", "Tin sau", "Tin tương lai (sửa)"]);
}

#[test]
fn an_edit_moves_updated_and_not_published() {
    let room = Newsroom::new();
    let old = item("1", "https://a.vn/1", "Tin cũ", &date(NOON - HOUR));
    let new = item("2", "https://a.vn/2", "Tin mới", &date(NOON));
    room.publish::<NOON>("a", &[new.clone(), old.clone()]);
    let id = room.story("Tin cũ").id;
    let edited = Item { title: "Tin cũ (cập nhật)".into(), date: date(NOON + HOUR), ..old };
    let polled = room.publish::<{ NOON + HOUR }>("a", &[edited, new]);
    assert_eq!((polled.new, polled.updated), (0, 1));
    let story = room.story("Tin cũ (cập nhật)");
    assert_eq!((story.id, story.published, story.updated), (id, second(NOON - HOUR), second(NOON + HOUR)));
    assert_eq!(room.titles("moi-nhat"), ["Tin mới", "Tin cũ (cập nhật)"]);
}

#[test]
fn a_first_poll_is_a_baseline() {
    let room = Newsroom::new().with("[feed.moi-nhat]\nlimit = 3\n");
    let old: Vec<Item> = (0i64..20)
        .map(|n| item(&format!("{n}"), &format!("https://a.vn/{n}"), &format!("Tin cũ {n}"), &date(NOON - (n + 2) * DAY)))
        .collect();
    room.publish::<NOON>("a", &old);
    assert!(room.stories().iter().all(|story| story.arrived == story.published));
    room.publish::<{ NOON + HOUR }>("b", &[item("1", "https://b.vn/1", "Tin hôm nay", &date(NOON))]);
    assert_eq!(room.titles("moi-nhat"), ["Tin hôm nay", "Tin cũ 0", "Tin cũ 1"], "the new source does not flood the feed");
    // What comes later arrives when it comes, however old its date.
    let late = item("late", "https://a.vn/late", "Tin muộn", &date(NOON - 30 * DAY));
    room.publish::<{ NOON + 2 * HOUR }>("a", &[late]);
    assert_eq!(room.story("Tin muộn").arrived, second(NOON + 2 * HOUR));
    assert_eq!(room.story("Tin muộn").published, second(NOON - 30 * DAY));
    assert_eq!(room.titles("moi-nhat").last().map(String::as_str), Some("Tin muộn"), "arrived within the day");
}

#[test]
fn a_feed_holds_its_limit_and_the_whole_last_day() {
    let room = Newsroom::new().with("[feed.moi-nhat]\nlimit = 4\n");
    room.publish::<NOON>("a", &articles("a.vn", 0..2));
    room.publish::<{ NOON + DAY }>("a", &articles("a.vn", 2..3));
    assert_eq!(room.titles("moi-nhat").len(), 3, "fewer than the limit: all");
    room.publish::<{ NOON + 2 * DAY + HOUR }>("a", &articles("a.vn", 3..10));
    assert_eq!(room.titles("moi-nhat").len(), 7, "more than the limit: all of the day, and nothing older");
    room.publish::<{ NOON + 2 * DAY + 2 * HOUR }>("a", &articles("a.vn", 10..60));
    assert_eq!(room.titles("moi-nhat").len(), 40, "ten times the limit at most");
    room.publish::<{ NOON + 9 * DAY }>("a", &articles("a.vn", 60..61));
    assert_eq!(room.titles("moi-nhat").len(), 4, "at least the limit");
}

#[test]
fn entries_without_names_are_never_stored_twice() {
    let room = Newsroom::new();
    let dated = [item("", "", "Thông báo", &date(NOON)), item("", "", "Thông báo", &date(NOON - DAY))];
    let undated = [item("", "", "Chúc mừng năm mới", ""), item("", "https://a.vn/", "Trang chủ", "")];
    let linked = item("", "https://a.vn/bai-1", "Có liên kết", "");
    let all = [&dated[..], &undated, std::slice::from_ref(&linked)].concat();
    assert_eq!(room.publish::<NOON>("a", &all).new, 5);
    let mut turned = all.clone();
    turned.reverse();
    for items in [&all, &turned, &all, &turned] {
        let polled = room.publish::<{ NOON + HOUR }>("a", items);
        assert_eq!((polled.new, polled.updated), (0, 0));
    }
    assert_eq!(room.stories().len(), 5);
    // A source without guids is named by link: a new title is an edit.
    let polled = room.publish::<{ NOON + 2 * HOUR }>("a", &[Item { title: "Có liên kết (sửa)".into(), ..linked }]);
    assert_eq!((polled.new, polled.updated), (0, 1));
    assert_eq!(room.stories().len(), 5);
}

#[test]
fn one_guid_for_all_entries_names_none_of_them() {
    let room = Newsroom::new();
    let all: Vec<Item> = articles("a.vn", 0..6).into_iter().map(|i| Item { guid: "0".into(), ..i }).collect();
    assert_eq!(room.publish::<NOON>("a", &all).new, 6);
    for _ in 0..3 {
        assert_eq!(room.publish::<{ NOON + HOUR }>("a", &all[1..]).new, 0);
        assert_eq!(room.publish::<{ NOON + HOUR }>("a", &all).new, 0);
    }
    assert_eq!(room.stories().len(), 6);
}

#[test]
fn one_link_for_all_entries_makes_them_no_one_story() {
    let room = Newsroom::new();
    let all: Vec<Item> = articles("a.vn", 0..6).into_iter().map(|i| Item { link: "https://a.vn/tin-tuc".into(), ..i }).collect();
    room.publish::<NOON>("a", &all);
    assert_eq!(room.stories().len(), 6);
}

#[test]
fn what_was_pruned_does_not_come_back() {
    let room = Newsroom::new();
    let old = item("1", "https://a.vn/1", "Tin cũ", &date(NOON - 40 * DAY));
    room.publish::<NOON>("a", std::slice::from_ref(&old));
    let keep = std::time::Duration::from_secs(30 * DAY as u64);
    let prune = |now| room.runtime.block_on(prune(&room.store, keep, second(now))).expect("pruning");
    assert_eq!(prune(NOON + 29 * DAY), 0, "the age counts from when it was seen");
    assert_eq!(prune(NOON + 31 * DAY), 1);
    let edited = Item { title: "Tin cũ (sửa)".into(), ..old.clone() };
    for items in [[old], [edited]] {
        assert_eq!(room.publish::<{ NOON + 32 * DAY }>("a", &items).new, 0);
        assert!(room.stories().is_empty());
    }
}

#[test]
fn an_id_does_not_depend_on_the_public_address_or_on_who_came_first() {
    let ids = |order: [&str; 2], url: &str| {
        let room = Newsroom::new().with(&format!("[service]\nurl = \"{url}\"\n"));
        for id in order {
            room.publish::<NOON>(id, &[item(id, "https://bao.example.vn/bai-1.html", "Tin chung", "")]);
        }
        let feed: Value = serde_json::from_str(&room.page("moi-nhat", Format::Json)).expect("JSON");
        feed["items"][0]["id"].clone()
    };
    let id = ids(["a", "b"], "https://tin.example.vn");
    assert_eq!(ids(["a", "b"], "http://khac.example.vn/tin"), id);
    assert_eq!(ids(["b", "a"], "https://tin.example.vn"), id, "two nodes compute the same");
}

#[test]
fn sources_that_are_polled_at_once_make_one_story_of_one_article() {
    let origin = Origin::new();
    let ids: Vec<String> = (0..12).map(|n| format!("s{n}")).collect();
    let sources: Vec<(&str, String)> = ids.iter().map(|id| (id.as_str(), origin.url(&format!("/{id}")))).collect();
    for id in &ids {
        let items = articles("bao.example.vn", 0..15).into_iter().map(|i| Item { guid: format!("{id} {}", i.guid), ..i });
        origin.set(&format!("/{id}"), feed(&items.collect::<Vec<_>>()));
    }
    let app = TestApp::new(&home(&sources));
    assert_eq!(app.poll()["total"]["new"], 12 * 15);
    let stories = app.dump().stories;
    assert_eq!(stories.len(), 15);
    assert!(stories.iter().all(|story| story["entries"].as_array().is_some_and(|e| e.len() == 12)), "nobody's entry is lost");
}

#[test]
fn a_listing_page_is_a_source_like_any_other() {
    let origin = Origin::new();
    let page = "<!doctype html><ul><li><h3><a href=\"/bai-1\">Tin một</a></h3><i>20/11/2025 07:00</i></li>\
                <li><h3><a href=\"/bai-2\">Tin hai</a></h3><i>19/11/2025 07:00</i></li></ul>";
    origin.set("/tin", crate::origin::Answer::body(page).header("Content-Type", "text/html; charset=utf-8").etag("\"t\""));
    let config = format!(
        "{HOME}[source.cong]\npage = \"{}\"\nselect = {{ item = \"li\", title = \"h3 a\", link = \"h3 a\", date = \"i\", date_format = \"%d/%m/%Y %H:%M\" }}\n{}",
        origin.url("/tin"),
        source("khac", &origin.url("/nothing"))
    );
    let app = TestApp::new(&config);
    assert_eq!(app.poll()["cong"]["new"], 2);
    let story = app.dump().story("Tin một").clone();
    assert_eq!((&story["published"], &story["url"]), (&"2025-11-20T00:00:00Z".into(), &origin.url("/bai-1").into()));
    assert_eq!(app.poll()["cong"]["outcome"], "unchanged");
}
