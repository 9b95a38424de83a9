//! `preview`: what a source brings, before it is trusted. Nothing is stored.

use std::io::Write;

use anyhow::Context;
use serde_json::json;
use url::Url;

use crate::command::parse::document_json;
use crate::command::table::{clock, table};
use crate::command::{Exit, Setup, setup};
use crate::config::Config;
use crate::model::{Content, Origin, Slug, Source};
use crate::pipeline::{Previewed, preview};

/// What `preview` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A source of feeds.toml, or the address of a feed.
    #[arg(value_name = "SOURCE|URL")]
    what: String,
    /// Print one JSON object: the document as `parse` prints it, each entry with its topics.
    #[arg(long)]
    json: bool,
}

/// Fetches and shows.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = setup.quiet_config()?;
    let source = match Url::parse(&arguments.what) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => passing(url, &config)?,
        _ => setup::find_source(&config, &arguments.what)?.clone(),
    };
    let desk = setup.desk(config)?;
    let previewed = match setup::block_on(async { Ok(preview(&desk, &source).await?) }) {
        Ok(previewed) => previewed,
        Err(error) => {
            eprintln!("{}: {error}", source.home);
            return Ok(Exit::WithFailures);
        }
    };
    if arguments.json {
        show_json(&previewed)?
    } else {
        show(&previewed, &source)?
    }
    Ok(Exit::Done)
}

/// A source that is only looked at.
fn passing(url: Url, config: &Config) -> anyhow::Result<Source> {
    Ok(Source {
        id: Slug::new("preview").context("the id of a source that is only looked at")?,
        name: url.host_str().unwrap_or_default().to_owned(),
        place: None,
        tags: Vec::new(),
        home: url.clone(),
        origin: Origin::Feed { url },
        every: None,
        rank: 0,
        enabled: true,
        headers: Default::default(),
        timezone: config.service.timezone.clone(),
        encoding: None,
        content: Content::Summary,
    })
}

fn show_json(previewed: &Previewed) -> anyhow::Result<()> {
    let mut value = document_json(&previewed.document)?;
    for (i, hits) in previewed.topics.iter().enumerate() {
        let topics = hits.iter().map(|hit| {
            let matched = hit.matched.iter().map(|(phrase, field)| json!({ "phrase": phrase, "field": field.name() }));
            json!({ "id": hit.topic, "matched": matched.collect::<Vec<_>>() })
        });
        value["entries"][i]["topics"] = topics.collect();
    }
    writeln!(std::io::stdout().lock(), "{value}")?;
    Ok(())
}

fn show(previewed: &Previewed, source: &Source) -> anyhow::Result<()> {
    let document = &previewed.document;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}\n{}\n", document.feed.title.as_deref().unwrap_or(&source.name), source.url())?;
    let mut rows = table(&["date", "title", "topics", "address"]);
    for (entry, hits) in document.entries.iter().zip(&previewed.topics) {
        let topics: Vec<String> = hits.iter().map(|hit| hit.topic.to_string()).collect();
        rows.add_row([
            entry.published.map(|t| clock(t, &source.timezone)).unwrap_or_else(|| "–".to_owned()),
            if entry.title.is_empty() { entry.text.clone() } else { entry.title.clone() },
            topics.join(" "),
            entry.url.clone().unwrap_or_else(|| "–".to_owned()),
        ]);
    }
    writeln!(out, "{rows}\n\n{} entries", document.entries.len())?;
    for note in &document.notes {
        match note.entry {
            Some(entry) => writeln!(out, "note: entry {}: {}", entry + 1, note.message)?,
            None => writeln!(out, "note: {}", note.message)?,
        }
    }
    Ok(())
}
