//! When a hub is asked, and for what: to subscribe, to renew, to end.
//!
//! A document may name any address as its hub, so requests are few: one at once, then hours apart; and one source, however often it names
//! another hub, makes us ask once an hour.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use crate::flow::push::signature::hex;
use crate::flow::push::verify::{LONGEST_LEASE, seconds};
use crate::model::{Hub, Push, Secret, Subscription};

/// The wait for a hub's verification; and the first after a hub refused, which is multiplied with each further time.
const FIRST_WAIT: SignedDuration = SignedDuration::from_mins(15);
/// By how much.
const WAITS_GROW: i32 = 4;
/// The longest wait; a hub that is back is missed by nobody, for the source is polled meanwhile.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(24);
/// The least time between two subscriptions of one source at different hubs.
const BETWEEN_HUBS: SignedDuration = SignedDuration::from_hours(1);
/// How often a hub is asked to end a subscription; it ends by itself with its lease.
const MOST_FAREWELLS: u32 = 3;
/// Subscriptions of one source that are being ended.
const MOST_LEAVING: usize = 4;

/// Random bytes for one subscription: 16 for its callback, 32 for its secret.
pub const CHANCE_BYTES: usize = 48;

/// What a hub is to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// To announce a source's news, or to go on with it.
    Subscribe(Subscription),
    /// To stop.
    Unsubscribe(Subscription),
}

impl Ask {
    /// What it is about.
    pub fn subscription(&self) -> &Subscription {
        let (Self::Subscribe(subscription) | Self::Unsubscribe(subscription)) = self;
        subscription
    }
}

/// Why a hub did not accept a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// As the end of a sentence.
    pub why: String,
    /// Whether the hub said so itself; one that did not answer may have heard us all the same.
    pub is_said: bool,
    /// How long it asked to be left alone.
    pub retry_after: Option<Duration>,
}

/// Brings what is remembered of a source in line with what is wanted, and says what its hubs are to be asked now.
///
/// `base` is the address below which callbacks stand; `None` where the source is not to be subscribed to. `chance` gives random bytes.
pub fn step(push: &mut Push, base: Option<&Url>, now: Timestamp, chance: impl FnOnce() -> [u8; CHANCE_BYTES]) -> Vec<Ask> {
    let wanted = base.zip(push.hub.clone());
    let is_right = |subscription: &Subscription, base: &Url, hub: &Hub| {
        subscription.hub == *hub && subscription.callback.strip_prefix(base.as_str()) == Some(subscription.token())
    };
    let earliest = push.requested.map_or(now, |at| after(at, BETWEEN_HUBS)).min(after(now, BETWEEN_HUBS)).max(now);
    // Where a document names now this hub and now that one, each is asked an hour after the last one.
    let takes_over = push.subscription.is_some() && wanted.is_some();
    let next = if takes_over { earliest } else { now };
    if let Some(old) = push.subscription.take_if(|s| !wanted.as_ref().is_some_and(|(base, hub)| is_right(s, base, hub))) {
        leave(push, old, next, now);
    }
    if let Some((base, hub)) = wanted.filter(|_| push.subscription.is_none()) {
        let back = push.leaving.iter().position(|left| is_right(left, base, &hub));
        push.subscription = Some(match back.map(|at| push.leaving.remove(at)) {
            Some(back) => Subscription { attempts: 0, asked: None, next, ..back },
            None => begun(base, hub, chance(), earliest),
        });
        // What another hub proved is nothing that this one did.
        push.proofs = 0;
    }
    if let Some(subscription) = &mut push.subscription {
        forget_future(subscription, now);
    }
    let mut asks = Vec::new();
    if let Some(subscription) = push.subscription.as_mut().filter(|subscription| subscription.next <= now) {
        if subscription.asked.is_some() {
            subscription.attempts = subscription.attempts.saturating_add(1);
            subscription.error = Some("the hub did not verify that we want it".to_owned());
        }
        subscription.asked = Some(now);
        subscription.next = after(now, wait(subscription.attempts, subscription.token()));
        push.requested = Some(now);
        asks.push(Ask::Subscribe(subscription.clone()));
    }
    push.leaving.retain(|left| left.next > now || left.attempts < MOST_FAREWELLS);
    for left in push.leaving.iter_mut().filter(|left| left.next <= now) {
        left.attempts += 1;
        left.asked = Some(now);
        left.next = after(now, wait(left.attempts, left.token()));
        asks.push(Ask::Unsubscribe(left.clone()));
    }
    asks
}

/// What a clock said that was far ahead would keep us from ever renewing a lease that is long over.
fn forget_future(subscription: &mut Subscription, now: Timestamp) {
    let latest = after(now, seconds(LONGEST_LEASE));
    subscription.until = subscription.until.filter(|until| *until <= latest);
    if subscription.next > latest {
        subscription.next = now;
    }
}

fn begun(base: &Url, hub: Hub, chance: [u8; CHANCE_BYTES], next: Timestamp) -> Subscription {
    let (token, secret) = chance.split_at(16);
    let (callback, secret) = (format!("{base}{}", hex(token)), Secret(hex(secret)));
    Subscription { hub, callback, secret, asked: None, attempts: 0, next, until: None, error: None }
}

/// A subscription that is not wanted any more: the hub is told, if it ever heard of it and may still hold to it.
fn leave(push: &mut Push, old: Subscription, next: Timestamp, now: Timestamp) {
    push.proofs = 0;
    if old.asked.is_none() && old.until.is_none_or(|until| until <= now) {
        return;
    }
    if push.leaving.len() == MOST_LEAVING {
        push.leaving.remove(0);
    }
    push.leaving.push(Subscription { attempts: 0, next, error: None, ..old });
}

/// A hub did not accept what it was asked. A subscription in force stays so until its lease is over.
pub fn refused(push: &mut Push, token: &str, refusal: &Refusal, now: Timestamp) {
    let Some(subscription) = push.subscription.as_mut().filter(|subscription| subscription.token() == token) else { return };
    // It may have verified before it answered.
    if subscription.asked.is_none() {
        return;
    }
    if refusal.is_said {
        subscription.asked = None;
        subscription.attempts = subscription.attempts.saturating_add(1);
    }
    subscription.error = Some(refusal.why.clone());
    let own = wait(subscription.attempts, token);
    let asked = refusal.retry_after.and_then(|wait| SignedDuration::try_from(wait).ok()).unwrap_or_default();
    subscription.next = after(now, own.max(asked.min(LONGEST_WAIT)));
}

/// The wait after so many attempts, a tenth shorter to a tenth longer, so that the sources of a hub that was away do not come back at once.
pub fn wait(attempts: u32, token: &str) -> SignedDuration {
    grown(FIRST_WAIT, attempts, LONGEST_WAIT, token)
}

/// A wait that grows with each attempt, up to the longest.
pub(super) fn grown(first: SignedDuration, attempts: u32, longest: SignedDuration, name: &str) -> SignedDuration {
    let wait = first.saturating_mul(WAITS_GROW.saturating_pow(attempts.min(8))).min(longest);
    let share = i64::try_from(xxh3_64(format!("{name} {attempts}").as_bytes()) % 201).unwrap_or(100) - 100;
    SignedDuration::from_secs(wait.as_secs() + wait.as_secs() * share / 1000)
}

pub(super) fn after(time: Timestamp, wait: SignedDuration) -> Timestamp {
    time.checked_add(wait).unwrap_or(Timestamp::MAX)
}
