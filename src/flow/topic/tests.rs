//! What a phrase matches, and what a rule makes of it.

use super::*;
use crate::model::{Field, PassedOver, Phrase, Slug};

fn phrases(texts: &[&str]) -> Vec<Phrase> {
    texts.iter().map(|text| Phrase::new(*text)).collect()
}

fn topic(id: &str, any: &[&str], all: &[&str], none: &[&str]) -> Topic {
    let fields = Field::ALL.to_vec();
    Topic {
        id: Slug::new(id).expect("a slug"),
        title: id.into(),
        any: phrases(any),
        two_of: Vec::new(),
        all: phrases(all),
        none: phrases(none),
        except: Vec::new(),
        learned: false,
        fields,
    }
}

fn texts(title: &str) -> Texts<'_> {
    Texts { title, summary: "", content: "", categories: &[], published: time("2026-11-25T00:00:00Z") }
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn ids(topics: &[Topic], title: &str) -> Vec<String> {
    Rules::new(topics).hits(texts(title)).iter().map(|h| h.topic.to_string()).collect()
}

#[test]
fn whole_words_match_whatever_stands_between_them() {
    let bac = [topic("bac", &["làm theo Bác", "học tập và làm theo tư tưởng, đạo đức"], &[], &[])];
    for yes in [
        "Tuổi trẻ làm theo Bác",
        "TUỔI TRẺ LÀM THEO BÁC",
        "Học tập và làm theo tư tưởng đạo đức",
        "học tập, và làm theo tư tưởng – đạo đức",
    ] {
        assert_eq!(ids(&bac, yes), ["bac"], "{yes}");
    }
    for no in ["làm theo bác sĩ dặn", "làm theo Bách", "làm theo bạc", "làm  theo"] {
        assert!(ids(&bac, no).is_empty(), "{no}");
    }
}

#[test]
fn a_comma_parts_two_things_but_no_long_phrase() {
    let rules = [topic("a", &["lễ hội", "phòng, chống tham nhũng", "người tốt việc tốt"], &[], &[])];
    assert_eq!(ids(&rules, "phòng chống tham nhũng"), ["a"]);
    assert_eq!(ids(&rules, "người tốt, việc tốt"), ["a"]);
    assert!(ids(&rules, "tổ chức lễ, hội nghị").is_empty());
}

#[test]
fn a_capital_of_a_phrase_is_a_capital_of_the_text() {
    let rules = [topic("bac", &["noi gương Bác"], &[], &[]), topic("dang", &["xây dựng Đảng"], &[], &[])];
    assert_eq!(ids(&rules, "Noi gương Bác, xây dựng đảng Cộng hòa"), ["bac"]);
    assert_eq!(ids(&rules, "NOI GƯƠNG BÁC, XÂY DỰNG ĐẢNG"), ["bac", "dang"]);
    assert_eq!(ids(&rules, "noi gương bác tôi, công tác xây dựng Ðảng"), ["dang"]);
}

#[test]
fn a_document_is_found_in_every_way_of_writing_it() {
    let rules = [topic("d", &["05-CT/TW", "57-NQ/TW về đột phá", "168/2024/NĐ-CP"], &[], &[])];
    for yes in [
        "Sơ kết Chỉ thị 05 - CT/ TW",
        "Sơ kết Chỉ thị số 05 của Bộ Chính trị",
        "Nghị quyết số 57-NQ/TW ngày 22/12/2024 của Bộ Chính trị về đột phá",
        "NQ57-TW về đột phá",
        "theo Nghị định 168/2024 của Chính phủ",
    ] {
        assert_eq!(ids(&rules, yes), ["d"], "{yes}");
    }
    for no in
        ["Chỉ thị 105-CT/TW", "Chỉ thị 05 của Thủ tướng", "Nghị quyết 57 về đột phá", "57-NQ/TW về phát triển", "Nghị định 168"]
    {
        assert!(ids(&rules, no).is_empty(), "{no}");
    }
    assert_eq!(ids(&[topic("d", &["thực hiện Chỉ thị 05"], &[], &[])], "5 năm thực hiện Chỉ thị số 05-CT/TW"), ["d"]);
}

#[test]
fn a_number_counts_in_its_time() {
    let phrase = Phrase {
        since: Some(time("2026-01-01T00:00:00Z")),
        until: Some(time("2027-01-01T00:00:00Z")),
        ..Phrase::new("18-NQ/TW")
    };
    let rules = Rules::new(&[Topic { any: vec![phrase], ..topic("d", &[], &[], &[]) }]);
    let at = |published| rules.hits(Texts { published: time(published), ..texts("Nghị quyết 18-NQ/TW") }).len();
    assert_eq!([at("2025-12-31T23:59:59Z"), at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z")], [0, 1, 0]);
}

#[test]
fn a_phrase_may_count_only_near_another() {
    let phrase = Phrase { near: vec!["học tập".into(), "noi gương".into()], ..Phrase::new("Bác Hồ") };
    let rules = [Topic { any: vec![phrase], ..topic("bac", &[], &[], &[]) }];
    assert_eq!(ids(&rules, "Học tập tấm gương của Bác Hồ"), ["bac"]);
    assert!(ids(&rules, "Khánh thành tượng Bác Hồ").is_empty());
    let far =
        "Học tập kinh nghiệm trồng vải của nông dân Lục Ngạn, đoàn còn đến thăm, tặng quà và dâng hương tại nhà lưu niệm Bác Hồ";
    assert!(ids(&rules, far).is_empty());
    let verdict = Rules::new(&rules).verdicts(texts("Khánh thành tượng Bác Hồ")).remove(0);
    assert_eq!(verdict.passed_over[0].1.to_string(), "none of “học tập”, “noi gương” stands near");
}

#[test]
fn one_reason_of_several_phrases_is_told_once() {
    let near = |word: &str| Phrase { near: vec![word.to_owned()], ..Phrase::new("Bác") };
    let except = phrases(&["nguyện học Bác"]);
    let rules = [Topic { any: vec![near("học"), near("noi gương")], except, ..topic("lam-theo-bac", &[], &[], &[]) }];
    let verdict = Rules::new(&rules).verdicts(texts("Nguyện học Bác")).remove(0);
    assert_eq!(verdict.passed_over.len(), 2);
    assert_eq!(verdict.reasons_against(), ["“Bác” in the title does not count: there stands “nguyện học Bác”"]);
}

#[test]
fn two_weak_phrases_make_a_strong_one() {
    let rules = [Topic {
        two_of: phrases(&["học sinh", "trường tiểu học", "tiểu học"]),
        ..topic("giao-duc", &["khai giảng"], &[], &[])
    }];
    assert_eq!(ids(&rules, "Học sinh trường tiểu học An Phú"), ["giao-duc"]);
    assert_eq!(ids(&rules, "Lễ khai giảng"), ["giao-duc"]);
    for no in ["Hồ bơi cạnh trường tiểu học", "Học sinh, học sinh"] {
        assert!(ids(&rules, no).is_empty(), "{no}");
    }
    let verdict = Rules::new(&rules).verdicts(texts("Học sinh")).remove(0);
    assert_eq!(verdict.reasons_against(), ["“Học sinh” in the title does not count: alone it says too little"]);
}

#[test]
fn a_phrase_may_count_only_in_some_fields() {
    let phrase = Phrase { fields: vec![Field::Title], ..Phrase::new("học sinh") };
    let rules = Rules::new(&[Topic { any: vec![phrase], ..topic("giao-duc", &[], &[], &[]) }]);
    assert_eq!(rules.hits(texts("Học sinh")).len(), 1);
    assert_eq!(rules.hits(Texts { summary: "học sinh", ..texts("") }).len(), 0);
}

#[test]
fn any_all_and_none_are_told_apart() {
    let topics = [topic("a", &["một", "hai"], &["ba"], &["bốn"]), topic("b", &[], &["ba"], &[])];
    assert_eq!(ids(&topics, "hai ba"), ["a", "b"]);
    assert_eq!(ids(&topics, "ba"), ["b"]);
    assert_eq!(ids(&topics, "một hai"), Vec::<String>::new());
    assert_eq!(ids(&topics, "một ba bốn"), ["b"]);
}

#[test]
fn an_exception_takes_away_what_shares_a_word_with_it_and_nothing_else() {
    let topics = [Topic { except: phrases(&["lễ hội nghị"]), ..topic("a", &["lễ hội", "di tích"], &[], &["game"]) }];
    assert_eq!(ids(&topics, "Tổ chức lễ hội nghị trong mùa lễ hội"), ["a"]);
    assert!(ids(&topics, "Tiết kiệm khi tổ chức lễ hội nghị").is_empty());
    assert!(ids(&topics, "Game về lễ hội").is_empty());
    let verdict = Rules::new(&topics).verdicts(texts("tổ chức lễ hội nghị")).remove(0);
    assert_eq!(
        (verdict.passed_over[0].0.text.as_str(), verdict.passed_over[0].1.to_string()),
        ("lễ hội", "there stands “lễ hội nghị”".into())
    );
}

#[test]
fn neighbouring_phrases_share_their_blank() {
    let topics = [topic("a", &["một hai"], &[], &[]), topic("b", &["hai ba"], &[], &[])];
    assert_eq!(ids(&topics, "một hai ba"), ["a", "b"]);
}

#[test]
fn only_the_chosen_fields_count_and_the_reason_is_named() {
    let titled = Topic { fields: vec![Field::Title], ..topic("a", &["một cửa"], &[], &[]) };
    let rules = Rules::new(&[titled, topic("b", &["Một cửa", "liên thông"], &[], &[])]);
    let categories = ["Tin".to_owned(), "Một cửa".to_owned()];
    let content = "<p>Bộ phận <b>MỘT&nbsp;CỬA</b></p>";
    let hits = rules.hits(Texts { summary: "«Một  cửa» liên thông", content, categories: &categories, ..texts("") });
    assert_eq!(hits.len(), 1);
    let told: Vec<_> = hits[0].matched.iter().map(|m| (m.phrase.as_str(), m.field, m.text.as_str(), m.place.clone())).collect();
    assert_eq!(
        told,
        [
            ("Một cửa", Field::Summary, "Một  cửa", 1..9),
            ("liên thông", Field::Summary, "liên thông", 11..21),
            ("Một cửa", Field::Content, "MỘT\u{a0}CỬA", 9..16),
            ("Một cửa", Field::Categories, "Một cửa", 0..7),
        ]
    );
}

#[test]
fn what_stands_around_a_document_is_as_in_any_phrase() {
    let rules = [
        topic("a", &["thực hiện Chỉ thị 05"], &[], &[]),
        topic("b", &["Chỉ thị 05 Bình Dương"], &[], &[]),
        topic("c", &["kế hoạch 5 năm"], &[], &[]),
    ];
    assert_eq!(ids(&rules, "Mười năm thực hiện Chỉ thị số 05-CT/TW"), ["a"]);
    assert!(ids(&rules, "Ba việc chưa thực hiện. Chỉ thị 05-CT/TW nói").is_empty(), "two sentences");
    assert_eq!(ids(&rules, "Chỉ thị 05-CT/TW Bình Dương"), ["b"]);
    assert!(ids(&rules, "chỉ thị 05-CT/TW bình dương").is_empty(), "a name");
    assert_eq!(ids(&rules, "Xây dựng kế hoạch 5 năm 2026-2030"), ["c"]);
}

#[test]
fn a_phrase_that_stands_twice_in_a_rule_is_one() {
    let two_of = phrases(&["doanh thu", "doanh thu", "siêu thị"]);
    let rule = Topic { two_of, ..topic("a", &[], &[], &[]) };
    assert!(ids(std::slice::from_ref(&rule), "Doanh thu, rồi doanh thu nữa").is_empty());
    assert_eq!(ids(&[rule], "Doanh thu siêu thị"), ["a"]);
}

#[test]
fn one_phrase_drowns_no_other() {
    let rules = [topic("a", &["lễ hội"], &[], &[]), topic("b", &["lễ hội"], &[], &["thanh long"])];
    let text = format!("{} thanh long", "lễ hội ".repeat(20_000));
    assert_eq!(ids(&rules, &text), ["a"], "what excludes is found at the end");
}

#[test]
fn what_was_learned_gives_a_topic_that_no_phrase_gives() {
    const OPERATION: &str = "Phẫu thuật nội soi cứu bệnh nhân 70 tuổi tại bệnh viện đa khoa";
    let rule = |learned, none: &[&str]| Topic { learned, ..topic("y-te", &["hiến máu"], &[], none) };
    assert!(ids(&[rule(false, &[])], OPERATION).is_empty());
    assert_eq!(ids(&[rule(true, &[])], OPERATION), ["y-te"]);
    assert!(ids(&[rule(true, &[])], "Trộm đột nhập tiệm vàng trong đêm").is_empty());
    assert!(ids(&[rule(true, &["bệnh viện"])], OPERATION).is_empty(), "what excludes a story excludes it, whatever was learned");
    assert_eq!(ids(&[rule(true, &[])], "Hiến máu"), ["y-te"], "a phrase still suffices");

    let verdict = Rules::new(&[rule(true, &[])]).hits(texts(OPERATION)).remove(0);
    assert!(verdict.learned && !verdict.matched.is_empty());
    for word in &verdict.matched {
        let written: String = OPERATION.chars().skip(word.place.start).take(word.place.len()).collect();
        assert_eq!(written, word.text);
    }
    let by_phrase = Rules::new(&[rule(true, &[])]).hits(texts("Hiến máu")).remove(0);
    assert!(!by_phrase.learned);
}

#[test]
fn a_topic_may_be_learned_alone() {
    let alone = [Topic { learned: true, ..topic("giao-duc", &[], &[], &[]) }];
    assert_eq!(ids(&alone, "Học sinh lớp 12 thi tốt nghiệp THPT, nhà trường ôn tập cho thí sinh"), ["giao-duc"]);
    assert!(ids(&alone, "Bão số 9 đổi hướng").is_empty());
}

#[test]
fn a_phrase_may_count_only_where_what_was_learned_speaks_clearly_for_the_topic() {
    let phrase = Phrase { learned: true, ..Phrase::new("Bác") };
    let rules = [Topic { any: vec![phrase], ..topic("lam-theo-bac", &[], &[], &[]) }];
    let follows = "Chi bộ kể chuyện về Bác, đảng viên nêu gương học tập phong cách giản dị";
    assert_eq!(ids(&rules, follows), ["lam-theo-bac"]);
    assert!(
        ids(&rules, "Chi bộ kể chuyện, đảng viên nêu gương học tập phong cách Hồ Chí Minh").is_empty(),
        "without the phrase it is not enough"
    );
    assert!(ids(&rules, "Bác Ba bán vé số").is_empty(), "nor the phrase without the other words");

    let verdict = Rules::new(&rules).hits(texts(follows)).remove(0);
    assert!(verdict.learned && verdict.matched[0].text == "Bác" && verdict.matched.len() > 1, "{verdict:?}");
    assert!(verdict.matched[1..].iter().all(|word| word.place != verdict.matched[0].place), "it is shown once: {verdict:?}");
    let verdict = Rules::new(&rules).verdicts(texts("Bác Ba bán vé số")).remove(0);
    assert_eq!(verdict.passed_over[0].1, PassedOver::Unlearned);
    let elsewhere = [Topic { id: Slug::new("khac").unwrap(), ..rules[0].clone() }];
    assert!(ids(&elsewhere, follows).is_empty(), "of other topics nothing was learned");
}

#[test]
fn a_condition_holds_in_every_list() {
    let except = Phrase { until: Some(time("2026-01-01T00:00:00Z")), ..Phrase::new("Bác Ái") };
    let rules = Rules::new(&[Topic { except: vec![except], ..topic("bac", &["Bác"], &[], &[]) }]);
    let at = |published| rules.hits(Texts { published: time(published), ..texts("Huyện Bác Ái mở hội") }).len();
    assert_eq!([at("2025-12-31T00:00:00Z"), at("2026-01-01T00:00:00Z")], [0, 1], "an exception that is over takes nothing away");

    let weak = ["Bác", "giản dị"].map(|text| Phrase { learned: true, ..Phrase::new(text) });
    let two = Rules::new(&[Topic { two_of: weak.to_vec(), ..topic("lam-theo-bac", &[], &[], &[]) }]);
    let verdict = two.hits(texts("Chi bộ kể chuyện về Bác, đảng viên nêu gương học tập phong cách giản dị")).remove(0);
    assert!(verdict.learned && verdict.matched.len() > 2, "{verdict:?}");
    assert!(two.hits(texts("Giá thịt lợn tăng, quán của Bác Ba bán chậm; trang phục giản dị được ưa chuộng")).is_empty());
}

#[test]
fn what_was_learned_belongs_to_the_fingerprint() {
    let rules = |learned| Rules::new(&[Topic { learned, ..topic("y-te", &["hiến máu"], &[], &[]) }]).fingerprint();
    assert_ne!(rules(true), rules(false));
}
