//! `plan`: what another feeds.toml would change over the stored stories. It changes nothing.

use std::path::PathBuf;

use anyhow::anyhow;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::command::control::{self, Ground, Question};
use crate::command::table::clock;
use crate::command::{Exit, Setup};
use crate::config::{self, Config};
use crate::edge::store::{Memo, Store};
use crate::pipeline::{Existence, Moves, Plan, Shift, SourceChange, plan};

/// What `plan` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The other feeds.toml. Without it that is --config, and the one in force is what last ran over its store.
    #[arg(value_name = "NEW")]
    new: Option<PathBuf>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// Compares another configuration with the one that is in force, or last was, over the store that --config names.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = setup.quiet_config()?;
    let text = match &arguments.new {
        Some(path) => Setup { path: path.clone(), ..setup.clone() }.quiet_config()?.text.to_string(),
        None => config.text.to_string(),
    };
    control::ask(setup, &config, &Question::Plan { text, json: arguments.json })
}

/// The configuration that was last in force over a store.
pub(super) fn remembered(store: &Store, env: fn(&str) -> Option<String>) -> anyhow::Result<Option<Config>> {
    let Some(text) = store.recall(Memo::Config)? else { return Ok(None) };
    let (config, _) = config::read("feeds.toml", &String::from_utf8_lossy(&text), &env).map_err(|faults| {
        anyhow!("the configuration that was last in force can't be read as things are now: {faults}\nrun `poll` or `serve` once before planning")
    })?;
    Ok(Some(config))
}

/// The plan for a configuration of this text.
pub(super) fn tell(ground: &Ground, text: &str, json: bool) -> anyhow::Result<String> {
    let (after, _) = config::read("feeds.toml", text, &ground.env).map_err(|faults| anyhow!("{faults}"))?;
    let nothing = || config::read("feeds.toml", "", &|_| None).map(|(config, _)| config);
    let before = match ground.config {
        Some(config) => config.clone(),
        None => nothing().map_err(|faults| anyhow!("{faults}"))?,
    };
    let plan = plan(&before, &after, ground.store)?;
    Ok(if json { format!("{}\n", as_json(&plan)) } else { as_text(&plan, &after.service.timezone) })
}

fn as_text(plan: &Plan, zone: &TimeZone) -> String {
    let mut out = String::new();
    let differs = !plan.sources.is_empty() || !plan.topics.is_empty() || !plan.feeds.is_empty();
    if !plan.sources.is_empty() {
        out += "Sources\n";
        for (id, change) in &plan.sources {
            out += &match change {
                SourceChange::Added => format!("  + {id}\n"),
                SourceChange::Removed { stories } => {
                    format!("  - {id}: {stories} stories that no other source carries then leave the feeds\n")
                }
                SourceChange::Changed(keys) => format!("  ~ {id}: another {}\n", keys.join(", ")),
            };
        }
        out += "\n";
    }
    for (heading, shifts) in [("Topics", &plan.topics), ("Feeds", &plan.feeds)] {
        if !shifts.is_empty() {
            out += &format!("{heading}\n");
            shifts.iter().for_each(|(id, shift)| out += &shift_text(id.as_str(), shift, zone));
            out += "\n";
        }
    }
    if differs {
        out += &format!("{} of {} stories move\n", plan.moved, plan.stories);
    } else {
        out += &format!("nothing changes for the {} stored stories\n", plan.stories);
    }
    out
}

fn shift_text(id: &str, shift: &Shift, zone: &TimeZone) -> String {
    let sign = match shift.existence {
        Existence::Added => "+ ",
        Existence::Removed => "- ",
        Existence::Stays => "",
    };
    let mut out = format!("  {sign}{id}: +{} −{}, {} stories then\n", shift.gained.count, shift.lost.count, shift.holds);
    for (sign, moves) in [("+", &shift.gained), ("−", &shift.lost)] {
        for example in &moves.examples {
            out += &format!("      {sign} {} {}\n", clock(example.published, zone), example.title);
            if !example.because.is_empty() {
                out += &format!("        {}\n", example.because);
            }
        }
        if moves.count > moves.examples.len() {
            out += &format!("      {sign} … and {} more\n", moves.count - moves.examples.len());
        }
    }
    out
}

fn as_json(plan: &Plan) -> Value {
    let source = |change: &SourceChange| match change {
        SourceChange::Added => json!({ "change": "added" }),
        SourceChange::Removed { stories } => json!({ "change": "removed", "stories": stories }),
        SourceChange::Changed(keys) => json!({ "change": "changed", "keys": keys }),
    };
    let moves = |moves: &Moves| {
        let example =
            |e: &crate::pipeline::Move| json!({ "id": e.id, "title": e.title, "published": e.published, "because": e.because });
        json!({ "stories": moves.count, "examples": moves.examples.iter().map(example).collect::<Vec<_>>() })
    };
    let shift = |shift: &Shift| {
        let change = match shift.existence {
            Existence::Added => "added",
            Existence::Removed => "removed",
            Existence::Stays => "changed",
        };
        json!({ "change": change, "holds": shift.holds, "gained": moves(&shift.gained), "lost": moves(&shift.lost) })
    };
    let keyed = |shifts: &std::collections::BTreeMap<_, Shift>| -> Value {
        shifts
            .iter()
            .map(|(id, s): (&crate::model::Slug, _)| (id.to_string(), shift(s)))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    let sources: serde_json::Map<String, Value> =
        plan.sources.iter().map(|(id, change)| (id.to_string(), source(change))).collect();
    json!({ "stories": plan.stories, "moved": plan.moved, "sources": sources, "topics": keyed(&plan.topics), "feeds": keyed(&plan.feeds) })
}
