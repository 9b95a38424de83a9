//! Many polls at once: so many in all, so many of one host, and one that panics harms no other.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::edge::store::Store;
use crate::model::{FetchSettings, Source, SourceState};
use crate::pipeline::{Desk, Polled, poll};

/// Who may poll at the same time.
#[derive(Clone)]
pub struct Crew {
    all: Arc<Semaphore>,
    per_host: usize,
    /// One semaphore a host; as many as the configuration has hosts.
    hosts: Arc<Mutex<HashMap<String, Arc<Semaphore>>>>,
}

impl Crew {
    /// A crew within the limits of a configuration.
    pub fn new(fetch: &FetchSettings) -> Self {
        Self { all: Arc::new(Semaphore::new(fetch.parallel)), per_host: fetch.per_host, hosts: Arc::default() }
    }

    /// Polls a source when its host and the crew have room. `None` where the poll broke down in a panic, which is logged.
    pub async fn poll(&self, desk: &Desk, store: &Arc<Store>, source: Source, before: Option<SourceState>) -> Option<Polled> {
        let _slot = self.slot(&source).await;
        let (desk, store, id) = (desk.clone(), Arc::clone(store), source.id.clone());
        let task = tokio::spawn(async move { poll(&desk, &store, &source, before).await });
        // Dropped with this future, the poll ends too: nothing is left running when the service stops.
        let task = AbortOnDrop(task);
        match task.join().await {
            Ok(polled) => Some(polled),
            Err(error) => {
                tracing::error!(source = %id, %error, "a poll broke down");
                None
            }
        }
    }

    /// Room for one more fetch of a source, until it is dropped. The host comes first: who waits for a slow host holds up nobody
    /// else.
    pub async fn slot(&self, source: &Source) -> Slot {
        let host = self.host(source.url().host_str().unwrap_or_default());
        let host = host.acquire_owned().await.expect("the semaphore is never closed");
        let of_all = Arc::clone(&self.all).acquire_owned().await.expect("the semaphore is never closed");
        Slot(host, of_all)
    }

    fn host(&self, name: &str) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(|e| e.into_inner());
        Arc::clone(hosts.entry(name.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(self.per_host))))
    }
}

/// Room for one fetch.
pub struct Slot(
    #[expect(dead_code, reason = "held, not used")] OwnedSemaphorePermit,
    #[expect(dead_code, reason = "held, not used")] OwnedSemaphorePermit,
);

struct AbortOnDrop<T>(tokio::task::JoinHandle<T>);

impl<T> AbortOnDrop<T> {
    async fn join(mut self) -> Result<T, tokio::task::JoinError> {
        (&mut self.0).await
    }
}

impl<T> Drop for AbortOnDrop<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}
