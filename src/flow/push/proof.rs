//! What announcements are worth: when one brings a poll, and whether polls may be fewer because of them.
//!
//! A hub is believed when it is right: each poll whose news had been announced is a proof, and after some of them in a row the source is
//! polled less and less often. One poll that finds news which nothing announced takes all of that away. An announcement brings a poll at
//! once, some of them in quick succession, further ones not more than one a minute; each that brings no news makes the next ones wait twice
//! as long. So a hub that lies, or somebody who has found out a callback, makes us ask about as often as without any hub.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::flow::push::step::after;
use crate::model::{Push, SourceState, Trouble};

/// Proofs in a row after which polls become fewer.
const PROVEN: u32 = 3;
/// Each further proof makes a request four times as dear, which doubles the interval; so often at the most. It never becomes longer than
/// `fetch.max_every`, nor than the source's document allows.
const MOST_DOUBLINGS: u32 = 8;
/// A hub may be slower than a poll that happens to come in between: news that are announced so soon after were no surprise.
const LATE: SignedDuration = SignedDuration::from_mins(10);
/// How long an announcement may wait for its news: a cache in front of the source may hold on to the old document.
const PENDING: SignedDuration = SignedDuration::from_hours(1);
/// So far ahead of the clock announcements may be: four at once that bring news, after a quiet time.
const AHEAD: SignedDuration = SignedDuration::from_secs(240);
/// The step.
const STEP: SignedDuration = SignedDuration::from_secs(60);
/// How often the step is doubled at the most: to about an hour.
const MOST_IDLE: u32 = 6;
/// After so many announcements in a row without news nobody looks a second time for them.
const LOOKS_AGAIN: u32 = 2;

/// What a poll found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// New entries.
    News,
    /// No new ones, but others than before.
    Edits,
    /// Nothing new.
    Nothing,
    /// No answer.
    Failed,
}

/// The hub has announced something. Whether that is the first word of it since the last poll: further ones change nothing.
pub fn heard(push: &mut Push, now: Timestamp) -> bool {
    push.pinged = Some(now);
    push.unanswered = push.unanswered.or(Some(now));
    if push.surprise.is_some_and(|at| now.duration_since(at) <= LATE) {
        push.surprise = None;
    }
    if push.hinted.is_some() {
        return false;
    }
    let step = STEP.saturating_mul(1 << push.idle.min(MOST_IDLE));
    // The generic cell rate algorithm (ITU-T I.371): a virtual time that each announcement moves on by a step, and that may run ahead of
    // the clock by so much.
    let ahead = AHEAD.max(step);
    let paced = push.paced.unwrap_or(now).clamp(now, after(now, ahead));
    push.paced = Some(after(paced, step));
    push.hinted = Some(now.max(after(paced, step - ahead)));
    true
}

/// When the source is polled because of an announcement; `None` where it is not: it failed in a way that no announcement mends.
pub fn due(push: &Push, state: Option<&SourceState>) -> Option<Timestamp> {
    let trouble = state.and_then(|state| state.manners.trouble);
    push.hinted.filter(|_| trouble.is_none_or(|trouble| trouble.is_passing() && trouble != Trouble::OurStore))
}

/// A poll has ended that began at `now`.
pub fn polled(push: &mut Push, found: Found, now: Timestamp) {
    // An announcement that came meanwhile may be of something that came after the answer was made.
    if push.pinged.is_none_or(|at| at <= now) {
        push.hinted = None;
    }
    let announced = push.unanswered.is_some_and(|at| now.duration_since(at) <= PENDING);
    match found {
        Found::News | Found::Edits if announced => {
            push.proofs = if push.surprise.take().is_some() { 1 } else { push.proofs.saturating_add(1) };
            (push.unanswered, push.idle) = (None, 0);
        }
        Found::News if is_in_force(push, now) => push.surprise = Some(now),
        Found::Nothing if announced => push.idle = push.idle.saturating_add(1),
        // Before a hub has promised anything, nothing that it does not announce is a surprise.
        Found::News | Found::Edits | Found::Nothing | Found::Failed => {}
    }
    if !announced {
        push.unanswered = None;
    }
}

/// Whether what is new at the source is announced, as far as one can know.
pub fn is_proven(push: &Push, now: Timestamp) -> bool {
    is_in_force(push, now) && push.proofs >= PROVEN && push.surprise.is_none()
}

fn is_in_force(push: &Push, now: Timestamp) -> bool {
    push.subscription.as_ref().and_then(|subscription| subscription.until).is_some_and(|until| until > now)
}

/// By how much a request is dearer because the hub will tell what there is.
pub fn dearer(push: &Push, now: Timestamp) -> f64 {
    if is_proven(push, now) { f64::from(4u32.pow((push.proofs - PROVEN + 1).min(MOST_DOUBLINGS))) } else { 1.0 }
}

/// When the source is looked at again, because what was announced was not there yet.
pub fn again(push: &Push, min_every: Duration, now: Timestamp) -> Option<Timestamp> {
    let is_awaited = push.unanswered.is_some_and(|at| now.duration_since(at) <= PENDING) && push.idle <= LOOKS_AGAIN;
    let wait = SignedDuration::try_from(min_every).ok()?;
    is_awaited.then(|| after(now, wait))
}
