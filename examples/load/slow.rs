//! Clients that take their time: a third sends its request byte by byte, a third reads 100 bytes a second of 40 answers, a third says nothing.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// All of them, in a process of their own, until this is dropped.
pub struct Slow(Child);

impl Slow {
    /// Starts them, and waits until all are connected.
    pub fn start(port: u16) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let mut child = command.args(["clients", &port.to_string()]).stdout(Stdio::piped()).spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        Ok(Self(child))
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        // They are gone either way.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Connects so many, says so, and goes on until it is killed.
pub async fn clients(port: u16, count: usize) -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit })?;
    for number in 0..count {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        tokio::spawn(async move { drop(take_time(stream, number % 3).await) });
    }
    println!("connected");
    std::future::pending().await
}

async fn take_time(mut stream: TcpStream, kind: usize) -> std::io::Result<()> {
    let second = Duration::from_secs(1);
    match kind {
        0 => {
            for byte in format!("GET /feeds/moi-nhat.rss HTTP/1.1\r\nHost: tin\r\n{}", "X: y\r\n".repeat(100)).bytes() {
                stream.write_all(&[byte]).await?;
                tokio::time::sleep(second).await;
            }
        }
        1 => {
            stream.write_all("GET /feeds/moi-nhat.rss HTTP/1.1\r\nHost: tin\r\n\r\n".repeat(40).as_bytes()).await?;
            while stream.read(&mut [0; 100]).await? > 0 {
                tokio::time::sleep(second).await;
            }
        }
        _ => std::future::pending().await,
    }
    Ok(())
}
