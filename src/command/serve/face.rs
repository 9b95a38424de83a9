//! What readers see of a service: also before its store is open, if there are pages of an earlier run.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::edge::serve::{Answers, Metrics, listen, serve};
use crate::flow::render::metrics;
use crate::model::{Site, Tally};
use crate::pipeline::{self, Counts};

/// The site, and where it is served.
#[derive(Default)]
pub struct Face {
    /// What is served.
    pub site: Arc<ArcSwap<Site>>,
    /// Where; `None` where nobody is served.
    pub listener: Option<TcpListener>,
    /// Where the pages are kept.
    pub pages: Option<PathBuf>,
    /// What serves until the service does.
    early: Option<Early>,
}

/// A server of its own on the same socket.
struct Early {
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
}

impl Face {
    /// A face without a past.
    pub fn new(listener: TcpListener) -> Self {
        Self { listener: Some(listener), ..Self::default() }
    }

    /// One that begins with the pages that were kept, and serves them at once on an address, if there is one.
    pub async fn of_before(
        pages: Option<PathBuf>,
        address: Option<&str>,
        counts: &Arc<Counts>,
        clock: fn() -> Timestamp,
    ) -> anyhow::Result<Self> {
        let path = pages.clone();
        let site = pipeline::blocking(move || path.map(|path| pipeline::kept_site(&path)).unwrap_or_default()).await;
        let mut face = Self { site: Arc::new(ArcSwap::from_pointee(site)), pages, ..Self::default() };
        let Some(address) = address.filter(|_| face.has_pages()) else { return Ok(face) };
        let ours = listen(address).await?.into_std()?;
        face.listener = Some(TcpListener::from_std(ours.try_clone()?)?);
        let (stop, mut stopped) = watch::channel(false);
        let answers = Answers { site: Arc::clone(&face.site), metrics: Some(face.metrics(counts, || false)), calls: None, clock };
        tracing::warn!(address = %ours.local_addr()?, "serving the pages of before, until the store is open");
        let server = tokio::spawn(serve(TcpListener::from_std(ours)?, answers, async move {
            // A sender that is gone says the same.
            let _ = stopped.wait_for(|&stop| stop).await;
        }));
        face.early = Some(Early { stop, server });
        Ok(face)
    }

    /// Whether there are pages of before.
    pub fn has_pages(&self) -> bool {
        !self.site.load().pages.is_empty()
    }

    /// Makes the text of `/metrics`; `takes` says whether the store takes anything.
    pub fn metrics(&self, counts: &Arc<Counts>, takes: impl Fn() -> bool + Send + Sync + 'static) -> Metrics {
        let (counts, site) = (Arc::clone(counts), Arc::clone(&self.site));
        Arc::new(move || metrics(&Tally { stale: u64::from(site.load().kept.is_some()), ..counts.tally() }, takes()))
    }

    /// Lets the service serve alone. Requests that are being answered are not cut off; the future ends with the last of them.
    pub fn take_over(&mut self) -> impl Future<Output = ()> + use<> {
        let early = self.early.take();
        if let Some(early) = &early {
            early.stop.send_replace(true);
        }
        async move {
            // One that broke down is over, too.
            if let Some(early) = early {
                let _ = early.server.await;
            }
        }
    }
}
