//! What `[topic.*]` means.

use jiff::tz::TimeZone;
use jiff::civil;

use crate::config::fault::{Wrong, quoted};
use crate::config::raw::{self, Conditional, Wanted};
use crate::config::read::{At, Key, Reader};
use crate::model::{Field, MOI_NHAT, Phrase, Slug, Topic};

/// A topic; `None` is one that can't be read, whose id still counts.
pub(super) fn topic(id: At<Slug>, raw: Option<raw::Topic>, zone: &TimeZone, reader: &mut Reader<'_>) -> Topic {
    let readable = raw.is_some();
    let raw = raw.unwrap_or_default();
    if id.value.as_str() == MOI_NHAT {
        let wrong = Wrong::new(format!("a topic can't be called `{MOI_NHAT}`: that is the feed of all stories"));
        reader.error(&id.span, wrong.expected("another id"));
    }
    let silent = |key: &Key<Vec<At<Wanted>>>| key.is_absent() || key.value().is_some_and(Vec::is_empty);
    if readable && silent(&raw.any) && silent(&raw.all) {
        let wrong = Wrong::new(format!("the topic {} has an empty rule", quoted(id.value.as_str())));
        reader.error(&id.span, wrong.expected("phrases in `any` or `all`").absence());
    }
    if let Some(fields) = raw.r#in.given().filter(|fields| fields.value.is_empty()) {
        reader.error(&fields.span, Wrong::new("the phrases are looked for nowhere").expected("at least one field"));
    }
    let mut phrases = |key: &Key<Vec<At<Wanted>>>| -> Vec<Phrase> {
        key.value().into_iter().flatten().filter_map(|wanted| phrase(&wanted.value.0, zone, reader)).collect()
    };
    Topic {
        title: raw.title.value().map_or_else(|| id.value.to_string(), |title| title.0.clone()),
        any: phrases(&raw.any),
        all: phrases(&raw.all),
        none: phrases(&raw.none),
        fields: raw.r#in.value().map_or_else(|| Field::ALL.to_vec(), |fields| fields.iter().map(|at| at.value.0).collect()),
        id: id.value,
    }
}

/// A phrase; its days begin and end in the service's zone.
fn phrase(raw: &Conditional, zone: &TimeZone, reader: &mut Reader<'_>) -> Option<Phrase> {
    if let Some(near) = raw.near.given().filter(|near| near.value.is_empty()) {
        reader.error(&near.span, Wrong::new("the phrase is near nothing, so it never counts").expected("at least one phrase"));
    }
    let start = |day: civil::Date| zone.to_timestamp(day.at(0, 0, 0, 0)).ok();
    let (since, until) = (raw.since.value(), raw.until.value());
    if let (Some(since), Some(until)) = (raw.since.given(), raw.until.given())
        && since.value.0 > until.value.0
    {
        let wrong = Wrong::new("`since` is later than `until`, so the phrase never counts").expected("since ≤ until");
        reader.error(&since.span, wrong.also(until.span.clone(), "earlier than the other"));
    }
    Some(Phrase {
        text: raw.phrase.value()?.0.clone(),
        near: raw.near.value().into_iter().flatten().map(|near| near.value.0.clone()).collect(),
        since: since.and_then(|day| start(day.0)),
        until: until.and_then(|day| start(day.0.tomorrow().ok()?)),
    })
}
