//! Tokens → a raw feed.

use std::borrow::Cow;

use url::Url;

use crate::flow::parse::MOST_ENTRIES;
use crate::flow::parse::loose::field::{Capture, Piece, author_of, ends_field, is_longer, markup, person_of, plain};
use crate::flow::parse::loose::name::{Attached, Field, Role, Room, Space, Spaces, role};
use crate::flow::parse::loose::repairs::{Repairs, count, has_wild_ampersand};
use crate::flow::parse::loose::token::{Tag, Token, Tokens};
use crate::flow::parse::raw::{Markup, RawAuthor, RawEntry, RawFeed, RawLink, When};

/// Reads whatever a document holds of a feed; `None` where it holds neither a feed nor an entry.
pub(in crate::flow::parse) fn read(text: &str) -> Option<RawFeed> {
    let mut reader = Reader::default();
    for token in Tokens::new(text) {
        match token {
            Token::Start(tag) => reader.start(tag),
            Token::End(name) => reader.end(name),
            Token::Text(text) => reader.text(Piece::Text(text)),
            Token::Cdata(text) => reader.text(Piece::Cdata(text)),
        }
        if reader.feed.entries.len() >= 2 * MOST_ENTRIES {
            break;
        }
    }
    reader.finish()
}

#[derive(Default)]
struct Reader<'a> {
    feed: RawFeed,
    repairs: Repairs,
    is_feed: bool,
    is_sitemap: bool,
    /// Whether the feed's end came behind the last entry.
    is_ended: bool,
    entry: Option<RawEntry>,
    /// The entry's title and summary of second choice, wherever they stand in it.
    other_title: Option<Markup>,
    other_summary: Option<Markup>,
    spaces: Spaces,
    /// The field that is being read.
    capture: Option<Capture<'a>>,
    /// The element whose content belongs to something else, and how deep it is nested in itself.
    skipped: Option<(&'a str, usize)>,
    person: Option<RawAuthor>,
    feed_base: Option<String>,
}

impl<'a> Reader<'a> {
    fn start(&mut self, tag: Tag<'a>) {
        for (name, value) in tag.attributes() {
            self.spaces.declare(name, &value);
        }
        let mut room: Room = [0; _];
        let (space, local) = self.spaces.resolve(tag.name, &mut room);
        self.is_sitemap |= local == "urlset";
        let role = self.role(space, local);
        if let Some(capture) = &mut self.capture {
            if !ends_field(capture, role, tag.name) {
                if tag.name == capture.name && !tag.is_empty {
                    capture.depth += 1;
                }
                capture.push_tag(Piece::Start(tag));
                return;
            }
            count(&mut self.repairs.unclosed, self.entry.as_ref().map(|_| self.feed.entries.len()));
            self.close();
        }
        if let Some((name, depth)) = &mut self.skipped {
            match role {
                Role::Entry => self.skipped = None,
                _ => {
                    *depth += usize::from(*name == tag.name && !tag.is_empty);
                    return;
                }
            }
        }
        self.begin(role, tag);
    }

    /// What a name means here: `url` is an entry in a sitemap, and an address everywhere else.
    fn role(&self, space: Space, local: &str) -> Role {
        match role(space, local) {
            Role::Entry if local == "url" && !self.is_sitemap => Role::Through,
            role => role,
        }
    }

    fn begin(&mut self, role: Role, tag: Tag<'a>) {
        match role {
            Role::Feed => {
                self.is_feed = true;
                self.feed_base = tag.attribute("base").map(Cow::into_owned).or(self.feed_base.take());
                self.feed.language = tag.attribute("lang").map(|lang| lang.replace('_', "-")).or(self.feed.language.take());
                // CDF says these in attributes.
                first(&mut self.feed.link, tag.attribute("href").map(Cow::into_owned));
                first(&mut self.feed.updated, tag.attribute("lastmod").map(|date| When::Written(date.into_owned())));
            }
            Role::Entry => self.begin_entry(tag),
            Role::Person if !tag.is_empty => {
                self.person = Some(RawAuthor::default());
                self.capture = Some(Capture::new(Field::Author, tag));
            }
            Role::Skip if !tag.is_empty => self.skipped = Some((tag.name, 0)),
            Role::Attached(kind) => self.attach(kind, tag),
            Role::Field(field) => self.begin_field(field, tag),
            Role::Person | Role::Skip | Role::Through => {}
        }
    }

    fn begin_entry(&mut self, tag: Tag<'a>) {
        self.end_entry();
        self.is_ended = false;
        let base = tag.attribute("base").map(|own| under(self.feed_base.as_deref(), &own)).or_else(|| self.feed_base.clone());
        let guid = tag.attribute("about").map(Cow::into_owned);
        // CDF says the address in an attribute.
        let href = tag.attribute("href").map(Cow::into_owned);
        let links = href.map(|href| RawLink { href, ..RawLink::default() }).into_iter().collect();
        let updated = tag.attribute("lastmod").map(|date| When::Written(date.into_owned()));
        self.entry = Some(RawEntry { base, guid, links, updated, ..RawEntry::default() });
    }

    fn begin_field(&mut self, field: Field, tag: Tag<'a>) {
        match field {
            Field::Link => {
                if let Some(href) = tag.attribute("href") {
                    self.link(&tag, href.into_owned());
                    return;
                }
            }
            Field::Category => {
                let named = tag.attribute("label").or_else(|| tag.attribute("term")).or_else(|| tag.attribute("text"));
                if let (Some(name), Some(entry)) = (named, &mut self.entry) {
                    entry.categories.push(name.into_owned());
                    return;
                }
            }
            // CDF's <lastmod value="…">.
            Field::Updated => {
                if let (Some(value), Some(entry)) = (tag.attribute("value"), &mut self.entry) {
                    entry.updated = Some(When::Written(value.into_owned()));
                }
            }
            Field::Content => {
                if let (Some(source), Some(entry)) = (tag.attribute("src"), &mut self.entry) {
                    let media_type = tag.attribute("type").map(Cow::into_owned);
                    entry.links.push(RawLink {
                        rel: Some("content".to_owned()),
                        href: source.into_owned(),
                        media_type,
                        length: None,
                    });
                }
            }
            _ => {}
        }
        if !tag.is_empty {
            self.capture = Some(Capture::new(field, tag));
        }
    }

    fn link(&mut self, tag: &Tag<'a>, href: String) {
        let rel = tag.attribute("rel").map(|rel| rel.trim().to_ascii_lowercase());
        let link = RawLink {
            rel,
            href,
            media_type: tag.attribute("type").map(Cow::into_owned),
            length: tag.attribute("length").and_then(|length| length.trim().parse().ok()),
        };
        match &mut self.entry {
            Some(entry) => entry.links.push(link),
            None if matches!(link.rel.as_deref(), None | Some("alternate")) => {
                self.feed.link.get_or_insert(link.href);
            }
            None => {}
        }
    }

    fn attach(&mut self, kind: Attached, tag: Tag<'a>) {
        let Some(entry) = &mut self.entry else { return };
        let address = tag.attribute("url").or_else(|| tag.attribute("href"));
        let Some(address) = address.map(Cow::into_owned).filter(|a| !a.trim().is_empty()) else { return };
        let media_type = tag.attribute("type").map(Cow::into_owned);
        let is_image =
            media_type.as_deref().is_some_and(|t| t.starts_with("image/")) || tag.attribute("medium").as_deref() == Some("image");
        match kind {
            Attached::Thumbnail => entry.images.insert(0, address),
            Attached::Picture => entry.images.push(address),
            Attached::Enclosure | Attached::MediaContent => {
                if is_image {
                    entry.images.push(address.clone());
                }
                let length = tag.attribute("length").or_else(|| tag.attribute("filesize")).and_then(|l| l.trim().parse().ok());
                entry.links.push(RawLink { rel: Some("enclosure".to_owned()), href: address, media_type, length });
            }
        }
    }

    fn end(&mut self, name: &'a str) {
        let mut room: Room = [0; _];
        let (space, local) = self.spaces.resolve(name, &mut room);
        let role = self.role(space, local);
        self.is_ended |= role == Role::Feed;
        let ends_entry = role == Role::Entry || (role == Role::Feed && local != "rdf");
        if let Some(capture) = &mut self.capture {
            if name.eq_ignore_ascii_case(capture.name) {
                if capture.depth == 0 {
                    self.close();
                } else {
                    capture.depth -= 1;
                    capture.push_tag(Piece::End(name));
                }
                return;
            }
            if !ends_entry {
                capture.push_tag(Piece::End(name));
                return;
            }
            count(&mut self.repairs.unclosed, self.entry.as_ref().map(|_| self.feed.entries.len()));
            self.close();
        }
        if let Some((skipped, depth)) = &mut self.skipped {
            if name == *skipped && *depth == 0 || ends_entry {
                self.skipped = None;
            } else if name == *skipped {
                *depth -= 1;
            }
            if !ends_entry {
                return;
            }
        }
        if role == Role::Entry {
            self.end_entry();
        }
    }

    fn text(&mut self, piece: Piece<'a>) {
        if let Some(capture) = &mut self.capture {
            if matches!(piece, Piece::Text(text) if has_wild_ampersand(text)) {
                count(&mut self.repairs.entities, self.entry.as_ref().map(|_| self.feed.entries.len()));
            }
            capture.pieces.push(piece);
        }
    }

    fn end_entry(&mut self) {
        let (title, summary) = (self.other_title.take(), self.other_summary.take());
        if let Some(mut entry) = self.entry.take() {
            entry.title = entry.title.or(title);
            entry.summary = entry.summary.or(summary);
            self.feed.entries.push(entry);
        }
    }

    fn finish(mut self) -> Option<RawFeed> {
        self.repairs.truncated =
            self.entry.is_some() || self.is_feed && !self.is_ended && self.feed.entries.len() < 2 * MOST_ENTRIES;
        // A field that the end of the document cut short says half of something: it is left out.
        self.capture = None;
        self.end_entry();
        self.feed.link = self.feed.link.map(|link| under(self.feed_base.as_deref(), &link));
        self.feed.notes = self.repairs.notes();
        (self.is_feed || !self.feed.entries.is_empty()).then_some(self.feed)
    }

    /// Ends the field that is being read, and puts it where it belongs.
    fn close(&mut self) {
        let Some(capture) = self.capture.take() else { return };
        if let Some(person) = self.person.take() {
            self.put_author(person_of(&capture, person, &self.spaces));
            return;
        }
        match self.entry {
            Some(_) => self.put_in_entry(&capture),
            None => self.put_in_feed(&capture),
        }
    }

    fn put_author(&mut self, author: RawAuthor) {
        let says_something = author.name.is_some() || author.email.is_some();
        if let Some(entry) = self.entry.as_mut().filter(|_| says_something) {
            entry.authors.push(author);
        }
    }

    fn put_in_entry(&mut self, capture: &Capture<'a>) {
        let text = plain(capture);
        let Some(entry) = &mut self.entry else { return };
        let given = |text: String| Some(text).filter(|t| !t.trim().is_empty());
        match capture.field {
            Field::Title => first(&mut entry.title, Some(markup(capture))),
            Field::OtherTitle => first(&mut self.other_title, Some(markup(capture))),
            Field::Link => entry.links.extend(given(text).map(|href| RawLink { href, ..RawLink::default() })),
            Field::OriginalLink => {
                entry.links.extend(given(text).map(|href| RawLink {
                    rel: Some("original".to_owned()),
                    href,
                    ..RawLink::default()
                }));
            }
            Field::Guid => {
                entry.guid_is_no_link = capture.tag.attribute("ispermalink").is_some_and(|v| v.eq_ignore_ascii_case("false"));
                entry.guid = given(text).or(entry.guid.take());
            }
            Field::Summary
                if entry.summary.is_some() && entry.content.is_none() && is_longer(capture, entry.summary.as_ref()) =>
            {
                entry.content = Some(markup(capture));
            }
            Field::Summary => first(&mut entry.summary, Some(markup(capture))),
            Field::OtherSummary => first(&mut self.other_summary, Some(markup(capture))),
            Field::Content => first(&mut entry.content, Some(markup(capture))),
            Field::Published => first(&mut entry.published, given(text).map(When::Written)),
            Field::Updated => first(&mut entry.updated, given(text).map(When::Written)),
            Field::Author => {
                let author = author_of(&text);
                self.put_author(author);
            }
            Field::Category => entry.categories.extend(given(text)),
            Field::Image => entry.images.extend(given(text)),
            Field::AuthorName | Field::AuthorEmail | Field::Language | Field::Generator | Field::Ttl => {}
        }
    }

    fn put_in_feed(&mut self, capture: &Capture<'a>) {
        let text = plain(capture);
        let given = |text: String| Some(text).filter(|t| !t.trim().is_empty());
        let feed = &mut self.feed;
        match capture.field {
            Field::Title => first(&mut feed.title, Some(markup(capture))),
            Field::Link => first(&mut feed.link, given(text)),
            Field::Summary | Field::OtherSummary => first(&mut feed.description, Some(markup(capture))),
            Field::Published | Field::Updated => first(&mut feed.updated, given(text).map(When::Written)),
            Field::Language => feed.language = given(text).or(feed.language.take()),
            Field::Generator => first(&mut feed.generator, given(text)),
            Field::Ttl => feed.ttl_minutes = text.trim().parse().ok(),
            _ => {}
        }
    }
}

/// An address under a base; as it was written, where there is no base that is an address.
fn under(base: Option<&str>, address: &str) -> String {
    let base = base.and_then(|base| Url::parse(base.trim()).ok());
    base.and_then(|base| base.join(address.trim()).ok()).map_or_else(|| address.to_owned(), String::from)
}

/// Keeps the first value that there is.
fn first<T>(slot: &mut Option<T>, value: Option<T>) {
    if slot.is_none() {
        *slot = value;
    }
}

#[cfg(test)]
mod tests;
