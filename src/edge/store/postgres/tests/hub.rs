//! Our hub is led by one process at a time, and what the others are asked reaches it.

use std::time::Duration;

use super::*;
use crate::edge::store::Subscriptions;
use crate::model::{Push, Subscriber};

const LASTS: Duration = Duration::from_secs(3600);

fn lead(store: &Store, case: &Case, held: Option<u64>) -> Option<u64> {
    case.block_on(store.lead(held, LASTS)).unwrap().map(|lead| lead.fence.expect("a shared store has fences"))
}

fn run_out(case: &Case) {
    sql(case, "update diemtin.hub set leased_until = now() - interval '1 second'");
}

fn subscriptions(fence: u64) -> Subscriptions {
    let subscriber = Subscriber {
        topic: "https://tin.vn/feeds/a.rss".to_owned(),
        callback: format!("https://doc.vn/{fence}"),
        secret: None,
        until: Timestamp::UNIX_EPOCH,
        failures: 0,
        next: None,
    };
    let (rows, told) = (vec![(subscriber.id(), Some(subscriber))], Some(vec![7]));
    Subscriptions { rows, told, fence: Some(fence) }
}

#[test]
fn one_process_leads_until_it_steps_down_or_its_lead_runs_out() {
    let case = Case::postgres();
    let other = Store::connect(case.url()).unwrap();
    let first = lead(case.store(), &case, None).expect("nobody else wants it");
    assert_eq!(lead(&other, &case, None), None);
    assert_eq!(lead(case.store(), &case, Some(first)), Some(first), "it is renewed");
    case.block_on(case.store().step_down(first)).unwrap();
    let second = lead(&other, &case, None).expect("it was left");
    assert_eq!((second, lead(case.store(), &case, Some(first))), (first + 1, None), "it is not the same lead any more");
    case.block_on(case.store().step_down(first)).unwrap();
    assert_eq!(lead(case.store(), &case, None), None, "nobody takes another's away");
    run_out(&case);
    assert_eq!(lead(&other, &case, Some(second)), Some(second), "one that nobody took still holds");
    run_out(&case);
    assert_eq!(lead(case.store(), &case, None), Some(second + 1));
    assert_eq!(lead(&other, &case, Some(second)), None);
}

#[test]
fn many_that_want_to_lead_at_once_have_one_leader() {
    let case = Case::postgres();
    let stores: Vec<_> = (0..4).map(|_| Arc::new(Store::connect(case.url()).unwrap())).collect();
    let leads = case.block_on(async {
        let ask = |n: usize| {
            let store = Arc::clone(&stores[n % 4]);
            tokio::spawn(async move { store.lead(None, LASTS).await.unwrap() })
        };
        let mut leads = Vec::new();
        for asked in (0..24).map(ask).collect::<Vec<_>>() {
            leads.extend(asked.await.unwrap());
        }
        leads
    });
    assert_eq!(leads.len(), 1, "{leads:?}");
}

#[test]
fn who_leads_no_more_writes_nothing() {
    let case = Case::postgres();
    case.commit(batch([story(1, 0), story(2, 0)])).unwrap();
    let slept = lead(case.store(), &case, None).unwrap();
    run_out(&case);
    let new = case.block_on(case.store().lead(None, LASTS)).unwrap().unwrap();
    assert_eq!(new.seq, 2, "what was told before is no news");
    let late = case.block_on(case.store().set_subscribers(subscriptions(slept)));
    assert!(matches!(late, Err(StoreError::Fenced)), "{late:?}");
    assert!(case.store().subscribers().unwrap().is_empty());
    assert_eq!(case.store().recall(Memo::Told).unwrap(), None);
    case.block_on(case.store().set_subscribers(subscriptions(new.fence.unwrap()))).unwrap();
    assert_eq!((case.store().subscribers().unwrap().len(), case.store().recall(Memo::Told).unwrap()), (1, Some(vec![7])));
}

#[test]
fn what_other_processes_are_asked_is_taken_once_and_in_order() {
    let case = Case::postgres();
    let other = Store::connect(case.url()).unwrap();
    let pass_on = |form: &[u8]| case.block_on(other.pass_on(form.to_vec())).unwrap();
    let take = || case.block_on(case.store().passed_on()).unwrap();
    assert!(take().is_empty());
    for form in [&b"mode=subscribe"[..], b"mode=unsubscribe", b"\xff\0", b"mode=subscribe"] {
        assert!(pass_on(form));
    }
    assert_eq!(take(), [&b"mode=unsubscribe"[..], b"\xff\0", b"mode=subscribe"], "the same again is one that came later");
    assert!(take().is_empty());
    sql(&case, "insert into diemtin.requests select decode(md5(n::text), 'hex'), '', now() from generate_series(1, 1024) n");
    assert!(!pass_on(b"one too many"));
    assert_eq!(take().len(), 100, "some at a time");
    assert!(pass_on(b"now there is room"));
}

#[test]
fn two_processes_that_decide_about_a_hub_lose_nothing() {
    let case = Case::postgres();
    let stores: Vec<_> = (0..4).map(|_| Arc::new(Store::connect(case.url()).unwrap())).collect();
    case.block_on(async {
        let count = |n: usize| {
            let store = Arc::clone(&stores[n % 4]);
            tokio::spawn(async move {
                loop {
                    let before = store.push(&slug("a")).unwrap().unwrap_or_default();
                    let after = Push { proofs: before.proofs + 1, ..before.clone() };
                    match store.change_push(slug("a"), before, after).await {
                        Err(StoreError::Conflict) => {}
                        done => return done.unwrap(),
                    }
                }
            })
        };
        for counted in (0..20).map(count).collect::<Vec<_>>() {
            counted.await.unwrap();
        }
    });
    assert_eq!(case.store().push(&slug("a")).unwrap().unwrap().proofs, 20);
}
