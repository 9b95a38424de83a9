//! Dumps, line by line: what `dump` prints and `load` reads, and what the store is mended from. A line is a JSON object with a checksum;
//! the first says which version the dump has, the last how many lines came before it, so that a dump that was cut off or damaged shows.

mod line;

use serde::Deserialize;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

pub use line::{Detail, End, Header, Line, SourceLine, StoryLine};

/// The version of what is written. A later version may be read if it only adds keys; then this number stays.
pub const VERSION: u32 = 3;

/// What stands before a line's checksum, and how many digits it has.
const SUM: &str = ",\"sum\":\"";
const DIGITS: usize = 16;

/// Why a dump can't be read on, as a sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// The line's checksum is not that of what it holds.
    #[error("line {0} is damaged: its checksum is another one")]
    Damaged(u64),
    /// It is no line of a dump.
    #[error("line {0} is no line of a dump: {1}")]
    NoLine(u64, String),
    /// A later version wrote it.
    #[error("the dump has version {0}, and this program reads up to {VERSION}")]
    Later(u32),
    /// There are not as many lines as the last one says, or other ones.
    #[error(
        "the dump should have {said} lines before its last one and has {found}: some are missing, doubled, or from another dump"
    )]
    Lines {
        /// How many it should have.
        said: u64,
        /// How many it has.
        found: u64,
    },
    /// It has no last line.
    #[error("the dump was cut off after line {0}")]
    CutOff(u64),
}

/// Writes the lines of one dump.
pub struct Writer {
    lines: u64,
    sums: Xxh3,
}

impl Writer {
    /// Begins a dump; the first line.
    pub fn begin(header: Header) -> (Self, String) {
        let mut writer = Self { lines: 0, sums: Xxh3::new() };
        let first = writer.line(&Line::Dump(header));
        (writer, first)
    }

    /// A line, with its end.
    pub fn line(&mut self, line: &Line) -> String {
        let bare = serde_json::to_string(line).expect("plain values can be written to memory");
        let sum = format!("{:016x}", xxh3_64(bare.as_bytes()));
        self.lines += 1;
        self.sums.update(sum.as_bytes());
        format!("{}{SUM}{sum}\"}}\n", &bare[..bare.len() - 1])
    }

    /// The last line.
    pub fn end(mut self) -> String {
        let end = End { lines: self.lines, all: format!("{:016x}", self.sums.digest()) };
        self.line(&Line::End(end))
    }
}

/// Reads the lines of one dump, or of several one after the other.
#[derive(Default)]
pub struct Reader {
    lines: u64,
    /// The lines before the dump that is being read.
    before: u64,
    sums: Xxh3,
    sealed: bool,
    ended: bool,
}

impl Reader {
    /// What a line holds; `None` for an empty one. Lines without checksums are those of a dump of version 1, or written by hand: what has
    /// a first line must have them all.
    pub fn line(&mut self, text: &str) -> Result<Option<Line>, ArchiveError> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(None);
        }
        let number = self.lines + 1;
        let (bare, sum) = split(text);
        match sum {
            Some(sum) if sum != format!("{:016x}", xxh3_64(bare.as_bytes())) => return Err(ArchiveError::Damaged(number)),
            None if self.sealed => return Err(ArchiveError::Damaged(number)),
            _ => {}
        }
        let line = parse(&bare).map_err(|error| ArchiveError::NoLine(number, error.to_string()))?;
        match &line {
            Line::Dump(header) if header.version > VERSION => return Err(ArchiveError::Later(header.version)),
            Line::Dump(_) => {
                *self = Self { lines: self.lines, before: self.lines, sums: Xxh3::new(), sealed: true, ended: false }
            }
            Line::End(end) => {
                let found = self.lines - self.before;
                if end.lines != found || end.all != format!("{:016x}", self.sums.digest()) {
                    return Err(ArchiveError::Lines { said: end.lines, found });
                }
                self.ended = true;
            }
            _ if self.ended => return Err(ArchiveError::NoLine(number, "it stands behind the last one".to_owned())),
            _ => {}
        }
        self.lines = number;
        self.sums.update(sum.unwrap_or_default().as_bytes());
        Ok(Some(line))
    }

    /// How many lines were read.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// To be asked when there are no more lines: whether those were all.
    pub fn end(&self) -> Result<(), ArchiveError> {
        if self.sealed && !self.ended { Err(ArchiveError::CutOff(self.lines)) } else { Ok(()) }
    }
}

/// A line without its checksum, and that.
fn split(text: &str) -> (String, Option<&str>) {
    let tail = SUM.len() + DIGITS + 2;
    let cut = text.len().checked_sub(tail).filter(|cut| text.is_char_boundary(*cut));
    let sum = cut.and_then(|cut| text[cut..].strip_prefix(SUM)?.strip_suffix("\"}")).filter(|sum| sum.len() == DIGITS);
    match (cut, sum) {
        (Some(cut), Some(sum)) => (format!("{}}}", &text[..cut]), Some(sum)),
        _ => (text.to_owned(), None),
    }
}

/// A story is by far the largest line: it is read without the detour over a value.
fn parse(text: &str) -> serde_json::Result<Line> {
    let mut read = serde_json::Deserializer::from_str(text);
    let line = Line::deserialize(&mut read)?;
    read.end()?;
    Ok(line)
}

#[cfg(test)]
mod tests;
