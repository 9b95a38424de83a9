//! What an edit of the configuration does to the timetable, and what it leaves alone.

use std::collections::BTreeSet;

use super::*;
use crate::config;
use crate::flow::push;
use crate::model::Manners;

fn now() -> Timestamp {
    Timestamp::from_second(1_795_132_800).expect("a time")
}

fn desk(fetch: &str, sources: &[(String, &str)]) -> Desk {
    let source = |(id, more): &(String, &str)| format!("[source.{id}]\nurl = \"https://{id}.vn/rss\"\n{more}\n");
    let text = format!("[fetch]\n{fetch}\n{}", sources.iter().map(source).collect::<String>());
    let (config, _) = config::read("feeds.toml", &text, &|_| None).unwrap_or_else(|faults| panic!("{faults}"));
    Desk::new(config, now).expect("a desk")
}

fn named(count: usize) -> Vec<(String, &'static str)> {
    (0..count).map(|n| (format!("s{n}"), "")).collect()
}

/// A state of each source, polled an hour before `next`.
fn states(desk: &Desk, next: Timestamp, trouble: Option<Trouble>) -> BTreeMap<SourceId, SourceState> {
    let state = |source: &Source| SourceState {
        settings: source.settings(),
        next,
        succeeded: None,
        interval_seconds: 3600,
        failures: u32::from(trouble.is_some()),
        manners: Manners { trouble, ..Manners::default() },
        ..SourceState::bare(next.min(now()) - SignedDuration::from_hours(1))
    };
    desk.config.sources.values().map(|source| (source.id.clone(), state(source))).collect()
}

struct Case {
    round: Round,
    _folder: tempfile::TempDir,
}

fn begun(desk: Desk, states: BTreeMap<SourceId, SourceState>) -> Case {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Arc::new(Store::open(folder.path()).expect("a store"));
    let (_, latest) = watch::channel(desk.clone());
    let states = states.into_iter().map(|(id, state)| (id, Arc::new(state))).collect();
    Case { round: Round::new(desk, latest, store, states), _folder: folder }
}

/// The sources that are due by a time.
fn due(case: &Case, at: Timestamp) -> Vec<String> {
    let mut timetable = case.round.timetable.clone();
    std::iter::from_fn(|| timetable.take_due(at)).map(|id| id.to_string()).collect()
}

#[test]
fn an_edit_leaves_what_is_spread_where_it_stands() {
    let before = desk("", &named(500));
    let overdue = states(&before, now() - SignedDuration::from_hours(9), None);
    let mut case = begun(before, overdue);
    let first = due(&case, now() + SignedDuration::from_mins(1)).len();
    assert!(first < 30, "{first} of 500 in the first minute of an hour");
    let mut edited = named(500);
    edited[7].1 = "name = \"Tên khác\"";
    edited.push(("moi".to_owned(), ""));
    case.round.take_over(desk("", &edited));
    let after = due(&case, now() + SignedDuration::from_mins(1));
    assert!(after.contains(&"moi".to_owned()) && after.len() == first + 1, "only the new one is due: {after:?}");
}

#[test]
fn who_is_gone_or_out_of_use_is_asked_no_more() {
    let before = desk("", &named(3));
    let later = states(&before, now() + SignedDuration::from_hours(1), None);
    let mut case = begun(before, later);
    case.round.take_over(desk("", &[("s0".to_owned(), ""), ("s1".to_owned(), "enabled = false")]));
    assert_eq!(due(&case, now() + SignedDuration::from_hours(9)), ["s0"]);
}

#[test]
fn a_shorter_interval_counts_at_once() {
    let before = desk("", &named(2));
    let later = states(&before, now() + SignedDuration::from_hours(6), None);
    let mut case = begun(before, later);
    case.round.take_over(desk("", &[("s0".to_owned(), "every = \"90m\""), ("s1".to_owned(), "")]));
    assert!(due(&case, now() + SignedDuration::from_mins(29)).is_empty());
    assert_eq!(due(&case, now() + SignedDuration::from_mins(31)), ["s0"], "90 minutes after its last poll");
}

#[test]
fn who_failed_for_want_of_a_setting_is_asked_when_that_is_changed() {
    let before = desk("", &named(1));
    let hopeless = states(&before, now() + SignedDuration::from_hours(20), Some(Trouble::TooLarge));
    let mut case = begun(before, hopeless);
    case.round.take_over(desk("", &named(1)));
    assert!(due(&case, now()).is_empty(), "nothing was changed");
    case.round.take_over(desk("max_body = \"64 MiB\"", &named(1)));
    assert_eq!(due(&case, now()), ["s0"]);
}

#[test]
fn what_hubs_announced_while_nobody_listened_is_made_up_for() {
    let before = desk("", &named(2));
    let mut later = states(&before, now() + SignedDuration::from_hours(5), None);
    for (id, state) in &mut later {
        state.checked = now() - SignedDuration::from_mins(5);
        if id.as_str() == "s0" {
            state.because = Because::Announced(crate::model::Expected::default());
        }
    }
    let case = begun(before, later);
    assert!(due(&case, now() + SignedDuration::from_mins(9)).is_empty(), "a restart asks nobody at once");
    assert_eq!(due(&case, now() + SignedDuration::from_mins(11)), ["s0"], "fetch.every after its last poll");
}

#[test]
fn an_announcement_brings_a_source_forward_and_many_change_nothing() {
    let before = desk("", &named(2));
    let later = states(&before, now() + SignedDuration::from_hours(5), None);
    let mut case = begun(before, later);
    let id = SourceId::new("s0").expect("a slug");
    let pushes = Arc::clone(&case.round.desk.pushes);
    pushes.decide_here(&id, |announced| push::heard(announced, now()));
    for _ in 0..3 {
        case.round.take_hints(BTreeSet::from([id.clone(), SourceId::new("khong-co").expect("a slug")]));
        assert_eq!(due(&case, now()), ["s0"]);
    }
    case.round.under_way.insert(id.clone());
    case.round.timetable.remove(&id);
    case.round.take_hints(BTreeSet::from([id.clone()]));
    assert!(due(&case, now()).is_empty(), "it is being polled");
    case.round.note(id, Turn::NotWanted);
    assert_eq!(due(&case, now()), ["s0"], "and is polled once more for what came meanwhile");
}
