//! Everything that a feed ever had, day by day: which stories an archive document holds, and which documents there are.
//!
//! A day is closed when the feed has a story that came well after its end. From then on it gets no more stories, so that a reader who
//! has it never needs it again. All of it follows from the stories: every machine divides alike, also after a restart.

use std::collections::{BTreeMap, HashMap};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::model::{Period, StoryId};

/// The stories of one document. More would be a burden on readers who come for the first time.
const MOST_OF_PART: usize = 500;
/// How long after its end a day may still get stories: polls that were under way at midnight.
const LATE: SignedDuration = SignedDuration::from_hours(1);

/// When a feed first had each of its stories. About 60 bytes a story.
#[derive(Clone, Debug, Default)]
pub struct Archive {
    days: BTreeMap<Date, Vec<(Timestamp, StoryId)>>,
    places: HashMap<StoryId, Timestamp>,
    /// Counts the changes to what closed days show.
    revision: u64,
}

impl Archive {
    /// Takes up a story, or that it has changed.
    pub fn put(&mut self, id: StoryId, since: Timestamp) {
        match self.places.insert(id, since) {
            Some(before) if before == since => return self.touch(since),
            Some(before) => self.take_out(id, before),
            None => {}
        }
        let day = self.days.entry(day(since)).or_default();
        let place = day.partition_point(|other| *other < (since, id));
        day.insert(place, (since, id));
        self.touch(since);
    }

    /// Lets a story go: it is not the feed's any more, or is pruned.
    pub fn remove(&mut self, id: StoryId) {
        if let Some(since) = self.places.remove(&id) {
            self.take_out(id, since);
            self.touch(since);
        }
    }

    fn take_out(&mut self, id: StoryId, since: Timestamp) {
        let date = day(since);
        if let Some(day) = self.days.get_mut(&date) {
            day.retain(|(_, other)| *other != id);
            if day.is_empty() {
                self.days.remove(&date);
            }
        }
    }

    fn touch(&mut self, since: Timestamp) {
        self.revision += u64::from(self.is_closed(day(since)));
    }

    /// A number that changes when a closed day may show something else.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The newest closed period.
    pub fn last(&self) -> Option<Period> {
        self.days.keys().rev().find(|day| self.is_closed(**day)).map(|day| self.last_of(*day))
    }

    /// The period before one.
    pub fn before(&self, period: Period) -> Option<Period> {
        if period.part > 1 {
            return Some(Period { part: period.part - 1, ..period });
        }
        self.days.range(..period.day).next_back().map(|(day, _)| self.last_of(*day))
    }

    /// The period after one: where it is not closed yet, it will be found there.
    pub fn after(&self, period: Period) -> Option<Period> {
        if period.part < self.last_of(period.day).part {
            return Some(Period { part: period.part + 1, ..period });
        }
        self.days.range(period.day..).map(|(day, _)| *day).find(|day| *day > period.day).map(|day| Period { day, part: 1 })
    }

    /// The stories of a closed period, the newest first; empty where there is no such period.
    pub fn stories(&self, period: Period) -> Vec<StoryId> {
        let day = self.days.get(&period.day).filter(|_| self.is_closed(period.day));
        let part = day.and_then(|day| day.chunks(MOST_OF_PART).nth(period.part.checked_sub(1)?));
        part.unwrap_or_default().iter().rev().map(|(_, id)| *id).collect()
    }

    fn last_of(&self, day: Date) -> Period {
        let stories = self.days.get(&day).map_or(0, Vec::len);
        Period { day, part: stories.div_ceil(MOST_OF_PART).max(1) }
    }

    fn is_closed(&self, day: Date) -> bool {
        let newest = self.days.last_key_value().and_then(|(_, stories)| stories.last());
        newest.and_then(|(newest, _)| newest.checked_sub(LATE).ok()).is_some_and(|newest| self::day(newest) > day)
    }
}

fn day(time: Timestamp) -> Date {
    time.to_zoned_datetime(TimeZone::UTC).date()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: usize) -> StoryId {
        StoryId((number as u128).to_be_bytes())
    }

    fn numbers(archive: &Archive, period: &str) -> Vec<usize> {
        let stories = archive.stories(period.parse().unwrap());
        stories.iter().map(|id| usize::try_from(u128::from_be_bytes(id.0)).unwrap()).collect()
    }

    fn put(archive: &mut Archive, number: usize, since: &str) {
        archive.put(id(number), since.parse().unwrap());
    }

    #[test]
    fn a_day_is_closed_when_a_story_comes_well_after_its_end() {
        let mut archive = Archive::default();
        assert_eq!(archive.last(), None);
        put(&mut archive, 1, "2026-11-16T05:00:00Z");
        put(&mut archive, 2, "2026-11-16T23:59:59Z");
        assert_eq!((archive.last(), numbers(&archive, "2026-11-16")), (None, vec![]), "the day is not over");
        put(&mut archive, 3, "2026-11-17T00:30:00Z");
        assert_eq!(archive.last(), None, "a poll may still bring a story of yesterday");
        put(&mut archive, 4, "2026-11-16T23:58:00Z");
        put(&mut archive, 5, "2026-11-18T01:00:00Z");
        assert_eq!(archive.last().unwrap().to_string(), "2026-11-17");
        assert_eq!(numbers(&archive, "2026-11-16"), [2, 4, 1]);
        assert_eq!(numbers(&archive, "2026-11-17"), [3]);
        assert_eq!(numbers(&archive, "2026-11-18"), [0; 0]);
        assert_eq!(numbers(&archive, "2026-11-16-2"), [0; 0]);
    }

    #[test]
    fn the_documents_are_a_chain_without_a_gap() {
        let mut archive = Archive::default();
        for number in 0..1_200 {
            put(&mut archive, number, "2026-11-16T05:00:00Z");
        }
        put(&mut archive, 5_000, "2026-11-10T05:00:00Z");
        put(&mut archive, 5_001, "2026-11-18T05:00:00Z");
        put(&mut archive, 5_002, "2026-11-20T05:00:00Z");
        let (mut chain, mut stories) = (vec![], vec![]);
        let mut next = archive.last();
        while let Some(period) = next {
            next = archive.before(period);
            assert!(next.is_none_or(|before| archive.after(before) == Some(period)));
            stories.extend(numbers(&archive, &period.to_string()));
            chain.push(period.to_string());
        }
        assert_eq!(chain, ["2026-11-18", "2026-11-16-3", "2026-11-16-2", "2026-11-16", "2026-11-10"]);
        stories.sort_unstable();
        assert_eq!(stories, (0..1_200).chain([5_000, 5_001]).collect::<Vec<_>>());
        assert_eq!(archive.after("2026-11-18".parse().unwrap()).unwrap().to_string(), "2026-11-20", "which is yet to be closed");
    }

    #[test]
    fn only_what_a_closed_day_shows_is_a_revision() {
        let mut archive = Archive::default();
        put(&mut archive, 1, "2026-11-16T05:00:00Z");
        put(&mut archive, 2, "2026-11-18T05:00:00Z");
        let before = archive.revision();
        put(&mut archive, 3, "2026-11-18T06:00:00Z");
        put(&mut archive, 3, "2026-11-18T06:00:00Z");
        archive.remove(id(9));
        assert_eq!(archive.revision(), before);
        put(&mut archive, 1, "2026-11-16T05:00:00Z");
        assert_ne!(archive.revision(), before, "an edit");
        let before = archive.revision();
        archive.remove(id(1));
        assert_ne!(archive.revision(), before);
        assert_eq!(archive.last(), None);
    }
}
