//! Two papers that tell of one event in their own words, and what only looks like it.

use super::*;

#[test]
fn two_papers_that_name_the_same_facts_tell_of_one_event() {
    let report = (
        "Ghe chở mía chìm ở ngã ba Cái Tắc, ba người được cứu",
        "Rạng sáng 14/9, ghe chở 22 tấn mía của ông Huỳnh Văn Đởm chìm tại ngã ba Cái Tắc; dân hai bờ chèo xuồng vớt được cả ba.",
    );
    let feature = (
        "Đêm trắng trên sông của vợ chồng ông Đởm",
        "Đứa cháu tám tuổi bám can nhựa giữa dòng nước xiết. Ghe của ông Huỳnh Văn Đởm lật lúc rạng sáng 14/9 gần Cái Tắc, 22 tấn mía trôi sạch.",
    );
    let event = judged(report, feature);
    assert!(event.same && event.reason == Reason::Alike(Alike::Facts), "{event:?}");
    let another = feature.1.replace("14/9", "17/9").replace("22 tấn", "35 tấn").replace("Huỳnh Văn Đởm", "Lâm Văn Kiệt");
    assert!(!judged(report, ("Đêm trắng trên sông của vợ chồng ông Kiệt", &another)).same);
    let opposite = judged(
        (
            "Chiều nay giá xăng tăng mạnh",
            "Liên Bộ Công Thương - Tài chính cho RON 95 thêm 810 đồng/lít từ 15h30 ngày 21/8, dầu hỏa giữ nguyên.",
        ),
        (
            "RON 95 giảm sâu",
            "Liên Bộ Công Thương - Tài chính điều chỉnh từ 15h30 ngày 21/8: mỗi lít RON 95 bớt 1.050 đồng, kỳ thứ ba liền.",
        ),
    );
    assert!(matches!(opposite.reason, Reason::Apart { what: Difference::Opposite, .. }), "{opposite:?}");
}

#[test]
fn a_number_that_is_told_roughly_is_the_exact_one() {
    let report = "Nước về 480 m3/s lúc rạng sáng 9/8; xã Mường Kham đưa dân lên trường học, chưa ai bị thương.";
    let feature = (
        "Đêm trắng trên đồi của hơn hai trăm hộ dân Mường Kham",
        "Bà Lò Thị Inh ôm cháu ngồi hiên trường học từ rạng sáng 9/8, khi đập Suối Lụa mở cửa xả. Mường Kham đếm hơn hai trăm hộ phải chạy nước.",
    );
    let of =
        |households: u32| judged((&format!("Hồ Suối Lụa xả tràn, {households} hộ ở Mường Kham phải dời đi"), report), feature);
    assert!(of(214).same, "{:?}", of(214));
    assert!(matches!(of(314).reason, Reason::Apart { what: Difference::Number, .. }), "{:?}", of(314));
}

#[test]
fn two_papers_may_name_two_hours_of_one_event() {
    let lead = |hour: &str| format!("Dải phân cách đổ lúc {hour}, xe cộ qua cầu Vàm Sậy phải dừng, công nhân dọn tới trưa.");
    let title = "Cầu Vàm Sậy tắc cả buổi sáng vì dải phân cách đổ";
    assert!(judged((title, &lead("5h30")), (title, &lead("5 giờ 35"))).same);
}

#[test]
fn a_title_alone_may_name_the_facts_of_an_event() {
    let title = "Sáng 9/8, rái cá 14 kg lạc vào hồ bơi Khách sạn Gành Son, kiểm lâm dùng lưới đánh cá";
    let paper =
        "Con rái cá nặng 14 kg trong hồ bơi khách sạn được Phan Rí nhận về ngay sáng 9/8; khách chụp ảnh rồi vỗ tay tiễn.";
    let event = judged((title, ""), ("Cả phố vây bắt con thú lạ ở Gành Son", paper));
    assert_eq!(event.reason, Reason::Alike(Alike::Facts), "{event:?}");
}

#[test]
fn another_step_of_an_affair_is_other_news() {
    let report = (
        "Ghe chở mía chìm ở ngã ba Cái Tắc",
        "Rạng sáng 14/9, ghe chở 22 tấn mía chìm, dân hai bờ chèo xuồng vớt được ba người.",
    );
    let lead = "Rạng sáng 14/9 ấy, ông Đởm suýt xuống đáy sông Cái Tắc.";
    let told = |title: &str| judged(report, (title, lead)).same;
    for (headline, of_step) in [
        ("Ba người chèo xuồng", "Khen thưởng ba người chèo xuồng"),
        ("Ba người chèo xuồng", "Ba người chèo xuồng được đền bù"),
        ("Ba người chèo xuồng", "Tìm ra ba người chèo xuồng"),
        ("Chuyến chìm ghe: vớt ba người", "Vụ chìm ghe: vớt ba người"),
    ] {
        assert!(told(headline) && !told(of_step), "{headline} {} / {of_step} {}", told(headline), told(of_step));
    }
}

#[test]
fn what_is_news_every_day_needs_more_facts() {
    let of = |what: &str| {
        judged(
            (
                &format!("{what} tiêu Chư Prông lên 148.500 đồng sau ba phiên"),
                "Thương lái Đắk Đoa mua hồ tiêu 148.500 đồng mỗi ký sáng 12/11.",
            ),
            (
                &format!("Nhà vườn găm hàng chờ {} tiêu", what.to_lowercase()),
                "Sáng 12/11, Chư Prông bán hồ tiêu 148.500 đồng, ít người bán ra.",
            ),
        )
    };
    assert!(!of("Giá").same, "{:?}", of("Giá"));
    assert!(of("Kho").same, "{:?}", of("Kho"));
}

#[test]
fn what_each_counts_and_whom_each_names_speaks_against_one_event() {
    let of = |first: &str, second: &str| {
        let report = format!("Rạng sáng 14/9, ghe chở 4.700 viên ngói{first} chìm, dân hai bờ chèo xuồng vớt được ba người.");
        let feature = format!("Rạng sáng 14/9 ấy, ghe chở 3.150 viên gạch{second} suýt xuống đáy sông Cái Tắc.");
        judged(("Ghe chìm ở ngã ba Cái Tắc", &report), ("Người dân hai bờ kể lại", &feature)).same
    };
    assert!(of("", ""));
    assert!(!of(", 1.260 ký đinh", ", 8.810 tấm tôn"));
    assert!(!of(" của ông Trịnh Vĩnh Khê", " nhà bà Quách Thu Dung"));
    assert!(of(" của ông Trịnh Vĩnh Khê", " nhà ông Trịnh Vĩnh Khê"));
}

#[test]
fn very_many_facts_outweigh_a_form_of_common_words() {
    let raid = (
        "Phá sới bạc trong rừng cao su Phước Hòa",
        "Tối 3/6, Công an Đồng Nai bắt 27 người đánh bạc trong lô cao su, thu 412 triệu đồng, 19 xe máy; chủ sới Trịnh Công Sửu thuê ba người canh đường.",
    );
    let title = "Xóa sới bạc giữa rừng cao su Phước Hòa";
    let event = judged(
        raid,
        (
            title,
            "Bị bắt tối 3/6 cùng 412 triệu đồng và 19 xe máy, 27 người khai được Trịnh Công Sửu gọi vào; Công an Đồng Nai đang đếm số tiền.",
        ),
    );
    assert_eq!(event.reason, Reason::Alike(Alike::Facts), "{event:?}");
    let fewer = "Bị bắt tối 3/6, 27 người khai được Trịnh Công Sửu gọi vào; Công an Đồng Nai đang đếm số tiền.";
    assert!(judged(raid, (title, fewer)).same);
    let another = judged(raid, (title, "Công an Đồng Nai đang đếm số tiền thu được đêm qua của Trịnh Công Sửu."));
    assert!(!another.same, "{another:?}");
}
