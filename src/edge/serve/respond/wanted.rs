//! What has to be made before a request can be answered, and its making. Everything else is ready.

use std::sync::Arc;

use hyper::Method;
use hyper::http::request::Parts;

use crate::edge::serve::respond::{delta, reads};
use crate::model::{Page, Part, Site, StoryId};

/// Something that is made when it is asked for.
pub(super) enum Wanted {
    /// The page of a story.
    Story(StoryId),
    /// An archive of a feed, which lies below the feed.
    Archive(String),
    /// A part of a feed.
    Part(String, Part),
    /// What the reader of one of these versions of a feed lacks.
    Delta(String, Vec<String>),
}

/// What was made.
pub(super) enum Made {
    /// The page to be answered with; there may be none.
    Page(Option<Arc<Page>>),
    /// What a reader lacks of the page.
    Delta(Arc<Page>),
}

/// What has to be made for a request.
pub(super) fn wanted(head: &Parts, site: &Site) -> Option<Wanted> {
    let path = head.uri.path();
    if !reads(&head.method) {
        return None;
    }
    // What was taken down is made no more.
    let is_there = |path: &str| !site.gone.contains(path);
    if let Some(id) = path.strip_prefix("/story/") {
        return id.parse().ok().filter(|_| is_there(path)).map(Wanted::Story);
    }
    if path.strip_prefix("/feeds/").is_some_and(|feed| feed.contains('/')) {
        return is_there(path).then(|| Wanted::Archive(path.to_owned()));
    }
    match head.uri.query() {
        Some(query) => {
            let asked = part(Some(query))?;
            let is_part = has_parts(path, site) && asked != Part::default() && site.parts.is_some();
            is_part.then(|| Wanted::Part(path.to_owned(), asked))
        }
        None => {
            site.deltas.as_ref().filter(|_| head.method == Method::GET)?;
            let versions = delta::versions(&head.headers);
            let whole = site.pages.get(path).filter(|_| !versions.is_empty())?;
            // Who has the page as it is lacks nothing.
            let lacks = !versions.contains(&whole.hash());
            lacks.then(|| Wanted::Delta(path.to_owned(), versions.into_iter().map(str::to_owned).collect()))
        }
    }
}

fn has_parts(path: &str, site: &Site) -> bool {
    ["/feeds/", "/sidebar/", "/embed/"].iter().any(|begin| path.starts_with(begin)) && site.pages.contains_key(path)
}

/// Whether a request asks for a part of a page in words that can't be read: to answer with the whole would hide the mistake, and fill caches
/// with the same bytes under many addresses.
pub(super) fn is_unreadable(head: &Parts, site: &Site) -> bool {
    head.uri.query().is_some() && has_parts(head.uri.path(), site) && part(head.uri.query()).is_none()
}

/// What a query asks for; `None` where a number is none from 1. Other parameters mean nothing here, and a cursor that nobody gave is one that is
/// not remembered.
pub(super) fn part(query: Option<&str>) -> Option<Part> {
    let Some(query) = query else { return Some(Part::default()) };
    let number = |name: &str| {
        let mut parameters = query.split('&').map(|p| p.split_once('=').unwrap_or((p, "")));
        let Some((_, digits)) = parameters.find(|(n, _)| *n == name) else { return Some(None) };
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        // More digits than a number has are a number beyond every feed.
        is_number.then(|| digits.parse().unwrap_or(usize::MAX)).filter(|number| *number > 0).map(Some)
    };
    let cursor = query.split('&').find_map(|p| p.strip_prefix("since="));
    let since = cursor.filter(|cursor| cursor.len() == 16).and_then(|cursor| u64::from_str_radix(cursor, 16).ok());
    Some(Part { limit: number("limit")?, page: number("page")?, since })
}

impl Wanted {
    /// Has it made; `None` where the answer is the one that needs no making.
    pub(super) async fn make(self, site: &Site) -> Option<Made> {
        let making = match self {
            Self::Story(id) => site.stories.as_ref().map(|make| make(id)),
            Self::Archive(path) => site.archives.as_ref().map(|make| make(path)),
            Self::Part(path, part) => site.parts.as_ref().map(|make| make(path, part)),
            Self::Delta(path, versions) => return site.deltas.as_ref()?(path, versions).await.map(Made::Delta),
        };
        let Some(making) = making else { return Some(Made::Page(None)) };
        Some(Made::Page(making.await))
    }
}
