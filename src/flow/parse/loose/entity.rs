//! References to characters: XML's five, numbers, and the names of HTML.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter};

use crate::flow::parse::decode::western;

/// Longest name of a character that HTML knows, with its signs: `&CounterClockwiseContourIntegral;`.
const LONGEST: usize = 34;

/// Text with its references decoded. What is none stays as it is. Numbers of 128 to 159 mean windows-1252, as browsers take them
/// (`&#146;` is ’).
pub(in crate::flow::parse) fn decode(text: &str) -> Cow<'_, str> {
    let bytes = text.as_bytes();
    if memchr(b'&', bytes).is_none() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut kept = 0;
    for at in memchr_iter(b'&', bytes).filter(|at| bytes.len() - at > 2) {
        // What a pair of numbers has taken is gone.
        if at < kept {
            continue;
        }
        if let Some((character, length)) = simple(&bytes[at..]).or_else(|| number(&text[at..])) {
            out.push_str(&text[kept..at]);
            out.push(character);
            kept = at + length;
        } else if let Some((characters, length)) = named(&text[at..]) {
            out.push_str(&text[kept..at]);
            out.push_str(&characters);
            kept = at + length;
        }
    }
    if kept == 0 { Cow::Borrowed(text) } else { Cow::Owned(out + &text[kept..]) }
}

/// Those that most are.
fn simple(reference: &[u8]) -> Option<(char, usize)> {
    Some(match reference {
        [_, b'l', b't', b';', ..] => ('<', 4),
        [_, b'g', b't', b';', ..] => ('>', 4),
        [_, b'a', b'm', b'p', b';', ..] => ('&', 5),
        [_, b'q', b'u', b'o', b't', b';', ..] => ('"', 6),
        [_, b'n', b'b', b's', b'p', b';', ..] => ('\u{A0}', 6),
        _ => return None,
    })
}

/// `&#7897;`, `&#x1ED9;`, and the two halves of a surrogate pair (`&#55357;&#56832;`, as Java writes an emoji).
fn number(reference: &str) -> Option<(char, usize)> {
    let (number, length) = code(reference)?;
    if let 0xD800..0xDC00 = number {
        let (low, rest) = code(&reference[length..]).filter(|(low, _)| (0xDC00..0xE000).contains(low))?;
        return Some((char::from_u32(0x1_0000 + (number - 0xD800) * 0x400 + (low - 0xDC00))?, length + rest));
    }
    Some((western(char::from_u32(number).filter(|c| *c != '\0')?), length))
}

/// The number of a reference, and how long that is.
fn code(reference: &str) -> Option<(u32, usize)> {
    let digits = reference.strip_prefix("&#")?;
    let end = digits.bytes().take(10).position(|b| !b.is_ascii_alphanumeric()).filter(|end| digits[*end..].starts_with(';'))?;
    let number = match digits[..end].strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok()?,
        None => digits[..end].parse().ok()?,
    };
    Some((number, end + 3))
}

/// `&ecirc;`
fn named(reference: &str) -> Option<(String, usize)> {
    let name = reference.as_bytes()[1..].iter().take(LONGEST).take_while(|b| b.is_ascii_alphanumeric()).count();
    let reference = reference.get(..name + 2).filter(|reference| name > 1 && reference.ends_with(';'))?;
    let characters = html_escape::decode_html_entities(reference);
    (characters != reference).then(|| (characters.into_owned(), reference.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_decoded_once() {
        for (text, expected) in [
            ("don&#146;t", "don’t"),
            ("a &amp;lt; &ecirc; &#7897; R&D &unknown; &", "a &lt; ê ộ R&D &unknown; &"),
            ("&#x1ED9;&#X1ED9;&#055;", "ộộ7"),
            ("&#55357;&#56832; &#xD83D;&#xDE00; &#55357;x", "😀 😀 &#55357;x"),
            ("&#0; &#; &#x; &#+5; &#99999999999; &#xD800;", "&#0; &#; &#x; &#+5; &#99999999999; &#xD800;"),
            ("&lt;&gt;&quot;&apos;&nbsp;&nbsp &lt", "<>\"'\u{A0}&nbsp &lt"),
            ("&;&&amp;&amp", "&;&&&amp"),
            ("&ấ;&", "&ấ;&"),
        ] {
            assert_eq!(decode(text), expected, "{text}");
        }
    }
}
