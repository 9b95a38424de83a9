//! A form that is sent to a hub. Its address stands in a source's document, so it is a stranger's: checked where it is connected to, on
//! every hop; nothing of the answer is read but its status, and the beginning of what it says where it refuses.

use jiff::Timestamp;
use reqwest::header;
use reqwest::{Method, StatusCode};
use url::Url;

use crate::edge::fetch::hops::{Step, Way};
use crate::edge::fetch::{FetchError, Fetcher, at_once, headers, refusal};

/// Redirects that are followed: a hub may name another hub (section 5.1.2 of WebSub).
const MOST_HOPS: usize = 3;

impl Fetcher {
    /// Sends a form. `home` is the address of the source that names the hub, where it is still one: on its own host the
    /// hub may have its port.
    pub async fn submit(&self, url: &Url, home: Option<&Url>, form: &str, now: Timestamp) -> Result<(), FetchError> {
        let way = Way { url, most: MOST_HOPS, within: self.settings.timeout, turns: &at_once };
        self.follow(way, |url| self.post(url, home, form, now)).await.map(|found| found.answer)
    }

    async fn post(&self, url: Url, home: Option<&Url>, form: &str, now: Timestamp) -> Result<Step<()>, FetchError> {
        let request = self
            .client(&self.closing, &url, home)?
            .request(Method::POST, url.clone())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::CONNECTION, "close")
            .body(form.to_owned());
        let response = request.send().await?;
        match response.status() {
            status if status.is_success() => Ok(Step::Answer(())),
            // The others would make a GET of it.
            status @ (StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) => {
                headers::redirect(&url, status.as_u16(), response.headers())
            }
            _ => Err(refusal(response, now).await),
        }
    }
}
