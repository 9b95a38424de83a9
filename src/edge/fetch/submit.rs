//! A form that is sent to a hub. Its address stands in a source's document, so it is a stranger's: checked where it is connected to, on
//! every hop; nothing of the answer is read but its status, and the beginning of what it says where it refuses.

use jiff::Timestamp;
use reqwest::header;
use reqwest::{Method, StatusCode};
use url::Url;

use crate::edge::fetch::{FetchError, Fetcher, headers, refusal};
use crate::model::Trouble;

/// Redirects that are followed: a hub may name another hub (section 5.1.2 of WebSub).
const MOST_HOPS: usize = 3;

impl Fetcher {
    /// Sends a form. `home` is the address of the source that names the hub, where it is still one: on its own host the
    /// hub may have its port.
    pub async fn submit(&self, url: &Url, home: Option<&Url>, form: &str, now: Timestamp) -> Result<(), FetchError> {
        let within = self.settings.timeout;
        tokio::time::timeout(within, self.submit_all(url, home, form, now)).await.map_err(|_| {
            FetchError::new(Trouble::TooSlow, format!("no answer came within {} seconds (fetch.timeout)", within.as_secs_f32()))
        })?
    }

    async fn submit_all(&self, url: &Url, home: Option<&Url>, form: &str, now: Timestamp) -> Result<(), FetchError> {
        let mut url = url.clone();
        for _ in 0..=MOST_HOPS {
            let request = self
                .client(&url, home)?
                .request(Method::POST, url.clone())
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::CONNECTION, "close")
                .body(form.to_owned());
            let response = request.send().await?;
            match response.status() {
                status if status.is_success() => return Ok(()),
                // The others would make a GET of it.
                status @ (StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT) => {
                    url = headers::next_hop(&url, status.as_u16(), response.headers())?;
                }
                _ => return Err(refusal(response, now).await),
            }
        }
        Err(FetchError::new(Trouble::Redirects, format!("more than {MOST_HOPS} redirects")))
    }
}
