//! How often a source publishes at a given time: a rate over the hours of its local week, and what recent entries add to it.
//!
//! The rate at time t is `base · day(t) · quarter(t)`, a Poisson process with a weekly profile; each entry then raises it for a while
//! (Hawkes, *Spectra of some self-exciting and mutually exciting point processes*, Biometrika 58(1), 1971, with an exponential kernel).
//! Each part is a mean of what was counted and of a prior, weighted by the evidence: Gamma–Poisson for the base, Dirichlet–multinomial
//! for the two factors of the profile. So a source of which nothing is known behaves as an average newsroom does.

use crate::model::{Habits, PARTS};

pub(super) const DAY: i64 = 24 * 3600;
/// A slot of the daily profile, in seconds: fine enough for a bulletin at a fixed time, and coarse enough to be learned.
pub(super) const QUARTER: i64 = 15 * 60;
pub(super) const QUARTERS: usize = 96;

/// How long an entry makes others likely, in seconds: the time constant of the kernel.
pub(super) const EXCITED: f64 = 45.0 * 60.0;
/// Entries that a new source is assumed to publish in an hour: about ten a day.
const PRIOR_RATE: f64 = 0.4;
/// How many entries that assumption is worth.
const PRIOR_ENTRIES: f64 = 0.5;
/// How many entries the assumed profile of the day is worth, and that of the week.
const PRIOR_QUARTERS: f64 = 40.0;
const PRIOR_DAYS: f64 = 30.0;
/// The assumed share of entries that follow others, and how many entries that assumption is worth.
const PRIOR_FOLLOWERS: f64 = 0.15;
const PRIOR_JUDGED: f64 = 10.0;
/// The largest share that is believed: at 1 the process would explode.
pub(super) const MOST_FOLLOWERS: f64 = 0.8;

/// Articles by the hour of their making: 761 addresses in DANeS (632 Vietnamese hosts, 2021) carry it. Smoothed, and raised where there
/// were few.
const HOURS: [f64; 24] =
    [0.45, 0.35, 0.3, 0.3, 0.25, 0.3, 0.5, 0.8, 1.2, 1.7, 2.3, 2.4, 2.1, 1.6, 1.5, 1.6, 1.6, 1.2, 0.8, 0.6, 0.55, 0.6, 0.7, 0.55];
/// From Monday. Offices are shut at weekends, papers are not.
const DAYS: [f64; 7] = [1.1, 1.1, 1.1, 1.1, 1.1, 0.8, 0.7];

/// A source's rhythm, ready to be asked.
#[derive(Clone, Debug)]
pub(super) struct Rhythm<'a> {
    /// Entries a second at a time of average activity, without what others bring on.
    pub base: f64,
    /// What was counted in each quarter hour: most of them are never asked for.
    parts: &'a [u16; QUARTERS],
    /// Entries in all of them, with those that are assumed.
    all: f64,
    /// Factor of each day, 1 on average.
    days: [f64; 7],
    /// Share of the entries that others bring on.
    pub following: f64,
}

impl<'a> Rhythm<'a> {
    /// The rhythm that habits show.
    pub fn of(habits: &'a Habits) -> Self {
        let entries = count(habits.entries) + PRIOR_ENTRIES;
        let hours = f64::from(habits.exposure_seconds) / 3600.0 + PRIOR_ENTRIES / PRIOR_RATE;
        let followers = count(habits.followers) + PRIOR_FOLLOWERS * PRIOR_JUDGED;
        let following = (followers / (count(habits.judged) + PRIOR_JUDGED)).min(MOST_FOLLOWERS);
        let parts: &[u16; QUARTERS] = habits.quarters.as_flattened().try_into().expect("a day has so many quarter hours");
        let all = count(parts.iter().map(|&parts| u32::from(parts)).sum::<u32>()) + PRIOR_QUARTERS;
        Self { base: entries / hours / 3600.0, parts, all, days: days(habits), following }
    }

    /// Factor of a quarter hour, 1 on average.
    fn quarter(&self, i: usize) -> f64 {
        // The day is a ring: the last quarter stands before the first one, and the first behind the last.
        let (before, behind) = ((i + QUARTERS - 1) % QUARTERS, (i + 1) % QUARTERS);
        let [before, here, behind] = [before, i, behind].map(|i| count(self.parts[i]));
        // A neighbour's entry might as well have come here.
        let near = here / 2.0 + (behind + before) / 4.0;
        (near + QUARTER_PRIORS[i]) / self.all * QUARTERS as f64
    }

    /// How active the source is at a local time, without what recent entries add: 1 on average over the week.
    pub fn activity(&self, local: i64) -> f64 {
        self.quarter(quarter_of(local)) * self.days[day_of(local)]
    }

    /// Entries a second over the week, with those that others bring on.
    pub fn mean_rate(&self) -> f64 {
        self.base / (1.0 - self.following)
    }

    /// Tells of each quarter hour of a week its activity and the square root of it.
    pub fn each_activity(&self, mut tell: impl FnMut(f64, f64)) {
        let quarters: [f64; QUARTERS] = std::array::from_fn(|i| self.quarter(i));
        let quarter_roots = quarters.map(f64::sqrt);
        for day in self.days {
            let day_root = day.sqrt();
            quarters.iter().zip(quarter_roots).for_each(|(quarter, root)| tell(day * quarter, day_root * root));
        }
    }

    /// Entries a second that are expected at a local time, `after` seconds since there was this much excitement.
    pub fn rate(&self, local: i64, after: f64, excitement: f64) -> f64 {
        let base = self.base * self.activity(local);
        // The excitement that is there fades, and what the base brings in the meantime builds up new one.
        let fading = (-(1.0 - self.following) * after / EXCITED).exp();
        let brought_on = self.following / (1.0 - self.following) * (1.0 - fading);
        base * (1.0 + brought_on) + self.following / EXCITED * excitement * fading
    }
}

/// A count in entries.
pub(super) fn count(parts: impl Into<u32>) -> f64 {
    f64::from(parts.into()) / f64::from(PARTS)
}

pub(super) fn quarter_of(local: i64) -> usize {
    (local.rem_euclid(DAY) / QUARTER) as usize
}

/// The day of the week of a local time, from Monday.
pub(super) fn day_of(local: i64) -> usize {
    // 1970-01-01 was a Thursday.
    (local.div_euclid(DAY) + 3).rem_euclid(7) as usize
}

/// What is assumed of each quarter hour, in entries.
const QUARTER_PRIORS: [f64; QUARTERS] = {
    let (mut all, mut priors, mut i) = (0.0, [0.0; QUARTERS], 0);
    while i < HOURS.len() {
        all += HOURS[i];
        i += 1;
    }
    i = 0;
    while i < QUARTERS {
        priors[i] = PRIOR_QUARTERS * HOURS[i / 4] / (all * 4.0);
        i += 1;
    }
    priors
};

fn days(habits: &Habits) -> [f64; 7] {
    let total: f64 = habits.days.iter().map(|&parts| count(parts)).sum();
    let prior: f64 = DAYS.iter().sum();
    std::array::from_fn(|i| 7.0 * (count(habits.days[i]) + PRIOR_DAYS * DAYS[i] / prior) / (total + PRIOR_DAYS))
}

/// What habits come to, for people.
#[derive(Clone, Debug, PartialEq)]
pub struct Outlook {
    /// Entries a day.
    pub per_day: f64,
    /// The share of the entries that follows soon upon others.
    pub following: f64,
    /// The share of a day's entries that comes in each hour.
    pub hours: [f64; 24],
    /// The share of a week's entries that comes on each day, from Monday.
    pub days: [f64; 7],
}

/// What habits come to, for people.
pub fn outlook(habits: &Habits) -> Outlook {
    let rhythm = Rhythm::of(habits);
    Outlook {
        per_day: rhythm.mean_rate() * DAY as f64,
        following: rhythm.following,
        hours: std::array::from_fn(|hour| (4 * hour..4 * hour + 4).map(|i| rhythm.quarter(i)).sum::<f64>() / QUARTERS as f64),
        days: rhythm.days.map(|day| day / 7.0),
    }
}
