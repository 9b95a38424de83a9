//! Text as it is compared: one key for every way of writing the same words.

use unicode_normalization::char::{compose, decompose_canonical};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

/// The five tone marks of Vietnamese (grave, acute, tilde, hook above, dot below) and the digit that stands for each in a key.
const TONES: [(char, char); 5] = [('\u{300}', '2'), ('\u{301}', '1'), ('\u{303}', '4'), ('\u{309}', '3'), ('\u{323}', '5')];

/// The words of a text as a key: each run of letters and digits in lower case, NFC, its tone folded, with one space before
/// and one after each, so that whole words are found by looking for ` word `. Everything that is neither letter nor digit
/// only separates: `05-CT/TW`, `05 - CT / TW` and the commas of official phrases make no difference.
///
/// A Vietnamese syllable has exactly one tone, so where it is written carries nothing (hòa, hoà): the mark is taken off and
/// put at the end as a digit. A run with several tone marks is no syllable and stays as it is. Ð (U+00D0) and Ɖ (U+0189)
/// count as Đ.
///
/// ```
/// use diemtin::text::words;
/// assert_eq!(words("Hoà, HÒA"), " hoa2 hoa2 ");
/// assert_eq!(words("Chỉ thị 05 - CT / TW"), words("chỉ thị 05-CT/TW"));
/// ```
pub fn words(text: &str) -> String {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => words_of_nfc(text),
        _ => words_of_nfc(&text.nfc().collect::<String>()),
    }
}

fn words_of_nfc(text: &str) -> String {
    let mut key = String::with_capacity(text.len() + 2);
    let mut run = String::new();
    key.push(' ');
    for c in text.chars() {
        if c.is_ascii_alphanumeric() {
            run.push(c.to_ascii_lowercase());
        } else if c.is_ascii() {
            push_word(&mut key, &mut run);
        } else {
            for c in c.to_lowercase().filter(|&c| !is_ignorable(c)) {
                if c.is_alphanumeric() || is_mark(c) {
                    run.push(if matches!(c, 'ð' | 'ɖ') { 'đ' } else { c });
                } else {
                    push_word(&mut key, &mut run);
                }
            }
        }
    }
    push_word(&mut key, &mut run);
    key
}

/// Zero-width characters and soft hyphens stand inside words without being part of them.
fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

/// Combining marks that NFC leaves over belong to the letter before them.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}')
}

fn push_word(key: &mut String, run: &mut String) {
    if run.is_empty() {
        return;
    }
    if run.is_ascii() {
        key.push_str(run);
    } else {
        fold_tone(key, run);
    }
    key.push(' ');
    run.clear();
}

fn fold_tone(key: &mut String, run: &str) {
    let before = key.len();
    let mut tones = 0;
    let mut digit = None;
    for c in run.chars() {
        let Some((bare, tone)) = without_tone(c) else { return fold_marks(key, before, run) };
        key.push(bare);
        tones += usize::from(tone.is_some());
        digit = tone.or(digit);
    }
    if tones > 1 {
        key.truncate(before);
        key.push_str(run);
    } else {
        key.extend(digit);
    }
}

/// The digit of a tone mark.
fn tone(c: char) -> Option<char> {
    TONES.iter().find(|(mark, _)| *mark == c).map(|&(_, digit)| digit)
}

/// A letter without its tone, and the tone: `ấ` is `â` and `1`. `None` where that takes more than one character, or for a mark
/// that stands alone.
fn without_tone(c: char) -> Option<(char, Option<char>)> {
    if c.is_ascii() {
        return Some((c, None));
    }
    if is_mark(c) {
        return None;
    }
    let (mut bare, mut digit, mut composes) = (None, None, true);
    decompose_canonical(c, |part| match (tone(part), bare) {
        (Some(found), _) => composes &= digit.replace(found).is_none(),
        (None, None) => bare = Some(part),
        (None, Some(letter)) => {
            bare = compose(letter, part);
            composes &= bare.is_some();
        }
    });
    bare.filter(|_| composes).map(|bare| (bare, digit))
}

/// The rare run with marks that stand alone.
fn fold_marks(key: &mut String, before: usize, run: &str) {
    key.truncate(before);
    let mut tones = run.nfd().filter_map(tone);
    match (tones.next(), tones.next()) {
        (Some(digit), None) => {
            key.extend(run.nfd().filter(|&c| tone(c).is_none()).nfc());
            key.push(digit);
        }
        _ => key.push_str(run),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_key_for_every_way_of_writing() {
        for (a, b) in [
            ("hoà thuỷ khoẻ", "hòa thủy khỏe"),
            ("qúy qũy gía", "quý quỹ giá"),
            ("Ðảng bộ", "Đảng bộ"),
            ("ĐẢNG BỘ", "đảng bộ"),
            ("học tập, làm theo", "Học tập – làm theo"),
            ("Chỉ thị 05-CT/ TW", "chỉ thị 05 – CT/TW"),
            ("phố\u{200B} cổ", "phố cổ"),
            ("Tie\u{302}\u{301}ng", "tiếng"),
        ] {
            assert_eq!(words(a), words(b), "{a} / {b}");
        }
    }

    #[test]
    fn different_words_keep_different_keys() {
        for (a, b) in [("báo", "bão"), ("bảo", "báo"), ("đao", "dao"), ("mơ", "mo"), ("năm", "nam"), ("ca2", "cà 2")] {
            assert_ne!(words(a), words(b), "{a} / {b}");
        }
    }

    proptest! {
        #[test]
        fn the_form_of_the_input_does_not_matter(text in "[a-zA-Zàáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ0-9 ,./-]{0,40}") {
            let decomposed: String = text.nfd().collect();
            prop_assert_eq!(words(&text), words(&decomposed));
        }

        #[test]
        fn letter_by_letter_or_whole_is_the_same(run in "(\\PC|[àáảãạăằắẳẵặâầấẩẫậđỳýỷỹỵñńșḉộ\u{300}\u{301}\u{323}]){1,6}") {
            let run: String = run.nfc().collect();
            let (mut fast, mut whole) = (String::from(" "), String::from(" "));
            fold_tone(&mut fast, &run);
            fold_marks(&mut whole, 1, &run);
            prop_assert_eq!(fast, whole);
        }

        #[test]
        fn any_text_has_a_key_that_begins_and_ends_with_a_space(text in "\\PC*") {
            let key = words(&text);
            prop_assert!(key.starts_with(' ') && key.ends_with(' ') && !key.contains("  "));
        }
    }
}
