//! Which sources are due, and when to look at each again.
//!
//! The interval follows what the source does: shorter when it brings news, longer when it does not, doubled when it fails. The
//! source's own wishes (Retry-After, max-age, ttl) are lower bounds. The same question always gets the same answer: jitter comes
//! from the source's name and the time.

mod backoff;
mod rest;
mod spread;
mod timetable;

use std::time::Duration;

use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_64;

use crate::model::{FetchSettings, Source, SourceState, Trouble};

pub use backoff::{host_rests, is_hopeless, retry};
pub use rest::{Rests, host};
pub use spread::{after_outage, off_the_hour};
pub use timetable::Timetable;

/// The longest wait, whatever a source asks for or however often it failed.
const LONGEST: Duration = Duration::from_secs(24 * 3600);
/// The wait after a first failure is at least this, since a source in trouble needs no more requests.
const AFTER_FAILURE: Duration = Duration::from_secs(10 * 60);

/// What a poll heard from the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It brought something new.
    News,
    /// It brought nothing new.
    NoNews,
    /// It failed.
    Failure,
}

/// How long the source asks to be left alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// Retry-After: of a server that is overloaded; binding even where the administrator fixed the interval.
    pub retry_after: Option<Duration>,
    /// Cache-Control's max-age, or the feed's ttl: before that nothing new can be expected.
    pub fresh_for: Option<Duration>,
}

/// Whether a source is to be polled now. A state that was made under other settings is none; a source that is gone waits for an
/// administrator.
pub fn is_due(source: &Source, state: Option<&SourceState>, now: Timestamp) -> bool {
    let is_gone = |state: &SourceState| state.manners.trouble == Some(Trouble::Gone);
    source.enabled && state.is_none_or(|state| !is_gone(state) && (state.next <= now || state.checked > now))
}

/// The wait until the next poll, and the time that it ends.
pub fn next(
    source: &Source,
    state: Option<&SourceState>,
    heard: Heard,
    wishes: Wishes,
    fetch: &FetchSettings,
    now: Timestamp,
) -> (Duration, Timestamp) {
    let before = state.map_or(fetch.every, |state| Duration::from_secs(state.interval_seconds));
    let usual = source.every.unwrap_or(match heard {
        Heard::News => (before * 2 / 3).clamp(fetch.min_every, fetch.max_every),
        Heard::NoNews => (before * 3 / 2).clamp(fetch.min_every, fetch.max_every),
        Heard::Failure => before.clamp(fetch.min_every, fetch.max_every),
    });
    let failures = state.map_or(0, |state| state.failures).min(16);
    let interval = match heard {
        Heard::Failure => usual.max(AFTER_FAILURE).saturating_mul(1 << failures).min(LONGEST),
        _ => usual,
    };
    let asked = wishes.retry_after.max(if source.every.is_some() { None } else { wishes.fresh_for });
    let wait = jittered(interval, source, now).max(asked.unwrap_or_default().min(LONGEST));
    // The unjittered interval of a healthy source is what the next decision builds on.
    let remembered = if heard == Heard::Failure { usual } else { interval };
    let seconds = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
    (remembered, now.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX))
}

/// The interval, a tenth shorter to a tenth longer, so that sources do not march in step. Shorter than a minute it stays.
fn jittered(interval: Duration, source: &Source, now: Timestamp) -> Duration {
    if interval < Duration::from_secs(60) {
        return interval;
    }
    let thousandths = xxh3_64(format!("{} {}", source.id, now.as_second()).as_bytes()) % 201;
    interval.mul_f64(0.9 + 0.001 * thousandths as f64)
}

#[cfg(test)]
mod tests;
