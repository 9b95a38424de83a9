//! `feeds.toml`: from its text to a [`Config`], or to every mistake in it with its line.

use std::collections::BTreeMap;

use crate::model::{Feed, FetchSettings, Service, Source, SourceId, StoreSettings, Topic};

/// A `feeds.toml` without mistakes: every default filled in, every name resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// `[service]`
    pub service: Service,
    /// `[store]`
    pub store: StoreSettings,
    /// `[fetch]`
    pub fetch: FetchSettings,
    /// `[source.*]`
    pub sources: BTreeMap<SourceId, Source>,
    /// `[topic.*]`, in the file's order.
    pub topics: Vec<Topic>,
    /// Every feed that is published: `moi-nhat`, one for each topic in the file's order, then the other `[feed.*]` in the
    /// file's order.
    pub feeds: Vec<Feed>,
}
