//! A topic: a named rule over stories.

use crate::model::Slug;

/// A topic's id in `feeds.toml`.
pub type TopicId = Slug;

/// A named rule. A story has the topic when at least one phrase of `any` occurs (or `any` is empty), every phrase of `all`
/// occurs, and none of `none` does, in the chosen fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its id in `feeds.toml`, and that of the feed which it publishes.
    pub id: TopicId,
    /// What readers see.
    pub title: String,
    /// At least one of these must occur.
    pub any: Vec<String>,
    /// Each of these must occur.
    pub all: Vec<String>,
    /// None of these may occur.
    pub none: Vec<String>,
    /// Where the phrases are looked for; never empty.
    pub fields: Vec<Field>,
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
