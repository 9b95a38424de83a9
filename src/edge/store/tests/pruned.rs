//! What pruned stories leave: names and marks stay until they are told to go, and then nothing is left of them.

use super::withdrawal::{taken_down, withdrawal};
use super::*;
use crate::model::{LastListed, Mark, Pruned, Sketch, SourceTag};

fn minute(minute: i64) -> Timestamp {
    second(minute * 60)
}

fn listed(source: &str, at: i64) -> LastListed {
    (SourceTag::of(&slug(source)), minute(at))
}

fn marks(case: &Case, n: u8) -> Vec<LastListed> {
    let mut marks = case.store().marks(&[id(n)]).unwrap().remove(&id(n)).unwrap_or_default();
    marks.sort_unstable();
    marks
}

fn sorted(mut marks: Vec<LastListed>) -> Vec<LastListed> {
    marks.sort_unstable();
    marks
}

/// A story that two sources have.
fn shared(n: u8, seq: u64) -> Story {
    Story { entries: vec![report("a", &n.to_string()), report("b", &n.to_string())], ..story(n, seq) }
}

fn stat(case: &Case, name: &str) -> u64 {
    case.store().stats().unwrap().into_iter().find(|(of, _)| *of == name).map_or(0, |(_, number)| number)
}

fn is_whole(case: &Case) -> bool {
    case.block_on(case.store().inspect()).unwrap().is_empty()
}

fn a_pruned_story_leaves_a_mark_for_each_source_and_a_document_renews_them(mut case: Case) {
    case.commit(batch([shared(1, 0), story(2, 0)])).unwrap();
    case.remove(vec![id(1)]);
    // Seconds count as the minute that has begun.
    assert_eq!(marks(&case, 1), sorted(vec![listed("a", 1), listed("b", 1)]));
    let marks_of = |n, source, at| vec![Mark { story: id(n), listed: listed(source, at) }];
    case.commit(Batch { marks: marks_of(1, "b", 7), ..Batch::default() }).unwrap();
    case.commit(Batch { marks: marks_of(1, "c", 8), ..batch([story(3, 0)]) }).unwrap();
    for _ in 0..2 {
        assert_eq!(marks(&case, 1), sorted(vec![listed("a", 1), listed("b", 7), listed("c", 8)]));
        assert_eq!(marks(&case, 9), []);
        assert!(is_whole(&case));
        case.reopen();
    }
    assert_eq!(case.store().pruned_after(None, 9).unwrap(), [id(1)]);
}

fn pruned_stories_are_reached_in_small_steps(case: Case) {
    case.commit(batch((0..=255).map(|n| shared(n, 0)))).unwrap();
    case.remove((0..=254).map(id).collect());
    let mut seen = Vec::new();
    while let Some(step) = Some(case.store().pruned_after(seen.last().copied(), 7).unwrap()).filter(|step| !step.is_empty()) {
        seen.extend(step);
    }
    assert_eq!(seen, (0..=254).map(id).collect::<Vec<_>>());
}

fn of_a_story_that_has_expired_nothing_is_left(mut case: Case) {
    case.commit(batch([shared(1, 0), story(2, 0), story(3, 0)])).unwrap();
    case.remove(vec![id(1)]);
    case.remove(vec![id(2)]);
    assert!(is_whole(&case), "and all keys are known in memory");
    let known = |case: &Case, n| case.store().known(&[lookup(n, 0)]).unwrap();
    assert!(known(&case, 1).entries.contains_key(&EntryKey([1; 16])));
    let expire = |case: &Case, stories: &[u8]| {
        case.block_on(case.store().expire(stories.iter().copied().map(id).collect())).unwrap();
    };
    expire(&case, &[1, 3, 9]);
    for _ in 0..2 {
        assert!(known(&case, 1).entries.is_empty() && known(&case, 2).entries.len() == 1 && known(&case, 3).entries.len() == 1);
        assert_eq!(case.store().story_of(LinkKey([1; 16])).unwrap(), None);
        assert_eq!(case.store().standing(id(1)).unwrap(), Standing::Unknown);
        assert_eq!(case.store().standing(id(2)).unwrap(), Standing::Pruned);
        assert_eq!(case.seqs(), [(3, id(3)), (5, id(2))]);
        assert!(is_whole(&case), "the books know of it");
        case.reopen();
    }
    assert_eq!((stat(&case, "names of entries"), stat(&case, "marks of pruned stories")), (2, 1));
    expire(&case, &[2]);
    assert_eq!(case.seqs(), [(3, id(3)), (5, id(2))], "the last change keeps its number");
    case.reopen();
    case.commit(batch([story(1, 0)])).unwrap();
    assert_eq!(case.seqs(), [(3, id(3)), (5, id(2)), (6, id(1))], "no number is given twice");
    assert!(is_whole(&case));
}

fn a_story_that_has_come_back_keeps_its_names_and_their_marks(mut case: Case) {
    case.commit(batch([story(1, 0)])).unwrap();
    case.remove(vec![id(1)]);
    // Another source has it now; the entry of the first still leads to it.
    let back = Story { entries: vec![report("b", "1")], ..story(1, 0) };
    case.commit(Batch {
        stories: vec![StoryChange { story: back, entries: Vec::new(), links: Vec::new(), sketch: Sketch::default() }],
        ..Batch::default()
    })
    .unwrap();
    case.block_on(case.store().expire(vec![id(1)])).unwrap();
    assert!(case.store().pruned_after(None, 9).unwrap().is_empty());
    assert_eq!(case.store().known(&[lookup(1, 1)]).unwrap().entries.len(), 1);
    assert!(is_whole(&case));
    case.reopen();
    case.remove(vec![id(1)]);
    assert_eq!(marks(&case, 1), sorted(vec![listed("a", 1), listed("b", 1)]), "the first may list it still");
    assert!(is_whole(&case));
}

fn a_name_that_is_taken_over_brings_its_marks(case: Case) {
    case.commit(batch([story(3, 0)])).unwrap();
    let name = |n, listed| Pruned { entry: EntryKey([n; 16]), story: id(n), listed };
    let names = vec![name(1, vec![listed("a", 5), listed("b", 6)]), name(2, Vec::new()), name(3, vec![listed("a", 5)])];
    for _ in 0..2 {
        case.block_on(case.store().bury(names.clone())).unwrap();
        assert_eq!(marks(&case, 1), sorted(vec![listed("a", 5), listed("b", 6)]));
        assert_eq!(marks(&case, 2), [(SourceTag::UNKNOWN, minute(0))], "nobody knows who had it");
        assert_eq!(case.store().standing(id(3)).unwrap(), Standing::Stored);
        assert!(is_whole(&case));
    }
}

fn that_a_story_was_taken_down_outlives_it(mut case: Case) {
    case.commit(batch([story(1, 0), story(2, 0)])).unwrap();
    case.commit(taken_down(1, 1, Some(withdrawal(1)))).unwrap();
    case.remove(vec![id(1)]);
    case.block_on(case.store().expire(vec![id(1)])).unwrap();
    case.reopen();
    assert_eq!(case.store().withdrawals().unwrap().into_keys().collect::<Vec<_>>(), [id(1)]);
    let change = |withdrawal| Batch { withdrawals: vec![(id(1), withdrawal)], ..Batch::default() };
    case.commit(change(None)).unwrap();
    assert!(case.store().withdrawals().unwrap().is_empty());
    case.commit(change(Some(withdrawal(1)))).unwrap();
    assert_eq!(case.store().withdrawals().unwrap().len(), 1, "also of a story that is not stored");
    assert!(is_whole(&case));
}

fn what_all_keys_in_memory_say_of_records_that_stand_alone_is_right(case: Case) {
    // Its id is as long as a hash.
    let source = Some((slug("mot-nguon-16-chu"), state(b"")));
    case.commit(Batch { source: source.clone(), ..taken_down(1, 0, Some(withdrawal(1))) }).unwrap();
    assert!(is_whole(&case));
    case.commit(Batch { source, withdrawals: vec![(id(1), None)], ..Batch::default() }).unwrap();
    assert!(is_whole(&case), "what was there before the keys were told to memory is there");
}

on_every_kind! {
    a_pruned_story_leaves_a_mark_for_each_source_and_a_document_renews_them
    pruned_stories_are_reached_in_small_steps
    of_a_story_that_has_expired_nothing_is_left
    a_story_that_has_come_back_keeps_its_names_and_their_marks
    a_name_that_is_taken_over_brings_its_marks
    that_a_story_was_taken_down_outlives_it
    what_all_keys_in_memory_say_of_records_that_stand_alone_is_right
}
