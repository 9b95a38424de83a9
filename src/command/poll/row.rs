//! What `poll` tells of each source: as JSON, in a table, and between the running service and who asked it.

use std::io::Write;

use comfy_table::Color;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::command::explain::next_poll;
use crate::command::table::{clock, coloured, table};
use crate::model::{SourceId, SourceState, Trouble};
use crate::pipeline::{Outcome, Polled, Turn};

/// What is told of one source.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Row {
    source: SourceId,
    pub outcome: Outcome,
    status: Option<u16>,
    entries: usize,
    new: usize,
    updated: usize,
    error: Option<String>,
    /// When it is polled again; `None` where it is not, or nobody knows.
    next: Option<Timestamp>,
    /// Why it is polled again when it is, as a sentence, where it was polled.
    reason: Option<String>,
    /// Where it has moved to, as a sentence.
    moved: Option<String>,
}

impl Row {
    /// What is told of a poll that has ended. `before` is what was known of a source that is enabled.
    pub(super) fn ended(source: SourceId, before: Option<&SourceState>, turn: Turn, zone: &TimeZone) -> Self {
        match turn {
            Turn::Polled(polled) => Self::of(*polled, zone),
            Turn::Rests(until) => Self { next: Some(until), ..Self::skipped(source, before) },
            Turn::Elsewhere { state, again } => {
                let row = Self::skipped(source, state.as_deref().or(before));
                Self { next: again.or(row.next), ..row }
            }
            Turn::NotWanted => Self::skipped(source, before),
        }
    }

    fn of(polled: Polled, zone: &TimeZone) -> Self {
        let Polled { source, outcome, status, entries, new, updated, error, state } = polled;
        let moved = state.manners.moved.as_ref().map(ToString::to_string);
        let reason = Some(next_poll(&state, zone));
        Self { source, outcome, status, entries, new, updated, error, next: next(&state), reason, moved }
    }

    /// What is told of one that is not polled now.
    pub(super) fn skipped(source: SourceId, before: Option<&SourceState>) -> Self {
        Self { next: before.and_then(next), ..Self::unread(source, Outcome::Skipped) }
    }

    fn unread(source: SourceId, outcome: Outcome) -> Self {
        Self { source, outcome, status: None, entries: 0, new: 0, updated: 0, error: None, next: None, reason: None, moved: None }
    }

    /// The object of `--json`.
    pub(super) fn as_json(&self) -> Value {
        json!({
            "source": self.source,
            "outcome": self.outcome,
            "status": self.status,
            "entries": self.entries,
            "new": self.new,
            "updated": self.updated,
            "error": self.error,
            "next": self.next,
        })
    }

    /// The source's name, for a progress bar.
    pub(super) fn name(&self) -> String {
        self.source.to_string()
    }
}

/// When a source is polled again; one that is gone is not.
fn next(state: &SourceState) -> Option<Timestamp> {
    (state.manners.trouble != Some(Trouble::Gone)).then_some(state.next)
}

/// The totals of `--json`.
pub(super) fn totals(rows: &[Row]) -> Value {
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
pub(super) fn show(rows: &[Row], zone: &TimeZone, with_reasons: bool) -> anyhow::Result<()> {
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
            coloured(row.outcome.word(), color),
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
    for (row, reason) in sorted.iter().filter_map(|row| row.reason.as_ref().filter(|_| with_reasons).map(|reason| (row, reason)))
    {
        writeln!(stdout, "{}: {reason}", row.source)?;
    }
    writeln!(
        stdout,
        "{} sources: {} changed, {} unchanged, {} failed, {} skipped; {} new entries, {} updated",
        total["sources"], total["changed"], total["unchanged"], total["failed"], total["skipped"], total["new"], total["updated"]
    )?;
    Ok(())
}
