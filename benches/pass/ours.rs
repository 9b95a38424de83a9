//! The pass, as `poll --all` of `command/poll.rs` makes it: the same configuration, desk, crew and store. A pass that does not
//! bring what it should fails instead of being measured.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::ensure;
use diemtin::config::{self, Config};
use diemtin::edge::clock;
use diemtin::edge::store::Store;
use diemtin::model::Batch;
use diemtin::pipeline::{Crew, Desk, Outcome, Polled, Turn, reclassify};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::meter::{Cost, Meter, peak_memory_bytes};
use crate::{UNCHANGED_POLLS, news};

/// One round of ours.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Reading the configuration, opening the store, setting up desk and runtime.
    pub start: Cost,
    /// The first poll of every source.
    pub first: Cost,
    /// One poll of every source when nothing has changed.
    pub unchanged: Cost,
    /// How often the writer made batches durable in the first poll.
    pub flushes: usize,
    /// Stories after the first poll; several sources share some.
    pub stories: usize,
    /// How many of them have a topic.
    pub with_topic: usize,
    /// The most memory of the whole round.
    pub peak_memory_bytes: f64,
}

/// Measures one round into a store in a folder, and prints what it took.
pub fn run(port: &str, folder: &Path) -> anyhow::Result<()> {
    let meter = Meter::start()?;
    let config = read_config(port)?;
    let store = Arc::new(Store::open(&folder.join("data"))?);
    let desk = Desk::new(config, clock::now)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let start = meter.cost()?;
    let measured = runtime.block_on(round(&desk, &store, start))?;
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

/// Polls every source so many times over the store of a round that was measured before.
pub fn again(port: &str, folder: &Path, times: &str) -> anyhow::Result<()> {
    let times: u32 = times.parse()?;
    let store = Arc::new(Store::open(&folder.join("data"))?);
    let desk = Desk::new(read_config(port)?, clock::now)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    println!("{}", serde_json::to_string(&runtime.block_on(unchanged(&desk, &store, times))?)?);
    Ok(())
}

/// What a poll of every source costs when nothing has changed, of so many.
async fn unchanged(desk: &Desk, store: &Arc<Store>, times: u32) -> anyhow::Result<Cost> {
    let meter = Meter::start()?;
    for _ in 0..times {
        check(&pass(desk, store).await?, Outcome::Unchanged, 0)?;
    }
    Ok(meter.cost()?.of_each(times))
}

fn read_config(port: &str) -> anyhow::Result<Config> {
    let (config, faults) = config::read("feeds.toml", &news::config(port), &|_| None)?;
    ensure!(faults.is_empty() && config.topics.len() == news::TOPICS, "the configuration is not the one that is meant");
    Ok(config)
}

async fn round(desk: &Desk, store: &Arc<Store>, start: Cost) -> anyhow::Result<Measured> {
    let flushes = count_flushes(store);

    let meter = Meter::start()?;
    reclassify(store, &desk.rules).await?;
    let polled = pass(desk, store).await?;
    let first = meter.cost()?;
    check(&polled, Outcome::Changed, news::ENTRIES)?;

    // The writer announces after it acknowledges: once this is acknowledged, everything before it is announced.
    store.commit(Batch::default()).await?;
    let flushes = flushes.load(Ordering::Relaxed);
    let before = *store.latest().borrow();
    let unchanged = unchanged(desk, store, UNCHANGED_POLLS).await?;
    ensure!(*store.latest().borrow() == before, "an unchanged poll has changed stories");

    let stories = store.stories_after(None, usize::MAX)?;
    let reports: usize = stories.iter().map(|story| story.entries.len()).sum();
    ensure!(reports == news::sources() * news::ENTRIES, "of the entries {reports} are stored");
    let with_topic = stories.iter().filter(|story| !story.topics.is_empty()).count();
    let peak_memory_bytes = peak_memory_bytes()?;
    Ok(Measured { start, first, unchanged, flushes, stories: stories.len(), with_topic, peak_memory_bytes })
}

/// Polls every source that is enabled, due or not.
async fn pass(desk: &Desk, store: &Arc<Store>) -> anyhow::Result<Vec<Polled>> {
    let states = store.source_states()?;
    let (crew, desk) = (Crew::new(&desk.config.fetch), Arc::new(desk.clone()));
    let mut polls = JoinSet::new();
    for source in desk.config.sources.values().filter(|source| source.enabled) {
        let before = states.get(&source.id).cloned();
        let (crew, desk, store, id) = (crew.clone(), Arc::clone(&desk), Arc::clone(store), source.id.clone());
        polls.spawn(async move { crew.poll(|| &*desk, &store, &desk.config.sources[&id], before).await });
    }
    let mut rows = Vec::with_capacity(polls.len());
    while let Some(done) = polls.join_next().await {
        match done? {
            Turn::Polled(polled) => rows.push(*polled),
            turn => anyhow::bail!("a poll did not end: {turn:?}"),
        }
    }
    desk.later.write(store).await?;
    Ok(rows)
}

fn check(polled: &[Polled], outcome: Outcome, entries: usize) -> anyhow::Result<()> {
    ensure!(polled.len() == news::sources(), "{} sources were polled", polled.len());
    match polled.iter().find(|poll| poll.outcome != outcome || poll.entries != entries || poll.new != entries) {
        Some(poll) => anyhow::bail!("{outcome:?} was expected: {poll:?}"),
        None => Ok(()),
    }
}

/// Counts how often the writer tells that changes are durable: once a flush.
fn count_flushes(store: &Store) -> Arc<AtomicUsize> {
    let count = Arc::new(AtomicUsize::new(0));
    let (mut latest, counter) = (store.latest(), Arc::clone(&count));
    tokio::spawn(async move {
        while latest.changed().await.is_ok() {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    });
    count
}
