//! A connection's bytes and requests, counted, so that one that makes no progress is told from one that is slow and alive.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Interval, MissedTickBehavior};

/// How often a connection is looked at. One timer for all its limits: to set one for each request would cost more than many an answer.
const LOOK: Duration = Duration::from_millis(2500);
/// Looks in a row at which a client that speaks HTTP/1 may have asked for nothing whole while nothing is on its way to it: ten seconds, for the
/// first request's head as for the next one's.
const SILENT: u32 = 4;
/// Looks in a row at which nothing at all may have moved: a minute, for proxies that speak HTTP/2 and keep connections ready.
const IDLE: u32 = 24;
/// What a client that we are writing to must take between two looks, in bytes: 1 KiB a second, slower than any telephone.
const LEAST_TAKEN: u64 = 2560;
/// Looks in a row at which a client may have taken less: fifteen seconds.
const PATIENCE: u32 = 6;
/// Looks after which a connection is closed after the answer under way, ten minutes: so that a proxy's are spread anew, and none stays for ever.
const LONGEST: u32 = 240;

/// What a connection has done so far. Its own task counts, so nothing is added to by two at once; only requests of HTTP/2 have tasks of their
/// own, and their number decides nothing.
#[derive(Debug, Default)]
pub(super) struct Count {
    read: AtomicU64,
    written: AtomicU64,
    asked: AtomicU64,
    /// A request is being answered: the client waits for us, and not we for it.
    is_asked: AtomicBool,
    /// The client takes no more at the moment, though there is more.
    is_full: AtomicBool,
    /// Several requests at once: HTTP/2.
    is_shared: AtomicBool,
}

/// What is to become of a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It has lasted long enough: it is closed after the answer under way.
    Closes,
    /// It deserves no more patience, and this is why.
    Dropped(&'static str),
}

impl Count {
    /// A whole request's head has come, and is being answered until what is returned is dropped.
    pub(super) fn asked(&self, is_shared: bool) -> Asked<'_> {
        add(&self.asked, 1);
        self.is_asked.store(true, Ordering::Relaxed);
        if is_shared {
            self.is_shared.store(true, Ordering::Relaxed);
        }
        Asked(self)
    }
}

/// A request that is being answered.
pub(super) struct Asked<'a>(&'a Count);

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.0.is_asked.store(false, Ordering::Relaxed);
    }
}

/// A number that only one task adds to: without the price of an atomic addition.
fn add(number: &AtomicU64, more: u64) {
    number.store(number.load(Ordering::Relaxed) + more, Ordering::Relaxed);
}

/// Looks at a connection now and then.
pub(super) struct Watch {
    count: Arc<Count>,
    beat: Interval,
    looks: u32,
    slow: u32,
    still: u32,
    silent: u32,
    /// What was read, written and asked at the last look.
    last: [u64; 3],
}

impl Watch {
    pub(super) fn new(count: Arc<Count>) -> Self {
        let mut beat = tokio::time::interval_at(tokio::time::Instant::now() + LOOK, LOOK);
        // Looks that were missed are not made up for: in a moment nobody makes progress.
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self { count, beat, looks: 0, slow: 0, still: 0, silent: 0, last: [0; 3] }
    }

    /// Waits until there is something to be done. Nothing is lost when it is dropped before.
    pub(super) async fn verdict(&mut self) -> Verdict {
        loop {
            self.beat.tick().await;
            if let Some(verdict) = self.look() {
                return verdict;
            }
        }
    }

    fn look(&mut self) -> Option<Verdict> {
        let count = &self.count;
        let now = [&count.read, &count.written, &count.asked].map(|number| number.load(Ordering::Relaxed));
        let [_, taken, asked] = [0, 1, 2].map(|at| now[at] - self.last[at]);
        let is_full = count.is_full.load(Ordering::Relaxed);
        let is_served = is_full || taken > 0 || asked > 0 || count.is_asked.load(Ordering::Relaxed);
        let is_shared = count.is_shared.load(Ordering::Relaxed);
        self.looks += 1;
        self.slow = if is_full && taken < LEAST_TAKEN { self.slow + 1 } else { 0 };
        self.still = if now == self.last { self.still + 1 } else { 0 };
        self.silent = if is_served || is_shared { 0 } else { self.silent + 1 };
        self.last = now;
        match () {
            () if self.silent >= SILENT => Some(Verdict::Dropped("it asked for nothing for ten seconds")),
            () if self.slow >= PATIENCE => Some(Verdict::Dropped("it took less than 1 KiB a second")),
            () if self.still >= IDLE => Some(Verdict::Dropped("nothing moved for a minute")),
            () if self.looks == LONGEST => Some(Verdict::Closes),
            () => None,
        }
    }
}

/// A stream whose bytes are counted.
pub(super) struct Metered<S> {
    stream: S,
    count: Arc<Count>,
}

impl<S> Metered<S> {
    pub(super) fn new(stream: S) -> (Self, Arc<Count>) {
        let count = Arc::<Count>::default();
        (Self { stream, count: Arc::clone(&count) }, count)
    }

    fn written(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.count.is_full.store(written.is_pending(), Ordering::Relaxed);
        if let Poll::Ready(Ok(bytes)) = &written {
            add(&self.count.written, *bytes as u64);
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        add(&self.count.read, (buffer.filled().len() - before) as u64);
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Metered<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.written(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // An answer without a body is one piece: the plainer call costs the system less.
        let written = match slices {
            [only] => Pin::new(&mut self.stream).poll_write(context, only),
            slices => Pin::new(&mut self.stream).poll_write_vectored(context, slices),
        };
        self.written(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    const ASKS_NO_MORE: &str = "it asked for nothing for ten seconds";

    /// What becomes of a server that reads a request's head, which ends in 1, and writes a megabyte to a client that does as it is told.
    async fn ends<F: Future>(client: impl FnOnce(tokio::io::DuplexStream) -> F) -> &'static str {
        let (theirs, ours) = duplex(4096);
        let (mut ours, count) = Metered::new(ours);
        let mut watch = Watch::new(Arc::clone(&count));
        let work = async {
            while ours.read_u8().await.is_ok_and(|byte| byte != 1) {}
            drop(count.asked(false));
            if ours.write_all(&vec![0; 1 << 20]).await.is_ok() {
                return "it was served";
            }
            std::future::pending().await
        };
        let watching = async {
            loop {
                if let Verdict::Dropped(why) = watch.verdict().await {
                    return why;
                }
            }
        };
        let (served, _) = tokio::join!(
            async {
                tokio::select! {
                    why = watching => why,
                    why = work => why,
                }
            },
            async { tokio::time::timeout(Duration::from_secs(3600), client(theirs)).await }
        );
        served
    }

    #[tokio::test(start_paused = true)]
    async fn who_makes_no_progress_is_dropped_and_who_is_slow_is_served() {
        let silent = |stream| async move {
            tokio::time::sleep(Duration::from_secs(600)).await;
            drop(stream);
        };
        assert_eq!(ends(silent).await, ASKS_NO_MORE);
        let drips = |mut stream: tokio::io::DuplexStream| async move {
            while stream.write_u8(0).await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        assert_eq!(ends(drips).await, ASKS_NO_MORE);
        let takes_nothing = |mut stream: tokio::io::DuplexStream| async move {
            stream.write_u8(1).await.unwrap();
            tokio::time::sleep(Duration::from_secs(600)).await;
        };
        assert_eq!(ends(takes_nothing).await, "it took less than 1 KiB a second");
        let at = |bytes_a_second: usize| {
            move |mut stream: tokio::io::DuplexStream| async move {
                stream.write_u8(1).await.unwrap();
                let mut buffer = vec![0; bytes_a_second];
                while stream.read_exact(&mut buffer).await.is_ok() {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        };
        assert_eq!(ends(at(100)).await, "it took less than 1 KiB a second");
        assert_eq!(ends(at(2048)).await, "it was served");
    }

    /// After how many seconds a connection that does what `does` says at each look is closed or dropped.
    async fn lasts(does: impl Fn(&Count)) -> (u64, Verdict) {
        let count = Arc::<Count>::default();
        let mut watch = Watch::new(Arc::clone(&count));
        let begun = tokio::time::Instant::now();
        loop {
            does(&count);
            if let Ok(verdict) = tokio::time::timeout(LOOK, watch.verdict()).await {
                return (begun.elapsed().as_secs(), verdict);
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn limits_are_those_of_what_a_connection_does() {
        let asks = |count: &Count| drop(count.asked(false));
        assert_eq!(lasts(asks).await, (600, Verdict::Closes));
        assert_eq!(lasts(|_| {}).await, (10, Verdict::Dropped(ASKS_NO_MORE)));
        let waits_for_us = |count: &Count| count.is_asked.store(true, Ordering::Relaxed);
        assert_eq!(lasts(waits_for_us).await, (60, Verdict::Dropped("nothing moved for a minute")));
        let keeps_ready = |count: &Count| count.is_shared.store(true, Ordering::Relaxed);
        assert_eq!(lasts(keeps_ready).await, (60, Verdict::Dropped("nothing moved for a minute")));
        let pings = |count: &Count| {
            keeps_ready(count);
            add(&count.read, 17);
        };
        assert_eq!(lasts(pings).await, (600, Verdict::Closes));
    }
}
