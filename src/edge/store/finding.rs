//! What was found to be wrong with a store, in sentences: silence would be the only wrong answer.

use crate::model::SourceId;

/// One thing that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Finding {
    /// It is older than what it acknowledged: its files were damaged, or put back from an old copy.
    #[error("the last {commits} of its commits are missing")]
    Stale {
        /// How many commits.
        commits: u64,
    },
    /// Records can't be read.
    #[error("{count} of its {kind} could not be read and were set aside")]
    Damaged {
        /// What they are.
        kind: &'static str,
        /// How many.
        count: u64,
    },
    /// There are not as many records as there should be, or other ones.
    #[error("it should hold {said} {kind} and holds {found}{}", other(said, found))]
    Miscount {
        /// What they are.
        kind: &'static str,
        /// What the books say.
        said: u64,
        /// What there is.
        found: u64,
    },
    /// A source has not as many reports as it should have, or other ones.
    #[error("of the source {of} it should hold {said} reports and holds {found}{}", other(said, found))]
    MiscountOf {
        /// The source.
        of: SourceId,
        /// What the books say.
        said: u64,
        /// What there is.
        found: u64,
    },
    /// Its files can't be used any more.
    #[error("its files were damaged ({why}) and were set aside in {aside}; it was begun anew")]
    Anew {
        /// What was wrong.
        why: String,
        /// Where they are now.
        aside: String,
    },
    /// A file that can be made again was damaged.
    #[error("its file {file} was damaged, set aside, and made anew")]
    File {
        /// The file.
        file: String,
    },
}

fn other(said: &u64, found: &u64) -> &'static str {
    if said == found { ", but not the same ones" } else { "" }
}
