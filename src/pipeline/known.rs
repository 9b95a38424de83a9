//! What is known of a source, in the words that `explain`, `poll` and `/admin` have in common: how it stands, when it is polled next and why then,
//! and what its hub is worth.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use url::Url;

use crate::flow::push::{self, Off, Standing};
use crate::flow::render::clock;
use crate::flow::schedule;
use crate::model::{Moved, Push, Source, SourceState, Trouble};

/// What is known of a source.
pub struct KnownSource<'a> {
    /// As feeds.toml describes it.
    pub source: &'a Source,
    /// What is remembered under its present settings.
    pub state: Option<&'a SourceState>,
    /// What is remembered of its hub.
    pub push: &'a Push,
    /// Why nothing is subscribed to.
    pub off: Option<Off>,
    /// Until when its host rests, and the source that was told so.
    pub rest: Option<(Timestamp, &'a Source)>,
    /// The time.
    pub now: Timestamp,
}

/// When a source is polled next, and why then.
pub fn next_poll(state: &SourceState, zone: &TimeZone) -> String {
    format!("next poll {}: {}", clock(state.next, zone), state.because)
}

/// How a source stands, in a word.
pub(super) fn stands(source: &Source, state: Option<&SourceState>, now: Timestamp) -> &'static str {
    match state {
        _ if !source.enabled => "disabled",
        None => "never_polled",
        Some(state) if state.manners.trouble == Some(Trouble::Gone) => "gone",
        Some(state) if schedule::is_hopeless(Some(state), now) => "dead",
        Some(state) if state.failures > 0 => "failing",
        Some(_) => "healthy",
    }
}

impl KnownSource<'_> {
    /// When it is polled next, and why then; or why it is not.
    pub fn next(&self, zone: &TimeZone) -> String {
        let Some(state) = self.state else {
            return match self.rest {
                _ if !self.source.enabled => "not at all: it is not enabled".to_owned(),
                Some(_) => self.resting(zone),
                None => "at once".to_owned(),
            };
        };
        match push::due(self.push, self.state).filter(|hinted| *hinted < state.next) {
            _ if state.manners.trouble == Some(Trouble::Gone) => {
                format!("not before `diemtin poll {}`: the server said that it is gone for good (410)", self.source.id)
            }
            _ if !self.source.enabled => "not at all: it is not enabled".to_owned(),
            hinted if self.rest.is_some_and(|(until, _)| until > hinted.unwrap_or(state.next)) => self.resting(zone),
            Some(hinted) => format!("{}: its hub has announced something", clock(hinted, zone)),
            None => format!("{}: {}", clock(state.next, zone), state.because),
        }
    }

    /// Until when its host rests, and why.
    fn resting(&self, zone: &TimeZone) -> String {
        let Some((until, of)) = self.rest else { return String::new() };
        let host = of.home.host_str().unwrap_or_default();
        let asked = if of.id == self.source.id { "it".to_owned() } else { format!("source {}", of.id) };
        format!("not before {}: {host} asked to be left alone so long (Retry-After) when {asked} was polled", clock(until, zone))
    }

    /// The last failure, and how many there were in a row.
    pub fn failed(&self) -> Option<String> {
        let state = self.state?;
        let times = if state.failures > 1 { format!(" ({} times in a row)", state.failures) } else { String::new() };
        state.error.as_ref().map(|error| format!("{error}{times}"))
    }

    /// Where it has moved to. Of one whose own address is not shown only the host is: a redirect may repeat what is secret there.
    pub fn moved(&self) -> Option<Moved> {
        let moved = self.state?.manners.moved.as_ref()?;
        let to = if self.source.home == *self.source.url() {
            moved.to.clone()
        } else {
            Url::parse(&moved.to).map(|to| to.origin().ascii_serialization()).unwrap_or_default()
        };
        Some(Moved { to, ..moved.clone() })
    }

    /// What its hub is worth; `None` for a source without one.
    pub fn standing(&self, zone: &TimeZone) -> Option<String> {
        self.push.hub.as_ref()?;
        let subscription = self.push.subscription.as_ref();
        let until = subscription.and_then(|s| s.until).map(|until| clock(until, zone)).unwrap_or_default();
        let next = subscription.map(|s| clock(s.next, zone)).unwrap_or_default();
        let proofs = self.push.proofs;
        Some(match (Standing::of(self.push, self.now), self.off) {
            _ if !self.source.push => "off: `push` of the source is false".to_owned(),
            (_, Some(off)) => format!("off: {off}"),
            (Standing::Proven, _) => {
                format!("until {until}, renewed {next}; the last {proofs} finds were announced, so it is polled less often")
            }
            (Standing::Subscribed, _) => {
                let surprised = self.push.surprise.map(|at| format!("; news of {} were not announced", clock(at, zone)));
                format!("until {until}, renewed {next}{}", surprised.unwrap_or_default())
            }
            (Standing::Refused, _) => {
                let error = subscription.and_then(|s| s.error.clone()).unwrap_or_default();
                format!("not in force: {error}; the hub is asked again {next}")
            }
            (Standing::Asked, _) => format!("the hub was asked and has not answered; it is asked again {next}"),
            (Standing::Unasked | Standing::Hubless, _) if subscription.is_some() => format!("the hub is asked {next}"),
            (Standing::Unasked | Standing::Hubless, _) => "the hub is asked when the service runs".to_owned(),
        })
    }
}
