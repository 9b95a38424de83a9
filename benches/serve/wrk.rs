//! wrk, and what it says.

use std::process::Command;

use anyhow::{Context, ensure};

#[derive(Clone, Copy, Default)]
pub struct Measured {
    pub per_second: f64,
    /// The 99th percentile of the time that an answer took.
    pub p99: Micros,
    /// How many there were.
    pub answers: f64,
}

#[derive(Clone, Copy, Default)]
pub struct Micros(f64);

impl std::fmt::Display for Micros {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(&format!("{:.2} ms", self.0 / 1000.0))
    }
}

/// Asks for the feed as fast as it can.
pub fn run(port: u16, header: &str, seconds: u32) -> anyhow::Result<Measured> {
    let mut command = Command::new("wrk");
    command.args(["-t1", "-c64", "--latency", &format!("-d{seconds}s")]);
    if !header.is_empty() {
        command.args(["-H", header]);
    }
    let output = command.arg(url(port)).output().context("wrk is not installed")?;
    let text = String::from_utf8_lossy(&output.stdout);
    ensure!(!text.contains("Non-2xx or 3xx"), "wrk was refused:\n{text}");
    let after = |label: &str| text.lines().find_map(|line| line.trim().strip_prefix(label)).map(str::trim);
    let per_second = after("Requests/sec:").and_then(|n| n.parse().ok()).with_context(|| format!("wrk says:\n{text}"))?;
    let p99 = after("99%").and_then(micros).with_context(|| format!("wrk says:\n{text}"))?;
    let answers = text.lines().find_map(|line| line.split_once(" requests in ")).and_then(|(n, _)| n.trim().parse().ok());
    Ok(Measured { per_second, p99: Micros(p99), answers: answers.with_context(|| format!("wrk says:\n{text}"))? })
}

fn micros(text: &str) -> Option<f64> {
    let unit = text.find(|c: char| c.is_alphabetic())?;
    let number: f64 = text[..unit].parse().ok()?;
    Some(match &text[unit..] {
        "us" => number,
        "ms" => number * 1e3,
        _ => number * 1e6,
    })
}

/// The ETag of the feed.
pub fn etag(port: u16, gzip: bool) -> Option<String> {
    let encoding = if gzip { "Accept-Encoding: gzip" } else { "Accept-Encoding: identity" };
    let output = Command::new("curl").args(["-s", "-D-", "-o/dev/null", "-H", encoding, &url(port)]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let tag = text.lines().find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case("etag")));
    tag.map(|(_, value)| value.trim().to_owned())
}

fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}/feeds/moi-nhat.rss")
}
