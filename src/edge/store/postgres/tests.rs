//! What only a shared store does: leases and fences, stamps that the first sets, changes that other processes hear of, servers that go away.

mod hub;

use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;

use super::*;
use crate::edge::store::Store;
use crate::edge::store::tests::withdrawal::{taken_down, withdrawal};
use crate::edge::store::tests::{Case, batch, change, database, id, sketch, slug, state, story};
use crate::model::{Manners, NEAR, StoryChange};

/// Runs SQL beside the store.
fn sql(case: &Case, statement: &str) -> String {
    let ran = Command::new("psql").args(["-X", "-q", "-A", "-t", "-c", statement, case.url()]).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}

fn claim(source: &str, known: Option<&SourceState>) -> Claim {
    Claim {
        source: slug(source),
        known: known.cloned().map(Arc::new),
        host: "bao.vn".to_owned(),
        origin: "https://bao.vn".to_owned(),
        heeds_rests: true,
        per_host: 9,
        spacing: Duration::ZERO,
        lasts: Duration::from_secs(3600),
    }
}

fn lease(case: &Case, claim: &Claim) -> Lease {
    case.block_on(case.store().lease(claim.clone())).unwrap()
}

fn fence(case: &Case, claim: &Claim) -> u64 {
    match lease(case, claim) {
        Lease::Granted { fence, .. } => fence,
        other => panic!("{other:?}"),
    }
}

/// The end of a poll under a lease.
fn polled(source: &str, state: SourceState, fence: u64) -> Batch {
    Batch { source: Some((slug(source), state)), fence: Some(fence), ..Batch::default() }
}

/// As if a lease had run out.
fn run_out(case: &Case, source: &str) {
    sql(case, &format!("update diemtin.sources set leased_until = now() - interval '1 second' where id = '{source}'"));
}

#[test]
fn a_source_is_leased_to_one_at_a_time() {
    let case = Case::postgres();
    let first = fence(&case, &claim("a", None));
    assert!(matches!(lease(&case, &claim("a", None)), Lease::Held(wait) if wait > Duration::from_secs(3500)));
    assert!(matches!(lease(&case, &claim("b", None)), Lease::Granted { .. }), "another source is another matter");
    let known = SourceState { manners: Manners::default(), ..state(b"1") };
    case.commit(polled("a", known.clone(), first)).unwrap();
    let second = lease(&case, &claim("a", Some(&known)));
    assert_eq!(second, Lease::Granted { fence: first + 1, newer: None }, "a commit ends the lease");
    case.block_on(case.store().release(slug("a"), first + 1)).unwrap();
    let Lease::Granted { newer, .. } = lease(&case, &claim("a", None)) else { panic!("given back, it is free") };
    assert_eq!(newer.as_deref(), Some(&known), "who knows less is told");
}

#[test]
fn many_that_want_a_source_get_it_one_by_one() {
    let case = Case::postgres();
    let stores: Vec<_> = (0..24).map(|_| Arc::clone(case.store())).collect();
    let leases = case.block_on(async {
        let tasks: Vec<_> =
            stores.into_iter().map(|store| tokio::spawn(async move { store.lease(claim("a", None)).await.unwrap() })).collect();
        let mut leases = Vec::new();
        for task in tasks {
            leases.push(task.await.unwrap());
        }
        leases
    });
    assert_eq!(leases.iter().filter(|lease| matches!(lease, Lease::Granted { .. })).count(), 1, "{leases:?}");
}

#[test]
fn who_has_slept_past_its_lease_can_not_commit() {
    let case = Case::postgres();
    let slept = fence(&case, &claim("a", None));
    run_out(&case, "a");
    let taken = fence(&case, &claim("a", None));
    let stories = vec![change(story(1, 0))];
    let late = case.commit(Batch { stories, based_on: Some(0), ..polled("a", state(b"late"), slept) });
    assert!(matches!(late, Err(StoreError::Fenced)), "{late:?}");
    assert!(matches!(case.commit(polled("a", state(b"late"), slept)), Err(StoreError::Fenced)));
    assert_eq!(case.store().story(id(1)).unwrap(), None, "nothing of it");
    assert!(case.store().source_states().unwrap().is_empty());
    case.block_on(case.store().release(slug("a"), slept)).unwrap();
    assert!(matches!(lease(&case, &claim("a", None)), Lease::Held(_)), "nor can it end the lease of another");
    case.commit(polled("a", state(b"new"), taken)).unwrap();
    assert_eq!(case.store().source_states().unwrap()["a"], Arc::new(state(b"new")));
}

#[test]
fn a_lease_that_ran_out_and_was_not_taken_still_holds() {
    let case = Case::postgres();
    let slept = fence(&case, &claim("a", None));
    run_out(&case, "a");
    case.commit(polled("a", state(b"late"), slept)).expect("nobody else has polled");
}

#[test]
fn processes_keep_their_distance_at_a_host_together() {
    let case = Case::postgres();
    let spaced = |source| Claim { spacing: Duration::from_secs(60), ..claim(source, None) };
    fence(&case, &spaced("a"));
    assert!(matches!(lease(&case, &spaced("b")), Lease::HostBusy(wait) if wait > Duration::from_secs(30)));
    let elsewhere = Claim { host: "dai.vn".to_owned(), per_host: 2, ..claim("c", None) };
    fence(&case, &elsewhere);
    fence(&case, &Claim { source: slug("d"), ..elsewhere.clone() });
    let third = Claim { source: slug("e"), ..elsewhere };
    assert!(matches!(lease(&case, &third), Lease::HostBusy(_)), "two at once and no more");
    run_out(&case, "c");
    fence(&case, &third);
}

#[test]
fn a_host_that_asked_one_process_to_be_left_alone_is_left_alone_by_all() {
    let case = Case::postgres();
    let refused = fence(&case, &claim("a", None));
    let checked = Timestamp::from_second(1_000).unwrap();
    let manners = Manners { rests_until: Timestamp::from_second(1_900).ok(), ..Manners::default() };
    case.commit(polled("a", SourceState { checked, manners, ..state(b"") }, refused)).unwrap();
    let other = claim("b", None);
    let told = lease(&case, &other);
    assert!(matches!(told, Lease::HostBusy(wait) if wait > Duration::from_secs(800)), "{told:?}");
    let plain = Claim { origin: "http://bao.vn".to_owned(), ..other.clone() };
    assert!(matches!(lease(&case, &plain), Lease::Granted { .. }), "what is said with TLS binds nobody without");
    let asked_for = Claim { source: slug("c"), heeds_rests: false, ..other };
    assert!(matches!(lease(&case, &asked_for), Lease::Granted { .. }), "an administrator's word");
}

#[test]
fn the_first_that_publishes_a_page_dates_it() {
    let case = Case::postgres();
    let stamp = |hash: &str, second| Stamp {
        path: "/".to_owned(),
        hash: hash.to_owned(),
        modified: Timestamp::from_second(second).unwrap(),
    };
    let set = |stamp: Stamp, seq| case.block_on(case.store().set_stamps(vec![stamp], seq)).unwrap();
    assert_eq!(set(stamp("a", 100), 5), [stamp("a", 100)]);
    assert_eq!(set(stamp("a", 107), 5), [stamp("a", 100)], "the same bytes keep their date");
    assert_eq!(set(stamp("b", 50), 6), [stamp("b", 101)], "later bytes have a later date, whatever the clock");
    assert_eq!(set(stamp("a", 200), 5), [stamp("b", 101)], "who lags behind dates nothing");
    assert_eq!(set(stamp("c", 300), 6), [stamp("c", 300)], "an edit of the configuration changes no story");
}

#[test]
fn two_pollers_that_meet_a_story_at_once_make_one() {
    let case = Case::postgres();
    let other = Arc::new(Store::connect(case.url()).unwrap());
    let posted = |n: u8| StoryChange { sketch: sketch(&[7, u64::MAX]), ..change(story(n, 0)) };
    let new = |n| Batch { stories: vec![posted(n)], based_on: Some(0), ..Batch::default() };
    let (ours, theirs) = (case.commit(new(1)), case.block_on(other.commit(new(2))));
    assert!(ours.is_ok() && matches!(theirs, Err(StoreError::Conflict)), "{ours:?} {theirs:?}");
    let mut known = Known::default();
    let key = EntryKey([9; 16]);
    let search = Search { key, published: story(1, 0).published, sketch: sketch(&[u64::MAX]) };
    other.near(std::slice::from_ref(&search), &mut known).unwrap();
    assert_eq!(known.near[&key], [id(1)], "the second finds the first's");
    assert_eq!(known.stories[&id(1)].seq, 1);
    for n in 3..=4 {
        let later = case.commit(Batch { based_on: Some(u64::from(n) - 2), ..new(n) });
        later.expect("decided on what there is");
        other.near(std::slice::from_ref(&search), &mut known).unwrap();
        assert!(known.near[&key].contains(&id(n)), "what comes after it was asked is found too");
    }
    assert!(search.published.as_second() < NEAR.as_secs());
}

#[test]
fn two_processes_that_take_down_at_once_take_nothing_from_each_other() {
    let case = Case::postgres();
    let stores: Vec<_> = (0..4).map(|_| Arc::new(Store::connect(case.url()).unwrap())).collect();
    case.commit(batch((0..40).map(|n| story(n, 0)))).unwrap();
    case.block_on(async {
        let tasks = (0..40u8).map(|n| {
            let store = Arc::clone(&stores[usize::from(n) % 4]);
            tokio::spawn(async move { store.commit(taken_down(n, u64::from(n) + 1, Some(withdrawal(n)))).await.unwrap() })
        });
        for task in tasks.collect::<Vec<_>>() {
            task.await.unwrap();
        }
    });
    for store in &stores {
        assert_eq!(store.withdrawals().unwrap().len(), 40);
    }
}

#[test]
fn a_schema_of_before_withdrawals_had_rows_is_taken_over_once() {
    let mut case = Case::postgres();
    let old = serde_json::to_string(&[withdrawal(1), withdrawal(2)]).unwrap().replace('\'', "''").replace('\\', "\\\\");
    sql(&case, &format!("drop schema diemtin cascade; {} {}", migrate::BEGINNING, migrate::STEPS[0]));
    sql(&case, "update diemtin.version set version = 1");
    sql(&case, &format!("insert into diemtin.memos (name, value) values ('withdrawn', '{old}')"));
    for _ in 0..2 {
        case.reopen();
        let withdrawals = case.store().withdrawals().unwrap();
        assert_eq!(withdrawals.into_values().collect::<Vec<_>>(), [withdrawal(1), withdrawal(2)]);
        assert_eq!(sql(&case, "select count(*) from diemtin.memos"), "0");
    }
}

#[test]
fn a_story_under_other_rules_leaves_none_in_force() {
    let case = Case::postgres();
    case.block_on(case.store().remember(Memo::Rules, vec![1; 16])).unwrap();
    let under = |n, rules| Batch { rules: Some([rules; 16]), ..batch([story(n, 0)]) };
    case.commit(under(1, 1)).unwrap();
    assert_eq!(case.store().recall(Memo::Rules).unwrap(), Some(vec![1; 16]));
    case.commit(under(2, 9)).unwrap();
    assert_eq!(case.store().recall(Memo::Rules).unwrap(), Some(Vec::new()), "somebody has to classify them anew");
}

#[test]
fn what_one_process_commits_the_others_hear() {
    let case = Case::postgres();
    let other = Store::connect(case.url()).unwrap();
    let mut latest = other.latest();
    case.commit(batch([story(1, 0), story(2, 0)])).unwrap();
    case.block_on(async { latest.wait_for(|seq| *seq == 2).await.unwrap() });
    assert_eq!(other.changes_after(0, 9).unwrap().len(), 2);
}

/// Readers go from number to number while four processes commit: no number becomes visible before a lesser one.
#[test]
fn no_reader_skips_a_change() {
    let case = Case::postgres();
    let stores: Vec<_> = (0..4).map(|_| Arc::new(Store::connect(case.url()).unwrap())).collect();
    let reader = Arc::clone(case.store());
    let reading = std::thread::spawn(move || {
        let (mut seen, mut seq) = (Vec::new(), 0);
        while seen.len() < 200 {
            let changes = reader.changes_after(seq, 3).unwrap();
            seq = changes.last().map_or(seq, |change| change.seq);
            seen.extend(changes.into_iter().map(|change| change.seq));
        }
        seen
    });
    case.block_on(async {
        let commits = (0..200u8).map(|n| {
            let store = Arc::clone(&stores[usize::from(n) % 4]);
            tokio::spawn(async move { store.commit(batch([story(n, 0)])).await.unwrap() })
        });
        for commit in commits.collect::<Vec<_>>() {
            commit.await.unwrap();
        }
    });
    assert_eq!(reading.join().unwrap(), (1..=200).collect::<Vec<u64>>());
}

#[test]
fn connections_that_are_cut_lose_and_double_nothing() {
    let case = Case::postgres();
    let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
    let stores: Vec<_> = (0..40).map(|_| Arc::clone(case.store())).collect();
    case.block_on(async {
        let commits = (0u8..).zip(stores).map(|(n, store)| {
            tokio::spawn(async move {
                match store.commit(batch([story(n, 0)])).await {
                    // Also where it had succeeded and its answer was lost: what is decided again finds it.
                    Ok(()) | Err(StoreError::Conflict) => {}
                    Err(error) => panic!("{error}"),
                }
            })
        });
        let commits: Vec<_> = commits.collect();
        for commit in commits {
            sql(&case, cut);
            commit.await.unwrap();
        }
    });
    let seqs: Vec<u64> = case.store().changes_after(0, usize::MAX).unwrap().iter().map(|change| change.seq).collect();
    assert_eq!(seqs, (1..=40).collect::<Vec<u64>>());
    assert!((0..40).all(|n| case.store().story(id(n)).unwrap().is_some()));
}

#[test]
fn processes_that_start_together_make_one_schema() {
    let url = database();
    let opened: Vec<_> =
        (0..8).map(|_| url.clone()).map(|url| std::thread::spawn(move || Store::connect(&url).map(drop))).collect();
    opened.into_iter().for_each(|opening| opening.join().unwrap().unwrap());
}

#[test]
fn a_schema_of_a_later_program_is_left_alone() {
    let case = Case::postgres();
    sql(&case, "update diemtin.version set version = 99");
    let refused = Store::connect(case.url()).err().unwrap().to_string();
    assert!(refused.contains("version 99") && refused.contains("newer program"), "{refused}");
}

#[test]
fn a_process_without_the_right_to_make_tables_uses_those_there_are() {
    let case = Case::postgres();
    let role = format!("reader_{}", std::process::id());
    let grants = format!(
        "create role {role} login; grant usage on schema diemtin to {role}; \
         grant select, insert, update, delete on all tables in schema diemtin to {role}"
    );
    sql(&case, &grants);
    let store = Store::connect(&case.url().replace("postgres@", &format!("{role}@"))).unwrap();
    case.block_on(store.commit(batch([story(1, 0)]))).unwrap();
}

#[test]
fn a_value_that_was_damaged_is_told_and_takes_no_other_away() {
    let case = Case::postgres();
    case.commit(batch([story(1, 0), story(2, 0)])).unwrap();
    let flip = "update diemtin.stories set body = set_byte(body, 9, get_byte(body, 9) # 1) where id = '\\x01010101010101010101010101010101'";
    sql(&case, flip);
    let why = case.store().story(id(1)).unwrap_err().to_string();
    assert!(why.contains("its checksum is wrong"), "{why}");
    let rest: Vec<StoryId> = case.store().stories_after(None, 9).unwrap().iter().map(|story| story.id).collect();
    assert_eq!(rest, [id(2)]);
}

#[test]
fn what_is_wrong_with_an_address_is_said_without_the_password() {
    for (url, why) in [
        ("postgres://u:secret@127.0.0.1/db?sslmode=prefer", "sslmode prefer"),
        ("postgres://u:secret@127.0.0.1:99999/db", "port"),
        ("postgres://u:secret@127.0.0.1/db?sslmode=require&sslrootcert=/nowhere.pem", "/nowhere.pem"),
        ("postgres://u:secret@127.0.0.1/db?connect_timeout=x", "connect_timeout"),
    ] {
        let told = Store::connect(url).err().unwrap().to_string();
        assert!(told.contains(why) && !told.contains("secret"), "{told}");
    }
}
