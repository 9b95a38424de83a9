//! Work over all stored stories, in small steps that hold up neither polls nor readers: classifying them anew after the topics
//! have changed, and pruning what is too old.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::edge::store::{Memo, Store, StoreError};
use crate::flow::topic::Rules;
use crate::model::{Batch, Story, StoryChange, StoryId};
use crate::pipeline::poll::blocking;

/// Stories that are read and committed in one step.
const STEP: usize = 500;

/// Steps after which it is remembered how far the work has come.
const REMEMBER_EVERY: usize = 20;

/// Applies the rules to every stored story, unless that was done already. Returns how many changed their topics. Interrupted, the next
/// call goes on where it was.
///
/// Call it when nobody brings in stories under other rules any more: it remembers that all is done.
pub async fn reclassify(store: &Arc<Store>, rules: &Arc<Rules>) -> Result<usize, StoreError> {
    if is_done(store, rules)? {
        return Ok(0);
    }
    let begun = begun(store, rules)?;
    let changed = pass(store, rules, begun, true).await?;
    store.remember(Memo::Classified, Vec::new()).await?;
    store.remember(Memo::Rules, rules.fingerprint().to_vec()).await?;
    Ok(changed)
}

fn is_done(store: &Store, rules: &Rules) -> Result<bool, StoreError> {
    Ok(store.recall(Memo::Rules)?.as_deref() == Some(&rules.fingerprint()[..]))
}

/// Applies the rules to every story that is stored now, unless that was done already. Nothing of it is remembered: polls under older
/// rules may still bring in stories anywhere.
pub async fn classify(store: &Arc<Store>, rules: &Arc<Rules>) -> Result<usize, StoreError> {
    if is_done(store, rules)? { Ok(0) } else { pass(store, rules, None, false).await }
}

/// One way through the stories after one of them.
async fn pass(store: &Arc<Store>, rules: &Arc<Rules>, mut after: Option<StoryId>, remembers: bool) -> Result<usize, StoreError> {
    // Before anything changes: also when the rules are those again that were in force before.
    store.remember(Memo::Rules, Vec::new()).await?;
    let mut changed = 0;
    for step in 1.. {
        let (reader, judge) = (Arc::clone(store), Arc::clone(rules));
        let (last, changes) = blocking(move || -> Result<_, StoreError> {
            let stories = reader.stories_after(after, STEP)?;
            let last = stories.last().map(|story| story.id);
            Ok((last, stories.into_iter().filter_map(|story| with_topics(&judge, story)).collect::<Vec<_>>()))
        })
        .await?;
        let Some(last) = last else { break };
        let count = changes.len();
        if count > 0 {
            match store.commit(Batch { stories: changes, ..Batch::default() }).await {
                // A poll came between: look at these stories again.
                Err(StoreError::Conflict) => continue,
                other => other?,
            }
        }
        changed += count;
        after = Some(last);
        if remembers && step % REMEMBER_EVERY == 0 {
            let done = [&rules.fingerprint()[..], &last.0[..]].concat();
            store.remember(Memo::Classified, done).await?;
        }
    }
    Ok(changed)
}

/// The last story that was classified under these rules before the work was interrupted.
fn begun(store: &Store, rules: &Rules) -> Result<Option<StoryId>, StoreError> {
    let done = store.recall(Memo::Classified)?;
    let last = done.as_deref().and_then(|done| done.strip_prefix(&rules.fingerprint()[..]));
    Ok(last.and_then(|last| Some(StoryId(last.try_into().ok()?))))
}

/// The story with the topics that the rules give it, if those are not the ones that it has.
fn with_topics(rules: &Rules, story: Story) -> Option<StoryChange> {
    let topics = rules.topics(&story);
    (topics != story.topics).then(|| StoryChange {
        story: Story { topics, ..story },
        entries: Vec::new(),
        links: Vec::new(),
        bands: Vec::new(),
    })
}

/// Removes every story of which nothing new was seen for longer than `keep`. Returns how many. The age counts from when we saw
/// it, not from its date, so that what a source has carried for years does not vanish the moment it is found.
pub async fn prune(store: &Arc<Store>, keep: std::time::Duration, now: Timestamp) -> Result<usize, StoreError> {
    let before = SignedDuration::try_from(keep).ok().and_then(|keep| now.checked_sub(keep).ok()).unwrap_or(Timestamp::MIN);
    let mut removed = 0;
    let mut after: Option<StoryId> = None;
    loop {
        let reader = Arc::clone(store);
        let stories = blocking(move || reader.stories_after(after, STEP)).await?;
        let Some(last) = stories.last() else { return Ok(removed) };
        after = Some(last.id);
        let old: Vec<(StoryId, u64)> = stories
            .iter()
            .filter(|story| story.entries.iter().all(|report| report.seen < before))
            .map(|story| (story.id, story.seq))
            .collect();
        removed += old.len();
        if !old.is_empty() {
            store.remove(old).await?;
        }
    }
}
