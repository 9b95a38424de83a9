//! What readers see of a service: also before its store is open, if that takes long and there are pages of an earlier run.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::net::TcpListener;

use crate::edge::serve::{Answers, Callee, Metrics, Reply, Server};
use crate::edge::store::Store;
use crate::flow::render::metrics;
use crate::model::{Site, Tally};
use crate::pipeline::{self, Counts};

/// Seconds after which a hub may call again while the store is not open.
const CALL_AGAIN: u64 = 5;

/// The site, and who serves it. Whoever serves the pages of before goes on when the store is open: no connection is broken off.
#[derive(Default)]
pub struct Face {
    /// What is served.
    pub site: Arc<ArcSwap<Site>>,
    /// Where; `None` where nobody is served, or somebody serves already.
    pub listener: Option<TcpListener>,
    /// Where the pages are kept.
    pub pages: Option<PathBuf>,
    /// Who answers hubs; `None` where nobody does.
    pub callee: Arc<OnceLock<Option<Callee>>>,
    /// The store, once it is open.
    pub store: Arc<OnceLock<Arc<Store>>>,
    server: Option<Server>,
}

impl Face {
    /// A face without a past.
    pub fn new(listener: TcpListener) -> Self {
        Self { listener: Some(listener), ..Self::default() }
    }

    /// One that begins with the pages that were kept.
    pub async fn of_before(pages: Option<PathBuf>) -> Self {
        let path = pages.clone();
        let site = pipeline::blocking(move || path.map(|path| pipeline::kept_site(&path)).unwrap_or_default()).await;
        Self { site: Arc::new(ArcSwap::from_pointee(site)), pages, ..Self::default() }
    }

    /// Whether there are pages of before.
    pub fn has_pages(&self) -> bool {
        !self.site.load().pages.is_empty()
    }

    /// Whether it is served.
    pub fn is_served(&self) -> bool {
        self.server.is_some()
    }

    /// Begins to serve, if there is a listener.
    pub fn serve(&mut self, counts: &Arc<Counts>, clock: fn() -> Timestamp) -> anyhow::Result<()> {
        let Some(listener) = self.listener.take() else { return Ok(()) };
        let (metrics, calls) = (Some(self.metrics(counts)), Some(self.calls()));
        let answers = Answers { site: Arc::clone(&self.site), metrics, calls, clock };
        self.server = Some(Server::start(listener, answers).context("can't start the threads that answer requests")?);
        Ok(())
    }

    /// Serves no more. What is being answered is finished first.
    pub async fn close(self) -> anyhow::Result<()> {
        match self.server {
            Some(server) => server.stop().await.context("answering requests broke down"),
            None => Ok(()),
        }
    }

    /// Makes the text of `/metrics`.
    fn metrics(&self, counts: &Arc<Counts>) -> Metrics {
        let (counts, site, store) = (Arc::clone(counts), Arc::clone(&self.site), Arc::clone(&self.store));
        Arc::new(move || {
            let tally = Tally { stale: u64::from(site.load().kept.is_some()), ..counts.tally() };
            metrics(&tally, store.get().is_some_and(|store| store.takes()))
        })
    }

    fn calls(&self) -> Callee {
        let callee = Arc::clone(&self.callee);
        Arc::new(move |call| match callee.get() {
            Some(Some(callee)) => callee(call),
            Some(None) => Box::pin(async { Reply::new(404, "nobody is called here\n") }),
            None => Box::pin(async {
                let why = "the store is not open yet; come again in a moment\n";
                Reply { retry_after: Some(CALL_AGAIN), ..Reply::new(503, why) }
            }),
        })
    }
}
