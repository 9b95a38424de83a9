//! What an address would bring, before it is trusted: nothing is stored.

use jiff::Timestamp;
use url::Url;

use crate::edge::fetch::{Answer, Body, FetchError, Turns, Validators, at_once};
use crate::flow::parse::{self, NotAFeed, Proposal};
use crate::flow::topic::Texts;
use crate::model::{Content, Document, Source, Trouble, Verdict};
use crate::pipeline::{Desk, poll};

/// What a source brings, with topics.
#[derive(Debug)]
pub struct Previewed {
    /// Where it stands, after redirects.
    pub url: Url,
    /// Where it has moved to, if the redirects call themselves permanent.
    pub moved: Option<Url>,
    /// The document.
    pub document: Document,
    /// For each entry its topics, with the reasons.
    pub topics: Vec<Vec<Verdict>>,
}

/// Why there is nothing to preview.
#[derive(Debug, thiserror::Error)]
pub enum PreviewError {
    /// No answer.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// The host's robots.txt names us.
    #[error("the robots.txt of {0} asks diemtin to stay away")]
    Unwelcome(String),
    /// The answer is no feed.
    #[error("{error}")]
    NotAFeed {
        /// What it is.
        error: NotAFeed,
        /// Where it stands, after redirects.
        url: Box<Url>,
        /// Pages that list the feeds of the site.
        directories: Vec<String>,
        /// If it is a listing page: selectors that would read it.
        proposals: Vec<Proposal>,
    },
}

impl PreviewError {
    /// What kind of failure it is.
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Fetch(error) => error.trouble,
            Self::Unwelcome(_) => Trouble::Unwelcome,
            Self::NotAFeed { .. } => Trouble::NotAFeed,
        }
    }
}

/// Fetches and reads a source without storing anything; for whoever asks for one alone.
pub async fn preview(desk: &Desk, source: &Source) -> Result<Previewed, PreviewError> {
    preview_in_turn(desk, source, &at_once).await
}

/// The same, in turn with others.
pub async fn preview_in_turn(desk: &Desk, source: &Source, turns: Turns<'_>) -> Result<Previewed, PreviewError> {
    let now = (desk.clock)();
    if !desk.crew.look(desk, source).await?.welcome {
        return Err(PreviewError::Unwelcome(source.home.host_str().unwrap_or_default().to_owned()));
    }
    let answer = desk.fetcher.fetch(source, source.url(), &Validators::default(), turns, now).await?;
    let (desk_there, source) = (desk.clone(), source.clone());
    desk.compute(move || read(&desk_there, &source, answer, now)).await
}

/// Reads an answer. It takes a while.
fn read(desk: &Desk, source: &Source, answer: Answer, now: Timestamp) -> Result<Previewed, PreviewError> {
    let (url, moved) = (answer.url, answer.moved);
    let body = answer.body.map_or(Ok(Vec::new()), Body::unpack)?;
    let content_type = answer.content_type.as_deref();
    let document = match poll::read(source, &body, content_type, &url, now) {
        Ok(document) => document,
        Err(error) => {
            let encoding = source.encoding.as_deref();
            let input =
                parse::Input { bytes: &body, content_type, base: &url, timezone: &source.timezone, encoding, select: None, now };
            let (directories, proposals) = (parse::directories(input), parse::propose(input));
            return Err(PreviewError::NotAFeed { error, url: Box::new(url), directories, proposals });
        }
    };
    let texts = document.entries.iter().map(|entry| Texts {
        title: &entry.title,
        summary: &entry.text,
        content: match source.content {
            Content::Full => entry.content.as_deref().unwrap_or_default(),
            Content::Summary => "",
        },
        categories: &entry.categories,
        published: entry.published.map_or(now, |published| published.min(now)),
    });
    let topics = texts.map(|texts| desk.rules.hits(texts)).collect();
    Ok(Previewed { url, moved, document, topics })
}
