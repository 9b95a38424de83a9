//! Requests that ask for no page: what other machines tell us. A callee that `main`'s wiring gives answers them; here are only the bounds:
//! so many at once, bodies up to a limit and within a time, piece by piece.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper::header::{self, HeaderMap, HeaderValue};
use hyper::{Request, Response, StatusCode};
use tokio::sync::Semaphore;

use crate::edge::serve::respond;

/// Calls that are answered at once; who comes beyond is asked to come again.
const AT_ONCE: usize = 32;
/// How long a body may take: who calls is a machine that has it ready.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// Answers calls.
pub type Callee = Arc<dyn Fn(Call) -> Pin<Box<dyn Future<Output = Reply> + Send>> + Send + Sync>;

/// A request that asks for no page.
pub struct Call {
    /// The method, in capitals.
    pub method: String,
    /// The path, as it was sent.
    pub path: String,
    /// What stands behind `?`; empty where nothing does.
    pub query: String,
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

/// The answer to a call: plain text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The body.
    pub text: String,
    /// The methods that there are, for 405.
    pub allow: Option<&'static str>,
}

impl Reply {
    /// An answer.
    pub fn new(status: u16, text: impl Into<String>) -> Self {
        Self { status, text: text.into(), allow: None }
    }
}

/// Who answers calls, and how many at once.
#[derive(Clone)]
pub(super) struct Calls {
    callee: Callee,
    room: Arc<Semaphore>,
}

impl Calls {
    pub(super) fn new(callee: Callee) -> Self {
        Self { callee, room: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    /// Whether a path is none of the site's.
    pub(super) fn is_for(path: &str) -> bool {
        path == "/websub" || path.starts_with("/websub/")
    }

    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let reply = match self.room.try_acquire() {
            Ok(_room) => {
                let (path, query) = (head.uri.path().to_owned(), head.uri.query().unwrap_or_default().to_owned());
                (self.callee)(Call { method: head.method.to_string(), path, query, headers: head.headers, body }).await
            }
            Err(_) => Reply::new(503, "too many calls at once; come again in a moment\n"),
        };
        let mut response = respond::text(StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK), reply.text);
        if let Some(allow) = reply.allow {
            response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allow));
        }
        if reply.status == 503 {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}
