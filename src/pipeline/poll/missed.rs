//! What a document lacks that the one before it had, and still should have.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::edge::store::{Store, StoreError};
use crate::flow::dedupe::Named;
use crate::flow::gone::{self, Missing};
use crate::model::{EntryKey, Source, SourceState, Story, StoryId, Vanished};
use crate::pipeline::Desk;
use crate::pipeline::gone::{report, stories};

/// What stands in a document, and what is missing.
#[derive(Default)]
pub(super) struct Seen {
    listed: HashSet<EntryKey>,
    watched: Vec<EntryKey>,
    missing: Vec<(Missing, StoryId)>,
}

impl Seen {
    /// What stands there, compared with the document before. Blocks.
    pub fn of(desk: &Desk, store: &Store, source: &Source, named: &[Named], now: Timestamp) -> Result<Self, StoreError> {
        if !(source.gone && desk.config.fetch.gone) {
            return Ok(Self::default());
        }
        let listed: HashSet<EntryKey> = named.iter().map(|named| named.key).collect();
        let watched = gone::watched(named.iter().map(|named| (named.key, named.report.published)).collect());
        let missing = gone::missing(&desk.windows.of(source), &listed);
        // A story that it has not, or with which it has nothing to show, is none of its any more.
        let is_its_own =
            |story: &Story| report(story, source).is_some_and(|report| report.url.is_some() && report.gone.is_none());
        let stories = stories(store, missing.iter().map(|missing| &missing.entry))?;
        let stories = stories.into_iter().filter(|(_, story)| gone::is_young(story.published, now) && is_its_own(story));
        let of = |(entry, story): (EntryKey, Story)| Some((*missing.iter().find(|missing| missing.entry == entry)?, story.id));
        let missing = stories.filter_map(of).collect();
        Ok(Self { listed, watched, missing })
    }

    /// Whose articles are looked at from now on.
    pub fn vanished(&self, before: Option<&SourceState>, now: Timestamp) -> Vec<Vanished> {
        let before = before.map_or(&[][..], |state| &state.vanished);
        gone::after_document(before, &self.missing, &self.listed, now)
    }

    /// The next document is compared with this one.
    pub fn remember(self, desk: &Desk, source: &Source) {
        if !self.watched.is_empty() {
            desk.windows.set(source, self.watched);
        }
    }
}
