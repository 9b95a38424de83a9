//! What hubs tell us at our callbacks: `GET /websub/TOKEN` asks whether we want a subscription, `POST` announces news. `POST /websub` is our
//! own hub.

use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::edge::serve::{Call, Callee, Reply, Unread};
use crate::edge::store::Store;
use crate::flow::push::{self, Check, Unsigned, Verdict};
use crate::model::SourceId;
use crate::pipeline::{Desk, hub};

/// The most that an announcement may carry, in bytes. It is read for its signature and kept nowhere.
const LONGEST_ANNOUNCEMENT: usize = 10 * 1024 * 1024;

/// Answers hubs.
pub fn callee(desk: watch::Receiver<Desk>, store: Arc<Store>) -> Callee {
    Arc::new(move |call| {
        let (desk, store) = (desk.borrow().clone(), Arc::clone(&store));
        Box::pin(async move { answer(&desk, &store, call).await })
    })
}

async fn answer(desk: &Desk, store: &Arc<Store>, mut call: Call) -> Reply {
    if call.path == "/websub" {
        return hub::asked(desk, store, call).await;
    }
    let Some(token) = call.path.strip_prefix("/websub/").map(str::to_owned) else {
        return Reply::new(404, "there is no such page\n");
    };
    let now = (desk.clock)();
    let source = desk.pushes.called_of_all(&token, store).await;
    match (call.method.as_str(), source) {
        ("GET", Some(source)) => verify(desk, store, &source, &token, &call.query, now).await,
        ("GET", None) => Reply::new(404, "nothing is subscribed to here\n"),
        ("POST", Some(source)) => announced(desk, store, &source, &token, &mut call, now).await,
        // A hub that still announces what nobody subscribes to any more may stop (section 7).
        ("POST", None) => {
            count(desk, "unknown");
            Reply::new(410, "nothing is subscribed to here any more\n")
        }
        _ => Reply { allow: Some("GET, POST"), ..Reply::new(405, "hubs GET and POST here\n") },
    }
}

async fn verify(desk: &Desk, store: &Arc<Store>, source: &SourceId, token: &str, query: &str, now: Timestamp) -> Reply {
    match desk.pushes.decide(store, source, |push| push::verify(push, token, query, now)).await {
        Verdict::Echo(challenge) => {
            tracing::info!(%source, "a hub has confirmed what it was asked");
            Reply::new(200, challenge)
        }
        Verdict::Noted => {
            tracing::warn!(%source, "a hub has denied a subscription");
            Reply::new(200, "")
        }
        Verdict::Unknown => Reply::new(404, "that was not asked for\n"),
    }
}

/// An announcement. Whatever it is worth, the answer is the same: nobody learns from it how near a signature came.
async fn announced(desk: &Desk, store: &Arc<Store>, source: &SourceId, token: &str, call: &mut Call, now: Timestamp) -> Reply {
    let push = desk.pushes.of(source);
    let current = push.subscription.filter(|subscription| subscription.token() == token);
    let heard = match current {
        // It is being ended.
        None => "leaving",
        Some(subscription) => match Check::new(call.header("x-hub-signature"), &subscription.secret) {
            Err(Unsigned::Missing) => "unsigned",
            Err(Unsigned::Unreadable) => "wrong_signature",
            Ok(mut check) => match call.read(LONGEST_ANNOUNCEMENT, |piece| check.add(piece)).await {
                Err(Unread::TooLarge) => "too_large",
                Err(Unread::TooSlow | Unread::Broken) => "cut_off",
                Ok(()) if !check.holds() => "wrong_signature",
                Ok(()) if desk.pushes.decide(store, source, |push| push::heard(push, now)).await => "heard",
                Ok(()) => "repeated",
            },
        },
    };
    count(desk, heard);
    tracing::debug!(%source, heard, "a hub has announced something");
    if heard == "heard" {
        desk.pushes.hint(source);
    }
    Reply::new(202, "")
}

fn count(desk: &Desk, result: &'static str) {
    desk.counts.add(|tally| *tally.pings.entry(result).or_default() += 1);
}
