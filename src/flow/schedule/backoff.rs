//! When a source that failed is asked again: by what went wrong, and how often in a row.
//!
//! Failures weigh differently. A server that says it has too much to do is left alone for longest at first; a missing page or a broken
//! certificate needs somebody's hands, so hours; what passes by itself, such as a time-out, is tried again soon and doubts grow half as
//! fast. A source never dies for good: at the longest it is asked once a day. Only 410, which says just that, ends it.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::flow::schedule::{jittered, spread};
use crate::model::{FetchSettings, Source, SourceState, Trouble};

/// The longest wait, whatever a source asks for or however often it failed.
pub const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// The wait after a failure that passes is at least this: a source in trouble needs no more requests.
const PASSING: Duration = Duration::from_secs(10 * 60);
/// The longest wait after failures that pass, while there is hope.
const LONGEST_PASSING: Duration = Duration::from_secs(6 * 3600);
/// The first wait after a failure that somebody has to mend.
const LASTING: Duration = Duration::from_secs(3600);
/// A server that is overloaded and does not say until when is left alone for so many of its usual intervals.
const OVERLOADED: u32 = 4;
/// A source that has brought nothing for so long is asked once a day.
const HOPELESS: SignedDuration = SignedDuration::from_hours(14 * 24);
/// One that never brought anything, after so many failures: with the waits between those that pass, so many take as long.
const HOPELESS_FAILURES: u32 = 64;

/// When a source is asked again after a failure. `None`: not before an administrator says so.
///
/// `retry_after` is what the server asked for; it is a lower bound, up to a day, and takes the place of our own guess where the
/// server said that it is overloaded.
pub fn retry(
    source: &Source,
    before: Option<&SourceState>,
    trouble: Trouble,
    retry_after: Option<Duration>,
    fetch: &FetchSettings,
    now: Timestamp,
) -> Option<Timestamp> {
    let remembered = before.map_or(fetch.every, |state| Duration::from_secs(state.interval_seconds));
    let usual = source.every.unwrap_or(remembered.clamp(fetch.min_every, fetch.max_every));
    let failures = before.map_or(0, |state| state.failures).min(16);
    let wait = match (trouble, retry_after) {
        (Trouble::Gone, _) => return None,
        (Trouble::Unwelcome, _) => LONGEST,
        // No fault of the source's; and nothing is polled while the store takes nothing, or large documents fill the memory.
        (Trouble::OurStore | Trouble::NoRoom, _) => usual,
        // One that always says "in a second" has not told the truth.
        (Trouble::Overloaded, Some(asked)) if failures == 0 || asked >= usual => usual,
        (Trouble::Overloaded, _) => usual.max(PASSING).saturating_mul(OVERLOADED << failures).min(LONGEST),
        (trouble, _) if trouble.is_passing() && !is_hopeless(before, now) => {
            usual.max(PASSING).saturating_mul(1 << (failures / 2)).min(LONGEST_PASSING.max(usual))
        }
        (trouble, _) if trouble.is_passing() => LONGEST,
        _ => usual.max(LASTING).saturating_mul(1 << failures).min(LONGEST),
    };
    let wait = jittered(wait.min(LONGEST), source, now).max(retry_after.unwrap_or_default().min(LONGEST));
    let seconds = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
    let next = now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX);
    Some(spread::off_the_hour(next, wait, &source.id))
}

/// Until when no source of the host is asked: a server that is overloaded said so for all of itself.
pub fn host_rests(trouble: Trouble, retry_after: Option<Duration>, now: Timestamp) -> Option<Timestamp> {
    let wait = retry_after.filter(|_| trouble == Trouble::Overloaded)?.min(LONGEST);
    now.checked_add(SignedDuration::from_secs(i64::try_from(wait.as_secs()).ok()?)).ok()
}

/// Whether a source has brought nothing for weeks.
pub fn is_hopeless(before: Option<&SourceState>, now: Timestamp) -> bool {
    before.is_some_and(|state| match state.succeeded {
        Some(succeeded) => now.duration_since(succeeded) > HOPELESS,
        None => state.failures >= HOPELESS_FAILURES,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::schedule::tests::{now, settings as fetch_settings, source, state as polled};

    const MINUTE: u64 = 60;
    const HOUR: u64 = 60 * MINUTE;

    /// Minutes until a source that is polled each quarter of an hour is asked again.
    fn minutes(trouble: Trouble, failures: u32, retry_after: Option<u64>) -> Option<u64> {
        let retry_after = retry_after.map(Duration::from_secs);
        let next = retry(&source(None), Some(&polled(15, failures)), trouble, retry_after, &fetch_settings(), now())?;
        Some(u64::try_from(next.duration_since(now()).as_secs()).expect("not before now") / MINUTE)
    }

    #[test]
    fn failures_weigh_differently() {
        // (trouble, failures before) → minutes without jitter
        for (trouble, failures, expected) in [
            (Trouble::TooSlow, 0, 15),
            (Trouble::TooSlow, 1, 15),
            (Trouble::TooSlow, 2, 30),
            (Trouble::ServerError, 4, 60),
            (Trouble::NotAFeed, 30, 360),
            (Trouble::Overloaded, 0, 60),
            (Trouble::Overloaded, 1, 120),
            (Trouble::Overloaded, 30, 1440),
            (Trouble::Missing, 0, 60),
            (Trouble::NoSuchHost, 1, 120),
            (Trouble::CertificateTime, 2, 240),
            (Trouble::Forbidden, u32::MAX, 1440),
            (Trouble::Unwelcome, 0, 1440),
        ] {
            let waits = minutes(trouble, failures, None).expect("it is asked again");
            assert!((expected * 9 / 10..=expected * 11 / 10 + 1).contains(&waits), "{trouble:?} {failures}: {waits} minutes");
        }
        for failures in [0, 5, u32::MAX] {
            assert_eq!(minutes(Trouble::Gone, failures, None), None, "410 ends it at once");
        }
        for trouble in Trouble::ALL.into_iter().filter(|trouble| *trouble != Trouble::Gone) {
            assert!(
                minutes(trouble, u32::MAX, None).is_some_and(|waits| waits <= 24 * 60 * 11 / 10 + 1),
                "{trouble:?} never dies"
            );
        }
    }

    #[test]
    fn what_the_server_asks_for_is_kept_up_to_a_day() {
        for trouble in [Trouble::Overloaded, Trouble::ServerError] {
            assert_eq!(minutes(trouble, 0, Some(2 * HOUR)), Some(120), "{trouble:?}");
            for silly in [999_999_999, u64::MAX] {
                assert_eq!(minutes(trouble, 0, Some(silly)), Some(24 * 60), "{trouble:?}");
            }
        }
        let soon = minutes(Trouble::Overloaded, 0, Some(1)).expect("it is asked again");
        assert!((13..=17).contains(&soon), "not before its usual time: {soon} minutes");
        let again = minutes(Trouble::Overloaded, 3, Some(1)).expect("it is asked again");
        assert!(again > 400, "who says so each time is believed no more: {again} minutes");
    }

    #[test]
    fn a_fixed_interval_does_not_hammer_a_source_in_trouble() {
        let every_minute = source(Some(Duration::from_secs(60)));
        for (trouble, least) in
            [(Trouble::TooSlow, 9 * MINUTE), (Trouble::Missing, 54 * MINUTE), (Trouble::Overloaded, 36 * MINUTE)]
        {
            let next = retry(&every_minute, None, trouble, None, &fetch_settings(), now()).expect("it is asked again");
            assert!(next.duration_since(now()).as_secs().unsigned_abs() >= least, "{trouble:?}");
        }
        let weekly = source(Some(Duration::from_secs(7 * 24 * HOUR)));
        let next = retry(&weekly, None, Trouble::TooSlow, None, &fetch_settings(), now()).expect("it is asked again");
        assert!(next.duration_since(now()).as_secs().unsigned_abs() <= 27 * HOUR);
    }

    #[test]
    fn after_two_weeks_a_source_is_asked_once_a_day() {
        let old = now() - SignedDuration::from_hours(15 * 24);
        let before = SourceState { succeeded: Some(old), ..polled(15, 3) };
        let next = retry(&source(None), Some(&before), Trouble::TooSlow, None, &fetch_settings(), now()).expect("still asked");
        assert!(next.duration_since(now()).as_hours() >= 21);
    }

    #[test]
    fn a_source_that_never_brought_anything_is_asked_once_a_day_after_two_weeks_too() {
        let (mut at, mut before) = (now(), SourceState { succeeded: None, ..polled(15, 0) });
        loop {
            let next = retry(&source(None), Some(&before), Trouble::TooSlow, None, &fetch_settings(), at).expect("still asked");
            if next.duration_since(at).as_hours() >= 21 {
                break;
            }
            (at, before) = (next, SourceState { failures: before.failures + 1, ..before });
        }
        let days = at.duration_since(now()).as_hours() / 24;
        assert!((12..=15).contains(&days), "{days} days, {} failures", before.failures);
    }

    #[test]
    fn only_an_overloaded_server_speaks_for_its_host() {
        let hour = Some(Duration::from_secs(HOUR));
        assert_eq!(host_rests(Trouble::Overloaded, hour, now()), Some(now() + SignedDuration::from_hours(1)));
        assert_eq!(host_rests(Trouble::Overloaded, Some(Duration::MAX), now()), Some(now() + SignedDuration::from_hours(24)));
        assert_eq!(host_rests(Trouble::Overloaded, None, now()), None);
        assert_eq!(host_rests(Trouble::Missing, hour, now()), None);
    }
}
