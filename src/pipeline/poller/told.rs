//! What is said of sources and polls: in the log, and in the counts.

use jiff::Timestamp;

use crate::flow::schedule;
use crate::model::{Source, SourceState, Trouble};
use crate::pipeline::{Outcome, Polled};

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

/// Tells of a poll that has ended.
pub(super) fn log(polled: &Polled) {
    let (source, next, because) = (&polled.source, polled.state.next, polled.state.because);
    match (polled.outcome, &polled.error) {
        (Outcome::Changed, _) => tracing::info!(%source, new = polled.new, updated = polled.updated, %next, %because, "news"),
        (Outcome::Failed, Some(error)) => {
            let trouble = polled.state.manners.trouble.map_or("our_store", Trouble::label);
            tracing::warn!(%source, error, trouble, status = polled.status, failures = polled.state.failures, %next, "a poll failed");
        }
        _ => tracing::debug!(%source, status = polled.status, %next, %because, "no news"),
    }
}
