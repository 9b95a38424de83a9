//! The subscriber: asks hubs to announce the news of their sources, renews and ends that, and writes down what is known of it.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use url::Url;

use crate::edge::chance;
use crate::flow::push::{self, Ask, Off, Refusal};
use crate::model::{Source, SourceId};
use crate::pipeline::live::stopped;
use crate::pipeline::{Desk, Live};

/// How often it is looked which hubs are to be asked.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Hubs that are asked at once.
const AT_ONCE: usize = 8;
/// Requests that are made ready at one look; the next look takes up the others.
const AT_A_LOOK: usize = 256;

/// Works until told to stop. Where nobody listens it only writes down what polls find out.
pub(super) async fn subscribe(mut live: Live) {
    let mut told: Option<Off> = None;
    let mut asks = JoinSet::new();
    let room = Arc::new(Semaphore::new(AT_ONCE));
    let mut look = tokio::time::interval(LOOK_EVERY);
    look.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        let desk = live.desk.borrow_and_update().clone();
        if live.listens {
            let base = push::base(&desk.config.service, &desk.config.fetch);
            tell_once(&base, &mut told);
            if asks.len() < AT_A_LOOK {
                for (source, ask) in due(&desk, base.ok().as_ref()) {
                    asks.spawn(send(desk.clone(), source, ask, Arc::clone(&room)));
                }
            }
        }
        if let Err(error) = desk.pushes.write(&live.store).await {
            tracing::error!(%error, "what is known of hubs could not be stored");
        }
        tokio::select! {
            _ = look.tick() => {}
            () = desk.pushes.changed() => {}
            Some(_) = asks.join_next() => {}
            changed = live.desk.changed() => if changed.is_err() { break },
            () = stopped(&mut live.stop) => break,
        }
    }
    // What is under way is given up: the hub is asked again after the next start. What is known is written once more.
    asks.shutdown().await;
    let pushes = Arc::clone(&live.desk.borrow().pushes);
    if let Err(error) = pushes.write(&live.store).await {
        tracing::error!(%error, "what is known of hubs could not be stored");
    }
}

/// Says once why nothing is subscribed to.
fn tell_once(base: &Result<Url, Off>, told: &mut Option<Off>) {
    let off = base.as_ref().err().copied();
    if *told != off {
        match off {
            Some(reason) => tracing::info!("sources are polled only, and not subscribed to: {reason}"),
            None => tracing::info!("sources that have a hub are subscribed to"),
        }
        *told = off;
    }
}

/// What hubs are to be asked now, with the address of the source that named them.
fn due(desk: &Desk, base: Option<&Url>) -> Vec<(SourceId, Ask)> {
    let now = (desk.clock)();
    let mut asks = Vec::new();
    for id in desk.pushes.sources() {
        let is_wanted = |source: &&Source| source.enabled && source.push;
        let base = base.filter(|_| desk.config.sources.get(&id).as_ref().is_some_and(is_wanted));
        let found = desk.pushes.decide(&id, |push| {
            let asks = push::step(push, base, now, chance::bytes);
            if !desk.config.sources.contains_key(&id) && push.subscription.is_none() && push.leaving.is_empty() {
                *push = crate::model::Push::default();
            }
            asks
        });
        asks.extend(found.into_iter().map(|ask| (id.clone(), ask)));
        if asks.len() >= AT_A_LOOK {
            break;
        }
    }
    asks
}

/// Asks a hub, when its host has room.
async fn send(desk: Desk, source: SourceId, ask: Ask, room: Arc<Semaphore>) {
    let _room = room.acquire().await.expect("the semaphore is never closed");
    let subscription = ask.subscription();
    let mode = if matches!(ask, Ask::Subscribe(_)) { "subscribe" } else { "unsubscribe" };
    let hub = &subscription.hub.url;
    let sent = match Url::parse(hub) {
        Ok(url) => {
            let _slot = desk.crew.slot(&url, false).await;
            // On the source's own host the hub may have its port: the administrator wrote that.
            let home = desk.config.sources.get(&source).map_or_else(|| url.clone(), |source| source.url().clone());
            desk.fetcher.submit(&url, &home, &push::form(&ask), (desk.clock)()).await
        }
        Err(_) => return,
    };
    let outcome = if sent.is_ok() { "accepted" } else { "failed" };
    desk.counts.add(|tally| *tally.hub_requests.entry((mode, outcome)).or_default() += 1);
    match sent {
        Ok(()) => tracing::info!(%source, hub, mode, "a hub was asked"),
        Err(error) => {
            tracing::warn!(%source, hub, mode, %error, "a hub could not be asked");
            let refusal = Refusal { is_said: error.status.is_some(), retry_after: error.retry_after, why: error.to_string() };
            desk.pushes.decide(&source, |push| push::refused(push, subscription.token(), &refusal, (desk.clock)()));
        }
    }
}
