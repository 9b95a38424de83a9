//! What holds whatever sources publish, in whatever order.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

/// An entry of a small world, so that names, links and titles often meet.
fn any_entry() -> impl Strategy<Value = Entry> {
    let guid = prop_oneof![Just(""), Just("1"), Just("2"), Just("3")];
    let link = prop_oneof![
        Just(""),
        Just("https://x.vn/1"),
        Just("http://www.x.vn/1?utm_id=2"),
        Just("https://x.vn/2"),
        Just("https://x.vn/")
    ];
    let title = prop_oneof![Just("Một"), Just("Hai"), Just("Ba")];
    (guid, link, title, proptest::option::of(-5i64..5)).prop_map(|(guid, link, title, hours)| Entry {
        published: hours.map(|h| second(NOON + h * HOUR)),
        ..entry(guid, link, title)
    })
}

fn documents() -> impl Strategy<Value = Vec<Vec<Entry>>> {
    proptest::collection::vec(proptest::collection::vec(any_entry(), 0..5), 1..5)
}

/// What holds after every document, whoever publishes it.
fn check_step(before: &Memory, after: &Memory, publisher: &str) -> Result<(), TestCaseError> {
    let of_others = |memory: &Memory| -> BTreeMap<_, _> {
        memory.reports().into_iter().filter(|((source, _), _)| source != publisher).collect()
    };
    prop_assert_eq!(of_others(before), of_others(after), "no source changes another's entries");
    for (id, story) in &before.stories {
        let now = &after.stories[id];
        prop_assert_eq!((story.published, story.arrived), (now.published, now.arrived));
        prop_assert!(now.updated >= story.updated && now.published <= now.arrived && now.updated >= now.published);
    }
    for (link, story) in &before.links {
        prop_assert_eq!(&after.links[link], story, "a link leads where it led");
    }
    let all: Vec<_> = after.stories.values().flat_map(|s| &s.entries).map(|r| (&r.source, &r.guid)).collect();
    prop_assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "no entry is stored twice");
    Ok(())
}

/// Both sources' documents, each source's in their order, mixed as `turns` says.
fn run(a: &[Vec<Entry>], b: &[Vec<Entry>], turns: &[bool]) -> Result<Memory, TestCaseError> {
    let mut memory = Memory::default();
    let (mut a, mut b) = (a.iter(), b.iter());
    for (step, turn) in (0i64..).zip(turns.iter().copied().chain([true, false].into_iter().cycle())) {
        let next = if turn { a.next().map(|d| ("a", d)) } else { b.next().map(|d| ("b", d)) };
        let Some((id, document)) = next.or_else(|| a.next().map(|d| ("a", d))).or_else(|| b.next().map(|d| ("b", d))) else {
            break;
        };
        let before = memory.clone();
        memory.take(id, document, NOON + step * HOUR);
        check_step(&before, &memory, id)?;
        let again = memory.decide(id, document, false, NOON + 100 * HOUR);
        prop_assert_eq!((again.new, again.updated), (0, 0), "deciding again gives nothing new");
        prop_assert!(again.stories.is_empty());
    }
    Ok(memory)
}

proptest! {
    #[test]
    fn any_interleaving_gives_the_same_entries(
        a in documents(),
        b in documents(),
        turns in proptest::collection::vec(any::<bool>(), 8),
        other_turns in proptest::collection::vec(any::<bool>(), 8),
    ) {
        let (one, other) = (run(&a, &b, &turns)?, run(&a, &b, &other_turns)?);
        prop_assert_eq!(one.reports(), other.reports());
    }
}
