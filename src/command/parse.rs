//! `parse`: what is in a document, without fetching or storing anything.

use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use url::Url;

use crate::command::{Exit, Setup, setup};
use crate::flow::parse::{Input, keep_links, parse_whole};
use crate::model::{Document, Entry, FeedInfo, Note, Origin, Source};

/// The address that relative ones are resolved against when none is given; `.invalid` never exists (RFC 2606).
const NOWHERE: &str = "http://document.invalid/";

/// What `parse` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The documents; `-` is the standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<String>,
    /// The address that the documents came from.
    #[arg(long, value_name = "URL")]
    base: Option<Url>,
    /// The Content-Type header that came with them.
    #[arg(long, value_name = "TYPE")]
    content_type: Option<String>,
    /// Read them with the settings of this source of feeds.toml.
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// The time that relative dates count from; the present if not given.
    #[arg(long, value_name = "TIME")]
    now: Option<Timestamp>,
}

/// A document in the form that the documentation fixes.
#[derive(serde::Serialize)]
struct Printed {
    feed: FeedInfo,
    entries: Vec<Entry>,
    notes: Vec<Note>,
}

/// Prints one JSON object a document, in the order of the arguments; `{"error"}` for one that is no feed at all.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    let source = match &arguments.source {
        Some(id) => Some(setup::find_source(&setup.quiet_config()?, id)?.clone()),
        None => None,
    };
    let now = arguments.now.unwrap_or_else(setup.clock);
    let mut exit = Exit::Done;
    for file in &arguments.files {
        let parsed = read(file).map_err(|e| e.to_string()).and_then(|bytes| one(&bytes, source.as_ref(), arguments, now));
        let mut out = BufWriter::new(io::stdout().lock());
        match parsed {
            Ok(Document { feed, entries, notes }) => {
                serde_json::to_writer(&mut out, &Printed { feed, entries, notes }).map_err(io::Error::from)?;
            }
            Err(why) => {
                eprintln!("{file}: {why}");
                exit = Exit::WithFailures;
                write!(out, "{}", json!({ "error": why }))?;
            }
        }
        writeln!(out)?;
        out.flush()?;
    }
    Ok(exit)
}

fn read(file: &str) -> io::Result<Vec<u8>> {
    if file != "-" {
        return std::fs::read(Path::new(file));
    }
    let mut bytes = Vec::new();
    io::stdin().lock().read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn one(bytes: &[u8], source: Option<&Source>, arguments: &Arguments, now: Timestamp) -> Result<Document, String> {
    let nowhere = Url::parse(NOWHERE).map_err(|e| e.to_string())?;
    let vietnam = TimeZone::fixed(jiff::tz::offset(7));
    let select = source.and_then(|source| match &source.origin {
        Origin::Page { select, .. } => Some(select),
        Origin::Feed { .. } => None,
    });
    let input = Input {
        bytes,
        content_type: arguments.content_type.as_deref(),
        base: arguments.base.as_ref().or(source.map(Source::url)).unwrap_or(&nowhere),
        timezone: source.map_or(&vietnam, |source| &source.timezone),
        encoding: source.and_then(|source| source.encoding.as_deref()),
        select,
        now,
    };
    let mut document = parse_whole(input).map_err(|e| e.to_string())?;
    if let Some(source) = source {
        keep_links(&mut document, &source.home, &source.link_hosts);
    }
    Ok(document)
}

/// A document in the form that the documentation fixes.
pub(super) fn document_json(document: &Document) -> anyhow::Result<Value> {
    Ok(json!({
        "feed": serde_json::to_value(&document.feed)?,
        "entries": serde_json::to_value(&document.entries)?,
        "notes": serde_json::to_value(&document.notes)?,
    }))
}
