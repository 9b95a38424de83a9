//! What a document asks of those who poll it: `ttl`, skipHours and skipDays of RSS 2.0, and RSS 1.0's syndication module.

use crate::model::Asked;

/// A day in minutes.
const DAY: u32 = 24 * 60;
/// The days of skipDays, from Monday.
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// What was said, as it was found.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RawPace {
    /// `ttl`
    pub ttl_minutes: Option<u32>,
    /// `sy:updatePeriod`
    pub period_minutes: Option<u32>,
    /// `sy:updateFrequency`
    pub times: Option<u32>,
    /// The hours and days of skipHours and skipDays, a bit each.
    pub skip_hours: u32,
    pub skip_days: u8,
}

impl RawPace {
    /// An `hour` of skipHours: 0 to 23, UTC; 24 was midnight in RSS 0.91.
    pub fn skip_hour(&mut self, text: &str) {
        if let Ok(hour @ 0..=24) = text.parse::<u32>() {
            self.skip_hours |= 1 << (hour % 24);
        }
    }

    /// A `day` of skipDays.
    pub fn skip_day(&mut self, text: &str) {
        if let Some(day) = DAYS.iter().position(|day| day.eq_ignore_ascii_case(text)) {
            self.skip_days |= 1 << day;
        }
    }

    /// What it comes to. Once an hour is what WordPress says of every feed, whatever its pace: it is taken for nothing.
    pub fn asked(&self) -> Asked {
        let period = self.period_minutes.map(|period| period / self.times.unwrap_or(1).max(1)).filter(|&minutes| minutes != 60);
        let minutes = self.ttl_minutes.max(period).unwrap_or(0);
        Asked { minutes, skip_hours: self.skip_hours, skip_days: self.skip_days }
    }
}

/// A `sy:updatePeriod` in minutes.
pub(super) fn period_minutes(text: &str) -> Option<u32> {
    match text.to_ascii_lowercase().as_str() {
        "hourly" => Some(60),
        "daily" => Some(DAY),
        "weekly" => Some(7 * DAY),
        "monthly" => Some(30 * DAY),
        "yearly" => Some(365 * DAY),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_wish_counts_but_wordpress_says_nothing() {
        let asked = |ttl: Option<u32>, period: &str, times: Option<u32>| {
            RawPace { ttl_minutes: ttl, period_minutes: period_minutes(period), times, ..RawPace::default() }.asked().minutes
        };
        assert_eq!(asked(Some(15), "", None), 15);
        assert_eq!(asked(None, "hourly", Some(1)), 0, "WordPress");
        assert_eq!(asked(None, "hourly", Some(4)), 15);
        assert_eq!(asked(Some(30), "Daily", Some(2)), 12 * 60);
        assert_eq!(asked(None, "daily", Some(0)), DAY);
        assert_eq!(asked(None, "sometimes", Some(2)), 0);
    }

    #[test]
    fn hours_and_days_are_bits() {
        let mut pace = RawPace::default();
        ["0", "24", "23", "25", "-1", "noon"].into_iter().for_each(|hour| pace.skip_hour(hour));
        ["Sunday", "monday", "Thứ hai"].into_iter().for_each(|day| pace.skip_day(day));
        assert_eq!(pace.asked(), Asked { minutes: 0, skip_hours: 1 | 1 << 23, skip_days: 1 | 1 << 6 });
    }
}
