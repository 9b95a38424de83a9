//! HTTP: a socket, connections with time limits, and answers from an immutable [`Site`]. Only the page of a story is
//! made when it is asked for; no other request waits for the store.

mod crowd;
mod meter;
mod call;
mod respond;

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::edge::serve::call::Calls;
use crate::edge::serve::crowd::Crowd;
use crate::edge::serve::meter::Metered;
use crate::model::{Making, Page, Site};

pub use call::{Call, Callee, Reply, Unread};
use respond::Wanted;
pub use respond::respond;

/// A connection that is older is closed after the answer under way: so that a proxy's are spread anew, and none stays for ever.
const LONGEST_CONNECTION: Duration = Duration::from_secs(600);
/// A client that does not finish its request's head in this time is dropped; one that asks for nothing more, too.
const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// The longest head of a request, in bytes; readers send a tenth of it.
const LONGEST_HEAD: usize = 16 * 1024;
/// Requests of one HTTP/2 connection that are answered at once.
const MOST_STREAMS: u32 = 32;
/// What the system keeps for a client that takes its time, in bytes: a compressed feed many times over. Left to itself it keeps megabytes, and a
/// few thousand slow clients would have all the memory that it has for connections.
const SEND_BUFFER: u32 = 128 * 1024;
/// Connections that wait to be accepted: as many as Linux allows.
const BACKLOG: u32 = 4096;
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
    let desk = Desk { answers, calls };
    let most = crowd::room();
    let room = Arc::new(Semaphore::new(most));
    let crowd = Arc::new(Crowd::default());
    let (tell_stop, told_to_stop) = watch::channel(());
    let builder = Arc::new(builder());
    tokio::pin!(stop);
    loop {
        let accepted = async {
            let slot = Arc::clone(&room).acquire_owned().await.expect("the semaphore is never closed");
            listener.accept().await.map(|(stream, address)| (slot, stream, address))
        };
        let (slot, stream, address) = tokio::select! {
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
        // One that has as many as it may is let go at once: whoever waits here keeps others out.
        let Some(place) = crowd.admit(address.ip()) else { continue };
        // Its own, so that threads do not count the same references with every request.
        let desk = Arc::new(desk.clone());
        let (builder, stop) = (Arc::clone(&builder), told_to_stop.clone());
        tokio::spawn(async move {
            converse(&builder, stream, desk, stop).await;
            drop((slot, place));
        });
    }
    drop(tell_stop);
    let all = u32::try_from(most).unwrap_or(u32::MAX);
    if tokio::time::timeout(DRAIN, room.acquire_many(all)).await.is_err() {
        tracing::warn!("some connections were still open after {} seconds and were closed", DRAIN.as_secs());
    }
}

/// What a connection is served from.
#[derive(Clone)]
struct Desk {
    answers: Answers,
    calls: Option<Calls>,
}

/// HTTP/1.1, and HTTP/2 for whoever begins with it (RFC 9113, section 3.3): proxies do.
fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT).max_buf_size(LONGEST_HEAD);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(MOST_STREAMS).max_header_list_size(LONGEST_HEAD as u32);
    builder
}

/// One connection, for as long as it makes progress.
async fn converse(builder: &Builder<TokioExecutor>, stream: TcpStream, desk: Arc<Desk>, mut stop: watch::Receiver<()>) {
    // Answers are small and written at once; waiting to fill a packet only delays them. Where it can't be set, nothing is lost.
    let _ = stream.set_nodelay(true);
    let (stream, count) = Metered::new(stream);
    let service = service_fn(move |request| answer(request, Arc::clone(&desk)));
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    // Either way: its sender is gone, or its time is over.
    let told_to_end = tokio::time::timeout(LONGEST_CONNECTION, stop.changed());
    tokio::pin!(connection, told_to_end);
    let mut is_ending = false;
    let served = async {
        loop {
            tokio::select! {
                // A client that goes away in the middle is nobody's fault.
                _ = connection.as_mut() => return,
                _ = &mut told_to_end, if !is_ending => {
                    connection.as_mut().graceful_shutdown();
                    is_ending = true;
                }
            }
        }
    };
    tokio::select! {
        () = served => {}
        why = count.stalled() => tracing::debug!("a connection was dropped: {why}"),
    }
}

async fn answer(request: Request<Incoming>, desk: Arc<Desk>) -> Result<Response<Full<Bytes>>, Infallible> {
    let Answers { site, metrics, clock, .. } = &desk.answers;
    let path = request.uri().path();
    if let Some(calls) = desk.calls.as_ref().filter(|_| Calls::is_for(path)) {
        return Ok(calls.answer(request).await);
    }
    if let Some(metrics) = metrics.as_ref().filter(|_| path == "/metrics") {
        return Ok(respond::counts(&request, metrics()));
    }
    let Some(wanted) = respond::wanted(&request) else { return Ok(respond(&request, &site.load(), None, clock())) };
    let site = site.load_full();
    let made = match wanted {
        // What was taken down is made no more.
        _ if site.gone.contains(path) => None,
        Wanted::Story(id) => made(site.stories.as_ref().map(|make| make(id))).await,
        Wanted::Archive(path) => made(site.archives.as_ref().map(|make| make(path.to_owned()))).await,
    };
    Ok(respond(&request, &site, made, clock()))
}

async fn made(making: Option<Making>) -> Option<Arc<Page>> {
    making?.await
}

/// Listens on `HOST:PORT`; the error is a sentence.
pub async fn listen(address: &str) -> Result<TcpListener, io::Error> {
    let sentence = |e: io::Error| io::Error::new(e.kind(), format!("can't listen on {address} (service.listen): {e}"));
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "it is no address of this machine");
    for address in tokio::net::lookup_host(address).await.map_err(sentence)? {
        match listen_on(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = error,
        }
    }
    Err(sentence(failed))
}

fn listen_on(address: SocketAddr) -> Result<TcpListener, io::Error> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // As the standard library does: a service that is started again need not wait for connections of before.
    socket.set_reuseaddr(true)?;
    // Connections take it over from the socket that they come from.
    socket.set_send_buffer_size(SEND_BUFFER)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}
