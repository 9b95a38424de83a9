//! Who subscribes to our feeds, shared by those who ask, the press, and the task that calls them. One lock, held for a decision; what has
//! changed is written by one task.
//!
//! Of several processes that share a store one leads: it alone knows all this, and calls. `pipeline/lead.rs` has how.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use bytes::Bytes;
use tokio::sync::Notify;
use tokio::time::Instant;
use url::Url;

use crate::config::Config;
use crate::edge::store::{Lead, Memo, Store, StoreError, Subscriptions};
use crate::flow::push::hub::{self, Ledger, Offered, Pings, Told};
use crate::flow::render::Format;
use crate::model::{Announce, Service, Site};

/// The formats that can be subscribed to: those for feed readers.
const FORMATS: [Format; 3] = [Format::Rss, Format::Atom, Format::Json];

/// What is known of those who subscribe to our feeds, and of what another hub was told.
#[derive(Default)]
pub struct Subscribers {
    all: Mutex<All>,
    /// Somebody is to be called.
    called_for: Notify,
    /// Something is to be written.
    changed: Notify,
}

#[derive(Default)]
pub(super) struct All {
    pub(super) ledger: Ledger,
    pub(super) pings: Pings,
    /// Our right to call, and when it ends if it is not renewed; `None` where another process has it.
    lead: Option<(Lead, Option<Instant>)>,
    /// What was printed last, up to which change.
    printed: Option<(Arc<Config>, Arc<Site>, u64)>,
}

impl All {
    /// Whether anybody may be called now.
    pub(super) fn leads(&self) -> bool {
        self.lead.is_some_and(|(_, until)| until.is_none_or(|until| Instant::now() < until))
    }

    /// Whoever subscribes to what has changed is called. Nothing is told that is older than what another process has told.
    fn offer(&mut self) {
        let (Some((lead, _)), Some((config, site, seq))) = (&self.lead, &self.printed) else { return };
        if *seq < lead.seq {
            return;
        }
        let topics = || topics(config).into_iter().map(|(topic, path)| (topic, site.pages.get(&path)));
        let offered = |(topic, page): (String, Option<&_>)| Offered { topic, page: page.cloned() };
        match config.service.hub {
            Announce::Here(_) => self.ledger.published(topics().map(offered).collect()),
            Announce::Elsewhere(_) => {
                self.ledger.published(Vec::new());
                let hashes = topics().filter_map(|(topic, page)| Some((topic, page?.hash().to_owned())));
                self.pings.published(hashes.collect());
            }
            Announce::Off => self.ledger.published(Vec::new()),
        }
    }
}

impl Subscribers {
    /// Takes up what was remembered, where no other process has the store.
    pub fn load(&self, service: &Service, store: &Store) -> Result<(), StoreError> {
        if store.is_shared() {
            return Ok(());
        }
        self.begin(service, store, Lead { fence: None, seq: 0 }, None)
    }

    /// Takes up what was remembered, and leads from now on, for as long as the lead lasts. Blocks.
    pub(super) fn begin(&self, service: &Service, store: &Store, lead: Lead, until: Option<Instant>) -> Result<(), StoreError> {
        let told = store.recall(Memo::Told)?.and_then(|bytes| serde_json::from_slice::<Told>(&bytes).ok()).unwrap_or_default();
        let (of_ledger, of_pings) = match service.hub {
            Announce::Elsewhere(_) => (Told::new(), told),
            Announce::Here(_) | Announce::Off => (told, Told::new()),
        };
        let (ledger, pings) = (Ledger::of(store.subscribers()?, of_ledger), Pings::of(of_pings));
        let mut all = self.lock();
        let printed = all.printed.take();
        *all = All { ledger, pings, lead: Some((lead, until)), printed };
        all.offer();
        drop(all);
        self.called_for.notify_one();
        self.changed.notify_one();
        Ok(())
    }

    /// The fence of our lead; `None` where we have none.
    pub(super) fn fence(&self) -> Option<u64> {
        self.lock().lead.and_then(|(lead, _)| lead.fence)
    }

    /// Our lead lasts until then.
    pub(super) fn renewed(&self, until: Instant) {
        if let Some((_, end)) = &mut self.lock().lead {
            *end = Some(until);
        }
        self.called_for.notify_one();
    }

    /// Another process leads: what was known here is its business.
    pub(super) fn end(&self) {
        let mut all = self.lock();
        let printed = all.printed.take();
        *all = All { printed, ..All::default() };
    }

    /// The site has been printed, up to a change: whoever subscribes to what has changed is called.
    pub fn published(&self, config: &Arc<Config>, site: &Arc<Site>, seq: u64) {
        let mut all = self.lock();
        all.printed = Some((Arc::clone(config), Arc::clone(site), seq));
        all.offer();
        drop(all);
        self.called_for.notify_one();
        self.changed.notify_one();
    }

    /// Decides something, where we lead; `None` where another process does.
    pub(super) fn decide_leading<T>(&self, decide: impl FnOnce(&mut All) -> T) -> Option<T> {
        self.decide(|all| all.leads().then(|| decide(all)))
    }

    /// Decides something.
    pub(super) fn decide<T>(&self, decide: impl FnOnce(&mut All) -> T) -> T {
        let decided = decide(&mut self.lock());
        self.called_for.notify_one();
        self.changed.notify_one();
        decided
    }

    /// What is known, without any change to it.
    pub(super) fn look<T>(&self, look: impl FnOnce(&mut All) -> T) -> T {
        look(&mut self.lock())
    }

    /// Waits until somebody is to be called.
    pub(super) async fn called_for(&self) {
        self.called_for.notified().await;
    }

    /// Waits until something may be to be written.
    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Writes what has changed. What could not be written is tried again with the next change.
    pub(super) async fn write(&self, service: &Service, store: &Store) -> Result<(), StoreError> {
        let (rows, told, fence) = {
            let mut all = self.lock();
            let Some((lead, _)) = all.lead else { return Ok(()) };
            let (rows, told) = all.ledger.take_unwritten();
            let pinged = all.pings.take_unwritten();
            (rows, if matches!(service.hub, Announce::Elsewhere(_)) { pinged } else { told }, lead.fence)
        };
        if rows.is_empty() && told.is_none() {
            return Ok(());
        }
        let ids: Vec<_> = rows.iter().map(|(id, _)| *id).collect();
        let told = told.map(|told| serde_json::to_vec(&told).expect("a map of strings is JSON"));
        let written = store.set_subscribers(Subscriptions { rows, told, fence }).await;
        if written.is_err() {
            self.lock().ledger.put_unwritten(ids);
        }
        written
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        // What is behind this lock is whole between its statements.
        self.all.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// Every feed in every format that can be subscribed to: its public address, and its path.
pub(super) fn topics(config: &Config) -> Vec<(String, String)> {
    let paths = config.feeds.iter().flat_map(|feed| FORMATS.map(|format| format.path(&feed.id)));
    paths.filter_map(|path| Some((topic(&config.service.url, &path)?, path))).collect()
}

/// The Link headers of the feeds that a hub announces, by path.
pub(super) fn links(config: &Config) -> BTreeMap<String, Bytes> {
    let Some(hub) = config.service.hub.url() else { return BTreeMap::new() };
    topics(config).into_iter().map(|(topic, path)| (path, hub::link(hub, &topic).into())).collect()
}

fn topic(base: &Url, path: &str) -> Option<String> {
    base.join(path.trim_start_matches('/')).ok().map(String::from)
}
