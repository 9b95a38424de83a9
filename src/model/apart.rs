//! Why two texts, or an entry and a story, are not the same news; and the stories that were looked at and are others.

use std::fmt;

use crate::model::{Alike, SourceId, StoryId};

/// A story that was looked at and is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Apart {
    /// The story.
    pub id: StoryId,
    /// Its title.
    pub title: String,
    /// Why it is another one.
    pub because: Refusal,
}

/// Why an entry is no part of a story. Reads as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The story has an entry of this source already.
    OwnSource,
    /// They were published too far apart.
    Time,
    /// It is not like the story's leading entry.
    Lead(Reason),
    /// It is like the leading entry, but a member of the story forbids it.
    Member(SourceId, Reason),
    /// Both articles stand on one site, which has its reason to publish two.
    OneSite,
    /// Nothing, but each was a story before that could be seen.
    Late(Reason),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnSource => f.write_str("the story has another entry of this source"),
            Self::Time => f.write_str("they were published more than 72 hours apart"),
            Self::Lead(reason) => reason.fmt(f),
            Self::Member(source, reason) => write!(f, "compared with the entry of {source}, {reason}"),
            Self::OneSite => f.write_str("both articles stand on one site and are not word for word the same"),
            Self::Late(reason) => write!(f, "{reason}, but each was a story before that could be seen"),
        }
    }
}

/// Why two texts are, or are not, the same news. Reads as a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// They are the same news.
    Alike(Alike),
    /// Each has something that the other lacks.
    Apart {
        /// What kind of thing.
        what: Difference,
        /// What the first has, as it writes it.
        first: String,
        /// What the second has.
        second: String,
    },
    /// The titles are the same, but would fit many articles.
    General,
    /// They share too little.
    Unlike,
}

/// What sets two texts apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// Numbers, dates or times of the titles.
    Number,
    /// Days, issues or terms of the whole texts.
    Ordinal,
    /// Amounts of the whole texts.
    Count,
    /// Provinces or cities.
    Place,
    /// Proper names.
    Name,
    /// Opposites, or different moments of one event.
    Opposite,
    /// Other words of titles that are otherwise alike.
    Word,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Alike(alike) => alike.fmt(f),
            Self::General => f.write_str("the titles are the same, but would fit many articles, and the texts do not confirm it"),
            Self::Unlike => f.write_str("they share too little"),
            Self::Apart { what, first, second } => {
                let what = match what {
                    Difference::Number => "the titles differ in a number or date",
                    Difference::Ordinal => "they are of different days or issues",
                    Difference::Count => "they count different things",
                    Difference::Place => "they are about different places",
                    Difference::Name => "they name different persons or things",
                    Difference::Opposite => "they tell of opposites, or of different moments",
                    Difference::Word => "each title says something that the other text does not know",
                };
                let side = |text: &str| if text.is_empty() { "nothing".to_owned() } else { format!("“{text}”") };
                write!(f, "{what}: {} / {}", side(first), side(second))
            }
        }
    }
}

impl Reason {
    /// Whether it forbids a story, rather than failing to make one.
    pub fn is_veto(&self) -> bool {
        matches!(self, Self::Apart { .. })
    }

    /// The same, said of the second text and the first.
    pub fn reversed(self) -> Self {
        match self {
            Self::Apart { what, first, second } => Self::Apart { what, first: second, second: first },
            other => other,
        }
    }
}
