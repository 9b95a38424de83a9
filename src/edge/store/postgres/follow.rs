//! Word of changes that other processes commit: looked for every so often, and at once where the database can tell.
//!
//! A notification is a hint and nothing more. It may be lost while a connection is down, and a pooler in transaction mode passes none
//! on: then a change is found a little later.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio_postgres::AsyncMessage;

use crate::edge::store::postgres::pool::{Failure, patiently};
use crate::edge::store::postgres::{Shared, read};

/// How often it is looked without a hint.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long one look may take before it is logged that the database does not answer.
const PATIENCE: Duration = Duration::from_secs(10);
/// The least time between two notifications of one process: each takes a lock of the whole server.
const TELL_EVERY: Duration = Duration::from_millis(50);
/// The wait before it is listened again.
const LISTEN_AGAIN: Duration = Duration::from_secs(10);

/// Starts what follows, for as long as the store is open.
pub(super) fn start(shared: &Arc<Shared>) {
    tokio::spawn(look(Arc::downgrade(shared)));
    tokio::spawn(listen(Arc::downgrade(shared)));
    tokio::spawn(tell(Arc::downgrade(shared)));
}

async fn look(shared: Weak<Shared>) {
    let mut answers = true;
    while let Some(shared) = shared.upgrade() {
        let latest = patiently("to look for changes", PATIENCE, || read::latest(&shared.pool)).await;
        match (&latest, answers) {
            (Err(error), true) => {
                tracing::error!(database = shared.pool.connector.name, %error, "the database does not answer; what is known is still served")
            }
            (Ok(_), false) => tracing::info!(database = shared.pool.connector.name, "the database answers again"),
            _ => {}
        }
        answers = latest.is_ok();
        shared.answers.store(answers, Ordering::Relaxed);
        if let Ok(latest) = latest {
            shared.announce(latest);
        }
        let hint = Arc::clone(&shared.hint);
        drop(shared);
        // What comes while nobody waits is kept: no hint is lost here.
        let _ = tokio::time::timeout(LOOK_EVERY, hint.notified()).await;
    }
}

async fn listen(shared: Weak<Shared>) {
    loop {
        let Some((ended, hint)) = shared.upgrade().map(|shared| (hear(Arc::clone(&shared)), Arc::clone(&shared.hint))) else {
            return;
        };
        if let Err(Failure::Lost(why) | Failure::Refused(why, _)) = ended.await {
            tracing::debug!(why, "the database is not listened to; changes are looked for");
        }
        // What came meanwhile was not heard.
        hint.notify_one();
        tokio::time::sleep(LISTEN_AGAIN).await;
    }
}

/// Listens on a connection of its own until that ends.
async fn hear(shared: Arc<Shared>) -> Result<(), Failure> {
    let (client, mut line) = shared.pool.connector.connect().await?;
    let hint = Arc::clone(&shared.hint);
    drop(shared);
    let hearing = tokio::spawn(async move {
        while let Some(message) = std::future::poll_fn(|context| line.poll_message(context)).await {
            if let AsyncMessage::Notification(_) = message? {
                hint.notify_one();
            }
        }
        Ok(())
    });
    client.batch_execute("listen diemtin_changes").await?;
    hearing.await.unwrap_or(Ok(()))
}

async fn tell(shared: Weak<Shared>) {
    while let Some(news) = shared.upgrade().map(|shared| Arc::clone(&shared.news)) {
        // A store that is closed has no news: this ends with the runtime.
        news.notified().await;
        let Some(shared) = shared.upgrade() else { return };
        // A database that has no notifications, or is away, loses nothing by it.
        if let Err(failure) = shared.pool.notify("notify diemtin_changes").await {
            tracing::debug!(?failure, "a change could not be told");
        }
        tokio::time::sleep(TELL_EVERY).await;
    }
}
