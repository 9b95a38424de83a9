//! `add`: from the address of a site, a page or a feed to a source in feeds.toml, whose comments stay.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, anyhow};
use url::Url;

use crate::command::preview::{entries, passing, select_table, toml_string};
use crate::command::table::counted;
use crate::command::{Exit, Setup, setup};
use crate::config::{self, Config};
use crate::model::{Document, Select, Slug, Source};
use crate::pipeline::{Desk, PreviewError, preview};

/// Feeds that are tried when a page names several.
const MOST_TRIED: usize = 8;
/// Pages that list a site's feeds, of which the first are looked at.
const MOST_DIRECTORIES: usize = 3;
/// Entries that are shown of what was added.
const SHOWN: usize = 5;

/// What `add` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The address of a site, of one of its pages, or of a feed.
    #[arg(value_name = "URL")]
    url: Url,
    /// The new source's id. Default: made from the address.
    #[arg(long, value_name = "ID")]
    id: Option<String>,
    /// The province or city that it speaks for.
    #[arg(long, value_name = "PLACE")]
    place: Option<String>,
    /// Only print what would be appended.
    #[arg(long)]
    dry_run: bool,
}

/// What was found at an address.
struct Found {
    url: Url,
    /// For a listing page.
    select: Option<Select>,
    document: Document,
    /// Other feeds that could have been meant.
    others: Vec<String>,
}

/// Looks for a feed, then for a list on the page; appends what it found.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = setup.quiet_config()?;
    if !matches!(arguments.url.scheme(), "http" | "https") {
        return Err(anyhow!("{} is no web address", arguments.url));
    }
    let id = arguments.id.as_deref().map(|id| Slug::new(id).with_context(|| format!("--id {id}"))).transpose()?;
    if let Some(id) = id.as_ref().filter(|id| config.sources.contains_key(*id)) {
        return Err(anyhow!("feeds.toml has a source {id} already"));
    }
    let source = passing(arguments.url.clone(), &config)?;
    let desk = setup.desk(config)?;
    let found = setup::block_on(async { Ok(find(&desk, &source).await) })?;
    let found = match found {
        Ok(found) => found,
        Err(why) => {
            eprintln!("{}: {why}", arguments.url);
            return Ok(Exit::WithFailures);
        }
    };
    if let Some(same) = desk.config.sources.values().find(|source| address(source.url()) == address(&found.url)) {
        eprintln!("{} is the source {} already", found.url, same.id);
        return Ok(Exit::WithFailures);
    }
    let id = match id {
        Some(id) => id,
        None => Ids::of(&desk.config).next(&found.url)?,
    };
    let table = source_table(&id, &found, arguments.place.as_deref());
    if !arguments.dry_run {
        append(setup, &table)?;
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "{table}")?;
    let first = Document { entries: found.document.entries.iter().take(SHOWN).cloned().collect(), ..Document::default() };
    writeln!(out, "{}\n", entries(&first, &[], &source))?;
    for other in &found.others {
        writeln!(out, "The site has another feed: {other}")?;
    }
    let count = counted(found.document.entries.len(), "entry", "entries");
    let verb = if arguments.dry_run { "would be added to" } else { "was added to" };
    writeln!(out, "The source {id} ({count}) {verb} {}.", setup.path.display())?;
    Ok(Exit::Done)
}

/// The feed at an address, or one that its page names, or one of the page that lists the site's feeds; else the page itself.
async fn find(desk: &Desk, source: &Source) -> Result<Found, PreviewError> {
    let error = match preview(desk, source).await {
        Ok(previewed) => return Ok(Found { url: previewed.url, select: None, document: previewed.document, others: Vec::new() }),
        Err(error) => error,
    };
    let PreviewError::NotAFeed { error: kind, url, directories, proposals } = &error else { return Err(error) };
    let mut named: Vec<String> = kind.feeds().to_vec();
    for directory in directories.iter().take(MOST_DIRECTORIES).take_while(|_| kind.feeds().is_empty()) {
        if let Err(PreviewError::NotAFeed { error, .. }) = look(desk, source, directory).await {
            named.extend(error.feeds().iter().cloned());
        }
    }
    let tried = named.iter().filter(|feed| !feed.contains("/comments/"));
    for (place, feed) in tried.clone().enumerate().take(MOST_TRIED) {
        match look(desk, source, feed).await {
            Ok(previewed) if !previewed.document.entries.is_empty() => {
                let others = tried.clone().skip(place + 1).cloned().collect();
                return Ok(Found { url: previewed.url, select: None, document: previewed.document, others });
            }
            _ => {}
        }
    }
    match proposals.first() {
        Some(best) => Ok(Found {
            url: Url::clone(url),
            select: Some(best.select.clone()),
            document: best.document.clone(),
            others: Vec::new(),
        }),
        None => Err(error),
    }
}

async fn look(desk: &Desk, source: &Source, address: &str) -> Result<crate::pipeline::Previewed, PreviewError> {
    let Ok(url) = Url::parse(address) else { return preview(desk, source).await };
    let origin = crate::model::Origin::Feed { url: url.clone() };
    preview(desk, &Source { home: url, origin, ..source.clone() }).await
}

/// An address as two sources would share it: without what is not sent (the fragment), and what seldom makes a difference.
pub(super) fn address(url: &Url) -> String {
    let sent = url.as_str().split('#').next().unwrap_or_default();
    let text = sent.trim_end_matches('/');
    text.strip_prefix("https://").or(text.strip_prefix("http://")).unwrap_or(text).trim_start_matches("www.").to_owned()
}

/// The ids that are taken.
pub(super) struct Ids(BTreeSet<String>);

impl Ids {
    /// Those of the sources.
    pub(super) fn of(config: &Config) -> Self {
        Self(config.sources.keys().map(Slug::to_string).collect())
    }

    /// An id from an address, such as `baoan-thoi-su` from `https://www.baoan.vn/rss/thoi-su.rss`, that no source has. It is taken then.
    pub(super) fn next(&mut self, url: &Url) -> anyhow::Result<Slug> {
        let base = id_of(url);
        let names = std::iter::once(base.clone()).chain((2..).map(|n| format!("{base}-{n}")));
        let free = names.into_iter().find(|name| !self.0.contains(name)).unwrap_or_default();
        self.0.insert(free.clone());
        Ok(Slug::new(free)?)
    }
}

fn id_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default().trim_start_matches("www.");
    let site = if url.domain().is_some() { host.split('.').next().unwrap_or_default() } else { host };
    let last = url.path_segments().into_iter().flatten().rfind(|part| !part.is_empty()).unwrap_or_default();
    let section = last.split('.').next().unwrap_or_default();
    let words = [site, section].into_iter().filter(|part| !matches!(*part, "" | "rss" | "feed" | "home" | "index" | "atom"));
    let text: String = words
        .collect::<Vec<_>>()
        .join("-")
        .to_ascii_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    let text = text.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    let text: String = text.chars().take(50).collect();
    if text.is_empty() { "nguon".to_owned() } else { text.trim_end_matches('-').to_owned() }
}

/// The new source.
fn source_table(id: &Slug, found: &Found, place: Option<&str>) -> String {
    let title = found.document.feed.title.as_deref().filter(|title| !title.is_empty());
    let name = title.or(found.url.host_str()).unwrap_or_default();
    let address = if found.select.is_some() { "page" } else { "url" };
    let mut keys = vec![(address, toml_string(found.url.as_str())), ("name", toml_string(name))];
    keys.extend(place.map(|place| ("place", toml_string(place))));
    keys.extend(found.select.as_ref().map(|select| ("select", select_table(select))));
    table(id, &keys)
}

/// A source's lines of TOML, the equals signs below each other.
pub(super) fn table(id: &Slug, keys: &[(&str, String)]) -> String {
    let width = keys.iter().map(|(key, _)| key.len()).max().unwrap_or_default();
    let lines = keys.iter().map(|(key, value)| format!("{key:width$} = {value}\n"));
    format!("[source.{id}]\n{}", lines.collect::<String>())
}

/// Appends a table to the configuration, if that is still right with it. The file is replaced whole, so that a running service never
/// reads half of it.
pub(super) fn append(setup: &Setup, table: &str) -> anyhow::Result<()> {
    let name = setup.path.display().to_string();
    let path = std::fs::canonicalize(&setup.path).with_context(|| format!("can't find {name}"))?;
    let mut text = std::fs::read_to_string(&path).with_context(|| format!("can't read {name}"))?;
    let line_end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str(line_end);
    }
    text.push_str(line_end);
    text.push_str(&table.replace('\n', line_end));
    config::read(&name, &text, &setup.env).context("with what is new the configuration would be wrong; nothing was changed")?;
    replace(&path, text.as_bytes()).with_context(|| format!("can't write {name}; it is as it was"))
}

/// Replaces a file by another with the same permissions, whole and durably.
fn replace(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    std::fs::set_permissions(file.path(), std::fs::metadata(path)?.permissions())?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(std::fs::File::open(folder)?.sync_all()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_a_new_source_stand_below_each_other() {
        let found = |select: Option<Select>| Found {
            url: Url::parse("https://a.vn/tin").expect("an address"),
            select,
            document: Document::default(),
            others: Vec::new(),
        };
        let select = Select {
            item: "li".to_owned(),
            title: "a".to_owned(),
            link: "a".to_owned(),
            date: None,
            date_format: None,
            summary: None,
            image: None,
        };
        for (found, place) in [(found(None), None), (found(None), Some("Huế")), (found(Some(select)), Some("Huế"))] {
            let table = source_table(&Slug::new("a").expect("an id"), &found, place);
            let places: BTreeSet<_> = table.lines().skip(1).map(|line| line.find(" = ")).collect();
            assert_eq!(places.len(), 1, "{table}");
            config::read("feeds.toml", &table, &|_| None).expect("a configuration");
        }
    }

    #[test]
    fn a_fragment_makes_no_other_address() {
        let same = |text: &str| address(&Url::parse(text).expect("an address"));
        assert_eq!(same("https://www.a.vn/rss/#tin"), same("http://a.vn/rss"));
        assert_ne!(same("https://a.vn/rss?x#tin"), same("https://a.vn/rss"));
    }
}
