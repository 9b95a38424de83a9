//! What is remembered of hubs comes back as it was, and goes when there is nothing to remember.

use tempfile::TempDir;
use tokio::runtime::Runtime;

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

#[test]
fn who_subscribes_to_our_feeds_is_remembered_until_he_has_gone() {
    let folder = TempDir::new().unwrap();
    let runtime = Runtime::new().unwrap();
    let subscriber = |callback: &str| Subscriber {
        topic: "https://tin.vn/feeds/a.rss".to_owned(),
        callback: callback.to_owned(),
        secret: Some(Secret("bí mật".to_owned())),
        until: second(1),
        failures: 2,
        next: Some(second(3)),
    };
    let (a, b) = (subscriber("https://a.vn/"), subscriber("https://b.vn/"));
    let store = Store::open(folder.path()).unwrap();
    runtime.block_on(store.set_subscribers(vec![(a.id(), Some(a.clone())), (b.id(), Some(b.clone()))])).unwrap();
    drop(store);
    let store = Store::open(folder.path()).unwrap();
    let mut all = store.subscribers().unwrap();
    all.sort_by(|a, b| a.callback.cmp(&b.callback));
    assert_eq!(all, [a.clone(), b.clone()]);
    let again = Subscriber { secret: None, failures: 0, next: None, ..b };
    runtime.block_on(store.set_subscribers(vec![(a.id(), None), (again.id(), Some(again.clone()))])).unwrap();
    assert_eq!(store.subscribers().unwrap(), [again]);
    assert!(store.pushes().unwrap().is_empty() && store.stories_after(None, 9).unwrap().is_empty());
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
