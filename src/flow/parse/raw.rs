//! What the readers of formats find, before it is cleaned: the same for every format, so that formats die here.

use jiff::Timestamp;

use crate::flow::parse::pace::RawPace;
use crate::model::Note;

/// A document as it was written.
#[derive(Clone, Debug, Default)]
pub(super) struct RawFeed {
    pub title: Option<Markup>,
    /// The site's address.
    pub link: Option<String>,
    pub description: Option<Markup>,
    pub language: Option<String>,
    pub updated: Option<When>,
    pub generator: Option<String>,
    /// The hubs that announce its news, and the address that it gives itself.
    pub hubs: Vec<String>,
    pub own_url: Option<String>,
    /// The id that it gives itself.
    pub id: Option<String>,
    /// How often it wants to be asked.
    pub pace: RawPace,
    /// Who wrote the entries that name nobody (Atom, JSON Feed).
    pub authors: Vec<RawAuthor>,
    pub entries: Vec<RawEntry>,
    /// What was repaired on the way.
    pub notes: Vec<Note>,
}

/// Hubs of one document that are kept; more are a way to keep us busy.
const MOST_HUBS: usize = 16;

impl RawFeed {
    /// Takes up a hub.
    pub(super) fn put_hub(&mut self, address: String) {
        if self.hubs.len() < MOST_HUBS {
            self.hubs.push(address);
        }
    }
}

/// An item as it was written. Texts are not cleaned, addresses not resolved.
#[derive(Clone, Debug, Default)]
pub(super) struct RawEntry {
    /// Its place in the document, from 0.
    pub place: usize,
    pub guid: Option<String>,
    /// Whether the guid is said to be an address, or to be none (`isPermaLink`).
    pub guid_is_link: Option<bool>,
    pub title: Option<Markup>,
    pub links: Vec<RawLink>,
    pub summary: Option<Markup>,
    pub content: Option<Markup>,
    pub published: Option<When>,
    pub updated: Option<When>,
    pub authors: Vec<RawAuthor>,
    pub categories: Vec<String>,
    /// Pictures, the best first.
    pub images: Vec<String>,
    /// What relative addresses are relative to, itself perhaps relative to the document's address.
    pub base: Option<String>,
    /// The same for the addresses in the content.
    pub content_base: Option<String>,
}

/// A text, and whether it holds markup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Markup {
    /// Plain text: `<` is a character.
    Text(String),
    /// HTML, or what its author took for HTML.
    Html(String),
}

impl Markup {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Text(text) | Self::Html(text) => text,
        }
    }

    pub(super) fn as_mut_string(&mut self) -> &mut String {
        match self {
            Self::Text(text) | Self::Html(text) => text,
        }
    }

    pub(super) fn is_blank(&self) -> bool {
        self.as_str().trim().is_empty()
    }
}

/// A date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// As it was written.
    Written(String),
    /// As it was read already.
    At(Timestamp),
}

/// A link of an entry.
#[derive(Clone, Debug, Default)]
pub(super) struct RawLink {
    pub rel: Option<String>,
    pub href: String,
    pub media_type: Option<String>,
    pub length: Option<u64>,
}

/// Who wrote something.
#[derive(Clone, Debug, Default)]
pub(super) struct RawAuthor {
    pub name: Option<String>,
    pub email: Option<String>,
}
