//! `render`: one merged feed to stdout, the same bytes as over HTTP.

use std::io::Write;

use crate::command::store::advised;
use crate::command::{Exit, Setup, setup};
use crate::flow::render::Format;
use crate::model::{Feed, Site};
use crate::pipeline::{Press, reclassify};

/// What `render` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The feed: `moi-nhat`, a topic, or a `[feed.ID]` of feeds.toml.
    feed: String,
    /// rss, atom, json, html, sidebar-json, sidebar-html or embed.
    #[arg(long, default_value = "rss")]
    format: Format,
}

/// Prints the feed from the store.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = setup.quiet_config()?;
    let ids = config.feeds.iter().map(|feed: &Feed| feed.id.as_str());
    if !ids.clone().any(|id| id == arguments.feed) {
        anyhow::bail!("feeds.toml has no feed {:?}{}", arguments.feed, setup::nearest(&arguments.feed, ids));
    }
    let path = arguments.format.path(&arguments.feed.parse()?);
    let advice = format!("The service publishes the same feed at {path}");
    let store = setup.existing_store(&config.store).map_err(|error| advised(error, &advice))?;
    let desk = setup.desk(config)?;
    setup::block_on(async { Ok(reclassify(&store, &desk.rules).await?) })?;
    let mut press = Press::new(desk.config, &store, &Site::default())?;
    press.follow(&store)?;
    let site = press.print(&store, (setup.clock)())?;
    let page = site.pages.get(&path).ok_or_else(|| anyhow::anyhow!("the feed could not be rendered; the log says why"))?;
    std::io::stdout().lock().write_all(&page.body)?;
    Ok(Exit::Done)
}
