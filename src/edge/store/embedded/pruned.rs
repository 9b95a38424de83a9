//! What pruned stories have left: the names of their entries, and marks of who listed them when.

use std::collections::HashMap;

use crate::edge::store::embedded::work::Work;
use crate::edge::store::embedded::write::Order;
use crate::edge::store::embedded::{Embedded, codec, failed, found, gathered, legible};
use crate::edge::store::{Standing, StoreError};
use crate::model::{EntryKey, LastListed, Mark, Pruned, StoryId};

impl Embedded {
    pub(in crate::edge::store) fn standings(&self, ids: &[StoryId]) -> Result<HashMap<StoryId, Standing>, StoreError> {
        let mut standings = HashMap::new();
        for id in ids {
            if self.shared.db()?.has(*id)? {
                standings.insert(*id, Standing::Stored);
            } else if !self.marks_of(*id)?.is_empty() {
                standings.insert(*id, Standing::Pruned);
            }
        }
        Ok(standings)
    }

    pub(in crate::edge::store) fn marks(&self, ids: &[StoryId]) -> Result<HashMap<StoryId, Vec<LastListed>>, StoreError> {
        ids.iter().map(|id| Ok((*id, self.marks_of(*id)?))).collect()
    }

    fn marks_of(&self, id: StoryId) -> Result<Vec<LastListed>, StoreError> {
        const DOING: &str = "to look for a story's marks";
        let start = codec::marks_key(id);
        let row = gathered::row_of(&start).filter(|_| self.shared.seen.may_have(&start));
        let row = row.map(|row| self.shared.db()?.get(row).map_err(failed(DOING))).transpose()?.flatten();
        let Some(row) = row else { return Ok(Vec::new()) };
        // Of a row that can't be read nothing is known: what nobody is known to have had is not forgotten.
        let records = found(gathered::beginning(&start, &row).map(Some))?.unwrap_or_default();
        let marks = records.into_iter().map(|(key, value)| codec::read_mark(&key, value));
        let marks: Vec<Option<Mark>> = marks.filter_map(legible).collect::<Result<_, _>>()?;
        Ok(marks.into_iter().flatten().map(|mark| mark.listed).collect())
    }

    pub(in crate::edge::store) fn pruned_after(&self, after: Option<StoryId>, limit: usize) -> Result<Vec<StoryId>, StoreError> {
        // Behind all marks of the one.
        let start = after.map_or(vec![codec::MARKS], |id| [&codec::marks_key(id)[..], &[u8::MAX; 5]].concat());
        let mut stories: Vec<StoryId> = Vec::new();
        for row in self.records_from(start, "to read the marks of pruned stories")? {
            let mark = row.and_then(|(key, value)| codec::read_mark(&key, &value));
            let Some(mark) = found(mark)? else { continue };
            if stories.last() != Some(&mark.story) {
                if stories.len() == limit {
                    break;
                }
                stories.push(mark.story);
            }
        }
        Ok(stories)
    }

    pub(in crate::edge::store) fn names_after(
        &self,
        after: Option<EntryKey>,
        limit: usize,
    ) -> Result<Vec<(EntryKey, StoryId)>, StoreError> {
        let start = after.map_or(vec![codec::ENTRIES], |key| [&codec::entry_key(key)[..], &[0]].concat());
        let rows = self.records_from(start, "to read the entries' names")?.map(|row| {
            let (key, value) = row?;
            Ok((codec::entry_of_key(&key)?, codec::read_entry(&value)?.0))
        });
        rows.filter_map(legible).take(limit).collect()
    }

    pub(in crate::edge::store) async fn bury(&self, names: Vec<Pruned>) -> Result<(), StoreError> {
        self.write(Work::Bury(names)).await
    }

    pub(in crate::edge::store) async fn expire(&self, stories: Vec<StoryId>) -> Result<(), StoreError> {
        self.order(|reply| Order::Expire(stories, reply)).await
    }
}
