//! Reasons: why a story has its topics, why its entries are one story, why others are not part of it. Each reads as a sentence.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use crate::model::{Apart, Field, SourceId, TopicId};

/// A phrase of a rule, and where it occurs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occurrence {
    /// As the rule writes it.
    pub phrase: String,
    /// The field.
    pub field: Field,
    /// As it is written there.
    pub text: String,
    /// Where, in characters of the field's plain text (of the category, where it is one).
    pub place: Range<usize>,
}

/// Why a phrase that occurs does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PassedOver {
    /// It shares a word with this phrase of `except`.
    Except(String),
    /// Nothing of `near` is near.
    Alone(Vec<String>),
    /// What labelled texts taught does not clearly speak for the topic.
    Unlearned,
    /// The story was published before `since` or after `until`.
    Time,
    /// It is one of `two_of`, and no other one occurs.
    Single,
}

impl fmt::Display for PassedOver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Except(phrase) => write!(f, "there stands “{phrase}”"),
            Self::Alone(near) => write!(f, "none of “{}” stands near", near.join("”, “")),
            Self::Unlearned => f.write_str("the other words do not clearly speak for the topic"),
            Self::Single => f.write_str("alone it says too little"),
            Self::Time => f.write_str("it does not count at the time of this story"),
        }
    }
}

/// A topic of which something occurs in some texts: whether they have it, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The topic.
    pub topic: TopicId,
    /// The phrases that count.
    pub matched: Vec<Occurrence>,
    /// The phrases of `any`, `two_of` and `all` that occur but do not count, and why.
    pub passed_over: Vec<(Occurrence, PassedOver)>,
    /// The phrases of `none` that exclude the story.
    pub excluded: Vec<Occurrence>,
    /// The phrases of `all` that do not count anywhere.
    pub missing: Vec<String>,
    /// Whether phrases of `any` or `two_of` are wanted and too few count.
    pub lacks_any: bool,
    /// Whether what labelled texts taught is among what gives the topic: the words that speak for it end `matched`.
    pub learned: bool,
}

impl Verdict {
    /// Whether the texts have the topic.
    pub fn holds(&self) -> bool {
        !self.lacks_any && self.missing.is_empty() && self.excluded.is_empty()
    }

    /// Why the texts do not have the topic, each sentence once; none where they have it.
    pub fn reasons_against(&self) -> Vec<String> {
        let excluded = self.excluded.iter().map(|o| format!("“{}” in the {} excludes it", o.text, o.field.name()));
        let missing = self.missing.iter().map(|phrase| format!("“{phrase}” is missing"));
        let passed_over = self.passed_over.iter().filter(|_| self.lacks_any || !self.missing.is_empty());
        let passed_over = passed_over.map(|(o, why)| format!("“{}” in the {} does not count: {why}", o.text, o.field.name()));
        let mut reasons: Vec<String> = Vec::new();
        for reason in passed_over.chain(excluded).chain(missing) {
            // Two phrases of the same words, each with conditions of its own, may fail for one reason.
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        reasons
    }
}

/// Why a story is as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// Its entries, in the order in which they came.
    pub members: Vec<Member>,
    /// Stories that share words with it and are other stories all the same.
    pub apart: Vec<Apart>,
}

impl Why {
    /// The topics that the entries have under the rules that were asked.
    pub fn topics(&self) -> BTreeSet<&TopicId> {
        let verdicts = self.members.iter().flat_map(|member| &member.verdicts);
        verdicts.filter(|verdict| verdict.holds()).map(|verdict| &verdict.topic).collect()
    }
}

/// Why an entry is part of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Its source.
    pub source: SourceId,
    /// Why it is part of the story.
    pub joined: Joined,
    /// Whether the story shows its words.
    pub leads: bool,
    /// What the rules say of its texts.
    pub verdicts: Vec<Verdict>,
}

/// Why an entry is part of a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Joined {
    /// It was there first.
    First,
    /// Its address is that of another source's article.
    Link(SourceId),
    /// It is a near copy of another source's entry.
    Copy(SourceId, Alike),
    /// It was a near copy; since then it or the others have been edited.
    Edited,
}

/// What two near copies have in common.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alike {
    /// The titles say the same.
    Titles,
    /// The titles are alike, and so are the texts.
    TitlesAndTexts,
    /// The texts say the same.
    Texts,
    /// The words differ, the names and numbers are those of one event.
    Facts,
}

impl fmt::Display for Joined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First => f.write_str("it came first"),
            Self::Link(source) => write!(f, "it has the address of the article of {source}"),
            Self::Copy(source, alike) => write!(f, "compared with the entry of {source}, {alike}"),
            Self::Edited => f.write_str("it was a near copy when it came; since then one of them was edited"),
        }
    }
}

impl fmt::Display for Alike {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Titles => "the titles say the same",
            Self::TitlesAndTexts => "the titles are alike, and so are the texts",
            Self::Texts => "the texts say the same",
            Self::Facts => "the words differ, but the names and numbers are those of one event",
        })
    }
}
