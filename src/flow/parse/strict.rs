//! feed-rs, which only this file names: the second opinion on what the repairing way finds no entry in.
//!
//! It is strict, and falls short in known ways: it panics on some real documents (caught: the source fails, nobody else), makes
//! up random ids (asked not to), and knows few forms of dates (ours are hooked in).

use std::panic::{AssertUnwindSafe, catch_unwind};

use feed_rs::model::{Entry, Feed, FeedType, Link, Text};
use feed_rs::parser::Builder;
use jiff::Timestamp;

use crate::flow::parse::pace::RawPace;
use crate::flow::parse::raw::{Markup, RawAuthor, RawEntry, RawFeed, RawLink, When};
use crate::flow::parse::{Input, date};

/// Reads a document that is a feed by the book; the error is feed-rs's sentence.
pub(super) fn read(text: &str, input: Input) -> Result<RawFeed, String> {
    let (timezone, now) = (input.timezone.clone(), input.now);
    let parser = Builder::new()
        .base_uri(Some(input.base.as_str()))
        .sanitize_content(false)
        .id_generator(|_, _, _| String::new())
        .timestamp_parser(move |text| {
            date::read(text, &timezone, now).and_then(|t| chrono::DateTime::from_timestamp(t.as_second(), 0))
        })
        .build();
    match catch_unwind(AssertUnwindSafe(|| parser.parse(text.as_bytes()))) {
        Ok(Ok(feed)) => Ok(raw(feed)),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the feed parser gave up on it".to_owned()),
    }
}

fn raw(feed: Feed) -> RawFeed {
    let is_atom = feed.feed_type == FeedType::Atom;
    RawFeed {
        title: feed.title.map(|text| markup(text, is_atom)),
        link: feed.links.iter().find(|l| matches!(l.rel.as_deref(), None | Some("alternate"))).map(|l| l.href.clone()),
        description: feed.description.map(|text| markup(text, is_atom)),
        language: feed.language,
        updated: feed.updated.or(feed.published).and_then(instant),
        generator: feed.generator.map(|generator| generator.content),
        pace: RawPace { ttl_minutes: feed.ttl, ..RawPace::default() },
        entries: feed.entries.into_iter().enumerate().map(|(place, item)| entry(item, place, is_atom)).collect(),
        ..RawFeed::default()
    }
}

fn entry(item: Entry, place: usize, is_atom: bool) -> RawEntry {
    let thumbnails = item.media.iter().flat_map(|m| &m.thumbnails).map(|t| t.image.uri.clone());
    RawEntry {
        guid: Some(item.id).filter(|id| !id.is_empty()),
        images: thumbnails.collect(),
        title: item.title.map(|text| markup(text, is_atom)),
        links: item.links.into_iter().map(link).collect(),
        summary: item.summary.map(|text| markup(text, is_atom)),
        content: item.content.and_then(|content| content.body).map(Markup::Html),
        published: item.published.and_then(instant),
        updated: item.updated.and_then(instant),
        authors: item.authors.into_iter().map(|person| RawAuthor { name: person.name, email: person.email }).collect(),
        categories: item.categories.into_iter().map(|category| category.label.unwrap_or(category.term)).collect(),
        base: item.base,
        content_base: None,
        guid_is_link: None,
        place,
    }
}

fn markup(text: Text, is_atom: bool) -> Markup {
    let is_text = is_atom && text.content_type.essence().to_string() == "text/plain";
    if is_text { Markup::Text(text.content) } else { Markup::Html(text.content) }
}

fn link(link: Link) -> RawLink {
    RawLink { rel: link.rel, href: link.href, media_type: link.media_type, length: link.length }
}

fn instant(time: chrono::DateTime<chrono::Utc>) -> Option<When> {
    Timestamp::from_second(time.timestamp()).ok().map(When::At)
}
