//! A text as a row of tokens: words, names, numbers and official phrases, written one way.

use std::cmp::Ordering;
use std::ops::Range;

use smol_str::{SmolStr, format_smolstr};
use xxhash_rust::xxh3::xxh3_64;

use crate::flow::dedupe::copy::lexicon::{LEXICON, RARE, Sort};
use crate::flow::dedupe::copy::likeness::bare;
use crate::flow::dedupe::copy::number::{
    NUMBERED, may_be_one, may_be_one_month, may_be_rounded, may_be_told_roughly, number, side, unit,
};
use crate::text::{Passage, Words};

/// What two texts have in common or not.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Token {
    /// Its key; of an expression the joined keys of its words, of a number its digits, `23.11.2026` for a date.
    pub key: SmolStr,
    /// A hash of the key: most tokens are told apart by it.
    pub hash: u64,
    /// For the word of a digit: its value.
    unit: Option<u32>,
    /// For a number that is told roughly: on which side of it the exact one lies.
    rough: Option<Ordering>,
    /// How much it says, in twentieths of a rare word.
    pub weight: u32,
    /// Whether it is a rare word, or a name of one.
    pub is_telling: bool,
    pub kind: Kind,
    /// Where it stands in the text, in bytes.
    pub place: Range<u32>,
    /// Whether it begins with a capital, or all of the text does.
    pub capital: bool,
    /// For an abbreviation in capitals: whether it may stand for words with these initials.
    pub is_abbreviation: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Word,
    /// A word with a capital where none is needed.
    Name,
    /// A province, or a city that stands for one.
    Place,
    /// A number that names something: a day, an issue, a term, a road, a document.
    Ordinal,
    /// A number that counts something.
    Count,
}

impl Token {
    /// Whether it says what the other one says.
    pub(super) fn says(&self, other: &Self) -> bool {
        let is_numeral = |a: &Self, b: &Self| a.is_number() && b.unit.is_some_and(|unit| a.key == unit.to_string());
        self.hash == other.hash && self.key == other.key
            || self.is_number() && other.is_number() && may_be_one(&self.key, &other.key)
            || self.kind == Kind::Ordinal && other.kind == Kind::Ordinal && may_be_one_month(&self.key, &other.key)
            || self.kind == Kind::Count && other.kind == Kind::Count && self.may_be_as_many(other)
            || is_numeral(self, other)
            || is_numeral(other, self)
    }

    /// Whether of two amounts one may be the other one, told roughly.
    fn may_be_as_many(&self, other: &Self) -> bool {
        let is_roughly = |a: &Self, b: &Self| a.rough.is_some_and(|side| may_be_told_roughly(&a.key, side, &b.key));
        may_be_rounded(&self.key, &other.key) || is_roughly(self, other) || is_roughly(other, self)
    }

    /// Whether another key may say the same.
    pub(super) fn may_be_written_otherwise(&self) -> bool {
        self.is_number() || self.unit.is_some()
    }

    /// Whether it is an hour with its minutes, or a time that something took.
    pub(super) fn is_hour(&self) -> bool {
        self.is_number() && self.key.contains(':')
    }

    pub(super) fn is_number(&self) -> bool {
        matches!(self.kind, Kind::Ordinal | Kind::Count)
    }

    pub(super) fn is_name(&self) -> bool {
        matches!(self.kind, Kind::Name | Kind::Place)
    }
}

/// The tokens of a text, at most `limit`.
pub(super) fn tokens(passage: &Passage, limit: usize) -> Vec<Token> {
    let words = passage.words();
    let shouted = is_shouted(&words);
    let named = passage.documents();
    let mut tokens: Vec<Token> = Vec::new();
    let mut at = 0;
    let mut begins = true;
    while at < words.len() && tokens.len() < limit {
        let document = named.iter().find(|(_, range)| range.start == at);
        let Found { key, weight, is_telling, kind, len } = match document {
            Some((document, range)) => {
                let kind = document.kind.map(str::to_lowercase).unwrap_or_default();
                Found::plain(format_smolstr!("{}.{kind}", document.number), Kind::Ordinal, range.len())
            }
            None => next(&words, at, begins, shouted),
        };
        let place = words.place(at..at + len);
        let capital = words.get(at).is_some_and(|word| word.capital);
        let is_abbreviation = len == 1
            && kind != Kind::Place
            && words.get(at).is_some_and(|word| word.all_capitals)
            && !shouted
            && (2..=7).contains(&key.chars().count());
        let after = words.between(at + len - 1);
        begins = after != " " && begins_anew(after);
        at += len;
        if !key.is_empty() {
            let (hash, unit) = (xxh3_64(key.as_bytes()), unit(&key));
            let place = place.start as u32..place.end as u32;
            let rough = if kind == Kind::Count { side(&words, at - len) } else { None };
            tokens.push(Token { key, hash, unit, rough, weight, is_telling, kind, place, capital, is_abbreviation });
        }
    }
    tokens
}

/// Whether a text is written in capitals: then they say nothing.
pub(super) fn is_shouted(words: &Words) -> bool {
    let (mut letters, mut capitals) = (0, 0);
    for word in (0..words.len()).filter_map(|i| words.get(i)) {
        letters += usize::from(word.capital || !word.all_capitals);
        capitals += usize::from(word.all_capitals);
    }
    letters > 2 && capitals * 5 >= letters * 4
}

/// What was found at a word.
struct Found {
    key: SmolStr,
    weight: u32,
    is_telling: bool,
    kind: Kind,
    /// How many words it takes.
    len: usize,
}

impl Found {
    /// What weighs as much as a rare word, and is none.
    fn plain(key: SmolStr, kind: Kind, len: usize) -> Self {
        Self { key, weight: RARE, is_telling: false, kind, len }
    }
}

/// The token at a word.
fn next(words: &Words, at: usize, begins: bool, shouted: bool) -> Found {
    if let Some((key, len)) = number(words, at, shouted) {
        let is_ordinal =
            key.contains([':', '.']) && !is_decimal(&key, words.between(at)) && !is_measure(&key, words.key_of(at + len))
                || at > 0 && NUMBERED.contains(&words.key_of(at - 1))
                || len == 1 && key.len() == 4 && (key.starts_with("19") || key.starts_with("20"));
        return Found::plain(key.into(), if is_ordinal { Kind::Ordinal } else { Kind::Count }, len);
    }
    let key = words.key_of(at);
    let known = LEXICON.entry(key);
    if let Some((expression, len)) = known.expression(words, at, !begins && !shouted) {
        let kind = match expression.sort {
            Sort::Place | Sort::City => Kind::Place,
            Sort::Body => Kind::Name,
            Sort::Phrase => Kind::Word,
        };
        return Found { key: expression.token.clone(), weight: expression.weight, is_telling: expression.is_telling, kind, len };
    }
    let capital = words.get(at).is_some_and(|word| word.capital);
    if capital
        && !shouted
        && let Some((key, len)) = foreign(words, at)
    {
        let kind = if begins { Kind::Word } else { Kind::Name };
        return Found { is_telling: !LEXICON.entry(&key).is_usual, ..Found::plain(key.into(), kind, len) };
    }
    let is_abbreviation = words.get(at).is_some_and(|word| word.all_capitals) && key.len() > 1;
    let named = capital && (if shouted { known.weight >= RARE } else { !begins || is_abbreviation });
    let kind = if named { Kind::Name } else { Kind::Word };
    Found { key: key.into(), weight: known.weight, is_telling: known.is_telling(), kind, len: 1 }
}

/// Whether a sentence, a quotation or a part begins behind what stands between two words.
fn begins_anew(between: &str) -> bool {
    between.contains([':', '.', '!', '?', '"', '“', '‘', '\'', '«', '|']) || between.contains(" - ") || between.contains(" – ")
}

/// A foreign name, written in syllables (Xa-va-na-khẹt) or in its own letters (Savannakhet), in one form, and how many words it takes.
fn foreign(words: &Words, at: usize) -> Option<(String, usize)> {
    let is_joined = |place: &usize| {
        words.between(place - 1) == "-"
            && words.get(*place).is_some_and(|word| !word.capital)
            && words.key_of(*place).starts_with(char::is_alphabetic)
    };
    let len = 1 + (at + 1..words.len()).take_while(is_joined).count();
    if !(len > 1 && words.key_of(at).len() > 1 || is_foreign(words.key_of(at))) {
        return None;
    }
    let mut letters: Vec<char> = (at..at + len).flat_map(|place| bare(words.key_of(place)).chars().collect::<Vec<_>>()).collect();
    letters.dedup();
    Some((letters.into_iter().collect(), len))
}

/// Whether a word has vowels with consonants between them, but for the one of a tone: a Vietnamese word is one syllable.
fn is_foreign(key: &str) -> bool {
    let groups = key.split(|c| !matches!(c, 'a' | 'e' | 'i' | 'o' | 'u' | 'y')).filter(|group| !group.is_empty());
    key.is_ascii() && groups.count() > 1
}

/// Whether two numbers are joined by a comma, which parts no day from its month: 53,6 kg, 99,2%.
fn is_decimal(key: &str, joint: &str) -> bool {
    joint == "," && key.matches('.').count() == 1
}

/// Whether a number with a dot is an amount (4,5 tỷ; 2,3 tấn) and no date.
fn is_measure(key: &str, unit: &str) -> bool {
    const UNITS: [&str; 18] = [
        "ti3", "triêu5", "nghin2", "ngan2", "tân1", "ta5", "kg", "km", "m", "ha", "met1", "đô5", "phân2", "điêm3", "lân2",
        "lit1", "usd", "trăm",
    ];
    key.matches('.').count() == 1 && UNITS.contains(&unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Vec<Token> {
        super::tokens(&Passage::new(text, text), 99)
    }

    fn keys(text: &str) -> Vec<SmolStr> {
        tokens(text).into_iter().map(|t| t.key).collect()
    }

    #[test]
    fn one_name_has_one_form() {
        for (a, b) in [
            ("TP.HCM", "Thành phố Hồ Chí Minh"),
            ("TP HCM", "TPHCM"),
            ("Covid-19", "COVID 19"),
            ("UBND tỉnh", "Ủy ban nhân dân tỉnh"),
            ("Thừa Thiên Huế", "THỪA THIÊN HUẾ"),
            ("Thừa Thiên Huế", "Huế"),
            ("Nghị quyết số 57-NQ/TW", "NQ57"),
            ("50%", "50 phần trăm"),
            ("BQLDA ĐTXD", "Ban Quản lý dự án đầu tư xây dựng"),
            ("vượt BĐ3", "vượt báo động III"),
            ("sản phẩm OCOP", "sản phẩm mỗi xã một sản phẩm"),
        ] {
            assert_eq!(keys(a), keys(b), "{a} / {b}");
        }
    }

    #[test]
    fn a_capital_makes_a_name_where_none_is_needed() {
        let kinds = |text: &str| tokens(text).into_iter().map(|t| t.kind).collect::<Vec<_>>();
        assert_eq!(kinds("Công an bắt Lan"), [Kind::Word, Kind::Word, Kind::Word, Kind::Name]);
        assert_eq!(kinds("Hà Nội: Lan nói"), [Kind::Place, Kind::Word, Kind::Word]);
        assert_eq!(kinds("vì hòa bình")[1], Kind::Word);
        assert_eq!(kinds("PC06 trao thẻ mới")[0], Kind::Name);
    }

    #[test]
    fn a_place_is_not_made_of_words_that_something_parts() {
        let places = |text: &str| tokens(text).into_iter().filter(|t| t.kind == Kind::Place).map(|t| t.key).collect::<Vec<_>>();
        for text in ["ông Quy, Nhơn Hội", "HỘI NGHỊ CẤP CAO LÃNH ĐẠO TỈNH", "Xã hội, An ninh"] {
            assert_eq!(places(text), [""; 0], "{text}");
        }
        assert_eq!(places("Gió mùa Đông Hà Nội"), ["ha2_nôi5"]);
        assert_eq!(places("Về Bà Rịa - Vũng Tàu, TP.HCM, Quy Nhơn"), ["ba2_ria5_vung4_tau2", "tphcm", "qui_nhơn"]);
    }

    #[test]
    fn a_number_names_or_counts() {
        let numbers = |text: &str| tokens(text).into_iter().filter(Token::is_number).map(|t| t.kind).collect::<Vec<_>>();
        assert_eq!(numbers("Bản tin số 103 ngày 22/10, mùa 2026"), [Kind::Ordinal; 3]);
        assert_eq!(numbers("Trao 20 suất học bổng, 4,5 tỷ đồng, 600 m2 đất"), [Kind::Count; 3]);
        assert_eq!(numbers("Thu 53,6kg, đạt 99,2%, tăng 8,4 lần"), [Kind::Count; 3]);
        assert_eq!(numbers("Ngày 23/11/2026, tháng 11/2026, quyết định 168/2024"), [Kind::Ordinal; 3]);
        assert_eq!(numbers("Chỉ thị 05-CT/TW, quốc lộ 14, tháng 3"), [Kind::Ordinal; 3]);
    }
}
