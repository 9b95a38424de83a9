//! Why a source is polled when it is. Each reads as the end of a sentence that begins with the time of the poll.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Why a source is polled when it is. Stored by its place in this list: new ones are added at the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// It was decided by an earlier version, which did not say.
    #[default]
    Unsaid,
    /// `every` of the source.
    Fixed,
    /// Nothing is known of its habits yet: `fetch.every`.
    FirstGuess,
    /// What has come by then is worth a request.
    Worth(Expected),
    /// Later, its document might no longer hold all that has come.
    Window(Expected),
    /// No wait is longer than `fetch.max_every`.
    Longest(Expected),
    /// No wait is shorter than `fetch.min_every`.
    Shortest(Expected),
    /// The source wants to be left alone for so long.
    Asked(Wish),
    /// The last poll failed.
    Failed,
    /// Its hub has announced its news of late, so it need not be polled often.
    Announced(Expected),
    /// Its hub announced something that was not there yet.
    Awaited,
}

/// What is expected of a source, in hundredths so that it is stored whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Entries an hour at the time of the poll.
    pub per_hour_hundredths: u32,
    /// Entries that have come by then.
    pub entries_hundredths: u32,
}

/// Where a source says how long it wants to be left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wish {
    /// Retry-After of its last answer.
    RetryAfter,
    /// Cache-Control of its last answer.
    MaxAge,
    /// `ttl` or `sy:updatePeriod` of its document.
    Ttl,
    /// skipHours or skipDays of its document.
    SkipHours,
}

impl fmt::Display for Because {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsaid => f.write_str("an earlier version decided so"),
            Self::Fixed => f.write_str("`every` fixes its interval"),
            Self::FirstGuess => f.write_str("its habits are not known yet, and fetch.every is the first guess"),
            Self::Worth(expected) => write!(f, "{expected}, and a request is worth that"),
            Self::Window(expected) => write!(f, "{expected}, and its document must still hold all of them"),
            Self::Longest(expected) => write!(f, "{expected}, and no wait is longer than fetch.max_every"),
            Self::Shortest(expected) => write!(f, "{expected}, and no wait is shorter than fetch.min_every"),
            Self::Asked(wish) => write!(f, "the source asks to be left alone until then ({wish})"),
            Self::Failed => f.write_str("the last poll failed"),
            Self::Announced(expected) => write!(f, "{expected}, and its hub announces them"),
            Self::Awaited => f.write_str("its hub announced something that was not there yet"),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match f64::from(self.per_hour_hundredths) / 100.0 {
            rate if rate < 0.01 => f.write_str("hardly anything is expected at this time of the week")?,
            rate if rate < 0.5 => write!(f, "about {} entries a day are expected at this pace", told(rate * 24.0))?,
            rate => write!(f, "about {} entries an hour are expected at this time of the week", told(rate))?,
        }
        match self.entries_hundredths {
            0 => f.write_str(", next to none by then"),
            entries => write!(f, ", {} by then", told(f64::from(entries) / 100.0)),
        }
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RetryAfter => "Retry-After",
            Self::MaxAge => "max-age",
            Self::Ttl => "ttl or sy:updatePeriod",
            Self::SkipHours => "skipHours or skipDays",
        })
    }
}

/// A number with as many digits as an estimate deserves.
fn told(number: f64) -> String {
    match number {
        small if small < 0.1 => format!("{small:.2}"),
        middling if middling < 10.0 => format!("{middling:.1}"),
        large => format!("{large:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_read_as_ends_of_sentences() {
        let expected = |per_hour_hundredths, entries_hundredths| Expected { per_hour_hundredths, entries_hundredths };
        for (because, told) in [
            (
                Because::Worth(expected(314, 42)),
                "about 3.1 entries an hour are expected at this time of the week, 0.4 by then, and a request is worth that",
            ),
            (
                Because::Longest(expected(4, 7)),
                "about 1.0 entries a day are expected at this pace, 0.07 by then, and no wait is longer than fetch.max_every",
            ),
            (
                Because::Window(expected(6000, 1200)),
                "about 60 entries an hour are expected at this time of the week, 12 by then, and its document must still hold all of them",
            ),
            (
                Because::Shortest(Expected::default()),
                "hardly anything is expected at this time of the week, next to none by then, and no wait is shorter than fetch.min_every",
            ),
            (Because::Asked(Wish::SkipHours), "the source asks to be left alone until then (skipHours or skipDays)"),
        ] {
            assert_eq!(because.to_string(), told);
        }
    }
}
