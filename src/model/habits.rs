//! What has been learned of a source's habits: when it publishes, how much, and in what crowds.
//!
//! Whole numbers in small units, so that a state is equal to itself after a round through the store, can't become infinite, and fits
//! 256 bytes. What they mean and how they are learned, `flow::schedule` knows.

use serde::{Deserialize, Serialize};

use crate::model::compact;

/// Parts of an entry that counts are kept in: 64 of them are one entry.
pub const PARTS: u32 = 64;

/// A source's habits, as far as they are known. Counts are in [`PARTS`], and older ones count for less.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Habits {
    /// Up to when the source has been observed, in seconds since 1970-01-01 UTC.
    pub until_second: i64,
    /// Entries by the quarter hours of a local day.
    #[serde(with = "compact::quarters")]
    pub quarters: [[u16; 4]; 24],
    /// Entries by the days of a local week, from Monday.
    pub days: [u16; 7],
    /// Entries that came of themselves, for the rate.
    pub entries: u32,
    /// The time in which they came, in seconds of average activity: an hour at noon is more of it than one at night.
    pub exposure_seconds: u32,
    /// Entries that followed soon upon others, as in a breaking story.
    pub followers: u32,
    /// All entries that `followers` is a part of.
    pub judged: u32,
    /// What is left at `until_second` of the excitement of recent entries.
    pub excitement: u32,
    /// The largest crowd of entries within one hour; it is forgotten slowly.
    pub crowd: u16,
    /// How many entries the source's document held last; 0 where it is not known.
    pub window: u16,
    /// What the document asked for last.
    pub asked: Asked,
}

impl Habits {
    /// Whether nothing is known yet that an interval could be drawn from.
    pub fn are_unknown(&self) -> bool {
        self.entries == 0 && self.exposure_seconds == 0
    }
}

/// What a document asks of those who poll it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// Minutes between polls (RSS `ttl`, `sy:updatePeriod`); 0 where nothing is said.
    pub minutes: u32,
    /// The hours of a UTC day in which it wants no poll (skipHours), a bit each.
    pub skip_hours: u32,
    /// The days of a UTC week on which it wants none (skipDays), from Monday, a bit each.
    pub skip_days: u8,
}
