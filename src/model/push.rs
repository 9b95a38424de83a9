//! What is remembered of a source that announces its news through a hub (WebSub, W3C Recommendation of 2018-01-23): the hub that it
//! names, our subscription there, and how far the hub's announcements have proved true.
//!
//! Plain values. What they mean and how they change, `flow::push` knows.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A source's hub, and the name under which the hub knows the source: as its document, or the head of an answer, says.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Hub {
    /// The hub's address.
    pub url: String,
    /// What is subscribed to there (`rel=self`).
    pub topic: String,
}

/// What is remembered of a source that names a hub, or once did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// The hub that the source named last; `None` where its last document named none.
    pub hub: Option<Hub>,
    /// Our subscription, asked for or in force.
    pub subscription: Option<Subscription>,
    /// Subscriptions that are no longer wanted, until the hub has heard so.
    pub leaving: Vec<Subscription>,
    /// When a hub was last asked for a subscription.
    pub requested: Option<Timestamp>,
    /// When the hub last announced something.
    pub pinged: Option<Timestamp>,
    /// The announcement that no news has answered yet.
    pub unanswered: Option<Timestamp>,
    /// When the source is polled because of an announcement, until it has been.
    pub hinted: Option<Timestamp>,
    /// Announcements up to here have used up their share of polls.
    pub paced: Option<Timestamp>,
    /// Announcements in a row that brought a poll but no news.
    pub idle: u32,
    /// Polls in a row whose news had been announced.
    pub proofs: u32,
    /// When a poll found news that nothing had announced.
    pub surprise: Option<Timestamp>,
}

/// A subscription at a hub.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Where it is, and for what.
    pub hub: Hub,
    /// Our address that the hub calls; its last segment is known to the hub and to us alone.
    pub callback: String,
    /// What the hub signs its announcements with.
    pub secret: Secret,
    /// When the hub was asked, while it has not answered by a verification.
    pub asked: Option<Timestamp>,
    /// Requests in a row that came to nothing.
    pub attempts: u32,
    /// When the hub is asked next.
    pub next: Timestamp,
    /// How long the hub has promised to announce; `None` before it has.
    pub until: Option<Timestamp>,
    /// Why it is not in force, as the end of a sentence.
    pub error: Option<String>,
}

impl Subscription {
    /// The part of the callback's address that tells it from every other.
    pub fn token(&self) -> &str {
        self.callback.rsplit('/').next().unwrap_or_default()
    }
}

/// A text that is shown nowhere.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}
