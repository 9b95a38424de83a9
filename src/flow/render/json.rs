//! [JSON Feed 1.1](https://www.jsonfeed.org/version/1.1/). What it has no field for stands in the extension `_diemtin`.

use serde::Serialize;

use crate::flow::render::sheet::Sheet;
use crate::flow::render::{Format, address, credit, text, time};
use crate::model::{Credit, Listed, TopicRef};

/// The version's name, which is an address.
const VERSION: &str = "https://jsonfeed.org/version/1.1";

#[derive(Serialize)]
struct Feed {
    version: &'static str,
    title: String,
    description: String,
    home_page_url: String,
    feed_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_url: Option<String>,
    language: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hubs: Vec<Hub>,
    authors: [Author; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    _diemtin: Option<FeedExtension>,
    items: Vec<Item>,
}

/// Our extension: what was taken down.
#[derive(Serialize)]
struct FeedExtension {
    withdrawn: Vec<Withdrawn>,
}

#[derive(Serialize)]
struct Withdrawn {
    id: String,
    date: String,
}

#[derive(Serialize)]
struct Hub {
    r#type: &'static str,
    url: String,
}

#[derive(Serialize)]
struct Item {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<String>,
    title: String,
    /// Always there: an item must have content in text or HTML.
    content_html: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    summary: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<String>,
    date_published: String,
    date_modified: String,
    authors: Vec<Author>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    _diemtin: Extension,
}

#[derive(Serialize)]
struct Author {
    name: String,
}

/// Our extension: who carries the story, and which topics it has.
#[derive(Serialize)]
struct Extension {
    source: Carrier,
    also: Vec<Carrier>,
    topics: Vec<Topic>,
}

#[derive(Serialize)]
struct Carrier {
    id: String,
    name: String,
    place: Option<String>,
    url: Option<String>,
}

/// A topic as both of our JSON formats write it.
#[derive(Serialize)]
pub(super) struct Topic {
    id: String,
    title: String,
}

/// The document.
pub(super) fn document(sheet: &Sheet) -> Vec<u8> {
    let feed = Feed {
        version: VERSION,
        title: sheet.title(),
        description: format!("{} – {}", sheet.title(), text::title(&sheet.service.title)),
        home_page_url: sheet.other(Format::Html),
        feed_url: sheet.this(),
        next_url: sheet.older(),
        language: text::line(&sheet.service.language),
        hubs: sheet.hub().into_iter().map(|url| Hub { r#type: "WebSub", url }).collect(),
        authors: [Author { name: text::title(&sheet.service.title) }],
        _diemtin: Some(withdrawn(sheet)).filter(|withdrawn| !withdrawn.is_empty()).map(|withdrawn| FeedExtension { withdrawn }),
        items: sheet.stories.iter().map(|story| item(story)).collect(),
    };
    write(&feed)
}

fn withdrawn(sheet: &Sheet) -> Vec<Withdrawn> {
    let gone = sheet.withdrawn().iter();
    gone.map(|(story, when)| Withdrawn { id: address::story_tag(*story), date: time::rfc3339(*when) }).collect()
}

/// A value as JSON that people can read too.
pub(super) fn write(value: &impl Serialize) -> Vec<u8> {
    let mut body = serde_json::to_vec_pretty(value).expect("structs of strings are JSON");
    body.push(b'\n');
    body
}

fn item(story: &Listed) -> Item {
    Item {
        id: address::story_tag(story.id),
        url: story.url.as_deref().and_then(address::web),
        title: text::title(&story.title),
        content_html: credit::body_html(story),
        summary: text::legal(story.summary.trim()).into_owned(),
        image: story.image.as_deref().and_then(address::web),
        date_published: time::rfc3339(story.published),
        date_modified: time::rfc3339(story.updated),
        authors: credit::authors(story).into_iter().map(|name| Author { name }).collect(),
        tags: story.topics.iter().map(|topic| text::title(&topic.title)).chain(credit::places(story)).collect(),
        _diemtin: Extension {
            source: carrier(&story.source),
            also: story.also.iter().map(carrier).collect(),
            topics: topics(&story.topics),
        },
    }
}

fn carrier(credit: &Credit) -> Carrier {
    Carrier {
        id: credit.id.to_string(),
        name: text::title(&credit.name),
        place: credit.place.as_deref().map(text::line),
        url: credit.url.as_deref().and_then(address::web),
    }
}

pub(super) fn topics(topics: &[TopicRef]) -> Vec<Topic> {
    topics.iter().map(|topic| Topic { id: topic.id.to_string(), title: text::title(&topic.title) }).collect()
}
