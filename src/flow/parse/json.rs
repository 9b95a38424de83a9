//! JSON Feed 1.0 and 1.1, as it is written: ids that are numbers, items without titles, single authors, a byte order mark.

use serde_json::{Map, Value};

use crate::flow::parse::MOST_ENTRIES;
use crate::flow::parse::raw::{Markup, RawAuthor, RawEntry, RawFeed, RawLink, When};

/// Reads a JSON document that has `items`; the error says what it is instead.
pub(super) fn read(text: &str) -> Result<RawFeed, String> {
    let value: Value = serde_json::from_str(text.trim_start_matches('\u{FEFF}')).map_err(|e| format!("it is no JSON: {e}"))?;
    let Value::Object(feed) = value else { return Err("it is JSON, but no object".to_owned()) };
    let Some(Value::Array(items)) = feed.get("items") else { return Err("it is JSON without `items`".to_owned()) };
    let entries = items.iter().take(2 * MOST_ENTRIES).filter_map(Value::as_object).map(entry);
    Ok(RawFeed {
        title: word(&feed, "title").map(Markup::Text),
        link: word(&feed, "home_page_url"),
        description: word(&feed, "description").map(Markup::Text),
        language: word(&feed, "language"),
        entries: entries.collect(),
        ..RawFeed::default()
    })
}

/// A text, or a number as text.
fn word(object: &Map<String, Value>, key: &str) -> Option<String> {
    match object.get(key)? {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn entry(item: &Map<String, Value>) -> RawEntry {
    let link = |rel: &str, href: String| RawLink { rel: Some(rel.to_owned()), href, ..RawLink::default() };
    let mut links: Vec<RawLink> =
        word(item, "url").or_else(|| word(item, "external_url")).map(|href| link("alternate", href)).into_iter().collect();
    links.extend(list(item, "attachments").filter_map(attachment));
    let html = word(item, "content_html").map(Markup::Html);
    RawEntry {
        guid: word(item, "id"),
        guid_is_no_link: true,
        title: word(item, "title").map(Markup::Text),
        summary: word(item, "summary").map(Markup::Text),
        content: html.or_else(|| word(item, "content_text").map(Markup::Text)),
        published: word(item, "date_published").map(When::Written),
        updated: word(item, "date_modified").map(When::Written),
        authors: list(item, "authors").chain(item.get("author").and_then(Value::as_object)).map(author).collect(),
        categories: item
            .get("tags")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|t| t.as_str().map(str::to_owned))
            .collect(),
        images: word(item, "image").into_iter().chain(word(item, "banner_image")).collect(),
        links,
        base: None,
    }
}

fn list<'a>(item: &'a Map<String, Value>, key: &str) -> impl Iterator<Item = &'a Map<String, Value>> {
    item.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_object)
}

fn attachment(object: &Map<String, Value>) -> Option<RawLink> {
    let length = object.get("size_in_bytes").and_then(Value::as_u64);
    Some(RawLink { rel: Some("enclosure".to_owned()), href: word(object, "url")?, media_type: word(object, "mime_type"), length })
}

fn author(object: &Map<String, Value>) -> RawAuthor {
    RawAuthor { name: word(object, "name"), email: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_feeds_get_wrong_is_read() {
        let feed =
            read("\u{FEFF}{\"items\":[{\"id\":7,\"content_text\":\"a < b\"},{\"author\":{\"name\":\"An\"}},5]}").expect("a feed");
        assert_eq!(feed.entries.len(), 2);
        assert_eq!(feed.entries[0].guid.as_deref(), Some("7"));
        assert_eq!(feed.entries[0].content, Some(Markup::Text("a < b".to_owned())));
        assert_eq!(feed.entries[1].authors[0].name.as_deref(), Some("An"));
    }

    #[test]
    fn other_json_is_named() {
        for (text, why) in [("{", "it is no JSON"), ("[]", "no object"), ("{\"a\":1}", "without `items`")] {
            assert!(read(text).expect_err("no feed").contains(why), "{text}");
        }
    }
}
