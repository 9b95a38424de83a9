//! Which pruned stories a document still lists: the names of their entries are needed for as long as it does.

use jiff::Timestamp;

use crate::edge::store::{Store, StoreError};
use crate::flow::roll_call;
use crate::model::{Known, LastListed, Mark, RollCall, Source, SourceTag, StoryId};

/// What a document told.
pub(super) struct Roll {
    /// When documents were asked, with this one, if it was.
    pub called: Option<RollCall>,
    /// The pruned stories that it lists.
    pub marks: Vec<Mark>,
}

impl Roll {
    /// Asks a document of which entries are known. `before` is what the documents before it told. Blocks.
    pub fn call(
        store: &Store,
        source: &Source,
        before: Option<RollCall>,
        known: &Known,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        // One in which nothing is known may be another one by mistake.
        if known.entries.is_empty() {
            return Ok(Self { called: before, marks: Vec::new() });
        }
        let stories: Vec<StoryId> = known.entries.values().map(|(story, _)| *story).collect();
        let tag = SourceTag::of(&source.id);
        // A story that was never pruned has no mark.
        let is_stale = |marks: &[LastListed]| !marks.is_empty() && roll_call::is_stale(marks, tag, now);
        let stale = store.marks(&stories)?.into_iter().filter(|(_, marks)| is_stale(marks));
        let marks = stale.map(|(story, _)| Mark { story, listed: (tag, now) }).collect();
        Ok(Self { called: Some(roll_call::after(before, now)), marks })
    }
}
