//! Taking a story down, and putting it back. It stays in the store, so that neither an edit nor another source brings it back; it is
//! shown nowhere, and readers who have it are told.

use std::collections::HashSet;
use std::sync::Arc;

use crate::edge::store::{Memo, Store, StoreError};
use crate::model::{Batch, StoryChange, StoryId, Withdrawal, Withdrawals};
use crate::pipeline::blocking::blocking;

/// Times that a story which polls change at the same moment is tried again.
const TRIES: usize = 100;

/// What is withdrawn. Blocks.
pub fn withdrawals(store: &Store) -> Result<Withdrawals, StoreError> {
    let Some(bytes) = store.recall(Memo::Withdrawn)?.filter(|bytes| !bytes.is_empty()) else { return Ok(Withdrawals::new()) };
    let list: Vec<Withdrawal> = serde_json::from_slice(&bytes)
        .map_err(|error| StoreError::Failed { doing: "to read what is withdrawn", why: error.to_string() })?;
    Ok(list.into_iter().map(|withdrawal| (withdrawal.story, withdrawal)).collect())
}

/// Withdraws a story that is stored. Whoever calls this sees to it that nobody else does at the same time.
pub async fn withdraw(store: &Arc<Store>, withdrawal: Withdrawal) -> Result<(), StoreError> {
    let id = withdrawal.story;
    let add = move |all: &mut Withdrawals| {
        all.insert(id, withdrawal);
    };
    change(store, id, add, false).await
}

/// Puts a story back. Where its sources took it down, what is known of their articles is forgotten.
pub async fn restore(store: &Arc<Store>, id: StoryId) -> Result<(), StoreError> {
    lift(store, id, true).await
}

/// Puts a story back; `whole` shows what it says of articles that are gone, too.
pub(super) async fn lift(store: &Arc<Store>, id: StoryId, whole: bool) -> Result<(), StoreError> {
    let remove = move |all: &mut Withdrawals| {
        all.remove(&id);
    };
    change(store, id, remove, whole).await
}

/// First what is withdrawn, then word of it: who hears of the change finds what it is about.
async fn change(store: &Arc<Store>, id: StoryId, change: impl FnOnce(&mut Withdrawals), whole: bool) -> Result<(), StoreError> {
    let reader = Arc::clone(store);
    let mut all = blocking(move || -> Result<_, StoreError> {
        let all = withdrawals(&reader)?;
        // What was pruned in the meantime needs no mention any more.
        let stored: HashSet<StoryId> = all
            .keys()
            .map(|id| Ok(reader.story(*id)?.map(|story| story.id)))
            .filter_map(Result::transpose)
            .collect::<Result<_, StoreError>>()?;
        Ok(all.into_iter().filter(|(id, _)| stored.contains(id)).collect::<Withdrawals>())
    })
    .await?;
    change(&mut all);
    let list: Vec<&Withdrawal> = all.values().collect();
    let bytes = serde_json::to_vec(&list)
        .map_err(|error| StoreError::Failed { doing: "to write what is withdrawn", why: error.to_string() })?;
    store.remember(Memo::Withdrawn, bytes).await?;
    touch(store, id, whole).await
}

/// Gives a story the next number of the change sequence; a `whole` one has all its articles again.
async fn touch(store: &Arc<Store>, id: StoryId, whole: bool) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        let reader = Arc::clone(store);
        let Some(mut story) = blocking(move || reader.story(id)).await? else { return Ok(()) };
        story.entries.iter_mut().filter(|_| whole).for_each(|report| report.gone = None);
        let story = StoryChange { story, entries: Vec::new(), links: Vec::new(), bands: Vec::new() };
        match store.commit(Batch { stories: vec![story], ..Batch::default() }).await {
            Err(StoreError::Conflict) if tries < TRIES => tries += 1,
            done => return done,
        }
    }
}
