//! How long a source wants to be left alone: what its answer and its document say.

use std::time::Duration;

use jiff::Timestamp;

use crate::model::{Asked, Wish};

const HOUR: i64 = 3600;
/// No wish is followed for longer: a document that skips all 24 hours means something else.
const MOST_HOURS: i64 = 24;

/// A wait that is longer than the one that was meant, and whose wish it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bound {
    pub wait: Duration,
    pub wish: Wish,
}

/// The wait that the source asks for, where it is longer than the one that was meant.
pub(super) fn lower_bound(asked: Asked, fresh_for: Option<Duration>, meant: Duration, now: Timestamp) -> Option<Bound> {
    let ttl = Duration::from_secs(u64::from(asked.minutes) * 60);
    let wishes = [(fresh_for.unwrap_or_default(), Wish::MaxAge), (ttl, Wish::Ttl)];
    let longest = Duration::from_secs((MOST_HOURS * HOUR).unsigned_abs());
    let mut bound = None;
    let mut wait = meant;
    for (wished, wish) in wishes {
        if wished.min(longest) > wait {
            wait = wished.min(longest);
            bound = Some(Bound { wait, wish });
        }
    }
    let seconds = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
    let time = now.as_second().saturating_add(seconds);
    let open = first_open(asked, time, now.as_second() + MOST_HOURS * HOUR);
    if open > time {
        let wait = Duration::from_secs(open.saturating_sub(now.as_second()).unsigned_abs());
        bound = Some(Bound { wait, wish: Wish::SkipHours });
    }
    bound
}

/// The first time from `time` to `last` that does not lie in a skipped hour or day; `last` where there is none. In seconds since 1970.
fn first_open(asked: Asked, time: i64, last: i64) -> i64 {
    if time >= last {
        return time;
    }
    let mut open = time;
    while open < last && is_skipped(asked, open) {
        open = (open.div_euclid(HOUR) + 1) * HOUR;
    }
    open.min(last)
}

fn is_skipped(asked: Asked, time: i64) -> bool {
    let hour = time.div_euclid(HOUR).rem_euclid(24);
    // 1970-01-01 was a Thursday.
    let day = (time.div_euclid(24 * HOUR) + 3).rem_euclid(7);
    asked.skip_hours >> hour & 1 == 1 || asked.skip_days >> day & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Monday, 08:20 UTC.
    fn monday() -> Timestamp {
        "2026-11-23T08:20:00Z".parse().unwrap()
    }

    fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(minutes * 60)
    }

    #[test]
    fn the_longest_wish_counts_where_it_is_longer() {
        let of = |ttl: u32, max_age: Option<u64>| {
            let asked = Asked { minutes: ttl, ..Asked::default() };
            lower_bound(asked, max_age.map(minutes), minutes(30), monday()).map(|bound| (bound.wait, bound.wish))
        };
        assert_eq!(of(0, None), None);
        assert_eq!(of(30, Some(10)), None);
        assert_eq!(of(60, Some(10)), Some((minutes(60), Wish::Ttl)));
        assert_eq!(of(60, Some(90)), Some((minutes(90), Wish::MaxAge)));
        assert_eq!(of(u32::MAX, Some(u64::MAX / 60)), Some((minutes(24 * 60), Wish::MaxAge)), "at most a day");
    }

    #[test]
    fn skipped_hours_and_days_are_waited_for() {
        let of = |skip_hours: u32, skip_days: u8| {
            let asked = Asked { minutes: 0, skip_hours, skip_days };
            lower_bound(asked, None, minutes(30), monday()).map(|bound| (bound.wait, bound.wish))
        };
        assert_eq!(of(1 << 9, 0), None, "08:50 is not skipped");
        assert_eq!(of(1 << 8, 0), Some((minutes(40), Wish::SkipHours)), "09:00");
        assert_eq!(of(1 << 8 | 1 << 9, 0), Some((minutes(100), Wish::SkipHours)), "10:00");
        assert_eq!(of(0, 1), Some((minutes(15 * 60 + 40), Wish::SkipHours)), "Tuesday 00:00");
        assert_eq!(of(0, 1 << 1), None, "Tuesday is not today");
        assert_eq!(of((1 << 24) - 1, 0), Some((minutes(24 * 60), Wish::SkipHours)), "all hours: a day");
        assert_eq!(of(u32::MAX, u8::MAX), Some((minutes(24 * 60), Wish::SkipHours)));
    }
}
