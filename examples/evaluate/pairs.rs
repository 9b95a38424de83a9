//! Pairs of entries of two sources: are they one story?

use std::collections::BTreeMap;

use diemtin::flow::dedupe::{Gist, judge};

use crate::{Count, share};

pub fn evaluate(rows: &[Vec<&str>], wrong: bool) {
    let mut classes: BTreeMap<(bool, &str), (usize, usize)> = BTreeMap::new();
    let mut all = Count::default();
    let (mut same_pairs, mut met) = (0, 0);
    for row in rows {
        let (same, class) = (row[0] == "same", row[1]);
        let (a, b) = (Gist::new(row[2], row[3]), Gist::new(row[4], row[5]));
        let judgement = judge(&a, &b);
        // Stories that share no band, or hardly a telling word, are never compared.
        let (a, b) = (a.sketch(), b.sketch());
        let meet = b.bands.iter().any(|band| a.bands.contains(band)) && a.may_resemble(&b.words);
        let together = judgement.same && meet;
        all.note(same, together);
        same_pairs += usize::from(same);
        met += usize::from(same && meet);
        let (pairs, failed) = classes.entry((same, class)).or_default();
        *pairs += 1;
        *failed += usize::from(same != together);
        if wrong && same != together {
            let apart = if meet { "" } else { "never compared; " };
            let (title_a, summary_a, title_b, summary_b) = (row[2], row[3], row[4], row[5]);
            println!("{} {class}: {apart}{} {:?}", row[0], judgement.reason, judgement.likeness);
            println!("  {title_a} | {summary_a}\n  {title_b} | {summary_b}");
        }
    }
    for ((same, class), (pairs, failed)) in &classes {
        let (label, failure) = if *same { ("same", "missed") } else { ("different", "merged") };
        if *failed > 0 {
            println!("  {label:9} {class:24} {failed} of {pairs} {failure}");
        }
    }
    println!(
        "{} pairs, {same_pairs} of them the same news: precision {:.4}, recall {:.4}; compared at all: {:.4}",
        rows.len(),
        all.precision(),
        all.recall(),
        share(met, same_pairs)
    );
}
