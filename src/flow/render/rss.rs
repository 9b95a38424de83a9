//! [RSS 2.0](https://www.rssboard.org/rss-specification), with the modules that readers know: Atom links, `content:encoded`,
//! Dublin Core creators and Media RSS thumbnails.

use std::collections::BTreeMap;

use ::rss::extension::atom::{AtomExtension, Link};
use ::rss::extension::dublincore::DublinCoreExtension;
use ::rss::extension::{Extension, ExtensionMap};
use ::rss::{Category, Channel, Guid, Item, Source};

use crate::flow::render::sheet::Sheet;
use crate::flow::render::{Format, address, credit, text, time};
use crate::model::{Listed, Service};

/// The namespace of `media:thumbnail` ([Media RSS](https://www.rssboard.org/media-rss)).
pub(super) const MEDIA: &str = "http://search.yahoo.com/mrss/";

/// The name that we sign with. No version: it would change every feed's bytes with every release.
pub(super) const GENERATOR: &str = "diemtin";

/// The document.
pub(super) fn document(sheet: &Sheet) -> Vec<u8> {
    let channel = Channel {
        title: sheet.title(),
        link: sheet.other(Format::Html),
        description: format!("{} – {}", sheet.title(), text::title(&sheet.service.title)),
        language: Some(text::line(&sheet.service.language)),
        last_build_date: sheet.updated().map(time::rfc822),
        generator: Some(GENERATOR.to_owned()),
        atom_ext: Some(AtomExtension { links: links(sheet) }),
        items: sheet.stories.iter().map(|story| item(sheet.service, story)).collect(),
        namespaces: BTreeMap::from([("media".to_owned(), MEDIA.to_owned())]),
        ..Channel::default()
    };
    channel.pretty_write_to(Vec::new(), b' ', 2).expect("writing to memory does not fail")
}

fn links(sheet: &Sheet) -> Vec<Link> {
    let link = |rel: &str, href: String| Link {
        rel: rel.to_owned(),
        href,
        mime_type: Some("application/rss+xml".to_owned()),
        ..Link::default()
    };
    let mut links = vec![link("self", sheet.this())];
    links.extend(sheet.hub().map(|hub| Link { mime_type: None, ..link("hub", hub) }));
    links.extend(sheet.paging().into_iter().map(|(rel, href)| link(rel, href)));
    links
}

fn item(service: &Service, story: &Listed) -> Item {
    Item {
        title: Some(text::title(&story.title)),
        link: story.url.as_deref().and_then(address::web),
        description: Some(credit::summary_html(story)).filter(|html| !html.is_empty()),
        categories: categories(service, story),
        guid: Some(Guid { value: address::story_tag(story.id), permalink: false }),
        pub_date: Some(time::rfc822(story.published)),
        source: Some(Source { url: address::public(&story.source.home), title: Some(text::title(&story.source.name)) }),
        content: story.content.as_ref().map(|_| credit::body_html(story)),
        extensions: thumbnail(story),
        dublin_core_ext: Some(DublinCoreExtension { creators: credit::authors(story), ..DublinCoreExtension::default() }),
        ..Item::default()
    }
}

/// The story's topics; the domain is the topic's page.
fn categories(service: &Service, story: &Listed) -> Vec<Category> {
    let category = |topic: &crate::model::TopicRef| Category {
        name: text::title(&topic.title),
        domain: Some(address::absolute(service, &address::page_path(&topic.id))),
    };
    story.topics.iter().map(category).collect()
}

fn thumbnail(story: &Listed) -> ExtensionMap {
    let Some(image) = story.image.as_deref().and_then(address::web) else { return ExtensionMap::new() };
    let thumbnail = Extension {
        name: "media:thumbnail".to_owned(),
        attrs: BTreeMap::from([("url".to_owned(), image)]),
        ..Extension::default()
    };
    ExtensionMap::from([("media".to_owned(), BTreeMap::from([("thumbnail".to_owned(), vec![thumbnail])]))])
}
