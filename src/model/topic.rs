//! A topic: a named rule over stories.

use jiff::Timestamp;

use crate::model::Slug;

/// A topic's id in `feeds.toml`.
pub type TopicId = Slug;

/// A named rule. A story has the topic when at least one phrase of `any` counts (or `any` is empty), every phrase of `all` counts, and
/// nothing of `none` excludes it, in the chosen fields.
///
/// A phrase of `none` that has a phrase of `any` or `all` in it is an exception: where it stands, that one does not count ("làm theo bác
/// sĩ" to "làm theo bác"). Any other phrase of `none` excludes the story in which it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its id in `feeds.toml`, and that of the feed which it publishes.
    pub id: TopicId,
    /// What readers see.
    pub title: String,
    /// At least one of these must count.
    pub any: Vec<Phrase>,
    /// Each of these must count.
    pub all: Vec<Phrase>,
    /// Exceptions, and what excludes a story.
    pub none: Vec<Phrase>,
    /// Where the phrases are looked for; never empty.
    pub fields: Vec<Field>,
}

/// A phrase of a rule. It occurs where its words stand one after the other, whatever is between them but other words, and where each
/// word that it writes with a capital has one. The number of an official document occurs in every way of writing it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phrase {
    /// As the rule writes it.
    pub text: String,
    /// Where this is not empty, the phrase counts only near one of these.
    pub near: Vec<String>,
    /// It counts in stories published at this time or later.
    pub since: Option<Timestamp>,
    /// It counts in stories published before this time.
    pub until: Option<Timestamp>,
}

impl Phrase {
    /// A phrase that counts wherever it occurs.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }
}

/// A part of a story that a phrase may stand in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// The title.
    Title,
    /// The summary.
    Summary,
    /// The full text, where it is kept (`content = "full"`).
    Content,
    /// The source's own categories.
    Categories,
}

impl Field {
    /// All fields, in the order that reasons are given in.
    pub const ALL: [Self; 4] = [Self::Title, Self::Summary, Self::Content, Self::Categories];

    /// The name in `feeds.toml` and in explanations.
    pub fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Summary => "summary",
            Self::Content => "content",
            Self::Categories => "categories",
        }
    }
}
