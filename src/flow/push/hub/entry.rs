//! How the ledger of our hub keeps what it knows.

use std::collections::BTreeSet;
use std::sync::Arc;

use url::Url;

use crate::model::{Page, Subscriber, SubscriberId};

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) subscriber: Subscriber,
    pub(super) host: String,
    pub(super) turn: Turn,
}

/// Where a subscriber stands in its host's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    Idle,
    Waiting,
    /// It is being called; `again`: there is more news since.
    Called {
        again: bool,
    },
}

#[derive(Debug, Default)]
pub(super) struct Topic {
    pub(super) subscribers: BTreeSet<SubscriberId>,
    pub(super) page: Option<Arc<Page>>,
    /// The hash of the page that all were called with once.
    pub(super) told: Option<String>,
    /// Subscribers in line or being called.
    pub(super) open: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Errand {
    Verify(SubscriberId),
    Deny { callback: Url, topic: String, reason: &'static str },
    Deliver(SubscriberId),
}
