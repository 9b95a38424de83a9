//! How long the names of pruned entries are needed: for as long as a document may list them.
//!
//! What says that an entry is not new is its name alone. Its date says nothing: many have none, and a source may list what is years old and
//! be right to. So the names of a pruned story are kept until every source that had it has shown, in documents of more than [`ABSENT`], that
//! it lists it no more. Once a week a document that is read calls the roll: the pruned stories that it lists are marked anew.
//!
//! No clock decides, but what documents showed, so each of these keeps its names for as long as it lasts: a source that fails, was removed
//! from feeds.toml, or whose document stays the same; a service that is switched off; a document that is empty or another one by mistake,
//! for without a known entry in it no roll is called. What such sources hold is bounded: nothing new comes from them.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::model::{LastListed, SourceId, SourceTag};

/// How long a story must have been missing from its sources' documents. Lists of what is read most, festivals of a season, and old pages that
/// a site brings back after it has moved are there again within weeks.
const ABSENT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// Between two rolls of a source: what it lists costs a look at each entry, and a write for each that was pruned.
const EVERY: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Whether a source's document is to call the roll, by when one last did. A roll from a future that has not come was called by a wrong clock.
pub fn is_due(last: Option<Timestamp>, now: Timestamp) -> bool {
    last.is_none_or(|last| last > now || now.duration_since(last) >= EVERY)
}

/// When the roll was last called by each source.
pub struct Rolls(HashMap<SourceTag, Timestamp>);

impl Rolls {
    /// By the sources and when each called it. Of those that share a number the earliest counts, and one that never called hides the others.
    pub fn of<'a>(called: impl IntoIterator<Item = (&'a SourceId, Option<Timestamp>)>) -> Self {
        let mut rolls = HashMap::new();
        for (source, at) in called {
            let at = at.unwrap_or(Timestamp::MIN);
            rolls.entry(SourceTag::of(source)).and_modify(|earliest: &mut Timestamp| *earliest = at.min(*earliest)).or_insert(at);
        }
        Self(rolls)
    }

    /// Whether no source lists a pruned story any more, by when each of those that had it did. Of a story that nobody is known to have had,
    /// as in dumps of before, that is never sure.
    pub fn show_absent(&self, listed: &[LastListed]) -> bool {
        let is_absent = |(source, at): &LastListed| self.0.get(source).is_some_and(|roll| roll.duration_since(*at) > ABSENT);
        !listed.is_empty() && listed.iter().all(is_absent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_second(1_795_132_800 + day * 86_400).unwrap()
    }

    fn rolls(called: &[(u32, i64)]) -> Rolls {
        Rolls(called.iter().map(|(tag, at)| (SourceTag(*tag), day(*at))).collect())
    }

    #[test]
    fn a_roll_is_called_once_a_week_and_again_after_a_wrong_clock() {
        for (last, due) in [(None, true), (Some(0), true), (Some(1), false), (Some(7), false), (Some(8), true)] {
            assert_eq!(is_due(last.map(day), day(7)), due, "{last:?}");
        }
    }

    #[test]
    fn a_story_is_absent_when_every_source_that_had_it_has_shown_so_for_long() {
        let rolls = rolls(&[(1, 100), (2, 50), (3, 400)]);
        for (listed, absent, why) in [
            (&[(1, 9)][..], true, "91 days before the roll"),
            (&[(1, 10)], false, "not longer than 90 days"),
            (&[(1, 9), (3, 300)], true, "both"),
            (&[(1, 9), (2, 0)], false, "of one that has gone silent nothing is known"),
            (&[(1, 9), (4, 0)], false, "nor of one without a state"),
            (&[(1, 9), (0, 0)], false, "nor of one that is unknown"),
            (&[(3, 500)], false, "listed after the roll"),
            (&[], false, "nobody knows who had it"),
        ] {
            let listed: Vec<LastListed> = listed.iter().map(|(tag, at)| (SourceTag(*tag), day(*at))).collect();
            assert_eq!(rolls.show_absent(&listed), absent, "{why}");
        }
    }

    #[test]
    fn of_sources_that_share_a_number_the_earliest_counts() {
        let source = SourceId::new("a").unwrap();
        let listed = [(SourceTag::of(&source), day(0))];
        // The same name twice stands for two that share a number.
        let absent = |called: [Option<i64>; 2]| {
            Rolls::of(called.iter().map(|at| (&source, at.map(day)))).show_absent(&listed)
        };
        assert!(absent([Some(100), Some(91)]));
        assert!(!absent([Some(100), Some(10)]) && !absent([Some(10), Some(100)]));
        assert!(!absent([None, Some(100)]));
    }
}
