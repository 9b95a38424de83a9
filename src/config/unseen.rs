//! Characters that nobody sees, or takes for a space: they come along when a text is copied from a document or a chat.

use crate::config::fault::Wrong;

/// The name of such a character.
pub(super) fn name(c: char) -> Option<&'static str> {
    Some(match c {
        '\u{A0}' => "no-break space",
        '\u{202F}' => "narrow no-break space",
        '\u{AD}' => "soft hyphen",
        '\u{200B}' => "zero-width space",
        '\u{200C}' => "zero-width non-joiner",
        '\u{200D}' => "zero-width joiner",
        '\u{2060}' => "word joiner",
        '\u{FEFF}' => "zero-width no-break space",
        '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' => "mark of the direction of writing",
        '\u{2028}' | '\u{2029}' => "line separator",
        '\u{1680}' | '\u{2000}'..='\u{200A}' | '\u{205F}' | '\u{3000}' => "space that is no plain one",
        _ => return None,
    })
}

/// What is wrong where one stands.
pub(super) fn wrong(c: char) -> Option<Wrong> {
    let wrong = Wrong::new(format!("a {} (U+{:04X}) stands here, which nobody sees", name(c)?, u32::from(c)));
    Some(wrong.help("delete it and type what is missing: it came along when the text was copied".to_owned()))
}

/// What is wrong with a text in which none may stand, if one does.
pub(super) fn within(text: &str, what: &str) -> Option<Wrong> {
    let (before, c) = text.chars().enumerate().find(|(_, c)| name(*c).is_some())?;
    let place = if before + 1 == text.chars().count() { "at the end".to_owned() } else { format!("after {before} characters") };
    let wrong = Wrong::new(format!("a {} (U+{:04X}), which nobody sees, stands {place} of {what}", name(c)?, u32::from(c)));
    Some(wrong.help("delete it: it came along when the text was copied".to_owned()).letter(c))
}
