//! Whatever a document holds, four times as much of it takes about four times as long, not sixteen times.
//!
//! Each of these was found by taking a piece of markup many thousand times; most took the square of their length before.

use std::fs;
use std::time::Duration;

use diemtin::flow::parse::{Input, parse, propose};
use jiff::tz::TimeZone;

/// Between four times, which is linear with what a machine does beside, and sixteen times, which is not.
const MOST_TIMES: u32 = 10;
/// What takes no longer than this tells nothing.
const SHORT: Duration = Duration::from_millis(40);
/// How often each is tried: the quickest counts, since others take the caches away.
const TRIES: usize = 4;
/// The length of the shorter document, in bytes.
const LENGTH: usize = 24 * 1024;

/// What stands before, what is repeated, and what stands behind.
const DOCUMENTS: [(&str, &str, &str); 21] = [
    (ITEM, "<a ", ""),
    (ITEM, "<a b=\"", ""),
    (ITEM, "<x:a>", ""),
    (ITEM, "<category>a</category>", ""),
    (ITEM, "<!-- ", ""),
    (ITEM, "<![CDATA[", ""),
    (TITLE, "<", "</title>"),
    (TITLE, "&", "</title>"),
    (TITLE, "&#", ";</title>"),
    (BODY, "<a<b", "]]>"),
    (BODY, "<div></x>", "]]>"),
    (BODY, "<span><div></span>", "]]>"),
    (BODY, "<p><b title=x>x</p>", "]]>"),
    (BODY, "<a><p></a>", "]]>"),
    (BODY, "&a#", ";]]>"),
    (BODY, "<svg>", "]]>"),
    (BODY, "<table><tr><td>", "]]>"),
    ("<rss ", "a=\"1\" ", "><item>"),
    ("<html><body>", "<rss", ""),
    ("<html><body>", "<p><b title=x><a href=/tin-moi>Tin mới trong ngày</a>", ""),
    ("{\"items\":[", "{\"a\":[", ""),
];
const ITEM: &str = "<rss><channel><item>";
const TITLE: &str = "<rss><channel><item><title>";
const BODY: &str = "<rss><channel><item><description><![CDATA[<table></table>";

#[test]
fn time_grows_with_the_length() {
    for (head, part, tail) in DOCUMENTS {
        let document = |length: usize| format!("{head}{}{tail}", part.repeat(length / part.len()));
        let (short, long) = (time(&document(LENGTH)), time(&document(4 * LENGTH)));
        assert!(long < SHORT || long < MOST_TIMES * short, "{head}{part}…: {short:?}, four times as long {long:?}");
    }
}

/// Attributes differ, so that each is held against all others.
#[test]
fn time_grows_with_the_number_of_attributes() {
    let document = |count: usize| format!("{BODY}<p {}>x</p>]]>", (0..count).map(|i| format!("a{i} ")).collect::<String>());
    let (short, long) = (time(&document(5_000)), time(&document(20_000)));
    assert!(long < SHORT || long < MOST_TIMES * short, "{short:?}, four times as many {long:?}");
}

/// How long this thread had a processor so far, whatever else the machine does (Linux, sched-stats.txt).
fn spent() -> Duration {
    let stat = fs::read_to_string("/proc/thread-self/schedstat").expect("the thread's time");
    let nanoseconds = stat.split_whitespace().next().expect("a first field");
    Duration::from_nanos(nanoseconds.parse().expect("a number"))
}

/// How long a document takes a processor.
fn time(document: &str) -> Duration {
    let base = "https://bao.example.vn/rss".parse().expect("an address");
    let timezone = TimeZone::fixed(jiff::tz::offset(7));
    let now = "2026-11-23T08:00:00Z".parse().expect("a time");
    let bytes = document.as_bytes();
    let input = Input { bytes, content_type: None, base: &base, timezone: &timezone, encoding: None, select: None, now };
    let tries = (0..TRIES).map(|_| {
        let start = spent();
        drop(parse(input));
        drop(propose(input));
        spent().saturating_sub(start)
    });
    tries.min().expect("some tries")
}
