//! The command line: one file a command. Results go to stdout, everything else to stderr.

mod add;
mod build;
mod check;
mod control;
mod demo;
mod dump;
mod exit;
mod explain;
mod import;
mod load;
mod parse;
mod plan;
mod poll;
mod preview;
mod render;
mod serve;
mod setup;
mod store;
mod table;
mod withdraw;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use jiff::Timestamp;

pub use exit::Exit;
pub use setup::Setup;

/// Điểm tin: merges what Vietnamese provincial and city news sources publish into topical feeds and a sidebar.
#[derive(Debug, Parser)]
#[command(name = "diemtin", version, max_term_width = 100)]
pub struct Cli {
    /// The configuration.
    #[arg(long, global = true, default_value = "feeds.toml", value_name = "FILE")]
    pub config: PathBuf,
    /// Log as JSON, one object a line, instead of text.
    #[arg(long, global = true)]
    pub log_json: bool,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Poll and publish until told to stop.
    Serve(serve::Arguments),
    /// Poll once what is due, and exit.
    Poll(poll::Arguments),
    /// Validate feeds.toml.
    Check(check::Arguments),
    /// Fetch a source and show its entries with their topics, storing nothing.
    Preview(preview::Arguments),
    /// Find the feed of a site, or selectors for a listing page, and append it to feeds.toml as a source.
    Add(add::Arguments),
    /// Append the feeds of an OPML file to feeds.toml as sources.
    Import(import::Arguments),
    /// Print the sources as OPML.
    Export,
    /// Read documents and print what is in them, one JSON object each.
    Parse(parse::Arguments),
    /// Say why a story has its topics and which entries it merges, or which topics a text has.
    Explain(explain::Arguments),
    /// Say what another feeds.toml (--config) would change over the stored stories.
    Plan(plan::Arguments),
    /// Take a story down, or put it back.
    Withdraw(withdraw::Arguments),
    /// Write the whole site as plain files.
    Build(build::Arguments),
    /// Print one merged feed, the same bytes as over HTTP.
    Render(render::Arguments),
    /// Print every story and every source's state, one JSON object a line.
    Dump,
    /// Read what `dump` printed into the store.
    Load(load::Arguments),
    /// Say whether the store is whole and what it holds, or give back the space that it needs no more.
    Store(store::Arguments),
    /// See it live: the service over an invented newsroom on this machine.
    Demo(demo::Arguments),
}

/// Carries out a command. `env` and `clock` are the program's only access to the environment and the time.
pub fn run(cli: Cli, env: fn(&str) -> Option<String>, clock: fn() -> Timestamp) -> Exit {
    let setup = Setup { path: cli.config, env, clock };
    let result = match cli.command {
        Command::Serve(arguments) => serve::run(&setup, &arguments),
        Command::Poll(arguments) => poll::run(&setup, &arguments),
        Command::Check(arguments) => check::run(&setup, &arguments),
        Command::Preview(arguments) => preview::run(&setup, &arguments),
        Command::Add(arguments) => add::run(&setup, &arguments),
        Command::Import(arguments) => import::run(&setup, &arguments),
        Command::Export => import::export(&setup),
        Command::Parse(arguments) => parse::run(&setup, &arguments),
        Command::Explain(arguments) => explain::run(&setup, &arguments),
        Command::Plan(arguments) => plan::run(&setup, &arguments),
        Command::Withdraw(arguments) => withdraw::run(&setup, &arguments),
        Command::Build(arguments) => build::run(&setup, &arguments),
        Command::Render(arguments) => render::run(&setup, &arguments),
        Command::Dump => dump::run(&setup),
        Command::Load(arguments) => load::run(&setup, &arguments),
        Command::Store(arguments) => store::run(&setup, &arguments),
        Command::Demo(arguments) => demo::run(&setup, &arguments),
    };
    exit::of(result)
}
