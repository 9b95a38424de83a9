//! That stories are merged and topics given as well as docs/judging.md says: a change of a rule or a weight that costs more than a few cases
//! shows here. `cargo run --release --example evaluate` tells case by case.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use diemtin::config;
use diemtin::flow::dedupe::{Gist, judge};
use diemtin::flow::topic::{Rules, Texts};

/// Right, wrong, and missed.
#[derive(Clone, Copy, Debug, Default)]
struct Count([usize; 3]);

impl Count {
    fn note(&mut self, wanted: bool, found: bool) {
        let place = match (wanted, found) {
            (true, true) => 0,
            (false, true) => 1,
            (true, false) => 2,
            (false, false) => return,
        };
        self.0[place] += 1;
    }

    #[track_caller]
    fn is_at_least(self, precision: f64, recall: f64) {
        let [right, wrong, missed] = self.0.map(|count| count as f64);
        assert!(right / (right + wrong) >= precision && right / (right + missed) >= recall, "{self:?}: {precision}, {recall}");
    }
}

/// The rows of the labelled sets whose names begin so, by set.
fn sets(kind: &str) -> BTreeMap<String, Vec<Vec<String>>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/judge");
    let files = std::fs::read_dir(folder).expect("the labelled sets").map(|file| file.expect("a file").path());
    let rows = |path: &Path| {
        let text = std::fs::read_to_string(path).expect("a set");
        text.lines().skip(1).map(|line| line.split('\t').map(str::to_owned).collect()).collect()
    };
    let named = files.filter_map(|path| Some((path.file_stem()?.to_str()?.strip_prefix(kind)?.to_owned(), rows(&path))));
    named.collect()
}

#[test]
fn stories_are_merged_as_well_as_is_told() {
    let (mut looked_at, mut held_out, mut near_copies) = (Count::default(), Count::default(), Count::default());
    for (set, rows) in sets("pairs-") {
        for row in &rows {
            let (same, class) = (row[0] == "same", row[1].as_str());
            let (a, b) = (Gist::new(&row[2], &row[3]), Gist::new(&row[4], &row[5]));
            let meet =
                b.sketch().bands.iter().any(|band| a.sketch().bands.contains(band)) && a.sketch().may_resemble(&b.sketch().words);
            let together = judge(&a, &b).same && meet;
            let of_set = if set.contains("heldout") { &mut held_out } else { &mut looked_at };
            of_set.note(same, together);
            if ["dailies", "trades", "heldout-agency", "heldout-portal"].contains(&&set[..]) && class != "independent-report" {
                near_copies.note(same, together);
            }
        }
    }
    looked_at.is_at_least(0.99, 0.73);
    held_out.is_at_least(0.985, 0.90);
    near_copies.is_at_least(0.995, 0.95);
}

#[test]
fn topics_are_given_as_well_as_is_told_and_none_is_wrongly_lam_theo_bac() {
    let text = include_str!("../../feeds.toml");
    let (config, _) = config::read("feeds.toml", text, &|_| None).unwrap_or_else(|faults| panic!("{faults}"));
    let rules = Rules::new(&config.topics);
    let published = "2026-11-25T00:00:00Z".parse().expect("a time");
    let (mut learned_from, mut held_out) = (Count::default(), BTreeMap::<String, Count>::new());
    for (set, rows) in sets("topics-") {
        for row in &rows {
            let wanted: BTreeSet<&str> = row[0].split(',').filter(|topic| *topic != "-").collect();
            let categories: Vec<String> = row[4].split('|').map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned).collect();
            let texts = Texts { title: &row[2], summary: &row[3], content: "", categories: &categories, published };
            let verdicts = rules.verdicts(texts);
            let found: BTreeSet<&str> = verdicts.iter().filter(|v| v.holds()).map(|v| v.topic.as_str()).collect();
            assert!(wanted.contains("lam-theo-bac") || !found.contains("lam-theo-bac"), "{set}: {row:?}");
            let count = if set.contains("heldout") { held_out.entry(set.clone()).or_default() } else { &mut learned_from };
            config
                .topics
                .iter()
                .map(|topic| topic.id.as_str())
                .for_each(|id| count.note(wanted.contains(id), found.contains(id)));
        }
    }
    learned_from.is_at_least(0.99, 0.98);
    held_out["heldout"].is_at_least(0.99, 0.97);
    held_out["heldout-two"].is_at_least(0.97, 0.95);
    held_out["danes-heldout"].is_at_least(0.80, 0.65);
}
