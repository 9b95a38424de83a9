//! A story and the rules → its topics, and the words responsible.
//!
//! Phrases match whole words on [`crate::text::Words`]: tone placement and punctuation between words make no difference, diacritics do, and so does a
//! capital that the phrase has. One automaton looks for all phrases of all topics at once, and only topics of which something was found
//! are judged, so the cost hardly grows with their number. Where nothing sure was found, what labelled texts taught of a topic may give it.

mod compile;
mod find;
pub mod learned;
mod verdict;

use std::collections::{BTreeSet, HashMap};

use aho_corasick::AhoCorasick;
use jiff::Timestamp;

use crate::model::{Report, Story, Topic, TopicId, Verdict};
use crate::text::Passage;
use compile::{Compiled, Use};

/// The topics of a configuration, ready to be applied.
pub struct Rules {
    topics: Vec<Topic>,
    /// The phrases of each topic.
    phrases: Vec<Vec<Compiled>>,
    automaton: AhoCorasick,
    /// Who asks for each phrase of the automaton.
    uses: Vec<Vec<Use>>,
    /// Who asks for a document with this number.
    documents: HashMap<String, Vec<Use>>,
    /// The place among those of the model of each topic that asks what was learned of it.
    learned: Vec<Option<usize>>,
    fingerprint: [u8; 16],
}

/// The texts of a story or of an entry, in the fields of a rule.
#[derive(Clone, Copy, Debug)]
pub struct Texts<'a> {
    /// Plain text.
    pub title: &'a str,
    /// Plain text.
    pub summary: &'a str,
    /// Clean HTML or plain text.
    pub content: &'a str,
    /// Plain texts.
    pub categories: &'a [String],
    /// When it was published: numbers of documents are used again.
    pub published: Timestamp,
}

impl Rules {
    /// A hash of the rules: stories that were classified under the same one need not be classified again.
    pub fn fingerprint(&self) -> [u8; 16] {
        self.fingerprint
    }

    /// The topics of some texts, in the order of the configuration, each with the phrases responsible.
    pub fn hits(&self, texts: Texts) -> Vec<Verdict> {
        self.verdicts(texts).into_iter().filter(Verdict::holds).collect()
    }

    /// The topics of a story: those that any one of its entries has.
    pub fn topics(&self, story: &Story) -> Vec<TopicId> {
        self.held(story.entries.iter().flat_map(|report| self.verdicts(Texts::of(report, story.published))))
    }

    /// The same, where what counts of each entry's title and summary was read before, in the order of the entries.
    pub fn topics_read<'a>(&self, story: &Story, read: impl Iterator<Item = [&'a Passage; 2]>) -> Vec<TopicId> {
        let entries = story.entries.iter().zip(read);
        self.held(entries.flat_map(|(report, read)| self.verdicts_read(Texts::of(report, story.published), read)))
    }

    fn held(&self, verdicts: impl Iterator<Item = Verdict>) -> Vec<TopicId> {
        let hits: BTreeSet<TopicId> = verdicts.filter(Verdict::holds).map(|verdict| verdict.topic).collect();
        self.topics.iter().map(|t| t.id.clone()).filter(|id| hits.contains(id)).collect()
    }
}

impl<'a> Texts<'a> {
    /// The texts of a stored entry, of a story that was published at this time.
    pub fn of(report: &'a Report, published: Timestamp) -> Self {
        Self {
            title: &report.title,
            summary: &report.summary,
            content: report.content.as_deref().unwrap_or_default(),
            categories: &report.categories,
            published,
        }
    }
}

#[cfg(test)]
mod tests;
