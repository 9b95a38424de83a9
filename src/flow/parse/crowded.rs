//! Tags with hundreds of attributes: an HTML parser holds each attribute against all others of its tag, so 300,000 of them in a
//! document of 3 MB took it 48 seconds. Nobody writes such tags; they are found before a parser sees them, and written anew.
//!
//! Where a tag begins depends on comments, scripts and quotes, about which readers differ. So every `<` before a letter is looked at as the
//! beginning of one: what any reader can take for a crowded tag is found.

use memchr::memchr_iter;

/// Attributes that make a tag crowded. The script of a page may look like one: words between a `<` and the next `>`.
const CROWDED: usize = 500;
/// Tags overlap only where one stands in the quotes of another: all together they are this many times the text, or it is no text for
/// readers.
const MOST_OVERLAP: usize = 4;

/// Whether some reader can find a crowded tag in a text.
pub(super) fn is_crowded(html: &str) -> bool {
    let bytes = html.as_bytes();
    if bytes.len() < 2 * CROWDED {
        return false;
    }
    let mut budget = bytes.len().saturating_mul(MOST_OVERLAP);
    memchr_iter(b'<', bytes).filter(|at| bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic)).any(|at| {
        let (attributes, length) = attributes(&bytes[at + 1..], budget);
        budget -= length;
        attributes >= CROWDED || budget == 0
    })
}

/// Where in a tag a reader is (HTML, 13.2.5.8 and 13.2.5.32 to 13.2.5.40).
#[derive(Clone, Copy, PartialEq)]
enum In {
    TagName,
    Between,
    Name,
    AfterName,
    BeforeValue,
    Quotes(u8),
    BareValue,
}

/// How many attributes the tag has that begins here, and how many bytes were looked at, `most` at most.
fn attributes(tag: &[u8], most: usize) -> (usize, usize) {
    let (mut attributes, mut place) = (0, In::TagName);
    let tag = &tag[..tag.len().min(most)];
    for (at, &byte) in tag.iter().enumerate() {
        place = match (place, byte) {
            (In::Quotes(open), byte) if byte == open => In::Between,
            (In::Quotes(_), _) => place,
            (_, b'>') => return (attributes, at + 1),
            (In::BeforeValue, b'"' | b'\'') => In::Quotes(byte),
            (In::BeforeValue, _) if byte.is_ascii_whitespace() => place,
            (In::BeforeValue, _) => In::BareValue,
            (In::BareValue, b'/') => place,
            (_, b'/') => In::Between,
            (In::Name | In::AfterName, _) if byte.is_ascii_whitespace() => In::AfterName,
            (_, _) if byte.is_ascii_whitespace() => In::Between,
            (In::Name | In::AfterName, b'=') => In::BeforeValue,
            (In::Between | In::AfterName, _) => {
                attributes += 1;
                if attributes == CROWDED {
                    return (attributes, at + 1);
                }
                In::Name
            }
            (In::TagName | In::Name | In::BareValue, _) => place,
        };
    }
    (attributes, tag.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_crowded_tag_is_found_wherever_it_hides() {
        let many: String = (0..600).map(|i| format!(" a{i}='>'")).collect();
        let bare = many.replace("='>'", "");
        for html in [
            format!("<p{many}>x</p>"),
            format!("<p{bare}>x</p>"),
            format!("<p {}>", "a='1'".repeat(600)),
            format!("<p {}>", "a/".repeat(600)),
            format!("<p x==\"{bare}>"),
            format!("<p {}>", "= ".repeat(2_000)),
            format!("<p x='1' =\"{bare}>"),
            format!("<style><p a=\"</style><p{bare}>"),
            format!("<!-- <b a='-->\n<p{bare}>"),
            format!("<a{many}"),
        ] {
            assert!(is_crowded(&html), "{html:.80}");
            assert!(!is_crowded(&crate::flow::parse::tidy::tidied(&html)), "{html:.80}");
        }
    }

    #[test]
    fn what_people_write_is_not_crowded() {
        for html in [
            format!("<p class=\"a\">{}</p>", "Mười từ và một con số: 5 < 6. ".repeat(500)),
            format!("<img src=\"data:image/png;base64,{}\" alt='x > y'>", "a/b+".repeat(5_000)),
            "<a href=/1.html title=\"một\" class = 'b c d'>x</a>".repeat(500),
            format!("<p title=\"{}\">x</p>", "một hai ".repeat(500)),
        ] {
            assert!(!is_crowded(&html), "{html:.80}");
        }
    }

    #[test]
    fn overlapping_tags_cost_no_more_than_others() {
        let (_, looked_at) = attributes(&b"a<".repeat(5_000), 100);
        assert_eq!(looked_at, 100);
        assert!(is_crowded(&"<a".repeat(5_000)));
    }
}
