//! What one more poll must be worth, so that all polls together are as many as the budget allows.
//!
//! The budget is one request for each source in every `fetch.every`, over the week: as many as if all were asked after the same time. A
//! host with many sources has one of its own. At a price θ a source of rate λ is asked every √(2θ/λ): the price is the Lagrange multiplier
//! that makes the sum of all these the budget (the best frequencies go with the square root of the rates: Sia, Cho, Cho, IEEE TKDE 19(7), 2007).
//! What a crowded host's own budget leaves of the share that its sources would have is spent at the others, where it saves the most.

use std::collections::BTreeMap;

use crate::flow::schedule::rhythm::Rhythm;
use crate::model::{FetchSettings, Habits, Source, SourceState};

/// Levels of activity that a source's week is divided into, each twice as high as the one before: the lowest is below 1/64 of the average.
const LEVELS: usize = 12;
/// The level of an activity from 1 to 2.
const AVERAGE: i32 = 7;
/// Requests a second to the sources of one host, on average: one in 30 seconds. A paper with 40 sections is so asked for each of them every
/// 20 minutes on average. Beside this there is the spacing of requests, which is the fetcher's.
const OF_ONE_HOST: f64 = 1.0 / 30.0;
/// Prices between which the right one is looked for, in entry-seconds: below the lowest all sources are asked as often as they may be,
/// above the highest as seldom.
const LOWEST: f64 = 1e-6;
const HIGHEST: f64 = 1e12;
/// Halvings of that range on a logarithmic scale: the price is exact to some millionths.
const HALVINGS: u32 = 24;

/// What one more request must be worth, in entry-seconds of waiting.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Prices {
    all: f64,
    /// Of the hosts that would be asked more often than is good.
    hosts: BTreeMap<String, f64>,
}

impl Prices {
    /// The price of a request to a source.
    pub fn of(&self, source: &Source) -> f64 {
        self.hosts.get(host(source)).copied().unwrap_or(self.all)
    }
}

/// The prices that follow from what is known of the sources. Those whose interval is fixed, that are not enabled or that fail take no part.
pub fn prices<'a>(sources: impl Iterator<Item = (&'a Source, Option<&'a SourceState>)>, fetch: &FetchSettings) -> Prices {
    let unknown = Habits::default();
    let mut hosts: BTreeMap<&str, Vec<Demand>> = BTreeMap::new();
    for (source, state) in sources {
        if source.enabled && source.every.is_none() && state.is_none_or(|state| state.failures == 0) {
            let habits = state.and_then(|state| state.habits.as_ref()).unwrap_or(&unknown);
            hosts.entry(host(source)).or_default().push(Demand::new(&Rhythm::of(habits), fetch));
        }
    }
    let count = hosts.values().map(Vec::len).sum::<usize>();
    let budget = count as f64 / fetch.every.as_secs_f64();
    let all = price(budget, |price| hosts.values().map(|demands| within_host(demands, price)).sum());
    let asked_too_often = hosts.iter().filter(|(_, demands)| polls(demands, all) > OF_ONE_HOST);
    let hosts = asked_too_often.map(|(&host, demands)| (host.to_owned(), price(OF_ONE_HOST, |price| polls(demands, price))));
    Prices { all, hosts: hosts.collect() }
}

fn host(source: &Source) -> &str {
    source.url().host_str().unwrap_or_default()
}

/// Polls a second of some sources at a price.
fn polls(demands: &[Demand], price: f64) -> f64 {
    demands.iter().map(|demand| demand.at(price)).sum()
}

/// The same of the sources of one host: no more than its own budget, or than they need at the longest intervals.
fn within_host(demands: &[Demand], price: f64) -> f64 {
    let polls = polls(demands, price);
    if polls <= OF_ONE_HOST { polls } else { demands.iter().map(|demand| demand.least).sum::<f64>().max(OF_ONE_HOST) }
}

/// The price at which there are `budget` polls a second; `polls` tells how many there are at one.
fn price(budget: f64, polls: impl Fn(f64) -> f64) -> f64 {
    let (mut low, mut high) = (LOWEST.ln(), HIGHEST.ln());
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if polls(middle.exp()) > budget { low = middle } else { high = middle }
    }
    high.exp()
}

/// What one source asks of the budget.
#[derive(Clone, Copy, Debug)]
struct Demand {
    /// For each level, the share of the week that it is, and polls a second in it at a price of one entry-second, without bounds.
    levels: [(f32, f32); LEVELS],
    /// Polls a second at the longest and at the shortest interval.
    least: f64,
    most: f64,
}

impl Demand {
    fn new(rhythm: &Rhythm, fetch: &FetchSettings) -> Self {
        let mut sums = [(0u32, 0.0); LEVELS];
        rhythm.each_activity(|activity, root| {
            // The exponent of the number is the whole part of its logarithm: the logarithm itself would take most of the time.
            let exponent = ((activity.to_bits() >> 52) & 0x7ff) as i32 - 1023;
            let (count, roots) = &mut sums[(exponent + AVERAGE).clamp(0, LEVELS as i32 - 1).unsigned_abs() as usize];
            *count += 1;
            *roots += root;
        });
        let all: u32 = sums.iter().map(|(count, _)| count).sum();
        let root = (rhythm.mean_rate() / 2.0).sqrt();
        let levels = sums.map(|(count, roots)| {
            let mean = if count == 0 { 0.0 } else { roots / f64::from(count) };
            (count as f32 / all as f32, (root * mean) as f32)
        });
        Self { levels, least: 1.0 / fetch.max_every.as_secs_f64(), most: 1.0 / fetch.min_every.as_secs_f64() }
    }

    /// Polls a second at a price, over a whole week.
    fn at(&self, price: f64) -> f64 {
        let root = price.sqrt();
        let polls = |&(share, free): &(f32, f32)| f64::from(share) * (f64::from(free) / root).clamp(self.least, self.most);
        self.levels.iter().map(polls).sum()
    }
}
