//! A policy polls the sources; what it finds, when, and what it misses.

use super::streams::{DAY, START, Stream};

/// How long policies learn, and how long they are then measured, in days.
#[derive(Clone, Copy, Debug)]
pub struct Days {
    pub learning: i64,
    pub measured: i64,
}

/// Five weeks, for after thirty days of silence CommaFeed knows a dead source, and two weeks.
pub const DAYS: Days = Days { learning: 35, measured: 14 };

impl Days {
    fn span(self) -> std::ops::Range<i64> {
        let from = START + self.learning * DAY;
        from..from + self.measured * DAY
    }

    /// A day after the last one that is measured, so that what came at its end is found.
    pub fn end(self) -> i64 {
        self.span().end + DAY
    }

    /// The days that sources have to publish in.
    pub fn all(self) -> i64 {
        self.learning + self.measured + 1
    }
}

/// What a policy sees of a poll.
pub struct View<'a> {
    pub now: i64,
    /// The entries in the document, the oldest first.
    pub document: &'a [i64],
    /// The last so many of them are new.
    pub new: usize,
}

/// What became of the measured entries.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub polls: usize,
    /// Seconds from appearing to being found, each with its source.
    pub delays: Vec<(usize, i64)>,
    /// Which entries were missed, as (source, entry).
    pub missed: Vec<(usize, usize)>,
}

impl Outcome {
    pub fn mean(&self) -> f64 {
        self.delays.iter().map(|(_, delay)| delay).sum::<i64>() as f64 / self.delays.len().max(1) as f64
    }

    /// The mean over the entries of some sources.
    pub fn mean_of(&self, of: impl Fn(usize) -> bool) -> f64 {
        let of: Vec<i64> = self.delays.iter().filter(|(source, _)| of(*source)).map(|(_, delay)| *delay).collect();
        of.iter().sum::<i64>() as f64 / of.len().max(1) as f64
    }

    /// The delay that so large a share of the entries does not exceed.
    pub fn quantile(&self, share: f64) -> i64 {
        let mut sorted: Vec<i64> = self.delays.iter().map(|(_, delay)| *delay).collect();
        sorted.sort_unstable();
        sorted.get(((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1))).copied().unwrap_or(0)
    }
}

/// One source while it is polled.
pub struct Watched<'a> {
    stream: &'a Stream,
    index: usize,
    /// How many of its entries have been seen or missed.
    known: usize,
    pub next: i64,
}

impl<'a> Watched<'a> {
    /// First polls are spread over the first hour.
    pub fn new(stream: &'a Stream, index: usize) -> Self {
        let first = START + (index as i64 * 7919).rem_euclid(3600);
        let known = stream.entries.partition_point(|&time| time <= first).saturating_sub(stream.window);
        Self { stream, index, known, next: first }
    }

    /// Polls until a time; `wait` gives the seconds until the next poll.
    pub fn poll_until(&mut self, end: i64, days: Days, outcome: &mut Outcome, mut wait: impl FnMut(View) -> i64) {
        let measured = days.span();
        let entries = &self.stream.entries;
        while self.next < end {
            let now = self.next;
            outcome.polls += usize::from(measured.contains(&now));
            let mut there = self.known;
            while there < entries.len() && entries[there] <= now {
                there += 1;
            }
            let oldest = there.saturating_sub(self.stream.window);
            let new = self.known.max(oldest);
            let is_measured = |&i: &usize| measured.contains(&entries[i]);
            outcome.missed.extend((self.known..new).filter(is_measured).map(|i| (self.index, i)));
            outcome.delays.extend((new..there).filter(is_measured).map(|i| (self.index, now - entries[i])));
            self.next = now + wait(View { now, document: &entries[oldest..there], new: there - new }).max(1);
            self.known = there;
        }
    }
}
