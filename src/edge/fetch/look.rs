//! A look whether an article is still there. Its address stands in a source's document: checked where it is connected to, on every hop.
//! Nothing of the answer is read but its status.

use jiff::Timestamp;
use reqwest::{Method, StatusCode, header};
use url::Url;

use crate::edge::fetch::hops::{Step, Way};
use crate::edge::fetch::{FetchError, Fetcher, MOST_HOPS, Turns, headers};

/// How much of an article is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Its head alone. It tells that an article is there, never that it is gone: a server may only not know the method.
    Head,
    /// The whole.
    Whole,
}

impl Fetcher {
    /// Whether an article is there, as far as a look tells: `Some(false)` where its server says that it is gone (404, 410), `None` where the
    /// head alone brings nothing. Whatever else keeps it from us is an error. `home` is the address of its source: on its own host an article may have
    /// its port.
    pub async fn is_there(
        &self,
        look: Look,
        url: &Url,
        home: &Url,
        turns: Turns<'_>,
        now: Timestamp,
    ) -> Result<Option<bool>, FetchError> {
        let way = Way { url, most: MOST_HOPS, within: self.settings.timeout, turns };
        let status = self.follow(way, |url| self.status(look, url, home, now)).await?.answer;
        match (look, status) {
            (_, status) if status.is_success() => Ok(Some(true)),
            (Look::Head, _) => Ok(None),
            (Look::Whole, StatusCode::NOT_FOUND | StatusCode::GONE) => Ok(Some(false)),
            (Look::Whole, status) => {
                Err(FetchError::of_status(status.as_u16(), status.canonical_reason().unwrap_or_default(), "", None))
            }
        }
    }

    async fn status(&self, look: Look, url: Url, home: &Url, now: Timestamp) -> Result<Step<StatusCode>, FetchError> {
        let mut fields = headers::for_anyone();
        fields.insert(header::ACCEPT, header::HeaderValue::from_static("text/html, */*;q=0.5"));
        fields.insert(header::CONNECTION, header::HeaderValue::from_static("close"));
        let method = if look == Look::Head { Method::HEAD } else { Method::GET };
        let response = self.client(&self.closing, &url, Some(home))?.request(method, url.clone()).headers(fields).send().await?;
        let (status, fields) = (response.status(), response.headers());
        match status {
            StatusCode::NOT_MODIFIED => Ok(Step::Answer(status)),
            status if status.is_redirection() => headers::redirect(&url, status.as_u16(), fields),
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                let (reason, wait) = (status.canonical_reason().unwrap_or_default(), headers::retry_after(fields, now));
                Err(FetchError::of_status(status.as_u16(), reason, "", wait))
            }
            status => Ok(Step::Answer(status)),
        }
    }
}
