//! `import`: the feeds of an OPML file, as sources of feeds.toml. `export` prints the sources as such a file.

use std::collections::HashSet;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, ensure};
use url::Url;

use crate::command::add::{Ids, address, append, table};
use crate::command::preview::toml_string;
use crate::command::table::counted;
use crate::command::{Exit, Setup};
use crate::config::{self, Config, Faults, Severity};
use crate::flow::parse::{MOST_SUBSCRIPTIONS, Subscription, Subscriptions, subscriptions};
use crate::flow::render::sources_opml;
use crate::model::Slug;
use crate::text::{clip, shown};

/// The largest list that is read, in bytes: ten thousand feeds take a quarter of it.
const LARGEST: u64 = 16 * 1024 * 1024;
/// As much of an address is told as it takes to find it in the list, in characters.
const TOLD: usize = 200;

/// What `import` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The list, as feed readers export it.
    #[arg(value_name = "FILE.opml")]
    file: std::path::PathBuf,
    /// Only print what would be appended.
    #[arg(long)]
    dry_run: bool,
}

/// Appends what feeds.toml does not have yet, and says of the rest why it was left out.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = setup.quiet_config()?;
    let name = arguments.file.display();
    let Subscriptions { found, more, is_cut_off } = subscriptions(&read(&arguments.file)?);
    ensure!(!found.is_empty(), "{name} names no feed: it should be OPML, with outlines that have an xmlUrl");
    let Sorted { tables, had, left_out } = sorted(&found, &config)?;
    let text = tables.join("\n");
    if !arguments.dry_run && !tables.is_empty() {
        append(setup, &text)?;
    }
    let mut out = std::io::stdout().lock();
    let verb = if arguments.dry_run { "would be added to" } else { "added to" };
    let (added, had) = (counted(tables.len(), "source", "sources"), counted(had, "was", "were"));
    writeln!(out, "{text}\n{added} {verb} {}, {had} there already.", setup.path.display())?;
    for (subscription, why) in &left_out {
        eprintln!("left out: {}: {why}", told(subscription));
    }
    if more > 0 {
        eprintln!("left out: all that {name} names behind the first {MOST_SUBSCRIPTIONS}, {more} in number");
    }
    if is_cut_off {
        eprintln!("{name} ends in the middle: what stood behind that is not added");
    }
    let is_whole = left_out.is_empty() && more == 0 && !is_cut_off;
    Ok(if is_whole { Exit::Done } else { Exit::WithFailures })
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    use std::io::Read;
    let name = path.display();
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).with_context(|| format!("can't open {name}"))?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).with_context(|| format!("can't read {name}"))?;
    ensure!(bytes.len() as u64 <= LARGEST, "{name} is larger than {LARGEST} bytes");
    Ok(bytes)
}

/// What becomes of a list.
#[derive(Default)]
struct Sorted<'a> {
    /// The new sources.
    tables: Vec<String>,
    /// How many were there already, or stand in the list before.
    had: usize,
    /// What can't be a source, each with the reason.
    left_out: Vec<(&'a Subscription, String)>,
}

fn sorted<'a>(found: &'a [Subscription], config: &Config) -> anyhow::Result<Sorted<'a>> {
    let mut known: HashSet<String> = config.sources.values().map(|source| address(source.url())).collect();
    // `export` gives no more of a secret address than its site.
    let homes: HashSet<String> = config.sources.values().map(|source| address(&source.home)).collect();
    let mut ids = Ids::of(config);
    let mut sorted = Sorted::default();
    for subscription in found {
        let url = match judged(subscription) {
            Ok(url) => url,
            Err(why) => {
                sorted.left_out.push((subscription, why));
                continue;
            }
        };
        let same = address(&url);
        if known.contains(&same) || !subscription.is_feed && homes.contains(&same) {
            sorted.had += 1;
        } else if !subscription.is_feed {
            let why = "it is a page and no feed; `diemtin add` looks for its feed, or reads the page itself";
            sorted.left_out.push((subscription, why.to_owned()));
        } else {
            sorted.tables.push(source(&ids.next(&url)?, url.as_str(), subscription));
            known.insert(same);
        }
    }
    Ok(sorted)
}

/// The address of what can be a source; else what `check` would say of it.
fn judged(subscription: &Subscription) -> Result<Url, String> {
    let alone = source(&Slug::new("x").map_err(|e| e.to_string())?, &subscription.url, subscription);
    config::read("", &alone, &|_| None).map_err(|faults| first_error(&faults))?;
    Url::parse(subscription.url.trim()).map_err(|e| e.to_string())
}

fn first_error(faults: &Faults) -> String {
    let fault = faults.shown.iter().find(|fault| fault.severity == Severity::Error);
    let said = fault.map(|fault| [Some(fault.message.as_str()), fault.help.as_deref()]);
    said.into_iter().flatten().flatten().collect::<Vec<_>>().join("; ")
}

/// A subscription for people, without what may be secret.
fn told(subscription: &Subscription) -> String {
    let url = match Url::parse(&subscription.url) {
        Ok(mut url) if url.has_authority() => {
            // Neither fails where there is a host, and without one there is nothing to take away.
            let _ = url.set_username("").and_then(|()| url.set_password(None));
            url.into()
        }
        _ => subscription.url.clone(),
    };
    let url = clip(&shown(&url), TOLD);
    match &subscription.name {
        Some(name) => format!("{name} ({url})"),
        None => url,
    }
}

fn source(id: &Slug, url: &str, Subscription { name, tags, .. }: &Subscription) -> String {
    let mut keys = vec![("url", toml_string(url))];
    keys.extend(name.as_deref().map(|name| ("name", toml_string(name))));
    if !tags.is_empty() {
        let tags: Vec<String> = tags.iter().map(|tag| toml_string(tag)).collect();
        keys.push(("tags", format!("[{}]", tags.join(", "))));
    }
    table(id, &keys)
}

/// Prints the sources; the same as `/sources.opml`.
pub fn export(setup: &Setup) -> anyhow::Result<Exit> {
    let config = setup.quiet_config()?;
    let list = sources_opml(&config.service, config.sources.values());
    std::io::stdout().lock().write_all(&list.body)?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn feed(url: &str) -> Subscription {
        Subscription { url: url.to_owned(), is_feed: true, name: Some("Báo".to_owned()), tags: vec!["tỉnh".to_owned()] }
    }

    #[test]
    fn what_can_be_no_source_has_the_reason_that_check_would_give() {
        for (url, why) in [
            ("ftp://a.vn/rss", "this address is neither http nor https"),
            ("a.vn/rss", "this address does not begin with https:// or http://; did you mean `https://a.vn/rss`?"),
            ("", "this address is empty"),
        ] {
            assert_eq!(judged(&feed(url)), Err(why.to_owned()), "{url}");
        }
        let secret = feed("https://u:p@a.vn/rss");
        assert!(judged(&secret).is_err_and(|why| why.starts_with("this address holds a name or a password; ")));
        assert_eq!(told(&secret), "Báo (https://a.vn/rss)");
        assert_eq!(judged(&feed(" https://a.vn/${X} ")).map(String::from).as_deref(), Ok("https://a.vn/$%7BX%7D"));
    }
}
