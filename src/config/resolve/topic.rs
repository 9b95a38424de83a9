//! What `[topic.*]` means.

mod vain;

use jiff::civil;
use jiff::tz::TimeZone;

use crate::config::fault::{Wrong, quoted};
use crate::config::gaps::Absence;
use crate::config::raw::{self, Conditional, Wanted};
use crate::config::read::{At, Key, Reader};
use crate::config::value;
use crate::model::{Field, LEARNED, MOI_NHAT, Phrase, Slug, Topic};

/// A topic; `None` is one that can't be read, whose id still counts.
pub(super) fn topic(id: At<Slug>, raw: Option<raw::Topic>, zone: &TimeZone, reader: &mut Reader<'_>) -> Topic {
    let readable = raw.is_some();
    let raw = raw.unwrap_or_default();
    if id.value.as_str() == MOI_NHAT {
        let wrong = Wrong::new(format!("a topic can't be called `{MOI_NHAT}`: that is the feed of all stories"));
        reader.error(&id.span, wrong.expected("another id"));
    }
    let silent = |key: &Key<Vec<At<Wanted>>>| key.is_absent() || key.value().is_some_and(Vec::is_empty);
    let learned = raw.learned.value().copied().unwrap_or_default();
    let lists = [&raw.any, &raw.in_title, &raw.two_of, &raw.all, &raw.none, &raw.except];
    let asking = lists
        .into_iter()
        .filter_map(Key::readable)
        .flatten()
        .map(|wanted| &wanted.value.0.learned)
        .chain([&raw.learned])
        .filter_map(Key::given);
    for asked in asking.filter(|asked| asked.value && !LEARNED.contains(&id.value.as_str())) {
        let wrong = Wrong::new(format!("nothing was learned of the topic {}", quoted(id.value.as_str())));
        reader.error(&asked.span, wrong.expected(format!("`false`, or a topic of the labelled texts: {}", LEARNED.join(", "))));
    }
    if readable && !learned && [&raw.any, &raw.in_title, &raw.two_of, &raw.all].into_iter().all(silent) {
        let wrong = Wrong::new(format!("the topic {} has an empty rule", quoted(id.value.as_str())));
        reader.error(
            &id.span,
            wrong.expected("phrases in `any`, `in_title`, `two_of` or `all`, or `learned = true`").absence(Absence::Key),
        );
    }
    if let Some(only) = raw.two_of.given().filter(|two| phrases_in(&two.value) == 1 && silent(&raw.in_title)) {
        reader.error(&only.span, Wrong::new("a single phrase of `two_of` never suffices").expected("at least two phrases"));
    }
    if let Some(fields) = raw.r#in.given().filter(|fields| fields.value.is_empty()) {
        reader.error(&fields.span, Wrong::new("the phrases are looked for nowhere").expected("at least one field"));
    }
    vain::check(&raw, reader);
    if let (Some(alone), Some(fields)) = (raw.in_title.given(), raw.r#in.value())
        && !fields.iter().any(|field| field.value.0 == Field::Title)
    {
        let wrong = Wrong::new("a phrase of `in_title` never suffices: `in` leaves out the title");
        reader.warn(&alone.span, wrong.help("add \"title\" to `in`, or move the phrases to `two_of`".to_owned()));
    }
    let mut phrases = |key: &Key<Vec<At<Wanted>>>| -> Vec<Phrase> {
        key.readable().into_iter().flatten().flat_map(|wanted| phrases_of(&wanted.value.0, zone, reader)).collect()
    };
    let in_title = phrases(&raw.in_title);
    let alone = in_title.iter().map(|phrase| Phrase { fields: vec![Field::Title], ..phrase.clone() });
    Topic {
        title: raw.title.value().map_or_else(|| id.value.to_string(), |title| title.0.clone()),
        any: phrases(&raw.any).into_iter().chain(alone).collect(),
        two_of: phrases(&raw.two_of).into_iter().chain(in_title).collect(),
        all: phrases(&raw.all),
        none: phrases(&raw.none),
        except: phrases(&raw.except),
        fields: raw.r#in.value().map_or_else(|| Field::ALL.to_vec(), |fields| fields.iter().map(|at| at.value.0).collect()),
        learned,
        id: id.value,
    }
}

fn phrases_in(wanted: &[At<Wanted>]) -> usize {
    wanted.iter().map(|wanted| wanted.value.0.phrase.value().map_or(0, |phrases| phrases.0.len())).sum()
}

/// Phrases with their conditions; days begin and end in the service's zone.
fn phrases_of(raw: &Conditional, zone: &TimeZone, reader: &mut Reader<'_>) -> Vec<Phrase> {
    if let Some(near) = raw.near.given().filter(|near| near.value.is_empty()) {
        reader.error(&near.span, Wrong::new("the phrase is near nothing, so it never counts").expected("at least one phrase"));
    }
    if let Some(fields) = raw.r#in.given().filter(|fields| fields.value.is_empty()) {
        reader.error(
            &fields.span,
            Wrong::new("the phrase is looked for nowhere, so it never counts").expected("at least one field"),
        );
    }
    let start = |day: civil::Date| zone.to_timestamp(day.at(0, 0, 0, 0)).ok();
    let (since, until) = (raw.since.value(), raw.until.value());
    if let (Some(since), Some(until)) = (raw.since.given(), raw.until.given())
        && since.value.0 > until.value.0
    {
        let wrong = Wrong::new("`since` is later than `until`, so the phrase never counts").expected("since ≤ until");
        reader.error(&since.span, wrong.also(until.span.clone(), "earlier than the other"));
    }
    let phrase = |text: &value::Phrase| Phrase {
        text: text.0.clone(),
        near: raw.near.value().into_iter().flatten().map(|near| near.value.0.clone()).collect(),
        since: since.and_then(|day| start(day.0)),
        fields: raw.r#in.value().into_iter().flatten().map(|field| field.value.0).collect(),
        until: until.and_then(|day| start(day.0.tomorrow().ok()?)),
        learned: raw.learned.value().copied().unwrap_or_default(),
    };
    raw.phrase.value().map_or_else(Vec::new, |phrases| phrases.0.iter().map(phrase).collect())
}
