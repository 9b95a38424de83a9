//! Documents as they were parsed, entries as sources published them, and the stories that they make.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{Asked, SourceId, StoryId, TopicId};

/// What one document held: entries, and notes about what was repaired or lost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// What the document says of itself.
    pub feed: FeedInfo,
    /// Its entries, in its order.
    pub entries: Vec<Entry>,
    /// What was repaired or lost, in words for the source's editor.
    pub notes: Vec<Note>,
}

/// What a document says of itself. Texts are plain, dates are instants, addresses absolute.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FeedInfo {
    /// Its title.
    pub title: Option<String>,
    /// The site that it belongs to.
    pub url: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its language tag.
    pub language: Option<String>,
    /// When it last changed, as it says.
    pub updated: Option<Timestamp>,
    /// What it asks of those who poll it.
    #[serde(skip)]
    pub asked: Asked,
    /// The hubs that announce its news (WebSub), in its order.
    #[serde(skip)]
    pub hubs: Vec<String>,
    /// The address that it gives itself.
    #[serde(skip)]
    pub own_url: Option<String>,
    /// The id that it gives itself (Atom), as it stands there.
    #[serde(skip)]
    pub id: Option<String>,
}

/// One item as one source published it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// The guid that the document gave, trimmed; `None` where it gave none. Never made up.
    #[serde(rename = "id")]
    pub guid: Option<String>,
    /// Plain text; may be empty.
    pub title: String,
    /// The article, http or https.
    pub url: Option<String>,
    /// When it was published, as the document says; it may lie in the future.
    pub published: Option<Timestamp>,
    /// When it last changed, as the document says.
    pub updated: Option<Timestamp>,
    /// Clean HTML; may be empty.
    pub summary: String,
    /// Clean HTML of the full text, where the document has it.
    pub content: Option<String>,
    /// The summary (or the beginning of the content, where there is no summary) as plain text.
    #[serde(skip)]
    pub text: String,
    /// The picture, http or https.
    pub image: Option<String>,
    /// Who wrote it.
    pub authors: Vec<Author>,
    /// The document's own categories, plain text.
    pub categories: Vec<String>,
    /// Attached files.
    pub enclosures: Vec<Enclosure>,
}

/// Who wrote something.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// Plain text.
    pub name: Option<String>,
    /// A mail address.
    pub email: Option<String>,
}

/// A file that belongs to an entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Enclosure {
    /// Its address.
    pub url: String,
    /// Its media type.
    #[serde(rename = "type")]
    pub media_type: Option<String>,
    /// Its size in bytes.
    pub length: Option<u64>,
}

/// Something that was repaired or lost while a document was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Note {
    /// What kind of fault, for programs.
    pub kind: NoteKind,
    /// What happened, for people.
    pub message: String,
    /// The entry's place in the document, from 0, where it concerns one.
    pub entry: Option<usize>,
}

/// The kinds of notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoteKind {
    /// The document's encoding was not the declared one, or bytes of it could not be read.
    Encoding,
    /// Characters that XML forbids were removed.
    Characters,
    /// An end tag is missing, or stands where it does not belong.
    Tags,
    /// An `&` is no entity, or an entity is HTML's and not XML's.
    Entity,
    /// Several entries have one description.
    Repeated,
    /// The document ends in the middle of an entry.
    Truncated,
    /// What the software that made the document is known to get wrong.
    Generator,
    /// A date could not be read.
    Date,
    /// An address could not be used.
    Link,
    /// Links lead to other sites than the source's.
    Elsewhere,
    /// An entry was left out, or a part of one.
    Dropped,
    /// A part of a listing page was not found.
    Select,
}

/// One piece of news, as it is stored: one entry, or several from several sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Story {
    /// Permanent; a function of the first entry's link, or of its name where it has none.
    pub id: StoryId,
    /// The number of its last change in the change sequence; 0 before it is stored.
    pub seq: u64,
    /// When it was published: at most `arrived`; never changes.
    pub published: Timestamp,
    /// When its first entry arrived (for a source's first poll: when it was published).
    pub arrived: Timestamp,
    /// When what it shows last changed; not before `published`.
    pub updated: Timestamp,
    /// Its topics, in the order of `feeds.toml`.
    pub topics: Vec<TopicId>,
    /// Its entries, one a source, in the order in which the sources came; never empty.
    pub entries: Vec<Report>,
}

impl Story {
    /// The entry whose words the story shows: that of the source with the highest rank, among equals the source that came first. One whose
    /// article is gone leads only where all are.
    pub fn lead(&self, rank: impl Fn(&SourceId) -> i32) -> &Report {
        let weight = |report: &Report| (report.gone.is_none(), rank(&report.source));
        let mut lead = &self.entries[0];
        for report in &self.entries[1..] {
            if weight(report) > weight(lead) {
                lead = report;
            }
        }
        lead
    }
}

/// An entry as it is kept in a story: one source's report of the news.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The source that published it and that alone may change it.
    pub source: SourceId,
    /// Its name within the source: the guid, else the canonical link, else title and date.
    pub guid: String,
    /// The article.
    pub url: Option<String>,
    /// Plain text, never empty.
    pub title: String,
    /// Plain text; may be empty.
    pub summary: String,
    /// Clean HTML, kept only where the source's content is republished in full.
    pub content: Option<String>,
    /// The picture.
    pub image: Option<String>,
    /// Who wrote it.
    pub authors: Vec<Author>,
    /// The source's own categories.
    pub categories: Vec<String>,
    /// When it was published, as the source says.
    pub published: Option<Timestamp>,
    /// When it was first seen.
    pub seen: Timestamp,
    /// Since when its article has been gone from the source (404, 410). Then the story does not show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone: Option<Timestamp>,
    /// The id of the feed that brought it, as that feed gave it when it did. With the entry, so that what is published of a story follows from the
    /// story alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<String>,
}

#[cfg(test)]
impl Report {
    /// A report that says nothing, for tests to say what matters to them.
    pub(crate) fn bare(source: &str, guid: &str) -> Self {
        Self {
            source: crate::model::Slug::new(source).expect("a slug"),
            guid: guid.to_owned(),
            url: None,
            title: String::new(),
            summary: String::new(),
            content: None,
            image: None,
            authors: Vec::new(),
            categories: Vec::new(),
            published: None,
            seen: Timestamp::UNIX_EPOCH,
            gone: None,
            feed: None,
        }
    }
}
