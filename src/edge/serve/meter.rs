//! A connection's bytes, counted, so that one that makes no progress is told from one that is slow and alive.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How often a connection is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// What a client that we are writing to must take between two looks, in bytes: 1 KiB a second, slower than any telephone.
const LEAST_TAKEN: u64 = 5 * 1024;
/// Looks in a row at which a client may have taken less.
const PATIENCE: u32 = 3;
/// Looks in a row at which nothing at all may have moved: a minute.
const IDLE: u32 = 12;
/// Looks after which a client must have said something: it came to ask.
const SILENT: u32 = 2;

/// What a connection has done so far.
#[derive(Debug, Default)]
pub(super) struct Count {
    read: AtomicU64,
    written: AtomicU64,
    /// The client takes no more at the moment, though there is more.
    is_full: AtomicBool,
}

impl Count {
    /// Ends when the connection deserves no more patience, and says why.
    pub(super) async fn stalled(&self) -> &'static str {
        let mut beat = tokio::time::interval(LOOK);
        beat.tick().await;
        let (mut looks, mut slow, mut still) = (0, 0, 0);
        let (mut read, mut written) = (0, 0);
        loop {
            beat.tick().await;
            looks += 1;
            let (read_now, written_now) = (self.read.load(Ordering::Relaxed), self.written.load(Ordering::Relaxed));
            slow = if self.is_full.load(Ordering::Relaxed) && written_now - written < LEAST_TAKEN { slow + 1 } else { 0 };
            still = if (read_now, written_now) == (read, written) { still + 1 } else { 0 };
            (read, written) = (read_now, written_now);
            match () {
                () if read == 0 && looks >= SILENT => return "it said nothing",
                () if slow >= PATIENCE => return "it took less than 1 KiB a second",
                () if still >= IDLE => return "nothing moved for a minute",
                () => {}
            }
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
            self.count.written.fetch_add(*bytes as u64, Ordering::Relaxed);
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Metered<S> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        self.count.read.fetch_add((buffer.filled().len() - before) as u64, Ordering::Relaxed);
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

    /// What becomes of a server that reads a request and writes a megabyte to a client that does as it is told.
    async fn ends<F: Future>(client: impl FnOnce(tokio::io::DuplexStream) -> F) -> &'static str {
        let (theirs, ours) = duplex(4096);
        let (mut ours, count) = Metered::new(ours);
        let work = async {
            let asked = ours.read_u8().await.is_ok();
            if asked && ours.write_all(&vec![0; 1 << 20]).await.is_ok() {
                return "it was served";
            }
            std::future::pending().await
        };
        let (served, _) = tokio::join!(
            async {
                tokio::select! {
                    why = count.stalled() => why,
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
        assert_eq!(ends(silent).await, "it said nothing");
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
}
