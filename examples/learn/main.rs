//! Learns what speaks for a topic from the labelled texts of tests/corpus/judge.
//!
//!     cargo run --release --example learn                          # writes src/flow/topic/learned/weights.tsv
//!     cargo run --release --example learn -- --without SET…        # learns without these sets, says how well it does on them, writes nothing
//!
//! The held-out sets are never learned from. What the weights are, and how they are applied, stands in `diemtin::flow::topic::learned`.

mod calibrate;
mod machine;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

use anyhow::{Context, ensure};
use diemtin::flow::topic::learned::{Calibration, ENOUGH, HEAD, Model, Spoken, runs};
use diemtin::model::LEARNED;
use diemtin::text::Passage;

use calibrate::calibrate;
use machine::{Example, Machine};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/judge");
const TABLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/flow/topic/learned/weights.tsv");
/// Texts that a run must stand in: what stands in fewer is chance.
const LEAST_TEXTS: usize = 3;
/// Weights below this, in hundredths, are left out.
const LEAST_WEIGHT: i32 = 5;

/// Parts into which the sets are put for the calibration: each is judged by what was learned from the other ones.
const PARTS: usize = 6;
/// How far from the threshold in force those lie with which a left out set is judged: 0.5 and 0.7 were in force once.
const AROUND: [f32; 3] = [-0.5, -0.3, 0.0];

/// A labelled text.
struct Labelled {
    topics: Vec<String>,
    title: Passage,
    summary: Passage,
}

impl Labelled {
    fn has(&self, topic: &str) -> bool {
        self.topics.iter().any(|own| own == topic)
    }
}

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let is_left_out = |name: &str| name.contains("heldout") || arguments.iter().any(|argument| argument == name);
    let mut names: Vec<String> = std::fs::read_dir(FOLDER)?
        .filter_map(|file| file.ok()?.file_name().into_string().ok())
        .filter(|name| name.starts_with("topics-"))
        .collect();
    names.sort();
    let sets: Vec<Vec<Labelled>> =
        names.iter().filter(|name| !is_left_out(name)).map(|name| read(name)).collect::<anyhow::Result<_>>()?;
    ensure!(sets.len() >= PARTS, "too few sets are left to learn from");
    let table = learn(&sets.iter().flatten().collect::<Vec<_>>(), calibration(&sets));
    println!("{} texts, {} runs of words", sets.iter().flatten().count(), table.lines().count() - HEAD);
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

/// The calibration, from what models say of sets that they have not learned from.
fn calibration(sets: &[Vec<Labelled>]) -> Calibration {
    let mut judged = Vec::new();
    for part in 0..PARTS {
        let (left_out, others): (Vec<_>, Vec<_>) = sets.iter().enumerate().partition(|(place, _)| place % PARTS == part);
        let others: Vec<&Labelled> = others.into_iter().flat_map(|(_, set)| set).collect();
        let model = Model::read(&learn(&others, Calibration::default()));
        judged.extend(left_out.into_iter().flat_map(|(_, set)| set).map(|text| {
            let labels = LEARNED.iter().map(|topic| text.has(topic)).collect();
            (model.margins([&text.title, &text.summary]), labels)
        }));
    }
    calibrate(&judged)
}

/// A table of weights.
fn learn(texts: &[&Labelled], calibration: Calibration) -> String {
    let found: Vec<Vec<(String, f32, Spoken)>> = texts.iter().map(|text| runs([&text.title, &text.summary])).collect();
    let mut keys: BTreeMap<&str, usize> = BTreeMap::new();
    found.iter().flatten().for_each(|(key, ..)| *keys.entry(key).or_default() += 1);
    keys.retain(|_, texts| *texts >= LEAST_TEXTS);
    // How seldom a run is, rounded as the table writes it.
    let seldom = |with: usize| ((((1 + texts.len()) as f64 / (1 + with) as f64).ln() + 1.0) * 100.0).round() as i32;
    let columns: HashMap<&str, (usize, i32)> =
        keys.iter().enumerate().map(|(column, (key, with))| (*key, (column, seldom(*with)))).collect();
    let examples: Vec<Example> = found.iter().map(|runs| example(runs, &columns)).collect();
    let machines: Vec<Machine> = LEARNED
        .iter()
        .map(|topic| {
            let labels: Vec<bool> = texts.iter().map(|text| text.has(topic)).collect();
            Machine::learn(&examples, &labels, keys.len())
        })
        .collect();
    let hundredths = |number: f64| (number * 100.0).round() as i32;
    let line = |numbers: &mut dyn Iterator<Item = f64>| {
        numbers.map(|number| hundredths(number).to_string()).collect::<Vec<_>>().join("\t") + "\n"
    };
    let mut table = LEARNED.join("\t") + "\n";
    table += &line(&mut machines.iter().map(|machine| machine.bias));
    let Calibration { own, rivals, all, base } = calibration;
    table += &line(&mut [own, rivals, all, base].into_iter().map(f64::from));
    for (column, (key, with)) in keys.iter().enumerate() {
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
fn example(runs: &[(String, f32, Spoken)], columns: &HashMap<&str, (usize, i32)>) -> Example {
    let known = runs.iter().filter_map(|(key, times, _)| {
        let (column, seldom) = columns.get(key.as_str())?;
        Some((*column, f64::from(*times) * f64::from(*seldom) / 100.0))
    });
    let known: Vec<(usize, f64)> = known.collect();
    let length = known.iter().map(|(_, value)| value * value).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    known.into_iter().map(|(column, value)| (column, value / length)).collect()
}

/// How well a model does alone, with thresholds around the one in force.
fn judge(model: &Model, texts: &[Labelled]) -> String {
    let opinions: Vec<(f32, bool)> = texts
        .iter()
        .flat_map(|text| {
            let opinions = model.opinions([&text.title, &text.summary]);
            opinions.into_iter().map(|opinion| (opinion.score, text.has(&model.topics[opinion.topic])))
        })
        .collect();
    let judged = AROUND.map(|more| {
        let count = |given: bool, right: bool| {
            opinions.iter().filter(|(score, label)| (*score > ENOUGH + more, *label) == (given, right)).count() as f64
        };
        let right = count(true, true);
        let (wrong, missed) = (count(true, false), count(false, true));
        format!(
            "{:.3}, {:.3} with a threshold of {:.1}",
            right / (right + wrong).max(1.0),
            right / (right + missed).max(1.0),
            ENOUGH + more
        )
    });
    format!("precision, recall {}", judged.join("; "))
}
