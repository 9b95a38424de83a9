//! What readers see of a service: also before its store is open, if that takes long and there are pages of an earlier run.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use anyhow::Context;
use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::net::TcpListener;

use crate::edge::serve::{Admin, Answers, Callee, Metrics, Reply, Server};
use crate::edge::store::Store;
use crate::flow::render::metrics;
use crate::model::{Site, Tally};
use crate::pipeline::{self, Counts};

/// Seconds after which who calls may call again while the store is not open.
const CALL_AGAIN: u64 = 5;

/// Who answers what asks for no page of the site.
pub struct Callees {
    /// Hubs and subscribers; `None` where nobody does.
    pub hubs: Option<Callee>,
    /// The administrator.
    pub admin: Admin,
}

/// The site, and who serves it. Whoever serves the pages of before goes on when the store is open: no connection is broken off.
#[derive(Default)]
pub struct Face {
    /// What is served.
    pub site: Arc<ArcSwap<Site>>,
    /// Where; `None` where nobody is served, or somebody serves already.
    pub listener: Option<TcpListener>,
    /// Where the pages are kept.
    pub pages: Option<PathBuf>,
    /// Who answers what asks for no page of the site, once the store is open.
    pub callees: Arc<OnceLock<Callees>>,
    /// Whether there is a page for the administrator, as far as that is known before.
    pub has_admin: bool,
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
        let (metrics, calls, admin) = (Some(self.metrics(counts)), Some(self.calls()), Some(self.admin()));
        let answers = Answers { site: Arc::clone(&self.site), metrics, calls, admin, clock };
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
        let callees = Arc::clone(&self.callees);
        Arc::new(move |call| match callees.get() {
            Some(Callees { hubs: Some(callee), .. }) => callee(call),
            Some(Callees { hubs: None, .. }) => Box::pin(async { Reply::new(404, "nobody is called here\n") }),
            None => not_yet()(call),
        })
    }

    fn admin(&self) -> Admin {
        let (callees, has_admin) = (Arc::clone(&self.callees), self.has_admin);
        Arc::new(move || match callees.get() {
            Some(callees) => (callees.admin)(),
            None => has_admin.then(not_yet),
        })
    }
}

/// Answers before the store is open.
fn not_yet() -> Callee {
    Arc::new(|_| {
        let why = "the store is not open yet; come again in a moment\n";
        Box::pin(async move { Reply { retry_after: Some(CALL_AGAIN), ..Reply::new(503, why) } })
    })
}
