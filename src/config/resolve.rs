//! What a file means: defaults filled in, names resolved, contradictions found.
//!
//! Whatever is said is taken; what can't be used is noted, and a default takes its place, so that the rest can still be
//! judged. Whether there is a [`Config`] in the end, the caller decides by the faults.

mod feed;
mod source;
mod topic;

use std::time::Duration;

use jiff::tz::TimeZone;
use url::Url;

use crate::config::Config;
use crate::config::fault::Wrong;
use crate::config::gaps::Absence;
use crate::config::raw;
use crate::config::read::{At, Key, Keyed, Reader};
use crate::config::value::{Count, HubChoice, Interval, Keep, Pause, Size};
use crate::model::{Announce, FetchSettings, Service, Slug, StoreSettings};

/// Default of `service.title`: the program's name in its language.
const TITLE: &str = "Điểm tin";
/// Default of `service.listen`: nothing is public unasked.
const LISTEN: &str = "127.0.0.1:8080";
/// Default of `service.timezone`.
const ZONE: &str = "Asia/Ho_Chi_Minh";

/// The configuration that a file describes.
pub(super) fn resolve(file: raw::File, reader: &mut Reader<'_>) -> Config {
    let raw_service = table(file.service);
    let (store, fetch) = (store(&table(file.store)), fetch(&table(file.fetch), reader));
    let service = service(&raw_service);
    let service = Service { hub: hub(&raw_service.hub, &service, &fetch, reader), ..service };
    let readable = !file.source.is_broken();
    let sources = tables(file.source);
    let topics = tables(file.topic);
    let feeds = tables(file.feed);
    if readable && sources.is_empty() {
        let wrong = Wrong::new("there is no source, so nothing is polled").expected("a table [source.ID] with a url");
        reader.warn(&(0..0), wrong.absence(Absence::Table));
    }
    let feeds = feed::feeds(&feeds, &topics, &sources, reader);
    Config {
        store,
        sources: source::sources(&sources, &service.timezone, &fetch, reader),
        topics: topics.into_iter().map(|(id, topic)| topic::topic(id, topic, &service.timezone, reader)).collect(),
        feeds,
        fetch,
        service,
        text: "".into(),
    }
}

/// Tables by id, each with its place; `None` for one that can't be read, whose id still counts.
type Tables<T> = Vec<(At<Slug>, Option<T>)>;

fn tables<T>(key: Key<Keyed<T>>) -> Tables<T> {
    match key {
        Key::Given(at) => at.value.0,
        Key::Absent | Key::Broken | Key::Part(_) => Vec::new(),
    }
}

fn table<T: Default>(key: Key<T>) -> T {
    match key {
        Key::Given(at) => at.value,
        Key::Absent | Key::Broken | Key::Part(_) => T::default(),
    }
}

fn service(raw: &raw::Service) -> Service {
    let listen = raw.listen.value().map_or(LISTEN, |listen| &listen.0).to_owned();
    Service {
        title: raw.title.value().map_or(TITLE, |title| &title.0).to_owned(),
        url: raw.url.value().map_or_else(|| address_of(&listen), |url| url.0.clone()),
        has_url: raw.url.value().is_some(),
        listen,
        contact: raw.contact.value().map(|contact| contact.0.clone()),
        language: raw.language.value().map_or("vi", |language| &language.0).to_owned(),
        timezone: raw.timezone.value().map_or_else(home, |zone| zone.0.clone()),
        hub: Announce::Off,
        token: raw.token.value().map(|token| token.0.clone()),
    }
}

/// Which hub announces our feeds. It follows from the file alone, for it stands in every feed.
fn hub(raw: &Key<HubChoice>, service: &Service, fetch: &FetchSettings, reader: &mut Reader<'_>) -> Announce {
    let choice = raw.or(HubChoice::Ours(true));
    let hindrance = match &choice {
        HubChoice::Ours(false) => return Announce::Off,
        _ if !service.has_url => "`url` is not given, so nobody would know where our feeds are",
        HubChoice::At(url) => return Announce::Elsewhere(url.clone()),
        HubChoice::Ours(true) if !service.is_reachable(&fetch.private_networks) => {
            "`url` is not public (fetch.private_networks opens networks of your own)"
        }
        HubChoice::Ours(true) => match service.url.join("websub") {
            Ok(url) => return Announce::Here(url),
            Err(_) => "`url` is no folder",
        },
    };
    // It is on where it can be: without an address of ours nobody misses it.
    let is_missed = service.has_url || matches!(choice, HubChoice::At(_));
    if let Some(given) = raw.given().filter(|_| is_missed) {
        reader.warn(&given.span, Wrong::new(format!("nobody can subscribe to our feeds: {hindrance}")));
    }
    Announce::Off
}

/// The address of a service that listens there.
fn address_of(listen: &str) -> Url {
    Url::parse(&format!("http://{listen}/")).expect("a host was parsed as a URL's host, and a port as a number")
}

/// The zone that is assumed.
fn home() -> TimeZone {
    TimeZone::get(ZONE).expect("the zones are in the program")
}

fn store(raw: &raw::Store) -> StoreSettings {
    StoreSettings {
        url: raw.url.value().map_or("sled:data", |url| &url.0).to_owned(),
        keep: raw.keep.or(Keep(Some(Duration::from_secs(365 * 24 * 60 * 60)))).0,
    }
}

fn fetch(raw: &raw::Fetch, reader: &mut Reader<'_>) -> FetchSettings {
    let minutes = |minutes: u64| Interval(Duration::from_secs(minutes * 60));
    let every = raw.every.or(minutes(15));
    let min_every = raw.min_every.or(minutes(5));
    let max_every = raw.max_every.or(minutes(6 * 60));
    let [min, first, max] =
        [("min_every", &raw.min_every, min_every), ("every", &raw.every, every), ("max_every", &raw.max_every, max_every)];
    check_order(min, first, reader);
    check_order(first, max, reader);
    if raw.every.is_broken() {
        check_order(min, max, reader);
    }
    FetchSettings {
        every: every.0,
        min_every: min_every.0,
        max_every: max_every.0,
        timeout: raw.timeout.or(Interval(Duration::from_secs(30))).0,
        max_body: raw.max_body.or(Size(10 << 20)).0,
        parallel: raw.parallel.or(Count(64)).0,
        per_host: raw.per_host.or(Count(2)).0,
        spacing: raw.spacing.or(Pause(Duration::from_secs(2))).0,
        push: raw.push.or(true),
        gone: raw.gone.or(true),
        proxy: raw.proxy.value().map(|proxy| proxy.0.clone()),
        name_servers: raw.name_servers.value().map_or_else(Vec::new, |servers| servers.iter().map(|at| at.value.0).collect()),
        private_networks: raw
            .private_networks
            .value()
            .map_or_else(Vec::new, |ranges| ranges.iter().map(|at| at.value.0).collect()),
    }
}

/// A key's name, what the file says for it, and what holds.
type Named<'a> = (&'a str, &'a Key<Interval>, Interval);

/// Notes it if the first interval is longer than the second.
fn check_order(less: Named<'_>, more: Named<'_>, reader: &mut Reader<'_>) {
    let (less_name, less_key, less) = less;
    let (more_name, more_key, more) = more;
    if less <= more || less_key.is_broken() || more_key.is_broken() {
        return;
    }
    let from = |key: &Key<Interval>| if key.is_absent() { " by default" } else { "" };
    let message =
        format!("`{less_name}` is {less}{}, longer than `{more_name}`, which is {more}{}", from(less_key), from(more_key));
    let wrong = Wrong::new(message).expected("min_every ≤ every ≤ max_every");
    match (less_key.given(), more_key.given()) {
        (Some(less), Some(more)) => reader.error(&more.span, wrong.also(less.span.clone(), "longer than the other")),
        (Some(only), None) => reader.error(&only.span, wrong.help(format!("give `{more_name}` too"))),
        (None, Some(only)) => reader.error(&only.span, wrong.help(format!("give `{less_name}` too"))),
        (None, None) => {}
    }
}
