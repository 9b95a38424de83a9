//! The words of a text as they are compared, each with its place in the text as it was written.

use std::borrow::Cow;

use crate::text::fold::push_key;
use crate::text::letter::{is_alphabetic, is_alphanumeric, is_mark, is_uppercase, lower};

/// The words of a text as a key: each run of letters and digits in lower case, its tone folded, with one space before and one after each,
/// so that whole words are found by looking for ` word `. Everything that is neither letter nor digit only separates: `05-CT/TW`,
/// `05 - CT / TW` and the commas of official phrases make no difference; nor does the normal form of the text.
///
/// ```
/// use diemtin::text::words;
/// assert_eq!(words("Hoà, HÒA"), " hoa2 hoa2 ");
/// assert_eq!(words("Kỹ năng"), words("kĩ năng"));
/// assert_eq!(words("Chỉ thị 05 - CT / TW"), words("chỉ thị 05-CT/TW"));
/// ```
pub fn words(text: &str) -> String {
    let mut key = String::with_capacity(text.len() + 2);
    key.push(' ');
    scan(text, |run, _| {
        push_key(&mut key, run);
        key.push(' ');
    });
    key
}

/// A text's words with their places.
///
/// ```
/// use diemtin::text::Words;
/// let words = Words::new("Làm theo BÁC");
/// assert_eq!(words.key(), " lam2 theo bac1 ");
/// assert_eq!(words.written(2..3), "BÁC");
/// assert!(words.get(0).is_some_and(|word| word.capital && !word.all_capitals));
/// ```
#[derive(Clone, Debug)]
pub struct Words<'t> {
    text: &'t str,
    key: Cow<'t, str>,
    words: Cow<'t, [Word]>,
}

/// A text's words without the text, to be kept beside it.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    key: String,
    words: Vec<Word>,
}

impl Kept {
    /// The words of the text that they were found in.
    pub(super) fn of<'t>(&'t self, text: &'t str) -> Words<'t> {
        Words { text, key: Cow::Borrowed(&self.key), words: Cow::Borrowed(&self.words) }
    }
}

/// One word of a text. Places are in bytes; texts are far below 4 GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// Where its key begins in the key of the text.
    key: u32,
    /// Where it begins in the text.
    start: u32,
    /// Where it ends in the text.
    end: u32,
    /// Whether it begins with a capital letter.
    pub capital: bool,
    /// Whether it has a letter, and no small one.
    pub all_capitals: bool,
}

impl<'t> Words<'t> {
    /// Finds the words of a text.
    pub fn new(text: &'t str) -> Self {
        let mut key = String::with_capacity(text.len() + 2);
        let mut words = Vec::with_capacity(text.len() / 5);
        key.push(' ');
        scan(text, |run, found| {
            words.push(Word { key: key.len() as u32, ..found });
            push_key(&mut key, run);
            key.push(' ');
        });
        Self { text, key: Cow::Owned(key), words: Cow::Owned(words) }
    }

    /// What was found, to be kept beside the text.
    pub(super) fn keep(self) -> Kept {
        Kept { key: self.key.into_owned(), words: self.words.into_owned() }
    }

    /// The key of the whole text, as [`words`] makes it.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// How many words there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is no word.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// A word.
    pub fn get(&self, index: usize) -> Option<Word> {
        self.words.get(index).copied()
    }

    /// The key of a word; empty beyond the last.
    pub fn key_of(&self, index: usize) -> &str {
        let Some(word) = self.words.get(index) else { return "" };
        let end = self.words.get(index + 1).map_or(self.key.len(), |next| next.key as usize) - 1;
        &self.key[word.key as usize..end]
    }

    /// The keys of some words that follow each other, with a blank between two; empty where there are none.
    pub fn run(&self, words: std::ops::Range<usize>) -> &str {
        let Some(first) = self.words.get(words.start).filter(|_| !words.is_empty()) else { return "" };
        let end = self.words.get(words.end).map_or(self.key.len(), |next| next.key as usize) - 1;
        &self.key[first.key as usize..end]
    }

    /// The keys of all words, in order.
    pub fn keys(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.words.len()).map(|index| self.key_of(index))
    }

    /// The words within a range of bytes of the key, such as a match in it.
    pub fn within(&self, key: std::ops::Range<usize>) -> std::ops::Range<usize> {
        let first = self.words.partition_point(|word| (word.key as usize) < key.start);
        let end = self.words.partition_point(|word| (word.key as usize) < key.end);
        first..end.max(first)
    }

    /// Where some words stand in the text, in bytes; an empty range at the end where there are none.
    pub fn place(&self, words: std::ops::Range<usize>) -> std::ops::Range<usize> {
        match self.words.get(words) {
            Some([first, .., last]) => first.start as usize..last.end as usize,
            Some([only]) => only.start as usize..only.end as usize,
            _ => self.text.len()..self.text.len(),
        }
    }

    /// Some words as they are written, with what stands between them.
    pub fn written(&self, words: std::ops::Range<usize>) -> &'t str {
        &self.text[self.place(words)]
    }

    /// What is written between a word and the next one.
    pub fn between(&self, index: usize) -> &'t str {
        match (self.words.get(index), self.words.get(index + 1)) {
            (Some(word), Some(next)) => &self.text[word.end as usize..next.start as usize],
            _ => "",
        }
    }
}

impl Words<'_> {
    /// Whether a sentence ends after a word, or a part of one before a colon; the dot of an abbreviation (`TP. HCM`, `GS. TS.`) is no end.
    pub fn ends_sentence(&self, index: usize) -> bool {
        /// Letters of an abbreviation with a dot.
        const ABBREVIATION: usize = 3;
        let between = self.between(index);
        let is_short = || {
            let letters = self.key_of(index).chars().count();
            self.words.get(index).is_some_and(|word| word.capital) && letters <= ABBREVIATION
        };
        between.contains(['!', '?', '…', ':', ';', '|']) || between.contains(". ") && !is_short()
    }
}

/// Tells of each run of letters, digits and their marks: in lower case, and where it stands (its `key` is 0).
fn scan(text: &str, mut tell: impl FnMut(&str, Word)) {
    let mut run = String::new();
    let mut word = Word { key: 0, start: 0, end: 0, capital: false, all_capitals: true };
    let mut letters = false;
    let mut finish = |run: &mut String, word: &mut Word, letters: &mut bool| {
        if !run.is_empty() {
            tell(run, Word { all_capitals: word.all_capitals && *letters, ..*word });
            run.clear();
        }
        (word.all_capitals, *letters) = (true, false);
    };
    for (place, c) in text.char_indices() {
        let (letter, upper) = if c.is_ascii() {
            if !c.is_ascii_alphanumeric() {
                finish(&mut run, &mut word, &mut letters);
                continue;
            }
            (c.is_ascii_alphabetic(), c.is_ascii_uppercase())
        } else if is_ignorable(c) || is_mark(c) && run.is_empty() {
            continue;
        } else if is_alphanumeric(c) || is_mark(c) {
            (is_alphabetic(c), is_uppercase(c))
        } else {
            finish(&mut run, &mut word, &mut letters);
            continue;
        };
        if run.is_empty() {
            (word.start, word.capital) = (place as u32, upper);
        }
        word.end = (place + c.len_utf8()) as u32;
        word.all_capitals &= upper || !letter;
        letters |= letter;
        match lower(c) {
            Some(small) => run.push(small),
            None => run.extend(c.to_lowercase()),
        }
    }
    finish(&mut run, &mut word, &mut letters);
}

/// Zero-width characters and soft hyphens stand inside words without being part of them.
fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use unicode_normalization::UnicodeNormalization;

    use super::*;

    #[test]
    fn one_key_for_every_way_of_writing() {
        for (a, b) in [
            ("hoà thuỷ khoẻ", "hòa thủy khỏe"),
            ("qúy qũy gía", "quý quỹ giá"),
            ("kỹ sư, quý II, tỷ đồng", "kĩ sư quí II tỉ đồng"),
            ("Ðảng bộ", "Đảng bộ"),
            ("ĐẢNG BỘ", "đảng bộ"),
            ("học tập, làm theo", "Học tập – làm theo"),
            ("Chỉ thị 05-CT/ TW", "chỉ thị 05 – CT/TW"),
            ("phố\u{200B} cổ", "phố cổ"),
            ("Tie\u{302}\u{301}ng", "tiếng"),
        ] {
            assert_eq!(words(a), words(b), "{a} / {b}");
        }
    }

    #[test]
    fn different_words_keep_different_keys() {
        for (a, b) in
            [("báo", "bão"), ("bảo", "báo"), ("đao", "dao"), ("mơ", "mo"), ("năm", "nam"), ("ca2", "cà 2"), ("máy", "mái")]
        {
            assert_ne!(words(a), words(b), "{a} / {b}");
        }
    }

    #[test]
    fn a_word_knows_how_and_where_it_is_written() {
        let words = Words::new("«Noi gương BÁC» số 05-CT/TW");
        let written: Vec<_> = (0..words.len()).map(|i| words.written(i..i + 1)).collect();
        assert_eq!(written, ["Noi", "gương", "BÁC", "số", "05", "CT", "TW"]);
        let cases = |i: usize| words.get(i).map(|w| (w.capital, w.all_capitals));
        assert_eq!(
            [cases(0), cases(1), cases(2), cases(4)],
            [(true, false), (false, false), (true, true), (false, false)].map(Some)
        );
        let found = words.key().find(" gương bac1 ").expect("the phrase");
        assert_eq!(words.within(found..found + " gương bac1 ".len()), 1..3);
        assert_eq!(words.written(1..3), "gương BÁC");
        assert_eq!(words.between(4), "-");
        assert_eq!((words.key_of(2), words.key_of(99), words.written(9..12)), ("bac1", "", ""));
        assert_eq!((words.run(1..3), words.run(6..7), words.run(2..2)), ("gương bac1", "tw", ""));
    }

    #[test]
    fn a_sentence_ends_where_it_does() {
        let ends = |text: &str| {
            let words = Words::new(text);
            (0..words.len()).filter(|&i| words.ends_sentence(i)).map(|i| words.written(i..i + 1).to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(ends("Nông thôn mới. Đây là TP. HCM, 3.000 người! GS. TS. An: hết… Rồi"), ["mới", "người", "An", "hết"]);
    }

    const TEXT: &str = "[a-zA-ZàáảãạăằắẳẵặâầấẩẫậđĐÐèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ0-9 ,./-]{0,40}";

    proptest! {
        #[test]
        fn the_form_of_the_input_does_not_matter(text in TEXT) {
            let decomposed: String = text.nfd().collect();
            prop_assert_eq!(words(&text), words(&decomposed));
        }

        #[test]
        fn places_are_those_of_the_words(text in "(\\PC|[àđỹ\u{300}\u{323}]){0,20}") {
            let found = Words::new(&text);
            prop_assert_eq!(found.key(), words(&text));
            for index in 0..found.len() {
                prop_assert_eq!(words(found.written(index..index + 1)), format!(" {} ", found.key_of(index)));
            }
        }

        #[test]
        fn any_text_has_a_key_that_begins_and_ends_with_a_space(text in "\\PC*") {
            let key = words(&text);
            prop_assert!(key.starts_with(' ') && key.ends_with(' ') && !key.contains("  "));
        }
    }
}
