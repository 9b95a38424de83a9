//! HTTP: a socket, connections with time limits, and answers from an immutable [`Site`]. What has to be made for a request is made elsewhere:
//! the threads of the server compute nothing.

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
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinHandle;

use crate::edge::serve::call::{Calls, is_for_admin, is_for_hubs};
use crate::edge::serve::crowd::Crowd;
use crate::edge::serve::meter::{Count, Metered, Verdict, Watch};
use crate::model::Site;

pub use call::{Admin, Call, Callee, Reply, Unread};
pub use respond::respond;

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
    /// Answers what is sent to `/admin` and below; `None` where nobody does.
    pub admin: Option<Admin>,
    /// The time.
    pub clock: fn() -> Timestamp,
}

/// Answers requests on threads of its own, until it is stopped: what else the process computes does not hold up readers.
pub struct Server {
    /// Taken when it is stopped.
    runtime: Option<Runtime>,
    accepting: Option<JoinHandle<()>>,
    stop: Option<watch::Sender<()>>,
}

impl Server {
    /// Begins to answer what comes to a listening socket.
    pub fn start(listener: TcpListener, answers: Answers) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(threads()).thread_name("serve").enable_all().build()?;
        // A socket belongs to the threads that wait for it.
        let listener = listener.into_std()?;
        let listener = {
            let _inside = runtime.enter();
            TcpListener::from_std(listener)?
        };
        let (stop, told_to_stop) = watch::channel(());
        let accepting = runtime.spawn(accept(listener, answers, told_to_stop));
        Ok(Self { runtime: Some(runtime), accepting: Some(accepting), stop: Some(stop) })
    }

    /// Accepts no more, and waits until what has begun is finished; not for long.
    pub async fn stop(mut self) -> io::Result<()> {
        drop(self.stop.take());
        match self.accepting.take() {
            Some(accepting) => accepting.await.map_err(io::Error::other),
            None => Ok(()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // Whoever drops it may not wait.
            runtime.shutdown_background();
        }
    }
}

/// Half of the processors: one thread alone answers 100,000 requests a second, and threads that share few connections wake each other all the
/// time, which takes longer than the answers.
fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, |processors| processors.get().div_ceil(2))
}

/// Accepts connections until `stop`'s sender is gone; then has those that are open finish what has begun.
async fn accept(listener: TcpListener, answers: Answers, mut stop: watch::Receiver<()>) {
    let desk = Desk { answers, calls: Calls::default(), admin: Calls::default() };
    let most = crowd::room();
    let room = Arc::new(Semaphore::new(most));
    let crowd = Arc::new(Crowd::default());
    let builder = Arc::new(builder());
    let told_to_stop = stop.clone();
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
            _ = stop.changed() => break,
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
    let all = u32::try_from(most).unwrap_or(u32::MAX);
    if tokio::time::timeout(DRAIN, room.acquire_many(all)).await.is_err() {
        tracing::warn!("some connections were still open after {} seconds and were closed", DRAIN.as_secs());
    }
}

/// What a connection is served from.
#[derive(Clone)]
struct Desk {
    answers: Answers,
    calls: Calls,
    /// Its own: who calls us keeps no administrator out.
    admin: Calls,
}

/// HTTP/1.1, and HTTP/2 for whoever begins with it (RFC 9113, section 3.3): proxies do. Time limits are the [`meter`]'s.
fn builder() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder.http1().header_read_timeout(None).max_buf_size(LONGEST_HEAD);
    builder.http2().timer(TokioTimer::new()).max_concurrent_streams(MOST_STREAMS).max_header_list_size(LONGEST_HEAD as u32);
    builder
}

/// One connection, for as long as it makes progress.
async fn converse(builder: &auto::Builder<TokioExecutor>, stream: TcpStream, desk: Arc<Desk>, mut stop: watch::Receiver<()>) {
    // Answers are small and written at once; waiting to fill a packet only delays them. Where it can't be set, nothing is lost.
    let _ = stream.set_nodelay(true);
    let (stream, count) = Metered::new(stream);
    let mut watch = Watch::new(Arc::clone(&count));
    let service = service_fn(move |request| answer(request, Arc::clone(&desk), Arc::clone(&count)));
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let mut is_ending = false;
    loop {
        tokio::select! {
            biased;
            // A client that goes away in the middle is nobody's fault.
            _ = connection.as_mut() => return,
            verdict = watch.verdict() => match verdict {
                Verdict::Closes => connection.as_mut().graceful_shutdown(),
                Verdict::Dropped(why) => {
                    tracing::debug!("a connection was dropped: {why}");
                    return;
                }
            },
            // Its sender is gone.
            _ = stop.changed(), if !is_ending => {
                connection.as_mut().graceful_shutdown();
                is_ending = true;
            }
        }
    }
}

async fn answer(request: Request<Incoming>, desk: Arc<Desk>, count: Arc<Count>) -> Result<Response<Full<Bytes>>, Infallible> {
    let _asked = count.asked(request.version() == Version::HTTP_2);
    let Answers { site, metrics, calls, admin, clock } = &desk.answers;
    let path = request.uri().path();
    if let Some(callee) = calls.as_ref().filter(|_| is_for_hubs(path)) {
        return Ok(desk.calls.answer(callee, request).await);
    }
    if let Some(callee) = admin.as_ref().filter(|_| is_for_admin(path)).and_then(|admin| admin()) {
        return Ok(desk.admin.answer(&callee, request).await);
    }
    let metrics = metrics.as_ref().filter(|_| path == "/metrics");
    let (head, _) = request.into_parts();
    Ok(match metrics {
        Some(metrics) => respond::counts(head, metrics()),
        None => respond(head, site, clock()).await,
    })
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
