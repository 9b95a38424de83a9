//! `explain`: why a stored story has its topics and its entries, why a source is polled when it is, or which topics a text would have.

mod source;

use std::io::{BufRead, Write};
use std::sync::Arc;

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::command::control::{self, Ground, Question};
use crate::command::table::clock;
use crate::command::{Exit, Setup};
use crate::config::Config;
use crate::flow::push;
use crate::flow::schedule::Resting;
use crate::flow::topic::{Rules, Texts};
use crate::model::{Occurrence, Source, SourceState, Story, Verdict, Why, Withdrawal};
use crate::pipeline::{KnownSource, explain, find_story, withdrawals};

pub(super) use crate::pipeline::next_poll;

/// What `explain` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A story: the address of its page here, its id, or the address of an article. Or the id of a source. `-` reads texts from the
    /// standard input, a JSON object a line: {"title","summary","content","categories","published"}.
    #[arg(value_name = "STORY-URL|SOURCE|-")]
    story: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// A text on the standard input.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Text {
    title: String,
    summary: String,
    content: String,
    categories: Vec<String>,
    published: Option<Timestamp>,
}

/// Explains a story, a source, or the texts on the standard input.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    if arguments.story == "-" {
        return texts(&Rules::new(&setup.quiet_config()?.topics), (setup.clock)());
    }
    let config = control::config(setup)?;
    control::ask(setup, &config, &Question::Explain { story: arguments.story.clone(), json: arguments.json })
}

/// Why a stored story is as it is, or a source polled when it is.
pub(super) fn tell(ground: &Ground, text: &str, json: bool) -> anyhow::Result<String> {
    let (config, store) = (ground.config.context("no configuration is in force")?, ground.store);
    if let Some(source) = config.sources.get(text) {
        let states = store.source_states()?;
        let current = |(id, state)| -> Option<_> {
            let (source, state): (&Source, &Arc<SourceState>) = (config.sources.get(id)?, state);
            (state.settings == source.settings()).then_some((source, state.as_ref()))
        };
        let rest = Resting::of(states.iter().filter_map(current), ground.now).rest(source);
        let state = states.get(&source.id).filter(|state| state.settings == source.settings());
        let push = store.push(&source.id)?.unwrap_or_default();
        let off = push::base(&config.service, &config.fetch).err();
        let known = KnownSource { source, state: state.map(AsRef::as_ref), push: &push, off, rest, now: ground.now };
        let zone = &config.service.timezone;
        return Ok(if json { format!("{}\n", source::as_json(&known)) } else { source::told(&known, zone) });
    }
    let unknown = || anyhow!("there is no story or source {text:?} in the store");
    let id = find_story(config, store, text)?.ok_or_else(unknown)?;
    let story = store.story(id)?.ok_or_else(unknown)?;
    let why = explain(config, ground.rules, store, &story)?;
    let withdrawal = withdrawals(store)?.remove(&id);
    Ok(if json {
        format!("{}\n", merged(story_json(config, &story, &why), json!({ "withdrawn": withdrawal })))
    } else {
        told(config, &story, &why, withdrawal.as_ref())
    })
}

/// One JSON object a line in, one out.
fn texts(rules: &Rules, now: Timestamp) -> anyhow::Result<Exit> {
    let mut exit = Exit::Done;
    let mut out = std::io::stdout().lock();
    for (number, line) in std::io::stdin().lock().split(b'\n').enumerate() {
        let line = line?;
        if line.trim_ascii().is_empty() {
            continue;
        }
        let value = match serde_json::from_slice::<Text>(&line).with_context(|| format!("line {}", number + 1)) {
            Ok(text) => verdicts_json(&rules.verdicts(Texts {
                title: &text.title,
                summary: &text.summary,
                content: &text.content,
                categories: &text.categories,
                published: text.published.unwrap_or(now),
            })),
            Err(error) => {
                exit = Exit::WithFailures;
                json!({ "error": format!("{error:#}") })
            }
        };
        writeln!(out, "{value}")?;
    }
    Ok(exit)
}

/// `{"topics":[…],"not":[…]}`: the topics that texts have, and those that they nearly have.
fn verdicts_json(verdicts: &[Verdict]) -> Value {
    let (holding, others): (Vec<&Verdict>, Vec<&Verdict>) = verdicts.iter().partition(|verdict| verdict.holds());
    let topics: Vec<Value> =
        holding.iter().map(|v| json!({ "id": v.topic, "matched": occurrences(&v.matched), "learned": v.learned })).collect();
    let not: Vec<Value> = others.iter().map(|v| json!({ "id": v.topic, "because": v.reasons_against() })).collect();
    json!({ "topics": topics, "not": not })
}

fn occurrences(found: &[Occurrence]) -> Vec<Value> {
    let one = |o: &Occurrence| json!({ "phrase": o.phrase, "field": o.field.name(), "text": o.text, "start": o.place.start, "end": o.place.end });
    found.iter().map(one).collect()
}

fn story_json(config: &Config, story: &Story, why: &Why) -> Value {
    let lead = story.lead(|source| config.rank(source));
    let entries: Vec<Value> = (story.entries.iter().zip(&why.members))
        .map(|(report, member)| {
            let said = json!({
                "source": report.source, "guid": report.guid, "url": report.url, "title": report.title, "leads": member.leads,
                "because": member.joined.to_string(), "gone": report.gone,
            });
            merged(said, verdicts_json(&member.verdicts))
        })
        .collect();
    let apart: Vec<Value> = why
        .apart
        .iter()
        .map(|other| json!({ "id": other.id, "title": other.title, "because": other.because.to_string() }))
        .collect();
    json!({
        "story": {
            "id": story.id, "url": lead.url, "title": lead.title, "published": story.published, "arrived": story.arrived,
            "updated": story.updated, "topics": story.topics,
        },
        "entries": entries,
        "apart": apart,
    })
}

/// An object with the keys of another behind its own.
fn merged(mut value: Value, more: Value) -> Value {
    if let (Value::Object(value), Value::Object(more)) = (&mut value, more) {
        value.extend(more);
    }
    value
}

/// The story for people.
fn told(config: &Config, story: &Story, why: &Why, withdrawal: Option<&Withdrawal>) -> String {
    let zone = &config.service.timezone;
    let lead = story.lead(|source| config.rank(source));
    let mut out = format!("{}\n", lead.title);
    for (label, value) in [
        ("story", story.id.to_string()),
        ("article", lead.url.clone().unwrap_or_else(|| "–".to_owned())),
        ("published", clock(story.published, zone)),
        ("arrived", clock(story.arrived, zone)),
        ("updated", clock(story.updated, zone)),
    ] {
        out += &format!("  {label:9} {value}\n");
    }
    if let Some(withdrawal) = withdrawal {
        let Withdrawal { when, why, .. } = withdrawal;
        out += &format!("\nWithdrawn by {}, {}\n  {why}\n", withdrawal.by(), clock(*when, zone));
    }
    out += "\nEntries\n";
    for (report, member) in story.entries.iter().zip(&why.members) {
        let leads = if member.leads && story.entries.len() > 1 { ", leads the story" } else { "" };
        out += &format!("  {}: {}\n      {}{leads}\n", report.source, report.title, member.joined);
        if let Some(since) = report.gone {
            out += &format!("      its article has been gone since {} and is not shown\n", clock(since, zone));
        }
    }
    out += "\nTopics\n";
    for member in &why.members {
        for verdict in &member.verdicts {
            out += &verdict_told(verdict, member.source.as_str());
        }
    }
    if why.members.iter().all(|member| member.verdicts.is_empty()) {
        out += "  none: no phrase of any topic occurs\n";
    }
    if story.topics.len() != why.topics().len() || why.topics().iter().any(|topic| !story.topics.contains(topic)) {
        out += "  the story is still stored with the topics of earlier rules; the service classifies it anew\n";
    }
    out += "\nOther stories with words in common\n";
    for other in &why.apart {
        out += &format!("  {} {}\n      {}\n", other.id, other.title, other.because);
    }
    if why.apart.is_empty() {
        out += "  none of other sources; what one source tells twice is never one story by its words\n";
    }
    out
}

fn verdict_told(verdict: &Verdict, source: &str) -> String {
    let mut out = format!("  {}{}\n", if verdict.holds() { "" } else { "not " }, verdict.topic);
    if verdict.learned && verdict.holds() {
        out += &format!("      as labelled texts taught, by its words together, most of all ({source}):\n");
    }
    for o in verdict.matched.iter().filter(|_| verdict.holds()) {
        let at = format!("characters {} to {}", o.place.start + 1, o.place.end);
        out += &format!("      “{}” in the {} of {source}, {at}: “{}”\n", o.phrase, o.field.name(), o.text);
    }
    for reason in verdict.reasons_against() {
        out += &format!("      {reason} ({source})\n");
    }
    out
}
