//! What a poll and a source's hub have to do with each other: the poll finds out which hub there is and whether it told the truth, and what
//! the hub is worth decides how soon the next poll comes.

use jiff::Timestamp;
use url::Url;

use crate::flow::push::{self, Found};
use crate::model::{Because, FeedInfo, Push, SourceState};
use crate::pipeline::poll::Poll;

/// Where an answer came from, and what it says of hubs.
pub(super) struct Said<'a> {
    pub links: &'a [String],
    pub document: Option<&'a FeedInfo>,
    pub from: &'a Url,
}

impl Poll<'_> {
    /// What will be known of the source's hub after this poll.
    pub(super) fn hub_after(&self, found: Found) -> Push {
        let mut push = self.desk.pushes.of(&self.source.id);
        push::polled(&mut push, found, self.now);
        push
    }

    /// Takes note of what the poll found, and of the hub that the answer names.
    pub(super) async fn note_hub(&self, found: Found, said: Option<&Said<'_>>) {
        let url = self.source.url();
        let own = (self.source.home == *url).then_some(url);
        let decide = |push: &mut Push| {
            push::polled(push, found, self.now);
            if let Some(said) = said
                && let Some(hub) = push::named(said.links, said.document, said.from, own, push.hub.as_ref())
            {
                push.hub = hub;
            }
        };
        // Most sources have no hub and name none: that costs no look into the store.
        let mut known = self.desk.pushes.of(&self.source.id);
        let had_none = known == Push::default();
        decide(&mut known);
        if !(had_none && known == Push::default()) {
            Box::pin(self.desk.pushes.decide(self.store, &self.source.id, decide)).await;
        }
    }

    /// The state as it is because of the hub: one that tells the truth is why polls are few, and one that may have been too quick is why the
    /// next one comes soon.
    pub(super) fn with_hub(&self, state: SourceState, push: &Push) -> SourceState {
        let because = match state.because {
            Because::Worth(expected) | Because::Longest(expected) if push::is_proven(push, self.now) => {
                Because::Announced(expected)
            }
            because => because,
        };
        let again = push::again(push, self.desk.config.fetch.min_every, self.now);
        match again.filter(|again: &Timestamp| *again < state.next) {
            Some(next) => SourceState { next, because: Because::Awaited, ..state },
            None => SourceState { because, ..state },
        }
    }
}
