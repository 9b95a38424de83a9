//! The fuzzers' seeds, and what was ever found by fuzzing, read again at every test run.

use std::fs;
use std::path::Path;

use diemtin::flow::parse::{Input, parse, propose, read_date};
use jiff::tz::TimeZone;

fn seeds(kind: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(kind);
    let files = fs::read_dir(folder).expect("the seeds").map(|file| fs::read(file.expect("a seed").path()).expect("a seed"));
    let files: Vec<Vec<u8>> = files.collect();
    assert!(files.len() > 5, "there are seeds");
    files
}

/// Every seed whole, cut at every place, and with a byte turned at every place: whatever happens, reading ends and says something.
#[test]
fn no_document_panics() {
    let base = "https://bao.example.vn/rss".parse().expect("an address");
    let timezone = TimeZone::fixed(jiff::tz::offset(7));
    let now = "2026-11-23T08:00:00Z".parse().expect("a time");
    let read = |bytes: &[u8]| {
        parse(Input { bytes, content_type: None, base: &base, timezone: &timezone, encoding: None, select: None, now }).is_ok()
    };
    let mut read_at_all = 0;
    for seed in seeds("parse") {
        read_at_all += usize::from(read(&seed));
        for at in 0..seed.len() {
            read(&seed[..at]);
            let mut turned = seed.clone();
            turned[at] ^= 0x14;
            read(&turned);
        }
    }
    assert!(read_at_all >= 6, "most seeds are feeds");
}

/// What the fuzzers found on their way, the smallest inputs that reach all they reached.
#[test]
fn nothing_that_was_found_panics() {
    let base = "https://bao.example.vn/rss".parse().expect("an address");
    let timezone = TimeZone::fixed(jiff::tz::offset(7));
    let now = "2026-11-23T08:00:00Z".parse().expect("a time");
    for bytes in &seeds("found/parse") {
        let input = Input { bytes, content_type: None, base: &base, timezone: &timezone, encoding: None, select: None, now };
        let first = format!("{:?}", parse(input));
        assert_eq!(first, format!("{:?}", parse(input)), "read twice, it comes out alike");
        propose(input);
    }
    for text in seeds("found/date") {
        read_date(&String::from_utf8_lossy(&text), &timezone, now);
    }
}

#[test]
fn no_date_panics() {
    let timezone = TimeZone::fixed(jiff::tz::offset(7));
    let now = "2026-11-23T08:00:00Z".parse().expect("a time");
    for seed in seeds("date") {
        let text = String::from_utf8(seed).expect("a text");
        assert!(read_date(&text, &timezone, now).is_some(), "{text}");
        for (at, _) in text.char_indices() {
            read_date(&text[..at], &timezone, now);
            read_date(&text[at..], &timezone, now);
        }
    }
}
