//! What serves the generated feeds: every source has a host of its own, as in life, so that no limit of one host serialises
//! the pass. It knows ETags, and it closes each connection, because none survives the minutes between two polls.

use std::io::{Read, Write};
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::news;

/// The longest request that is read, in bytes; ours take 400.
const LONGEST_REQUEST: usize = 8 * 1024;

/// Prints its port and serves until its stdin ends. One thread: the machine's other cores are for what is measured.
pub fn run() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::spawn(move || runtime.block_on(serve()).map_err(|error| eprintln!("the origin: {error}")));
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

async fn serve() -> anyhow::Result<()> {
    let mut port = 0;
    for number in 0..news::sources() {
        let listener = TcpListener::bind((news::host(number), port)).await?;
        port = listener.local_addr()?.port();
        tokio::spawn(accept(listener, Arc::new(Feed::new(number))));
    }
    writeln!(std::io::stdout(), "{port}")?;
    std::future::pending().await
}

async fn accept(listener: TcpListener, feed: Arc<Feed>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(tokio::spawn(answer(stream, Arc::clone(&feed)))),
            Err(error) => eprintln!("the origin: {error}"),
        }
    }
}

/// Both answers of one source.
struct Feed {
    etag: String,
    whole: Vec<u8>,
    not_modified: Vec<u8>,
}

impl Feed {
    fn new(number: usize) -> Self {
        let body = news::feed(number);
        let etag = format!("\"{:016x}\"", xxhash_rust::xxh3::xxh3_64(body.as_bytes()));
        let head = format!("etag: {etag}\r\nlast-modified: Thu, 15 Jan 2026 01:00:00 GMT\r\nconnection: close\r\n");
        let length = body.len();
        let kind = "content-type: application/rss+xml; charset=utf-8";
        let whole = format!("HTTP/1.1 200 OK\r\n{head}{kind}\r\ncontent-length: {length}\r\n\r\n{body}");
        Self { whole: whole.into_bytes(), not_modified: format!("HTTP/1.1 304 Not Modified\r\n{head}\r\n").into_bytes(), etag }
    }
}

/// Answers the one request of a connection. A client that breaks off is the client's matter, and fails there.
async fn answer(mut stream: TcpStream, feed: Arc<Feed>) -> std::io::Result<()> {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        if request.len() > LONGEST_REQUEST || stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    if request.starts_with(b"GET /robots.txt ") {
        stream.write_all(b"HTTP/1.1 404 Not Found\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await?;
        return stream.shutdown().await;
    }
    let known = String::from_utf8_lossy(&request).contains(&format!("if-none-match: {}\r\n", feed.etag));
    stream.write_all(if known { &feed.not_modified } else { &feed.whole }).await?;
    stream.shutdown().await
}
