//! What kind of character a letter is, without a look into Unicode's tables where it is one of Latin: those are asked for each character of
//! each text, and cost more than all the rest of reading it.

/// Latin-1's letters and Latin Extended-A and -B, but for the two signs among them.
fn is_latin(c: char) -> bool {
    matches!(c, '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}')
}

/// The block of Vietnamese letters with tones: capital and small letter take turns in it.
pub(super) fn is_toned(c: char) -> bool {
    matches!(c, '\u{1EA0}'..='\u{1EF9}')
}

/// What [`char::is_alphabetic`] says.
pub(super) fn is_alphabetic(c: char) -> bool {
    c.is_ascii_alphabetic() || !c.is_ascii() && (is_latin(c) || c.is_alphabetic())
}

/// What [`char::is_alphanumeric`] says.
pub(super) fn is_alphanumeric(c: char) -> bool {
    c.is_ascii_alphanumeric() || !c.is_ascii() && (is_latin(c) || c.is_alphanumeric())
}

/// What [`char::is_uppercase`] says.
pub(super) fn is_uppercase(c: char) -> bool {
    match c {
        _ if c.is_ascii() => c.is_ascii_uppercase(),
        _ if is_toned(c) => u32::from(c) % 2 == 0,
        'Đ' | 'Ă' | 'Ơ' | 'Ư' | '\u{C0}'..='\u{D6}' => true,
        'đ' | 'ă' | 'ơ' | 'ư' | '\u{DF}'..='\u{F6}' => false,
        _ => c.is_uppercase(),
    }
}

/// The small letter of a character, or itself; `None` where [`char::to_lowercase`] makes several of it.
pub(super) fn lower(c: char) -> Option<char> {
    match c {
        _ if c.is_ascii() => Some(c.to_ascii_lowercase()),
        _ if is_toned(c) => char::from_u32(u32::from(c) | 1),
        'Đ' => Some('đ'),
        'Ă' => Some('ă'),
        'Ơ' => Some('ơ'),
        'Ư' => Some('ư'),
        '\u{C0}'..='\u{D6}' => char::from_u32(u32::from(c) + 0x20),
        'đ' | 'ă' | 'ơ' | 'ư' | '\u{DF}'..='\u{F6}' => Some(c),
        _ => {
            let mut small = c.to_lowercase();
            small.next().filter(|_| small.next().is_none())
        }
    }
}

/// Combining marks that NFC leaves over belong to the letter before them.
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capitals_and_small_letters_of_vietnamese_take_turns() {
        for c in ('\u{1EA0}'..='\u{1EF9}').step_by(2) {
            assert!(c.is_uppercase() && is_toned(c));
            assert_eq!(c.to_lowercase().collect::<Vec<_>>(), [char::from_u32(u32::from(c) + 1).unwrap()]);
        }
    }

    #[test]
    fn every_character_is_what_unicode_says() {
        for c in '\0'..=char::MAX {
            assert_eq!(is_alphabetic(c), c.is_alphabetic(), "{c:?}");
            assert_eq!(is_alphanumeric(c), c.is_alphanumeric(), "{c:?}");
            assert_eq!(is_uppercase(c), c.is_uppercase(), "{c:?}");
            let small: Vec<char> = c.to_lowercase().collect();
            assert_eq!(lower(c), (small.len() == 1).then(|| small[0]), "{c:?}");
        }
    }
}
