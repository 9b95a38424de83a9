//! Names: slugs that people choose, and ids that are computed from content, so that two machines compute the same.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An id that an administrator chose for a source, a topic or a feed: 1 to 64 of `a-z`, `0-9` and `-`, neither first nor
/// last a `-`. It becomes part of addresses, so it needs no escaping anywhere and names no path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Slug(String);

/// Longest slug, in bytes: it stands in addresses, file names and log lines.
const SLUG_BYTES: usize = 64;

/// Why a text is no slug, as a sentence's end: "the id …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no id: an id is 1 to 64 of a-z, 0-9 and -, and neither begins nor ends with -")]
pub struct SlugError(pub String);

impl Slug {
    /// Reads a slug; see the type for what one is.
    pub fn new(text: impl Into<String>) -> Result<Self, SlugError> {
        let text = text.into();
        let fits = (1..=SLUG_BYTES).contains(&text.len())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !text.starts_with('-')
            && !text.ends_with('-');
        if fits { Ok(Self(text)) } else { Err(SlugError(text)) }
    }

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Slug {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Slug {
    type Err = SlugError;
    fn from_str(text: &str) -> Result<Self, SlugError> {
        Self::new(text)
    }
}

impl TryFrom<String> for Slug {
    type Error = SlugError;
    fn try_from(text: String) -> Result<Self, SlugError> {
        Self::new(text)
    }
}

impl From<Slug> for String {
    fn from(slug: Slug) -> Self {
        slug.0
    }
}

impl Borrow<str> for Slug {
    fn borrow(&self) -> &str {
        &self.0
    }
}

/// A story's permanent id: 128 bits of its first entry's canonical link, or of its name where it has none. 26 characters of `a-z2-7` in addresses and feeds.
///
/// It is computed once, when the story is made, and stored; nothing that happens later changes it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoryId(pub [u8; 16]);

/// What an entry is known by in the store: 128 bits of (source, guid).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EntryKey(pub [u8; 16]);

/// What a canonical link is known by in the store: 128 bits of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkKey(pub [u8; 16]);

/// RFC 4648's base 32 in lower case: no letter pair that addresses or people confuse by case.
const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

impl fmt::Display for StoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_letters(self.0, f)
    }
}

/// 26 letters of 5 bits are 130: the first letter carries 3 bits, the other 25 carry 5.
fn write_letters(bytes: [u8; 16], f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let mut bits = u128::from_be_bytes(bytes);
    let mut letters = [0u8; 26];
    for letter in letters.iter_mut().rev() {
        *letter = ALPHABET[(bits & 31) as usize];
        bits >>= 5;
    }
    letters.iter().try_for_each(|&letter| write!(f, "{}", char::from(letter)))
}

fn read_letters(text: &str) -> Option<[u8; 16]> {
    if text.len() != 26 {
        return None;
    }
    let mut bits = 0u128;
    for (i, letter) in text.bytes().enumerate() {
        let value = ALPHABET.iter().position(|&a| a == letter)?;
        if i == 0 && value > 7 {
            return None;
        }
        bits = bits << 5 | value as u128;
    }
    Some(bits.to_be_bytes())
}

impl fmt::Debug for StoryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Why a text is no story id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no story id: one is 26 of a-z and 2-7")]
pub struct StoryIdError(String);

impl FromStr for StoryId {
    type Err = StoryIdError;
    fn from_str(text: &str) -> Result<Self, StoryIdError> {
        read_letters(text).map(Self).ok_or_else(|| StoryIdError(text.to_owned()))
    }
}

/// In a dump an entry's name is written as a story's id is.
impl Serialize for EntryKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Letters([u8; 16]);
        impl fmt::Display for Letters {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write_letters(self.0, f)
            }
        }
        serializer.collect_str(&Letters(self.0))
    }
}

impl<'de> Deserialize<'de> for EntryKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        read_letters(&text).map(Self).ok_or_else(|| serde::de::Error::custom(format!("{text:?} is no name of an entry")))
    }
}

/// People and JSON read the 26 letters; the store keeps the 16 bytes.
impl Serialize for StoryId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { serializer.collect_str(self) } else { self.0.serialize(serializer) }
    }
}

impl<'de> Deserialize<'de> for StoryId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
        } else {
            <[u8; 16]>::deserialize(deserializer).map(Self)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_safe_in_an_address() {
        for good in ["a", "moi-nhat", "57-nq-tw", &"a".repeat(64)] {
            assert!(Slug::new(good).is_ok(), "{good}");
        }
        for bad in ["", "-a", "a-", "Á", "A", "a b", "../a", "a/b", "a.b", "a\0", &"a".repeat(65)] {
            assert!(Slug::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_story_id_survives_its_text() {
        for bytes in [[0; 16], [255; 16], *b"0123456789abcdef"] {
            let text = StoryId(bytes).to_string();
            assert_eq!(text.len(), 26);
            assert_eq!(text.parse::<StoryId>().expect("own text"), StoryId(bytes));
        }
        for bad in ["", "aaaaaaaaaaaaaaaaaaaaaaaaa1", "zaaaaaaaaaaaaaaaaaaaaaaaaa", "Aaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            assert!(bad.parse::<StoryId>().is_err(), "{bad}");
        }
    }
}
