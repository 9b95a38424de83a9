//! Numbers in words: "ba mươi hai" is 32, "hai nghìn ba trăm tỷ" 2300000000000, "nửa triệu" 500000.
//!
//! Words that mean something else alone (một, ba the father, năm the year, chín ripe) are numbers only before a word that counts with them.

use crate::flow::dedupe::copy::number::power;
use crate::flow::dedupe::copy::number::rough;
use crate::text::Words;

/// The value of the number in words that begins at a word, and how many words it takes.
pub(super) fn numeral(words: &Words, at: usize) -> Option<(u128, usize)> {
    round(words, at).or_else(|| whole(words, at))
}

/// A round number without a digit, behind a word that says that it is rough: "hơn trăm" is 100, "gần nghìn tỷ" 1000000000000.
fn round(words: &Words, at: usize) -> Option<(u128, usize)> {
    rough::side(words, at).filter(|_| follows(words, at))?;
    let first = if words.key_of(at) == "trăm" { 2 } else { power_at(words, at)? };
    let second = power_at(words, at + 1);
    Some((ten(first + second.unwrap_or(0)), 1 + usize::from(second.is_some())))
}

/// A whole number.
fn whole(words: &Words, at: usize) -> Option<(u128, usize)> {
    let (mut value, mut end) = if words.key_of(at) == "nưa3" { half(words, at)? } else { group(words, at)? };
    let mut last = 0;
    if let Some(power) = power_at(words, end).filter(|_| end == at + 1 || value >= 10) {
        (value, last, end) = (value.checked_mul(ten(power))?, power, end + 1);
        if let Some(more) = power_at(words, end).filter(|more| *more >= power) {
            (value, last, end) = (value.checked_mul(ten(more))?, more, end + 1);
        }
    }
    while last > 0 && end < words.len() && follows(words, end) {
        if words.key_of(end) == "rươi4" {
            return Some((value + ten(last) / 2, end + 1 - at));
        }
        let Some((more, after)) = group(words, end) else { break };
        match power_at(words, after) {
            Some(power) if power < last => (value, last, end) = (value + more * ten(power), power, after + 1),
            Some(power) if power > last && more >= 10 => {
                return Some(((value + more).checked_mul(ten(power))?, after + 1 - at));
            }
            None if more >= 10 && more < ten(last) => return Some((value + more, after - at)),
            _ => break,
        }
    }
    let is_number = end > at + 1 || matches!(words.key_of(at), "hai" | "bôn1" | "sau1" | "bay3" | "bây3" | "tam1" | "mươi2");
    is_number.then_some((value, end - at))
}

/// A number below a hundred, and where it ends: of a day or a month, where a digit's word alone is a number, too.
pub(super) fn small(words: &Words, at: usize) -> Option<(u32, usize)> {
    let in_tens = tens(words, at).and_then(|(value, end)| Some((u32::try_from(value).ok()?, end)));
    in_tens.or_else(|| Some((unit(words.key_of(at))?, at + 1)))
}

/// "nửa triệu", and where it ends.
fn half(words: &Words, at: usize) -> Option<(u128, usize)> {
    Some((ten(power_at(words, at + 1)?) / 2, at + 2))
}

/// A number below a thousand, and where it ends.
fn group(words: &Words, at: usize) -> Option<(u128, usize)> {
    if let Some((value, end)) = tens(words, at) {
        return Some((value, end));
    }
    let digit = unit(words.key_of(at))?;
    if !(follows(words, at + 1) && words.key_of(at + 1) == "trăm") {
        return Some((digit.into(), at + 1));
    }
    let hundreds = u128::from(digit) * 100;
    let is_odd = follows(words, at + 2) && matches!(words.key_of(at + 2), "le3" | "linh");
    if is_odd && let Some(digit) = unit(words.key_of(at + 3)).filter(|_| follows(words, at + 3)) {
        return Some((hundreds + u128::from(digit), at + 4));
    }
    let rest = tens(words, at + 2).filter(|_| follows(words, at + 2));
    Some(rest.map_or((hundreds, at + 2), |(rest, end)| (hundreds + rest, end)))
}

/// A number from ten to 99, and where it ends.
fn tens(words: &Words, at: usize) -> Option<(u128, usize)> {
    let (tens, end) = match words.key_of(at) {
        "mươi2" => (10, at + 1),
        key => {
            let is_ten = follows(words, at + 1) && matches!(words.key_of(at + 1), "mươi" | "chuc5");
            (10 * u128::from(unit(key).filter(|_| is_ten)?), at + 2)
        }
    };
    // "hai mươi năm" is twenty years: 25 is "hai mươi lăm".
    let digit = unit(words.key_of(end)).filter(|_| follows(words, end) && words.key_of(end) != "năm");
    Some(digit.map_or((tens, end), |digit| (tens + u128::from(digit), end + 1)))
}

/// Whether a word goes on with what stands before it: a capital begins a name.
fn follows(words: &Words, at: usize) -> bool {
    words.between(at - 1) == " " && words.get(at).is_some_and(|word| !word.capital)
}

/// The power of ten of the word there. "tỷ lệ" and "tỷ số" are none.
fn power_at(words: &Words, at: usize) -> Option<usize> {
    let is_other = words.key_of(at) == "ti3" && matches!(words.key_of(at + 1), "lê5" | "sô1" | "phu1" | "gia1" | "trong5");
    power(words.key_of(at)).filter(|_| follows(words, at) && !is_other)
}

fn ten(power: usize) -> u128 {
    10_u128.pow(power as u32)
}

/// The value of a digit's word.
pub(in crate::flow::dedupe::copy) fn unit(key: &str) -> Option<u32> {
    Some(match key {
        "môt5" | "môt1" => 1,
        "hai" => 2,
        "ba" => 3,
        "bôn1" | "tư" => 4,
        "năm" | "lăm" | "nhăm" => 5,
        "sau1" => 6,
        "bay3" | "bây3" => 7,
        "tam1" => 8,
        "chin1" => 9,
        _ => return None,
    })
}
