//! Who subscribes to our feeds, shared by those who ask, the press, and the task that calls them. One lock, held for a decision; what has
//! changed is written by one task.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use tokio::sync::Notify;
use url::Url;

use crate::config::Config;
use crate::edge::store::{Memo, Store, StoreError};
use crate::flow::push::hub::{self, Ledger, Offered, Pings, Told};
use crate::flow::render::Format;
use crate::model::{Announce, Service, Site};

/// The formats that can be subscribed to: those for feed readers.
const FORMATS: [Format; 3] = [Format::Rss, Format::Atom, Format::Json];

/// What is known of those who subscribe to our feeds, and of what another hub was told.
#[derive(Debug, Default)]
pub struct Subscribers {
    all: Mutex<All>,
    /// Somebody is to be called.
    called_for: Notify,
    /// Something is to be written.
    changed: Notify,
}

#[derive(Debug, Default)]
pub(super) struct All {
    pub(super) ledger: Ledger,
    pub(super) pings: Pings,
}

impl Subscribers {
    /// Takes up what was remembered.
    pub fn load(&self, service: &Service, store: &Store) -> Result<(), StoreError> {
        let told = store.recall(Memo::Told)?.and_then(|bytes| serde_json::from_slice::<Told>(&bytes).ok()).unwrap_or_default();
        let (of_ledger, of_pings) = match service.hub {
            Announce::Elsewhere(_) => (Told::new(), told),
            Announce::Here(_) | Announce::Off => (told, Told::new()),
        };
        *self.lock() = All { ledger: Ledger::of(store.subscribers()?, of_ledger), pings: Pings::of(of_pings) };
        Ok(())
    }

    /// The site has been printed: whoever subscribes to what has changed is called.
    pub fn published(&self, config: &Config, site: &Site) {
        let topics = || topics(config).into_iter().map(|(topic, path)| (topic, site.pages.get(&path)));
        let mut all = self.lock();
        let offered = |(topic, page): (String, Option<&_>)| Offered { topic, page: page.cloned() };
        match config.service.hub {
            Announce::Here(_) => all.ledger.published(topics().map(offered).collect()),
            Announce::Elsewhere(_) => {
                all.ledger.published(Vec::new());
                let hashes = topics().filter_map(|(topic, page)| Some((topic, page?.hash.clone())));
                all.pings.published(hashes.collect());
            }
            Announce::Off => all.ledger.published(Vec::new()),
        }
        drop(all);
        self.called_for.notify_one();
        self.changed.notify_one();
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
        let (rows, told) = {
            let mut all = self.lock();
            let (rows, told) = all.ledger.take_unwritten();
            let pinged = all.pings.take_unwritten();
            (rows, if matches!(service.hub, Announce::Elsewhere(_)) { pinged } else { told })
        };
        let ids: Vec<_> = rows.iter().map(|(id, _)| *id).collect();
        let write = async {
            if !rows.is_empty() {
                store.set_subscribers(rows).await?;
            }
            if let Some(told) = told {
                let bytes = serde_json::to_vec(&told).expect("a map of strings is JSON");
                store.remember(Memo::Told, bytes).await?;
            }
            Ok(())
        };
        let written = write.await;
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
pub(super) fn links(config: &Config) -> BTreeMap<String, String> {
    let Some(hub) = config.service.hub.url() else { return BTreeMap::new() };
    topics(config).into_iter().map(|(topic, path)| (path, hub::link(hub, &topic))).collect()
}

fn topic(base: &Url, path: &str) -> Option<String> {
    base.join(path.trim_start_matches('/')).ok().map(String::from)
}
