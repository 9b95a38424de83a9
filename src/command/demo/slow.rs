//! A source that keeps you waiting: every connection is let through only after a while.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

/// Long enough to be noticed, short enough for `fetch.timeout`.
const WAIT: Duration = Duration::from_secs(3);

/// Passes every connection on, late. Ends when it is dropped.
pub(super) async fn forward(listener: TcpListener, to: SocketAddr) {
    while let Ok((mut near, _)) = listener.accept().await {
        tokio::spawn(async move {
            tokio::time::sleep(WAIT).await;
            if let Ok(mut far) = TcpStream::connect(to).await {
                // Whoever hangs up first ends it.
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            }
        });
    }
}
