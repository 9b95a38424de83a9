//! Calls to those who subscribe to our feeds. Whoever asks us names the address, so it is a stranger's: checked where it is connected to, as
//! those of sources are; never redirected (section 7 of WebSub); nothing of the answer is read but its status and, of a verification, as much as the answer
//! that is expected has.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::header::{self, HeaderName};
use reqwest::{RequestBuilder, Response};
use url::Url;

use crate::edge::fetch::{FetchError, Fetcher, refusal};
use crate::model::Trouble;

/// A subscriber is a machine that has nothing to do but take what it is given.
const WITHIN: Duration = Duration::from_secs(10);

/// A call with news.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Content-Type
    pub content_type: &'static str,
    /// Link: the hub and the topic.
    pub link: String,
    /// X-Hub-Signature, where the subscriber gave a secret.
    pub signature: Option<String>,
    /// The feed.
    pub body: Bytes,
}

impl Fetcher {
    /// Whether an address may be called at all, as far as that can be seen from it: a name is checked when it is connected to.
    pub fn may_call(&self, url: &Url) -> Result<(), FetchError> {
        self.client(&self.closing, url, None).map(drop)
    }

    /// GETs an address and tells whether the answer is a success whose body is `expected`.
    pub async fn echoes(&self, url: &Url, expected: &str, now: Timestamp) -> Result<bool, FetchError> {
        within(async {
            let mut response = self.call(self.client(&self.closing, url, None)?.get(url.clone()), now).await?;
            let mut body = Vec::new();
            while body.len() <= expected.len()
                && let Some(piece) = response.chunk().await?
            {
                body.extend_from_slice(&piece);
            }
            Ok(body == expected.as_bytes())
        })
        .await
    }

    /// GETs an address to tell it something.
    pub async fn tell(&self, url: &Url, now: Timestamp) -> Result<(), FetchError> {
        within(async { self.call(self.client(&self.closing, url, None)?.get(url.clone()), now).await.map(drop) }).await
    }

    /// POSTs news.
    pub async fn deliver(&self, url: &Url, delivery: Delivery, now: Timestamp) -> Result<(), FetchError> {
        within(async {
            let mut request = self.client(&self.closing, url, None)?.post(url.clone());
            request = request.header(header::CONTENT_TYPE, delivery.content_type).header(header::LINK, delivery.link);
            if let Some(signature) = delivery.signature {
                request = request.header(HeaderName::from_static("x-hub-signature"), signature);
            }
            self.call(request.body(delivery.body), now).await.map(drop)
        })
        .await
    }

    /// Sends a request; anything but a success is an error.
    async fn call(&self, request: RequestBuilder, now: Timestamp) -> Result<Response, FetchError> {
        // Thousands of hosts would each keep a connection open otherwise.
        let response = request.header(header::CONNECTION, "close").send().await?;
        if response.status().is_success() { Ok(response) } else { Err(refusal(response, now).await) }
    }
}

async fn within<T>(call: impl Future<Output = Result<T, FetchError>>) -> Result<T, FetchError> {
    let late = || FetchError::new(Trouble::TooSlow, format!("no answer came within {} seconds", WITHIN.as_secs()));
    tokio::time::timeout(WITHIN, call).await.map_err(|_| late())?
}
