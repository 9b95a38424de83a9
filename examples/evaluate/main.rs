//! How well stories are merged and topics found: precision and recall over labelled sets.
//!
//!     cargo run --release --example evaluate                       # all sets of tests/corpus/judge, figures only
//!     cargo run --release --example evaluate -- --wrong FILE…      # and every case that is judged wrongly, with the reason
//!
//! A set is a file of lines parted by tabs, after a line of headings: pairs are `label, class, title, summary, title, summary`, topics
//! `topics, class, title, summary, categories`. The topics are those of feeds.toml. The cases of `*-heldout.tsv` and `*-heldout-two.tsv` (1,365 of 24,516) were
//! never looked at while the program was tuned: ask for no wrong cases of them. `--wrong` without a file leaves them out.

mod pairs;
mod topics;

use anyhow::Context;

/// Where the labelled sets are.
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/judge");

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wrong = arguments.iter().any(|a| a == "--wrong");
    let mut files: Vec<String> = arguments.into_iter().filter(|a| !a.starts_with("--")).collect();
    if files.is_empty() {
        files = sets()?;
        files.retain(|file| !wrong || !file.contains("heldout"));
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

/// All sets: pairs and then topics, those that are held out last.
fn sets() -> anyhow::Result<Vec<String>> {
    let mut names: Vec<String> =
        std::fs::read_dir(FOLDER)?.filter_map(|file| file.ok()?.file_name().into_string().ok()).collect();
    names.retain(|name| name.ends_with(".tsv"));
    names.sort_by_key(|name| (name.starts_with("topics"), name.contains("heldout"), name.clone()));
    Ok(names.iter().map(|name| format!("{FOLDER}/{name}")).collect())
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
