//! XML as it is found: a tokenizer that never fails. What is no tag is text, what is not closed ends where it must.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memmem};

use crate::flow::parse::loose::entity::decode;

/// A piece of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::flow::parse) enum Token<'a> {
    /// `<name attributes>` or `<name attributes/>`.
    Start(Tag<'a>),
    /// `</name>`
    End(&'a str),
    /// Text between tags, entities and all.
    Text(&'a str),
    /// What stands in a CDATA section.
    Cdata(&'a str),
}

/// A start tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::flow::parse) struct Tag<'a> {
    /// The name as it was written, with its prefix.
    pub name: &'a str,
    attributes: &'a str,
    /// Whether it ends with its own `>`, every quote closed.
    pub(in crate::flow::parse) is_whole: bool,
    /// Whether it closes itself.
    pub is_empty: bool,
}

/// The tokens of a document.
pub(in crate::flow::parse) struct Tokens<'a> {
    rest: &'a str,
    /// Marks that are known not to come any more, so that nobody looks through the whole rest for them again and again.
    no_more_cdata_ends: bool,
    no_more_comment_ends: bool,
    /// Where the next CDATA section ends that is known to end, in bytes before the document's end.
    cdata_end: Option<usize>,
}

impl<'a> Tokens<'a> {
    pub(in crate::flow::parse) fn new(text: &'a str) -> Self {
        Self { rest: text, no_more_cdata_ends: false, no_more_comment_ends: false, cdata_end: None }
    }

    /// What has not been cut yet.
    pub(in crate::flow::parse) fn rest(&self) -> &'a str {
        self.rest
    }

    /// Takes what stands before a mark, and the mark; everything where there is no such mark.
    fn until(&mut self, mark: &str) -> &'a str {
        let (taken, rest) = self.rest.split_once(mark).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }

    /// A CDATA section; one that is never closed ends with its entry.
    fn cdata(&mut self) -> &'a str {
        let body = &self.rest["<![CDATA[".len()..];
        let closed = match self.cdata_end {
            Some(left) if left <= body.len() => Some(body.len() - left),
            _ if self.no_more_cdata_ends => None,
            _ => memmem::find(body.as_bytes(), b"]]>"),
        };
        self.no_more_cdata_ends = closed.is_none();
        self.cdata_end = closed.map(|at| body.len() - at);
        let inside = &body[..closed.unwrap_or(body.len())];
        let after = |at: usize| &body.as_bytes()[at + 2..];
        let is_entry = |at: usize| after(at).starts_with(b"item>") || after(at).starts_with(b"entry>");
        let entry_end = memmem::find_iter(inside.as_bytes(), b"</").find(|&at| is_entry(at));
        // An end that stands behind the entry's end and another section's start is that section's.
        let end = match entry_end {
            Some(at) if closed.is_none() || inside[at..].contains("<![CDATA[") => Some(at),
            _ => closed,
        };
        let text = &body[..end.unwrap_or(body.len())];
        let after = &body[text.len()..];
        self.rest = after.strip_prefix("]]>").unwrap_or(after);
        text
    }

    /// A comment is passed over; one that is never closed is none.
    fn comment(&mut self) {
        let end = if self.no_more_comment_ends { None } else { self.rest.find("-->") };
        self.no_more_comment_ends = end.is_none();
        self.rest = &self.rest[end.map_or(4, |end| end + 3)..];
    }

    fn declaration(&mut self) {
        // The internal subset of a DOCTYPE has angle brackets of its own.
        let head = self.rest.find('>').unwrap_or(self.rest.len());
        match self.rest[..head].find('[') {
            Some(_) if self.rest[..head].starts_with("<!DOCTYPE") => drop(self.until("]")),
            _ => {}
        }
        self.until(">");
    }

    fn end(&mut self) -> Token<'a> {
        let inside = self.until(">");
        Token::End(inside[2..].trim())
    }

    fn start(&mut self) -> Token<'a> {
        let (end, is_whole) = tag_end(self.rest);
        let inside = &self.rest[1..end];
        self.rest = self.rest[end..].strip_prefix('>').unwrap_or(&self.rest[end..]);
        let name_end = inside.find(|c: char| c.is_whitespace() || matches!(c, '/' | '=' | '"' | '\'')).unwrap_or(inside.len());
        let (name, attributes) = inside.split_at(name_end);
        let closed = attributes.trim_end();
        let is_empty = closed.ends_with('/') && !ends_in_bare_value(closed);
        let attributes = closed.strip_suffix('/').filter(|_| is_empty).unwrap_or(closed);
        Token::Start(Tag { name, attributes, is_empty, is_whole })
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let at = memchr(b'<', self.rest.as_bytes()).unwrap_or(self.rest.len());
            if at > 0 {
                let (text, rest) = self.rest.split_at(at);
                self.rest = rest;
                return Some(Token::Text(text));
            }
            match self.rest.as_bytes().get(1..) {
                Some(tail) if tail.get(..8).is_some_and(|t| t.eq_ignore_ascii_case(b"![CDATA[")) => {
                    return Some(Token::Cdata(self.cdata()));
                }
                Some(tail) if tail.starts_with(b"!--") => self.comment(),
                Some([b'!', ..]) => self.declaration(),
                Some([b'?', ..]) => drop(self.until(">")),
                Some([b'/', letter, ..]) if letter.is_ascii_alphabetic() => return Some(self.end()),
                Some([letter, ..]) if letter.is_ascii_alphabetic() || *letter == b'_' => return Some(self.start()),
                _ => {
                    let (text, rest) = self.rest.split_at(1);
                    self.rest = rest;
                    return Some(Token::Text(text));
                }
            }
        }
    }
}

/// Whether attributes end in a value without quotes, to which a slash belongs (`href=http://a.vn/`).
fn ends_in_bare_value(attributes: &str) -> bool {
    let last = attributes.rsplit(char::is_whitespace).next().unwrap_or_default();
    last.split_once('=')
        .is_some_and(|(_, value)| !value.ends_with(['"', '\'']) && !value.trim_end_matches('/').ends_with(['"', '\'']))
}

/// Where a start tag ends: at the first `>` outside quotes; where a quote is never closed before the next tag, at the first `>`
/// of all; at the next `<` or the document's end where there is none. Only the first way is whole.
fn tag_end(text: &str) -> (usize, bool) {
    let bytes = text.as_bytes();
    // The quick way, for most: no quote and no `<` before the first `>`. Nobody looks beyond a `<`: tags that are never closed would
    // be looked through once for each of them.
    let end = memchr2(b'<', b'>', &bytes[1..]).map_or(bytes.len(), |end| end + 1);
    if memchr2(b'"', b'\'', &bytes[1..end]).is_none() {
        return (end, bytes.get(end) == Some(&b'>'));
    }
    let mut quote = None;
    let mut first = None;
    for (i, &byte) in bytes.iter().enumerate().skip(1) {
        match (byte, quote) {
            (b'>', None) => return (i, true),
            (b'>', Some(_)) => first = first.or(Some(i)),
            (b'<', Some(_)) if first.is_some() => break,
            (b'<', None) => return (i, false),
            (b'"' | b'\'', None) if bytes[i - 1] == b'=' || bytes[i - 1].is_ascii_whitespace() => quote = Some(byte),
            (byte, Some(open)) if byte == open => quote = None,
            _ => {}
        }
    }
    (first.unwrap_or(bytes.len()), false)
}

impl<'a> Tag<'a> {
    /// Whether it declares a namespace.
    pub(in crate::flow::parse) fn declares(&self) -> bool {
        memmem::find(self.attributes.as_bytes(), b"xmlns").is_some()
    }

    /// How long the tag is without its brackets, in bytes.
    pub(in crate::flow::parse) fn length(&self) -> usize {
        self.name.len() + self.attributes.len()
    }

    /// The attributes, names as they were written, values decoded.
    pub(in crate::flow::parse) fn attributes(&self) -> impl Iterator<Item = (&'a str, Cow<'a, str>)> + use<'a> {
        let mut rest = self.attributes;
        std::iter::from_fn(move || {
            rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/' || c == ',');
            if rest.is_empty() {
                return None;
            }
            let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
            let name = &rest[..end];
            rest = rest[end..].trim_start();
            let Some(value) = rest.strip_prefix('=') else {
                return Some((name, Cow::Borrowed("")));
            };
            let value = value.trim_start();
            let (value, after) = match value.chars().next() {
                Some(quote @ ('"' | '\'')) => value[1..].split_once(quote).unwrap_or((&value[1..], "")),
                _ => value.split_at(value.find(char::is_whitespace).unwrap_or(value.len())),
            };
            rest = after;
            Some((name, decode(value)))
        })
    }

    /// The attributes, values as they were written; `None` where any of them is written in a way that readers differ about, or where
    /// there are more than `most`.
    pub(in crate::flow::parse) fn attributes_as_written(&self, most: usize) -> Option<Vec<(&'a str, &'a str)>> {
        let mut attributes = Vec::new();
        let mut rest = self.attributes.trim();
        while !rest.is_empty() {
            let end = rest.find(|c: char| c == '=' || c.is_whitespace()).unwrap_or(rest.len());
            let (name, after) = rest.split_at(end);
            let is_plain = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':'));
            let (value, after) = match after.strip_prefix('=') {
                // An attribute that is only there, as long as no `=` follows somewhere.
                None if after.trim_start().starts_with('=') => return None,
                None => ("", after),
                Some(after) => match after.chars().next()? {
                    quote @ ('"' | '\'') => after[1..].split_once(quote)?,
                    _ => {
                        let (value, after) = after.split_at(after.find(char::is_whitespace).unwrap_or(after.len()));
                        if value.is_empty() || value.contains(['<', '`', '=', '"', '\'']) {
                            return None;
                        }
                        (value, after)
                    }
                },
            };
            if attributes.len() == most || !is_plain || !(after.is_empty() || after.starts_with(char::is_whitespace)) {
                return None;
            }
            attributes.push((name, value));
            rest = after.trim_start();
        }
        Some(attributes)
    }

    /// The value of an attribute, whatever its case and prefix.
    pub(in crate::flow::parse) fn attribute(&self, name: &str) -> Option<Cow<'a, str>> {
        let local = |written: &str| written.rsplit(':').next().is_some_and(|l| l.eq_ignore_ascii_case(name));
        self.attributes().find(|(written, _)| local(written) && !written.starts_with("xmlns")).map(|(_, value)| value)
    }

    /// The tag as it stood in the document, for markup that is kept.
    pub(in crate::flow::parse) fn write(&self, out: &mut String) {
        out.push('<');
        out.push_str(without_prefix(self.name));
        out.push_str(self.attributes);
        out.push_str(if self.is_empty { "/>" } else { ">" });
    }
}

/// A name without its prefix: markup may come with one (`xhtml:div`).
pub(in crate::flow::parse) fn without_prefix(name: &str) -> &str {
    name.rsplit(':').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<String> {
        let show = |token: Token| match token {
            Token::Start(tag) => {
                let attributes: String = tag.attributes().map(|(n, v)| format!(" {n}={v}")).collect();
                format!("<{}{attributes}{}>", tag.name, if tag.is_empty { "/" } else { "" })
            }
            Token::End(name) => format!("</{name}>"),
            Token::Text(text) => text.to_owned(),
            Token::Cdata(text) => format!("[{text}]"),
        };
        Tokens::new(text).map(show).collect()
    }

    #[test]
    fn every_text_has_tokens() {
        for (text, expected) in [
            ("<a>b</a>", &["<a>", "b", "</a>"][..]),
            ("<a b='1' c=\"x>y\" d=2 e/>", &["<a b=1 c=x>y d=2 e=/>"]),
            ("<a><![CDATA[<b>]]></a>", &["<a>", "[<b>]", "</a>"]),
            ("<?xml version='1.0'?><!DOCTYPE r [<!ENTITY x 'y'>]><!-- <c> --><r>", &["<r>"]),
            ("1 < 2 <3", &["1 ", "<", " 2 ", "<", "3"]),
            ("<a b=\"x>t</a>", &["<a b=x>", "t", "</a>"]),
            ("<a", &["<a>"]),
            ("<a <b>", &["<a>", "<b>"]),
            ("<title><![CDATA[cut", &["<title>", "[cut]"]),
            ("<t><![CDATA[cut</item><item>", &["<t>", "[cut]", "</item>", "<item>"]),
            ("</ a>", &["<", "/ a>"]),
            ("<link href=http://a.vn/b/>", &["<link href=http://a.vn/b/>"]),
        ] {
            assert_eq!(tokens(text), expected, "{text}");
        }
    }
}
