//! How long to wait before a source is asked again: until the entries that have probably come have waited together for as long as a
//! request is worth.
//!
//! At a steady rate λ the waiting of n seconds is λn²/2 entry-seconds, so at a price θ the wait is √(2θ/λ), which is the best one. Where the
//! rate changes, a wait whose cost is that of the request beside it is never far from the best (part-period balancing in the theory of
//! lot sizes: DeMatteis, IBM Systems Journal 7(1), 1968), and nothing has to be planned ahead.

use crate::flow::schedule::rhythm::{DAY, QUARTER, Rhythm, count};
use crate::model::Habits;

/// How far ahead is looked, in seconds: a week is all that a rhythm has. Who publishes less than that is asked after the longest wait.
const AHEAD: f64 = 7.0 * DAY as f64;

/// What a wait depends on beside the habits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Terms {
    /// The local time of the last poll, in seconds.
    pub local: i64,
    /// What one more poll is worth, in entry-seconds of waiting.
    pub price: f64,
    /// The shortest wait, in seconds.
    pub least: f64,
    /// The longest wait, in seconds.
    pub most: f64,
}

/// A wait, and what is expected of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Wait {
    pub seconds: f64,
    /// Entries that will have come by then.
    pub entries: f64,
    /// Entries a second at its end.
    pub per_second: f64,
    pub end: End,
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// What has come is worth a poll.
    Worth,
    /// The window of the document could roll over.
    Window,
    /// That was so before a wait may end.
    Least,
    /// It is as long as a wait may be.
    Most,
}

/// The wait after a poll.
pub(super) fn wait(habits: &Habits, rhythm: &Rhythm, terms: Terms) -> Wait {
    let room = room(habits);
    let excitement = count(habits.excitement);
    let (mut seconds, mut entries, mut waiting) = (0.0, 0.0, 0.0);
    let surprise = surprise(habits, rhythm).max(terms.least);
    let (most, last) = if surprise < terms.most { (surprise, End::Window) } else { (terms.most, End::Most) };
    let ahead = most.min(AHEAD);
    while seconds < ahead {
        let local = terms.local + seconds as i64;
        let step = ((local.div_euclid(QUARTER) + 1) * QUARTER - local) as f64;
        let step = step.min(ahead - seconds).max(1.0);
        let rate = rhythm.rate(local, seconds + step / 2.0, excitement);
        let (come, waited) = (entries + rate * step, waiting + (entries + rate * step / 2.0) * step);
        // Most steps end no wait, and need not be looked at more closely.
        if (waited >= terms.price || come >= room) && seconds + step > terms.least {
            // The time in which entries·t + rate·t²/2 is what is missing, in the form that loses no digits.
            let missing = (terms.price - waiting).max(0.0);
            let root = (entries * entries + 2.0 * rate * missing).sqrt();
            let to_worth = 2.0 * missing / (entries + root).max(f64::MIN_POSITIVE);
            let to_room = (room - entries).max(0.0) / rate.max(f64::MIN_POSITIVE);
            let least = (terms.least - seconds).max(0.0);
            let after = to_worth.min(to_room).max(least).min(step);
            let end = match () {
                () if to_worth.min(to_room) < least => End::Least,
                () if to_room < to_worth => End::Window,
                () => End::Worth,
            };
            return Wait { seconds: seconds + after, entries: entries + rate * after, per_second: rate, end };
        }
        (seconds, entries, waiting) = (seconds + step, come, waited);
    }
    let rate = rhythm.rate(terms.local + seconds as i64, seconds, excitement);
    Wait { seconds: most, entries, per_second: rate, end: last }
}

/// How many entries may be expected between two polls, so that the document still holds them all: half of what it holds beside the
/// largest crowd of an hour. Without a bound where the window is not known.
fn room(habits: &Habits) -> f64 {
    match f64::from(habits.window) {
        0.0 => f64::INFINITY,
        window => ((window - count(habits.crowd)) / 2.0).max(window / 8.0).max(1.0),
    }
}

/// How long a wait may be, in seconds, where entries bring on others: a burst can begin at any time, and at the pace of the largest crowd
/// that was seen it fills half of the document in this time. A crowd that comes by the clock, as bulletins do, surprises nobody.
fn surprise(habits: &Habits, rhythm: &Rhythm) -> f64 {
    let a_second = count(habits.crowd) * (2.0 * rhythm.following).min(1.0) / 3600.0;
    if habits.window == 0 || a_second <= 0.0 { f64::INFINITY } else { f64::from(habits.window) / 2.0 / a_second }
}
