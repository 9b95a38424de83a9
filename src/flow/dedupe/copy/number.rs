//! Numbers as they are written, each in one form: `3.000` is 3000, `23/11`, `23-11` and `23 tháng 11` are 23.11, `11h30` and `11 giờ 30` are
//! 11:30, XIV is 14, "ba mươi hai" is 32, `300kg` is 300, "Nghị quyết số 57-NQ/TW" is 57.nq.

mod numeral;
mod rough;

use crate::text::Words;
pub(super) use numeral::unit;
pub(super) use rough::{may_be_told_roughly, side};

/// Units that are written without a blank behind a number.
const UNITS: [&str; 24] = [
    "kg", "km", "m", "cm", "mm", "ha", "kv", "kw", "mw", "kwh", "l", "ml", "g", "m2", "m3", "t", "tr", "usd", "đ", "k", "tân1",
    "ti3", "triêu5", "ngươi2",
];

/// A number that begins at a word, in one form, and how many words it takes. In a text in capitals letters are a Roman numeral only after
/// a word that counts something: VI PHẠM is no six.
pub(super) fn number(words: &Words, at: usize, shouted: bool) -> Option<(String, usize)> {
    if !words.key_of(at).starts_with(|c: char| c.is_ascii_digit()) {
        let in_words = || numeral::numeral(words, at).or_else(|| Some((roman(words, at, shouted)?.into(), 1)));
        return day_in_words(words, at).or_else(|| in_words().map(|(value, len)| (value.to_string(), len)));
    }
    let mut key = digits(words.key_of(at))?;
    let mut end = at + 1;
    let mut is_plain = true;
    while let Some((part, next, joint)) = further(words, end) {
        is_plain &= joint.is_empty() || matches!(words.between(end - 1), "," | ".");
        key.push_str(joint);
        key.push_str(&part);
        end = next;
    }
    if is_plain && key.matches('.').count() <= 1 {
        (key, end) = multiplied(key, words, end);
    }
    key.truncate(key.trim_end_matches(".0").trim_end_matches(":0").trim_end_matches('.').len());
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

/// A day that is told in words, "ngày mười hai tháng mười một"; or a month, "tháng tư", of which the number is taken.
fn day_in_words(words: &Words, at: usize) -> Option<(String, usize)> {
    const BEFORE_A_DAY: [&str; 9] = ["ngay2", "mông2", "mung2", "hôm", "đêm", "sang1", "trưa", "chiêu2", "tôi1"];
    let before = words.key_of(at.checked_sub(1)?);
    let (first, end) = numeral::small(words, at)?;
    if before == "thang1" {
        return (first <= 12).then(|| (first.to_string(), end - at));
    }
    if !BEFORE_A_DAY.contains(&before) || first > 31 || words.key_of(end) != "thang1" {
        return None;
    }
    let (month, end) = month(words, end + 1)?;
    Some((format!("{first}.{month}"), end - at))
}

/// The number of a month, and where it ends.
fn month(words: &Words, at: usize) -> Option<(String, usize)> {
    let in_words = || numeral::small(words, at).filter(|(month, _)| *month <= 12);
    let in_digits = digits(words.key_of(at)).filter(|month| month.len() <= 2).map(|month| (month, at + 1));
    in_digits.or_else(|| in_words().map(|(month, end)| (month.to_string(), end)))
}

/// The power of ten of a word that counts; a weight is counted in kilograms.
fn power(key: &str) -> Option<usize> {
    Some(match key {
        "ta5" => 2,
        "nghin2" | "ngan2" => 3,
        "van5" => 4,
        "triêu5" => 6,
        "ti3" => 9,
        _ => return None,
    })
}

/// Whether of two numbers that name something one is a month and the other the same with its year: "tháng mười" is 10/2026.
pub(super) fn may_be_one_month(a: &str, b: &str) -> bool {
    let (month, dated) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    month.len() <= 2 && dated.strip_prefix(month).is_some_and(|rest| rest.strip_prefix('.').is_some_and(is_year))
}

/// Whether two numbers may be one: equal, or one a date and the other the same date with its year.
pub(super) fn may_be_one(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short == long || short.contains('.') && long.strip_prefix(short).is_some_and(|rest| rest.len() == 5 && rest.starts_with('.'))
}

/// Whether of two amounts one may be the other one, rounded: "hơn 18 nghìn" is 18.450, "gần 35 km" 34,7 km. Two figures, or the whole part, are
/// what is left of an amount when it is rounded.
pub(super) fn may_be_rounded(a: &str, b: &str) -> bool {
    let (round, exact) = if a.len() < b.len() || a.ends_with("00") { (a, b) } else { (b, a) };
    if let Some((whole, part)) = exact.split_once('.') {
        let up = whole.parse::<u64>().ok().and_then(|whole| whole.checked_add(u64::from(part >= "5")));
        return whole.len() >= 2 && up.is_some_and(|up| round == up.to_string());
    }
    let is_round = round.len() >= 4 && round.bytes().skip(2).all(|digit| digit == b'0');
    is_round && round.len() == exact.len() && round[..2] == exact[..2]
}

/// A further part of a number: its digits, the word after it, and what joins it to the digits before it: nothing where it is a group of
/// three that belongs to them.
fn further(words: &Words, end: usize) -> Option<(String, usize, &'static str)> {
    let raw = words.key_of(end);
    let (number, unit) = raw.split_at(raw.bytes().take_while(u8::is_ascii_digit).count());
    let is_number = !number.is_empty() && (unit.is_empty() || UNITS.contains(&unit));
    match words.between(end - 1) {
        "," if is_number && number.len() == 3 && power(words.key_of(end + 1)).is_some() => {
            Some((number.to_owned(), end + 1, "."))
        }
        "." | "," if is_number && number.len() == 3 => Some((number.to_owned(), end + 1, "")),
        "," if is_number => Some((number.trim_end_matches('0').to_owned(), end + 1, ".")),
        // `14-15/11` is two days, as `14 và 15/11` is.
        "-" | "–" if is_number && words.between(end) == "/" && words.key_of(end + 1).len() <= 2 => None,
        " - " | " – " if is_year(raw) && is_year(words.key_of(end - 1)) => Some((raw.to_owned(), end + 1, ".")),
        "." | "/" | "-" | ":" | "–" if is_number => Some((digits(number)?, end + 1, ".")),
        " " | "/" if words.between(end) == " " => {
            let after = words.key_of(end + 1);
            match raw {
                "thang1" => month(words, end + 1).map(|(month, end)| (month, end, ".")),
                "giơ2" if after.len() <= 2 => Some((digits(after)?, end + 2, ":")),
                "năm" if after.len() == 4 => Some((digits(after)?, end + 2, ".")),
                _ => None,
            }
        }
        _ => None,
    }
}

fn is_year(key: &str) -> bool {
    key.len() == 4 && (key.starts_with("19") || key.starts_with("20"))
}

/// Digits without zeros before them.
fn plain(digits: &str) -> String {
    let rest = digits.trim_start_matches('0');
    if rest.is_empty() { "0".to_owned() } else { rest.to_owned() }
}

/// Digits without zeros before them and without a unit behind (`50kg`, `110kV`); those of `11h30`, `18h` and `11g30` parted by a colon.
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
        return Some(if minute.is_empty() { plain(number) } else { format!("{}:{}", plain(number), plain(minute)) });
    }
    (rest.is_empty() || UNITS.contains(&rest)).then(|| plain(number))
}

/// The value of a Roman numeral up to 39.
fn roman(words: &Words, at: usize, shouted: bool) -> Option<u32> {
    let key = words.key_of(at);
    if !words.get(at)?.all_capitals || key.is_empty() || !key.bytes().all(|b| matches!(b, b'i' | b'v' | b'x')) {
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
            ("hai mươi mốt lô", "21 lô"),
            ("hai mươi năm tù", "20 năm tù"),
            ("mười năm tù", "10 năm tù"),
            ("hai chục mét", "20 mét"),
            ("bốn trăm hộ", "400 hộ"),
            ("ba trăm lẻ năm", "305"),
            ("ba mươi nghìn viên", "30.000 viên"),
            ("chín vạn ngày công", "90.000"),
            ("nửa triệu lượt", "500.000 lượt"),
            ("ba triệu rưỡi", "3,5 triệu"),
            ("hai nghìn ba trăm tỷ", "2.300 tỷ"),
            ("hai triệu ba trăm nghìn", "2,3 triệu"),
            ("một tỷ đồng", "1 tỷ đồng"),
            ("năm trăm nghìn", "500.000"),
            ("2026 - 2031", "2026-2031"),
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
            ("hai tạ rưỡi", "250 kg"),
            ("nửa tạ", "50 kg"),
            ("12 tháng mười một", "12/11"),
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
    fn a_day_may_be_told_in_words() {
        for (text, at, number) in [
            ("đêm hai mươi tháng mười một", 1, ("20.11", 5)),
            ("mồng một tháng 10", 1, ("1.10", 3)),
            ("hồi tháng tư", 2, ("4", 1)),
            ("hơn hai mươi tháng", 1, ("20", 2)),
        ] {
            assert_eq!(super::number(&Words::new(text), at, false), Some((number.0.to_owned(), number.1)), "{text}");
        }
        assert!(may_be_one_month("10", "10.2026") && !may_be_one_month("10", "10.11") && !may_be_one_month("1", "10.2026"));
    }

    #[test]
    fn an_hour_is_no_day() {
        assert_eq!(first("11h30"), Some("11:30".to_owned()));
        assert_ne!(first("9 giờ 11"), first("9/11"));
    }

    #[test]
    fn a_decimal_keeps_its_zeros() {
        assert_ne!(first("1,05 tỷ"), first("1,5 tỷ"));
        assert_ne!(first("0,2%"), first("0,02%"));
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in
            ["ba tôi", "năm nay", "10A1", "một", "COVID", "mươi", "chín rộ", "năm tỷ lệ", "ba Triệu Phong", "nửa đêm", "trăm hoa"]
        {
            assert_eq!(first(text), None, "{text}");
        }
        assert_eq!(number(&Words::new("VI PHẠM"), 0, true), None);
    }

    #[test]
    fn a_round_number_needs_no_digit_where_it_is_told_roughly() {
        for (text, number) in
            [("hơn trăm hộ", ("100", 1)), ("gần nghìn tỷ đồng", ("1000000000000", 2)), ("khoảng triệu lượt", ("1000000", 1))]
        {
            assert_eq!(super::number(&Words::new(text), 1, false), Some((number.0.to_owned(), number.1)), "{text}");
        }
        assert_eq!(number(&Words::new("cả trăm hộ"), 1, false), None);
        assert_eq!(number(&Words::new("gần Triệu Phong"), 1, false), None);
    }

    #[test]
    fn what_follows_a_number_in_words_is_its_own() {
        for (text, number) in
            [("hai triệu hai anh em", ("2000000", 2)), ("hai mươi năm", ("20", 2)), ("bốn trăm năm", ("400", 2))]
        {
            assert_eq!(super::number(&Words::new(text), 0, false), Some((number.0.to_owned(), number.1)), "{text}");
        }
    }

    #[test]
    fn an_amount_may_be_rounded() {
        for (a, b) in [("18000", "18450"), ("34.7", "35"), ("35", "35.2"), ("1906", "1900")] {
            assert!(may_be_rounded(a, b) && may_be_rounded(b, a), "{a} {b}");
        }
        for (a, b) in [("18000", "19450"), ("34.2", "35"), ("450", "400"), ("18450", "18460"), ("1.5", "2"), ("18000", "180000")]
        {
            assert!(!may_be_rounded(a, b) && !may_be_rounded(b, a), "{a} {b}");
        }
    }

    #[test]
    fn a_date_may_name_its_year_or_not() {
        assert!(may_be_one("23.11", "23.11.2026") && may_be_one("5", "5"));
        assert!(!may_be_one("23.11", "23.11.5") && !may_be_one("5", "5.10") && !may_be_one("2", "23.11"));
    }
}
