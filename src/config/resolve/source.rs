//! What `[source.*]` means.

mod doubts;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use jiff::tz::TimeZone;
use url::Url;

use crate::config::fault::{Wrong, quoted};
use crate::config::gaps::Absence;
use crate::config::raw;
use crate::config::read::{At, Key, Reader};
use crate::config::resolve::Tables;
use crate::config::resolve::source::doubts::{Doubts, sent};
use crate::config::value::{Css, HttpUrl, OneOf, Rank};
use crate::model::{Content, FetchSettings, Origin, Select, Slug, Source, SourceId};

/// The sources of which the origin can be read. `zone` is the service's.
pub(super) fn sources(
    raw: &Tables<raw::Source>,
    zone: &TimeZone,
    fetch: &FetchSettings,
    reader: &mut Reader<'_>,
) -> BTreeMap<SourceId, Source> {
    let mut doubts = Doubts::default();
    let mut sources = BTreeMap::new();
    let mut urls = HashMap::new();
    for (id, source) in raw {
        let Some(source) = source else { continue };
        for url in [source.url.given(), source.page.given()].into_iter().flatten() {
            check_url(&id.value, url, &mut urls, reader);
        }
        doubts.check(&id.value, source, fetch, reader);
        if let Some(origin) = origin(id, source, reader) {
            let home = home(source, &origin, reader);
            sources.insert(id.value.clone(), resolved(id, source, origin, home, zone));
        }
    }
    sources
}

/// The address that readers may see. One that was filled in from the environment may hold a secret: then only its site is shown.
fn home(source: &raw::Source, origin: &Origin, reader: &Reader<'_>) -> Url {
    let (Origin::Feed { url } | Origin::Page { url, .. }) = origin;
    let written = source.url.given().or(source.page.given()).and_then(|at| reader.file.text.get(at.span.clone()));
    match written {
        Some(text) if !text.contains("${") => url.clone(),
        _ => url.join("/").unwrap_or_else(|_| url.clone()),
    }
}

/// Addresses, each with the source that has it and the place where it says so.
type Urls<'a> = HashMap<String, (&'a Slug, Range<usize>)>;

/// Notes an address that another source has too. A fragment is never sent, so it makes no difference.
fn check_url<'a>(id: &'a Slug, url: &At<HttpUrl>, urls: &mut Urls<'a>, reader: &mut Reader<'_>) {
    let address = sent(&url.value.0);
    match urls.get(address.as_str()) {
        Some((first, span)) => {
            let [first, second] = [first.as_str(), id.as_str()].map(quoted);
            let wrong = Wrong::new(format!("the sources {first} and {second} have the same address"));
            reader.error(&url.span, wrong.expected("another address").also(span.clone(), format!("the address of {first}")));
        }
        None => {
            urls.insert(address.into(), (id, url.span.clone()));
        }
    }
}

/// Where a source's entries come from; notes what is missing and what is too much.
fn origin(id: &At<Slug>, source: &raw::Source, reader: &mut Reader<'_>) -> Option<Origin> {
    let name = quoted(id.value.as_str());
    match (&source.url, &source.page) {
        (Key::Absent, Key::Absent) => {
            let wrong = Wrong::new(format!("the source {name} has no address")).expected("a key `url` or a key `page`");
            reader.error(&id.span, wrong.absence(Absence::Key));
            None
        }
        (url, Key::Absent) => {
            if let Some(select) = source.select.given() {
                let wrong = Wrong::new("`select` is for pages, and a feed needs none").expected("`page` instead of `url`");
                reader.error(&select.span, wrong);
            }
            Some(Origin::Feed { url: url.value()?.0.clone() })
        }
        (Key::Absent, page) => {
            let select = select(id, &source.select, reader);
            Some(Origin::Page { url: page.value()?.0.clone(), select: select? })
        }
        (url, page) => {
            let [first, second] = [url, page].map(|key| key.given().map_or(&id.span, |at| &at.span));
            let wrong = Wrong::new(format!("the source {name} has both `url` and `page`")).expected("one of them");
            reader.error(second, wrong.also(first.clone(), "`url` stands here"));
            None
        }
    }
}

/// The selectors of a page; notes what is missing.
fn select(id: &At<Slug>, key: &Key<raw::Select>, reader: &mut Reader<'_>) -> Option<Select> {
    let name = quoted(id.value.as_str());
    if key.is_absent() {
        let wrong = Wrong::new(format!("the source {name} is a page without `select`"));
        let wrong = wrong.expected("select = { item = \"…\", title = \"…\", link = \"…\" }");
        reader.error(&id.span, wrong.absence(Absence::Key));
    }
    let At { value: raw, span } = key.given()?;
    for (part, key) in [("item", &raw.item), ("title", &raw.title), ("link", &raw.link)] {
        if key.is_absent() {
            let wrong = Wrong::new(format!("`select` of the source {name} has no `{part}`"));
            reader.error(span, wrong.expected(format!("a key `{part}`")).absence(Absence::Key));
        }
    }
    if let Some(format) = raw.date_format.given().filter(|_| raw.date.is_absent()) {
        let wrong = Wrong::new("`date_format` has no effect without `date`").expected("a key `date` beside it");
        reader.warn(&format.span, wrong.absence(Absence::Key));
    }
    let text = |key: &Key<Css>| key.value().map(|css| css.0.clone());
    Some(Select {
        item: text(&raw.item)?,
        title: text(&raw.title)?,
        link: text(&raw.link)?,
        date: text(&raw.date),
        date_format: raw.date_format.value().map(|format| format.0.clone()),
        summary: text(&raw.summary),
        image: text(&raw.image),
    })
}

fn resolved(id: &At<Slug>, raw: &raw::Source, origin: Origin, home: Url, zone: &TimeZone) -> Source {
    let host = |url: &Url| url.host_str().unwrap_or_default().to_owned();
    let mut source = Source {
        id: id.value.clone(),
        name: String::new(),
        place: raw.place.value().map(|place| place.0.clone()),
        tags: raw.tags.value().into_iter().flatten().map(|tag| tag.value.0.clone()).collect(),
        origin,
        home,
        every: raw.every.value().map(|every| every.0),
        rank: raw.rank.or(Rank(0)).0,
        enabled: raw.enabled.or(true),
        push: raw.push.or(true),
        gone: raw.gone.or(true),
        headers: raw.headers.value().map_or_else(BTreeMap::new, |headers| headers.0.iter().cloned().collect()),
        timezone: raw.timezone.value().map_or_else(|| zone.clone(), |zone| zone.0.clone()),
        encoding: raw.encoding.value().map(|encoding| encoding.0.clone()),
        content: raw.content.or(OneOf(Content::Summary)).0,
        tracking: raw.tracking.value().into_iter().flatten().map(|name| name.value.0.clone()).collect(),
        link_hosts: raw.link_hosts.value().into_iter().flatten().map(|name| name.value.0.clone()).collect(),
    };
    source.name = raw.name.value().map_or_else(|| host(source.url()), |name| name.0.clone());
    source
}
