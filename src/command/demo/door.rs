//! The doors of the newsroom: each source has an address of its own, as real ones do, and behind all of them is the same newsroom. One is
//! opened late: that of a feed which keeps you waiting.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};

use crate::edge::serve::listen;

/// Long enough to be noticed, short enough for `fetch.timeout`.
pub(super) const WAIT: Duration = Duration::from_secs(3);

/// Listens at the address of the nth source; where the system has one loopback address alone, at that.
pub(super) async fn at(nth: u8) -> io::Result<TcpListener> {
    let own = SocketAddr::from((Ipv4Addr::new(127, 1, 0, nth), 0));
    match listen(&own.to_string()).await {
        Err(error) if error.kind() == io::ErrorKind::AddrNotAvailable => listen("127.0.0.1:0").await,
        listener => listener,
    }
}

/// Passes every connection on, after a wait. Ends when it is dropped.
pub(super) async fn open(door: TcpListener, to: SocketAddr, wait: Duration) {
    while let Ok((mut near, _)) = door.accept().await {
        tokio::spawn(async move {
            tokio::time::sleep(wait).await;
            if let Ok(mut far) = TcpStream::connect(to).await {
                // Whoever hangs up first ends it.
                let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
            }
        });
    }
}
