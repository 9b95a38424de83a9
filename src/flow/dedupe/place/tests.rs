//! An entry and a story: what keeps the one out of the other.

use super::*;
use crate::flow::dedupe::Gist;
use crate::model::StoryId;

const NOON: i64 = 1_795_132_800;
const TITLE: &str = "Khởi công cầu Vạn Sơn bắc qua sông Gâm";
const SUMMARY: &str = "Sáng 20/11, UBND tỉnh khởi công cầu Vạn Sơn bắc qua sông Gâm, dài 412 m, tổng mức đầu tư 145 tỷ đồng.";

fn report(source: &str, title: &str, summary: &str) -> Report {
    Report {
        url: Some(format!("https://{source}.example.vn/bai-1")),
        title: title.to_owned(),
        summary: summary.to_owned(),
        seen: second(NOON),
        ..Report::bare(source, "1")
    }
}

fn second(at: i64) -> Timestamp {
    Timestamp::from_second(at).unwrap()
}

fn story(entries: Vec<Report>) -> Story {
    let noon = second(NOON);
    Story { id: StoryId([1; 16]), seq: 1, published: noon, arrived: noon, updated: noon, topics: Vec::new(), entries }
}

fn placed(entry: &Report, at: i64, story: &Story, first_rank: &str) -> Result<Judgement, Refusal> {
    let rank = |source: &SourceId| i32::from(source.as_str() == first_rank);
    placement(entry, &Gist::of(entry), second(at), story, &Gists::default(), &rank)
}

#[test]
fn a_copy_within_72_hours_belongs_to_the_story() {
    let story = story(vec![report("a", TITLE, SUMMARY)]);
    let entry = report("b", TITLE, SUMMARY);
    let hours = |hours: i64| placed(&entry, NOON + hours * 3600, &story, "");
    assert!(hours(0).is_ok() && hours(72).is_ok() && hours(-72).is_ok());
    assert_eq!(placed(&entry, NOON + 72 * 3600 + 1, &story, ""), Err(Refusal::Time));
    assert_eq!(hours(-73), Err(Refusal::Time));
}

#[test]
fn a_source_has_one_entry_in_a_story() {
    let story = story(vec![report("a", TITLE, SUMMARY), report("b", TITLE, SUMMARY)]);
    assert_eq!(placed(&report("b", TITLE, SUMMARY), NOON, &story, ""), Err(Refusal::OwnSource));
}

#[test]
fn another_article_of_the_same_site_is_another_story_unless_it_is_the_same_word_for_word() {
    let story = story(vec![report("a", TITLE, SUMMARY)]);
    let beside = |title: &str| Report { url: Some("https://www.a.example.vn/bai-2".to_owned()), ..report("b", title, SUMMARY) };
    assert!(placed(&beside(TITLE), NOON, &story, "").is_ok());
    assert_eq!(placed(&beside("Tỉnh khởi công cầu Vạn Sơn bắc qua sông Gâm"), NOON, &story, ""), Err(Refusal::OneSite));
}

#[test]
fn any_member_can_forbid_it() {
    let other = SUMMARY.replace("412 m", "412 m, có 5 nhịp và 2 làn xe");
    let vague = "Sáng 20/11, UBND tỉnh khởi công cầu Vạn Sơn bắc qua sông Gâm.";
    let story = story(vec![report("a", TITLE, vague), report("b", TITLE, &other)]);
    let entry = report("c", TITLE, &SUMMARY.replace("412 m", "398 m, có 7 nhịp và 4 làn xe"));
    assert!(judge(&Gist::of(&entry), &Gist::of(&story.entries[0])).same);
    match placed(&entry, NOON, &story, "") {
        Err(Refusal::Member(source, against)) => assert!(source.as_str() == "b" && against.is_veto()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn when_another_rank_leads_it_must_still_be_like_the_first() {
    // The leader's text is the first one's and more: like both of the others, which are not like each other.
    let first = report("a", "Khởi công cầu Vạn Sơn", "");
    let leader = report("b", "Khởi công cầu Vạn Sơn, trao quà cho 40 hộ nghèo xã Bản Lầu dịp cuối năm", "");
    let last = report("c", "Trao quà cho 40 hộ nghèo xã Bản Lầu dịp cuối năm", "");
    let like = |a: &Report, b: &Report| judge(&Gist::of(a), &Gist::of(b)).same;
    assert!(like(&last, &leader) && !like(&last, &first), "the case is what it says");
    let story = story(vec![first, leader]);
    assert!(matches!(placed(&last, NOON, &story, "b"), Err(Refusal::Member(source, _)) if source.as_str() == "a"));
    assert!(matches!(placed(&last, NOON, &story, ""), Err(Refusal::Lead(_))));
}

#[test]
fn a_story_of_many_sources_is_compared_with_a_bounded_number_of_texts() {
    let mut entries = vec![report("a", TITLE, SUMMARY)];
    entries.extend((0..MOST_COMPARED).map(|n| report(&format!("b{n}"), TITLE, &format!("{SUMMARY} Ảnh: P{n}"))));
    entries.push(report("z", "Bế mạc hội chợ", "Hội chợ đón 7.000 lượt khách."));
    assert!(placed(&report("y", TITLE, SUMMARY), NOON, &story(entries), "").is_ok(), "what lies beyond is not looked at");
}
