//! The embedded store at size: what stories take on disk and in memory, how long it takes to open, and whether a poll costs the same
//! whether the store holds ten thousand of them or a million.
//!
//! `cargo bench --bench store` fills one store step by step to a million stories, and measures at each; `-- 100000` ends there. It takes
//! half an hour, and about 1.5 GB below target/. Linux only: it reads /proc.

#[path = "../pass/meter.rs"]
mod meter;
mod news;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;

use anyhow::{Context, ensure};
use diemtin::edge::store::Store;
use diemtin::flow::dedupe::{self, Gists, Ground};
use diemtin::model::Batch;
use meter::Meter;

/// Where it is measured, in stories.
const SIZES: [u32; 3] = [10_000, 100_000, 1_000_000];
/// Entries of one poll while the store is filled.
const FILL: u32 = 100;
/// Polls that are measured at each size, of so many entries, of which so many are new: those of a paper at noon.
const POLLS: u32 = 300;
const ENTRIES: u32 = 30;
const NEW: u32 = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments[..] {
        ["fill", folder, from, to] => numbers(from, to).and_then(|(from, to)| fill(Path::new(folder), from, to)),
        ["measure", folder, stories] => numbers(stories, "0").and_then(|(stories, _)| measure(Path::new(folder), stories)),
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
    println!("   stories   on disk   a story    open  and memory   poll: wall    CPU   written  peak memory");
    let mut from = 0;
    for stories in SIZES.into_iter().filter(|size| *size <= most) {
        let name = store.to_str().context("the target folder's name is not UTF-8")?;
        run(&["fill", name, &from.to_string(), &stories.to_string()])?;
        run(&["measure", name, &stories.to_string()])?;
        from = stories + ENTRIES + POLLS * NEW;
    }
    let (before, after) = Store::compact(&store)?;
    println!("compacted: {} MB instead of {} MB", after / MEGA, before / MEGA);
    Ok(())
}

const MEGA: u64 = 1_000_000;

/// A process of its own for each measurement, so that none profits from memory that another warmed.
fn run(mode: &[&str]) -> anyhow::Result<()> {
    let status = Command::new(std::env::current_exe()?).args(mode).stdin(Stdio::null()).status()?;
    ensure!(status.success(), "{} failed", mode[0]);
    Ok(())
}

/// What a poll brings into the store.
struct Poll<'a> {
    store: &'a Store,
    gists: Gists,
}

impl Poll<'_> {
    /// One poll as `pipeline/poll.rs` makes it, from the parsed document on: named, looked up, judged, committed.
    async fn of(&self, entries: std::ops::Range<u32>) -> anyhow::Result<usize> {
        let source = news::source(entries.start)?;
        let now = news::time(entries.end);
        let document: Vec<_> = entries.map(news::entry).collect();
        let named = dedupe::name(&source, &document, now);
        let mut known = self.store.known(&dedupe::lookups(&named))?;
        self.store.near(&dedupe::searches(&named, &known, &self.gists), &mut known)?;
        let decision = dedupe::decide(&named, &known, &Ground { baseline: false, gists: &self.gists, rank: &|_| 0, now });
        let new = decision.new;
        let state = Some((source.id.clone(), news::state(now)));
        self.store
            .commit(Batch { source: state, stories: decision.stories, based_on: Some(decision.based_on), ..Batch::default() })
            .await?;
        Ok(new)
    }
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?)
}

fn fill(folder: &Path, from: u32, to: u32) -> anyhow::Result<()> {
    let store = Arc::new(Store::open(folder)?);
    runtime()?.block_on(async {
        let poll = Poll { store: &store, gists: Gists::default() };
        let mut new = 0;
        for at in (from..to).step_by(FILL as usize) {
            new += poll.of(at..(at + FILL).min(to)).await?;
        }
        ensure!(new == (to - from) as usize, "of {} entries {new} were new", to - from);
        Ok(())
    })
}

fn measure(folder: &Path, stories: u32) -> anyhow::Result<()> {
    let meter = Meter::start()?;
    let store = Store::open(folder)?;
    let opened = meter.cost()?;
    let memory = meter::peak_memory_bytes()?;
    let stats = store.stats()?;
    let of = |what: &str| stats.iter().find(|(name, _)| *name == what).map_or(0, |(_, number)| *number);
    let (bytes, count) = (of("bytes of sled's files"), of("stories"));
    let polled = runtime()?.block_on(async {
        let poll = Poll { store: &store, gists: Gists::default() };
        // The first reads what is asked for again and again.
        poll.of(stories..stories + ENTRIES).await?;
        let meter = Meter::start()?;
        for number in 0..POLLS {
            let end = stories + ENTRIES + (number + 1) * NEW;
            let new = poll.of(end - ENTRIES..end).await?;
            ensure!(new == NEW as usize, "{new} entries were new");
        }
        anyhow::Ok(meter.cost()?.of_each(POLLS))
    })?;
    println!(
        "{count:>10} {:>6} MB {:>7} B {:>6.2} s {:>7} MB {:>10.2} ms {:>5.2} ms {:>5.0} kB {:>9} MB",
        bytes / MEGA,
        bytes / count.max(1),
        opened.wall_seconds,
        memory as u64 / MEGA,
        polled.wall_seconds * 1e3,
        polled.cpu_seconds * 1e3,
        polled.written_bytes / 1e3,
        meter::peak_memory_bytes()? as u64 / MEGA
    );
    Ok(())
}
