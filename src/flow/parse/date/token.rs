//! The pieces of a date's text.

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'a> {
    /// A number and how many digits it was written with.
    Number(u32, usize),
    Word(&'a str),
    Sign(char),
    Blank,
}
use Token::{Blank, Number, Sign, Word};

/// Cuts a text, which is in lower case, into its pieces.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::with_capacity(24);
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let run = |is: fn(char) -> bool| rest.find(|c| !is(c)).unwrap_or(rest.len());
        let (token, length) = if first.is_ascii_digit() {
            let length = run(|c| c.is_ascii_digit());
            (Number(rest[..length].parse().unwrap_or(u32::MAX), length), length)
        } else if first.is_alphabetic() {
            let length = run(char::is_alphabetic);
            (Word(&rest[..length]), length)
        } else if first.is_whitespace() {
            (Blank, run(char::is_whitespace))
        } else {
            (Sign(first), first.len_utf8())
        };
        tokens.push(token);
        rest = &rest[length..];
    }
    tokens
}

/// ISO 8601 without its signs (`20261123T081000Z`, `20261123`, `202611230810`, `261123 081000`), with them. Twelve digits and more may also
/// be milliseconds: they are a date where they begin with a year, a month and a day of our time.
pub(super) fn compact(text: &str) -> Option<String> {
    if let Some(year_month) = text.strip_prefix('-') {
        return without_century(year_month);
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (digits, rest) = text.split_at(digits);
    let (year, rest_of_date) = match digits.len() {
        // The day of the year.
        5 | 7 if rest.is_empty() => {
            let (year, day) = digits.split_at(digits.len() - 3);
            return Some(format!("{}{year}-{day}", century(year)));
        }
        8 | 12 | 14 => digits.split_at(4),
        6 => digits.split_at(2),
        _ => return None,
    };
    let (month_day, time) = rest_of_date.split_at(4);
    let (month, day) = month_day.split_at(2);
    let is_real = ("01"..="12").contains(&month) && ("01"..="31").contains(&day);
    let is_ours = time.is_empty() || year.starts_with("19") || year.starts_with("20");
    let (time, rest) = if time.is_empty() { split_time(rest)? } else { (time, rest) };
    (is_real && is_ours).then(|| format!("{}{year}-{month}-{day} {}{rest}", century(year), with_colons(time)))
}

/// A year and a month that stand behind a dash for the century: `-2611`, `-26-11`.
fn without_century(text: &str) -> Option<String> {
    let (year, month) = text.split_at_checked(2)?;
    let month = month.strip_prefix('-').unwrap_or(month);
    let is_real = year.bytes().all(|b| b.is_ascii_digit()) && ("01"..="12").contains(&month) && month.len() == 2;
    is_real.then(|| format!("{}{year}-{month}", century(year)))
}

/// The first two digits of a year that is written without them.
fn century(year: &str) -> &'static str {
    match year {
        _ if year.len() > 2 => "",
        _ if year < "70" => "20",
        _ => "19",
    }
}

/// The digits of a time behind a date, and what follows them.
fn split_time(rest: &str) -> Option<(&str, &str)> {
    let time = match rest.strip_prefix(['t', ' ']) {
        Some(time) => time,
        None if rest.is_empty() => rest,
        None => return None,
    };
    let digits = time.bytes().take_while(u8::is_ascii_digit).count();
    match (digits, &time[digits..]) {
        (4 | 6, after) => Some((&time[..digits], after)),
        // `T10`, but not the first digits of `T10:49`.
        (2, after) if !after.starts_with(':') => Some((&time[..digits], after)),
        _ => Some(("", time)),
    }
}

fn with_colons(time: &str) -> String {
    let pairs: Vec<&str> = (0..time.len() / 2).map(|i| &time[2 * i..2 * i + 2]).collect();
    match pairs[..] {
        [hour] => format!("{hour}:00"),
        _ => pairs.join(":"),
    }
}
