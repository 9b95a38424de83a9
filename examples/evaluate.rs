//! How well near copies are told from different news: precision and recall over labelled pairs.
//!
//!     cargo run --release --example evaluate -- tests/corpus/judge/pairs-tuning.tsv [--wrong]
//!
//! A pair is a line `label, class, title, summary, title, summary`, parted by tabs, after a line of headings. With `--wrong` every pair that
//! is judged wrongly is printed with the reason: leave it away for pairs that nobody is to have seen.

use std::collections::BTreeMap;

use anyhow::Context;
use diemtin::flow::dedupe::{Gist, judge};

#[derive(Default)]
struct Count {
    right: usize,
    merged_wrongly: usize,
    missed: usize,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let wrong = arguments.iter().any(|a| a == "--wrong");
    for file in arguments.iter().filter(|a| !a.starts_with("--")) {
        evaluate(file, wrong)?;
    }
    Ok(())
}

fn evaluate(file: &str, wrong: bool) -> anyhow::Result<()> {
    let text = std::fs::read_to_string(file).with_context(|| file.to_owned())?;
    let mut classes: BTreeMap<(bool, &str), Count> = BTreeMap::new();
    let (mut found, mut merged, mut same_pairs, mut banded) = (0, 0, 0, 0);
    for (number, line) in text.lines().enumerate().skip(1) {
        let fields: Vec<&str> = line.split('\t').collect();
        let [label, class, title_a, summary_a, title_b, summary_b] = fields[..] else {
            anyhow::bail!("{file}:{}: {} fields instead of 6", number + 1, fields.len());
        };
        let same = label == "same";
        let (a, b) = (Gist::new(title_a, summary_a), Gist::new(title_b, summary_b));
        let judgement = judge(&a, &b);
        let shares = b.bands().iter().any(|band| a.bands().contains(band));
        let together = judgement.same && shares;
        let count = classes.entry((same, class)).or_default();
        match (same, together) {
            (true, false) => count.missed += 1,
            (false, true) => count.merged_wrongly += 1,
            _ => count.right += 1,
        }
        same_pairs += usize::from(same);
        banded += usize::from(same && shares);
        merged += usize::from(together);
        found += usize::from(same && together);
        if wrong && same != together {
            let shares = if shares { "" } else { "no band in common; " };
            println!(
                "{label} {class}: {shares}{} {:?}\n  {title_a} | {summary_a}\n  {title_b} | {summary_b}",
                judgement.reason, judgement.likeness
            );
        }
    }
    for ((same, class), count) in &classes {
        let label = if *same { "same" } else { "different" };
        println!(
            "{label:9} {class:40} right {:3}  merged wrongly {:2}  missed {:2}",
            count.right, count.merged_wrongly, count.missed
        );
    }
    let part = |part: usize, whole: usize| if whole == 0 { 1.0 } else { part as f64 / whole as f64 };
    println!(
        "{file}: {} pairs, {same_pairs} of them the same news. Precision {:.4}, recall {:.4}; a band in common: {:.4}",
        text.lines().count() - 1,
        part(found, merged),
        part(found, same_pairs),
        part(banded, same_pairs),
    );
    Ok(())
}
