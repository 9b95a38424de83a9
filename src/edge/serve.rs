//! HTTP: a socket, connections with time limits, and answers from an immutable [`Site`]. Only the page of a story is
//! made when it is asked for; no other request waits for the store.

mod call;
mod respond;

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1::Builder;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::edge::serve::call::Calls;
use crate::model::Site;

pub use call::{Call, Callee, Reply, Unread};
pub use respond::respond;

/// Connections at one time; more wait in the system's queue. Half of the 1,024 descriptors that a process usually has: the other half
/// is for sources and the store.
const MOST_CONNECTIONS: usize = 512;
/// No connection lives longer: a client that asks for a feed and never reads it is let go.
const LONGEST_CONNECTION: Duration = Duration::from_secs(120);
/// A client that does not finish its request's head in this time is dropped.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Requests that are still being answered when the service stops have this long.
const DRAIN: Duration = Duration::from_secs(5);
/// The wait after the system had no descriptor left for a connection.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// Makes the text of `/metrics`.
pub type Metrics = Arc<dyn Fn() -> String + Send + Sync>;

/// What requests are answered from.
#[derive(Clone)]
pub struct Answers {
    /// The site of the moment.
    pub site: Arc<ArcSwap<Site>>,
    /// The counts; `None` where nothing is counted.
    pub metrics: Option<Metrics>,
    /// Answers what is sent to `/websub` and below; `None` where nobody does.
    pub calls: Option<Callee>,
    /// The time.
    pub clock: fn() -> Timestamp,
}

/// Answers requests on a listening socket until `stop` resolves; then finishes those that have begun.
pub async fn serve(listener: TcpListener, answers: Answers, stop: impl Future<Output = ()>) {
    let calls = answers.calls.clone().map(Calls::new);
    let connections = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    tokio::pin!(stop);
    loop {
        let accepted = async {
            let slot = Arc::clone(&connections).acquire_owned().await.expect("the semaphore is never closed");
            listener.accept().await.map(|(stream, _)| (slot, stream))
        };
        let (slot, stream) = tokio::select! {
            accepted = accepted => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_AGAIN).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let connection = connection(&builder, stream, answers.clone(), calls.clone());
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that goes away in the middle is nobody's fault.
            let _ = tokio::time::timeout(LONGEST_CONNECTION, connection).await;
            drop(slot);
        });
    }
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections were still open after {} seconds and were closed", DRAIN.as_secs());
    }
}

fn connection(
    builder: &Builder,
    stream: TcpStream,
    answers: Answers,
    calls: Option<Calls>,
) -> impl hyper_util::server::graceful::GracefulConnection<Error = hyper::Error> + Send + 'static {
    // Answers are small and written at once; waiting to fill a packet only delays them. Where it can't be set, nothing is lost.
    let _ = stream.set_nodelay(true);
    let answer = service_fn(move |request: Request<Incoming>| {
        let Answers { site, metrics, clock, calls: _ } = answers.clone();
        let calls = calls.clone().filter(|_| Calls::is_for(request.uri().path()));
        let site = site.load_full();
        async move {
            if let Some(calls) = calls {
                return Ok::<_, Infallible>(calls.answer(request).await);
            }
            if let Some(metrics) = metrics.filter(|_| request.uri().path() == "/metrics") {
                return Ok(respond::counts(&request, metrics()));
            }
            let story = match (respond::story_id(&request), &site.stories) {
                (Some(id), Some(make)) => make(id).await,
                _ => None,
            };
            Ok(respond(&request, &site, story, clock()))
        }
    });
    builder.serve_connection(TokioIo::new(stream), answer)
}

/// Listens on `HOST:PORT`; the error is a sentence.
pub async fn listen(address: &str) -> Result<TcpListener, io::Error> {
    TcpListener::bind(address)
        .await
        .map_err(|e| io::Error::new(e.kind(), format!("can't listen on {address} (service.listen): {e}")))
}
