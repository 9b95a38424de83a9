//! What the writer is given to do, and which records that comes to.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;

use crate::edge::store::embedded::codec;
use crate::edge::store::embedded::recent::Recent;
use crate::edge::store::embedded::rows::{Rows, Stored};
use crate::edge::store::{Memo, StoreError, record};
use crate::model::{Batch, EntryKey, Pruned, Push, SourceId, SourceState, Stamp, StoryId, Subscriber, SubscriberId};

pub(super) enum Work {
    Batch(Box<Batch>),
    /// States of sources.
    States(Arc<[(SourceId, Arc<SourceState>)]>),
    /// Stories, each with the number that it had when it was judged, and when that was.
    Remove(Vec<(StoryId, u64)>, Timestamp),
    Memo(Memo, Vec<u8>),
    Stamps(Vec<Stamp>),
    Pushes(Vec<(SourceId, Push)>),
    /// Who subscribes to our feeds, or no more.
    Subscribers(Vec<(SubscriberId, Option<Subscriber>)>),
    /// Names of entries whose stories were pruned.
    Bury(Vec<Pruned>),
    /// Names of entries that are to be new.
    Forget(Vec<EntryKey>),
    /// What was wrong has been mended.
    Mended,
}

/// Adds what some work comes to.
pub(super) fn add(recent: &mut Recent, work: Work, rows: &mut Rows) -> Result<(), StoreError> {
    match work {
        Work::Batch(batch) => {
            let encoded = encode(recent, &batch, rows)?;
            let source = batch.source.as_ref().map(|(id, state)| Ok((codec::source_key(id), record::source(state)?)));
            let source: Option<(Vec<u8>, Vec<u8>)> = source.transpose()?;
            for (change, (value, old)) in batch.stories.iter().zip(encoded) {
                rows.put_story(change, &value, old)?;
                recent.post(&change.sketch.bands, rows.seq);
            }
            for (id, withdrawal) in &batch.withdrawals {
                let key = codec::withdrawal_key(*id);
                match withdrawal {
                    Some(withdrawal) => rows.put(&key, record::withdrawal(withdrawal)?)?,
                    None => rows.take(&key)?,
                }
            }
            for mark in &batch.marks {
                rows.mark(*mark)?;
            }
            if let Some((key, value)) = source {
                rows.put(&key, value)?;
            }
        }
        Work::States(states) => {
            for (id, state) in states.iter() {
                rows.put(&codec::source_key(id), record::source(state)?)?;
            }
        }
        Work::Remove(stories, at) => {
            for (id, judged) in stories {
                // One that has changed since is not what was judged.
                if let Some(old) = rows.stored(id)?.filter(|old| old.seq == judged) {
                    rows.take_story(id, old, at)?;
                }
            }
        }
        Work::Memo(memo, what) => rows.insert(&codec::memo_key(memo), record::seal(what)),
        Work::Pushes(pushes) => {
            for (id, push) in &pushes {
                let key = codec::push_key(id);
                match *push == Push::default() {
                    true => rows.remove(&key),
                    false => rows.insert(&key, record::push(push)?),
                }
            }
        }
        Work::Subscribers(subscribers) => {
            for (id, subscriber) in &subscribers {
                let key = codec::subscriber_key(*id);
                match subscriber {
                    Some(subscriber) => rows.insert(&key, record::subscriber(subscriber)?),
                    None => rows.remove(&key),
                }
            }
        }
        Work::Stamps(stamps) => {
            for stamp in &stamps {
                rows.insert(&codec::stamp_key(&stamp.path), codec::stamp(stamp)?);
            }
        }
        Work::Bury(names) => {
            for name in names {
                rows.bury(name)?;
            }
        }
        Work::Forget(names) => {
            for key in names {
                rows.take(&codec::entry_key(key))?;
            }
        }
        Work::Mended => rows.remove(codec::UNMENDED),
    }
    Ok(())
}

/// What is to be written of a story, and what is stored of it.
type Replacement = (Vec<u8>, Option<Stored>);

/// What each story comes to; an error before anything of the batch is added.
fn encode(recent: &Recent, batch: &Batch, rows: &Rows) -> Result<Vec<Replacement>, StoreError> {
    let mut ids = HashSet::new();
    if !batch.stories.iter().all(|change| ids.insert(change.story.id)) {
        return Err(StoreError::Conflict);
    }
    if batch.based_on.is_some_and(|seq| recent.overtook(&batch.stories, seq)) {
        return Err(StoreError::Conflict);
    }
    let numbered = batch.stories.iter().zip(rows.seq + 1..);
    numbered
        .map(|(change, seq)| {
            let stored = rows.stored(change.story.id)?;
            if stored.as_ref().map_or(0, |stored| stored.seq) != change.story.seq {
                return Err(StoreError::Conflict);
            }
            Ok((rows.shared.packer.pack(&record::story(&change.story, seq)?)?, stored))
        })
        .collect()
}
