//! Any bytes are a document or none; whatever comes out is fit to be published.
#![no_main]

use diemtin::flow::parse::{Input, MOST_ENTRIES, NotAFeed, directories, parse, propose};
use libfuzzer_sys::fuzz_target;

// feed-rs panics on some documents, which is caught: only a panic that nobody catches is a finding.
fuzz_target!(init: std::panic::set_hook(Box::new(|_| {})), |bytes: &[u8]| {
    let base = url::Url::parse("https://bao.example.vn/rss").expect("valid");
    let timezone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    let now = "2026-11-23T08:00:00Z".parse().expect("valid");
    let input = Input { bytes, content_type: None, base: &base, timezone: &timezone, encoding: None, select: None, now };
    let documents = match parse(input) {
        Ok(document) => vec![document],
        // A page is looked at as a list of articles.
        Err(NotAFeed::HtmlPage { .. }) => {
            directories(input);
            propose(input).into_iter().map(|proposal| proposal.document).collect()
        }
        Err(_) => Vec::new(),
    };
    for document in documents {
        assert!(document.entries.len() <= MOST_ENTRIES);
        for entry in document.entries {
            let addresses = entry.url.iter().chain(&entry.image).chain(entry.enclosures.iter().map(|e| &e.url));
            addresses.for_each(|a| assert!(a.starts_with("http://") || a.starts_with("https://"), "{a}"));
            assert!(!entry.title.contains('\n') && entry.title.trim() == entry.title);
            for html in std::iter::once(&entry.summary).chain(&entry.content) {
                // Outside of tags every `<` is escaped.
                for tag in html.split('<').skip(1).filter_map(|after| after.split('>').next()) {
                    let wrong = ["script", "iframe", "style"].iter().any(|name| tag.starts_with(name));
                    let handles_events = tag.split('"').step_by(2).any(|outside| outside.contains(" on"));
                    let leads_to_script = ["href", "src"].iter().any(|name| tag.contains(&format!(" {name}=\"javascript:")));
                    assert!(!wrong && !handles_events && !leads_to_script, "{html}");
                }
            }
        }
    }
});
