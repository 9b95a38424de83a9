//! One poll of one source: fetch, parse, dedupe, topic, store.

use std::sync::Arc;

use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_128;

use crate::edge::fetch::{Answer, Validators};
use crate::edge::store::{Store, StoreError};
use crate::flow::dedupe::{self, Ground};
use crate::flow::parse::{self, Input, NotAFeed};
use crate::flow::schedule::{self, Answered, Heard, Plan, Read, Wishes};
use crate::model::{Batch, Document, Origin, Source, SourceId, SourceState};
use crate::pipeline::Desk;

/// A decision whose ground has changed is taken again. Each time some other poll has got its stories in, so as many times are
/// enough as polls can run at once.
const MOST_DECISIONS: usize = 1024;

/// What the schedule hears of an answer that brought nothing to read.
const UNCHANGED: Heard = Heard::Answer(Answered { new: &[], document: None });

/// What became of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Something is new or has changed.
    Changed,
    /// Nothing is new.
    Unchanged,
    /// There was no usable answer, or it could not be stored.
    Failed,
    /// It was not its time, or the source is not enabled.
    Skipped,
}

/// The account of one poll.
#[derive(Clone, Debug)]
pub struct Polled {
    /// The source.
    pub source: SourceId,
    /// What became of it.
    pub outcome: Outcome,
    /// The HTTP status, where there was one.
    pub status: Option<u16>,
    /// How many entries the document held; 0 where it was not read.
    pub entries: usize,
    /// How many of them are new.
    pub new: usize,
    /// How many of them have changed.
    pub updated: usize,
    /// Why it failed, as a sentence.
    pub error: Option<String>,
    /// The source's state from now on.
    pub state: SourceState,
}

/// Polls a source. What it reports as new is stored and would survive a power cut.
pub async fn poll(desk: &Desk, store: &Arc<Store>, source: &Source, before: Option<SourceState>) -> Polled {
    let now = (desk.clock)();
    let before = before.filter(|state| state.settings == source.settings());
    let known = before.as_ref().map_or_else(Validators::default, |state| Validators {
        etag: state.etag.clone(),
        last_modified: state.last_modified.clone(),
    });
    let fetched = desk.fetcher.fetch(source, &known, now).await;
    let poll = Poll { desk, store, source, before, now };
    match fetched {
        Ok(answer) if answer.body.is_none() => poll.not_modified(answer).await,
        Ok(answer) => poll.answered(answer).await,
        Err(error) => poll.failed(error.status(), &error.to_string(), error.retry_after()).await,
    }
}

struct Poll<'a> {
    desk: &'a Desk,
    store: &'a Arc<Store>,
    source: &'a Source,
    before: Option<SourceState>,
    now: Timestamp,
}

impl Poll<'_> {
    async fn not_modified(self, answer: Answer) -> Polled {
        let state = self.state(UNCHANGED, Wishes { fresh_for: answer.max_age, ..Wishes::default() });
        // A 304 replaces the validators that it names and leaves the others (RFC 9111, section 4.3.4).
        let state = SourceState {
            etag: answer.validators.etag.or(state.etag),
            last_modified: answer.validators.last_modified.or(state.last_modified),
            ..state
        };
        self.store_unchanged(answer.status, state).await
    }

    async fn answered(self, answer: Answer) -> Polled {
        let Answer { status, url, body, content_type, validators, max_age } = answer;
        let body = body.unwrap_or_default();
        let print = xxh3_128(&body).to_be_bytes();
        let wishes = Wishes { fresh_for: max_age, ..Wishes::default() };
        let with_answer = |state: SourceState| SourceState {
            etag: validators.etag.clone(),
            last_modified: validators.last_modified.clone(),
            body: Some(print),
            ..state
        };
        if self.before.as_ref().is_some_and(|state| state.body == Some(print) && state.failures == 0) {
            let state = with_answer(self.state(UNCHANGED, wishes));
            return self.store_unchanged(status, state).await;
        }
        let (source, now) = (self.source.clone(), self.now);
        let parsed = blocking(move || read(&source, &body, content_type.as_deref(), &url, now)).await;
        let document = match parsed {
            Ok(document) => Arc::new(document),
            Err(error) => return self.failed(Some(status), &error.to_string(), None).await,
        };
        for note in &document.notes {
            tracing::debug!(source = %self.source.id, entry = note.entry, "{}", note.message);
        }
        self.decide_and_store(status, document, |poll, heard| with_answer(poll.state(heard, wishes))).await
    }

    async fn decide_and_store(
        self,
        status: u16,
        document: Arc<Document>,
        state: impl Fn(&Self, Heard<'_>) -> SourceState,
    ) -> Polled {
        for _ in 0..MOST_DECISIONS {
            let decision = match self.decide(Arc::clone(&document)).await {
                Ok(decision) => decision,
                Err(error) => return self.failed(Some(status), &error.to_string(), None).await,
            };
            let (new, updated) = (decision.new, decision.updated);
            let changed = new + updated > 0;
            let read = Read { entries: document.entries.len(), asked: document.feed.asked };
            let state = state(&self, Heard::Answer(Answered { new: &decision.new_published, document: Some(read) }));
            let source = Some((self.source.id.clone(), state.clone()));
            let batch = Batch { source, stories: decision.stories, based_on: Some(decision.based_on) };
            match self.store.commit(batch).await {
                Ok(()) => {
                    let outcome = if changed { Outcome::Changed } else { Outcome::Unchanged };
                    let entries = document.entries.len();
                    let source = self.source.id.clone();
                    return Polled { source, outcome, status: Some(status), entries, new, updated, error: None, state };
                }
                Err(StoreError::Conflict) => {}
                Err(error) => return self.failed(Some(status), &error.to_string(), None).await,
            }
        }
        self.failed(Some(status), "its stories kept changing while they were being stored", None).await
    }

    async fn decide(&self, document: Arc<Document>) -> Result<dedupe::Decision, StoreError> {
        let (desk, store, source) = (self.desk.clone(), Arc::clone(self.store), self.source.clone());
        let baseline = self.before.as_ref().is_none_or(|state| state.succeeded.is_none());
        let now = self.now;
        blocking(move || {
            let named = dedupe::name(&source, &document.entries, now);
            let mut known = store.known(&dedupe::lookups(&named))?;
            store.near(&dedupe::searches(&named, &known), &mut known)?;
            let ground = Ground { baseline, rank: &|id| desk.config.rank(id), now };
            let mut decision = dedupe::decide(&named, &known, &ground);
            for change in &mut decision.stories {
                change.story.topics = desk.rules.topics(&change.story);
            }
            Ok(decision)
        })
        .await
    }

    /// The source's state after this poll, without the answer's validators.
    fn state(&self, heard: Heard<'_>, wishes: Wishes) -> SourceState {
        let before = self.before.as_ref();
        let price = self.desk.prices.of(self.source);
        let Plan { next, interval, because, habits } =
            schedule::next(self.source, before, heard, wishes, &self.desk.config.fetch, price, self.now);
        let failed = matches!(heard, Heard::Failure);
        SourceState {
            settings: self.source.settings(),
            etag: before.and_then(|state| state.etag.clone()),
            last_modified: before.and_then(|state| state.last_modified.clone()),
            body: before.and_then(|state| state.body),
            next,
            checked: self.now,
            succeeded: if failed { before.and_then(|state| state.succeeded) } else { Some(self.now) },
            interval_seconds: interval.as_secs(),
            because,
            habits,
            failures: if failed { before.map_or(0, |state| state.failures).saturating_add(1) } else { 0 },
            error: None,
        }
    }

    async fn store_unchanged(self, status: u16, state: SourceState) -> Polled {
        match self.store_state(&state).await {
            Ok(()) => self.polled(Outcome::Unchanged, Some(status), None, state),
            Err(error) => self.polled(Outcome::Failed, Some(status), Some(error.to_string()), state),
        }
    }

    /// A failure changes nothing but when the source is asked again.
    async fn failed(self, status: Option<u16>, why: &str, retry_after: Option<std::time::Duration>) -> Polled {
        let error = format!("{}: {why}", self.source.home);
        let wishes = Wishes { retry_after, ..Wishes::default() };
        let state = SourceState { error: Some(error.clone()), ..self.state(Heard::Failure, wishes) };
        if let Err(second) = self.store_state(&state).await {
            tracing::error!(source = %self.source.id, error = %second, "a failed poll could not be noted");
        }
        self.polled(Outcome::Failed, status, Some(error), state)
    }

    async fn store_state(&self, state: &SourceState) -> Result<(), StoreError> {
        self.store.commit(Batch { source: Some((self.source.id.clone(), state.clone())), ..Batch::default() }).await
    }

    fn polled(self, outcome: Outcome, status: Option<u16>, error: Option<String>, state: SourceState) -> Polled {
        Polled { source: self.source.id.clone(), outcome, status, entries: 0, new: 0, updated: 0, error, state }
    }
}

/// A document of a source, read with the source's settings.
pub fn read(
    source: &Source,
    bytes: &[u8],
    content_type: Option<&str>,
    base: &url::Url,
    now: Timestamp,
) -> Result<Document, NotAFeed> {
    let select = match &source.origin {
        Origin::Page { select, .. } => Some(select),
        Origin::Feed { .. } => None,
    };
    let encoding = source.encoding.as_deref();
    parse::parse(Input { bytes, content_type, base, timezone: &source.timezone, encoding, select, now })
}

/// Runs work that computes or reads the disk where it holds up no other task.
#[expect(clippy::disallowed_methods, reason = "this is the one place that does, and a panic goes on from here")]
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => unreachable!("blocking work is never cancelled: {error}"),
        },
    }
}
