//! The menu of a site that stands behind a summary: `Xây dựng Đảng | Kinh tế | Giáo dục | Y tế`. It names every topic of the site.

use crate::text::boilerplate::{is_dash, is_separator_or_blank};

/// Characters at a text's end in which a menu begins.
const LONGEST: usize = 400;
/// Entries of a menu between bars, dashes or semicolons; with commas alone one more, since sentences list things, too.
const LEAST: usize = 3;
const LEAST_BETWEEN_COMMAS: usize = 4;

/// What menus of papers and portals hold, in small letters.
const ENTRIES: [&str; 83] = [
    "an ninh",
    "an sinh xã hội",
    "an toàn giao thông",
    "bạn đọc",
    "bảo hiểm y tế",
    "bảo vệ môi trường",
    "cải cách hành chính",
    "cải cách thủ tục hành chính",
    "chính quyền",
    "chính trị",
    "chuyên đề",
    "chuyển đổi số",
    "công nghệ",
    "dịch vụ công",
    "dịch vụ công trực tuyến",
    "du lịch",
    "đào tạo",
    "đề án 06",
    "đọc nhiều",
    "đời sống",
    "giá cả thị trường",
    "giải trí",
    "giáo dục",
    "giao thông",
    "giới thiệu",
    "góp ý",
    "gương người tốt",
    "học tập và làm theo bác",
    "học tập và làm theo lời bác",
    "học và làm theo bác",
    "khoa học",
    "kinh doanh",
    "kinh tế",
    "làm theo bác",
    "liên hệ",
    "liên kết website",
    "lịch công tác",
    "môi trường",
    "mới nhất",
    "nghị quyết đảng",
    "người tốt việc tốt",
    "nông nghiệp",
    "nông thôn mới",
    "pháp luật",
    "phản hồi",
    "phòng chống dịch",
    "phòng chống tham nhũng",
    "phóng sự",
    "quân sự",
    "quốc phòng",
    "quốc tế",
    "sơ đồ cổng",
    "sức khỏe",
    "thể thao",
    "thế giới",
    "thị trường",
    "thông báo",
    "thời sự",
    "thời tiết",
    "thủ tục hành chính",
    "thư viện ảnh",
    "thư viện video",
    "tin liên quan",
    "tin mới",
    "tin nóng",
    "tin tức",
    "tin trong tỉnh",
    "tin tức sự kiện",
    "trang chủ",
    "trong nước",
    "truyền hình",
    "tuyển dụng",
    "tư pháp",
    "văn bản",
    "văn hóa",
    "văn hóa thể thao",
    "văn nghệ",
    "việc làm",
    "xã hội",
    "xây dựng đảng",
    "xây dựng nông thôn mới",
    "xem nhiều",
    "y tế",
];

/// What stands before the sentence that is a menu, and what names the site before it.
pub(super) fn before_menu(text: &str) -> &str {
    let end = text.char_indices().rev().nth(LONGEST).map_or(0, |(at, _)| at);
    match text[end..].char_indices().find_map(|(at, c)| is_border(&text[end..], at, c).then(|| menu_at(text, end + at)).flatten())
    {
        Some(start) => text[..start].trim_end_matches(is_separator_or_blank),
        None => text,
    }
}

/// Whether an entry may begin here: at the beginning of a word in capitals.
fn is_border(text: &str, at: usize, c: char) -> bool {
    c.is_uppercase() && text[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric())
}

/// Where the sentence begins that has a menu at this place.
fn menu_at(text: &str, at: usize) -> Option<usize> {
    let (mut entries, mut has_bars) = (0, false);
    let mut rest = &text[at..];
    while let Some(entry) = rest.starts_with(char::is_uppercase).then(|| entry(rest)).flatten() {
        entries += 1;
        let behind = rest[entry..].trim_start();
        let Some(sign) = behind.chars().next().filter(|&c| is_between(c)) else { break };
        has_bars |= sign != ',';
        rest = behind.trim_start_matches(|c| is_between(c) || c.is_whitespace());
    }
    (entries >= if has_bars { LEAST } else { LEAST_BETWEEN_COMMAS }).then(|| sentence_start(text, at))
}

/// The length in bytes of the entry that a text begins with: one that ends at a separator, a sentence's end, or the text's.
fn entry(text: &str) -> Option<usize> {
    let ends = |c: char| is_between(c) || matches!(c, '.' | '!' | '?' | '\n');
    // A dash within an entry separates two others: `Giáo dục - Đào tạo`.
    let end = text.find(ends).unwrap_or(text.len());
    let name = text[..end].trim_end().to_lowercase();
    ENTRIES.contains(&name.as_str()).then_some(end)
}

fn is_between(c: char) -> bool {
    is_dash(c) || matches!(c, '|' | ';' | ',' | '·' | '•' | '»' | '/')
}

fn sentence_start(text: &str, at: usize) -> usize {
    let is_end = |&(end, c): &(usize, char)| {
        matches!(c, '.' | '!' | '?' | '…' | '\n') && text[end + c.len_utf8()..].starts_with(char::is_whitespace)
    };
    text[..at].char_indices().rev().find(is_end).map_or(0, |(end, c)| end + c.len_utf8())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_menu_goes_with_the_name_of_its_site() {
        for (text, expected) in [
            ("Hội thi chim có 380 lồng. Xây dựng Đảng | Kinh tế | Giáo dục | Y tế", "Hội thi chim có 380 lồng."),
            ("Bị bắt sau 14 giờ. Chuyên mục: Học tập và làm theo Bác - Chuyển đổi số - Nông thôn mới", "Bị bắt sau 14 giờ."),
            ("Nước lên. Đài Sông Xanh - Mới nhất: Giáo dục, Sức khỏe, Chuyển đổi số, Văn hóa", "Nước lên."),
            ("Sét đánh. Trang chủ; Giới thiệu; Tin tức; Bảo hiểm y tế; Liên hệ", "Sét đánh."),
        ] {
            assert_eq!(before_menu(text), expected, "{text}");
        }
    }

    #[test]
    fn a_list_in_a_sentence_is_none() {
        for text in [
            "Các ngành giáo dục, y tế, văn hóa, kinh tế cùng vào cuộc.",
            "Đại diện các sở Giáo dục, Y tế, Văn hóa dự lễ.",
            "Ba lĩnh vực: Giáo dục, Y tế, Văn hóa.",
            "Lễ ra mắt chuyên mục Giáo dục - Đào tạo.",
        ] {
            assert_eq!(before_menu(text), text);
        }
    }
}
