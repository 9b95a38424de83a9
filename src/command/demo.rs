//! `demo`: the real service over an invented newsroom on this machine, so that a newcomer sees it live without the internet.
//!
//! Everything is in a folder of its own, which is gone when the demo ends.

mod door;
mod newsroom;
mod paper;
mod picture;

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use arc_swap::ArcSwap;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use crate::command::demo::newsroom::{Newsroom, Origins};
use crate::command::serve::{Face, Role, service};
use crate::command::{Exit, Setup, setup};
use crate::edge::serve::{Answers, Server, listen};
use crate::edge::watch::Watch;

/// The demo's configuration; a source's id in braces stands for its address, `{listen}` for our own.
const FEEDS: &str = include_str!("demo/feeds.toml");
/// The source whose feed comes late.
const LATE: &str = "dai-phu-hai";

/// What `demo` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where to listen; if that is taken, a free port is.
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "HOST:PORT")]
    listen: String,
    /// How many seconds pass between two new stories.
    #[arg(long, default_value_t = 5, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pace: u64,
}

/// Runs until it is interrupted.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    let folder = tempfile::Builder::new().prefix("diemtin-demo-").tempdir().context("can't make a folder for the demo")?;
    let result = setup::block_on(demo(setup, arguments, folder.path()));
    folder.close().context("can't remove the demo's folder")?;
    result
}

async fn demo(setup: &Setup, arguments: &Arguments, folder: &std::path::Path) -> anyhow::Result<Exit> {
    let ours = match listen(&arguments.listen).await {
        Ok(listener) => listener,
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => listen("127.0.0.1:0").await?,
        Err(error) => return Err(error.into()),
    };
    let theirs = listen("127.0.0.1:0").await?;
    let our_origin = origin(&ours)?;
    let (doors, origins, feeds) = doors(theirs.local_addr()?).await?;
    let feeds = feeds.replace("{listen}", our_origin.trim_start_matches("http://"));
    let path = folder.join("feeds.toml");
    std::fs::write(&path, feeds).context("can't write the demo's feeds.toml")?;

    let newsroom = Newsroom::new(origins, (setup.clock)());
    let site = Arc::new(ArcSwap::from_pointee(newsroom.site((setup.clock)())));
    let answers = Answers { site: Arc::clone(&site), metrics: None, calls: None, admin: None, clock: setup.clock };
    let theirs = Server::start(theirs, answers).context("can't start the demo's newsroom")?;
    let publishing = tokio::spawn(publish(newsroom, site, setup.clock, Duration::from_secs(arguments.pace)));

    let setup = Setup { path: path.clone(), ..setup.clone() };
    let watch = Watch::new(&path);
    let config = setup.quiet_config()?;
    let store = setup.store(&config.store)?;
    let desk = setup.desk(config)?;
    greet(&our_origin, &path)?;
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hangup = signal(SignalKind::hangup())?;
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
            // The terminal was closed.
            _ = hangup.recv() => {}
        }
    };
    service(&setup, watch, desk, store, Face::new(ours), Role::All, stop).await?;
    publishing.abort();
    drop(doors);
    theirs.stop().await?;
    Ok(Exit::Done)
}

fn origin(listener: &TcpListener) -> anyhow::Result<String> {
    Ok(format!("http://{}", listener.local_addr()?))
}

/// Opens the doors of all sources, with the newsroom behind them; where each is, and the configuration that names them.
async fn doors(newsroom: SocketAddr) -> anyhow::Result<(JoinSet<()>, Origins, String)> {
    let (mut doors, mut origins, mut feeds) = (JoinSet::new(), Origins::new(), FEEDS.to_owned());
    for (nth, source) in (1..).zip(newsroom::sources()) {
        let door = door::at(nth).await?;
        let (mut feed_origin, articles) = (origin(&door)?, origin(&door)?);
        doors.spawn(door::open(door, newsroom, Duration::ZERO));
        if source == LATE {
            // Its feed alone: who reads an article there does not wait.
            let late = door::at(nth).await?;
            feed_origin = origin(&late)?;
            doors.spawn(door::open(late, newsroom, door::WAIT));
        }
        feeds = feeds.replace(&format!("{{{source}}}"), &feed_origin);
        origins.insert(source, articles);
    }
    Ok((doors, origins, feeds))
}

/// New stories every so often, for as long as the demo runs.
async fn publish(mut newsroom: Newsroom, site: Arc<ArcSwap<crate::model::Site>>, clock: fn() -> jiff::Timestamp, pace: Duration) {
    let mut beat = tokio::time::interval(pace);
    beat.tick().await;
    loop {
        beat.tick().await;
        newsroom.publish_next(clock());
        site.store(Arc::new(newsroom.site(clock())));
    }
}

fn greet(origin: &str, feeds: &std::path::Path) -> anyhow::Result<()> {
    let feeds = feeds.display();
    let mut out = std::io::stdout().lock();
    write!(
        out,
        "
  Điểm tin is running over a newsroom that exists only on this machine: nine sources of four
  invented provinces, with a new story every few seconds. Open, while it runs:

    front page           {origin}/
    a topic for people   {origin}/feeds/lam-theo-bac
    for feed readers     {origin}/feeds/moi-nhat.rss   (or .atom, .json)
    for a portal         {origin}/sidebar/moi-nhat.html   (or .json)
    all feeds at once    {origin}/opml

  Its configuration is {feeds}
  Edit it (a title, a topic's phrases) and reload a page: it takes effect at once. Try a mistake, too.

  Ctrl-C ends the demo and removes everything that it made.

"
    )?;
    out.flush()?;
    Ok(())
}
