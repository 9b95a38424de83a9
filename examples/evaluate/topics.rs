//! Texts and their topics, by the rules of feeds.toml.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::anyhow;
use diemtin::config;
use diemtin::flow::topic::{Rules, Texts};
use diemtin::model::Verdict;

use crate::Count;

/// When the cases are published: the rules count some numbers of documents only in their time.
const PUBLISHED: &str = "2026-11-25T00:00:00Z";

pub fn evaluate(rows: &[Vec<&str>], wrong: bool) -> anyhow::Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/feeds.toml");
    let (config, _) =
        config::read("feeds.toml", &std::fs::read_to_string(path)?, &|_| None).map_err(|faults| anyhow!("{faults}"))?;
    let rules = Rules::new(&config.topics);
    let published = PUBLISHED.parse()?;
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let mut all = Count::default();
    let mut classes: BTreeMap<&str, usize> = BTreeMap::new();
    for row in rows {
        let wanted: BTreeSet<&str> = row[0].split(',').filter(|topic| *topic != "-").collect();
        let categories: Vec<String> = row[4].split('|').map(|c| c.trim().to_owned()).filter(|c| !c.is_empty()).collect();
        let texts = Texts { title: row[2], summary: row[3], content: "", categories: &categories, published };
        let verdicts = rules.verdicts(texts);
        let found: BTreeSet<&str> = verdicts.iter().filter(|v| v.holds()).map(|v| v.topic.as_str()).collect();
        for topic in config.topics.iter().map(|topic| topic.id.as_str()) {
            counts.entry(topic).or_default().note(wanted.contains(topic), found.contains(topic));
            all.note(wanted.contains(topic), found.contains(topic));
        }
        if wanted != found {
            *classes.entry(row[1]).or_default() += 1;
        }
        if wrong && wanted != found {
            println!("{}: {} | {} | {}", row[1], row[2], row[3], row[4]);
            wanted.difference(&found).for_each(|topic| println!("  lacks {topic}{}", nearly(&verdicts, topic)));
            found.difference(&wanted).for_each(|topic| println!("  has wrongly {topic}{}", because(&verdicts, topic)));
        }
    }
    for (topic, count) in &counts {
        let Count { right, wrong, missed } = count;
        println!(
            "  {topic:24} precision {:.3}  recall {:.3}  ({right} right, {wrong} wrong, {missed} missed)",
            count.precision(),
            count.recall()
        );
    }
    let failed: Vec<String> = classes.iter().map(|(class, cases)| format!("{class} {cases}")).collect();
    println!("  with a mistake: {}", failed.join(", "));
    println!("{} cases: precision {:.4}, recall {:.4}", rows.len(), all.precision(), all.recall());
    Ok(())
}

fn because(verdicts: &[Verdict], topic: &str) -> String {
    let occurrences = verdicts.iter().filter(|v| v.topic.as_str() == topic).flat_map(|v| &v.matched);
    occurrences.map(|o| format!(" “{}”", o.text)).collect()
}

fn nearly(verdicts: &[Verdict], topic: &str) -> String {
    let reasons = verdicts.iter().filter(|v| v.topic.as_str() == topic).flat_map(Verdict::reasons_against);
    reasons.map(|reason| format!("; {reason}")).collect()
}
