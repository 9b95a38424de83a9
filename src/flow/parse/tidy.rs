//! Markup that costs an HTML parser far more than its length, and the same text written so that it does not.
//!
//! HTML mends wrong nesting by repeating: 100 elements like `<b>` that a paragraph left open are opened again in each paragraph after it, so
//! 100 KB became 600 MB. It passes over end tags of elements that it does not find, so that depth can't be told from counting
//! tags, and searches all that is open for each. Whether a text does such things is told here by following what the standard says is
//! open; such a text is written anew, every element closed where the next one wants it closed, before a parser sees it.

use memchr::{memchr_iter, memmem};

use crate::flow::parse::html::{escape, is_void};
use crate::flow::parse::loose::{Tag, Token, Tokens, decode};
use crate::flow::parse::simple::has_plain_comments;

/// Elements that may be open within each other: the cost of each tag grows with them, and no article needs as many.
const DEEPEST: usize = 256;
/// How many elements, for each of its own tags and lines, a text may have opened again.
const MOST_REPEATED: usize = 8;
/// References to characters that a text may have: with each the parser goes through what it has read so far.
const MOST_REFERENCES: usize = 5_000;
/// Attributes that a tag keeps that is written anew.
const MOST_ATTRIBUTES: usize = 32;

/// Elements that are opened again where a block closed around them (HTML, 13.2.4.3).
const FORMATTING: [&str; 14] = ["a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u"];
/// Blocks, whose start ends a paragraph (HTML, 13.2.6.4.7).
const BLOCKS: [&str; 38] = [
    "address",
    "article",
    "aside",
    "blockquote",
    "center",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "header",
    "hgroup",
    "main",
    "menu",
    "nav",
    "ol",
    "p",
    "search",
    "section",
    "summary",
    "ul",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
    "listing",
    "form",
    "hr",
    "li",
    "dd",
    "dt",
];
/// Further elements that an end tag of another does not reach through.
const SPECIAL: [&str; 15] = [
    "button", "select", "table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "colgroup", "object", "marquee",
    "applet", "template",
];
/// A table and its parts.
const TABLE: [&str; 9] = ["table", "tbody", "thead", "tfoot", "tr", "td", "th", "caption", "colgroup"];
/// Inside of these nobody sees what is open outside.
const CELLS: [&str; 7] = ["table", "td", "th", "caption", "object", "marquee", "applet"];

/// Whether a parser would open far more elements than the text has, or nest them deeper than any article needs.
pub(super) fn is_costly(html: &str) -> bool {
    if !has_plain_comments(html) || memmem::find(html.as_bytes(), b"<?").is_some() || has_many_references(html) {
        return true;
    }
    let mut walk = Walk::default();
    let (mut tokens, mut repeated) = (0, 0);
    Tokens::new(html).any(|token| {
        match token {
            Token::Start(tag) => walk.start(&tag),
            Token::End(name) => walk.end(name),
            Token::Text(text) if text.trim().is_empty() => return false,
            Token::Text(_) | Token::Cdata(_) => {}
        }
        tokens += 1;
        repeated += walk.loose;
        walk.open.len() > DEEPEST || repeated > MOST_REPEATED * (tokens + DEEPEST)
    })
}

/// Whether a text has many references to characters, or many `&` that begin none.
fn has_many_references(html: &str) -> bool {
    memchr_iter(b'&', html.as_bytes()).nth(MOST_REFERENCES).is_some()
}

/// The text with every element closed in its place, tags with few attributes, no comments, and no references but those to `&`, `<` and `>`.
pub(super) fn tidied(html: &str) -> String {
    let mut out = String::with_capacity(html.len() / 2);
    let mut open: Vec<&str> = Vec::new();
    for token in Tokens::new(html) {
        match token {
            Token::Start(tag) => {
                let Some(left) = left_open(&open, tag.name) else { continue };
                close_to(left, &mut open, &mut out);
                // Elements of other vocabularies, and all that stands deeper than is needed, are their content.
                if open.len() >= DEEPEST / 2 || !tag.name.bytes().all(|b| b.is_ascii_alphanumeric()) {
                    continue;
                }
                out.push('<');
                out.push_str(tag.name);
                let is_plain = |name: &str| name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !name.is_empty();
                for (name, value) in tag.attributes().filter(|(name, _)| is_plain(name)).take(MOST_ATTRIBUTES) {
                    out.push(' ');
                    out.push_str(name);
                    out.push_str("=\"");
                    out.push_str(&value.replace('&', "&amp;").replace('"', "&quot;"));
                    out.push('"');
                }
                out.push('>');
                if !is_void(tag.name) {
                    open.push(tag.name);
                }
            }
            Token::End(name) if is_void(name) => {}
            Token::End(name) => {
                close_to(ended(&open, name).unwrap_or(open.len()), &mut open, &mut out);
            }
            Token::Text(text) => out.push_str(&escape(&decode(text))),
            Token::Cdata(text) => out.push_str(&escape(text)),
        }
    }
    close_to(0, &mut open, &mut out);
    out
}

fn close_to(left: usize, open: &mut Vec<&str>, out: &mut String) {
    for name in open.drain(left..).rev() {
        out.push_str("</");
        out.push_str(name);
        out.push('>');
    }
}

/// What a parser has open.
#[derive(Default)]
struct Walk<'a> {
    open: Vec<&'a str>,
    /// What opening each of these again would cost: elements, and as many more as its attributes take the room of.
    costs: Vec<usize>,
    /// The cost of the elements that were closed with what stood around them, and will be opened again.
    loose: usize,
}

impl<'a> Walk<'a> {
    fn start(&mut self, tag: &Tag<'a>) {
        /// As much text as an element takes room, in bytes.
        const BYTES_OF_AN_ELEMENT: usize = 32;
        let Some(left) = left_open(&self.open, tag.name) else { return };
        self.close_to(left);
        if !is_void(tag.name) {
            self.open.push(tag.name);
            self.costs.push(if is(tag.name, &FORMATTING) { 1 + tag.length() / BYTES_OF_AN_ELEMENT } else { 0 });
        }
    }

    fn end(&mut self, name: &str) {
        match ended(&self.open, name) {
            // What stands inside of it stays open.
            Some(at) if is(name, &FORMATTING) => {
                self.open.remove(at);
                self.costs.remove(at);
            }
            Some(at) => self.close_to(at),
            None => {}
        }
    }

    fn close_to(&mut self, left: usize) {
        self.loose += self.costs.drain(left..).sum::<usize>();
        self.open.truncate(left);
    }
}

/// How many of the open elements stay open where another starts; `None` where it is passed over.
fn left_open(open: &[&str], name: &str) -> Option<usize> {
    let behind = |names: &[&str]| open.iter().rposition(|open| is(open, names)).map(|at| at + 1);
    let first_since = |ended: &[&str], within: &[&str]| {
        let from = behind(within).unwrap_or(0);
        Some(open[from..].iter().position(|open| is(open, ended)).map_or(open.len(), |at| from + at))
    };
    if is(name, &["td", "th"]) {
        behind(&["table", "tbody", "thead", "tfoot", "tr"])
    } else if is(name, &["tr"]) {
        behind(&["table", "tbody", "thead", "tfoot"])
    } else if is(name, &["tbody", "thead", "tfoot", "caption", "colgroup"]) {
        behind(&["table"])
    } else if is(name, &["html", "head", "body", "frameset"]) {
        None
    } else if is(name, &["li"]) {
        first_since(&["li", "p"], &["ul", "ol", "menu", "dir", "table", "td", "th"])
    } else if is(name, &["dd", "dt"]) {
        first_since(&["dd", "dt", "p"], &["dl", "table", "td", "th"])
    } else if is(name, &["option", "optgroup"]) {
        first_since(&["option"], &["select", "table", "td", "th"])
    } else if is(name, &["a", "nobr", "button"]) {
        first_since(&[name], &CELLS)
    } else if is(name, &BLOCKS) || is(name, &["table"]) {
        first_since(&["p"], &["button", "table", "td", "th", "caption", "object", "marquee", "applet"])
    } else {
        Some(open.len())
    }
}

/// The element that an end tag ends: the last one of its name that the tag reaches.
fn ended(open: &[&str], name: &str) -> Option<usize> {
    let stops = |open: &str| match name {
        _ if is(name, &TABLE) => is(open, &["table"]),
        _ if is_special(name) || is(name, &FORMATTING) => is(open, &CELLS),
        _ => is_special(open),
    };
    let near = open.iter().rposition(|open| open.eq_ignore_ascii_case(name) || stops(open))?;
    open[near].eq_ignore_ascii_case(name).then_some(near)
}

fn is_special(name: &str) -> bool {
    is(name, &BLOCKS) || is(name, &SPECIAL)
}

fn is(name: &str, names: &[&str]) -> bool {
    names.iter().any(|known| name.eq_ignore_ascii_case(known))
}

#[cfg(test)]
mod tests;
