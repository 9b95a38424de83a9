//! [OPML 2.0](http://opml.org/spec2.opml): our feeds for a reader to subscribe to, and the sources behind them.

use crate::flow::render::xml::Xml;
use crate::flow::render::{Format, OPML, Rendered, address, text};
use crate::model::{Listing, Origin, Service, Source};

/// One line of a list, as attributes in their order.
type Outline = Vec<(&'static str, String)>;

/// `/opml`: every feed that is published, in the given order.
pub fn opml(service: &Service, feeds: &[&Listing]) -> Rendered {
    let outlines = feeds.iter().map(|feed| {
        let title = text::title(&feed.title);
        vec![
            ("text", title.clone()),
            ("title", title),
            ("type", "rss".to_owned()),
            ("xmlUrl", address::absolute(service, &Format::Rss.path(&feed.id))),
            ("htmlUrl", address::absolute(service, &Format::Html.path(&feed.id))),
            ("language", text::line(&service.language)),
        ]
    });
    document(&text::title(&service.title), outlines.collect())
}

/// `/sources.opml`: the sources. A listing page is no feed, and a feed with a secret address is none for others, so
/// they are a `link`.
pub fn sources_opml<'a>(service: &Service, sources: impl IntoIterator<Item = &'a Source>) -> Rendered {
    let outlines = sources.into_iter().map(|source| {
        let name = text::title(&source.name);
        let mut outline = vec![("text", name.clone()), ("title", name)];
        outline.extend(match &source.origin {
            Origin::Feed { url } if *url == source.home => [("type", "rss".to_owned()), ("xmlUrl", address::public(url))],
            _ => [("type", "link".to_owned()), ("url", address::public(&source.home))],
        });
        let place = source.place.as_deref().into_iter();
        let tags: Vec<String> = place.chain(source.tags.iter().map(String::as_str)).map(tag).collect();
        if !tags.is_empty() {
            outline.push(("category", tags.join(",")));
        }
        outline
    });
    document(&format!("{} – nguồn tin", text::title(&service.title)), outlines.collect())
}

/// A word for the attribute `category`, where commas separate.
fn tag(word: &str) -> String {
    text::line(&word.replace(',', " "))
}

fn document(title: &str, outlines: Vec<Outline>) -> Rendered {
    let body = Xml::document("opml", &[("version", "2.0")], |xml| {
        xml.within("head", &[], |xml| xml.text("title", &[], title));
        xml.within("body", &[], |xml| {
            for outline in &outlines {
                let attributes: Vec<(&str, &str)> = outline.iter().map(|(name, value)| (*name, value.as_str())).collect();
                xml.empty("outline", &attributes);
            }
        });
    });
    Rendered { content_type: OPML, body }
}
