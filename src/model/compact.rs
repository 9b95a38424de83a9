//! How serde writes what a store writes at every poll: few bytes in few steps for machines, and what people can read where the form is theirs.

use std::fmt;

use jiff::Timestamp;
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A time: whole seconds since 1970-01-01 UTC, or RFC 3339.
pub(super) mod second {
    use super::{Deserialize, Deserializer, Error, Serialize, Serializer, Timestamp};

    pub(in crate::model) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { at.serialize(serializer) } else { at.as_second().serialize(serializer) }
    }

    pub(in crate::model) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
        if deserializer.is_human_readable() {
            return Timestamp::deserialize(deserializer);
        }
        Timestamp::from_second(i64::deserialize(deserializer)?).map_err(Error::custom)
    }
}

/// A time that may be missing.
pub(super) mod optional_second {
    use super::{Deserialize, Deserializer, Error, Serialize, Serializer, Timestamp};

    pub(in crate::model) fn serialize<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() { at.serialize(serializer) } else { at.map(Timestamp::as_second).serialize(serializer) }
    }

    pub(in crate::model) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        if deserializer.is_human_readable() {
            return Option::deserialize(deserializer);
        }
        Option::deserialize(deserializer)?.map(Timestamp::from_second).transpose().map_err(Error::custom)
    }
}

/// Counts by the quarter hours of a day: a byte each, or two where one is too large; or a list of hours.
pub(super) mod quarters {
    use super::{Deserialize, Deserializer, OfADay, Serialize, Serializer};

    pub(in crate::model) fn serialize<S: Serializer>(counts: &[[u16; 4]; 24], serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            return counts.serialize(serializer);
        }
        let counts = counts.as_flattened();
        if counts.iter().all(|&count| count <= 0xFF) {
            let mut bytes = [0; 96];
            bytes.iter_mut().zip(counts).for_each(|(byte, &count)| *byte = count as u8);
            return serializer.serialize_bytes(&bytes);
        }
        let mut bytes = [[0; 2]; 96];
        bytes.iter_mut().zip(counts).for_each(|(bytes, count)| *bytes = count.to_le_bytes());
        serializer.serialize_bytes(bytes.as_flattened())
    }

    pub(in crate::model) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[[u16; 4]; 24], D::Error> {
        if deserializer.is_human_readable() {
            Deserialize::deserialize(deserializer)
        } else {
            deserializer.deserialize_bytes(OfADay)
        }
    }
}

struct OfADay;

impl Visitor<'_> for OfADay {
    type Value = [[u16; 4]; 24];

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("96 counts")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        let mut day = [[0; 4]; 24];
        let counts = day.as_flattened_mut().iter_mut();
        match bytes.len() {
            96 => counts.zip(bytes).for_each(|(count, &byte)| *count = byte.into()),
            192 => counts.zip(bytes.as_chunks().0).for_each(|(count, &bytes)| *count = u16::from_le_bytes(bytes)),
            other => return Err(E::invalid_length(other, &self)),
        }
        Ok(day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct All {
        #[serde(with = "second")]
        at: Timestamp,
        #[serde(with = "optional_second")]
        once: Option<Timestamp>,
        #[serde(with = "quarters")]
        counts: [[u16; 4]; 24],
    }

    #[test]
    fn each_form_comes_back_and_people_read_times() {
        for (second, most) in [(1_790_000_000, 255), (-5, 256), (0, u16::MAX)] {
            let at = Timestamp::from_second(second).unwrap();
            let mut all = All { at, once: (second != 0).then_some(at), counts: [[0; 4]; 24] };
            all.counts.as_flattened_mut().iter_mut().zip((0..=most).rev()).for_each(|(count, n)| *count = n);
            let bytes = postcard::to_stdvec(&all).unwrap();
            assert_eq!(postcard::from_bytes::<All>(&bytes).unwrap(), all);
            assert!(bytes.len() <= 12 + 2 + if most <= 255 { 96 } else { 192 }, "{}", bytes.len());
            let json = serde_json::to_string(&all).unwrap();
            assert_eq!(serde_json::from_str::<All>(&json).unwrap(), all);
            assert!(json.contains(&format!(r#""at":"{at}""#)) && json.contains(&format!("[[{most},")), "{json}");
        }
    }

    #[test]
    fn a_row_of_another_length_is_no_day() {
        let bytes = postcard::to_stdvec(&(0i64, None::<i64>, serde_bytes::Bytes::new(&[1; 95]))).unwrap();
        assert!(postcard::from_bytes::<All>(&bytes).is_err());
    }
}
