//! What stands around an article on its page: links to others, buttons, notices, and what the site says of itself.

use std::sync::LazyLock;

use crate::text::boilerplate::{is_separator, is_separator_or_blank, sentence_start};
use crate::text::letter::{is_alphabetic, is_alphanumeric, is_uppercase, lower};

/// What stands before a label that begins a page's furniture.
pub(super) fn before_furniture(text: &str) -> &str {
    static INITIALS: LazyLock<Initials> = LazyLock::new(|| Initials::of(&[&LABELS, &WITH_COLON, &NOTICES]));
    let mut starts = beginnings(text, 0).filter(|&(_, c)| is_uppercase(c) || matches!(c, '(' | 't' | '®'));
    let is_cut = |at: usize| INITIALS.begin(&text[at..]) && begins_furniture(&text[at..]);
    let cut = starts.find(|&(at, _)| is_cut(at)).map_or(text.len(), |(at, _)| at);
    without_last_labels(text[..cut].trim_end())
}

/// The characters from a place on that stand behind no letter and no digit, each with its place.
fn beginnings(text: &str, from: usize) -> impl Iterator<Item = (usize, char)> {
    let mut is_inside = text[..from].chars().next_back().is_some_and(is_alphanumeric);
    text[from..].char_indices().filter_map(move |(at, c)| {
        let was_inside = std::mem::replace(&mut is_inside, is_alphanumeric(c));
        (!was_inside).then_some((from + at, c))
    })
}

/// What stands over links to other articles. No sentence goes on behind it.
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
/// Labels before a colon.
const WITH_COLON: [&str; 10] =
    ["chuyên mục", "từ khóa", "từ khoá", "tags", "tag", "xem thêm", "đọc thêm", "nguồn tin", "tác giả bài viết", "chia sẻ"];
/// Beginnings of a notice to those who copy.
const NOTICES: [&str; 7] = [
    "(*) không sao chép",
    "(*) vui lòng",
    "(*) ghi rõ nguồn",
    "không sao chép dưới mọi hình thức",
    "® ghi rõ nguồn",
    "bản quyền thuộc về",
    "(*) mọi sự sao chép",
];

/// Whether a text begins with a label, such as `Tin liên quan`, that no sentence goes on behind (`Tin liên quan đến vụ cháy` is news).
fn begins_furniture(text: &str) -> bool {
    let ends_a_label = |rest: &str| match rest.trim_start().chars().next() {
        None => true,
        Some(next) => is_uppercase(next) || !is_alphabetic(next),
    };
    behind(text, &NOTICES).next().is_some()
        || behind(text, &WITH_COLON).any(|rest| rest.trim_start().starts_with(':'))
        || text.starts_with(char::is_uppercase) && behind(text, &LABELS).any(ends_a_label)
}

/// The first two letters of beginnings that are looked for at each word of a text: nearly every word has others.
struct Initials(Vec<[char; 2]>);

impl Initials {
    fn of(beginnings: &[&[&str]]) -> Self {
        let mut pairs: Vec<_> = beginnings.concat().into_iter().filter_map(Self::first_two).collect();
        pairs.sort_unstable();
        pairs.dedup();
        Self(pairs)
    }

    fn begin(&self, text: &str) -> bool {
        Self::first_two(text).is_some_and(|pair| self.0.binary_search(&pair).is_ok())
    }

    /// In small letters.
    fn first_two(text: &str) -> Option<[char; 2]> {
        let mut letters = text.chars().map(lower);
        Some([letters.next()??, letters.next()??])
    }
}

/// What follows each of the beginnings that a text has; they are given in small letters, however it is written.
fn behind<'t>(text: &'t str, beginnings: &[&str]) -> impl Iterator<Item = &'t str> {
    let first = text.chars().next().and_then(lower);
    let likely = move |beginning: &&&str| beginning.chars().next() == first;
    beginnings.iter().filter(likely).filter_map(|beginning| after(text, beginning))
}

/// What follows a beginning that is given in small letters, however it is written.
fn after<'t>(text: &'t str, beginning: &str) -> Option<&'t str> {
    let mut rest = text.chars();
    for wanted in beginning.chars() {
        if lower(rest.next()?) != Some(wanted) {
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

/// What only the masthead of a paper says.
const ANYWHERE: [&str; 4] = ["cơ quan ngôn luận của", "cơ quan của đảng", "tiếng nói của đảng", "diễn đàn của nhân dân"];
/// What is a masthead where its sentence begins with a kind of site.
const OF_A_SITE: [&str; 3] = ["cơ quan của", "tiếng nói của", "diễn đàn của"];
/// What is a masthead where it begins a sentence.
const AT_A_BORDER: [&str; 20] = [
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
    "giấy phép số",
    "giấy phép thiết lập trang",
    "chịu trách nhiệm xuất bản",
    "chịu trách nhiệm nội dung",
    "đường dây nóng:",
    "đăng ký quảng cáo",
    "website chính thức",
    "tổng biên tập:",
    "bản quyền thuộc",
];

/// What stands before the sentence in which the site tells of itself: "Báo … điện tử, cơ quan ngôn luận của Đảng bộ …", "UBND tỉnh – Cổng
/// thông tin điện tử, tin tức, văn bản …". Such a sentence names every topic of the site. It stands at the end of a text; a sentence
/// that tells what the site has done, or when, is news.
pub(super) fn before_masthead(text: &str) -> &str {
    /// Characters at a text's end in which a masthead begins.
    const LONGEST: usize = 400;
    const SITES: [&str; 6] = ["báo ", "tạp chí ", "đài ", "trang tin ", "chuyên trang ", "website "];
    static INITIALS: LazyLock<Initials> = LazyLock::new(|| Initials::of(&[&ANYWHERE, &OF_A_SITE, &AT_A_BORDER]));
    let window = text.char_indices().rev().take(LONGEST).last().map_or(0, |(at, _)| at);
    let starts = beginnings(text, window).filter(|(_, c)| is_alphabetic(*c)).map(|(at, _)| at);
    let begins = |at: usize, names: &[&str]| behind(&text[at..], names).next().is_some();
    let is_border = |at: usize| {
        text[..at].trim_end().chars().next_back().is_none_or(|c| is_separator(c) || matches!(c, '.' | '…' | '(' | ')' | ';'))
    };
    let start_of = |at: usize| {
        let (always, of_a_site) = (begins(at, &ANYWHERE), begins(at, &OF_A_SITE));
        if always || of_a_site {
            let start = site_start(text, sentence_start(&text[..at], is_end), at);
            let sentence = sentence_from(&text[start..]);
            let is_site = always || behind(sentence.trim_start(), &SITES).next().is_some();
            return (is_site && !is_news(sentence)).then_some(start);
        }
        let is_masthead = begins(at, &AT_A_BORDER) && is_border(at) && lists(sentence_from(&text[at..]));
        is_masthead.then(|| sentence_start(&text[..at], is_end))
    };
    match starts.into_iter().filter(|at| INITIALS.begin(&text[*at..])).find_map(start_of) {
        Some(start) => text[..start].trim_end_matches(is_separator_or_blank),
        None => text,
    }
}

/// Whether a sentence that names a site is its name alone, or a list of what it has.
fn lists(sentence: &str) -> bool {
    /// A longer sentence tells of something that the site has done.
    const WORDS: usize = 12;
    let lower = sentence.to_lowercase();
    let is_list = || ["văn bản", "tin tức", "chuyên mục", ", tin ", ": ", "; ", " | "].iter().any(|list| lower.contains(list));
    sentence.split_whitespace().count() <= WORDS && !is_news(sentence) || is_list()
}

/// Whether a sentence tells what happened: it counts something, or has a verb of news.
fn is_news(sentence: &str) -> bool {
    const VERBS: [&str; 17] = [
        " cho biết ",
        " đã ",
        " đăng tải ",
        " được ",
        " hoàn thành ",
        " khai trương ",
        " khánh thành ",
        " kỷ niệm ",
        " mừng ",
        " nhận ",
        " phát động ",
        " phối hợp ",
        " ra mắt ",
        " sẽ ",
        " tổ chức ",
        " trao ",
        " vừa ",
    ];
    let lower = format!(" {} ", sentence.to_lowercase());
    lower.contains(|c: char| c.is_ascii_digit()) || VERBS.iter().any(|verb| lower.contains(verb))
}

/// Where a site's name begins between the beginning of a sentence and a place in it: some put it behind the news without a full stop.
fn site_start(text: &str, start: usize, at: usize) -> usize {
    const KINDS: [&str; 4] = [" Báo ", " Tạp chí ", " Đài ", " Website "];
    KINDS.iter().filter_map(|kind| text[start..at].rfind(kind)).max().map_or(start, |found| start + found + 1)
}

/// The first sentence of a text, as far as it can be a masthead.
fn sentence_from(text: &str) -> &str {
    /// Bytes of a longest masthead.
    const LONGEST: usize = 1_600;
    let text = &text[..text.floor_char_boundary(LONGEST)];
    text.split(". ").next().unwrap_or(text)
}

fn is_end(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '|' | '\n')
}
