//! Which sources one pass is over, and which of them it polls.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::flow::schedule::is_due;
use crate::model::{Source, SourceId, SourceState};

/// What a pass is over. What is merely due waits for its host to have rested; all, or what is named, is the administrator's word: it counts more
/// than a rest, and begins again a source that was said to be gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pass {
    /// What is due.
    Due,
    /// Every source that is enabled, due or not.
    All,
    /// These, if they are enabled, due or not.
    Named(BTreeSet<SourceId>),
}

impl Pass {
    /// Whether something is told of a source.
    pub fn is_over(&self, id: &SourceId) -> bool {
        !matches!(self, Self::Named(named) if !named.contains(id))
    }

    /// Whether one that it is over is polled.
    pub fn polls(&self, source: &Source, before: Option<&SourceState>, rests_until: Option<Timestamp>, now: Timestamp) -> bool {
        match self {
            Self::Due => is_due(source, before, now) && rests_until.is_none(),
            Self::All | Self::Named(_) => source.enabled,
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::flow::schedule::tests::{now, source, state};
    use crate::model::{Manners, Slug, Trouble};

    #[test]
    fn the_administrators_word_counts_more_than_times_rests_and_410() {
        let id = |text| Slug::new(text).expect("a slug");
        let source = source(None);
        let off = Source { enabled: false, ..source.clone() };
        let later = SourceState { next: now() + SignedDuration::from_hours(1), ..state(15, 1) };
        let manners = Manners { trouble: Some(Trouble::Gone), ..Manners::default() };
        let gone = SourceState { next: Timestamp::MAX, manners, ..state(15, 1) };
        let named = Pass::Named([id("khac"), source.id.clone()].into());
        for pass in [&Pass::All, &named] {
            assert!(pass.polls(&source, Some(&later), None, now()) && pass.polls(&source, Some(&gone), Some(now()), now()));
            assert!(!pass.polls(&off, None, None, now()), "but one that is not enabled is not polled");
        }
        assert!(Pass::Due.polls(&source, None, None, now()) && !Pass::Due.polls(&source, None, Some(now()), now()));
        assert!(!Pass::Due.polls(&source, Some(&later), None, now()) && !Pass::Due.polls(&source, Some(&gone), None, now()));
        let over = |pass: &Pass| ["khac", "nua"].map(|text| pass.is_over(&id(text)));
        assert_eq!([over(&Pass::Due), over(&Pass::All), over(&named)], [[true; 2], [true; 2], [true, false]]);
    }
}
