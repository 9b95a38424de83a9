//! Numbers that are told roughly: "hơn hai trăm" may be 214, "gần một nghìn" 980, "chừng 420 tỷ" 418,6 tỷ.

use std::cmp::Ordering;

use crate::text::Words;

/// By how much a number that is told roughly may differ from the exact one, as a part of it; by half of that where nothing says to which
/// side it was rounded. "Hơn một tạ" stood for 112 kg, and further off papers give the next round number.
const ROUGHLY: f64 = 0.125;

/// A smaller number is exact: "hơn 3 giờ" is none of the hours around it.
const LEAST: f64 = 10.0;

/// On which side of a number the exact one lies, where it is told roughly; `Equal` where it may lie on either.
pub(in crate::flow::dedupe::copy) fn side(words: &Words, at: usize) -> Option<Ordering> {
    let before = |words_back: usize| at.checked_sub(words_back).map_or("", |place| words.key_of(place));
    match (before(2), before(1)) {
        (_, "hơn" | "trên" | "qua1") | ("vươt5", "môc1") => Some(Ordering::Greater),
        (_, "gân2" | "ngot1") | ("chưa", "đây2" | "tơi1" | "đên1") | ("tiên1", "sat1") => Some(Ordering::Less),
        (_, "khoang3" | "chưng2" | "tâm2" | "ươc1") | ("xâp1" | "sâp1", "xi3" | "si3") => Some(Ordering::Equal),
        _ => None,
    }
}

/// Whether an amount may be what another text tells roughly.
pub(in crate::flow::dedupe::copy) fn may_be_told_roughly(rough: &str, side: Ordering, exact: &str) -> bool {
    let (Ok(rough), Ok(exact)) = (rough.parse::<f64>(), exact.parse::<f64>()) else { return false };
    let off = (exact - rough) / rough;
    rough >= LEAST
        && match side {
            Ordering::Less => (-ROUGHLY..=0.0).contains(&off),
            Ordering::Equal => off.abs() <= ROUGHLY / 2.0,
            Ordering::Greater => (0.0..=ROUGHLY).contains(&off),
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn some_words_say_that_a_number_is_rough() {
        for (text, at, wanted) in [
            ("hơn hai trăm", 1, Some(Ordering::Greater)),
            ("gần một nghìn", 1, Some(Ordering::Less)),
            ("chưa đầy 40", 2, Some(Ordering::Less)),
            ("xấp xỉ 35", 2, Some(Ordering::Equal)),
            ("chừng 420", 1, Some(Ordering::Equal)),
            ("trao 200", 1, None),
            ("200", 0, None),
        ] {
            assert_eq!(side(&Words::new(text), at), wanted, "{text}");
        }
    }

    #[test]
    fn a_rough_number_is_near_the_exact_one() {
        for (rough, side, exact) in [
            ("200", Ordering::Greater, "214"),
            ("1000", Ordering::Less, "980"),
            ("420", Ordering::Equal, "418.6"),
            ("35", Ordering::Less, "34.7"),
        ] {
            assert!(may_be_told_roughly(rough, side, exact), "{rough} {exact}");
        }
        for (rough, side, exact) in [
            ("200", Ordering::Greater, "196"),
            ("200", Ordering::Greater, "260"),
            ("1000", Ordering::Less, "1010"),
            ("3", Ordering::Greater, "3.2"),
            ("23.11.2026", Ordering::Equal, "23.11.2026"),
        ] {
            assert!(!may_be_told_roughly(rough, side, exact), "{rough} {exact}");
        }
    }
}
