//! `dump`: everything that can't be fetched again, one JSON object a line. What it prints, `load` reads.

use std::io::{BufWriter, Write};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::command::{Exit, Setup};
use crate::model::{Because, Habits, Manners, Push, Report, SourceId, SourceState, Story, StoryId, TopicId, Withdrawal};
use crate::pipeline::withdrawals;

/// Stories that are read in one step.
const STEP: usize = 500;

/// One line of a dump.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Line {
    /// A story with its entries.
    Story(StoryLine),
    /// That a story was taken down.
    Withdrawn(Withdrawal),
    /// A source's state.
    Source(Box<SourceLine>),
}

/// A story: first what it shows, then all that it is made of.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct StoryLine {
    pub id: StoryId,
    url: Option<String>,
    title: String,
    summary: String,
    image: Option<String>,
    pub published: Timestamp,
    pub updated: Timestamp,
    pub arrived: Timestamp,
    pub topics: Vec<TopicId>,
    pub entries: Vec<Report>,
}

/// A source's state.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SourceLine {
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
    /// Its hub and our subscription there, with its secret.
    #[serde(default)]
    pub push: Push,
}

/// Prints the stories in the order of their ids, then what is withdrawn, then the sources.
pub fn run(setup: &Setup) -> anyhow::Result<Exit> {
    let config = setup.quiet_config()?;
    let store = setup.store(&config.store)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut print = |line: &Line| -> anyhow::Result<()> { Ok(writeln!(out, "{}", serde_json::to_string(line)?)?) };
    let rank = |source: &SourceId| config.rank(source);
    let mut after = None;
    loop {
        let stories = store.stories_after(after, STEP)?;
        let Some(last) = stories.last() else { break };
        after = Some(last.id);
        for story in stories {
            print(&Line::Story(StoryLine::new(story, &rank)))?;
        }
    }
    for withdrawal in withdrawals(&store)?.into_values() {
        print(&Line::Withdrawn(withdrawal))?;
    }
    // Sources come last: a dump that was cut off has no validators whose entries are missing.
    let mut pushes = store.pushes()?;
    for (id, state) in store.source_states()? {
        let push = pushes.remove(&id).unwrap_or_default();
        print(&Line::Source(Box::new(SourceLine::new(id, state, push))))?;
    }
    out.flush()?;
    Ok(Exit::Done)
}

impl StoryLine {
    fn new(story: Story, rank: &dyn Fn(&SourceId) -> i32) -> Self {
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

    /// The story that the line holds; `seq` is that of the story which it replaces, 0 where there is none.
    pub(super) fn story(self, seq: u64) -> anyhow::Result<Story> {
        anyhow::ensure!(!self.entries.is_empty(), "the story {} has no entry", self.id);
        let Self { id, published, updated, arrived, topics, entries, .. } = self;
        Ok(Story { id, seq, published, arrived, updated, topics, entries })
    }
}

impl SourceLine {
    fn new(id: SourceId, state: SourceState, push: Push) -> Self {
        // A validator that is no text is left out: the next poll then asks without it.
        let text = |bytes: Option<Vec<u8>>| bytes.and_then(|bytes| String::from_utf8(bytes).ok());
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
            push,
        }
    }

    /// The state that the line holds.
    pub(super) fn state(self) -> SourceState {
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
        }
    }
}
