//! Our own hub: takes requests for subscriptions (`POST /websub`), asks whether they are meant, and calls subscribers with news. Or tells
//! another hub of news, where that is what feeds.toml wants.

use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;
use url::Url;

use crate::edge::chance;
use crate::edge::fetch::{Delivery, FetchError};
use crate::edge::serve::{Call, Reply, Unread};
use crate::edge::store::{Store, StoreError};
use crate::flow::push;
use crate::flow::push::hub::{self, Busy, Confirmed, Delivered, Job, Request, Told};
use crate::model::Announce;
use crate::pipeline::subscribers::topics;
use crate::pipeline::{Desk, Live};

/// The longest request: three addresses and a secret, each escaped.
const LONGEST_REQUEST: usize = 32 * 1024;
/// The longest wait until it is looked for something to do.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// What changes within this time is written together.
const GATHER: Duration = Duration::from_millis(100);
/// How long who can't be served now is asked to stay away.
const NOT_NOW: SignedDuration = SignedDuration::from_mins(1);
/// The wait after something could not be written.
const AFTER_FAILURE: Duration = Duration::from_secs(5);

/// Answers a request to our hub.
pub(super) async fn asked(desk: &Desk, store: &Store, mut call: Call) -> Reply {
    if !matches!(desk.config.service.hub, Announce::Here(_)) {
        return Reply::new(404, "there is no hub here\n");
    }
    if call.method != "POST" {
        return Reply { allow: Some("POST"), ..Reply::new(405, "this is a WebSub hub; subscribers POST here\n") };
    }
    let mut form = Vec::new();
    let read = call.read(LONGEST_REQUEST, |piece| form.extend_from_slice(piece)).await;
    let (result, reply) = match read {
        Ok(()) => match judge(desk, &form) {
            Judged::Done(result, reply) => (result, reply),
            Judged::ForTheLead => pass_on(store, form).await,
        },
        Err(Unread::TooLarge) => ("refused", Reply::new(413, "the request is too long\n")),
        Err(Unread::TooSlow | Unread::Broken) => ("refused", Reply::new(408, "the request did not come whole\n")),
    };
    desk.counts.add(|tally| *tally.hub_asked.entry(result).or_default() += 1);
    reply
}

/// What becomes of a request.
enum Judged {
    /// A word for it, and the answer.
    Done(&'static str, Reply),
    /// It could be accepted, by the process that leads.
    ForTheLead,
}

fn judge(desk: &Desk, form: &[u8]) -> Judged {
    let is_topic = |topic: &str| topics(&desk.config).iter().any(|(ours, _)| ours == topic);
    let request = match hub::read(form, is_topic) {
        Ok(request) => request,
        Err(wrong) => return Judged::Done("refused", Reply::new(400, format!("{wrong}\n"))),
    };
    if let Err(refused) = desk.fetcher.may_call(&request.callback) {
        return Judged::Done("refused", Reply::new(400, format!("hub.callback can't be called: {refused}\n")));
    }
    match desk.subscribers.decide_leading(|all| all.ledger.ask(request, (desk.clock)())) {
        None => Judged::ForTheLead,
        Some(Ok(())) => Judged::Done("accepted", accepted()),
        Some(Err(wait)) => Judged::Done("busy", busy(wait)),
    }
}

fn accepted() -> Reply {
    Reply::new(202, "it will be verified\n")
}

fn busy(busy: Busy) -> Reply {
    Reply { retry_after: Some(busy.wait.as_secs().unsigned_abs()), ..Reply::new(503, format!("{}\n", busy.why)) }
}

/// Hands a request to the process that leads.
async fn pass_on(store: &Store, form: Vec<u8>) -> (&'static str, Reply) {
    match store.pass_on(form).await {
        Ok(true) => ("passed_on", accepted()),
        Ok(false) => ("busy", busy(Busy { wait: NOT_NOW, why: "too many requests wait for their verification" })),
        Err(error) => {
            tracing::error!(%error, "a request to our hub could not be passed on");
            ("busy", busy(Busy { wait: NOT_NOW, why: "the hub can't take requests at the moment" }))
        }
    }
}

/// Takes what other processes were asked.
pub(super) async fn take_passed_on(desk: &Desk, store: &Store) -> Result<(), StoreError> {
    for form in store.passed_on().await? {
        let result = match judge(desk, &form) {
            Judged::Done(result, _) => result,
            // Who leads now finds it.
            Judged::ForTheLead => {
                store.pass_on(form).await?;
                "passed_on"
            }
        };
        desk.counts.add(|tally| *tally.hub_asked.entry(result).or_default() += 1);
    }
    Ok(())
}

/// Calls and writes until the lead is lost. What is under way is then given up: who leads next begins it again.
pub(super) async fn serve(live: &Live) -> StoreError {
    let mut calling = live.clone();
    tokio::select! {
        () = call_all(&mut calling) => std::future::pending().await,
        lost = write_down(live) => lost,
    }
}

/// Ends when another process leads.
async fn write_down(live: &Live) -> StoreError {
    let subscribers = Arc::clone(&live.desk.borrow().subscribers);
    loop {
        subscribers.changed().await;
        tokio::time::sleep(GATHER).await;
        let desk = live.desk.borrow().clone();
        match subscribers.write(&desk.config.service, &live.store).await {
            Ok(()) => {}
            Err(error @ StoreError::Fenced) => return error,
            Err(error) => {
                tracing::error!(%error, "who subscribes to our feeds could not be stored");
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
}

/// Calls whoever is to be called. Never ends.
async fn call_all(live: &mut Live) {
    let subscribers = Arc::clone(&live.desk.borrow().subscribers);
    let mut calls = JoinSet::new();
    let mut is_pinging = false;
    loop {
        let desk = live.desk.borrow_and_update().clone();
        let now = (desk.clock)();
        subscribers.look(|all| all.ledger.wake(now));
        while let Some((host, job)) = subscribers.look(|all| if all.leads() { all.ledger.take(now) } else { None }) {
            let desk = desk.clone();
            calls.spawn(async move {
                run(&desk, job).await;
                desk.subscribers.look(|all| all.ledger.done(&host));
                Called::Subscriber
            });
        }
        if let Announce::Elsewhere(hub) = &desk.config.service.hub
            && !is_pinging
        {
            let due = subscribers.look(|all| if all.leads() { all.pings.due(now) } else { Told::new() });
            is_pinging = !due.is_empty();
            if is_pinging {
                calls.spawn(ping(desk.clone(), hub.clone(), due));
            }
        }
        let pings_wait = !is_pinging && matches!(desk.config.service.hub, Announce::Elsewhere(_));
        let next = subscribers.look(|all| {
            let ping = all.pings.next().filter(|_| pings_wait);
            all.ledger.next().into_iter().chain(ping).min()
        });
        let wait = next.map_or(LOOK_EVERY, |next| Duration::try_from(next.duration_since(now)).unwrap_or_default());
        let count = subscribers.look(|all| all.ledger.count());
        desk.counts.add(|tally| tally.subscribers = count as u64);
        tokio::select! {
            () = subscribers.called_for() => {}
            () = tokio::time::sleep(wait.min(LOOK_EVERY)) => {}
            Some(called) = calls.join_next() => is_pinging &= !matches!(called, Ok(Called::Hub)),
            changed = live.desk.changed() => if changed.is_err() { return },
        }
    }
}

/// Who was called.
enum Called {
    Subscriber,
    Hub,
}

async fn run(desk: &Desk, job: Job) {
    let now = (desk.clock)();
    let (kind, outcome) = match job {
        Job::Verify(request) => ("verify", verify(desk, request, now).await),
        Job::Deny { callback, topic, reason } => {
            let told = desk.fetcher.tell(&hub::denial(&callback, &topic, reason), now).await;
            ("deny", if told.is_ok() { "taken" } else { "failed" })
        }
        Job::Deliver { id, callback, topic, secret, page } => {
            let signature = secret.map(|secret| push::sign(&page.body, &secret));
            let link = desk.config.service.hub.url().map(|hub| hub::link(hub, &topic)).unwrap_or_default();
            let delivery = Delivery { content_type: page.content_type, link, signature, body: page.body.clone() };
            let sent = match Url::parse(&callback) {
                Ok(url) => desk.fetcher.deliver(&url, delivery, now).await,
                Err(_) => Ok(()),
            };
            let (outcome, name) = outcome(&sent);
            if let Err(error) = &sent {
                tracing::debug!(topic, %error, name, "a subscriber did not take news");
            }
            desk.subscribers.decide(|all| all.ledger.delivered(id, outcome, (desk.clock)()));
            ("deliver", name)
        }
    };
    desk.counts.add(|tally| *tally.hub_calls.entry((kind, outcome)).or_default() += 1);
}

fn outcome(sent: &Result<(), FetchError>) -> (Delivered, &'static str) {
    match sent {
        Ok(()) => (Delivered::Taken, "taken"),
        Err(error) if error.status == Some(410) => (Delivered::Gone, "gone"),
        Err(error) => (Delivered::Failed { retry_after: error.retry_after }, "failed"),
    }
}

/// Asks whether a request is meant.
async fn verify(desk: &Desk, request: Request, now: Timestamp) -> &'static str {
    let challenge = hub::challenge(chance::bytes());
    let echoed = desk.fetcher.echoes(&hub::verification(&request, &challenge), &challenge, now).await;
    let mode = request.mode.name();
    match echoed {
        Ok(true) => {
            let confirmed = desk.subscribers.decide(|all| all.ledger.confirm(&request, (desk.clock)()));
            tracing::info!(
                topic = request.topic,
                host = request.callback.host_str(),
                mode,
                ?confirmed,
                "a subscriber has confirmed"
            );
            if confirmed == Confirmed::Full { "full" } else { "confirmed" }
        }
        Ok(false) => {
            tracing::info!(topic = request.topic, host = request.callback.host_str(), mode, "a request was not confirmed");
            "unconfirmed"
        }
        Err(error) => {
            tracing::info!(topic = request.topic, host = request.callback.host_str(), mode, %error, "a request was not confirmed");
            "failed"
        }
    }
}

/// Tells another hub of feeds that have changed.
async fn ping(desk: Desk, hub: Url, feeds: Told) -> Called {
    let form = hub::ping_form(feeds.keys());
    // The administrator wrote its address, port included.
    let sent = desk.fetcher.submit(&hub, Some(&hub), &form, (desk.clock)()).await;
    if let Err(error) = &sent {
        tracing::warn!(%hub, %error, "the hub could not be told of news; it is tried again");
    }
    let outcome = if sent.is_ok() { "taken" } else { "failed" };
    desk.counts.add(|tally| *tally.hub_calls.entry(("ping", outcome)).or_default() += 1);
    let told = sent.map_err(|error| error.retry_after);
    desk.subscribers.decide(|all| all.pings.told(feeds, told, hub.as_str(), (desk.clock)()));
    Called::Hub
}
