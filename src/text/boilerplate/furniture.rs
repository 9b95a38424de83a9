//! What stands around an article on its page: links to others, buttons, notices, and what the site says of itself.

use crate::text::boilerplate::{is_separator, is_separator_or_blank};

/// What stands before a label that begins a page's furniture.
pub(super) fn before_furniture(text: &str) -> &str {
    let starts = text.char_indices().filter(|&(at, c)| {
        (c.is_uppercase() || matches!(c, '(' | 't' | '®'))
            && text[..at].chars().next_back().is_none_or(|before| !before.is_alphanumeric())
    });
    let cut = starts.map(|(at, _)| at).find(|&at| begins_furniture(&text[at..])).unwrap_or(text.len());
    without_last_labels(text[..cut].trim_end())
}

/// Whether a text begins with a label, such as `Tin liên quan`, that no sentence goes on behind (`Tin liên quan đến vụ cháy` is news).
fn begins_furniture(text: &str) -> bool {
    const LABELS: [&str; 25] = [
        "các tin khác",
        "các tin liên quan",
        "các tin cùng chuyên mục",
        "các bài khác",
        "các bài viết khác",
        "các bài viết liên quan",
        "tin khác",
        "tin liên quan",
        "tin bài liên quan",
        "tin cùng chuyên mục",
        "tin mới hơn",
        "tin cũ hơn",
        "tin mới nhất",
        "tin đọc nhiều",
        "bài viết liên quan",
        "bài viết khác",
        "bài liên quan",
        "bài cùng chuyên mục",
        "liên kết website",
        "ý kiến bạn đọc",
        "gửi bình luận",
        "gửi phản hồi",
        "tổng số điểm của bài viết là",
        "những tin mới hơn",
        "những tin cũ hơn",
    ];
    const WITH_COLON: [&str; 9] =
        ["từ khóa", "từ khoá", "tags", "tag", "xem thêm", "đọc thêm", "nguồn tin", "tác giả bài viết", "chia sẻ"];
    const NOTICES: [&str; 7] = [
        "(*) không sao chép",
        "(*) vui lòng",
        "(*) ghi rõ nguồn",
        "không sao chép dưới mọi hình thức",
        "® ghi rõ nguồn",
        "bản quyền thuộc về",
        "(*) mọi sự sao chép",
    ];
    let ends_a_label = |rest: &str| match rest.trim_start().chars().next() {
        None => true,
        Some(next) => next.is_uppercase() || !next.is_alphabetic(),
    };
    behind(text, &NOTICES).next().is_some()
        || behind(text, &WITH_COLON).any(|rest| rest.trim_start().starts_with(':'))
        || text.starts_with(char::is_uppercase) && behind(text, &LABELS).any(ends_a_label)
}

/// What follows each of the beginnings that a text has; they are given in small letters, however it is written.
fn behind<'t>(text: &'t str, beginnings: &[&str]) -> impl Iterator<Item = &'t str> {
    let first = text.chars().next().and_then(|c| c.to_lowercase().next());
    let likely = move |beginning: &&&str| beginning.chars().next() == first;
    beginnings.iter().filter(likely).filter_map(|beginning| after(text, beginning))
}

/// What follows a beginning that is given in small letters, however it is written.
fn after<'t>(text: &'t str, beginning: &str) -> Option<&'t str> {
    let mut rest = text.chars();
    for wanted in beginning.chars() {
        let mut small = rest.next()?.to_lowercase();
        if small.next() != Some(wanted) || small.next().is_some() {
            return None;
        }
    }
    Some(rest.as_str())
}

/// Takes words from a text's end that are buttons there and words everywhere else.
fn without_last_labels(text: &str) -> &str {
    const LABELS: [&str; 8] = ["Phản hồi", "Mới nhất", "Bình luận", "Chia sẻ", "In bài", "In bài viết", "Gửi email", "Quay lại"];
    let mut rest = text;
    for _ in 0..LABELS.len() {
        let bare = rest.trim_end_matches(|c: char| c.is_whitespace() || c.is_ascii_digit() || matches!(c, '(' | ')' | ':' | '|'));
        let Some(before) = LABELS.iter().find_map(|label| bare.strip_suffix(label)) else { break };
        if before.ends_with(char::is_alphanumeric) {
            break;
        }
        rest = before.trim_end_matches(|c: char| c.is_whitespace() || c == '|');
    }
    rest
}

/// What stands before the sentence in which the site tells of itself: "Báo … điện tử, cơ quan ngôn luận của Đảng bộ …", "UBND tỉnh – Cổng
/// thông tin điện tử, tin tức, văn bản …". Such a sentence names every topic of the site.
pub(super) fn before_masthead(text: &str) -> &str {
    const ANYWHERE: [&str; 16] = [
        "cơ quan ngôn luận của",
        "- cơ quan của",
        "– cơ quan của",
        ", cơ quan của",
        "; cơ quan của",
        "cơ quan của đảng bộ",
        "tiếng nói của đảng bộ",
        "diễn đàn của",
        "giấy phép thiết lập trang",
        "giấy phép số",
        "chịu trách nhiệm xuất bản",
        "chịu trách nhiệm nội dung",
        "đường dây nóng",
        "đăng ký quảng cáo",
        "website chính thức",
        "tổng biên tập:",
    ];
    const AT_A_BORDER: [&str; 11] = [
        "cổng thông tin điện tử",
        "trang thông tin điện tử",
        "cổng thông tin",
        "trang thông tin",
        "trang tin",
        "cổng ttđt",
        "trang ttđt",
        "chuyên trang của",
        "đài pt-th",
        "trụ sở:",
        "liên hệ:",
    ];
    /// A longer sentence tells of something that the site has done.
    const WORDS: usize = 12;
    let lists = |sentence: &str| {
        let lower = sentence.to_lowercase();
        sentence.split_whitespace().count() <= WORDS
            || ["văn bản", "tin tức", "chuyên mục", ", tin ", ": ", "; ", " | "].iter().any(|list| lower.contains(list))
    };
    let begins = |at: usize, names: &[&str]| behind(&text[at..], names).next().is_some();
    let starts = text.char_indices().filter(|(_, c)| c.is_alphabetic() || matches!(c, '-' | '–' | ',' | ';')).map(|(at, _)| at);
    let is_border = |at: usize| {
        text[..at].trim_end().chars().next_back().is_none_or(|c| is_separator(c) || matches!(c, '.' | '…' | '(' | ')' | ';'))
    };
    let is_masthead = |&at: &usize| {
        let is_word = text[..at].chars().next_back().is_none_or(|c| !c.is_alphanumeric());
        is_word && (begins(at, &ANYWHERE) || begins(at, &AT_A_BORDER) && is_border(at) && lists(sentence_from(&text[at..])))
    };
    match starts.into_iter().find(is_masthead) {
        Some(at) => text[..sentence_start(&text[..at])].trim_end_matches(is_separator_or_blank),
        None => text,
    }
}

/// Where the last sentence of a text begins.
fn sentence_start(text: &str) -> usize {
    let mut ends = text.char_indices().filter(|&(at, c)| {
        matches!(c, '.' | '!' | '?' | '…' | '|' | '\n') && text[at + c.len_utf8()..].starts_with(char::is_whitespace)
    });
    ends.next_back().map_or(0, |(at, c)| at + c.len_utf8())
}

/// The first sentence of a text.
fn sentence_from(text: &str) -> &str {
    text.split(". ").next().unwrap_or(text)
}
