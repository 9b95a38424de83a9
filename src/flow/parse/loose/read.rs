//! Tokens → a raw feed.

use std::borrow::Cow;

use base64::Engine;
use url::Url;

use crate::flow::parse::MOST_ENTRIES;
use crate::flow::parse::loose::name::{Attached, Field, Role, Space, Spaces, role};
use crate::flow::parse::loose::token::{Tag, Token, Tokens, decode, without_prefix};
use crate::flow::parse::raw::{Markup, RawAuthor, RawEntry, RawFeed, RawLink, When};
use crate::model::{Note, NoteKind};

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

/// What had to be repaired; told once a kind, with the number and the first entry.
#[derive(Default)]
struct Repairs {
    /// Fields whose end tag is missing.
    unclosed: (usize, Option<usize>),
    /// `&` that are no XML entity.
    entities: (usize, Option<usize>),
    truncated: bool,
}

impl Repairs {
    fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut note = |kind, message, entry| notes.push(Note { kind, message, entry });
        if let (count @ 1.., entry) = self.unclosed {
            note(NoteKind::Tags, format!("{count} end tags are missing"), entry);
        }
        if let (count @ 1.., entry) = self.entities {
            note(
                NoteKind::Entity,
                format!("{count} times & stands where XML wants &amp;, or an entity that only HTML knows"),
                entry,
            );
        }
        if self.truncated {
            note(NoteKind::Truncated, "the document ends in the middle; what stands before the cut is kept".to_owned(), None);
        }
        notes
    }
}

/// Counts a repair.
fn count((times, first): &mut (usize, Option<usize>), entry: Option<usize>) {
    *times += 1;
    *first = if *times == 1 { entry } else { *first };
}

/// Whether a text has an `&` that is none of XML's own entities.
fn has_wild_ampersand(text: &str) -> bool {
    text.match_indices('&').any(|(at, _)| {
        let rest = &text[at + 1..];
        let entity = rest.split(';').next().unwrap_or_default();
        let known = matches!(entity, "amp" | "lt" | "gt" | "quot" | "apos") || entity.starts_with('#');
        !known || entity.len() == rest.len()
    })
}

/// A field that is being read.
struct Capture<'a> {
    field: Field,
    name: &'a str,
    tag: Tag<'a>,
    depth: usize,
    pieces: Vec<Piece<'a>>,
}

/// A part of a field.
enum Piece<'a> {
    /// Text as it stood there.
    Text(&'a str),
    Cdata(&'a str),
    Start(Tag<'a>),
    End(&'a str),
}

impl<'a> Reader<'a> {
    fn start(&mut self, tag: Tag<'a>) {
        for (name, value) in tag.attributes() {
            self.spaces.declare(name, &value);
        }
        let (space, local) = self.spaces.resolve(tag.name);
        self.is_sitemap |= local == "urlset";
        let role = self.role(space, &local);
        if let Some(capture) = &mut self.capture {
            if !ends_field(capture, role, tag.name) {
                if tag.name == capture.name && !tag.is_empty {
                    capture.depth += 1;
                }
                capture.pieces.push(Piece::Start(tag));
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
                self.feed.language = tag.attribute("lang").map(Cow::into_owned).or(self.feed.language.take());
            }
            Role::Entry => self.begin_entry(tag),
            Role::Person if !tag.is_empty => {
                self.person = Some(RawAuthor::default());
                self.capture = Some(Capture { field: Field::Author, name: tag.name, tag, depth: 0, pieces: Vec::new() });
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
            self.capture = Some(Capture { field, name: tag.name, tag, depth: 0, pieces: Vec::new() });
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
        let (space, local) = self.spaces.resolve(name);
        let role = self.role(space, &local);
        self.is_ended |= role == Role::Feed;
        let ends_entry = role == Role::Entry || (role == Role::Feed && local != "rdf");
        if let Some(capture) = &mut self.capture {
            if name.eq_ignore_ascii_case(capture.name) {
                if capture.depth == 0 {
                    self.close();
                } else {
                    capture.depth -= 1;
                    capture.pieces.push(Piece::End(name));
                }
                return;
            }
            if !ends_entry {
                capture.pieces.push(Piece::End(name));
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
        self.repairs.truncated = self.entry.is_some() || self.is_feed && !self.is_ended && self.feed.entries.len() < 2 * MOST_ENTRIES;
        if self.capture.is_some() {
            self.close();
        }
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
            Field::Summary => first(&mut feed.description, Some(markup(capture))),
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

fn is_longer(capture: &Capture, known: Option<&Markup>) -> bool {
    let length: usize = capture.pieces.iter().map(|p| if let Piece::Text(t) | Piece::Cdata(t) = p { t.len() } else { 0 }).sum();
    length > known.map_or(0, |k| k.as_str().len())
}

/// Whether a start tag shows that the end of the field before it was forgotten. Inside a body, names that HTML has too are
/// markup; entries and the names of dates and guids are not.
fn ends_field(capture: &Capture, role: Role, name: &str) -> bool {
    let is_person = capture.field == Field::Author
        && !matches!(role, Role::Field(Field::AuthorName | Field::AuthorEmail | Field::Link | Field::Guid));
    match role {
        Role::Entry => true,
        Role::Field(Field::Published | Field::Updated | Field::Guid | Field::Ttl | Field::Language | Field::Generator) => {
            capture.field != Field::Author || is_person
        }
        Role::Field(Field::Link) => {
            !name.eq_ignore_ascii_case("link") || !is_body(capture.field) && capture.field != Field::Author
        }
        Role::Field(Field::Title | Field::Summary | Field::Category | Field::Author) => {
            !is_body(capture.field) && (capture.name != name) && is_person_or_text(capture, is_person)
        }
        // A title may be XHTML with a prefix (`<h:div>`).
        Role::Field(Field::Content) => !is_body(capture.field) && name.contains(':') && without_prefix(name) != "div",
        Role::Attached(_) => !is_body(capture.field),
        _ => false,
    }
}

fn is_person_or_text(capture: &Capture, is_person: bool) -> bool {
    capture.field != Field::Author || is_person
}

/// Fields whose content may be any HTML.
fn is_body(field: Field) -> bool {
    matches!(field, Field::Summary | Field::OtherSummary | Field::Content)
}

/// The text of a field, decoded once; markup inside it says nothing.
fn plain(capture: &Capture) -> String {
    let parts = capture.pieces.iter().map(|piece| match piece {
        Piece::Text(text) => decode(text),
        Piece::Cdata(text) => Cow::Borrowed(*text),
        Piece::Start(_) | Piece::End(_) => Cow::Borrowed(""),
    });
    parts.collect::<String>().trim().to_owned()
}

/// The content of a field that may hold markup: escaped, in CDATA, or as it is.
fn markup(capture: &Capture) -> Markup {
    let kind = capture.tag.attribute("type").map(|t| t.trim().to_ascii_lowercase()).unwrap_or_default();
    let has_tags = capture.pieces.iter().any(|piece| matches!(piece, Piece::Start(_) | Piece::End(_)));
    let mode = capture.tag.attribute("mode").unwrap_or_default();
    let mut out = String::new();
    for piece in &capture.pieces {
        match piece {
            // What is left of a CDATA section inside another.
            Piece::Text(text) if text.trim_start().starts_with("]]>") => {
                out.push_str(text.trim_start().trim_start_matches("]]>"))
            }
            // Beside real tags, text is escaped as HTML's is; without them, what is escaped is the HTML.
            Piece::Text(text) if has_tags => out.push_str(text),
            Piece::Text(text) => out.push_str(&decode(text)),
            Piece::Cdata(text) => out.push_str(inner_cdata(text)),
            Piece::Start(tag) => tag.write(&mut out),
            Piece::End(name) => {
                out.push_str("</");
                out.push_str(without_prefix(name));
                out.push('>');
            }
        }
    }
    // A section that was escaped is the text of one.
    if out.trim_start().starts_with("<![CDATA[") && out.trim_end().ends_with("]]>") {
        out = inner_cdata(out.trim()).to_owned();
    }
    let is_binary = !kind.is_empty() && kind.contains('/') && !kind.starts_with("text/") && !kind.ends_with("xml");
    if mode.eq_ignore_ascii_case("base64") || is_binary && !has_tags {
        return from_base64(&out).unwrap_or(Markup::Html(out));
    }
    let is_text = matches!(kind.as_str(), "text" | "text/plain") && !has_tags;
    if is_text { Markup::Text(out) } else { Markup::Html(out) }
}

/// The text that stands in base 64 (Atom 0.3's `mode`, Atom 1.0's other media types).
fn from_base64(text: &str) -> Option<Markup> {
    let digits: String = text.split_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(digits).ok()?;
    // What is no text, such as a picture, says nothing.
    Some(Markup::Html(String::from_utf8(bytes).unwrap_or_default()))
}

/// A CDATA section that was escaped twice holds the text of another: `<![CDATA[…]]&gt;`.
fn inner_cdata(text: &str) -> &str {
    let inner = text.trim().strip_prefix("<![CDATA[").unwrap_or(text);
    inner.strip_suffix("]]>").or(inner.strip_suffix("]]&gt;")).unwrap_or(inner)
}

/// An author who has elements of his own, or who is only a text.
fn person_of(capture: &Capture, mut person: RawAuthor, spaces: &Spaces) -> RawAuthor {
    let mut inside: Option<Field> = None;
    let mut bare = String::new();
    for piece in &capture.pieces {
        match piece {
            Piece::Start(tag) => {
                let (space, local) = spaces.resolve(tag.name);
                inside = match role(space, &local) {
                    Role::Field(field) => Some(field),
                    _ => Some(Field::Ttl),
                };
            }
            Piece::End(_) => inside = None,
            Piece::Text(text) | Piece::Cdata(text) => {
                let text = if matches!(piece, Piece::Cdata(_)) { Cow::Borrowed(*text) } else { decode(text) };
                match inside {
                    Some(Field::AuthorName) => person.name.get_or_insert_default().push_str(&text),
                    Some(Field::AuthorEmail) => person.email.get_or_insert_default().push_str(&text),
                    None => bare.push_str(&text),
                    Some(_) => {}
                }
            }
        }
    }
    if person.name.is_none() && person.email.is_none() { author_of(&bare) } else { person }
}

/// The author of a text: `a@b.vn (Tên)`, `Tên <a@b.vn>`, or a name.
fn author_of(text: &str) -> RawAuthor {
    let text = text.trim();
    if text.is_empty() {
        return RawAuthor::default();
    }
    let is_mail = |word: &str| word.contains('@') && word.rsplit('@').next().is_some_and(|host| host.contains('.'));
    let separator = |c: char| c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>' | '"' | '“' | '”' | ',' | ';');
    let mail = text.split(separator).map(|w| w.trim_start_matches("mailto:")).find(|word| is_mail(word));
    let Some(mail) = mail else {
        return RawAuthor { name: Some(text.to_owned()), email: None };
    };
    let rest = text.replace(mail, " ").replace("mailto:", " ");
    let name = rest.trim_matches(|c: char| separator(c)).replace("()", "").trim().to_owned();
    RawAuthor { name: Some(name).filter(|n| !n.is_empty()), email: Some(mail.to_owned()) }
}

#[cfg(test)]
mod tests;
