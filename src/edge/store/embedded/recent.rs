//! Whether a story has come since a decision was made that would have changed it.

use std::collections::VecDeque;

use crate::edge::store::hashed::ByBand;
use crate::model::{Band, StoryChange};

/// Bands whose last posting the writer remembers. A decision that is older than all of them is taken again.
const MOST_RECENT: usize = 65_536;

/// The bands that were posted of late, each with the number of the change that did.
pub(super) struct Recent {
    last: ByBand<u64>,
    order: VecDeque<(Band, u64)>,
    /// What was posted up to this number may have been forgotten.
    floor: u64,
}

impl Recent {
    /// Nothing is known of what was posted up to a number; nobody can have read before it.
    pub(super) fn since(floor: u64) -> Self {
        Self { last: ByBand::default(), order: VecDeque::new(), floor }
    }

    /// Whether a story that came after a number shares a band with a new story of these.
    pub(super) fn overtook(&self, stories: &[StoryChange], based_on: u64) -> bool {
        let mut bands = stories.iter().filter(|change| change.story.seq == 0).flat_map(|change| &change.sketch.bands);
        based_on < self.floor || bands.any(|band| self.last.get(band).is_some_and(|seq| *seq > based_on))
    }

    /// Remembers what a change posts.
    pub(super) fn post(&mut self, bands: &[Band], seq: u64) {
        for band in bands {
            self.last.insert(*band, seq);
            self.order.push_back((*band, seq));
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
mod tests {
    use super::*;

    #[test]
    fn what_is_forgotten_counts_as_posted() {
        let mut recent = Recent::since(5);
        for seq in 6..6 + MOST_RECENT as u64 + 10 {
            recent.post(&[seq], seq);
        }
        assert_eq!((recent.last.len(), recent.floor), (MOST_RECENT, 15));
        assert!(recent.overtook(&[], 14) && !recent.overtook(&[], 15));
        recent.post(&[20], 99_999);
        (0..100).for_each(|n| recent.post(&[1 << 40 | n], 100_000));
        assert!(recent.last.contains_key(&20), "posted again, it is as young as its last posting");
    }
}
