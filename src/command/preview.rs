//! `preview`: what a source brings, before it is trusted. Nothing is stored.

use std::io::Write;

use anyhow::Context;
use serde_json::json;
use url::Url;

use crate::command::parse::document_json;
use crate::command::table::{clock, table};
use crate::command::{Exit, Setup, setup};
use crate::config::Config;
use crate::flow::parse::Proposal;
use crate::model::{Content, Document, Origin, Select, Slug, Source, Verdict};
use crate::pipeline::{PreviewError, Previewed, preview};

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
            if let Some(PreviewError::NotAFeed { url, proposals, .. }) = error.downcast_ref() {
                show_proposals(url, proposals, &source, arguments.json)?;
            }
            return Ok(Exit::WithFailures);
        }
    };
    if arguments.json {
        show_json(&previewed)?
    } else {
        show(&previewed, &source)?
    }
    if previewed.document.entries.is_empty() {
        // It looks healthy, and nothing will ever come of it.
        eprintln!("{}: the feed has no entries", source.home);
        return Ok(Exit::WithFailures);
    }
    Ok(Exit::Done)
}

/// Selectors that would read a page as a list, and what they bring.
fn show_proposals(url: &Url, proposals: &[Proposal], source: &Source, json: bool) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    for proposal in proposals {
        let keys = format!("page = {}\nselect = {}", toml_string(url.as_str()), select_table(&proposal.select));
        if json {
            let value = json!({ "proposal": keys, "document": document_json(&proposal.document)? });
            writeln!(out, "{value}")?;
            continue;
        }
        writeln!(
            out,
            "\nIt can be read as a listing page, which gives {} entries:\n\n{keys}\n",
            proposal.document.entries.len()
        )?;
        writeln!(out, "{}", entries(&proposal.document, &[], source))?;
    }
    Ok(())
}

/// A text as a string of TOML, in which `${` is no environment variable.
pub(super) fn toml_string(text: &str) -> String {
    // JSON's strings are TOML's basic strings.
    serde_json::Value::from(text.replace("${", "$${")).to_string()
}

/// Selectors as an inline table of TOML.
pub(super) fn select_table(select: &Select) -> String {
    let Select { item, title, link, date, date_format, summary, image } = select;
    let given = [("item", Some(item)), ("title", Some(title)), ("link", Some(link)), ("date", date.as_ref())];
    let more = [("date_format", date_format.as_ref()), ("summary", summary.as_ref()), ("image", image.as_ref())];
    let keys = given.into_iter().chain(more).filter_map(|(key, value)| Some(format!("{key} = {}", toml_string(value?))));
    format!("{{ {} }}", keys.collect::<Vec<_>>().join(", "))
}

/// A source that is only looked at.
pub(super) fn passing(url: Url, config: &Config) -> anyhow::Result<Source> {
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
        push: false,
        gone: false,
        headers: Default::default(),
        timezone: config.service.timezone.clone(),
        encoding: None,
        content: Content::Summary,
        tracking: Vec::new(),
        link_hosts: Vec::new(),
    })
}

fn show_json(previewed: &Previewed) -> anyhow::Result<()> {
    let mut value = document_json(&previewed.document)?;
    for (i, hits) in previewed.topics.iter().enumerate() {
        let topics = hits.iter().map(|hit| {
            let matched = hit
                .matched
                .iter()
                .map(|found| json!({ "phrase": found.phrase, "field": found.field.name(), "text": found.text }));
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
    writeln!(out, "{}\n{}\n", document.feed.title.as_deref().unwrap_or(&source.name), source.home)?;
    writeln!(out, "{}\n\n{} entries", entries(document, &previewed.topics, source), document.entries.len())?;
    for note in &document.notes {
        match note.entry {
            Some(entry) => writeln!(out, "note: entry {}: {}", entry + 1, note.message)?,
            None => writeln!(out, "note: {}", note.message)?,
        }
    }
    Ok(())
}

/// A document's entries as a table, with their topics where these are known.
pub(super) fn entries(document: &Document, topics: &[Vec<Verdict>], source: &Source) -> comfy_table::Table {
    let mut rows = table(&["date", "title", "topics", "address"]);
    for (i, entry) in document.entries.iter().enumerate() {
        let topics: Vec<String> = topics.get(i).into_iter().flatten().map(|hit| hit.topic.to_string()).collect();
        rows.add_row([
            entry.published.map(|t| clock(t, &source.timezone)).unwrap_or_else(|| "–".to_owned()),
            if entry.title.is_empty() { entry.text.clone() } else { entry.title.clone() },
            topics.join(" "),
            entry.url.clone().unwrap_or_else(|| "–".to_owned()),
        ]);
    }
    rows
}
