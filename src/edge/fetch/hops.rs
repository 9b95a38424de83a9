//! Redirects: the one loop that follows them, whatever is asked. Each hop waits for its host's turn like a request that begins there.

use std::time::Duration;

use tokio::time::{Instant, timeout};
use url::Url;

use crate::edge::fetch::{FetchError, Fetcher, Turns};
use crate::model::Trouble;

/// What one request came to.
pub(super) enum Step<T> {
    /// An answer.
    Answer(T),
    /// The answer is elsewhere.
    Redirect { to: Url, is_permanent: bool },
}

/// Where it begins, and how far it may lead.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub url: &'a Url,
    /// Redirects that are followed.
    pub most: usize,
    /// How long the answers may take, all together.
    pub within: Duration,
    /// Waits for the turn of each host.
    pub turns: Turns<'a>,
}

/// The answer at the end.
pub(super) struct Found<T> {
    pub answer: T,
    /// Where permanent redirects lead, if there were redirects and all were permanent (301, 308).
    pub moved: Option<Url>,
}

impl Fetcher {
    /// Makes a request after the other, as long as redirects lead on. The wait for a host's turn is our own doing, and no part of the time that the
    /// answers may take.
    pub(super) async fn follow<T, F>(&self, way: Way<'_>, step: impl Fn(Url) -> F + Send) -> Result<Found<T>, FetchError>
    where
        F: Future<Output = Result<Step<T>, FetchError>> + Send,
    {
        let too_slow = |_| {
            let why = format!("no whole answer came within {} seconds (fetch.timeout)", way.within.as_secs_f32());
            FetchError::new(Trouble::TooSlow, why)
        };
        let (mut url, mut is_permanent, mut left) = (way.url.clone(), true, way.within);
        for hop in 0..=way.most {
            if let Some(turn) = (way.turns)(&url) {
                timeout(self.settings.timeout, turn).await.map_err(|_| crowded(&url, self.settings.timeout))?;
            }
            let begun = Instant::now();
            let step = timeout(left, step(url.clone())).await.map_err(too_slow)?;
            left = left.saturating_sub(begun.elapsed());
            match step
                .map_err(|error| FetchError { at: (hop > 0 && error.status.is_some()).then(|| Box::new(url.clone())), ..error })?
            {
                Step::Redirect { to, is_permanent: again } => (url, is_permanent) = (to, is_permanent && again),
                Step::Answer(answer) => return Ok(Found { answer, moved: (hop > 0 && is_permanent).then_some(url) }),
            }
        }
        Err(FetchError::new(Trouble::Redirects, format!("more than {} redirects", way.most)))
    }
}

/// Nothing was asked: too many were before us.
fn crowded(url: &Url, waited: Duration) -> FetchError {
    let (host, waited) = (url.host_str().unwrap_or_default(), waited.as_secs_f32());
    let why =
        format!("many sources lead to {host}, and its turn did not come within {waited} seconds (fetch.per_host, fetch.spacing)");
    FetchError { at: Some(Box::new(url.clone())), ..FetchError::new(Trouble::TooSlow, why) }
}
