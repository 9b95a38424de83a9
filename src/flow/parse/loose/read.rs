//! Tokens → a raw feed.

use std::borrow::Cow;

use memchr::memmem;

use crate::flow::parse::LONGEST_ADDRESS;
use crate::flow::parse::loose::declared;
use crate::flow::parse::loose::entry::{MOST_OF_A_KIND, OpenEntry, based, first, relation, under};
use crate::flow::parse::loose::field::{Capture, Piece, ends_field, markup, person_of, plain};
use crate::flow::parse::loose::name::{Field, Role, Room, Space, Spaces, role};
use crate::flow::parse::loose::repairs::{Repairs, count, has_wild_ampersand};
use crate::flow::parse::loose::token::{Tag, Token, Tokens, without_prefix};
use crate::flow::parse::newest::Ends;
use crate::flow::parse::pace::period_minutes;
use crate::flow::parse::raw::{RawAuthor, RawFeed, RawLink, When};

/// Reads whatever a document holds of a feed, at least its first and last `most` entries; `None` where it holds neither a feed nor
/// an entry.
pub(in crate::flow::parse) fn read(text: &str, most: usize) -> Option<RawFeed> {
    let text = declared::put_in(text);
    let mut reader = Reader::new(most);
    let mut tokens = Tokens::new(&text);
    while let Some(token) = tokens.next() {
        match token {
            Token::Start(tag) => reader.start(tag, tokens.rest()),
            Token::End(name) => reader.end(name),
            Token::Text(text) => reader.text(Piece::Text(text)),
            Token::Cdata(text) => reader.text(Piece::Cdata(text)),
        }
    }
    reader.finish()
}

struct Reader<'a> {
    feed: RawFeed,
    entries: Ends,
    repairs: Repairs,
    is_feed: bool,
    is_sitemap: bool,
    is_atom: bool,
    /// Whether the feed's end came behind the last entry.
    is_ended: bool,
    entry: Option<OpenEntry>,
    spaces: Spaces,
    /// The field that is being read.
    capture: Option<Capture<'a>>,
    /// The element whose content belongs to something else, and how deep it is nested in itself.
    skipped: Option<(&'a str, usize)>,
    person: Option<RawAuthor>,
    feed_base: Option<String>,
}

impl<'a> Reader<'a> {
    fn new(most: usize) -> Self {
        Self {
            feed: RawFeed::default(),
            entries: Ends::new(most),
            repairs: Repairs::default(),
            is_feed: false,
            is_sitemap: false,
            is_atom: false,
            is_ended: false,
            entry: None,
            spaces: Spaces::default(),
            capture: None,
            skipped: None,
            person: None,
            feed_base: None,
        }
    }

    /// Where the entry stands that is being read.
    fn place(&self) -> Option<usize> {
        self.entry.as_ref().map(|_| self.entries.seen())
    }

    fn start(&mut self, tag: Tag<'a>, rest: &str) {
        if tag.declares() {
            tag.attributes().for_each(|(name, value)| self.spaces.declare(name, &value));
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
                capture.push(Piece::Start(tag));
                return;
            }
            let place = self.place();
            count(&mut self.repairs.unclosed, place);
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
        match role {
            Role::Through if self.is_foreign(space, tag.name, rest) => self.begin(Role::Skip, tag),
            role => self.begin(role, tag),
        }
    }

    /// What a name means here: `url` is an entry in a sitemap, and an address everywhere else.
    fn role(&self, space: Space, local: &str) -> Role {
        match role(space, local) {
            Role::Entry if local == "url" && !self.is_sitemap => Role::Through,
            // A feed's image is its logo.
            Role::Skip if local == "image" && self.entry.is_some() => Role::Field(Field::Image),
            role => role,
        }
    }

    /// Whether an element of an entry belongs to a vocabulary that we don't know: then what it holds is not about the entry, whatever
    /// it is called (`<activity:object><title>`, `<rbc:related><link>`). One whose end is missing holds nothing.
    fn is_foreign(&self, space: Space, name: &str, rest: &str) -> bool {
        self.entry.is_some() && space == Space::Other && name.contains(':') && ends_within_entry(name, rest)
    }

    fn begin(&mut self, role: Role, tag: Tag<'a>) {
        match role {
            Role::Feed => {
                self.is_feed = true;
                self.is_atom |= tag.name.eq_ignore_ascii_case("feed");
                let base = tag.attribute("base").filter(|base| base.len() <= LONGEST_ADDRESS);
                self.feed_base = base.map(Cow::into_owned).or(self.feed_base.take());
                self.feed.language = tag.attribute("lang").map(|lang| lang.replace('_', "-")).or(self.feed.language.take());
                // CDF says these in attributes.
                first(&mut self.feed.link, || tag.attribute("href").map(Cow::into_owned));
                first(&mut self.feed.updated, || tag.attribute("lastmod").map(|date| When::Written(date.into_owned())));
            }
            Role::Entry => self.begin_entry(tag),
            Role::Person if !tag.is_empty => {
                self.person = Some(RawAuthor::default());
                self.capture = Some(Capture::new(Field::Author, tag));
            }
            Role::Skip if !tag.is_empty => self.skipped = Some((tag.name, 0)),
            Role::Attached(kind) => {
                if let Some(entry) = &mut self.entry {
                    entry.attach(kind, &tag);
                }
            }
            Role::Field(field) => self.begin_field(field, tag),
            Role::Person | Role::Skip | Role::Through => {}
        }
    }

    fn begin_entry(&mut self, tag: Tag<'a>) {
        self.end_entry();
        self.is_ended = false;
        self.entry = Some(OpenEntry::begin(&tag, self.feed_base.as_deref()));
    }

    fn begin_field(&mut self, field: Field, tag: Tag<'a>) {
        if field == Field::Link
            && let Some(href) = tag.attribute("href")
        {
            self.link(&tag, &href);
            return;
        }
        let is_all = self.entry.as_mut().is_some_and(|entry| entry.take_attributes(field, &tag));
        if !is_all && !tag.is_empty {
            self.capture = Some(Capture::new(field, tag));
        }
    }

    fn link(&mut self, tag: &Tag<'a>, href: &str) {
        let outer = self.entry.as_ref().map_or(self.feed_base.as_deref(), OpenEntry::base);
        let link = RawLink {
            rel: relation(tag),
            href: based(tag, href, outer),
            media_type: tag.attribute("type").map(Cow::into_owned),
            length: tag.attribute("length").and_then(|length| length.trim().parse().ok()),
        };
        match &mut self.entry {
            Some(entry) => entry.put_link(link),
            None if matches!(link.rel.as_deref(), None | Some("alternate")) => first(&mut self.feed.link, || Some(link.href)),
            None => {
                let is = |rel: &str| link.rel.iter().flat_map(|rels| rels.split_ascii_whitespace()).any(|own| own == rel);
                if is("hub") {
                    self.feed.put_hub(link.href.clone());
                }
                if is("self") {
                    first(&mut self.feed.own_url, || Some(link.href));
                }
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
                    capture.push(Piece::End(name));
                }
                return;
            }
            if !ends_entry {
                capture.push(Piece::End(name));
                return;
            }
            let place = self.place();
            count(&mut self.repairs.unclosed, place);
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
        let place = self.place();
        if let Some(capture) = &mut self.capture {
            if matches!(piece, Piece::Text(text) if has_wild_ampersand(text)) {
                count(&mut self.repairs.entities, place);
            }
            capture.push(piece);
        }
    }

    fn end_entry(&mut self) {
        if let Some(entry) = self.entry.take() {
            self.entries.push(entry.finish());
        }
    }

    fn finish(mut self) -> Option<RawFeed> {
        self.repairs.truncated = self.entry.is_some() || self.is_feed && !self.is_ended;
        // A field that the end of the document cut short says half of something: it is left out. Half a title would name another entry.
        self.repairs.is_field_cut = self.capture.take().is_some();
        self.end_entry();
        let based = |address: String| under(self.feed_base.as_deref(), &address);
        self.feed.link = self.feed.link.map(based);
        self.feed.own_url = self.feed.own_url.map(based);
        self.feed.hubs = self.feed.hubs.into_iter().map(based).collect();
        self.feed.notes = self.repairs.notes();
        self.feed.entries = self.entries.into_vec();
        (self.is_feed || !self.feed.entries.is_empty()).then_some(self.feed)
    }

    /// Ends the field that is being read, and puts it where it belongs.
    fn close(&mut self) {
        let Some(capture) = self.capture.take() else { return };
        if capture.is_overlong() {
            let place = self.place();
            count(&mut self.repairs.overlong, place);
        }
        let person = self.person.take().map(|person| person_of(&capture, person, &self.spaces));
        match (&mut self.entry, person) {
            (Some(entry), Some(person)) => entry.put_author(person),
            (Some(entry), None) => entry.put(&capture),
            (None, Some(person)) => self.put_author_of_feed(capture.name, person),
            (None, None) => self.put_in_feed(&capture),
        }
    }

    /// In Atom, the author of a feed is that of the entries which name nobody.
    fn put_author_of_feed(&mut self, name: &str, person: RawAuthor) {
        let is_author = self.is_atom && without_prefix(name).eq_ignore_ascii_case("author");
        let says_something = person.name.is_some() || person.email.is_some();
        if is_author && says_something && self.feed.authors.len() < MOST_OF_A_KIND {
            self.feed.authors.push(person);
        }
    }

    fn put_in_feed(&mut self, capture: &Capture<'a>) {
        let given = || Some(plain(capture)).filter(|text| !text.is_empty());
        let feed = &mut self.feed;
        match capture.field {
            Field::Title => first(&mut feed.title, || Some(markup(capture))),
            Field::Link => first(&mut feed.link, given),
            Field::Guid => first(&mut feed.id, given),
            Field::Summary | Field::OtherSummary | Field::LongSummary => {
                first(&mut feed.description, || Some(markup(capture)));
            }
            Field::Published | Field::Created | Field::Updated => first(&mut feed.updated, || given().map(When::Written)),
            Field::Language => feed.language = given().or(feed.language.take()),
            Field::Generator => first(&mut feed.generator, given),
            Field::Ttl => feed.pace.ttl_minutes = given().and_then(|text| text.parse().ok()),
            Field::UpdatePeriod => feed.pace.period_minutes = given().and_then(|text| period_minutes(&text)),
            Field::UpdateFrequency => feed.pace.times = given().and_then(|text| text.parse().ok()),
            Field::SkipHour => feed.pace.skip_hour(&given().unwrap_or_default()),
            Field::SkipDay => feed.pace.skip_day(&given().unwrap_or_default()),
            _ => {}
        }
    }
}

/// Whether an element's end tag stands before the entry's, as far as one looks.
fn ends_within_entry(name: &str, rest: &str) -> bool {
    const WITHIN_BYTES: usize = 16 * 1024;
    let near = &rest.as_bytes()[..rest.len().min(WITHIN_BYTES)];
    let Some(end) = memmem::find(near, format!("</{name}").as_bytes()) else { return false };
    [&b"</item"[..], b"</entry"].iter().all(|entry| memmem::find(&near[..end], entry).is_none())
}
