//! What an entry is called for good, and which story it begins if it begins one.

use std::collections::HashMap;

use xxhash_rust::xxh3::xxh3_128;

use crate::flow::dedupe::{canonical, print};
use crate::model::{Content, Entry, EntryKey, LinkKey, Print, SourceId, StoryId};

/// An entry and what it is known by.
#[derive(Clone, Debug)]
pub struct Named<'a> {
    /// The entry.
    pub entry: &'a Entry,
    /// Its name within its source: the guid, else the canonical link, else title and date.
    pub guid: String,
    /// Its name among all entries.
    pub key: EntryKey,
    /// Its canonical link, where that names an article.
    pub link: Option<LinkKey>,
    /// What it says.
    pub print: Print,
    /// The id of the story that it begins, if it begins one.
    pub story: StoryId,
}

/// Names the entries of one document, each name once: of entries that share one, the first is taken.
///
/// A guid that entries with different links share names none of them (real feeds give one guid to all items), and a link that
/// entries with different guids share names no article (sites link every item to their front page).
pub fn name<'a>(source: &SourceId, entries: &'a [Entry], content: Content) -> Vec<Named<'a>> {
    let links: Vec<Option<String>> = entries.iter().map(|e| e.url.as_deref().and_then(canonical)).collect();
    let mut guid_links: HashMap<&str, &Option<String>> = HashMap::new();
    let mut link_guids: HashMap<&str, &Option<String>> = HashMap::new();
    let mut shared_guids: Vec<&str> = Vec::new();
    let mut shared_links: Vec<&str> = Vec::new();
    for (entry, link) in entries.iter().zip(&links) {
        if let Some(guid) = entry.guid.as_deref()
            && *guid_links.entry(guid).or_insert(link) != link
        {
            shared_guids.push(guid);
        }
        if let Some(link) = link.as_deref()
            && *link_guids.entry(link).or_insert(&entry.guid) != &entry.guid
        {
            shared_links.push(link);
        }
    }
    let mut taken = std::collections::HashSet::new();
    let named = entries.iter().zip(&links).map(|(entry, link)| {
        let own_guid = entry.guid.as_deref().filter(|guid| !shared_guids.contains(guid));
        let own_link = link.as_deref().filter(|link| !shared_links.contains(link));
        let guid = match (own_guid, own_link) {
            (Some(guid), _) => guid.to_owned(),
            (None, Some(link)) => link.to_owned(),
            (None, None) => format!("{}\n{}", entry.title, entry.published.map(|t| t.to_string()).unwrap_or_default()),
        };
        let key = EntryKey(hash(&["entry", source.as_str(), &guid]));
        let story = StoryId(own_link.map_or(key.0, |link| hash(&["story", link])));
        let link = own_link.map(|link| LinkKey(hash(&["link", link])));
        Named { entry, guid, key, link, print: print(entry, content), story }
    });
    named.filter(|n| taken.insert(n.key)).collect()
}

/// 128 bits of several texts; their borders count.
fn hash(parts: &[&str]) -> [u8; 16] {
    xxh3_128(parts.join("\0").as_bytes()).to_be_bytes()
}
