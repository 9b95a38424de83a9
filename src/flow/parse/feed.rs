//! Feeds: RSS, RDF, Atom and JSON Feed through feed-rs, which only this file names.
//!
//! feed-rs falls short in known ways, and each is met here: it panics on some real documents (caught: the source fails, nobody
//! else), makes up random ids (asked not to), knows few forms of dates (ours are hooked in), keeps half-escaped titles, and
//! lets every kind of link pass.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};

use feed_rs::model::{Feed, Link, MediaObject, Person};
use feed_rs::parser::Builder;
use jiff::Timestamp;

use crate::flow::parse::html::{Cleaner, first_image, plain, plain_title};
use crate::flow::parse::{Input, NotAFeed, date, web_address};
use crate::model::{Author, Document, Enclosure, Entry, FeedInfo, Note, NoteKind};
use crate::text::{clip, shown};

/// How much of a long text becomes the summary where the document has none, in characters.
const SUMMARY_CHARACTERS: usize = 500;

/// Reads a feed that [`super::decode`] has made safe.
pub(super) fn read(text: &str, input: Input) -> Result<Document, NotAFeed> {
    let mut notes = Vec::new();
    let feed = with_feed_rs(text, input, &mut notes)?;
    let updated = feed.updated.or(feed.published).and_then(instant);
    let info = FeedInfo {
        title: feed.title.as_ref().map(|t| plain_title(&t.content)).filter(|t| !t.is_empty()),
        url: article_link(&feed.links).and_then(|link| web_address(&link.href, input.base)),
        description: feed.description.as_ref().map(|t| plain(&t.content)).filter(|t| !t.is_empty()),
        language: feed.language.as_deref().map(shown),
        updated,
        ttl_minutes: feed.ttl,
    };
    let cleaner = Cleaner::new(input.base);
    let mut entries = Vec::with_capacity(feed.entries.len());
    for (i, item) in feed.entries.into_iter().enumerate() {
        let entry = entry(item, &cleaner, input);
        let says_something = !entry.title.is_empty() || !entry.text.is_empty();
        if says_something {
            entries.push(entry);
        } else {
            let message = "an entry with neither title nor text was left out".to_owned();
            notes.push(Note { kind: NoteKind::Dropped, message, entry: Some(i) });
        }
    }
    Ok(Document { feed: info, entries, notes })
}

fn with_feed_rs(text: &str, input: Input, notes: &mut Vec<Note>) -> Result<Feed, NotAFeed> {
    let unread = Arc::new(Mutex::new(Vec::new()));
    let (missed, timezone, now) = (Arc::clone(&unread), input.timezone.clone(), input.now);
    let parser = Builder::new()
        .base_uri(Some(input.base.as_str()))
        .sanitize_content(false)
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(move |text| {
            let read = date::read(text, &timezone, now);
            if read.is_none() && !text.trim().is_empty() {
                missed.lock().unwrap_or_else(|e| e.into_inner()).push(clip(&shown(text), 60));
            }
            read.and_then(|t| chrono::DateTime::from_timestamp(t.as_second(), 0))
        })
        .build();
    let parsed = catch_unwind(AssertUnwindSafe(|| parser.parse(text.as_bytes())));
    let mut unread = std::mem::take(&mut *unread.lock().unwrap_or_else(|e| e.into_inner()));
    unread.dedup();
    notes.extend(unread.into_iter().map(|text| Note {
        kind: NoteKind::Date,
        message: format!("the date “{text}” could not be read"),
        entry: None,
    }));
    match parsed {
        Ok(Ok(feed)) => Ok(feed),
        Ok(Err(error)) => Err(NotAFeed::Unreadable(error.to_string())),
        Err(_) => Err(NotAFeed::Unreadable("the feed parser gave up on it".to_owned())),
    }
}

fn entry(item: feed_rs::model::Entry, cleaner: &Cleaner, input: Input) -> Entry {
    let body = item.content.as_ref().and_then(|c| c.body.as_deref()).filter(|b| !b.trim().is_empty());
    let raw_summary = item.summary.as_ref().map(|t| t.content.as_str()).filter(|s| !s.trim().is_empty());
    let text = match (raw_summary, body) {
        (Some(summary), _) => plain(summary),
        (None, Some(body)) => clip(&plain(body), SUMMARY_CHARACTERS),
        (None, None) => String::new(),
    };
    let guid = shown(&item.id);
    Entry {
        title: item.title.as_ref().map(|t| plain_title(&t.content)).unwrap_or_default(),
        url: article_link(&item.links)
            .and_then(|link| web_address(&link.href, input.base))
            .or_else(|| web_address(&guid, input.base).filter(|_| guid.starts_with("http"))),
        published: item.published.or(item.updated).and_then(instant),
        updated: item.updated.and_then(instant),
        image: image(&item.media, &item.links, raw_summary, body, input),
        summary: raw_summary.map(|html| cleaner.clean(html)).unwrap_or_default(),
        content: body.map(|html| cleaner.clean(html)),
        text,
        authors: item.authors.iter().filter_map(author).collect(),
        categories: categories(&item.categories),
        enclosures: enclosures(&item.links, &item.media),
        guid: (!guid.is_empty()).then_some(guid),
    }
}

/// The link to the article: `alternate`, else one without a relation.
fn article_link(links: &[Link]) -> Option<&Link> {
    let with = |rel: Option<&str>| links.iter().find(move |link| link.rel.as_deref() == rel);
    with(Some("alternate")).or_else(|| with(None))
}

fn instant(time: chrono::DateTime<chrono::Utc>) -> Option<Timestamp> {
    Timestamp::from_second(time.timestamp()).ok()
}

/// The entry's picture: a media thumbnail, a media or enclosed picture, else the first `<img>` of summary or body.
fn image(media: &[MediaObject], links: &[Link], summary: Option<&str>, body: Option<&str>, input: Input) -> Option<String> {
    let thumbnail = media.iter().flat_map(|m| &m.thumbnails).map(|t| t.image.uri.as_str()).next();
    let is_image = |kind: &str| kind.starts_with("image/");
    let content = media.iter().flat_map(|m| &m.content);
    let pictured = content
        .filter(|c| c.content_type.as_ref().is_some_and(|t| is_image(t.as_str())))
        .find_map(|c| c.url.as_ref().map(|u| u.as_str()));
    let enclosed = links
        .iter()
        .find(|l| l.rel.as_deref() == Some("enclosure") && l.media_type.as_deref().is_some_and(is_image))
        .map(|l| l.href.as_str());
    let named = [thumbnail, pictured, enclosed].into_iter().flatten().find_map(|url| web_address(url, input.base));
    named.or_else(|| [summary, body].into_iter().flatten().find_map(|html| first_image(html, input.base)))
}

fn author(person: &Person) -> Option<Author> {
    let some = |text: &str| Some(plain(text)).filter(|t| !t.is_empty());
    let author = Author { name: person.name.as_deref().and_then(some), email: person.email.as_deref().and_then(some) };
    let unknown = author.name.as_deref().is_none_or(|name| name == "unknown") && author.email.is_none();
    (!unknown).then_some(author)
}

fn categories(categories: &[feed_rs::model::Category]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for category in categories {
        let name = plain(category.label.as_ref().unwrap_or(&category.term));
        if !name.is_empty() && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn enclosures(links: &[Link], media: &[MediaObject]) -> Vec<Enclosure> {
    let linked = links.iter().filter(|l| l.rel.as_deref() == Some("enclosure")).map(|l| Enclosure {
        url: l.href.clone(),
        media_type: l.media_type.clone(),
        length: l.length,
    });
    let media = media.iter().flat_map(|m| &m.content).filter_map(|c| {
        let url = c.url.as_ref()?.to_string();
        Some(Enclosure { url, media_type: c.content_type.as_ref().map(ToString::to_string), length: c.size })
    });
    let mut all: Vec<Enclosure> = Vec::new();
    for enclosure in linked.chain(media) {
        if !all.iter().any(|known| known.url == enclosure.url) {
            all.push(enclosure);
        }
    }
    all
}
