//! Taking a story down, and putting it back. It stays in the store, so that neither an edit nor another source brings it back; that it was taken
//! down is remembered even when it is pruned. It is shown nowhere, and readers who have it are told.

use std::sync::Arc;

use crate::edge::store::{Store, StoreError};
use crate::model::{Batch, Sketch, StoryChange, StoryId, Withdrawal, Withdrawals};
use crate::pipeline::blocking::blocking;

/// Times that a story which polls change at the same moment is tried again.
const TRIES: usize = 100;

/// What is withdrawn. Blocks.
pub fn withdrawals(store: &Store) -> Result<Withdrawals, StoreError> {
    store.withdrawals()
}

/// Withdraws a story, also one that was pruned.
pub async fn withdraw(store: &Arc<Store>, withdrawal: Withdrawal) -> Result<(), StoreError> {
    change(store, withdrawal.story, Some(withdrawal)).await
}

/// Puts a story back. Where its sources took it down, what is known of their articles is forgotten.
pub async fn restore(store: &Arc<Store>, id: StoryId) -> Result<(), StoreError> {
    change(store, id, None).await
}

/// The story gets the next number of the change sequence with it: who hears of the change finds what it is about.
async fn change(store: &Arc<Store>, id: StoryId, withdrawal: Option<Withdrawal>) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        let reader = Arc::clone(store);
        let withdrawals = vec![(id, withdrawal.clone())];
        // Of one that was pruned it is remembered, should another source bring it back.
        let Some(mut story) = blocking(move || reader.story(id)).await? else {
            return store.commit(Batch { withdrawals, ..Batch::default() }).await;
        };
        story.entries.iter_mut().filter(|_| withdrawal.is_none()).for_each(|report| report.gone = None);
        let story = StoryChange { story, entries: Vec::new(), links: Vec::new(), sketch: Sketch::default() };
        match store.commit(Batch { stories: vec![story], withdrawals, ..Batch::default() }).await {
            Err(StoreError::Conflict) if tries < TRIES => tries += 1,
            done => return done,
        }
    }
}
