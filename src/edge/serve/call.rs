//! Requests that ask for no page of the site: what other machines tell us, and what the administrator asks. Callees that `main`'s wiring gives
//! answer them; here are only the bounds (so many at once, bodies up to a limit and within a time, piece by piece), and what guards an answer.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use tokio::sync::Semaphore;

use crate::edge::serve::respond;

/// Calls that are answered at once; who comes beyond is asked to come again.
const AT_ONCE: usize = 32;
/// How long a body may take: who calls is a machine that has it ready.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// Answers calls.
pub type Callee = Arc<dyn Fn(Call) -> Pin<Box<dyn Future<Output = Reply> + Send>> + Send + Sync>;

/// Who answers `/admin` and what is below at the moment; `None` where there is no such page.
pub type Admin = Arc<dyn Fn() -> Option<Callee> + Send + Sync>;

/// A request that asks for no page of the site.
pub struct Call {
    /// The method, in capitals.
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// What stands behind `?`; empty where nothing does.
    pub query: String,
    /// The host that was asked, as it was sent.
    pub host: Option<String>,
    headers: HeaderMap,
    body: Incoming,
}

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It is larger than it may be.
    TooLarge,
    /// It did not come in time.
    TooSlow,
    /// It was cut off.
    Broken,
}

impl Call {
    /// A header's value, where it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Reads the body, of at most `limit` bytes, and hands it on piece by piece: who needs no more than that keeps nothing.
    pub async fn read(&mut self, limit: usize, mut take: impl FnMut(&[u8])) -> Result<(), Unread> {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        if self.body.size_hint().lower() > limit {
            return Err(Unread::TooLarge);
        }
        let read = async {
            let mut length = 0;
            while let Some(frame) = self.body.frame().await {
                let frame = frame.map_err(|_| Unread::Broken)?;
                let Some(piece) = frame.data_ref() else { continue };
                length += piece.len() as u64;
                if length > limit {
                    return Err(Unread::TooLarge);
                }
                take(piece);
            }
            Ok(())
        };
        tokio::time::timeout(BODY_WITHIN, read).await.unwrap_or(Err(Unread::TooSlow))
    }
}

/// The answer to a call: plain text, or a page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The body.
    pub text: String,
    /// The methods that there are, for 405.
    pub allow: Option<&'static str>,
    /// After how many seconds to come again, for 503 and 429.
    pub retry_after: Option<u64>,
    /// How to say who one is, for 401.
    pub challenge: Option<&'static str>,
    /// Where to go on, for 303.
    pub location: Option<String>,
    /// The hash of the one style sheet that stands in the body, which then is a page.
    pub style: Option<&'static str>,
}

impl Reply {
    /// An answer.
    pub fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), ..Self::default() }
    }
}

/// Whether a path is one that hubs and subscribers call.
pub(super) fn is_for_hubs(path: &str) -> bool {
    path == "/websub" || path.starts_with("/websub/")
}

/// Whether a path is the administrator's.
pub(super) fn is_for_admin(path: &str) -> bool {
    path == "/admin" || path.starts_with("/admin/")
}

/// How many calls are answered at once.
#[derive(Clone)]
pub(super) struct Calls(Arc<Semaphore>);

impl Default for Calls {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

impl Calls {
    pub(super) async fn answer(&self, callee: &Callee, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let is_private = is_for_admin(head.uri.path());
        let is_head = head.method == Method::HEAD;
        let reply = match self.0.try_acquire() {
            Ok(_room) => {
                let (path, query) = (head.uri.path().to_owned(), head.uri.query().unwrap_or_default().to_owned());
                // HTTP/2 has it in the address.
                let said = head.headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(str::to_owned);
                let host = said.or_else(|| head.uri.authority().map(ToString::to_string));
                callee(Call { method: head.method.to_string(), path, query, host, headers: head.headers, body }).await
            }
            Err(_) => Reply { retry_after: Some(5), ..Reply::new(503, "too many calls at once; come again in a moment\n") },
        };
        let style = reply.style;
        let mut response = respond::text(StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK), reply.text);
        let mut put = |name: HeaderName, value: Option<String>| {
            // Every value here is our own; one that were no header would be left out.
            if let Some(value) = value.and_then(|value| HeaderValue::try_from(value).ok()) {
                response.headers_mut().insert(name, value);
            }
        };
        put(header::ALLOW, reply.allow.map(str::to_owned));
        put(header::RETRY_AFTER, reply.retry_after.map(|seconds| seconds.to_string()));
        put(header::WWW_AUTHENTICATE, reply.challenge.map(str::to_owned));
        put(header::LOCATION, reply.location);
        if is_private {
            respond::keep_private(&mut response, style);
        }
        if is_head {
            respond::headless(&mut response);
        }
        response
    }
}
