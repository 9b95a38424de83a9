//! Feeds that had another id, and feeds that are no more: their readers are sent on, or told to ask no more.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Config;
use crate::edge::store::{Memo, Store, StoreError};
use crate::flow::render::{self, Format};
use crate::model::FeedId;

/// Ids that are remembered at the most; a service has a hundred.
const MOST: usize = 10_000;

/// The ids of all feeds that were ever published.
pub struct Former {
    known: BTreeSet<FeedId>,
    is_new: bool,
}

impl Former {
    /// What the store remembers, and the feeds of now.
    pub fn read(config: &Config, store: &Store) -> Result<Self, StoreError> {
        let remembered = store.recall(Memo::Feeds)?.unwrap_or_default();
        // What can't be read was written by another version; it is learned again.
        let before: BTreeSet<FeedId> = serde_json::from_slice(&remembered).unwrap_or_default();
        let mut known = before.clone();
        known.extend(config.feeds.iter().map(|feed| feed.id.clone()).take(MOST.saturating_sub(before.len())));
        Ok(Self { is_new: known != before, known })
    }

    /// Where the pages of renamed feeds are to be found: a path for each path.
    pub fn moved(&self, config: &Config) -> BTreeMap<String, String> {
        let renamed = config.feeds.iter().flat_map(|feed| feed.was.iter().map(|was| (was, &feed.id)));
        let pages = renamed.flat_map(|(was, is)| Format::ALL.map(|format| (format.path(was), format.path(is))));
        pages.map(|(was, is)| (was, render::local(&config.service, &is))).collect()
    }

    /// The pages of feeds that were removed.
    pub fn gone(&self, config: &Config) -> BTreeSet<String> {
        let is_gone = |id: &&FeedId| config.feeds.iter().all(|feed| feed.id != **id && !feed.was.contains(id));
        self.known.iter().filter(is_gone).flat_map(|id| Format::ALL.map(|format| format.path(id))).collect()
    }

    /// What is to be remembered under [`Memo::Feeds`], if it has changed since it was last asked for.
    pub fn take_news(&mut self) -> Option<Vec<u8>> {
        let is_new = std::mem::take(&mut self.is_new);
        is_new.then(|| serde_json::to_vec(&self.known).expect("a list of words is JSON"))
    }
}
