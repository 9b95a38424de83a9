//! The entry that is being read: each field goes to its place, and what is of second choice waits until all are read.

use std::borrow::Cow;

use url::Url;

use crate::flow::parse::loose::field::{Capture, author_of, inside, is_longer, markup, plain};
use crate::flow::parse::loose::name::{Attached, Field};
use crate::flow::parse::loose::token::Tag;
use crate::flow::parse::picture::is_picture;
use crate::flow::parse::raw::{Markup, RawAuthor, RawEntry, RawLink, When};

/// Categories, authors, files and pictures of one entry that are kept; no article has so many, and each is compared with all others.
pub(super) const MOST_OF_A_KIND: usize = 100;

#[derive(Default)]
pub(super) struct OpenEntry {
    raw: RawEntry,
    other_title: Option<Markup>,
    other_summary: Option<Markup>,
    long_summary: Option<Markup>,
    created: Option<When>,
}

impl OpenEntry {
    /// An entry, with what its own tag says of it (RDF, CDF).
    pub(super) fn begin(tag: &Tag, feed_base: Option<&str>) -> Self {
        let base = tag.attribute("base").map(|own| under(feed_base, &own)).or_else(|| feed_base.map(str::to_owned));
        let guid = tag.attribute("about").map(Cow::into_owned);
        let href = tag.attribute("href").map(Cow::into_owned);
        let links = href.map(|href| RawLink { href, ..RawLink::default() }).into_iter().collect();
        let updated = tag.attribute("lastmod").map(|date| When::Written(date.into_owned()));
        Self { raw: RawEntry { base, guid, links, updated, ..RawEntry::default() }, ..Self::default() }
    }

    pub(super) fn base(&self) -> Option<&str> {
        self.raw.base.as_deref()
    }

    /// Takes what a field's start tag says of the entry; whether that is all.
    pub(super) fn take_attributes(&mut self, field: Field, tag: &Tag) -> bool {
        match field {
            Field::Category => {
                let named = tag.attribute("label").or_else(|| tag.attribute("term")).or_else(|| tag.attribute("text"));
                let is_named = named.is_some();
                self.put_categories(named.map(Cow::into_owned));
                return is_named;
            }
            // CDF's <lastmod value="…">.
            Field::Updated => {
                let value = tag.attribute("value").map(|value| When::Written(value.into_owned()));
                self.raw.updated = value.or(self.raw.updated.take());
            }
            Field::Content => {
                if let Some(href) = tag.attribute("src").map(Cow::into_owned) {
                    let media_type = tag.attribute("type").map(Cow::into_owned);
                    self.put_link(RawLink { rel: Some("content".to_owned()), href, media_type, length: None });
                }
            }
            _ => {}
        }
        false
    }

    pub(super) fn put_link(&mut self, link: RawLink) {
        let is_file = link.rel.as_deref() == Some("enclosure");
        // So that files, however many, leave room for the article's address.
        if self.raw.links.len() < if is_file { MOST_OF_A_KIND } else { 2 * MOST_OF_A_KIND } {
            self.raw.links.push(link);
        }
    }

    pub(super) fn put_author(&mut self, author: RawAuthor) {
        let says_something = author.name.is_some() || author.email.is_some();
        if says_something && self.raw.authors.len() < MOST_OF_A_KIND {
            self.raw.authors.push(author);
        }
    }

    fn put_categories(&mut self, named: Option<String>) {
        if self.raw.categories.len() < MOST_OF_A_KIND {
            self.raw.categories.extend(named);
        }
    }

    /// Takes an attached file or a picture.
    pub(super) fn attach(&mut self, kind: Attached, tag: &Tag) {
        let address = tag.attribute("url").or_else(|| tag.attribute("href"));
        let Some(address) = address.map(Cow::into_owned).filter(|a| !a.trim().is_empty()) else { return };
        let media_type = tag.attribute("type").map(Cow::into_owned);
        let is_image = match (&media_type, tag.attribute("medium")) {
            (Some(media_type), _) => media_type.starts_with("image/"),
            (None, Some(medium)) => medium == "image",
            (None, None) => is_picture(&address),
        };
        match kind {
            _ if self.raw.images.len() >= MOST_OF_A_KIND => {}
            Attached::Thumbnail => self.raw.images.insert(0, address),
            Attached::Picture => self.raw.images.push(address),
            Attached::Enclosure | Attached::MediaContent => {
                if is_image {
                    self.raw.images.push(address.clone());
                }
                let length = tag.attribute("length").or_else(|| tag.attribute("filesize")).and_then(|l| l.trim().parse().ok());
                self.put_link(RawLink { rel: Some("enclosure".to_owned()), href: address, media_type, length });
            }
        }
    }

    /// Takes a field that was read.
    pub(super) fn put(&mut self, capture: &Capture) {
        let given = || Some(plain(capture)).filter(|text| !text.is_empty());
        let written = || given().map(When::Written);
        let link = |rel: Option<String>, href: String| RawLink { rel, href, ..RawLink::default() };
        let raw = &mut self.raw;
        match capture.field {
            Field::Title => first(&mut raw.title, || Some(markup(capture))),
            Field::OtherTitle => first(&mut self.other_title, || Some(markup(capture))),
            Field::Link => {
                if let Some(text) = given() {
                    let href = based(&capture.tag, &text, raw.base.as_deref());
                    self.put_link(link(relation(&capture.tag), href));
                }
            }
            Field::OriginalLink => {
                if let Some(href) = given() {
                    self.put_link(link(Some("original".to_owned()), href));
                }
            }
            Field::Guid => {
                let is_link = capture.tag.attribute("ispermalink");
                raw.guid_is_link = is_link.map(|value| !value.trim().eq_ignore_ascii_case("false"));
                raw.guid = given().or(raw.guid.take());
            }
            Field::Summary if raw.summary.is_some() && raw.content.is_none() && is_longer(capture, raw.summary.as_ref()) => {
                raw.content = Some(markup(capture));
            }
            Field::Summary => first(&mut raw.summary, || Some(markup(capture))),
            Field::OtherSummary => first(&mut self.other_summary, || Some(markup(capture))),
            Field::LongSummary => first(&mut self.long_summary, || Some(markup(capture))),
            Field::Content if raw.content.is_none() => {
                let own = capture.tag.attribute("base");
                raw.content_base = own.map(|own| under(raw.base.as_deref(), &own));
                raw.content = Some(markup(capture));
            }
            Field::Published => first(&mut raw.published, written),
            Field::Created => first(&mut self.created, written),
            Field::Updated => first(&mut raw.updated, written),
            Field::Author => self.put_author(author_of(&plain(capture))),
            Field::Category => self.put_categories(given()),
            Field::Image if raw.images.len() < MOST_OF_A_KIND => raw.images.extend(inside(capture, "url").or_else(given)),
            Field::Content | Field::Image | Field::AuthorName | Field::AuthorEmail | Field::Language | Field::Generator => {}
            Field::Ttl | Field::UpdatePeriod | Field::UpdateFrequency | Field::SkipHour | Field::SkipDay => {}
        }
    }

    /// The entry, with what was of second choice where the first is missing.
    pub(super) fn finish(self) -> RawEntry {
        let mut entry = self.raw;
        let length = |text: &Option<Markup>| text.as_ref().map_or(0, |text| text.as_str().trim().len());
        entry.title = entry.title.or(self.other_title);
        entry.published = entry.published.or(self.created);
        match entry.summary {
            None => entry.summary = self.long_summary.or(self.other_summary),
            Some(_) if entry.content.is_none() && length(&self.long_summary) > length(&entry.summary) => {
                entry.content = self.long_summary;
            }
            Some(_) => {}
        }
        entry
    }
}

/// What a link says it is.
pub(super) fn relation(tag: &Tag) -> Option<String> {
    tag.attribute("rel").map(|rel| rel.trim().to_ascii_lowercase())
}

/// An address in an element that may have a base of its own.
pub(super) fn based(tag: &Tag, address: &str, outer: Option<&str>) -> String {
    match tag.attribute("base") {
        Some(own) => under(Some(&under(outer, &own)), address),
        None => address.to_owned(),
    }
}

/// An address under a base; as it was written, where there is no base that is an address.
pub(super) fn under(base: Option<&str>, address: &str) -> String {
    let base = base.and_then(|base| Url::parse(base.trim()).ok());
    base.and_then(|base| base.join(address.trim()).ok()).map_or_else(|| address.to_owned(), String::from)
}

/// Keeps the first value that there is.
pub(super) fn first<T>(slot: &mut Option<T>, value: impl FnOnce() -> Option<T>) {
    if slot.is_none() {
        *slot = value();
    }
}
