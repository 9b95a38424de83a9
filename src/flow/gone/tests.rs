//! What makes us look, and what it takes for a story to be withdrawn.

use proptest::prelude::*;

use super::*;
use crate::model::Report;

fn key(n: u8) -> EntryKey {
    EntryKey([n; 16])
}

fn keys(numbers: impl IntoIterator<Item = u8>) -> Vec<EntryKey> {
    numbers.into_iter().map(key).collect()
}

fn set(numbers: impl IntoIterator<Item = u8>) -> HashSet<EntryKey> {
    numbers.into_iter().map(key).collect()
}

fn hour(hours: i64) -> Timestamp {
    Timestamp::from_second(1_795_132_800 + hours * 3600).unwrap()
}

fn row(n: u8) -> Vanished {
    Vanished { entry: key(n), beside: key(0), story: StoryId([n; 16]), since: hour(0), next: hour(1), gone: None, is_told: false }
}

/// What a series of looks comes to: each is made when it is due.
fn looks(sights: &[Sight]) -> (Option<Vanished>, Vec<Meaning>) {
    let mut meanings = Vec::new();
    let mut now = Some(row(1));
    for sight in sights {
        let Some(before) = now else { break };
        let (after, meaning) = after_look(before, *sight, before.next);
        now = after;
        meanings.push(meaning);
    }
    (now, meanings)
}

#[test]
fn what_is_pushed_out_is_not_missing() {
    for (before, after, expected) in [
        (vec![5, 4, 3, 2, 1], vec![7, 6, 5, 4, 3], vec![]),
        (vec![5, 4, 3, 2, 1], vec![7, 6, 5, 3, 2], vec![(4, 3)]),
        (vec![5, 4, 3], vec![4, 3], vec![(5, 4)]),
        // The oldest may have been pushed out, whatever else is missing.
        (vec![5, 4, 3, 2, 1], vec![5, 2], vec![(4, 2), (3, 2)]),
        // Another document altogether.
        (vec![3, 2, 1], vec![9, 8], vec![]),
        (vec![3, 2, 1], vec![], vec![]),
        (vec![], vec![1], vec![]),
    ] {
        let found: Vec<(u8, u8)> =
            missing(&keys(before.clone()), &set(after.clone())).iter().map(|m| (m.entry.0[0], m.beside.0[0])).collect();
        assert_eq!(found, expected, "{before:?} {after:?}");
    }
}

#[test]
fn the_newest_are_watched_by_their_dates_or_else_as_they_stand() {
    assert_eq!(watched(vec![(key(1), Some(hour(1))), (key(3), Some(hour(3))), (key(2), Some(hour(2)))]), keys([3, 2, 1]));
    assert_eq!(watched(vec![(key(1), Some(hour(1))), (key(3), None), (key(2), Some(hour(2)))]), keys([1, 3, 2]));
    assert_eq!(watched((0..=200).map(|n| (key(n), None)).collect()).len(), MOST_WATCHED);
}

#[test]
fn two_looks_hours_apart_are_needed() {
    use Meaning::*;
    let first = hour(1);
    let (after, meanings) = looks(&[Sight::Gone]);
    assert_eq!((after.unwrap().next, meanings), (hour(7), vec![Nothing]), "six hours later");
    let (_, meaning) = after_look(after.unwrap(), Sight::Gone, hour(2));
    assert_eq!(meaning, Nothing, "too soon");
    assert_eq!(looks(&[Sight::Gone, Sight::Gone]).1, [Nothing, Gone(first)]);
    assert_eq!(looks(&[Sight::Unclear, Sight::Gone, Sight::Unclear, Sight::Gone]).1[3], Gone(hour(7)));
    assert_eq!(looks(&[Sight::Gone, Sight::There]), (None, vec![Nothing, Nothing]), "it was out for a while");
    assert_eq!(looks(&[Sight::There]), (None, vec![Nothing]));
}

#[test]
fn what_comes_back_is_put_back_and_what_does_not_is_left_alone_in_the_end() {
    use Meaning::*;
    assert_eq!(looks(&[Sight::Gone, Sight::Gone, Sight::Gone, Sight::Unclear, Sight::There]).1[3..], [Nothing, Back]);
    let (after, meanings) = looks(&[Sight::Gone; 50]);
    assert_eq!(after, None);
    assert!(meanings.len() <= 9, "{} looks in a month", meanings.len());
    assert_eq!(meanings.iter().filter(|meaning| matches!(meaning, Gone(_))).count(), 1, "it is told once");
    let (after, meanings) = looks(&[Sight::Unclear; 50]);
    assert_eq!((after, meanings.len()), (None, 13), "a site that never tells is left alone after three days");
}

#[test]
fn a_document_says_what_is_missing_and_what_is_back() {
    let gone = |n| (Missing { entry: key(n), beside: key(0) }, StoryId([n; 16]));
    let rows = after_document(&[row(1), row(2)], &[gone(2), gone(3)], &set([1]), hour(5));
    let after: Vec<_> = rows.iter().map(|row| (row.entry.0[0], row.since)).collect();
    assert_eq!(after, [(2, hour(0)), (3, hour(5))]);
    assert!(rows[1].next > hour(5), "not at once");
    let told = Vanished { is_told: true, next: hour(90), ..row(1) };
    assert_eq!(after_document(&[told], &[], &set([1]), hour(5)), [Vanished { next: hour(5), ..told }], "a look puts it back");
    assert_eq!(after_document(&[told], &[], &set([]), hour(5)), [told]);
    let many: Vec<_> = (0..=255).map(gone).collect();
    assert_eq!(after_document(&[], &many, &set([]), hour(5)).len(), MOST_VANISHED);
}

#[test]
fn a_host_is_looked_at_once_an_hour() {
    let mut pace = Pace::default();
    assert_eq!(pace.take("a.vn", hour(0)), Ok(()));
    assert_eq!(pace.take("a.vn", hour(0)), Err(hour(1)));
    assert_eq!(pace.take("b.vn", hour(0)), Ok(()));
    assert_eq!(pace.take("a.vn", hour(1)), Ok(()));
    assert_eq!(pace.take("a.vn", hour(-20)), Ok(()), "the clock was set");
    assert_eq!(pace.0.len(), 1, "what is over is forgotten");
}

#[test]
fn a_story_shows_what_is_left_of_it() {
    let slug = |text| crate::model::Slug::new(text).unwrap();
    let report = |source, title: &str| Report { title: title.to_owned(), ..Report::bare(source, title) };
    let (entries, topics) = (vec![report("a", "Một"), report("b", "Hai")], Vec::new());
    let story = Story { id: StoryId([1; 16]), seq: 1, published: hour(0), arrived: hour(0), updated: hour(0), topics, entries };
    let rank = |source: &SourceId| i32::from(source.as_str() == "b");
    let told = |story: &Story, source, gone| told(story.clone(), &slug(source), gone, &rank, hour(9));
    let after = told(&story, "b", Some(hour(8)));
    assert_eq!((after.lead(rank).title.as_str(), after.updated), ("Một", hour(9)), "another one leads it");
    assert_eq!(told(&story, "a", Some(hour(8))).updated, hour(0), "what it shows is the same");
    assert_eq!(told(&after, "b", None).entries, story.entries);
    let all = told(&after, "a", Some(hour(8)));
    assert_eq!(all.lead(rank).title, "Hai", "where all are gone, it is known by what it was");
}

#[test]
fn old_stories_are_left_alone() {
    assert!(is_young(hour(0), hour(167)) && is_young(hour(1), hour(0)));
    assert!(!is_young(hour(0), hour(168)));
}

proptest! {
    /// Whatever looks tell: a story is told "gone" only after two that found it so, at least six hours apart and none between that found it
    /// there; and it is told "back" only after "gone".
    #[test]
    fn no_story_is_taken_down_on_less(steps in proptest::collection::vec((0u8..3, 0i64..40), 0..40)) {
        let (mut now, mut state) = (hour(1), Some(row(1)));
        let mut gone: Vec<Timestamp> = Vec::new();
        let mut told = false;
        for (sight, wait) in steps {
            let Some(before) = state else { break };
            now = later(now, SignedDuration::from_hours(wait));
            let sight = [Sight::There, Sight::Gone, Sight::Unclear][usize::from(sight)];
            match sight {
                Sight::There => gone.clear(),
                Sight::Gone => gone.push(now),
                Sight::Unclear => {}
            }
            let (after, meaning) = after_look(before, sight, now);
            match meaning {
                Meaning::Gone(since) => {
                    prop_assert!(!told && gone.len() >= 2 && gone.contains(&since) && now.duration_since(since) >= APART);
                    told = true;
                }
                Meaning::Back => prop_assert!(told && sight == Sight::There),
                Meaning::Nothing => {}
            }
            prop_assert!(after.is_none_or(|row| row.next > now && row.is_told == told));
            state = after;
        }
    }
}
