//! Removing what is too old, in small steps that hold up neither polls nor readers.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::edge::store::{Memo, Store, StoreError};
use crate::flow::roll_call::Rolls;
use crate::model::{Batch, StoryId, Withdrawal};
use crate::pipeline::blocking::{blocking, recall};

/// Stories that are read and removed in one step.
const STEP: usize = 500;
/// Pruned stories of which everything is forgotten in one day, about: 1 MB of ids in memory. More are old the next day.
const MOST_FORGOTTEN: usize = 65_536;
/// A clock that has moved farther than this since the last time, or back, has jumped, or the service was off for long.
const JUMP: SignedDuration = SignedDuration::from_hours(45 * 24);
/// How long it must then stand there to be believed: time servers mend a wrong one within minutes.
const STANDS: SignedDuration = SignedDuration::from_hours(20);

/// Removes every story of which nothing new was seen for longer than `keep`, and what older ones have left that is not needed any more.
/// Returns how many were removed. The age counts from when we saw
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
        let Some(last) = stories.last() else { break };
        after = Some(last.id);
        let old: Vec<(StoryId, u64)> = stories
            .iter()
            .filter(|story| story.entries.iter().all(|report| report.seen < before))
            .map(|story| (story.id, story.seq))
            .collect();
        removed += old.len();
        if !old.is_empty() {
            store.remove(old, now).await?;
        }
    }
    let absent = forget_absent(store).await?;
    if absent > 0 {
        tracing::info!(stories = absent, "what was left of pruned stories is forgotten: no document lists them any more");
    }
    Ok(removed)
}

/// Forgets what is left of pruned stories that no document lists any more; how many they were.
async fn forget_absent(store: &Arc<Store>) -> Result<usize, StoreError> {
    let reader = Arc::clone(store);
    let states = blocking(move || reader.source_states()).await?;
    let rolls = Arc::new(Rolls::of(states.iter().map(|(source, state)| (source, state.roll_call))));
    let (mut absent, mut after): (Vec<StoryId>, Option<StoryId>) = (Vec::new(), None);
    while absent.len() < MOST_FORGOTTEN {
        let (reader, rolls) = (Arc::clone(store), Arc::clone(&rolls));
        let step = blocking(move || -> Result<_, StoreError> {
            let stories = reader.pruned_after(after, STEP)?;
            let marks = reader.marks(&stories)?;
            let is_absent = |story: &StoryId| marks.get(story).is_some_and(|listed| rolls.show_absent(listed));
            Ok((stories.last().copied(), stories.into_iter().filter(is_absent).collect::<Vec<_>>()))
        });
        let (Some(last), found) = step.await? else { break };
        after = Some(last);
        absent.extend(found);
    }
    if absent.is_empty() {
        return Ok(0);
    }
    // That a person took a story down outlives everything.
    let reader = Arc::clone(store);
    let withdrawn = blocking(move || reader.withdrawals()).await?;
    let is_by_sources = |story: &&StoryId| withdrawn.get(story).is_some_and(Withdrawal::is_by_sources);
    let withdrawals: Vec<_> = absent.iter().filter(is_by_sources).map(|story| (*story, None)).collect();
    if !withdrawals.is_empty() {
        store.commit(Batch { withdrawals, ..Batch::default() }).await?;
    }
    let forgotten = absent.len();
    store.expire(absent).await?;
    Ok(forgotten)
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
    use crate::model::{Report, RollCall, Sketch, Slug, SourceState, Story, StoryChange};

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

    /// A story that the source `a` has, and its batch.
    fn story(n: u8, withdrawal: Option<&str>) -> Batch {
        let (id, at) = (StoryId([n; 16]), day(0));
        let report = Report { title: format!("Tin số {n}"), seen: at, ..Report::bare("a", &n.to_string()) };
        let story = Story { id, seq: 0, published: at, arrived: at, updated: at, topics: Vec::new(), entries: vec![report] };
        let change = StoryChange { story, entries: Vec::new(), links: Vec::new(), sketch: Sketch::default() };
        let down = |who: &str| Withdrawal { who: who.to_owned(), ..Withdrawal::by_sources(id, at) };
        let withdrawals = withdrawal.map(|who| (id, Some(down(who)))).into_iter().collect();
        Batch { stories: vec![change], withdrawals, ..Batch::default() }
    }

    #[tokio::test]
    async fn what_is_left_of_pruned_stories_goes_when_rolls_have_shown_them_absent_but_what_people_took_down() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(folder.path()).unwrap());
        for (n, withdrawal) in [(1, None), (2, Some("")), (3, Some("toà soạn"))] {
            store.commit(story(n, withdrawal)).await.unwrap();
        }
        let keep = std::time::Duration::from_secs(10 * 86_400);
        assert_eq!(prune(&store, keep, day(11)).await.unwrap(), 3);
        let mut source = SourceState::bare(day(0));
        for (last, left) in [(11 + 97, 3), (11 + 98, 0)] {
            source.roll_call = Some(RollCall { since: day(0), last: day(last) });
            let source = Some((Slug::new("a").unwrap(), source.clone()));
            store.commit(Batch { source, ..Batch::default() }).await.unwrap();
            for hour in 0..=20 {
                // The clock has jumped, and is believed when it has stood there.
                prune(&store, keep, day(last) + SignedDuration::from_hours(hour)).await.unwrap();
            }
            assert_eq!(store.pruned_after(None, 9).unwrap().len(), left);
            let down: Vec<StoryId> = store.withdrawals().unwrap().into_keys().collect();
            let expected = [2, 3].map(|n| StoryId([n; 16])).into_iter().filter(|id| left > 0 || id.0 == [3; 16]);
            assert_eq!(down, expected.collect::<Vec<_>>());
        }
    }
}
