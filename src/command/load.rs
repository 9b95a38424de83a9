//! `load`: what `dump` printed, into the store. Loading twice changes nothing more; an attempt that was interrupted is soon where it was.

use std::io::{BufReader, Read};

use anyhow::Context;

use crate::command::store::advised;
use crate::command::table::counted;
use crate::command::{Exit, Setup, setup};
use crate::flow::archive::ArchiveError;
use crate::pipeline::{Loaded, load};

/// What `load` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The dump; `-` or nothing is the standard input.
    #[arg(value_name = "FILE", default_value = "-")]
    file: String,
}

/// Loads line by line: a story replaces the one with its id, a source's state the one of its id.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = setup.quiet_config()?;
    let input: Box<dyn Read + Send> = match arguments.file.as_str() {
        "-" => Box::new(std::io::stdin()),
        file => Box::new(std::fs::File::open(file).with_context(|| format!("can't read {file}"))?),
    };
    let store = setup.store(&config.store).map_err(|error| advised(error, "Stop the service for as long as this takes"))?;
    let mut loaded = Loaded::default();
    let result = setup::block_on(load(&config, &store, &mut BufReader::new(input), &mut loaded));
    let Loaded { stories, pruned, sources, subscribers, known } = loaded;
    eprintln!(
        "{}, {}, {} and {} loaded; {} there already",
        counted(stories, "story", "stories"),
        counted(pruned, "name of a pruned entry", "names of pruned entries"),
        counted(sources, "source", "sources"),
        counted(subscribers, "subscription to our feeds", "subscriptions to our feeds"),
        counted(known, "story was", "stories were"),
    );
    match result {
        Ok(()) => Ok(Exit::Done),
        Err(error) => {
            eprintln!("diemtin: {}", told(&error));
            Ok(Exit::WithFailures)
        }
    }
}

/// Why a dump was not loaded as it should be, and what can be done.
fn told(error: &anyhow::Error) -> String {
    // To the parser each line is the first.
    let why = format!("{error:#}").replacen(" at line 1 column ", " at column ", 1);
    match error.downcast_ref() {
        // The last line alone says this.
        Some(ArchiveError::Lines { .. }) => format!("the dump is not whole: {why}"),
        Some(ArchiveError::Damaged(_) | ArchiveError::NoLine(..)) => format!(
            "the rest was not loaded: {why}. Take that line out of a copy of the dump and load the copy: then the rest is loaded, \
             with a complaint about the number of lines at the end"
        ),
        _ => format!("the rest was not loaded: {why}"),
    }
}
