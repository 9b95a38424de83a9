//! What announcements are worth: when a hub is believed, and when what it announces is polled.

use super::*;

/// A poll of a minute's length, after an announcement or without.
fn poll(push: &mut Push, is_announced: bool, found: Found, second: i64) {
    if is_announced {
        heard(push, at(second));
    }
    polled(push, found, at(second));
}

#[test]
fn a_hub_is_believed_after_three_proofs_and_not_after_a_surprise() {
    let (mut push, _) = subscribed();
    for n in 1..=3 {
        assert!(!is_proven(&push, at(n * HOUR)));
        poll(&mut push, true, Found::News, n * HOUR);
    }
    assert!(is_proven(&push, at(4 * HOUR)));
    assert_eq!(Standing::of(&push, at(4 * HOUR)), Standing::Proven);
    poll(&mut push, false, Found::Nothing, 4 * HOUR);
    assert!(is_proven(&push, at(5 * HOUR)), "a quiet source says nothing against it");
    poll(&mut push, false, Found::News, 5 * HOUR);
    assert!(!is_proven(&push, at(5 * HOUR)), "news that nothing announced");
    poll(&mut push, true, Found::News, 6 * HOUR);
    assert!(!is_proven(&push, at(6 * HOUR)), "it begins anew");
    (7..=8).for_each(|n| poll(&mut push, true, Found::News, n * HOUR));
    assert!(is_proven(&push, at(9 * HOUR)));
    assert!(!is_proven(&push, at(11 * DAY)), "a lease that is over");
}

#[test]
fn a_hub_may_be_slower_than_a_poll_in_between() {
    let (mut push, _) = subscribed();
    (1..=3).for_each(|n| poll(&mut push, true, Found::News, n * HOUR));
    poll(&mut push, false, Found::News, 4 * HOUR);
    heard(&mut push, at(4 * HOUR + 5 * MINUTE));
    assert!(is_proven(&push, at(4 * HOUR + 5 * MINUTE)));
    poll(&mut push, false, Found::News, 5 * HOUR + 30 * MINUTE);
    heard(&mut push, at(5 * HOUR + 45 * MINUTE));
    assert!(!is_proven(&push, at(5 * HOUR + 45 * MINUTE)), "a quarter of an hour is too slow");
}

#[test]
fn requests_become_dearer_with_each_proof_up_to_a_bound() {
    let (mut push, _) = subscribed();
    let mut prices = vec![dearer(&push, at(1))];
    for n in 1..=20 {
        poll(&mut push, true, Found::News, n * HOUR);
        prices.push(dearer(&push, at(n * HOUR + 2)));
    }
    assert_eq!(prices[..5], [1.0, 1.0, 1.0, 4.0, 16.0]);
    assert!(prices.is_sorted() && prices[20] == f64::from(1 << 16), "{prices:?}");
}

#[test]
fn an_announcement_brings_a_poll_at_once_and_several_bring_one() {
    let (mut push, _) = subscribed();
    assert!(heard(&mut push, at(HOUR)));
    assert_eq!(due(&push, None), Some(at(HOUR)));
    assert!((1..100).all(|n| !heard(&mut push, at(HOUR + n))), "further ones before the poll change nothing");
    assert_eq!(due(&push, None), Some(at(HOUR)));
    polled(&mut push, Found::News, at(HOUR + 100));
    assert_eq!(due(&push, None), None);
}

#[test]
fn an_announcement_during_a_poll_brings_another() {
    let (mut push, _) = subscribed();
    heard(&mut push, at(HOUR));
    heard(&mut push, at(HOUR + 5));
    polled(&mut push, Found::News, at(HOUR + 2));
    assert!(due(&push, None).is_some());
    polled(&mut push, Found::Nothing, at(HOUR + 20));
    assert_eq!(due(&push, None), None);
}

/// Polls in so many hours, of a hub that announces something each second.
fn polls(hours: i64, found: Found) -> usize {
    let (mut push, _) = subscribed();
    let mut polls = 0;
    for second in 0..hours * HOUR {
        heard(&mut push, at(second));
        if due(&push, None).is_some_and(|due| due <= at(second)) {
            polls += 1;
            polled(&mut push, found, at(second));
        }
    }
    polls
}

#[test]
fn a_flood_of_announcements_brings_a_poll_a_minute_and_one_without_news_hardly_any() {
    assert!((60..=66).contains(&polls(1, Found::News)), "{}", polls(1, Found::News));
    assert!(polls(1, Found::Nothing) <= 8, "{}", polls(1, Found::Nothing));
    assert!(polls(24, Found::Nothing) <= 32, "about one an hour: {}", polls(24, Found::Nothing));
}

#[test]
fn what_was_announced_and_is_not_there_is_looked_for_once_more() {
    let (mut push, _) = subscribed();
    let five = Duration::from_secs(300);
    poll(&mut push, true, Found::Nothing, HOUR);
    assert_eq!(again(&push, five, at(HOUR)), Some(at(HOUR + 300)), "a cache may stand in front of the source");
    poll(&mut push, false, Found::News, HOUR + 300);
    assert_eq!((push.proofs, push.surprise), (1, None), "it was announced all the same");
    assert_eq!(again(&push, five, at(HOUR + 301)), None);
    (3..6).for_each(|n| poll(&mut push, true, Found::Nothing, n * DAY));
    assert_eq!(again(&push, five, at(6 * DAY)), None, "a hub that is often wrong is not looked after");
    poll(&mut push, true, Found::Nothing, 7 * DAY);
    poll(&mut push, false, Found::News, 7 * DAY + 2 * HOUR);
    assert!(push.surprise.is_some(), "what comes hours later is something else");
}

#[test]
fn no_announcement_brings_a_poll_of_what_is_gone_or_forbidden() {
    let (mut push, _) = subscribed();
    heard(&mut push, at(HOUR));
    for (trouble, is_polled) in [
        (Trouble::Gone, false),
        (Trouble::Unwelcome, false),
        (Trouble::Overloaded, false),
        (Trouble::Forbidden, false),
        (Trouble::TooSlow, true),
        (Trouble::ServerError, true),
    ] {
        let state = SourceState { manners: crate::model::Manners { trouble: Some(trouble), ..Default::default() }, ..state() };
        assert_eq!(due(&push, Some(&state)).is_some(), is_polled, "{trouble:?}");
    }
}

fn state() -> SourceState {
    SourceState { settings: 0, next: at(DAY), succeeded: None, interval_seconds: 60, failures: 1, ..SourceState::bare(at(0)) }
}

#[test]
fn a_failed_poll_proves_nothing() {
    let (mut push, _) = subscribed();
    poll(&mut push, true, Found::Failed, HOUR);
    assert_eq!((push.proofs, push.idle, due(&push, None)), (0, 0, None));
    poll(&mut push, false, Found::News, HOUR + 10 * MINUTE);
    assert_eq!(push.proofs, 1, "the announcement was right");
}

#[test]
fn a_lease_of_a_clock_that_was_years_ahead_is_asked_for_again() {
    let (mut push, token) = subscribed();
    let years = at(10 * 365 * 24 * 3600);
    verify(&mut push, &token, &query("subscribe", TOPIC, "864000"), years);
    let asks = step(&mut push, Some(&base()), at(60), || chance(1));
    assert!(matches!(&asks[..], [Ask::Subscribe(subscription)] if subscription.token() == token), "{asks:?}");
    assert_eq!(push.subscription.and_then(|subscription| subscription.until), None, "nothing is known to be in force");
}

#[test]
fn times_far_away_break_nothing() {
    let (mut push, token) = subscribed();
    assert_eq!(after(Timestamp::MAX, SignedDuration::from_hours(1)), Timestamp::MAX);
    for now in [Timestamp::MAX, Timestamp::MIN, Timestamp::UNIX_EPOCH] {
        heard(&mut push, now);
        polled(&mut push, Found::News, now);
        step(&mut push, Some(&base()), now, || chance(1));
        verify(&mut push, &token, &query("subscribe", TOPIC, "99999999999"), now);
        again(&push, Duration::MAX, now);
    }
}
