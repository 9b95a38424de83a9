//! What is told of a source's hub: whether it is subscribed to, until when, what was announced, and what that is worth.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::Known;
use crate::command::table::clock;
use crate::flow::push::Standing;

/// For people: lines with their labels, none for a source without a hub.
pub(super) fn told(known: &Known<'_>, zone: &TimeZone) -> Vec<(&'static str, String)> {
    let push = known.push;
    let Some(hub) = &push.hub else { return Vec::new() };
    let mut lines = vec![("hub", hub.url.clone()), ("push", standing(known, zone))];
    if let Some(at) = push.pinged {
        let unanswered = push.unanswered.map(|_| ", and what it announced has not been found yet").unwrap_or_default();
        lines.push(("announced", format!("{}{unanswered}", clock(at, zone))));
    }
    lines
}

fn standing(known: &Known<'_>, zone: &TimeZone) -> String {
    let subscription = known.push.subscription.as_ref();
    let until = subscription.and_then(|s| s.until).map(|until| clock(until, zone)).unwrap_or_default();
    let next = subscription.map(|s| clock(s.next, zone)).unwrap_or_default();
    let proofs = known.push.proofs;
    match (Standing::of(known.push, known.now), known.off) {
        _ if !known.source.push => "off: `push` of the source is false".to_owned(),
        (_, Some(off)) => format!("off: {off}"),
        (Standing::Proven, _) => {
            format!("until {until}, renewed {next}; the last {proofs} finds were announced, so it is polled less often")
        }
        (Standing::Subscribed, _) => {
            let surprised = known.push.surprise.map(|at| format!("; news of {} were not announced", clock(at, zone)));
            format!("until {until}, renewed {next}{}", surprised.unwrap_or_default())
        }
        (Standing::Refused, _) => {
            let error = subscription.and_then(|s| s.error.clone()).unwrap_or_default();
            format!("not in force: {error}; the hub is asked again {next}")
        }
        (Standing::Asked, _) => format!("the hub was asked and has not answered; it is asked again {next}"),
        (Standing::Unasked | Standing::Hubless, _) if subscription.is_some() => format!("the hub is asked {next}"),
        (Standing::Unasked | Standing::Hubless, _) => "the hub is asked when the service runs".to_owned(),
    }
}

/// As JSON; null for a source without a hub.
pub(super) fn as_json(known: &Known<'_>) -> Value {
    let push = known.push;
    let Some(hub) = &push.hub else { return Value::Null };
    let subscription = push.subscription.as_ref();
    json!({
        "hub": hub.url,
        "topic": hub.topic,
        "off": if known.source.push { known.off.map(|off| off.to_string()) } else { Some("`push` of the source is false".to_owned()) },
        "standing": Standing::of(push, known.now).label(),
        "until": subscription.and_then(|s| s.until),
        "asked_again": subscription.map(|s| s.next),
        "error": subscription.and_then(|s| s.error.as_ref()),
        "announced": push.pinged,
        "proofs": push.proofs,
        "surprised": push.surprise,
    })
}
