//! What HTML holds that is not HTML to a browser, nor to ammonia: it would be written out as text, tags and all, or lost.
//!
//! `<noscript>` and `<iframe>` hold HTML for readers without scripts and frames, and feed readers are such. The letters of a formula are
//! words of its sentence. A drawing, a script, a style, and a formula's source in TeX, are none. After this no element is left whose content
//! a parser would read in another way than ours, but for a script that is never closed: with it the text ends.

use std::borrow::Cow;

use memchr::memchr;

use crate::flow::parse::loose::{Token, Tokens};

/// Elements whose tags go and whose content stays.
const UNWRAPPED: [&str; 8] = ["iframe", "noscript", "noembed", "noframes", "textarea", "title", "xmp", "plaintext"];
/// Elements that are in another language; of a formula its letters stay.
const LANGUAGES: [&str; 4] = ["svg", "math", "script", "style"];

/// The HTML without them.
pub(super) fn unwrapped(html: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let (mut rest, mut searched) = (html, 0);
    // Once an end is missing, nobody looks for one again: what is not closed is only unwrapped.
    let mut unclosed: Vec<&str> = Vec::new();
    while let Some(at) = memchr(b'<', &rest.as_bytes()[searched..]).map(|at| searched + at) {
        let (before, tag) = rest.split_at(at);
        let Some(name) = foreign_name(tag) else {
            searched = at + 1;
            continue;
        };
        let mut tokens = Tokens::new(tag);
        let opens = matches!(tokens.next(), Some(Token::Start(tag)) if !tag.is_empty);
        // Of these a slash before the bracket closes none.
        let is_raw = matches!(name, "script" | "style") && !tag.starts_with("</");
        let after_tag = tokens.rest();
        let end = if LANGUAGES.contains(&name) && (opens || is_raw) && !unclosed.contains(&name) {
            end_of(after_tag, name).or_else(|| {
                unclosed.push(name);
                None
            })
        } else {
            None
        };
        if is_raw && end.is_none() {
            searched = at + 1;
            continue;
        }
        out.push_str(before);
        let (inside, after) = after_tag.split_at(end.unwrap_or(0));
        if name == "math" {
            push_letters(inside, &mut out);
        }
        (rest, searched) = (after, 0);
    }
    if rest.len() == html.len() { Cow::Borrowed(html) } else { Cow::Owned(out + rest) }
}

/// Writes the text of a formula, without its source.
fn push_letters(formula: &str, out: &mut String) {
    let mut is_source = false;
    for token in Tokens::new(formula) {
        match token {
            Token::Start(tag) if tag.name.starts_with("annotation") => is_source = !tag.is_empty,
            Token::End(name) if name.starts_with("annotation") => is_source = false,
            Token::Text(text) if !is_source => out.push_str(text),
            _ => {}
        }
    }
}

/// The name of such an element, where a text begins with one of its tags.
fn foreign_name(tag: &str) -> Option<&'static str> {
    let name = tag[1..].strip_prefix('/').unwrap_or(&tag[1..]);
    let is_it = |known: &&&str| {
        let end = name.as_bytes().get(known.len()).copied().unwrap_or(b'>');
        name.get(..known.len()).is_some_and(|name| name.eq_ignore_ascii_case(known))
            && matches!(end, b'>' | b'/' | b' ' | b'\t' | b'\n')
    };
    UNWRAPPED.iter().chain(&LANGUAGES).find(is_it).copied()
}

/// Where an element's end tag begins.
fn end_of(rest: &str, name: &str) -> Option<usize> {
    rest.match_indices("</").map(|(at, _)| at).find(|&at| foreign_name(&rest[at..]) == Some(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_html_stays() {
        for (html, expected) in [
            ("a<noscript><img src=x></noscript>b", "a<img src=x>b"),
            ("<IFRAME src='x>y'><a href=z>xem</a></IFRAME>", "<a href=z>xem</a>"),
            ("x <svg><title>icon</title></svg>y", "x y"),
            ("<math><mi>n</mi><mo>&lt;</mo><annotation>\\n</annotation></math>.", "n&lt;."),
            ("<svg>a<svg>b", "ab"),
            ("a<script>x<p></script>b<style>p{}</style>c<textarea>d</textarea>", "abcd"),
            ("a<svg>b<script>x</script>c<script>d", "abc<script>d"),
            ("<svg/>a", "a"),
            ("a < b <mathias> </ <", "a < b <mathias> </ <"),
            ("", ""),
        ] {
            assert_eq!(unwrapped(html), expected, "{html}");
        }
    }
}
