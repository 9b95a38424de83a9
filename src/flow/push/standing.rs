//! How a source stands with its hub, in a word.

use jiff::Timestamp;

use crate::flow::push::proof::is_proven;
use crate::model::Push;

/// How a source stands with its hub.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It names no hub.
    Hubless,
    /// It names one, and nothing was asked of it.
    Unasked,
    /// The hub was asked, and has not verified.
    Asked,
    /// The hub said no, or nothing.
    Refused,
    /// The hub announces, as it says.
    Subscribed,
    /// It does, and has proved true.
    Proven,
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Hubless, Self::Unasked, Self::Asked, Self::Refused, Self::Subscribed, Self::Proven];

    /// How a source stands now.
    pub fn of(push: &Push, now: Timestamp) -> Self {
        match &push.subscription {
            None if push.hub.is_none() => Self::Hubless,
            None => Self::Unasked,
            Some(_) if is_proven(push, now) => Self::Proven,
            Some(subscription) if subscription.until.is_some_and(|until| until > now) => Self::Subscribed,
            Some(subscription) if subscription.error.is_some() => Self::Refused,
            Some(subscription) if subscription.asked.is_some() => Self::Asked,
            Some(_) => Self::Unasked,
        }
    }

    /// Its name in counters.
    pub fn label(self) -> &'static str {
        match self {
            Self::Hubless => "hubless",
            Self::Unasked => "unasked",
            Self::Asked => "asked",
            Self::Refused => "refused",
            Self::Subscribed => "subscribed",
            Self::Proven => "proven",
        }
    }
}
