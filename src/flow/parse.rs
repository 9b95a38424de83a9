//! Bytes → entries. Every format and every repair ends here: nothing after this stage knows that RSS exists.
//!
//! Lenient in, exact out: what can be saved is saved, and each repair or loss leaves a note. Titles, names and categories come
//! out as plain text, bodies as clean HTML, addresses absolute and http(s), dates as instants. A guid is never made up.

mod calendar;
mod crowded;
mod date;
mod decode;
mod discover;
mod elsewhere;
mod finish;
mod foreign;
mod html;
mod json;
mod loose;
mod newest;
mod pace;
mod page;
mod picture;
mod propose;
mod raw;
mod simple;
mod strict;
mod subscriptions;
mod tidy;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use url::Url;

use crate::model::{Document, Select};

use calendar::Calendar;

pub use date::read as read_date;
pub use elsewhere::keep_links;
pub use propose::Proposal;
pub use subscriptions::{MOST_SUBSCRIPTIONS, Subscription, Subscriptions, subscriptions};

/// The most entries that one document yields to a poll, the newest: a publisher's whole archive is no news.
pub const MOST_ENTRIES: usize = 500;

/// The most entries that one document yields to somebody who wants to see it whole. The longest feed that was seen has 1,046.
pub const MOST_ENTRIES_SHOWN: usize = 10_000;

/// The longest address that is one, in bytes; a longer one is data.
const LONGEST_ADDRESS: usize = 2048;

/// One document and everything that its reading depends on.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The bytes as they came, after transfer decompression.
    pub bytes: &'a [u8],
    /// The Content-Type header.
    pub content_type: Option<&'a str>,
    /// The address that the bytes came from, after redirects: relative addresses are resolved against it.
    pub base: &'a Url,
    /// The zone of dates that name none.
    pub timezone: &'a TimeZone,
    /// The encoding to read with, whatever the document says.
    pub encoding: Option<&'a str>,
    /// Where the parts of an article stand on a listing page; `None` where a feed is expected.
    pub select: Option<&'a Select>,
    /// The time that relative dates ("15 giờ trước") count from.
    pub now: Timestamp,
}

/// Why a document yields nothing at all.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAFeed {
    /// No byte, or nothing but blanks.
    #[error("the document is empty")]
    Empty,
    /// An HTML page where a feed was expected.
    #[error("{kind}{} stands where a feed was expected{}", title.as_ref().map(|t| format!(" (“{t}”)")).unwrap_or_default(), named(feeds))]
    HtmlPage {
        /// What the page is.
        kind: PageKind,
        /// The page's title.
        title: Option<String>,
        /// The feeds that the page names.
        feeds: Vec<String>,
    },
    /// Neither XML nor JSON that is a feed.
    #[error("no feed: {0}")]
    Unreadable(String),
    /// The selectors found no article on the page.
    #[error("the selector {item:?} finds no article on the page")]
    NothingSelected {
        /// `select.item`
        item: String,
    },
}

impl NotAFeed {
    /// The feeds that an HTML page names.
    pub fn feeds(&self) -> &[String] {
        match self {
            Self::HtmlPage { feeds, .. } => feeds,
            _ => &[],
        }
    }
}

/// The end of a sentence about a page that names feeds.
fn named(feeds: &[String]) -> String {
    match feeds {
        [] => String::new(),
        [feed] => format!("; it names the feed {feed}"),
        [first, others @ ..] => format!("; it names the feed {first} and {} more", others.len()),
    }
}

/// What an HTML page is that stands where a feed was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageKind {
    /// A page that wants a browser to prove itself (Cloudflare's "Just a moment…").
    Challenge,
    /// A notice that access is refused.
    Refusal,
    /// A page that holds nothing but a script which leads elsewhere (177 bytes of it at Lao Động).
    ScriptRedirect,
    /// A page that wants a password.
    Login,
    /// Any other page.
    Plain,
}

impl std::fmt::Display for PageKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Challenge => "a challenge page for browsers",
            Self::Refusal => "a notice that access is refused",
            Self::ScriptRedirect => "a page that redirects by script",
            Self::Login => "a page that wants a password",
            Self::Plain => "an HTML page",
        })
    }
}

/// Reads a document: a feed in any format, or a listing page where `select` says so. Of many entries it keeps the newest.
pub fn parse(input: Input) -> Result<Document, NotAFeed> {
    read(input, MOST_ENTRIES)
}

/// Reads a document with all its entries.
pub fn parse_whole(input: Input) -> Result<Document, NotAFeed> {
    read(input, MOST_ENTRIES_SHOWN)
}

fn read(input: Input, most: usize) -> Result<Document, NotAFeed> {
    let mut notes = Vec::new();
    let text = decode::decode(input.bytes, input.content_type, input.encoding, &mut notes);
    if text.trim().is_empty() {
        return Err(NotAFeed::Empty);
    }
    let mut document = match input.select {
        Some(select) => page::read(&text, select, Input { base: &html::page_base(&text, input.base), ..input })?,
        None if html::is_page(&text) && !html::holds_feed(&text) => return Err(named_page(&text, input.base)),
        None => {
            let feed = read_feed(&text, input, most)?;
            // Large documents are held once at a time.
            drop(text);
            let calendar = Calendar::of(&feed, input);
            finish::finish(newest::newest(feed, most, calendar), input, calendar)
        }
    };
    document.entries.truncate(most);
    notes.append(&mut document.notes);
    Ok(Document { notes, ..document })
}

/// What a page is that stands where a feed was expected.
fn named_page(text: &str, base: &Url) -> NotAFeed {
    let feeds = discover::feeds(text, &html::page_base(text, base));
    NotAFeed::HtmlPage { kind: html::page_kind(text), title: html::page_title(text), feeds }
}

/// The pages of a site that list its feeds, as a page links to them.
pub fn directories(input: Input) -> Vec<String> {
    let text = decode::decode(input.bytes, input.content_type, input.encoding, &mut Vec::new());
    if html::is_page(&text) { discover::directories(&text, &html::page_base(&text, input.base)) } else { Vec::new() }
}

/// Proposes `select` for a listing page, the best proposal first; none for a page without a list of articles.
pub fn propose(input: Input) -> Vec<Proposal> {
    let text = decode::decode(input.bytes, input.content_type, input.encoding, &mut Vec::new());
    if !html::is_page(&text) || html::page_kind(&text) != PageKind::Plain {
        return Vec::new();
    }
    propose::propose(&text, Input { base: &html::page_base(&text, input.base), ..input })
}

/// A feed in any format. The repairing way reads well-formed feeds too: it is the faster one, loses less, and a feed that is broken
/// today and mended tomorrow keeps its entries' names. feed-rs is asked where it finds nothing.
fn read_feed(text: &str, input: Input, most: usize) -> Result<raw::RawFeed, NotAFeed> {
    if text.trim_start().starts_with(['{', '[']) {
        return json::read(text, most).map_err(NotAFeed::Unreadable);
    }
    match loose::read(text, most) {
        Some(feed) if !feed.entries.is_empty() => Ok(feed),
        found => match (strict::read(text, input), found) {
            (Ok(feed), None) => Ok(feed),
            (Ok(feed), Some(_)) if !feed.entries.is_empty() => Ok(feed),
            (_, Some(found)) => Ok(found),
            (Err(why), None) => Err(NotAFeed::Unreadable(why)),
        },
    }
}

/// Whether an address is written as the URL standard would write it, so that nobody needs to parse it: most are.
fn is_normal(address: &str) -> bool {
    let Some(rest) = address.strip_prefix("https://").or(address.strip_prefix("http://")) else { return false };
    let Some((host, path)) = rest.split_once('/') else { return false };
    let last = host.rsplit('.').next().unwrap_or_default();
    let is_plain_host = host.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    let is_plain_path = path.bytes().all(|b| {
        b.is_ascii_alphanumeric()
            || matches!(b, b'-' | b'_' | b'/' | b'.' | b'=' | b'&' | b'?' | b'+' | b',' | b'~' | b':' | b';')
    });
    is_plain_host
        && is_plain_path
        && last.starts_with(|c: char| c.is_ascii_lowercase())
        && !["--", "..", ".-", "-."].iter().any(|odd| host.contains(odd))
        && !host.starts_with(['.', '-'])
        && !host.ends_with('-')
        && !path.contains("/.")
        && !path.starts_with('.')
}

/// An address that may be published: absolute, http or https, without credentials, not too long. A `javascript:` link is none.
fn web_address(text: &str, base: &Url) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    if text.len() <= LONGEST_ADDRESS && is_normal(text) {
        return Some(text.to_owned());
    }
    let url = base.join(text).ok()?;
    let fits = matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none();
    (fits && url.as_str().len() <= LONGEST_ADDRESS).then(|| url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_names_its_hubs_and_itself() {
        let base: Url = "https://a.vn/rss".parse().expect("an address");
        let read = |text: &str| {
            let input = Input {
                bytes: text.as_bytes(),
                content_type: None,
                base: &base,
                timezone: &TimeZone::UTC,
                encoding: None,
                select: None,
                now: Timestamp::UNIX_EPOCH,
            };
            let feed = parse(input).expect("a feed").feed;
            (feed.hubs, feed.own_url.unwrap_or_default(), feed.url.unwrap_or_default())
        };
        let want = |hubs: &[&str], own: &str, url: &str| {
            (hubs.iter().map(|hub| (*hub).to_owned()).collect::<Vec<_>>(), own.to_owned(), url.to_owned())
        };
        let links = "<link rel='hub' href='https://hub.vn/'/><link rel='HUB' href='/hub2'/><link rel='self' href='tin.atom'/>\
                     <link rel='hub' href='javascript:x'/><link href='https://a.vn/'/>";
        let found = want(&["https://hub.vn/", "https://a.vn/hub2"], "https://a.vn/tin.atom", "https://a.vn/");
        let entry =
            "<entry><id>1</id><title>x</title><link rel='hub' href='https://entry.vn/'/><link rel='self' href='/e'/></entry>";
        assert_eq!(read(&format!("<feed xmlns='http://www.w3.org/2005/Atom'>{links}{entry}</feed>")), found);
        let links =
            links.replace("<link", "<atom:link").replace("<atom:link href='https://a.vn/'/>", "<link>https://a.vn/</link>");
        let rss = format!(
            "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'><channel>{links}<item><title>x</title></item></channel></rss>"
        );
        assert_eq!(read(&rss), found);
        assert_eq!(read(&rss.replace("atom:", "atom10:")), found);
        let based = "<feed xml:base='https://b.vn/x/'><link rel='hub self' href='y'/><entry><title>x</title></entry></feed>";
        assert_eq!(read(based), want(&["https://b.vn/x/y"], "https://b.vn/x/y", ""));
        assert_eq!(read("<rss><channel><item><title>x</title></item></channel></rss>"), want(&[], "", ""));
    }

    #[test]
    fn what_is_normal_is_what_the_standard_writes() {
        for address in [
            "https://bao.example.vn/a-1.html",
            "http://a.vn/",
            "https://a-b.vn/x?y=1&z=_",
            "https://a.vn//b/",
            "https://a.vn/?",
            "https://a.vn/a?b?c",
        ] {
            assert!(is_normal(address), "{address}");
            assert_eq!(Url::parse(address).map(String::from).as_deref(), Ok(address));
        }
        for address in [
            "https://A.vn/",
            "https://a.vn",
            "https://a.vn/ơ",
            "https://a.vn/../b",
            "https://1.2.3.4/",
            "https://xn--a.vn/",
            "ftp://a.vn/",
            "https://a.vn/./",
        ] {
            assert!(!is_normal(address), "{address}");
        }
    }
}
