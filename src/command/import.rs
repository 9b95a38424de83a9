//! `import`: the feeds of an OPML file, as sources of feeds.toml. `export` prints the sources as such a file.

use std::io::Write;

use anyhow::{Context, ensure};

use crate::command::add::{Ids, address, append};
use crate::command::preview::toml_string;
use crate::command::{Exit, Setup};
use crate::flow::parse::{Subscription, subscriptions};
use crate::flow::render::sources_opml;

/// The largest list that is read, in bytes: ten thousand feeds take a quarter of it.
const LARGEST: u64 = 16 * 1024 * 1024;

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

/// Appends what feeds.toml does not have yet, all of it or nothing.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    use std::io::Read;
    let config = setup.quiet_config()?;
    let name = arguments.file.display();
    let mut bytes = Vec::new();
    let file = std::fs::File::open(&arguments.file).with_context(|| format!("can't open {name}"))?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).with_context(|| format!("can't read {name}"))?;
    ensure!(bytes.len() as u64 <= LARGEST, "{name} is larger than {LARGEST} bytes");
    let found = subscriptions(&bytes);
    ensure!(!found.is_empty(), "{name} names no feed: it should be OPML, with outlines that have an xmlUrl");
    let mut known: Vec<String> = config.sources.values().map(|source| address(source.url())).collect();
    let mut ids = Ids::of(&config);
    let (mut tables, mut had) = (Vec::new(), 0_usize);
    for subscription in &found {
        let same = address(&subscription.url);
        if known.contains(&same) {
            had += 1;
            continue;
        }
        known.push(same);
        tables.push(table(subscription, &ids.next(&subscription.url)?));
    }
    let text = tables.join("\n");
    if !arguments.dry_run && !tables.is_empty() {
        append(setup, &text)?;
    }
    let mut out = std::io::stdout().lock();
    let verb = if arguments.dry_run { "would be added to" } else { "added to" };
    write!(out, "{text}")?;
    writeln!(out, "\n{} sources {verb} {}, {had} were there already.", tables.len(), setup.path.display())?;
    Ok(Exit::Done)
}

fn table(subscription: &Subscription, id: &crate::model::Slug) -> String {
    let Subscription { url, name, tags } = subscription;
    let mut lines = vec![format!("[source.{id}]"), format!("url  = {}", toml_string(url.as_str()))];
    lines.extend(name.as_deref().map(|name| format!("name = {}", toml_string(name))));
    if !tags.is_empty() {
        lines.push(format!("tags = [{}]", tags.iter().map(|tag| toml_string(tag)).collect::<Vec<_>>().join(", ")));
    }
    lines.join("\n") + "\n"
}

/// Prints the sources; the same as `/sources.opml`.
pub fn export(setup: &Setup) -> anyhow::Result<Exit> {
    let config = setup.quiet_config()?;
    let list = sources_opml(&config.service, config.sources.values());
    std::io::stdout().lock().write_all(&list.body)?;
    Ok(Exit::Done)
}
