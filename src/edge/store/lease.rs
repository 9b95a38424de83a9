//! Who may poll a source, where several processes share a store.

use std::sync::Arc;
use std::time::Duration;

use crate::model::{SourceId, SourceState};

/// What a process that wants to poll a source asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// The source.
    pub source: SourceId,
    /// Its state, as far as the process knows.
    pub known: Option<Arc<SourceState>>,
    /// Its host: what all processes do there together keeps within the next two.
    pub host: String,
    /// Its scheme, host and port: what may have asked another process to be left alone.
    pub origin: String,
    /// Whether that is heeded; an administrator's word goes beyond it.
    pub heeds_rests: bool,
    /// How many polls of the host may be under way.
    pub per_host: usize,
    /// How long no other poll of the host may begin.
    pub spacing: Duration,
    /// How long a poll may take at most. A process that has not committed by then is taken for dead.
    pub lasts: Duration,
}

/// What it is told. Waits are lengths of time and not times, because the clocks of machines differ.
#[derive(Clone, Debug, PartialEq)]
pub enum Lease {
    /// No other process has the store: none is needed.
    Needless,
    /// The source may be polled, and the poll is committed with this fence.
    Granted {
        /// Grows with every lease of the source. What comes with a lesser one is refused.
        fence: u64,
        /// The stored state, where it is another than the one that was known.
        newer: Option<Arc<SourceState>>,
    },
    /// Another process polls the source; its lease ends after this time if it does not do so itself.
    Held(Duration),
    /// The host may not be asked before this time has passed.
    HostBusy(Duration),
}
