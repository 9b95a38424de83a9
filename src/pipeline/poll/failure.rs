//! Why a poll failed, whoever found out: the fetcher, the reader or the store.

use std::time::Duration;

use crate::edge::fetch::FetchError;
use crate::edge::store::StoreError;
use crate::model::Trouble;

/// Why a poll failed.
pub(super) struct Failure {
    pub trouble: Trouble,
    pub status: Option<u16>,
    pub retry_after: Option<Duration>,
    /// Whether it was not the source's own address that failed: what is said there binds neither the source for good nor its host.
    pub elsewhere: bool,
    pub why: String,
}

impl Failure {
    pub fn new(trouble: Trouble, why: impl Into<String>) -> Self {
        Self { trouble, status: None, retry_after: None, elsewhere: false, why: why.into() }
    }

    pub fn at(self, status: u16) -> Self {
        Self { status: Some(status), ..self }
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self { status: error.status, retry_after: error.retry_after, ..Self::new(error.trouble, error.to_string()) }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::new(Trouble::OurStore, error.to_string())
    }
}
