//! The decisions of the schedule, and the bounds that hold for every input.

mod properties;

use std::collections::BTreeMap;

use jiff::tz::{Offset, TimeZone};

use super::*;
use crate::model::{Content, Manners, Origin, Slug};

const MINUTE: u64 = 60;
const HOUR: u64 = 3600;

/// A Wednesday, 10:00 in Vietnam.
pub(super) fn now() -> Timestamp {
    "2026-11-25T03:00:00Z".parse().unwrap()
}

fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * MINUTE)
}

fn named(id: &str, host: &str, every: Option<Duration>) -> Source {
    let url: url::Url = format!("https://{host}/{id}.rss").parse().unwrap();
    Source {
        id: Slug::new(id).unwrap(),
        name: "A".to_owned(),
        place: None,
        tags: Vec::new(),
        origin: Origin::Feed { url: url.clone() },
        home: url,
        every,
        rank: 0,
        enabled: true,
        push: true,
        gone: true,
        headers: BTreeMap::new(),
        timezone: TimeZone::fixed(Offset::from_hours(7).unwrap()),
        encoding: None,
        content: Content::Summary,
        tracking: Vec::new(),
        link_hosts: Vec::new(),
    }
}

pub(super) fn source(every: Option<Duration>) -> Source {
    named("a", "a.vn", every)
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
        push: true,
        gone: true,
        proxy: None,
        name_servers: Vec::new(),
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
        because: Because::Unsaid,
        habits: None,
        failures,
        error: None,
        manners: Manners::default(),
        vanished: Vec::new(),
        roll_call: None,
    }
}

/// Habits after 20 days of entries, at times of the day that wander, polled each half hour.
fn habits(entries_a_day: i64) -> Habits {
    let mut habits: Option<Habits> = None;
    let begin = ago(20 * 24 * 60).as_second();
    let mut last = begin;
    for poll in (begin..=now().as_second()).step_by(1800) {
        let gap = if entries_a_day == 0 { i64::MAX } else { 24 * 3600 / entries_a_day * 38 / 37 + 1 };
        let new: Vec<_> = (last + 1..=poll).filter(|t| t % gap == 0).map(|t| Timestamp::from_second(t).ok()).collect();
        let document = Some(Read { entries: 20, asked: Asked::default() });
        let at = Timestamp::from_second(poll).unwrap();
        habits = Some(learn(habits.as_ref(), &Answered { new: &new, document }, 7 * 3600, at));
        last = poll;
    }
    habits.unwrap()
}

fn knowing(habits: Habits) -> SourceState {
    SourceState { habits: Some(habits), ..state(30, 0) }
}

const NOTHING: Answered = Answered { new: &[], document: None };

fn plan(source: &Source, state: Option<&SourceState>, answered: Answered, fresh_for: Option<Duration>) -> Plan {
    next(source, state, answered, fresh_for, &settings(), 500.0, now())
}

fn waits(plan: &Plan) -> u64 {
    u64::try_from(plan.next.duration_since(now()).as_secs()).expect("not before now")
}

fn fresh_for(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

/// Whether a wait is as long as was asked for, or up to a tenth longer.
fn is_about(waits: u64, seconds: u64) -> bool {
    (seconds..=seconds * 11 / 10).contains(&waits)
}

#[test]
fn who_publishes_more_is_asked_more_often() {
    let intervals: Vec<u64> = [0, 1, 4, 24, 96, 960]
        .map(|a_day| {
            let plan = plan(&source(None), Some(&knowing(habits(a_day))), NOTHING, None);
            plan.interval.as_secs() / MINUTE
        })
        .into();
    assert!(intervals.is_sorted_by(|a, b| a > b), "{intervals:?}");
    // The root: a rate sixteen times as high halves the interval twice, not four times.
    let ratio = intervals[1] as f64 / intervals[3] as f64;
    assert!((3.5..7.0).contains(&ratio), "{ratio} for 24 times the rate: {intervals:?}");
}

#[test]
fn a_source_is_asked_when_it_publishes() {
    // Ten entries each day at 06:05, for three weeks; polls at midnight and at noon.
    let mut habits: Option<Habits> = None;
    let midnight = "2026-11-03T17:00:00Z".parse::<Timestamp>().unwrap();
    for half_day in 0..42 {
        let at = midnight + SignedDuration::from_hours(12 * half_day);
        let bulletin = at - SignedDuration::from_mins(5 * 60 + 55);
        let new: Vec<_> = (0..10).map(|n| Some(bulletin + SignedDuration::from_secs(n))).collect();
        let new = if half_day % 2 == 1 { &new[..] } else { &[] };
        habits = Some(learn(habits.as_ref(), &Answered { new, document: None }, 7 * 3600, at));
    }
    let habits = habits.unwrap();
    let share = habits.quarters[6][0] as f64 / habits.quarters.iter().flatten().map(|&n| f64::from(n)).sum::<f64>();
    assert!(share > 0.95, "all of them lie in one quarter hour: {share}");
    let at = |time: &str| {
        let now: Timestamp = time.parse().unwrap();
        let state = SourceState { habits: Some(Habits { until_second: now.as_second(), ..habits.clone() }), ..state(60, 0) };
        let plan = next(&source(None), Some(&state), NOTHING, None, &settings(), 10_000.0, now);
        plan.interval.as_secs() / MINUTE
    };
    let early = at("2026-11-24T22:00:00Z");
    assert!((66..=95).contains(&early), "at 05:00 it waits for the bulletin at 06:05 to be over: {early} minutes");
    assert!(at("2026-11-25T00:00:00Z") > 120, "after it nothing comes for long");
}

#[test]
fn a_first_document_teaches() {
    let of = |new: &[Option<Timestamp>]| {
        let document = Some(Read { entries: new.len(), asked: Asked::default() });
        plan(&source(None), None, Answered { new, document }, None)
    };
    let busy: Vec<_> = (0..30).map(|n| Some(ago(20 * n))).collect();
    let slow: Vec<_> = (0..30).map(|n| Some(ago(24 * 60 * n))).collect();
    let dead: Vec<_> = (0..30).map(|n| Some(ago(24 * 60 * (400 + n)))).collect();
    let [busy, slow, dead] = [of(&busy), of(&slow), of(&dead)];
    assert!(busy.interval < slow.interval && slow.interval < dead.interval, "{busy:?} {slow:?} {dead:?}");
    assert!(dead.interval > minutes(200), "{:?}", dead.interval);
    for unknown in [of(&[]), of(&[None, None])] {
        assert_eq!((unknown.interval, unknown.because), (minutes(15), Because::FirstGuess));
    }
}

#[test]
fn entries_without_dates_count_between_the_polls() {
    let before = habits(4);
    let new = [None; 3];
    let learned = learn(Some(&before), &Answered { new: &new, document: None }, 7 * 3600, now() + SignedDuration::from_mins(30));
    let of = |habits: &Habits, quarters: std::ops::Range<usize>| {
        habits.quarters[10][quarters].iter().map(|&parts| u32::from(parts)).sum::<u32>()
    };
    // 10:00 to 10:30, and some of it rounded away.
    let came = of(&learned, 0..2) - of(&before, 0..2);
    assert!((3 * 64 - 4..=3 * 64).contains(&came), "{came}");
    // A date that lies before the last poll, or in the future, is no better than none.
    let new = [Some(ago(600)), Some(now() + SignedDuration::from_hours(7)), None];
    let odd = learn(Some(&before), &Answered { new: &new, document: None }, 7 * 3600, now() + SignedDuration::from_mins(30));
    assert_eq!(odd, learned);
    // One of last week was put back, and teaches nothing.
    let old = [Some(ago(60 * 24 * 7)); 30];
    let put_back = learn(Some(&before), &Answered { new: &old, document: None }, 7 * 3600, now() + SignedDuration::from_mins(30));
    let nothing = learn(Some(&before), &Answered::default(), 7 * 3600, now() + SignedDuration::from_mins(30));
    assert_eq!(put_back, nothing);
}

#[test]
fn a_burst_is_followed_closely_and_a_silence_is_believed() {
    let quiet = knowing(habits(12));
    let usual = plan(&source(None), Some(&quiet), NOTHING, None).interval;
    let mut habits = habits(12);
    // Four bursts on the days before, and now the beginning of another.
    for day in (1..=4).rev() {
        let new: Vec<_> = (0..8).map(|n| Some(ago(24 * 60 * day - 10 * n))).collect();
        let at = ago(24 * 60 * day - 90);
        habits = learn(
            Some(&Habits { until_second: ago(24 * 60 * day + 10).as_second(), ..habits }),
            &Answered { new: &new, document: None },
            7 * 3600,
            at,
        );
    }
    let new = [Some(ago(20)), Some(ago(12)), Some(ago(5))];
    let answered = Answered { new: &new, document: None };
    let excited = plan(&source(None), Some(&knowing(Habits { until_second: ago(30).as_second(), ..habits })), answered, None);
    assert!(excited.interval < usual * 2 / 3, "{:?} {usual:?}", excited.interval);

    let mut state = quiet;
    for hour in 1..=24 * 20 {
        let at = now() + SignedDuration::from_hours(hour);
        let plan = next(&source(None), Some(&state), NOTHING, None, &settings(), 500.0, at);
        state = SourceState { habits: Some(plan.habits), interval_seconds: plan.interval.as_secs(), ..state };
    }
    assert!(state.interval_seconds > 4 * usual.as_secs(), "{} {usual:?}", state.interval_seconds);
}

#[test]
fn a_poll_comes_before_the_window_has_rolled_over() {
    let with_window = |window: u16, crowd: u16| {
        let habits = Habits { window, crowd: crowd * 64, ..habits(240) };
        // So dear that nothing else would make it poll.
        next(&source(None), Some(&knowing(habits)), NOTHING, None, &settings(), 1e12, now())
    };
    let roomy = with_window(500, 0);
    assert!(matches!(roomy.because, Because::Longest(_)), "{:?}", roomy.because);
    let tight = with_window(20, 0);
    assert!(matches!(tight.because, Because::Window(_)), "{:?}", tight.because);
    // About ten entries an hour, and room for ten.
    assert!((25..=75).contains(&(tight.interval.as_secs() / MINUTE)), "{:?}", tight.interval);
    assert!(with_window(20, 12).interval < tight.interval, "and for a crowd as there was one before");
}

#[test]
fn what_the_source_asks_for_is_a_lower_bound() {
    let of = |every: Option<u64>, answered, wishes| {
        let plan = plan(&source(every.map(minutes)), Some(&knowing(habits(24))), answered, wishes);
        (waits(&plan), plan.because)
    };
    let asked = |wish| Because::Asked(wish);
    let (waits, because) = of(None, NOTHING, fresh_for(12 * HOUR));
    assert!(is_about(waits, 12 * HOUR) && because == asked(Wish::MaxAge), "{waits} {because:?}");
    assert_eq!(of(Some(5), NOTHING, fresh_for(12 * HOUR)).1, Because::Fixed, "a fixed interval is the administrator's word");
    let usual = of(None, NOTHING, None);
    for silly in [fresh_for(0), fresh_for(1)] {
        assert_eq!(of(None, NOTHING, silly), usual, "it makes nothing quicker");
    }
    for silly in [fresh_for(999_999_999), fresh_for(u64::MAX)] {
        assert!(is_about(of(None, NOTHING, silly).0, 24 * HOUR), "about a day at the most");
    }
}

#[test]
fn who_asks_for_the_same_does_not_come_back_in_step() {
    let known = knowing(habits(24));
    let of = |n: u32, asked: Asked, fresh_for| {
        let source = Source { id: Slug::new(format!("s{n}")).unwrap(), ..source(None) };
        let answered = Answered { document: Some(Read { entries: 20, asked }), ..NOTHING };
        waits(&plan(&source, Some(&known), answered, fresh_for))
    };
    // It is 03:00 UTC.
    let skipping = Asked { skip_hours: 0xFFF, ..Asked::default() };
    let ttl = Asked { minutes: 120, ..Asked::default() };
    for (asked, fresh_for, least) in [(Asked::default(), fresh_for(7200), 7200), (ttl, None, 7200), (skipping, None, 9 * HOUR)] {
        let mut seconds = BTreeMap::<u64, usize>::new();
        (0..3000).for_each(|n| *seconds.entry(of(n, asked, fresh_for)).or_default() += 1);
        assert!(seconds.keys().all(|waits| *waits >= least), "{seconds:?}");
        let (first, last) = (seconds.keys().next().unwrap(), seconds.keys().last().unwrap());
        assert!(last - first > 60, "{first} to {last}");
        assert!(seconds.values().all(|count| *count < 3 * 3000 / (last - first) as usize + 12), "{seconds:?}");
    }
}

#[test]
fn what_a_document_asked_for_is_remembered_while_it_does_not_change() {
    let asked = Asked { minutes: 240, ..Asked::default() };
    let answered = Answered { new: &[], document: Some(Read { entries: 20, asked }) };
    let first = plan(&source(None), Some(&knowing(habits(24))), answered, None);
    assert!(is_about(waits(&first), 4 * HOUR) && first.because == Because::Asked(Wish::Ttl), "{first:?}");
    let second = plan(&source(None), Some(&SourceState { habits: Some(first.habits.clone()), ..state(30, 0) }), NOTHING, None);
    assert_eq!((waits(&second), second.because), (waits(&first), first.because), "304 says nothing, and means the same");
}

#[test]
fn a_source_is_due_at_its_time_or_at_a_new_address() {
    let due = |source: &Source, state: Option<&SourceState>| is_due(source, state, now());
    let at = |seconds: i64| SourceState { next: now() + SignedDuration::from_secs(seconds), ..state(15, 0) };
    assert!(due(&source(None), None), "never polled");
    assert!(due(&source(None), Some(&at(0))), "the second has come");
    assert!(!due(&source(None), Some(&at(1))));
    assert!(!due(&source(None), Some(&at(26 * 3600))), "a long wait");
    let ahead = SourceState { checked: now() + SignedDuration::from_secs(1), ..at(3600) };
    assert!(due(&source(None), Some(&ahead)), "it was decided before the clock was put back");
    let gone = SourceState { manners: Manners { trouble: Some(Trouble::Gone), ..Manners::default() }, ..at(0) };
    assert!(!due(&source(None), Some(&gone)), "gone for good");
    let asleep = Source { enabled: false, ..source(None) };
    assert!(!due(&asleep, None) && !due(&asleep, Some(&at(0))));
}

#[test]
fn sources_do_not_march_in_step() {
    let waits: Vec<u64> =
        (0..1000).map(|n| waits(&plan(&named(&format!("s{n}"), "a.vn", Some(minutes(60))), None, NOTHING, None))).collect();
    let mean = waits.iter().sum::<u64>() / 1000;
    assert!((3500..3700).contains(&mean), "{mean}");
    let mut each: BTreeMap<u64, usize> = BTreeMap::new();
    waits.iter().for_each(|wait| *each.entry(*wait).or_default() += 1);
    assert!(each.values().all(|&count| count < 25), "no second is crowded: {each:?}");
}

/// Requests an hour that the prices lead to, each source polled as it then would be, at this time of the week.
fn spent(prices: &Prices, sources: &[Source], states: &[SourceState]) -> f64 {
    let interval = |(source, state): (&Source, &SourceState)| {
        next(source, Some(state), NOTHING, None, &settings(), prices.of(source), now()).interval.as_secs_f64()
    };
    sources.iter().zip(states).map(|pair| 3600.0 / interval(pair)).sum()
}

#[test]
fn the_price_spends_the_budget() {
    let sources: Vec<Source> = (0..60).map(|n| named(&format!("s{n}"), &format!("h{n}.vn"), None)).collect();
    let states: Vec<SourceState> = [0, 1, 4, 24, 96, 240].map(habits).into_iter().cycle().take(60).map(knowing).collect();
    let of = |sources: &[Source]| prices(sources.iter().zip(states.iter().map(Some)), &settings());
    // 60 sources every 15 minutes are 240 an hour over the week; Wednesday morning has more of them.
    let polls = spent(&of(&sources), &sources, &states);
    assert!((240.0..400.0).contains(&polls), "{polls}");
    let aside = |change: fn(&mut Source)| {
        let mut sources = sources.clone();
        sources.iter_mut().step_by(2).for_each(change);
        of(&sources)
    };
    assert_ne!(aside(|source| source.every = Some(minutes(5))), of(&sources), "who is fixed is not paid from it");
    assert_eq!(aside(|source| source.every = Some(minutes(5))), aside(|source| source.enabled = false));
}

#[test]
fn a_host_with_many_sources_has_a_budget_of_its_own() {
    let sources: Vec<Source> = (0..60).map(|n| named(&format!("s{n}"), "a.vn", None)).collect();
    let alone = named("alone", "b.vn", None);
    let states: Vec<SourceState> = vec![knowing(Habits { excitement: 0, ..habits(24) }); 60];
    let all = sources.iter().chain([&alone]).zip(states.iter().chain([&states[0]]).map(Some));
    let prices = prices(all, &settings());
    assert!(prices.of(&sources[0]) > 2.0 * prices.of(&alone));
    // 120 an hour over the week.
    let polls = spent(&prices, &sources, &states);
    assert!((100.0..200.0).contains(&polls), "{polls}");
}

#[test]
fn what_a_crowded_host_may_not_spend_is_spent_elsewhere() {
    let at = |crowd: usize| -> Vec<Source> {
        let host = |n: usize| if n < crowd { "a.vn".to_owned() } else { format!("h{n}.vn") };
        (0..120).map(|n| named(&format!("s{n}"), &host(n), None)).collect()
    };
    let states: Vec<SourceState> = [4, 24, 96].map(habits).into_iter().cycle().take(120).map(knowing).collect();
    let of = |sources: &[Source]| prices(sources.iter().zip(states.iter().map(Some)), &settings());
    let (apart, crowded) = (at(0), at(90));
    let (before, after) = (of(&apart), of(&crowded));
    assert!(after.of(&crowded[119]) < before.of(&apart[119]) * 0.8, "{after:?} {before:?}");
    let (before, after) = (spent(&before, &apart, &states), spent(&after, &crowded, &states));
    assert!((0.8..1.1).contains(&(after / before)), "nearly as many requests as without the crowd: {after} {before}");
    // A host whose sources are more than its budget can pay leaves nothing, and takes nothing from the others but that.
    let huge: Vec<Source> = (0..2000).map(|n| named(&format!("s{n}"), "a.vn", None)).chain([named("b", "b.vn", None)]).collect();
    let habits = knowing(habits(24));
    let prices = prices(huge.iter().map(|source| (source, Some(&habits))), &settings());
    assert!(prices.of(&huge[2000]) < prices.of(&huge[0]));
}
