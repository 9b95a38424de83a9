//! The process that writes until it is killed: it says on stdout what was acknowledged, `ack LANE STEP`, after it was.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use diemtin::edge::store::{Store, StoreError};
use diemtin::model::Batch;

use crate::lanes;

/// The wait after a step that the store refused, as while the disk is full.
const TRY_AGAIN: Duration = Duration::from_millis(50);

/// Writes on every lane, from where it was, so many steps or for ever; with the upkeep or without.
pub fn run(folder: &Path, steps: u32, keeps_up: bool) -> anyhow::Result<()> {
    let store = Arc::new(Store::open(folder)?);
    say("open")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let lanes = (0..lanes::LANES).map(|lane| tokio::spawn(write(Arc::clone(&store), lane, steps)));
        let lanes: Vec<_> = lanes.collect();
        let upkeep = keeps_up.then(|| tokio::spawn(keep_up(Arc::clone(&store))));
        for lane in lanes {
            lane.await??;
        }
        let Some(upkeep) = upkeep else { return anyhow::Ok(()) };
        upkeep.abort();
        // Ended where it stood; once more to its end.
        let _ = upkeep.await;
        keep_up_once(&store).await
    })?;
    drop(runtime);
    drop(store);
    say("end")
}

/// What the service does once a day, again and again.
async fn keep_up(store: Arc<Store>) {
    loop {
        if let Err(error) = keep_up_once(&store).await {
            // As a full disk refuses the lanes, too.
            let _ = say(&format!("refused upkeep {error:#}"));
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
}

/// Goes through everything, which gives space back, and forgets what stories of even steps have left. Their steps are acknowledged as those of
/// lanes behind the last.
async fn keep_up_once(store: &Store) -> anyhow::Result<()> {
    let states = store.source_states()?;
    store.inspect().await?;
    for lane in 0..lanes::LANES {
        let done = lanes::done(states.get(&lanes::source(lane)));
        let stories = lanes::forgotten(lane, done);
        if !stories.is_empty() {
            store.expire(stories).await?;
            say(&format!("ack {} {}", lanes::LANES + lane, done))?;
        }
    }
    Ok(())
}

async fn write(store: Arc<Store>, lane: u32, steps: u32) -> anyhow::Result<()> {
    let states = loop {
        match store.source_states() {
            Ok(states) => break states,
            Err(_) => tokio::time::sleep(TRY_AGAIN).await,
        }
    };
    let from = lanes::done(states.get(&lanes::source(lane)));
    // What is removed after a step may be missing when the process was killed between the two.
    if let Some(last) = from.checked_sub(1) {
        settle(lane, last, || remove(&store, lane, last)).await?;
        say(&format!("ack {lane} {last}"))?;
    }
    for step in from..from.saturating_add(steps) {
        settle(lane, step, || commit(&store, lane, step)).await?;
        settle(lane, step, || remove(&store, lane, step)).await?;
        say(&format!("ack {lane} {step}"))?;
    }
    Ok(())
}

/// Tries again until the store takes it; says each refusal, as the program that writes would.
async fn settle<F: Future<Output = Result<(), StoreError>>>(lane: u32, step: u32, work: impl Fn() -> F) -> anyhow::Result<()> {
    while let Err(error) = work().await {
        say(&format!("refused {lane} {step} {error}"))?;
        tokio::time::sleep(TRY_AGAIN).await;
    }
    Ok(())
}

async fn commit(store: &Store, lane: u32, step: u32) -> Result<(), StoreError> {
    let state = store.source_states()?;
    if lanes::done(state.get(&lanes::source(lane))) > step {
        // It was written after all, or is only in memory: whoever gets this acknowledged knows.
        return store.commit(Batch::default()).await;
    }
    let mut batch = lanes::batch(lane, step);
    for change in &mut batch.stories {
        change.story.seq = store.story(change.story.id)?.map_or(0, |story| story.seq);
    }
    store.commit(batch).await
}

async fn remove(store: &Store, lane: u32, step: u32) -> Result<(), StoreError> {
    let mut judged = Vec::new();
    for id in lanes::removed(lane, step) {
        judged.extend(store.story(id)?.map(|story| (id, story.seq)));
    }
    if judged.is_empty() { Ok(()) } else { store.remove(judged, lanes::second(step)).await }
}

fn say(line: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}
