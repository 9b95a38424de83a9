//! What is said of polls in the log.

use crate::model::Trouble;
use crate::pipeline::{Outcome, Polled};

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
