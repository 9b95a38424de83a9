//! What is counted while sources are polled, for `/metrics` and for whoever asks whether we are welcome and fresh.

use std::collections::BTreeMap;

use crate::model::Trouble;

/// The bounds of the buckets that delays are counted in, in seconds: from what push would reach to a day.
pub const DELAY_BOUNDS: [u64; 9] = [60, 300, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400];

/// Counts since the process started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Documents that were asked for; with redirects, one request or more each.
    pub requests: u64,
    /// Times that a robots.txt was asked for.
    pub robots: u64,
    /// Articles that were looked at because their sources took them out.
    pub looks: u64,
    /// Answers of 304.
    pub not_modified: u64,
    /// Answers with a body that was read whole.
    pub whole: u64,
    /// Polls that failed, by what went wrong.
    pub failures: BTreeMap<Trouble, u64>,
    /// Bytes of bodies as they came over the wire.
    pub wire_bytes: u64,
    /// Bytes of bodies after decompression.
    pub body_bytes: u64,
    /// Bytes of bodies that are in memory now.
    pub held_bytes: u64,
    /// Entries that were new.
    pub new_entries: u64,
    /// Entries that had changed.
    pub updated_entries: u64,
    /// From `published` to `arrived` of the stories that polls brought, first polls apart.
    pub delays: Delays,
    /// Requests to hubs, by what was asked and what came of it.
    pub hub_requests: BTreeMap<(&'static str, &'static str), u64>,
    /// Announcements of hubs, by what they were worth.
    pub pings: BTreeMap<&'static str, u64>,
    /// Sources that name a hub, by how they stand with it now.
    pub hubs: BTreeMap<&'static str, u64>,
    /// Requests to our own hub, by what became of them.
    pub hub_asked: BTreeMap<&'static str, u64>,
    /// Calls of our own hub to subscribers, and announcements to another hub, by what they were for and what came of it.
    pub hub_calls: BTreeMap<(&'static str, &'static str), u64>,
    /// Subscriptions to our feeds now.
    pub subscribers: u64,
    /// What is wrong in the configuration as it was edited last; while that is not 0, the one before is in force.
    pub faults: u64,
    /// 1 while the pages of an earlier run are served, because the store can't be asked.
    pub stale: u64,
    /// Sources by how they stand now.
    pub sources: BTreeMap<&'static str, u64>,
}

/// A histogram of delays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delays {
    /// How many were at most so long as each of [`DELAY_BOUNDS`], and longer than the bound before.
    pub buckets: [u64; DELAY_BOUNDS.len()],
    /// All of them together, in seconds.
    pub sum_seconds: u64,
    /// How many there were.
    pub count: u64,
}

impl Delays {
    /// Counts a delay.
    pub fn add(&mut self, seconds: u64) {
        if let Some(place) = DELAY_BOUNDS.iter().position(|bound| seconds <= *bound) {
            self.buckets[place] += 1;
        }
        self.sum_seconds = self.sum_seconds.saturating_add(seconds);
        self.count += 1;
    }
}
