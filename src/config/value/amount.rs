//! Amounts: durations, sizes, counts, ranks. Each has limits, and none is zero.

use std::fmt;
use std::time::Duration;

use toml::Spanned;
use toml::de::DeValue;

use crate::config::fault::{Wrong, quoted};
use crate::config::read::{Reader, Value, other_kind};
use crate::config::value::{FromText, schema};

/// Longest duration, in days: a hundred years, so that no sum of a time and a duration leaves the calendar.
const LONGEST_DAYS: u64 = 36_500;
/// Largest body, in bytes: it is held in memory, once for each fetch that runs.
const LARGEST_BODY: u64 = 1 << 30;

/// A duration: a whole number and `s`, `m`, `h` or `d`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::config) struct Interval(pub(in crate::config) Duration);

impl FromText for Interval {
    const EXPECTED: &'static str = "a duration such as \"30s\", \"15m\", \"6h\" or \"365d\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let (count, unit) = number_and_unit(text).ok_or_else(|| Wrong::new("this is no duration"))?;
        let seconds = match unit {
            "s" => 1,
            "m" => 60,
            "h" => 60 * 60,
            "d" => 24 * 60 * 60,
            "" => return Err(Wrong::new("this duration has no unit")),
            _ => return Err(Wrong::new("this unit of time is unknown")),
        };
        match count.checked_mul(seconds) {
            Some(0) => Err(Wrong::new("this duration is zero")),
            Some(total) if total <= LONGEST_DAYS * 24 * 60 * 60 => Ok(Self(Duration::from_secs(total))),
            _ => Err(Wrong::new("this duration is too long").expected(format!("at most {LONGEST_DAYS}d"))),
        }
    }
}

schema!(Interval, { "type": "string", "pattern": r"^\s*[0-9]+\s*[smhd]\s*$|\$\{" });

impl fmt::Display for Interval {
    /// In the largest unit that it is a whole number of.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let units = [(24 * 60 * 60, "d"), (60 * 60, "h"), (60, "m")];
        match units.into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit)) {
            Some((unit, name)) => write!(f, "{}{name}", seconds / unit),
            None => write!(f, "{seconds}s"),
        }
    }
}

/// A pause: a duration that may be none at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) struct Pause(pub(in crate::config) Duration);

/// Longest pause, in seconds: an hour between two sources of a host would starve those of a large one.
const LONGEST_PAUSE_SECONDS: u64 = 60 * 60;

impl FromText for Pause {
    const EXPECTED: &'static str = "a duration such as \"2s\", or \"0s\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        if matches!(number_and_unit(text), Some((0, "s" | "m"))) {
            return Ok(Self(Duration::ZERO));
        }
        match Interval::from_text(text)? {
            Interval(pause) if pause.as_secs() <= LONGEST_PAUSE_SECONDS => Ok(Self(pause)),
            _ => Err(Wrong::new("this pause is too long").expected("at most 1h")),
        }
    }
}

schema!(Pause, { "type": "string", "pattern": r"^\s*[0-9]+\s*[smh]\s*$|\$\{" });

/// How long stories are kept: a duration or `forever`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) struct Keep(pub(in crate::config) Option<Duration>);

impl FromText for Keep {
    const EXPECTED: &'static str = "a duration such as \"365d\", or \"forever\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        if text.trim() == "forever" {
            return Ok(Self(None));
        }
        Interval::from_text(text).map(|Interval(keep)| Self(Some(keep)))
    }
}

schema!(Keep, { "type": "string", "pattern": r"^\s*([0-9]+\s*[smhd]|forever)\s*$|\$\{" });

/// A size: a whole number and a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) struct Size(pub(in crate::config) usize);

impl FromText for Size {
    const EXPECTED: &'static str = "a size such as \"512KiB\" or \"10MiB\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let (count, unit) = number_and_unit(text).ok_or_else(|| Wrong::new("this is no size"))?;
        let bytes = match unit {
            "B" => 1,
            "KiB" => 1 << 10,
            "MiB" => 1 << 20,
            "GiB" => 1 << 30,
            "kB" | "KB" => 1_000,
            "MB" => 1_000_000,
            "GB" => 1_000_000_000,
            "" => return Err(Wrong::new("this size has no unit")),
            _ => return Err(Wrong::new("this unit of size is unknown")),
        };
        match count.checked_mul(bytes) {
            Some(0) => Err(Wrong::new("this size is zero")),
            Some(total) if total <= LARGEST_BODY => {
                usize::try_from(total).map(Self).map_err(|_| Wrong::new("this size is too large"))
            }
            _ => Err(Wrong::new("this size is too large").expected("at most 1GiB")),
        }
    }
}

schema!(Size, { "type": "string", "pattern": r"^\s*[0-9]+\s*([KMG]i?B|kB|B)\s*$|\$\{" });

/// `15m` as 15 and `m`; spaces around either mean nothing.
fn number_and_unit(text: &str) -> Option<(u64, &str)> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    // More digits than a number has are a number that is too large for any limit.
    let count = if digits > 19 { u64::MAX } else { text[..digits].parse().ok()? };
    Some((count, text[digits..].trim_start()))
}

/// A whole number from `LEAST` to `MOST`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) struct Count<const LEAST: usize, const MOST: usize>(pub(in crate::config) usize);

impl<const LEAST: usize, const MOST: usize> Value for Count<LEAST, MOST> {
    fn read(value: Spanned<DeValue<'_>>, path: &str, reader: &mut Reader<'_>) -> Option<Self> {
        let expected = format!("a whole number from {LEAST} to {MOST}");
        let count = integer(value, path, &expected, |count| (LEAST as i64..=MOST as i64).contains(&count), reader)?;
        usize::try_from(count).ok().map(Self)
    }
}

impl<const LEAST: usize, const MOST: usize> schemars::JsonSchema for Count<LEAST, MOST> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        format!("from {LEAST} to {MOST}").into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "integer", "minimum": LEAST, "maximum": MOST })
    }
}

/// A source's rank: any 32-bit number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) struct Rank(pub(in crate::config) i32);

impl Value for Rank {
    fn read(value: Spanned<DeValue<'_>>, path: &str, reader: &mut Reader<'_>) -> Option<Self> {
        let fits = |rank| i32::try_from(rank).is_ok();
        let rank = integer(value, path, "a whole number such as 10 or -1", fits, reader)?;
        i32::try_from(rank).ok().map(Self)
    }
}

schema!(Rank, { "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX });

/// A whole number that fits, or the fault.
fn integer(
    value: Spanned<DeValue<'_>>,
    path: &str,
    expected: &str,
    fits: impl Fn(i64) -> bool,
    reader: &mut Reader<'_>,
) -> Option<i64> {
    let wrong = match value.get_ref() {
        DeValue::Integer(digits) => {
            let count = i64::from_str_radix(digits.as_str(), digits.radix()).ok();
            match count.filter(|count| fits(*count)) {
                Some(count) => return Some(count),
                None => Wrong::new(format!("{} is out of range", quoted(path))).expected(expected),
            }
        }
        other => other_kind(other, path, expected),
    };
    reader.error(&value.span(), wrong);
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in [("30s", 30), ("15m", 900), (" 6 h ", 21_600), ("365d", 31_536_000), ("36500d", 3_153_600_000)] {
            let interval = Interval::from_text(text).expect(text);
            assert_eq!(interval.0.as_secs(), seconds, "{text}");
        }
        for bad in
            ["", "15", "m", "0s", "-5m", "1.5h", "15 phút", "36501d", "99999999999999999999d", "18446744073709551615d", "forever"]
        {
            assert!(Interval::from_text(bad).is_err(), "{bad}");
        }
        assert_eq!(Keep::from_text("forever"), Ok(Keep(None)));
        for text in ["90s", "15m", "6h", "365d"] {
            assert_eq!(Interval::from_text(text).expect(text).to_string(), text);
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [("1B", 1), ("512KiB", 524_288), ("10MiB", 10_485_760), ("1 GiB", 1 << 30), ("10MB", 10_000_000)] {
            assert_eq!(Size::from_text(text), Ok(Size(bytes)), "{text}");
        }
        for bad in ["", "10", "0MiB", "10 megabytes", "10mib", "2GiB", "MiB", "-1B"] {
            assert!(Size::from_text(bad).is_err(), "{bad}");
        }
    }
}
