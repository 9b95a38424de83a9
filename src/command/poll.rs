//! `poll`: one pass over the sources that are due, or over named ones, or over all.

use std::io::{IsTerminal, Write};
use std::sync::Arc;

use comfy_table::Color;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::command::explain::next_poll;
use crate::command::table::{clock, coloured, table};
use crate::command::{Exit, Setup, setup};
use crate::edge::store::{Memo, Store};
use crate::flow::schedule::{self, Rests};
use crate::model::{Source, SourceId, SourceState, Trouble};
use crate::pipeline::{Desk, Outcome, Polled, Turn, blocking, keep_copy, mend, prune, reclassify};

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

/// What is told of one source.
struct Row {
    source: SourceId,
    outcome: Outcome,
    status: Option<u16>,
    entries: usize,
    new: usize,
    updated: usize,
    error: Option<String>,
    /// When it is polled again; `None` where it is not, or nobody knows.
    next: Option<Timestamp>,
    /// The source's state, where it was polled.
    state: Option<SourceState>,
    /// Where it has moved to, as a sentence.
    moved: Option<String>,
}

impl Row {
    fn of(polled: Polled) -> Self {
        let Polled { source, outcome, status, entries, new, updated, error, state } = polled;
        let moved = state.manners.moved.as_ref().map(|moved| {
            let what = if moved.adopted { "it has moved and is fetched at" } else { "it redirects permanently to" };
            format!("{what} {} since {}; put it into feeds.toml", moved.to, moved.since.strftime("%Y-%m-%d"))
        });
        Self { source, outcome, status, entries, new, updated, error, next: next(&state), moved, state: Some(state) }
    }

    fn skipped(source: &Source, before: Option<&SourceState>) -> Self {
        let next = before.filter(|_| source.enabled).and_then(next);
        Self { next, ..Self::unread(source.id.clone(), Outcome::Skipped) }
    }

    fn broken_down(source: SourceId) -> Self {
        Self { error: Some("the poll broke down; the log says where".to_owned()), ..Self::unread(source, Outcome::Failed) }
    }

    fn unread(source: SourceId, outcome: Outcome) -> Self {
        Self { source, outcome, status: None, entries: 0, new: 0, updated: 0, error: None, next: None, moved: None, state: None }
    }
}

/// When a source is polled again; one that is gone is not.
fn next(state: &SourceState) -> Option<Timestamp> {
    (state.manners.trouble != Some(Trouble::Gone)).then_some(state.next)
}

/// Polls, and tells what became of each source.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = setup.quiet_config()?;
    let named: Vec<SourceId> =
        arguments.sources.iter().map(|id| setup::find_source(&config, id).map(|s| s.id.clone())).collect::<Result<_, _>>()?;
    let store = setup.store(&config.store)?;
    let desk = setup.desk(config)?;
    setup::block_on(async {
        mend(&desk.config, &store).await?;
        store.remember(Memo::Config, desk.config.text.as_bytes().to_vec()).await?;
        reclassify(&store, &desk.rules).await?;
        desk.pushes.load(&store)?;
        let rows = pass(&desk, &store, &named, arguments).await?;
        desk.pushes.write(&store).await?;
        if let Some(keep) = desk.config.store.keep {
            prune(&store, keep, (setup.clock)()).await?;
        }
        keep_copy(&desk.config, &store, (setup.clock)()).await?;
        if !arguments.json {
            show(&rows, &desk, !named.is_empty())?;
        }
        let failed = rows.iter().any(|row| row.outcome == Outcome::Failed);
        Ok(if failed { Exit::WithFailures } else { Exit::Done })
    })
}

/// Polls everything that is wanted; with `--json` each source is printed as soon as it is done.
async fn pass(desk: &Desk, store: &Arc<Store>, named: &[SourceId], arguments: &Arguments) -> anyhow::Result<Vec<Row>> {
    let reader = Arc::clone(store);
    let states = blocking(move || reader.source_states()).await?;
    let desk = &desk.clone().priced(&states);
    let now = (desk.clock)();
    let mut rests = Rests::of(states.iter().filter_map(|(id, state)| {
        let source = desk.config.sources.get(id)?;
        // What another address said binds nobody.
        (source.settings() == state.settings).then_some((source, state))
    }));
    let mut polls = JoinSet::new();
    let mut rows: Vec<Row> = Vec::new();
    let chosen = |source: &&Source| named.is_empty() || named.contains(&source.id);
    for source in desk.config.sources.values().filter(chosen) {
        let before = states.get(&source.id).filter(|state| state.settings == source.settings()).cloned();
        // What is asked for by name, or all, is the administrator's word; what is merely due waits for its host to have rested.
        let asked_for = source.enabled && (arguments.all || !named.is_empty());
        let wanted = asked_for || schedule::is_due(source, before.as_ref(), now) && rests.until(source.url(), now).is_none();
        if wanted {
            let (desk, store, source) = (desk.clone(), Arc::clone(store), source.clone());
            polls.spawn(async move {
                (source.clone(), before.clone(), desk.crew.poll(|| desk.clone(), &store, &source, before).await)
            });
        } else {
            rows.push(Row::skipped(source, before.as_ref()));
        }
    }
    if arguments.json {
        for row in &rows {
            print_json(&as_json(row))?;
        }
    }
    let progress = progress(polls.len(), arguments.json);
    while let Some(done) = polls.join_next().await {
        let (source, before, turn) = done?;
        let row = match turn {
            Turn::Polled(polled) => Row::of(*polled),
            Turn::Rests(until) => Row { next: Some(until), ..Row::skipped(&source, before.as_ref()) },
            Turn::Elsewhere { state, again } => {
                let row = Row::skipped(&source, state.as_deref().or(before.as_ref()));
                Row { next: again.or(row.next), ..row }
            }
            Turn::NotWanted => Row::skipped(&source, before.as_ref()),
            Turn::BrokeDown => Row::broken_down(source.id),
        };
        if arguments.json {
            print_json(&as_json(&row))?;
        }
        progress.set_message(row.source.to_string());
        progress.inc(1);
        rows.push(row);
    }
    progress.finish_and_clear();
    if arguments.json {
        print_json(&json!({ "total": totals(&rows) }))?;
    }
    Ok(rows)
}

/// A bar on stderr, where that is a terminal.
fn progress(length: usize, json: bool) -> ProgressBar {
    if json || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30.cyan/dim} {pos}/{len} {msg:.dim}");
    let bar = ProgressBar::new(length as u64);
    match style {
        Ok(style) => bar.with_style(style.progress_chars("━╸─")),
        Err(_) => bar,
    }
}

fn print_json(value: &Value) -> std::io::Result<()> {
    writeln!(std::io::stdout().lock(), "{value}")
}

fn word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Changed => "changed",
        Outcome::Unchanged => "unchanged",
        Outcome::Failed => "failed",
        Outcome::Skipped => "skipped",
    }
}

fn as_json(row: &Row) -> Value {
    json!({
        "source": row.source,
        "outcome": word(row.outcome),
        "status": row.status,
        "entries": row.entries,
        "new": row.new,
        "updated": row.updated,
        "error": row.error,
        "next": row.next,
    })
}

fn totals(rows: &[Row]) -> Value {
    let count = |outcome| rows.iter().filter(|row| row.outcome == outcome).count();
    json!({
        "sources": rows.len(),
        "changed": count(Outcome::Changed),
        "unchanged": count(Outcome::Unchanged),
        "failed": count(Outcome::Failed),
        "skipped": count(Outcome::Skipped),
        "entries": rows.iter().map(|row| row.entries).sum::<usize>(),
        "new": rows.iter().map(|row| row.new).sum::<usize>(),
        "updated": rows.iter().map(|row| row.updated).sum::<usize>(),
    })
}

/// A table; for sources that were named also why each is polled again when it is.
fn show(rows: &[Row], desk: &Desk, with_reasons: bool) -> anyhow::Result<()> {
    let zone = &desk.config.service.timezone;
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_key(|row| (row.outcome == Outcome::Failed, row.source.clone()));
    let mut out = table(&["source", "outcome", "status", "entries", "new", "updated", "next", ""]);
    for row in &sorted {
        let color = match row.outcome {
            Outcome::Changed => Color::Green,
            Outcome::Failed => Color::Red,
            Outcome::Unchanged | Outcome::Skipped => Color::DarkGrey,
        };
        out.add_row(vec![
            row.source.to_string().into(),
            coloured(word(row.outcome), color),
            row.status.map(|s| s.to_string()).unwrap_or_default().into(),
            row.entries.into(),
            row.new.into(),
            row.updated.into(),
            row.next.map(|next| clock(next, zone)).unwrap_or_default().into(),
            row.error.as_ref().or(row.moved.as_ref()).cloned().unwrap_or_default().into(),
        ]);
    }
    let total = totals(rows);
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{out}\n")?;
    for (row, state) in sorted.iter().filter_map(|row| row.state.as_ref().filter(|_| with_reasons).map(|state| (row, state))) {
        writeln!(stdout, "{}: {}", row.source, next_poll(state, zone))?;
    }
    writeln!(
        stdout,
        "{} sources: {} changed, {} unchanged, {} failed, {} skipped; {} new entries, {} updated",
        total["sources"], total["changed"], total["unchanged"], total["failed"], total["skipped"], total["new"], total["updated"]
    )?;
    Ok(())
}
