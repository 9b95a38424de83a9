//! Who is called when, and with what.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::model::{Page, Secret, Subscriber, SubscriberId};

const TOPIC: &str = "https://tin.vn/feeds/a.rss";
const OTHER: &str = "https://tin.vn/feeds/b.rss";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn page(text: &str) -> Arc<Page> {
    Arc::new(Page::new("application/rss+xml", text.to_owned().into(), Vec::new(), text.to_owned(), at(0)))
}

fn offered(pages: &[(&str, &str)]) -> Vec<Offered> {
    pages.iter().map(|(topic, text)| Offered { topic: (*topic).to_owned(), page: Some(page(text)) }).collect()
}

fn request(mode: Mode, topic: &str, callback: &str) -> Request {
    let (topic, callback) = (topic.to_owned(), callback.parse().unwrap());
    Request { mode, topic, callback, secret: None, lease: SignedDuration::from_hours(240) }
}

fn subscribe(ledger: &mut Ledger, callback: &str, second: i64) -> SubscriberId {
    let request = request(Mode::Subscribe, TOPIC, callback);
    assert_eq!(ledger.confirm(&request, at(second)), Confirmed::Begun);
    request.id()
}

/// Everything that is to be done now, without the hosts' bounds: each is over at once.
fn jobs(ledger: &mut Ledger, second: i64) -> Vec<Job> {
    ledger.wake(at(second));
    let mut jobs = Vec::new();
    while let Some((host, job)) = ledger.take(at(second)) {
        ledger.done(&host);
        jobs.push(job);
    }
    jobs
}

/// Who is called now, and with what.
fn calls(ledger: &mut Ledger, second: i64) -> Vec<(SubscriberId, String)> {
    let jobs = jobs(ledger, second).into_iter();
    jobs.map(|job| match job {
        Job::Deliver { id, page, .. } => (id, String::from_utf8(page.body.to_vec()).unwrap()),
        other => panic!("{other:?}"),
    })
    .collect()
}

const FAILED: Delivered = Delivered::Failed { retry_after: None };

#[test]
fn whoever_subscribes_to_what_has_changed_is_called_once() {
    let mut ledger = Ledger::default();
    ledger.published(offered(&[(TOPIC, "1"), (OTHER, "x")]));
    let id = subscribe(&mut ledger, "https://a.vn/", 0);
    let other = request(Mode::Subscribe, OTHER, "https://a.vn/");
    assert_eq!(ledger.confirm(&other, at(0)), Confirmed::Begun);
    ledger.published(offered(&[(TOPIC, "1"), (OTHER, "x")]));
    assert_eq!(calls(&mut ledger, 1), [], "nothing has changed");
    ledger.published(offered(&[(TOPIC, "2"), (OTHER, "x")]));
    ledger.published(offered(&[(TOPIC, "3"), (OTHER, "x")]));
    assert_eq!(calls(&mut ledger, 2), [(id, "3".to_owned())], "what comes in quick succession is one call");
    ledger.published(offered(&[(TOPIC, "4"), (OTHER, "x")]));
    assert_eq!(calls(&mut ledger, 3), [], "nobody is called twice at once");
    ledger.delivered(id, Delivered::Taken, at(4));
    assert_eq!(calls(&mut ledger, 5), [(id, "4".to_owned())], "what came meanwhile follows");
    ledger.delivered(id, Delivered::Taken, at(6));
    assert_eq!(calls(&mut ledger, 7), []);
}

#[test]
fn who_can_not_be_reached_is_called_later_and_later_until_the_lease_is_over() {
    let mut ledger = Ledger::default();
    ledger.published(offered(&[(TOPIC, "1")]));
    let id = subscribe(&mut ledger, "https://a.vn/", 0);
    ledger.published(offered(&[(TOPIC, "2")]));
    let (mut now, mut waits, mut tries) = (0, Vec::new(), 0);
    while now < 11 * 86400 {
        for (called, _) in calls(&mut ledger, now) {
            assert_eq!(called, id);
            ledger.delivered(id, FAILED, at(now));
            tries += 1;
            ledger.published(offered(&[(TOPIC, &format!("more {tries}"))]));
            assert_eq!(calls(&mut ledger, now), [], "news is no reason to call again at once");
        }
        let Some(next) = ledger.next() else { break };
        waits.push(next.as_second() - now);
        now = next.as_second().max(now + 1);
    }
    assert!((30..60).contains(&tries), "{tries} in ten days");
    assert!(now <= 10 * 86400 + 60 && ledger.count() == 0, "{now}");
    assert!((9..=11).contains(&waits[0]) && waits.iter().all(|wait| *wait <= 60), "it is looked each minute: {waits:?}");
}

#[test]
fn who_is_back_gets_what_there_is_now_and_counts_as_reached() {
    let mut ledger = Ledger::default();
    ledger.published(offered(&[(TOPIC, "1")]));
    let id = subscribe(&mut ledger, "https://a.vn/", 0);
    ledger.published(offered(&[(TOPIC, "2")]));
    assert_eq!(calls(&mut ledger, 0).len(), 1);
    ledger.delivered(id, Delivered::Failed { retry_after: Some(Duration::from_secs(3600)) }, at(0));
    ledger.published(offered(&[(TOPIC, "3")]));
    let (rows, _) = ledger.take_unwritten();
    assert!(rows.iter().any(|(_, row)| row.as_ref().is_some_and(|row| row.failures == 1 && row.next == Some(at(3600)))));
    assert_eq!(calls(&mut ledger, 3599), [], "it asked to be left alone");
    assert_eq!(calls(&mut ledger, 3600), [(id, "3".to_owned())]);
    ledger.delivered(id, Delivered::Taken, at(3601));
    let (rows, _) = ledger.take_unwritten();
    assert!(matches!(&rows[..], [(_, Some(Subscriber { failures: 0, next: None, .. }))]), "{rows:?}");
    ledger.published(offered(&[(TOPIC, "4")]));
    assert_eq!(calls(&mut ledger, 3602).len(), 1);
    ledger.delivered(id, Delivered::Failed { retry_after: Some(Duration::from_secs(1 << 40)) }, at(3602));
    assert!(ledger.next().is_some_and(|next| next <= at(3602 + 6 * 3600)), "nobody asks for more than six hours");
}

#[test]
fn a_restart_forgets_nobody_and_calls_nobody_without_need() {
    let mut ledger = Ledger::default();
    ledger.published(offered(&[(TOPIC, "1")]));
    let (well, ill) = (subscribe(&mut ledger, "https://a.vn/", 0), subscribe(&mut ledger, "https://b.vn/", 0));
    ledger.published(offered(&[(TOPIC, "2")]));
    assert_eq!(calls(&mut ledger, 1).len(), 2);
    let restart = |ledger: &mut Ledger, rows: &mut BTreeMap<SubscriberId, Subscriber>, told: &mut Told| {
        let (changed, told_now) = ledger.take_unwritten();
        for (id, row) in changed {
            match row {
                Some(row) => drop(rows.insert(id, row)),
                None => drop(rows.remove(&id)),
            }
        }
        told.extend(told_now.unwrap_or_default());
        Ledger::of(rows.values().cloned().collect(), told.clone())
    };
    let (mut rows, mut told) = (BTreeMap::new(), Told::new());
    let mut broken_off = restart(&mut ledger, &mut rows, &mut told);
    broken_off.published(offered(&[(TOPIC, "2")]));
    assert_eq!(calls(&mut broken_off, 2).len(), 2, "nobody knows whether they heard");
    ledger.delivered(well, Delivered::Taken, at(2));
    ledger.delivered(ill, FAILED, at(2));
    let mut again = restart(&mut ledger, &mut rows, &mut told);
    assert_eq!(calls(&mut again, 1000), [], "nothing is printed yet");
    again.published(offered(&[(TOPIC, "2")]));
    assert_eq!(calls(&mut again, 1000), [(ill, "2".to_owned())], "only who has not heard");
    again.delivered(ill, Delivered::Taken, at(1001));
    let mut changed = restart(&mut again, &mut rows, &mut told);
    changed.published(offered(&[(TOPIC, "3")]));
    assert_eq!(calls(&mut changed, 1002).len(), 2, "it changed while we were away");
}

#[test]
fn what_was_broken_off_begins_again() {
    let mut ledger = Ledger::default();
    ledger.published(offered(&[(TOPIC, "1")]));
    let id = subscribe(&mut ledger, "https://a.vn/", 0);
    ledger.published(offered(&[(TOPIC, "2")]));
    ledger.ask(request(Mode::Unsubscribe, TOPIC, "https://a.vn/"), at(1)).unwrap();
    let (first, _) = (ledger.take(at(1)), ledger.take(at(1)));
    assert!(first.is_some());
    ledger.resume();
    assert_eq!(calls(&mut ledger, 2), [(id, "2".to_owned())]);
}

#[test]
fn a_lease_ends_and_a_renewal_moves_its_end() {
    let mut ledger = Ledger::default();
    ledger.published(offered(&[(TOPIC, "1")]));
    let short = |callback: &str| Request { lease: SignedDuration::from_hours(1), ..request(Mode::Subscribe, TOPIC, callback) };
    for callback in ["https://a.vn/", "https://b.vn/"] {
        assert_eq!(ledger.confirm(&short(callback), at(0)), Confirmed::Begun);
    }
    let renewal = Request { secret: Some(Secret("mới".to_owned())), ..short("https://b.vn/") };
    assert_eq!(ledger.confirm(&renewal, at(3000)), Confirmed::Renewed);
    ledger.published(offered(&[(TOPIC, "2")]));
    let jobs = jobs(&mut ledger, 3600);
    let is_renewed =
        |job: &Job| matches!(job, Job::Deliver { id, secret: Some(secret), .. } if *id == renewal.id() && secret.0 == "mới");
    assert!(jobs.len() == 1 && is_renewed(&jobs[0]), "{jobs:?}");
    ledger.wake(at(3661));
    assert_eq!(ledger.count(), 1);
    ledger.wake(at(7000));
    assert_eq!(ledger.count(), 0);
}

#[test]
fn who_is_gone_is_called_no_more() {
    let mut ledger = Ledger::default();
    ledger.published(offered(&[(TOPIC, "1")]));
    let (gone, left) = (subscribe(&mut ledger, "https://a.vn/", 0), subscribe(&mut ledger, "https://b.vn/", 0));
    ledger.published(offered(&[(TOPIC, "2")]));
    assert_eq!(calls(&mut ledger, 1).len(), 2);
    ledger.delivered(gone, Delivered::Gone, at(1));
    assert_eq!(ledger.confirm(&request(Mode::Unsubscribe, TOPIC, "https://b.vn/"), at(1)), Confirmed::Ended);
    ledger.delivered(left, FAILED, at(2));
    ledger.published(offered(&[(TOPIC, "3")]));
    assert_eq!((ledger.count(), calls(&mut ledger, 1_000_000)), (0, vec![]));
    let (rows, _) = ledger.take_unwritten();
    assert!(rows.len() == 2 && rows.iter().all(|(_, row)| row.is_none()));
    subscribe(&mut ledger, "https://a.vn/", 3);
    ledger.delivered(gone, Delivered::Gone, at(3));
    assert_eq!(ledger.count(), 1, "an answer to an earlier call ends no later subscription");
}

#[test]
fn what_is_no_feed_any_more_ends_and_is_told() {
    let mut ledger = Ledger::default();
    ledger.published(offered(&[(TOPIC, "1"), (OTHER, "x")]));
    subscribe(&mut ledger, "https://a.vn/?x=1", 0);
    ledger.published(offered(&[(OTHER, "x")]));
    let jobs = jobs(&mut ledger, 1);
    assert!(
        matches!(&jobs[..], [Job::Deny { callback, topic, .. }] if callback.as_str() == "https://a.vn/?x=1" && topic == TOPIC),
        "{jobs:?}"
    );
    assert_eq!(ledger.count(), 0);
}

#[test]
fn a_request_is_verified_once_and_the_last_one_counts() {
    let mut ledger = Ledger::default();
    let with =
        |secret: &str| Request { secret: Some(Secret(secret.to_owned())), ..request(Mode::Subscribe, TOPIC, "https://a.vn/") };
    ledger.ask(with("1"), at(0)).unwrap();
    ledger.ask(with("2"), at(0)).unwrap();
    let asked = jobs(&mut ledger, 0);
    assert!(matches!(&asked[..], [Job::Verify(request)] if *request == with("2")), "{asked:?}");
    ledger.ask(request(Mode::Unsubscribe, TOPIC, "https://nobody.vn/"), at(0)).unwrap();
    assert!(jobs(&mut ledger, 0).is_empty(), "nobody is asked about what is not there");
    assert_eq!(ledger.count(), 0, "nothing begins before it is confirmed");
}

#[test]
fn nobody_makes_us_knock_at_one_host_all_day() {
    let mut ledger = Ledger::default();
    let mut ask =
        |n: i64, second: i64| ledger.ask(request(Mode::Subscribe, TOPIC, &format!("https://victim.vn/{n}")), at(second));
    let accepted = (0..10_000).filter(|n| ask(*n, 0).is_ok()).count();
    assert_eq!(accepted, 100);
    let busy = ask(10_000, 0).unwrap_err();
    assert_eq!(busy.wait, SignedDuration::from_secs(6));
    assert_eq!(jobs(&mut ledger, 0).len(), 100);
}

#[test]
fn subscriptions_and_verifications_have_bounds() {
    let mut ledger = Ledger::default();
    let host = |n: usize| format!("https://{}.vn/{n}", n / 1000);
    for n in 0..10_000 {
        assert_eq!(ledger.confirm(&request(Mode::Subscribe, TOPIC, &host(n)), at(0)), Confirmed::Begun);
    }
    let full = request(Mode::Subscribe, TOPIC, "https://new.vn/");
    assert!(ledger.ask(full.clone(), at(0)).is_err(), "the feed has its ten thousand");
    assert_eq!(ledger.confirm(&full, at(0)), Confirmed::Full);
    assert!(matches!(&jobs(&mut ledger, 0)[..], [Job::Deny { .. }]), "it had been accepted, so it is told");
    assert!(ledger.ask(request(Mode::Subscribe, OTHER, "https://0.vn/"), at(0)).is_err(), "the host has its thousand");
    for n in 10_000..20_000 {
        assert_eq!(ledger.confirm(&request(Mode::Subscribe, OTHER, &host(n)), at(0)), Confirmed::Begun);
    }
    let third = request(Mode::Subscribe, "https://tin.vn/feeds/c.rss", "https://new.vn/");
    assert!(ledger.ask(third, at(0)).is_err(), "there are twenty thousand");
    assert!(ledger.ask(request(Mode::Subscribe, TOPIC, &host(5)), at(0)).is_ok(), "whoever is there may renew");
    let mut ledger = Ledger::default();
    let asked = (0..3000).filter(|n| ledger.ask(request(Mode::Subscribe, TOPIC, &format!("https://{n}.vn/")), at(0)).is_ok());
    assert_eq!(asked.count(), 1024);
}
