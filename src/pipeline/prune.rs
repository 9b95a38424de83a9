//! Removing what is too old, in small steps that hold up neither polls nor readers.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::edge::store::{Memo, Store, StoreError};
use crate::model::StoryId;
use crate::pipeline::blocking::{blocking, recall};

/// Stories that are read and removed in one step.
const STEP: usize = 500;
/// A clock that has moved farther than this since the last time, or back, has jumped, or the service was off for long.
const JUMP: SignedDuration = SignedDuration::from_hours(45 * 24);
/// How long it must then stand there to be believed: time servers mend a wrong one within minutes.
const STANDS: SignedDuration = SignedDuration::from_hours(20);

/// Removes every story of which nothing new was seen for longer than `keep`. Returns how many. The age counts from when we saw
/// it, not from its date, so that what a source has carried for years does not vanish the moment it is found. A clock that has jumped is not
/// believed before it has stood there for most of a day: what is pruned does not come back.
pub async fn prune(store: &Arc<Store>, keep: std::time::Duration, now: Timestamp) -> Result<usize, StoreError> {
    if !is_believed(store, now).await? {
        tracing::warn!(%now, "nothing is pruned today: the clock stands far from where it stood when that was last done");
        return Ok(0);
    }
    let before = SignedDuration::try_from(keep).ok().and_then(|keep| now.checked_sub(keep).ok()).unwrap_or(Timestamp::MIN);
    let mut removed = 0;
    let mut after: Option<StoryId> = None;
    loop {
        let reader = Arc::clone(store);
        let stories = blocking(move || reader.stories_after(after, STEP)).await?;
        let Some(last) = stories.last() else { return Ok(removed) };
        after = Some(last.id);
        let old: Vec<(StoryId, u64)> = stories
            .iter()
            .filter(|story| story.entries.iter().all(|report| report.seen < before))
            .map(|story| (story.id, story.seq))
            .collect();
        removed += old.len();
        if !old.is_empty() {
            store.remove(old).await?;
        }
    }
}

/// Whether the clock is believed; remembers where it stands.
async fn is_believed(store: &Arc<Store>, now: Timestamp) -> Result<bool, StoreError> {
    let time = |stored: Option<Vec<u8>>| {
        let second = stored.and_then(|bytes| <[u8; 8]>::try_from(bytes).ok()).map(i64::from_be_bytes);
        second.and_then(|second| Timestamp::from_second(second).ok())
    };
    let (last, doubted) = (recall(store, Memo::Pruned).await?, recall(store, Memo::Doubted).await?);
    let believed = believes(time(last), time(doubted), now);
    let written = now.as_second().to_be_bytes().to_vec();
    match believed {
        Belief::Yes => {
            store.remember(Memo::Pruned, written).await?;
            store.remember(Memo::Doubted, Vec::new()).await?;
        }
        Belief::NewDoubt => store.remember(Memo::Doubted, written).await?,
        Belief::OldDoubt => {}
    }
    Ok(believed == Belief::Yes)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Belief {
    Yes,
    /// It has jumped.
    NewDoubt,
    /// It has jumped, and has not stood there for long enough.
    OldDoubt,
}

/// Whether a clock is believed, by when something was last pruned and where the clock stood when it was first doubted.
fn believes(last: Option<Timestamp>, doubted: Option<Timestamp>, now: Timestamp) -> Belief {
    let since = |time: Timestamp| now.duration_since(time);
    let is_near = |time: Timestamp| (SignedDuration::ZERO..=JUMP).contains(&since(time));
    match (last, doubted) {
        (None, _) => Belief::Yes,
        (Some(last), _) if is_near(last) => Belief::Yes,
        (_, Some(doubted)) if is_near(doubted) && since(doubted) >= STANDS => Belief::Yes,
        (_, Some(doubted)) if is_near(doubted) => Belief::OldDoubt,
        _ => Belief::NewDoubt,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_second(1_795_132_800 + day * 86_400).unwrap()
    }

    #[test]
    fn a_clock_that_has_jumped_is_believed_when_it_has_stood_there() {
        let hour = |of: i64, hours: i64| day(of) + SignedDuration::from_hours(hours);
        for (last, doubted, now, expected) in [
            (None, None, day(0), Belief::Yes),
            (Some(day(0)), None, day(0), Belief::Yes),
            (Some(day(0)), None, day(45), Belief::Yes),
            (Some(day(0)), None, day(46), Belief::NewDoubt),
            (Some(day(0)), None, day(-1), Belief::NewDoubt),
            (Some(day(0)), Some(day(3650)), hour(3650, 1), Belief::OldDoubt),
            (Some(day(0)), Some(day(3650)), hour(3650, 20), Belief::Yes),
            // The clock was mended.
            (Some(day(0)), Some(day(3650)), day(1), Belief::Yes),
            (Some(day(0)), Some(day(3650)), day(100), Belief::NewDoubt),
        ] {
            assert_eq!(believes(last, doubted, now), expected, "{last:?} {doubted:?} {now}");
        }
    }

    #[tokio::test]
    async fn a_start_with_a_clock_ten_years_ahead_removes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(folder.path()).unwrap());
        assert!(is_believed(&store, day(0)).await.unwrap());
        for minutes in [0, 1, 300] {
            let ahead = day(3650) + SignedDuration::from_mins(minutes);
            assert!(!is_believed(&store, ahead).await.unwrap(), "however often it is started");
        }
        assert!(is_believed(&store, day(1)).await.unwrap(), "mended");
        assert!(!is_believed(&store, day(3650)).await.unwrap(), "the earlier doubt is forgotten");
        assert!(is_believed(&store, day(3651)).await.unwrap(), "a day later it was right");
    }
}
