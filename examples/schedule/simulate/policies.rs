//! The policies of others, as their programs have them, each with a scale that makes its polls as many as ours.

use super::replay::View;
use super::streams::{DAY, HOUR, MINUTE};

/// A policy of another program. `f64`: by how much its times are scaled.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Policy {
    /// Every source after the same time.
    Fixed,
    /// Miniflux, `POLLING_SCHEDULER=entry_frequency`: the mean time between the entries of the last week over a factor, between 5 minutes
    /// and 24 hours. What is scaled is the factor.
    MinifluxFactor,
    /// The same, with the bounds scaled too.
    MinifluxAll,
    /// CommaFeed, `interval-empirical`: half the mean time between the document's entries, between 5 minutes and an hour; an hour, two and
    /// four after 7, 14 and 30 days of silence. What is scaled are the bounds.
    CommaFeedBounds,
    /// The same, with the half scaled too.
    CommaFeedAll,
    /// Media Cloud's rss-fetcher: an hour less where less than 33 % of a document is known, ten minutes more (an hour after a month of
    /// silence) where 67 % or more is; from 6 hours, between 10 minutes and 24 hours. All times are scaled.
    MediaCloud,
}

/// All of them, with the names in the table.
pub const POLICIES: [(Policy, &str); 6] = [
    (Policy::Fixed, "fixed interval"),
    (Policy::MinifluxFactor, "Miniflux, factor scaled"),
    (Policy::MinifluxAll, "Miniflux, all scaled"),
    (Policy::CommaFeedBounds, "CommaFeed, bounds scaled"),
    (Policy::CommaFeedAll, "CommaFeed, all scaled"),
    (Policy::MediaCloud, "Media Cloud"),
];

/// What a policy remembers of a source.
pub struct Memory {
    /// The published times that it has seen in the last week.
    week: std::collections::VecDeque<i64>,
    /// The interval in force, in seconds.
    interval: f64,
    last_new: i64,
    polled_before: bool,
}

impl Policy {
    pub fn begin(self, scale: f64) -> Memory {
        Memory { week: Default::default(), interval: 6.0 * HOUR as f64 * scale, last_new: i64::MIN / 2, polled_before: false }
    }

    /// Seconds until the next poll.
    pub fn wait(self, memory: &mut Memory, view: &View, scale: f64) -> i64 {
        let new = &view.document[view.document.len() - view.new..];
        if view.new > 0 {
            memory.last_new = view.now;
        }
        let wait = match self {
            Self::Fixed => 30.0 * MINUTE as f64 * scale,
            Self::MinifluxFactor => miniflux(memory, new, view.now, 1.0 / scale, 1.0),
            Self::MinifluxAll => miniflux(memory, new, view.now, 1.0 / scale, scale),
            Self::CommaFeedBounds => commafeed(view, 1.0, scale),
            Self::CommaFeedAll => commafeed(view, scale, scale),
            Self::MediaCloud => media_cloud(memory, view, scale),
        };
        memory.polled_before = true;
        wait as i64
    }
}

/// `internal/model/feed.go`, `ScheduleNextCheck`, and `internal/storage/feed.go`, `WeeklyFeedEntryCount`.
fn miniflux(memory: &mut Memory, new: &[i64], now: i64, factor: f64, bounds: f64) -> f64 {
    memory.week.extend(new);
    while memory.week.front().is_some_and(|&time| time < now - 7 * DAY) {
        memory.week.pop_front();
    }
    let (least, most) = (5.0 * MINUTE as f64 * bounds, DAY as f64 * bounds);
    let (Some(&first), Some(&last)) = (memory.week.front(), memory.week.back()) else { return most };
    if memory.week.len() < 2 || first == last {
        return most;
    }
    let mean = (last - first) as f64 / (memory.week.len() - 1) as f64;
    let weekly = (7.0 * DAY as f64 / mean).ceil();
    (7.0 * DAY as f64 / (weekly * factor)).min(most).max(least)
}

/// `FeedRefreshIntervalCalculator.java`, `computeEmpiricalRefreshInterval`; `FeedParser.java`, `averageTimeBetweenEntries`.
fn commafeed(view: &View, half: f64, bounds: f64) -> f64 {
    let (least, most) = (5.0 * MINUTE as f64 * bounds, 4.0 * HOUR as f64 * bounds);
    let (Some(&first), Some(&last)) = (view.document.first(), view.document.last()) else { return most };
    match (view.now - last) / DAY {
        30.. => most,
        14.. => most / 2.0,
        7.. => most / 4.0,
        _ if view.document.len() > 1 => {
            ((last - first) as f64 / (view.document.len() - 1) as f64 / 2.0 * half).max(least).min(most / 4.0)
        }
        _ => most,
    }
}

/// `fetcher/tasks.py`, `_check_auto_adjust` and the two functions that it calls.
fn media_cloud(memory: &mut Memory, view: &View, scale: f64) -> f64 {
    if !memory.polled_before {
        return memory.interval;
    }
    let minutes = |minutes: f64| minutes * MINUTE as f64 * scale;
    let known = if view.new == 0 { 101.0 } else { 100.0 * (1.0 - view.new as f64 / view.document.len() as f64) };
    if known >= 67.0 {
        let recent = (view.now - memory.last_new) / DAY <= 31 || known < 100.0;
        memory.interval = (memory.interval + minutes(if recent { 10.0 } else { 60.0 })).min(minutes(24.0 * 60.0));
    } else if known < 33.0 {
        let usual = minutes(6.0 * 60.0);
        memory.interval = if memory.interval > usual { usual } else { memory.interval - minutes(60.0) };
        memory.interval = memory.interval.max(minutes(10.0));
    }
    memory.interval
}
