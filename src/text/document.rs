//! Numbers of official documents: found in every way of writing them, and written in one.
//!
//! `05-CT/TW`, `05 - CT / TW`, `18/NQ-TW`, `79 NQ/TW`, `NQ57-TW`, "Chỉ thị số 05", "Nghị quyết 57 của Bộ Chính trị", `168/2024/NĐ-CP`,
//! `36/2024/QH15`. Parties write number-kind/issuer, the state number/year/kind-issuer (Nghị định 30/2020/NĐ-CP on records, appendix III).
//! What a text leaves out stays unknown: a number alone is a weak sign, because numbers are used again in other years and by other
//! issuers. A number that is no document's may be taken for one ("kế hoạch 5 người"), but only a rule that asks for just this document
//! would notice.

use std::fmt;
use std::ops::Range;
use std::sync::LazyLock;

use crate::text::Words;

/// The number of an official document, as far as a text tells it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DocumentNumber {
    /// The number without zeros before it; some have a letter behind (`36a`).
    pub number: String,
    /// The abbreviation of its kind, such as `CT`; laws have none.
    pub kind: Option<&'static str>,
    /// The abbreviation of who issued it, such as `TW`, in capitals as it is written.
    pub issuer: Option<String>,
    /// The year of its number or date.
    pub year: Option<u16>,
}

/// Abbreviation, the words for it, and whether the abbreviation may stand before the number: `NQ57` does, `CT5` is a block of flats.
const KINDS: [(&str, &str, bool); 18] = [
    ("CT", "chỉ thị", false),
    ("KL", "kết luận", true),
    ("NQ", "nghị quyết", true),
    ("QĐ", "quyết định", true),
    ("TB", "thông báo", false),
    ("HD", "hướng dẫn", false),
    ("KH", "kế hoạch", false),
    ("CTr", "chương trình", false),
    ("ĐA", "đề án", false),
    ("TT", "thông tư", false),
    ("NĐ", "nghị định", true),
    ("CĐ", "công điện", false),
    ("BC", "báo cáo", false),
    ("QC", "quy chế", false),
    ("QyĐ", "quy định", false),
    ("CV", "công văn", false),
    ("TTr", "tờ trình", false),
    ("PA", "phương án", false),
];

/// Kinds that are made for a time: a number before a unit of time is how long it is.
const PLANS: [&str; 4] = ["KH", "CTr", "ĐA", "PA"];

/// Who issues documents, in words; the longest first.
const ISSUERS: [(&str, &str); 12] = [
    ("TW", "Ban Chấp hành Trung ương Đảng"),
    ("TW", "Ban Chấp hành Trung ương"),
    ("TW", "Bộ Chính trị"),
    ("TW", "Ban Bí thư"),
    ("TW", "Trung ương"),
    ("TTg", "Thủ tướng Chính phủ"),
    ("TTg", "Thủ tướng"),
    ("CP", "Chính phủ"),
    ("QH", "Quốc hội"),
    ("TU", "Ban Thường vụ Tỉnh ủy"),
    ("TU", "Tỉnh ủy"),
    ("TU", "Thành ủy"),
];

/// A kind of document, by keys.
struct Kind {
    name: &'static str,
    key: String,
    words: [String; 2],
    before: bool,
}

static KIND_KEYS: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let kind = |(name, words, before): &(&'static str, &str, bool)| {
        let words = Words::new(words);
        let words = [words.key_of(0).to_owned(), words.key_of(1).to_owned()];
        Kind { name, key: name.to_lowercase(), words, before: *before }
    };
    KINDS.iter().map(kind).collect()
});

static ISSUER_KEYS: LazyLock<Vec<(&str, Vec<String>)>> = LazyLock::new(|| {
    let keys = |name: &str| Words::new(name).keys().map(str::to_owned).collect();
    ISSUERS.iter().map(|(issuer, name)| (*issuer, keys(name))).collect()
});

/// The longest number and the longest abbreviation of an issuer, in characters.
const NUMBER: usize = 6;
const ISSUER: usize = 12;

/// The documents that a text names, each with the words that name it: its kind, its number, its date and who issued it.
///
/// ```
/// use diemtin::text::{Words, documents};
/// let text = Words::new("theo Nghị quyết số 57 ngày 22/12/2024 của Bộ Chính trị về đột phá");
/// let (document, words) = &documents(&text)[0];
/// assert_eq!(document.to_string(), "57-NQ/TW (2024)");
/// assert_eq!(text.written(words.clone()), "Nghị quyết số 57 ngày 22/12/2024 của Bộ Chính trị");
/// ```
pub fn documents(words: &Words) -> Vec<(DocumentNumber, Range<usize>)> {
    let mut found: Vec<(DocumentNumber, Range<usize>)> = Vec::new();
    if !words.key().bytes().any(|b| b.is_ascii_digit()) {
        return found;
    }
    for (at, key) in words.keys().enumerate() {
        // Each way of naming one has a number at its word.
        if !key.bytes().any(|b| b.is_ascii_digit()) {
            continue;
        }
        let begins = found.last().is_none_or(|(_, last)| last.end <= at);
        if begins && let Some(document) = (Reading { words, at }).document() {
            found.push(document);
        }
    }
    found
}

impl DocumentNumber {
    /// Whether a text that names `other` names this one: all that is known of this one is so of the other.
    ///
    /// ```
    /// use diemtin::text::{Words, documents};
    /// let one = |text: &str| documents(&Words::new(text)).remove(0).0;
    /// assert!(one("Chỉ thị 05").is_named_by(&one("05-CT/TW")));
    /// assert!(!one("05-CT/TW").is_named_by(&one("Chỉ thị 05")));
    /// ```
    pub fn is_named_by(&self, other: &Self) -> bool {
        let same_issuer = |own: &String| other.issuer.as_ref().is_some_and(|issuer| own.eq_ignore_ascii_case(issuer));
        self.number == other.number
            && (self.kind.is_none() || self.kind == other.kind)
            && self.issuer.as_ref().is_none_or(same_issuer)
            && (self.year.is_none() || self.year == other.year)
    }
}

impl fmt::Display for DocumentNumber {
    /// As it is usually written, in full as far as it is known.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.number.bytes().take_while(u8::is_ascii_digit).count();
        if digits == 1 {
            f.write_str("0")?;
        }
        f.write_str(&self.number)?;
        let party = matches!(self.issuer.as_deref(), Some("TW" | "TU" | "HU" | "ĐU"));
        let [first, second] = if party { ['-', '/'] } else { ['/', '-'] };
        match self.year {
            Some(year) if !party => write!(f, "/{year}")?,
            _ => {}
        }
        match (self.kind, &self.issuer) {
            (Some(kind), Some(issuer)) => write!(f, "{first}{kind}{second}{issuer}")?,
            (Some(kind), None) => write!(f, "/{kind}")?,
            (None, Some(issuer)) => write!(f, "/{issuer}")?,
            (None, None) => {}
        }
        match self.year {
            Some(year) if party => write!(f, " ({year})"),
            _ => Ok(()),
        }
    }
}

/// Looks for a document whose number stands at a word.
#[derive(Clone, Copy)]
struct Reading<'w, 't> {
    words: &'w Words<'t>,
    at: usize,
}

impl Reading<'_, '_> {
    fn document(self) -> Option<(DocumentNumber, Range<usize>)> {
        let (start, mut document, mut end) =
            self.glued().or_else(|| self.with_kind()).or_else(|| self.law()).or_else(|| self.in_words())?;
        if let Some((year, after)) = self.date(end) {
            document.year = document.year.or(year);
            end = after;
        }
        if let Some((issuer, after)) = self.issuer_in_words(end)
            && document.issuer.get_or_insert_with(|| issuer.to_owned()) == issuer
        {
            end = after;
        }
        Some((document, start..end))
    }

    /// `05-CT/TW`, `168/2024/NĐ-CP`, `79 NQ/TW`, `5171 QĐ-XPVPHC`.
    fn with_kind(self) -> Option<(usize, DocumentNumber, usize)> {
        let number = number(self.words.key_of(self.at))?;
        let (year, at) = self.year();
        self.joint(at)?;
        let kind = self.kind_at(at)?;
        let (Some(issuer), end) = self.issuer_at(at + 1) else { return None };
        // Where words name another kind than the abbreviation, they are part of it all the same.
        let start = self.kind_words().map_or(self.at, |(_, start)| start);
        Some((start, DocumentNumber { number, kind: Some(kind), issuer: Some(issuer), year }, end))
    }

    /// `NQ57`, `NQ57-TW`.
    fn glued(self) -> Option<(usize, DocumentNumber, usize)> {
        let key = self.words.key_of(self.at);
        let before = KIND_KEYS.iter().filter(|kind| kind.before);
        let (kind, rest) = before.filter_map(|kind| Some((kind.name, key.strip_prefix(&*kind.key)?))).next()?;
        let number = number(rest).filter(|_| self.words.get(self.at).is_some_and(|word| word.all_capitals))?;
        let (issuer, end) = self.issuer_at(self.at + 1);
        Some((self.at, DocumentNumber { number, kind: Some(kind), issuer, year: None }, end))
    }

    /// `36/2024/QH15`.
    fn law(self) -> Option<(usize, DocumentNumber, usize)> {
        let number = number(self.words.key_of(self.at))?;
        let (year, at) = self.year();
        let key = self.words.key_of(at);
        let term = key.strip_prefix("qh").or(key.strip_prefix("ubtvqh"))?;
        let is_term = !term.is_empty() && term.bytes().all(|b| b.is_ascii_digit());
        let issuer = Some(key.to_uppercase()).filter(|_| is_term && year.is_some())?;
        Some((self.at, DocumentNumber { number, kind: None, issuer: Some(issuer), year }, at + 1))
    }

    /// "Chỉ thị số 05", "Nghị định 168/2024", "NĐ 168".
    fn in_words(self) -> Option<(usize, DocumentNumber, usize)> {
        let number = number(self.words.key_of(self.at))?;
        let (kind, start) = self.kind_words().or_else(|| self.kind_before())?;
        let (year, end) = self.year();
        // "Kế hoạch 5 năm 2026-2030" is one for five years; "Kế hoạch số 5 năm 2026" is the fifth.
        let is_span = matches!(self.words.key_of(end), "năm" | "thang1" | "tuân2" | "giơ2") && self.before_number() == self.at;
        if is_span && PLANS.contains(&kind) {
            return None;
        }
        Some((start, DocumentNumber { number, kind: Some(kind), issuer: None, year }, end))
    }

    /// The year behind the number, and the word after it.
    fn year(self) -> (Option<u16>, usize) {
        let year = Some(self.words.between(self.at)).filter(|joint| joint.trim() == "/");
        match year.and_then(|_| year_of(self.words.key_of(self.at + 1))) {
            Some(year) => (Some(year), self.at + 2),
            None => (None, self.at + 1),
        }
    }

    /// What joins a word to the one before it, where that may join the parts of a number.
    fn joint(self, at: usize) -> Option<Joint> {
        /// `05 - CT`
        const LONGEST: usize = 3;
        let between = self.words.between(at.checked_sub(1)?);
        let joins = (1..=LONGEST).contains(&between.chars().count())
            && between.chars().all(|c| matches!(c, ' ' | '\u{A0}' | '/' | '-' | '–'));
        joins.then_some(if between.trim().is_empty() { Joint::Blank } else { Joint::Mark })
    }

    fn kind_at(self, at: usize) -> Option<&'static str> {
        let key = self.words.key_of(at);
        KIND_KEYS.iter().find(|kind| kind.key == key).map(|kind| kind.name)
    }

    /// The abbreviation of an issuer at a word (`TW`, `TƯ`, `T.Ư`, `TTg`, `UBND`; the first part of `STNMT-QLD`), and the word after it.
    fn issuer_at(self, at: usize) -> (Option<String>, usize) {
        if self.joint(at) != Some(Joint::Mark) {
            return (None, at);
        }
        let key = self.words.key_of(at);
        let dotted = key == "t" && self.words.between(at) == "." && matches!(self.words.key_of(at + 1), "ư" | "w");
        if dotted || matches!(key, "tư" | "tw") {
            return (Some("TW".to_owned()), at + 1 + usize::from(dotted));
        }
        let written = self.words.written(at..at + 1);
        let length = written.chars().count();
        let capitals = written.chars().filter(|c| c.is_uppercase()).count();
        // A whole number in small letters (168/2024/nđ-cp) is one, too.
        let small = length <= 4 && written.chars().all(char::is_lowercase);
        match length <= ISSUER {
            true if capitals >= 2 => (Some(written.to_owned()), at + 1),
            true if small => (Some(written.to_uppercase()), at + 1),
            _ => (None, at),
        }
    }

    /// The kind that the words before the number name ("Chỉ thị số"), and the first of them.
    fn kind_words(self) -> Option<(&'static str, usize)> {
        let start = self.before_number().checked_sub(2)?;
        let fits = |kind: &&Kind| (0..2).all(|offset| self.words.key_of(start + offset) == kind.words[offset]);
        KIND_KEYS.iter().find(fits).map(|kind| (kind.name, start))
    }

    /// The kind whose abbreviation stands before the number ("NQ 57"), and its word.
    fn kind_before(self) -> Option<(&'static str, usize)> {
        let start = self.before_number().checked_sub(1)?;
        let key = self.words.key_of(start);
        let kind = KIND_KEYS.iter().find(|kind| kind.before && kind.key == key)?;
        self.words.get(start).is_some_and(|word| word.all_capitals).then_some((kind.name, start))
    }

    /// The number's word, or "số" before it.
    fn before_number(self) -> usize {
        let previous = self.at.checked_sub(1).filter(|&previous| self.words.key_of(previous) == "sô1");
        previous.unwrap_or(self.at)
    }

    /// `ngày 22/12/2024`, `ngày 22 tháng 12 năm 2024`, `năm 2024`, with the word after it.
    fn date(self, at: usize) -> Option<(Option<u16>, usize)> {
        let key = |offset: usize| self.words.key_of(at + offset);
        let is_number = |offset: usize| key(offset).len() <= 2 && number(key(offset)).is_some();
        match key(0) {
            "năm" => year_of(key(1)).map(|year| (Some(year), at + 2)),
            "ngay2" if is_number(1) && key(2) == "thang1" && is_number(3) => match year_of(key(5)) {
                Some(year) if key(4) == "năm" => Some((Some(year), at + 6)),
                _ => Some((None, at + 4)),
            },
            "ngay2" if is_number(1) && is_number(2) => match year_of(key(3)) {
                Some(year) => Some((Some(year), at + 4)),
                None => Some((None, at + 3)),
            },
            _ => None,
        }
    }

    /// `của Bộ Chính trị`, with the word after it.
    fn issuer_in_words(self, at: usize) -> Option<(&'static str, usize)> {
        let at = at + usize::from(self.words.key_of(at) == "cua3");
        let fits = |keys: &[String]| keys.iter().zip(at..).all(|(key, place)| self.words.key_of(place) == key);
        ISSUER_KEYS.iter().find(|(_, keys)| fits(keys)).map(|(issuer, keys)| (*issuer, at + keys.len()))
    }
}

/// What stands between two parts of a number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Joint {
    Blank,
    /// A dash or a slash.
    Mark,
}

/// A number without zeros before it.
fn number(key: &str) -> Option<String> {
    let digits = key.bytes().take_while(u8::is_ascii_digit).count();
    let letter = key.len() - digits;
    let fits = digits > 0 && key.len() <= NUMBER && letter <= 1 && key.is_ascii();
    let bare = key.trim_start_matches('0');
    (fits && !bare.is_empty() && bare.starts_with(|c: char| c.is_ascii_digit())).then(|| bare.to_owned())
}

fn year_of(key: &str) -> Option<u16> {
    key.parse().ok().filter(|year| (1945..2100).contains(year))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        documents(&Words::new(text)).into_iter().map(|(document, _)| document.to_string()).collect()
    }

    #[test]
    fn every_way_of_writing_gives_one_number() {
        for (expected, ways) in [
            (
                "05-CT/TW",
                &[
                    "05-CT/TW",
                    "05-CT/ TW",
                    "5 - CT / TW",
                    "Chỉ thị số 05-CT/TW",
                    "Chỉ thị 05/CT-TW",
                    "Chỉ thị 05 của Bộ Chính trị",
                ][..],
            ),
            ("18-NQ/TW", &["18/NQ-TW", "18-NQ/TƯ", "18-NQ/T.Ư", "NQ18-TW", "18 NQ/TW", "NQ số 18 của Trung ương"]),
            ("57/NQ", &["NQ57", "Nghị quyết 57", "NGHỊ QUYẾT SỐ 57", "NQ 57", "nghị quyết số 057"]),
            (
                "168/2024/NĐ-CP",
                &["168/2024/NĐ-CP", "Nghị định số 168/2024/nđ-cp", "NĐ 168/2024/NĐ-CP", "Nghị định 168/2024 của Chính phủ"],
            ),
            ("27/CT-TTg", &["27/CT-TTg", "Chỉ thị 27 của Thủ tướng Chính phủ", "Chỉ thị số 27 /CT-TTg"]),
            ("36/2024/QH15", &["36/2024/QH15", "Luật số 36/2024/QH15"]),
            ("03-QĐ/TU", &["03-QĐ/ TU", "Quyết định 03-QĐ/TU"]),
            ("36a/NQ-CP", &["Nghị quyết số 36a/NQ-CP"]),
            ("22/2021/TT-BGDĐT", &["Thông tư 22/2021/TT-BGDĐT"]),
            ("6045/CV-STNMT", &["6045/CV-STNMT-QLD"]),
            (
                "01-KL/TW (2021)",
                &["Kết luận số 01-KL/TW ngày 18/5/2021", "Kết luận 01-KL/TW, ngày 18 tháng 5 năm 2021 của Bộ Chính trị"],
            ),
        ] {
            for way in ways {
                assert_eq!(found(way), [expected], "{way}");
            }
        }
    }

    #[test]
    fn what_is_no_document_is_none() {
        for text in [
            "tòa CT5 cao 20 tầng",
            "20 CT",
            "kế hoạch 5 năm 2026-2030",
            "đề án 3 năm",
            "TP.HCM 312",
            "ngày 22/12/2024",
            "đội 05 - CĐ",
            "57 người",
            "QH15",
            "COVID-19",
        ] {
            assert_eq!(found(text), Vec::<String>::new(), "{text}");
        }
    }

    #[test]
    fn the_words_of_a_document_are_told() {
        let text = Words::new("Sau 5 năm thực hiện Chỉ thị số 05-CT/TW và NQ57, tỉnh");
        let found = documents(&text);
        assert_eq!(
            found.iter().map(|(_, words)| text.written(words.clone())).collect::<Vec<_>>(),
            ["Chỉ thị số 05-CT/TW", "NQ57"]
        );
    }

    #[test]
    fn a_document_is_named_by_what_says_all_of_it() {
        let one = |text: &str| documents(&Words::new(text)).remove(0).0;
        for (rule, text) in [
            ("Chỉ thị 05", "05-CT/TW"),
            ("06-CT/TW", "Chỉ thị số 06-CT/TW ngày 24/6/2021"),
            ("57-NQ/TW ngày 22/12/2024", "Nghị quyết 57 ngày 22/12/2024 của Bộ Chính trị"),
        ] {
            assert!(one(rule).is_named_by(&one(text)), "{rule} / {text}");
        }
        for (rule, text) in [
            ("57-NQ/TW", "Nghị quyết 57"),
            ("57-NQ/TW", "57/NQ-CP"),
            ("57-NQ/TW", "57-KL/TW"),
            ("06-CT/TW năm 2021", "06-CT/TW năm 2006"),
            ("06-CT/TW năm 2021", "06-CT/TW"),
            ("05-CT/TW", "105-CT/TW"),
        ] {
            assert!(!one(rule).is_named_by(&one(text)), "{rule} / {text}");
        }
    }
}
