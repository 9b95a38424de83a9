//! Every branch of the decision, and what entries are called.

mod order;
mod tracking;

use std::collections::{BTreeMap, BTreeSet};
use std::slice::from_ref;

use jiff::tz::TimeZone;

use super::*;
use crate::model::{Author, Content, Entry, EntryKey, Origin, Print, Slug, Source};

const NOON: i64 = 1_795_132_800;
const HOUR: i64 = 3600;

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn source(id: &str) -> Source {
    Source {
        id: Slug::new(id).unwrap(),
        name: id.to_uppercase(),
        place: None,
        tags: Vec::new(),
        origin: Origin::Feed { url: format!("https://{id}.vn/rss").parse().unwrap() },
        home: format!("https://{id}.vn/rss").parse().unwrap(),
        every: None,
        rank: 0,
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

/// An entry; an empty guid or link is none.
fn entry(guid: &str, link: &str, title: &str) -> Entry {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Entry { guid: some(guid), url: some(link), title: title.to_owned(), ..Entry::default() }
}

fn dated(at: i64, entry: Entry) -> Entry {
    Entry { published: Some(second(at)), ..entry }
}

/// What is stored, as the decisions so far have left it.
#[derive(Clone, Default)]
struct Memory {
    entries: HashMap<EntryKey, (StoryId, Print)>,
    links: HashMap<LinkKey, StoryId>,
    stories: BTreeMap<StoryId, Story>,
    bands: HashMap<Band, BTreeSet<StoryId>>,
    ranks: HashMap<&'static str, i32>,
}

impl Memory {
    fn decide(&self, id: &str, entries: &[Entry], baseline: bool, now: i64) -> Decision {
        self.decide_for(&source(id), entries, baseline, now)
    }

    fn decide_for(&self, source: &Source, entries: &[Entry], baseline: bool, now: i64) -> Decision {
        let gists = Gists::default();
        let named = name(source, entries, second(now));
        let stories = self.stories.iter().map(|(id, story)| (*id, story.clone())).collect();
        let mut known = Known { entries: self.entries.clone(), links: self.links.clone(), stories, ..Known::default() };
        for search in searches(&named, &known, &gists) {
            let near: BTreeSet<StoryId> =
                search.sketch.bands.iter().filter_map(|band| self.bands.get(band)).flatten().copied().collect();
            known.near.insert(search.key, near.into_iter().collect());
        }
        let rank = |source: &SourceId| self.ranks.get(source.as_str()).copied().unwrap_or(0);
        decide(&named, &known, &Ground { baseline, gists: &gists, rank: &rank, now: second(now) })
    }

    fn apply(&mut self, decision: Decision) {
        for change in decision.stories {
            let id = change.story.id;
            self.entries.extend(change.entries.into_iter().map(|(key, print)| (key, (id, print))));
            self.links.extend(change.links.into_iter().map(|link| (link, id)));
            for band in change.sketch.bands {
                self.bands.entry(band).or_default().insert(id);
            }
            self.stories.insert(id, change.story);
        }
    }

    /// Takes a later document of a source; (new, updated, seen).
    fn take(&mut self, id: &str, entries: &[Entry], now: i64) -> (usize, usize, usize) {
        let decision = self.decide(id, entries, false, now);
        let counts = (decision.new, decision.updated, decision.seen);
        self.apply(decision);
        counts
    }

    /// The only story.
    fn story(&self) -> &Story {
        assert_eq!(self.stories.len(), 1, "{:#?}", self.stories);
        self.stories.values().next().unwrap()
    }

    /// Every source's reports, without the time that they were first seen at.
    fn reports(&self) -> BTreeMap<(String, String), Report> {
        let all = self.stories.values().flat_map(|story| &story.entries);
        all.map(|r| ((r.source.to_string(), r.guid.clone()), Report { seen: second(0), ..r.clone() })).collect()
    }
}

#[test]
fn an_entry_is_new_then_seen_then_changed() {
    let mut memory = Memory::default();
    let first = entry("1", "https://a.vn/1", "Một");
    assert_eq!(memory.take("a", from_ref(&first), NOON), (1, 0, 0));
    assert_eq!(memory.take("a", from_ref(&first), NOON + HOUR), (0, 0, 1));
    assert_eq!(memory.story().updated, second(NOON));
    assert_eq!(memory.take("a", &[Entry { title: "Một (sửa)".into(), ..first }], NOON + HOUR), (0, 1, 0));
    let story = memory.story();
    assert_eq!((story.published, story.arrived, story.updated), (second(NOON), second(NOON), second(NOON + HOUR)));
    assert_eq!((story.entries.len(), story.entries[0].seen), (1, second(NOON)));
}

#[test]
fn only_a_change_of_what_is_shown_moves_updated() {
    let base = Entry { text: "Tóm tắt".into(), ..entry("1", "https://a.vn/1", "Một") };
    let author = Author { name: Some("A".into()), email: None };
    for (changed, moves) in [
        (Entry { title: "Khác".into(), ..base.clone() }, true),
        (Entry { text: "Khác".into(), ..base.clone() }, true),
        (Entry { url: Some("https://a.vn/2".into()), ..base.clone() }, true),
        (Entry { image: Some("https://a.vn/1.jpg".into()), ..base.clone() }, false),
        (Entry { categories: vec!["Thời sự".into()], ..base.clone() }, false),
        (Entry { authors: vec![author], ..base.clone() }, false),
    ] {
        let mut memory = Memory::default();
        memory.take("a", from_ref(&base), NOON);
        assert_eq!(memory.take("a", from_ref(&changed), NOON + HOUR), (0, 1, 0), "{changed:?}");
        assert_eq!(memory.story().updated == second(NOON + HOUR), moves, "{changed:?}");
        assert_eq!(memory.story().published, second(NOON), "an edit never moves it");
    }
}

#[test]
fn what_changes_by_itself_is_no_change() {
    let base = entry("1", "https://a.vn/1?utm_source=rss", "Một");
    for same in
        [dated(NOON - HOUR, base.clone()), Entry { url: Some("http://www.a.vn/1?utm_source=home".into()), ..base.clone() }]
    {
        let mut memory = Memory::default();
        memory.take("a", from_ref(&base), NOON);
        assert_eq!(memory.take("a", from_ref(&same), NOON + HOUR), (0, 0, 1), "{same:?}");
    }
}

#[test]
fn an_edit_of_who_does_not_lead_is_not_shown() {
    let mut memory = Memory::default();
    memory.take("a", &[entry("1", "https://a.vn/1", "Của A")], NOON);
    memory.take("b", &[entry("9", "https://a.vn/1", "Của B")], NOON + 60);
    assert_eq!(memory.take("b", &[entry("9", "https://a.vn/1", "Của B (sửa)")], NOON + HOUR), (0, 1, 0));
    assert_eq!((memory.story().updated, memory.story().entries.len()), (second(NOON), 2));
}

#[test]
fn a_higher_rank_that_joins_takes_the_lead_and_that_is_an_update() {
    let mut memory = Memory { ranks: HashMap::from([("b", 5)]), ..Memory::default() };
    memory.take("a", &[entry("1", "https://a.vn/1", "Của A")], NOON);
    assert_eq!(memory.take("b", &[entry("9", "http://www.a.vn/1/?utm_source=x", "Của B")], NOON + HOUR), (1, 0, 0));
    assert_eq!((memory.story().updated, memory.story().published), (second(NOON + HOUR), second(NOON)));
}

#[test]
fn a_lost_date_is_remembered() {
    let mut memory = Memory::default();
    memory.take("a", &[dated(NOON - HOUR, entry("1", "https://a.vn/1", "Một"))], NOON);
    memory.take("a", &[entry("1", "https://a.vn/1", "Một")], NOON + HOUR);
    assert_eq!(memory.story().entries[0].published, Some(second(NOON - HOUR)));
    assert_eq!(memory.take("a", &[entry("1", "https://a.vn/1", "Một")], NOON + HOUR), (0, 0, 1));
}

#[test]
fn when_a_story_is_published_and_arrives() {
    // (baseline, date) → (published, arrived)
    let cases = [
        (false, None, NOON, NOON),
        (false, Some(NOON - HOUR), NOON - HOUR, NOON),
        (false, Some(NOON + HOUR), NOON, NOON),
        (true, None, NOON, NOON),
        (true, Some(NOON - HOUR), NOON - HOUR, NOON - HOUR),
        (true, Some(NOON + HOUR), NOON, NOON),
    ];
    for (baseline, date, published, arrived) in cases {
        let one = Entry { published: date.map(second), ..entry("1", "https://a.vn/1", "Một") };
        let mut memory = Memory::default();
        memory.apply(memory.decide("a", &[one], baseline, NOON));
        let story = memory.story();
        let expected = (second(published), second(arrived), second(published));
        assert_eq!((story.published, story.arrived, story.updated), expected, "{baseline} {date:?}");
    }
}

#[test]
fn a_document_without_dates_keeps_its_order() {
    for baseline in [true, false] {
        let mut memory = Memory::default();
        let entries: Vec<Entry> =
            (0..9).map(|n| entry(&n.to_string(), &format!("https://a.vn/{n}"), &format!("Bài {n}"))).collect();
        let decision = memory.decide("a", &entries, baseline, NOON);
        let mut stories: Vec<_> = decision.stories.iter().map(|change| &change.story).collect();
        stories.sort_by_key(|story| std::cmp::Reverse(story.published));
        assert_eq!(stories.iter().map(|story| &story.entries[0].title[..]).collect::<Vec<_>>(), titles(&entries), "{baseline}");
        assert_eq!(stories[0].published, second(NOON), "the first when it was seen");
        assert!(stories.iter().all(|story| story.published <= story.arrived && story.arrived <= second(NOON)));
        memory.apply(decision);
    }
}

fn titles(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| &entry.title[..]).collect()
}

#[test]
fn a_story_that_another_node_began_is_joined_though_its_link_is_not_known() {
    let mut memory = Memory::default();
    memory.take("a", &[entry("1", "https://a.vn/1", "Một")], NOON);
    memory.links.clear();
    assert_eq!(memory.take("b", &[entry("2", "https://a.vn/1", "Hai")], NOON), (1, 0, 0));
    assert_eq!((memory.story().entries.len(), memory.links.len()), (2, 1), "and its link is known again");
}

#[test]
fn what_was_pruned_is_seen_and_only_another_entry_brings_it_back() {
    let mut memory = Memory::default();
    let one = entry("1", "https://a.vn/1", "Một");
    memory.take("a", from_ref(&one), NOON);
    let id = memory.story().id;
    memory.stories.clear();
    assert_eq!(memory.take("a", from_ref(&one), NOON), (0, 0, 1));
    let edited = Entry { title: "Một (sửa)".into(), ..one };
    assert_eq!(memory.take("a", from_ref(&edited), NOON), (0, 0, 1), "an edit does not bring it back");
    assert!(memory.stories.is_empty());
    assert_eq!(memory.take("b", &[entry("2", "https://a.vn/1", "Hai")], NOON + HOUR), (1, 0, 0));
    assert_eq!((memory.story().id, memory.story().published), (id, second(NOON + HOUR)));
    assert_eq!(memory.take("a", &[edited], NOON + HOUR), (0, 1, 0), "then its owner may report on it again");
    assert_eq!(memory.story().entries.len(), 2);
}

#[test]
fn no_edit_takes_over_a_link() {
    let mut memory = Memory::default();
    memory.take("a", &[entry("1", "https://a.vn/1", "Một")], NOON);
    memory.take("b", &[entry("9", "https://b.vn/9", "Chín")], NOON);
    let links = memory.links.clone();
    memory.take("b", &[entry("9", "https://a.vn/1", "Chín")], NOON);
    memory.take("b", &[entry("9", "https://a.vn/2", "Chín")], NOON);
    assert_eq!(memory.links, links, "nor one that another source may still come to publish");
}

#[test]
fn an_article_that_comes_again_under_a_new_guid_shows_its_new_text() {
    let mut memory = Memory::default();
    memory.take("a", &[entry("1", "https://a.vn/1", "Một")], NOON);
    let story = memory.story().clone();
    memory.take("a", &[entry("2", "https://a.vn/1?utm_source=rss", "Một (mới)")], NOON + HOUR);
    assert_eq!((memory.story().id, memory.story().published), (story.id, story.published));
    assert_eq!(memory.story().entries.len(), 1, "a source has one report in a story");
    assert_eq!(memory.story().entries[0].title, "Một (mới)");
    assert_eq!(memory.story().entries[0].seen, story.entries[0].seen);
}

#[test]
fn the_last_of_a_document_happened_first() {
    let mut memory = Memory::default();
    let newest_first = [entry("2", "https://a.vn/2", "Hai"), entry("1", "https://a.vn/1", "Một")];
    let decision = memory.decide("a", &newest_first, false, NOON);
    let titles: Vec<&str> = decision.stories.iter().map(|change| change.story.entries[0].title.as_str()).collect();
    assert_eq!(titles, ["Một", "Hai"]);
    memory.apply(decision);
}

/// What entries of one document are called.
fn names(entries: &[Entry]) -> Vec<String> {
    name(&source("a"), entries, second(NOON)).into_iter().map(|named| named.report.guid).collect()
}

#[test]
fn an_entry_is_called_by_guid_then_link_then_title_and_date() {
    assert_eq!(names(&[entry("g", "https://a.vn/1", "Một")]), ["g"]);
    assert_eq!(names(&[entry("", "http://www.a.vn/1/?utm_source=x", "Một")]), ["a.vn/1"]);
    assert_eq!(names(&[entry("", "", "Một")]), ["Một\n"]);
    assert_eq!(names(&[dated(NOON, entry("", "https://a.vn/", "Một"))]), ["Một\n2026-11-20T00:00:00Z"]);
}

#[test]
fn a_name_that_several_share_is_no_name() {
    let one_guid = [entry("0", "https://a.vn/1", "Một"), entry("0", "https://a.vn/2", "Hai")];
    assert_eq!(names(&one_guid), ["a.vn/1", "a.vn/2"]);
    let one_guid_no_link = [entry("0", "", "Một"), entry("0", "https://a.vn/2", "Hai")];
    assert_eq!(names(&one_guid_no_link), ["Một\n", "a.vn/2"]);
    let one_link = name(&source("a"), &[entry("1", "https://a.vn/x", "Một"), entry("2", "https://a.vn/x", "Hai")], second(NOON));
    assert!(one_link.iter().all(|named| named.link.is_none()));
    assert_ne!(one_link[0].story, one_link[1].story);
    let twice = [entry("1", "https://a.vn/1", "Một"), entry("1", "https://a.vn/1", "Một (cũ)")];
    assert_eq!(names(&twice), ["1"], "the same entry twice is taken once");
    assert_eq!(name(&source("a"), &twice, second(NOON))[0].report.title, "Một", "and that is the first");
}

#[test]
fn a_name_is_the_sources_own() {
    let of = |id: &str| name(&source(id), &[entry("1", "https://a.vn/1", "Một")], second(NOON)).remove(0);
    assert_ne!(of("a").key, of("b").key);
    assert_eq!((of("a").link, of("a").story, of("a").print), (of("b").link, of("b").story, of("b").print));
}

#[test]
fn what_is_kept_has_limits() {
    let long = "dài ".repeat(1000);
    let huge = Entry {
        title: long.clone(),
        text: long.clone(),
        content: Some("<p>x</p>".repeat(40_000)),
        authors: vec![Author::default(); 50],
        categories: (0..50).map(|n| n.to_string()).collect(),
        ..entry("1", "", "")
    };
    let full = Source { content: Content::Full, ..source("a") };
    let kept = name(&full, &[huge], second(NOON)).remove(0).report;
    assert!(kept.title.chars().count() <= 301 && kept.summary.chars().count() <= 2001);
    assert_eq!((kept.authors.len(), kept.categories.len(), kept.content), (20, 20, None), "cut HTML is broken HTML");

    let article =
        Entry { content: Some("<p>Toàn văn</p>".into()), text: "Không có tiêu đề".into(), ..entry("1", "", "") };
    assert_eq!(name(&full, from_ref(&article), second(NOON))[0].report.content.as_deref(), Some("<p>Toàn văn</p>"));
    let summary = name(&source("a"), &[article], second(NOON)).remove(0).report;
    assert_eq!((summary.content, summary.title.as_str()), (None, "Không có tiêu đề"));
}

#[test]
fn a_stored_entry_is_known_by_what_it_was_stored_under() {
    for one in [entry("g", "https://a.vn/1", "Một"), entry("", "https://a.vn/1?b=2&a=1", "Hai"), dated(NOON, entry("", "", "Ba"))]
    {
        let named = name(&source("a"), &[one], second(NOON)).remove(0);
        assert_eq!(keys(&named.report, &[]), (named.key, named.print, named.link));
    }
}
