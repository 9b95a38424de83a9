//! What has been learned of a source's habits: when it publishes, how much, and in what crowds.
//!
//! Whole numbers in small units, so that a state is equal to itself after a round through the store, can't become infinite, and fits
//! 256 bytes. What they mean and how they are learned, `flow::schedule` knows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Parts of an entry that counts are kept in: 64 of them are one entry.
pub const PARTS: u32 = 64;

/// A source's habits, as far as they are known. Counts are in [`PARTS`], and older ones count for less.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Habits {
    /// Up to when the source has been observed.
    pub until: Timestamp,
    /// Entries by the quarter hours of a local day.
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
    /// What is left at `until` of the excitement of recent entries.
    pub excitement: u32,
    /// The largest crowd of entries within one hour; it is forgotten slowly.
    pub crowd: u16,
    /// How many entries the source's document held last.
    pub window: u16,
}
