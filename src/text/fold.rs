//! One word as it is compared: one key for every way of writing it.

use std::sync::LazyLock;

use unicode_normalization::char::{compose, decompose_canonical};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use crate::text::letter::is_mark;
use crate::text::shown::composes_with_nothing;

/// The five tone marks of Vietnamese (grave, acute, tilde, hook above, dot below) and the digit that stands for each in a key.
const TONES: [(char, char); 5] = [('\u{300}', '2'), ('\u{301}', '1'), ('\u{303}', '4'), ('\u{309}', '3'), ('\u{323}', '5')];

/// Appends the key of one word to `key`, without blanks around it. `run` is a run of letters, digits and combining marks in lower case, in
/// any normal form.
///
/// A Vietnamese syllable has exactly one tone, so where it is written carries nothing (hòa, hoà): the mark is taken off and put at the
/// end as a digit. A run with several tone marks is no syllable and keeps them. Ð (U+00D0) and Ɖ (U+0189) count as Đ. Where the
/// rime is nothing but y, it counts as i (kỹ, kĩ).
pub(super) fn push_key(key: &mut String, run: &str) {
    let before = key.len();
    if run.is_ascii() {
        key.push_str(run);
    } else if run.chars().all(composes_with_nothing) || is_nfc_quick(run.chars()) == IsNormalized::Yes {
        fold_tone(key, run);
    } else {
        fold_tone(key, &run.nfc().collect::<String>());
    }
    fold_y(key, before);
}

/// The initials after which Vietnamese is written with y or with i without a difference: kỹ, lý, mỹ, quý, sỹ, tỷ, hy sinh, Vỹ Dạ.
const BEFORE_Y: [&str; 8] = ["h", "k", "l", "m", "qu", "s", "t", "v"];

/// Writes i for a y that is the whole rime of a syllable. In ay, uy and oay the two are different sounds, and a word that is nothing but
/// y stays what it is (y tế).
fn fold_y(key: &mut String, before: usize) {
    // Nearly every word ends otherwise, and is not looked at.
    if !key.as_bytes()[before..].iter().rev().take(2).any(|byte| *byte == b'y') {
        return;
    }
    let word = &key[before..];
    let syllable = word.trim_end_matches(|c: char| c.is_ascii_digit());
    if word.len() - syllable.len() <= 1 && syllable.strip_suffix('y').is_some_and(|initial| BEFORE_Y.contains(&initial)) {
        let place = before + syllable.len() - 1;
        key.replace_range(place..=place, "i");
    }
}

fn fold_tone(key: &mut String, run: &str) {
    let before = key.len();
    let mut tones = 0;
    let mut digit = None;
    for c in run.chars() {
        let Some((bare, tone)) = without_tone(c) else { return fold_marks(key, before, run) };
        key.push(if matches!(bare, 'ð' | 'ɖ') { 'đ' } else { bare });
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

/// A letter without its tone, and the tone.
type Toneless = (char, Option<char>);

/// The letters of Latin-1 and of Latin's first extensions, and Vietnam's own.
const LATIN: std::ops::Range<u32> = 0xC0..0x250;
const VIETNAMESE: std::ops::Range<u32> = 0x1EA0..0x1F00;

/// What [`decomposed`] says of both.
static TABLES: LazyLock<[Vec<Option<Toneless>>; 2]> =
    LazyLock::new(|| [LATIN, VIETNAMESE].map(|range| range.map(|code| decomposed(char::from_u32(code)?)).collect()));

/// A letter without its tone, and the tone: `ấ` is `â` and `1`. `None` where that takes more than one character, or for a mark
/// that stands alone.
fn without_tone(c: char) -> Option<Toneless> {
    let code = u32::from(c);
    match code {
        0..0x80 => Some((c, None)),
        _ if LATIN.contains(&code) => TABLES[0][(code - LATIN.start) as usize],
        _ if VIETNAMESE.contains(&code) => TABLES[1][(code - VIETNAMESE.start) as usize],
        _ => decomposed(c),
    }
}

fn decomposed(c: char) -> Option<Toneless> {
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

    fn key(run: &str) -> String {
        let mut key = String::new();
        push_key(&mut key, run);
        key
    }

    #[test]
    fn y_counts_as_i_only_where_it_is_the_whole_rime() {
        for (a, b) in
            [("kỹ", "kĩ"), ("lý", "lí"), ("mỹ", "mĩ"), ("tỷ", "tỉ"), ("quý", "quí"), ("sỹ", "sĩ"), ("hy", "hi"), ("quỹ", "qũy")]
        {
            assert_eq!(key(a), key(b), "{a} / {b}");
        }
        for (a, b) in [("tay", "tai"), ("thúy", "thúi"), ("xoáy", "xoái"), ("y", "i"), ("túy", "túi"), ("ý", "í"), ("huy", "hui")]
        {
            assert_ne!(key(a), key(b), "{a} / {b}");
        }
    }

    const ONSETS: &str = "b c ch d đ g gh gi h k kh l m n ng ngh nh p ph qu r s t th tr v x";
    const RIMES: &str = "a ac ach ai am an ang anh ao ap at au ay ă ăc ăm ăn ăng ăp ăt âc âm ân âng âp ât âu ây e ec em en eng eo ep et ê êch êm ên \
         ênh êp êt êu i ia ich iêc iêm iên iêng iêp iêt iêu im in inh ip it iu o oa oac oach oai oam oan oang oanh oao oap oat oay oăc oăm oăn oăng \
         oăt oc oe oen oeo oet oi om on ong oong op ot ô ôc ôi ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua uâc uân uâng uât uây uc uê uêch uên uênh ui um un \
         ung uôc uôi uôm uôn uông uôt up uơ ut uy uya uych uyên uyêt uynh uyt uyu ư ưa ưc ưi ưm ưn ưng ươc ươi ươm ươn ương ươp ươt ươu ưt ưu y yêm yên \
         yêng yêt yêu";

    #[test]
    fn no_two_syllables_have_one_key() {
        let mut seen = std::collections::HashMap::new();
        for onset in ONSETS.split_whitespace().chain([""]) {
            for rime in RIMES.split_whitespace() {
                // One syllable, whatever is written: y and i after the initials above.
                let syllable = match rime {
                    "y" if BEFORE_Y.contains(&onset) => format!("{onset}i"),
                    _ => format!("{onset}{rime}"),
                };
                let letters: Vec<char> = format!("{onset}{rime}").chars().collect();
                let vowels = (0..letters.len()).filter(|&i| "aăâeêioôơuưy".contains(letters[i]));
                for (place, (mark, tone)) in vowels.flat_map(|place| TONES.map(|tone| (place, tone))).chain([(0, ('\0', '0'))]) {
                    let mut written: String = letters[..=place].iter().collect();
                    written.extend((mark != '\0').then_some(mark));
                    written.extend(&letters[place + 1..]);
                    let said = (syllable.clone(), tone);
                    for form in [written.nfc().collect::<String>(), written.nfd().collect()] {
                        let known = seen.entry(key(&form)).or_insert_with(|| said.clone());
                        assert_eq!(*known, said, "{form}");
                    }
                }
            }
        }
        assert!(seen.len() > 20_000, "{}", seen.len());
    }

    proptest! {
        #[test]
        fn a_key_is_its_own_key(run in "[a-zàáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ0-9]{1,8}") {
            prop_assert_eq!(key(&key(&run)), key(&run));
        }

        #[test]
        fn letter_by_letter_or_whole_is_the_same(run in "(\\PC|[àáảãạăằắẳẵặâầấẩẫậđỳýỷỹỵñńșḉộ\u{300}\u{301}\u{323}]){1,6}") {
            let run: String = run.nfc().filter(|c| !matches!(c, 'ð' | 'ɖ')).collect();
            let (mut fast, mut whole) = (String::from(" "), String::from(" "));
            fold_tone(&mut fast, &run);
            fold_marks(&mut whole, 1, &run);
            prop_assert_eq!(fast, whole);
        }
    }
}
