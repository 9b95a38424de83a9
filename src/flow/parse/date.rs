//! Dates, in the ways that feeds and Vietnamese pages write them.
//!
//! One reader for all forms: the text is cut into numbers, words and signs; the time of day, the zone and the date are looked
//! for in them, wherever they stand. What can't be read is missing; it never becomes "now".

use jiff::civil::{Date, DateTime, Time, date};
use jiff::tz::{Offset, TimeZone};
use jiff::{Span, Timestamp, ToSpan};

/// Longest text that is read as a date, in characters: one that is longer is none, and costs nothing.
const LONGEST: usize = 128;
/// Dates before this year are placeholders (0001-01-01, 1970-01-01), not news.
const FIRST_YEAR: i16 = 1990;

/// Reads a date in any known form. Where it names no offset, `timezone` applies; "15 giờ trước" counts from `now`.
///
/// Known: RFC 822 and RFC 3339 with their usual mistakes, `GMT+7`, `+07`, `ICT`, day first (`23/11/2026 8:10:00 CH`,
/// `08:10 23.11.2026`, `18:20 ngày 03/10/2026`), month first where AM or PM stands (`10/2/2026 9:25:00 AM`), `Thứ Sáu, ngày 22
/// tháng 5 năm 2026`, and `N phút/giờ/ngày/tuần trước`. A date without a time is its midnight.
pub fn read(text: &str, timezone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let text: String = text.chars().take(LONGEST + 1).flat_map(char::to_lowercase).collect();
    if text.chars().count() > LONGEST {
        return None;
    }
    let text = compact(text.trim()).unwrap_or(text);
    let tokens = tokens(&text);
    if let Some(ago) = ago(&tokens) {
        return timezone.to_timestamp(timezone.to_datetime(now).checked_sub(ago).ok()?).ok();
    }
    match text.trim().len() {
        9..=10 if tokens.len() == 1 => return Timestamp::from_second(text.trim().parse().ok()?).ok(),
        12..=13 if tokens.len() == 1 => return Timestamp::from_millisecond(text.trim().parse().ok()?).ok(),
        _ => {}
    }
    let clock = Clock::find(&tokens);
    let rest = clock.as_ref().map_or(&tokens[..], |clock| &tokens[..clock.start]);
    let after = clock.as_ref().map_or(&tokens[..0], |clock| &tokens[clock.end..]);
    let month_first = clock.as_ref().is_some_and(|clock| clock.english_half);
    let today = || named_day(&tokens, clock.is_some(), timezone.to_datetime(now).date());
    let day = calendar(rest, month_first).or_else(|| around_clock(rest, after)).or_else(|| calendar(after, month_first));
    let day = day.or_else(today)?;
    let civil = clock.as_ref().map_or(Some(day.to_datetime(Time::midnight())), |clock| clock.on(day))?;
    let instant = match offset(after).or_else(|| last_offset(after)) {
        Some(offset) => offset.to_timestamp(civil).ok()?,
        None => timezone.to_timestamp(civil).ok()?,
    };
    (day.year() >= FIRST_YEAR).then_some(instant)
}

/// The minute and the month of a date as it was written.
pub(super) fn minute_and_month(text: &str) -> Option<(u32, u32)> {
    let text = text.to_lowercase();
    let tokens = tokens(&text);
    let clock = Clock::find(&tokens)?;
    let day =
        calendar(&tokens[..clock.start], clock.english_half).or_else(|| calendar(&tokens[clock.end..], clock.english_half))?;
    Some((clock.minute, u32::try_from(day.month()).ok()?))
}

/// Reads a date by a strptime format (`%d/%m/%Y %H:%M`); a format without a time gives midnight.
pub(super) fn read_by(format: &str, text: &str, timezone: &TimeZone) -> Option<Timestamp> {
    let parsed = jiff::fmt::strtime::BrokenDownTime::parse(format, text.trim()).ok()?;
    if parsed.offset().is_some() {
        return parsed.to_timestamp().ok();
    }
    let civil = parsed.to_datetime().or_else(|_| parsed.to_date().map(|day| day.to_datetime(Time::midnight()))).ok()?;
    timezone.to_timestamp(civil).ok()
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Token<'a> {
    /// A number and how many digits it was written with.
    Number(u32, usize),
    Word(&'a str),
    Sign(char),
    Blank,
}
use Token::{Blank, Number, Sign, Word};

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim();
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

/// ISO 8601 without its signs (`20261123T081000Z`, `20261123`, `20261123081000`), with them.
fn compact(text: &str) -> Option<String> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (date, time, rest) = match (digits, text.get(8..).unwrap_or_default()) {
        (8, "") => (text, "", ""),
        (8, after) => {
            let time = after.strip_prefix('t').filter(|t| t.bytes().take_while(u8::is_ascii_digit).count() == 6)?;
            (&text[..8], &time[..6], &time[6..])
        }
        (14, time) => (&text[..8], &time[..6], &time[6..]),
        _ => return None,
    };
    let date = format!("{}-{}-{}", &date[..4], &date[4..6], &date[6..]);
    if time.is_empty() { Some(date) } else { Some(format!("{date}t{}:{}:{}{rest}", &time[..2], &time[2..4], &time[4..])) }
}

/// "15 giờ trước", "Khoảng 2 giờ trước", "Cách đây 1 tháng": so much before now.
fn ago(tokens: &[Token]) -> Option<Span> {
    let solid: Vec<_> = tokens.iter().copied().filter(|t| *t != Blank).collect();
    let words = solid.iter().position(|t| matches!(t, Number(..)))?;
    let [Number(count, 1..=4), Word(unit), ref rest @ ..] = solid[words..] else { return None };
    let is_past = matches!(rest, [Word("trước"), ..]) || matches!(solid[..words], [.., Word("cách"), Word("đây")]);
    let count = i64::from(count);
    match unit {
        _ if !is_past => None,
        "giây" => Some(count.seconds()),
        "phút" => Some(count.minutes()),
        "giờ" | "tiếng" => Some(count.hours()),
        "ngày" => Some(count.days()),
        "tuần" => Some(count.weeks()),
        "tháng" => Some(count.months()),
        "năm" => Some(count.years()),
        _ => None,
    }
}

/// "Hôm nay, 08:10", "Hôm qua 21:30"; without a time they say too little.
fn named_day(tokens: &[Token], has_clock: bool, today: Date) -> Option<Date> {
    let says = |word| tokens.windows(3).any(|w| w == [Word("hôm"), Blank, Word(word)]);
    match has_clock {
        true if says("nay") => Some(today),
        true if says("qua") => today.yesterday().ok(),
        _ => None,
    }
}

/// A time of day and the tokens that it takes up.
struct Clock {
    hour: u32,
    minute: u32,
    second: u32,
    /// AM or PM stands behind it: with it, sites write the month first.
    english_half: bool,
    start: usize,
    end: usize,
}

impl Clock {
    fn find(tokens: &[Token]) -> Option<Self> {
        Self::in_signs(tokens).or_else(|| Self::in_words(tokens))
    }

    /// `7h`, `8 giờ 5 phút`.
    fn in_words(tokens: &[Token]) -> Option<Self> {
        let solid = |from: usize| (from..tokens.len()).find(|&at| tokens[at] != Blank);
        (0..tokens.len()).find_map(|start| {
            let Number(hour, 1..=2) = tokens[start] else { return None };
            let name = solid(start + 1).filter(|&at| matches!(tokens[at], Word("h" | "g" | "giờ")))?;
            let minute = solid(name + 1).and_then(|at| match (tokens[at], solid(at + 1).map(|next| (next, tokens[next]))) {
                (Number(minute, 1..=2), Some((next, Word("phút" | "p" | "ph")))) => Some((minute, next)),
                _ => None,
            });
            let (minute, end) = minute.unwrap_or((0, name));
            Some(Self { hour, minute, second: 0, english_half: false, start, end: end + 1 })
        })
    }

    /// `8:10`, `08:10:05.123 PM`, `11h30`.
    fn in_signs(tokens: &[Token]) -> Option<Self> {
        (0..tokens.len()).find_map(|start| {
            let (Number(hour, 1..=2), Sign(':') | Word("h" | "g")) = (*tokens.get(start)?, *tokens.get(start + 1)?) else {
                return None;
            };
            let Number(minute, 1..=2) = *tokens.get(start + 2)? else { return None };
            let mut end = start + 3;
            let mut second = 0;
            if let (Some(Sign(':')), Some(&Number(value, 1..=2))) = (tokens.get(end), tokens.get(end + 1)) {
                (second, end) = (value, end + 2);
                if let (Some(Sign('.' | ',')), Some(Number(..))) = (tokens.get(end), tokens.get(end + 1)) {
                    end += 2;
                }
            }
            let half = tokens[end..].iter().position(|t| *t != Blank).map(|skip| end + skip);
            let written = half.map_or(&tokens[..0], |at| &tokens[at..]);
            let mut clock = Self { hour, minute, second, english_half: false, start, end };
            let (word, length) = match written {
                [Word("a"), Sign('.'), Word("m"), ..] => ("am", 3),
                [Word("p"), Sign('.'), Word("m"), ..] => ("pm", 3),
                [Word(word @ ("am" | "pm" | "sa" | "ch")), ..] => (*word, 1),
                _ => ("", 0),
            };
            if let Some(at) = half.filter(|_| length > 0) {
                clock.english_half = matches!(word, "am" | "pm");
                clock.hour = match (word, hour) {
                    ("pm" | "ch", 1..=11) => hour + 12,
                    ("am" | "sa", 12) => 0,
                    _ => hour,
                };
                clock.end = at + length;
            }
            Some(clock)
        })
    }

    /// This time on a day; 24:00 is the next day's midnight, a leap second the second before it.
    fn on(&self, day: Date) -> Option<DateTime> {
        let small = |n: u32| i8::try_from(n).ok();
        if (self.hour, self.minute, self.second) == (24, 0, 0) {
            return Some(day.checked_add(1.day()).ok()?.to_datetime(Time::midnight()));
        }
        let time = Time::new(small(self.hour)?, small(self.minute)?, small(self.second.min(59))?, 0).ok()?;
        Some(day.to_datetime(time))
    }
}

/// The offset that stands behind a time: `Z`, `+0700`, `+07:00`, `+07`, `GMT`, `GMT+7`, `ICT`.
fn offset(after: &[Token]) -> Option<Offset> {
    let solid: Vec<_> = after.iter().copied().filter(|t| *t != Blank).collect();
    let solid = match solid[..] {
        // asctime has the year first; others have `Etc/GMT`, `--0700`, `:-0700`.
        [Number(_, 4), Word(_), ..] => &solid[1..],
        [Word("etc"), Sign('/'), ..] => &solid[2..],
        [Sign(_), Sign('+' | '-'), Number(..), ..] => &solid[1..],
        _ => &solid[..],
    };
    let (base, signed) = match solid.first()? {
        Word(name) => (Some(zone_hours(name)?), &solid[1..]),
        _ => (None, solid),
    };
    let seconds = match (base, signed) {
        (base, [Sign(sign @ ('+' | '-')), Number(hours, digits), rest @ ..]) if is_offset(base.is_some(), *digits, rest) => {
            let minutes = match (*digits, rest) {
                (3 | 4, _) => hours / 100 * 60 + hours % 100,
                (_, [Sign(':'), Number(minutes, 2), ..]) => hours * 60 + minutes,
                _ => hours * 60,
            };
            let minutes = i32::try_from(minutes).ok()?;
            if *sign == '-' { -minutes * 60 } else { minutes * 60 }
        }
        (Some(hours), _) => hours * 3600,
        _ => return None,
    };
    Offset::from_seconds(seconds).ok()
}

/// The hours of a zone that has a name; those of the western half as RFC 822 has them.
fn zone_hours(name: &str) -> Option<i32> {
    Some(match name {
        "z" | "gmt" | "utc" | "ut" | "wet" => 0,
        "bst" | "cet" | "met" | "west" => 1,
        "cest" | "mest" | "eet" => 2,
        "eest" | "msk" => 3,
        "ict" => 7,
        "jst" | "kst" => 9,
        "ast" | "at" | "edt" => -4,
        "est" | "et" | "cdt" => -5,
        "cst" | "ct" | "mdt" => -6,
        "mst" | "mt" | "pdt" => -7,
        "pst" | "pt" => -8,
        _ => return None,
    })
}

/// An offset at the very end, behind a date: `15:04 02.01.2006 -0700`.
fn last_offset(after: &[Token]) -> Option<Offset> {
    match after {
        [.., Blank, sign @ Sign('+' | '-'), number @ Number(_, 4)] => offset(&[*sign, *number]),
        _ => None,
    }
}

/// asctime's way: `Sun Jan  4 16:29:06 2004`, the year behind the time and perhaps behind the zone.
fn around_clock(before: &[Token], after: &[Token]) -> Option<Date> {
    let solid: Vec<_> = before.iter().copied().filter(|t| *t != Blank).collect();
    let [.., Word(name), Number(day, 1..=2)] = solid[..] else { return None };
    let unsigned = |i: usize| i == 0 || !matches!(after[i - 1], Sign(_));
    let year = after.iter().enumerate().find_map(|(i, token)| match token {
        Number(year, 4) if unsigned(i) => Some(*year),
        _ => None,
    });
    ymd(year?, month(name)?, day)
}

/// Whether a signed number behind a time is an offset and no date (`11:02 - 17/06/2026`).
fn is_offset(after_name: bool, digits: usize, rest: &[Token]) -> bool {
    match rest.first() {
        Some(Sign('/' | '-' | '.')) => false,
        _ => matches!(digits, 2..=4) || after_name && digits == 1,
    }
}

/// The date among some tokens.
fn calendar(tokens: &[Token], month_first: bool) -> Option<Date> {
    let solid: Vec<_> = tokens.iter().copied().filter(|t| *t != Blank).collect();
    match solid[..] {
        [Number(year, 4)] => return ymd(year, 1, 1),
        [Number(year, 4), Sign('-'), Number(month, 2)] => return ymd(year, month, 1),
        // The day of the year.
        [Number(year, 4), Sign('-'), Number(day @ 1..=366, 3)] => {
            let day = ymd(year, 1, 1)?.checked_add(i64::from(day - 1).days()).ok()?;
            return Some(day).filter(|day| u32::try_from(day.year()) == Ok(year));
        }
        _ => {}
    }
    (0..solid.len()).find_map(|i| match solid[i..] {
        [Number(year, 4), Sign(a), Number(month, 1..=2), Sign(b), Number(day, 1..=2), ..] if a == b && is_separator(a) => {
            ymd(year, month, day)
        }
        [Number(first, 1..=2), Sign(a), Number(second, 1..=2), Sign(b), Number(year, digits @ (2 | 4)), ..]
            if a == b && is_separator(a) =>
        {
            let year = full_year(year, digits);
            let day_first = ymd(year, second, first);
            let by_month = ymd(year, first, second);
            if month_first { by_month.or(day_first) } else { day_first.or(by_month) }
        }
        [Number(day, 1..=2), Word("tháng" | "thg" | "th"), ref rest @ ..] => {
            let (month, rest) = vietnamese_month(rest)?;
            match rest {
                [Number(year, 4), ..] | [Word("năm") | Sign(',' | '/' | '-'), Number(year, 4), ..] => ymd(*year, month, day),
                _ => None,
            }
        }
        [Number(day, 1..=2), Word(name), Number(year, digits @ (2 | 4)), ..]
        | [Number(day, 1..=2), Word(name), Sign(','), Number(year, digits @ (2 | 4)), ..]
        | [Number(day, 1..=2), Sign(','), Word(name), Number(year, digits @ (2 | 4)), ..] => {
            ymd(full_year(year, digits), month(name)?, day)
        }
        [Number(year, 4), Word(name), Number(day, 1..=2), ..] => ymd(year, month(name)?, day),
        [Number(day, 1..=2), Sign('-'), Word(name), Sign('-'), Number(year, digits @ (2 | 4)), ..] => {
            ymd(full_year(year, digits), month(name)?, day)
        }
        [Word(name), Number(day, 1..=2), Sign(','), Number(year, 4), ..] => ymd(year, month(name)?, day),
        [Word(name), Number(day, 1..=2), Number(year, 4), ..] => ymd(year, month(name)?, day),
        _ => None,
    })
}

/// The month behind "tháng", as a number or in words, and what follows it.
fn vietnamese_month<'a>(tokens: &'a [Token<'a>]) -> Option<(u32, &'a [Token<'a>])> {
    const MONTHS: [&str; 10] = ["một", "hai", "ba", "tư", "năm", "sáu", "bảy", "tám", "chín", "mười"];
    match tokens {
        [Number(month, 1..=2), rest @ ..] => Some((*month, rest)),
        [Word("mười"), Word("một"), rest @ ..] => Some((11, rest)),
        [Word("mười"), Word("hai"), rest @ ..] => Some((12, rest)),
        [Word(name), rest @ ..] => {
            let number = MONTHS.iter().position(|month| month == name)?;
            Some((u32::try_from(number + 1).ok()?, rest))
        }
        _ => None,
    }
}

fn is_separator(sign: char) -> bool {
    matches!(sign, '/' | '-' | '.')
}

fn full_year(year: u32, digits: usize) -> u32 {
    match (digits, year) {
        (2, 0..70) => year + 2000,
        (2, _) => year + 1900,
        _ => year,
    }
}

fn ymd(year: u32, month: u32, day: u32) -> Option<Date> {
    let in_range = (1..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let valid = || Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok();
    in_range.then(valid).flatten().filter(|d| *d >= date(1, 1, 1))
}

/// An English month's number, from its first three letters.
fn month(name: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let number = MONTHS.iter().position(|month| name.starts_with(month))?;
    u32::try_from(number + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vietnam() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(7))
    }

    fn local(text: &str) -> Option<String> {
        let now = "2026-11-23T08:00:00Z".parse().expect("valid");
        read(text, &vietnam(), now).map(|t| vietnam().to_datetime(t).to_string())
    }

    #[test]
    fn every_form_that_was_seen_is_read() {
        for (text, expected) in [
            ("Wed, 30 Aug 2017 20:03:00 +0700", "2017-08-30T20:03:00"),
            ("Sun, 28 Jan 2024 06:15:28 GMT+7", "2024-01-28T06:15:28"),
            ("Wed, 16 Jul 2025 09:30:00  gMt + 7 ", "2025-07-16T09:30:00"),
            ("Mon, 05 Oct 2026 11:07:00 +07", "2026-10-05T11:07:00"),
            ("10/2/2026 9:25:00 AM", "2026-10-02T09:25:00"),
            ("9/26/2026 9:20:00 AM", "2026-09-26T09:20:00"),
            ("10/1/2026 12:02:00 PM", "2026-10-01T12:02:00"),
            ("10/4/2026 11:59:00 PM", "2026-10-04T23:59:00"),
            ("Mon, 05 Oct 26 14:10:00 +0700", "2026-10-05T14:10:00"),
            ("Thứ 5, 28/05/2026 17:00:00 GMT+7", "2026-05-28T17:00:00"),
            ("17/06/2026 - 11:02", "2026-06-17T11:02:00"),
            ("11:02 - 17/06/2026", "2026-06-17T11:02:00"),
            ("18:20 ngày 03/10/2026", "2026-10-03T18:20:00"),
            ("15 giờ trước", "2026-11-23T00:00:00"),
            ("Thứ Sáu, ngày 22 tháng 5 năm 2026", "2026-05-22T00:00:00"),
            ("2024-01-20 18:42:23", "2024-01-20T18:42:23"),
            ("2024-01-20T18:42:23.123+07:00", "2024-01-20T18:42:23"),
            ("2024-01-20T11:42:23Z", "2024-01-20T18:42:23"),
            ("23/11/2026 8:10:00 CH", "2026-11-23T20:10:00"),
            ("23/11/2026 12:10:00 SA", "2026-11-23T00:10:00"),
            ("20:15 05.10.2021", "2021-10-05T20:15:00"),
            ("08:10 23-11-2026", "2026-11-23T08:10:00"),
            ("23-11-2026 08:10:00", "2026-11-23T08:10:00"),
            ("Mon, 23 Nov 2026 24:00:00 +0700", "2026-11-24T00:00:00"),
            ("November 23, 2026 8:10 PM", "2026-11-23T20:10:00"),
            ("Tue, 23 Nov 2026 08:11:45 ICT", "2026-11-23T08:11:45"),
            ("2026-11-23", "2026-11-23T00:00:00"),
            ("11h30, 9/10/2021", "2021-10-09T11:30:00"),
        ] {
            assert_eq!(local(text).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_date_is_missing() {
        let long = "9".repeat(1_000_000);
        for text in
            ["", "hôm nay", "0001-01-01T00:00:00Z", "32/13/2026", "12:60 01/01/2026", "99999999999999999999", long.as_str()]
        {
            assert_eq!(local(text), None, "{}", &text[..text.len().min(40)]);
        }
    }

    #[test]
    fn a_given_format_decides() {
        let read = |format, text| read_by(format, text, &vietnam()).map(|t| vietnam().to_datetime(t).to_string());
        assert_eq!(read("%H:%M %d.%m.%Y", " 20:15 05.10.2021 ").as_deref(), Some("2021-10-05T20:15:00"));
        assert_eq!(read("%d/%m/%Y", "05/10/2021").as_deref(), Some("2021-10-05T00:00:00"));
        assert_eq!(read("%d/%m/%Y", "x"), None);
    }
}
