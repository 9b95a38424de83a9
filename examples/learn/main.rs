//! Learns what speaks for a topic from the labelled texts of tests/corpus/judge.
//!
//!     cargo run --release --example learn                          # writes src/flow/topic/learned/weights.tsv
//!     cargo run --release --example learn -- --without SET…        # learns without these sets, says how well it does on them, writes nothing
//!
//! The held-out sets are never learned from. What the weights are, and how they are applied, stands in `diemtin::flow::topic::learned`.

mod machine;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use anyhow::Context;
use diemtin::flow::topic::learned::{ENOUGH, Model, Spoken, runs};
use diemtin::model::{Field, LEARNED};
use diemtin::text::Passage;

use machine::{Example, Machine};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/judge");
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/flow/topic/learned/weights.tsv");
/// Texts that a run must stand in: what stands in fewer is chance.
const LEAST_TEXTS: usize = 3;
/// Weights below this, in hundredths, are left out.
const LEAST_WEIGHT: i32 = 5;

/// A labelled text.
struct Labelled {
    topics: Vec<String>,
    title: Passage,
    summary: Passage,
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_left_out = |name: &str| name.contains("heldout") || arguments.iter().any(|argument| argument == name);
    let mut learned_from = Vec::new();
    let mut names: Vec<String> = std::fs::read_dir(FOLDER)?
        .filter_map(|file| file.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with("topics-"))
        .collect();
    names.sort();
    for name in names.iter().filter(|name| !is_left_out(name)) {
        learned_from.extend(read(name)?);
    }
    let table = learn(&learned_from);
    println!("{} texts, {} runs of words", learned_from.len(), table.lines().count() - 2);
    if arguments.is_empty() {
        return std::fs::write(TABLE, table).context(TABLE);
    }
    let model = Model::read(&table);
    for name in arguments.iter().filter(|argument| *argument != "--without") {
        println!("{name}: {}", judge(&model, &read(name)?));
    }
    Ok(())
}

fn read(name: &str) -> anyhow::Result<Vec<Labelled>> {
    let text = std::fs::read_to_string(format!("{FOLDER}/{name}")).context(name.to_owned())?;
    let rows = text.lines().skip(1).map(|line| line.split('\t').collect::<Vec<_>>());
    let labelled = rows.map(|row| {
        let [topics, _, title, summary, ..] = row[..] else { anyhow::bail!("{name}: a line of {} fields", row.len()) };
        let topics = topics.split(',').filter(|topic| *topic != "-").map(str::to_owned).collect();
        Ok(Labelled { topics, title: Passage::of_title(title), summary: Passage::of_summary(summary) })
    });
    labelled.collect()
}

/// A table of weights.
fn learn(texts: &[Labelled]) -> String {
    let found: Vec<Vec<(u64, f32, Spoken)>> = texts.iter().map(|text| runs([&text.title, &text.summary])).collect();
    let mut keys: BTreeMap<String, (u64, usize)> = BTreeMap::new();
    for (text, runs) in texts.iter().zip(&found) {
        for (hash, _, spoken) in runs {
            let passage = if spoken.field == Field::Title { &text.title } else { &text.summary };
            keys.entry(passage.words().run(spoken.words.clone()).to_owned()).or_insert((*hash, 0)).1 += 1;
        }
    }
    keys.retain(|_, (_, texts)| *texts >= LEAST_TEXTS);
    // How seldom a run is, rounded as the table writes it.
    let seldom = |with: usize| ((((1 + texts.len()) as f64 / (1 + with) as f64).ln() + 1.0) * 100.0).round() as i32;
    let columns: HashMap<u64, (usize, i32)> =
        keys.values().enumerate().map(|(column, (hash, with))| (*hash, (column, seldom(*with)))).collect();
    let examples: Vec<Example> = found.iter().map(|runs| example(runs, &columns)).collect();
    let machines: Vec<Machine> = LEARNED
        .iter()
        .map(|topic| {
            let labels: Vec<bool> = texts.iter().map(|text| text.topics.iter().any(|own| own == topic)).collect();
            Machine::learn(&examples, &labels, keys.len())
        })
        .collect();
    let hundredths = |weight: f64| (weight * 100.0).round() as i32;
    let mut table = LEARNED.join("\t") + "\n";
    let bias: Vec<String> = machines.iter().map(|machine| hundredths(machine.bias).to_string()).collect();
    table += &(bias.join("\t") + "\n");
    for (column, (key, (_, with))) in keys.iter().enumerate() {
        let weights = machines.iter().map(|machine| hundredths(machine.weights[column])).enumerate();
        let weights: Vec<String> = weights
            .filter(|(_, weight)| weight.abs() >= LEAST_WEIGHT)
            .map(|(topic, weight)| format!("{topic}:{weight}"))
            .collect();
        _ = writeln!(table, "{key}\t{}\t{}", seldom(*with), weights.join(" "));
    }
    table
}

/// What a text is for the machine: a row of length 1.
fn example(runs: &[(u64, f32, Spoken)], columns: &HashMap<u64, (usize, i32)>) -> Example {
    let known = runs.iter().filter_map(|(hash, times, _)| {
        let (column, seldom) = columns.get(hash)?;
        Some((*column, f64::from(*times) * f64::from(*seldom) / 100.0))
    });
    let known: Vec<(usize, f64)> = known.collect();
    let length = known.iter().map(|(_, value)| value * value).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    known.into_iter().map(|(column, value)| (column, value / length)).collect()
}

/// How well a model does alone.
fn judge(model: &Model, texts: &[Labelled]) -> String {
    let (mut right, mut wrong, mut missed) = (0, 0, 0);
    for text in texts {
        for opinion in model.opinions([&text.title, &text.summary]) {
            match (text.topics.contains(&model.topics[opinion.topic]), opinion.score > ENOUGH) {
                (true, true) => right += 1,
                (false, true) => wrong += 1,
                (true, false) => missed += 1,
                (false, false) => {}
            }
        }
    }
    let share = |of: usize| f64::from(right) / f64::from(right + of as u32).max(1.0);
    format!("precision {:.3}, recall {:.3}", share(wrong), share(missed))
}
