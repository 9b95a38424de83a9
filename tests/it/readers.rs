//! Readers of every habit over five days of news: a quiet day, a burst of a thousand stories in an hour, edits, withdrawals, restarts.
//! Each must end with every story exactly once, as it is in the end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arc_swap::ArcSwap;
use diemtin::config::Config;
use diemtin::edge::serve::respond;
use diemtin::edge::store::Store;
use diemtin::model::{Batch, EntryKey, Report, Site, Sketch, Slug, Story, StoryChange, StoryId, Withdrawal};
use diemtin::pipeline::{Press, archive_maker, restore, withdraw};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};

/// The feed shows little, so that much of the news is beyond it.
const FEEDS: &str =
    "[service]\nurl = \"https://tin.example.vn\"\n[source.a]\nurl = \"https://a.vn/rss\"\n[feed.moi-nhat]\nlimit = 5\n";
const FEED: &str = "/feeds/moi-nhat.atom";
const BEGIN: i64 = 1_795_132_800;

struct World {
    config: Arc<Config>,
    store: Arc<Store>,
    press: Press,
    site: Arc<Site>,
    now: Timestamp,
    /// What every reader should have in the end.
    truth: BTreeMap<String, String>,
    written: u64,
    _folder: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Arc::new(Store::open(folder.path()).expect("a store"));
        let config = Arc::new(diemtin::config::read("feeds.toml", FEEDS, &|_| None).expect("valid").0);
        let press = Press::new(Arc::clone(&config), &store, &Site::default()).expect("a press");
        let now = Timestamp::from_second(BEGIN).expect("a time");
        let (site, truth) = (Arc::default(), BTreeMap::new());
        Self { config, store, press, site, now, truth, written: 0, _folder: folder }
    }

    fn pass(&mut self, minutes: i64) {
        self.now += SignedDuration::from_mins(minutes);
    }

    async fn write(&mut self, count: u64) {
        let mut stories = Vec::new();
        for _ in 0..count {
            self.written += 1;
            let title = format!("Tin số {}", self.written);
            let report = Report {
                source: Slug::new("a").expect("a slug"),
                guid: self.written.to_string(),
                url: Some(format!("https://a.vn/{}", self.written)),
                title: title.clone(),
                summary: String::new(),
                content: None,
                image: None,
                authors: vec![],
                categories: vec![],
                published: None,
                seen: self.now,
                gone: None,
                feed: None,
            };
            let id = StoryId(u128::from(self.written).to_be_bytes());
            let (published, arrived, updated) = (self.now, self.now, self.now);
            let story = Story { id, seq: 0, published, arrived, updated, topics: vec![], entries: vec![report] };
            self.truth.insert(diemtin::flow::render::story_tag(id), title);
            stories.push(StoryChange { story, entries: vec![(EntryKey(id.0), 1)], links: vec![], sketch: Sketch::default() });
        }
        self.store.commit(Batch { stories, ..Batch::default() }).await.expect("stored");
    }

    async fn edit(&mut self, number: u64) {
        let id = StoryId(u128::from(number).to_be_bytes());
        let mut story = self.store.story(id).expect("readable").expect("stored");
        story.entries[0].title = format!("Tin số {number}, đã sửa");
        story.updated = self.now;
        self.truth.insert(diemtin::flow::render::story_tag(id), story.entries[0].title.clone());
        let change = StoryChange { story, entries: vec![(EntryKey(id.0), 2)], links: vec![], sketch: Sketch::default() };
        self.store.commit(Batch { stories: vec![change], ..Batch::default() }).await.expect("stored");
    }

    async fn take_down(&mut self, number: u64) {
        let story = StoryId(u128::from(number).to_be_bytes());
        self.truth.remove(&diemtin::flow::render::story_tag(story));
        let withdrawal = Withdrawal { story, when: self.now, who: "toà soạn".to_owned(), why: "gỡ".to_owned() };
        withdraw(&self.store, withdrawal).await.expect("withdrawn");
    }

    async fn put_back(&mut self, number: u64) {
        let id = StoryId(u128::from(number).to_be_bytes());
        self.truth.insert(diemtin::flow::render::story_tag(id), format!("Tin số {number}"));
        restore(&self.store, id).await.expect("restored");
    }

    fn restart(&mut self) {
        self.press = Press::new(Arc::clone(&self.config), &self.store, &Site::default()).expect("a press");
    }

    fn publish(&mut self) {
        self.press.follow(&self.store).expect("followed");
        let site = self.press.print(&self.store, self.now).expect("printed");
        let archives = Some(archive_maker(self.press.archives(), &self.config, &self.store, || Timestamp::UNIX_EPOCH));
        self.site = Arc::new(Site { archives, ..site });
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String, String) {
        let (status, etag, _, body) = self.answer(path, headers).await;
        (status, etag, body)
    }

    /// Status, tag, where to go instead, and body.
    async fn answer(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String, String, String) {
        let mut request = http::Request::get(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let (head, ()) = request.body(()).expect("a request").into_parts();
        let answer = respond(head, &ArcSwap::new(Arc::clone(&self.site)), self.now).await;
        let header = |name| answer.headers().get(name).map(|value| value.to_str().expect("ASCII").to_owned()).unwrap_or_default();
        let (etag, location) = (header("etag"), header("location"));
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        (status, etag, location, String::from_utf8(body.to_vec()).expect("UTF-8"))
    }
}

/// A reader, and what it has.
#[derive(Default)]
struct Reader {
    has: BTreeMap<String, String>,
    etag: String,
    takes_deltas: bool,
    follows_archives: bool,
    archives: BTreeSet<String>,
    /// Answers by status.
    answers: BTreeMap<u16, usize>,
    bytes: usize,
}

impl Reader {
    async fn look(&mut self, world: &World) {
        let mut headers = vec![("if-none-match", self.etag.as_str())];
        if self.takes_deltas {
            headers.push(("a-im", "feed"));
        }
        let (status, etag, body) = world.get(FEED, &headers).await;
        self.etag = etag;
        *self.answers.entry(status).or_default() += 1;
        self.bytes += body.len();
        if status == 304 {
            return;
        }
        let mut next = prev_archive(&body);
        let mut documents = vec![body];
        while let Some(path) = next.take_if(|path| self.follows_archives && !self.archives.contains(path)) {
            let (status, _, body) = world.get(&path, &[]).await;
            assert_eq!(status, 200, "{path}");
            self.archives.insert(path);
            next = prev_archive(&body);
            documents.push(body);
        }
        // The oldest first, so that what is newer counts.
        documents.iter().rev().for_each(|body| self.take(body));
    }

    fn take(&mut self, body: &str) {
        let feed = atom_syndication::Feed::read_from(body.as_bytes()).expect("a feed");
        for entry in feed.entries {
            self.has.insert(entry.id, entry.title.value);
        }
        for line in body.lines().filter_map(|line| line.trim().strip_prefix("<at:deleted-entry ref=\"")) {
            self.has.remove(line.split('"').next().unwrap_or_default());
        }
    }
}

fn prev_archive(body: &str) -> Option<String> {
    linked(body, "prev-archive")
}

fn linked(body: &str, rel: &str) -> Option<String> {
    let href = body.lines().find(|line| line.contains(&format!("rel=\"{rel}\"")))?.split("href=\"").nth(1)?;
    Some(href.split('"').next()?.trim_start_matches("https://tin.example.vn").to_owned())
}

#[tokio::test]
async fn readers_of_every_habit_miss_nothing_and_get_nothing_twice() {
    let mut world = World::new();
    let mut always = Reader::default();
    let mut deltas = Reader { takes_deltas: true, ..Reader::default() };
    let mut daily = Reader { follows_archives: true, ..Reader::default() };
    let mut plainly_daily = Reader::default();
    world.write(7).await;
    for hour in 0..5 * 24 {
        let is_burst = hour == 30;
        for _ in 0..if is_burst { 60 } else { 1 } {
            world.pass(if is_burst { 1 } else { 60 });
            match hour {
                30 => world.write(17).await,
                _ if hour % 3 == 0 => world.write(2).await,
                _ => {}
            }
            if hour % 7 == 0 {
                world.edit(world.written).await;
            }
            match hour {
                50 => world.take_down(3).await,
                51 => world.take_down(world.written).await,
                60 => world.put_back(3).await,
                20 | 52 | 70 => world.restart(),
                _ => {}
            }
            world.publish();
            always.look(&world).await;
            deltas.look(&world).await;
        }
        if hour % 24 == 23 {
            daily.look(&world).await;
            if hour < 30 {
                plainly_daily.look(&world).await;
                assert_eq!(plainly_daily.has, world.truth, "a day of which the feed tells all");
            }
        }
    }
    assert!(world.written > 1_000);
    let with_restored: BTreeMap<_, _> = world.truth.clone();
    assert_eq!(deltas.has, always.has, "deltas tell what the whole tells");
    // A story that was put back is where it was: who has passed it by finds it in the archives.
    let restored = diemtin::flow::render::story_tag(StoryId(3_u128.to_be_bytes()));
    always.has.insert(restored.clone(), "Tin số 3".to_owned());
    assert_eq!(always.has, with_restored);
    daily.has.insert(restored, "Tin số 3".to_owned());
    assert_eq!(daily.has, world.truth);
    let mut new = Reader { follows_archives: true, ..Reader::default() };
    new.look(&world).await;
    let missing: Vec<_> = world.truth.iter().filter(|(id, _)| !new.has.contains_key(*id)).collect();
    assert_eq!(missing, [] as [(&String, &String); 0]);
    assert_eq!(new.has, world.truth);

    assert!(deltas.answers[&226] > 60 && deltas.answers[&200] <= 4, "{:?}", deltas.answers);
    assert!(deltas.bytes * 2 < always.bytes, "{} of {}", deltas.bytes, always.bytes);
}

#[tokio::test]
async fn an_archive_never_changes_but_for_what_happens_to_its_stories() {
    let mut world = World::new();
    for _ in 0..4 {
        world.write(3).await;
        world.pass(24 * 60);
    }
    world.publish();
    let (_, _, feed) = world.get(FEED, &[]).await;
    let newest = prev_archive(&feed).expect("an archive");
    let (_, _, archive) = world.get(&newest, &[]).await;
    let oldest = prev_archive(&archive).expect("another");
    let (status, etag, before) = world.get(&oldest, &[]).await;
    assert_eq!(status, 200);
    for rel in ["current", "next-archive"] {
        assert!(before.contains(&format!("rel=\"{rel}\"")), "{before}");
    }
    assert!(before.contains("<fh:archive/>"));
    assert_eq!(world.get(&oldest.replace(".atom", ".json"), &[]).await.0, 200);
    assert_eq!(world.get(&oldest.replace(".atom", ".html"), &[]).await.0, 404);

    world.pass(24 * 60);
    world.write(40).await;
    world.pass(48 * 60);
    world.write(1).await;
    world.restart();
    world.publish();
    assert_eq!(world.get(&oldest, &[]).await, (200, etag.clone(), before.clone()), "after news and a restart");
    assert_eq!(world.get(&oldest, &[("if-none-match", &etag)]).await.0, 304);

    world.take_down(1).await;
    world.publish();
    let (_, _, after) = world.get(&oldest, &[]).await;
    assert!(after.contains("at:deleted-entry") && !after.contains("Tin số 1<") && after.contains("Tin số 2<"), "{after}");
    world.put_back(1).await;
    world.publish();
    assert_eq!(world.get(&oldest, &[]).await.2, before);
    world.edit(2).await;
    world.publish();
    assert!(world.get(&oldest, &[]).await.2.contains("Tin số 2, đã sửa"));
}

#[tokio::test]
async fn the_day_that_is_not_over_leads_to_the_feed_until_it_is() {
    let mut world = World::new();
    for _ in 0..3 {
        world.write(3).await;
        world.pass(24 * 60);
    }
    world.publish();
    let (_, _, feed) = world.get(FEED, &[]).await;
    let newest = prev_archive(&feed).expect("an archive");
    let (_, etag, archive) = world.get(&newest, &[]).await;
    let open = linked(&archive, "next-archive").expect("the day after");
    for (ending, to) in
        [(".atom", FEED), (".rss", "/feeds/moi-nhat.rss"), (".json", "/feeds/moi-nhat.json"), ("", "/feeds/moi-nhat")]
    {
        let (status, _, location, _) = world.answer(&open.replace(".atom", ending), &[]).await;
        assert_eq!((status, location.as_str()), (302, to));
    }
    world.pass(24 * 60);
    world.write(1).await;
    world.publish();
    assert_eq!(world.get(&open, &[]).await.0, 200, "it is over");
    assert_eq!(world.get(&newest, &[]).await, (200, etag, archive), "and the one before has not changed");
}

#[tokio::test]
async fn people_turn_pages_from_the_feed_into_the_archives_and_back() {
    let mut world = World::new();
    for _ in 0..3 {
        world.write(7).await;
        world.pass(24 * 60);
    }
    world.publish();
    let link = |page: &str, rel: &str| {
        let tag = page.split("<a ").find(|tag| tag.starts_with(&format!("rel=\"{rel}\"")))?;
        Some(tag.split("href=\"").nth(1)?.split('"').next()?.to_owned())
    };
    let (mut path, mut titles) = ("/feeds/moi-nhat".to_owned(), BTreeSet::new());
    for nth in 0.. {
        let (status, _, page) = world.get(&path, &[]).await;
        assert_eq!(status, 200, "{path}");
        titles.extend((1..=world.written).filter(|number| page.contains(&format!(">Tin số {number}<"))));
        assert_eq!(link(&page, "prev").is_some(), nth > 0, "{path} leads back");
        let Some(older) = link(&page, "next") else { break };
        path = older;
    }
    assert_eq!(titles.len() as u64, world.written, "{titles:?}");
    let oldest = world.get(&path, &[]).await.2;
    assert!(oldest.contains("7 tin nhận được ngày 20/11/2026 (giờ quốc tế)"), "{oldest}");
    assert!(oldest.contains(&format!("<link rel=\"canonical\" href=\"https://tin.example.vn{path}\">")), "{oldest}");
}

/// A portal that polls seldom must hear of everything, or hear that it has not.
#[tokio::test]
async fn since_tells_all_that_came_or_says_that_it_does_not() {
    let mut world = World::new();
    world.write(8).await;
    world.publish();
    async fn sidebar(world: &World, query: &str) -> serde_json::Value {
        let (status, _, body) = world.get(&format!("/sidebar/moi-nhat.json{query}"), &[]).await;
        assert_eq!(status, 200, "{query}");
        serde_json::from_str(&body).expect("JSON")
    }
    let first = sidebar(&world, "").await;
    let cursor = first["cursor"].as_str().expect("a cursor").to_owned();
    world.pass(60);
    world.write(12).await;
    world.publish();
    for (limit, told) in [("", Some(12)), ("&limit=12", Some(12)), ("&limit=11", None)] {
        let sidebar = sidebar(&world, &format!("?since={cursor}{limit}")).await;
        let count = sidebar["stories"].as_array().expect("stories").len();
        assert_eq!((sidebar["since"].as_str().map(|_| count)), told, "{limit}");
    }
    // Those were in the feed between two looks, and are no more.
    world.pass(3 * 24 * 60);
    world.write(6).await;
    world.publish();
    let later = sidebar(&world, &format!("?since={cursor}")).await;
    assert_eq!((&later["since"], later["stories"].as_array().map(Vec::len)), (&serde_json::Value::Null, Some(6)));

    let nothing = sidebar(&world, &format!("?since={}", later["cursor"].as_str().expect("a cursor"))).await;
    assert_eq!((nothing["stories"].as_array().map(Vec::len), &nothing["updated"]), (Some(0), &later["updated"]));
    assert!(nothing["updated"].is_string());
}
