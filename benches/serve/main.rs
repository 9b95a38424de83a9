//! Serving a feed, beside nginx with the same bytes from a file: full, gzip and 304 answers, with 64 connections, in one run.
//!
//! `cargo bench --bench serve [-- SECONDS]` needs `nginx` and `wrk`. Ours is the server of `diemtin serve` over a site of one feed; nginx
//! has one worker, `sendfile`, and the file compressed beforehand (`gzip_static`). The two take turns, so that what else the machine does
//! meets both. Times are noisy; the ratios are of one run. What does not depend on what else the machine does is the processor's time an answer, in
//! the program and in the system.

mod cpu;
mod nginx;
mod site;
mod wrk;

use std::process::ExitCode;

use anyhow::Context;

/// Turns that each of the two takes; the best counts.
const TURNS: usize = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["ours"] => site::serve_ours(),
        _ => benchmark(arguments.first().and_then(|a| a.parse().ok()).unwrap_or(5)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn benchmark(seconds: u32) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let page = site::page();
    let ours = site::Ours::start()?;
    let nginx = nginx::Nginx::start(folder.path(), &page)?;
    println!(
        "{} bytes, {} in gzip; 64 connections, {seconds} s a turn, best of {TURNS}\n",
        page.body.len(),
        site::gzip(&page).len()
    );
    println!("answer       nginx /s    ours /s   ratio    p99 nginx    p99 ours   CPU nginx    CPU ours   ratio");
    let pids = [nginx.worker()?, ours.pid()];
    let etag = |port: u16, gzip: bool| wrk::etag(port, gzip).with_context(|| format!("no ETag from port {port}"));
    for (name, headers) in [
        ("whole", [String::new(), String::new()]),
        ("gzip", ["Accept-Encoding: gzip".to_owned(), "Accept-Encoding: gzip".to_owned()]),
        ("304", [etag(nginx.port, false)?, etag(ours.port, false)?].map(|tag| format!("If-None-Match: {tag}"))),
    ] {
        let mut best = [wrk::Measured::default(); 2];
        // The least of all turns, in microseconds an answer.
        let mut cpu = [f64::MAX; 2];
        for _ in 0..TURNS {
            for (place, port) in [nginx.port, ours.port].into_iter().enumerate() {
                let before = cpu::seconds(pids[place])?;
                let measured = wrk::run(port, &headers[place], seconds)?;
                cpu[place] = cpu[place].min((cpu::seconds(pids[place])? - before) * 1e6 / measured.answers);
                if measured.per_second > best[place].per_second {
                    best[place] = measured;
                }
            }
        }
        let [theirs, ours] = best;
        let ratio = ours.per_second / theirs.per_second;
        println!(
            "{name:<8} {:>12.0} {:>10.0} {ratio:>7.2} {:>12} {:>11} {:>8.2} µs {:>8.2} µs {:>7.2}",
            theirs.per_second,
            ours.per_second,
            theirs.p99,
            ours.p99,
            cpu[0],
            cpu[1],
            cpu[0] / cpu[1]
        );
    }
    Ok(())
}
