//! Any text is a date or none, and a date is one of this age.
#![no_main]

use diemtin::flow::parse::read_date;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let timezone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    let now = "2026-11-23T08:00:00Z".parse().expect("valid");
    let first: jiff::Timestamp = "1900-12-31T00:00:00Z".parse().expect("valid");
    if let Some(date) = read_date(text, &timezone, now) {
        assert!(date >= first, "{text} is {date}");
        assert_eq!(date.subsec_nanosecond(), 0, "{text} is {date}");
    }
});
