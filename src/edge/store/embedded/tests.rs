//! Stores that are damaged, foreign, unfinished, held by another, or nowhere: each is told apart and left whole.

use std::path::{Path, PathBuf};

use super::*;
use crate::edge::store::tests::withdrawal::{taken_down, withdrawal};
use crate::edge::store::tests::{Case, batch, id, lookup, slug, state, story};
use crate::edge::store::{Kind, Store};
use crate::model::EntryKey;

/// Changes what is on disk behind the store's back.
fn tamper(case: &mut Case, change: impl FnOnce(&sled::Db)) {
    case.close();
    let db = open::open_sled(&case.folder().join("sled")).unwrap();
    change(&db);
    db.flush().unwrap();
}

#[test]
fn a_damaged_value_is_an_error_that_says_so() {
    let mut case = Case::new();
    case.commit(Batch { source: Some((slug("a"), state(b"x"))), ..batch([story(1, 0)]) }).unwrap();
    let file = case.folder().join("sled/stories/00000001");
    let intact = std::fs::read(&file).unwrap();
    let mut broken: Vec<Vec<u8>> =
        (0..intact.len()).map(|at| intact.iter().enumerate().map(|(i, b)| b ^ u8::from(i == at)).collect()).collect();
    broken.extend([Vec::new(), intact[..3].to_vec()]);
    for value in broken {
        case.close();
        std::fs::write(&file, &value).unwrap();
        case.reopen();
        match case.store().story(id(1)) {
            // What is damaged are the bands, or they are what is read.
            Ok(Some(read)) => assert_eq!(read, story(1, 1)),
            read => assert!(matches!(read.unwrap_err(), StoreError::Record { .. })),
        }
    }
    assert!(matches!(case.store().story(id(1)), Err(StoreError::Record { .. })));
    assert_eq!(case.store().stories_after(None, 9).unwrap(), []);
    case.commit(batch([story(1, 0)])).expect("what can't be read counts as not there");
    assert_eq!(case.store().story(id(1)).unwrap(), Some(story(1, 2)));
    tamper(&mut case, |db| {
        let aside = db.get([codec::ASIDE, &codec::story_key(id(1))].concat()).unwrap();
        assert!(aside.is_some(), "and where it stood is not forgotten");
    });
}

#[test]
fn a_file_of_which_little_is_needed_is_given_back_and_nothing_else() {
    let mut case = Case::new();
    let long = |n: u8, seq: u64| {
        let mut story = story(n, seq);
        // What can't be packed: a few fill a file.
        let mut noise = vec![0; 600_000];
        blake3::Hasher::new().update(&[n]).finalize_xof().fill(&mut noise);
        story.entries[0].summary = noise.iter().map(|byte| format!("{byte:02x}")).collect();
        story
    };
    for n in 1..=60 {
        case.commit(batch([long(n, 0)])).unwrap();
    }
    let files = |case: &Case| std::fs::read_dir(case.folder().join("sled/stories")).unwrap().count();
    let before = files(&case);
    assert!(before > 3, "{before}");
    let gone = (1..=58).filter(|n| n % 5 != 0).map(|n| (id(n), u64::from(n))).collect();
    case.block_on(case.store().remove(gone, Timestamp::UNIX_EPOCH)).unwrap();
    let left: Vec<Story> = case.store().stories_after(None, 99).unwrap();
    assert_eq!(sentences(&case), [""; 0]);
    // Its steps come between the orders.
    for _ in 0..200 {
        case.commit(Batch::default()).unwrap();
    }
    assert!(files(&case) * 2 < before, "{} of {before} files", files(&case));
    for _ in 0..2 {
        assert_eq!(case.store().stories_after(None, 99).unwrap(), left);
        assert_eq!(sentences(&case), [""; 0]);
        case.reopen();
    }
}

#[test]
fn a_folder_of_another_format_is_left_as_it_is() {
    let mut case = Case::new();
    tamper(&mut case, |db| drop(db.insert(codec::FORMAT, b"diemtin 99").unwrap()));
    let refused = Store::open(case.folder()).err().unwrap();
    assert!(matches!(refused, StoreError::Damaged { .. }) && refused.to_string().contains("format"), "{refused}");
    tamper(&mut case, |db| assert_eq!(db.get(codec::FORMAT).unwrap().unwrap(), b"diemtin 99"));
}

#[test]
fn an_unfinished_snapshot_is_no_obstacle() {
    let mut case = Case::new();
    case.commit(batch([story(1, 0)])).unwrap();
    case.close();
    let file: PathBuf = case.folder().join("sled/snap.00000000000000FF.generating");
    std::fs::write(&file, b"").unwrap();
    case.reopen();
    assert!(case.store().story(id(1)).unwrap().is_some() && !file.exists());
}

#[test]
fn a_second_opening_is_refused_for_as_long_as_the_first_lasts() {
    let mut case = Case::new();
    let refused = Store::open(case.folder()).err().unwrap();
    assert!(matches!(refused, StoreError::Held { .. }), "{refused}");
    assert!(refused.to_string().contains(&case.folder().display().to_string()));
    case.close();
    assert!(Store::open(case.folder()).is_ok());
}

#[test]
fn a_folder_that_can_not_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("data"), b"a file").unwrap();
    let refused = Store::open(&folder.path().join("data")).err().unwrap();
    assert!(refused.to_string().contains("data"), "{refused}");
}

fn sentences(case: &Case) -> Vec<String> {
    case.block_on(case.store().inspect()).unwrap().iter().map(ToString::to_string).collect()
}

#[test]
fn a_new_store_knows_that_nothing_is_in_it() {
    let denies = |case: &Case, n: u8| match &case.store().0 {
        Kind::Embedded(store) => !store.shared.seen.may_have(&codec::story_key(id(n))),
        Kind::Postgres(_) => unreachable!("it is in a folder"),
    };
    let mut case = Case::new();
    assert!(denies(&case, 1) && denies(&case, 2));
    case.commit(batch([story(1, 0)])).unwrap();
    assert!(!denies(&case, 1) && denies(&case, 2));
    assert_eq!(case.store().story(id(1)).unwrap(), Some(story(1, 1)));
    case.reopen();
    assert!(!denies(&case, 1) && !denies(&case, 2), "one that was written to is asked");
    assert_eq!(sentences(&case), [""; 0]);
    assert!(!denies(&case, 1) && denies(&case, 2), "until all of it was gone through");
}

#[test]
fn a_store_that_is_whole_has_nothing_to_be_found() {
    let mut case = Case::new();
    case.commit(Batch { source: Some((slug("a"), state(b"x"))), ..batch([story(1, 0), story(2, 0)]) }).unwrap();
    case.commit(batch([story(2, 2), story(3, 0)])).unwrap();
    case.block_on(case.store().remove(vec![(id(1), 1)], Timestamp::UNIX_EPOCH)).unwrap();
    case.commit(batch([story(1, 0)])).unwrap();
    for _ in 0..2 {
        assert_eq!(sentences(&case), [""; 0]);
        assert!(case.store().unmended().unwrap().is_empty());
        case.reopen();
    }
}

#[test]
fn what_has_vanished_is_named_with_its_source_until_it_is_mended() {
    let mut case = Case::new();
    case.commit(batch([story(1, 0), story(2, 0)])).unwrap();
    tamper(&mut case, |db| drop(db.remove(gathered::row_of(&codec::story_key(id(2))).unwrap()).unwrap()));
    case.reopen();
    let found = sentences(&case);
    assert_eq!(
        found,
        ["it should hold 2 stories and holds 1", "of the source a it should hold 2 reports and holds 1"],
        "a record that sled has lost"
    );
    case.reopen();
    assert_eq!(case.store().unmended().unwrap(), found, "a restart does not forget it");
    assert_eq!(sentences(&case), [""; 0], "once is enough");
    case.block_on(case.store().mended()).unwrap();
    case.reopen();
    assert!(case.store().unmended().unwrap().is_empty());
}

#[test]
fn what_can_not_be_read_is_set_aside_and_takes_nothing_else_away() {
    let mut case = Case::new();
    case.commit(batch([story(1, 0), story(2, 0), story(3, 0)])).unwrap();
    let keys = [codec::story_key(id(2)), codec::entry_key(EntryKey([3; 16]))].map(|key| gathered::row_of(&key).unwrap());
    tamper(&mut case, |db| keys.iter().for_each(|key| drop(db.insert(&key[..], b"\x01nonsense").unwrap())));
    case.reopen();
    let known = case.store().known(&[lookup(3, 3)]).unwrap();
    assert!(known.entries.is_empty() && known.stories.contains_key(&id(3)), "its story is found by link all the same");
    let found = sentences(&case).join("\n");
    assert!(
        found.contains("1 of its rows of stories could not be read") && found.contains("1 of its rows of names of entries"),
        "{found}"
    );
    assert_eq!(case.store().story(id(2)).unwrap(), None);
    assert!(case.store().story(id(1)).unwrap().is_some());
    case.commit(batch([story(2, 0)])).expect("it is fetched again");
    tamper(&mut case, |db| assert!(keys.iter().all(|key| db.contains_key([codec::ASIDE, key].concat()).unwrap())));
}

#[test]
fn marks_that_can_not_be_read_stop_nobody_who_asks_for_them() {
    let mut case = Case::new();
    case.commit(batch([story(1, 0), story(2, 0)])).unwrap();
    case.remove(vec![id(1)]);
    let marks = |case: &Case| case.store().marks(&[id(1), id(2)]).unwrap().into_values().flatten().count();
    assert_eq!(marks(&case), 1);
    let row = gathered::row_of(&codec::marks_key(id(1))).unwrap();
    tamper(&mut case, |db| assert!(db.insert(row, b"\x01nonsense").unwrap().is_some(), "there it stands"));
    case.reopen();
    assert_eq!(marks(&case), 0);
}

#[test]
fn what_is_written_during_an_inspection_is_counted_right() {
    let case = Case::new();
    case.commit(batch((0..=255).map(|n| story(n, 0)))).unwrap();
    let store = case.store();
    let findings = case.block_on(async {
        let writing = async {
            for n in 0..60 {
                store.remove(vec![(id(n * 4), u64::from(n) * 4 + 1)], Timestamp::UNIX_EPOCH).await.unwrap();
                store.commit(batch([story(n * 4 + 1, u64::from(n) * 4 + 2)])).await.unwrap();
            }
        };
        let inspecting = async {
            let mut findings = Vec::new();
            for _ in 0..20 {
                findings.extend(store.inspect().await.unwrap());
            }
            findings
        };
        tokio::join!(writing, inspecting).1
    });
    assert_eq!(findings, []);
}

#[test]
fn a_store_that_has_gone_back_says_so() {
    let mut case = Case::new();
    case.commit(batch([story(1, 0)])).unwrap();
    case.close();
    let (sled, old) = (case.folder().join("sled"), case.folder().join("old"));
    std::fs::create_dir(&old).unwrap();
    let copy = |from: &Path, to: &Path| {
        std::fs::create_dir_all(to.join("stories")).unwrap();
        std::fs::copy(from.join("stories/00000001"), to.join("stories/00000001")).unwrap();
        for file in std::fs::read_dir(from).unwrap().map(Result::unwrap).filter(|file| file.path().is_file()) {
            std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
        }
    };
    copy(&sled, &old);
    case.reopen();
    case.commit(batch([story(2, 0)])).unwrap();
    case.commit(batch([story(3, 0)])).unwrap();
    case.close();
    std::fs::remove_dir_all(&sled).unwrap();
    std::fs::create_dir_all(sled.join("blobs")).unwrap();
    copy(&old, &sled);
    case.reopen();
    assert_eq!(case.store().unmended().unwrap(), ["the last 2 of its commits are missing"]);
    case.commit(batch([story(2, 0)])).unwrap();
    case.reopen();
    assert_eq!(case.store().unmended().unwrap().len(), 1);
}

#[test]
fn files_that_can_be_made_again_are() {
    for name in ["conf", "snap."] {
        let mut case = Case::new();
        case.commit(batch([story(1, 0)])).unwrap();
        case.reopen();
        case.close();
        let files = std::fs::read_dir(case.folder().join("sled")).unwrap().map(|file| file.unwrap().path());
        let damaged = files.filter(|path| path.file_name().unwrap().to_string_lossy().starts_with(name)).collect::<Vec<_>>();
        assert_eq!(damaged.len(), 1, "{name}");
        let mut bytes = std::fs::read(&damaged[0]).unwrap();
        bytes[5] ^= 4;
        std::fs::write(&damaged[0], bytes).unwrap();
        case.reopen();
        assert!(case.store().story(id(1)).unwrap().is_some(), "{name}");
        let said = case.store().unmended().unwrap().join(" ");
        assert!(said.contains(&format!("sled/{}", name.trim_end_matches('.'))) && said.contains("made anew"), "{said}");
    }
}

#[test]
fn files_that_can_not_be_used_are_set_aside_a_few_times() {
    let mut case = Case::new();
    for round in 1..=6 {
        case.commit(batch([story(1, 0)])).unwrap();
        case.close();
        std::fs::write(case.folder().join("sled/db"), vec![7; 3 * 1024 * 1024]).unwrap();
        let opened = Store::open(case.folder());
        if round == 6 {
            let refused = opened.err().unwrap().to_string();
            assert!(refused.contains("damaged-*"), "{refused}");
            return;
        }
        drop(opened.unwrap());
        case.reopen();
        let said = case.store().unmended().unwrap().join(" ");
        assert!(said.contains("begun anew") && said.contains(&format!("damaged-{round}")), "{said}");
        assert_eq!(case.store().story(id(1)).unwrap(), None);
    }
}

#[test]
fn withdrawals_that_can_not_be_read_are_named_and_hide_their_stories_all_the_same() {
    let mut case = Case::new();
    case.commit(batch([story(1, 0), story(2, 0)])).unwrap();
    case.commit(taken_down(1, 1, Some(withdrawal(1)))).unwrap();
    case.commit(taken_down(2, 2, Some(withdrawal(2)))).unwrap();
    tamper(&mut case, |db| {
        drop(db.insert(codec::withdrawal_key(id(1)), b"\x01nonsense").unwrap());
        drop(db.remove(codec::withdrawal_key(id(2))).unwrap());
    });
    case.reopen();
    assert_eq!(case.store().withdrawals().unwrap().into_keys().collect::<Vec<_>>(), [id(1)]);
    let found = sentences(&case);
    assert!(found.iter().any(|said| said == "1 of its withdrawals could not be read and were set aside"), "{found:?}");
    assert_eq!(found[1], "it should hold 2 withdrawals and holds 0");
}
