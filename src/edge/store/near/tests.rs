//! What is found as a possible near copy, at what cost, and what a story that comes in between does.

use super::*;
use crate::edge::store::tests::{Case, change, id, story};
use crate::model::{Batch, EntryKey, Removal};

fn band(hash: u64, day: i32) -> Band {
    Band { hash, day }
}

/// A new story with bands.
fn posted(n: u8, bands: Vec<Band>) -> StoryChange {
    StoryChange { bands, ..change(story(n, 0)) }
}

fn batch(stories: Vec<StoryChange>, based_on: Option<u64>) -> Batch {
    Batch { stories, based_on, ..Batch::default() }
}

/// The stories that share one of these bands.
fn found(case: &Case, bands: Vec<Band>) -> Vec<StoryId> {
    let mut known = Known::default();
    let key = EntryKey([200; 16]);
    case.store().near(&[Search { key, bands }], &mut known).unwrap();
    let found = known.near.remove(&key).unwrap();
    assert!(known.stories.len() == found.len() || found.iter().any(|id| !known.stories.contains_key(id)));
    found
}

#[test]
fn stories_of_three_days_before_and_after_are_found_those_that_share_most_first() {
    let mut case = Case::new();
    let stories = vec![
        posted(1, vec![band(7, 10)]),
        posted(2, vec![band(7, 13), band(8, 13)]),
        posted(3, vec![band(7, 14)]),
        posted(4, vec![band(9, 10)]),
    ];
    case.commit(batch(stories, None)).unwrap();
    case.reopen();
    assert_eq!(found(&case, vec![band(7, 10), band(8, 10)]), [id(2), id(1)]);
    assert_eq!(found(&case, vec![band(7, 17)]), [id(3)]);
    assert_eq!(found(&case, vec![band(7, -90_000), band(u64::MAX, i32::MAX), band(0, i32::MIN)]), []);
}

#[test]
fn a_band_that_everybody_has_costs_no_more_than_its_limit() {
    let case = Case::new();
    let common: Vec<_> = (1..=100).map(|n| posted(n, vec![band(7, 10), band(u64::from(n), 10)])).collect();
    case.commit(batch(common, None)).unwrap();
    let all = found(&case, vec![band(7, 10), band(90, 10)]);
    assert_eq!((all.len(), all.contains(&id(90))), (MOST_CANDIDATES, true), "what another band finds is found all the same");
}

#[test]
fn a_removed_story_is_not_found_any_more() {
    let case = Case::new();
    case.commit(batch(vec![posted(1, vec![band(7, 10)])], None)).unwrap();
    let removal = Removal { id: id(1), seq: 1, bands: vec![band(7, 10)] };
    case.block_on(case.store().remove(vec![removal])).unwrap();
    assert_eq!(found(&case, vec![band(7, 10)]), []);
}

#[test]
fn a_decision_that_a_near_copy_overtook_is_void() {
    let case = Case::new();
    case.commit(batch(vec![posted(1, vec![band(7, 10)])], Some(0))).unwrap();
    let overtaken = case.commit(batch(vec![posted(2, vec![band(7, 11)])], Some(0)));
    assert!(matches!(overtaken, Err(StoreError::Conflict)), "{overtaken:?}");
    assert_eq!(case.store().story(id(2)).unwrap(), None);
    case.commit(batch(vec![posted(2, vec![band(7, 11)])], Some(1))).unwrap();
    case.commit(batch(vec![posted(3, vec![band(8, 11)])], Some(1))).expect("another band is another matter");
    case.commit(batch(vec![posted(4, vec![band(7, 11)]), posted(5, vec![band(7, 11)])], Some(3)))
        .expect("one decision made both");
}

#[test]
fn what_is_forgotten_counts_as_posted() {
    let mut recent = Recent::since(5);
    for seq in 6..6 + MOST_RECENT as u64 + 10 {
        recent.post(&[band(seq, 0)], seq);
    }
    assert_eq!((recent.last.len(), recent.floor), (MOST_RECENT, 15));
    assert!(recent.overtook(&[], 14) && !recent.overtook(&[], 15));
    recent.post(&[band(20, 0)], 99_999);
    (0..100).for_each(|n| recent.post(&[band(1 << 40 | n, 0)], 100_000));
    assert!(recent.last.contains_key(&20), "posted again, it is as young as its last posting");
}
