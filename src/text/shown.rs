//! Text as people see it: NFC, on one line, without characters that XML forbids or that turn a line around.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

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
    if is_shown(text) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut blank = false;
    let mut push = |c: char| {
        if is_letter_or_sign(c) {
            if blank && !out.is_empty() {
                out.push(' ');
            }
            blank = false;
            out.push(c);
        } else if c.is_whitespace() {
            blank = true;
        } else if is_legal(c) && !c.is_control() && !is_invisible(c) {
            if blank && !out.is_empty() {
                out.push(' ');
            }
            blank = false;
            out.push(c);
        }
    };
    if text.chars().all(composes_with_nothing) || is_nfc_quick(text.chars()) == IsNormalized::Yes {
        text.chars().for_each(&mut push);
    } else {
        text.nfc().for_each(&mut push);
    }
    out
}

/// Whether a text is already as it may be shown. Most are, and then it is only copied.
fn is_shown(text: &str) -> bool {
    let mut after_blank = true;
    let fits = text.chars().all(|c| {
        let fits = is_letter_or_sign(c) || c == ' ' && !after_blank;
        after_blank = c == ' ';
        fits
    });
    fits && !after_blank || text.is_empty()
}

/// Characters that stand for themselves in every shown text: ASCII's visible ones, the letters of Latin and of Vietnamese, the usual
/// quotes and dashes. Others may do so too, but need a longer look.
fn is_letter_or_sign(c: char) -> bool {
    matches!(c, '!'..='~' | '\u{AE}'..='\u{2FF}' | '\u{1E00}'..='\u{1EFF}' | '\u{2010}'..='\u{2027}')
}

/// Characters that are NFC wherever they stand.
fn composes_with_nothing(c: char) -> bool {
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
    use super::*;

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
    fn a_long_text_is_cut_at_a_blank() {
        assert_eq!(clip("một hai ba", 10), "một hai ba");
        assert_eq!(clip("một hai, ba bốn", 11), "một hai…");
        assert_eq!(clip("mộthaibabốn", 5), "mộtha…");
    }
}
