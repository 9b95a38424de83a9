//! `poll`: one pass over the sources that are due, or over named ones, or over all; by the running service, where one has the store.

mod asked;
mod row;
mod screen;

use std::sync::Arc;

use jiff::Timestamp;
use tokio::task::JoinSet;

use crate::command::{Exit, Setup, control, setup};
use crate::config::Config;
use crate::edge::store::{Memo, Store, StoreError};
use crate::flow::schedule::{Pass, Rests};
use crate::model::Source;
use crate::pipeline::{Desk, Outcome, blocking, keep_copy, mend, prune, reclassify};
use row::{Held, Row};
use screen::Screen;

pub(super) use asked::answer;

/// What `poll` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Only these sources, due or not.
    #[arg(value_name = "SOURCE", conflicts_with = "all")]
    sources: Vec<String>,
    /// Every source that is enabled, due or not.
    #[arg(long)]
    all: bool,
    /// Print one JSON object a source, then one of totals.
    #[arg(long)]
    json: bool,
}

/// Polls, and tells what became of each source.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = control::config(setup)?;
    let zone = config.service.timezone.clone();
    let screen = Screen::new(arguments.json);
    let rows = match setup.store(&config.store) {
        Ok(store) => {
            let pass = what(&config, &arguments.sources, arguments.all)?;
            poll(setup, config, store, &pass, screen)?
        }
        Err(error) if matches!(error.downcast_ref(), Some(StoreError::Held { .. })) => {
            asked::ask(setup, &config, arguments, screen)?.ok_or(error)?
        }
        Err(error) => return Err(error),
    };
    if !arguments.json {
        row::show(&rows, &zone, !arguments.sources.is_empty())?;
    }
    let failed = rows.iter().any(|row| row.outcome == Outcome::Failed);
    Ok(if failed { Exit::WithFailures } else { Exit::Done })
}

/// What a pass is over.
fn what(config: &Config, sources: &[String], all: bool) -> anyhow::Result<Pass> {
    let named = sources.iter().map(|id| setup::find_source(config, id).map(|source| source.id.clone()));
    Ok(match (all, sources) {
        (true, _) => Pass::All,
        (false, []) => Pass::Due,
        (false, _) => Pass::Named(named.collect::<Result<_, _>>()?),
    })
}

/// What keeps a source from being polled, beside that it may not be due.
fn held(source: &Source, rest: Option<Timestamp>) -> Option<Held> {
    if source.enabled { rest.map(Held::Rests) } else { Some(Held::Disabled) }
}

/// Polls in this process.
fn poll(setup: &Setup, config: Config, store: Arc<Store>, pass: &Pass, screen: Screen) -> anyhow::Result<Vec<Row>> {
    let desk = setup.desk(config)?;
    setup::block_on(async {
        mend(&desk.config, &store).await?;
        store.remember(Memo::Config, desk.config.text.as_bytes().to_vec()).await?;
        reclassify(&store, &desk.rules).await?;
        desk.pushes.load(&store)?;
        let rows = polled(&desk, &store, pass, screen).await?;
        desk.later.write(&store).await?;
        desk.pushes.write(&store).await?;
        if let Some(keep) = desk.config.store.keep {
            prune(&store, keep, (setup.clock)()).await?;
        }
        keep_copy(&desk.config, &store, (setup.clock)()).await?;
        Ok(rows)
    })
}

/// Polls everything that is wanted, and tells each source as soon as it is done.
async fn polled(desk: &Desk, store: &Arc<Store>, pass: &Pass, mut screen: Screen) -> anyhow::Result<Vec<Row>> {
    let reader = Arc::clone(store);
    let states = blocking(move || reader.source_states()).await?;
    let desk = Arc::new(desk.clone().priced(&states));
    let now = (desk.clock)();
    let mut rests = Rests::of(states.iter().filter_map(|(id, state)| {
        let source = desk.config.sources.get(id)?;
        // What another address said binds nobody.
        (desk.settings(source) == state.settings).then_some((source, state.as_ref()))
    }));
    let mut polls = JoinSet::new();
    for source in desk.config.sources.values().filter(|source| pass.is_over(&source.id)) {
        let before = states.get(&source.id).filter(|state| state.settings == desk.settings(source)).cloned();
        let rest = rests.until(source.url(), now);
        if pass.polls(source, before.as_deref(), rest, now) {
            let (desk, store, id) = (Arc::clone(&desk), Arc::clone(store), source.id.clone());
            polls.spawn(async move {
                let turn = desk.crew.poll(|| &*desk, &store, &desk.config.sources[&id], before.clone()).await;
                (id, before, turn)
            });
        } else {
            screen.tell(Row::skipped(source.id.clone(), before.as_deref(), held(source, rest), &desk.config.service.timezone))?;
        }
    }
    screen.expect(polls.len());
    while let Some(done) = polls.join_next().await {
        let (source, before, turn) = done?;
        screen.tell(Row::ended(source, before.as_deref(), turn, &desk.config.service.timezone))?;
    }
    Ok(screen.end()?)
}
