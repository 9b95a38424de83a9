//! Parsing beside plain feed-rs over the same bytes: what a feed costs, well-formed and broken.
//!
//! `cargo bench --bench parse` prints times and ratios of one run. `cargo bench --bench parse -- count WHAT FILE` parses a file
//! ten times with `ours` or `feed-rs` and prints nothing: for `valgrind --tool=callgrind`, which counts instructions.
fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, what, file, ..] = arguments.as_slice()
        && mode == "count"
    {
        let bytes = std::fs::read(file).expect("a file");
        for _ in 0..10 {
            match what.as_str() {
                "ours" => drop(std::hint::black_box(ours(&bytes))),
                _ => drop(std::hint::black_box(feed_rs::parser::parse(&bytes[..]))),
            }
        }
    }
}

fn ours(bytes: &[u8]) -> usize {
    let base = url::Url::parse("https://bao.example.vn/rss").expect("valid");
    let timezone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    let now = "2026-11-23T08:00:00Z".parse().expect("valid");
    let input = diemtin::flow::parse::Input {
        bytes,
        content_type: None,
        base: &base,
        timezone: &timezone,
        encoding: None,
        select: None,
        now,
    };
    diemtin::flow::parse::parse(input).map_or(0, |d| d.entries.len())
}
