//! From the ordered stories of a feed to the documents that are published: the only place that knows that we publish in
//! formats.
//!
//! Everything here is a pure function of its arguments: no clock, no disk, no network, no randomness. Equal listings give
//! equal bytes, today and on every machine; that is what the ETags rest on. So every date in a document is a date of a
//! story, in UTC where programs read it (a changed `timezone` changes no feed) and in the service's zone where people do.
//!
//! | file | answers |
//! | --- | --- |
//! | `address` | which ids and addresses things have |
//! | `text`, `time`, `credit` | how words, dates and the names of the sources are written |
//! | `sheet` | which of a listing's stories a document shows |
//! | `rss`, `atom`, `json`, `sidebar`, `html` | what each format looks like |
//! | `opml` | the lists of our feeds and of the sources |
//! | `metrics` | the counts, for Prometheus |
//! | `xml` | how XML is written |
//! | `check` | whether another reader finds in a document what was put in |
//! | `proof` | which stories have to be set aside, because a document with them can't be read back |
//! | `seal` | what the server needs besides the bytes |

mod address;
mod atom;
mod check;
mod credit;
mod html;
mod json;
mod metrics;
mod opml;
mod proof;
mod rss;
mod seal;
mod sheet;
mod sidebar;
mod text;
mod time;
mod xml;

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::model::{FeedId, Listed, Listing, Part, Service};

pub use address::{archive_of, archive_paths, feed_tag, local, story_path, story_tag};
pub use check::read_back;
pub use html::{Front, Place, admin, front, no_pages, story, style};
pub use metrics::metrics;
pub use opml::{opml, sources_opml};
pub use proof::{Check, Proof, proof, proof_of};
pub use seal::{seal, sealed};
pub use sheet::{Chain, page_size};
pub use sidebar::{EMBED_STYLE, embed_style};
pub use text::legal;
pub use time::clock;

/// A document as it is served, before hashing and compression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The Content-Type header.
    pub content_type: &'static str,
    /// The bytes, always UTF-8.
    pub body: Vec<u8>,
}

/// The Content-Type of a page that is published here, from its text.
pub fn content_type(text: &str) -> Option<&'static str> {
    let all = Format::ALL.map(Format::content_type).into_iter().chain([CSS, OPML]);
    all.into_iter().find(|known| *known == text)
}

/// The formats that a feed is published in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// [RSS 2.0](https://www.rssboard.org/rss-specification).
    Rss,
    /// Atom 1.0, [RFC 4287](https://www.rfc-editor.org/rfc/rfc4287).
    Atom,
    /// [JSON Feed 1.1](https://www.jsonfeed.org/version/1.1/).
    Json,
    /// A page for people.
    Html,
    /// The newest stories for a portal's own script.
    SidebarJson,
    /// The newest stories as a fragment to be put into a portal's page.
    SidebarHtml,
    /// The same as a page, for a frame in a portal's page.
    Embed,
}

impl Format {
    /// Every format, in the order of the documentation.
    pub const ALL: [Self; 7] = [Self::Rss, Self::Atom, Self::Json, Self::Html, Self::SidebarJson, Self::SidebarHtml, Self::Embed];

    /// The path of a feed in this format; it begins with `/` and is a key of [`crate::model::Site`].
    pub fn path(self, feed: &FeedId) -> String {
        match self {
            Self::Rss => format!("/feeds/{feed}.rss"),
            Self::Atom => format!("/feeds/{feed}.atom"),
            Self::Json => format!("/feeds/{feed}.json"),
            Self::Html => format!("/feeds/{feed}"),
            Self::SidebarJson => format!("/sidebar/{feed}.json"),
            Self::SidebarHtml => format!("/sidebar/{feed}.html"),
            Self::Embed => format!("/embed/{feed}"),
        }
    }

    /// The Content-Type header.
    pub fn content_type(self) -> &'static str {
        match self {
            Self::Rss => "application/rss+xml; charset=utf-8",
            Self::Atom => "application/atom+xml; charset=utf-8",
            // JSON is UTF-8 by definition: its media types have no charset parameter (RFC 8259 § 11).
            Self::Json => "application/feed+json",
            Self::SidebarJson => "application/json",
            Self::Html | Self::SidebarHtml | Self::Embed => HTML,
        }
    }

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Rss => "rss",
            Self::Atom => "atom",
            Self::Json => "json",
            Self::Html => "html",
            Self::SidebarJson => "sidebar-json",
            Self::SidebarHtml => "sidebar-html",
            Self::Embed => "embed",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why a text names no format.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no format: the formats are rss, atom, json, html, sidebar-json, sidebar-html and embed")]
pub struct FormatError(pub String);

impl FromStr for Format {
    type Err = FormatError;
    fn from_str(text: &str) -> Result<Self, FormatError> {
        Self::ALL.into_iter().find(|format| format.name() == text).ok_or_else(|| FormatError(text.to_owned()))
    }
}

/// The Content-Type of everything that browsers show.
const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const OPML: &str = "text/x-opml; charset=utf-8";

/// One feed in one format, as it is published under [`Format::path`].
pub fn feed(service: &Service, listing: &Listing, format: Format) -> Rendered {
    part(service, listing, format, Part::default())
}

/// A part of a feed: what `?limit=N` and `?page=N` ask for.
pub fn part(service: &Service, listing: &Listing, format: Format, part: Part) -> Rendered {
    document(&sheet::Sheet::new(service, listing, format, part))
}

/// A sidebar for who has seen an earlier one: `news` are the stories that are new since then.
pub fn since(service: &Service, listing: &Listing, news: Vec<Arc<Listed>>, part: Part) -> Rendered {
    document(&sheet::Sheet::since(service, listing, news, part))
}

/// An archive of a feed (RFC 5005, section 4): `listing` holds the stories of its period.
pub fn archive(service: &Service, listing: &Listing, format: Format, chain: &Chain) -> Rendered {
    document(&sheet::Sheet::archive(service, listing, format, chain))
}

fn document(sheet: &sheet::Sheet) -> Rendered {
    let format = sheet.format;
    let body = match format {
        Format::Rss => rss::document(sheet),
        Format::Atom => atom::document(sheet),
        Format::Json => json::document(sheet),
        Format::Html => html::page(sheet),
        Format::SidebarJson => sidebar::json(sheet),
        Format::SidebarHtml => sidebar::html(sheet),
        Format::Embed => sidebar::embed(sheet),
    };
    Rendered { content_type: format.content_type(), body }
}
