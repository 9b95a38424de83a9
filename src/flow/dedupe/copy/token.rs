//! A text as a row of tokens: words, names, numbers and official phrases, written one way.

use crate::flow::dedupe::copy::lexicon::{LEXICON, RARE};
use crate::text::Words;

/// What two texts have in common or not.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    /// Its key; of an expression the joined keys of its words, of a number its digits, `23.11.2026` for a date.
    pub key: String,
    /// How much it says, in twentieths of a rare word.
    pub weight: u32,
    pub kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// A word with a capital where none is needed.
    Name,
    /// A province or city.
    Place,
    /// Digits, a Roman numeral, a date, a time.
    Number,
}

/// The tokens of a text, at most `limit`.
pub(super) fn tokens(text: &str, limit: usize) -> Vec<Token> {
    let words = Words::new(text);
    let shouted = is_shouted(&words);
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    let mut begins = true;
    while at < words.len() && tokens.len() < limit {
        let (token, len) = next(&words, at, begins, shouted);
        let after = words.between(at + len - 1);
        begins =
            after.contains([':', '.', '!', '?', '"', '“', '‘', '\'', '«', '|']) || after.contains(" - ") || after.contains(" – ");
        at += len;
        tokens.extend(token.filter(|token| !token.key.is_empty()));
    }
    tokens
}

/// Whether a text is written in capitals: then they say nothing.
pub(super) fn is_shouted(words: &Words) -> bool {
    let (mut letters, mut capitals) = (0, 0);
    for word in (0..words.len()).filter_map(|i| words.get(i)) {
        letters += usize::from(word.capital || !word.all_capitals);
        capitals += usize::from(word.all_capitals);
    }
    letters > 2 && capitals * 5 >= letters * 4
}

fn next(words: &Words, at: usize, begins: bool, shouted: bool) -> (Option<Token>, usize) {
    if let Some((key, len)) = number(words, at, shouted) {
        return (Some(Token { key, weight: RARE, kind: Kind::Number }), len);
    }
    if let Some((expression, len)) = LEXICON.expression(words, at) {
        let kind = if expression.place { Kind::Place } else { Kind::Word };
        return (Some(Token { key: expression.token.clone(), weight: expression.weight, kind }), len);
    }
    let key = words.key_of(at).to_owned();
    let weight = LEXICON.weight(&key);
    let capital = words.get(at).is_some_and(|word| word.capital);
    let named = capital && (if shouted { weight >= RARE } else { !begins });
    (Some(Token { weight, kind: if named { Kind::Name } else { Kind::Word }, key }), 1)
}

/// A number that begins at a word, in one form, and how many words it takes: `3.000` is 3000, `23/11`, `23-11` and `23 tháng 11` are 23.11,
/// `11h30` and `11 giờ 30` are 11.30, XIV is 14, hai is 2.
fn number(words: &Words, at: usize, shouted: bool) -> Option<(String, usize)> {
    let first = words.key_of(at);
    if let Some(value) = written_number(first) {
        return Some((value.to_owned(), 1));
    }
    if let Some(value) = roman(words, at, shouted) {
        return Some((value.to_string(), 1));
    }
    let mut key = digits(first)?;
    let mut end = at + 1;
    while let Some((part, next, thousands)) = further(words, end) {
        if !thousands {
            key.push('.');
        }
        key.push_str(&part);
        end = next;
    }
    Some((key, end - at))
}

/// A further part of a number: its digits, the word after it, and whether it is a group of three that belongs to the digits before it.
fn further(words: &Words, end: usize) -> Option<(String, usize, bool)> {
    let raw = words.key_of(end);
    let is_digits = !raw.is_empty() && raw.bytes().all(|b| b.is_ascii_digit());
    match words.between(end - 1) {
        "." | "," if is_digits && raw.len() == 3 => Some((raw.to_owned(), end + 1, true)),
        "." | "," | "/" | "-" | ":" | "–" if is_digits => Some((digits(raw)?, end + 1, false)),
        " " | "/" if matches!(raw, "thang1" | "năm" | "giơ2") => {
            let after = words.key_of(end + 1);
            let unit_of_time =
                raw == "giơ2" && after.len() <= 2 || raw == "thang1" && after.len() <= 2 || raw == "năm" && after.len() == 4;
            let near = words.between(end) == " ";
            Some((digits(after).filter(|_| near && unit_of_time)?, end + 2, false))
        }
        _ => None,
    }
}

/// Digits without zeros before them; those of `11h30`, `18h`, `11g30`, `50kg` and `2km` too, parted by a dot.
fn digits(word: &str) -> Option<String> {
    if !word.starts_with(|c: char| c.is_ascii_digit()) || !word.is_ascii() {
        return None;
    }
    let plain = |part: &str| match part.trim_start_matches('0') {
        "" => "0".to_owned(),
        rest => rest.to_owned(),
    };
    match word.split_once(['h', 'g']) {
        Some((hour, minute))
            if (hour.len() + minute.len()) <= 4 && hour.bytes().chain(minute.bytes()).all(|b| b.is_ascii_digit()) =>
        {
            Some(if minute.is_empty() { plain(hour) } else { format!("{}.{}", plain(hour), plain(minute)) })
        }
        _ if word.bytes().all(|b| b.is_ascii_digit()) => Some(plain(word)),
        _ => Some(word.trim_start_matches('0').to_owned()),
    }
}

/// Numerals in words that mean nothing else.
fn written_number(key: &str) -> Option<&'static str> {
    Some(match key {
        "hai" => "2",
        "bôn1" => "4",
        "sau1" => "6",
        "bay3" | "bây3" => "7",
        "tam1" => "8",
        "mươi2" => "10",
        _ => return None,
    })
}

/// The value of a Roman numeral up to 39. In a text in capitals only after a word that numbers something: VI PHẠM is no six.
fn roman(words: &Words, at: usize, shouted: bool) -> Option<u32> {
    const NUMBERED: [&str; 13] =
        ["thư1", "khoa1", "lân2", "qui1", "ki2", "hôi5", "hang5", "loai5", "chương", "đoan5", "nhom1", "tâp5", "phân2"];
    let key = words.key_of(at);
    if key.is_empty() || !words.get(at)?.all_capitals || !key.bytes().all(|b| matches!(b, b'i' | b'v' | b'x')) {
        return None;
    }
    let counted = at > 0 && NUMBERED.contains(&words.key_of(at - 1));
    if !counted && (shouted || key.len() == 1) {
        return None;
    }
    let value = |b: u8| match b {
        b'i' => 1,
        b'v' => 5,
        _ => 10,
    };
    let digits: Vec<i32> = key.bytes().map(value).collect();
    let signed =
        digits.iter().zip(digits.iter().skip(1).chain([&0])).map(|(digit, next)| if digit < next { -digit } else { *digit });
    u32::try_from(signed.sum::<i32>()).ok().filter(|value| (1..40).contains(value))
}

/// Whether two numbers may be one: equal, or one a date and the other the same date with its year.
pub(super) fn may_be_one(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short == long || short.contains('.') && long.strip_prefix(short).is_some_and(|rest| rest.len() == 5 && rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        tokens(text, 99).into_iter().map(|t| t.key).collect()
    }

    #[test]
    fn one_number_has_one_form() {
        for (a, b) in [
            ("3.000 sản phẩm", "3000 sản phẩm"),
            ("23/11", "23-11"),
            ("23/11", "23 tháng 11"),
            ("23/11/2026", "23 tháng 11 năm 2026"),
            ("ngày 03/10", "ngày 3-10"),
            ("11h30", "11 giờ 30"),
            ("18h", "18 giờ"),
            ("lần thứ XIV", "lần thứ 14"),
            ("quý III", "quí 3"),
            ("hai người", "2 người"),
            ("50%", "50 phần trăm"),
        ] {
            let (a, b) = (keys(a), keys(b));
            assert!(b.starts_with(&a), "{a:?} / {b:?}");
        }
        assert_eq!(keys("VI PHẠM LUẬT GIAO THÔNG")[0], "vi");
    }

    #[test]
    fn one_name_has_one_form() {
        for (a, b) in [
            ("TP.HCM", "Thành phố Hồ Chí Minh"),
            ("TP HCM", "TPHCM"),
            ("Covid-19", "COVID 19"),
            ("UBND tỉnh", "Ủy ban nhân dân tỉnh"),
            ("Thừa Thiên Huế", "THỪA THIÊN HUẾ"),
        ] {
            assert_eq!(keys(a), keys(b), "{a} / {b}");
        }
    }

    #[test]
    fn a_capital_makes_a_name_where_none_is_needed() {
        let kinds = |text: &str| tokens(text, 99).into_iter().map(|t| t.kind).collect::<Vec<_>>();
        assert_eq!(kinds("Công an bắt Lan"), [Kind::Word, Kind::Word, Kind::Word, Kind::Name]);
        assert_eq!(kinds("Hà Nội: Lan nói"), [Kind::Place, Kind::Word, Kind::Word]);
        assert_eq!(kinds("vì hòa bình")[1], Kind::Word);
    }
}
