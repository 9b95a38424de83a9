//! Nothing that was pruned comes back as new while a document may list it, and nothing that it left stays for good: a model of sources, beside
//! the pipeline's own functions and an embedded store, through years of documents, silences, edits of `store.keep` and restarts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use diemtin::config;
use diemtin::edge::fetch::at_once;
use diemtin::edge::store::Store;
use diemtin::model::Looked;
use diemtin::pipeline::{Desk, Outcome, poll, prune};
use jiff::Timestamp;
use proptest::prelude::*;
use tempfile::TempDir;
use tokio::runtime::Runtime;

use crate::app::home;
use crate::origin::{Item, Origin, feed, item};

const DAY: i64 = 86_400;
/// How long an entry may be missing from its source's documents and still be known: 90 days, less the 30 of silence that count as none.
const KNOWN_FOR: i64 = 60 * DAY;
/// The sources: one that lists the newest, one that lists all that it ever had, without dates, and one with articles of the first.
const IDS: [&str; 3] = ["a", "b", "c"];
const LISTED: [usize; 3] = [6, usize::MAX, 4];

/// 2026-11-20 00:00 UTC, and what has passed since: nextest runs each test in a process of its own.
static NOW: AtomicI64 = AtomicI64::new(1_795_132_800);

fn now() -> Timestamp {
    Timestamp::from_second(NOW.load(Ordering::Relaxed)).expect("a time")
}

/// What happens within some days.
#[derive(Clone, Debug)]
struct Step {
    days: i64,
    /// New entries of each source.
    new: [u32; 3],
    /// An entry of a source that is taken out of its document, counted from its end, or put back.
    moved: Option<(usize, usize, bool)>,
    /// Days for which a source does not answer.
    silent: Option<(usize, i64)>,
    keep_days: Option<u64>,
    restart: bool,
}

fn step() -> impl Strategy<Value = Step> {
    let moved = proptest::option::weighted(0.6, (0..3usize, 0..12usize, any::<bool>()));
    let silent = proptest::option::weighted(0.05, (0..3usize, 20..200i64));
    let keep_days = proptest::option::weighted(0.1, 10..80u64);
    (1..9i64, [0..3u32, 0..2, 0..2], moved, silent, keep_days, proptest::bool::weighted(0.1))
        .prop_map(|(days, new, moved, silent, keep_days, restart)| Step { days, new, moved, silent, keep_days, restart })
}

/// A source as it is.
#[derive(Default)]
struct Paper {
    /// Entries that its document lists, the newest first, and those that it does not.
    listed: Vec<u32>,
    hidden: Vec<u32>,
    published: u32,
    silent_until: i64,
    last_poll: i64,
    /// When a poll last found an entry.
    found: BTreeMap<u32, i64>,
}

impl Paper {
    fn publish(&mut self, new: u32, room: usize) {
        for _ in 0..new {
            self.listed.insert(0, self.published);
            self.published += 1;
        }
        self.hidden.extend(self.listed.drain(room.min(self.listed.len())..));
    }

    fn move_one(&mut self, place: usize, back: bool) {
        let (from, to) = if back { (&mut self.hidden, &mut self.listed) } else { (&mut self.listed, &mut self.hidden) };
        // One that stays is known from the document before, as in any that is not another one by mistake.
        if from.len() > usize::from(!back) {
            to.push(from.remove(from.len() - 1 - place % (from.len() - usize::from(!back))));
        }
    }
}

/// An entry of a source.
fn entry(source: usize, number: u32) -> Item {
    let id = IDS[source];
    let title = format!("{id} đưa tin số {number} về xã {}", number * 7919);
    let date = match source {
        1 => String::new(),
        // Every third says that it is years old.
        _ => now_minus(i64::from(number.is_multiple_of(3)) * 3000 + 1),
    };
    let host = if source == 2 { "a" } else { id };
    item(&format!("{id}-{number}"), &format!("https://{host}.vn/bai-{number}.html"), &title, &date)
}

fn now_minus(days: i64) -> String {
    let time = Timestamp::from_second(1_795_132_800 - days * DAY).expect("a time");
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

struct Newsroom {
    origin: Origin,
    folder: TempDir,
    runtime: Runtime,
    config: String,
    open: Option<(Arc<Store>, Desk)>,
    papers: [Paper; 3],
    keep_days: u64,
}

impl Newsroom {
    fn new() -> Self {
        let (origin, folder) = (Origin::new(), tempfile::tempdir().expect("a folder"));
        let config = home(&IDS.map(|id| (id, origin.url(&format!("/{id}")))));
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        let mut room = Self { origin, folder, runtime, config, open: None, papers: Default::default(), keep_days: 30 };
        room.restart();
        room
    }

    fn restart(&mut self) {
        self.open = None;
        let (config, _) = config::read("feeds.toml", &self.config, &|_| None).unwrap_or_else(|faults| panic!("{faults}"));
        let store = Arc::new(Store::open(&self.folder.path().join("data")).expect("a store"));
        self.open = Some((store, Desk::new(config, now).expect("a desk")));
    }

    fn store(&self) -> &Arc<Store> {
        &self.open.as_ref().expect("it is open").0
    }

    fn take(&mut self, step: &Step) {
        NOW.fetch_add(step.days * DAY, Ordering::Relaxed);
        if step.restart {
            self.restart();
        }
        self.keep_days = step.keep_days.unwrap_or(self.keep_days);
        if let Some((source, days)) = step.silent {
            self.papers[source].silent_until = now().as_second() + days * DAY;
        }
        for (paper, (new, room)) in self.papers.iter_mut().zip(step.new.into_iter().zip(LISTED)) {
            paper.publish(new, room);
        }
        if let Some((source, place, back)) = step.moved {
            self.papers[source].move_one(place, back);
        }
        (0..3).for_each(|source| self.poll(source));
        let keep = Duration::from_secs(self.keep_days * DAY as u64);
        self.runtime.block_on(prune(self.store(), keep, now())).expect("pruning");
    }

    /// Polls a source, if it answers: what nobody has polled before is new, and nothing that may be in its documents still.
    fn poll(&mut self, source: usize) {
        let (id, second) = (IDS[source], now().as_second());
        if self.papers[source].silent_until > second || self.papers[source].listed.is_empty() {
            return;
        }
        let items: Vec<Item> = self.papers[source].listed.iter().map(|number| entry(source, *number)).collect();
        self.origin.set(&format!("/{id}"), feed(&items));
        let (store, desk) = self.open.as_ref().expect("it is open");
        let before = store.source_states().expect("states").get(id).cloned();
        let looked = Looked { at: now(), welcome: true };
        let polled = self.runtime.block_on(poll(desk, store, &desk.config.sources[id], before, Ok(looked), None, &at_once));
        assert_ne!(polled.outcome, Outcome::Failed, "{polled:?}");
        let paper = &mut self.papers[source];
        let (mut unseen, mut forgettable) = (0, 0);
        for number in &paper.listed {
            match paper.found.insert(*number, second) {
                None => unseen += 1,
                Some(last) if last < paper.last_poll && second - last > KNOWN_FOR => forgettable += 1,
                Some(_) => {}
            }
        }
        paper.last_poll = second;
        assert!(
            (unseen..=unseen + forgettable).contains(&polled.new),
            "{} of {id}'s entries came as new, where {unseen} are and {forgettable} might have been forgotten",
            polled.new
        );
    }

    fn count(&self, what: &str) -> u64 {
        self.store().stats().expect("counts").into_iter().find(|(name, _)| *name == what).expect("the kind").1
    }
}

#[test]
fn an_entry_that_is_listed_for_some_days_between_two_weeks_is_known_for_as_long_as_any() {
    let mut room = Newsroom::new();
    let quiet = Step { days: 7, new: [0; 3], moved: None, silent: None, keep_days: Some(10), restart: false };
    let goes = Step { moved: Some((0, 0, false)), ..quiet.clone() };
    room.take(&Step { new: [2, 0, 0], ..quiet.clone() });
    room.take(&quiet);
    room.take(&goes);
    assert_eq!(room.count("stories"), 0, "both are pruned");
    (0..13).for_each(|_| room.take(&quiet));
    // Three days after the last week it is back, four days later it is gone: 98 days without it in any week.
    let returns = Step { days: 3, moved: Some((0, 0, true)), ..quiet };
    room.take(&returns);
    room.take(&Step { days: 4, ..goes });
    room.take(&returns);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3, max_shrink_iters: 5, ..ProptestConfig::default() })]

    #[test]
    fn nothing_pruned_comes_back_and_nothing_stays_for_good(steps in proptest::collection::vec(step(), 100)) {
        let mut room = Newsroom::new();
        steps.iter().for_each(|step| room.take(step));
        // Then the papers list their two newest only, and nothing new.
        for paper in &mut room.papers {
            (paper.silent_until, paper.hidden) = (0, Vec::new());
            paper.listed.truncate(2);
        }
        let quiet = Step { days: 5, new: [0; 3], moved: None, silent: None, keep_days: Some(30), restart: false };
        (0..30).for_each(|_| room.take(&quiet));
        let listed: BTreeSet<String> = (0..3).flat_map(|source| room.papers[source].listed.iter().map(move |n| entry(source, *n).link)).collect();
        prop_assert_eq!(room.count("stories"), 0);
        // Of a story that one source lists, the other's name stays too.
        prop_assert!(room.count("names of entries") <= 2 * listed.len() as u64, "{} names", room.count("names of entries"));
        prop_assert!(room.count("marks of pruned stories") <= 2 * listed.len() as u64);
        prop_assert!(room.count("links") <= listed.len() as u64, "{} links", room.count("links"));
        // One that another source brought back has gone twice; and the last change keeps its number.
        prop_assert!(room.count("changes") <= 2 * listed.len() as u64 + 1, "{} changes", room.count("changes"));
        prop_assert_eq!(room.runtime.block_on(room.store().inspect()).expect("an inspection"), []);
    }
}
