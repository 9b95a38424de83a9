//! The order in which Vietnamese looks names up: a ă â b c d đ e ê … o ô ơ … u ư, and the tone only where the letters are equal.

use unicode_normalization::UnicodeNormalization;

use crate::text::letter::{is_mark, lower};

/// The tone marks in the order of dictionaries, after no mark at all: grave, hook above, tilde, acute, dot below.
const TONES: [char; 5] = ['\u{300}', '\u{309}', '\u{303}', '\u{301}', '\u{323}'];

/// A name's place among others, to sort by. Letters are compared over the whole name, then tones, then the characters themselves, so that
/// different names never have one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SortKey {
    /// Each letter without its tone: the plain one, and which of its kin it is.
    letters: Vec<(char, u8)>,
    /// The tone of each letter.
    tones: Vec<usize>,
    name: String,
}

/// Where a name stands.
pub fn sort_key(name: &str) -> SortKey {
    let (mut letters, mut tones) = (Vec::new(), Vec::new());
    for c in name.nfd() {
        match (letters.last_mut(), tones.last_mut()) {
            (Some((_, kin)), Some(tone)) if is_mark(c) => {
                if let Some(nth) = TONES.iter().position(|mark| *mark == c) {
                    *tone = nth + 1;
                } else {
                    *kin = kin_of(c);
                }
            }
            _ => {
                letters.push(match lower(c).unwrap_or(c) {
                    'đ' => ('d', 1),
                    plain => (plain, 0),
                });
                tones.push(0);
            }
        }
    }
    SortKey { letters, tones, name: name.to_owned() }
}

/// The marks that make another letter, in the order of the alphabet: ă before â, ô before ơ. Marks of other languages make none.
fn kin_of(mark: char) -> u8 {
    match mark {
        '\u{306}' => 1,
        '\u{302}' => 2,
        '\u{31b}' => 3,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_as_in_a_dictionary() {
        for sorted in [
            &["Ăn Kê", "Ẩn Hải", "Đà Nẵng", "Đắk Lắk", "Hà Nội", "Hải Phòng", "Huế", "Yên Bái"][..],
            &["An Giang", "Ăn Kê", "Âu Lạc", "Bà Rịa", "Cà Mau", "Dầu Tiếng", "Đà Lạt", "E", "Ê Đê"],
            &["ma", "mà", "mả", "mã", "má", "mạ", "man", "mă", "mâ"],
            &["o", "ô", "ơ", "p", "u", "ư", "v"],
            &["Bình Dương", "bình dương", "Bình Đại"],
            &["Hoà Bình", "Hòa Bình", "Hoà Vang"],
            &["2 Tháng 9", "Bắc Ninh"],
        ] {
            let mut names = sorted.to_vec();
            names.reverse();
            names.sort_by_key(|name| sort_key(name));
            assert_eq!(names, sorted);
        }
    }

    #[test]
    fn composed_or_not_is_one_place_among_others() {
        let apart: String = "Đắk Lắk".nfd().collect();
        let mut names = ["Đồng Nai", &apart, "Đà Nẵng"];
        names.sort_by_key(|name| sort_key(name));
        assert_eq!(names, ["Đà Nẵng", &apart, "Đồng Nai"]);
    }
}
