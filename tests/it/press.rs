//! What a change of one story has the press print: counted, among many stories and feeds.

use std::collections::BTreeSet;
use std::sync::Arc;

use diemtin::edge::store::Store;
use diemtin::flow::render::Format;
use diemtin::model::{Batch, EntryKey, FeedId, Report, Site, Sketch, Slug, Story, StoryChange, StoryId};
use diemtin::pipeline::Press;
use jiff::{SignedDuration, Timestamp};

const STORIES: u32 = 2_000;
const TOPICS: u32 = 20;

fn slug(text: String) -> Slug {
    Slug::new(text).expect("a slug")
}

fn id(number: u32) -> StoryId {
    StoryId(u128::from(number + 1).to_be_bytes())
}

/// One story a minute; each has one topic.
fn story(number: u32) -> Story {
    let time = Timestamp::constant(1_795_132_800, 0) + SignedDuration::from_mins(i64::from(number));
    let report = Report {
        source: slug("a".to_owned()),
        guid: number.to_string(),
        url: Some(format!("https://a.vn/{number}")),
        title: format!("Tin số {number}"),
        summary: String::new(),
        content: None,
        image: None,
        authors: Vec::new(),
        categories: Vec::new(),
        published: Some(time),
        seen: time,
        gone: None,
        feed: None,
    };
    let topics = vec![slug(format!("t{}", number % TOPICS))];
    Story { id: id(number), seq: 0, published: time, arrived: time, updated: time, topics, entries: vec![report] }
}

async fn commit(store: &Store, stories: Vec<Story>) {
    let change = |story: Story| {
        let entries = vec![(EntryKey(story.id.0), 1)];
        StoryChange { story, entries, links: Vec::new(), sketch: Sketch::default() }
    };
    let stories = stories.into_iter().map(change).collect();
    store.commit(Batch { stories, ..Batch::default() }).await.expect("stored");
}

/// The pages that were printed between two sites.
fn printed(before: &Site, after: &Site) -> BTreeSet<String> {
    let is_new = |path: &String, page| before.pages.get(path).is_none_or(|old| !Arc::ptr_eq(old, page));
    after.pages.iter().filter(|(path, page)| is_new(path, page)).map(|(path, _)| path.clone()).collect()
}

/// All formats of these feeds.
fn pages(feeds: &[&str]) -> BTreeSet<String> {
    feeds.iter().flat_map(|feed| Format::ALL.map(|format| format.path(&FeedId::new(*feed).expect("a slug")))).collect()
}

#[tokio::test]
async fn a_change_of_one_story_prints_the_feeds_that_show_it_and_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("a store");
    commit(&store, (0..STORIES).map(story).collect()).await;
    let topics: String = (0..TOPICS).map(|n| format!("[topic.t{n}]\nany = [\"số {n}\"]\n")).collect();
    let feeds = format!("[source.a]\nurl = \"https://a.vn/rss\"\n[feed.moi-nhat]\nlimit = 10\n{topics}");
    let config = Arc::new(diemtin::config::read("feeds.toml", &feeds, &|_| None).expect("valid").0);
    let mut press = Press::new(config, &store, &Site::default()).expect("a press");
    let now = story(STORIES).published;
    let mut site = press.print(&store, now).expect("printed");
    let mut print = |press: &mut Press| {
        press.follow(&store).expect("followed");
        let next = press.print(&store, now).expect("printed");
        let pages = printed(&site, &next);
        site = next;
        pages
    };
    assert_eq!(print(&mut press), pages(&[]), "nothing has changed");

    // The newest story of t7: the two feeds that show it, and what names the newest of all feeds; not what the configuration alone decides.
    let mut edited = store.story(id(STORIES - TOPICS + 7)).expect("readable").expect("stored");
    edited.entries[0].title = "Sửa".to_owned();
    edited.updated = now;
    commit(&store, vec![edited]).await;
    let beside = ["/", "/opml"].map(str::to_owned);
    let expected: BTreeSet<String> = pages(&["moi-nhat", "t7"]).into_iter().chain(beside).collect();
    assert_eq!(print(&mut press), expected);

    // One that no feed shows any more, and one that changes nothing that is shown.
    let mut old = store.story(id(3)).expect("readable").expect("stored");
    old.entries[0].title = "Sửa".to_owned();
    commit(&store, vec![old]).await;
    let same = store.story(id(STORIES - 1)).expect("readable").expect("stored");
    commit(&store, vec![same]).await;
    assert_eq!(print(&mut press), pages(&[]));
}
