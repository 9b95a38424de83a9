//! Why: `explain`, `plan` and a story's page, over a stopped service's store and over a running one's.

use serde_json::Value;

use super::app::{Service, TestApp, eventually, home};
use crate::origin::{Item, Origin, feed, item};

const DATE: &str = "Fri, 20 Nov 2026 07:00:00 +0700";
const LEAD: &str = "Sáng 20/11, UBND tỉnh khởi công tuyến đường nối cảng Vạn Sơn với quốc lộ 18, dài 12 km, vốn 1.450 tỷ đồng, xong cuối năm 2028.";
const TOPICS: &str = "[topic.bac]\ntitle = \"Làm theo Bác\"\nany = [\"làm theo Bác\"]\nexcept = [\"bác sĩ\"]\n[topic.duong]\nany = [\"quốc lộ\"]\n";

fn told(guid: &str, title: &str, summary: &str) -> Item {
    Item { summary: summary.into(), ..item(guid, &format!("https://{guid}.vn/{guid}"), title, DATE) }
}

/// Two papers: one event in both, and what each has alone.
fn newsroom() -> (Origin, TestApp) {
    let origin = Origin::new();
    origin.set(
        "/a",
        feed(&[
            told("a1", "Khởi công đường nối cảng Vạn Sơn với quốc lộ 18", LEAD),
            told("a2", "Tuổi trẻ Vạn Sơn học và làm theo Bác", "Mỗi chi đoàn một việc làm."),
            told("a3", "Làm theo bác sĩ dặn, cụ bà khỏi bệnh sau một tháng", ""),
            told("a4", "Lịch cắt điện tuần 45 ở Vạn Sơn", "Điện lực thông báo lịch cắt điện tuần 45 tại các phường."),
        ]),
    );
    origin.set(
        "/b",
        feed(&[
            told("b1", "KHỞI CÔNG ĐƯỜNG NỐI CẢNG VẠN SƠN VỚI QUỐC LỘ 18", &format!("(BVS) - {LEAD}")),
            told("b4", "Lịch cắt điện tuần 46 ở Vạn Sơn", "Điện lực thông báo lịch cắt điện tuần 46 tại các phường."),
        ]),
    );
    let app = TestApp::new(&(home(&[("a", origin.url("/a")), ("b", origin.url("/b"))]) + "rank = 5\n" + TOPICS));
    (origin, app)
}

fn of<'v>(list: &'v Value, id: &str) -> &'v Value {
    let rows = list.as_array().expect("a list");
    rows.iter().find(|row| row["id"] == id || row["source"] == id).unwrap_or_else(|| panic!("{id} in {list:#}"))
}

#[test]
fn a_story_is_explained_from_the_store() {
    let (_origin, app) = newsroom();
    assert_eq!(app.poll()["total"]["new"], 6);
    let road = &app.run(&["explain", "--json", "https://a1.vn/a1?utm_source=x"]).json()[0];
    assert_eq!(road["story"]["title"], "KHỞI CÔNG ĐƯỜNG NỐI CẢNG VẠN SƠN VỚI QUỐC LỘ 18", "the higher rank leads");
    let (a, b) = (of(&road["entries"], "a"), of(&road["entries"], "b"));
    let reasons = [a["because"].as_str(), b["because"].as_str()].map(|r| r.expect("a reason"));
    assert!(
        reasons.contains(&"it came first") && reasons.iter().any(|r| r.starts_with("compared with the entry of")),
        "{reasons:?}"
    );
    let matched = &of(&a["topics"], "duong")["matched"];
    assert_eq!(matched[0]["text"], "quốc lộ");
    assert_eq!((matched[0]["start"].as_u64(), matched[0]["end"].as_u64()), (Some(37), Some(44)));

    let week = &app.run(&["explain", "--json", "https://a4.vn/a4"]).json()[0];
    let apart = week["apart"].as_array().expect("a list");
    assert_eq!(apart[0]["title"], "Lịch cắt điện tuần 46 ở Vạn Sơn");
    assert!(apart[0]["because"].as_str().expect("a reason").contains("“45” / “46”"), "{apart:#?}");

    let doctor = app.run(&["explain", "https://a3.vn/a3"]).ok();
    assert!(doctor.contains("Làm theo bác sĩ dặn") && !doctor.contains("\n  bac\n"), "{doctor}");
    let unknown = app.run(&["explain", "https://a9.vn/a9"]);
    assert_eq!(unknown.status, Some(2));
    assert!(unknown.stderr.contains("there is no story"), "{}", unknown.stderr);
}

#[test]
fn texts_are_explained_a_line_each() {
    let app = TestApp::new(TOPICS);
    let input = "{\"title\":\"Học và LÀM THEO BÁC\",\"categories\":[\"Quốc lộ\"]}\n\n{\"summary\":\"Làm theo Bác sĩ\"}\nx\n";
    let ran = app.run_with(&["explain", "-"], &[input.as_bytes(), b"{\"title\":\"\xff\"}\n{}"].concat());
    assert_eq!(ran.status, Some(1));
    let lines = ran.json();
    assert_eq!(lines[0]["topics"][0]["id"], "bac");
    assert_eq!(lines[0]["topics"][0]["matched"][0]["field"], "title");
    assert_eq!(lines[0]["topics"][1]["matched"][0]["text"], "Quốc lộ");
    assert_eq!(lines[1]["topics"], Value::Array(Vec::new()));
    assert_eq!(lines[1]["not"][0]["because"][0], "“Làm theo Bác” in the summary does not count: there stands “bác sĩ”");
    assert!(lines[2]["error"].as_str().expect("an error").starts_with("line 4"));
    assert!(lines[3]["error"].as_str().expect("an error").starts_with("line 5"), "no UTF-8, and not the end");
    assert_eq!(lines[4]["topics"], Value::Array(Vec::new()));
    assert!(!app.folder().join("data").exists(), "no store is made");
}

#[test]
fn a_plan_says_what_an_edit_would_change_and_changes_nothing() {
    let (origin, app) = newsroom();
    app.poll();
    assert!(app.run(&["plan"]).ok().starts_with("nothing changes for the 5 stored stories"));
    let edited = home(&[("a", origin.url("/a")), ("c", origin.url("/c"))])
        + "[topic.bac]\nany = [\"học và làm theo Bác\", \"bác sĩ\"]\n[topic.dien]\nany = [\"cắt điện\"]\n[feed.moi-nhat]\nlimit = 5\n";
    let (before, original) = (app.dump(), std::fs::read_to_string(app.config()).expect("feeds.toml"));
    app.replace(&edited);
    let plan = &app.run(&["plan", "--json"]).json()[0];
    assert_eq!(plan["sources"]["b"]["change"], "removed");
    assert_eq!(plan["sources"]["b"]["stories"], 1, "the one that it alone carries");
    assert_eq!(plan["sources"]["c"]["change"], "added");
    let bac = &plan["topics"]["bac"];
    assert_eq!((&bac["gained"]["stories"], &bac["lost"]["stories"], &bac["holds"]), (&1.into(), &0.into(), &2.into()));
    assert_eq!(bac["gained"]["examples"][0]["because"], "“bác sĩ” in the title");
    assert_eq!(plan["topics"]["dien"]["change"], "added");
    let road = &plan["topics"]["duong"];
    assert_eq!((&road["change"], &road["lost"]["stories"]), (&"removed".into(), &1.into()));
    assert_eq!(road["lost"]["examples"][0]["because"].as_str().map(|b| b.contains("is no cue any more")), Some(true));
    assert_eq!(plan["feeds"]["moi-nhat"]["lost"]["stories"], 1);
    let text = app.run(&["plan"]).ok();
    assert!(
        text.contains("  + dien: +2 −0, 2 stories then") && text.contains("  - b: 1 story that no other source carries leaves"),
        "{text}"
    );
    app.replace(&original);
    assert_eq!(app.dump(), before);
    app.replace("[topic.bac]\nany = 5\n");
    assert_eq!(app.run(&["plan"]).status, Some(2));
}

#[test]
fn a_plan_for_a_file_elsewhere_looks_at_the_store_in_force() {
    let (_origin, app) = newsroom();
    app.poll();
    let elsewhere = tempfile::tempdir().expect("a folder");
    let new = elsewhere.path().join("new.toml");
    let config = std::fs::read_to_string(app.config()).expect("feeds.toml");
    let (head, topics) = config.split_once("[topic.bac]").expect("topics");
    let (bac, road) = topics.split_once("[topic.duong]").expect("topics");
    std::fs::write(&new, format!("{head}[topic.duong]{road}[topic.bac]{bac}")).expect("written");
    let new = new.to_str().expect("UTF-8");
    assert!(app.run(&["plan", new]).ok().starts_with("nothing changes"), "the order of topics moves no story");
    std::fs::write(new, format!("{head}[topic.duong]{road}")).expect("written");
    let plan = &app.run(&["plan", "--json", new]).json()[0];
    assert_eq!((&plan["stories"], &plan["topics"]["bac"]["change"]), (&5.into(), &"removed".into()));
}

#[test]
fn of_sources_that_go_each_says_which_stories_go_with_it() {
    let (origin, app) = newsroom();
    app.poll();
    app.replace(&home(&[("c", origin.url("/c"))]));
    let plan = &app.run(&["plan", "--json"]).json()[0];
    assert_eq!((&plan["sources"]["a"]["stories"], &plan["sources"]["b"]["stories"]), (&4.into(), &2.into()));
}

fn page_of(service: &Service, title: &str) -> (String, String) {
    let feed = eventually("the feed has the story", || {
        let feed = service.json("/feeds/moi-nhat.json");
        let found = feed["items"].as_array()?.iter().find(|item| item["title"] == title)?["id"].as_str()?.to_owned();
        Some(found)
    });
    let path = format!("/story/{}", feed.rsplit('/').next().expect("an id"));
    let page = service.get(&path);
    assert_eq!(page.status, 200, "{path}");
    (path, page.text().to_owned())
}

#[test]
fn a_running_service_answers_and_has_a_page_for_each_story() {
    let (_origin, app) = newsroom();
    let service = app.serve();
    let (path, page) = page_of(&service, "Tuổi trẻ Vạn Sơn học và làm theo Bác");
    assert!(page.contains("học và <mark>làm theo Bác</mark>"), "{page}");
    let told = app.run(&["explain", &path]).ok();
    assert!(told.contains("“làm theo Bác” in the title of a, characters 25 to 36"), "{told}");
    app.run(&["plan"]).ok();
    let (_, road) = page_of(&service, "KHỞI CÔNG ĐƯỜNG NỐI CẢNG VẠN SƠN VỚI QUỐC LỘ 18");
    assert!(road.contains("Cùng tiêu đề với bài của") || road.contains("Cùng nội dung với bài của"), "{road}");
    assert_eq!(service.get("/story/aaaaaaaaaaaaaaaaaaaaaaaaaa").status, 404);
    assert_eq!(service.get("/story/..%2f..").status, 404);
    let etag = service.get(&path).header("etag").to_owned();
    assert_eq!(service.request("GET", &path, &[("If-None-Match", &etag)]).status, 304);
    assert_eq!(service.request("POST", &path, &[]).status, 405);
    let (_, week) = page_of(&service, "Lịch cắt điện tuần 45 ở Vạn Sơn");
    let other = "Tiêu đề khác nhau ở một con số hoặc ngày: “45” / “46”.";
    assert!(week.contains("Lịch cắt điện tuần 46 ở Vạn Sơn</a>") && week.contains(other), "{week}");
}

#[test]
fn the_date_of_a_storys_page_is_the_storys_also_after_a_restart() {
    let (_origin, app) = newsroom();
    let told = || {
        let service = app.serve();
        let (path, _) = page_of(&service, "Tuổi trẻ Vạn Sơn học và làm theo Bác");
        let page = service.get(&path);
        (page.header("etag").to_owned(), page.header("last-modified").to_owned())
    };
    app.poll();
    // A date is told when its second is over; the story came in this one.
    let before = eventually("its second is over", || Some(told()).filter(|(_, date)| !date.is_empty()));
    assert_eq!(told(), before);
}

#[test]
fn parameters_that_a_source_names_make_no_other_article() {
    let origin = Origin::new();
    let article =
        |guid: &str, query: &str| item(guid, &format!("https://a.vn/bai?id=7{query}"), "Hội chợ trái cây Cái Mơn", DATE);
    origin.set("/a", feed(&[article("1", "&cid=9")]));
    origin.set("/b", feed(&[article("2", "")]));
    let app = TestApp::new(&(home(&[("b", origin.url("/b")), ("a", origin.url("/a"))]) + "tracking = [\"cid\"]\n"));
    app.poll();
    assert_eq!(app.dump().stories.len(), 1);
}
