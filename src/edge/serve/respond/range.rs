//! Parts of a body (RFC 9110, section 14): one range of bytes. Several at once, and units that we don't know, are passed over, as the
//! standard allows: the reader gets the whole.

use std::ops::Range;

/// What a `Range` header asks of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// All of it.
    Whole,
    /// These bytes; never empty.
    Part(Range<usize>),
    /// Bytes that it does not have.
    Beyond,
}

/// Reads a header's value for a body of `length` bytes.
pub(super) fn asked(value: &str, length: usize) -> Asked {
    let range =
        value.split_once('=').filter(|(unit, _)| unit.trim().eq_ignore_ascii_case("bytes")).map(|(_, range)| range.trim());
    let Some((first, last)) = range.and_then(|range| range.split_once('-')) else { return Asked::Whole };
    let number = |digits: &str| {
        let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
        // More digits than a number has are a number beyond every body.
        is_number.then(|| digits.parse().unwrap_or(usize::MAX))
    };
    match (number(first), number(last)) {
        (Some(first), _) if !last.is_empty() && number(last).is_none_or(|last| last < first) => Asked::Whole,
        (Some(first), _) if first >= length => Asked::Beyond,
        (Some(first), last) => Asked::Part(first..last.map_or(length, |last| last.saturating_add(1).min(length))),
        (None, Some(0)) if first.is_empty() => Asked::Beyond,
        (None, Some(_)) if first.is_empty() && length == 0 => Asked::Beyond,
        (None, Some(suffix)) if first.is_empty() => Asked::Part(length.saturating_sub(suffix)..length),
        _ => Asked::Whole,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_read_as_the_standard_says() {
        for (value, asked_of_ten) in [
            ("bytes=0-3", Asked::Part(0..4)),
            ("bytes=0-0", Asked::Part(0..1)),
            ("bytes=9-9", Asked::Part(9..10)),
            ("bytes=5-", Asked::Part(5..10)),
            ("bytes=5-99", Asked::Part(5..10)),
            ("bytes=0-99999999999999999999999", Asked::Part(0..10)),
            ("bytes=-3", Asked::Part(7..10)),
            ("bytes=-99", Asked::Part(0..10)),
            ("BYTES = 0-3", Asked::Part(0..4)),
            ("bytes=10-", Asked::Beyond),
            ("bytes=99999999999999999999999-", Asked::Beyond),
            ("bytes=-0", Asked::Beyond),
            ("bytes=3-1", Asked::Whole),
            ("bytes=0-1,5-6", Asked::Whole),
            ("bytes=a-b", Asked::Whole),
            ("bytes=0-b", Asked::Whole),
            ("bytes=-", Asked::Whole),
            ("bytes", Asked::Whole),
            ("lines=0-3", Asked::Whole),
            ("", Asked::Whole),
        ] {
            assert_eq!(asked(value, 10), asked_of_ten, "{value}");
        }
        assert_eq!((asked("bytes=0-", 0), asked("bytes=-1", 0)), (Asked::Beyond, Asked::Beyond), "of nothing");
    }
}
