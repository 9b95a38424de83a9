//! `load`: what `dump` printed, into the store. Loading twice changes nothing more; an attempt that was interrupted is soon where it was.

use std::io::{BufReader, Read};

use anyhow::Context;

use crate::command::{Exit, Setup, setup};
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
    let store = setup.store(&config.store)?;
    let mut loaded = Loaded::default();
    let result = setup::block_on(load(&config, &store, &mut BufReader::new(input), &mut loaded));
    let Loaded { stories, pruned, sources, subscribers, known } = loaded;
    eprintln!(
        "{stories} stories, {pruned} names of pruned entries, {sources} sources and {subscribers} subscriptions to our feeds loaded; \
         {known} stories were there already"
    );
    match result {
        Ok(()) => Ok(Exit::Done),
        Err(error) => {
            eprintln!("diemtin: the rest was not loaded: {error:#}");
            Ok(Exit::WithFailures)
        }
    }
}
