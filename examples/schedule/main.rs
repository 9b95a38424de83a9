//! Which policy of polling finds news soonest, for the same number of requests.
//!
//!     cargo run --release --example schedule                                  # 1,000 sources, a budget of one request in 30 minutes
//!     cargo run --release --example schedule -- --every 15 --seed 2           # another budget, other sources
//!     cargo run --release --example schedule -- --min-every 1                 # another floor, for everybody
//!     cargo run --release --example schedule -- --undated                     # ours does not see when entries were published
//!     cargo run --release --example schedule -- --crowd 300                   # so many of the sources are of one host
//!     cargo run --release --example schedule -- --capacity                    # a million sources: decisions a second, bytes a source
//!
//! The sources are invented and seeded (`simulate/streams.rs`), the other policies are those of the programs named
//! (`simulate/policies.rs`). Each is scaled until it makes as many requests as ours. docs/schedule.md has the results.

mod capacity;
mod simulate;

use std::collections::HashSet;
use std::time::Duration;

use simulate::ours::{self, Setting};
use simulate::policies::POLICIES;
use simulate::replay::{DAYS, Outcome};
use simulate::replay_at;
use simulate::streams::{MIX, Stream, streams};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    let number = |name: &str, default: u64| -> anyhow::Result<u64> {
        let at = arguments.iter().position(|argument| argument == name);
        Ok(at.and_then(|at| arguments.get(at + 1)).map(|text| text.parse()).transpose()?.unwrap_or(default))
    };
    if has("--capacity") {
        return capacity::measure(usize::try_from(number("--sources", 1_000_000)?)?);
    }
    let sources = usize::try_from(number("--sources", 1000)?)?;
    let (every, seed) = (number("--every", 30)?, number("--seed", 1)?);
    let min_every = Duration::from_secs(60 * number("--min-every", 5)?);
    let crowd = usize::try_from(number("--crowd", 0)?)?;
    let setting = Setting { min_every, dated: !has("--undated"), crowd, ..Setting::every(every) };
    compare(&streams(sources, DAYS.all(), seed), setting, seed);
    Ok(())
}

fn compare(streams: &[Stream], setting: Setting, seed: u64) {
    let (ours, _) = ours::replay(streams, DAYS, setting);
    let budget = streams.len() as f64 * (DAYS.measured * 24 * 60) as f64 / (setting.every.as_secs() as f64 / 60.0);
    println!("{} sources, seed {seed}, {} entries in {} days", streams.len(), ours.delays.len(), DAYS.measured);
    println!(
        "{} requests, {:.1} % of one a source in {} minutes\n",
        ours.polls,
        100.0 * ours.polls as f64 / budget,
        setting.every.as_secs() / 60
    );
    print!("{:26} {:>8} {:>7} {:>7} {:>7}", "policy", "requests", "mean", "95 %", "missed");
    MIX.iter().for_each(|(kind, _)| print!(" {:>9}", format!("{kind:?}").to_lowercase()));
    println!("  (delays in minutes)");
    row("ours", &ours, streams);
    let mut caught_by_others: HashSet<(usize, usize)> = HashSet::new();
    let mut best = f64::INFINITY;
    for (policy, name) in POLICIES {
        let floor = i64::try_from(setting.min_every.as_secs()).unwrap_or(i64::MAX);
        let (outcome, scale) = replay_at(policy, streams, DAYS, floor, ours.polls);
        row(&format!("{name} ×{scale:.3}"), &outcome, streams);
        best = best.min(outcome.mean());
        let missed: HashSet<_> = outcome.missed.into_iter().collect();
        caught_by_others.extend(ours.missed.iter().filter(|entry| !missed.contains(entry)));
    }
    println!(
        "\nours: {:.2} of the best other mean; {} entries missed that another caught",
        ours.mean() / best,
        caught_by_others.len()
    );
}

fn row(name: &str, outcome: &Outcome, streams: &[Stream]) {
    let minutes = |seconds: f64| seconds / 60.0;
    let (mean, most) = (minutes(outcome.mean()), minutes(outcome.quantile(0.95) as f64));
    print!("{name:26} {:>8} {mean:>7.1} {most:>7.1} {:>7}", outcome.polls, outcome.missed.len());
    for (kind, _) in MIX {
        print!(" {:>9.1}", minutes(outcome.mean_of(|source| streams[source].kind == kind)));
    }
    println!();
}
