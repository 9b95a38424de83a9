//! Dates as documents write them: UTC where programs read them, the service's zone where people do. Nothing says "5
//! minutes ago": the bytes would depend on the clock.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

/// When a feed without stories was updated: Atom and portals want a time, each node must say the same, and validators take one near 1970 for a
/// mistake. It is the year 2000.
pub(super) const BEFORE_ANY_STORY: Timestamp = Timestamp::constant(946_684_800, 0);

/// The last moment that can be written with a year of four digits in every zone: 9999-12-30.
const LATEST_SECOND: i64 = 253_402_128_000;

/// A moment that every format can write: whole seconds, from 1970, with a year of four digits. A source that errs by more
/// than that gives a wrong date, not a broken document.
fn moment(time: Timestamp) -> Timestamp {
    Timestamp::from_second(time.as_second().clamp(0, LATEST_SECOND)).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A date for RSS, such as `Tue, 17 Nov 2026 01:05:00 GMT` (RFC 822 with a year of four digits, as RSS 2.0 asks).
pub(super) fn rfc822(time: Timestamp) -> String {
    moment(time).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A date for Atom, JSON and HTML, such as `2026-11-17T01:05:00Z` (RFC 3339).
pub(super) fn rfc3339(time: Timestamp) -> String {
    moment(time).strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// A date for people, such as `08:05, 17/11/2026`.
pub(super) fn full(time: Timestamp, zone: &TimeZone) -> String {
    moment(time).to_zoned_datetime(zone.clone()).strftime("%H:%M, %d/%m/%Y").to_string()
}

/// A date for an administrator, such as `08:05 17/11/2026`.
pub fn clock(time: Timestamp, zone: &TimeZone) -> String {
    zone.to_datetime(time).strftime("%H:%M %d/%m/%Y").to_string()
}

/// The hour, such as `08:05`, where the day stands nearby.
pub(super) fn hour(time: Timestamp, zone: &TimeZone) -> String {
    moment(time).to_zoned_datetime(zone.clone()).strftime("%H:%M").to_string()
}

/// The day, such as `Thứ Ba, 17/11/2026`.
pub(super) fn day(time: Timestamp, zone: &TimeZone) -> String {
    let zoned = moment(time).to_zoned_datetime(zone.clone());
    format!("{}, {}", weekday(zoned.weekday()), zoned.strftime("%d/%m/%Y"))
}

/// A day of the week in Vietnamese.
fn weekday(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Thứ Hai",
        Weekday::Tuesday => "Thứ Ba",
        Weekday::Wednesday => "Thứ Tư",
        Weekday::Thursday => "Thứ Năm",
        Weekday::Friday => "Thứ Sáu",
        Weekday::Saturday => "Thứ Bảy",
        Weekday::Sunday => "Chủ Nhật",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_in_every_spelling() {
        let time: Timestamp = "2026-11-16T18:05:09.7Z".parse().unwrap();
        let zone = TimeZone::get("Asia/Ho_Chi_Minh").unwrap();
        assert_eq!(rfc822(time), "Mon, 16 Nov 2026 18:05:09 GMT");
        assert_eq!(rfc3339(time), "2026-11-16T18:05:09Z");
        assert_eq!(full(time, &zone), "01:05, 17/11/2026");
        assert_eq!(clock(time, &zone), "01:05 17/11/2026");
        assert_eq!(hour(time, &zone), "01:05");
        assert_eq!(day(time, &zone), "Thứ Ba, 17/11/2026");
    }

    #[test]
    fn absurd_dates_stay_writable() {
        for (time, written) in [(Timestamp::MIN, "1970-01-01T00:00:00Z"), (Timestamp::MAX, "9999-12-30T00:00:00Z")] {
            assert_eq!(rfc3339(time), written);
            full(time, &TimeZone::get("Asia/Ho_Chi_Minh").unwrap());
        }
    }
}
