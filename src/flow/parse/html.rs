//! Markup: told apart from feeds, cleaned for publishing, and turned into plain text.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashSet;

use memchr::{memchr_iter, memchr2};
use url::Url;

use crate::flow::parse::crowded::is_crowded;
use crate::flow::parse::decode::with_line_feeds;
use crate::flow::parse::loose::{Token, Tokens, decode};
use crate::flow::parse::tidy::{is_costly, tidied};
use crate::flow::parse::{PageKind, foreign, simple};
use crate::text::{composed, shown};

/// Whether a document is an HTML page and no feed, by its first element.
pub(super) fn is_page(text: &str) -> bool {
    let mut rest = text.trim_start_matches('\u{FEFF}').trim_start();
    while let Some(after) = rest.strip_prefix("<!--") {
        rest = after.split_once("-->").map_or("", |(_, rest)| rest).trim_start();
    }
    let head: String = rest.chars().take(15).flat_map(char::to_lowercase).collect();
    ["<!doctype html", "<html", "<head", "<body", "<script", "<meta", "<title"].iter().any(|start| head.starts_with(start))
}

/// Whether an HTML page holds a feed all the same: some sites put one into their frame.
pub(super) fn holds_feed(text: &str) -> bool {
    let begins = |root: &str| {
        let ends = |after: &str| after.starts_with(|c: char| c.is_whitespace() || c == '>');
        text.match_indices(root).any(|(at, _)| ends(&text[at + root.len()..]))
    };
    ["<rss", "<feed", "<rdf:RDF", "<channel"].into_iter().any(begins)
}

/// What an HTML page is, by what such pages have in common.
pub(super) fn page_kind(text: &str) -> PageKind {
    /// A page with more than this has content of its own.
    const SMALL: usize = 4_096;
    let head: String = text.chars().take(20_000).flat_map(char::to_lowercase).collect();
    let says = |words: &[&str]| words.iter().any(|word| head.contains(word));
    if says(&["just a moment...", "cf-challenge", "challenge-platform", "_cf_chl", "ddos-guard", "checking your browser"]) {
        PageKind::Challenge
    } else if says(&["từ chối truy cập", "access denied", "403 forbidden", "request blocked", "yêu cầu của bạn đã bị từ chối"])
    {
        PageKind::Refusal
    } else if text.len() < SMALL
        && says(&["location.href", "location.replace", "window.location", "document.cookie", "location="])
    {
        PageKind::ScriptRedirect
    } else if says(&["type=\"password\"", "type='password'"]) {
        PageKind::Login
    } else {
        PageKind::Plain
    }
}

/// The title of an HTML page.
pub(super) fn page_title(text: &str) -> Option<String> {
    let mut tokens = Tokens::new(text);
    tokens.find(|token| matches!(token, Token::Start(tag) if tag.name.eq_ignore_ascii_case("title")))?;
    let inside = tokens.take_while(|token| !matches!(token, Token::End(_)));
    let words: String =
        inside.filter_map(|token| if let Token::Text(text) = token { Some(decode(text)) } else { None }).collect();
    Some(shown(&words)).filter(|title| !title.is_empty())
}

/// What the relative addresses of a page are relative to: `<base href>`, else the page's own address.
pub(super) fn page_base(text: &str, address: &Url) -> Url {
    let head = Tokens::new(text).take_while(|token| !matches!(token, Token::Start(tag) if tag.name.eq_ignore_ascii_case("body")));
    let mut bases = head.filter_map(|token| match token {
        Token::Start(tag) if tag.name.eq_ignore_ascii_case("base") => address.join(tag.attribute("href")?.trim()).ok(),
        _ => None,
    });
    bases.next().unwrap_or_else(|| address.clone())
}

/// The most tags of a page that is read as a tree, and of a body that is cleaned as one: a tree takes many times the memory of its text.
const MOST_PAGE_TAGS: usize = 50_000;
const MOST_BODY_TAGS: usize = 20_000;
/// The most words of a body that is no article's markup, in bytes.
const LONGEST_WORDS: usize = 1024 * 1024;

/// The beginning of a page that may be read as a tree; all of it, unless it is no page that people read.
pub(super) fn beginning(page: &str) -> &str {
    let mut tokens = Tokens::new(page);
    let mut tags = 0;
    while let Some(token) = tokens.next() {
        tags += usize::from(matches!(token, Token::Start(_)));
        if tags == MOST_PAGE_TAGS {
            return &page[..page.len() - tokens.rest().len()];
        }
    }
    page
}

/// Plain text of a text that may hold markup: tags become blanks (so that words do not grow together), entities are decoded,
/// scripts and styles say nothing. Text without `<` and `&` is taken as it is.
pub(super) fn plain(text: &str) -> String {
    plain_beginning(text, usize::MAX)
}

/// The same, of no more than the beginning of a long text: of about so many bytes.
pub(super) fn plain_beginning(text: &str, bytes: usize) -> String {
    if memchr2(b'<', b'&', text.as_bytes()).is_none() {
        return shown(text);
    }
    let mut out = String::with_capacity(text.len().min(bytes));
    let mut hidden: Option<&str> = None;
    for token in Tokens::new(text) {
        let room = bytes.saturating_sub(out.len());
        if room == 0 {
            break;
        }
        let beginning = |words: &'_ str| words.floor_char_boundary(room);
        match token {
            Token::Text(words) if hidden.is_none() => out.push_str(&decode(&words[..beginning(words)])),
            Token::Cdata(words) if hidden.is_none() => out.push_str(&words[..beginning(words)]),
            Token::Start(tag) => {
                if !is_inline(tag.name) {
                    out.push(' ');
                }
                if hidden.is_none() && !tag.is_empty && matches!(tag.name, "script" | "style" | "SCRIPT" | "STYLE") {
                    hidden = Some(tag.name);
                }
            }
            Token::End(name) => {
                if !is_inline(name) {
                    out.push(' ');
                }
                if hidden.is_some_and(|open| open.eq_ignore_ascii_case(name)) {
                    hidden = None;
                }
            }
            Token::Text(_) | Token::Cdata(_) => {}
        }
    }
    shown(&out)
}

/// Elements that stand inside a word or a line; every other one separates words.
fn is_inline(name: &str) -> bool {
    const INLINE: [&str; 20] = [
        "a", "abbr", "b", "bdi", "cite", "code", "em", "font", "html", "i", "mark", "q", "s", "small", "span", "strong", "sub",
        "sup", "u", "big",
    ];
    INLINE.iter().any(|inline| name.eq_ignore_ascii_case(inline))
}

/// Plain text of a title: markup that is escaped once more (`&amp;lt;b&amp;gt;`, or `đ&atilde;` inside CDATA) is decoded once
/// more. A `<` that opens no tag stays, and so does a tag that a title only speaks of.
pub(super) fn plain_title(text: &str) -> String {
    let once = if has_tag(text) || text.contains('&') { plain(text) } else { shown(text) };
    if has_entity(&once) || once.contains("</") && has_tag(&once) { plain(&once) } else { once }
}

fn has_tag(text: &str) -> bool {
    text.match_indices('<').any(|(i, _)| text[i + 1..].starts_with(|c: char| c.is_ascii_alphabetic() || c == '/' || c == '!'))
}

/// Whether a text still holds something like `&atilde;` or `&#225;`; `R&D;` is none.
pub(super) fn has_entity(text: &str) -> bool {
    text.match_indices('&').any(|(i, _)| {
        let rest = &text[i + 1..];
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '#').unwrap_or(rest.len());
        end > 1 && rest[end..].starts_with(';') && decode(&text[i..i + end + 2]) != text[i..i + end + 2]
    })
}

/// Cleans HTML for publishing: ammonia's defaults (no scripts, styles, frames, SVG), addresses absolute. One for a document,
/// because its tables cost more than cleaning a summary.
pub(super) struct Cleaner {
    base: Url,
    ammonia: OnceCell<ammonia::Builder<'static>>,
}

impl Cleaner {
    pub(super) fn new(base: &Url) -> Self {
        Self { base: base.clone(), ammonia: OnceCell::new() }
    }

    /// Cleans one piece, whose relative addresses are relative to `base`. Text without `<` and `&` needs no cleaning.
    pub(super) fn clean(&self, html: &str, base: &Url) -> String {
        let clean = self.clean_as_written(html, base);
        // References may make what is not NFC (U+0300 to U+036F: their first byte is CC or CD).
        if memchr2(0xCC, 0xCD, clean.as_bytes()).is_some() { composed(&clean) } else { clean }
    }

    fn clean_as_written(&self, html: &str, base: &Url) -> String {
        if memchr2(b'<', b'&', html.as_bytes()).is_none() {
            return shown(html);
        }
        let html = &*with_line_feeds(html);
        let has_many_references = || memchr_iter(b'&', html.as_bytes()).nth(MOST_BODY_TAGS).is_some();
        if html.len() > LONGEST_WORDS && has_many_references() {
            return flat(html);
        }
        if let Some(clean) = simple::clean(html, base) {
            return trimmed(clean);
        }
        if is_too_deep(html) || has_more_tags(html, MOST_BODY_TAGS) {
            return flat(html);
        }
        let html = foreign::unwrapped(html);
        let html = harmless(html);
        if memchr_iter(b'&', html.as_bytes()).nth(MOST_BODY_TAGS).is_some() {
            return flat(&html);
        }
        if *base != self.base {
            return trimmed(builder(base).clean(&html).to_string());
        }
        trimmed(self.ammonia.get_or_init(|| builder(base)).clean(&html).to_string())
    }
}

/// The words of a body that is no article's markup, as many as an article may have.
fn flat(html: &str) -> String {
    escape(&plain_beginning(html, LONGEST_WORDS))
}

/// A text without blanks at its ends; most have none, and then nothing is copied.
fn trimmed(text: String) -> String {
    if text.trim().len() == text.len() { text } else { text.trim().to_owned() }
}

/// Nesting beyond this makes HTML parsers slow (the cost grows with its square), and no article needs it.
const DEEPEST: usize = 256;

/// Whether markup opens far more than it closes, or nests too deep. Void elements do not count.
pub(super) fn is_too_deep(html: &str) -> bool {
    let mut depth = 0usize;
    Tokens::new(html).any(|token| {
        match token {
            Token::Start(tag) if !is_void(tag.name) => depth += 1,
            Token::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

/// The text, written anew where a parser would spend far more on it than its length.
pub(super) fn harmless(html: Cow<'_, str>) -> Cow<'_, str> {
    if is_crowded(&html) || is_costly(&html) { Cow::Owned(tidied(&html)) } else { html }
}

/// Whether a text has more of what may begin a tag.
fn has_more_tags(html: &str, most: usize) -> bool {
    memchr_iter(b'<', html.as_bytes()).nth(most).is_some()
}

pub(super) fn is_void(name: &str) -> bool {
    ["br", "img", "hr", "input", "meta", "link", "wbr", "area", "base", "col", "embed", "source", "track"]
        .iter()
        .any(|void| name.eq_ignore_ascii_case(void))
}

/// Plain text as HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// What ammonia makes of a piece of HTML, for holding the quick way against it.
#[cfg(test)]
pub(super) fn with_ammonia(html: &str, base: &Url) -> String {
    builder(base).clean(html).to_string()
}

fn builder(base: &Url) -> ammonia::Builder<'static> {
    let mut builder = ammonia::Builder::default();
    builder
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(ammonia::UrlRelative::RewriteWithBase(base.clone()));
    builder
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_out_of_markup_with_its_blanks() {
        for (html, expected) in [
            ("Khu phố<br>quận 1", "Khu phố quận 1"),
            ("<p>một</p><p>hai</p>", "một hai"),
            ("<b>Đ</b>ảng bộ", "Đảng bộ"),
            ("<a href='x'/><img src='y'/></a></br>(Dân trí) - Tin", "(Dân trí) - Tin"),
            ("Tin &nbsp; t&ocirc;i &amp; bạn", "Tin tôi & bạn"),
            ("a<script>alert(1)</script>b<style>p{}</style>", "a b"),
            ("5 < 6", "5 < 6"),
        ] {
            assert_eq!(plain(html), expected, "{html}");
        }
    }

    #[test]
    fn a_title_is_decoded_until_it_is_text() {
        for (title, expected) in [
            ("Đầu năm 2024 đ&atilde; c&oacute; 5.000 nh&acirc;n vi&ecirc;n", "Đầu năm 2024 đã có 5.000 nhân viên"),
            ("Giá <b>vàng</b>", "Giá vàng"),
            ("&amp;quot;Hà Nội&amp;quot;", "\"Hà Nội\""),
            ("A & B", "A & B"),
            ("R&D; x < y", "R&D; x < y"),
        ] {
            assert_eq!(plain_title(title), expected, "{title}");
        }
    }

    #[test]
    fn html_is_cleaned_and_resolved() {
        let base = Url::parse("https://bao.example.vn/tin/1.html").expect("valid");
        let html = "<p onclick=x>Tin <a href='/2.html'>hai</a><script>x</script><img src=a.jpg onerror=y></p>";
        let expected = "<p>Tin <a href=\"https://bao.example.vn/2.html\" rel=\"noopener noreferrer\">hai</a><img src=\"https://bao.example.vn/tin/a.jpg\"></p>";
        let cleaner = Cleaner::new(&base);
        assert_eq!(cleaner.clean(html, &base), expected);
        assert_eq!(cleaner.clean("<a href='javascript:x'>t</a>", &base), "<a rel=\"noopener noreferrer\">t</a>");
    }

    #[test]
    fn a_page_is_told_from_a_feed() {
        for page in ["<!DOCTYPE html><html>", "  <HTML lang=vi>", "<!-- x --><html>", "<script>location=1</script>"] {
            assert!(is_page(page), "{page}");
        }
        for feed in ["<rss>", "<feed>", "{\"version\":1}", "<rdf:RDF>", "<?xml-stylesheet?><rss>"] {
            assert!(!is_page(feed), "{feed}");
        }
    }
}
