//! What nobody could do without: the same bytes and the same rows through the libraries alone, one after the other, each as
//! parallel as the pass does it.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, ensure};
use reqwest::header::{ETAG, IF_NONE_MATCH};
use reqwest::{Client, StatusCode};
use serde::{Deserialize, Serialize};
use sled::IVec;
use tokio::runtime::Runtime;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use xxhash_rust::xxh3::xxh3_64;

use crate::meter::{Cost, Meter, peak_memory_bytes};
use crate::{UNCHANGED_POLLS, news};

/// `fetch.parallel`'s default.
const PARALLEL: usize = 64;
/// The cache of `edge/store`, in bytes.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

/// One round of the floor.
#[derive(Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Every feed through plain reqwest.
    pub fetch: Cost,
    /// The same bytes through plain feed-rs, on all cores.
    pub parse: Cost,
    /// The pass's rows into plain sled in one batch a source, with as many flushes as the pass made.
    pub insert: Cost,
    /// The same with a flush after each batch: what a writer that groups nothing would take. No part of the floor.
    pub insert_each: Cost,
    /// Every feed again through plain reqwest, with If-None-Match, over new connections: none is open any more when a source's next poll comes.
    pub conditional: Cost,
    /// The same by a client that keeps connections open where the server does, too: nginx does, the bench's own one does not. No part of the floor.
    pub kept: Cost,
    /// The states' rows into plain sled, with as many flushes. No part of the floor.
    pub states: Cost,
    /// How many bytes the feeds have.
    pub bytes: usize,
    /// How many rows the pass left.
    pub rows: usize,
    /// The most memory until the rows were read.
    pub peak_memory_bytes: f64,
}

/// Measures one round, after the pass that left its store in the folder, and prints what it took.
pub fn run(port: &str, folder: &Path, flushes: &str) -> anyhow::Result<()> {
    let flushes: usize = flushes.parse()?;
    let (client, runtime) = (plain(usize::MAX)?, runtime()?);

    let meter = Meter::start()?;
    let answers = runtime.block_on(fetch_all(&client, port, &[]))?;
    let fetch = meter.cost()?;

    let meter = Meter::start()?;
    parse_all(&answers)?;
    let parse = meter.cost()?;

    let kept = conditional(&client, &runtime, port, &answers, UNCHANGED_POLLS)?;
    // Its connections end here.
    drop(client);
    let conditional = conditional(&plain(0)?, &runtime, port, &answers, UNCHANGED_POLLS)?;

    let peak_memory_bytes = peak_memory_bytes()?;
    let (states, rows) = stored_rows(&folder.join("data/sled"))?;
    let insert = insert_all(&folder.join("grouped"), &rows, flushes)?;
    let insert_each = insert_all(&folder.join("each"), &rows, news::sources())?;
    let states = insert_all(&folder.join("states"), &states, flushes)?;

    let bytes = answers.iter().map(|answer| answer.body.len()).sum();
    let rows = rows.len();
    let measured = Measured { fetch, parse, insert, insert_each, conditional, kept, states, bytes, rows, peak_memory_bytes };
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

/// Fetches every feed once, and then so many times conditionally.
pub fn asks(port: &str, times: &str) -> anyhow::Result<()> {
    let (client, runtime) = (plain(0)?, runtime()?);
    let answers = runtime.block_on(fetch_all(&client, port, &[]))?;
    println!("{}", serde_json::to_string(&conditional(&client, &runtime, port, &answers, times.parse()?)?)?);
    Ok(())
}

/// Plain reqwest, which keeps so many connections to a host for later.
fn plain(kept: usize) -> anyhow::Result<Client> {
    // There is one already for the second client.
    _ = rustls::crypto::ring::default_provider().install_default();
    Ok(Client::builder().no_proxy().pool_max_idle_per_host(kept).build()?)
}

fn runtime() -> std::io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()
}

/// What conditional requests for every feed cost, of so many.
fn conditional(client: &Client, runtime: &Runtime, port: &str, answers: &[Answer], times: u32) -> anyhow::Result<Cost> {
    let meter = Meter::start()?;
    for _ in 0..times {
        runtime.block_on(fetch_all(client, port, answers))?;
    }
    Ok(meter.cost()?.of_each(times))
}

struct Answer {
    number: usize,
    etag: String,
    body: Vec<u8>,
}

/// Fetches every feed; conditionally, where answers are known, and then all must still hold.
async fn fetch_all(client: &Client, port: &str, known: &[Answer]) -> anyhow::Result<Vec<Answer>> {
    let room = Arc::new(Semaphore::new(PARALLEL));
    let mut fetches = JoinSet::new();
    for number in 0..news::sources() {
        let mut request = client.get(news::url(number, port));
        if let Some(answer) = known.get(number) {
            request = request.header(IF_NONE_MATCH, &answer.etag);
        }
        let room = Arc::clone(&room);
        fetches.spawn(async move {
            let _room = room.acquire_owned().await?;
            let response = request.send().await?.error_for_status()?;
            let status = response.status();
            let etag = response.headers().get(ETAG).context("an answer has no ETag")?.to_str()?.to_owned();
            anyhow::Ok((status, Answer { number, etag, body: response.bytes().await?.into() }))
        });
    }
    let expected = if known.is_empty() { StatusCode::OK } else { StatusCode::NOT_MODIFIED };
    let mut answers = Vec::with_capacity(news::sources());
    while let Some(done) = fetches.join_next().await {
        let (status, answer) = done??;
        ensure!(status == expected, "the origin answered {status}");
        answers.push(answer);
    }
    answers.sort_by_key(|answer| answer.number);
    Ok(answers)
}

fn parse_all(answers: &[Answer]) -> anyhow::Result<()> {
    let share = answers.len().div_ceil(std::thread::available_parallelism()?.get());
    let parse = |answers: &[Answer]| {
        answers.iter().try_for_each(|answer| {
            let feed = feed_rs::parser::parse(&answer.body[..])?;
            ensure!(feed.entries.len() == news::ENTRIES, "feed-rs found {} entries", feed.entries.len());
            Ok(())
        })
    };
    std::thread::scope(|threads| {
        let shares: Vec<_> = answers.chunks(share).map(|answers| threads.spawn(move || parse(answers))).collect();
        shares.into_iter().try_for_each(|share| share.join().expect("feed-rs does not panic on these feeds"))
    })
}

type Row = (IVec, IVec);

/// What the pass left: the sources' states, and all other rows. Both in an order without order, as hashed ids arrive.
fn stored_rows(folder: &Path) -> anyhow::Result<(Vec<Row>, Vec<Row>)> {
    let mut rows: Vec<Row> = sled::Config::new().path(folder).open()?.iter().collect::<Result<_, _>>()?;
    rows.sort_by_key(|(key, _)| xxh3_64(key));
    Ok(rows.into_iter().partition(|(key, _)| key.starts_with(b"p")))
}

/// Inserts rows in one batch a source, flushed and fsynced so many times, as `edge/store/embedded/write.rs` does it.
fn insert_all(folder: &Path, rows: &[Row], flushes: usize) -> anyhow::Result<Cost> {
    let db = sled::Config::new().path(folder).cache_capacity(CACHE_BYTES).open()?;
    let disk = File::open(folder.join("db"))?;
    let batches: Vec<&[Row]> = rows.chunks(rows.len().div_ceil(news::sources())).collect();
    let meter = Meter::start()?;
    for group in batches.chunks(news::sources().div_ceil(flushes.max(1))) {
        for batch in group {
            let mut write = sled::Batch::default();
            batch.iter().for_each(|(key, value)| write.insert(key, value));
            db.apply_batch(write)?;
        }
        db.flush()?;
        disk.sync_all()?;
    }
    meter.cost()
}
