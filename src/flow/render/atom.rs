//! Atom 1.0 ([RFC 4287](https://www.rfc-editor.org/rfc/rfc4287)).

use std::collections::BTreeMap;

use atom_syndication::extension::{Extension, ExtensionMap};
use atom_syndication::{Category, Content, Entry, Feed, FixedDateTime, Generator, Link, Person, Source, Text, WriteConfig};
use jiff::Timestamp;

use crate::flow::render::rss::{GENERATOR, MEDIA};
use crate::flow::render::sheet::Sheet;
use crate::flow::render::{Format, address, credit, text, time};
use crate::model::{Credit, Listed, Service};

/// The document.
pub(super) fn document(sheet: &Sheet) -> Vec<u8> {
    let feed = Feed {
        title: Text::plain(sheet.title()),
        id: address::feed_tag(&sheet.listing.id),
        // § 4.1.1 insists on a date: a feed that never had a story last changed in 1970.
        updated: date(sheet.updated().unwrap_or(Timestamp::UNIX_EPOCH)),
        // § 4.1.1: where an entry's own author is missing, this one stands; it never is, but validators ask.
        authors: vec![person(text::title(&sheet.service.title))],
        generator: Some(Generator { value: GENERATOR.to_owned(), ..Generator::default() }),
        links: links(sheet),
        subtitle: Some(Text::plain(text::title(&sheet.service.title))),
        entries: sheet.stories.iter().map(|story| entry(sheet.service, story)).collect(),
        namespaces: BTreeMap::from([("media".to_owned(), MEDIA.to_owned())]),
        lang: Some(text::line(&sheet.service.language)),
        ..Feed::default()
    };
    let config = WriteConfig { write_document_declaration: true, indent_size: Some(2) };
    feed.write_with_config(Vec::new(), config).expect("writing to memory does not fail")
}

fn links(sheet: &Sheet) -> Vec<Link> {
    let mut links = vec![
        link("self", sheet.this(), Some("application/atom+xml")),
        link("alternate", sheet.other(Format::Html), Some("text/html")),
    ];
    links.extend(sheet.hub().map(|hub| link("hub", hub, None)));
    links.extend(sheet.paging().into_iter().map(|(rel, href)| link(rel, href, Some("application/atom+xml"))));
    links
}

fn entry(service: &Service, story: &Listed) -> Entry {
    Entry {
        title: Text::plain(text::title(&story.title)),
        id: address::story_tag(story.id),
        updated: date(story.updated),
        authors: credit::authors(story).into_iter().map(person).collect(),
        categories: categories(service, story),
        links: entry_links(story),
        published: Some(date(story.published)),
        source: Some(source(&story.source, story.updated)),
        summary: summary(story),
        content: content(story),
        extensions: thumbnail(story),
        ..Entry::default()
    }
}

/// The article, and those of the other sources: `related`, because what they say of the news is theirs.
fn entry_links(story: &Listed) -> Vec<Link> {
    let article = story.url.as_deref().and_then(address::web);
    let mut links: Vec<Link> = article.into_iter().map(|url| link("alternate", url, Some("text/html"))).collect();
    for credit in &story.also {
        if let Some(url) = credit.url.as_deref().and_then(address::web) {
            links.push(Link { title: Some(text::title(&credit.name)), ..link("related", url, Some("text/html")) });
        }
    }
    links
}

fn summary(story: &Listed) -> Option<Text> {
    let summary = text::legal(story.summary.trim());
    (!summary.is_empty()).then(|| Text::plain(summary))
}

/// The full text, or the summary with its credits where the summary alone would hide them. An entry without an article
/// always has content (§ 4.1.2 asks for either).
fn content(story: &Listed) -> Option<Content> {
    let linked = story.url.as_deref().and_then(address::web).is_some();
    if linked && story.content.is_none() && !credit::needs_line(story) {
        return None;
    }
    Some(Content { content_type: Some("html".to_owned()), value: Some(credit::body_html(story)), ..Content::default() })
}

/// Where the entry was taken from (§ 4.2.11). The source's own id is not known here, so its address stands for it.
fn source(credit: &Credit, updated: Timestamp) -> Source {
    let home = address::public(&credit.home);
    Source {
        title: Text::plain(text::title(&credit.name)),
        id: home.clone(),
        updated: date(updated),
        links: vec![link("self", home, None)],
        ..Source::default()
    }
}

fn categories(service: &Service, story: &Listed) -> Vec<Category> {
    let scheme = address::absolute(service, "/feeds/");
    let category = |topic: &crate::model::TopicRef| Category {
        term: topic.id.to_string(),
        scheme: Some(scheme.clone()),
        label: Some(text::title(&topic.title)),
    };
    story.topics.iter().map(category).collect()
}

/// The picture, as Media RSS. atom_syndication 0.12.10 writes the attributes of extensions as they are, so that a bare `&` of
/// an address would break the feed: escaped here. Once the library does it, the snapshots show it twice.
fn thumbnail(story: &Listed) -> ExtensionMap {
    let Some(image) = story.image.as_deref().and_then(address::web) else { return ExtensionMap::new() };
    let thumbnail = Extension {
        name: "media:thumbnail".to_owned(),
        attrs: BTreeMap::from([("url".to_owned(), text::escape(&image))]),
        ..Extension::default()
    };
    ExtensionMap::from([("media".to_owned(), BTreeMap::from([("thumbnail".to_owned(), vec![thumbnail])]))])
}

fn link(rel: &str, href: String, mime: Option<&str>) -> Link {
    Link { rel: rel.to_owned(), href, mime_type: mime.map(str::to_owned), ..Link::default() }
}

fn person(name: String) -> Person {
    Person { name, ..Person::default() }
}

/// The library's type of dates, which is another library's; it reads what we write.
fn date(time: Timestamp) -> FixedDateTime {
    time::rfc3339(time).parse().expect("RFC 3339 with a year of four digits")
}
