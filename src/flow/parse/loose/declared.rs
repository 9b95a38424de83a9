//! Entities that a document declares itself: `<!DOCTYPE rss [<!ENTITY toasoan "Tòa soạn">]>`.
//!
//! Only plain text is put in for them: no markup, no entity within an entity, nothing from another file; and no more than the document is
//! long, so that a few bytes can't become many.

use std::borrow::Cow;

use memchr::memmem;

/// How far into a document its type is looked for, in bytes.
const WITHIN: usize = 4_096;
/// The most entities, and the longest value, in bytes; abbreviations of addresses are what they are for.
const MOST: usize = 64;
const LONGEST: usize = 256;

/// The document with its own entities put in.
pub(super) fn put_in(text: &str) -> Cow<'_, str> {
    let Some((subset, end)) = subset(text) else { return Cow::Borrowed(text) };
    let entities: Vec<(&str, &str)> = subset.split("<!ENTITY").skip(1).filter_map(declaration).take(MOST).collect();
    let (head, mut rest) = text.split_at(end);
    let mut out = String::from(head);
    let mut budget = text.len();
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        let named = entities.iter().find(|(name, _)| after.strip_prefix(name).is_some_and(|after| after.starts_with(';')));
        match named.filter(|(_, value)| value.len() <= budget) {
            Some((name, value)) => {
                out.push_str(value);
                budget -= value.len();
                rest = &after[name.len() + 1..];
            }
            None => {
                out.push('&');
                rest = after;
            }
        }
    }
    Cow::Owned(out + rest)
}

/// What stands in brackets in the document's type, and where that ends; `None` where it declares no entity.
fn subset(text: &str) -> Option<(&str, usize)> {
    let head = &text.as_bytes()[..text.len().min(WITHIN)];
    let doctype = memmem::find(head, b"<!DOCTYPE")?;
    let start = doctype + text[doctype..].find(['[', '>']).filter(|at| text[doctype + at..].starts_with('['))?;
    let end = start + text[start..].find(']')?;
    let subset = &text[start..end];
    subset.contains("<!ENTITY").then_some((subset, end))
}

/// The name and the value of an entity, where the value is plain text: ` toasoan "Tòa soạn">`.
fn declaration(text: &str) -> Option<(&str, &str)> {
    let (name, value) = text.trim_start().split_once(char::is_whitespace)?;
    let value = value.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let value = value[1..].split(quote).next()?;
    (value.len() <= LONGEST && !value.contains(['<', '&', '%'])).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_document_declares_is_put_in() {
        let head = "<!DOCTYPE rss [<!ENTITY a \"Báo\"> <!ENTITY b '&a;'><!ENTITY % c \"x\"><!ENTITY d SYSTEM \"file:///e\">]>";
        assert_eq!(put_in(&format!("{head}<t>&a; &b; &d; &amp; &a &</t>")), format!("{head}<t>Báo &b; &d; &amp; &a &</t>"));
        for text in ["<!DOCTYPE html><a>&b;</a>", "<rss>&a;</rss>", "<!DOCTYPE x [", "<!DOCTYPE x []>&a;"] {
            assert_eq!(put_in(text), text, "{text}");
        }
    }

    #[test]
    fn a_bomb_stays_small() {
        let bomb = format!("<!DOCTYPE rss [<!ENTITY a \"{}\">]>{}", "x".repeat(256), "&a;".repeat(10_000));
        assert!(put_in(&bomb).len() <= 2 * bomb.len());
    }
}
