//! Where a source is fetched, and where its answers say that it has moved to.

use std::borrow::Cow;

use url::Url;

use crate::flow::moves::{self, Found};
use crate::model::{Moved, Source, SourceState};
use crate::pipeline::poll::Poll;

/// Where a source is fetched: its own address, or the one that it has moved to.
pub(in crate::pipeline) fn address<'a>(source: &'a Source, before: Option<&SourceState>) -> Cow<'a, Url> {
    let moved = before.and_then(|state| state.manners.moved.as_ref()).filter(|moved| moved.adopted);
    let moved = moved.and_then(|moved| Url::parse(&moved.to).ok());
    moved.map_or_else(|| Cow::Borrowed(source.url()), Cow::Owned)
}

impl Poll<'_> {
    /// Where the source has moved to, after an answer.
    pub(super) fn moved(&self, to: Option<&Url>, overlaps: bool) -> Option<Moved> {
        let before = self.before.as_ref().and_then(|state| state.manners.moved.as_ref());
        let found = to.map_or(Found::There, |to| Found::Redirected { to, overlaps });
        let moved = moves::next(before, found, self.source.url(), self.now);
        if let Some(moved) = moved.as_ref().filter(|moved| moved.adopted && before.is_none_or(|before| !before.adopted)) {
            tracing::warn!(source = %self.source.id, to = moved.to, since = %moved.since, "a source has moved and is fetched there from now on; \
                           put the address into feeds.toml");
        }
        moved
    }
}
