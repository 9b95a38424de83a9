//! Atom 1.0 ([RFC 4287](https://www.rfc-editor.org/rfc/rfc4287)).

use jiff::Timestamp;

use crate::flow::render::sheet::Sheet;
use crate::flow::render::xml::{self, GENERATOR, HISTORY, MEDIA, Xml};
use crate::flow::render::{Format, address, credit, text, time};
use crate::model::{Credit, Listed, Service};

const MIME: &str = "application/atom+xml";
/// The namespace of `at:deleted-entry` (RFC 6721).
const TOMBSTONES: (&str, &str) = ("xmlns:at", "http://purl.org/atompub/tombstones/1.0");

/// The document.
pub(super) fn document(sheet: &Sheet) -> Vec<u8> {
    let language = text::line(&sheet.service.language);
    let mut attributes = vec![("xmlns", "http://www.w3.org/2005/Atom"), ("xmlns:media", MEDIA), ("xml:lang", &*language)];
    attributes.extend(sheet.is_archive().then_some(HISTORY));
    attributes.extend((!sheet.withdrawn().is_empty()).then_some(TOMBSTONES));
    Xml::document("feed", &attributes, |xml| {
        feed(xml, sheet);
        for (story, when) in sheet.withdrawn() {
            xml.empty("at:deleted-entry", &[("ref", &address::story_tag(*story)), ("when", &time::rfc3339(*when))]);
        }
        for story in &sheet.stories {
            xml.within("entry", &[], |xml| entry(xml, sheet.service, story));
        }
    })
}

fn feed(xml: &mut Xml, sheet: &Sheet) {
    let publisher = text::title(&sheet.service.title);
    xml.text("id", &[], &address::feed_tag(&sheet.listing.id));
    xml.text("title", &[], &sheet.title());
    xml.text("subtitle", &[], &publisher);
    // § 4.1.1 insists on a date, also of a feed that never had a story.
    xml.text("updated", &[], &time::rfc3339(sheet.updated().unwrap_or(time::BEFORE_ANY_STORY)));
    // § 4.1.1: where an entry's own author is missing, this one stands; it never is, but validators ask.
    person(xml, &publisher);
    xml.text("generator", &[], GENERATOR);
    if sheet.is_archive() {
        xml.empty("fh:archive", &[]);
    }
    for (rel, href) in sheet.links() {
        xml.empty("link", &[("rel", rel), ("href", &href), ("type", MIME)]);
    }
    xml.empty("link", &[("rel", "alternate"), ("href", &sheet.other(Format::Html)), ("type", "text/html")]);
    if let Some(hub) = sheet.hub() {
        xml.empty("link", &[("rel", "hub"), ("href", &hub)]);
    }
}

fn entry(xml: &mut Xml, service: &Service, story: &Listed) {
    xml.text("id", &[], &address::story_tag(story.id));
    xml.text("title", &[], &text::title(&story.title));
    xml.text("published", &[], &time::rfc3339(story.published));
    xml.text("updated", &[], &time::rfc3339(story.updated));
    credit::authors(story).iter().for_each(|name| person(xml, name));
    if let Some(url) = story.url.as_deref().and_then(address::web) {
        xml.empty("link", &[("rel", "alternate"), ("href", &url), ("type", "text/html")]);
    }
    // The other sources' articles are `related`, because what they say of the news is theirs.
    for (name, url) in credit::related(story) {
        xml.empty("link", &[("rel", "related"), ("href", &url), ("type", "text/html"), ("title", &name)]);
    }
    categories(xml, service, story);
    source(xml, &story.source, story.updated);
    summary(xml, story);
    content(xml, story);
    xml::picture(xml, story);
}

fn person(xml: &mut Xml, name: &str) {
    xml.within("author", &[], |xml| xml.text("name", &[], name));
}

fn categories(xml: &mut Xml, service: &Service, story: &Listed) {
    let scheme = address::absolute(service, "/feeds/");
    for topic in &story.topics {
        let (term, label) = (topic.id.to_string(), text::title(&topic.title));
        xml.empty("category", &[("term", &term), ("scheme", &scheme), ("label", &label)]);
    }
    for place in credit::places(story) {
        xml.empty("category", &[("term", &place), ("scheme", address::PLACES)]);
    }
}

/// Where the entry was taken from (§ 4.2.11). A source that gives itself no id is known by its address.
fn source(xml: &mut Xml, credit: &Credit, updated: Timestamp) {
    let home = address::public(&credit.home);
    xml.within("source", &[], |xml| {
        xml.text("id", &[], credit.feed.as_deref().and_then(address::feed_id).unwrap_or(&home));
        xml.text("title", &[], &text::title(&credit.name));
        xml.text("updated", &[], &time::rfc3339(updated));
        xml.empty("link", &[("rel", if credit.is_feed { "self" } else { "alternate" }), ("href", &home)]);
    });
}

/// Plain text is said to be such; where it holds what looks like markup, it is escaped once more, so that no reader has to guess.
fn summary(xml: &mut Xml, story: &Listed) {
    let summary = text::legal(story.summary.trim());
    if summary.contains(['<', '&']) {
        xml.text("summary", &[("type", "html")], &text::escape(&summary));
    } else if !summary.is_empty() {
        xml.text("summary", &[], &summary);
    }
}

/// The full text, or the summary with its credits where the summary alone would hide them. An entry without an article
/// or a summary always has content (§ 4.1.2 asks for either).
fn content(xml: &mut Xml, story: &Listed) {
    let linked = story.url.as_deref().and_then(address::web).is_some();
    if !linked || story.summary.trim().is_empty() || story.content.is_some() || credit::needs_line(story) {
        xml.text("content", &[("type", "html")], &credit::body_html(story));
    }
}
