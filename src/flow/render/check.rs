//! Reads a document back with another reader before it replaces the last good one: one poisoned entry can't break a feed.

use crate::flow::render::{Format, Rendered, address, sheet, text};
use crate::model::{Listed, Listing, Part};

/// What must be found again of each story: its id and its title.
type Seen = (String, String);

/// Whether a reader finds in the document of [`crate::flow::render::feed`] exactly the stories that were put in: as many, in
/// that order, with their ids and titles. Pages and fragments are only counted. The error is a sentence's end.
pub fn read_back(format: Format, rendered: &Rendered, listing: &Listing) -> Result<(), String> {
    let body = std::str::from_utf8(&rendered.body).map_err(|fault| format!("{format}: not UTF-8: {fault}"))?;
    let stories = sheet::stories(Part::default(), listing, format);
    let found = match format {
        Format::Rss => rss(body),
        Format::Atom => atom(body),
        Format::Json => json(body, "items"),
        Format::SidebarJson => json(body, "stories"),
        Format::Html => return count(body, "<article ", stories.len()),
        Format::SidebarHtml => return count(body, "<li class=\"diemtin-story\">", stories.len()),
    }
    .map_err(|fault| format!("{format}: can't be read back: {fault}"))?;
    let put: Vec<Seen> = stories.iter().map(|story| (id(format, story), text::title(&story.title))).collect();
    compare(&put, &found).map_err(|fault| format!("{format}: {fault}"))
}

fn id(format: Format, story: &Listed) -> String {
    if format == Format::SidebarJson { story.id.to_string() } else { address::story_tag(story.id) }
}

fn compare(put: &[Seen], found: &[Seen]) -> Result<(), String> {
    if let Some((put, found)) = put.iter().zip(found).find(|(put, found)| put != found) {
        return Err(format!("story {} {:?} is read back as {} {:?}", put.0, put.1, found.0, found.1));
    }
    if put.len() == found.len() { Ok(()) } else { Err(format!("of {} stories, {} are read back", put.len(), found.len())) }
}

fn rss(body: &str) -> Result<Vec<Seen>, String> {
    let channel = ::rss::Channel::read_from(body.as_bytes()).map_err(|fault| fault.to_string())?;
    let seen = |item: ::rss::Item| (item.guid.map(|guid| guid.value).unwrap_or_default(), item.title.unwrap_or_default());
    Ok(channel.items.into_iter().map(seen).collect())
}

fn atom(body: &str) -> Result<Vec<Seen>, String> {
    let feed = atom_syndication::Feed::read_from(body.as_bytes()).map_err(|fault| fault.to_string())?;
    Ok(feed.entries.into_iter().map(|entry| (entry.id, entry.title.value)).collect())
}

fn json(body: &str, list: &str) -> Result<Vec<Seen>, String> {
    let value: serde_json::Value = serde_json::from_str(body).map_err(|fault| fault.to_string())?;
    let items = value[list].as_array().ok_or_else(|| format!("no {list}"))?;
    let word = |item: &serde_json::Value, key: &str| item[key].as_str().unwrap_or_default().to_owned();
    Ok(items.iter().map(|item| (word(item, "id"), word(item, "title"))).collect())
}

/// Counts an element. What comes from sources is escaped, so it can't hold one; if it does, the count shows it.
fn count(body: &str, element: &str, expected: usize) -> Result<(), String> {
    let found = body.matches(element).count();
    if found == expected { Ok(()) } else { Err(format!("of {expected} stories, the page shows {found}")) }
}
