//! Listings to render: one with everything hostile in it, one as a quiet day in Bình Dương would make it.

use std::collections::BTreeMap;
use std::sync::Arc;

use diemtin::model::{
    Announce, Author, Content, Credit, FeedId, Listed, Listing, Origin, Select, Service, Slug, Source, StoryId, TopicRef,
};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

pub fn service() -> Service {
    Service {
        title: "Điểm tin Bình Dương".into(),
        url: "https://tin.example.vn/".parse().unwrap(),
        has_url: true,
        listen: "127.0.0.1:8080".into(),
        contact: Some("https://tin.example.vn/lien-he".into()),
        language: "vi".into(),
        timezone: TimeZone::get("Asia/Ho_Chi_Minh").unwrap(),
        hub: Announce::Off,
        token: None,
    }
}

fn slug(text: &str) -> Slug {
    Slug::new(text).unwrap()
}

pub fn credit(id: &str, name: &str, place: Option<&str>, url: Option<&str>) -> Credit {
    Credit {
        id: slug(id),
        name: name.into(),
        place: place.map(str::to_owned),
        home: format!("https://{id}.example.vn/rss/thoi-su.rss").parse().unwrap(),
        is_feed: true,
        // Papers give their feeds an id here, portals do not.
        feed: id.starts_with("bao-").then(|| format!("tag:{id}.example.vn,2026:thoi-su")),
        url: url.map(str::to_owned),
    }
}

pub fn topic(id: &str, title: &str) -> TopicRef {
    TopicRef { id: slug(id), title: title.into() }
}

pub fn listing(id: &str, title: &str, limit: usize, stories: Vec<Listed>) -> Listing {
    let stories = stories.into_iter().map(Arc::new).collect();
    Listing { id: FeedId::new(id).unwrap(), title: title.into(), limit, stories, withdrawn: vec![], archive: None }
}

/// A story without anything special; the later its number, the older.
pub fn plain(number: u8, title: &str) -> Listed {
    let newest: Timestamp = "2026-11-17T01:05:00Z".parse().unwrap();
    let published = newest - SignedDuration::from_mins(i64::from(number) * 97);
    let url = format!("https://bao-binh-duong.example.vn/thoi-su/tin-{number}.html");
    Listed {
        id: StoryId([number; 16]),
        title: title.into(),
        url: Some(url.clone()),
        summary: "Sáng nay, đoàn công tác của tỉnh đã kiểm tra tiến độ các công trình trọng điểm.".into(),
        content: None,
        image: Some(format!("https://bao-binh-duong.example.vn/anh/{number}.jpg?w=800&h=450")),
        authors: vec![],
        published,
        updated: published,
        topics: vec![],
        source: credit("bao-binh-duong", "Báo Bình Dương", Some("Bình Dương"), Some(&url)),
        also: vec![],
    }
}

/// 10 kB on one line.
pub fn long_title() -> String {
    ["Tiêu đề dài"; 600].join(" ")
}

/// A source that is a feed.
pub fn source(id: &str, name: &str, url: &str) -> Source {
    Source {
        id: slug(id),
        name: name.into(),
        place: Some("Bình Dương".into()),
        tags: vec!["báo".into(), "thời sự, chính trị".into()],
        origin: Origin::Feed { url: url.parse().unwrap() },
        home: url.parse().unwrap(),
        every: None,
        rank: 0,
        enabled: true,
        push: true,
        gone: true,
        headers: BTreeMap::new(),
        timezone: TimeZone::UTC,
        encoding: None,
        content: Content::Summary,
        tracking: Vec::new(),
        link_hosts: Vec::new(),
    }
}

/// Where a listing page has its parts.
pub fn select() -> Select {
    let select = |css: &str| css.to_owned();
    Select {
        item: select(".news-item"),
        title: select("h3 a"),
        link: select("h3 a"),
        date: None,
        date_format: None,
        summary: None,
        image: None,
    }
}

/// Everything that has ever broken a feed.
pub fn hostile() -> Listing {
    let mut stories: Vec<Listed> = [
        "<script>alert('xin chào')</script> & <b>đậm</b>",
        "Kết thúc ]]> của khối CDATA",
        "Hai lần mã hoá: &amp; &lt;b&gt; &#7897;",
        "Ký tự cấm: [\u{b}] [\u{0}] [\u{fffe}] [\u{202e}] [\u{2028}] hết",
        "Lễ hội 🎆 gia đình 👨\u{200d}👩\u{200d}👧 cờ 🇻🇳",
        "Bi\u{300}nh Du\u{31b}o\u{31b}ng viê\u{301}t ở dạng tổ hợp (NFD)",
        " \u{b}\u{202e} ",
        "Hai\r\ndòng \t và   khoảng trắng ",
    ]
    .iter()
    .zip(1..)
    .map(|(title, number)| plain(number, title))
    .collect();
    stories.push(Listed { title: long_title(), ..plain(9, "") });
    stories.push(Listed {
        url: None,
        image: None,
        summary: "Tin không có địa chỉ: \"trích dẫn\" & <i>thẻ</i> ]]>\u{b}\r\nDòng hai.".into(),
        ..plain(10, "Không có đường dẫn")
    });
    stories.push(Listed {
        url: Some("javascript:alert(1)".into()),
        image: Some("data:image/svg+xml,<svg onload=alert(1)>".into()),
        summary: String::new(),
        ..plain(11, "Đường dẫn độc")
    });
    stories.push(shared());
    stories.push(full());
    listing("moi-nhat", "Mới nhất <&> \u{b}", 50, stories)
}

/// A story that three sources carry, one of them without an address.
pub fn shared() -> Listed {
    Listed {
        topics: vec![topic("lam-theo-bac", "Làm theo Bác"), topic("chuyen-doi-so", "Chuyển đổi số & <AI>")],
        also: vec![
            credit("bao-dong-nai", "Báo Đồng Nai", Some("Đồng Nai"), Some("https://bao-dong-nai.example.vn/a?id=1&b=2")),
            credit("dai-bien-hoa", "Đài <Biên Hoà>", Some("Đồng Nai"), None),
        ],
        ..plain(12, "Bình Dương tuyên dương điển hình học tập và làm theo Bác")
    }
}

/// A story that is republished in full.
pub fn full() -> Listed {
    let published = plain(13, "").published;
    Listed {
        content: Some(
            "<p>Toàn văn <b>bài viết</b> &amp; ảnh ]]&gt; ]]> \u{b}<img src=\"https://a.example.vn/x.jpg\"></p>".into(),
        ),
        image: None,
        authors: vec![
            Author { name: Some("Nguyễn Thị Hoà & <Minh>".into()), email: Some("hoa@example.vn".into()) },
            Author { name: None, email: Some("an-danh@example.vn".into()) },
        ],
        updated: published + SignedDuration::from_hours(3),
        ..plain(13, "Phóng sự: Một ngày trên sông Sài Gòn")
    }
}
