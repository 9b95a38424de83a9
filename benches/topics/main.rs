//! Classifying texts by fourteen topics and by five hundred, in one run: topics are found in one pass over a text, so that more of them
//! should cost little.
//!
//! `cargo bench --bench topics` reads the titles and summaries of the labelled sets, judges them by the topics of feeds.toml, and then by
//! these and as many more as make 500, of phrases that are made of the texts' own words. Times are noisy; the ratio is of one run.

use std::hint::black_box;
use std::time::{Duration, Instant};

use diemtin::flow::dedupe;
use diemtin::flow::topic::Rules;
use diemtin::model::{Entry, Field, Phrase, Slug, Story, Topic};
use jiff::Timestamp;

const SETS: [&str; 3] = ["topics-tuning.tsv", "topics-hard.tsv", "topics-heldout.tsv"];
const MANY: usize = 500;
/// Phrases of one of the further topics.
const PHRASES: usize = 60;
/// Rounds of each measurement; the least counts.
const ROUNDS: usize = 15;

fn main() {
    let root = env!("CARGO_MANIFEST_DIR");
    let read = |name: &str| std::fs::read_to_string(format!("{root}/{name}")).expect("a file of the repository");
    let sets = SETS.map(|name| read(&format!("tests/corpus/judge/{name}")));
    let texts: Vec<[&str; 2]> = sets.iter().flat_map(|set| set.lines().skip(1).map(title_and_summary)).collect();
    let bytes: usize = texts.iter().flatten().map(|text| text.len()).sum();
    let stories: Vec<Story> = stories(&texts);
    let few: Vec<Topic> = diemtin::config::read("feeds.toml", &read("feeds.toml"), &|_| None).expect("valid").0.topics;
    let many: Vec<Topic> = few.iter().cloned().chain((few.len()..MANY).map(|n| made(n, &texts))).collect();

    println!("  topics   phrases   texts      bytes    MB/s   µs a text   texts with a topic   beside the first");
    let mut first = None;
    for topics in [&few, &many] {
        let rules = Rules::new(topics);
        let phrases: usize =
            topics.iter().map(|t| t.any.len() + t.two_of.len() + t.all.len() + t.none.len() + t.except.len()).sum();
        let found = classify(&rules, &stories);
        let time = (0..ROUNDS).map(|_| timed(|| classify(&rules, &stories))).min().unwrap_or_default().as_secs_f64();
        println!(
            "{:>8} {phrases:>9} {:>7} {bytes:>10} {:>7.1} {:>11.1} {found:>20} {:>16.2} ×",
            topics.len(),
            texts.len(),
            bytes as f64 / time / 1e6,
            time * 1e6 / texts.len() as f64,
            time / *first.get_or_insert(time)
        );
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn timed(run: impl FnOnce() -> usize) -> Duration {
    let start = Instant::now();
    black_box(run());
    start.elapsed()
}

/// What a poll does with each story that is new or has changed.
fn classify(rules: &Rules, stories: &[Story]) -> usize {
    stories.iter().filter(|story| !rules.topics(story).is_empty()).count()
}

/// A story of each text.
fn stories(texts: &[[&str; 2]]) -> Vec<Story> {
    let config = diemtin::config::read("bench", "[source.a]\nurl = \"https://a.vn/rss\"\n", &|_| None).expect("valid").0;
    let source = &config.sources[&Slug::new("a").expect("valid")];
    let now: Timestamp = "2026-11-25T00:00:00Z".parse().expect("valid");
    let entry = |(n, [title, text]): (usize, &[&str; 2])| Entry {
        guid: Some(n.to_string()),
        title: (*title).to_owned(),
        text: (*text).to_owned(),
        ..Entry::default()
    };
    let entries: Vec<Entry> = texts.iter().enumerate().map(entry).collect();
    let story = |named: dedupe::Named| Story {
        id: named.story,
        seq: 1,
        published: now,
        arrived: now,
        updated: now,
        topics: Vec::new(),
        entries: vec![named.report],
    };
    dedupe::name(source, &entries, now).into_iter().map(story).collect()
}

/// A line of a set: `topics, class, title, summary, categories`.
fn title_and_summary(line: &str) -> [&str; 2] {
    let mut fields = line.split('\t').skip(2);
    std::array::from_fn(|_| fields.next().unwrap_or_default())
}

/// A topic of phrases of three words that stand in different texts, so that they begin everywhere and hardly ever end.
fn made(n: usize, texts: &[[&str; 2]]) -> Topic {
    let word = |seed: usize| {
        let text = texts[seed * 7_919 % texts.len()][0];
        let words: Vec<&str> = text.split_whitespace().filter(|word| word.chars().all(char::is_alphabetic)).collect();
        words.get(seed * 31 % words.len().max(1)).copied().unwrap_or("tin")
    };
    let phrase = |place: usize| {
        let seed = n * PHRASES + place;
        Phrase::new(format!("{} {} {}", word(seed), word(seed * 3 + 1), word(seed * 5 + 2)))
    };
    Topic {
        id: Slug::new(format!("t{n}")).expect("valid"),
        title: format!("Chủ đề {n}"),
        any: (0..PHRASES).map(phrase).collect(),
        fields: Field::ALL.to_vec(),
        learned: false,
        two_of: Vec::new(),
        all: Vec::new(),
        none: Vec::new(),
        except: Vec::new(),
    }
}
