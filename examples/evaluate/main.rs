//! How well stories are merged and topics found: precision and recall over labelled sets.
//!
//!     cargo run --release --example evaluate                       # all sets of tests/corpus/judge, figures only
//!     cargo run --release --example evaluate -- --wrong FILE…      # and every case that is judged wrongly, with the reason
//!
//! A set is a file of lines parted by tabs, after a line of headings: pairs are `label, class, title, summary, title, summary`, topics
//! `topics, class, title, summary, categories`. The topics are those of feeds.toml. The cases of `*-heldout.tsv` and `*-heldout-two.tsv` (1,365 of 17,316) were
//! never looked at while the program was tuned: ask for no wrong cases of them.

mod pairs;
mod topics;

use anyhow::Context;

/// The labelled sets of the repository.
const SETS: [&str; 43] = [
    "pairs-tuning.tsv",
    "pairs-hard.tsv",
    "pairs-lookalike.tsv",
    "pairs-fresh.tsv",
    "pairs-reports.tsv",
    "pairs-court.tsv",
    "pairs-market.tsv",
    "pairs-third.tsv",
    "pairs-bureau.tsv",
    "pairs-province.tsv",
    "pairs-heldout.tsv",
    "pairs-heldout-two.tsv",
    "topics-tuning.tsv",
    "topics-hard.tsv",
    "topics-fresh.tsv",
    "topics-plain.tsv",
    "topics-mixed.tsv",
    "topics-danes.tsv",
    "topics-desk.tsv",
    "topics-mentions.tsv",
    "topics-papers.tsv",
    "topics-party.tsv",
    "topics-portals.tsv",
    "topics-station.tsv",
    "topics-city.tsv",
    "topics-edges.tsv",
    "topics-features.tsv",
    "topics-offices.tsv",
    "topics-rural.tsv",
    "topics-border.tsv",
    "topics-national.tsv",
    "topics-year.tsv",
    "topics-commune.tsv",
    "topics-online.tsv",
    "topics-sector.tsv",
    "topics-weekly.tsv",
    "topics-aside.tsv",
    "topics-coast.tsv",
    "topics-delta.tsv",
    "topics-highland.tsv",
    "topics-heldout.tsv",
    "topics-heldout-two.tsv",
    "topics-danes-heldout.tsv",
];

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wrong = arguments.iter().any(|a| a == "--wrong");
    let mut files: Vec<String> = arguments.into_iter().filter(|a| !a.starts_with("--")).collect();
    if files.is_empty() {
        files = SETS.map(|name| format!("{}/tests/corpus/judge/{name}", env!("CARGO_MANIFEST_DIR"))).into();
    }
    for file in files {
        let text = std::fs::read_to_string(&file).with_context(|| file.clone())?;
        let rows: Vec<Vec<&str>> = text.lines().map(|line| line.split('\t').collect()).collect();
        let (headings, rows) = rows.split_first().with_context(|| format!("{file} is empty"))?;
        if let Some(bad) = rows.iter().position(|row| row.len() != headings.len()) {
            anyhow::bail!("{file}:{}: {} fields instead of {}", bad + 2, rows[bad].len(), headings.len());
        }
        println!("\n{file}");
        match headings[0] {
            "label" => pairs::evaluate(rows, wrong),
            _ => topics::evaluate(rows, wrong)?,
        }
    }
    Ok(())
}

/// What was found beside what there is.
#[derive(Clone, Copy, Default)]
struct Count {
    right: usize,
    wrong: usize,
    missed: usize,
}

impl Count {
    fn note(&mut self, wanted: bool, found: bool) {
        match (wanted, found) {
            (true, true) => self.right += 1,
            (false, true) => self.wrong += 1,
            (true, false) => self.missed += 1,
            (false, false) => {}
        }
    }

    fn precision(&self) -> f64 {
        share(self.right, self.right + self.wrong)
    }

    fn recall(&self) -> f64 {
        share(self.right, self.right + self.missed)
    }
}

fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}
