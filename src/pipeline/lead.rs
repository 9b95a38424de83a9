//! Which process calls those who subscribe to our feeds. Where several share the store, the first that asks leads, for as long as it renews
//! that; what the others are asked it takes from the store. Who finds nobody leading takes up what is stored, and calls whoever may not have
//! been called: after a `kill -9` once too often rather than never.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::edge::store::{Lead, StoreError};
use crate::pipeline::blocking::blocking;
use crate::pipeline::hub::{serve, take_passed_on};
use crate::pipeline::live::{AFTER_FAILURE, stopped};
use crate::pipeline::{Desk, Live};

/// How long a lead lasts: as long as a call may take, so that who takes over seldom meets calls that are still under way.
const LASTS: Duration = Duration::from_secs(10);
/// How often it is renewed.
const RENEW_EVERY: Duration = Duration::from_secs(3);
/// How often who does not lead asks whether nobody does, and who leads looks for what the others were asked.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Works until told to stop.
pub(super) async fn announce(live: Live) {
    let mut stop = live.stop.clone();
    let subscribers = Arc::clone(&live.desk.borrow().subscribers);
    // After a breakdown, what was under way begins again.
    subscribers.decide(|all| all.ledger.resume());
    tokio::select! {
        () = alone_or_in_turn(&live) => {}
        () = stopped(&mut stop) => {}
    }
    // What is under way is given up: it is done again after the next start. What is known is written once more.
    let desk = live.desk.borrow().clone();
    if let Err(error) = subscribers.write(&desk.config.service, &live.store).await {
        tracing::error!(%error, "who subscribes to our feeds could not be stored");
    }
    if let Some(fence) = subscribers.fence()
        && let Err(error) = live.store.step_down(fence).await
    {
        tracing::warn!(%error, "our hub could not be left to other processes; they take it over by themselves");
    }
}

/// Never ends.
async fn alone_or_in_turn(live: &Live) {
    if !live.store.is_shared() {
        serve(live).await;
        return;
    }
    let subscribers = Arc::clone(&live.desk.borrow().subscribers);
    loop {
        let began = Instant::now();
        match live.store.lead(subscribers.fence(), LASTS).await {
            Ok(Some(lead)) => match begin(live, lead, began + LASTS).await {
                Ok(()) => {
                    let why = tokio::select! {
                        why = serve(live) => why,
                        why = hold(live) => why,
                    };
                    subscribers.end();
                    live.desk.borrow().counts.add(|tally| tally.subscribers = 0);
                    tracing::warn!(%why, "another process leads our hub");
                }
                Err(error) => {
                    tracing::error!(%error, "who subscribes to our feeds could not be read");
                    tokio::time::sleep(AFTER_FAILURE).await;
                }
            },
            Ok(None) => {
                subscribers.end();
                tokio::time::sleep(LOOK_EVERY).await;
            }
            // That the database is away is logged elsewhere.
            Err(error) => {
                tracing::debug!(%error, "who leads our hub is not known");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

async fn begin(live: &Live, lead: Lead, until: Instant) -> Result<(), StoreError> {
    let (desk, store) = (live.desk.borrow().clone(), Arc::clone(&live.store));
    tracing::info!("this process leads our hub");
    blocking(move || desk.subscribers.begin(&desk.config.service, &store, lead, Some(until))).await
}

/// Renews the lead, and takes what other processes were asked, until the lead is lost.
async fn hold(live: &Live) -> StoreError {
    let mut renewed = Instant::now();
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let desk: Desk = live.desk.borrow().clone();
        if renewed.elapsed() >= RENEW_EVERY {
            let began = Instant::now();
            match live.store.lead(desk.subscribers.fence(), LASTS).await {
                Ok(Some(_)) => {
                    renewed = began;
                    desk.subscribers.renewed(began + LASTS);
                }
                Ok(None) => return StoreError::Fenced,
                // Nobody is called any more once the lead is over; it may be renewed all the same.
                Err(error) => tracing::debug!(%error, "the lead of our hub could not be renewed"),
            }
        }
        if let Err(error) = take_passed_on(&desk, &live.store).await {
            tracing::debug!(%error, "what other processes were asked could not be taken");
        }
    }
}
