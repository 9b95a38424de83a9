//! What holds for every input.

use proptest::prelude::*;

use super::*;

fn any_habits() -> impl Strategy<Value = Habits> {
    let asked = (any::<u32>(), any::<u32>(), any::<u8>());
    let counts = (any::<[[u16; 4]; 24]>(), any::<[u16; 7]>(), any::<[u32; 5]>(), any::<[u16; 2]>());
    (any::<i64>(), counts, asked).prop_map(|(until_second, (quarters, days, counts, [crowd, window]), asked)| {
        let [entries, exposure_seconds, followers, judged, excitement] = counts;
        let (minutes, skip_hours, skip_days) = asked;
        let asked = Asked { minutes, skip_hours, skip_days };
        Habits { until_second, quarters, days, entries, exposure_seconds, followers, judged, excitement, crowd, window, asked }
    })
}

fn any_time() -> impl Strategy<Value = Timestamp> {
    prop_oneof![
        -1_000_000_000i64..4_000_000_000,
        Timestamp::MIN.as_second()..=Timestamp::MAX.as_second(),
        now().as_second() - 100_000..now().as_second() + 100_000,
    ]
    .prop_map(|second| Timestamp::from_second(second).unwrap())
}

/// New entries, and what was read of the document.
fn any_answer() -> impl Strategy<Value = (Vec<Option<Timestamp>>, Option<Read>)> {
    let read = (any::<usize>(), any::<u32>())
        .prop_map(|(entries, minutes)| Read { entries, asked: Asked { minutes, ..Asked::default() } });
    (prop::collection::vec(prop::option::of(any_time()), 0..40), prop::option::of(read))
}

fn any_price() -> impl Strategy<Value = f64> {
    prop_oneof![Just(0.0), 1e-6..1e6f64, Just(1e12)]
}

proptest! {
    #[test]
    fn the_next_poll_is_within_its_bounds(
        every in prop::option::of(1u64..100_000),
        habits in prop::option::of(any_habits()),
        (interval, failures) in (0u64..1_000_000, any::<u32>()),
        (new, document) in any_answer(),
        fresh_for in prop::option::of(any::<u64>()),
        price in any_price(),
        at in -1_000_000_000i64..4_000_000_000,
    ) {
        let source = source(every.map(Duration::from_secs));
        let before = SourceState { interval_seconds: interval, failures, habits, ..state(0, 0) };
        let fresh_for = fresh_for.map(Duration::from_secs);
        let at = Timestamp::from_second(at).unwrap();
        let answered = Answered { new: &new, document };
        let plan = next(&source, Some(&before), answered, fresh_for, &settings(), price, at);
        prop_assert_eq!(&next(&source, Some(&before), answered, fresh_for, &settings(), price, at), &plan, "the same answer");
        let waits = u64::try_from(plan.next.duration_since(at).as_secs()).expect("never before now");
        prop_assert!(waits <= 24 * 3600 * 11 / 10 || every.is_some_and(|every| every > 24 * 3600), "{}", waits);
        let longest = Duration::from_secs(24 * HOUR);
        let asks = |wish: Option<Duration>| wish.unwrap_or_default().min(longest).as_secs();
        match every {
            Some(every) => {
                prop_assert_eq!(plan.interval, Duration::from_secs(every));
                prop_assert!(waits as f64 >= every as f64 * 0.9 - 1.0 && waits as f64 <= every as f64 * 1.1 + 1.0);
            }
            None => {
                prop_assert!((settings().min_every..=settings().max_every).contains(&plan.interval), "{:?}", plan);
                prop_assert!(waits >= settings().min_every.as_secs() && waits >= asks(fresh_for));
                let asked = plan.habits.asked;
                prop_assert!(waits >= u64::from(asked.minutes).min(24 * 60) * MINUTE);
                if !matches!(plan.because, Because::Asked(_)) {
                    prop_assert!(waits <= settings().max_every.as_secs(), "{:?}", plan);
                }
            }
        }
    }

    #[test]
    fn a_higher_rate_never_waits_longer(habits in any_habits(), more in 0u32..1_000_000, price in any_price(), local in 0i64..4_000_000_000) {
        // What is left of an excitement fades, whoever waits for what it brings waits for the base too: it is left out.
        let less = Habits { excitement: 0, entries: habits.entries / 2, ..habits };
        let more = Habits { entries: less.entries.saturating_add(more), ..less.clone() };
        let of = |habits: &Habits| wait(habits, &Rhythm::of(habits), Terms { local, price, least: 300.0, most: 21_600.0 }).seconds;
        prop_assert!(of(&more) <= of(&less) + 1e-6, "{} {}", of(&more), of(&less));
    }

    #[test]
    fn a_higher_price_never_waits_less(habits in any_habits(), price in 1e-3..1e6f64, factor in 1.0..1e3f64, local in 0i64..4_000_000_000) {
        let of = |price| wait(&habits, &Rhythm::of(&habits), Terms { local, price, least: 300.0, most: 21_600.0 }).seconds;
        prop_assert!(of(price) <= of(price * factor) + 1e-6);
    }

    #[test]
    fn habits_stay_sound_whatever_comes(
        polls in prop::collection::vec((any_time(), any_answer()), 1..30),
        offset in -50_000i64..50_000,
    ) {
        let mut habits: Option<Habits> = None;
        for (at, (new, document)) in &polls {
            let learned = learn(habits.as_ref(), &Answered { new, document: *document }, offset, *at);
            prop_assert_eq!(learned.until_second, at.as_second());
            let rhythm = Rhythm::of(&learned);
            let rate = rhythm.rate(at.as_second(), 60.0, f64::from(learned.excitement));
            prop_assert!(rate.is_finite() && rate > 0.0, "{}", rate);
            let outlook = outlook(&learned);
            prop_assert!((outlook.hours.iter().sum::<f64>() - 1.0).abs() < 1e-9 && (outlook.days.iter().sum::<f64>() - 1.0).abs() < 1e-9);
            prop_assert!((0.0..=0.8).contains(&outlook.following));
            habits = Some(learned);
        }
    }

    #[test]
    fn after_a_clock_that_was_wrong_the_source_is_learned_again(years in -10i64..10) {
        let odd = now() + SignedDuration::from_hours(24 * 365 * years);
        let mut habits = learn(Some(&habits(48)), &Answered::default(), 7 * 3600, odd);
        for poll in 1..=48 * 14 {
            let at = now() + SignedDuration::from_mins(30 * poll);
            habits = learn(Some(&habits), &Answered { new: &[Some(at - SignedDuration::from_mins(9))], document: None }, 7 * 3600, at);
        }
        let per_day = outlook(&habits).per_day;
        prop_assert!((30.0..70.0).contains(&per_day), "{} entries a day instead of 48", per_day);
    }
}
