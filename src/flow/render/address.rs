//! Ids and addresses, each made in one place.
//!
//! Ids never depend on `service.url`: a service that moves to another domain keeps every id, so no reader sees old news
//! as new. Addresses in documents that travel (feeds, sidebars) are absolute; links between our own pages are paths, so
//! that they work on whatever host the pages are looked at.

use url::Url;

use crate::flow::render::{Format, text};
use crate::model::{FeedId, Period, Service, StoryId};

/// The beginning of all our ids: tag URIs (RFC 4151), which name a thing without being an address.
const TAG: &str = "tag:diemtin,2026:";

/// What places are named within: the scheme of their categories in Atom.
pub(super) const PLACES: &str = "tag:diemtin,2026:place";

/// A story's id in RSS, Atom and JSON Feed: permanent.
pub fn story_tag(id: StoryId) -> String {
    format!("{TAG}story/{id}")
}

/// A feed's id in Atom: permanent.
pub fn feed_tag(id: &FeedId) -> String {
    format!("{TAG}feed/{id}")
}

/// The public address of a path that begins with `/`.
pub(super) fn absolute(service: &Service, path: &str) -> String {
    format!("{}{}", service.url, path.trim_start_matches('/'))
}

/// The path of a path: below the service's folder, where its address has one.
pub fn local(service: &Service, path: &str) -> String {
    format!("{}{}", service.url.path(), path.trim_start_matches('/'))
}

/// A story's page for people.
pub fn story_path(id: StoryId) -> String {
    format!("/story/{id}")
}

/// The formats of archives.
const ARCHIVED: [Format; 4] = [Format::Rss, Format::Atom, Format::Json, Format::Html];

/// The path of an archive of a feed, below that of the feed: `/feeds/ID/2026-11-17.atom`; for people, as that of the feed, without an ending.
pub(super) fn archive_path(feed: &FeedId, period: Period, format: Format) -> String {
    let whole = format.path(feed);
    let ending = whole.rsplit('/').next().and_then(|document| document.strip_prefix(feed.as_str())).unwrap_or_default();
    format!("/feeds/{feed}/{period}{ending}")
}

/// The path of an archive in every format that it has, and that of the feed in the same.
pub fn archive_paths(feed: &FeedId, period: Period) -> [(String, String); 4] {
    ARCHIVED.map(|format| (archive_path(feed, period, format), format.path(feed)))
}

/// Which archive a path names: `None` where it is the path of none.
pub fn archive_of(path: &str) -> Option<(FeedId, Period, Format)> {
    let (feed, document) = path.strip_prefix("/feeds/")?.split_once('/')?;
    let (period, _) = document.split_once('.').unwrap_or((document, ""));
    let (feed, period) = (FeedId::new(feed).ok()?, period.parse().ok()?);
    let format = ARCHIVED.into_iter().find(|format| archive_path(&feed, period, *format) == path)?;
    Some((feed, period, format))
}

/// A feed's page for people.
pub(super) fn page_path(feed: &FeedId) -> String {
    Format::Html.path(feed)
}

/// An address that a source gave, if a browser can be sent there. Whoever made the listing has checked it already; a
/// `javascript:` link in a page that people trust is bad enough to look twice.
pub(super) fn web(address: &str) -> Option<String> {
    let address: String = text::legal(address).chars().filter(|c| !c.is_whitespace()).collect();
    let scheme = address.split_once("://")?.0;
    (scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https")).then_some(address)
}

/// A source's address as the world may see it: without user name and password.
pub(super) fn public(home: &Url) -> String {
    let mut home = home.clone();
    // Both fail only where an address has no host, and then there is no user name or password either.
    home.set_username("").ok();
    home.set_password(None).ok();
    home.into()
}

/// The id that a source's feed gave itself, if it is one that Atom takes (RFC 4287, section 4.2.6: an absolute IRI): an address of the web, a tag
/// (RFC 4151) or a URN (RFC 8141). It is taken over byte for byte, for that is how ids are compared.
pub(super) fn feed_id(id: &str) -> Option<&str> {
    let (scheme, rest) = id.split_once(':')?;
    let is_id = match scheme {
        "http" | "https" => {
            Url::parse(id).is_ok_and(|url| url.has_host() && url.username().is_empty() && url.password().is_none())
        }
        "tag" => is_tag(rest),
        "urn" => is_urn(rest),
        _ => false,
    };
    (is_id && id.chars().all(|c| c.is_ascii_alphanumeric() || ";/?:@&=+$.-_!~*'()%,#".contains(c))).then_some(id)
}

/// `AUTHORITY,DATE:ANYTHING`.
fn is_tag(rest: &str) -> bool {
    let Some(((authority, date), _)) = rest.split_once(':').and_then(|(who, what)| Some((who.split_once(',')?, what))) else {
        return false;
    };
    let (user, host) = authority.split_once('@').unwrap_or(("user", authority));
    let is_name = |name: &str, also: &str| {
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c) || also.contains(c);
        !name.is_empty() && name.chars().all(fits)
    };
    let is_date =
        date.len() <= 10 && date.char_indices().all(|(at, c)| if matches!(at, 4 | 7) { c == '-' } else { c.is_ascii_digit() });
    is_name(user, "_") && is_name(host, "") && is_date && matches!(date.len(), 4 | 7 | 10)
}

/// `NAMESPACE:ANYTHING`; in that of UUIDs, a UUID.
fn is_urn(rest: &str) -> bool {
    let Some((space, name)) = rest.split_once(':') else { return false };
    let is_space = (2..=32).contains(&space.len())
        && space.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        && !space.starts_with('-')
        && !space.eq_ignore_ascii_case("urn");
    let is_uuid = name.len() == 36
        && name.char_indices().all(|(at, c)| if matches!(at, 8 | 13 | 18 | 23) { c == '-' } else { c.is_ascii_hexdigit() });
    is_space && !name.is_empty() && !name.contains(['/', '?', '#', '~', '&']) && (is_uuid || !space.eq_ignore_ascii_case("uuid"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feeds_own_id_is_taken_over_where_it_is_one() {
        for id in [
            "https://bao.example.vn/feed.atom",
            "http://bao.example.vn",
            "tag:bao.example.vn,2026:feed",
            "tag:a_b@bao.example.vn,2026-11-17:/x#y",
            "urn:uuid:60a76c80-d399-11d9-b93c-0003939e0af6",
            "urn:isbn:0451450523",
        ] {
            assert_eq!(feed_id(id), Some(id));
        }
        for id in [
            "",
            "feed",
            "/feed.atom",
            "javascript:alert(1)",
            "https://",
            "https://u:p@bao.example.vn/",
            "https://bao.example.vn/tin tức",
            "https://bao.example.vn/<b>",
            "tag:feed",
            "tag:Bao.vn,2026:x",
            "tag:bao.vn,26:x",
            "tag:bao.vn,2026-1:x",
            "tag:bao.vn,2026-11-170:x",
            "urn:uuid:60a76c80",
            "urn:x:y",
            "urn:urn:y",
            "urn:isbn:",
            "urn:isbn:a/b",
        ] {
            assert_eq!(feed_id(id), None, "{id}");
        }
    }

    #[test]
    fn only_web_addresses_become_links() {
        for (given, link) in [
            ("https://example.vn/a?b=1&c=2", Some("https://example.vn/a?b=1&c=2")),
            ("HTTP://example.vn/", Some("HTTP://example.vn/")),
            ("https://example.vn/a\u{b} b\n", Some("https://example.vn/ab")),
            ("javascript:alert(1)", None),
            ("java\tscript://x\nalert(1)", None),
            ("\u{1}javascript://%0aalert(1)", None),
            ("//example.vn/a", None),
            ("data:text/html,x", None),
            ("", None),
        ] {
            assert_eq!(web(given).as_deref(), link, "{given:?}");
        }
    }

    #[test]
    fn a_source_is_credited_without_its_password() {
        let home = Url::parse("https://toi:mat-khau@example.vn/rss?id=5").unwrap();
        assert_eq!(public(&home), "https://example.vn/rss?id=5");
    }

    #[test]
    fn an_archive_has_one_path() {
        let feed = FeedId::new("moi-nhat").unwrap();
        for document in ["2026-11-17.atom", "2026-11-17-2.rss", "2026-11-17.json", "2026-11-17", "2026-11-17-2"] {
            let path = &format!("/feeds/moi-nhat/{document}");
            let (named, period, format) = archive_of(path).unwrap();
            assert_eq!((named == feed, &archive_path(&feed, period, format)), (true, path));
        }
        for path in
            ["/feeds/moi-nhat.atom", "/feeds/moi-nhat/2026-11-17.", "/feeds/moi-nhat/2026-11-17.html", "/feeds/../2026-11-17.rss"]
        {
            assert_eq!(archive_of(path), None, "{path}");
        }
    }

    #[test]
    fn ids_are_tag_uris() {
        assert_eq!(story_tag(StoryId([0; 16])), "tag:diemtin,2026:story/aaaaaaaaaaaaaaaaaaaaaaaaaa");
        assert_eq!(feed_tag(&FeedId::new("moi-nhat").unwrap()), "tag:diemtin,2026:feed/moi-nhat");
    }
}
