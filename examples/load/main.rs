//! What serving bears: clients that take their time, millions of requests, and a store of many stories.
//!
//!     cargo run --release --example load -- slow             # 5,000 slow clients beside 16 quick ones, in turns with none
//!     cargo run --release --example load -- memory 10        # the service's memory over 10 million requests
//!     cargo run --release --example load -- change 1000000   # from a story's commit to the answer that shows it
//!
//! The service is a process of its own (`newsroom.rs`): store, press and server as in `diemtin serve`, without sources. Linux only: it reads
//! /proc. docs/publishing.md has the results.

mod client;
mod newsroom;
mod slow;

use std::time::Duration;

use anyhow::Context;
use client::Client;
use newsroom::Newsroom;
use tokio::task::JoinSet;

/// The feed that is asked for.
const FEED: &str = "/feeds/moi-nhat.rss";
/// Quick clients.
const QUICK: usize = 16;
/// Slow ones.
const SLOW: usize = 5_000;
/// Turns with slow clients, and as many without.
const TURNS: usize = 4;
/// A turn. The service drops slow clients after 10 to 15 seconds: in a turn all are there.
const TURN: Duration = Duration::from_secs(8);
/// Connections that ask while memory is measured.
const ASKING: usize = 64;
/// Requests of one connection before another takes its place.
const OF_ONE: usize = 1_000;
/// Changes that are measured.
const CHANGES: usize = 20;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["newsroom", stories] => newsroom::work(stories.parse()?).await,
        ["clients", port] => slow::clients(port.parse()?, SLOW).await,
        ["slow"] => beside_slow_ones().await,
        ["memory", millions] => memory(millions.parse()?).await,
        ["change", stories] => change(stories.parse()?).await,
        _ => anyhow::bail!("say `slow`, `memory MILLIONS` or `change STORIES`"),
    }
}

#[expect(clippy::disallowed_methods, reason = "what is measured is time")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

/// Turns without and with slow clients.
async fn beside_slow_ones() -> anyhow::Result<()> {
    let newsroom = Newsroom::start(1_000)?;
    println!("turn   slow clients   answers/s      p50      p99   memory");
    let mut p99 = [Vec::new(), Vec::new()];
    for turn in 0..2 * TURNS {
        let with = turn % 2 == 1;
        let slow = if with { Some(slow::Slow::start(newsroom.port)?) } else { None };
        let mut times = quick(newsroom.port).await?;
        times.sort_unstable();
        let at = |share: f64| f64::from(times[(times.len() as f64 * share) as usize]) / 1e3;
        let (per_second, clients) = (times.len() as f64 / TURN.as_secs_f64(), if with { SLOW } else { 0 });
        println!(
            "{turn:>4} {clients:>14} {per_second:>11.0} {:>5.2} ms {:>5.2} ms {:>5} MB",
            at(0.5),
            at(0.99),
            newsroom.resident()? / 1024
        );
        p99[usize::from(with)].push(at(0.99));
        drop(slow);
    }
    let middle = |times: &mut Vec<f64>| {
        times.sort_by(f64::total_cmp);
        f64::midpoint(times[TURNS / 2 - 1], times[TURNS / 2])
    };
    let [without, with] = &mut p99;
    let (without, with) = (middle(without), middle(with));
    println!("p99, median of {TURNS} turns: {without:.2} ms without, {with:.2} ms with slow clients: {:.2} ×", with / without);
    Ok(())
}

/// Quick clients for one turn: how many microseconds each answer took.
async fn quick(port: u16) -> anyhow::Result<Vec<u32>> {
    let end = now() + TURN;
    let mut clients = JoinSet::new();
    for _ in 0..QUICK {
        clients.spawn(async move {
            let (mut client, mut times) = (Client::connect(port).await?, Vec::new());
            while now() < end {
                let begun = now();
                client.get(FEED, "Accept-Encoding: gzip\r\n").await?;
                times.push(u32::try_from(begun.elapsed().as_micros())?);
            }
            anyhow::Ok(times)
        });
    }
    let mut all = Vec::new();
    while let Some(times) = clients.join_next().await {
        all.extend(times??);
    }
    Ok(all)
}

/// Requests of all kinds, and a change of a story each second.
async fn memory(millions: usize) -> anyhow::Result<()> {
    let mut newsroom = Newsroom::start(10_000)?;
    let port = newsroom.port;
    println!("requests   memory");
    println!("{:>8} {:>5} MB", "0", newsroom.resident()? / 1024);
    for million in 1..=millions {
        let mut clients = JoinSet::new();
        for number in 0..ASKING {
            clients.spawn(ask(port, number, 1_000_000 / ASKING));
        }
        let mut second = tokio::time::interval(Duration::from_secs(1));
        loop {
            tokio::select! {
                done = clients.join_next() => match done {
                    Some(done) => done??,
                    None => break,
                },
                _ = second.tick() => newsroom.edit(million)?,
            }
        }
        println!("{million:>6} M {:>6} MB", newsroom.resident()? / 1024);
    }
    Ok(())
}

/// Asks for the feed with the version that was had last, and now and then for something else.
async fn ask(port: u16, number: usize, requests: usize) -> anyhow::Result<()> {
    let (mut client, mut tag) = (Client::connect(port).await?, String::new());
    for request in 1..=requests {
        match (request + number) % 20 {
            0..14 => tag = client.get(FEED, &format!("Accept-Encoding: gzip\r\nIf-None-Match: {tag}\r\n")).await?.tag,
            14 | 15 => drop(client.get("/feeds/chu-de-7.atom", "Accept-Encoding: gzip\r\n").await?),
            16 | 17 => drop(client.get("/sidebar/moi-nhat.json?limit=5", "").await?),
            18 => drop(client.get("/", "Accept-Encoding: br\r\n").await?),
            _ => drop(client.get("/khong-co", "").await?),
        }
        if request % OF_ONE == 0 {
            client = Client::connect(port).await?;
        }
    }
    Ok(())
}

/// From the commit of a change to the first answer that shows it.
async fn change(stories: u32) -> anyhow::Result<()> {
    let begun = now();
    let mut newsroom = Newsroom::start(stories)?;
    println!("{stories} stories stored and read in {:.0} s; {} MB", begun.elapsed().as_secs_f64(), newsroom.resident()? / 1024);
    let mut client = Client::connect(newsroom.port).await?;
    let paths = newsroom::paths();
    let (mut times, mut changed) = (Vec::new(), 0);
    for number in 0..CHANGES {
        // What is printed after a change rests for a moment.
        tokio::time::sleep(Duration::from_millis(500)).await;
        let before = client.tags(&paths).await?;
        newsroom.edit(number)?;
        let committed = now();
        // A 304 costs the service next to nothing.
        let known = format!("If-None-Match: {}\r\n", before[0]);
        while client.get(FEED, &known).await?.tag == before[0] {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        times.push(committed.elapsed().as_secs_f64() * 1e3);
        // All pages of a change are replaced at once.
        let after = client.tags(&paths).await?;
        changed = before.iter().zip(&after).filter(|(before, after)| before != after).count();
    }
    times.sort_by(f64::total_cmp);
    let longest = times.last().context("there were changes")?;
    println!("commit to answer, {CHANGES} changes: median {:.1} ms, longest {longest:.1} ms", times[CHANGES / 2]);
    println!("{changed} of {} pages had other bytes after the last one", paths.len());
    Ok(())
}
