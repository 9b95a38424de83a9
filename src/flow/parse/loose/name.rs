//! What the elements of all feed formats are called, and what each means.
//!
//! Names are compared without case, and a prefix stands for its usual namespace whether or not it was declared: feeds forget to
//! declare `dc` and `media` far more often than they give these prefixes another meaning. A declared namespace wins.

use std::collections::HashMap;

/// The vocabularies that a name may come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Space {
    /// RSS, Atom, CDF: names without a prefix, and those of Atom with one.
    Feed,
    /// Dublin Core and its terms.
    DublinCore,
    /// `content:encoded`
    Content,
    /// Media RSS.
    Media,
    /// iTunes and its kin.
    Itunes,
    /// News sitemaps.
    News,
    /// Pictures of sitemaps.
    SitemapImage,
    /// XHTML bodies.
    Xhtml,
    /// `feedburner:origLink`
    Feedburner,
    /// Anything else.
    Other,
}

/// What an element means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Field {
    Title,
    /// A title of second choice.
    OtherTitle,
    Link,
    /// The real address behind a counting one.
    OriginalLink,
    Guid,
    Summary,
    /// A summary of second choice.
    OtherSummary,
    /// A summary that may say more than the first one: podcasts have their notes there.
    LongSummary,
    Content,
    Published,
    /// When a text was begun: second choice for when it was published.
    Created,
    Updated,
    Author,
    /// Name and address of an author who has an element of his own.
    AuthorName,
    AuthorEmail,
    Category,
    Language,
    Generator,
    Ttl,
    /// A picture's address as text.
    Image,
}

/// What a start tag does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Begins an entry.
    Entry,
    /// Begins the feed.
    Feed,
    /// Begins a field.
    Field(Field),
    /// Holds an author's name and address.
    Person,
    /// Everything that it holds belongs to something else.
    Skip,
    /// An attached file or a picture, said in attributes.
    Attached(Attached),
    /// Nothing to us; what it holds is looked at.
    Through,
}

/// Kinds of elements that say what they say in attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Attached {
    Enclosure,
    MediaContent,
    Thumbnail,
    /// `itunes:image href`
    Picture,
}

/// Prefixes that a document may declare; further ones mean what they usually mean.
const MOST_PREFIXES: usize = 256;

/// The prefixes that a document declares.
#[derive(Debug, Default)]
pub(super) struct Spaces {
    declared: HashMap<String, Space>,
}

impl Spaces {
    /// Takes up `xmlns:prefix="address"`.
    pub(super) fn declare(&mut self, attribute: &str, address: &str) {
        if let Some(prefix) = attribute.strip_prefix("xmlns:").filter(|_| self.declared.len() < MOST_PREFIXES) {
            self.declared.insert(prefix.to_ascii_lowercase(), by_address(address));
        }
    }

    /// The vocabulary and the local name of a name, in lower case. `room` is where that is written: names are met too often to
    /// allocate each. A name that does not fit is none that we know.
    pub(super) fn resolve<'r>(&self, name: &str, room: &'r mut Room) -> (Space, &'r str) {
        let Some(room) = room.get_mut(..name.len()) else { return (Space::Other, "") };
        room.copy_from_slice(name.as_bytes());
        room.make_ascii_lowercase();
        let name = std::str::from_utf8(room).unwrap_or_default();
        match name.rsplit_once(':') {
            None => (Space::Feed, name),
            Some((prefix, local)) => {
                let space = match self.declared.get(prefix) {
                    Some(Space::Other) | None => by_prefix(prefix),
                    Some(space) => *space,
                };
                (space, local)
            }
        }
    }
}

/// Room for the longest name that means anything to us, with its prefix.
pub(super) type Room = [u8; 48];

fn by_address(address: &str) -> Space {
    let address = address.to_ascii_lowercase();
    const KNOWN: [(&str, Space); 14] = [
        ("purl.org/dc/", Space::DublinCore),
        ("purl.org/rss/1.0/modules/content", Space::Content),
        ("search.yahoo.com/mrss", Space::Media),
        ("rssboard.org/media-rss", Space::Media),
        ("itunes.com/", Space::Itunes),
        ("google.com/schemas/play-podcasts", Space::Itunes),
        ("google.com/schemas/sitemap-news", Space::News),
        ("google.com/schemas/sitemap-image", Space::SitemapImage),
        ("w3.org/1999/xhtml", Space::Xhtml),
        ("feedburner", Space::Feedburner),
        ("w3.org/2005/atom", Space::Feed),
        ("purl.org/atom/", Space::Feed),
        ("purl.org/rss/1.0", Space::Feed),
        ("netscape.com/rdf", Space::Feed),
    ];
    // RSS 2.0 has no namespace; some give it one all the same (`http://backend.userland.com/rss2`).
    let is_rss = || address.trim_end_matches(['/', '#']).rsplit('/').next().is_some_and(|last| last.starts_with("rss"));
    match KNOWN.iter().find(|(part, _)| address.contains(part)) {
        Some((_, space)) => *space,
        None if is_rss() => Space::Feed,
        None => Space::Other,
    }
}

fn by_prefix(prefix: &str) -> Space {
    match prefix {
        "dc" | "dcterms" | "dct" => Space::DublinCore,
        "content" => Space::Content,
        "media" | "mrss" => Space::Media,
        "itunes" | "googleplay" => Space::Itunes,
        "news" => Space::News,
        "image" => Space::SitemapImage,
        "xhtml" | "body" | "h" => Space::Xhtml,
        "feedburner" => Space::Feedburner,
        "atom" | "atom10" | "atom03" | "a10" | "rss" | "a" => Space::Feed,
        _ => Space::Other,
    }
}

use Field as F;

/// What a start tag means.
pub(super) fn role(space: Space, local: &str) -> Role {
    use Role::{Attached as At, Entry, Field, Person, Skip, Through};
    match (space, local) {
        (Space::Feed, "item" | "entry" | "url") => Entry,
        (Space::Feed, "rss" | "feed" | "rdf" | "channel" | "urlset") | (Space::Other, "rdf") => Role::Feed,
        (Space::Feed | Space::DublinCore | Space::News, "title") => Field(F::Title),
        (Space::Media | Space::Itunes, "title") => Field(F::OtherTitle),
        (Space::Feed, "link" | "loc") => Field(F::Link),
        (Space::Feedburner, "origlink") => Field(F::OriginalLink),
        (Space::Feed, "guid" | "id") | (Space::DublinCore, "identifier") => Field(F::Guid),
        (Space::Feed, "description" | "summary" | "abstract" | "tagline" | "subtitle" | "info")
        | (Space::DublinCore, "description" | "abstract") => Field(F::Summary),
        (Space::Media, "description" | "text") | (Space::Itunes, "subtitle") => Field(F::OtherSummary),
        (Space::Itunes, "summary") => Field(F::LongSummary),
        (Space::Feed, "content" | "body" | "fullitem" | "content_encoded")
        | (Space::Content, "encoded")
        | (Space::Xhtml, "body" | "div") => Field(F::Content),
        (Space::Feed, "pubdate" | "published" | "issued") | (Space::DublinCore, "issued" | "available") => Field(F::Published),
        (Space::Feed | Space::DublinCore, "created") => Field(F::Created),
        (Space::News, "publication_date") => Field(F::Published),
        (Space::Feed, "updated" | "modified" | "lastbuilddate" | "lastmod" | "date")
        | (Space::DublinCore, "date" | "modified") => Field(F::Updated),
        (Space::Feed, "author" | "contributor") => Person,
        (Space::Feed, "managingeditor") | (Space::DublinCore, "creator" | "author") | (Space::Itunes, "author") => {
            Field(F::Author)
        }
        (Space::Feed, "name") => Field(F::AuthorName),
        (Space::Feed | Space::Itunes, "email") => Field(F::AuthorEmail),
        (Space::Feed, "category" | "keywords") | (Space::DublinCore, "subject") | (Space::Media, "category" | "keywords") => {
            Field(F::Category)
        }
        (Space::News, "keywords") | (Space::Itunes, "keywords" | "category") => Field(F::Category),
        (Space::Feed, "language") | (Space::DublinCore, "language") => Field(F::Language),
        (Space::Feed, "generator") => Field(F::Generator),
        (Space::Feed, "ttl") => Field(F::Ttl),
        (Space::SitemapImage, "loc") => Field(F::Image),
        (Space::Feed, "enclosure") => At(Attached::Enclosure),
        (Space::Media, "content") => At(Attached::MediaContent),
        (Space::Media, "thumbnail") => At(Attached::Thumbnail),
        (Space::Itunes, "image") => At(Attached::Picture),
        (Space::Feed, "image" | "textinput" | "source" | "cloud" | "skiphours" | "skipdays") | (Space::Itunes, "owner") => Skip,
        (Space::News, "publication") => Skip,
        _ => Through,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_mean_what_their_namespace_says() {
        let mut spaces = Spaces::default();
        spaces.declare("xmlns:d", "http://purl.org/dc/elements/1.1/");
        spaces.declare("xmlns:media", "http://example.org/other");
        for (name, expected) in [
            ("pubDate", Role::Field(Field::Published)),
            ("PUBDATE", Role::Field(Field::Published)),
            ("d:date", Role::Field(Field::Updated)),
            ("dc:creator", Role::Field(Field::Author)),
            ("atom:link", Role::Field(Field::Link)),
            ("media:thumbnail", Role::Attached(Attached::Thumbnail)),
            ("slash:comments", Role::Through),
            ("item", Role::Entry),
        ] {
            let mut room = [0; 48];
            let (space, local) = spaces.resolve(name, &mut room);
            assert_eq!(role(space, local), expected, "{name}");
        }
    }
}
