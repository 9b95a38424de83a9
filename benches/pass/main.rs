//! The main job, measured: a pass over 500 sources with 30 entries each, first poll and unchanged poll, beside its floor.
//!
//! `cargo bench` prints the ratios; `cargo bench -- --quick` takes one round instead of five, `-- --sources 2000` that many sources,
//! `-- --nginx` an nginx to serve them, which keeps connections open if it is asked to, `-- --typical` news that differ as a day's do: without
//! it all sources share twenty texts, and each entry is judged against as many likely copies as ever are. Linux only: it needs 127.x.y.z
//! and /proc.
//!
//! The pass is the one of `command/poll.rs`, durable commits included. The floor is what nobody could do without: the same
//! bytes through plain reqwest, through plain feed-rs, and the rows that the pass left in its store into plain sled, with as
//! many flushes as the pass made. For the unchanged poll it is plain conditional requests alone, over new connections.
//!
//! What serves the feeds is another process, so that it is not in the figures; each round's pass and floor are processes of
//! their own too, so that neither profits from memory that the other warmed. Without a mode this program starts them all; with one,
//! and the program itself (`target/release/deps/pass-…`), a part runs alone, for a profiler:
//!
//!     pass origin                    # prints its PORT, and serves until its stdin ends
//!     pass ours PORT FOLDER          # one round into a new store
//!     pass again PORT FOLDER TIMES   # so many unchanged polls over the store of a round
//!     pass asks PORT TIMES           # the floor of these

mod floor;
mod meter;
mod news;
mod nginx;
mod origin;
mod ours;
mod table;
mod typical;

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context, ensure};
use serde::de::DeserializeOwned;

/// Rounds of which the least and the middle are shown.
const ROUNDS: usize = 5;
/// Unchanged polls of one round, measured together: what else the machine does disturbs one alone too much.
const UNCHANGED_POLLS: u32 = 20;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    if let Some(place) = arguments.iter().position(|argument| *argument == "--sources") {
        arguments
            .drain(place..(place + 2).min(arguments.len()))
            .skip(1)
            .filter_map(|sources| sources.parse().ok())
            .for_each(news::choose);
    }
    arguments.iter().position(|argument| *argument == "--typical").into_iter().for_each(|place| {
        arguments.remove(place);
        news::choose_typical();
    });
    let result = match arguments[..] {
        ["origin"] => origin::run(),
        ["nginx", folder] => nginx::run(Path::new(folder)),
        ["ours", port, folder] => ours::run(port, Path::new(folder)),
        ["again", port, folder, times] => ours::again(port, Path::new(folder), times),
        ["floor", port, folder, flushes] => floor::run(port, Path::new(folder), flushes),
        ["asks", port, times] => floor::asks(port, times),
        _ => benchmark(if arguments.contains(&"--quick") { 1 } else { ROUNDS }, arguments.contains(&"--nginx")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn benchmark(rounds: usize, nginx: bool) -> anyhow::Result<()> {
    let files = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
    let files = files.path().to_str().context("the target folder's name is not UTF-8")?;
    let mode = ["nginx", files];
    let origin = Origin::start(if nginx { &mode } else { &["origin"] })?;
    let mut ours: Vec<ours::Measured> = Vec::new();
    let mut floors: Vec<floor::Measured> = Vec::new();
    for _ in 0..rounds {
        // Below target/, on the disk where the work is done: /tmp is memory on many machines, and its fsync free.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let path = folder.path().to_str().context("the target folder's name is not UTF-8")?;
        let round: ours::Measured = measured(&["ours", &origin.port, path])?;
        floors.push(measured(&["floor", &origin.port, path, &round.flushes.to_string()])?);
        ours.push(round);
    }
    table::print(&ours, &floors);
    Ok(())
}

/// What a process of this program with another mode measured.
fn measured<T: DeserializeOwned>(mode: &[&str]) -> anyhow::Result<T> {
    let output = Command::new(std::env::current_exe()?).args(mode).args(sources()).stderr(Stdio::inherit()).output()?;
    ensure!(output.status.success(), "{} failed", mode[0]);
    Ok(serde_json::from_slice(&output.stdout)?)
}

/// How a process of this program is told how many sources there are, and what they tell.
fn sources() -> Vec<String> {
    let typical = news::is_typical().then(|| "--typical".to_owned());
    ["--sources".to_owned(), news::sources().to_string()].into_iter().chain(typical).collect()
}

/// The process that serves the feeds, for as long as this lives.
struct Origin {
    process: Child,
    port: String,
}

impl Origin {
    fn start(mode: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        // It ends with its stdin, so that it does not outlive a benchmark that is killed.
        let mut process = command.args(mode).args(sources()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdout = process.stdout.take().context("the origin has no stdout")?;
        let mut origin = Self { process, port: String::new() };
        BufReader::new(stdout).read_line(&mut origin.port)?;
        origin.port.truncate(origin.port.trim_end().len());
        ensure!(!origin.port.is_empty(), "the origin did not start");
        Ok(origin)
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        if let Err(error) = self.process.wait() {
            eprintln!("waiting for the origin: {error}");
        }
    }
}
