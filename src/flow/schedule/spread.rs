//! Against crowds: what became overdue while nobody polled is not asked all at once, and nobody is asked on the stroke of the hour.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use xxhash_rust::xxh3::xxh3_64;

use crate::model::{SourceId, SourceState};

/// The longest time over which is spread, in seconds: a machine that is seldom on must reach all of its sources.
const LONGEST: i64 = 3600;

/// When a source is asked that became overdue during an outage: within its interval, or within the time that it is overdue if that is
/// shorter, at a place of its own. So an outage at most doubles the delay that it has caused, and the load.
pub fn after_outage(id: &SourceId, state: &SourceState, now: Timestamp) -> Timestamp {
    let interval = i64::try_from(state.interval_seconds).unwrap_or(i64::MAX);
    // A clock that was set back makes every source overdue for no telling how long.
    let overdue = if state.checked > now { interval } else { now.duration_since(state.next).as_secs().max(0) };
    let window = Duration::from_secs(interval.min(overdue).min(LONGEST).unsigned_abs());
    let place = window.mul_f64((xxh3_64(id.as_str().as_bytes()) >> 11) as f64 / (1u64 << 53) as f64);
    later(now, place.as_secs())
}

/// A time that is not the first second of an hour, when the whole world's clocks strike: within the next minute, at a place of its own. A wait
/// that is shorter than a minute is at most doubled by that.
pub fn off_the_hour(time: Timestamp, wait: Duration, id: &SourceId) -> Timestamp {
    if time.as_second().rem_euclid(3600) != 0 {
        return time;
    }
    later(time, 1 + xxh3_64(id.as_str().as_bytes()) % wait.as_secs().clamp(1, 59))
}

fn later(time: Timestamp, seconds: u64) -> Timestamp {
    let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
    time.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::flow::schedule::tests::{now, state as polled};
    use crate::model::Slug;

    fn id(n: usize) -> SourceId {
        Slug::new(format!("s{n}")).expect("a slug")
    }

    #[test]
    fn what_is_overdue_is_spread_over_one_interval() {
        let long_overdue = SourceState { next: now() - SignedDuration::from_hours(9), ..polled(60, 0) };
        let mut minutes: BTreeMap<i64, usize> = BTreeMap::new();
        for n in 0..6000 {
            let waits = after_outage(&id(n), &long_overdue, now()).duration_since(now()).as_secs();
            assert!((0..3600).contains(&waits), "{waits}");
            *minutes.entry(waits / 60).or_default() += 1;
        }
        assert_eq!(minutes.len(), 60);
        assert!(minutes.values().all(|&count| count < 300), "no minute has thrice the mean: {minutes:?}");
    }

    #[test]
    fn who_is_hardly_overdue_hardly_waits() {
        let just = SourceState {
            next: now() - SignedDuration::from_secs(5),
            checked: now() - SignedDuration::from_mins(15),
            ..polled(15, 0)
        };
        assert!((0..100).all(|n| after_outage(&id(n), &just, now()).duration_since(now()).as_secs() < 5));
        assert_eq!(after_outage(&id(1), &polled(15, 0), now()), now());
    }

    #[test]
    fn a_clock_that_was_set_back_starts_no_storm() {
        let ahead = SourceState {
            next: now() + SignedDuration::from_hours(90_000),
            checked: now() + SignedDuration::from_hours(80_000),
            ..polled(15, 0)
        };
        let waits: Vec<i64> = (0..100).map(|n| after_outage(&id(n), &ahead, now()).duration_since(now()).as_secs()).collect();
        assert!(waits.iter().all(|waits| (0..900).contains(waits)), "{waits:?}");
        assert!(waits.iter().filter(|waits| **waits < 90).count() < 30, "{waits:?}");
    }

    #[test]
    fn nobody_is_asked_on_the_stroke_of_the_hour() {
        let hour = Timestamp::from_second(1_795_132_800).expect("a time");
        assert_eq!(hour.as_second() % 3600, 0);
        for n in 0..100 {
            let moved = |wait| off_the_hour(hour, Duration::from_secs(wait), &id(n)).duration_since(hour).as_secs();
            assert!((1..60).contains(&moved(900)), "{}", moved(900));
            assert!((1..=10).contains(&moved(10)), "who is asked every ten seconds does not wait for a minute: {}", moved(10));
            assert_eq!(moved(1), 1);
            let other = hour + SignedDuration::from_secs(1 + n as i64);
            assert_eq!(off_the_hour(other, Duration::from_secs(900), &id(n)), other);
        }
    }
}
