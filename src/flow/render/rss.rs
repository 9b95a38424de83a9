//! [RSS 2.0](https://www.rssboard.org/rss-specification), with the modules that readers know: Atom links, `content:encoded`,
//! Dublin Core creators and Media RSS.

use crate::flow::render::sheet::Sheet;
use crate::flow::render::xml::{self, GENERATOR, HISTORY, MEDIA, Xml};
use crate::flow::render::{Format, address, credit, text, time};
use crate::model::{Listed, Service};

const MIME: &str = "application/rss+xml";

const NAMESPACES: [(&str, &str); 5] = [
    ("version", "2.0"),
    ("xmlns:atom", "http://www.w3.org/2005/Atom"),
    ("xmlns:content", "http://purl.org/rss/1.0/modules/content/"),
    ("xmlns:dc", "http://purl.org/dc/elements/1.1/"),
    ("xmlns:media", MEDIA),
];

/// The document.
pub(super) fn document(sheet: &Sheet) -> Vec<u8> {
    let mut attributes = NAMESPACES.to_vec();
    attributes.extend(sheet.is_archive().then_some(HISTORY));
    Xml::document("rss", &attributes, |xml| xml.within("channel", &[], |xml| channel(xml, sheet)))
}

fn channel(xml: &mut Xml, sheet: &Sheet) {
    let title = sheet.title();
    xml.text("title", &[], &title);
    xml.text("link", &[], &sheet.other(Format::Html));
    xml.text("description", &[], &format!("{title} – {}", text::title(&sheet.service.title)));
    xml.text("language", &[], &text::line(&sheet.service.language));
    if let Some(updated) = sheet.updated() {
        xml.text("lastBuildDate", &[], &time::rfc822(updated));
    }
    xml.text("generator", &[], GENERATOR);
    if sheet.is_archive() {
        xml.empty("fh:archive", &[]);
    }
    for (rel, href) in sheet.links() {
        xml.empty("atom:link", &[("rel", rel), ("href", &href), ("type", MIME)]);
    }
    if let Some(hub) = sheet.hub() {
        xml.empty("atom:link", &[("rel", "hub"), ("href", &hub)]);
    }
    for story in &sheet.stories {
        xml.within("item", &[], |xml| item(xml, sheet.service, story));
    }
}

fn item(xml: &mut Xml, service: &Service, story: &Listed) {
    xml.text("title", &[], &text::title(&story.title));
    if let Some(url) = story.url.as_deref().and_then(address::web) {
        xml.text("link", &[], &url);
    }
    let summary = credit::summary_html(story);
    if !summary.is_empty() {
        xml.text("description", &[], &summary);
    }
    if story.content.is_some() {
        xml.text("content:encoded", &[], &credit::body_html(story));
    }
    xml.text("guid", &[("isPermaLink", "false")], &address::story_tag(story.id));
    xml.text("pubDate", &[], &time::rfc822(story.published));
    if story.updated > story.published {
        xml.text("atom:updated", &[], &time::rfc3339(story.updated));
    }
    for name in credit::authors(story) {
        xml.text("dc:creator", &[], &name);
    }
    for topic in &story.topics {
        let page = address::absolute(service, &address::page_path(&topic.id));
        xml.text("category", &[("domain", &page)], &text::title(&topic.title));
    }
    for place in credit::places(story) {
        xml.text("category", &[], &place);
    }
    xml.text("source", &[("url", &address::public(&story.source.home))], &text::title(&story.source.name));
    for (name, url) in credit::related(story) {
        xml.empty("atom:link", &[("rel", "related"), ("href", &url), ("title", &name)]);
    }
    xml::picture(xml, story);
}
