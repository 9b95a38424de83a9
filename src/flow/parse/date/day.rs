//! The day in a date: three numbers, or two and a month's name, in any order that can be told.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::flow::parse::date::month;
use crate::flow::parse::date::token::Token::{self, Blank, Number, Sign, Word};

/// Which of day and month stands first in `05/10/2026`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::flow::parse) enum Order {
    /// As in Vietnam and most of the world.
    DayFirst,
    /// As in the United States.
    MonthFirst,
}

/// What decides where the numbers alone leave it open.
#[derive(Clone, Copy)]
pub(super) struct Hints {
    pub order: Order,
    /// The day of the week, by its English name: it tells which of two numbers is the day.
    pub weekday: Option<Weekday>,
    /// A two-digit year that lies well after this day is no year.
    pub today: Date,
}

/// A number or a month's name.
#[derive(Clone, Copy)]
struct Part {
    value: u32,
    /// How many digits it was written with; 0 for a month's name.
    digits: usize,
    /// What stands before it: a blank for nothing or blanks, a sign, or NUL for anything more.
    sign: char,
}

impl Part {
    fn is_name(&self) -> bool {
        self.digits == 0
    }

    fn is_year(&self) -> bool {
        self.digits == 4
    }

    /// Whether it may be a day or a month.
    fn is_small(&self) -> bool {
        matches!(self.digits, 1 | 2)
    }
}

/// The day that is written before the time, behind it, or partly before and partly behind it (`Sun Jan  4 16:29:06 2004`).
pub(super) fn find(before: &[Token], behind: &[Token], hints: Hints) -> Option<Date> {
    let (first, last) = (parts(before), parts(behind));
    let whole = || {
        // What is left of a zone, such as `-05:00`, is no part of a day.
        let unsigned = last.iter().filter(|part| !matches!(part.sign, '+' | '-' | ':'));
        among(&first.iter().chain(unsigned).copied().collect::<Vec<_>>(), hints)
    };
    among(&first, hints).or_else(|| among(&last, hints)).or_else(whole).or_else(|| short(before)).or_else(|| short(behind))
}

/// The only order in which three numbers of a date make a day.
pub(super) fn order(tokens: &[Token]) -> Option<Order> {
    let is_day_only = |part: &Part| part.is_small() && part.value > 12;
    parts(tokens).windows(3).find_map(|three| match three {
        [a, b, c] if c.is_year() && b.sign == '/' && c.sign == '/' => match (is_day_only(a), is_day_only(b)) {
            (false, true) => Some(Order::MonthFirst),
            (true, false) => Some(Order::DayFirst),
            _ => None,
        },
        _ => None,
    })
}

/// The day of the week that a date names in English.
pub(super) fn weekday(tokens: &[Token]) -> Option<Weekday> {
    const NAMES: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    tokens.iter().find_map(|token| match token {
        Word(word) if word.len() == 3 || word.ends_with("day") => {
            let place = NAMES.iter().position(|name| word.starts_with(name))?;
            Weekday::from_monday_zero_offset(i8::try_from(place).ok()?).ok()
        }
        _ => None,
    })
}

/// Numbers and months, without the words between them. A zone's `+0700` is none.
fn parts(tokens: &[Token]) -> Vec<Part> {
    let mut parts = Vec::with_capacity(6);
    let mut sign = ' ';
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let (part, length) = match *token {
            Number(value, digits) => (Some((value, digits)), 1),
            Word(word) => month_at(word, &tokens[at + 1..]).map_or((None, 1), |(month, length)| (Some((month, 0)), length)),
            _ => (None, 1),
        };
        let is_zone = sign == '+' || sign == '-' && at >= 2 && tokens[at - 2] == Blank;
        if let Some((value, digits)) = part {
            if !(is_zone && digits == 4) {
                parts.push(Part { value, digits, sign });
            }
            sign = ' ';
        } else {
            sign = match (*token, sign) {
                (Blank, sign) => sign,
                // Chinese and Korean write 2026年11月23日.
                (Word("年" | "月" | "년" | "월"), ' ') => '-',
                (Sign(written), ' ') => written,
                _ => '\0',
            };
        }
        at += length;
    }
    parts
}

/// The month that a word begins, and the tokens that it takes up: `nov`, `tháng 11`, `tháng mười một`, `thg 11`, `th11`.
fn month_at(word: &str, rest: &[Token]) -> Option<(u32, usize)> {
    let solid = |from: usize| (from..rest.len()).find(|&at| rest[at] != Blank);
    if !matches!(word, "tháng" | "thg" | "th") {
        return month::named(word).map(|month| (month, 1));
    }
    let at = solid(0)?;
    match rest[at] {
        Number(month, 1..=2) => Some((month, at + 2)),
        Word(first) if word == "tháng" => {
            let next = solid(at + 1);
            let second = next.and_then(|next| if let Word(word) = rest[next] { Some(word) } else { None });
            let (month, words) = month::spoken(first, second)?;
            Some((month, if words == 2 { next? } else { at } + 2))
        }
        _ => None,
    }
}

/// The first three parts that make a day; those with a year in full before others, as a number more or less may stand anywhere.
fn among(parts: &[Part], hints: Hints) -> Option<Date> {
    let with_year = |three: &[Part]| three.iter().any(Part::is_year);
    let alone = parts.len() == 3;
    // `2013-01-27-01` may mean anything.
    let is_four =
        |at: usize| parts.get(at + 3).is_some_and(|next| next.sign == parts[at + 2].sign && matches!(next.sign, '-' | '/' | '.'));
    if is_four(0) && parts.len() == 4 {
        return None;
    }
    let full = parts.windows(3).filter(|three| with_year(three)).find_map(|three| day(three, true, hints));
    full.or_else(|| parts.windows(3).filter(|three| !with_year(three)).find_map(|three| day(three, alone, hints)))
}

/// The day that three parts make. Numbers with nothing but blanks between them do so only where there are no others.
fn day(three: &[Part], alone: bool, hints: Hints) -> Option<Date> {
    let [a, b, c] = three else { return None };
    match (a.is_name(), b.is_name(), c.is_name()) {
        (true, false, false) => with_name(a, b, c, false),
        (false, true, false) => with_name(b, a, c, false),
        (false, false, true) => with_name(c, a, b, true),
        (false, false, false) if b.sign == c.sign && (matches!(b.sign, '/' | '-' | '.') || b.sign == ' ' && alone) => {
            of_numbers(a, b, c, hints)
        }
        _ => None,
    }
}

/// The year is the number with four digits; else the second one, or, where the month comes last, the first.
fn with_name(month: &Part, first: &Part, second: &Part, name_is_last: bool) -> Option<Date> {
    let (year, day) = match (first.is_year(), second.is_year()) {
        (true, _) => (first, second),
        (_, true) => (second, first),
        _ if name_is_last => (first, second),
        _ => (second, first),
    };
    if day.is_small() && (year.is_year() || year.digits == 2) { ymd(full_year(year), month.value, day.value) } else { None }
}

fn of_numbers(a: &Part, b: &Part, c: &Part, hints: Hints) -> Option<Date> {
    if a.is_year() {
        // Blogger wrote `2003-012-31` for a while.
        let fits = (b.is_small() || b.digits == 3) && c.is_small();
        return if fits { ymd(a.value, b.value, c.value) } else { None };
    }
    if !a.is_small() || !b.is_small() || !(c.is_year() || c.digits == 2) {
        return None;
    }
    let day_first = || ymd(full_year(c), b.value, a.value);
    let month_first = || ymd(full_year(c), a.value, b.value);
    let usual = match hints.order {
        Order::MonthFirst => month_first().or_else(day_first),
        Order::DayFirst => day_first().or_else(month_first),
    };
    let is_said = |day: &Date| hints.weekday == Some(day.weekday());
    let usual = if usual.as_ref().is_some_and(is_said) { usual } else { month_first().filter(is_said).or(usual) };
    let is_past = |day: &Date| hints.today.checked_add(1.year()).is_ok_and(|limit| *day <= limit);
    match usual.filter(|day| c.is_year() || is_past(day)) {
        None if a.digits == 2 && !c.is_year() => ymd(full_year(a), b.value, c.value).filter(is_past).or(usual),
        _ => usual,
    }
}

/// A year, a year and a month, or the day of a year, with nothing else.
fn short(tokens: &[Token]) -> Option<Date> {
    let solid: Vec<_> = tokens.iter().copied().filter(|t| *t != Blank).collect();
    match solid[..] {
        [Number(year, 4)] => ymd(year, 1, 1),
        [Number(year, 4), Sign('-'), Number(month, 2)] | [Number(month, 1..=2), Sign('/'), Number(year, 4)] => {
            ymd(year, month, 1)
        }
        [Word(name), Number(year, 4)] => ymd(year, month::named(name)?, 1),
        [Number(year, 4), Sign('-'), Number(day @ 1..=366, 3)] => {
            let day = ymd(year, 1, 1)?.checked_add(i64::from(day - 1).days()).ok()?;
            Some(day).filter(|day| u32::try_from(day.year()) == Ok(year))
        }
        _ => None,
    }
}

fn full_year(year: &Part) -> u32 {
    match (year.digits, year.value) {
        (2, 0..70) => year.value + 2000,
        (2, _) => year.value + 1900,
        _ => year.value,
    }
}

fn ymd(year: u32, month: u32, day: u32) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}
