//! A topic: a named rule over stories.

use jiff::Timestamp;

use crate::model::Slug;

/// A topic's id in `feeds.toml`.
pub type TopicId = Slug;

/// The topics that the labelled texts know, and that can be learned.
pub const LEARNED: [&str; 14] = [
    "an-sinh-xa-hoi",
    "an-toan-giao-thong",
    "cai-cach-hanh-chinh",
    "chuyen-doi-so",
    "giao-duc",
    "kinh-te",
    "lam-theo-bac",
    "moi-truong",
    "nguoi-tot-viec-tot",
    "nong-thon-moi",
    "phong-chong-tham-nhung",
    "van-hoa-the-thao",
    "xay-dung-dang",
    "y-te",
];

/// A named rule. A story has the topic when a phrase of `any` counts, or two different ones of `two_of` (or there are no such phrases),
/// every phrase of `all` counts, and nothing of `none` excludes it, in the chosen fields. Where it is `learned`, words of title and summary that
/// speak for it together are as good as a phrase of `any`.
///
/// Where a phrase of `except` stands, no phrase counts that shares a word with it: "bác sĩ" takes away the last word of "làm theo Bác".
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topic {
    /// Its id in `feeds.toml`, and that of the feed which it publishes.
    pub id: TopicId,
    /// What readers see.
    pub title: String,
    /// One of these suffices.
    pub any: Vec<Phrase>,
    /// Two different ones of these suffice.
    pub two_of: Vec<Phrase>,
    /// Each of these must count.
    pub all: Vec<Phrase>,
    /// None of these may count.
    pub none: Vec<Phrase>,
    /// What shares a word with one of these does not count.
    pub except: Vec<Phrase>,
    /// Whether what labelled texts taught of the topic of this id is as good as a phrase of `any`.
    pub learned: bool,
    /// Where the phrases are looked for; never empty.
    pub fields: Vec<Field>,
}

/// A phrase of a rule. It occurs where its words stand one after the other in one sentence, whatever is between them (but no comma in one of
/// up to three words), and where each
/// word that it writes with a capital has one. The number of an official document occurs in every way of writing it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phrase {
    /// As the rule writes it.
    pub text: String,
    /// Where this is not empty, the phrase counts only near one of these.
    pub near: Vec<String>,
    /// Where this is not empty, it counts only in these of the topic's fields.
    pub fields: Vec<Field>,
    /// It counts in stories published at this time or later.
    pub since: Option<Timestamp>,
    /// It counts in stories published before this time.
    pub until: Option<Timestamp>,
    /// It counts only where what labelled texts taught of the topic clearly speaks for it, too.
    pub learned: bool,
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
