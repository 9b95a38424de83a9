//! What is remembered of hubs comes back as it was, and goes when there is nothing to remember.

use super::*;
use crate::model::{Hub, Push, Secret, Subscriber, Subscription};

/// With something else in each place.
fn push() -> Push {
    let hub = |url: &str| Hub { url: url.to_owned(), topic: format!("{url}?chủ đề") };
    let subscription = |url: &str| Subscription {
        hub: hub(url),
        callback: "https://tin.vn/websub/0f".to_owned(),
        secret: Secret("bí mật".to_owned()),
        asked: Some(second(-1)),
        attempts: u32::MAX,
        next: second(2),
        until: Some(second(3)),
        error: Some("hỏng".to_owned()),
    };
    Push {
        hub: Some(hub("https://a.vn/")),
        subscription: Some(subscription("https://b.vn/")),
        leaving: vec![subscription("https://c.vn/"), subscription("https://d.vn/")],
        requested: Some(second(4)),
        pinged: Some(second(5)),
        unanswered: Some(second(6)),
        hinted: Some(second(7)),
        paced: Some(second(8)),
        idle: 9,
        proofs: 10,
        surprise: Some(second(11)),
    }
}

fn subscriber(callback: &str) -> Subscriber {
    Subscriber {
        topic: "https://tin.vn/feeds/a.rss".to_owned(),
        callback: callback.to_owned(),
        secret: Some(Secret("bí mật".to_owned())),
        until: second(1),
        failures: 2,
        next: Some(second(3)),
    }
}

fn who_subscribes_to_our_feeds_is_remembered_until_he_has_gone(mut case: Case) {
    let set = |case: &Case, rows, told: Option<&[u8]>| {
        let told = told.map(<[u8]>::to_vec);
        case.block_on(case.store().set_subscribers(Subscriptions { rows, told, fence: None })).unwrap();
    };
    let (a, b) = (subscriber("https://a.vn/"), subscriber("https://b.vn/"));
    set(&case, vec![(a.id(), Some(a.clone())), (b.id(), Some(b.clone()))], Some(b"1"));
    case.reopen();
    let mut all = case.store().subscribers().unwrap();
    all.sort_by(|a, b| a.callback.cmp(&b.callback));
    assert_eq!(all, [a.clone(), b.clone()]);
    assert_eq!(case.store().recall(Memo::Told).unwrap().as_deref(), Some(&b"1"[..]));
    let again = Subscriber { secret: None, failures: 0, next: None, ..b };
    set(&case, vec![(a.id(), None), (again.id(), Some(again.clone()))], None);
    assert_eq!(case.store().subscribers().unwrap(), [again]);
    assert_eq!(case.store().recall(Memo::Told).unwrap().as_deref(), Some(&b"1"[..]));
    set(&case, Vec::new(), Some(b"2"));
    assert_eq!(case.store().recall(Memo::Told).unwrap().as_deref(), Some(&b"2"[..]));
    assert!(case.store().pushes().unwrap().is_empty() && case.store().stories_after(None, 9).unwrap().is_empty());
}

fn what_is_remembered_of_hubs_outlives_a_restart(mut case: Case) {
    let (a, b) = (slug("a"), slug("b"));
    let both = vec![(a.clone(), push()), (b.clone(), Push { proofs: 1, ..Push::default() })];
    case.block_on(case.store().set_pushes(both.clone())).unwrap();
    case.commit(Batch { source: Some((a.clone(), state(b"a"))), ..Batch::default() }).unwrap();
    case.reopen();
    let store = case.store();
    assert_eq!(store.pushes().unwrap().into_iter().collect::<Vec<_>>(), both);
    assert_eq!(store.push(&a).unwrap(), Some(push()));
    assert_eq!(store.hinted().unwrap().into_iter().collect::<Vec<_>>(), both[..1], "one has announced something");
    assert_eq!(store.source_states().unwrap().len(), 1, "it is no state");
    case.block_on(store.set_pushes(vec![(a.clone(), Push::default())])).unwrap();
    assert_eq!((store.push(&a).unwrap(), store.pushes().unwrap().len()), (None, 1));
    assert_eq!(store.push(&slug("c")).unwrap(), None);
}

fn a_decision_about_a_hub_holds_if_nobody_has_decided_since(case: Case) {
    let a = slug("a");
    let change = |before: Push, after: Push| case.block_on(case.store().change_push(a.clone(), before, after));
    let hintless = Push { hinted: None, ..push() };
    change(Push::default(), push()).unwrap();
    assert!(matches!(change(Push::default(), hintless.clone()), Err(StoreError::Conflict)));
    assert_eq!(case.store().hinted().unwrap().len(), 1);
    change(push(), hintless.clone()).unwrap();
    assert_eq!((case.store().push(&a).unwrap(), case.store().hinted().unwrap().len()), (Some(hintless.clone()), 0));
    change(hintless, Push::default()).unwrap();
    assert_eq!(case.store().push(&a).unwrap(), None);
    change(Push::default(), push()).expect("as if it had never been");
}

on_every_kind! {
    who_subscribes_to_our_feeds_is_remembered_until_he_has_gone
    what_is_remembered_of_hubs_outlives_a_restart
    a_decision_about_a_hub_holds_if_nobody_has_decided_since
}
