//! How long the names of pruned entries are needed: for as long as a document may list them.
//!
//! What says that an entry is not new is its name alone. Its date says nothing: many have none, and a source may list what is years old and
//! be right to. So the names of a pruned story are kept until every source that had it has shown, in documents of more than 90 days, that
//! it lists it no more. Every document that is read calls the roll: the pruned stories that it lists are marked anew. One that has not changed is
//! read for that once a week.
//!
//! What documents show decides, and no clock. So each of these keeps its names for as long as it lasts: a source that fails, or was removed
//! from feeds.toml; a service that is switched off; a document that is empty or another one by mistake, for where no entry is known no roll is
//! called. What such sources hold is bounded: nothing new comes from them.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::model::{LastListed, RollCall, SourceId, SourceTag};

/// How long a story must have been missing from its sources' documents. Lists of what is read most, festivals of a season, and old pages that
/// a site brings back after it has moved are there again within weeks.
const ABSENT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// After so long a document that has not changed is read again, and a mark that is true is written again: so it tells of a time up to so
/// long before the source listed its story last.
const EVERY: SignedDuration = SignedDuration::from_hours(7 * 24);
/// After a longer silence nobody knows what was listed meanwhile, and the time of absence begins anew. A source that answers is heard within
/// [`EVERY`], or the eight days after which a 304 is doubted, and the wait for the next poll.
const SILENCE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Whether a document is to call the roll also if it has not changed. A roll from a future that has not come was called by a wrong clock.
pub fn is_due(before: Option<RollCall>, now: Timestamp) -> bool {
    before.is_none_or(|roll| roll.last > now || now.duration_since(roll.last) >= EVERY)
}

/// Whether the mark of a story that a source lists is to be written anew.
pub fn is_stale(marks: &[LastListed], source: SourceTag, now: Timestamp) -> bool {
    let is_fresh = |(of, at): &LastListed| *of == source && *at <= now && now.duration_since(*at) < EVERY;
    !marks.iter().any(is_fresh)
}

/// What is known of a source's rolls after one.
pub fn after(before: Option<RollCall>, now: Timestamp) -> RollCall {
    let goes_on = |roll: &RollCall| (SignedDuration::ZERO..=SILENCE).contains(&now.duration_since(roll.last));
    RollCall { since: before.filter(goes_on).map_or(now, |roll| roll.since), last: now }
}

/// The rolls of all sources.
pub struct Rolls(HashMap<SourceTag, Option<RollCall>>);

impl Rolls {
    /// Of sources that share a number those count that both have shown; where one never called the roll, nothing does.
    pub fn of<'a>(called: impl IntoIterator<Item = (&'a SourceId, Option<RollCall>)>) -> Self {
        let both = |a: RollCall, b: RollCall| RollCall { since: a.since.max(b.since), last: a.last.min(b.last) };
        let mut rolls: HashMap<SourceTag, Option<RollCall>> = HashMap::new();
        for (source, roll) in called {
            let known = rolls.entry(SourceTag::of(source)).or_insert(roll);
            *known = known.zip(roll).map(|(a, b)| both(a, b));
        }
        Self(rolls)
    }

    /// Whether no source lists a pruned story any more, by when each of those that had it did. Of a story that nobody is known to have had,
    /// as in dumps of before, that is never sure.
    pub fn show_absent(&self, listed: &[LastListed]) -> bool {
        let is_absent = |(source, at): &LastListed| {
            let roll = self.0.get(source).copied().flatten();
            roll.is_some_and(|roll| roll.last.duration_since(roll.since.max(*at)) > ABSENT + EVERY)
        };
        !listed.is_empty() && listed.iter().all(is_absent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(day: i64) -> Timestamp {
        Timestamp::from_second(1_795_132_800 + day * 86_400).unwrap()
    }

    fn roll(since: i64, last: i64) -> RollCall {
        RollCall { since: day(since), last: day(last) }
    }

    #[test]
    fn a_roll_is_called_once_a_week_and_again_after_a_wrong_clock() {
        for (last, due) in [(None, true), (Some(0), true), (Some(1), false), (Some(7), false), (Some(8), true)] {
            assert_eq!(is_due(last.map(|last| roll(0, last)), day(7)), due, "{last:?}");
        }
    }

    #[test]
    fn a_mark_of_another_source_of_last_week_or_of_a_wrong_clock_is_written_anew() {
        for (marks, stale) in
            [(&[][..], true), (&[(1, 0)], true), (&[(1, 1)], false), (&[(1, 7)], false), (&[(1, 8)], true), (&[(2, 7)], true)]
        {
            let marks: Vec<LastListed> = marks.iter().map(|(tag, at)| (SourceTag(*tag), day(*at))).collect();
            assert_eq!(is_stale(&marks, SourceTag(1), day(7)), stale, "{marks:?}");
        }
    }

    #[test]
    fn after_a_silence_or_a_wrong_clock_rolls_begin_anew() {
        for (before, after_it) in [
            (None, roll(50, 50)),
            (Some(roll(0, 43)), roll(0, 50)),
            (Some(roll(0, 20)), roll(0, 50)),
            (Some(roll(0, 19)), roll(50, 50)),
            (Some(roll(0, 51)), roll(50, 50)),
        ] {
            assert_eq!(after(before, day(50)), after_it, "{before:?}");
        }
    }

    #[test]
    fn a_story_is_absent_when_every_source_that_had_it_has_shown_so_for_long() {
        let tagged = |(tag, since, last)| (SourceTag(tag), Some(roll(since, last)));
        let mut rolls = Rolls([(1, 0, 107), (2, 0, 50), (3, 0, 400), (4, 330, 400)].map(tagged).into());
        rolls.0.insert(SourceTag(5), None);
        for (listed, absent, why) in [
            (&[(1, 9)][..], true, "98 days before the roll"),
            (&[(1, 10)], false, "not longer than 90 days and the week in which a mark is not written again"),
            (&[(1, 9), (3, 300)], true, "both"),
            (&[(1, 9), (2, 0)], false, "of one that has gone silent nothing is known"),
            (&[(4, 9)], false, "it was silent until 70 days ago"),
            (&[(1, 9), (5, 0)], false, "one has never called a roll"),
            (&[(1, 9), (6, 0)], false, "one has no state"),
            (&[(1, 9), (0, 0)], false, "one is unknown"),
            (&[(3, 500)], false, "listed after the roll"),
            (&[], false, "nobody knows who had it"),
        ] {
            let listed: Vec<LastListed> = listed.iter().map(|(tag, at)| (SourceTag(*tag), day(*at))).collect();
            assert_eq!(rolls.show_absent(&listed), absent, "{why}");
        }
    }

    #[test]
    fn of_sources_that_share_a_number_both_must_have_shown_it() {
        let source = SourceId::new("a").unwrap();
        let listed = [(SourceTag::of(&source), day(0))];
        // The same name twice stands for two that share a number.
        let absent = |called: [Option<RollCall>; 2]| Rolls::of(called.iter().map(|roll| (&source, *roll))).show_absent(&listed);
        assert!(absent([Some(roll(0, 107)), Some(roll(0, 98))]));
        for other in [Some(roll(0, 10)), Some(roll(50, 100)), None] {
            assert!(!absent([Some(roll(0, 107)), other]) && !absent([other, Some(roll(0, 107))]), "{other:?}");
        }
    }
}
