//! The subscriber's decisions, one after the other as days go by.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use url::{Url, form_urlencoded};

use super::step::after;
use super::*;
use crate::config;
use crate::model::{Hub, Push, SourceState, Subscription, Trouble};

mod worth;

const TOPIC: &str = "https://a.vn/rss?x=1&y=2";
const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_132_800 + second).expect("a time")
}

fn base() -> Url {
    "https://tin.example.vn/websub/".parse().unwrap()
}

fn hub(url: &str) -> Hub {
    Hub { url: url.to_owned(), topic: TOPIC.to_owned() }
}

/// What is known of a source that names a hub.
fn naming(url: &str) -> Push {
    Push { hub: Some(hub(url)), ..Push::default() }
}

/// A step with chance that depends on the time alone.
fn stepped(push: &mut Push, second: i64) -> Vec<Ask> {
    step(push, Some(&base()), at(second), || chance(second))
}

fn chance(second: i64) -> [u8; CHANCE_BYTES] {
    let mut bytes = [7; CHANCE_BYTES];
    bytes[..8].copy_from_slice(&second.to_be_bytes());
    bytes
}

fn asked(push: &mut Push, second: i64) -> Subscription {
    match stepped(push, second).as_slice() {
        [Ask::Subscribe(subscription)] => subscription.clone(),
        other => panic!("one subscription is asked for, not {other:?}"),
    }
}

fn query(mode: &str, topic: &str, lease: &str) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("hub.mode", mode).append_pair("hub.topic", topic).append_pair("hub.challenge", "thử thách");
    if !lease.is_empty() {
        query.append_pair("hub.lease_seconds", lease);
    }
    query.finish()
}

fn echo() -> Verdict {
    Verdict::Echo("thử thách".to_owned())
}

/// Subscribed to at second 0 for ten days, and confirmed at second 1.
fn subscribed() -> (Push, String) {
    let mut push = naming("https://hub.vn/");
    let token = asked(&mut push, 0).token().to_owned();
    assert_eq!(verify(&mut push, &token, &query("subscribe", TOPIC, "864000"), at(1)), echo());
    (push, token)
}

#[test]
fn a_hub_is_asked_once_and_confirms() {
    let mut push = naming("https://hub.vn/");
    let subscription = asked(&mut push, 0);
    assert_eq!(subscription.callback, format!("https://tin.example.vn/websub/{}", subscription.token()));
    assert_eq!((subscription.token().len(), subscription.secret.0.len()), (32, 64), "128 bits, and a secret below 200 bytes");
    assert!(!subscription.secret.0.contains(subscription.token()));
    assert!(stepped(&mut push, 1).is_empty(), "it is waited for");
    assert_eq!(Standing::of(&push, at(1)), Standing::Asked);
    assert_eq!(verify(&mut push, subscription.token(), &query("subscribe", TOPIC, "864000"), at(1)), echo());
    assert_eq!(Standing::of(&push, at(1)), Standing::Subscribed);
    assert!(stepped(&mut push, 5 * DAY).is_empty());
}

#[test]
fn a_form_has_what_a_hub_needs() {
    let subscription = asked(&mut naming("https://hub.vn/"), 0);
    let pairs = |ask: &Ask| {
        let form = form(ask);
        form_urlencoded::parse(form.as_bytes()).map(|(k, v)| (k.into_owned(), v.into_owned())).collect::<Vec<_>>()
    };
    let own = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(
        pairs(&Ask::Subscribe(subscription.clone())),
        [
            own("hub.callback", &subscription.callback),
            own("hub.topic", TOPIC),
            own("hub.mode", "subscribe"),
            own("hub.lease_seconds", "864000"),
            own("hub.secret", &subscription.secret.0),
        ]
    );
    assert_eq!(
        pairs(&Ask::Unsubscribe(subscription.clone())),
        [own("hub.callback", &subscription.callback), own("hub.topic", TOPIC), own("hub.mode", "unsubscribe")]
    );
    assert!(!format!("{subscription:?}").contains(&subscription.secret.0), "a secret is not shown");
}

#[test]
fn a_lease_is_renewed_in_time_and_not_by_all_at_once() {
    let renewed = |second: i64| {
        let mut push = naming("https://hub.vn/");
        let token = asked(&mut push, second).token().to_owned();
        assert_eq!(verify(&mut push, &token, &query("subscribe", TOPIC, "864000"), at(second)), echo());
        push.subscription.expect("it is in force").next.as_second() - at(second).as_second()
    };
    let times: Vec<i64> = (0..100).map(renewed).collect();
    assert!(times.iter().all(|time| (10 * DAY * 56 / 100..=10 * DAY * 67 / 100).contains(time)), "{times:?}");
    let mut hours: Vec<i64> = times.iter().map(|time| time / HOUR).collect();
    hours.sort_unstable();
    hours.dedup();
    assert!(hours.len() > 12, "over many hours: {hours:?}");
}

#[test]
fn a_renewal_keeps_what_is_in_force_whatever_comes_of_it() {
    let (mut push, token) = subscribed();
    let renewal = asked(&mut push, 7 * DAY);
    assert_eq!(renewal.token(), token, "the hub replaces what it has by what is the same");
    let down = Refusal { why: "the hub is down".to_owned(), is_said: true, retry_after: None };
    refused(&mut push, &token, &down, at(7 * DAY));
    assert_eq!(Standing::of(&push, at(8 * DAY)), Standing::Subscribed);
    assert!(stepped(&mut push, 7 * DAY + 30 * MINUTE).is_empty());
    assert_eq!(asked(&mut push, 7 * DAY + 2 * HOUR).token(), token);
    assert_eq!(verify(&mut push, &token, &query("subscribe", TOPIC, "864000"), at(7 * DAY + 2 * HOUR)), echo());
    assert_eq!(Standing::of(&push, at(16 * DAY)), Standing::Subscribed);
    assert_eq!(Standing::of(&push, at(18 * DAY)), Standing::Unasked, "a lease that is over is over");
}

#[test]
fn a_hub_that_does_not_verify_is_asked_less_and_less() {
    let mut push = naming("https://hub.vn/");
    let mut asks = Vec::new();
    (0..5 * 24 * 4).for_each(|quarter| asks.extend(stepped(&mut push, quarter * 15 * MINUTE).iter().map(|_| quarter / 4)));
    assert!((7..=10).contains(&asks.len()), "in five days, in hours: {asks:?}");
    assert_eq!(Standing::of(&push, at(5 * DAY)), Standing::Refused);
}

#[test]
fn a_hub_that_refuses_is_left_alone_and_what_it_asks_for_is_kept() {
    for (asks_for, least, most) in
        [(None, 50 * MINUTE, 70 * MINUTE), (Some(7200), 2 * HOUR, 2 * HOUR), (Some(u64::MAX), 50 * MINUTE, DAY)]
    {
        let mut push = naming("https://hub.vn/");
        let token = asked(&mut push, 0).token().to_owned();
        let retry_after = asks_for.map(Duration::from_secs);
        refused(&mut push, &token, &Refusal { why: "no".to_owned(), is_said: true, retry_after }, at(0));
        let next = push.subscription.as_ref().expect("it is kept").next.as_second() - at(0).as_second();
        assert!((least..=most).contains(&next), "{asks_for:?}: {next}");
        assert_eq!(verify(&mut push, &token, &query("subscribe", TOPIC, ""), at(1)), Verdict::Unknown, "it was refused");
    }
}

#[test]
fn a_hub_that_fell_silent_may_have_heard_us() {
    let mut push = naming("https://hub.vn/");
    let token = asked(&mut push, 0).token().to_owned();
    refused(&mut push, &token, &Refusal { why: "silence".to_owned(), is_said: false, retry_after: None }, at(30));
    assert_eq!(verify(&mut push, &token, &query("subscribe", TOPIC, "86400"), at(60)), echo());
    refused(&mut push, &token, &Refusal { why: "late".to_owned(), is_said: true, retry_after: None }, at(61));
    assert_eq!(Standing::of(&push, at(62)), Standing::Subscribed, "one that has verified has accepted");
}

#[test]
fn only_what_we_want_is_confirmed() {
    let (push, token) = subscribed();
    let judged = |token: &str, query: &str| verify(&mut push.clone(), token, query, at(2));
    assert_eq!(judged(&token, &query("subscribe", TOPIC, "60")), echo(), "a hub may ask again");
    assert_eq!(judged(&token, &query("subscribe", "https://a.vn/rss?x=1&y=3", "60")), Verdict::Unknown, "another topic");
    assert_eq!(judged(&token, &query("unsubscribe", TOPIC, "")), Verdict::Unknown, "we want to stay");
    assert_eq!(judged("khác", &query("subscribe", TOPIC, "60")), Verdict::Unknown, "another callback");
    for wrong in
        ["", "hub.mode=subscribe", "hub.mode=subscribe&hub.topic=https://a.vn/rss?x=1%26y=2", "%FF=%FF&&=", "hub.mode=denied"]
    {
        assert_eq!(judged(&token, wrong), Verdict::Unknown, "{wrong}");
    }
    let long = query("subscribe", TOPIC, "60").replace("hub.challenge=", &format!("hub.challenge={}", "x".repeat(2000)));
    assert_eq!(judged(&token, &long), Verdict::Unknown, "nobody has us echo a book");
    let same = query("subscribe", "HTTPS://A.vn:443/rss?x=1&y=2", "60");
    assert_eq!(judged(&token, &same), echo(), "the same address, written otherwise");
}

#[test]
fn a_lease_is_neither_a_moment_nor_for_ever() {
    for (lease, least, most) in
        [("1", HOUR, HOUR), ("99999999999999", 30 * DAY, 30 * DAY), ("", DAY, DAY), ("-5", DAY, DAY), ("3600.5", DAY, DAY)]
    {
        let mut push = naming("https://hub.vn/");
        let token = asked(&mut push, 0).token().to_owned();
        assert_eq!(verify(&mut push, &token, &query("subscribe", TOPIC, lease), at(0)), echo());
        let until = push.subscription.and_then(|s| s.until).expect("it is in force").as_second() - at(0).as_second();
        assert!((least..=most).contains(&until), "{lease}: {until}");
    }
}

#[test]
fn a_denial_ends_it_for_a_day_and_is_told() {
    let (mut push, token) = subscribed();
    let denied = format!("{}&hub.reason=kh%C3%B4ng%0Ac%C3%B3", query("denied", TOPIC, ""));
    assert_eq!(verify(&mut push, &token, &denied, at(DAY)), Verdict::Noted);
    assert_eq!(Standing::of(&push, at(DAY)), Standing::Refused);
    let subscription = push.subscription.clone().expect("it is tried again");
    assert_eq!(subscription.error.as_deref(), Some("the hub denied it (it says “không có”)"));
    assert!(stepped(&mut push, DAY + 20 * HOUR).is_empty());
    assert_eq!(verify(&mut push, &token, &query("subscribe", TOPIC, ""), at(DAY)), Verdict::Unknown, "nobody asked");
    assert_eq!(asked(&mut push, DAY + 30 * HOUR).token(), token);
}

#[test]
fn what_is_not_wanted_any_more_is_ended_at_the_hub() {
    let (mut push, token) = subscribed();
    let farewell = |push: &mut Push, second: i64| step(push, None, at(second), || chance(second));
    let asks = farewell(&mut push, HOUR);
    assert!(matches!(asks.as_slice(), [Ask::Unsubscribe(left)] if left.token() == token), "{asks:?}");
    assert_eq!(verify(&mut push, &token, &query("subscribe", TOPIC, ""), at(HOUR)), Verdict::Unknown);
    let mut unheard = push.clone();
    assert_eq!(verify(&mut push, &token, &query("unsubscribe", TOPIC, ""), at(HOUR)), echo());
    assert!(push.leaving.is_empty() && push.subscription.is_none());
    let more: usize = (1..1000).map(|n| farewell(&mut unheard, HOUR + n * HOUR).len()).sum();
    assert_eq!((more, unheard.leaving.len()), (2, 0), "a hub that does not hear is told three times");
    let mut unasked = naming("https://hub.vn/");
    unasked.requested = Some(at(0));
    assert!(stepped(&mut unasked, 1).is_empty(), "its turn has not come");
    assert!(farewell(&mut unasked, 2).is_empty() && unasked.leaving.is_empty(), "a hub that never heard of it needs no farewell");
}

#[test]
fn who_comes_back_takes_up_what_was_there() {
    let (mut push, token) = subscribed();
    assert_eq!(step(&mut push, None, at(MINUTE), || chance(1)).len(), 1);
    assert_eq!(asked(&mut push, 2 * MINUTE).token(), token);
    assert!(push.leaving.is_empty());
}

#[test]
fn another_hub_takes_over_but_not_every_minute() {
    let (mut push, _) = subscribed();
    let mut hubs = Vec::new();
    for minute in 1..=120 {
        push.hub = Some(hub(&format!("https://hub{minute}.vn/")));
        let asks = stepped(&mut push, minute * MINUTE);
        hubs.extend(asks.iter().filter_map(|ask| match ask {
            Ask::Subscribe(subscription) => Some(subscription.hub.url.clone()),
            Ask::Unsubscribe(_) => None,
        }));
        assert!(push.leaving.len() <= 4);
    }
    assert!(hubs.len() <= 2, "a document that names another hub each time has us ask no more than hourly: {hubs:?}");
}

#[test]
fn two_hubs_by_turns_are_asked_no_more_than_hourly_either() {
    let (mut push, _) = subscribed();
    let asks: usize = (1..=120)
        .map(|minute| {
            push.hub = Some(hub(if minute / 5 % 2 == 0 { "https://a.hub.vn/" } else { "https://b.hub.vn/" }));
            stepped(&mut push, minute * MINUTE).len()
        })
        .sum();
    // Each hour one hub hears that we want it, and one that we do not.
    assert!(asks <= 6, "{asks} requests in two hours");
}

#[test]
fn another_address_of_ours_is_another_callback() {
    let (mut push, token) = subscribed();
    let moved: Url = "https://khac.example.vn/websub/".parse().unwrap();
    let mut step_there = |second| step(&mut push, Some(&moved), at(second), || chance(second));
    step_there(2 * HOUR);
    let subscription = push.subscription.clone().expect("a new one");
    assert!(subscription.callback.starts_with(moved.as_str()) && subscription.token() != token);
    assert!(subscription.asked.is_some());
}

#[test]
fn push_needs_an_address_that_hubs_reach() {
    let of = |text: &str| {
        let (config, _) = config::read("feeds.toml", text, &|_| None).unwrap_or_else(|faults| panic!("{faults}"));
        super::base(&config.service, &config.fetch).map(|base| base.to_string())
    };
    let url = |url: &str| of(&format!("[service]\nurl = \"{url}\""));
    assert_eq!(of(""), Err(Off::NoAddress));
    assert_eq!(of("[service]\nlisten = \"0.0.0.0:80\""), Err(Off::NoAddress));
    assert_eq!(of("[service]\nurl = \"https://tin.vn/\"\n[fetch]\npush = false"), Err(Off::Unwanted));
    assert_eq!(url("https://tin.vn/a"), Ok("https://tin.vn/a/websub/".to_owned()));
    assert_eq!(url("http://8.8.8.8:8080"), Ok("http://8.8.8.8:8080/websub/".to_owned()));
    for closed in [
        "http://127.0.0.1:8080",
        "http://10.1.2.3",
        "http://localhost",
        "http://tin.localhost.",
        "http://[::1]",
        "http://[fd00::1]",
    ] {
        assert_eq!(url(closed), Err(Off::Unreachable), "{closed}");
    }
    let opened = "[service]\nurl = \"http://127.0.0.1:8080\"\n[fetch]\nprivate_networks = [\"127.0.0.0/8\"]";
    assert_eq!(of(opened), Ok("http://127.0.0.1:8080/websub/".to_owned()));
}
