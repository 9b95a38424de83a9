//! What the lines of a dump hold.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::model::{
    Because, Habits, Manners, Pruned, Push, Report, RollCall, SourceId, SourceState, Story, StoryId, Subscriber, TopicId,
    Vanished, Withdrawal,
};

/// One line of a dump.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Line {
    /// The first line.
    Dump(Header),
    /// A story with its entries.
    Story(Box<StoryLine>),
    /// The name of an entry whose story was pruned.
    Pruned(Pruned),
    /// That a story was taken down.
    Withdrawn(Withdrawal),
    /// A source's state.
    Source(Box<SourceLine>),
    /// Who subscribes to one of our feeds, with the secret that the news are signed with.
    Subscriber(Subscriber),
    /// The last line.
    End(End),
}

/// How much a dump holds of each story.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Detail {
    /// Everything.
    Whole,
    /// What can't be fetched again: names, times, addresses, titles.
    Brief,
}

/// What a dump says of itself: nothing that depends on when it was made, so that the same content gives the same bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// The version of its form.
    pub version: u32,
    /// How much it holds.
    pub detail: Detail,
}

/// How a dump ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// The lines before this one.
    pub lines: u64,
    /// A checksum of their checksums.
    pub all: String,
}

/// A story: first what it shows, then all that it is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoryLine {
    /// Its id.
    pub id: StoryId,
    url: Option<String>,
    title: String,
    summary: String,
    image: Option<String>,
    published: Timestamp,
    updated: Timestamp,
    arrived: Timestamp,
    topics: Vec<TopicId>,
    entries: Vec<Report>,
}

/// A source's state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceLine {
    /// The source.
    pub id: SourceId,
    settings: u64,
    etag: Option<String>,
    last_modified: Option<String>,
    next: Timestamp,
    checked: Timestamp,
    succeeded: Option<Timestamp>,
    interval_seconds: u64,
    #[serde(default)]
    because: Because,
    #[serde(default)]
    habits: Option<Habits>,
    failures: u32,
    error: Option<String>,
    #[serde(default)]
    manners: Manners,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    vanished: Vec<Vanished>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    roll_call: Option<RollCall>,
    /// Its hub and our subscription there, with its secret.
    #[serde(default)]
    pub push: Push,
}

impl StoryLine {
    /// The line of a story; `rank` says who leads it.
    pub fn new(mut story: Story, detail: Detail, rank: &dyn Fn(&SourceId) -> i32) -> Self {
        if detail == Detail::Brief {
            story.entries.iter_mut().for_each(shorten);
        }
        let lead = story.lead(rank).clone();
        Self {
            id: story.id,
            url: lead.url,
            title: lead.title,
            summary: lead.summary,
            image: lead.image,
            published: story.published,
            updated: story.updated,
            arrived: story.arrived,
            topics: story.topics,
            entries: story.entries,
        }
    }

    /// The story that the line holds; `seq` is that of the story which it replaces, 0 where there is none. `None` for one without entries.
    pub fn story(self, seq: u64) -> Option<Story> {
        let Self { id, published, updated, arrived, topics, entries, .. } = self;
        (!entries.is_empty()).then_some(Story { id, seq, published, arrived, updated, topics, entries })
    }
}

/// Leaves what can't be fetched again.
fn shorten(report: &mut Report) {
    report.summary = String::new();
    report.content = None;
    report.authors = Vec::new();
    report.categories = Vec::new();
}

impl SourceLine {
    /// The line of a source's state. In a brief dump it has no validators: the document is wanted whole.
    pub fn new(id: SourceId, state: SourceState, push: Push, detail: Detail) -> Self {
        // A validator that is no text is left out: the next poll then asks without it.
        let text =
            |bytes: Option<Vec<u8>>| bytes.filter(|_| detail == Detail::Whole).and_then(|bytes| String::from_utf8(bytes).ok());
        Self {
            id,
            settings: state.settings,
            etag: text(state.etag),
            last_modified: text(state.last_modified),
            next: state.next,
            checked: state.checked,
            succeeded: state.succeeded,
            interval_seconds: state.interval_seconds,
            because: state.because,
            habits: state.habits,
            failures: state.failures,
            error: state.error,
            manners: state.manners,
            vanished: state.vanished,
            roll_call: state.roll_call,
            push,
        }
    }

    /// The state that the line holds.
    pub fn state(self) -> SourceState {
        SourceState {
            settings: self.settings,
            etag: self.etag.map(String::into_bytes),
            last_modified: self.last_modified.map(String::into_bytes),
            body: None,
            next: self.next,
            checked: self.checked,
            succeeded: self.succeeded,
            interval_seconds: self.interval_seconds,
            because: self.because,
            habits: self.habits,
            failures: self.failures,
            error: self.error,
            manners: self.manners,
            vanished: self.vanished,
            roll_call: self.roll_call,
        }
    }
}
