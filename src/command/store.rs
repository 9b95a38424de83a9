//! `store`: whether the store is whole, what it holds, and the space that it needs no more given back.

use std::io::Write;

use crate::command::control::{self, Question};
use crate::command::setup;
use crate::command::{Exit, Setup};
use crate::edge::store::{Store, StoreError};

/// What `store` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Go through everything that is stored and name what is wrong. `serve` mends it.
    Check,
    /// Give back the space that it needs no more. No other process may use it meanwhile.
    Compact,
    /// How much it holds.
    Stats,
}

/// Answers from the store, or from the service that holds it.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = control::config(setup)?;
    match arguments.what {
        What::Check => control::ask(setup, &config, &Question::Check),
        What::Stats => control::ask(setup, &config, &Question::Stats),
        What::Compact => {
            let Some(folder) = setup.existing_folder(&config.store)? else {
                anyhow::bail!("a database gives space back by itself (autovacuum), or by `vacuum full`");
            };
            let (before, after) =
                Store::compact(&folder).map_err(|error| advised(error.into(), "Stop the service for as long as this takes"))?;
            writeln!(std::io::stdout(), "{} of {} MB given back", before.saturating_sub(after) / MEGA, before / MEGA)?;
            Ok(Exit::Done)
        }
    }
}

const MEGA: u64 = 1_000_000;

/// An error, with what can be done where another process has the store.
pub(super) fn advised(error: anyhow::Error, advice: &str) -> anyhow::Error {
    match error.downcast_ref() {
        Some(StoreError::Held { .. }) => anyhow::anyhow!("{error}. {advice}"),
        _ => error,
    }
}

/// What is wrong with a store; an error where anything is.
pub(super) fn tell_check(store: &Store) -> anyhow::Result<String> {
    let inspect = store.inspect();
    // Asked by a command, there is no runtime yet.
    match tokio::runtime::Handle::try_current() {
        Ok(runtime) => runtime.block_on(inspect)?,
        Err(_) => setup::block_on(async { Ok(inspect.await?) })?,
    };
    let wrong = store.unmended()?;
    anyhow::ensure!(wrong.is_empty(), "the store is not whole, and `serve` or `poll` will mend it:\n{}", wrong.join("\n"));
    Ok(format!("the store is whole\n{}", tell_stats(store)?))
}

/// How much a store holds.
pub(super) fn tell_stats(store: &Store) -> anyhow::Result<String> {
    Ok(store.stats()?.into_iter().map(|(what, number)| format!("{number:>12} {what}\n")).collect())
}
