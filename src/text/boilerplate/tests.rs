use super::*;

#[test]
fn an_agencys_prefix_does_not_count() {
    for (text, expected) in [
        ("(Dân trí) - Sáng 23/10, đoàn công tác", "Sáng 23/10, đoàn công tác"),
        ("TTO - Chiều 30-10, mưa lớn", "Chiều 30-10, mưa lớn"),
        ("(PLO)- Tòa tuyên án", "Tòa tuyên án"),
        ("(ĐCSVN) – Hội nghị", "Hội nghị"),
        ("VTV.vn - Lũ về", "Lũ về"),
        ("(QNO) - Khai mạc", "Khai mạc"),
        ("(GLO)-Khai mạc", "Khai mạc"),
        ("(HNMO) - Khai mạc", "Khai mạc"),
        ("(CAO)\u{A0}Bắt nghi phạm", "Bắt nghi phạm"),
        ("( BVPL) - Viện kiểm sát", "Viện kiểm sát"),
        ("(Tổ Quốc) - Giải đấu", "Giải đấu"),
        ("(Thanh tra) -Bão số 7", "Bão số 7"),
        ("(QK7 Online) - Trung đoàn", "Trung đoàn"),
        ("(thitruongtaichinhtiente.vn) - Vay", "Vay"),
        ("(Báo Cà Mau): Tôm", "Tôm"),
        ("GD&TĐ - Năm học mới", "Năm học mới"),
        ("(VOH) - (TTXVN) - Hai nguồn", "Hai nguồn"),
        ("GiadinhNet – Diễn viên", "Diễn viên"),
        ("SKĐS- Biến thể mới", "Biến thể mới"),
    ] {
        assert_eq!(body(text), expected, "{text}");
    }
}

#[test]
fn what_may_be_news_counts() {
    for text in [
        "(Bài 2) - Chuyện ở làng",
        "(1) - Danh sách",
        "(Phú Thọ) - Hội nghị",
        "(TP.HCM) - Hội nghị",
        "(Kèm theo Thông báo số 26 /TB-HĐ ngày 09 tháng 9 năm 2021)",
        "COVID-19 diễn biến phức tạp",
        "VN-Index tăng",
        "OCOP - hướng đi mới",
        "WHO - Việt Nam ký kết",
        "XSMT – Kết quả xổ số",
        "Nhật Bản - quê hương của hoa",
        "Tin liên quan đến vụ cháy",
        "Dân chờ phản hồi",
        "Điểm du lịch mới nhất",
        "Khai mạc - bế mạc",
        "",
        "-",
        "()",
    ] {
        assert_eq!(body(text), text, "{text}");
    }
}

#[test]
fn what_stands_around_an_article_does_not_count() {
    for (text, expected) in [
        ("Lúa được mùa. Phản hồi", "Lúa được mùa."),
        ("Lúa được mùa. Bình luận (3) Mới nhất", "Lúa được mùa."),
        ("Lúa được mùa. Các tin khác Giá cá tăng", "Lúa được mùa."),
        ("Lúa được mùa TIN LIÊN QUAN: Giá cá tăng", "Lúa được mùa"),
        ("Lúa được mùa từ khóa: lúa, mùa", "Lúa được mùa"),
        ("Lúa được mùa. Từ khoá : lúa", "Lúa được mùa."),
        ("Lúa được mùa. (*) Không sao chép dưới mọi hình thức", "Lúa được mùa."),
        ("Lúa được mùa. Liên kết website Cổng tỉnh", "Lúa được mùa."),
        ("Lúa được mùa. Tổng số điểm của bài viết là: 0 trong 0 đánh giá", "Lúa được mùa."),
        ("Lúa được mùa. - VnExpress", "Lúa được mùa."),
        ("Xe mới về nước -AutoBikes.vn", "Xe mới về nước"),
        ("Phản hồi", ""),
    ] {
        assert_eq!(body(text), expected, "{text}");
    }
}

#[test]
fn a_sites_name_behind_a_title_does_not_count() {
    for (title, expected) in [
        ("Khai mạc hội chợ - Báo An Giang", "Khai mạc hội chợ"),
        ("Khai mạc hội chợ | Cổng TTĐT TP. Thủ Dầu Một", "Khai mạc hội chợ"),
        ("Khai mạc hội chợ | An Giang Online", "Khai mạc hội chợ"),
        ("Khai mạc hội chợ - Thời sự - BÁO AN GIANG", "Khai mạc hội chợ"),
        ("Khai mạc hội chợ – Sukien24h.vn", "Khai mạc hội chợ"),
        ("Khai mạc hội chợ - ThienNhien.Net", "Khai mạc hội chợ"),
        ("Khai mạc hội chợ - VnExpress", "Khai mạc hội chợ"),
        ("(AGO) - Khai mạc hội chợ", "Khai mạc hội chợ"),
        ("Khai mạc hội chợ - ", "Khai mạc hội chợ"),
        ("«Khai mạc hội chợ»", "«Khai mạc hội chợ»"),
        ("Khai mạc hội chợ - Thời sự", "Khai mạc hội chợ - Thời sự"),
        ("Khai mạc hội chợ - An Giang", "Khai mạc hội chợ - An Giang"),
        ("Học sinh ôn tập - Thi Online", "Học sinh ôn tập - Thi Online"),
        ("Cao tốc Biên Hòa - Vũng Tàu", "Cao tốc Biên Hòa - Vũng Tàu"),
        ("Sáu tháng - Báo cáo của tỉnh", "Sáu tháng - Báo cáo của tỉnh"),
        ("Báo An Giang", "Báo An Giang"),
        ("| Báo An Giang", "| Báo An Giang"),
        ("-", "-"),
    ] {
        assert_eq!(headline(title), expected, "{title}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_has_a_part_that_counts(text in "(\\PC|[-–|() .]|TTO|Báo |Tin liên quan|Phản hồi){0,20}") {
        proptest::prop_assert!(text.contains(body(&text)));
        proptest::prop_assert!(text.contains(headline(&text)));
        proptest::prop_assert_eq!(headline(&text).is_empty(), text.trim().is_empty());
    }
}

#[test]
fn what_a_site_says_of_itself_is_not_the_news() {
    for (text, expected) in [
        ("Đi lễ sớm. Báo Tiền Lãng điện tử - Cơ quan ngôn luận của Đảng bộ tỉnh, diễn đàn của nhân dân", "Đi lễ sớm."),
        ("UBND tỉnh - Cổng thông tin điện tử tỉnh, tin xây dựng Đảng, chuyển đổi số, văn bản pháp luật", ""),
        ("Cổng thông tin điện tử Sở Giáo dục và Đào tạo", ""),
        ("Báo Khánh Hải điện tử, Cơ quan của Đảng Bộ, chính quyền và nhân dân tỉnh Khánh Hải", ""),
        (
            "Mưa lớn ở xã Hòa An Báo Hòa An online, Cơ quan của Đảng Bộ, chính quyền tỉnh. Tiếng nói của đảng bộ",
            "Mưa lớn ở xã Hòa An",
        ),
        ("Lúa được mùa. Đường dây nóng: báo tin cho tòa soạn", "Lúa được mùa."),
    ] {
        assert_eq!(body(text), expected, "{text}");
    }
}

#[test]
fn what_a_site_does_is_news() {
    for text in [
        "Sáng nay, xã khai trương Cổng thông tin điện tử phục vụ người dân.",
        "Cổng thông tin điện tử tỉnh vừa có giao diện mới.",
        "Cổng thông tin điện tử tỉnh vừa có giao diện mới dành cho người khiếm thị, đọc to mọi thông báo cho bà con vùng cao.",
        "Báo Hòa An, cơ quan ngôn luận của Đảng bộ tỉnh, kỷ niệm 45 năm ngày ra số đầu.",
        "Quán cà phê trở thành diễn đàn của giới trẻ yêu sách. Mỗi tối có hàng chục người đến.",
        "Công ty bị thu hồi giấy phép số 12/GP vì xả thải. Người dân gọi đường dây nóng của Sở để phản ánh.",
        "Hội Nông dân, cơ quan của nông dân xã, họp bàn vụ mùa.",
    ] {
        assert_eq!(body(text), text);
    }
}

#[test]
fn long_texts_cost_what_they_are_long() {
    // At every place to the end of the text it would be 10⁹ steps and more: it would not end.
    for unit in ["Cổng thông tin ", "a -b", "x - y.z ", "cơ quan ngôn luận của ", "Tin liên quan đến ", "( ", ". "] {
        let text = unit.repeat(50_000);
        assert!(text.contains(body(&text)) && text.contains(headline(&text)), "{unit}");
    }
}
