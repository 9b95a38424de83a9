//! What labelled texts taught of the topics: which words speak for each, and which against it.
//!
//! Each topic has a weight for every run of one to three words, so what speaks for a topic can be shown word by word. The weights are those of a
//! linear support vector machine over runs of words (Joachims, "Text Categorization with Support Vector Machines", 1998), weighed
//! by how seldom a run occurs (Salton and Buckley, "Term-weighting approaches in automatic text retrieval", 1988). What the topics' machines
//! say of a text becomes odds when they are looked at together ([`Calibration`]). `examples/learn` works all of it
//! out from tests/corpus/judge; docs/judging.md says how well that does on texts that it was not learned from.

use std::ops::Range;
use std::sync::LazyLock;

use xxhash_rust::xxh3::xxh3_64;

use crate::model::Field;
use crate::text::Passage;

/// Words of the longest run.
const RUN: usize = 3;
/// Words of the longest run with which a title begins.
const BEGINNING: usize = 4;
/// What stands before the key of such a run.
const BEGINS: char = '^';
/// How often a run of the title counts, beside one of the summary.
const IN_TITLE: f32 = 2.0;
/// From this on a text has the topic, in log-odds: so 97 of a hundred are right in texts by hands that the weights were not learned from.
pub const ENOUGH: f32 = 1.0;
/// From this on it speaks clearly for a topic, six to one, so that a phrase counts which alone says too little.
pub const CLEARLY: f32 = 1.8;
/// Another topic whose words say less than this is no rival: its machine's margin, where -1 is a clear no and 1 a clear yes.
const NO_RIVAL: f32 = -0.5;
/// Bits of a hash by which a run is looked up: 16,384 numbers for some 83,000 runs.
const FIRST_BITS: u32 = 14;
/// Lines of a table of weights before its runs.
pub const HEAD: usize = 3;
/// Words that are shown of those that speak the most for a topic.
const SHOWN: usize = 4;

/// A table of weights: a line of the topics, one of what each is worth without any word, one of the calibration, then a line for each run: its
/// key, how seldom it is, and its weights, `3:45 0:-7`, in hundredths; all parted by tabs.
pub const WEIGHTS: &str = include_str!("learned/weights.tsv");

/// The weights that the program comes with.
pub static MODEL: LazyLock<Model> = LazyLock::new(|| Model::read(WEIGHTS));

/// What was learned.
#[derive(Debug, Default)]
pub struct Model {
    /// The ids of the topics that the labelled texts have.
    pub topics: Vec<String>,
    bias: Vec<f32>,
    calibration: Calibration,
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

/// How likely a topic is by what the words say, for it and for the others: a text of which they claim much for another topic often only mentions
/// this one. In log-odds (Platt, "Probabilistic Outputs for Support Vector Machines", 1999; Wolpert, "Stacked Generalization", 1992).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Calibration {
    /// What the topic's own margin is worth.
    pub own: f32,
    /// What those of its rivals are, together.
    pub rivals: f32,
    /// What those of all other topics are, together: how much of a text is known at all.
    pub all: f32,
    /// What is so without any of them.
    pub base: f32,
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
    /// The log-odds that the text has it: above [`ENOUGH`] it has.
    pub score: f32,
    /// What speaks the most for it.
    pub because: Vec<Spoken>,
}

/// The different runs of words of a title and a summary, in the order of the hashes of their keys: each with its key, how much it occurs, and where
/// it stands first.
pub fn runs(read: [&Passage; 2]) -> Vec<(String, f32, Spoken)> {
    let runs = runs_known(read, |_, key| Some(key.to_owned()));
    runs.into_iter().map(|(_, times, spoken, key)| (key, times, spoken)).collect()
}

/// Those of the runs of which something is known, with what is known, by their hashes and keys.
///
/// The key of a run is that of its words, where the digits of a number are 0; those with which a title begins have one more, with [`BEGINS`] in front.
fn runs_known<T>(read: [&Passage; 2], known: impl Fn(u64, &str) -> Option<T>) -> Vec<(u64, f32, Spoken, T)> {
    let mut found: Vec<(u64, f32, Spoken, T)> = Vec::new();
    for (field, passage, times) in [(Field::Title, read[0], IN_TITLE), (Field::Summary, read[1], 1.0)] {
        let (keys, places) = keys(passage);
        let mut look = |key: &str, times: f32, words: Range<usize>| {
            let hash = hash(key);
            found.extend(known(hash, key).map(|known| (hash, times, Spoken { field, words }, known)));
        };
        for start in 0..places.len() {
            for end in start + 1..=(start + RUN).min(places.len()) {
                look(&keys[places[start].start..places[end - 1].end], times, start..end);
            }
        }
        for (end, place) in places.iter().enumerate().take(if field == Field::Title { BEGINNING } else { 0 }) {
            look(&keys[..place.end], 1.0, 0..end + 1);
        }
    }
    found.sort_by_key(|(hash, ..)| *hash);
    found.dedup_by(|next, first| {
        let is_one = next.0 == first.0;
        first.1 += if is_one { next.1 } else { 0.0 };
        is_one
    });
    found.iter_mut().for_each(|(_, times, ..)| *times = 1.0 + times.ln());
    found
}

/// The keys of a passage's words, in one text that begins with [`BEGINS`], and where each stands.
fn keys(passage: &Passage) -> (String, Vec<Range<usize>>) {
    let words = passage.words();
    let mut keys = BEGINS.to_string();
    let mut places = Vec::with_capacity(words.len());
    for key in words.keys() {
        if !places.is_empty() {
            keys.push(' ');
        }
        let start = keys.len();
        if key.starts_with(|first: char| first.is_ascii_digit()) {
            // 19h30 is 0h0.
            for part in key.split_inclusive(|c: char| !c.is_ascii_digit()) {
                let behind = part.trim_start_matches(|c: char| c.is_ascii_digit());
                keys.extend([if behind.len() < part.len() { "0" } else { "" }, behind]);
            }
        } else {
            keys.push_str(key);
        }
        places.push(start..keys.len());
    }
    (keys, places)
}

fn hash(key: &str) -> u64 {
    xxh3_64(key.as_bytes())
}

impl Calibration {
    /// What a topic's likelihood follows from: its margin, those of its rivals together (a topic that is none counts as one at the border), and
    /// those of all other topics.
    pub fn evidence(margins: &[f32], topic: usize) -> [f32; 3] {
        let own = margins[topic];
        let rivals: f32 = margins.iter().map(|margin| margin.max(NO_RIVAL)).sum();
        [own, rivals - own.max(NO_RIVAL), margins.iter().sum::<f32>() - own]
    }

    fn log_odds(&self, margins: &[f32], topic: usize) -> f32 {
        let [own, rivals, all] = Self::evidence(margins, topic);
        self.own * own + self.rivals * rivals + self.all * all + self.base
    }
}

impl Model {
    /// Reads a table of weights; what is no line of one is left out.
    pub fn read(table: &str) -> Self {
        let mut lines = table.lines();
        let mut head = || lines.next().unwrap_or_default().split('\t');
        let topics: Vec<String> = head().map(str::to_owned).collect();
        let bias = head().filter_map(hundredths).collect();
        let mut number = head().filter_map(hundredths);
        let mut number = || number.next().unwrap_or_default();
        let calibration = Calibration { own: number(), rivals: number(), all: number(), base: number() };
        let mut model = Self { topics, bias, calibration, ..Self::default() };
        for line in lines {
            let mut fields = line.split('\t');
            let (Some(key), Some(seldom)) = (fields.next(), fields.next().and_then(hundredths)) else { continue };
            let first = model.weights.len() as u32;
            let weights = fields.next().unwrap_or_default().split(' ').filter_map(|pair| pair.split_once(':'));
            model.weights.extend(weights.filter_map(|(topic, weight)| Some((topic.parse().ok()?, hundredths(weight)?))));
            let row = Row { seldom, weights: first..model.weights.len() as u32 };
            model.rows.push((hash(key), row));
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

    /// Each topic's margin, of a title and a summary: 1 is a clear yes, -1 a clear no.
    pub fn margins(&self, read: [&Passage; 2]) -> Vec<f32> {
        self.margins_of(&self.known(read))
    }

    /// What was learned of each topic, of a title and a summary.
    pub fn opinions(&self, read: [&Passage; 2]) -> Vec<Opinion> {
        let known = self.known(read);
        let margins = self.margins_of(&known);
        let because = |topic: usize| {
            let weight = |row: &Row| self.of(row).iter().find(|(other, _)| usize::from(*other) == topic).map_or(0.0, |(_, w)| *w);
            let mut spoken: Vec<(f32, &Spoken)> =
                known.iter().map(|(row, value, spoken)| (weight(row) * value, spoken)).collect();
            let place = |spoken: &Spoken| (spoken.field, spoken.words.start);
            spoken.sort_by(|a, b| b.0.total_cmp(&a.0).then(place(a.1).cmp(&place(b.1))));
            apart(spoken.into_iter().filter(|(value, _)| *value > 0.0).map(|(_, spoken)| spoken))
        };
        let opinion = |topic: usize| {
            let score = self.calibration.log_odds(&margins, topic);
            Opinion { topic, score, because: if score > ENOUGH { because(topic) } else { Vec::new() } }
        };
        (0..margins.len()).map(opinion).collect()
    }

    /// The runs of which something is known, each with how much it counts and where it stands.
    fn known(&self, read: [&Passage; 2]) -> Vec<(&Row, f32, Spoken)> {
        let known = runs_known(read, |hash, _| self.row(hash)).into_iter();
        known.map(|(_, times, spoken, row)| (row, times * row.seldom, spoken)).collect()
    }

    fn margins_of(&self, known: &[(&Row, f32, Spoken)]) -> Vec<f32> {
        let length = known.iter().map(|(_, value, _)| value * value).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
        let mut margins = self.bias.clone();
        for (row, value, _) in known {
            for (topic, weight) in self.of(row) {
                margins[usize::from(*topic)] += weight * value / length;
            }
        }
        margins
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

    const TABLE: &str = "an-ninh\ty-te\n-20\t-30\n100\t0\t0\t0\nbac1 si4\t500\t1:290\nbac1\t300\t0:10 1:40\n\
                         trôm5\t600\t0:220 1:-50\nthuôc1\t400\t1:260\n^trôm5\t600\t0:300\n0 ca\t400\t1:150\n";

    fn opinions(table: &str, title: &str, summary: &str) -> Vec<Opinion> {
        Model::read(table).opinions([&Passage::of_title(title), &Passage::of_summary(summary)])
    }

    fn scores(title: &str, summary: &str) -> Vec<f32> {
        opinions(TABLE, title, summary).into_iter().map(|opinion| opinion.score).collect()
    }

    #[test]
    fn words_speak_for_a_topic_and_against_it() {
        let [plain, theft] = [scores("Bác sĩ kể", ""), scores("Vào trộm nhà bác sĩ", "")];
        assert!(plain[1] > ENOUGH && plain[0] < 0.0, "{plain:?}");
        assert!(theft[0] > ENOUGH && theft[1] < plain[1], "{theft:?}");
        assert_eq!(scores("Trời mưa", "to"), [-0.2, -0.3], "without a known word there is nothing but the bias");
    }

    #[test]
    fn a_title_counts_twice_and_what_speaks_is_shown_where_it_stands() {
        assert!(scores("Kể bác sĩ", "là trộm")[1] > scores("Kể trộm", "là bác sĩ")[1]);
        let opinions = opinions(TABLE, "Gặp bác sĩ", "Bác kê thuốc");
        assert_eq!(
            opinions[1].because,
            [Spoken { field: Field::Title, words: 1..3 }, Spoken { field: Field::Summary, words: 2..3 }]
        );
        assert!(opinions[0].because.is_empty());
    }

    #[test]
    fn words_with_which_a_title_begins_count_once_more() {
        let [first, later] = [scores("Trộm xe", "bác sĩ"), scores("Xe trộm", "bác sĩ")];
        assert!(first[0] > later[0], "{first:?} {later:?}");
        assert_eq!(scores("Xe", "trộm bác sĩ"), scores("Xe", "có trộm bác sĩ"), "a summary has no such beginning");
    }

    #[test]
    fn a_number_is_a_number() {
        assert_eq!(scores("Thêm 103 ca", "")[1], scores("Thêm 7 ca", "")[1]);
        assert!(scores("Thêm 103 ca", "")[1] > scores("Thêm nhiều ca", "")[1]);
        let key = |title: &str| keys(&Passage::of_title(title)).0;
        assert_eq!(key("19h30 ngày 5/12, hòa, 250km"), "^0h0 ngay2 0 0 hoa2 0km");
    }

    #[test]
    fn what_is_claimed_for_another_topic_speaks_against_this_one() {
        let with = |calibration: &str| {
            let table = TABLE.replace("100\t0\t0\t0", calibration);
            opinions(&table, "Bác sĩ bắt trộm", "").into_iter().map(|opinion| opinion.score).collect::<Vec<_>>()
        };
        let (alone, rivals) = (with("100\t0\t0\t0"), with("100\t-50\t0\t0"));
        assert!(alone.iter().all(|score| *score > 0.0), "{alone:?}");
        assert!((rivals[0] - (alone[0] - alone[1] / 2.0)).abs() < 1e-5 && (rivals[1] - (alone[1] - alone[0] / 2.0)).abs() < 1e-5);
        assert_eq!(
            Calibration::evidence(&[0.25, -0.75, 0.5], 0),
            [0.25, 0.0, -0.25],
            "who says more than a half against it is no rival"
        );
    }

    #[test]
    fn the_table_is_whole() {
        assert_eq!((&MODEL.topics[..], MODEL.bias.len()), (&LEARNED.map(str::to_owned)[..], LEARNED.len()));
        assert_eq!(MODEL.rows.len(), WEIGHTS.lines().count() - HEAD, "no line is lost, and no two keys share a hash");
        assert!(MODEL.weights.iter().all(|(topic, _)| usize::from(*topic) < MODEL.topics.len()));
    }
}
