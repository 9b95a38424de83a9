//! What is found as a possible near copy, at what cost, and what a story that comes in between does.

use jiff::Timestamp;

use super::*;
use crate::edge::store::tests::{Case, change, id, on_every_kind, sketch, story};
use crate::model::{Batch, EntryKey, Known, NEAR, Story, StoryChange};

/// A time in a span.
fn within(span: i32) -> Timestamp {
    Timestamp::from_second(i64::from(span) * NEAR.as_secs() + 60).unwrap()
}

/// A new story of a span with bands.
fn posted(n: u8, span: i32, bands: &[Band]) -> StoryChange {
    let change = change(Story { published: within(span), ..story(n, 0) });
    StoryChange { sketch: sketch(bands), ..change }
}

fn batch(stories: Vec<StoryChange>, based_on: Option<u64>) -> Batch {
    Batch { stories, based_on, ..Batch::default() }
}

/// The stories that share one of these bands, around a span.
fn found(case: &Case, span: i32, bands: &[Band]) -> Vec<StoryId> {
    let mut known = Known::default();
    let key = EntryKey([200; 16]);
    case.store().near(&[Search { key, published: within(span), sketch: sketch(bands) }], &mut known).unwrap();
    known.near.remove(&key).unwrap()
}

fn stories_of_the_spans_around_are_found_those_that_share_most_first(mut case: Case) {
    let stories = vec![posted(1, 10, &[7]), posted(2, 11, &[7, 8]), posted(3, 12, &[7]), posted(4, 10, &[9])];
    case.commit(batch(stories, None)).unwrap();
    for _ in 0..2 {
        assert_eq!(found(&case, 10, &[7, 8]), [id(2), id(1)]);
        assert_eq!(found(&case, 13, &[7]), [id(3)]);
        assert_eq!(found(&case, -9_999, &[7, 8, 9]), []);
        case.reopen();
    }
}

fn what_comes_after_a_span_was_read_is_found_too(case: Case) {
    assert_eq!(found(&case, 10, &[7]), []);
    case.commit(batch(vec![posted(1, 10, &[7])], None)).unwrap();
    assert_eq!(found(&case, 10, &[7, 8]), [id(1)]);
    let more = Story { published: within(10), ..story(1, 1) };
    case.commit(batch(vec![StoryChange { sketch: sketch(&[8]), ..change(more) }], None)).unwrap();
    assert_eq!(found(&case, 10, &[8]), [id(1)], "a change adds bands");
    assert_eq!(found(&case, 10, &[7]), [id(1)], "and takes none away");
}

fn a_band_that_everybody_has_leads_to_nobody(case: Case) {
    let common: Vec<_> = (1..=100).map(|n| posted(n, 10, &[7, u64::from(n) + 100])).collect();
    case.commit(batch(common, None)).unwrap();
    assert_eq!(found(&case, 10, &[7]), []);
    assert_eq!(found(&case, 10, &[7, 190]), [id(90)], "what another band finds is found all the same");
    let all: Vec<Band> = (101..=150).collect();
    assert_eq!(found(&case, 10, &all).len(), MOST_CANDIDATES);
}

fn what_shares_a_band_and_few_words_is_not_found(mut case: Case) {
    let with_words = |n: u8, words: &[u16]| {
        let change = posted(n, 10, &[7, u64::from(n)]);
        StoryChange { sketch: Sketch { words: words.to_vec(), ..change.sketch }, ..change }
    };
    let others = with_words(1, &[1, 2, 3, 40, 50, 60, 70, 80]);
    case.commit(batch(vec![others, with_words(2, &[1, 2, 3, 4, 50, 60, 70, 80])], None)).unwrap();
    let search = |words: &[u16]| {
        let key = EntryKey([200; 16]);
        let sketch = Sketch { bands: vec![1, 2, 7], words: words.to_vec() };
        Search { key, published: within(10), sketch }
    };
    let found = |case: &Case| {
        let mut known = Known::default();
        case.store().near(&[search(&[1, 2, 3, 4, 5, 6, 7, 8])], &mut known).unwrap();
        known.near.into_values().flatten().collect::<Vec<_>>()
    };
    for _ in 0..2 {
        assert_eq!(found(&case), [id(2)]);
        case.reopen();
    }
    // Another report of the first story says more.
    let more = Story { published: within(10), ..story(1, 1) };
    let sketch = Sketch { bands: vec![2], words: vec![1, 2, 3, 4, 5, 6, 90, 91] };
    case.commit(batch(vec![StoryChange { sketch, ..change(more) }], None)).unwrap();
    for _ in 0..2 {
        assert_eq!(found(&case), [id(1), id(2)]);
        case.reopen();
    }
}

fn a_removed_story_leaves_no_row(mut case: Case) {
    case.commit(batch(vec![posted(1, 10, &[7])], None)).unwrap();
    assert_eq!(found(&case, 10, &[7]), [id(1)]);
    case.block_on(case.store().remove(vec![(id(1), 1)], Timestamp::UNIX_EPOCH)).unwrap();
    case.reopen();
    assert_eq!(found(&case, 10, &[7]), []);
}

fn a_decision_that_a_near_copy_overtook_is_void(case: Case) {
    case.commit(batch(vec![posted(1, 10, &[7])], Some(0))).unwrap();
    let overtaken = case.commit(batch(vec![posted(2, 11, &[7])], Some(0)));
    assert!(matches!(overtaken, Err(StoreError::Conflict)), "{overtaken:?}");
    assert_eq!(case.store().story(id(2)).unwrap(), None);
    case.commit(batch(vec![posted(2, 11, &[7])], Some(1))).unwrap();
    case.commit(batch(vec![posted(3, 11, &[8])], Some(1))).expect("another band is another matter");
    case.commit(batch(vec![posted(4, 11, &[7]), posted(5, 11, &[7])], Some(3))).expect("one decision made both");
}

fn a_story_that_is_told_again_fills_no_band(mut case: Case) {
    case.commit(batch(vec![posted(1, 10, &[7]), posted(2, 10, &[7])], None)).unwrap();
    for seq in 2..60 {
        let again = Story { published: within(10), ..story(2, seq) };
        case.commit(batch(vec![StoryChange { sketch: sketch(&[7]), ..change(again) }], None)).unwrap();
    }
    for _ in 0..2 {
        assert_eq!(found(&case, 10, &[7]), [id(1), id(2)]);
        case.reopen();
    }
}

fn what_is_committed_while_a_span_is_read_is_in_it(case: Case) {
    let bands: Vec<Band> = (0..50).collect();
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| (0..200).map(|span| found(&case, span % 50, &[3]).len()).sum::<usize>());
        for n in 1..=100 {
            case.commit(batch(vec![posted(n, i32::from(n) % 50, &bands[..usize::from(n % 7) + 4])], None)).unwrap();
        }
        reader.join().unwrap();
    });
    let around = |span: i32| (1..=100).filter(|n| (n % 50 - span).abs() <= 1).count();
    (0..50).for_each(|span| assert_eq!(found(&case, span, &[3]).len(), around(span)));
}

#[test]
fn what_is_committed_after_a_span_could_not_be_read_waits_for_nobody() {
    let index = Index::default();
    let search = Search { key: EntryKey([200; 16]), published: within(10), sketch: sketch(&[7]) };
    let failed = || StoreError::Failed { doing: "to look for near copies", why: "EIO".to_owned() };
    assert!(index.candidates(&search, |_, _| Err(failed())).is_err());
    index.post(&[(10, id(1), sketch(&[7]))]);
    assert!(lock(&index.spans).awaited.is_none());
    // It is on the disk by then.
    let found = index.candidates(&search, |span, take| {
        if span == 10 {
            take(id(1), &sketch(&[7]));
        }
        Ok(())
    });
    assert_eq!(found.unwrap(), [id(1)]);
}

on_every_kind! {
    stories_of_the_spans_around_are_found_those_that_share_most_first
    what_comes_after_a_span_was_read_is_found_too
    a_band_that_everybody_has_leads_to_nobody
    what_shares_a_band_and_few_words_is_not_found
    a_removed_story_leaves_no_row
    a_decision_that_a_near_copy_overtook_is_void
    a_story_that_is_told_again_fills_no_band
    what_is_committed_while_a_span_is_read_is_in_it
}
