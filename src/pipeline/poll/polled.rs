//! The account of one poll.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{SourceId, SourceState};

/// What became of a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
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

impl Outcome {
    /// The word of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        }
    }
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
    /// Why it failed and what to do about it, as sentences.
    pub error: Option<String>,
    /// The source's state from now on.
    pub state: Arc<SourceState>,
}
