//! The menu of a site that stands behind a summary: `Xây dựng Đảng | Kinh tế | Giáo dục | Y tế`. It names every topic of the site.

use crate::text::boilerplate::{is_dash, is_section, is_separator_or_blank, sentence_start};
use crate::text::letter::{is_alphanumeric, is_uppercase};

/// Characters at a text's end in which a menu begins.
const LONGEST: usize = 400;
/// Known entries of a menu between dashes or semicolons; with commas alone one more, since sentences list things, too; fewer where the
/// sentence begins with the name of a site. Between bars so many short ones suffice of which one is known.
const LEAST: usize = 3;
const LEAST_BETWEEN_COMMAS: usize = 4;
const LEAST_OF_A_SITE: usize = 2;
/// Words of an entry that is not known.
const LONGEST_ENTRY: usize = 5;
/// Characters of the longest entry that is known.
const LONGEST_KNOWN: usize = 27;

/// What menus of papers and portals hold beside their sections, in small letters.
const ENTRIES: [&str; 100] = [
    "an ninh",
    "an sinh xã hội",
    "an toàn giao thông",
    "biến đổi khí hậu",
    "biển đảo",
    "bạn đọc",
    "bạn đọc viết",
    "bảo hiểm y tế",
    "bảo vệ môi trường",
    "chuyên đề",
    "chuyển đổi số",
    "chính quyền",
    "chính quyền số",
    "chính quyền điện tử",
    "công dân số",
    "công khai ngân sách",
    "công nghệ",
    "cải cách hành chính",
    "cải cách thủ tục hành chính",
    "di tích",
    "du lịch",
    "dân vận khéo",
    "dịch vụ công",
    "dịch vụ công trực tuyến",
    "giao thông",
    "giá cả thị trường",
    "giám sát",
    "giải trí",
    "giới thiệu",
    "góp ý",
    "gương người tốt",
    "học tập và làm theo bác",
    "học tập và làm theo lời bác",
    "học và làm theo bác",
    "hỏi đáp",
    "hội đồng nhân dân",
    "infographic",
    "khoa học",
    "kinh doanh",
    "kinh tế số",
    "liên hệ",
    "liên kết website",
    "làm theo bác",
    "lễ hội",
    "lịch công tác",
    "lịch tiếp công dân",
    "media",
    "môi trường",
    "mặt trận",
    "mới nhất",
    "nghị quyết và cuộc sống",
    "nghị quyết đảng",
    "người tốt việc tốt",
    "nông nghiệp",
    "nông thôn mới",
    "phòng chống dịch",
    "phòng chống tham nhũng",
    "phóng sự",
    "phản biện",
    "phản hồi",
    "podcast",
    "quân sự",
    "quốc phòng",
    "quốc tế",
    "sơ đồ cổng",
    "thi đua",
    "thông báo",
    "thư viện video",
    "thư viện ảnh",
    "thể thao quần chúng",
    "thị trường",
    "thời tiết",
    "thủ tục hành chính",
    "tin liên quan",
    "tin mới",
    "tin nóng",
    "tin tức sự kiện",
    "trang chủ",
    "truyền hình",
    "tuyên truyền pháp luật",
    "tuyển dụng",
    "tư pháp",
    "video",
    "việc làm",
    "văn bản",
    "văn bản pháp luật",
    "văn hóa thể thao",
    "văn nghệ",
    "xem nhiều",
    "xây dựng nông thôn mới",
    "xây dựng đảng",
    "xã hội số",
    "y tế",
    "đoàn thể",
    "đào tạo",
    "đại đoàn kết",
    "đảng bộ tỉnh",
    "đề án 06",
    "đọc nhiều",
    "ảnh",
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
    is_uppercase(c) && text[..at].chars().next_back().is_none_or(|before| !is_alphanumeric(before))
}

/// Where the sentence begins that has a menu at this place.
fn menu_at(text: &str, at: usize) -> Option<usize> {
    let (mut entries, mut known, mut signs) = (0, 0, [false; 2]);
    let mut rest = &text[at..];
    while rest.starts_with(is_uppercase) {
        let Some(name) = entry(rest) else { break };
        let is_known = is_section(name) || is_entry(name);
        let sign = rest[name.len()..].trim_start().chars().next().filter(|&c| is_between(c));
        let is_of_bars = (sign == Some('|') || signs[0] && sign.is_none()) && name.split_whitespace().count() <= LONGEST_ENTRY;
        if !is_known && !is_of_bars {
            break;
        }
        (entries, known) = (entries + 1, known + usize::from(is_known));
        let Some(sign) = sign else { break };
        signs = [signs[0] || sign == '|', signs[1] || sign != ','];
        rest = rest[name.len()..].trim_start_matches(|c| is_between(c) || c.is_whitespace());
    }
    if known == 0 {
        return None;
    }
    let start = sentence_start(&text[..at], |c| matches!(c, '.' | '!' | '?' | '…' | '\n'));
    let is_menu = match signs {
        [true, _] if entries >= LEAST => true,
        _ if known >= LEAST_OF_A_SITE && is_site(text[start..at].trim()) => true,
        [_, true] => known >= LEAST,
        _ => known >= LEAST_BETWEEN_COMMAS,
    };
    is_menu.then_some(start)
}

/// Whether a menu's entry is one that many menus have. No text has fewer characters in small letters.
fn is_entry(name: &str) -> bool {
    name.chars().nth(LONGEST_KNOWN).is_none() && ENTRIES.contains(&name.to_lowercase().as_str())
}

/// The entry that a text begins with: what stands before a separator, a sentence's end, or the text's. A dash within an entry separates two
/// others: `Giáo dục - Đào tạo`. `None` for one that is too long to be any.
fn entry(text: &str) -> Option<&str> {
    let ends = |c: char| is_between(c) || matches!(c, '.' | '!' | '?' | '\n');
    let (mut words, mut is_blank, mut end) = (0, true, text.len());
    for (count, (at, c)) in text.char_indices().enumerate() {
        if ends(c) {
            end = at;
            break;
        }
        let was_blank = std::mem::replace(&mut is_blank, c.is_whitespace());
        words += usize::from(was_blank && !is_blank);
        if words > LONGEST_ENTRY && count > LONGEST_KNOWN && !is_blank {
            return None;
        }
    }
    Some(text[..end].trim_end())
}

/// Whether a sentence begins with a site's name.
fn is_site(beginning: &str) -> bool {
    let kinds = ["Trang tin ", "Trang thông tin ", "Cổng ", "Báo ", "Đài ", "Website ", "Tạp chí ", "Chuyên trang "];
    kinds.iter().any(|kind| beginning.starts_with(kind))
}

fn is_between(c: char) -> bool {
    is_dash(c) || matches!(c, '|' | ';' | ',' | '·' | '•' | '»' | '/')
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
            ("Nắng nóng. Đời sống công nhân | Thi đua | Xây dựng nông thôn mới | Chuyện cơ sở", "Nắng nóng."),
            ("Tin vui. Trang tin Đất Bãi – Công dân số, Xã hội số", "Tin vui."),
            ("Sét đánh. Trang chủ; Giới thiệu; Tin tức; Bảo hiểm y tế; Liên hệ", "Sét đánh."),
        ] {
            assert_eq!(before_menu(text), expected, "{text}");
        }
    }

    #[test]
    fn no_known_entry_is_longer_than_is_looked_at() {
        assert_eq!(ENTRIES.iter().map(|entry| entry.chars().count()).max(), Some(LONGEST_KNOWN));
        assert_eq!(entry("Một hai ba bốn năm sáu bảy tám chín mười | x"), None);
        assert_eq!(entry("Một hai ba bốn năm |"), Some("Một hai ba bốn năm"));
    }

    #[test]
    fn a_list_in_a_sentence_is_none() {
        for text in [
            "Các ngành giáo dục, y tế, văn hóa, kinh tế cùng vào cuộc.",
            "Đại diện các sở Giáo dục, Y tế, Văn hóa dự lễ.",
            "Ba lĩnh vực: Giáo dục, Y tế, Văn hóa.",
            "Tàu Hà Nội | Hải Phòng | Hạ Long chạy lại.",
            "Báo Sông Xanh mở hai trang, Giáo dục và Y tế.",
            "Lễ ra mắt chuyên mục Giáo dục - Đào tạo.",
        ] {
            assert_eq!(before_menu(text), text);
        }
    }
}
