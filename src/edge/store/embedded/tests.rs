//! Stores that are damaged, foreign, unfinished, held by another, or nowhere: each is told apart and left whole.

use std::path::PathBuf;

use super::*;
use crate::edge::store::Store;
use crate::edge::store::tests::{Case, batch, id, slug, state, story};

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
    let intact: Vec<u8> = {
        let mut value = Vec::new();
        tamper(&mut case, |db| value = db.get(codec::story_key(id(1))).unwrap().unwrap().to_vec());
        value
    };
    let mut broken: Vec<Vec<u8>> =
        (0..intact.len()).map(|at| intact.iter().enumerate().map(|(i, b)| b ^ u8::from(i == at)).collect()).collect();
    broken.extend([Vec::new(), intact[..3].to_vec(), intact[..intact.len() - 1].to_vec(), [&intact[..], &[0]].concat()]);
    for value in broken {
        tamper(&mut case, |db| drop(db.insert(codec::story_key(id(1)), value.clone()).unwrap()));
        case.reopen();
        let read = case.store().story(id(1)).unwrap_err().to_string();
        assert!(["its checksum is wrong", "it has version", "it is cut off"].iter().any(|why| read.contains(why)), "{read}");
        assert!(case.store().stories_after(None, 9).unwrap().iter().all(|story| story.id != id(1)), "it takes no other away");
        assert!(case.commit(batch([story(1, 1)])).is_err(), "what can't be read is not overwritten");
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
