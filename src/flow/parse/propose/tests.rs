//! Pages after the families that provincial papers and portals run on, and what is proposed for them.

use jiff::tz::TimeZone;
use url::Url;

use super::super::propose;
use super::*;

const TITLES: [&str; 6] = [
    "Khánh thành cầu nối hai xã vùng cao sau hai năm thi công",
    "Nông dân xã Tân Lập thu hoạch vải sớm, giá tăng gấp đôi",
    "Chủ tịch tỉnh đối thoại với thanh niên về khởi nghiệp",
    "Thêm ba trường mầm non đạt chuẩn quốc gia trong quý này",
    "Công an tỉnh cảnh báo thủ đoạn lừa đảo qua điện thoại",
    "Hội chợ nông sản sạch thu hút hơn hai nghìn lượt khách",
];

/// A page with a menu, a footer, and one block an article made by `block` of (number, title).
fn listing(block: impl Fn(usize, &str) -> String) -> String {
    let blocks: String = TITLES.iter().enumerate().map(|(n, title)| block(n, title)).collect();
    format!(
        "<html><head><title>Xã hội - Báo Vạn An</title></head><body>\
         <nav class='menu'><ul><li><a href='/chinh-tri'>Tin tức chính trị trong tỉnh</a><li><a href='/xa-hoi'>Đời sống xã hội hôm nay</a>\
         <li><a href='/kinh-te'>Kinh tế và đầu tư phát triển</a></ul></nav>\
         <div class='list-news'>{blocks}</div>\
         <div class='footer'><p>Giấy phép số 12</p><a href='/gioi-thieu'>Giới thiệu về báo Vạn An điện tử</a></div></body></html>"
    )
}

fn proposals(page: &str) -> Vec<Proposal> {
    let base = Url::parse("https://baovanan.example.vn/xa-hoi").unwrap();
    let timezone = TimeZone::fixed(jiff::tz::offset(7));
    let now = "2026-11-23T08:00:00Z".parse().unwrap();
    propose(Input {
        bytes: page.as_bytes(),
        content_type: Some("text/html"),
        base: &base,
        timezone: &timezone,
        encoding: None,
        select: None,
        now,
    })
}

/// The best proposal, which must bring the six articles and nothing else.
fn best(page: &str) -> Proposal {
    let best = proposals(page).into_iter().next().expect("a proposal");
    let titles: Vec<&str> = best.document.entries.iter().map(|e| e.title.as_str()).collect();
    assert_eq!(titles, TITLES, "{:?}", best.select);
    best
}

#[test]
fn cards_with_every_part() {
    let page = listing(|n, title| {
        format!(
            "<article class='b-grid col-md-6'><div class='b-grid__img'><a href='/bai-{n}.html'><img src='/anh/{n}.jpg'></a></div>\
             <h3 class='b-grid__title'><a href='/bai-{n}.html'>{title}</a></h3><span class='b-grid__time'>1{n}/11/2026 - 08:0{n}</span>\
             <div class='b-grid__desc'>Sáng nay, đông đảo người dân đã có mặt từ rất sớm để chứng kiến sự kiện này.</div></article>"
        )
    });
    let best = best(&page);
    assert_eq!(
        best.select,
        Select {
            item: ".b-grid".into(),
            title: "h3 a".into(),
            link: "h3 a".into(),
            date: Some(".b-grid__time".into()),
            date_format: None,
            summary: Some(".b-grid__desc".into()),
            image: Some("img".into()),
        }
    );
    let first = &best.document.entries[0];
    assert_eq!(first.published.map(|t| t.to_string()).as_deref(), Some("2026-11-10T01:00:00Z"));
    assert_eq!(first.image.as_deref(), Some("https://baovanan.example.vn/anh/0.jpg"));
    assert!(first.text.starts_with("Sáng nay"));
}

#[test]
fn a_bare_list_of_links() {
    let page = listing(|n, title| format!("<li><a href='/bai-{n}.html'>{title}</a></li>"));
    assert_eq!(best(&page).select.item, ".list-news > li");
}

#[test]
fn links_that_only_their_class_tells() {
    let page = listing(|n, title| format!("<a class='cms-link' href='/bai-post{n}.html'>{title}</a> "));
    best(&page);
    let page =
        listing(|n, title| format!("<p><a class='title2' href='/202611/bai-{n}/'>{title}</a><span>({n}{n}/11)</span></p>"));
    best(&page);
}

#[test]
fn headings_without_any_class() {
    best(&listing(|n, title| {
        format!(
            "<div><h2><a href='/bai-{n}.html'>{title}</a></h2><p>Theo ghi nhận của phóng viên, công tác chuẩn bị đã xong.</p></div>"
        )
    }));
}

#[test]
fn a_table_of_a_portal_with_identity_in_the_query() {
    let page = listing(|n, title| {
        format!(
            "<table class='tin'><tr><td class='ngay'>1{n}/11/2026</td><td><a href='/Pages/tin.aspx?ItemID={n}'>{title}</a></td></tr></table>"
        )
    });
    let best = best(&page);
    assert_eq!(best.select.date.as_deref(), Some(".ngay"));
    assert!(best.document.entries[3].url.as_deref().is_some_and(|url| url.ends_with("?ItemID=3")));
}

#[test]
fn lazy_pictures_and_a_headline_after_them() {
    let page = listing(|n, title| {
        format!(
            "<div class='story'><a class='story__thumb' href='/bai-{n}.html'><img data-src='/a{n}.jpg' src='/cho.gif' alt='{title}'></a><a class='story__title' href='/bai-{n}.html'>{title}</a><time datetime='2026-11-1{n}T08:00:00+07:00'>hôm qua</time></div>"
        )
    });
    let best = best(&page);
    assert_eq!((best.select.title.as_str(), best.select.date.as_deref()), ("a.story__title", Some("time")));
    assert_eq!(best.document.entries[2].image.as_deref(), Some("https://baovanan.example.vn/a2.jpg"));
}

#[test]
fn the_longer_list_comes_before_the_box_beside_it() {
    let side: String = (0..3)
        .map(|n| format!("<li class='hot'><a href='/cu-{n}.html'>Bài được đọc nhiều nhất trong tuần qua {n}</a></li>"))
        .collect();
    let page = listing(|n, title| format!("<div class='item-news'><h3><a href='/bai-{n}.html'>{title}</a></h3></div>"));
    let page = page.replace("<div class='footer'>", &format!("<ul class='box'>{side}</ul><div class='footer'>"));
    best(&page);
    assert_eq!(proposals(&page).len(), 2, "the box is a list too");
}

#[test]
fn a_page_without_a_list_gets_no_proposal() {
    for page in [
        "<html><body><p>Trang đang được nâng cấp.</p></body></html>".to_owned(),
        "<html><body><h1>Một bài</h1><p>Nội dung bài viết có <a href='/lien-quan.html'>một liên kết đến bài khác</a>.</p></body></html>".to_owned(),
        listing(|_, title| format!("<li><a href='https://khac.example.vn/x.html'>{title}</a></li>")),
        listing(|n, _| format!("<li><a href='/muc-{n}'>Mục {n}</a></li>")),
    ] {
        assert!(proposals(&page).is_empty(), "{page}");
    }
    assert!(proposals("<rss version='2.0'><channel/></rss>").is_empty());
    assert!(proposals("").is_empty());
}
