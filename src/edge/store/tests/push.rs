//! What is remembered of hubs comes back as it was, and goes when there is nothing to remember.

use super::*;
use crate::model::{Hub, Push, Secret, Subscription};

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

#[test]
fn what_is_remembered_of_hubs_outlives_a_restart() {
    let folder = TempDir::new().unwrap();
    let runtime = Runtime::new().unwrap();
    let (a, b) = (slug("a"), slug("b"));
    let store = Store::open(folder.path()).unwrap();
    let both = vec![(a.clone(), push()), (b.clone(), Push { proofs: 1, ..Push::default() })];
    runtime.block_on(store.set_pushes(both.clone())).unwrap();
    runtime.block_on(store.commit(Batch { source: Some((a.clone(), state(b"a"))), ..Batch::default() })).unwrap();
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.pushes().unwrap().into_iter().collect::<Vec<_>>(), both);
    assert_eq!(store.push(&a).unwrap(), Some(push()));
    assert_eq!(store.source_states().unwrap().len(), 1, "it is no state");
    runtime.block_on(store.set_pushes(vec![(a.clone(), Push::default())])).unwrap();
    assert_eq!((store.push(&a).unwrap(), store.pushes().unwrap().len()), (None, 1));
    assert_eq!(store.push(&slug("c")).unwrap(), None);
}
