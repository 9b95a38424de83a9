//! A story and the rules → its topics, and the words responsible.
//!
//! Phrases match whole words on [`crate::text::words`]: case, tone placement and punctuation between words make no difference,
//! diacritics do. One automaton looks for all phrases of all topics at once, so the cost hardly grows with their number.

use std::collections::BTreeSet;

use aho_corasick::AhoCorasick;
use xxhash_rust::xxh3::xxh3_128;

use crate::model::{Field, Report, Story, Topic, TopicId};
use crate::text::words;

/// The topics of a configuration, ready to be applied.
pub struct Rules {
    topics: Vec<Topic>,
    automaton: AhoCorasick,
    /// For each phrase of the automaton, who asks for it.
    uses: Vec<Vec<Use>>,
    fingerprint: [u8; 16],
}

/// One phrase of one topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Use {
    topic: usize,
    list: List,
    phrase: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum List {
    Any,
    All,
    None,
}

/// The texts of a story or of an entry, in the fields of a rule.
#[derive(Clone, Copy, Debug, Default)]
pub struct Texts<'a> {
    /// Plain text.
    pub title: &'a str,
    /// Plain text.
    pub summary: &'a str,
    /// Clean HTML or plain text.
    pub content: &'a str,
    /// Plain texts.
    pub categories: &'a [String],
}

/// A topic that some texts have, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The topic.
    pub topic: TopicId,
    /// The phrases of `any` and `all` that occur, as the rule writes them, and where.
    pub matched: Vec<(String, Field)>,
}

impl Rules {
    /// Builds the automaton. `topics` come from a checked configuration.
    pub fn new(topics: &[Topic]) -> Self {
        let mut keys: Vec<String> = Vec::new();
        let mut uses: Vec<Vec<Use>> = Vec::new();
        for (topic, rule) in topics.iter().enumerate() {
            for (list, phrases) in [(List::Any, &rule.any), (List::All, &rule.all), (List::None, &rule.none)] {
                for (phrase, text) in phrases.iter().enumerate() {
                    let key = words(text);
                    let place = keys.iter().position(|k| *k == key).unwrap_or_else(|| {
                        keys.push(key);
                        uses.push(Vec::new());
                        keys.len() - 1
                    });
                    uses[place].push(Use { topic, list, phrase });
                }
            }
        }
        let automaton = AhoCorasick::new(&keys).expect("phrases of a configuration file are far below the automaton's limits");
        let fingerprint = xxh3_128(format!("{topics:?}").as_bytes()).to_be_bytes();
        Self { topics: topics.to_vec(), automaton, uses, fingerprint }
    }

    /// A hash of the rules: stories that were classified under the same one need not be classified again.
    pub fn fingerprint(&self) -> [u8; 16] {
        self.fingerprint
    }

    /// The topics of some texts, in the order of the configuration, each with the phrases responsible.
    pub fn hits(&self, texts: Texts) -> Vec<Hit> {
        let found = self.found(texts);
        let occurs = |topic, list, phrase| Field::ALL.iter().any(|&f| found.contains(&(Use { topic, list, phrase }, f)));
        let has = |(t, rule): (usize, &Topic)| {
            let any = rule.any.is_empty() || (0..rule.any.len()).any(|p| occurs(t, List::Any, p));
            any && (0..rule.all.len()).all(|p| occurs(t, List::All, p)) && !(0..rule.none.len()).any(|p| occurs(t, List::None, p))
        };
        let hit = |(t, rule): (usize, &Topic)| {
            let matched = found.iter().filter(|(u, _)| u.topic == t).filter_map(|(u, field)| match u.list {
                List::Any => Some((rule.any[u.phrase].clone(), *field)),
                List::All => Some((rule.all[u.phrase].clone(), *field)),
                List::None => None,
            });
            Hit { topic: rule.id.clone(), matched: matched.collect() }
        };
        self.topics.iter().enumerate().filter(|&t| has(t)).map(hit).collect()
    }

    /// The topics of a story: those that any one of its entries has.
    pub fn topics(&self, story: &Story) -> Vec<TopicId> {
        let hits: BTreeSet<TopicId> =
            story.entries.iter().flat_map(|report| self.hits(Texts::of(report))).map(|hit| hit.topic).collect();
        self.topics.iter().map(|t| t.id.clone()).filter(|id| hits.contains(id)).collect()
    }

    fn found(&self, texts: Texts) -> BTreeSet<(Use, Field)> {
        let mut found = BTreeSet::new();
        let mut look = |field: Field, text: &str| {
            for hit in self.automaton.find_overlapping_iter(&words(text)) {
                let wanted = self.uses[hit.pattern().as_usize()].iter().filter(|u| self.topics[u.topic].fields.contains(&field));
                found.extend(wanted.map(|u| (*u, field)));
            }
        };
        look(Field::Title, texts.title);
        look(Field::Summary, texts.summary);
        look(Field::Content, texts.content);
        texts.categories.iter().for_each(|category| look(Field::Categories, category));
        found
    }
}

impl<'a> Texts<'a> {
    /// The texts of a stored entry.
    pub fn of(report: &'a Report) -> Self {
        Self {
            title: &report.title,
            summary: &report.summary,
            content: report.content.as_deref().unwrap_or_default(),
            categories: &report.categories,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Slug;

    fn topic(id: &str, any: &[&str], all: &[&str], none: &[&str]) -> Topic {
        let list = |texts: &[&str]| texts.iter().map(|&t| t.to_owned()).collect();
        let fields = Field::ALL.to_vec();
        Topic { id: Slug::new(id).expect("a slug"), title: id.into(), any: list(any), all: list(all), none: list(none), fields }
    }

    fn ids(topics: &[Topic], title: &str) -> Vec<String> {
        Rules::new(topics).hits(Texts { title, ..Texts::default() }).iter().map(|h| h.topic.to_string()).collect()
    }

    #[test]
    fn whole_words_match_whatever_their_case_and_punctuation() {
        let bac = [topic(
            "bac",
            &["làm theo Bác", "học tập và làm theo tư tưởng, đạo đức", "Chỉ thị 05-CT/TW"],
            &[],
            &["làm theo bác sĩ"],
        )];
        for yes in [
            "Tuổi trẻ làm theo Bác",
            "TUỔI TRẺ LÀM THEO BÁC",
            "Học tập và làm theo tư tưởng đạo đức",
            "Sơ kết Chỉ thị 05 - CT/ TW",
        ] {
            assert_eq!(ids(&bac, yes), ["bac"], "{yes}");
        }
        for no in ["Làm theo bác sĩ dặn", "làm theo Bách", "làm theo bạc", "làm  theo", "Chỉ thị 105-CT/TW"] {
            assert!(ids(&bac, no).is_empty(), "{no}");
        }
    }

    #[test]
    fn any_all_and_none_are_told_apart() {
        let topics = [topic("a", &["một", "hai"], &["ba"], &["bốn"]), topic("b", &[], &["ba"], &[])];
        assert_eq!(ids(&topics, "hai ba"), ["a", "b"]);
        assert_eq!(ids(&topics, "ba"), ["b"]);
        assert_eq!(ids(&topics, "một hai"), Vec::<String>::new());
        assert_eq!(ids(&topics, "một ba bốn"), ["b"]);
    }

    #[test]
    fn neighbouring_phrases_share_their_blank() {
        let topics = [topic("a", &["một hai"], &[], &[]), topic("b", &["hai ba"], &[], &[])];
        assert_eq!(ids(&topics, "một hai ba"), ["a", "b"]);
    }

    #[test]
    fn only_the_chosen_fields_count_and_the_reason_is_named() {
        let titled = Topic { fields: vec![Field::Title], ..topic("a", &["một cửa"], &[], &[]) };
        let rules = Rules::new(&[titled, topic("b", &["Một cửa", "liên thông"], &[], &[])]);
        let categories = ["Một cửa".to_owned()];
        let hits = rules.hits(Texts { summary: "một cửa liên thông", categories: &categories, ..Texts::default() });
        let matched = [("Một cửa", Field::Summary), ("Một cửa", Field::Categories), ("liên thông", Field::Summary)];
        assert_eq!(hits.len(), 1);
        assert_eq!(hits[0].matched, matched.map(|(p, f)| (p.to_owned(), f)));
    }
}
