//! The table of the schedule, and the bounds that hold for every input.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use proptest::prelude::*;

use super::*;
use crate::model::{Content, Manners, Origin, Slug};

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;

pub(super) fn now() -> Timestamp {
    Timestamp::from_second(1_795_132_800).unwrap()
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * MINUTE)
}

pub(super) fn source(every: Option<Duration>) -> Source {
    Source {
        id: Slug::new("a").unwrap(),
        name: "A".to_owned(),
        place: None,
        tags: Vec::new(),
        origin: Origin::Feed { url: "https://a.vn/rss".parse().unwrap() },
        home: "https://a.vn/rss".parse().unwrap(),
        every,
        rank: 0,
        enabled: true,
        headers: BTreeMap::new(),
        timezone: TimeZone::UTC,
        encoding: None,
        content: Content::Summary,
        tracking: Vec::new(),
    }
}

pub(super) fn settings() -> FetchSettings {
    FetchSettings {
        every: minutes(15),
        min_every: minutes(5),
        max_every: minutes(360),
        timeout: Duration::from_secs(30),
        max_body: 1,
        parallel: 1,
        per_host: 1,
        spacing: Duration::ZERO,
        proxy: None,
        private_networks: Vec::new(),
    }
}

pub(super) fn state(interval_minutes: u64, failures: u32) -> SourceState {
    SourceState {
        settings: 7,
        etag: None,
        last_modified: None,
        body: None,
        next: now(),
        checked: now(),
        succeeded: Some(now()),
        interval_seconds: interval_minutes * MINUTE,
        failures,
        error: None,
        manners: Manners::default(),
    }
}

fn wait(decided: (Duration, Timestamp)) -> u64 {
    u64::try_from(decided.1.duration_since(now()).as_secs()).expect("not before now")
}

fn retry_after(seconds: u64) -> Wishes {
    Wishes { retry_after: Some(Duration::from_secs(seconds)), ..Wishes::default() }
}

fn fresh_for(seconds: u64) -> Wishes {
    Wishes { fresh_for: Some(Duration::from_secs(seconds)), ..Wishes::default() }
}

#[test]
fn the_interval_follows_what_the_source_does() {
    // (fixed every, interval before, failures before), what was heard → minutes that are remembered, minutes until the next poll
    let cases = [
        ((None, None, 0), Heard::News, 10, 10),
        ((None, None, 0), Heard::NoNews, 22, 22),
        ((None, None, 0), Heard::Failure, 15, 15),
        ((None, Some(60), 0), Heard::News, 40, 40),
        ((None, Some(60), 0), Heard::NoNews, 90, 90),
        ((None, Some(6), 0), Heard::News, 5, 5),
        ((None, Some(300), 0), Heard::NoNews, 360, 360),
        ((None, Some(5), 0), Heard::Failure, 5, 10),
        ((None, Some(5), 1), Heard::Failure, 5, 20),
        ((None, Some(60), 0), Heard::Failure, 60, 60),
        ((None, Some(60), 2), Heard::Failure, 60, 240),
        ((None, Some(60), 9), Heard::Failure, 60, 1440),
        ((None, Some(60), u32::MAX), Heard::Failure, 60, 1440),
        ((None, Some(60), 9), Heard::News, 40, 40),
        ((Some(30), Some(60), 0), Heard::News, 30, 30),
        ((Some(30), Some(60), 0), Heard::NoNews, 30, 30),
        ((Some(1), Some(1), 3), Heard::Failure, 1, 80),
    ];
    for ((every, before, failures), heard, remembered, waits) in cases {
        let before = before.map(|interval| state(interval, failures));
        let decided = next(&source(every.map(minutes)), before.as_ref(), heard, Wishes::default(), &settings(), now());
        let case = format!("{every:?} {before:?} {heard:?}");
        assert_eq!(decided.0.as_secs() / MINUTE, remembered, "{case}");
        let (least, most) = (waits * MINUTE * 9 / 10, (waits + 1) * MINUTE * 11 / 10);
        assert!((least..=most).contains(&wait(decided)), "{case}: {} s", wait(decided));
    }
}

#[test]
fn a_source_that_recovers_is_asked_as_often_as_before() {
    let (mut before, mut failures) = (state(30, 0), 0);
    for _ in 0..6 {
        let (interval, _) = next(&source(None), Some(&before), Heard::Failure, Wishes::default(), &settings(), now());
        failures += 1;
        before = state(interval.as_secs() / MINUTE, failures);
    }
    let (interval, _) = next(&source(None), Some(&before), Heard::News, Wishes::default(), &settings(), now());
    assert_eq!(interval, minutes(20));
}

#[test]
fn what_the_source_asks_for_is_a_lower_bound() {
    let of = |every: Option<u64>, heard, wishes| {
        wait(next(&source(every.map(minutes)), Some(&state(15, 0)), heard, wishes, &settings(), now()))
    };
    assert_eq!(of(None, Heard::Failure, retry_after(2 * HOUR)), 2 * HOUR);
    assert_eq!(of(Some(5), Heard::Failure, retry_after(2 * HOUR)), 2 * HOUR, "also where the interval is fixed");
    assert_eq!(of(None, Heard::NoNews, fresh_for(12 * HOUR)), 12 * HOUR);
    assert!(of(Some(5), Heard::NoNews, fresh_for(12 * HOUR)) < HOUR, "a fixed interval is the administrator's word");
    for silly in [retry_after(0), fresh_for(0), fresh_for(1)] {
        assert!(of(None, Heard::NoNews, silly) >= 18 * MINUTE, "it makes nothing quicker");
    }
    for silly in [retry_after(u64::MAX), retry_after(999_999_999), fresh_for(u64::MAX)] {
        assert_eq!(of(None, Heard::Failure, silly), 24 * HOUR, "at most a day");
    }
}

#[test]
fn a_source_is_due_at_its_time_or_at_a_new_address() {
    let due = |source: &Source, state: Option<&SourceState>| is_due(source, state, now());
    let later = SourceState { next: now() + jiff::SignedDuration::from_secs(1), ..state(15, 0) };
    assert!(due(&source(None), None), "never polled");
    assert!(due(&source(None), Some(&state(15, 0))), "the second has come");
    assert!(!due(&source(None), Some(&later)));
    let asleep = Source { enabled: false, ..source(None) };
    assert!(!due(&asleep, None) && !due(&asleep, Some(&state(15, 0))));
}

#[test]
fn sources_do_not_march_in_step() {
    let waits: Vec<u64> = (0..1000)
        .map(|n| {
            let source = Source { id: Slug::new(format!("s{n}")).unwrap(), ..source(Some(minutes(60))) };
            wait(next(&source, None, Heard::NoNews, Wishes::default(), &settings(), now()))
        })
        .collect();
    let mean = waits.iter().sum::<u64>() / 1000;
    assert!((3500..3700).contains(&mean), "{mean}");
    let mut each: BTreeMap<u64, usize> = BTreeMap::new();
    waits.iter().for_each(|wait| *each.entry(*wait).or_default() += 1);
    assert!(each.values().all(|&count| count < 25), "no second is crowded: {each:?}");
}

fn heard() -> impl Strategy<Value = Heard> {
    prop_oneof![Just(Heard::News), Just(Heard::NoNews), Just(Heard::Failure)]
}

proptest! {
    #[test]
    fn the_next_poll_is_within_its_bounds(
        every in proptest::option::of(1u64..100_000),
        interval in 0u64..1_000_000,
        failures in any::<u32>(),
        heard in heard(),
        retry in proptest::option::of(any::<u64>()),
        fresh in proptest::option::of(any::<u64>()),
        at in -1_000_000_000i64..4_000_000_000,
    ) {
        let source = source(every.map(Duration::from_secs));
        let before = SourceState { interval_seconds: interval, failures, ..state(0, 0) };
        let wishes = Wishes { retry_after: retry.map(Duration::from_secs), fresh_for: fresh.map(Duration::from_secs) };
        let at = Timestamp::from_second(at).unwrap();
        let (remembered, time) = next(&source, Some(&before), heard, wishes, &settings(), at);
        let waits = time.duration_since(at).as_secs();
        prop_assert!(waits >= 0, "never before now");
        prop_assert!(waits <= 24 * 3600 * 11 / 10 || every.is_some_and(|every| every > 24 * 3600), "{waits}");
        match every {
            Some(every) => prop_assert_eq!(remembered, Duration::from_secs(every)),
            None => prop_assert!((settings().min_every..=settings().max_every).contains(&remembered)),
        }
        if retry.is_none() && fresh.is_none() && heard != Heard::Failure {
            let exact = remembered.as_secs_f64();
            prop_assert!((waits as f64) >= exact * 0.9 - 1.0 && (waits as f64) <= exact * 1.1 + 1.0, "{waits} {exact}");
        }
        prop_assert_eq!(next(&source, Some(&before), heard, wishes, &settings(), at), (remembered, time), "the same answer");
    }
}
