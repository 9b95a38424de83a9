//! JSON Feed 1.0 and 1.1, as it is written: ids that are numbers, items without titles, single authors, a byte order mark, a cut.
//!
//! It is read as it comes, item by item, and only what is wanted is kept: a tree of all of it would take many times its size. What has
//! another type than it should is passed over.

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::flow::parse::newest::Ends;
use crate::flow::parse::raw::{Markup, RawAuthor, RawEntry, RawFeed, RawLink, When};
use crate::model::{Note, NoteKind};

/// Tags, authors or attachments of one item that are read.
const MOST_OF_A_KIND: usize = 100;
/// The longest list of tags, authors or attachments that is read, in bytes; a longer one is data.
const LONGEST_LIST: usize = 64 * 1024;

/// Reads a JSON document that has `items`; the error says what it is instead. Of one that is cut off, the items before the cut are kept.
pub(super) fn read(text: &str, most: usize) -> Result<RawFeed, String> {
    let (mut feed, mut entries) = (RawFeed::default(), None);
    let mut json = serde_json::Deserializer::from_str(text.trim_start_matches('\u{FEFF}'));
    let outcome = json.deserialize_map(Feed { feed: &mut feed, entries: &mut entries, most });
    match (outcome, &entries) {
        (Err(why), Some(entries)) if entries.seen() > 0 => {
            let message = format!("the document can't be read to its end, what stands before the error is kept: {why}");
            feed.notes.push(Note { kind: NoteKind::Truncated, message, entry: None });
        }
        (Err(why), None) if why.is_data() => return Err("it is JSON, but no object".to_owned()),
        (Err(why), _) if !why.is_data() => return Err(format!("it is no JSON: {why}")),
        (Err(_), _) | (Ok(()), None) => return Err("it is JSON without `items`".to_owned()),
        (Ok(()), Some(_)) => {}
    }
    feed.entries = entries.map(Ends::into_vec).unwrap_or_default();
    Ok(feed)
}

/// Reads the outer object.
struct Feed<'f> {
    feed: &'f mut RawFeed,
    /// Those of `items`; `None` until there are any.
    entries: &'f mut Option<Ends>,
    most: usize,
}

impl<'de> Visitor<'de> for Feed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a feed")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { feed, entries, most } = self;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "title" => feed.title = word(map.next_value()?).map(Markup::Text),
                "home_page_url" => feed.link = word(map.next_value()?),
                "description" => feed.description = word(map.next_value()?).map(Markup::Text),
                "language" => feed.language = word(map.next_value()?),
                "feed_url" => feed.own_url = word(map.next_value()?),
                "hubs" => objects(map.next_value()?).iter().filter_map(hub).for_each(|hub| feed.put_hub(hub)),
                "author" | "authors" => {
                    feed.authors.extend(objects(map.next_value()?).iter().map(author));
                    feed.authors.truncate(MOST_OF_A_KIND);
                }
                "items" => map.next_value_seed(Items(entries.get_or_insert_with(|| Ends::new(most))))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

/// Reads the items, so that those are kept which stand before an error.
struct Items<'f>(&'f mut Ends);

impl<'de> DeserializeSeed<'de> for Items<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("a list of items")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(item) = list.next_element::<&RawValue>()? {
            if let Ok(item) = serde_json::from_str(item.get()) {
                self.0.push(entry(&item));
            }
        }
        Ok(())
    }
}

/// An object's fields that mean something to us, each as it is written.
struct Fields<'de>(Vec<(&'static str, &'de RawValue)>);

impl Fields<'_> {
    fn get(&self, key: &str) -> Option<&RawValue> {
        self.0.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
    }

    fn word(&self, key: &str) -> Option<String> {
        self.get(key).and_then(word)
    }

    fn objects(&self, key: &str) -> Vec<Fields<'_>> {
        self.get(key).map(objects).unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        json.deserialize_map(Self(Vec::new()))
    }
}

impl<'de> Visitor<'de> for Fields<'de> {
    type Value = Self;

    fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        const KNOWN: [&str; 19] = [
            "id",
            "url",
            "external_url",
            "title",
            "content_html",
            "content_text",
            "summary",
            "image",
            "banner_image",
            "date_published",
            "date_modified",
            "author",
            "authors",
            "tags",
            "attachments",
            "mime_type",
            "size_in_bytes",
            "name",
            "type",
        ];
        while let Some(key) = map.next_key::<String>()? {
            match KNOWN.iter().find(|known| **known == key) {
                // What is said twice is what is said last.
                Some(known) => match self.0.iter_mut().find(|(said, _)| said == known) {
                    Some((_, value)) => *value = map.next_value()?,
                    None => self.0.push((known, map.next_value()?)),
                },
                None => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(self)
    }
}

/// A text, or a number as text; nothing for anything else.
fn word(value: &RawValue) -> Option<String> {
    match value.get().as_bytes().first()? {
        b'"' => serde_json::from_str(value.get()).ok().filter(|text: &String| !text.trim().is_empty()),
        b'-' | b'0'..=b'9' => Some(value.get().to_owned()),
        _ => None,
    }
}

/// The objects of a list, or the one that stands for a list.
fn objects(value: &RawValue) -> Vec<Fields<'_>> {
    match serde_json::from_str::<Fields>(value.get()) {
        Ok(one) => vec![one],
        Err(_) => list(value).into_iter().take(MOST_OF_A_KIND).filter_map(|one| serde_json::from_str(one.get()).ok()).collect(),
    }
}

fn list(value: &RawValue) -> Vec<&RawValue> {
    if value.get().len() > LONGEST_LIST { Vec::new() } else { serde_json::from_str(value.get()).unwrap_or_default() }
}

fn entry(item: &Fields) -> RawEntry {
    let link = |rel: &str, href: String| RawLink { rel: Some(rel.to_owned()), href, ..RawLink::default() };
    let address = item.word("url").or_else(|| item.word("external_url"));
    let mut links: Vec<RawLink> = address.map(|href| link("alternate", href)).into_iter().collect();
    links.extend(item.objects("attachments").iter().filter_map(attachment));
    let html = item.word("content_html").map(Markup::Html);
    let tags = item.get("tags").map(list).unwrap_or_default();
    RawEntry {
        guid: item.word("id"),
        guid_is_link: Some(false),
        title: item.word("title").map(Markup::Text),
        summary: item.word("summary").map(Markup::Text),
        content: html.or_else(|| item.word("content_text").map(Markup::Text)),
        published: item.word("date_published").map(When::Written),
        updated: item.word("date_modified").map(When::Written),
        authors: item.objects("authors").iter().chain(&item.objects("author")).map(author).collect(),
        categories: tags.into_iter().take(MOST_OF_A_KIND).filter_map(|tag| serde_json::from_str(tag.get()).ok()).collect(),
        images: item.word("image").into_iter().chain(item.word("banner_image")).collect(),
        links,
        ..RawEntry::default()
    }
}

fn attachment(fields: &Fields) -> Option<RawLink> {
    let length = fields.word("size_in_bytes").and_then(|size| size.parse().ok());
    Some(RawLink { rel: Some("enclosure".to_owned()), href: fields.word("url")?, media_type: fields.word("mime_type"), length })
}

/// The address of a hub of the kind that we can subscribe to.
fn hub(fields: &Fields) -> Option<String> {
    fields.word("type").filter(|kind| kind.eq_ignore_ascii_case("WebSub")).and_then(|_| fields.word("url"))
}

fn author(fields: &Fields) -> RawAuthor {
    RawAuthor { name: fields.word("name"), email: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_json_feeds_get_wrong_is_read() {
        let text =
            "\u{FEFF}{\"items\":[{\"id\":7,\"content_text\":\"a < b\"},{\"author\":{\"name\":\"An\"},\"id\":1,\"id\":2},5]}";
        let feed = read(text, 9).expect("a feed");
        assert_eq!(feed.entries.len(), 2);
        assert_eq!(feed.entries[0].guid.as_deref(), Some("7"));
        assert_eq!(feed.entries[0].content, Some(Markup::Text("a < b".to_owned())));
        assert_eq!(feed.entries[1].authors[0].name.as_deref(), Some("An"));
        assert_eq!(feed.entries[1].guid.as_deref(), Some("2"));
    }

    #[test]
    fn hubs_of_the_kind_that_is_known_are_found() {
        let text = "{\"feed_url\":\"https://a.vn/f.json\",\"hubs\":[{\"type\":\"rssCloud\",\"url\":\"https://b.vn/\"},{\"type\":\"WebSub\",\
                    \"url\":\"https://hub.vn/\"},{\"type\":\"websub\"},7],\"items\":[]}";
        let feed = read(text, 9).expect("a feed");
        assert_eq!((feed.hubs, feed.own_url.as_deref()), (vec!["https://hub.vn/".to_owned()], Some("https://a.vn/f.json")));
    }

    #[test]
    fn other_json_is_named() {
        for (text, why) in [
            ("{", "it is no JSON"),
            ("[]", "no object"),
            ("{\"a\":1}", "without `items`"),
            ("{\"items\":5}", "without `items`"),
            ("{\"items\":[", "it is no JSON"),
        ] {
            assert!(read(text, 9).expect_err("no feed").contains(why), "{text}");
        }
    }
}
