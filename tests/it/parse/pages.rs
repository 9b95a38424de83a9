//! What a case expects of a page beside its entries: the feeds that it names, and the selectors that are proposed for it.

use diemtin::flow::parse::{Input, NotAFeed, Proposal, directories, propose};
use diemtin::model::Document;

/// The parts of a proposal that a case may expect: those of `select`, and how many articles it brings.
pub const PARTS: [&str; 7] = ["item", "title", "link", "date", "summary", "image", "entries"];

/// Whether an expectation is about a page and not about entries.
pub fn is_about_pages(key: &str) -> bool {
    matches!(key, "feeds" | "directories" | "proposals")
        || key.strip_prefix("proposal.").is_some_and(|part| PARTS.contains(&part.split('.').next().unwrap_or_default()))
}

/// How a page differs from one expectation.
pub fn differs(key: &str, wanted: &str, input: Input, outcome: &Result<Document, NotAFeed>) -> Option<String> {
    let paths = |addresses: &[String]| {
        let origin = input.base.origin().ascii_serialization();
        let short = addresses.iter().map(|address| address.strip_prefix(&origin).unwrap_or(address));
        short.collect::<Vec<_>>().join(" | ")
    };
    let got = match key {
        "feeds" => paths(outcome.as_ref().err().map(NotAFeed::feeds).unwrap_or_default()),
        "directories" => paths(&directories(input)),
        "proposals" => propose(input).len().to_string(),
        part => {
            propose(input).first().and_then(|best| of_proposal(part.trim_start_matches("proposal."), best)).unwrap_or_default()
        }
    };
    let shown = if got.is_empty() { "-" } else { &got };
    (shown != wanted).then(|| format!("{key}\n      wanted {wanted}\n      got    {shown}"))
}

fn of_proposal(part: &str, proposal: &Proposal) -> Option<String> {
    let select = &proposal.select;
    match part {
        "item" => Some(select.item.clone()),
        "title" => Some(select.title.clone()),
        "link" => Some(select.link.clone()),
        "date" => select.date.clone(),
        "summary" => select.summary.clone(),
        "image" => select.image.clone(),
        _ => Some(proposal.document.entries.len().to_string()),
    }
}
