//! `check`: is feeds.toml right, and with `--online`: does every source answer?

use std::io::Write;

use serde_json::json;
use tokio::task::JoinSet;

use crate::command::table::counted;
use crate::command::{Exit, Setup, setup};
use crate::config::{self, Config, Fault, Faults, Severity};
use crate::model::SourceId;
use crate::pipeline::{Previewed, preview_in_turn};

/// What `check` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Also fetch every enabled source once, and say what is wrong with each; nothing is stored.
    #[arg(long)]
    online: bool,
    /// Print one JSON object a fault, for editors.
    #[arg(long)]
    json: bool,
}

/// Shows every fault of the file, and what the file says where it has none.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    let mut out = std::io::stdout().lock();
    let (config, faults) = match setup.first_config().map_err(|error| error.downcast::<Faults>()) {
        Ok((config, warnings)) => (Some(config), Faults { shown: warnings, more: 0 }),
        Err(Ok(faults)) => (None, faults),
        Err(Err(error)) => {
            if arguments.json {
                let fault = config::unreadable(&setup.path.display().to_string(), &format!("{error:#}"));
                writeln!(out, "{}", serde_json::to_string(&fault)?)?;
            }
            return Err(error);
        }
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
    let Some(config) = config else {
        if !arguments.json {
            writeln!(out, "{}: {}", setup.path.display(), counted(errors, "error", "errors"))?;
        }
        return Ok(Exit::WithFailures);
    };
    if !arguments.json {
        let sources = counted(config.sources.len(), "source", "sources");
        let topics = counted(config.topics.len(), "topic", "topics");
        let feeds = counted(config.feeds.len(), "feed", "feeds");
        writeln!(out, "{}: {sources}, {topics}, {feeds}; no errors", setup.path.display())?;
    }
    drop(out);
    if arguments.online { online(setup, config, arguments.json) } else { Ok(Exit::Done) }
}

/// Fetches every enabled source, and says of each what is wrong with it.
fn online(setup: &Setup, config: Config, json: bool) -> anyhow::Result<Exit> {
    let desk = setup.desk(config)?;
    let failures = setup::block_on(async {
        let mut asked = JoinSet::new();
        for source in desk.config.sources.values().filter(|source| source.enabled).cloned() {
            let desk = desk.clone();
            asked.spawn(async move {
                let slot = desk.crew.slot(source.url(), false).await;
                let (fault, moved) = match preview_in_turn(&desk, &source, &|url| slot.place.at(&desk.crew, url)).await {
                    Ok(previewed) => (empty(&previewed), previewed.moved),
                    Err(error) => (Some(format!("{error}. {}.", error.trouble().advice())), None),
                };
                (source.id.clone(), source.home.clone(), fault, moved)
            });
        }
        let mut failures = 0;
        while let Some(done) = asked.join_next().await {
            let (source, url, fault, moved) = done?;
            if let Some(to) = moved {
                // No failure: it is followed. But only the administrator can write it into feeds.toml.
                tell(&source, &format!("{url}: it redirects to {to} and calls that permanent; put it into feeds.toml"), json)?;
            }
            if let Some(fault) = fault {
                failures += 1;
                tell(&source, &format!("{url}: {fault}"), json)?;
            }
        }
        anyhow::Ok(failures)
    })?;
    if !json {
        let enabled = desk.config.sources.values().filter(|source| source.enabled).count();
        writeln!(std::io::stdout(), "{} asked, {failures} failed", counted(enabled, "source", "sources"))?;
    }
    Ok(if failures == 0 { Exit::Done } else { Exit::WithFailures })
}

/// A feed without entries is no failure of the fetch, but nothing comes of it either.
fn empty(previewed: &Previewed) -> Option<String> {
    previewed.document.entries.is_empty().then(|| "the feed has no entries".to_owned())
}

fn tell(source: &SourceId, fault: &str, json: bool) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    if json { writeln!(out, "{}", json!({ "source": source, "error": fault })) } else { writeln!(out, "{source}: {fault}") }
}
