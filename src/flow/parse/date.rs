//! Dates, in the ways that feeds and Vietnamese pages write them.
//!
//! One reader for all forms: the text is cut into numbers, words and signs; the time of day, the zone and the day are looked for
//! in them, wherever they stand. What can't be read is missing; it never becomes "now".

mod clock;
mod day;
mod month;
mod token;
mod zone;

use jiff::civil::{Date, DateTime, Time, date};
use jiff::fmt::rfc2822;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};

use clock::Clock;
use token::{Token, compact, tokens};

pub(super) use day::Order;

/// Longest text that is read as a date, in characters: one that is longer is none, and costs nothing.
const LONGEST: usize = 128;
/// Dates of this year and before are placeholders of some system (0001-01-01, 1601-01-01, 1899-12-30, 1900-01-01), and so are
/// those around the epoch: no news.
const LAST_PLACEHOLDER_YEAR: i16 = 1900;

/// Reads a date in any known form. Where it names no offset, `timezone` applies; "15 giờ trước" counts from `now`.
///
/// Known: RFC 822 and RFC 3339 with their usual mistakes, `GMT+7`, `+07`, `ICT`, day first (`23/11/2026 8:10:00 CH`,
/// `08:10 23.11.2026`, `18:20 ngày 03/10/2026`), month first where AM or PM stands (`10/2/2026 9:25:00 AM`), `Thứ Sáu, ngày 22
/// tháng 5 năm 2026`, months in a dozen languages, and `N phút/giờ/ngày/tuần trước`. A date without a time is its midnight.
pub fn read(text: &str, timezone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    read_in(Order::DayFirst, text, timezone, now)
}

/// The same, where it is known which of day and month its author writes first.
pub(super) fn read_in(order: Order, text: &str, timezone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let text = text.trim();
    if text.chars().nth(LONGEST).is_some() {
        return None;
    }
    let instant = by_the_book(text).or_else(|| freely(text, order, timezone, now))?;
    let instant = Timestamp::from_second(instant.as_second()).ok()?;
    let day = timezone.to_datetime(instant).date();
    (day.year() > LAST_PLACEHOLDER_YEAR && !is_epoch(day)).then_some(instant)
}

/// The first day that computers count, or the one before it where the zone is a western one.
fn is_epoch(day: Date) -> bool {
    day == date(1970, 1, 1) || day == date(1969, 12, 31)
}

/// RFC 3339, and RFC 822 as most feeds have it: the quick way for what is well written.
fn by_the_book(text: &str) -> Option<Timestamp> {
    const RFC_822: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);
    match text.as_bytes() {
        [b'0'..=b'9', ..] if text.len() >= 20 && text.is_char_boundary(10) => text.parse().ok(),
        // A zone in letters is not what that RFC says where it names another than America's.
        [.., b'+' | b'-', _, _, _, b'0'..=b'9'] => RFC_822.parse_timestamp(text).ok(),
        [.., b'G', b'M', b'T'] => RFC_822.parse_timestamp(text).ok(),
        _ => None,
    }
}

fn freely(text: &str, usual: Order, timezone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let text = text.to_lowercase();
    let text = compact(&text).unwrap_or(text);
    let tokens = tokens(&text);
    let today = timezone.to_datetime(now);
    if let Some(ago) = ago(&tokens) {
        return timezone.to_timestamp(today.checked_sub(ago).ok()?).ok();
    }
    match (&tokens[..], text.len()) {
        ([_], 9..=10) => return Timestamp::from_second(text.parse().ok()?).ok(),
        ([_], 12..=13) => return Timestamp::from_millisecond(text.parse().ok()?).ok(),
        _ => {}
    }
    let clock = Clock::find(&tokens);
    let before = clock.as_ref().map_or(&tokens[..], |clock| &tokens[..clock.start]);
    let behind = clock.as_ref().map_or(&tokens[..0], |clock| &tokens[clock.end..]);
    let order = if clock.as_ref().is_some_and(|clock| clock.english_half) { Order::MonthFirst } else { usual };
    let hints = day::Hints { order, weekday: day::weekday(&tokens), today: today.date() };
    let day = day::find(before, behind, hints).or_else(|| named_day(&tokens, clock.is_some(), today.date()))?;
    let civil = clock.as_ref().map_or(Some(day.to_datetime(Time::midnight())), |clock| clock.on(day))?;
    match zone::offset(behind).or_else(|| zone::of_language(&tokens)) {
        Some(offset) => offset.to_timestamp(civil).ok(),
        None => timezone.to_timestamp(civil).ok(),
    }
}

/// The only order in which the numbers of a date make a day (`11/27/2026`); `None` where both do, and for dates of other forms.
pub(super) fn order(text: &str) -> Option<Order> {
    if text.len() > LONGEST || !text.contains('/') {
        return None;
    }
    day::order(&tokens(&text.to_lowercase()))
}

/// The minute and the month of a date as it was written.
pub(super) fn minute_and_month(text: &str) -> Option<(u32, u32)> {
    let text = text.to_lowercase();
    let tokens = tokens(text.trim());
    let clock = Clock::find(&tokens)?;
    let order = if clock.english_half { Order::MonthFirst } else { Order::DayFirst };
    let hints = day::Hints { order, weekday: day::weekday(&tokens), today: Date::MAX };
    let day = day::find(&tokens[..clock.start], &tokens[clock.end..], hints)?;
    Some((clock.minute, u32::try_from(day.month()).ok()?))
}

/// Reads a date by a strptime format (`%d/%m/%Y %H:%M`); a format without a time gives midnight.
pub(super) fn read_by(format: &str, text: &str, timezone: &TimeZone) -> Option<Timestamp> {
    let parsed = jiff::fmt::strtime::BrokenDownTime::parse(format, text.trim()).ok()?;
    if parsed.offset().is_some() {
        return parsed.to_timestamp().ok();
    }
    let civil: DateTime = parsed.to_datetime().or_else(|_| parsed.to_date().map(|day| day.to_datetime(Time::midnight()))).ok()?;
    timezone.to_timestamp(civil).ok()
}

/// "15 giờ trước", "Khoảng 2 giờ trước", "Cách đây 1 tháng": so much before now.
fn ago(tokens: &[Token]) -> Option<Span> {
    use Token::{Blank, Number, Word};
    let is_said = tokens.iter().any(|token| matches!(token, Word("trước" | "đây")));
    let solid: Vec<_> = tokens.iter().copied().filter(|t| is_said && *t != Blank).collect();
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
    let says = |word| tokens.windows(3).any(|w| w == [Token::Word("hôm"), Token::Blank, Token::Word(word)]);
    match has_clock {
        true if says("nay") => Some(today),
        true if says("qua") => today.yesterday().ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
