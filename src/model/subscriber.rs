//! What is remembered of those who subscribe to our feeds (WebSub, W3C Recommendation of 2018-01-23): who is called, for what, until when.
//!
//! Plain values. What they mean and how they change, `flow::push::hub` knows.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::Secret;

/// A subscription's name: a hash of its topic and its callback, for which nobody can find another pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubscriberId(pub [u8; 16]);

impl SubscriberId {
    /// The name of the subscription of a callback to a topic; there is one at the most.
    pub fn of(topic: &str, callback: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        // An address holds no line break.
        hasher.update(topic.as_bytes()).update(b"\n").update(callback.as_bytes());
        let mut id = [0; 16];
        hasher.finalize_xof().fill(&mut id);
        Self(id)
    }
}

/// Who subscribes to one of our feeds, and has confirmed it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscriber {
    /// The address of the feed, as it stands in the feed's `rel=self`.
    pub topic: String,
    /// The address that is called with the feed's news.
    pub callback: String,
    /// What the news are signed with.
    pub secret: Option<Secret>,
    /// When the subscription ends, if it is not renewed.
    pub until: Timestamp,
    /// Deliveries in a row that came to nothing.
    pub failures: u32,
    /// When it is called again with what it could not be given.
    pub next: Option<Timestamp>,
}

impl Subscriber {
    /// Its name.
    pub fn id(&self) -> SubscriberId {
        SubscriberId::of(&self.topic, &self.callback)
    }
}
