//! What is taken down is remembered for each story by itself, committed with its change, until it is put back.

use super::*;
use crate::model::{Withdrawal, Withdrawals};

pub(in crate::edge::store) fn withdrawal(n: u8) -> Withdrawal {
    let when = "2026-11-26T03:00:00.123456789Z".parse().unwrap();
    Withdrawal { story: id(n), when, who: format!("toà soạn {n}"), why: "gỡ \"bài\"\n".to_owned() }
}

/// Takes a story down, or puts it back.
pub(in crate::edge::store) fn taken_down(n: u8, seq: u64, withdrawal: Option<Withdrawal>) -> Batch {
    Batch { withdrawals: vec![(id(n), withdrawal)], ..batch([story(n, seq)]) }
}

fn of(stories: impl IntoIterator<Item = u8>) -> Withdrawals {
    stories.into_iter().map(|n| (id(n), withdrawal(n))).collect()
}

fn a_withdrawal_is_as_it_was_until_the_story_is_put_back(mut case: Case) {
    case.commit(batch([story(1, 0), story(2, 0)])).unwrap();
    assert_eq!(case.store().withdrawals().unwrap(), of([]));
    case.commit(taken_down(1, 1, Some(withdrawal(1)))).unwrap();
    case.commit(taken_down(2, 2, Some(withdrawal(2)))).unwrap();
    assert_eq!(case.seqs(), [(3, id(1)), (4, id(2))], "followers hear of it");
    for _ in 0..2 {
        assert_eq!(case.store().withdrawals().unwrap(), of([1, 2]));
        case.reopen();
    }
    let other = Withdrawal { why: "khác".to_owned(), ..withdrawal(1) };
    case.commit(taken_down(1, 3, Some(other.clone()))).unwrap();
    assert_eq!(case.store().withdrawals().unwrap()[&id(1)], other);
    case.commit(taken_down(1, 5, None)).unwrap();
    case.commit(taken_down(1, 6, None)).expect("again is nothing");
    assert_eq!(case.store().withdrawals().unwrap(), of([2]));
    assert!(case.block_on(case.store().inspect()).unwrap().is_empty(), "the books know of it");
}

fn what_is_refused_takes_nothing_down(case: Case) {
    case.commit(batch([story(1, 0)])).unwrap();
    for seq in [0, 2] {
        let refused = case.commit(taken_down(1, seq, Some(withdrawal(1))));
        assert!(matches!(refused, Err(StoreError::Conflict)), "{refused:?}");
    }
    assert_eq!(case.store().withdrawals().unwrap(), of([]));
}

fn many_that_take_down_at_once_all_succeed(mut case: Case) {
    case.commit(batch((0..40).map(|n| story(n, 0)))).unwrap();
    let stores: Vec<Arc<Store>> = (0..40).map(|_| Arc::clone(case.store())).collect();
    case.block_on(async {
        let tasks = (0u8..).zip(stores).map(|(n, store)| {
            tokio::spawn(async move { store.commit(taken_down(n, u64::from(n) + 1, Some(withdrawal(n)))).await })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap().unwrap();
        }
    });
    case.reopen();
    assert_eq!(case.store().withdrawals().unwrap(), of(0..40));
}

on_every_kind! {
    a_withdrawal_is_as_it_was_until_the_story_is_put_back
    what_is_refused_takes_nothing_down
    many_that_take_down_at_once_all_succeed
}
