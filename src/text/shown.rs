//! Text as people see it: NFC, on one line, without characters that XML forbids or that turn a line around.

use unicode_normalization::char::canonical_combining_class;
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The most marks on one letter: what every script is content with (Unicode, UAX 15, stream-safe text). More are thrown at programs, which
/// must hold all of them to put them in order.
const MOST_MARKS: usize = 30;

/// Whether XML 1.0 allows a character (Char, section 2.2). One that it forbids makes a document unreadable for everybody.
pub fn is_legal(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..)
}

/// Characters that show nothing and only make equal texts differ: soft hyphen, zero-width blanks and joiners' kin, BOM,
/// and the marks that reverse the direction of a line (Unicode TR 36).
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200C}' | '\u{200E}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
}

/// A plain text on one line, as it may be shown: NFC, every run of blanks (NBSP among them) one space, none at the ends, no
/// control, invisible or illegal characters. The zero-width joiner stays, because emoji are made with it.
pub fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut at, bytes) = (0, text.as_bytes());
    while at < bytes.len() {
        let begin = at;
        let mut is_plain = true;
        let blank = loop {
            match class(&bytes[at..]) {
                (Class::Blank, length) => break length,
                (class, length) => (is_plain, at) = (is_plain && class == Class::Plain, at + length),
            }
        };
        let end = out.len();
        if end > 0 && at > begin {
            out.push(' ');
        }
        match is_plain {
            true => out.push_str(&text[begin..at]),
            false => push_word(&text[begin..at], &mut out),
        }
        // A word of nothing but what does not show is none.
        if out.len() == end + 1 && out.ends_with(' ') {
            out.truncate(end);
        }
        at += blank;
    }
    out
}

/// What a character is to a shown text.
#[derive(Clone, Copy, PartialEq)]
enum Class {
    /// A blank, or the end.
    Blank,
    /// A character that stands for itself: ASCII's visible ones, the letters of Latin and of Vietnamese, the usual quotes and dashes.
    Plain,
    /// One that needs a longer look.
    Other,
}

/// The class of the first character of a text, by its bytes, and how many of them it has.
fn class(bytes: &[u8]) -> (Class, usize) {
    use Class::{Blank, Other, Plain};
    match *bytes {
        [] => (Blank, 0),
        [b'!'..=b'~', ..] => (Plain, 1),
        [b' ' | 0x09..=0x0D, ..] => (Blank, 1),
        [..0x80, ..] => (Other, 1),
        [0xC2, 0x85 | 0xA0, ..] => (Blank, 2),
        [0xC2, 0xAE..=0xBF, ..] | [0xC3..=0xCB, ..] => (Plain, 2),
        [..0xE0, ..] => (Other, 2),
        // U+1E00 to U+1EFF, U+2010 to U+2027; U+1680, U+2000 to U+200A, U+2028, U+2029, U+202F, U+205F, U+3000.
        [0xE1, 0xB8..=0xBB, ..] | [0xE2, 0x80, 0x90..=0xA7, ..] => (Plain, 3),
        [0xE1, 0x9A, 0x80, ..] | [0xE2, 0x80, 0x80..=0x8A | 0xA8 | 0xA9 | 0xAF, ..] => (Blank, 3),
        [0xE2, 0x81, 0x9F, ..] | [0xE3, 0x80, 0x80, ..] => (Blank, 3),
        [..0xF0, ..] => (Other, 3),
        _ => (Other, 4),
    }
}

/// Writes a word in NFC without what shows nothing.
fn push_word(word: &str, out: &mut String) {
    let mut push = |c: char| {
        if is_legal(c) && !c.is_control() && !is_invisible(c) {
            out.push(c);
        }
    };
    if word.chars().all(composes_with_nothing) {
        word.chars().for_each(&mut push);
    } else if is_nfc_quick(word.chars()) == IsNormalized::Yes {
        with_few_marks(word).for_each(&mut push);
    } else {
        with_few_marks(word).nfc().for_each(&mut push);
    }
}

/// A text in NFC; of the marks on one letter as many as any script needs.
pub fn composed(text: &str) -> String {
    let mut composed = String::with_capacity(text.len());
    composed.extend(with_few_marks(text).nfc());
    composed
}

fn with_few_marks(text: &str) -> impl Iterator<Item = char> {
    let mut marks = 0;
    text.chars().filter(move |&c| {
        let is_mark = !composes_with_nothing(c) && canonical_combining_class(c) != 0;
        marks = if is_mark { marks + 1 } else { 0 };
        marks <= MOST_MARKS
    })
}

/// Characters that are NFC wherever they stand.
pub(super) fn composes_with_nothing(c: char) -> bool {
    matches!(c, '\0'..='\u{2FF}' | '\u{1E00}'..='\u{1EFF}' | '\u{2010}'..='\u{2027}')
}

/// A shown text of at most `limit` characters, cut at a blank where there is one near the end, with an ellipsis.
pub fn clip(text: &str, limit: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(limit) else { return text.to_owned() };
    let head = &text[..end];
    let cut = match head.rfind(' ') {
        Some(blank) if blank > end / 2 => blank,
        _ => end,
    };
    format!("{}…", head[..cut].trim_end_matches([' ', ',', ';', ':', '.']))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn bytes_say_what_characters_say(text in "(\\PC|[ \\n\u{A0}\u{85}\u{2003}\u{3000}\u{200B}\u{301}\u{1}]|[a-zàảđ“–]){0,30}") {
            let words = text.split_whitespace().map(|word| {
                let mut out = String::new();
                push_word(word, &mut out);
                out
            });
            let slowly: Vec<String> = words.filter(|word| !word.is_empty()).collect();
            prop_assert_eq!(shown(&text), slowly.join(" "));
        }

        #[test]
        fn a_class_is_that_of_its_character(c in any::<char>()) {
            let (class, length) = class(c.to_string().as_bytes());
            prop_assert_eq!(length, c.len_utf8());
            prop_assert_eq!(class == Class::Blank, c.is_whitespace());
            prop_assert!(class != Class::Plain || composes_with_nothing(c) && is_legal(c) && !c.is_control() && !is_invisible(c));
        }
    }

    #[test]
    fn what_is_shown_is_nfc_on_one_line() {
        for (raw, expected) in [
            ("  Tin\u{A0}\r\n mới ", "Tin mới"),
            ("Ho\u{E0} B\u{300}inh", "Ho\u{E0} B\u{300}inh"),
            ("Tie\u{302}\u{301}ng Vie\u{323}\u{302}t", "Tiếng Việt"),
            ("a\u{1}b\u{FFFE}c\u{200B}d\u{AD}e\u{202E}f\u{B}g", "abcdef g"),
            ("👩\u{200D}🌾 nông dân", "👩\u{200D}🌾 nông dân"),
            ("\u{0}", ""),
        ] {
            assert_eq!(shown(raw), expected, "{raw:?}");
            assert_eq!(shown(&shown(raw)), shown(raw), "{raw:?} twice");
        }
    }

    #[test]
    fn a_letter_bears_no_more_marks_than_any_script_needs() {
        let heap = format!("a{}b", "\u{316}".repeat(100));
        let few = format!("a{}b", "\u{316}".repeat(MOST_MARKS));
        assert_eq!(composed(&heap), few);
        assert_eq!(shown(&heap), few);
        assert_eq!(composed("Tie\u{302}\u{301}ng Vie\u{323}\u{302}t"), "Tiếng Việt");
    }

    #[test]
    fn a_long_text_is_cut_at_a_blank() {
        assert_eq!(clip("một hai ba", 10), "một hai ba");
        assert_eq!(clip("một hai, ba bốn", 11), "một hai…");
        assert_eq!(clip("mộthaibabốn", 5), "mộtha…");
    }
}
