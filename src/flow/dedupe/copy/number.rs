//! Numbers as they are written, each in one form: `3.000` is 3000, `23/11`, `23-11` and `23 tháng 11` are 23.11, `11h30` and `11 giờ 30` are
//! 11.30, XIV is 14, "ba mươi hai" is 32, `300kg` is 300, "Nghị quyết số 57-NQ/TW" is 57.nq.

use crate::text::Words;

/// Units that are written without a blank behind a number.
const UNITS: [&str; 24] = [
    "kg", "km", "m", "cm", "mm", "ha", "kv", "kw", "mw", "kwh", "l", "ml", "g", "m2", "m3", "t", "tr", "usd", "đ", "k", "tân1",
    "ti3", "triêu5", "ngươi2",
];

/// A number that begins at a word, in one form, and how many words it takes. In a text in capitals letters are a Roman numeral only after
/// a word that counts something: VI PHẠM is no six.
pub(super) fn number(words: &Words, at: usize, shouted: bool) -> Option<(String, usize)> {
    if let Some((value, len)) = numeral(words, at) {
        return Some((value.to_string(), len));
    }
    if let Some(value) = roman(words, at, shouted) {
        return Some((value.to_string(), 1));
    }
    let mut key = digits(words.key_of(at))?;
    let mut end = at + 1;
    let mut is_plain = true;
    while let Some((part, next, thousands)) = further(words, end) {
        if !thousands {
            key.push('.');
            is_plain &= matches!(words.between(end - 1), "," | ".");
        }
        key.push_str(&part);
        end = next;
    }
    if is_plain && key.matches('.').count() <= 1 {
        (key, end) = multiplied(key, words, end);
    }
    key.truncate(key.trim_end_matches(".0").trim_end_matches('.').len());
    Some((key, end - at))
}

/// An amount times the words behind it: 1.5 triệu is 1500000, 2 nghìn tỷ 2000000000000; and what is added to it: 2 tỷ 350 triệu is
/// 2350000000.
fn multiplied(amount: String, words: &Words, mut end: usize) -> (String, usize) {
    let (whole, part) = amount.split_once('.').unwrap_or((&amount, ""));
    let mut zeros = 0;
    while let Some(more) = power(words.key_of(end)).filter(|_| words.between(end - 1) == " ") {
        zeros += more;
        end += 1;
    }
    if zeros == 0 || part.len() > zeros {
        return (amount, end);
    }
    let mut amount = plain(&format!("{whole}{part}{}", "0".repeat(zeros - part.len())));
    while let Some((sum, power)) = added(&amount, zeros, words, end) {
        (amount, zeros, end) = (sum, power, end + 2);
    }
    (amount, end)
}

/// An amount with the smaller one that follows it, and the power of ten of that.
fn added(amount: &str, zeros: usize, words: &Words, end: usize) -> Option<(String, usize)> {
    let power = power(words.key_of(end + 1)).filter(|power| *power < zeros)?;
    let is_near = words.between(end - 1) == " " && words.between(end) == " ";
    let more: u128 = words.key_of(end).parse().ok().filter(|more| is_near && *more < 1_000)?;
    let sum = amount.parse::<u128>().ok()?.checked_add(more * 10_u128.pow(u32::try_from(power).ok()?))?;
    Some((sum.to_string(), power))
}

/// The power of ten of a word that counts.
fn power(key: &str) -> Option<usize> {
    Some(match key {
        "nghin2" | "ngan2" => 3,
        "van5" => 4,
        "triêu5" => 6,
        "ti3" => 9,
        _ => return None,
    })
}

/// Whether two numbers may be one: equal, or one a date and the other the same date with its year.
pub(super) fn may_be_one(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short == long || short.contains('.') && long.strip_prefix(short).is_some_and(|rest| rest.len() == 5 && rest.starts_with('.'))
}

/// A further part of a number: its digits, the word after it, and whether it is a group of three that belongs to the digits before it.
fn further(words: &Words, end: usize) -> Option<(String, usize, bool)> {
    let raw = words.key_of(end);
    let (number, unit) = raw.split_at(raw.bytes().take_while(u8::is_ascii_digit).count());
    let is_number = !number.is_empty() && (unit.is_empty() || UNITS.contains(&unit));
    match words.between(end - 1) {
        "," if is_number && number.len() == 3 && power(words.key_of(end + 1)).is_some() => {
            Some((number.to_owned(), end + 1, false))
        }
        "." | "," if is_number && number.len() == 3 => Some((number.to_owned(), end + 1, true)),
        "," if is_number => Some((number.trim_end_matches('0').to_owned(), end + 1, false)),
        // `14-15/11` is two days, as `14 và 15/11` is.
        "-" | "–" if is_number && words.between(end) == "/" && words.key_of(end + 1).len() <= 2 => None,
        "." | "/" | "-" | ":" | "–" if is_number => Some((digits(number)?, end + 1, false)),
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

/// Digits without zeros before them.
fn plain(digits: &str) -> String {
    let rest = digits.trim_start_matches('0');
    if rest.is_empty() { "0".to_owned() } else { rest.to_owned() }
}

/// Digits without zeros before them and without a unit behind (`50kg`, `110kV`); those of `11h30`, `18h` and `11g30` parted by a dot.
/// With other letters (`10a1`) it is no number.
fn digits(word: &str) -> Option<String> {
    let end = word.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = word.split_at(end);
    if number.is_empty() {
        return None;
    }
    if let Some(minute) = rest.strip_prefix(['h', 'g']).filter(|minute| minute.bytes().all(|b| b.is_ascii_digit()))
        && number.len() <= 2
        && minute.len() <= 2
    {
        return Some(if minute.is_empty() { plain(number) } else { format!("{}.{}", plain(number), plain(minute)) });
    }
    (rest.is_empty() || UNITS.contains(&rest)).then(|| plain(number))
}

/// The value of a number in words, up to 99, and how many words it takes. Words that mean something else alone (một, ba, năm, chín) are
/// numbers only beside another.
fn numeral(words: &Words, at: usize) -> Option<(u32, usize)> {
    let small = |place: usize| words.get(place).is_some_and(|word| !word.capital) || place == at;
    let unit =
        |place: usize| unit(words.key_of(place)).filter(|_| small(place) && (place == at || words.between(place - 1) == " "));
    let key = words.key_of(at);
    if key == "mươi2" {
        return Some(unit(at + 1).map_or((10, 1), |unit| (10 + unit, 2)));
    }
    let tens = unit(at)?;
    if words.key_of(at + 1) == "mươi" {
        return Some(unit(at + 2).map_or((10 * tens, 2), |unit| (10 * tens + unit, 3)));
    }
    matches!(key, "hai" | "bôn1" | "sau1" | "bay3" | "bây3" | "tam1").then_some((tens, 1))
}

/// The value of a digit's word.
pub(super) fn unit(key: &str) -> Option<u32> {
    Some(match key {
        "môt5" | "môt1" => 1,
        "hai" => 2,
        "ba" => 3,
        "bôn1" | "tư" => 4,
        "năm" | "lăm" | "nhăm" | "rươi4" => 5,
        "sau1" => 6,
        "bay3" | "bây3" => 7,
        "tam1" => 8,
        "chin1" => 9,
        _ => return None,
    })
}

/// The value of a Roman numeral up to 39.
fn roman(words: &Words, at: usize, shouted: bool) -> Option<u32> {
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

/// Words before a number that is a name: another number names another thing. Elsewhere a number counts something.
pub(super) const NUMBERED: [&str; 39] = [
    "sô1",
    "thư1",
    "tuân2",
    "ki2",
    "tâp5",
    "bai2",
    "phân2",
    "đơt5",
    "lân2",
    "khoa1",
    "qui1",
    "thang1",
    "năm",
    "ngay2",
    "chương",
    "vong2",
    "hang5",
    "hôi5",
    "loai5",
    "đoan5",
    "nhom1",
    "quân5",
    "phương2",
    "lô5",
    "km",
    "tô3",
    "phô1",
    "khu",
    "hem3",
    "đôi5",
    "đoan2",
    "vung2",
    "lơp1",
    "mua2",
    "phiên",
    "chăng5",
    "trân5",
    "tram5",
    "câp1",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> Option<String> {
        number(&Words::new(text), 0, false).map(|(key, _)| key)
    }

    #[test]
    fn one_number_has_one_form() {
        for (a, b) in [
            ("3.000 sản phẩm", "3000 sản phẩm"),
            ("23/11", "23-11"),
            ("23/11", "23 tháng 11"),
            ("23/11/2026", "23 tháng 11 năm 2026"),
            ("03/10", "3-10"),
            ("11h30", "11 giờ 30"),
            ("18h", "18 giờ"),
            ("XIV", "14"),
            ("III", "3"),
            ("hai người", "2 người"),
            ("hai mươi suất", "20 suất"),
            ("ba mươi lăm", "35"),
            ("mười lăm", "15"),
            ("300kg", "300 kg"),
            ("110kV", "110 kV"),
            ("1.500m2", "1500 m2"),
            ("2,5ha", "2,5 ha"),
            ("1,5 triệu", "1.500.000"),
            ("2 nghìn tỉ", "2.000 tỷ"),
            ("1,045 tỷ", "1.045 triệu"),
            ("2,50 ha", "2,5 ha"),
            ("12 ngàn", "12.000"),
            ("1.450,5 tỷ", "1450500 triệu"),
            ("20h00", "20 giờ"),
            ("2 tỷ 350 triệu", "2,35 tỷ"),
            ("1 triệu 200 nghìn", "1.200.000"),
        ] {
            assert_eq!(first(a), first(b), "{a} / {b}");
            assert!(first(a).is_some(), "{a}");
        }
    }

    #[test]
    fn days_of_one_month_are_numbers_each() {
        let words = Words::new("14-15/11");
        assert_eq!(number(&words, 0, false), Some(("14".to_owned(), 1)));
        assert_eq!(number(&words, 1, false), Some(("15.11".to_owned(), 2)));
        assert_eq!(first("14-11-2026"), first("14/11/2026"));
    }

    #[test]
    fn a_decimal_keeps_its_zeros() {
        assert_ne!(first("1,05 tỷ"), first("1,5 tỷ"));
        assert_ne!(first("0,2%"), first("0,02%"));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["ba tôi", "năm nay", "10A1", "một", "COVID", "mươi", "chín rộ"] {
            assert_eq!(first(text), None, "{text}");
        }
        assert_eq!(number(&Words::new("VI PHẠM"), 0, true), None);
    }

    #[test]
    fn a_date_may_name_its_year_or_not() {
        assert!(may_be_one("23.11", "23.11.2026") && may_be_one("5", "5"));
        assert!(!may_be_one("23.11", "23.11.5") && !may_be_one("5", "5.10") && !may_be_one("2", "23.11"));
    }
}
