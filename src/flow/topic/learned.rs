//! What labelled texts taught of the topics: which words speak for each, and which against it.
//!
//! Each topic has a weight for every run of one to three words, so what speaks for a topic can be shown word by word. The weights are those of a
//! linear support vector machine over runs of words (Joachims, "Text Categorization with Support Vector Machines", 1998), weighed
//! by how seldom a run occurs (Salton and Buckley, "Term-weighting approaches in automatic text retrieval", 1988). `examples/learn` works
//! them out from tests/corpus/judge; docs/judging.md says how well they do on texts that they were not learned from.

use std::ops::Range;
use std::sync::LazyLock;

use xxhash_rust::xxh3::xxh3_64;

use crate::model::Field;
use crate::text::Passage;

/// Words of the longest run.
const RUN: usize = 3;
/// How often a run of the title counts, beside one of the summary.
const IN_TITLE: f32 = 2.0;
/// From this on a text has the topic: so 97 of a hundred are right in texts by hands that the weights were not learned from.
pub const ENOUGH: f32 = 0.15;
/// From this on it speaks clearly for a topic, so that a phrase counts which alone says too little.
pub const CLEARLY: f32 = 0.4;
/// Bits of a hash by which a run is looked up: 16,384 numbers for some 45,000 runs.
const FIRST_BITS: u32 = 14;
/// Words that are shown of those that speak the most for a topic.
const SHOWN: usize = 4;

/// A table of weights: a line of the topics, one of what each is worth without any word, then a line for each run: its key, how seldom it is, and
/// its weights, `3:45 0:-7`, in hundredths; all parted by tabs.
pub const WEIGHTS: &str = include_str!("learned/weights.tsv");

/// The weights that the program comes with.
pub static MODEL: LazyLock<Model> = LazyLock::new(|| Model::read(WEIGHTS));

/// What was learned.
#[derive(Debug, Default)]
pub struct Model {
    /// The ids of the topics that the labelled texts have.
    pub topics: Vec<String>,
    bias: Vec<f32>,
    /// In the order of the hashes of runs' keys.
    rows: Vec<(u64, Row)>,
    /// Where in `rows` the hashes begin that have each number in their first bits, and where the last of them end: of a run that is not known, which
    /// most are not, one look tells it.
    begins: Vec<u32>,
    weights: Vec<(u16, f32)>,
}

#[derive(Debug)]
struct Row {
    seldom: f32,
    weights: Range<u32>,
}

/// A run of words where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// The title or the summary.
    pub field: Field,
    /// Its words within the field's passage.
    pub words: Range<usize>,
}

/// What was learned of a topic, of some texts.
#[derive(Clone, Debug, PartialEq)]
pub struct Opinion {
    /// The topic's place among those of the model.
    pub topic: usize,
    /// Above [`ENOUGH`] it speaks for the topic.
    pub score: f32,
    /// What speaks the most for it.
    pub because: Vec<Spoken>,
}

/// The different runs of words of a title and a summary, in the order of the hashes of their keys, each with how much it occurs and where it
/// stands first.
pub fn runs(read: [&Passage; 2]) -> Vec<(u64, f32, Spoken)> {
    runs_known(read, |_| Some(())).into_iter().map(|(key, times, spoken, ())| (key, times, spoken)).collect()
}

/// Those of the runs of whose hashes something is known, with what is known.
fn runs_known<T>(read: [&Passage; 2], known: impl Fn(u64) -> Option<T>) -> Vec<(u64, f32, Spoken, T)> {
    let mut found: Vec<(u64, f32, Spoken, T)> = Vec::new();
    for (field, passage, times) in [(Field::Title, read[0], IN_TITLE), (Field::Summary, read[1], 1.0)] {
        let words = passage.words();
        for start in 0..words.len() {
            for end in start + 1..=(start + RUN).min(words.len()) {
                let key = xxh3_64(words.run(start..end).as_bytes());
                found.extend(known(key).map(|known| (key, times, Spoken { field, words: start..end }, known)));
            }
        }
    }
    found.sort_by_key(|(key, ..)| *key);
    found.dedup_by(|next, first| {
        let is_one = next.0 == first.0;
        first.1 += if is_one { next.1 } else { 0.0 };
        is_one
    });
    found.iter_mut().for_each(|(_, times, ..)| *times = 1.0 + times.ln());
    found
}

impl Model {
    /// Reads a table of weights; what is no line of one is left out.
    pub fn read(table: &str) -> Self {
        let mut lines = table.lines();
        let mut head = || lines.next().unwrap_or_default().split('\t');
        let topics: Vec<String> = head().map(str::to_owned).collect();
        let bias = head().filter_map(hundredths).collect();
        let mut model = Self { topics, bias, ..Self::default() };
        for line in lines {
            let mut fields = line.split('\t');
            let (Some(key), Some(seldom)) = (fields.next(), fields.next().and_then(hundredths)) else { continue };
            let first = model.weights.len() as u32;
            let weights = fields.next().unwrap_or_default().split(' ').filter_map(|pair| pair.split_once(':'));
            model.weights.extend(weights.filter_map(|(topic, weight)| Some((topic.parse().ok()?, hundredths(weight)?))));
            let row = Row { seldom, weights: first..model.weights.len() as u32 };
            model.rows.push((xxh3_64(key.as_bytes()), row));
        }
        model.rows.sort_by_key(|(key, _)| *key);
        model.rows.dedup_by_key(|(key, _)| *key);
        model.begins = vec![0; (1 << FIRST_BITS) + 1];
        model.rows.iter().for_each(|(key, _)| model.begins[first_bits(*key) + 1] += 1);
        (1..model.begins.len()).for_each(|i| model.begins[i] += model.begins[i - 1]);
        model
    }

    /// What is known of a run.
    fn row(&self, key: u64) -> Option<&Row> {
        let first = first_bits(key);
        let (from, to) = (*self.begins.get(first)?, *self.begins.get(first + 1)?);
        self.rows[from as usize..to as usize].iter().find(|(other, _)| *other == key).map(|(_, row)| row)
    }

    /// What was learned of each topic, of a title and a summary.
    pub fn opinions(&self, read: [&Passage; 2]) -> Vec<Opinion> {
        let known = runs_known(read, |key| self.row(key));
        let known: Vec<(&Row, f32, &Spoken)> =
            known.iter().map(|(_, times, spoken, row)| (*row, times * row.seldom, spoken)).collect();
        let length = known.iter().map(|(_, value, _)| value * value).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        let mut scores = self.bias.clone();
        for (row, value, _) in &known {
            for (topic, weight) in self.of(row) {
                scores[usize::from(*topic)] += weight * value / length;
            }
        }
        let because = |topic: usize| {
            let weight = |row: &Row| self.of(row).iter().find(|(other, _)| usize::from(*other) == topic).map_or(0.0, |(_, w)| *w);
            let mut spoken: Vec<(f32, &Spoken)> =
                known.iter().map(|(row, value, spoken)| (weight(row) * value, *spoken)).collect();
            let place = |spoken: &Spoken| (spoken.field, spoken.words.start);
            spoken.sort_by(|a, b| b.0.total_cmp(&a.0).then(place(a.1).cmp(&place(b.1))));
            apart(spoken.into_iter().filter(|(value, _)| *value > 0.0).map(|(_, spoken)| spoken))
        };
        let opinion = |(topic, score): (usize, f32)| Opinion {
            topic,
            score,
            because: if score > ENOUGH { because(topic) } else { Vec::new() },
        };
        scores.into_iter().enumerate().map(opinion).collect()
    }

    fn of(&self, row: &Row) -> &[(u16, f32)] {
        &self.weights[row.weights.start as usize..row.weights.end as usize]
    }
}

/// A hash's first bits.
fn first_bits(key: u64) -> usize {
    (key >> (u64::BITS - FIRST_BITS)) as usize
}

/// The first few that share no word.
fn apart<'s>(spoken: impl Iterator<Item = &'s Spoken>) -> Vec<Spoken> {
    let mut shown: Vec<Spoken> = Vec::new();
    for next in spoken {
        let meets = |other: &Spoken| {
            other.field == next.field && other.words.start < next.words.end && next.words.start < other.words.end
        };
        if !shown.iter().any(meets) {
            shown.push(next.clone());
        }
        if shown.len() == SHOWN {
            break;
        }
    }
    shown
}

fn hundredths(text: &str) -> Option<f32> {
    Some(text.parse::<i32>().ok()? as f32 / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::LEARNED;

    const TABLE: &str =
        "an-ninh\ty-te\n-20\t-30\nbac1 si4\t500\t1:90\nbac1\t300\t0:10 1:40\ntrôm5\t600\t0:120 1:-50\nthuôc1\t400\t1:60\n";

    fn scores(title: &str, summary: &str) -> Vec<f32> {
        let read = [&Passage::of_title(title), &Passage::of_summary(summary)];
        Model::read(TABLE).opinions(read).into_iter().map(|opinion| opinion.score).collect()
    }

    #[test]
    fn words_speak_for_a_topic_and_against_it() {
        let [plain, theft] = [scores("Bác sĩ kể", ""), scores("Trộm vào nhà bác sĩ", "")];
        assert!(plain[1] > ENOUGH && plain[0] < 0.0, "{plain:?}");
        assert!(theft[0] > ENOUGH && theft[1] < plain[1], "{theft:?}");
        assert_eq!(scores("Trời mưa", "to"), [-0.2, -0.3], "without a known word there is nothing but the bias");
    }

    #[test]
    fn a_title_counts_twice_and_what_speaks_is_shown_where_it_stands() {
        assert!(scores("Bác sĩ", "trộm")[1] > scores("Trộm", "bác sĩ")[1]);
        let read = [&Passage::of_title("Gặp bác sĩ"), &Passage::of_summary("Bác kê thuốc")];
        let opinions = Model::read(TABLE).opinions(read);
        assert_eq!(
            opinions[1].because,
            [Spoken { field: Field::Title, words: 1..3 }, Spoken { field: Field::Summary, words: 2..3 }]
        );
        assert!(opinions[0].because.is_empty());
    }

    #[test]
    fn the_table_is_whole() {
        assert_eq!((&MODEL.topics[..], MODEL.bias.len()), (&LEARNED.map(str::to_owned)[..], LEARNED.len()));
        assert_eq!(MODEL.rows.len(), WEIGHTS.lines().count() - 2, "no line is lost, and no two keys share a hash");
        assert!(MODEL.weights.iter().all(|(topic, _)| usize::from(*topic) < MODEL.topics.len()));
    }
}
