//! `load`: what `dump` printed, into the store. Loading twice changes nothing more.

use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;

use anyhow::Context;

use crate::command::dump::Line;
use crate::command::{Exit, Setup, setup};
use crate::config::Config;
use crate::edge::store::{Memo, Store};
use crate::flow::dedupe::{bands, keys};
use crate::model::{Batch, StoryChange};
use crate::pipeline::withdraw;

/// Stories that are written in one step.
const STEP: usize = 200;

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
    let input: Box<dyn Read> = match arguments.file.as_str() {
        "-" => Box::new(std::io::stdin().lock()),
        file => Box::new(std::fs::File::open(file).with_context(|| format!("can't read {file}"))?),
    };
    let store = setup.store(&config.store)?;
    let mut loaded = Loaded::default();
    let result = setup::block_on(load(&config, &store, BufReader::new(input), &mut loaded));
    eprintln!("{} stories and {} sources loaded", loaded.stories, loaded.sources);
    match result {
        Ok(()) => Ok(Exit::Done),
        Err(error) => {
            eprintln!("diemtin: the rest was not loaded: {error:#}");
            Ok(Exit::WithFailures)
        }
    }
}

/// What was loaded so far.
#[derive(Default)]
struct Loaded {
    stories: usize,
    sources: usize,
}

async fn load(config: &Config, store: &Arc<Store>, input: impl BufRead, loaded: &mut Loaded) -> anyhow::Result<()> {
    let mut batch = Batch::default();
    for (number, line) in input.lines().enumerate() {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str(&line).with_context(|| format!("line {} is no line of a dump", number + 1))? {
            Line::Story(line) => {
                let seq = store.story(line.id)?.map_or(0, |story| story.seq);
                let story = line.story(seq).with_context(|| format!("line {}", number + 1))?;
                let known: Vec<_> = story.entries.iter().map(|report| keys(report, config.tracking(&report.source))).collect();
                let entries = known.iter().map(|(key, print, _)| (*key, *print)).collect();
                let links = known.iter().filter_map(|(_, _, link)| *link).collect();
                let bands = bands(&story);
                batch.stories.retain(|change: &StoryChange| change.story.id != story.id);
                batch.stories.push(StoryChange { story, entries, links, bands });
                loaded.stories += 1;
            }
            Line::Withdrawn(withdrawal) => {
                store.commit(std::mem::take(&mut batch)).await?;
                withdraw(store, withdrawal).await?;
            }
            Line::Source(line) => {
                // A source's validators are never stored before its entries are.
                store.commit(std::mem::take(&mut batch)).await?;
                store.set_pushes(vec![(line.id.clone(), line.push.clone())]).await?;
                let source = Some((line.id.clone(), line.state()));
                store.commit(Batch { source, ..Batch::default() }).await?;
                loaded.sources += 1;
            }
        }
        if batch.stories.len() >= STEP {
            store.commit(std::mem::take(&mut batch)).await?;
        }
    }
    store.commit(batch).await?;
    // They bring the topics of where they come from; the next command classifies them by the rules here.
    store.remember(Memo::Rules, Vec::new()).await?;
    Ok(())
}
