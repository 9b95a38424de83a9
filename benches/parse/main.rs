//! Parsing beside plain feed-rs over the same bytes, in one run: what a feed costs, well-formed and broken, and that the cost grows
//! with the size and not faster.
//!
//! `cargo bench --bench parse` prints the least of several rounds and the ratios. Times are noisy; for instructions run the same
//! binary as `valgrind --tool=callgrind BINARY count ours|feed-rs FILE`, which parses a file ten times and prints nothing.
//! `BINARY make FOLDER` writes the feeds that are measured here.

mod generated;

use std::hint::black_box;
use std::time::{Duration, Instant};

use diemtin::flow::parse::{Input, parse};

/// Rounds of each measurement; the least counts.
const ROUNDS: usize = 15;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (short, long) = (generated::feed(50, 40, 0), generated::feed(50, 40, 200));
    let broken = generated::broken(&long);
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["count", what, file] => return count(what, file),
        ["make", folder] => {
            for (name, bytes) in [("summaries.xml", &short), ("bodies.xml", &long), ("broken.xml", &broken)] {
                std::fs::write(std::path::Path::new(folder).join(name), bytes).expect("the folder that was named");
            }
            return;
        }
        _ => {}
    }
    assert_eq!(
        [ours(&short), ours(&long), ours(&broken), feed_rs(&short), feed_rs(&long)],
        [50; 5],
        "everyone reads every entry"
    );
    assert_eq!(feed_rs(&broken), 0, "the broken feed is one that feed-rs refuses");

    println!("                                      bytes        ours     feed-rs   ratio");
    for (name, bytes) in [("summaries of 40 words", &short), ("and bodies of 200 words", &long)] {
        row(name, bytes.len(), least(|| ours(bytes)), least(|| feed_rs(bytes)));
    }
    row("the same broken, beside it whole", broken.len(), least(|| ours(&broken)), least(|| feed_rs(&long)));

    println!("\ngrowth: time a byte, beside that of the smallest");
    let per_byte = |bytes: &[u8]| least(|| ours(bytes)).as_secs_f64() / bytes.len() as f64;
    let first = per_byte(&short);
    for entries in [50, 100, 200, 400] {
        let bytes = generated::feed(entries, 40, 0);
        println!("{entries:>6} entries {:>9} bytes {:>6.2} ×", bytes.len(), per_byte(&bytes) / first);
    }
}

fn count(what: &str, file: &str) {
    let bytes = std::fs::read(file).expect("the file that was named");
    let read = if what == "ours" { ours } else { feed_rs };
    for _ in 0..10 {
        black_box(read(&bytes));
    }
}

fn row(name: &str, bytes: usize, ours: Duration, feed_rs: Duration) {
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    println!(
        "{name:<34} {bytes:>8} {:>8.0} µs {:>8.0} µs {:>6.2} ×",
        micros(ours),
        micros(feed_rs),
        micros(ours) / micros(feed_rs)
    );
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn least(work: impl Fn() -> usize) -> Duration {
    let round = |_| {
        let start = Instant::now();
        black_box(work());
        start.elapsed()
    };
    (0..ROUNDS).map(round).min().unwrap_or_default()
}

/// Our stage, as a poll calls it; how many entries it finds.
fn ours(bytes: &[u8]) -> usize {
    let base = url::Url::parse("https://bao.example.vn/rss").expect("valid");
    let timezone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    let now = "2026-11-23T08:00:00Z".parse().expect("valid");
    let input = Input { bytes, content_type: None, base: &base, timezone: &timezone, encoding: None, select: None, now };
    parse(input).map_or(0, |document| document.entries.len())
}

/// feed-rs as its documentation shows it.
fn feed_rs(bytes: &[u8]) -> usize {
    feed_rs::parser::parse(bytes).map_or(0, |feed| feed.entries.len())
}
