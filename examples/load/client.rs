//! A client that keeps its connection and reads whole answers.

use anyhow::{Context, ensure};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Client {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// What is kept of an answer.
pub struct Answer {
    /// Its ETag; empty where it has none.
    pub tag: String,
}

impl Client {
    pub async fn connect(port: u16) -> anyhow::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: Vec::with_capacity(128 * 1024) })
    }

    /// Asks for a page, with more header lines.
    pub async fn get(&mut self, path: &str, lines: &str) -> anyhow::Result<Answer> {
        self.stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: tin\r\n{lines}\r\n").as_bytes()).await?;
        self.buffer.clear();
        let end = loop {
            if let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the connection was closed");
        };
        let head = std::str::from_utf8(&self.buffer[..end]).context("the head is no text")?.to_owned();
        let value = |name: &str| {
            let line = head.lines().find(|line| line.len() > name.len() && line[..name.len()].eq_ignore_ascii_case(name))?;
            Some(line[name.len() + 1..].trim().to_owned())
        };
        let length: usize = match value("content-length") {
            Some(length) if !head.starts_with("HTTP/1.1 304") => length.parse()?,
            _ => 0,
        };
        while self.buffer.len() < end + length {
            ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "the answer was cut off");
        }
        Ok(Answer { tag: value("etag").unwrap_or_default() })
    }

    /// The tags of pages.
    pub async fn tags(&mut self, paths: &[String]) -> anyhow::Result<Vec<String>> {
        let mut tags = Vec::with_capacity(paths.len());
        for path in paths {
            tags.push(self.get(path, "").await?.tag);
        }
        Ok(tags)
    }
}
