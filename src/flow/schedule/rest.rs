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

/// The hosts that rest, each until when and to which of its sources it said so: for who wants to know why.
#[derive(Debug, Default)]
pub struct Resting<'a>(HashMap<String, (Timestamp, &'a Source)>);

impl<'a> Resting<'a> {
    /// What the states of sources remember, as far as it holds now.
    pub fn of(states: impl Iterator<Item = (&'a Source, &'a SourceState)>, now: Timestamp) -> Self {
        let mut resting = Self::default();
        let heard = states.filter_map(|(source, state)| Some((state.manners.rests_until?, source)));
        for (until, source) in heard.filter(|(until, _)| *until > now && until.duration_since(now) <= LONGEST) {
            let known = resting.0.entry(host(source.url())).or_insert((until, source));
            if until > known.0 {
                *known = (until, source);
            }
        }
        resting
    }

    /// Until when a source's host rests, and the source that was told so; `None` where it does not rest.
    pub fn rest(&self, source: &Source) -> Option<(Timestamp, &'a Source)> {
        if self.0.is_empty() { None } else { self.0.get(&host(source.url())).copied() }
    }
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
    fn who_asks_why_a_host_rests_is_told_by_whom_that_was_heard() {
        use crate::flow::schedule::tests::source;
        use crate::model::{Origin, Slug};
        let at = |id: &str, address: &str| Source {
            id: Slug::new(id).expect("a slug"),
            origin: Origin::Feed { url: url(address) },
            ..source(None)
        };
        let until = |hours| now() + SignedDuration::from_hours(hours);
        let told =
            |hours| SourceState { manners: Manners { rests_until: Some(until(hours)), ..Manners::default() }, ..polled(15, 1) };
        let (first, second) = (at("a", "http://a.vn/1"), at("b", "http://a.vn/2"));
        let (over, absurd) = (at("c", "http://c.vn/"), at("d", "http://d.vn/"));
        let states = [(&first, told(1)), (&second, told(2)), (&over, told(-1)), (&absurd, told(24 * 365))];
        let resting = Resting::of(states.iter().map(|(source, state)| (*source, state)), now());
        for source in [&first, &second, &at("e", "http://a.vn/3")] {
            assert_eq!(resting.rest(source).map(|(time, of)| (time, of.id.as_str())), Some((until(2), "b")));
        }
        assert!([&over, &absurd].iter().all(|source| resting.rest(source).is_none()));
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
