//! `check`: is feeds.toml right?

use std::io::Write;

use crate::command::{Exit, Setup};
use crate::config::{Fault, Faults, Severity};

/// What `check` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Print one JSON object a fault, for editors.
    #[arg(long)]
    json: bool,
}

/// Shows every fault of the file, and what the file says where it has none.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    let mut out = std::io::stdout().lock();
    let (config, faults) = match setup.config() {
        Ok((config, warnings)) => (Some(config), Faults { shown: warnings, more: 0 }),
        Err(error) => (None, error.downcast::<Faults>()?),
    };
    if arguments.json {
        for fault in &faults.shown {
            writeln!(out, "{}", serde_json::to_string(fault)?)?;
        }
    } else if !faults.shown.is_empty() {
        let styled = std::io::IsTerminal::is_terminal(&out);
        writeln!(out, "{}\n", faults.render(styled))?;
    }
    let errors = faults.shown.iter().filter(|fault: &&Fault| fault.severity == Severity::Error).count() + faults.more;
    match config {
        Some(config) if !arguments.json => writeln!(
            out,
            "{}: {} sources, {} topics, {} feeds; no errors",
            setup.path.display(),
            config.sources.len(),
            config.topics.len(),
            config.feeds.len()
        )?,
        Some(_) => {}
        None if !arguments.json => {
            writeln!(out, "{}: {errors} {}", setup.path.display(), if errors == 1 { "error" } else { "errors" })?
        }
        None => {}
    }
    Ok(if errors == 0 { Exit::Done } else { Exit::WithFailures })
}
