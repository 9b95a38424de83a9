//! What little of a text is kept to find texts that resemble it.

/// A hash of something that a text says: neighbouring words, a name, an amount, a day with a rare word. Stories that are alike share one.
pub type Band = u64;

/// Telling words that two texts share, if they are the same news, at the least: a third of those of the one that has fewer, not below `LEAST` and
/// not above `MOST`. Nearly no pairs that are rightly merged share fewer, of texts that share a band by chance six of seven do (docs/judging.md).
const LEAST: usize = 4;
const MOST: usize = 6;

/// A text's sketch (Broder, "On the resemblance and containment of documents", 1997), or that of several texts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch {
    /// Under these it is found.
    pub bands: Vec<Band>,
    /// Its telling words, 16 bits of a hash of each, in their order and each once. They tell without the text that it can't be the same news.
    pub words: Vec<u16>,
}

impl Sketch {
    /// Whether this text and another with these words may be the same news: they share some telling words, or one has hardly any.
    pub fn may_resemble(&self, words: &[u16]) -> bool {
        let fewer = self.words.len().min(words.len());
        // Of a very short one half is enough.
        let least = (fewer / 3).clamp(LEAST, MOST).min(fewer / 2);
        let (mut own, mut others) = (self.words.iter().peekable(), words.iter().peekable());
        let mut shared = 0;
        while shared < least {
            let (Some(a), Some(b)) = (own.peek(), others.peek()) else { return false };
            let order = a.cmp(b);
            shared += usize::from(order.is_eq());
            own.next_if(|_| order.is_le());
            others.next_if(|_| order.is_ge());
        }
        true
    }

    /// Adds another text.
    pub fn add(&mut self, other: &Self) {
        self.bands.extend(&other.bands);
        self.bands.sort_unstable();
        self.bands.dedup();
        self.words.extend(&other.words);
        self.words.sort_unstable();
        self.words.dedup();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_share_few_telling_words_are_told_apart() {
        let sketch = |words: &[u16]| Sketch { words: words.to_vec(), ..Sketch::default() };
        let own = sketch(&[1, 3, 5, 7, 9, 11, 13, 15]);
        for (others, may) in [
            (&[1, 3, 5, 7, 8, 10, 12, 14][..], true),
            (&[0, 1, 2, 3, 4, 5, 6, 7, 8], true),
            (&[1, 3, 5, 6, 8, 10, 12, 14], false),
            (&[12, 14, 16, 18, 20], false),
            // Of a short one half.
            (&[1, 2, 3, 4], true),
            (&[0, 1, 2, 4], false),
            (&[2], true),
            (&[], true),
        ] {
            assert_eq!(own.may_resemble(others), may, "{others:?}");
            assert_eq!(sketch(others).may_resemble(&own.words), may, "{others:?}, from the other side");
        }
        let row = |begin: u16, words: u16| sketch(&(begin..begin + words).collect::<Vec<_>>());
        for (words, least) in [(14, 4), (15, 5), (18, 6), (32, 6)] {
            let may = |shared| row(0, words).may_resemble(&row(words - shared, 32).words);
            assert!(may(least) && !may(least - 1), "{least} of {words}");
        }
    }

    #[test]
    fn what_is_added_stands_in_order_and_once() {
        let mut sketch = Sketch { bands: vec![9, 7], words: vec![2, 5] };
        sketch.add(&Sketch { bands: vec![8, 7], words: vec![1, 5] });
        assert_eq!(sketch, Sketch { bands: vec![7, 8, 9], words: vec![1, 2, 5] });
    }
}
