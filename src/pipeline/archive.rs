//! Everything that is stored as lines, and back: dumps, the copy that is kept beside the store, and mending a store from that.

mod mend;

use std::io::{self, BufRead, Write};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use jiff::Timestamp;

use crate::config::Config;
use crate::edge::store::{Memo, Standing, Store, StoreError, Subscriptions};
use crate::flow::archive::{Detail, Header, Line, Reader, SourceLine, StoryLine, VERSION, Writer};
use crate::flow::dedupe::{keys, sketch};
use crate::model::{Batch, EntryKey, Pruned, SourceId, Story, StoryChange, StoryId, Subscriber};
use crate::pipeline::blocking::blocking;
use crate::pipeline::withdraw::withdraw;

pub use mend::mend;

/// Records that are read in one step.
const STEP: usize = 500;
/// Records that are written in one step.
const WRITE_STEP: usize = 200;
/// How often a copy is kept, at the most.
const COPY_EVERY: Duration = Duration::from_secs(3600);
/// Keeping one takes at most one part in so many of the time.
const COPY_SHARE: u32 = 200;

/// Writes everything that is stored: the stories in the order of their ids, the names of pruned entries, what was taken down, the sources
/// with their hubs, who subscribes to our feeds. It holds some
/// hundred stories at a time. Blocks.
pub fn dump(config: &Config, store: &Store, detail: Detail, out: &mut dyn Write) -> anyhow::Result<()> {
    // The states of before: a source that is polled meanwhile must not bring validators whose entries are missing.
    let states = store.source_states()?;
    let mut pushes = store.pushes()?;
    let (mut writer, first) = Writer::begin(Header { version: VERSION, detail });
    out.write_all(first.as_bytes())?;
    let rank = |source: &SourceId| config.rank(source);
    let mut after: Option<StoryId> = None;
    loop {
        let stories = store.stories_after(after, STEP)?;
        let Some(last) = stories.last() else { break };
        after = Some(last.id);
        for story in stories {
            out.write_all(writer.line(&Line::Story(Box::new(StoryLine::new(story, detail, &rank)))).as_bytes())?;
        }
    }
    let mut after: Option<EntryKey> = None;
    loop {
        let names = store.names_after(after, STEP)?;
        let Some((last, _)) = names.last() else { break };
        after = Some(*last);
        let stories: Vec<StoryId> = names.iter().map(|(_, story)| *story).collect();
        let (standings, marks) = (store.standings(&stories)?, store.marks(&stories)?);
        for (entry, story) in names {
            if standings.get(&story) == Some(&Standing::Pruned) {
                let listed = marks.get(&story).cloned().unwrap_or_default();
                out.write_all(writer.line(&Line::Pruned(Pruned { entry, story, listed })).as_bytes())?;
            }
        }
    }
    for withdrawal in store.withdrawals()?.into_values() {
        out.write_all(writer.line(&Line::Withdrawn(withdrawal)).as_bytes())?;
    }
    for (id, state) in states {
        let push = pushes.remove(&id).unwrap_or_default();
        out.write_all(
            writer.line(&Line::Source(Box::new(SourceLine::new(id, Arc::unwrap_or_clone(state), push, detail)))).as_bytes(),
        )?;
    }
    let mut subscribers = store.subscribers()?;
    subscribers.sort_by_key(Subscriber::id);
    for subscriber in subscribers {
        out.write_all(writer.line(&Line::Subscriber(subscriber)).as_bytes())?;
    }
    out.write_all(writer.end().as_bytes())?;
    out.flush()?;
    Ok(())
}

/// What was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Stories.
    pub stories: u64,
    /// Names of pruned entries.
    pub pruned: u64,
    /// Sources' states.
    pub sources: u64,
    /// Who subscribes to our feeds.
    pub subscribers: u64,
    /// Stories that were there already, just so.
    pub known: u64,
}

/// Loads line by line: a story replaces the one with its id, a source's state the one of its id. Loading twice changes nothing more: what
/// is there already is not written again, so that an attempt that was interrupted is soon where it was.
pub async fn load(
    config: &Config,
    store: &Arc<Store>,
    input: &mut (dyn BufRead + Send),
    loaded: &mut Loaded,
) -> anyhow::Result<()> {
    let mut work = Work { config, store, batch: Batch::default(), buried: Vec::new() };
    let read = work.read(input, loaded).await;
    // Where it breaks off, what came before is loaded all the same, as it is told.
    work.write().await?;
    // They bring the topics of where they come from; the next command classifies them by the rules here.
    store.remember(Memo::Rules, Vec::new()).await?;
    read
}

/// Who leads our hub meanwhile does not hear of it before its next start.
async fn put_subscriber(store: &Store, subscriber: Subscriber) -> Result<(), StoreError> {
    let rows = vec![(subscriber.id(), Some(subscriber))];
    store.set_subscribers(Subscriptions { rows, ..Subscriptions::default() }).await
}

/// A record that can't be read counts as not there: what is written takes its place.
fn found<T>(read: Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
    match read {
        Err(StoreError::Record { .. }) => Ok(None),
        read => read,
    }
}

/// What is to be written next.
struct Work<'a> {
    config: &'a Config,
    store: &'a Arc<Store>,
    batch: Batch,
    buried: Vec<Pruned>,
}

impl Work<'_> {
    /// Takes in a dump, line by line.
    async fn read(&mut self, input: &mut (dyn BufRead + Send), loaded: &mut Loaded) -> anyhow::Result<()> {
        let mut reader = Reader::default();
        let withdrawn = self.store.withdrawals()?;
        for text in input.lines() {
            let text = text.context("reading the dump")?;
            let Some(line) = reader.line(&text)? else { continue };
            match line {
                Line::Story(line) => {
                    let id = line.id;
                    let there = found(self.store.story(id))?;
                    let story = line.story(there.as_ref().map_or(0, |there| there.seq));
                    let story = story.with_context(|| format!("line {}: the story {id} has no entry", reader.lines()))?;
                    if there.as_ref() == Some(&story) {
                        loaded.known += 1;
                    } else {
                        self.put(story);
                        loaded.stories += 1;
                    }
                }
                Line::Pruned(pruned) => {
                    self.buried.push(pruned);
                    loaded.pruned += 1;
                }
                Line::Withdrawn(withdrawal) => {
                    self.write().await?;
                    if withdrawn.get(&withdrawal.story) != Some(&withdrawal) {
                        withdraw(self.store, withdrawal).await?;
                    }
                }
                Line::Source(line) => {
                    // A source's validators are never stored before its entries are.
                    self.write().await?;
                    self.store.set_pushes(vec![(line.id.clone(), line.push.clone())]).await?;
                    let source = Some((line.id.clone(), line.state()));
                    self.store.commit(Batch { source, ..Batch::default() }).await?;
                    loaded.sources += 1;
                }
                Line::Subscriber(subscriber) => {
                    loaded.subscribers += 1;
                    put_subscriber(self.store, subscriber).await?;
                }
                Line::Dump(_) | Line::End(_) => {}
            }
            if self.batch.stories.len() + self.buried.len() >= WRITE_STEP {
                self.write().await?;
            }
        }
        ensure!(reader.lines() > 0, "the dump is empty: not even its first line is there");
        reader.end()?;
        Ok(())
    }

    fn put(&mut self, story: Story) {
        let change = change_of(self.config, story);
        self.batch.stories.retain(|other: &StoryChange| other.story.id != change.story.id);
        self.batch.stories.push(change);
    }

    async fn write(&mut self) -> Result<(), StoreError> {
        if !self.batch.stories.is_empty() {
            self.store.commit(std::mem::take(&mut self.batch)).await?;
        }
        if !self.buried.is_empty() {
            self.store.bury(std::mem::take(&mut self.buried)).await?;
        }
        Ok(())
    }
}

/// A story with everything by which it is found.
fn change_of(config: &Config, story: Story) -> StoryChange {
    let known: Vec<_> = story.entries.iter().map(|report| keys(report, config.tracking(&report.source))).collect();
    let entries = known.iter().map(|(key, print, _)| (*key, *print)).collect();
    let links = known.iter().filter_map(|(_, _, link)| *link).collect();
    let sketch = sketch(&story);
    StoryChange { story, entries, links, sketch }
}

/// Keeps a copy of what can't be fetched again, if the last one is old enough.
pub async fn keep_copy(config: &Arc<Config>, store: &Arc<Store>, now: Timestamp) -> anyhow::Result<()> {
    let number = |bytes: &[u8]| bytes.try_into().ok().map(u64::from_be_bytes);
    let last = store.recall(Memo::Copied)?.unwrap_or_default();
    let last = last.split_at_checked(8).and_then(|(at, took)| Some((number(at)?, number(took)?)));
    let second = u64::try_from(now.as_second()).unwrap_or(0);
    if last.is_some_and(|(at, took)| (at..at + wait_seconds(took)).contains(&second)) {
        return Ok(());
    }
    let begun = tokio::time::Instant::now();
    let (config, source) = (Arc::clone(config), Arc::clone(store));
    let kept =
        blocking(move || source.keep_copy(&mut |out| dump(&config, &source, Detail::Brief, out).map_err(io::Error::other)));
    kept.await.context("keeping a copy of what can't be fetched again")?;
    let noted = [second.to_be_bytes(), begun.elapsed().as_secs().to_be_bytes()].concat();
    Ok(store.remember(Memo::Copied, noted).await?)
}

/// How long after a copy that took so long the next one is kept.
fn wait_seconds(took_seconds: u64) -> u64 {
    COPY_EVERY.as_secs().max(took_seconds.saturating_mul(u64::from(COPY_SHARE)))
}

#[cfg(test)]
mod tests;
