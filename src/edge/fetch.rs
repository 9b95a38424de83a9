//! One request to a source, conditional where its validators are known. Only this folder names reqwest.
//!
//! The source may be hostile: addresses are checked when they are connected to, on every redirect; the body is cut off at a limit
//! after decompression; one time limit covers everything. No cookies, no referrer, no proxy from the environment.

mod guard;

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Response, StatusCode};
use url::Url;

use crate::model::{FetchSettings, Service, Source};

pub use guard::{Guard, Refused};

/// Redirects that are followed in one fetch.
const MOST_HOPS: usize = 5;
/// The longest validator that is kept, in bytes: a longer one is no validator but a way to fill our disk.
const LONGEST_VALIDATOR: usize = 1024;
/// For the connection alone; the whole fetch has `fetch.timeout`.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// What we can read, the likeliest first.
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
                      application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, text/html;q=0.5, */*;q=0.1";

/// What the last answer said of itself, byte for byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// ETag
    pub etag: Option<Vec<u8>>,
    /// Last-Modified
    pub last_modified: Option<Vec<u8>>,
}

/// A source's answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code: 200 or another 2xx with a body, 304 without.
    pub status: u16,
    /// Where the answer came from, after redirects.
    pub url: Url,
    /// The body, decompressed and whole; `None` for 304.
    pub body: Option<Vec<u8>>,
    /// Content-Type
    pub content_type: Option<String>,
    /// The answer's validators.
    pub validators: Validators,
    /// Cache-Control's max-age.
    pub max_age: Option<Duration>,
}

/// Why there is no answer, as the end of a sentence that begins with the address.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The server answered with a status that brings nothing.
    #[error("the server answered {status}")]
    Status {
        /// Its status code.
        status: StatusCode,
        /// Retry-After, counted from now.
        retry_after: Option<Duration>,
    },
    /// The body is larger than `fetch.max_body`.
    #[error("the body is larger than {limit} bytes (fetch.max_body)")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// Nothing, or not everything, came in time.
    #[error("no whole answer came within {} seconds (fetch.timeout)", after.as_secs_f32())]
    TooSlow {
        /// `fetch.timeout`
        after: Duration,
    },
    /// The address may not be fetched.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A redirect that is not followed.
    #[error("{0}")]
    Redirect(String),
    /// The connection failed, or broke before the body was whole.
    #[error("{0}")]
    Connection(String),
}

impl FetchError {
    /// The status code, where there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(status.as_u16()),
            _ => None,
        }
    }

    /// How long the server asked to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

/// What fetches. Cheap to clone; connections are shared.
#[derive(Clone)]
pub struct Fetcher {
    client: Client,
    guard: Arc<Guard>,
    settings: Arc<FetchSettings>,
}

impl Fetcher {
    /// A fetcher with these settings. Fails where the system's TLS set-up can't be used.
    pub fn new(service: &Service, settings: &FetchSettings) -> Result<Self, FetchError> {
        let guard = Arc::new(Guard::new(settings.private_networks.clone()));
        // Another fetcher of this process may have installed it already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = || {
            Client::builder()
                .user_agent(user_agent(service))
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .no_proxy()
                .connect_timeout(CONNECT_TIMEOUT)
                .http1_max_headers(128)
                .pool_max_idle_per_host(2)
                .pool_idle_timeout(Duration::from_secs(30))
                .dns_resolver(Arc::clone(&guard))
        };
        let client = builder().build().or_else(|_| {
            // A machine without ca-certificates: the roots that Mozilla trusts, as they were when this was built.
            let roots =
                webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().filter_map(|der| reqwest::Certificate::from_der(der).ok());
            builder().tls_certs_only(roots).build()
        });
        let client = client.map_err(|e| FetchError::Connection(sentence(&e)))?;
        Ok(Self { client, guard, settings: Arc::new(settings.clone()) })
    }

    /// Asks a source for its document. `now` is what a Retry-After date counts from.
    pub async fn fetch(&self, source: &Source, known: &Validators, now: Timestamp) -> Result<Answer, FetchError> {
        let limit = self.settings.timeout;
        tokio::time::timeout(limit, self.follow(source, known, now)).await.map_err(|_| FetchError::TooSlow { after: limit })?
    }

    async fn follow(&self, source: &Source, known: &Validators, now: Timestamp) -> Result<Answer, FetchError> {
        let mut url = source.url().clone();
        for _ in 0..=MOST_HOPS {
            self.guard.check_url(&url)?;
            // Headers may be secrets, and validators are the first host's: neither goes to another host, nor do another host's
            // validators come back to the first.
            let at_home = is_home(source.url(), &url);
            let headers = if at_home { request_headers(source, known) } else { HeaderMap::new() };
            let is_conditional = at_home && *known != Validators::default();
            let request = self.client.get(url.clone()).header(header::ACCEPT, ACCEPT).headers(headers);
            let response = request.send().await.map_err(|e| FetchError::Connection(sentence(&e)))?;
            match response.status() {
                StatusCode::NOT_MODIFIED if is_conditional => return Ok(answer(url, &response)),
                status if status.is_redirection() && status != StatusCode::NOT_MODIFIED => url = next_hop(&url, &response)?,
                status if status.is_success() => {
                    let whole = answer(url, &response);
                    let validators = if at_home { whole.validators } else { Validators::default() };
                    return Ok(Answer { body: Some(self.body(response).await?), validators, ..whole });
                }
                status => return Err(FetchError::Status { status, retry_after: retry_after(response.headers(), now) }),
            }
        }
        Err(FetchError::Redirect(format!("more than {MOST_HOPS} redirects")))
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, FetchError> {
        let limit = self.settings.max_body;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|e| FetchError::Connection(sentence(&e)))? {
            if body.len() + chunk.len() > limit {
                return Err(FetchError::TooLarge { limit });
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

/// `diemtin/0.1.0 (+https://…)`: a source's administrator can find ours.
fn user_agent(service: &Service) -> String {
    let contact = service.contact.clone().unwrap_or_else(|| service.url.to_string());
    let agent = format!("diemtin/{} (+{contact})", env!("CARGO_PKG_VERSION"));
    agent.chars().filter(|c| c.is_ascii() && !c.is_ascii_control()).take(200).collect()
}

/// Whether an address is that of the source's own host; `http` that becomes `https` is no other host.
fn is_home(source: &Url, url: &Url) -> bool {
    let is_upgrade = (source.scheme(), url.scheme()) == ("http", "https") && (source.port(), url.port()) == (None, None);
    source.origin() == url.origin() || is_upgrade && source.host() == url.host()
}

fn request_headers(source: &Source, known: &Validators) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let mut put = |name: HeaderName, value: &[u8]| {
        // What a server sent as a header's value can be sent back as one; what can't is left out.
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.insert(name, value);
        }
    };
    if let Some(etag) = &known.etag {
        put(header::IF_NONE_MATCH, etag);
    }
    if let Some(date) = &known.last_modified {
        put(header::IF_MODIFIED_SINCE, date);
    }
    for (name, value) in &source.headers {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            put(name, value.as_bytes());
        }
    }
    headers
}

fn next_hop(from: &Url, response: &Response) -> Result<Url, FetchError> {
    let status = response.status().as_u16();
    let location = response.headers().get(header::LOCATION).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    let location = location.ok_or_else(|| FetchError::Redirect(format!("a redirect ({status}) to nowhere")))?;
    let to =
        from.join(&location).map_err(|_| FetchError::Redirect(format!("a redirect to {location:?}, which is no address")))?;
    match (from.scheme(), to.scheme()) {
        ("http", "http" | "https") | ("https", "https") => Ok(to),
        ("https", "http") => Err(FetchError::Redirect(format!("a redirect from https back to http ({to})"))),
        (_, scheme) => Err(FetchError::Redirect(format!("a redirect to {scheme}:, which is not fetched"))),
    }
}

/// The answer without its body.
fn answer(url: Url, response: &Response) -> Answer {
    let bytes = |name| response.headers().get(name).map(|v| v.as_bytes().to_vec()).filter(|v| v.len() <= LONGEST_VALIDATOR);
    let text = |name| response.headers().get(name).map(|v| String::from_utf8_lossy(v.as_bytes()).into_owned());
    Answer {
        status: response.status().as_u16(),
        url,
        body: None,
        content_type: text(header::CONTENT_TYPE),
        validators: Validators { etag: bytes(header::ETAG), last_modified: bytes(header::LAST_MODIFIED) },
        max_age: text(header::CACHE_CONTROL).as_deref().and_then(max_age),
    }
}

fn max_age(cache_control: &str) -> Option<Duration> {
    let seconds = cache_control.split(',').find_map(|d| d.trim().strip_prefix("max-age="))?;
    seconds.trim_matches('"').parse().ok().map(Duration::from_secs)
}

/// Retry-After in both its forms (RFC 9110, section 10.2.3).
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let until = httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let from = Duration::from_secs(u64::try_from(now.as_second()).ok()?);
    Some(until.saturating_sub(from))
}

/// The innermost reasons of an error: "connection refused" says more than "error sending request".
fn sentence(error: &reqwest::Error) -> String {
    let mut reasons: Vec<String> = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !reasons.iter().any(|known| known.contains(&text)) {
            reasons.push(text);
        }
        cause = error.source();
    }
    if reasons.is_empty() { error.to_string() } else { reasons.join(": ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_sources_own_host_is_home() {
        let home = |source: &str, url: &str| is_home(&source.parse().unwrap(), &url.parse().unwrap());
        assert!(home("http://a.vn/rss", "http://a.vn/tin.rss"));
        assert!(home("http://a.vn/rss", "https://a.vn/rss"), "an upgrade");
        for (source, url) in [
            ("http://a.vn/rss", "http://www.a.vn/rss"),
            ("http://a.vn/rss", "https://b.vn/rss"),
            ("https://a.vn/rss", "http://a.vn/rss"),
            ("http://a.vn:8080/rss", "https://a.vn/rss"),
            ("http://a.vn/rss", "https://a.vn:8443/rss"),
        ] {
            assert!(!home(source, url), "{source} {url}");
        }
    }
}
