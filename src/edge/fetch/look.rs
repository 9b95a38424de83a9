//! A look whether an article is still there. Its address stands in a source's document: checked where it is connected to, on every hop.
//! Nothing of the answer is read but its status.

use jiff::Timestamp;
use reqwest::{Method, StatusCode, header};
use url::Url;

use crate::edge::fetch::{FetchError, Fetcher, MOST_HOPS, Turns, headers};
use crate::model::Trouble;

impl Fetcher {
    /// Whether an article is there: `Ok(false)` where its server says that it is gone (404, 410). Whatever else keeps it from us is an error.
    /// `home` is the address of its source: on its own host an article may have its port.
    ///
    /// Asked is for the head alone first. A server that says "gone" to that may only not know the method, so it is asked for the whole.
    pub async fn is_there(&self, url: &Url, home: &Url, turns: Turns<'_>, now: Timestamp) -> Result<bool, FetchError> {
        let within = self.settings.timeout;
        // A wait for turns counts, too: there is another look some hours later.
        let look = async {
            let told = self.status(Method::HEAD, url, home, turns, now).await?;
            let told = if told.is_success() { told } else { self.status(Method::GET, url, home, turns, now).await? };
            match told {
                told if told.is_success() => Ok(true),
                StatusCode::NOT_FOUND | StatusCode::GONE => Ok(false),
                told => Err(FetchError::of_status(told.as_u16(), told.canonical_reason().unwrap_or_default(), "", None)),
            }
        };
        tokio::time::timeout(within, look).await.map_err(|_| {
            FetchError::new(Trouble::TooSlow, format!("no answer came within {} seconds (fetch.timeout)", within.as_secs_f32()))
        })?
    }

    /// The status at the end of all redirects.
    async fn status(
        &self,
        method: Method,
        url: &Url,
        home: &Url,
        turns: Turns<'_>,
        now: Timestamp,
    ) -> Result<StatusCode, FetchError> {
        let mut url = url.clone();
        for _ in 0..=MOST_HOPS {
            let mut fields = headers::for_anyone();
            fields.insert(header::ACCEPT, header::HeaderValue::from_static("text/html, */*;q=0.5"));
            fields.insert(header::CONNECTION, header::HeaderValue::from_static("close"));
            turns(&url).await;
            let client = self.client(&url, Some(home))?;
            let response = client.request(method.clone(), url.clone()).headers(fields).send().await?;
            let (status, fields) = (response.status(), response.headers());
            match status {
                StatusCode::NOT_MODIFIED => return Ok(status),
                status if status.is_redirection() => url = headers::next_hop(&url, status.as_u16(), fields)?,
                StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                    let (reason, wait) = (status.canonical_reason().unwrap_or_default(), headers::retry_after(fields, now));
                    return Err(FetchError::of_status(status.as_u16(), reason, "", wait));
                }
                status => return Ok(status),
            }
        }
        Err(FetchError::new(Trouble::Redirects, format!("more than {MOST_HOPS} redirects")))
    }
}
