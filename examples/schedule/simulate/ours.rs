//! Our schedule, through the functions that the program calls.

use std::collections::BTreeMap;
use std::time::Duration;

use diemtin::flow::schedule::{Answered, Prices, Read, next, prices};
use diemtin::model::{Asked, Content, FetchSettings, Manners, Origin, Slug, Source, SourceState};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use url::Url;

use super::replay::{Days, Outcome, View, Watched};
use super::streams::{HOUR, OFFSET, START, Stream};

/// How often the price is taken anew; the program does so every five minutes.
const PRICE_EVERY: i64 = 6 * HOUR;

/// What is varied.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// `fetch.every`: the budget is one request a source in this time.
    pub every: Duration,
    /// `fetch.min_every`
    pub min_every: Duration,
    /// `fetch.max_every`
    pub max_every: Duration,
    /// Whether entries say when they were published.
    pub dated: bool,
    /// How many of the sources are of one host.
    pub crowd: usize,
}

impl Setting {
    /// The program's defaults with another budget, in minutes.
    pub fn every(every: u64) -> Self {
        let minutes = |minutes: u64| Duration::from_secs(minutes * 60);
        Self { every: minutes(every), min_every: minutes(5), max_every: minutes(360), dated: true, crowd: 0 }
    }

    pub fn fetch(self) -> FetchSettings {
        FetchSettings {
            every: self.every,
            min_every: self.min_every,
            max_every: self.max_every,
            timeout: Duration::from_secs(30),
            max_body: 1,
            parallel: 1,
            per_host: 1,
            spacing: Duration::ZERO,
            push: true,
            gone: true,
            proxy: None,
            name_servers: Vec::new(),
            private_networks: Vec::new(),
        }
    }
}

/// What our schedule does with the sources, and their states at the end.
pub fn replay(streams: &[Stream], days: Days, setting: Setting) -> (Outcome, Vec<SourceState>) {
    let fetch = setting.fetch();
    let sources: Vec<Source> = (0..streams.len()).map(|index| source(index, index < setting.crowd)).collect();
    let mut states: Vec<Option<SourceState>> = vec![None; streams.len()];
    let mut watched: Vec<Watched> = streams.iter().enumerate().map(|(i, stream)| Watched::new(stream, i)).collect();
    let mut outcome = Outcome::default();
    let mut until = START;
    while until < days.end() {
        until = (until + PRICE_EVERY).min(days.end());
        let prices = prices(sources.iter().zip(states.iter().map(Option::as_ref)), &fetch);
        for ((watched, state), source) in watched.iter_mut().zip(&mut states).zip(&sources) {
            watched.poll_until(until, days, &mut outcome, |view| {
                let after = poll(source, state.as_ref(), &view, &fetch, &prices, setting.dated);
                let wait = after.next.as_second() - view.now;
                *state = Some(after);
                wait
            });
        }
    }
    (outcome, states.into_iter().flatten().collect())
}

/// The state after a poll, as the pipeline makes it.
fn poll(
    source: &Source,
    before: Option<&SourceState>,
    view: &View,
    fetch: &FetchSettings,
    prices: &Prices,
    dated: bool,
) -> SourceState {
    let now = time(view.now);
    let new = &view.document[view.document.len() - view.new..];
    let new: Vec<Option<Timestamp>> = new.iter().map(|&second| dated.then(|| time(second))).collect();
    // Where nothing is new, the server says so and sends no document.
    let document = (view.new > 0).then_some(Read { entries: view.document.len(), asked: Asked::default() });
    let answered = Answered { new: &new, document };
    let plan = next(source, before, answered, None, fetch, prices.of(source), now);
    SourceState {
        settings: 0,
        etag: None,
        last_modified: None,
        body: None,
        next: plan.next,
        checked: now,
        succeeded: Some(now),
        interval_seconds: plan.interval.as_secs(),
        because: plan.because,
        habits: Some(plan.habits),
        failures: 0,
        error: None,
        manners: Manners::default(),
        vanished: Vec::new(),
        roll_call: None,
    }
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(second).expect("a time of this century")
}

/// A source; each has a host of its own but those of the crowd.
pub fn source(index: usize, is_of_crowd: bool) -> Source {
    let host = if is_of_crowd { "crowd".to_owned() } else { format!("s{index}") };
    let url: Url = format!("https://{host}.example.vn/rss/{index}").parse().expect("an address");
    Source {
        id: Slug::new(format!("s{index}")).expect("a slug"),
        name: String::new(),
        place: None,
        tags: Vec::new(),
        origin: Origin::Feed { url: url.clone() },
        home: url,
        every: None,
        rank: 0,
        enabled: true,
        push: true,
        gone: true,
        headers: BTreeMap::new(),
        timezone: TimeZone::fixed(Offset::from_seconds(OFFSET as i32).expect("an offset")),
        encoding: None,
        content: Content::Summary,
        tracking: Vec::new(),
        link_hosts: Vec::new(),
    }
}
