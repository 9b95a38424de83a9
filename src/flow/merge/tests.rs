//! The shelf against a naive recomputation, and what a feed takes and shows.

use std::collections::{BTreeMap, HashMap};

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::model::{Content, Origin, Slug};

const HOUR: i64 = 3600;

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn slug(text: &str) -> Slug {
    Slug::new(text).unwrap()
}

fn report(source: &str, title: &str) -> Report {
    Report {
        url: Some(format!("https://{source}.vn/{title}")),
        title: title.to_owned(),
        seen: second(0),
        ..Report::bare(source, title)
    }
}

fn carried_by(sources: &[&str]) -> Story {
    story_at(1, 0, 0, sources)
}

fn story_at(id: u8, published: i64, arrived: i64, sources: &[&str]) -> Story {
    let (published, arrived) = (second(published), second(arrived));
    let entries = sources.iter().map(|source| report(source, "tin")).collect();
    Story { id: StoryId([id; 16]), seq: 1, published, arrived, updated: published, topics: Vec::new(), entries }
}

fn story(id: u8, published: i64, arrived: i64) -> Story {
    story_at(id, published, arrived, &["a"])
}

fn shelf(limit: usize, stories: &[Story]) -> Shelf {
    let mut shelf = Shelf::new(limit);
    stories.iter().for_each(|story| shelf.put(story));
    shelf
}

fn ids(shelf: &Shelf) -> Vec<u8> {
    shelf.window().iter().map(|id| id.0[0]).collect()
}

/// The promise, word by word: the newest `limit`, and all that arrived within a day of the newest arrival, at most ten times
/// the limit.
fn naive(limit: usize, stories: &HashMap<u8, Story>) -> Vec<u8> {
    let mut all: Vec<&Story> = stories.values().collect();
    all.sort_by_key(|story| (Reverse(story.published), story.id));
    let newest = all.iter().map(|story| story.arrived).max().unwrap_or(Timestamp::MIN);
    let horizon = newest.checked_sub(WINDOW).unwrap_or(Timestamp::MIN);
    let inside = all.iter().enumerate().filter(|(i, story)| *i < limit || story.arrived >= horizon);
    inside.take(10 * limit).map(|(_, story)| story.id.0[0]).collect()
}

/// A put of a story with these times (in hours), or a removal.
fn steps() -> impl Strategy<Value = Vec<(u8, Option<(i64, i64)>)>> {
    // A story was published when it arrived or before, by up to four days.
    let times = (0i64..120, 0i64..96).prop_map(|(arrived, age)| (arrived - age, arrived));
    proptest::collection::vec((0u8..40, proptest::option::weighted(0.8, times)), 0..120)
}

proptest! {
    #[test]
    fn the_window_is_what_a_naive_recomputation_gives(limit in 1usize..8, steps in steps()) {
        let mut shelf = Shelf::new(limit);
        let mut stories: HashMap<u8, Story> = HashMap::new();
        for (id, step) in steps {
            match step {
                // A story that is there keeps its times, whatever happens to it.
                Some((published, arrived)) => {
                    let story = stories.entry(id).or_insert_with(|| story(id, published * HOUR, arrived * HOUR));
                    shelf.put(story);
                }
                None => {
                    stories.remove(&id);
                    let (_, complete) = shelf.remove(StoryId([id; 16]));
                    if !complete {
                        // What the press does: it fills the shelf anew from the store.
                        shelf = Shelf::new(limit);
                        stories.values().for_each(|story| shelf.put(story));
                    }
                }
            }
            prop_assert_eq!(ids(&shelf), naive(limit, &stories));
        }
    }

    #[test]
    fn the_window_does_not_depend_on_the_order_of_arrival(
        limit in 1usize..5,
        times in proptest::collection::vec((0i64..96, 0i64..96), 0..60),
        seed in any::<u64>(),
    ) {
        let stories: Vec<Story> =
            (0u8..).zip(&times).map(|(id, (arrived, age))| story(id, (arrived - age) * HOUR, arrived * HOUR)).collect();
        let mut shuffled = stories.clone();
        shuffled.sort_by_key(|story| xxhash_rust::xxh3::xxh3_64_with_seed(&story.id.0, seed));
        prop_assert_eq!(ids(&shelf(limit, &stories)), ids(&shelf(limit, &shuffled)));
    }
}

#[test]
fn an_empty_shelf_has_an_empty_window() {
    assert!(Shelf::new(50).window().is_empty());
}

#[test]
fn a_story_that_is_there_is_put_once() {
    assert_eq!(ids(&shelf(3, &[story(1, 5, 5), story(1, 5, 5)])), [1]);
}

#[test]
fn stories_of_one_second_stand_in_the_order_of_their_ids() {
    assert_eq!(ids(&shelf(3, &[story(2, 5, 5), story(1, 5, 5), story(3, 6, 6)])), [3, 1, 2]);
}

#[test]
fn the_border_of_the_day_is_inside() {
    let day = 24 * HOUR;
    assert_eq!(ids(&shelf(1, &[story(1, 0, 0), story(2, day, day)])), [2, 1]);
    assert_eq!(ids(&shelf(1, &[story(1, 0, 0), story(2, day + 1, day + 1)])), [2]);
}

#[test]
fn an_old_story_that_arrives_late_is_listed_by_its_date() {
    let late = story(9, -100 * HOUR, 10 * HOUR);
    assert_eq!(ids(&shelf(2, &[story(1, 0, 0), story(2, 1, 1), story(3, 2, 2), late])), [3, 2, 1, 9]);
}

#[test]
fn a_shelf_that_may_lack_what_it_forgot_says_so() {
    let old = |id: u8| story(id, i64::from(id), i64::from(id));
    let new = story(9, 100 * HOUR, 100 * HOUR);
    let mut shelf = shelf(2, &[old(1), old(2), old(3), new]);
    assert_eq!(ids(&shelf), [9, 3]);
    assert_eq!(shelf.remove(StoryId([1; 16])), (false, true), "it was forgotten, and is not missed");
    assert_eq!(shelf.remove(StoryId([3; 16])), (true, false), "the second place is for a story that was forgotten");
}

#[test]
fn the_day_ends_with_the_newest_arrival_that_is_left() {
    let mut short = shelf(1, &[story(1, 57 * HOUR, 85 * HOUR), story(2, 95 * HOUR, 95 * HOUR)]);
    assert_eq!(ids(&short), [2, 1]);
    short.put(&story(3, 119 * HOUR, 119 * HOUR));
    assert_eq!(ids(&short), [3, 2]);
    assert_eq!(short.remove(StoryId([3; 16])), (true, false), "a story that was forgotten is of the last day again");
}

#[test]
fn a_story_that_was_forgotten_may_belong_before_one_that_came_later() {
    let mut late = shelf(1, &[story(1, 0, 0), story(2, 90 * HOUR, 90 * HOUR), story(3, -HOUR, 80 * HOUR)]);
    assert_eq!(ids(&late), [2, 3]);
    late.put(&story(4, 90 * HOUR, 90 * HOUR));
    assert_eq!(late.remove(StoryId([2; 16])), (true, true), "the first place is taken by a newer story");
    assert_eq!(late.remove(StoryId([4; 16])), (true, false), "story 1 stands before story 3");
}

#[test]
fn a_shelf_that_forgot_nothing_stays_complete() {
    let mut shelf = shelf(5, &[story(1, 1, 1), story(2, 2, 2)]);
    assert_eq!(shelf.remove(StoryId([2; 16])), (true, true));
    assert_eq!(shelf.remove(StoryId([2; 16])), (false, true));
    assert_eq!(ids(&shelf), [1]);
}

fn source(id: &str, place: &str, tags: &[&str], rank: i32) -> Source {
    Source {
        id: slug(id),
        name: id.to_uppercase(),
        place: Some(place.to_owned()),
        tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
        origin: Origin::Feed { url: format!("https://{id}.vn/rss").parse().unwrap() },
        home: format!("https://{id}.vn/rss").parse().unwrap(),
        every: None,
        rank,
        enabled: true,
        push: true,
        gone: true,
        headers: BTreeMap::new(),
        timezone: TimeZone::UTC,
        encoding: None,
        content: Content::Summary,
        tracking: Vec::new(),
        link_hosts: Vec::new(),
    }
}

fn sources() -> BTreeMap<SourceId, Source> {
    let all = [source("a", "Bình Dương", &["báo"], 0), source("b", "Đồng Nai", &["cổng"], 5), source("c", "Đồng Nai", &[], 5)];
    all.into_iter().map(|source| (source.id.clone(), source)).collect()
}

fn everything() -> Feed {
    Feed {
        id: slug("tat-ca"),
        title: "Tất cả".to_owned(),
        limit: 50,
        topics: Vec::new(),
        not_topics: Vec::new(),
        sources: Vec::new(),
        not_sources: Vec::new(),
        places: Vec::new(),
        tags: Vec::new(),
        per_source: None,
        pictures: true,
        was: Vec::new(),
    }
}

#[test]
fn each_list_of_a_feed_narrows_it_and_within_a_list_any_one_suffices() {
    let in_topic = |topic: &str, story: Story| Story { topics: vec![slug(topic)], ..story };
    let (a, ab, gone) = (carried_by(&["a"]), carried_by(&["a", "b"]), carried_by(&["x"]));
    let cases: Vec<(Feed, &Story, bool)> = vec![
        (everything(), &a, true),
        (everything(), &gone, false),
        (Feed { sources: vec![slug("b")], ..everything() }, &a, false),
        (Feed { sources: vec![slug("b"), slug("a")], ..everything() }, &a, true),
        (Feed { sources: vec![slug("b")], ..everything() }, &ab, true),
        (Feed { not_sources: vec![slug("a")], ..everything() }, &a, false),
        (Feed { not_sources: vec![slug("a")], ..everything() }, &ab, true),
        (Feed { places: vec!["Đồng Nai".to_owned()], ..everything() }, &a, false),
        (Feed { places: vec!["Đồng Nai".to_owned()], ..everything() }, &ab, true),
        (Feed { tags: vec!["báo".to_owned(), "đài".to_owned()], ..everything() }, &a, true),
        (Feed { tags: vec!["cổng".to_owned()], ..everything() }, &a, false),
    ];
    for (feed, story, expected) in cases {
        assert_eq!(takes(&feed, story, &sources()), expected, "{feed:?} {story:?}");
    }
    let (tagged, plain) = (in_topic("lua", carried_by(&["a"])), carried_by(&["a"]));
    let wants = Feed { topics: vec![slug("cafe"), slug("lua")], ..everything() };
    let refuses = Feed { not_topics: vec![slug("lua")], ..everything() };
    assert_eq!([takes(&wants, &tagged, &sources()), takes(&wants, &plain, &sources())], [true, false]);
    assert_eq!([takes(&refuses, &tagged, &sources()), takes(&refuses, &plain, &sources())], [false, true]);
}

#[test]
fn the_highest_rank_leads_and_each_other_source_is_credited_once() {
    let shown = listed(&carried_by(&["a", "b", "c"]), &sources(), &[]).unwrap();
    assert_eq!(shown.source.id, slug("b"), "of two with the highest rank, the first");
    assert_eq!(shown.also.iter().map(|credit| credit.id.as_str()).collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(shown.url.as_deref(), Some("https://b.vn/tin"));
}

#[test]
fn a_source_that_is_not_configured_any_more_is_not_shown() {
    assert_eq!(listed(&carried_by(&["x"]), &sources(), &[]), None);
    let shown = listed(&carried_by(&["x", "a"]), &sources(), &[]).unwrap();
    assert_eq!((shown.source.id, shown.also), (slug("a"), Vec::new()));
}

#[test]
fn only_topics_that_are_configured_are_shown() {
    let topic = |id: &str| Topic {
        id: slug(id),
        title: id.to_uppercase(),
        any: Vec::new(),
        two_of: Vec::new(),
        learned: false,
        all: Vec::new(),
        none: Vec::new(),
        except: Vec::new(),
        fields: Vec::new(),
    };
    let story = Story { topics: vec![slug("cu"), slug("lua")], ..carried_by(&["a"]) };
    let shown = listed(&story, &sources(), &[topic("cafe"), topic("lua")]).unwrap();
    assert_eq!(shown.topics, [TopicRef { id: slug("lua"), title: "LUA".to_owned() }]);
}

#[test]
fn a_feed_without_pictures_has_none_and_is_otherwise_the_same() {
    let mut story = carried_by(&["a"]);
    story.entries[0].image = Some("https://a.vn/anh.jpg".to_owned());
    let story = Arc::new(listed(&story, &sources(), &[]).unwrap());
    let with = listing(&everything(), vec![Arc::clone(&story)]);
    assert!(Arc::ptr_eq(&with.stories[0], &story));
    let without = listing(&Feed { pictures: false, ..everything() }, vec![Arc::clone(&story)]);
    assert_eq!(*without.stories[0], Listed { image: None, ..Listed::clone(&story) });
}

#[test]
fn a_telling_whose_article_is_gone_is_not_shown() {
    let mut story = carried_by(&["a", "b"]);
    story.entries[0].gone = Some(second(9));
    let shown = listed(&story, &sources(), &[]).unwrap();
    assert_eq!((shown.source.id.as_str(), shown.also.len()), ("b", 0));
    story.entries[1].gone = Some(second(9));
    assert_eq!(listed(&story, &sources(), &[]), None);
}
