//! Writing XML: elements with attributes, everything escaped. What is written here is read back by other libraries.

use std::io;

use quick_xml::Writer;
use quick_xml::escape::partial_escape;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::model::Listed;

/// The namespace of `media:thumbnail` ([Media RSS](https://www.rssboard.org/media-rss)).
pub(super) const MEDIA: &str = "http://search.yahoo.com/mrss/";
/// The namespace of `fh:archive` (RFC 5005).
pub(super) const HISTORY: (&str, &str) = ("xmlns:fh", "http://purl.org/syndication/history/1.0");

/// The name that we sign with. No version: it would change every feed's bytes with every release.
pub(super) const GENERATOR: &str = "diemtin";

/// Attributes, in their order.
pub(super) type Attributes<'a> = &'a [(&'a str, &'a str)];

/// A document that is being written.
pub(super) struct Xml(Writer<Vec<u8>>);

impl Xml {
    /// The document with this root.
    pub fn document(root: &str, attributes: Attributes, inner: impl FnOnce(&mut Self)) -> Vec<u8> {
        let mut xml = Self(Writer::new_with_indent(Vec::new(), b' ', 2));
        xml.write(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)));
        xml.within(root, attributes, inner);
        let mut body = xml.0.into_inner();
        body.push(b'\n');
        body
    }

    /// An element with others in it.
    pub fn within(&mut self, name: &str, attributes: Attributes, inner: impl FnOnce(&mut Self)) {
        self.write(Event::Start(start(name, attributes)));
        inner(self);
        self.write(Event::End(BytesEnd::new(name)));
    }

    /// An element with text in it.
    pub fn text(&mut self, name: &str, attributes: Attributes, text: &str) {
        self.write(Event::Start(start(name, attributes)));
        self.write(Event::Text(BytesText::from_escaped(partial_escape(text))));
        self.write(Event::End(BytesEnd::new(name)));
    }

    /// An element with attributes alone.
    pub fn empty(&mut self, name: &str, attributes: Attributes) {
        self.write(Event::Empty(start(name, attributes)));
    }

    fn write(&mut self, event: Event) {
        let written: io::Result<()> = self.0.write_event(event);
        written.expect("writing to memory does not fail");
    }
}

fn start<'a>(name: &'a str, attributes: Attributes<'a>) -> BytesStart<'a> {
    BytesStart::new(name).with_attributes(attributes.iter().copied())
}

/// A story's picture, as Media RSS: as content for readers that show pictures, as thumbnail for those that show small ones.
pub(super) fn picture(xml: &mut Xml, story: &Listed) {
    if let Some(image) = story.image.as_deref().and_then(super::address::web) {
        xml.empty("media:content", &[("url", &image), ("medium", "image")]);
        xml.empty("media:thumbnail", &[("url", &image)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_escaped() {
        let body = Xml::document("a", &[("b", "\"<&>'")], |xml| {
            xml.text("c", &[], "]]> <i> & \"'");
            xml.empty("d", &[("e", "1")]);
        });
        assert_eq!(
            String::from_utf8(body).unwrap(),
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<a b=\"&quot;&lt;&amp;&gt;&apos;\">\n  <c>]]&gt; &lt;i&gt; &amp; \"'</c>\n  <d e=\"1\"/>\n</a>\n"
        );
    }
}
