//! What may wait, and in which order it is stored.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::model::{Batch, Manners, Slug, Trouble};

fn now() -> Timestamp {
    Timestamp::from_second(1_795_132_800).expect("a time")
}

fn known() -> SourceState {
    let asked = now() - SignedDuration::from_hours(1);
    SourceState {
        etag: Some(b"\"1\"".to_vec()),
        body: Some([1; 16]),
        next: now(),
        interval_seconds: 3600,
        ..SourceState::bare(asked)
    }
}

/// A poll an hour later that found nothing.
fn unchanged() -> SourceState {
    SourceState { next: now() + SignedDuration::from_hours(2), checked: now(), succeeded: Some(now()), ..known() }
}

#[test]
fn what_says_more_than_when_the_source_is_asked_does_not_wait() {
    assert!(may_wait(Some(&known()), &unchanged()));
    assert!(!may_wait(None, &unchanged()), "a first poll");
    let manners = Manners { trouble: Some(Trouble::Overloaded), rests_until: Some(now()), ..Manners::default() };
    for more in [
        SourceState { etag: Some(b"\"2\"".to_vec()), ..unchanged() },
        SourceState { etag: None, ..unchanged() },
        SourceState { last_modified: Some(b"x".to_vec()), ..unchanged() },
        SourceState { body: Some([2; 16]), ..unchanged() },
        SourceState { settings: 8, ..unchanged() },
        SourceState { failures: 1, error: Some("it hung".to_owned()), ..unchanged() },
        SourceState { manners, ..unchanged() },
    ] {
        assert!(!may_wait(Some(&known()), &more), "{more:?}");
    }
    let failed = SourceState { failures: 1, ..known() };
    assert!(!may_wait(Some(&failed), &unchanged()), "it is well again");
}

#[tokio::test]
async fn what_waits_is_stored_by_a_write_and_never_after_what_came_later() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(Store::open(folder.path()).expect("a store"));
    let (later, id) = (Later::default(), Slug::new("bao").expect("a slug"));
    let stored = || store.source_states().expect("states").remove(&id).map(Arc::unwrap_or_clone);
    later.put(&id, Arc::new(unchanged())).await;
    assert_eq!(stored(), None, "a kill now costs the next poll, and nothing else");
    later.write(&store).await.expect("written");
    assert_eq!(stored(), Some(unchanged()));

    later.put(&id, Arc::new(unchanged())).await;
    let newer = SourceState { etag: Some(b"\"2\"".to_vec()), ..unchanged() };
    later.forget(&id).await;
    store.commit(Batch { source: Some((id.clone(), newer.clone())), ..Batch::default() }).await.expect("stored");
    later.write(&store).await.expect("written");
    assert_eq!(stored(), Some(newer));
}
