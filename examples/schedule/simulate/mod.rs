//! Policies of polling, compared on the same entries at the same number of requests.

pub mod ours;
pub mod policies;
pub mod replay;
pub mod streams;

use policies::Policy;
use replay::{Days, Outcome, Watched};
use streams::Stream;

/// How near the numbers of requests must come to each other, as a share.
const NEAR: f64 = 0.003;

/// What another policy does with the sources when its times are scaled. No policy asks a source more often than after `floor` seconds:
/// manners are the same for all.
pub fn replay(policy: Policy, streams: &[Stream], days: Days, floor: i64, scale: f64) -> Outcome {
    let mut outcome = Outcome::default();
    for (index, stream) in streams.iter().enumerate() {
        let mut memory = policy.begin(scale);
        let mut watched = Watched::new(stream, index);
        watched.poll_until(days.end(), days, &mut outcome, |view| policy.wait(&mut memory, &view, scale).max(floor));
    }
    outcome
}

/// The same at the scale at which it makes as many requests as are given, and that scale.
pub fn replay_at(policy: Policy, streams: &[Stream], days: Days, floor: i64, polls: usize) -> (Outcome, f64) {
    let (mut low, mut high, mut scale) = (1e-4f64, 1e4f64, 1.0);
    let mut outcome = replay(policy, streams, days, floor, scale);
    for _ in 0..16 {
        let ratio = outcome.polls as f64 / polls as f64;
        if (ratio - 1.0).abs() < NEAR {
            break;
        }
        *(if ratio > 1.0 { &mut low } else { &mut high }) = scale;
        // Requests go nearly with the inverse of the scale; where they do not, halve.
        let guess = scale * ratio;
        scale = if guess > low && guess < high { guess } else { (low * high).sqrt() };
        outcome = replay(policy, streams, days, floor, scale);
    }
    (outcome, scale)
}
