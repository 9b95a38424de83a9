//! The index of near copies: which stories share bands with an entry, and whether one has come since it was asked.

use std::collections::{HashMap, VecDeque};

use crate::edge::store::{Store, StoreError, codec};
use crate::model::{Band, Known, Search, StoryChange, StoryId};

/// Days before and after an entry's own that are searched: near copies lie within 72 hours.
const DAYS: i32 = 3;
/// Stories that are read of one band: one that more stories share says little.
const MOST_OF_A_BAND: usize = 32;
/// Stories that are judged for one entry: those that share the most with it, where a band counts the less the more stories have it.
const MOST_CANDIDATES: usize = 12;
/// Bands whose last posting the writer remembers. A decision that is older than all of them is taken again.
const MOST_RECENT: usize = 65_536;

impl Store {
    /// Adds to `known` the stories that entries may be near copies of. The cost of an entry depends on its bands alone, not on how many
    /// stories there are.
    pub fn near(&self, searches: &[Search], known: &mut Known) -> Result<(), StoreError> {
        for search in searches {
            let mut shared: HashMap<StoryId, f64> = HashMap::new();
            for band in &search.bands {
                let first = codec::band_key(Band { day: band.day.saturating_sub(DAYS), ..*band }, StoryId([0; 16]));
                let last = codec::band_key(Band { day: band.day.saturating_add(DAYS), ..*band }, StoryId([255; 16]));
                let rows = self.db.range(first..=last).keys().take(MOST_OF_A_BAND);
                let story = |row: sled::Result<sled::IVec>| {
                    codec::story_of_band(&row.map_err(StoreError::failed("to look for near copies"))?)
                };
                let stories = rows.map(story).collect::<Result<Vec<_>, _>>()?;
                for id in &stories {
                    *shared.entry(*id).or_default() += 1.0 / stories.len() as f64;
                }
            }
            let mut candidates: Vec<(StoryId, f64)> = shared.into_iter().collect();
            candidates.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
            candidates.truncate(MOST_CANDIDATES);
            for (id, _) in &candidates {
                self.add_story(known, *id)?;
            }
            known.near.insert(search.key, candidates.into_iter().map(|(id, _)| id).collect());
        }
        Ok(())
    }
}

/// The bands that were posted of late, each with the number of the change that did.
pub(super) struct Recent {
    last: HashMap<u64, u64>,
    order: VecDeque<(u64, u64)>,
    /// What was posted up to this number may have been forgotten.
    floor: u64,
}

impl Recent {
    /// Nothing is known of what was posted up to a number; nobody can have read before it.
    pub fn since(floor: u64) -> Self {
        Self { last: HashMap::new(), order: VecDeque::new(), floor }
    }

    /// Whether a story that came after a number shares a band with a new story of these.
    pub fn overtook(&self, stories: &[StoryChange], based_on: u64) -> bool {
        let mut bands = stories.iter().filter(|change| change.story.seq == 0).flat_map(|change| &change.bands);
        based_on < self.floor || bands.any(|band| self.last.get(&band.hash).is_some_and(|seq| *seq > based_on))
    }

    /// Remembers what a change posts.
    pub fn post(&mut self, bands: &[Band], seq: u64) {
        for band in bands {
            self.last.insert(band.hash, seq);
            self.order.push_back((band.hash, seq));
        }
        while self.order.len() > MOST_RECENT {
            let Some((hash, seq)) = self.order.pop_front() else { break };
            self.floor = self.floor.max(seq);
            if self.last.get(&hash) == Some(&seq) {
                self.last.remove(&hash);
            }
        }
    }
}

#[cfg(test)]
mod tests;
