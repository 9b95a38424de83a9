//! Text that is not the news: an agency's prefix, the links around an article, the site's name behind a title.
//!
//! It is kept in what is shown, because the site wrote it, and left out where texts are compared and matched: otherwise two articles
//! are alike because one agency wrote both, and a masthead gives every article its topic. Measured on 2,032 descriptions of 632
//! sites: one of six begins with such a prefix. What may be news (a part's number, a place, a phrase in a sentence) is left alone.

mod furniture;
mod navigation;

use furniture::{before_furniture, before_masthead};
use navigation::before_menu;

/// Prefixes and suffixes that are taken away one after the other; a text with more has none.
const MOST: usize = 3;
/// Longest text in parentheses that may be an agency, in characters: "Thanh niên Việt Nam Online".
const LONGEST_AGENCY: usize = 40;
/// Longest name of a site behind a title, in characters.
const LONGEST_SITE: usize = 120;

/// What of a summary counts: without an agency's prefix or signature and without what stands around an article on its page.
///
/// ```
/// use diemtin::text::body;
/// assert_eq!(body("(Dân trí) - Sáng 23/11, mưa lớn. Tin liên quan Ngập ở quận 7"), "Sáng 23/11, mưa lớn.");
/// assert_eq!(body("TTO - Bài 2 nói về phản hồi của dân. - VnExpress"), "Bài 2 nói về phản hồi của dân.");
/// ```
pub fn body(text: &str) -> &str {
    let mut rest = text.trim();
    for _ in 0..MOST {
        let Some(after) = after_agency(rest) else { break };
        rest = after;
    }
    rest = before_masthead(before_menu(before_furniture(rest)));
    match split_last(rest) {
        Some((before, name)) if is_signature(name) => before,
        _ => rest,
    }
}

/// What of a title counts: without an agency's prefix and without the site's name behind it, nor that of a section before the site's.
///
/// ```
/// use diemtin::text::headline;
/// assert_eq!(headline("Khai mạc hội chợ - Thời sự - Báo An Giang"), "Khai mạc hội chợ");
/// assert_eq!(headline("Khai mạc hội chợ - An Giang"), "Khai mạc hội chợ - An Giang");
/// ```
pub fn headline(title: &str) -> &str {
    let whole = title.trim();
    let mut rest = without_last_dash(after_agency(whole).unwrap_or(whole));
    for round in 0..MOST {
        let Some((before, name)) = split_last(rest) else { break };
        let is_named = is_site(name) || is_signature(name) || (round > 0 && is_section(name));
        if !is_named || before.is_empty() {
            break;
        }
        rest = before;
    }
    if rest.is_empty() { whole } else { rest }
}

/// What follows an agency's prefix: `(Dân trí) - …`, `(PLO)-…`, `(CAO) …`, `TTO - …`, `VTV.vn - …`.
fn after_agency(text: &str) -> Option<&str> {
    if let Some((name, after)) = text.strip_prefix('(').and_then(|rest| rest.split_once(')')) {
        let behind = after.trim_start();
        let dashless = behind.trim_start_matches(is_dash);
        let is_marked = dashless.len() < behind.len() || behind.starts_with(':');
        let is_agency = is_name_in_parentheses(name) && (is_marked || is_abbreviation(name.trim()));
        return is_agency.then(|| dashless.trim_start_matches(':').trim_start());
    }
    let dash = text.find(is_dash)?;
    let name = text[..dash].trim_end();
    let after = text[dash..].trim_start_matches(is_dash);
    // `COVID-19`: a dash within a word follows no name.
    (after.starts_with(char::is_whitespace) && is_agency(name)).then(|| after.trim_start())
}

/// Whether a text in parentheses with a dash behind it names who wrote the article, and not a part (`Bài 2`), or a place (`Phú Thọ`).
fn is_name_in_parentheses(name: &str) -> bool {
    const NEWS: [&str; 13] = ["bài", "kỳ", "kì", "phần", "tập", "số", "tiếp", "chương", "đợt", "tp.hcm", "tphcm", "tp.", "đbscl"];
    let name = name.trim();
    let mut words = name.split_whitespace();
    let Some(first) = words.next() else { return false };
    if name.chars().count() > LONGEST_AGENCY
        || name.split_whitespace().any(is_number)
        || NEWS.contains(&first.to_lowercase().as_str())
    {
        return false;
    }
    let is_capital = |word: &str| word.starts_with(char::is_uppercase);
    // `Dân trí`, `Thanh tra`: places and persons have a capital in each word.
    let is_phrase = is_capital(first) && words.clone().count() > 0 && words.clone().all(|word| !is_capital(word));
    is_agency(name)
        || is_phrase
        || name.split_whitespace().any(|word| is_abbreviation(word) || word.eq_ignore_ascii_case("online"))
}

/// Whether a name is that of an agency or paper wherever it stands.
fn is_agency(name: &str) -> bool {
    /// Those whose name does not show it.
    const KNOWN: [&str; 55] = [
        "an ninh thủ đô",
        "antđ",
        "báo tin tức",
        "blđ",
        "bnews",
        "brvt",
        "bvpl",
        "cand",
        "catp",
        "chinhphu",
        "công luận",
        "dân trí",
        "dân việt",
        "dnvn",
        "đcsvn",
        "đtck",
        "đttc",
        "gd&tđ",
        "gdvn",
        "giadinhnet",
        "hnm",
        "hnmct",
        "infonet",
        "ictnews",
        "kinhtedothi",
        "ktđt",
        "lao động",
        "lcđt",
        "lđ",
        "lđxh",
        "nhân dân",
        "nlđ",
        "plvn",
        "qbđt",
        "qđnd",
        "reuters",
        "sggp",
        "skđs",
        "thanh niên",
        "tiền phong",
        "tổ quốc",
        "tttđ",
        "ttxvn",
        "tuổi trẻ",
        "vgp",
        "vietnam+",
        "vietnamnet",
        "vietnamplus",
        "vnexpress",
        "vnf",
        "vnmedia",
        "voh",
        "vov",
        "vtc",
        "vtv",
    ];
    let name = name.trim();
    KNOWN.contains(&name.to_lowercase().as_str()) || is_host(name) || is_online(name) || is_site(name)
}

/// `VTV.vn`, `Thanhuytphcm.vn`
fn is_host(name: &str) -> bool {
    let Some((_, end)) = name.rsplit_once('.') else { return false };
    !name.contains(char::is_whitespace) && ["vn", "com", "net", "org", "info"].iter().any(|top| end.eq_ignore_ascii_case(top))
}

/// A paper's abbreviation with an O for its page in the net: `TTO`, `QNO`, `HNMO`, `NLĐO`.
fn is_online(name: &str) -> bool {
    const OTHERS: [&str; 9] = ["CEO", "CFO", "IPO", "WHO", "WTO", "NATO", "HĐO", "NGO", "COO"];
    let letters = name.chars().count();
    (3..=6).contains(&letters) && name.ends_with('O') && name.chars().all(char::is_uppercase) && !OTHERS.contains(&name)
}

/// One word in capitals (`PLO`, `ĐTCK`), in mixed case (`VnMedia`), or a host.
fn is_abbreviation(word: &str) -> bool {
    let capitals = word.chars().filter(|c| c.is_uppercase()).count();
    let is_word = !word.is_empty() && word.chars().all(|c| c.is_alphanumeric() || matches!(c, '&' | '+' | '.'));
    is_word && capitals >= 2 || is_host(word)
}

fn is_number(word: &str) -> bool {
    word.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether a name behind a title can only be that of a site: `Báo An Giang`, `Cổng TTĐT TP. Thủ Dầu Một`, `sukien24h.vn`.
fn is_site(name: &str) -> bool {
    const KINDS: [&str; 14] = [
        "báo điện tử ",
        "báo điện tử",
        "cổng ttđt",
        "cổng thông tin",
        "trang ttđt",
        "trang thông tin",
        "trang tin điện tử",
        "đài phát thanh",
        "đài truyền hình",
        "đài pt",
        "đài ptth",
        "tạp chí điện tử",
        "website ",
        "truyền hình ",
    ];
    let lower = name.to_lowercase();
    let is_kind = KINDS.iter().any(|kind| lower.starts_with(kind));
    let begins_with_capital = name.starts_with(char::is_uppercase);
    let mut rest = name.split_whitespace().skip(1).peekable();
    // "Báo Bình Dương", and no "Báo cáo".
    let is_paper = lower.starts_with("báo ")
        && rest.peek().is_some()
        && rest.all(|word| word.starts_with(|c: char| c.is_uppercase() || !c.is_alphabetic()));
    // "Tuổi Trẻ Online", and no "Thi Online".
    let is_online = name.ends_with(" Online")
        && name.split_whitespace().count() >= 3
        && name.split_whitespace().all(|word| word.starts_with(char::is_uppercase));
    name.chars().count() <= LONGEST_SITE && begins_with_capital && (is_kind || is_paper || is_online) || is_host(name)
}

/// Whether a name between a title and a site's is that of a section.
fn is_section(name: &str) -> bool {
    const SECTIONS: [&str; 16] = [
        "chính trị",
        "đời sống",
        "giáo dục",
        "kinh tế",
        "pháp luật",
        "sức khỏe",
        "thể thao",
        "thế giới",
        "thời sự",
        "tin tức",
        "tin tức - sự kiện",
        "tin trong tỉnh",
        "trong nước",
        "trong tỉnh",
        "văn hóa",
        "xã hội",
    ];
    /// Characters of the longest of them. No text has fewer in small letters.
    const LONGEST: usize = 17;
    name.chars().nth(LONGEST).is_none() && SECTIONS.contains(&name.to_lowercase().as_str())
}

/// `… - VnExpress`, `… -AutoBikes.vn` at a summary's end.
fn is_signature(name: &str) -> bool {
    let known = || name.chars().count() <= LONGEST_AGENCY && !name.contains(char::is_whitespace) && is_agency(name);
    is_host(name) || known()
}

/// A title without the separator that some systems put behind each, with no name following.
fn without_last_dash(title: &str) -> &str {
    let bare = title.trim_end_matches(is_separator);
    if bare.ends_with(char::is_whitespace) { bare.trim_end() } else { title }
}

/// A text and what stands behind its last separator. A dash separates only with blanks around it, or before a host. What is longer than
/// any name is not looked at.
fn split_last(text: &str) -> Option<(&str, &str)> {
    let separators = text.char_indices().rev().take(LONGEST_SITE + 2).filter(|(_, c)| is_separator(*c));
    separators.map(|(at, c)| (&text[..at], c, &text[at + c.len_utf8()..])).find_map(|(before, sign, after)| {
        let stands_alone = before.ends_with(char::is_whitespace) && (after.starts_with(char::is_whitespace) || is_host(after));
        let name = after.trim();
        (!name.is_empty() && (stands_alone || sign == '|')).then(|| (before.trim_end_matches(is_separator_or_blank), name))
    })
}

/// Where the last sentence of a text begins: behind a sign that ends one and has a blank behind it.
fn sentence_start(text: &str, is_end: impl Fn(char) -> bool) -> usize {
    let mut ends = text.char_indices().rev();
    let end = ends.find(|&(at, c)| is_end(c) && text[at + c.len_utf8()..].starts_with(char::is_whitespace));
    end.map_or(0, |(at, c)| at + c.len_utf8())
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

fn is_separator(c: char) -> bool {
    is_dash(c) || matches!(c, '|' | '»')
}

fn is_separator_or_blank(c: char) -> bool {
    is_separator(c) || c.is_whitespace()
}

#[cfg(test)]
mod tests;
