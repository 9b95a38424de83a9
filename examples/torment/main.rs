//! What the store must survive, done to it.
//!
//!     cargo run --release --example torment -- kills 500          # kill -9 at random
//!     cargo run --release --example torment -- points             # kill -9 before each call that changes a file
//!     cargo run --release --example torment -- flips 1000         # single flipped bits
//!     cargo run --release --example torment -- sectors 200        # sectors of sled's file that can't be read
//!
//!     cargo run --release --example torment -- errors             # calls that fail: ENOSPC, EIO, EROFS …
//!     cargo run --release --example torment -- full 20            # a full disk, and 20 starts on it (root)
//!     cargo run --release --example torment -- served errors      # what readers get while calls fail
//!     cargo run --release --example torment -- served full        # and on a full disk (root)
//!     cargo run --release --example torment -- cuts ext4 200      # power cuts on ext4 or xfs (root)
//!
//!     cargo run --release --example torment -- cluster 500        # two pollers, two web nodes and 500 sources over PostgreSQL
//!     cargo run --release --example torment -- cluster 500 pooled # with pgbouncer between them
//!
//! Each prints what was done and what became of it, and exits 1 where something was lost. docs/store.md and docs/postgres.md have the figures.

mod child;
mod cluster;
mod cuts;
mod errors;
mod flips;
mod full;
mod kills;
mod lanes;
mod sectors;
mod served;
mod verify;
mod write;

use std::path::Path;
use std::process::ExitCode;

use anyhow::bail;
use diemtin::edge::store::Store;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((_, rest)) = arguments.split_first().filter(|(first, _)| *first == "node") {
        return cluster::node(rest);
    }
    match run(&arguments.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[&str]) -> anyhow::Result<()> {
    match arguments[..] {
        ["write", folder, steps] => return write::run(Path::new(folder), steps.parse()?, true),
        ["write", folder, steps, "bare"] => return write::run(Path::new(folder), steps.parse()?, false),
        ["inspect", folder, acknowledged] => return inspect(Path::new(folder), &serde_json::from_str(acknowledged)?),
        _ => {}
    }
    let folder = tempfile::Builder::new().prefix("torment").tempdir_in(std::env::current_dir()?)?;
    let folder = folder.path();
    match arguments[..] {
        ["kills", times] => kills::at_random(folder, times.parse()?),
        ["points"] => kills::at_each_point(folder, 1),
        ["points", every] => kills::at_each_point(folder, every.parse()?),
        ["flips", times] => flips::run(folder, times.parse()?, 1),
        ["flips", times, seed] => flips::run(folder, times.parse()?, seed.parse()?),
        ["sectors", times] => sectors::bad_sectors(folder, times.parse()?),
        ["errors"] => errors::run(folder),
        ["served", "errors"] => served::errors(folder, usize::MAX),
        ["served", "errors", most] => served::errors(folder, most.parse()?),
        ["served", "full"] => served::full(folder),
        ["full", times] => full::restarts(folder, times.parse()?),
        ["cuts", kind, times] => cuts::cut(folder, kind, times.parse()?),
        ["cluster", sources] => cluster::run(folder, sources.parse()?, false),
        ["cluster", sources, "pooled"] => cluster::run(folder, sources.parse()?, true),
        _ => bail!(
            "kills N, points [EVERY], flips N [SEED], sectors N, errors, full N, served errors [N]|full, cuts ext4|xfs N or cluster N [pooled]; see examples/torment/main.rs"
        ),
    }
}

/// Says whether a store is whole, named damage, or lost something without a word.
fn inspect(folder: &Path, acknowledged: &verify::Acknowledged) -> anyhow::Result<()> {
    let store = match Store::open(folder) {
        Ok(store) => store,
        Err(error) => {
            println!("named {error}");
            return Ok(());
        }
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let inspected = runtime.block_on(store.inspect());
    let said = match inspected {
        Ok(_) => store.unmended()?.join("; "),
        Err(error) => error.to_string(),
    };
    match (said.as_str(), verify::check(&store, acknowledged)) {
        ("", Ok(_)) => println!("whole"),
        ("", Err(error)) => println!("silent {error:#}"),
        (said, _) => println!("named {said}"),
    }
    Ok(())
}
