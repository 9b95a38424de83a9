//! A newsroom of a million different stories: the same in every run. Words come from a list by the frequency that words have (Zipf), so that
//! texts compress and share phrases as real ones do, and no more.

use std::ops::Range;

use diemtin::model::{Because, Entry, Manners, Source, SourceState};
use jiff::{SignedDuration, Timestamp};

/// Syllables of which all texts are made, the frequent ones first.
const SYLLABLES: &str = "của và các trong là được có cho người tỉnh với năm đã công những này một ngày không xã thành trên việc phố hội \
    ủy ban nhân dân huyện phường chính quyền đồng tác động sản xuất kinh tế phát triển xây dựng nông thôn mới dự án đầu tư giao thông \
    đường trường học sinh giáo viên bệnh viện y khoa sức khỏe môi văn hóa thể thao du lịch lễ cán bộ đảng viên chi tổ chức quản lý \
    nước sông biển rừng lúa cá tôm cây trồng vật nuôi thời tiết mưa bão lũ ngập úng khô hạn mặn chợ giá hàng bán mua lãi suất ngân \
    vốn vay thuế phí an ninh trật tự vụ tai nạn xe máy ô tô lái tuyến cầu cảng sân bay khu nghiệp doanh cơ sở hộ nghèo mái ấm tình \
    thương quà tặng trao giải thưởng cuộc thi hát múa nhạc sách báo đài truyền hình mạng số hóa chuyển đổi phần mềm dữ liệu cổng dịch";

fn mixed(number: u64) -> u64 {
    let a = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let b = (a ^ a >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let c = (b ^ b >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    c ^ c >> 31
}

/// So many syllables that belong to a story.
fn words(story: u32, part: u64, count: u64) -> String {
    let syllables: Vec<&str> = SYLLABLES.split_whitespace().collect();
    let chosen = (0..count).map(|place| {
        let chance = mixed(u64::from(story) << 16 | part << 12 | place);
        // The product of two even chances prefers the small.
        let share = (chance as u32 as f64 / f64::from(u32::MAX)) * ((chance >> 32) as f64 / f64::from(u32::MAX));
        syllables[(share * syllables.len() as f64) as usize % syllables.len()]
    });
    chosen.collect::<Vec<_>>().join(" ")
}

/// When a story is published: 2,700 a day, as a thousand sources bring them.
pub fn time(story: u32) -> Timestamp {
    const BEGIN: Timestamp = Timestamp::constant(1_760_000_000, 0);
    BEGIN + SignedDuration::from_secs(i64::from(story) * 32)
}

/// How many sources there are, and how many new stories each poll of one brings.
pub const SOURCES: u32 = 1000;
pub const NEW: u32 = 3;

/// The stories that a poll finds new. The sources are polled in turn.
pub fn stories(poll: u32) -> Range<u32> {
    poll * NEW..(poll + 1) * NEW
}

/// One of the sources.
pub fn source(number: u32) -> anyhow::Result<Source> {
    let text = format!("[source.bao-{number}]\nurl = \"https://bao{number}.example.vn/rss\"\n");
    let (config, _) = diemtin::config::read("feeds.toml", &text, &|_| None)?;
    Ok(config.sources.into_values().next().expect("the one source"))
}

/// A story as its source tells it: a title of 14 syllables and a summary of 60, an address, a picture.
pub fn entry(story: u32) -> Entry {
    let (title, text) = (words(story, 0, 14), words(story, 1, 60));
    let number = story / NEW % SOURCES;
    let slug: String = title.chars().filter(|c| c.is_ascii_alphabetic() || *c == ' ').collect::<String>().replace(' ', "-");
    Entry {
        guid: Some(format!("https://bao{number}.example.vn/{slug}-{story}.html")),
        url: Some(format!("https://bao{number}.example.vn/{slug}-{story}.html")),
        title,
        published: Some(time(story)),
        summary: format!("<p>{text}</p>"),
        text,
        image: Some(format!("https://cdn.example.vn/bao{number}/2026/{:016x}_180x108.jpg", mixed(u64::from(story)))),
        categories: vec!["Thời sự".to_owned()],
        ..Entry::default()
    }
}

/// A source's state after a poll.
pub fn state(now: Timestamp) -> SourceState {
    SourceState {
        settings: 7,
        etag: Some(b"\"5f2c-61b0a7d1\"".to_vec()),
        last_modified: Some(b"Thu, 15 Jan 2026 01:00:00 GMT".to_vec()),
        body: Some([7; 16]),
        next: now,
        checked: now,
        succeeded: Some(now),
        interval_seconds: 900,
        because: Because::Unsaid,
        habits: None,
        failures: 0,
        error: None,
        manners: Manners::default(),
        vanished: Vec::new(),
        roll_call: None,
    }
}
