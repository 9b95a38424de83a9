//! What `poll` tells of each source: as JSON, in a table, and between the running service and who asked it.

use std::io::Write;

use comfy_table::Color;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::command::explain::next_poll;
use crate::command::table::{clock, coloured, counted, table};
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
    /// Why it is polled again when it is, or not at all, as a sentence.
    reason: Option<String>,
    /// Why it was not polled, due or not, as a sentence.
    held: Option<String>,
    /// Where it has moved to, as a sentence.
    moved: Option<String>,
}

impl Row {
    /// What is told of a poll that has ended. `before` is what was known of a source that is enabled.
    pub(super) fn ended(source: SourceId, before: Option<&SourceState>, turn: Turn, zone: &TimeZone) -> Self {
        match turn {
            Turn::Polled(polled) => Self::of(*polled, zone),
            Turn::Rests(until) => Self::skipped(source, before, Some(Held::Rests(until)), zone),
            Turn::Elsewhere { state, again } => {
                let row = Self::skipped(source, state.as_deref().or(before), Some(Held::Elsewhere), zone);
                Self { next: again.or(row.next), ..row }
            }
            Turn::NotWanted => Self::skipped(source, before, Some(Held::NotWanted), zone),
        }
    }

    fn of(polled: Polled, zone: &TimeZone) -> Self {
        let Polled { source, outcome, status, entries, new, updated, error, state } = polled;
        let moved = state.manners.moved.as_ref().map(ToString::to_string);
        let reason = Some(next_poll(&state, zone));
        Self { source, outcome, status, entries, new, updated, error, next: next(&state), reason, held: None, moved }
    }

    /// What is told of one that is not polled now, though it may be due.
    pub(super) fn skipped(source: SourceId, before: Option<&SourceState>, held: Option<Held>, zone: &TimeZone) -> Self {
        let gone = before.filter(|state| next(state).is_none()).map(|_| Held::Gone);
        let (before, held) = (before.filter(|_| held != Some(Held::Disabled)), held.or(gone));
        let next = match held {
            Some(Held::Rests(until)) => Some(until),
            _ => before.and_then(next),
        };
        let held = held.map(|held| held.told(&source, zone));
        let (status, error, moved, entries, new, updated) = (None, None, None, 0, 0, 0);
        let reason = held.clone().or_else(|| before.map(|state| next_poll(state, zone)));
        Self { source, outcome: Outcome::Skipped, status, entries, new, updated, error, next, reason, held, moved }
    }

    /// The object of `--json`; `reason` stands only where something keeps the source from being polled.
    pub(super) fn as_json(&self) -> Value {
        let mut row = json!({
            "source": self.source,
            "outcome": self.outcome,
            "status": self.status,
            "entries": self.entries,
            "new": self.new,
            "updated": self.updated,
            "error": self.error,
            "next": self.next,
        });
        if let Some(held) = &self.held {
            row["reason"] = json!(held);
        }
        row
    }

    /// What is told of it beside the table, where a sentence of any length has room.
    fn sentences(&self, with_reason: bool) -> Vec<&str> {
        let told = self.error.as_deref().or(self.moved.as_deref()).or(self.held.as_deref());
        let reason = self.reason.as_deref().filter(|reason| with_reason && Some(*reason) != told);
        told.into_iter().chain(reason).collect()
    }

    /// The source's name, for a progress bar.
    pub(super) fn name(&self) -> String {
        self.source.to_string()
    }
}

/// What keeps a source from being polled, whenever it is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    /// feeds.toml says so.
    Disabled,
    /// Its host rests until then.
    Rests(Timestamp),
    /// It is gone (410).
    Gone,
    /// Another process that shares the store polls it, or has.
    Elsewhere,
    /// An edit has taken it away meanwhile.
    NotWanted,
}

impl Held {
    fn told(self, source: &SourceId, zone: &TimeZone) -> String {
        match self {
            Self::Disabled => "it is not enabled".to_owned(),
            Self::Rests(until) => {
                let until = clock(until, zone);
                format!("its host asked to be left alone until {until}; `diemtin explain {source}` says which source heard it")
            }
            Self::Gone => format!("the server said that it is gone for good (410); `diemtin poll {source}` asks again"),
            Self::Elsewhere => "another process polls it".to_owned(),
            Self::NotWanted => "an edit of feeds.toml has changed it meanwhile".to_owned(),
        }
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

/// A table, and below it what is told in sentences; for sources that were named also why each is polled again when it is.
pub(super) fn show(rows: &[Row], zone: &TimeZone, with_reasons: bool) -> anyhow::Result<()> {
    let mut sorted: Vec<&Row> = rows.iter().collect();
    sorted.sort_by_key(|row| (row.outcome == Outcome::Failed, row.source.clone()));
    let mut out = table(&["source", "outcome", "status", "entries", "new", "updated", "next"]);
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
        ]);
    }
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{out}\n")?;
    for row in &sorted {
        for sentence in row.sentences(with_reasons) {
            writeln!(stdout, "{}: {sentence}", row.source)?;
        }
    }
    let total = totals(rows);
    writeln!(
        stdout,
        "{}: {} changed, {} unchanged, {} failed, {} skipped; {}, {} updated",
        counted(rows.len(), "source", "sources"),
        total["changed"],
        total["unchanged"],
        total["failed"],
        total["skipped"],
        counted(rows.iter().map(|row| row.new).sum::<usize>(), "new entry", "new entries"),
        total["updated"]
    )?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_a_source_is_told_once() {
        let row = Row::skipped("a".parse().expect("an id"), None, Some(Held::Disabled), &TimeZone::UTC);
        assert_eq!(row.sentences(true), ["it is not enabled"]);
        let failed = Row { error: Some("it broke".to_owned()), reason: Some("next poll soon".to_owned()), held: None, ..row };
        assert_eq!(failed.sentences(false), ["it broke"]);
        assert_eq!(failed.sentences(true), ["it broke", "next poll soon"]);
    }
}
