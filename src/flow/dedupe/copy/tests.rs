//! Pairs after real headlines: what is one story, what is not, and the reason that is given.

mod events;

use super::*;
use crate::model::{Alike, Difference};

fn judged(a: (&str, &str), b: (&str, &str)) -> Judgement {
    let (a, b) = (Gist::new(a.0, a.1), Gist::new(b.0, b.1));
    let (there, back) = (judge(&a, &b), judge(&b, &a));
    assert_eq!(there, Judgement { reason: back.reason.reversed(), ..back }, "the order makes no difference");
    there
}

proptest::proptest! {
    #[test]
    fn any_two_texts_are_judged_alike_from_both_sides(
        a in "((Hà Nội|Huế|Long An|tăng|giảm|12|23/11|UBND|Ủy ban nhân dân|ở|Lan|khai mạc|mưa|0 triệu)[ ,.]{1,2}){0,12}",
        b in "((Hà Nội|Huế|Tây Ninh|tăng|giảm|12|24/11|UBND|Ủy ban nhân dân|ở|Hoa|bế mạc|mưa|0 triệu)[ ,.]{1,2}){0,12}",
        c in "((Hà Nội|tăng|12|UBND|Lan|mưa|lớn)[ ,.]{1,2}){0,12}",
    ) {
        judged((&a, &c), (&b, &c));
        judged((&a, &b), (&b, &a));
    }
}

const LEAD: &str = "Sáng 20/11, UBND tỉnh tổ chức lễ khởi công tuyến đường nối cảng Vạn Sơn với quốc lộ 18, dài 12 km, tổng mức đầu tư 1.450 tỷ đồng, \
     dự kiến hoàn thành vào cuối năm 2028.";

#[test]
fn ways_of_writing_make_no_difference() {
    for (a, b) in [
        ("Sông Đà sẽ 'hồi sinh' sau dự án nạo vét lòng hồ", "Sông Đà sẽ “hồi sinh” sau dự án nạo vét lòng hồ"),
        ("TP.HCM cấp thẻ xanh COVID-19 cho tài xế công nghệ", "Thành phố Hồ Chí Minh cấp thẻ xanh Covid-19 cho tài xế công nghệ"),
        (
            "Chủ tịch UBND tỉnh đối thoại với nông dân trồng vải Lục Ngạn",
            "Chủ tịch Ủy ban nhân dân tỉnh đối thoại với nông dân trồng vải Lục Ngạn",
        ),
        ("Hạ Long đón 3.000 khách tàu biển trong ngày 23/11", "Hạ Long đón 3000 khách tàu biển trong ngày 23-11"),
        ("BÀN GIAO 45 NGÔI NHÀ CHO HỘ NGHÈO VÙNG CAO MƯỜNG KHƯƠNG", "Bàn giao 45 ngôi nhà cho hộ nghèo vùng cao Mường Khương"),
        ("Thuỷ điện Hoà An xả lũ, cảnh báo hạ du sông Gâm", "Thủy điện Hòa An xả lũ, cảnh báo hạ du sông Gâm"),
    ] {
        let judgement = judged((a, ""), (b, ""));
        assert!(judgement.same, "{a} / {b}: {judgement:?}");
    }
}

#[test]
fn a_province_is_known_by_the_name_of_what_is_part_of_it() {
    let told = |place: &str| {
        format!(
            "Rạng sáng 11/3, lửa bùng lên tại kho phế liệu rộng 1.800 m2 ở {place}, 9 xe chữa cháy dập lửa suốt 4 giờ, không ai bị thương."
        )
    };
    let judged = |a: &str, b: &str| {
        let titles =
            (format!("{a}: Dập tắt đám cháy kho phế liệu lúc nửa đêm"), format!("Cột khói đen trên kho phế liệu 1.800 m2 ở {b}"));
        judged((&titles.0, &told(a)), (&titles.1, &told(b)))
    };
    for (a, b) in [
        ("Tây Ninh", "Long An cũ"),
        ("Gia Lai", "Bình Định"),
        ("Gia Lai", "Quy Nhơn"),
        ("Khánh Hòa", "Nha Trang"),
        ("TP.HCM", "Bình Dương"),
    ] {
        assert!(judged(a, b).same, "{a} / {b}: {:?}", judged(a, b));
    }
    // Two parts of one province are two places.
    for (a, b) in [("Sóc Trăng", "Hậu Giang"), ("Quy Nhơn", "Pleiku"), ("Tây Ninh", "Đồng Nai"), ("Nha Trang", "Đà Lạt")]
    {
        assert!(!judged(a, b).same, "{a} / {b}: {:?}", judged(a, b));
    }
    // And a form that names the one and the other is filled in twice.
    for (a, b) in [
        ("Kết quả xổ số kiến thiết Cần Thơ ngày 19/11/2026", "Kết quả xổ số kiến thiết Sóc Trăng ngày 19/11/2026"),
        ("Lịch cắt điện Tây Ninh ngày 20/11", "Lịch cắt điện Long An ngày 20/11"),
    ] {
        let judgement = self::judged((a, ""), (b, ""));
        assert!(
            matches!(judgement.reason, Reason::Apart { what: Difference::Place | Difference::Name, .. }),
            "{a}: {judgement:?}"
        );
    }
}

#[test]
fn what_differs_in_a_number_a_name_or_a_moment_is_two_stories() {
    use Difference::{Name, Number, Opposite, Place};
    for (a, b, why) in [
        ("Bản tin dịch bệnh số 103 (ngày 22/10)", "Bản tin dịch bệnh số 100 (ngày 19/10)", Number),
        ("Lịch cắt điện tuần 45 trên địa bàn thành phố Vinh", "Lịch cắt điện tuần 46 trên địa bàn thành phố Vinh", Number),
        ("Thời sự Lào Cai 11h30 (9/10/2021)", "Thời sự Lào Cai 11h30 (23/10/2021)", Number),
        (
            "Đại hội Đảng bộ huyện lần thứ XXIII thành công tốt đẹp",
            "Đại hội Đảng bộ huyện lần thứ XXIV thành công tốt đẹp",
            Number,
        ),
        ("Khai mạc Hội khỏe Phù Đổng toàn tỉnh năm học này", "Bế mạc Hội khỏe Phù Đổng toàn tỉnh năm học này", Opposite),
        (
            "Giá xăng dầu trong nước tiếp tục tăng mạnh từ chiều nay",
            "Giá xăng dầu trong nước tiếp tục giảm mạnh từ chiều nay",
            Opposite,
        ),
        ("Hải Phòng: Phát động tháng cao điểm vì người nghèo", "Quảng Ninh: Phát động tháng cao điểm vì người nghèo", Place),
        ("Trao Huy hiệu Đảng cho đảng viên xã Tân Lập", "Trao Huy hiệu Đảng cho đảng viên xã Tân Hòa", Name),
    ] {
        let judgement = judged((a, ""), (b, ""));
        let what = match &judgement.reason {
            Reason::Apart { what, .. } => Some(*what),
            _ => None,
        };
        assert!(!judgement.same && what == Some(why), "{a} / {b}: {judgement:?}");
    }
}

#[test]
fn a_lead_confirms_another_headline() {
    let other = judged(
        ("Khởi công đường nối cảng Vạn Sơn với quốc lộ 18", LEAD),
        ("Quảng Ninh xây tuyến đường ra cảng Vạn Sơn 1.450 tỷ đồng", LEAD),
    );
    assert!(other.same && other.reason == Reason::Alike(Alike::Texts), "{other:?}");
    let cut = &LEAD[..LEAD.len() / 2];
    let shortened =
        judged(("Khởi công đường nối cảng Vạn Sơn với quốc lộ 18", LEAD), ("Khởi công đường ra cảng Vạn Sơn, Quảng Ninh", cut));
    assert!(shortened.same, "{shortened:?}");
    let elsewhere = LEAD.replace("20/11", "21/11");
    let numbers = judged(("Khởi công tuyến đường mới", LEAD), ("Khởi công tuyến đường mới", &elsewhere));
    assert!(!numbers.same, "{numbers:?}");
}

#[test]
fn a_form_is_two_stories_though_one_text_mentions_the_other() {
    let recall = "Chủ xe tra số khung trên trang của hãng để biết xe có thuộc diện thay dây ga miễn phí hay không; mỗi lần thay mất 35 phút.";
    let makers =
        judged(("Honda triệu hồi 12.000 xe vì lỗi dây ga", recall), ("Yamaha triệu hồi 12.000 xe vì lỗi dây ga", recall));
    assert!(!makers.same, "{makers:?}");
    let neighbour = judged(
        ("Công bố hết dịch tả lợn tại xã Cẩm Lạc", ""),
        ("Công bố hết dịch tả lợn tại xã Cẩm Trung", "Xã giáp ranh Cẩm Lạc vẫn còn hai thôn có dịch."),
    );
    assert!(!neighbour.same, "{neighbour:?}");
    let timetable = |what: &str| format!("{what}: các điểm mở từ 7h30 đến 10h30 trong các ngày 6, 7, 8/3 tại phường Hải Châu.");
    let timetables = judged(
        ("Lịch tiêm vắc xin cho chó mèo phường Hải Châu", &timetable("Tiêm")),
        ("Lịch cấp đổi giấy phép lái xe phường Hải Châu", &timetable("Cấp đổi")),
    );
    assert!(!timetables.same, "{timetables:?}");
}

#[test]
fn a_foreign_name_is_written_in_syllables_or_letters() {
    let visit = |name: &str| format!("Đoàn chuyên gia {name} tập huấn y tế cơ sở tại Quảng Trị");
    let one = judged((&visit("Xa-va-na-khẹt"), ""), (&visit("Savannakhet"), ""));
    assert!(one.same, "{one:?}");
    let other = judged((&visit("Savannakhet"), ""), (&visit("Champasak"), ""));
    assert!(!other.same, "{other:?}");
}

#[test]
fn a_misspelt_word_is_that_word_and_a_misspelt_name_another() {
    let built = judged(
        ("Khánh thành hồ chúa nước Sông Chò ở xã Khánh Hiệp", ""),
        ("Khánh thành hồ chứa nước Sông Chò ở xã Khánh Hiệp", ""),
    );
    assert!(built.same, "{built:?}");
    let villages = judged(("Đánh thức làng chài An Bàng bên biển", ""), ("Đánh thức làng chài An Băng bên biển", ""));
    assert!(!villages.same, "{villages:?}");
}

#[test]
fn a_title_that_fits_many_articles_needs_its_text() {
    let general = judged(("Thông báo", ""), ("Thông báo", ""));
    assert_eq!((general.same, general.reason), (false, Reason::General));
    let confirmed = judged(("Thông báo", LEAD), ("Thông báo", LEAD));
    assert!(confirmed.same, "{confirmed:?}");
    assert!(
        !judged(
            ("Học tập và làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh", ""),
            ("Học tập và làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh", "")
        )
        .same
    );
}

#[test]
fn nothing_is_like_nothing() {
    assert!(!judged(("", ""), ("", "")).same);
    assert!(!judged(("…", ""), ("...", "")).same);
}

#[test]
fn texts_that_are_alike_share_a_band() {
    let bands = |title: &str, lead: &str| Gist::new(title, lead).sketch().bands.clone();
    let first = bands("Khởi công đường nối cảng Vạn Sơn với quốc lộ 18", LEAD);
    let again = bands("Quảng Ninh khởi công tuyến đường nối cảng Vạn Sơn với quốc lộ 18", LEAD);
    assert!(first.iter().any(|band| again.contains(band)));
    assert!(first.len() <= 15 && bands("", "").is_empty());
    assert!(!bands("Thông báo", "").is_empty());
    let other = bands("Giá vải thiều đầu mùa tăng gấp đôi", "Thương lái vào tận vườn mua, nông dân phấn khởi.");
    assert!(!first.iter().any(|band| other.contains(band)));
}

#[test]
fn a_title_that_says_enough_needs_no_lead() {
    let portal = "UBND tỉnh tổ chức lễ khánh thành cầu Vàm Sậy, công trình có tổng mức đầu tư 486 tỷ đồng, hoàn thành vượt tiến độ bốn tháng.";
    let paper = "Cây cầu dài 412 m thay cho chuyến đò ngang của hơn 9.000 hộ dân hai bờ sông Vàm Sậy. Người lái đò cuối cùng được mời đi chuyến xe đầu.";
    let title = "Bình Thanh khánh thành cầu Vàm Sậy, nối liền hai bờ sau 40 năm chờ đợi";
    let judgement = judged((&title.replacen(' ', ": ", 2).replacen(": ", " ", 1), portal), (title, paper));
    assert!(judgement.same, "{judgement:?}");
    assert!(
        !judged(("Khánh thành cầu Vàm Sậy", portal), ("Khánh thành cầu Vàm Sậy", "Sáng nay mưa to ở xã Tân Lập, 9 hộ ngập."))
            .same
    );
}

#[test]
fn what_one_title_denies_is_another_story() {
    let judgement =
        judged(("Tàu cá Lý Sơn được phép ra khơi từ 6h sáng mai", ""), ("Tàu cá Lý Sơn không được ra khơi từ 6h sáng mai", ""));
    assert!(matches!(judgement.reason, Reason::Apart { what: Difference::Opposite, .. }), "{judgement:?}");
}

#[test]
fn items_under_one_heading_are_two_stories() {
    let lead = |what: &str| format!("Sáng 3/2, tỉnh Tây Ninh {what} tại Trảng Bàng nhân 195 năm, có 64 cụ đã dự buổi lễ từ sớm.");
    let of = |title: &str, what: &str| {
        judged(
            (
                "Kỷ niệm 195 năm Tây Ninh: khánh thành quảng trường Trảng Bàng",
                &lead("cắt băng khánh thành quảng trường rộng 5 ha"),
            ),
            (title, &lead(what)),
        )
    };
    let item =
        of("Kỷ niệm 195 năm Tây Ninh: họp mặt các cụ cao niên Trảng Bàng", "họp mặt các cụ, trao quà của quảng trường 5 ha");
    assert!(matches!(item.reason, Reason::Apart { what: Difference::Word, .. }), "{item:?}");
    let own = of("Họp mặt các cụ cao niên Trảng Bàng, mừng 195 năm Tây Ninh", "họp mặt các cụ, trao quà của quảng trường 5 ha");
    assert!(own.same, "{own:?}");
    // A place is no heading.
    let place = judged(("Tây Ninh: mở quảng trường Trảng Bàng", LEAD), ("Tây Ninh: có nơi vui chơi mới ven cảng Vạn Sơn", LEAD));
    assert!(place.same, "{place:?}");
}

#[test]
fn two_offices_that_act_are_two_stories() {
    let court = "Sáng 3/7, tại trụ sở Tòa án nhân dân tỉnh, 12 đồng chí nhận quyết định bổ nhiệm thẩm phán.";
    let both = "Sáng 3/7, tại trụ sở Viện kiểm sát nhân dân tỉnh, 12 đồng chí nhận quyết định. Cùng ngày, Tòa án nhân dân tỉnh cũng bổ nhiệm thẩm phán.";
    let offices = judged(
        ("Viện kiểm sát nhân dân tỉnh công bố quyết định bổ nhiệm Kiểm sát viên trung cấp", both),
        ("Tòa án nhân dân tỉnh công bố quyết định bổ nhiệm Thẩm phán", court),
    );
    let (first, second) = ("Viện kiểm sát nhân dân".to_owned(), "Tòa án nhân dân".to_owned());
    assert_eq!(offices.reason, Reason::Apart { what: Difference::Name, first, second });
}

#[test]
fn an_abbreviation_is_what_the_other_text_spells_out() {
    let lead = "Sáng 9/3, Hội Sinh vật cảnh Trà Lý họp tại nhà văn hóa Trà Lý, bàn giữ giống mai vàng 120 tuổi.";
    let of = |abbreviation: &str| {
        let title = format!("{abbreviation} bàn cách giữ cây mai già");
        judged((&title, "Sáng 9/3, các nghệ nhân Trà Lý hiến kế chăm cây 120 tuổi."), ("Trà Lý lo cho gốc mai vàng", lead))
    };
    assert!(!of("HQVC").same, "{:?}", of("HQVC"));
    assert!(of("HSVC").same, "{:?}", of("HSVC"));
}

#[test]
fn independent_reports_share_a_band_by_the_day_or_the_province() {
    let meet = |a: (&str, &str), b: (&str, &str)| {
        let (a, b) = (Gist::new(a.0, a.1), Gist::new(b.0, b.1));
        a.sketch().bands.iter().any(|band| b.sketch().bands.contains(band))
    };
    assert!(meet(
        ("Mưa đá ở Lũng Phình", "Chiều 4/3/2026, hạt to như trứng gà."),
        ("Phình giữa cơn giận của trời", "Ngày 4/3 mái nhà thủng cả.")
    ));
    assert!(!meet(
        ("Mưa đá ở Lũng Phình", "Chiều 4/3/2026, hạt to như trứng gà."),
        ("Phình giữa cơn giận của trời", "Ngày 5/3 mái nhà thủng cả.")
    ));
    assert!(meet(("Sơn La: chợ Phình cháy", ""), ("Ngôi nhà cuối bản", "Người ở Phình (Sơn La) dựng lại.")));
    assert!(!meet(("Sơn La: chợ Phình cháy", ""), ("Ngôi nhà cuối bản", "Người ở Phình (Lào Cai) dựng lại.")));
}

#[test]
fn a_lead_that_each_fills_in_is_a_form() {
    let lead = |gifts: &str| {
        format!(
            "Sáng nay, đoàn công tác về tận bản, trao mỗi hộ {gifts}, động viên bà con sớm sửa nhà, trồng lại nương ngô sau trận lốc."
        )
    };
    let of = |gifts: &str| {
        judged(
            ("Trung đoàn bộ binh tặng gạo cho bà con Nậm Xé", &lead("hai bao gạo, thùng mì, chăn")),
            ("Bà con Nậm Xé đón khách", &lead(gifts)),
        )
    };
    assert!(of("hai bao gạo, thùng mì").same, "{:?}", of("hai bao gạo, thùng mì"));
    assert!(!of("hai áo mưa, đèn pin, ủng").same, "{:?}", of("hai áo mưa, đèn pin, ủng"));
}

#[test]
fn a_summary_that_says_nothing_of_either_title_is_the_sites() {
    let site = "Trang tin của đài mang đến bạn đọc những bản tin nhanh nhất, đầy đủ nhất, được cập nhật suốt ngày đêm từ khắp các xã phường.";
    let judgement = judged(("Dưa hấu rớt giá, nông dân bỏ ruộng", site), ("Khai trương phố đi bộ ven hồ Gươm Vàng", site));
    assert_eq!((judgement.same, judgement.reason), (false, Reason::General));
}

#[test]
fn a_title_with_the_sites_name_behind_it_is_no_summary() {
    let title = "Chuyện đời của nghệ nhân giữ nghề gốm Phù Lãng";
    let told = "Bảy mươi tuổi, ông vẫn nhào đất mỗi sáng và nói rằng mình sống được là nhờ bà con trong làng còn mua chum vại.";
    let repeated = format!("{title} - Báo Sông Cầu điện tử");
    assert!(judged((title, told), (title, &repeated)).same);
    let general = "Hội nghị trực tuyến";
    let judgement = judged(
        (general, "Các xã miền núi bàn việc phòng cháy rừng trong mùa khô năm nay."),
        (general, "Hội nghị trực tuyến - Cổng thông tin"),
    );
    assert!(!judgement.same, "{judgement:?}");
    let more = |place: &str| format!("Khai mạc Hội thi thợ giỏi ngành điện lực ở {place}");
    let judgement = judged(
        ("Khai mạc Hội thi thợ giỏi ngành điện lực", &more("Bắc Ninh")),
        ("Khai mạc Hội thi thợ giỏi ngành điện lực", &more("Cà Mau")),
    );
    assert!(!judgement.same, "what goes on behind the title counts: {judgement:?}");
    assert_eq!(Gist::new("", "Giá lúa tăng").lead.tokens.len(), 3, "without a title there is nothing to repeat");
}

#[test]
fn a_lead_in_other_words_under_another_headline_is_the_same_news() {
    let lead = |verb: &str, end: &str, more: &str| {
        format!(
            "{verb}{more} Trịnh Bá Lượng, chủ Cơ sở đúc gang Thạch Khê, về hành vi trộm cắp điện bằng cách đấu nối trước công tơ ở cụm công nghiệp làng nghề \
             xã Mỹ Yên suốt ba năm{end}."
        )
    };
    let (first, second) = (
        lead("Công an tỉnh khởi tố, bắt tạm giam", "", ""),
        lead("Sau khi kiểm tra đột xuất, Công an tỉnh đã khởi tố bị can, bắt tạm giam", ", theo thông báo tối qua", ""),
    );
    let arrested =
        judged(("Khởi tố chủ lò đúc gang câu trộm điện", &first), ("Câu trộm điện suốt ba năm, chủ lò đúc bị bắt", &second));
    assert!(arrested.same, "both tell of both: {arrested:?}");
    let plain = judged(
        ("Khởi tố chủ lò đúc gang câu trộm điện", "Cơ quan điều tra khởi tố vụ án."),
        ("Bắt chủ lò đúc gang câu trộm điện", "Bị can bị bắt tại nhà."),
    );
    assert!(!plain.same, "two moments: {plain:?}");
    let other = lead("Sau khi kiểm tra đột xuất, Công an tỉnh đã khởi tố bị can, bắt tạm giam", ", thiệt hại 400 triệu đồng", "");
    let counted = lead("Công an tỉnh khởi tố, bắt tạm giam", ", thiệt hại 700 triệu đồng", "");
    let judgement = judged(("Lò đúc gang câu trộm điện", &counted), ("Chuyện ở một cụm công nghiệp làng nghề", &other));
    assert_ne!(judgement.reason, Reason::Alike(Alike::Texts), "they count different things");
}

#[test]
fn what_north_and_south_call_otherwise_is_one_thing() {
    for (a, b) in [
        (
            "Xe tải rớt xuống vực đèo Prenn, tài xế thoát nạn nhờ bụi cây",
            "Xe tải rơi xuống vực đèo Prenn, tài xế thoát nạn nhờ bụi cây",
        ),
        (
            "Bà bầu sinh con trên xe khách ở đèo Cả được cả xe giúp sức",
            "Thai phụ sinh con trên xe khách ở đèo Cả được cả xe giúp sức",
        ),
        (
            "Cháy trong hẻm 12 đường Lò Lu, hai người leo mái tôn thoát ra",
            "Cháy trong ngõ 12 đường Lò Lu, hai người leo mái tôn thoát ra",
        ),
    ] {
        let judgement = judged((a, ""), (b, ""));
        assert!(judgement.same, "{a} / {b}: {judgement:?}");
    }
}
