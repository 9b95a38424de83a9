//! What is dumped and loaded is the same; what was lost comes back from the copy; what can't come back is asked for again.

use std::io::BufReader;
use std::os::unix::fs::MetadataExt;

use crate::model::{Because, Manners, Report, Secret, SourceState, Wish, Withdrawal};
use tempfile::TempDir;

use super::*;

fn config() -> Arc<Config> {
    let text = "[source.a]\nurl = \"https://a.vn/rss\"\n[source.b]\nurl = \"https://b.vn/rss\"\n";
    Arc::new(crate::config::read("feeds.toml", text, &|_| None).unwrap().0)
}

fn second(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn story(n: u8) -> Story {
    let report = Report {
        url: Some(format!("https://a.vn/tin-{n}.html")),
        title: format!("Tin số {n}"),
        summary: "Tóm tắt dài".to_owned(),
        seen: second(1_790_000_000),
        ..Report::bare("a", &format!("tin-{n}"))
    };
    let time = second(1_790_000_000 + i64::from(n));
    Story {
        id: StoryId([n; 16]),
        seq: 0,
        published: time,
        arrived: time,
        updated: time,
        topics: Vec::new(),
        entries: vec![report],
    }
}

fn state() -> SourceState {
    let line = serde_json::json!({ "source": {
        "id": "a", "settings": 7, "etag": "\"x\"", "last_modified": null, "next": second(9), "checked": second(8),
        "succeeded": second(8), "interval_seconds": 60, "failures": 0, "error": null,
    }});
    match Reader::default().line(&line.to_string()) {
        Ok(Some(Line::Source(line))) => line.state(),
        other => unreachable!("{other:?}"),
    }
}

fn withdrawal(n: u8) -> Withdrawal {
    Withdrawal { story: StoryId([n; 16]), when: second(1_790_000_500), who: "toà soạn".to_owned(), why: "gỡ".to_owned() }
}

fn subscriber(callback: &str) -> Subscriber {
    Subscriber {
        topic: "https://tin.vn/feeds/a.rss".to_owned(),
        callback: callback.to_owned(),
        secret: Some(Secret("bí mật".to_owned())),
        until: second(1_790_100_000),
        failures: 1,
        next: Some(second(1_790_000_600)),
    }
}

fn callbacks(store: &Store) -> Vec<String> {
    let mut callbacks: Vec<String> = store.subscribers().unwrap().into_iter().map(|subscriber| subscriber.callback).collect();
    callbacks.sort_unstable();
    callbacks
}

/// A store of stories, of which the one with the number 9 was pruned, and number 8 was taken down.
async fn filled(folder: &TempDir) -> Arc<Store> {
    let store = Arc::new(Store::open(folder.path()).unwrap());
    let stories = (1..=9).map(|n| change_of(&config(), story(n))).collect();
    let source = Some((SourceId::new("a").unwrap(), state()));
    store.commit(Batch { source, stories, ..Batch::default() }).await.unwrap();
    store.remove(vec![(StoryId([9; 16]), 9)], second(1_790_000_400)).await.unwrap();
    withdraw(&store, withdrawal(8)).await.unwrap();
    for callback in ["https://doc.vn/2", "https://doc.vn/1"] {
        put_subscriber(&store, subscriber(callback)).await.unwrap();
    }
    store
}

fn dumped(store: &Arc<Store>, detail: Detail) -> String {
    let mut out = Vec::new();
    dump(&config(), store, detail, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[tokio::test]
async fn what_is_dumped_and_loaded_is_dumped_again_the_same() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let text = dumped(&filled(&one).await, Detail::Whole);
    assert_eq!(text.lines().filter(|line| line.starts_with("{\"pruned\"")).count(), 1);
    let store = Arc::new(Store::open(two.path()).unwrap());
    for (stories, known) in [(8, 0), (0, 8)] {
        let mut loaded = Loaded::default();
        load(&config(), &store, &mut BufReader::new(text.as_bytes()), &mut loaded).await.unwrap();
        assert_eq!(loaded, Loaded { stories, pruned: 1, sources: 1, subscribers: 2, known });
        assert_eq!(*store.latest().borrow(), 9);
        assert_eq!(store.withdrawals().unwrap().into_values().collect::<Vec<_>>(), [withdrawal(8)]);
        assert_eq!(dumped(&store, Detail::Whole), text);
        assert_eq!(callbacks(&store), ["https://doc.vn/1", "https://doc.vn/2"]);
        assert_eq!(store.standing(StoryId([9; 16])).unwrap(), Standing::Pruned);
    }
}

#[tokio::test]
async fn a_load_that_was_interrupted_goes_on_where_it_was() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let source = filled(&one).await;
    let many = (10..=250).map(|n| change_of(&config(), story(n))).collect();
    source.commit(Batch { stories: many, ..Batch::default() }).await.unwrap();
    let text = dumped(&source, Detail::Whole);
    let store = Arc::new(Store::open(two.path()).unwrap());
    let cut: String = text.lines().take(220).map(|line| format!("{line}\n")).collect();
    let mut loaded = Loaded::default();
    let refused = load(&config(), &store, &mut BufReader::new(cut.as_bytes()), &mut loaded).await.unwrap_err().to_string();
    assert!(refused.contains("cut off after line 220"), "{refused}");
    let mut loaded = Loaded::default();
    load(&config(), &store, &mut BufReader::new(text.as_bytes()), &mut loaded).await.unwrap();
    assert_eq!((loaded.known, loaded.stories), (219, 30), "what came before the cut was there");
    assert_eq!(dumped(&store, Detail::Whole), text);
}

#[tokio::test]
async fn what_is_damaged_in_the_middle_loads_up_to_there() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let text = dumped(&filled(&one).await, Detail::Whole).replace("Tin số 4", "Tin số 5");
    let store = Arc::new(Store::open(two.path()).unwrap());
    let mut loaded = Loaded::default();
    let refused = load(&config(), &store, &mut BufReader::new(text.as_bytes()), &mut loaded).await.unwrap_err().to_string();
    assert!(refused.contains("line 5 is damaged"), "{refused}");
}

#[tokio::test]
async fn a_copy_is_kept_once_an_hour_and_has_no_summaries() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder).await;
    // Another file takes the place of the last one while that is there: its number differs, however soon it comes.
    let number = || std::fs::metadata(folder.path().join("copy.zst")).unwrap().ino();
    keep_copy(&config(), &store, second(1_790_000_000)).await.unwrap();
    let first = number();
    keep_copy(&config(), &store, second(1_790_003_599)).await.unwrap();
    assert_eq!(number(), first);
    keep_copy(&config(), &store, second(1_790_003_600)).await.unwrap();
    assert_ne!(number(), first);
    let text: Vec<String> = store.copy().unwrap().unwrap().lines().map(Result::unwrap).collect();
    assert!(text.len() == 15 && text.iter().all(|line| !line.contains("Tóm tắt")), "{text:#?}");
    assert_eq!((wait_seconds(0), wait_seconds(18), wait_seconds(100)), (3600, 3600, 20_000));
}

#[tokio::test]
async fn a_store_that_is_whole_is_not_mended() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(mend(&config(), &filled(&folder).await).await.unwrap(), None);
}

#[tokio::test]
async fn a_store_that_was_begun_anew_gets_back_what_can_not_be_fetched_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = filled(&folder).await;
    keep_copy(&config(), &store, second(1)).await.unwrap();
    let late = vec![change_of(&config(), story(100))];
    store.commit(Batch { stories: late, ..Batch::default() }).await.unwrap();
    drop(store);
    std::fs::write(folder.path().join("sled/db"), vec![7; 1 << 20]).unwrap();
    let store = Arc::new(Store::open(folder.path()).unwrap());
    let mended = mend(&config(), &store).await.unwrap().unwrap();
    assert_eq!((mended.stories, mended.pruned, mended.withdrawn, mended.sources), (8, 1, 1, 1));
    assert_eq!(store.withdrawals().unwrap().into_values().collect::<Vec<_>>(), [withdrawal(8)], "nothing taken down comes back");
    assert_eq!(callbacks(&store), ["https://doc.vn/1", "https://doc.vn/2"]);
    for n in 1..=8 {
        let (there, was) = (store.story(StoryId([n; 16])).unwrap().unwrap(), story(n));
        assert_eq!(
            (there.published, there.arrived, &there.entries[0].title),
            (was.published, was.arrived, &was.entries[0].title)
        );
    }
    assert_eq!(store.standing(StoryId([9; 16])).unwrap(), Standing::Pruned, "nothing pruned comes back as new");
    let states = store.source_states().unwrap();
    assert!(states["a"].etag.is_none() && states["a"].succeeded.is_some(), "asked for all, and not as a newcomer");
    assert_eq!(store.inspect().await.unwrap(), []);
    assert_eq!(mend(&config(), &store).await.unwrap(), None, "once is enough");
}

/// Without a copy it is not known what readers have had: what is fetched again is no news of today.
#[tokio::test]
async fn what_was_lost_without_a_copy_counts_as_a_first_poll_and_is_asked_for_at_once() {
    for has_copy in [true, false] {
        let folder = tempfile::tempdir().unwrap();
        let store = filled(&folder).await;
        let waits = [("b", Some(second(20))), ("c", None)].map(|(id, rests_until)| {
            let manners = Manners { rests_until, ..Manners::default() };
            let because = if rests_until.is_some() { Because::Unsaid } else { Because::Asked(Wish::RetryAfter) };
            (SourceId::new(id).unwrap(), SourceState { manners, because, ..state() })
        });
        for (id, state) in waits {
            store.commit(Batch { source: Some((id, state)), ..Batch::default() }).await.unwrap();
        }
        if has_copy {
            keep_copy(&config(), &store, second(1)).await.unwrap();
        }
        drop(store);
        let file = std::fs::read_dir(folder.path().join("sled/stories")).unwrap().next().unwrap().unwrap().path();
        std::fs::write(file, "nothing").unwrap();
        let store = Arc::new(Store::open(folder.path()).unwrap());
        assert!(!store.inspect().await.unwrap().is_empty());
        let mended = mend(&config(), &store).await.unwrap().unwrap();
        assert_eq!(mended.stories, if has_copy { 8 } else { 0 });
        assert_eq!(store.standing(StoryId([9; 16])).unwrap(), Standing::Pruned, "what is known is kept");
        let states = store.source_states().unwrap();
        for (id, next) in [("a", 8), ("b", 9), ("c", 9)] {
            let asked = &states[id];
            assert_eq!((asked.next, asked.succeeded.is_some()), (second(next), has_copy), "{id}: manners hold");
            assert!(asked.etag.is_none() && asked.body.is_none());
        }
    }
}
