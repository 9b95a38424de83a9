//! The embedded store at size: what stories take on disk and in memory, how long it takes to open, and whether a poll costs the same
//! whether the store holds ten thousand of them or a million.
//!
//! `cargo bench --bench store` fills one store step by step to a million stories, and measures at each; `-- 100000` ends there. It takes
//! a quarter of an hour, and about 2 GB below target/. `-- turnover` shows what a store takes whose stories are all replaced twenty times.
//! Linux only: it reads /proc.

#[path = "../pass/meter.rs"]
mod meter;
mod news;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use diemtin::edge::store::Store;
use diemtin::flow::dedupe::{self, Decision, Gists, Ground, Named};
use diemtin::model::{Batch, Known, Source};
use jiff::Timestamp;
use meter::Meter;

/// Where it is measured, in stories.
const SIZES: [u32; 3] = [10_000, 100_000, 1_000_000];
/// Stories of one commit while the store is filled, as when a dump is loaded.
const FILL: u32 = 999;
/// Stories that are held while all are replaced, and how often they are.
const HELD: u32 = 21_000;
const TURNS: u32 = 21;
/// The rest after each: sled clears up what was written anew in pauses, and has long ones where a year's news come in a year.
const REST: Duration = Duration::from_millis(250);
/// Polls that are measured at each size, one of each source, after as many that are not: what a service asks again and again is in memory.
const POLLS: u32 = news::SOURCES;
/// What a source's document holds: what is new, and what its last polls brought.
const POLLS_SHOWN: u32 = 10;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["fill", folder, from, to] => numbers(from, to).and_then(|(from, to)| fill(Path::new(folder), from, to)),
        ["open", folder] => open(Path::new(folder)),
        ["measure", folder, stories] => numbers(stories, "0").and_then(|(stories, _)| measure(Path::new(folder), stories)),
        ["compact", folder] => compact(Path::new(folder)),
        ["turnover"] => turnover(),
        [most] => numbers(most, "0").and_then(|(most, _)| benchmark(most)),
        _ => benchmark(u32::MAX),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn numbers(one: &str, two: &str) -> anyhow::Result<(u32, u32)> {
    Ok((one.parse()?, two.parse()?))
}

fn benchmark(most: u32) -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let store = folder.path().join("data");
    println!("   stories   on disk   a story   poll: wall    CPU   written  peak memory");
    let mut from = 0;
    for stories in SIZES.into_iter().filter(|size| *size <= most) {
        let name = store.to_str().context("the target folder's name is not UTF-8")?;
        run(&["fill", name, &from.to_string(), &stories.to_string()])?;
        run(&["open", name])?;
        run(&["measure", name, &stories.to_string()])?;
        from = stories.next_multiple_of(news::NEW) + 2 * POLLS * news::NEW;
    }
    run(&["compact", store.to_str().context("the target folder's name is not UTF-8")?])
}

const MEGA: u64 = 1_000_000;

/// A process of its own for each measurement, so that none profits from memory that another warmed.
fn run(mode: &[&str]) -> anyhow::Result<()> {
    let status = Command::new(std::env::current_exe()?).args(mode).stdin(Stdio::null()).status()?;
    ensure!(status.success(), "{} failed", mode[0]);
    Ok(())
}

/// Sources that are polled in turn.
struct Newsroom {
    store: Store,
    sources: Vec<Source>,
    gists: Gists,
}

impl Newsroom {
    fn open(folder: &Path) -> anyhow::Result<Self> {
        let sources = (0..news::SOURCES).map(news::source).collect::<anyhow::Result<_>>()?;
        Ok(Self { store: Store::open(folder)?, sources, gists: Gists::default() })
    }

    /// What a poll brings: three new stories, and what its source's last polls brought.
    fn named(&self, poll: u32, polls_shown: u32) -> Vec<Named> {
        let polls = (0..polls_shown).filter_map(|back| poll.checked_sub(back * news::SOURCES));
        let document: Vec<_> = polls.flat_map(news::stories).map(news::entry).collect();
        dedupe::name(&self.sources[(poll % news::SOURCES) as usize], &document, now(poll))
    }

    fn decide(&self, named: &[Named], known: &Known, poll: u32) -> Decision {
        dedupe::decide(named, known, &Ground { baseline: false, gists: &self.gists, rank: &|_| 0, now: now(poll) })
    }

    /// One poll as `pipeline/poll.rs` makes it, from the parsed document on: named, looked up, judged, committed.
    async fn poll(&self, poll: u32) -> anyhow::Result<()> {
        let named = self.named(poll, POLLS_SHOWN);
        let mut known = self.store.known(&dedupe::lookups(&named))?;
        self.store.near(&dedupe::searches(&named, &known, &self.gists), &mut known)?;
        let decision = self.decide(&named, &known, poll);
        ensure!(decision.new == news::NEW as usize, "{} entries were new", decision.new);
        let source = Some((self.sources[(poll % news::SOURCES) as usize].id.clone(), news::state(now(poll))));
        let based_on = Some(decision.based_on);
        Ok(self.store.commit(Batch { source, stories: decision.stories, based_on, ..Batch::default() }).await?)
    }
}

/// When a poll is: just after its stories were published.
fn now(poll: u32) -> Timestamp {
    news::time(news::stories(poll).end)
}

/// How much a store takes that holds the last so many stories, while they are all replaced so many times.
fn turnover() -> anyhow::Result<()> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    println!("      turn   stories     names   sled's files   the stories' files");
    for turn in 0..TURNS {
        fill(folder.path(), turn * HELD, (turn + 1) * HELD)?;
        let room = Newsroom::open(folder.path())?;
        runtime()?.block_on(async {
            // What the turn before this one has left is needed no more.
            let left = room.store.pruned_after(None, usize::MAX)?;
            prune(&room.store, news::time(turn * HELD)).await?;
            room.store.expire(left).await?;
            // As the service does once a day; then space is given back.
            room.store.inspect().await?;
            tokio::time::sleep(REST * 20).await;
            anyhow::Ok(())
        })?;
        let stats = room.store.stats()?;
        let of = |what: &str| stats.iter().find(|(name, _)| *name == what).map_or(0, |(_, number)| *number);
        let (sled, stories) = (of("bytes of sled's files") / MEGA, of("bytes of the stories' files") / MEGA);
        let names = of("names of entries");
        println!("{:>10} {:>9} {names:>9} {sled:>11} MB {stories:>17} MB", turn + 1, of("stories"));
    }
    Ok(())
}

async fn prune(store: &Store, before: Timestamp) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let stories = store.stories_after(after, 500)?;
        let Some(last) = stories.last() else { return Ok(()) };
        after = Some(last.id);
        let old = stories.iter().filter(|story| story.arrived < before).map(|story| (story.id, story.seq));
        store.remove(old.collect(), before).await?;
    }
}

fn compact(folder: &Path) -> anyhow::Result<()> {
    let meter = Meter::start()?;
    let (before, after) = Store::compact(folder)?;
    let (cost, memory) = (meter.cost()?, meter::peak_memory_bytes()? as u64 / MEGA);
    println!("compacted: {} MB instead of {} MB, in {:.0} s, {memory} MB", after / MEGA, before / MEGA, cost.wall_seconds);
    Ok(())
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?)
}

/// Stores the stories of whole polls without asking for near copies: there are none.
fn fill(folder: &Path, from: u32, to: u32) -> anyhow::Result<()> {
    let room = Newsroom::open(folder)?;
    runtime()?.block_on(async {
        let mut batch = Batch::default();
        for poll in from.div_ceil(news::NEW)..to.div_ceil(news::NEW) {
            batch.stories.extend(room.decide(&room.named(poll, 1), &Known::default(), poll).stories);
            if batch.stories.len() >= FILL as usize {
                room.store.commit(std::mem::take(&mut batch)).await?;
                tokio::time::sleep(REST).await;
            }
        }
        Ok(room.store.commit(batch).await?)
    })
}

fn open(folder: &Path) -> anyhow::Result<()> {
    let meter = Meter::start()?;
    let store = Store::open(folder)?;
    let seconds = meter.cost()?.wall_seconds;
    println!("opened in {seconds:.2} s, and {} MB of memory then", meter::peak_memory_bytes()? as u64 / MEGA);
    drop(store);
    Ok(())
}

fn measure(folder: &Path, stories: u32) -> anyhow::Result<()> {
    let room = Newsroom::open(folder)?;
    let stats = room.store.stats()?;
    let of = |what: &str| stats.iter().find(|(name, _)| *name == what).map_or(0, |(_, number)| *number);
    let (bytes, count) = (of("bytes of sled's files") + of("bytes of the stories' files"), of("stories"));
    let polled = runtime()?.block_on(async {
        room.store.inspect().await?;
        let first = stories.div_ceil(news::NEW);
        for poll in first..first + POLLS {
            room.poll(poll).await?;
        }
        let meter = Meter::start()?;
        for poll in first + POLLS..first + 2 * POLLS {
            room.poll(poll).await?;
        }
        anyhow::Ok(meter.cost()?.of_each(POLLS))
    })?;
    println!(
        "{count:>10} {:>6} MB {:>7} B {:>10.2} ms {:>5.2} ms {:>5.0} kB {:>9} MB",
        bytes / MEGA,
        bytes / count.max(1),
        polled.wall_seconds * 1e3,
        polled.cpu_seconds * 1e3,
        polled.written_bytes / 1e3,
        meter::peak_memory_bytes()? as u64 / MEGA
    );
    Ok(())
}
