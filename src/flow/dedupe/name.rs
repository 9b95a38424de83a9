//! What an entry is called for good, what is kept of it, and which story it begins if it begins one.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use xxhash_rust::xxh3::xxh3_64;

use crate::flow::dedupe::{Gist, Gists, canonical};
use crate::model::{Author, Content, Entry, EntryKey, LinkKey, Print, Report, Source, SourceId, StoryId};
use crate::text::clip;

/// The longest title and summary that are kept, in characters: what is longer is a mistake of the source's.
const TITLE_CHARACTERS: usize = 300;
const SUMMARY_CHARACTERS: usize = 2_000;
/// The longest full text that is kept, in bytes of HTML; one that is longer is left out whole, since cut HTML is broken.
const CONTENT_BYTES: usize = 256 * 1024;
/// The most authors and categories of one entry, and the longest of them in characters.
const MOST_LABELS: usize = 20;
const LABEL_CHARACTERS: usize = 200;
/// The longest guid that is kept as it is, in bytes; of a longer one its hash is.
const GUID_BYTES: usize = 1024;

/// An entry as it would be kept, and what it is known by.
#[derive(Clone, Debug)]
pub struct Named {
    /// What is kept of it. Its `guid` is its name within its source: the document's guid, else the canonical link, else title
    /// and date.
    pub report: Report,
    /// Its name among all entries.
    pub key: EntryKey,
    /// The name that it has where the source's `tracking` is empty, if that is another one: so an edit of `tracking` makes nothing new.
    alias: Option<EntryKey>,
    /// Its canonical link, where that names an article.
    pub link: Option<LinkKey>,
    /// What it says.
    pub print: Print,
    /// The id of the story that it begins, if it begins one.
    pub story: StoryId,
    /// Its texts, prepared when they are first asked for.
    gist: OnceLock<Arc<Gist>>,
}

impl Named {
    /// The names that it is known by, the one in force first.
    pub fn keys(&self) -> impl Iterator<Item = EntryKey> {
        std::iter::once(self.key).chain(self.alias)
    }

    /// What it says, under each of its names.
    pub fn prints(&self) -> impl Iterator<Item = (EntryKey, Print)> {
        self.keys().map(|key| (key, self.print))
    }

    /// Its texts, prepared for comparing.
    pub fn gist(&self, gists: &Gists) -> &Arc<Gist> {
        self.gist.get_or_init(|| gists.of(&self.report))
    }

    /// The same, brought by a feed of this id. An entry is what it was when only that is another one: the id is no part of what it says.
    pub fn of(mut self, feed: Option<&str>) -> Self {
        self.report.feed = feed.map(str::to_owned);
        self
    }

    /// When it was published, as far as that counts: not later than it was seen.
    pub fn published(&self) -> Timestamp {
        self.report.published.map_or(self.report.seen, |published| published.min(self.report.seen))
    }
}

/// Names the entries of one document, each name once: of entries that share one, the first is taken. An entry with neither title
/// nor text is no news and gets no name.
///
/// A guid that entries with different links share names none of them (real feeds give one guid to all items), and a link that
/// entries with different titles share names no article (sites link every item to one page).
pub fn name(source: &Source, entries: &[Entry], now: Timestamp) -> Vec<Named> {
    let links: Vec<Option<String>> = entries.iter().map(|e| canonical(e.url.as_deref()?, &source.tracking)).collect();
    let shared_guids = shared(entries.iter().map(|e| e.guid.as_deref()).zip(links.iter().map(Option::as_deref)));
    let shared_links = shared(links.iter().map(Option::as_deref).zip(entries.iter().map(|e| Some(e.title.as_str()))));
    // Where each entry has a link of its own but for a few, those few are one article under two titles, as in a box of "most read".
    let links_name = shared_links.len() * 2 <= links.iter().flatten().collect::<HashSet<_>>().len();
    let mut taken = HashSet::new();
    let named = entries.iter().zip(&links).map(|(entry, link)| {
        let guid = entry.guid.as_deref().filter(|guid| !shared_guids.contains(guid));
        let own = link.as_deref().filter(|link| !shared_links.contains(link) || guid.is_none() && links_name);
        let named = |link: Option<&str>| match (guid, own, link) {
            (Some(guid), _, _) if guid.len() <= GUID_BYTES => guid.to_owned(),
            (Some(guid), _, _) => blake3::hash(guid.as_bytes()).to_string(),
            (None, Some(_), Some(link)) => link.to_owned(),
            // A date would not do beside the link: "15 giờ trước" is another one at each poll.
            (None, _, Some(link)) => format!("{link}\n{}", entry.title),
            (None, _, None) => format!("{}\n{}", entry.title, entry.published.map(|t| t.to_string()).unwrap_or_default()),
        };
        let whole = || canonical(entry.url.as_deref()?, &[]);
        let alias = if guid.is_none() && !source.tracking.is_empty() { whole() } else { None };
        let alias = alias.filter(|whole| Some(whole) != link.as_ref()).map(|whole| entry_key(&source.id, &named(Some(&whole))));
        let report = report(source, entry, named(link.as_deref()), now);
        let print = print(&report, link.as_deref());
        let (key, link) = (entry_key(&report.source, &report.guid), own);
        let story = StoryId(link.map_or(key.0, |link| hash(&["story", link])));
        Named { print, key, alias, link: link.map(link_key), story, report, gist: OnceLock::new() }
    });
    named.filter(|named| !named.report.title.is_empty() && taken.insert(named.key)).collect()
}

/// What a stored entry is known by: its name, what it says, and its link. `tracking` are its source's parameters that name no article.
pub fn keys(report: &Report, tracking: &[String]) -> (EntryKey, Print, Option<LinkKey>) {
    let link = report.url.as_deref().and_then(|url| canonical(url, tracking));
    (entry_key(&report.source, &report.guid), print(report, link.as_deref()), link.as_deref().map(link_key))
}

/// What an article's address is known by; `None` for an address that names no article.
pub fn link_key_of(url: &str, tracking: &[String]) -> Option<LinkKey> {
    canonical(url, tracking).as_deref().map(link_key)
}

/// The names that stand beside two different other names.
fn shared<'a>(pairs: impl Iterator<Item = (Option<&'a str>, Option<&'a str>)>) -> HashSet<&'a str> {
    let mut first: HashMap<&str, Option<&str>> = HashMap::new();
    let named = pairs.filter_map(|(name, other)| Some((name?, other)));
    named.filter(|(name, other)| first.entry(name).or_insert(*other) != other).map(|(name, _)| name).collect()
}

fn report(source: &Source, entry: &Entry, guid: String, now: Timestamp) -> Report {
    let title = if entry.title.is_empty() { &entry.text } else { &entry.title };
    let full = source.content == Content::Full;
    Report {
        source: source.id.clone(),
        guid,
        url: entry.url.clone(),
        title: clip(title, TITLE_CHARACTERS),
        summary: clip(&entry.text, SUMMARY_CHARACTERS),
        content: entry.content.clone().filter(|html| full && html.len() <= CONTENT_BYTES),
        image: entry.image.clone(),
        authors: entry.authors.iter().take(MOST_LABELS).map(author).collect(),
        categories: entry.categories.iter().take(MOST_LABELS).map(|name| clip(name, LABEL_CHARACTERS)).collect(),
        published: entry.published,
        seen: now,
        gone: None,
        feed: None,
    }
}

fn author(author: &Author) -> Author {
    let short = |text: &Option<String>| text.as_deref().map(|text| clip(text, LABEL_CHARACTERS));
    Author { name: short(&author.name), email: short(&author.email) }
}

fn entry_key(source: &SourceId, guid: &str) -> EntryKey {
    EntryKey(hash(&["entry", source.as_str(), guid]))
}

fn link_key(canonical: &str) -> LinkKey {
    LinkKey(hash(&["link", canonical]))
}

/// A hash of what an entry says. Its date is no part of it: "15 giờ trước" is another date at each poll; nor is what does not matter in
/// its link, such as a counter's parameter: `link` is its canonical form, where it has one.
fn print(report: &Report, link: Option<&str>) -> Print {
    let Report {
        source: _,
        guid: _,
        seen: _,
        published: _,
        gone: _,
        feed: _,
        url,
        title,
        summary,
        content,
        image,
        authors,
        categories,
    } = report;
    let link = link.or(url.as_deref());
    let said = postcard::to_stdvec(&(link, title, summary, content, image, authors, categories));
    xxh3_64(&said.expect("plain values can be written to memory"))
}

/// 128 bits of several texts; their borders count. A hash that nobody can find collisions of, because sources choose their guids.
fn hash(parts: &[&str]) -> [u8; 16] {
    let hash = blake3::hash(parts.join("\0").as_bytes());
    let mut half = [0; 16];
    half.copy_from_slice(&hash.as_bytes()[..16]);
    half
}
