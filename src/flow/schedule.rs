//! Which sources are due, and when to look at each again.
//!
//! Each source's habits are learned from its polls: a rate over the hours of its week, and how much of it comes in bursts (`rhythm`,
//! `learn`). A poll is due when what has come by then is worth the price of a request (`wait`), and the price is such that all sources
//! together are asked as often as `fetch.every` says on average (`budget`). So requests go where they save most delay; docs/schedule.md
//! has the reasons and the figures.
//!
//! The source's own wishes (Retry-After, max-age, ttl, skipHours) are lower bounds, and a source that fails is asked less and less.
//! The same question always gets the same answer: jitter comes from the source's name and the time.

mod asked;
mod backoff;
mod budget;
mod learn;
mod pass;
mod rest;
mod rhythm;
mod spread;
mod timetable;
mod wait;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::flow::schedule::asked::{Bound, lower_bound};
use crate::flow::schedule::learn::learn;
use crate::flow::schedule::rhythm::Rhythm;
use crate::flow::schedule::wait::{End, Terms, Wait, wait};
use crate::model::{Asked, Because, Expected, FetchSettings, Habits, Source, SourceState, Trouble, Wish};

pub use backoff::{LONGEST, host_rests, is_hopeless, retry};
pub use budget::{Prices, prices};
pub use pass::Pass;
pub use rest::{Resting, Rests, host};
pub use rhythm::{Outlook, outlook};
pub use spread::{after_outage, off_the_hour};
pub use timetable::Timetable;

/// A shorter interval is meant exactly: it is that of a demonstration.
const JITTERED: Duration = Duration::from_secs(60);

/// What a source answered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Answered<'a> {
    /// The entries that are new, each with the time that it was published, as far as the document says.
    pub new: &'a [Option<Timestamp>],
    /// What was read of its document; `None` where it had not changed.
    pub document: Option<Read>,
}

/// What the schedule wants to know of a document.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// How many entries it holds.
    pub entries: usize,
    /// What it asks for.
    pub asked: Asked,
}

/// What is decided after a poll.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// When the source is polled again.
    pub next: Timestamp,
    /// The wait until then before jitter, and before what the source asks for. What a healthy source had stays while it fails.
    pub interval: Duration,
    /// Why then.
    pub because: Because,
    /// What is known of the source from now on.
    pub habits: Habits,
}

/// Whether a source is to be polled now. A state that was made under other settings is none; one that was made in the future is of no
/// use, since the clock was put back; a source that is gone waits for an administrator.
pub fn is_due(source: &Source, state: Option<&SourceState>, now: Timestamp) -> bool {
    let is_gone = |state: &SourceState| state.manners.trouble == Some(Trouble::Gone);
    source.enabled && state.is_none_or(|state| !is_gone(state) && (state.next <= now || state.checked > now))
}

/// When to look at a source again after a poll. `fresh_for` is how long the answer says that nothing new is to be expected; `price` is that of
/// [`Prices::of`], in entry-seconds.
pub fn next(
    source: &Source,
    state: Option<&SourceState>,
    answered: Answered,
    fresh_for: Option<Duration>,
    fetch: &FetchSettings,
    price: f64,
    now: Timestamp,
) -> Plan {
    let before = state.and_then(|state| state.habits.as_ref());
    let offset_seconds = i64::from(source.timezone.to_offset(now).seconds());
    let habits = learn(before, &answered, offset_seconds, now);
    let (interval, because) = match source.every {
        Some(every) => (every, Because::Fixed),
        None if habits.are_unknown() => (fetch.every, Because::FirstGuess),
        None => learned(&habits, fetch, price, now.as_second() + offset_seconds),
    };
    let usual = match source.every {
        Some(_) => jittered(interval, source, now),
        None => within(jittered(interval, source, now), interval, fetch),
    };
    let (wait, because) = match lower_bound(habits.asked, fresh_for, usual, now) {
        // A fixed interval is the administrator's word.
        Some(Bound { wait, wish }) if source.every.is_none() => (later(wait, wish, interval, source, now), Because::Asked(wish)),
        _ => (usual, because),
    };
    Plan { next: after(now, wait), interval, because, habits }
}

/// What habits lead to, at a local time in seconds.
fn learned(habits: &Habits, fetch: &FetchSettings, price: f64, local: i64) -> (Duration, Because) {
    let (least, most) = (fetch.min_every.as_secs_f64(), fetch.max_every.as_secs_f64());
    let Wait { seconds, entries, per_second, end } = wait(habits, &Rhythm::of(habits), Terms { local, price, least, most });
    let expected =
        Expected { per_hour_hundredths: (per_second * 360_000.0) as u32, entries_hundredths: (entries * 100.0) as u32 };
    let because = match end {
        End::Worth => Because::Worth(expected),
        End::Window => Because::Window(expected),
        End::Least => Because::Shortest(expected),
        End::Most => Because::Longest(expected),
    };
    (Duration::try_from_secs_f64(seconds).unwrap_or(fetch.max_every), because)
}

/// The interval, a tenth shorter to a tenth longer, so that sources do not march in step.
fn jittered(interval: Duration, source: &Source, now: Timestamp) -> Duration {
    if interval < JITTERED {
        return interval;
    }
    interval.mul_f64(0.9 + 0.2 * share(source, now))
}

/// A wait that many sources may have asked for in the same words, up to a tenth longer, for the same reason. Where it ends with an hour, the
/// tenth is that of the interval.
fn later(wait: Duration, wish: Wish, interval: Duration, source: &Source, now: Timestamp) -> Duration {
    let tenth = if wish == Wish::SkipHours { interval.min(wait) } else { wait } / 10;
    wait + tenth.mul_f64(share(source, now))
}

/// A number from 0 to 1, always the same for a source and a second.
fn share(source: &Source, now: Timestamp) -> f64 {
    (xxh3_64_with_seed(source.id.as_str().as_bytes(), now.as_second().cast_unsigned()) % 1001) as f64 / 1000.0
}

/// A jittered interval inside the bounds: what would lie beyond one is turned back, so that those at a bound do not march in step either.
fn within(jittered: Duration, interval: Duration, fetch: &FetchSettings) -> Duration {
    let turned = if (fetch.min_every..=fetch.max_every).contains(&jittered) {
        jittered
    } else {
        interval.saturating_mul(2).saturating_sub(jittered)
    };
    turned.clamp(fetch.min_every, fetch.max_every)
}

fn after(now: Timestamp, wait: Duration) -> Timestamp {
    let seconds = i64::try_from(wait.as_secs()).unwrap_or(i64::MAX);
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
