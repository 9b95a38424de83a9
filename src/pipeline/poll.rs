//! One poll of one source: fetch, parse, dedupe, topic, store.

mod announced;
mod broken;
mod failure;
mod missed;
mod moved;
mod opened;
mod polled;
mod reading;
mod roll;

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use xxhash_rust::xxh3::xxh3_128;

use crate::edge::fetch::{Answer, FetchError, Turns, Validators};
use crate::edge::store::{Store, StoreError};
use crate::flow::dedupe::{self, Ground};
use crate::flow::push::{Found as Heard, dearer};
use crate::flow::roll_call;
use crate::flow::schedule::{self, Answered, Plan, Read};
use crate::model::{Batch, Because, Document, Looked, Manners, NoteKind, Source, SourceState, Trouble};
use crate::pipeline::Desk;
use crate::pipeline::later::may_wait;
use announced::Said;
use failure::Failure;
use missed::Seen;
use opened::Opened;
use roll::Roll;

pub(super) use broken::broken_down;
pub(super) use moved::address;
pub use polled::{Outcome, Polled};
pub use reading::read;

/// A decision whose ground has changed is taken again. Each time some other poll has got its stories in, so as many times are
/// enough as polls can run at once.
const MOST_DECISIONS: usize = 1024;
/// A first poll of so many entries is decided beside others.
const FEW: usize = 4;
/// After so long a source is asked without validators: some servers answer 304 for ever to who once had a page of theirs. Eight days, so
/// that it is not always the same weekday.
const DOUBT_304_AFTER: SignedDuration = SignedDuration::from_hours(8 * 24);

/// What the schedule hears of an answer that brought nothing to read.
const UNCHANGED: Answered = Answered { new: &[], document: None };

/// Polls a source. What it reports as new is stored and would survive a power cut. `looked` is what the host's robots.txt says,
/// or that the host asked for a rest instead; `fence` is that of the lease, where the store needs one; `turns` waits for hosts.
pub async fn poll(
    desk: &Desk,
    store: &Arc<Store>,
    source: &Source,
    before: Option<Arc<SourceState>>,
    looked: Result<Looked, FetchError>,
    fence: Option<u64>,
    turns: Turns<'_>,
) -> Polled {
    let poll = Poll::new(desk, store, source, before, fence);
    let url = address(source, poll.before.as_deref());
    let (looked, overloaded) = match looked {
        Ok(looked) => (Some(looked), None),
        Err(error) => (None, Some(error)),
    };
    let poll = Poll { looked, ..poll };
    let failure = if let Some(error) = overloaded {
        let why = format!("asked for its robots.txt, the host answered: {error}");
        Failure { why, at: Some(Box::new(url.into_owned())), ..Failure::from(error) }
    } else if looked.is_some_and(|looked| !looked.welcome) {
        let host = source.home.host_str().unwrap_or_default();
        Failure::new(Trouble::Unwelcome, format!("the robots.txt of {host} asks diemtin to stay away"))
    } else {
        desk.counts.add(|tally| tally.requests += 1);
        let known = poll.validators();
        // Most polls end with a 304. What only the others need is in boxes, so that all are small.
        match desk.fetcher.fetch(source, &url, &known, turns, poll.now).await {
            Ok(answer) if answer.body.is_none() => return poll.not_modified(answer).await,
            Ok(answer) => return Box::pin(poll.answered(answer)).await,
            Err(error) => {
                let failure = Failure::from(error);
                Failure { at: failure.at.or_else(|| Some(Box::new(url.into_owned()))), ..failure }
            }
        }
    };
    Box::pin(poll.failed(failure)).await
}

/// What a body came to.
enum Body {
    Unchanged,
    Read(Box<Document>),
}

struct Poll<'a> {
    desk: &'a Desk,
    store: &'a Arc<Store>,
    source: &'a Source,
    /// The hash of the source's settings.
    settings: u64,
    before: Option<Arc<SourceState>>,
    looked: Option<Looked>,
    fence: Option<u64>,
    now: Timestamp,
}

impl<'a> Poll<'a> {
    fn new(
        desk: &'a Desk,
        store: &'a Arc<Store>,
        source: &'a Source,
        before: Option<Arc<SourceState>>,
        fence: Option<u64>,
    ) -> Self {
        let (now, settings) = ((desk.clock)(), desk.settings(source));
        let before = before.filter(|state| state.settings == settings);
        Self { desk, store, source, settings, before, looked: None, fence, now }
    }

    /// The validators to ask with; none where the document has not come whole for too long.
    fn validators(&self) -> Validators {
        // A time that has not come was set by a clock that was wrong.
        let is_recent = |state: &&Arc<SourceState>| {
            state.manners.whole.is_none_or(|at| at <= self.now && self.now.duration_since(at) < DOUBT_304_AFTER)
        };
        self.before.as_ref().filter(is_recent).map_or_else(Validators::default, |state| Validators {
            etag: state.etag.clone(),
            last_modified: state.last_modified.clone(),
        })
    }

    async fn not_modified(&self, answer: Answer) -> Polled {
        self.desk.counts.add(|tally| tally.not_modified += 1);
        let state = self.state(Heard::Nothing, UNCHANGED, answer.fresh_for);
        let moved = self.moved(answer.moved.as_ref(), true);
        // A 304 replaces the validators that it names and leaves the others (RFC 9111, section 4.3.4).
        let state = SourceState {
            etag: answer.validators.etag.or(state.etag),
            last_modified: answer.validators.last_modified.or(state.last_modified),
            manners: Manners { moved, whole: state.manners.whole.or(Some(self.now)), ..state.manners },
            ..state
        };
        let said = Said { links: &answer.links, document: None, from: &answer.url };
        self.store_unchanged(answer.status, state, said).await
    }

    async fn answered(&self, answer: Answer) -> Polled {
        let Answer { status, url, moved, body, content_type, validators, fresh_for, links } = answer;
        let Some(body) = body else {
            return self.failed(Failure::new(Trouble::OddStatus, "the answer has no body").with(status)).await;
        };
        let wire_bytes = body.wire_bytes() as u64;
        // A document that has not changed is read all the same where it is to say what it lists.
        let is_enough = |state: &&Arc<SourceState>| state.failures == 0 && !roll_call::is_due(state.roll_call, self.now);
        let before = self.before.as_ref().filter(is_enough).and_then(|state| state.body);
        let (source, now, base) = (self.source.clone(), self.now, url.clone());
        let work = move || -> Result<_, Failure> {
            let body = body.unpack()?;
            let print = xxh3_128(&body).to_be_bytes();
            if before == Some(print) {
                return Ok((print, body.len(), Body::Unchanged));
            }
            let document = read(&source, &body, content_type.as_deref(), &base, now);
            let document = document.map_err(|error| Failure::new(Trouble::NotAFeed, error.to_string()))?;
            Ok((print, body.len(), Body::Read(Box::new(document))))
        };
        let (print, body_bytes, body) = match self.desk.compute(work).await {
            Ok(read) => read,
            Err(failure) => return self.failed(failure.with(status)).await,
        };
        self.desk.counts.add(|tally| {
            tally.whole += 1;
            tally.wire_bytes += wire_bytes;
            tally.body_bytes += body_bytes as u64;
        });
        let with_answer = |state: SourceState, overlaps: bool| SourceState {
            etag: validators.etag.clone(),
            last_modified: validators.last_modified.clone(),
            body: Some(print),
            manners: Manners { whole: Some(now), moved: self.moved(moved.as_ref(), overlaps), ..state.manners },
            ..state
        };
        let opened = match body {
            Body::Unchanged => {
                let state = with_answer(self.state(Heard::Nothing, UNCHANGED, fresh_for), true);
                let said = Said { links: &links, document: None, from: &url };
                return self.store_unchanged(status, state, said).await;
            }
            Body::Read(document) => Arc::new(Opened::new(self.source, *document, now)),
        };
        // Where links lead is the same at each poll: `preview` tells it.
        for note in opened.document.notes.iter().filter(|note| note.kind != NoteKind::Elsewhere) {
            tracing::debug!(source = %self.source.id, entry = note.entry, "{}", note.message);
        }
        let said = Said { links: &links, document: Some(&opened.document.feed), from: &url };
        self.decide_and_store(status, Arc::clone(&opened), said, |found, answered, overlaps| {
            with_answer(self.state(found, answered, fresh_for), overlaps)
        })
        .await
    }

    async fn decide_and_store(
        &self,
        status: u16,
        opened: Arc<Opened>,
        said: Said<'_>,
        state: impl Fn(Heard, Answered, bool) -> SourceState,
    ) -> Polled {
        // First polls bring many new entries and come in crowds: each would void the others' decisions, so they are decided in turn, and each waits
        // for the disk. Few entries seldom meet those of others: these polls share a sync. Nor is it done where a lease runs meanwhile.
        let entries = opened.document.entries.len();
        let mut turn = None;
        if self.is_baseline() && self.fence.is_none() && entries > FEW {
            // What needs nobody else is done before its turn.
            let room = self.desk.ready.acquire().await.ok();
            let (ready, desk) = (Arc::clone(&opened), self.desk.clone());
            self.desk.compute(move || ready.make_ready(&desk.gists)).await;
            turn = Some((room, self.desk.turn.lock().await));
        }
        for _ in 0..MOST_DECISIONS {
            let (decision, seen, roll) = match self.decide(Arc::clone(&opened)).await {
                Ok(decided) => decided,
                Err(error) => return self.failed(Failure::from(error).with(status)).await,
            };
            let (new, updated) = (decision.new, decision.updated);
            let changed = new + updated > 0;
            let read = Read { entries, asked: opened.document.feed.asked };
            let answered = Answered { new: &decision.new_published, document: Some(read) };
            let found = match (new, updated) {
                (0, 0) => Heard::Nothing,
                (0, _) => Heard::Edits,
                _ => Heard::News,
            };
            let state = state(found, answered, decision.seen + updated > 0);
            let vanished = seen.vanished(self.before.as_deref(), self.now);
            let state = SourceState { vanished, roll_call: roll.called, ..state };
            let source = Some((self.source.id.clone(), state.clone()));
            let delays = self.delays(&decision);
            let batch = Batch {
                source,
                stories: decision.stories,
                marks: roll.marks,
                based_on: Some(decision.based_on),
                fence: self.fence,
                rules: Some(self.desk.rules.fingerprint()),
                ..Batch::default()
            };
            self.desk.later.forget(&self.source.id).await;
            match self.store.commit(batch).await {
                Ok(()) => {
                    seen.remember(self.desk, self.source);
                    self.note_hub(found, Some(&said)).await;
                    self.desk.counts.add(|tally| {
                        tally.new_entries += new as u64;
                        tally.updated_entries += updated as u64;
                        delays.iter().for_each(|delay| tally.delays.add(*delay));
                    });
                    let outcome = if changed { Outcome::Changed } else { Outcome::Unchanged };
                    let source = self.source.id.clone();
                    let state = Arc::new(state);
                    return Polled { source, outcome, status: Some(status), entries, new, updated, error: None, state };
                }
                // Whose decision was void takes the next one in turn with the others: else each commit would void those of all
                // polls that are under way, and the work would grow with their square.
                Err(StoreError::Conflict) if turn.is_none() => turn = Some((None, self.desk.turn.lock().await)),
                Err(StoreError::Conflict) => {}
                Err(error) => return self.failed(Failure::from(error).with(status)).await,
            }
        }
        let why = "its stories kept changing while they were being stored";
        self.failed(Failure::new(Trouble::OurStore, why).with(status)).await
    }

    async fn decide(&self, opened: Arc<Opened>) -> Result<(dedupe::Decision, Seen, Roll), StoreError> {
        let (desk, store, source) = (self.desk.clone(), Arc::clone(self.store), self.source.clone());
        let (baseline, now, rolled) = (self.is_baseline(), self.now, self.before.as_ref().and_then(|state| state.roll_call));
        self.desk
            .compute(move || {
                let named = opened.named();
                let seen = Seen::of(&desk, &store, &source, named, now)?;
                let mut known = store.known(&dedupe::lookups(named))?;
                let roll = Roll::call(&store, &source, rolled, &known, now)?;
                store.near(&dedupe::searches(named, &known, &desk.gists), &mut known)?;
                let ground = Ground { baseline, gists: &desk.gists, rank: &|id| desk.config.rank(id), now };
                let mut decision = dedupe::decide(named, &known, &ground);
                for change in &mut decision.stories {
                    let gists = dedupe::gists_of(&change.story, named, &desk.gists);
                    change.story.topics = desk.rules.topics_read(&change.story, gists.iter().map(|gist| gist.passages()));
                }
                Ok((decision, seen, roll))
            })
            .await
    }

    /// Whether this is the source's first success, so that nothing that it brings has just arrived.
    fn is_baseline(&self) -> bool {
        self.before.as_ref().is_none_or(|state| state.succeeded.is_none())
    }

    /// Seconds from publication to arrival of the stories that are new and say when they were published.
    fn delays(&self, decision: &dedupe::Decision) -> Vec<u64> {
        let is_new = |change: &&crate::model::StoryChange| change.story.seq == 0 && !self.is_baseline();
        let published = decision.stories.iter().filter(is_new).filter_map(|change| change.story.entries.first()?.published);
        published.map(|published| u64::try_from(self.now.duration_since(published).as_secs()).unwrap_or(0)).collect()
    }

    /// The source's state after this poll, without the answer's validators.
    fn state(&self, found: Heard, answered: Answered, fresh_for: Option<Duration>) -> SourceState {
        let before = self.before.as_deref();
        let push = self.hub_after(found);
        let price = self.desk.prices.of(self.source) * dearer(&push, self.now);
        let Plan { next, interval, because, habits } =
            schedule::next(self.source, before, answered, fresh_for, &self.desk.config.fetch, price, self.now);
        let state = SourceState {
            next: schedule::off_the_hour(next, interval, &self.source.id),
            interval_seconds: interval.as_secs(),
            succeeded: Some(self.now),
            because,
            habits: Some(habits),
            ..self.as_before()
        };
        self.with_hub(state, &push)
    }

    /// The source's state as it was, but checked now and without a failure.
    fn as_before(&self) -> SourceState {
        let before = self.before.as_deref();
        let manners = before.map(|state| state.manners.clone()).unwrap_or_default();
        SourceState {
            settings: self.settings,
            etag: before.and_then(|state| state.etag.clone()),
            last_modified: before.and_then(|state| state.last_modified.clone()),
            body: before.and_then(|state| state.body),
            next: self.now,
            checked: self.now,
            succeeded: before.and_then(|state| state.succeeded),
            interval_seconds: before.map_or(self.desk.config.fetch.every.as_secs(), |state| state.interval_seconds),
            because: before.map_or(Because::Unsaid, |state| state.because),
            habits: before.and_then(|state| state.habits.clone()),
            failures: 0,
            error: None,
            manners: Manners { trouble: None, rests_until: None, robots: self.looked.or(manners.robots), ..manners },
            vanished: before.map(|state| state.vanished.clone()).unwrap_or_default(),
            roll_call: before.and_then(|state| state.roll_call),
        }
    }

    async fn store_unchanged(&self, status: u16, state: SourceState, said: Said<'_>) -> Polled {
        let state = Arc::new(state);
        self.note_hub(Heard::Nothing, Some(&said)).await;
        // Other processes that share the store wait for the end of a lease.
        if self.fence.is_none() && may_wait(self.before.as_deref(), &state) {
            self.desk.later.put(&self.source.id, Arc::clone(&state)).await;
            return self.polled(Outcome::Unchanged, Some(status), None, state);
        }
        match Box::pin(self.store_state(&state)).await {
            Ok(()) => self.polled(Outcome::Unchanged, Some(status), None, state),
            Err(error) => {
                let error = error.to_string();
                self.polled(Outcome::Failed, Some(status), Some(error), state)
            }
        }
    }

    async fn store_state(&self, state: &SourceState) -> Result<(), StoreError> {
        self.desk.later.forget(&self.source.id).await;
        let source = Some((self.source.id.clone(), state.clone()));
        self.store.commit(Batch { source, fence: self.fence, ..Batch::default() }).await
    }

    fn polled(&self, outcome: Outcome, status: Option<u16>, error: Option<String>, state: Arc<SourceState>) -> Polled {
        Polled { source: self.source.id.clone(), outcome, status, entries: 0, new: 0, updated: 0, error, state }
    }
}
