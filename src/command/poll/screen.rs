//! Where `poll` tells what it does while it does it: a line of JSON a source, or a bar on a terminal.

use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use crate::command::exit::unprinted;
use crate::command::poll::row::{Row, totals};

/// What has been told so far.
pub(super) struct Screen {
    json: bool,
    progress: ProgressBar,
    rows: Vec<Row>,
}

impl Screen {
    pub(super) fn new(json: bool) -> Self {
        Self { json, progress: ProgressBar::hidden(), rows: Vec::new() }
    }

    /// So many polls are to come.
    pub(super) fn expect(&mut self, polls: usize) {
        self.progress = progress(polls, self.json);
    }

    /// Tells of one source.
    pub(super) fn tell(&mut self, row: Row) -> io::Result<()> {
        if self.json {
            print_json(&row.as_json())?;
        }
        self.progress.set_message(row.name());
        self.progress.inc(1);
        self.rows.push(row);
        Ok(())
    }

    /// Everything is told.
    pub(super) fn end(self) -> io::Result<Vec<Row>> {
        self.progress.finish_and_clear();
        if self.json {
            print_json(&json!({ "total": totals(&self.rows) }))?;
        }
        Ok(self.rows)
    }
}

/// A bar on stderr, where that is a terminal.
fn progress(length: usize, json: bool) -> ProgressBar {
    if json || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let style = ProgressStyle::with_template("{bar:30.cyan/dim} {pos}/{len} {msg:.dim}");
    let bar = ProgressBar::new(length as u64);
    match style {
        Ok(style) => bar.with_style(style.progress_chars("━╸─")),
        Err(_) => bar,
    }
}

fn print_json(value: &Value) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{value}").map_err(|error| unprinted(&error))
}
