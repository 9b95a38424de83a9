//! Hosts that asked to be left alone: a Retry-After binds all sources of a host, also over a restart.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::model::{Source, SourceState};

/// The longest rest, with some room for the clock.
const LONGEST: SignedDuration = SignedDuration::from_hours(25);

/// The hosts that rest, each with the time until which. A host is scheme, name and port: what is said without TLS can silence no
/// source that is fetched with it.
#[derive(Clone, Debug, Default)]
pub struct Rests(HashMap<String, Timestamp>);

impl Rests {
    /// What the states of sources remember.
    pub fn of<'a>(states: impl Iterator<Item = (&'a Source, &'a SourceState)>) -> Self {
        let mut rests = Self::default();
        states.for_each(|(source, state)| rests.hear(source.url(), state));
        rests
    }

    /// Takes up what a poll of one of the host's sources heard.
    pub fn hear(&mut self, url: &Url, state: &SourceState) {
        if let Some(until) = state.manners.rests_until {
            self.put(url, until);
        }
    }

    /// An address's host rests until then.
    pub fn put(&mut self, url: &Url, until: Timestamp) {
        let known = self.0.entry(host(url)).or_insert(until);
        *known = until.max(*known);
    }

    /// Until when an address's host rests, if it does. A rest that is over is forgotten.
    pub fn until(&mut self, url: &Url, now: Timestamp) -> Option<Timestamp> {
        if self.0.is_empty() {
            return None;
        }
        let host = host(url);
        let until = *self.0.get(&host)?;
        // One that is longer than any was heard while the clock stood elsewhere.
        if until > now && until.duration_since(now) <= LONGEST {
            return Some(until);
        }
        self.0.remove(&host);
        None
    }
}

/// Until when a source's host rests, and to which of the sources there it said so; `None` where it does not rest.
pub fn rest_of<'a>(
    source: &Source,
    states: impl Iterator<Item = (&'a Source, &'a SourceState)>,
    now: Timestamp,
) -> Option<(Timestamp, &'a Source)> {
    let origin = host(source.url());
    let there = states.filter(|(other, _)| host(other.url()) == origin);
    let heard = there.filter_map(|(other, state)| Some((state.manners.rests_until?, other)));
    heard.filter(|(until, _)| *until > now && until.duration_since(now) <= LONGEST).max_by_key(|(until, _)| *until)
}

/// Scheme, host and port: what shares a server, for all we know.
pub fn host(url: &Url) -> String {
    url.origin().ascii_serialization()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::flow::schedule::tests::{now, state as polled};
    use crate::model::Manners;

    fn url(text: &str) -> Url {
        text.parse().expect("an address")
    }

    #[test]
    fn a_rest_binds_all_addresses_of_a_host_and_no_other() {
        let until = now() + SignedDuration::from_hours(1);
        let state = SourceState { manners: Manners { rests_until: Some(until), ..Manners::default() }, ..polled(15, 1) };
        let mut rests = Rests::default();
        rests.hear(&url("http://a.vn/rss"), &state);
        rests.hear(&url("http://c.vn/rss"), &polled(15, 1));
        assert_eq!(rests.until(&url("http://a.vn/khac"), now()), Some(until));
        for free in ["https://a.vn/rss", "http://a.vn:8080/rss", "http://www.a.vn/rss", "http://c.vn/rss"] {
            assert_eq!(rests.until(&url(free), now()), None, "{free}");
        }
        let earlier = SourceState { manners: Manners { rests_until: Some(now()), ..Manners::default() }, ..polled(15, 1) };
        rests.hear(&url("http://a.vn/rss"), &earlier);
        assert_eq!(rests.until(&url("http://a.vn/rss"), now()), Some(until), "the longer one counts");
        assert_eq!(rests.until(&url("http://a.vn/rss"), until), None, "it is over");
        assert!(rests.0.is_empty(), "and forgotten");
    }

    #[test]
    fn a_rest_that_was_heard_while_the_clock_stood_a_year_ahead_is_forgotten() {
        let until = now() + SignedDuration::from_hours(24 * 365);
        let state = SourceState { manners: Manners { rests_until: Some(until), ..Manners::default() }, ..polled(15, 1) };
        let mut rests = Rests::default();
        rests.hear(&url("http://a.vn/rss"), &state);
        assert_eq!(rests.until(&url("http://a.vn/rss"), now()), None);
        assert!(rests.0.is_empty());
    }
}
