//! The store's contract: whole batches or none, every field back as it was, one sequence without gaps, and errors that say so.

mod case;
mod pruned;
mod push;
pub(super) mod withdrawal;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::model::{
    Asked, Author, Band, Because, EntryKey, Expected, Habits, LinkKey, Looked, Manners, Moved, Print, Report, RollCall, Sketch,
    Slug, StoryChange, Trouble, Vanished,
};

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(super) fn slug(text: &str) -> Slug {
    Slug::new(text).unwrap()
}

pub(super) fn id(n: u8) -> StoryId {
    StoryId([n; 16])
}

fn report(source: &str, guid: &str) -> Report {
    Report {
        url: Some(format!("https://{source}.vn/{guid}")),
        title: format!("Tin {guid}"),
        seen: second(7),
        ..Report::bare(source, guid)
    }
}

pub(super) fn story(n: u8, seq: u64) -> Story {
    Story {
        id: id(n),
        seq,
        published: second(1),
        arrived: second(2),
        updated: second(3),
        topics: Vec::new(),
        entries: vec![report("a", &n.to_string())],
    }
}

fn manners() -> Manners {
    let moved = Moved { to: "https://b.vn/".to_owned(), since: second(1), hits: 3, overlaps: true, adopted: false };
    Manners {
        trouble: Some(Trouble::Overloaded),
        rests_until: Some(second(9)),
        whole: Some(second(-5)),
        robots: Some(Looked { at: second(5), welcome: false }),
        moved: Some(moved),
    }
}

pub(super) fn state(etag: &[u8]) -> SourceState {
    SourceState {
        settings: 7,
        etag: Some(etag.to_vec()),
        last_modified: Some(b"h\xF4m qua".to_vec()),
        body: Some([9; 16]),
        next: second(-5),
        checked: second(6),
        succeeded: Some(second(7)),
        interval_seconds: u64::MAX,
        because: Because::Worth(Expected { per_hour_hundredths: u32::MAX, entries_hundredths: 7 }),
        habits: Some(habits()),
        failures: u32::MAX,
        manners: manners(),
        vanished: vec![Vanished {
            entry: EntryKey([3; 16]),
            beside: EntryKey([4; 16]),
            story: id(3),
            since: second(-4),
            next: second(10),
            gone: Some(second(2)),
            is_told: true,
        }],
        roll_call: Some(RollCall { since: second(-7), last: second(-6) }),
        error: Some("hỏng".to_owned()),
    }
}

/// Habits with a different number in each place.
fn habits() -> Habits {
    let mut quarters = [[0; 4]; 24];
    quarters.iter_mut().flatten().enumerate().for_each(|(i, parts)| *parts = u16::MAX - i as u16);
    Habits {
        until_second: -5,
        quarters,
        days: [1, 2, 3, 4, 5, 6, u16::MAX],
        entries: u32::MAX,
        exposure_seconds: 8,
        followers: 9,
        judged: 10,
        excitement: 11,
        crowd: 12,
        window: 13,
        asked: Asked { minutes: 14, skip_hours: 15, skip_days: 16 },
    }
}

pub(super) fn change(story: Story) -> StoryChange {
    let n = story.id.0[0];
    StoryChange {
        story,
        entries: vec![(EntryKey([n; 16]), Print::from(n))],
        links: vec![LinkKey([n; 16])],
        sketch: Sketch::default(),
    }
}

/// A sketch of bands alone.
pub(super) fn sketch(bands: &[Band]) -> Sketch {
    Sketch { bands: bands.to_vec(), ..Sketch::default() }
}

pub(super) fn batch(stories: impl IntoIterator<Item = Story>) -> Batch {
    Batch { stories: stories.into_iter().map(change).collect(), ..Batch::default() }
}

pub(super) fn lookup(n: u8, print: Print) -> Lookup {
    Lookup { key: EntryKey([n; 16]), print, link: Some(LinkKey([n; 16])), begins: id(n) }
}

/// Makes a test of each function for each kind of store.
macro_rules! on_every_kind {
    ($($name:ident)*) => {
        mod embedded {
            $(#[test] fn $name() { super::$name($crate::edge::store::tests::Case::new()); })*
        }
        mod postgres {
            $(#[test] fn $name() { super::$name($crate::edge::store::tests::Case::postgres()); })*
        }
    };
}
pub(super) use case::{Case, database};
pub(super) use on_every_kind;

fn every_field_comes_back_as_it_was(mut case: Case) {
    let full = Report {
        url: None,
        title: "Tiêu đề “có” <dấu> & \u{1F33E}".to_owned(),
        summary: "Tóm tắt\nhai dòng".to_owned(),
        content: Some("<p>Toàn văn</p>".repeat(10_000)),
        image: Some("https://a.vn/anh.jpg".to_owned()),
        authors: vec![
            Author { name: Some("Nguyễn Văn A".to_owned()), email: None },
            Author { name: None, email: Some("b@a.vn".to_owned()) },
        ],
        categories: vec!["Thời sự".to_owned(), String::new()],
        published: Some(second(-62_135_596_800)),
        feed: Some("tag:a.vn,2026:điểm tin".to_owned()),
        ..report("a", "guid với \0 và \u{10FFFF}")
    };
    let written = Story {
        published: second(-1),
        updated: second(253_000_000_000),
        topics: vec![slug("lam-theo-bac"), slug("a")],
        entries: vec![full, report("b", "")],
        ..story(1, 0)
    };
    let sources = [(slug("a"), state(b"W/\"\x80\xFF\"")), (slug("b"), state(b""))].map(|(name, state)| (name, Arc::new(state)));
    for (name, state) in &sources {
        case.commit(Batch { source: Some((name.clone(), SourceState::clone(state))), ..Batch::default() }).unwrap();
    }
    case.commit(batch([written.clone()])).unwrap();
    let stamp = Stamp { path: "/feeds/moi-nhat.rss".to_owned(), hash: "ab".to_owned(), modified: second(5) };
    case.runtime.block_on(case.store().set_stamps(vec![stamp.clone()], 1)).unwrap();
    case.runtime.block_on(case.store().remember(Memo::Rules, vec![3; 16])).unwrap();
    for _ in 0..2 {
        let store = case.store();
        assert_eq!(store.story(id(1)).unwrap(), Some(Story { seq: 1, ..written.clone() }));
        assert_eq!(store.source_states().unwrap().into_iter().collect::<Vec<_>>(), sources);
        assert_eq!(store.stamps().unwrap(), HashMap::from([(stamp.path.clone(), stamp.clone())]));
        assert_eq!(store.recall(Memo::Rules).unwrap(), Some(vec![3; 16]));
        assert_eq!(*store.latest().borrow(), 1);
        case.reopen();
    }
}

fn what_is_empty_comes_back_empty(case: Case) {
    let bare =
        SourceState { etag: None, last_modified: None, body: None, succeeded: None, habits: None, error: None, ..state(b"") };
    case.commit(Batch { source: Some((slug("a"), bare.clone())), ..Batch::default() }).unwrap();
    assert_eq!(case.store().source_states().unwrap()["a"], Arc::new(bare));
    assert_eq!(case.store().story(id(1)).unwrap(), None);
    assert_eq!(case.store().recall(Memo::Rules).unwrap(), None);
    assert!(case.store().stamps().unwrap().is_empty());
    assert!(case.seqs().is_empty());
}

fn a_decision_on_an_old_story_is_a_conflict_and_writes_nothing(case: Case) {
    case.commit(batch([story(1, 0)])).unwrap();
    let source = Some((slug("a"), state(b"new")));
    for stale in [0, 2, 99] {
        let refused = case.commit(Batch {
            source: source.clone(),
            stories: vec![change(story(2, 0)), change(story(1, stale))],
            ..Batch::default()
        });
        assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    }
    assert_eq!(case.store().story(id(2)).unwrap(), None, "not a part of the batch");
    assert!(case.store().source_states().unwrap().is_empty());
    assert!(case.store().known(&[lookup(2, 2)]).unwrap().entries.is_empty());
    case.commit(batch([story(2, 0), story(1, 1)])).unwrap();
    assert_eq!(case.seqs(), [(2, id(2)), (3, id(1))], "a refused batch takes no number");
}

fn a_story_that_is_gone_is_a_conflict_too(case: Case) {
    case.commit(batch([story(1, 0)])).unwrap();
    case.remove(vec![id(1)]);
    assert!(matches!(case.commit(batch([story(1, 1)])), Err(StoreError::Conflict)));
}

fn the_change_sequence_has_no_gaps_and_each_story_once(mut case: Case) {
    case.commit(batch([story(1, 0), story(2, 0), story(3, 0)])).unwrap();
    assert_eq!(case.seqs(), [(1, id(1)), (2, id(2)), (3, id(3))]);
    case.commit(batch([story(2, 2)])).unwrap();
    assert_eq!(case.seqs(), [(1, id(1)), (3, id(3)), (4, id(2))], "a story stands at its last change");
    case.reopen();
    case.commit(batch([story(1, 1)])).unwrap();
    assert_eq!(case.seqs(), [(3, id(3)), (4, id(2)), (5, id(1))], "and so on after a restart");
    let some = case.store().changes_after(3, 1).unwrap();
    assert_eq!(some.iter().map(|change| change.seq).collect::<Vec<_>>(), [4]);
    assert_eq!(some[0].story.as_ref().map(|story| story.seq), Some(4));
    assert!(case.store().changes_after(5, 9).unwrap().is_empty());
    assert!(case.store().changes_after(u64::MAX, 9).unwrap().is_empty());
}

fn a_batch_that_names_a_story_twice_is_refused(case: Case) {
    let twice = case.commit(batch([story(1, 0), story(1, 0)]));
    assert!(matches!(twice, Err(StoreError::Conflict)), "the second was not decided on the first: {twice:?}");
    assert!(case.seqs().is_empty());
}

fn a_removed_story_is_told_and_its_entries_names_stay(mut case: Case) {
    case.commit(batch([story(1, 0), story(2, 0)])).unwrap();
    case.remove(vec![id(1), id(9)]);
    case.reopen();
    assert_eq!(case.store().story(id(1)).unwrap(), None);
    let changes = case.store().changes_after(2, 9).unwrap();
    assert_eq!(changes, [Change { seq: 3, id: id(1), story: None }], "one that was not there is no change");
    let known = case.store().known(&[lookup(1, 1)]).unwrap();
    assert_eq!(known.entries, HashMap::from([(EntryKey([1; 16]), (id(1), 1))]));
    assert!(known.stories.is_empty());
    case.remove(vec![id(1)]);
    assert_eq!(case.seqs(), [(2, id(2)), (3, id(1))], "removing again is nothing");
}

fn a_story_that_comes_back_was_gone_before(case: Case) {
    case.commit(batch([story(1, 0)])).unwrap();
    case.remove(vec![id(1)]);
    case.commit(batch([story(1, 0)])).unwrap();
    let changes = case.store().changes_after(1, 9).unwrap();
    let back = Some(Story { seq: 3, ..story(1, 0) });
    let expected = [Change { seq: 2, id: id(1), story: None }, Change { seq: 3, id: id(1), story: back }];
    assert_eq!(changes, expected, "a follower that missed both takes the old one off its shelf");
}

fn only_what_a_decision_needs_is_read(case: Case) {
    case.commit(batch([story(1, 0), story(2, 0), story(3, 0)])).unwrap();
    let unchanged = case.store().known(&[lookup(1, 1)]).unwrap();
    assert_eq!(unchanged.entries[&EntryKey([1; 16])], (id(1), 1));
    assert!(unchanged.stories.is_empty() && unchanged.links.is_empty());
    let changed = case.store().known(&[lookup(1, 99)]).unwrap();
    assert_eq!(changed.stories.keys().collect::<Vec<_>>(), [&id(1)]);
    let by_link = Lookup { key: EntryKey([8; 16]), link: Some(LinkKey([2; 16])), begins: id(8), ..lookup(8, 8) };
    let known = case.store().known(&[by_link]).unwrap();
    assert_eq!((known.links[&LinkKey([2; 16])], known.stories.contains_key(&id(2))), (id(2), true));
    let by_id = Lookup { key: EntryKey([8; 16]), link: None, begins: id(3), ..lookup(8, 8) };
    assert!(case.store().known(&[by_id]).unwrap().stories.contains_key(&id(3)));
    let new = case.store().known(&[lookup(7, 7)]).unwrap();
    assert!(new.entries.is_empty() && new.links.is_empty() && new.stories.is_empty());
}

fn all_stories_are_reached_in_small_steps(case: Case) {
    case.commit(batch((0..=255).map(|n| story(n, 0)))).unwrap();
    let mut seen = Vec::new();
    while let Some(step) = Some(case.store().stories_after(seen.last().copied(), 7).unwrap()).filter(|step| !step.is_empty()) {
        seen.extend(step.iter().map(|story| story.id));
    }
    assert_eq!(seen, (0..=255).map(id).collect::<Vec<_>>());
}

fn many_commits_at_once_are_all_kept_and_announced_in_order(mut case: Case) {
    let mut latest = case.store().latest();
    let stores: Vec<Arc<Store>> = (0..200).map(|_| Arc::clone(case.store())).collect();
    case.runtime.block_on(async {
        let commits = (0u8..).zip(stores).map(|(n, store)| {
            tokio::spawn(async move {
                store.commit(batch([story(n, 0)])).await.unwrap();
                // Acknowledged means readable.
                store.story(id(n)).unwrap().unwrap().seq
            })
        });
        let commits: Vec<_> = commits.collect();
        let mut seqs = Vec::new();
        for commit in commits {
            seqs.push(commit.await.unwrap());
        }
        seqs.sort_unstable();
        assert_eq!(seqs, (1..=200).collect::<Vec<u64>>());
        assert_eq!(*latest.wait_for(|seq| *seq == 200).await.unwrap(), 200);
    });
    case.reopen();
    assert_eq!(case.seqs().iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), (1..=200).collect::<Vec<u64>>());
}

fn of_two_decisions_on_one_story_exactly_one_holds(case: Case) {
    case.commit(batch([story(1, 0)])).unwrap();
    for round in 1..=20 {
        let results = case.runtime.block_on(async {
            let one = |store: Arc<Store>| tokio::spawn(async move { store.commit(batch([story(1, round)])).await });
            let (a, b) = (one(Arc::clone(case.store())), one(Arc::clone(case.store())));
            [a.await.unwrap(), b.await.unwrap()]
        });
        assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
        assert_eq!(results.iter().filter(|result| matches!(result, Err(StoreError::Conflict))).count(), 1);
    }
}

fn what_was_handed_over_is_written_before_the_store_is_closed(mut case: Case) {
    let store = Arc::clone(case.store());
    let commit = case.runtime.spawn(async move { store.commit(batch([story(1, 0)])).await });
    case.runtime.block_on(commit).unwrap().unwrap();
    case.reopen();
    assert!(case.store().story(id(1)).unwrap().is_some());
}

on_every_kind! {
    every_field_comes_back_as_it_was
    what_is_empty_comes_back_empty
    a_decision_on_an_old_story_is_a_conflict_and_writes_nothing
    a_story_that_is_gone_is_a_conflict_too
    the_change_sequence_has_no_gaps_and_each_story_once
    a_batch_that_names_a_story_twice_is_refused
    a_removed_story_is_told_and_its_entries_names_stay
    a_story_that_comes_back_was_gone_before
    only_what_a_decision_needs_is_read
    all_stories_are_reached_in_small_steps
    many_commits_at_once_are_all_kept_and_announced_in_order
    of_two_decisions_on_one_story_exactly_one_holds
    what_was_handed_over_is_written_before_the_store_is_closed
}
