//! What goes into the ledger of our hub and what comes out of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use url::Url;

use crate::flow::push::hub::Request;
use crate::model::{Page, Secret, SubscriberId};

/// A feed that can be subscribed to.
#[derive(Clone, Debug)]
pub struct Offered {
    /// Its address.
    pub topic: String,
    /// The feed as it is now; `None` before it was printed.
    pub page: Option<Arc<Page>>,
}

/// The hashes of the feeds that everybody was called with, by address.
pub type Told = BTreeMap<String, String>;

/// A request that can't be taken now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy {
    /// How long to wait before asking again.
    pub wait: SignedDuration,
    /// Why, as a sentence.
    pub why: &'static str,
}

/// What a confirmed request has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirmed {
    /// A subscription has begun.
    Begun,
    /// One has a new lease, and a new secret.
    Renewed,
    /// One has ended.
    Ended,
    /// There is no place for it; that will be told.
    Full,
}

/// What has become of a call with news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivered {
    /// They were taken.
    Taken,
    /// Nobody wants them there any more (410).
    Gone,
    /// They were not.
    Failed {
        /// How long it asked to be left alone.
        retry_after: Option<Duration>,
    },
}

/// Something to be done now.
#[derive(Clone, Debug)]
pub enum Job {
    /// To ask whether a request is meant; [`crate::flow::push::hub::Ledger::confirm`] if so.
    Verify(Request),
    /// To tell that a subscription can't be had any longer.
    Deny {
        /// Who is told.
        callback: Url,
        /// What was subscribed to.
        topic: String,
        /// Why it ends.
        reason: &'static str,
    },
    /// To call with news; [`crate::flow::push::hub::Ledger::delivered`] in any case.
    Deliver {
        /// Whose.
        id: SubscriberId,
        /// Who is called.
        callback: String,
        /// The feed's address.
        topic: String,
        /// What is signed with.
        secret: Option<Secret>,
        /// The feed.
        page: Arc<Page>,
    },
}
