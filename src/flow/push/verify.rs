//! What a hub asks of us at a callback (section 5.2 and 5.3): whether we want what was asked in our name; or it tells us that we can't have it.
//!
//! Only who was told the callback's address knows it: the hub. It is answered what it wants to hear if that is what we want, too.

use jiff::{SignedDuration, Timestamp};
use url::Url;
use xxhash_rust::xxh3::xxh3_64;

use crate::flow::push::form::fields;
use crate::flow::push::step::{after, wait};
use crate::model::{Hub, Push};

/// The longest challenge that is echoed, in bytes; those of hubs have up to a hundred.
const LONGEST_CHALLENGE: usize = 1024;
/// A lease is taken for at least this: one of a second would have us ask each second.
const SHORTEST_LEASE: u64 = 3600;
/// And for at most this, however long the hub promises.
pub(super) const LONGEST_LEASE: u64 = 30 * 24 * 3600;
/// What a hub that does not say has promised.
const USUAL_LEASE: u64 = 24 * 3600;
/// The longest reason that is kept, in characters.
const LONGEST_REASON: usize = 200;
/// After a denial it is as if so many requests had come to nothing.
const DENIED: u32 = 4;

/// What a hub's request comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// We do want it: the challenge goes back.
    Echo(String),
    /// It is taken note of.
    Noted,
    /// We know nothing of it, or do not want it.
    Unknown,
}

/// Judges a hub's request at the callback with a token. `query` is that of the request's address.
pub fn verify(push: &mut Push, token: &str, query: &str, now: Timestamp) -> Verdict {
    let mut fields = fields(query.as_bytes());
    let mut of = |name: &str| fields.remove(name).unwrap_or_default();
    let (mode, topic, challenge) = (of("hub.mode"), of("hub.topic"), of("hub.challenge"));
    let is_challenge = (1..=LONGEST_CHALLENGE).contains(&challenge.len());
    let current = push.subscription.as_mut().filter(|s| s.token() == token && is_topic(&topic, &s.hub));
    let leaving = push.leaving.iter().position(|left| left.token() == token && is_topic(&topic, &left.hub));
    match (mode.as_str(), current, leaving) {
        ("subscribe", Some(subscription), _) if is_challenge => {
            // One that was refused and not asked for again is none that we wait for; one in force may be confirmed at any time.
            if subscription.asked.is_none() && subscription.until.is_none() {
                return Verdict::Unknown;
            }
            let lease = of("hub.lease_seconds").parse().unwrap_or(USUAL_LEASE).clamp(SHORTEST_LEASE, LONGEST_LEASE);
            subscription.until = Some(after(now, seconds(lease)));
            subscription.next = after(now, renewal(lease, token));
            (subscription.asked, subscription.attempts, subscription.error) = (None, 0, None);
            Verdict::Echo(challenge)
        }
        ("unsubscribe", _, Some(place)) if is_challenge => {
            push.leaving.remove(place);
            Verdict::Echo(challenge)
        }
        ("denied", Some(subscription), _) => {
            let reason = crate::text::clip(&crate::text::shown(&of("hub.reason")), LONGEST_REASON);
            let said = if reason.is_empty() { String::new() } else { format!(" (it says “{reason}”)") };
            subscription.error = Some(format!("the hub denied it{said}"));
            (subscription.asked, subscription.until) = (None, None);
            subscription.attempts = subscription.attempts.saturating_add(1).max(DENIED);
            subscription.next = after(now, wait(subscription.attempts, token));
            Verdict::Noted
        }
        ("denied", None, Some(place)) => {
            push.leaving.remove(place);
            Verdict::Noted
        }
        _ => Verdict::Unknown,
    }
}

/// Whether a topic is that of a subscription, also where the hub writes the same address in another way.
fn is_topic(topic: &str, hub: &Hub) -> bool {
    topic == hub.topic || Url::parse(topic).is_ok_and(|topic| topic.as_str() == hub.topic)
}

/// When a lease is renewed: after two thirds of it or somewhat earlier, so that there is time for other attempts, and the subscriptions that
/// were made together are not renewed together.
fn renewal(lease: u64, token: &str) -> SignedDuration {
    let share = 567 + xxh3_64(token.as_bytes()) % 100;
    seconds(lease * share / 1000)
}

pub(super) fn seconds(seconds: u64) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
}
