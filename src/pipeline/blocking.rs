//! Work that computes, or waits for a disk or a database, away from the threads that hold up others.

use std::sync::Arc;

use crate::edge::store::{Memo, Store, StoreError};

/// Runs work that computes or reads the disk where it holds up no other task.
#[expect(clippy::disallowed_methods, reason = "this is the one place that does, and a panic goes on from here")]
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(work).await {
        Ok(value) => value,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => unreachable!("blocking work is never cancelled: {error}"),
        },
    }
}

/// What the store remembers under a name.
pub(super) async fn recall(store: &Arc<Store>, memo: Memo) -> Result<Option<Vec<u8>>, StoreError> {
    let store = Arc::clone(store);
    blocking(move || store.recall(memo)).await
}
