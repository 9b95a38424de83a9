//! The periods that archives are divided into (RFC 5005, section 4).

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

/// A day in UTC, or a part of one that has many stories. What belongs to it depends on when a feed first had a story, which never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// The day.
    pub day: Date,
    /// The part of the day, from 1.
    pub part: usize,
}

/// `2026-11-17`, and from the second part on `2026-11-17-2`.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.part {
            1 => write!(f, "{}", self.day),
            part => write!(f, "{}-{part}", self.day),
        }
    }
}

/// Why a text names no period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a period is a day such as 2026-11-17, or a part of one such as 2026-11-17-2")]
pub struct PeriodError;

impl FromStr for Period {
    type Err = PeriodError;
    /// Only what [`fmt::Display`] writes: each period has one name.
    fn from_str(text: &str) -> Result<Self, PeriodError> {
        /// The length of `2026-11-17`.
        const DAY: usize = 10;
        let (day, rest) = text.split_at_checked(DAY).ok_or(PeriodError)?;
        let part = match rest.strip_prefix('-') {
            None if rest.is_empty() => 1,
            Some(part) => part.parse().map_err(|_| PeriodError)?,
            None => return Err(PeriodError),
        };
        let period = Self { day: day.parse().map_err(|_| PeriodError)?, part };
        if part > 0 && period.to_string() == text { Ok(period) } else { Err(PeriodError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_period_has_one_name() {
        for good in ["2026-11-17", "2026-11-17-2", "2026-11-17-12"] {
            assert_eq!(good.parse::<Period>().expect(good).to_string(), good);
        }
        for bad in ["", "2026-11-17-1", "2026-11-17-02", "2026-11-17-0", "2026-11-17-", "2026-11-17x", "20261117", "2026-13-01"] {
            assert_eq!(bad.parse::<Period>(), Err(PeriodError), "{bad}");
        }
    }
}
