//! An administrator says, or no longer says, which of a source's parameters name no article.

use super::*;

/// A source whose `tracking` is this.
fn tracks(names: &[&str]) -> Source {
    Source { tracking: names.iter().map(|name| (*name).to_owned()).collect(), ..source("a") }
}

fn take(memory: &mut Memory, source: &Source, entries: &[Entry], now: i64) -> (usize, usize, usize) {
    let decision = memory.decide_for(source, entries, false, now);
    let counts = (decision.new, decision.updated, decision.seen);
    memory.apply(decision);
    counts
}

#[test]
fn an_edit_of_tracking_brings_nothing_back_as_new() {
    let mut memory = Memory::default();
    let entries = [entry("", "https://a.vn/bai-1?muc=9", "Một"), entry("", "https://a.vn/bai-2?muc=9", "Hai")];
    assert_eq!(take(&mut memory, &tracks(&[]), &entries, NOON), (2, 0, 0));
    let stories: Vec<StoryId> = memory.stories.keys().copied().collect();
    for (names, now) in [(&["muc"][..], NOON + 1), (&[], NOON + 2), (&["muc"], NOON + 3)] {
        assert_eq!(take(&mut memory, &tracks(names), &entries, now).0, 0, "nothing is new with {names:?}");
        assert_eq!(take(&mut memory, &tracks(names), &entries, now), (0, 0, 2), "and once noted, nothing has changed");
    }
    assert_eq!(memory.stories.keys().copied().collect::<Vec<_>>(), stories);
}

#[test]
fn a_parameter_that_is_another_at_each_poll_makes_nothing_new() {
    let mut memory = Memory::default();
    let at = |visit: u32| [entry("", &format!("https://a.vn/bai-1?luot={visit}"), "Một")];
    assert_eq!(take(&mut memory, &tracks(&["luot"]), &at(1), NOON), (1, 0, 0));
    for visit in 2..5 {
        let decision = memory.decide_for(&tracks(&["luot"]), &at(visit), false, NOON + i64::from(visit));
        assert_eq!((decision.new, decision.updated, decision.seen, decision.stories.len()), (0, 0, 1, 0));
    }
    let edited = [Entry { text: "Thêm".to_owned(), ..at(9)[0].clone() }];
    assert_eq!(take(&mut memory, &tracks(&["luot"]), &edited, NOON + 9).2, 0, "an edit is told");
    assert_eq!(memory.story().entries[0].summary, "Thêm");
}
