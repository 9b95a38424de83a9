//! Classifying all stored stories anew after the topics have changed, in small steps that hold up neither polls nor readers.

use std::sync::Arc;

use crate::edge::store::{Memo, Store, StoreError};
use crate::flow::topic::Rules;
use crate::model::{Batch, Sketch, Story, StoryChange, StoryId};
use crate::pipeline::blocking::{blocking, recall};

/// Stories that are read and committed in one step.
const STEP: usize = 500;

/// Steps after which it is remembered how far the work has come.
const REMEMBER_EVERY: usize = 20;

/// Applies the rules to every stored story, unless that was done already. Returns how many changed their topics. Interrupted, the next
/// call goes on where it was.
///
/// Call it when nobody brings in stories under other rules any more: it remembers that all is done.
pub async fn reclassify(store: &Arc<Store>, rules: &Arc<Rules>) -> Result<usize, StoreError> {
    if is_done(store, rules).await? {
        return Ok(0);
    }
    let begun = begun(store, rules).await?;
    let changed = pass(store, rules, begun, true).await?;
    store.remember(Memo::Classified, Vec::new()).await?;
    store.remember(Memo::Rules, rules.fingerprint().to_vec()).await?;
    Ok(changed)
}

async fn is_done(store: &Arc<Store>, rules: &Rules) -> Result<bool, StoreError> {
    Ok(recall(store, Memo::Rules).await?.as_deref() == Some(&rules.fingerprint()[..]))
}

/// Applies the rules to every story that is stored now, unless that was done already. Nothing of it is remembered: polls under older
/// rules may still bring in stories anywhere.
pub async fn classify(store: &Arc<Store>, rules: &Arc<Rules>) -> Result<usize, StoreError> {
    if is_done(store, rules).await? { Ok(0) } else { pass(store, rules, None, false).await }
}

/// Takes back what is remembered of other rules: to be called before stories come in under these. Also where these are the rules that were
/// in force before the others.
pub(super) async fn begin(store: &Arc<Store>, rules: &Rules) -> Result<(), StoreError> {
    if is_done(store, rules).await? {
        return Ok(());
    }
    store.remember(Memo::Rules, Vec::new()).await?;
    if begun(store, rules).await?.is_none() {
        store.remember(Memo::Classified, Vec::new()).await?;
    }
    Ok(())
}

/// One way through the stories after one of them.
async fn pass(store: &Arc<Store>, rules: &Arc<Rules>, mut after: Option<StoryId>, remembers: bool) -> Result<usize, StoreError> {
    begin(store, rules).await?;
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
async fn begun(store: &Arc<Store>, rules: &Rules) -> Result<Option<StoryId>, StoreError> {
    let done = recall(store, Memo::Classified).await?;
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
        sketch: Sketch::default(),
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::model::Report;

    fn rules(phrase: &str) -> Arc<Rules> {
        let text = format!("[source.a]\nurl = \"https://a.vn/rss\"\n[topic.t]\nany = [\"{phrase}\"]\n");
        let (config, _) = crate::config::read("feeds.toml", &text, &|_| None).unwrap();
        Arc::new(Rules::new(&config.topics))
    }

    fn story(n: u8, rules: &Rules) -> StoryChange {
        let time = Timestamp::UNIX_EPOCH;
        let report = Report { title: "mưa nắng".to_owned(), ..Report::bare("a", &n.to_string()) };
        let id = StoryId([n; 16]);
        let new = Story { id, seq: 0, published: time, arrived: time, updated: time, topics: Vec::new(), entries: vec![report] };
        let topics = rules.topics(&new);
        StoryChange { story: Story { topics, ..new }, entries: Vec::new(), links: Vec::new(), sketch: Sketch::default() }
    }

    async fn topics(store: &Store) -> Vec<usize> {
        store.stories_after(None, 99).unwrap().iter().map(|story| story.topics.len()).collect()
    }

    #[tokio::test]
    async fn a_mark_of_rules_that_were_left_and_came_back_skips_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(folder.path()).unwrap());
        let (rain, sun, snow) = (rules("mưa"), rules("nắng"), rules("tuyết"));
        let stories = (1..=3).map(|n| story(n, &sun)).collect();
        store.commit(Batch { stories, ..Batch::default() }).await.unwrap();
        // Interrupted under the rules for snow after the second story …
        let mark = [&snow.fingerprint()[..], &[2; 16]].concat();
        store.remember(Memo::Classified, mark).await.unwrap();
        // … then other rules were in force, were interrupted before they had a mark, and brought in a story.
        begin(&store, &rain).await.unwrap();
        assert_eq!(reclassify(&store, &snow).await.unwrap(), 3, "from the first story on");
        assert_eq!(topics(&store).await, [0, 0, 0]);
        assert_eq!(reclassify(&store, &snow).await.unwrap(), 0);
        assert_eq!(reclassify(&store, &sun).await.unwrap(), 3);
        assert_eq!(topics(&store).await, [1, 1, 1]);
    }

    #[tokio::test]
    async fn what_was_interrupted_goes_on_where_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(folder.path()).unwrap());
        let (rain, snow) = (rules("mưa"), rules("tuyết"));
        let stories = (1..=3).map(|n| story(n, &rain)).collect();
        store.commit(Batch { stories, ..Batch::default() }).await.unwrap();
        let mark = [&snow.fingerprint()[..], &[2; 16]].concat();
        store.remember(Memo::Classified, mark).await.unwrap();
        begin(&store, &snow).await.unwrap();
        assert_eq!(reclassify(&store, &snow).await.unwrap(), 1);
        assert_eq!(topics(&store).await, [1, 1, 0]);
    }
}
