//! What `/admin` shows, read from the store and the configuration in force.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use url::form_urlencoded;

use crate::edge::store::{Store, StoreError};
use crate::flow::push;
use crate::flow::render::admin::{self, Choice, Poll, Row, Standing, Status, StoreStands};
use crate::flow::schedule::Resting;
use crate::model::{Push, Source, SourceId, SourceState};
use crate::pipeline::known::stands;
use crate::pipeline::{Desk, KnownSource};

/// Sources on one page: as many as a person looks through, in 200 kB.
pub(super) const PER_PAGE: usize = 200;

/// How sources stand, in the order in which they are listed: first where an administrator has something to see to.
const STANDINGS: [Standing; 7] = [
    trouble("failing", "failing"),
    trouble("dead", "failing for weeks"),
    trouble("gone", "gone"),
    quiet("resting", "its host rests"),
    quiet("never_polled", "never polled"),
    quiet("healthy", "healthy"),
    quiet("disabled", "not enabled"),
];

const fn trouble(label: &'static str, words: &'static str) -> Standing {
    Standing { label, words, is_trouble: true }
}

const fn quiet(label: &'static str, words: &'static str) -> Standing {
    Standing { label, words, is_trouble: false }
}

/// Which sources are asked for.
#[derive(Debug)]
pub(super) struct Asked {
    standing: Option<Standing>,
    source: Option<String>,
    page: usize,
}

impl Asked {
    /// What a query says; what means nothing is passed over.
    pub(super) fn of(query: &str) -> Self {
        let pairs: HashMap<_, _> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let standing = pairs.get("state").and_then(|state| STANDINGS.into_iter().find(|standing| standing.label == state));
        let page = pairs.get("page").and_then(|page| page.parse().ok()).unwrap_or(1);
        Self { standing, source: pairs.get("source").cloned(), page }
    }
}

/// What is stored of the sources.
type Stored = (BTreeMap<SourceId, Arc<SourceState>>, BTreeMap<SourceId, Push>);

/// What the page says, as of now. Blocks.
pub(super) fn page(desk: &Desk, store: &Store, polls: bool, again: &HashMap<SourceId, Timestamp>, asked: &Asked) -> String {
    let read = || -> Result<Stored, StoreError> { Ok((store.source_states()?, store.pushes()?)) };
    let (stored, unread) = match read() {
        Ok(stored) => (stored, None),
        Err(error) => (Stored::default(), Some(error.to_string())),
    };
    let store = match unread {
        Some(why) => StoreStands::Unreadable(why),
        None if store.takes() => StoreStands::Takes,
        None => StoreStands::TakesNothing,
    };
    admin::page(&Sources::new(desk, &stored).status(store, polls, again, asked))
}

/// The sources of the configuration in force, with what is stored of them.
struct Sources<'a> {
    desk: &'a Desk,
    pushes: &'a BTreeMap<SourceId, Push>,
    resting: Resting<'a>,
    /// The sources in the order in which they are listed, each with its place in [`STANDINGS`].
    listed: Vec<(usize, &'a Source, Option<&'a SourceState>)>,
    now: Timestamp,
}

impl<'a> Sources<'a> {
    fn new(desk: &'a Desk, (states, pushes): &'a Stored) -> Self {
        let now = (desk.clock)();
        let sources = desk.config.sources.values();
        // What is remembered under other settings is forgotten.
        let state = |source: &Source| states.get(&source.id).filter(|state| state.settings == desk.settings(source));
        let known = sources.map(|source| (source, state(source).map(Arc::as_ref)));
        let known: Vec<(&Source, Option<&SourceState>)> = known.collect();
        let resting = Resting::of(known.iter().filter_map(|(source, state)| Some((*source, (*state)?))), now);
        let place = |source: &Source, state: Option<&SourceState>| {
            let label = match stands(source, state, now) {
                "healthy" | "never_polled" if resting.rest(source).is_some() => "resting",
                label => label,
            };
            STANDINGS.iter().position(|standing| standing.label == label).unwrap_or(0)
        };
        let mut listed: Vec<_> = known.into_iter().map(|(source, state)| (place(source, state), source, state)).collect();
        // Those that stand alike stay in the order of their ids.
        listed.sort_by_key(|(place, ..)| *place);
        Self { desk, pushes, resting, listed, now }
    }

    fn status(&self, store: StoreStands, polls: bool, again: &HashMap<SourceId, Timestamp>, asked: &Asked) -> Status<'a> {
        let config = &self.desk.config;
        let count = |place| self.listed.iter().filter(|(other, ..)| *other == place).count();
        let standings = STANDINGS.into_iter().enumerate().map(|(place, standing)| (standing, count(place)));
        let is_asked = |(place, source, _): &&(usize, &Source, _)| match (&asked.source, asked.standing) {
            (Some(id), _) => source.id.as_str() == id,
            (None, Some(standing)) => STANDINGS[*place] == standing,
            (None, None) => true,
        };
        let chosen: Vec<_> = self.listed.iter().filter(is_asked).collect();
        let pages = chosen.len().div_ceil(PER_PAGE).max(1);
        let page = asked.page.clamp(1, pages);
        let choice = match &asked.source {
            Some(_) => Choice::One,
            None => Choice::Page { standing: asked.standing.map(|standing| standing.label), page, pages },
        };
        let shown = chosen.into_iter().skip((page - 1) * PER_PAGE).take(PER_PAGE);
        let poll = |source: &Source| match again.get(&source.id) {
            _ if !polls || !source.enabled => Poll::Never,
            Some(again) if *again > self.now => Poll::Again(*again),
            _ => Poll::Now,
        };
        Status {
            service: &config.service,
            now: self.now,
            since: self.desk.since,
            counts: [config.sources.len(), config.topics.len(), config.feeds.len()],
            untaken: self.desk.untaken.get(),
            store,
            polls,
            standings: standings.filter(|(_, count)| *count > 0).collect(),
            choice,
            rows: shown.map(|&(place, source, state)| self.row(STANDINGS[place], source, state, poll(source))).collect(),
        }
    }

    fn row(&self, standing: Standing, source: &'a Source, state: Option<&'a SourceState>, poll: Poll) -> Row<'a> {
        let none = Push::default();
        let push = self.pushes.get(&source.id).unwrap_or(&none);
        let off = push::base(&self.desk.config.service, &self.desk.config.fetch).err();
        let known = KnownSource { source, state, push, off, rest: self.resting.rest(source), now: self.now };
        let zone = &self.desk.config.service.timezone;
        Row {
            id: source.id.as_str(),
            name: &source.name,
            home: &source.home,
            standing,
            polled: state.map(|state| state.checked),
            succeeded: state.and_then(|state| state.succeeded),
            failed: known.failed(),
            next: known.next(zone),
            moved: known.moved().map(|moved| moved.to_string()),
            hub: known.standing(zone),
            poll,
        }
    }
}
