//! What is told of a source's hub: whether it is subscribed to, until when, what was announced, and what that is worth.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::command::table::clock;
use crate::flow::push::Standing;
use crate::pipeline::KnownSource;

/// For people: lines with their labels, none for a source without a hub.
pub(super) fn told(known: &KnownSource<'_>, zone: &TimeZone) -> Vec<(&'static str, String)> {
    let push = known.push;
    let Some(hub) = &push.hub else { return Vec::new() };
    let mut lines = vec![("hub", hub.url.clone()), ("push", known.standing(zone).unwrap_or_default())];
    if let Some(at) = push.pinged {
        let unanswered = push.unanswered.map(|_| ", and what it announced has not been found yet").unwrap_or_default();
        lines.push(("announced", format!("{}{unanswered}", clock(at, zone))));
    }
    lines
}

/// As JSON; null for a source without a hub.
pub(super) fn as_json(known: &KnownSource<'_>) -> Value {
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
