//! What one more poll must be worth, so that all polls together are as many as the budget allows.

use super::rhythm::Rhythm;

/// Levels of activity that a source's week is divided into, each twice as high as the one before: the lowest is below 1/64 of the average.
const LEVELS: usize = 12;
/// The level of an activity from 1 to 2.
const AVERAGE: i64 = 7;

/// What one source asks of the budget.
#[derive(Clone, Copy, Debug)]
pub struct Demand {
    /// For each level, the share of the week that it is, and polls a second in it at a price of one entry-second, without bounds.
    levels: [(f32, f32); LEVELS],
    /// Polls a second at the longest interval.
    least: f64,
    /// Polls a second at the shortest interval.
    most: f64,
}

impl Demand {
    pub(super) fn new(rhythm: &Rhythm, least_seconds: f64, most_seconds: f64) -> Self {
        let rate = rhythm.base / (1.0 - rhythm.following);
        let mut sums = [(0u32, 0.0); LEVELS];
        for activity in rhythm.activities() {
            let level = (activity.log2().floor() as i64 + AVERAGE).clamp(0, LEVELS as i64 - 1) as usize;
            sums[level].0 += 1;
            sums[level].1 += activity.sqrt();
        }
        let all: u32 = sums.iter().map(|(count, _)| count).sum();
        let levels = sums.map(|(count, roots)| {
            let mean = if count == 0 { 0.0 } else { roots / f64::from(count) };
            (count as f32 / all as f32, ((rate / 2.0).sqrt() * mean) as f32)
        });
        Self { levels, least: 1.0 / most_seconds, most: 1.0 / least_seconds }
    }

    /// Polls a second at a price, over a whole week.
    fn at(&self, price: f64) -> f64 {
        let root = price.sqrt();
        self.levels.iter().map(|&(share, free)| f64::from(share) * (f64::from(free) / root).clamp(self.least, self.most)).sum()
    }
}

/// The price at which the sources are polled `budget` times a second: bisection on its logarithm.
pub fn price(demands: &[Demand], budget: f64) -> f64 {
    let (mut low, mut high) = (1e-6f64.ln(), 1e12f64.ln());
    for _ in 0..40 {
        let middle = (low + high) / 2.0;
        let polls: f64 = demands.iter().map(|demand| demand.at(middle.exp())).sum();
        if polls > budget { low = middle } else { high = middle }
    }
    high.exp()
}
