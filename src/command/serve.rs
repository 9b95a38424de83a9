//! `serve`: polls and publishes until told to stop. An edit of feeds.toml takes effect at once; a broken one changes nothing.

mod face;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use crate::command::{Exit, Setup, control, setup};
use crate::config::{Config, Faults};
use crate::edge::fetch::FetchError;
use crate::edge::serve::listen;
use crate::edge::store::{Store, StoreError};
use crate::edge::watch::Watch;
use crate::pipeline::{self, Desk, Live};

use face::Callees;
pub(super) use face::Face;

/// The wait before a store that could not be opened is tried again.
const OPEN_AGAIN: Duration = Duration::from_secs(5);
/// A store that takes longer to open than this has the pages of before served meanwhile.
const PATIENCE: Duration = Duration::from_secs(1);

/// What `serve` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Listen here instead of where feeds.toml says.
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<String>,
    /// Keep the pages here that are served when the service starts and its store can't be opened; else beside the store or, where that is a
    /// database, beside feeds.toml.
    #[arg(long, value_name = "FILE")]
    pages: Option<PathBuf>,
    /// The part of the work that this process does.
    #[arg(long, default_value = "all")]
    role: Role,
}

/// The parts of the work that processes share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Polls and publishes.
    All,
    /// Polls only.
    Poll,
    /// Publishes only.
    Web,
}

/// Runs the service; it ends well when it was told to stop.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    // Before the file is read: an edit that comes while the store is opened is not missed.
    let watch = Watch::new(&setup.path);
    let config = setup.quiet_config()?;
    let address = arguments.listen.clone().unwrap_or_else(|| config.service.listen.clone());
    let desk = setup.desk(config)?;
    setup::block_on(async {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let mut stop = Box::pin(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        });
        // Who names an address wants to see how it is: /healthz and /metrics.
        let listening = address;
        let address = Some(&*listening).filter(|_| arguments.role != Role::Poll || arguments.listen.is_some());
        let pages = arguments.pages.clone().unwrap_or_else(|| setup.pages(&desk.config.store));
        let pages = Some(pages).filter(|_| arguments.role != Role::Poll);
        let mut face = Face::of_before(pages).await;
        face.has_admin = desk.config.service.token.is_some();
        let config = Arc::clone(&desk.config);
        let opening = open(setup, &config, face.has_pages());
        tokio::pin!(opening);
        let store = loop {
            let is_waiting = address.is_some() && face.has_pages() && !face.is_served();
            tokio::select! {
                store = &mut opening => break store?,
                () = &mut stop => {
                    face.close().await?;
                    return Ok(Exit::Done);
                }
                () = tokio::time::sleep(PATIENCE), if is_waiting => {
                    let listener = listen(&listening).await?;
                    tracing::warn!(address = %listener.local_addr()?, "serving the pages of before, until the store is open");
                    face.listener = Some(listener);
                    face.serve(&desk.counts, setup.clock)?;
                }
            }
        };
        if let Some(address) = address.filter(|_| !face.is_served()) {
            face.listener = Some(listen(address).await?);
        }
        service(setup, watch, desk, store, face, arguments.role, stop).await?;
        Ok(Exit::Done)
    })
}

/// Opens the store. A disk that is full or fails is waited for: it is mended while we look, and nobody need start us again. Where there is
/// something to serve meanwhile, everything is waited for but another process that has the store.
async fn open(setup: &Setup, config: &Arc<Config>, has_pages: bool) -> anyhow::Result<Arc<Store>> {
    let waits = |error: &anyhow::Error| match error.downcast_ref() {
        Some(StoreError::Failed { .. }) => true,
        Some(StoreError::Held { .. }) | None => false,
        Some(_) => has_pages,
    };
    loop {
        let (opener, settings) = (setup.clone(), config.store.clone());
        match pipeline::blocking(move || opener.store(&settings)).await {
            Err(error) if waits(&error) => {
                let served = if has_pages { "only the pages of before are served" } else { "nothing is served" };
                tracing::error!(%error, "{served} before the store can be opened; it is tried again");
                tokio::time::sleep(OPEN_AGAIN).await;
            }
            opened => return opened,
        }
    }
}

/// The service, until `stop` resolves and what was under way is done.
pub(super) async fn service(
    setup: &Setup,
    watch: Watch,
    desk: Desk,
    store: Arc<Store>,
    mut face: Face,
    role: Role,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let hangup = signal(SignalKind::hangup())?;
    let (tell_stop, told_to_stop) = watch::channel(false);
    // Before hubs are heard: they would be told that nobody subscribes.
    desk.pushes.load(&store)?;
    desk.subscribers.load(&desk.config.service, &store)?;
    let (sources, counts) = (desk.config.sources.len(), Arc::clone(&desk.counts));
    let folder = setup.folder(&desk.config.store);
    let (new_desk, desk) = watch::channel(desk);
    let mut stop_answering = told_to_stop.clone();
    let (asked, known, env, polls) = (desk.clone(), Arc::clone(&store), setup.env, role != Role::Web);
    let questions = tokio::spawn(async move {
        let stopped = async move {
            let _ = stop_answering.wait_for(|&stop| stop).await;
        };
        // A database answers commands itself.
        if let Some(folder) = folder {
            control::serve(folder, asked, known, env, polls, stopped).await;
        }
    });
    let hubs = (role != Role::Poll).then(|| pipeline::callee(desk.clone(), Arc::clone(&store)));
    let admin = pipeline::admin(desk.clone(), Arc::clone(&store), polls);
    // Where several processes share the store, hubs call those that publish.
    let listens = hubs.is_some() || store.is_shared();
    // Set once: this is the only place.
    let _ = face.callees.set(Callees { hubs, admin });
    let _ = face.store.set(Arc::clone(&store));
    let (site, pages) = (Arc::clone(&face.site), face.pages.clone());
    let live = Live { desk, store, site, pages, listens, stop: told_to_stop.clone() };
    let live = tokio::spawn(pipeline::run(live, role != Role::Web, role != Role::Poll));
    if let Some(Ok(address)) = face.listener.as_ref().map(|listener| listener.local_addr()) {
        tracing::info!(%address, sources, "serving");
    }
    face.serve(&counts, setup.clock)?;
    tokio::select! {
        () = stop => {}
        () = reload(setup, &new_desk, watch, hangup) => {}
    }
    tracing::info!("stopping: what is under way is finished first");
    tell_stop.send_replace(true);
    // Each is waited for, whatever became of the others.
    let (live, questions, served) = tokio::join!(live, questions, face.close());
    served?;
    questions?;
    Ok(live?)
}

/// Takes over every edit of the configuration that is without fault. Never ends.
async fn reload(setup: &Setup, desk: &watch::Sender<Desk>, mut watch: Watch, mut hangup: Signal) {
    loop {
        tokio::select! {
            () = watch.changed() => {}
            _ = hangup.recv() => {}
        }
        let (faults, why) = match setup.config() {
            // What a full disk or a copy that was cut off leaves. Whoever means it starts the service with it.
            Ok((config, _)) if config.text.trim().is_empty() && !desk.borrow().config.sources.is_empty() => {
                let why = "the file is empty";
                tracing::error!("the edit of {} changes nothing, because {why}", setup.path.display());
                (1, Some(why.to_owned()))
            }
            Ok((config, warnings)) => {
                warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
                let why = take_over(setup, desk, config).err().map(|error| error.to_string());
                (usize::from(why.is_some()), why)
            }
            Err(error) => {
                let faults = error.downcast_ref::<Faults>();
                let told = faults.map_or_else(|| format!("{error:#}"), |faults| faults.render(false));
                tracing::error!("the edit of {} changes nothing, because it is faulty:\n{told}", setup.path.display());
                (faults.map_or(1, |faults| faults.shown.len() + faults.more), Some(told))
            }
        };
        let desk = desk.borrow();
        desk.counts.add(|tally| tally.faults = faults as u64);
        desk.untaken.set(why.map(|why| ((setup.clock)(), why)));
    }
}

fn take_over(setup: &Setup, desk: &watch::Sender<Desk>, config: Config) -> Result<(), FetchError> {
    let before = Arc::clone(&desk.borrow().config);
    if *before == config {
        tracing::info!("{} is read again and says what it said", setup.path.display());
        return Ok(());
    }
    for (key, differs) in
        [("service.listen", before.service.listen != config.service.listen), ("store.url", before.store.url != config.store.url)]
    {
        if differs {
            tracing::warn!("{key} has changed; that takes effect when the service is started again");
        }
    }
    let under = desk.borrow().under(config);
    let new = under
        .inspect_err(|error| tracing::error!(%error, "the edit changes nothing, because nothing could be fetched under it"))?;
    let (sources, topics, feeds) = (new.config.sources.len(), new.config.topics.len(), new.config.feeds.len());
    tracing::info!(sources, topics, feeds, "{} is in force as edited", setup.path.display());
    desk.send_replace(new);
    Ok(())
}
