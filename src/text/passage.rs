//! An entry's title or summary, read once for all who compare it: near copies and topics look at the same words.

use std::ops::Range;

use crate::text::words::Kept;
use crate::text::{DocumentNumber, Words, body, documents, headline};

/// The part of a text that counts, with its words and the documents that it names.
#[derive(Clone, Debug)]
pub struct Passage {
    /// Where it begins in the whole text, in bytes.
    before: usize,
    text: String,
    words: Kept,
    documents: Vec<(DocumentNumber, Range<usize>)>,
}

impl Passage {
    /// What of a title counts, see [`headline`].
    pub fn of_title(title: &str) -> Self {
        Self::new(title, headline(title))
    }

    /// What of a summary counts, see [`body`].
    pub fn of_summary(summary: &str) -> Self {
        Self::new(summary, body(summary))
    }

    /// Reads `part`, which is a part of the text `whole`.
    pub fn new(whole: &str, part: &str) -> Self {
        let words = Words::new(part);
        let documents = documents(&words);
        // A part begins where the whole ends without what comes from there on.
        let before = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
        Self { before, documents, words: words.keep(), text: part.to_owned() }
    }

    /// Where it begins in the whole text, in bytes.
    pub fn before(&self) -> usize {
        self.before
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Its words.
    pub fn words(&self) -> Words<'_> {
        self.words.of(&self.text)
    }

    /// The documents that it names, each with the words that name it.
    pub fn documents(&self) -> &[(DocumentNumber, Range<usize>)] {
        &self.documents
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_counts_is_read_with_its_place() {
        let (title, summary) = ("(Dân trí) - Khai mạc - Báo An Giang", "TTO - Theo Nghị quyết 57, mưa.");
        let (read, news) = (Passage::of_title(title), Passage::of_summary(summary));
        for (passage, whole, part) in [(&read, title, "Khai mạc"), (&news, summary, "Theo Nghị quyết 57, mưa.")] {
            assert_eq!((passage.text(), &whole[passage.before()..][..part.len()]), (part, part));
            assert!(passage.words().keys().eq(Words::new(part).keys()));
        }
        assert_eq!(news.documents(), documents(&Words::new(news.text())));
        assert!(Passage::of_summary(" ").words().is_empty());
    }
}
