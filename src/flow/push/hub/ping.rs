//! Telling a hub that is not ours which feeds have changed. The Recommendation leaves the form open; this is what PubSubHubbub 0.3 (section
//! 7.1) has, which the hubs in use understand.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use url::form_urlencoded::Serializer;

use crate::flow::push::hub::Told;
use crate::flow::push::step::{after, grown};

/// Feeds that are named in one request: a form of some kilobytes.
pub const MOST_AT_ONCE: usize = 100;
/// The wait after the first request that failed, which is multiplied with each further one.
const FIRST_WAIT: SignedDuration = SignedDuration::from_secs(10);
/// The longest wait; also the longest that is granted to a hub that asks for one.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_hours(1);

/// Which feeds have changed since the hub was last told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pings {
    /// The feeds as they are: their hashes.
    now: Told,
    /// The feeds as the hub was told of them.
    told: Told,
    failures: u32,
    not_before: Option<Timestamp>,
    is_unwritten: bool,
}

impl Pings {
    /// What was remembered.
    pub fn of(told: Told) -> Self {
        Self { told, ..Self::default() }
    }

    /// The feeds have been printed: their addresses and hashes.
    pub fn published(&mut self, feeds: BTreeMap<String, String>) {
        self.now = feeds;
    }

    /// The feeds that the hub is to be told of now, with their hashes.
    pub fn due(&self, now: Timestamp) -> Told {
        if self.not_before.is_some_and(|at| at > now) {
            return Told::new();
        }
        self.changed().take(MOST_AT_ONCE).map(|(topic, hash)| (topic.clone(), hash.clone())).collect()
    }

    /// When the hub is told next, if it was not reached.
    pub fn next(&self) -> Option<Timestamp> {
        self.not_before.filter(|_| self.changed().next().is_some())
    }

    /// The hub has been told, or has not (and asked to be left alone so long).
    pub fn told(&mut self, feeds: Told, outcome: Result<(), Option<Duration>>, hub: &str, now: Timestamp) {
        match outcome {
            Ok(()) => {
                self.told.extend(feeds);
                (self.failures, self.not_before, self.is_unwritten) = (0, None, true);
            }
            Err(retry_after) => {
                let own = grown(FIRST_WAIT, self.failures, LONGEST_WAIT, hub);
                let asked = retry_after.and_then(|wait| SignedDuration::try_from(wait).ok()).unwrap_or_default();
                self.failures = self.failures.saturating_add(1);
                self.not_before = Some(after(now, own.max(asked.min(LONGEST_WAIT))));
            }
        }
    }

    /// What is to be written, where that has changed. It counts as written from now on.
    pub fn take_unwritten(&mut self) -> Option<Told> {
        let current = &self.now;
        self.told.retain(|topic, _| current.contains_key(topic));
        std::mem::take(&mut self.is_unwritten).then(|| self.told.clone())
    }

    fn changed(&self) -> impl Iterator<Item = (&String, &String)> {
        self.now.iter().filter(|(topic, hash)| self.told.get(*topic) != Some(hash))
    }
}

/// The body of a request that tells a hub of feeds.
pub fn ping_form<'a>(topics: impl Iterator<Item = &'a String>) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair("hub.mode", "publish");
    for topic in topics {
        form.append_pair("hub.url", topic);
    }
    form.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn feeds(hashes: &[&str]) -> Told {
        hashes.iter().enumerate().map(|(n, hash)| (format!("https://tin.vn/feeds/{n:03}.rss"), (*hash).to_owned())).collect()
    }

    #[test]
    fn a_hub_is_told_what_has_changed_and_once() {
        let mut pings = Pings::of(feeds(&["a", "b"]));
        pings.published(feeds(&["a", "c"]));
        let due = pings.due(at(0));
        assert_eq!(due.values().collect::<Vec<_>>(), ["c"]);
        assert_eq!(ping_form(due.keys()), "hub.mode=publish&hub.url=https%3A%2F%2Ftin.vn%2Ffeeds%2F001.rss");
        pings.published(feeds(&["a", "d"]));
        pings.told(due, Ok(()), "hub", at(1));
        assert_eq!(pings.due(at(1)).values().collect::<Vec<_>>(), ["d"], "it changed while the hub was told");
        pings.told(pings.due(at(1)), Ok(()), "hub", at(2));
        assert_eq!((pings.due(at(9)), pings.next()), (Told::new(), None));
        assert_eq!(pings.take_unwritten(), Some(feeds(&["a", "d"])));
        assert_eq!(pings.take_unwritten(), None);
        pings.published(feeds(&["a"]));
        pings.is_unwritten = true;
        assert_eq!(pings.take_unwritten(), Some(feeds(&["a"])), "what is no feed any more is forgotten");
    }

    #[test]
    fn a_hub_that_can_not_be_reached_is_told_later_and_later() {
        let mut pings = Pings::default();
        pings.published(feeds(&["a"; 250]));
        let (mut now, mut waits) = (0, Vec::new());
        for _ in 0..8 {
            let due = pings.due(at(now));
            assert_eq!(due.len(), MOST_AT_ONCE);
            pings.told(due, Err(None), "hub", at(now));
            let next = pings.next().unwrap().as_second();
            assert!(pings.due(at(next - 1)).is_empty());
            waits.push(next - now);
            now = next;
        }
        assert!((9..=11).contains(&waits[0]) && waits[..4].is_sorted() && (3240..=3960).contains(&waits[7]), "{waits:?}");
        pings.told(pings.due(at(now)), Err(Some(Duration::from_secs(1 << 40))), "hub", at(now));
        assert!(pings.next().unwrap() <= at(now + 3960), "nobody puts us off for long");
        for _ in 0..3 {
            let due = pings.due(Timestamp::MAX);
            pings.told(due, Ok(()), "hub", at(now));
        }
        assert!(pings.due(Timestamp::MAX).is_empty());
    }
}
