//! What many sources cost: decisions a second, and bytes a source.

use std::time::Instant;

use diemtin::flow::schedule::{Answered, Read, is_due, next, prices};
use diemtin::model::{Asked, Habits, Source, SourceState};
use jiff::{SignedDuration, Timestamp};

use crate::simulate::ours::{self, Setting};
use crate::simulate::replay::DAYS;
use crate::simulate::streams::streams;

/// Sources that are polled for seven weeks; the others have the habits of one of these.
const LEARNED: usize = 1000;

/// Measures on as many sources.
#[expect(clippy::disallowed_methods, reason = "an example measures itself")]
pub fn measure(count: usize) -> anyhow::Result<()> {
    let setting = Setting::every(15);
    let fetch = setting.fetch();
    let (_, learned) = ours::replay(&streams(LEARNED, DAYS.all(), 1), DAYS, setting);
    let now = learned.iter().map(|state| state.checked).max().unwrap_or(Timestamp::UNIX_EPOCH);
    let mut sizes: Vec<usize> =
        learned.iter().map(|state| postcard::to_stdvec(&state.habits).map(|bytes| bytes.len())).collect::<Result<_, _>>()?;
    sizes.sort_unstable();
    println!("habits in memory: {} bytes, in a state of {}", size_of::<Habits>(), size_of::<SourceState>());
    println!(
        "habits in the store: {} bytes on average, {} at most",
        sizes.iter().sum::<usize>() / sizes.len(),
        sizes[sizes.len() - 1]
    );
    let sources: Vec<Source> = (0..count).map(|index| ours::source(index, false)).collect();
    let states: Vec<SourceState> = learned.iter().cycle().take(count).cloned().collect();
    println!("{count} sources");

    let begin = Instant::now();
    let prices = prices(sources.iter().zip(states.iter().map(Some)), &fetch);
    println!("the price: {:.2} s", begin.elapsed().as_secs_f64());

    let begin = Instant::now();
    let due = sources.iter().zip(&states).filter(|(source, state)| is_due(source, Some(state), now)).count();
    told("looks at whether a source is due", count, begin, due);

    let (new, read) = ([Some(now - SignedDuration::from_mins(7)), None], Read { entries: 30, asked: Asked::default() });
    let answered = Answered { new: &new, document: Some(read) };
    let begin = Instant::now();
    let later = now + SignedDuration::from_mins(20);
    let ahead = sources.iter().zip(&states).map(|(source, state)| {
        let plan = next(source, Some(state), answered, None, &fetch, prices.of(source), later);
        plan.next.as_second() - later.as_second()
    });
    let ahead = ahead.sum::<i64>() / i64::try_from(count)?;
    told("decisions after a poll, learning included", count, begin, usize::try_from(ahead)?);
    Ok(())
}

fn told(what: &str, count: usize, begin: Instant, result: usize) {
    let seconds = begin.elapsed().as_secs_f64();
    println!("{what}: {:.1} million a second on one core ({seconds:.2} s; result {result})", count as f64 / seconds / 1e6);
}
