//! Why a poll failed, whoever found out: the fetcher, the reader or the store; and what becomes of it.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use url::{Position, Url};

use crate::edge::fetch::FetchError;
use crate::edge::store::StoreError;
use crate::flow::moves::{self, Found};
use crate::flow::push::Found as Heard;
use crate::flow::schedule;
use crate::model::{Because, Manners, SourceState, Trouble, Wish, is_home, is_same_site};
use crate::pipeline::poll::{Outcome, Poll, Polled};

/// Why a poll failed.
pub(super) struct Failure {
    pub trouble: Trouble,
    pub status: Option<u16>,
    pub retry_after: Option<Duration>,
    /// The address that failed, where it is not the source's own.
    pub at: Option<Box<Url>>,
    pub why: String,
}

impl Failure {
    pub fn new(trouble: Trouble, why: impl Into<String>) -> Self {
        Self { trouble, status: None, retry_after: None, at: None, why: why.into() }
    }

    pub fn with(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }

    /// Whether another site failed than the source's: what that says does not bind the source's host.
    pub fn is_elsewhere(&self, source: &Url) -> bool {
        self.at.as_ref().is_some_and(|at| !is_same_site(source, at))
    }

    /// Whether it is the source's own document that failed, with or without TLS: only that can be gone for good.
    pub fn is_of_source(&self, source: &Url) -> bool {
        let document = |url: &Url| url[Position::BeforePath..Position::AfterQuery].to_owned();
        self.at.as_ref().is_none_or(|at| is_home(source, at) && document(source) == document(at))
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        let why = error.to_string();
        Self { status: error.status, retry_after: error.retry_after, at: error.at, ..Self::new(error.trouble, why) }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(Trouble::OurStore, error.to_string())
    }
}

impl Poll<'_> {
    /// A failure changes nothing but when the source is asked again.
    pub(super) async fn failed(&self, failure: Failure) -> Polled {
        let (is_elsewhere, is_of_source) = (failure.is_elsewhere(self.source.url()), failure.is_of_source(self.source.url()));
        let Failure { trouble, status, retry_after, why, .. } = failure;
        let trouble = if trouble == Trouble::Gone && !is_of_source { Trouble::Missing } else { trouble };
        let before = self.before.as_deref();
        self.desk.counts.add(|tally| *tally.failures.entry(trouble).or_default() += 1);
        let advice = if trouble == Trouble::OurStore { self.store.advice() } else { trouble.advice() };
        let error = format!("{}: {why}. {advice}.", self.source.home);
        let next = schedule::retry(self.source, before, trouble, retry_after, &self.desk.config.fetch, self.now);
        let state = self.as_before();
        let moved = moves::next(state.manners.moved.as_ref(), Found::Failed(trouble), self.source.url(), self.now);
        // An address that has brought nothing for weeks is not where the source is.
        let moved = moved.filter(|moved| !(moved.adopted && schedule::is_hopeless(before, self.now)));
        // What was said of the document there says nothing of the one here.
        let is_given_up = state.manners.moved.as_ref().is_some_and(|moved| moved.adopted) && moved.is_none();
        let [etag, last_modified] = [state.etag, state.last_modified].map(|said| said.filter(|_| !is_given_up));
        let rests_until = schedule::host_rests(trouble, retry_after, self.now).filter(|_| !is_elsewhere);
        let asked = retry_after
            .map(|wait| wait.min(schedule::LONGEST))
            .and_then(|wait| self.now.checked_add(SignedDuration::try_from(wait).ok()?).ok());
        let is_asked =
            asked.zip(next).is_some_and(|(asked, next)| next.duration_since(asked).abs() < SignedDuration::from_secs(60));
        let state = SourceState {
            next: next.unwrap_or(Timestamp::MAX),
            because: if is_asked { Because::Asked(Wish::RetryAfter) } else { Because::Failed },
            failures: before.map_or(0, |state| state.failures).saturating_add(1),
            error: Some(error.clone()),
            etag,
            last_modified,
            manners: Manners { trouble: Some(trouble), rests_until, moved, ..state.manners },
            ..state
        };
        self.note_hub(Heard::Failed, None).await;
        if let Err(second) = self.store_state(&state).await {
            tracing::error!(source = %self.source.id, error = %second, "a failed poll could not be noted");
        }
        self.polled(Outcome::Failed, status, Some(error), Arc::new(state))
    }
}
