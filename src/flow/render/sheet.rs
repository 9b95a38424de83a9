//! Which of a listing's stories a document shows, and how it links to the rest.

use std::sync::Arc;

use jiff::Timestamp;

use crate::flow::render::{Format, address, text};
use crate::model::{Listed, Listing, Part, Period, Service, StoryId};

/// How many stories a sidebar shows when nobody says how many.
pub const SIDEBAR_STORIES: usize = 10;

/// Of any ten stories of a sidebar one source leads at most so many, as far as others have any: a column of ten has room for few.
const SIDEBAR_PER_SOURCE: usize = 3;

/// How many stories a page of this size has.
pub fn page_size(part: Part, listing: &Listing, format: Format) -> usize {
    let usual = match format {
        Format::SidebarJson | Format::SidebarHtml | Format::Embed => SIDEBAR_STORIES,
        Format::Html => listing.limit,
        Format::Rss | Format::Atom | Format::Json if part.page.is_some() => listing.limit,
        Format::Rss | Format::Atom | Format::Json => listing.stories.len(),
    };
    part.limit.unwrap_or(usual).max(1)
}

/// The stories of a part. The default part is the whole listing for feed readers, its first page for people, and
/// [`SIDEBAR_STORIES`] for sidebars.
pub(super) fn stories(part: Part, listing: &Listing, format: Format) -> Vec<Arc<Listed>> {
    let (page, size) = (part.page.unwrap_or(1).max(1), page_size(part, listing, format));
    let is_sidebar = matches!(format, Format::SidebarJson | Format::SidebarHtml | Format::Embed);
    if is_sidebar && page == 1 {
        return listing.fair(size, size, SIDEBAR_PER_SOURCE);
    }
    listing.stories.chunks(size).nth(page - 1).unwrap_or_default().to_vec()
}

/// The query that asks for a page of a part's size, with its `?`.
fn query(part: Part, format: Format, page: usize) -> String {
    // Without a query a feed reader gets everything, which is not its first page; a person gets the first page.
    let paged = page > 1 || (part.page.is_some() && format != Format::Html);
    match (part.limit, paged) {
        (None, false) => String::new(),
        (None, true) => format!("?page={page}"),
        (Some(limit), false) => format!("?limit={limit}"),
        (Some(limit), true) => format!("?limit={limit}&page={page}"),
    }
}

/// What a writer of a format needs: the stories to show and the addresses around them.
pub(super) struct Sheet<'a> {
    pub service: &'a Service,
    pub listing: &'a Listing,
    /// The stories to show.
    pub stories: Vec<Arc<Listed>>,
    pub format: Format,
    part: Part,
    page: usize,
    pages: usize,
    /// Where the document stands among the archives, if it is one.
    chain: Option<Chain>,
}

/// An archive and its neighbours.
#[derive(Clone, Copy, Debug)]
pub struct Chain {
    /// The period that it holds.
    pub period: Period,
    /// The one before.
    pub before: Option<Period>,
    /// The one after.
    pub after: Option<Period>,
}

impl<'a> Sheet<'a> {
    pub fn new(service: &'a Service, listing: &'a Listing, format: Format, part: Part) -> Self {
        let size = page_size(part, listing, format);
        let page = part.page.unwrap_or(1).max(1);
        let pages = listing.stories.len().div_ceil(size).max(1);
        Self { service, listing, stories: stories(part, listing, format), format, part, page, pages, chain: None }
    }

    /// An archive. For people, too, it is one page, so its listing's `limit` has to have room for all its stories.
    pub fn archive(service: &'a Service, listing: &'a Listing, format: Format, chain: &Chain) -> Self {
        Self { chain: Some(*chain), ..Self::new(service, listing, format, Part::default()) }
    }

    /// A sidebar of what is new.
    pub fn since(service: &'a Service, listing: &'a Listing, news: Vec<Arc<Listed>>, part: Part) -> Self {
        Self { stories: news, ..Self::new(service, listing, Format::SidebarJson, part) }
    }

    /// What the reader has already, where it says so.
    pub fn known(&self) -> Option<u64> {
        self.part.since
    }

    /// Whether this is an archive.
    pub fn is_archive(&self) -> bool {
        self.chain.is_some()
    }

    /// The stories that were taken down, and when: told by the feed itself and by archives, not by parts.
    pub fn withdrawn(&self) -> &[(StoryId, Timestamp)] {
        if self.part == Part::default() { &self.listing.withdrawn } else { &[] }
    }

    /// The feed's title, on one line.
    pub fn title(&self) -> String {
        text::title(&self.listing.title)
    }

    /// When the newest change to a story that is shown happened. What happens to the others does not change the document.
    pub fn updated(&self) -> Option<Timestamp> {
        let withdrawn = self.withdrawn().iter().map(|(_, when)| *when);
        self.stories.iter().map(|story| story.updated).chain(withdrawn).max()
    }

    /// The document's own address.
    pub fn this(&self) -> String {
        self.chain.map_or_else(|| self.at(self.page), |chain| self.archive_at(chain.period))
    }

    /// The archive's place among the others, if this is one.
    pub fn chain(&self) -> Option<&Chain> {
        self.chain.as_ref()
    }

    /// The path of an archive in this format.
    pub fn archive_path(&self, period: Period) -> String {
        address::archive_path(&self.listing.id, period, self.format)
    }

    fn archive_at(&self, period: Period) -> String {
        address::absolute(self.service, &self.archive_path(period))
    }

    /// The hub that announces this document's news; a part of a feed has none.
    pub fn hub(&self) -> Option<String> {
        self.service.hub.url().filter(|_| self.part == Part::default() && self.chain.is_none()).map(ToString::to_string)
    }

    /// The feed's address in another format.
    pub fn other(&self, format: Format) -> String {
        address::absolute(self.service, &format.path(&self.listing.id))
    }

    /// The query of another page of the same document, with its `?`.
    pub fn query(&self, page: usize) -> String {
        query(self.part, self.format, page)
    }

    fn at(&self, page: usize) -> String {
        format!("{}{}", self.other(self.format), self.query(page))
    }

    /// The number of the page before this one.
    pub fn previous(&self) -> Option<usize> {
        (self.page > 1).then(|| (self.page - 1).min(self.pages))
    }

    /// The number of the page after this one.
    pub fn next(&self) -> Option<usize> {
        (self.page < self.pages).then(|| self.page + 1)
    }

    /// The page's number and how many there are.
    pub fn position(&self) -> (usize, usize) {
        (self.page, self.pages)
    }

    /// The links of a document to itself and to what belongs to it in the same format, as relation and address.
    pub fn links(&self) -> Vec<(&'static str, String)> {
        [vec![("self", self.this())], self.paging(), self.archives()].concat()
    }

    /// The links from a feed to its newest archive, and between archives (RFC 5005 § 4).
    fn archives(&self) -> Vec<(&'static str, String)> {
        let (current, before, after) = match self.chain {
            Some(chain) => (Some(self.other(self.format)), chain.before, chain.after),
            // Who has read all pages goes on there.
            None if self.page >= self.pages => (None, self.listing.archive, None),
            None => (None, None, None),
        };
        let archive = |period: Option<Period>| period.map(|period| self.archive_at(period));
        let links = [("current", current), ("prev-archive", archive(before)), ("next-archive", archive(after))];
        links.into_iter().filter_map(|(rel, href)| Some((rel, href?))).collect()
    }

    /// Where older stories are: the next page, else the archive before.
    pub fn older(&self) -> Option<String> {
        self.links().into_iter().find(|(rel, _)| matches!(*rel, "next" | "prev-archive")).map(|(_, href)| href)
    }

    /// The links between the pages of a feed (RFC 5005 § 3), as relation and address; none for a feed of one page.
    pub fn paging(&self) -> Vec<(&'static str, String)> {
        if self.pages == 1 && self.page == 1 {
            return Vec::new();
        }
        let steps = [("first", Some(1)), ("previous", self.previous()), ("next", self.next()), ("last", Some(self.pages))];
        steps.into_iter().filter_map(|(rel, page)| Some((rel, self.at(page?)))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_names_what_differs_from_the_usual() {
        let part = |limit, page| Part { limit, page, since: None };
        for (asked, format, page, expected) in [
            (part(None, None), Format::Rss, 1, ""),
            (part(None, Some(1)), Format::Rss, 1, "?page=1"),
            (part(None, Some(1)), Format::Html, 1, ""),
            (part(None, Some(1)), Format::Html, 2, "?page=2"),
            (part(Some(5), None), Format::Json, 1, "?limit=5"),
            (part(Some(5), None), Format::Json, 2, "?limit=5&page=2"),
            (part(Some(5), Some(2)), Format::Json, 1, "?limit=5&page=1"),
        ] {
            assert_eq!(query(asked, format, page), expected, "{asked:?} {format} {page}");
        }
    }
}
