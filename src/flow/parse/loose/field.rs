//! One field: the pieces that stand in it, and what they come to.

use std::borrow::Cow;

use base64::Engine;

use crate::flow::parse::loose::entity::decode;
use crate::flow::parse::loose::name::{Field, Role, Room, Spaces, role};
use crate::flow::parse::loose::token::{Tag, without_prefix};
use crate::flow::parse::raw::{Markup, RawAuthor};

/// Tags, sections and lone `<` that one field may hold; what follows is left out. No article has so many, and each takes memory.
pub(super) const MOST_MARKS: usize = 20_000;
/// The longest text of a field that is no body, in bytes; what follows is left out.
pub(super) const LONGEST_PLAIN: usize = 64 * 1024;

/// A field that is being read.
pub(super) struct Capture<'a> {
    /// Tags, sections and lone `<` inside the field so far.
    marks: usize,
    /// How much more text it may hold, in bytes.
    room: usize,
    pub field: Field,
    pub name: &'a str,
    pub tag: Tag<'a>,
    pub depth: usize,
    pub pieces: Vec<Piece<'a>>,
}

/// A part of a field.
pub(super) enum Piece<'a> {
    /// Text as it stood there.
    Text(&'a str),
    Cdata(&'a str),
    Start(Tag<'a>),
    End(&'a str),
}

impl<'a> Capture<'a> {
    pub(super) fn new(field: Field, tag: Tag<'a>) -> Self {
        let room = if is_body(field) { usize::MAX } else { LONGEST_PLAIN };
        Self { field, name: tag.name, tag, depth: 0, marks: 0, room, pieces: Vec::new() }
    }

    pub(super) fn push(&mut self, piece: Piece<'a>) {
        self.marks += usize::from(!matches!(piece, Piece::Text(text) if text != "<"));
        if self.marks > MOST_MARKS || self.room == 0 {
            return;
        }
        let piece = match piece {
            Piece::Text(text) => Piece::Text(self.beginning(text)),
            Piece::Cdata(text) => Piece::Cdata(self.beginning(text)),
            tag => tag,
        };
        self.pieces.push(piece);
    }

    /// Whether something of it is left out.
    pub(super) fn is_overlong(&self) -> bool {
        self.marks > MOST_MARKS || self.room == 0
    }

    /// As much of a text as there is room for.
    fn beginning(&mut self, text: &'a str) -> &'a str {
        let text = &text[..text.floor_char_boundary(self.room)];
        self.room -= text.len();
        text
    }
}

pub(super) fn is_longer(capture: &Capture, known: Option<&Markup>) -> bool {
    let length: usize = capture.pieces.iter().map(|p| if let Piece::Text(t) | Piece::Cdata(t) = p { t.len() } else { 0 }).sum();
    length > known.map_or(0, |k| k.as_str().len())
}

/// Whether a start tag shows that the end of the field before it was forgotten. Inside a body, names that HTML has too are
/// markup; entries and the names of dates and guids are not.
pub(super) fn ends_field(capture: &Capture, role: Role, name: &str) -> bool {
    // An item's image has a title and a link of its own.
    if capture.field == Field::Image {
        return role == Role::Entry;
    }
    let is_person = capture.field == Field::Author
        && !matches!(role, Role::Field(Field::AuthorName | Field::AuthorEmail | Field::Link | Field::Guid));
    match role {
        Role::Entry => true,
        Role::Field(
            Field::Published | Field::Created | Field::Updated | Field::Guid | Field::Ttl | Field::Language | Field::Generator,
        ) => capture.field != Field::Author || is_person,
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
    matches!(field, Field::Summary | Field::OtherSummary | Field::LongSummary | Field::Content)
}

/// The text of a field, decoded once; markup inside it says nothing.
pub(super) fn plain(capture: &Capture) -> String {
    let parts = capture.pieces.iter().map(|piece| match piece {
        Piece::Text(text) => decode(text),
        Piece::Cdata(text) => Cow::Borrowed(*text),
        Piece::Start(_) | Piece::End(_) => Cow::Borrowed(""),
    });
    parts.collect::<String>().trim().to_owned()
}

/// The text of the first element of a name inside a field.
pub(super) fn inside(capture: &Capture, name: &str) -> Option<String> {
    let begins = |piece: &Piece| matches!(piece, Piece::Start(tag) if without_prefix(tag.name).eq_ignore_ascii_case(name));
    let at = capture.pieces.iter().position(begins)?;
    match capture.pieces.get(at + 1)? {
        Piece::Text(text) => Some(decode(text).trim().to_owned()),
        Piece::Cdata(text) => Some(text.trim().to_owned()),
        Piece::Start(_) | Piece::End(_) => None,
    }
}

/// The content of a field that may hold markup: escaped, in CDATA, or as it is.
pub(super) fn markup(capture: &Capture) -> Markup {
    let kind = capture.tag.attribute("type").map(|t| t.trim().to_ascii_lowercase()).unwrap_or_default();
    let has_tags = capture.pieces.iter().any(|piece| matches!(piece, Piece::Start(_) | Piece::End(_)));
    let mode = capture.tag.attribute("mode").unwrap_or_default();
    let is_escaped = has_tags && kind != "xhtml" && is_mostly_escaped(&capture.pieces);
    let mut out = String::new();
    for piece in &capture.pieces {
        match piece {
            // What is left of a CDATA section inside another.
            Piece::Text(text) if text.trim_start().starts_with("]]>") => {
                out.push_str(text.trim_start().trim_start_matches("]]>"))
            }
            // Beside real tags, text is escaped as HTML's is; without them, what is escaped is the HTML.
            Piece::Text(text) if has_tags && !is_escaped => out.push_str(text),
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
    let is_binary =
        ["image/", "audio/", "video/", "application/"].iter().any(|of| kind.starts_with(of)) && !kind.ends_with("xml");
    if mode.eq_ignore_ascii_case("base64") || is_binary && !has_tags {
        return match from_base64(&out) {
            Some(text) => Markup::Html(text),
            // What is no text, such as a picture, says nothing.
            None if capture.field == Field::Content => Markup::Html(String::new()),
            None => Markup::Html(out),
        };
    }
    let is_text = matches!(kind.as_str(), "text" | "text/plain") && !has_tags;
    if is_text { Markup::Text(out) } else { Markup::Html(out) }
}

/// Whether more tags are escaped than not: then a system has put a picture or a line of its own behind what it had escaped.
fn is_mostly_escaped(pieces: &[Piece]) -> bool {
    let begins_tag = |after: &str| after.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'));
    let mut more = 0i64;
    for piece in pieces {
        match piece {
            Piece::Text(text) => {
                let escaped =
                    text.match_indices("lt;").filter(|(at, _)| text[..*at].ends_with(['&', ';']) && begins_tag(&text[at + 3..]));
                more += escaped.count() as i64;
            }
            Piece::Start(_) => more -= 1,
            Piece::Cdata(_) | Piece::End(_) => {}
        }
    }
    more > 0
}

/// The text that stands in base 64 (Atom 0.3's `mode`, Atom 1.0's other media types).
fn from_base64(text: &str) -> Option<String> {
    let digits: String = text.split_whitespace().collect();
    let bytes = base64::engine::general_purpose::STANDARD.decode(digits).ok()?;
    String::from_utf8(bytes).ok()
}

/// A CDATA section that was escaped twice holds the text of another: `<![CDATA[…]]&gt;`.
fn inner_cdata(text: &str) -> &str {
    let inner = text.trim().strip_prefix("<![CDATA[").unwrap_or(text);
    inner.strip_suffix("]]>").or(inner.strip_suffix("]]&gt;")).unwrap_or(inner)
}

/// An author who has elements of his own, or who is only a text.
pub(super) fn person_of(capture: &Capture, mut person: RawAuthor, spaces: &Spaces) -> RawAuthor {
    let mut inside: Option<Field> = None;
    let mut bare = String::new();
    for piece in &capture.pieces {
        match piece {
            Piece::Start(tag) => {
                let mut room: Room = [0; _];
                let (space, local) = spaces.resolve(tag.name, &mut room);
                inside = match role(space, local) {
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
pub(super) fn author_of(text: &str) -> RawAuthor {
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
