//! Reads a document back with another reader before it replaces the last good one: one poisoned entry can't break a feed.

use jiff::Timestamp;
use jiff::fmt::rfc2822;

use crate::flow::render::{Format, Rendered, address, sheet, text, time};
use crate::model::{Listed, Listing, Part};

/// What must be found again of each story.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    id: String,
    title: String,
    /// The article's address; empty where it has none.
    url: String,
    /// When it was published.
    published: Option<Timestamp>,
}

/// A story of a sidebar.
const SIDEBAR_STORY: &str = "<li class=\"diemtin-story\">";

/// Whether a reader finds in the document of [`crate::flow::render::feed`] exactly the stories that were put in: as many, in
/// that order, with their ids, titles, addresses and dates. Pages and fragments are only counted. The error is a sentence's end.
pub fn read_back(format: Format, rendered: &Rendered, listing: &Listing) -> Result<(), String> {
    let body = std::str::from_utf8(&rendered.body).map_err(|fault| format!("{format}: not UTF-8: {fault}"))?;
    let stories = sheet::stories(Part::default(), listing, format);
    let found = match format {
        Format::Rss => rss(body),
        Format::Atom => atom(body),
        Format::Json => json(body, "items", "date_published"),
        Format::SidebarJson => json(body, "stories", "published"),
        Format::Html => return count(body, "<article ", stories.len(), "</html>\n"),
        Format::SidebarHtml => return count(body, SIDEBAR_STORY, stories.len(), "</section>\n"),
        Format::Embed => return count(body, SIDEBAR_STORY, stories.len(), "</html>\n"),
    }
    .map_err(|fault| format!("{format}: can't be read back: {fault}"))?;
    let put: Vec<Seen> = stories.iter().map(|story| put(format, story)).collect();
    compare(&put, &found).map_err(|fault| format!("{format}: {fault}"))
}

fn put(format: Format, story: &Listed) -> Seen {
    Seen {
        id: if format == Format::SidebarJson { story.id.to_string() } else { address::story_tag(story.id) },
        title: text::title(&story.title),
        url: story.url.as_deref().and_then(address::web).unwrap_or_default(),
        published: time::rfc3339(story.published).parse().ok(),
    }
}

fn compare(put: &[Seen], found: &[Seen]) -> Result<(), String> {
    if let Some((put, found)) = put.iter().zip(found).find(|(put, found)| put != found) {
        return Err(format!("{put:?} is read back as {found:?}"));
    }
    if put.len() == found.len() { Ok(()) } else { Err(format!("of {} stories, {} are read back", put.len(), found.len())) }
}

fn rss(body: &str) -> Result<Vec<Seen>, String> {
    let channel = ::rss::Channel::read_from(body.as_bytes()).map_err(|fault| fault.to_string())?;
    let seen = |item: ::rss::Item| Seen {
        id: item.guid.map(|guid| guid.value).unwrap_or_default(),
        title: item.title.unwrap_or_default(),
        url: item.link.unwrap_or_default(),
        published: item.pub_date.and_then(|date| rfc2822::parse(&date).ok()).map(|date| date.timestamp()),
    };
    Ok(channel.items.into_iter().map(seen).collect())
}

fn atom(body: &str) -> Result<Vec<Seen>, String> {
    let feed = atom_syndication::Feed::read_from(body.as_bytes()).map_err(|fault| fault.to_string())?;
    let seen = |entry: atom_syndication::Entry| Seen {
        id: entry.id,
        title: entry.title.value,
        url: entry.links.into_iter().find(|link| link.rel == "alternate").map(|link| link.href).unwrap_or_default(),
        published: entry.published.and_then(|date| date.to_rfc3339().parse().ok()),
    };
    Ok(feed.entries.into_iter().map(seen).collect())
}

fn json(body: &str, list: &str, date: &str) -> Result<Vec<Seen>, String> {
    let value: serde_json::Value = serde_json::from_str(body).map_err(|fault| fault.to_string())?;
    let items = value[list].as_array().ok_or_else(|| format!("no {list}"))?;
    let word = |item: &serde_json::Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    let seen = |item| Seen {
        id: word(item, "id"),
        title: word(item, "title"),
        url: word(item, "url"),
        published: word(item, date).parse().ok(),
    };
    Ok(items.iter().map(seen).collect())
}

/// Counts an element. What comes from sources is escaped, so it can't hold one; if it does, the count shows it.
fn count(body: &str, element: &str, expected: usize, end: &str) -> Result<(), String> {
    if !body.ends_with(end) {
        return Err("the page is cut off".to_owned());
    }
    let found = body.matches(element).count();
    if found == expected { Ok(()) } else { Err(format!("of {expected} stories, the page shows {found}")) }
}
