//! Keys and tables that stand twice: where each stood first, found by lines.

use std::collections::HashMap;
use std::ops::Range;

use toml::de::Error;

use crate::config::fault::Wrong;
use crate::config::syntax::{clashes, is_header, place};

/// What the lines of a text begin with.
pub(super) struct Lines<'t> {
    text: &'t str,
    headers: Vec<Range<usize>>,
    /// The first line with each header, and with each key below a header; by the number of headers above it.
    first: HashMap<(Option<usize>, &'t str), Range<usize>>,
    /// The headers that stand twice.
    twice: Vec<Range<usize>>,
}

impl<'t> Lines<'t> {
    /// The lines of a text in which the parser saw these errors.
    pub(super) fn new(text: &'t str, errors: &[Error]) -> Self {
        let mut lines = Self { text, headers: Vec::new(), first: HashMap::new(), twice: Vec::new() };
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            let range = start..start + line.trim_end().len();
            start += line.len();
            if is_header(line) {
                lines.headers.push(range.clone());
                lines.first.entry((None, header(line))).or_insert(range);
            } else if let Some((key, _)) = line.split_once('=') {
                lines.first.entry((Some(lines.headers.len()), key.trim())).or_insert(range);
            }
        }
        let twice = errors.iter().filter(|error| clashes(error)).filter_map(|error| lines.header_at(place(error, text).start));
        lines.twice = twice.cloned().collect();
        lines
    }

    /// Whether an error only follows from it that the whole table stands twice.
    pub(super) fn follows(&self, error: &Error) -> bool {
        let at = place(error, self.text).start;
        let above = self.above(at).checked_sub(1).and_then(|last| self.headers.get(last));
        clashes(error) && self.header_at(at).is_none() && above.is_some_and(|header| self.twice.contains(header))
    }

    /// What is wrong with a key or a table that stands here for the second time.
    pub(super) fn wrong(&self, at: &Range<usize>) -> Wrong {
        let (wrong, name) = match self.header_at(at.start) {
            Some(line) => {
                let help = "give one of them another id, or put their keys together".to_owned();
                (Wrong::new("this table stands twice").help(help), (None, header(&self.text[line.clone()])))
            }
            None => (Wrong::new("this key stands twice in its table"), (Some(self.above(at.start)), &self.text[at.clone()])),
        };
        match self.first.get(&name).filter(|first| first.end < at.start) {
            Some(first) => wrong.also(first.clone(), "first here"),
            None => wrong,
        }
    }

    /// How many headers stand above a place, that of its own line among them.
    fn above(&self, at: usize) -> usize {
        self.headers.partition_point(|header| header.start <= at)
    }

    fn header_at(&self, at: usize) -> Option<&Range<usize>> {
        self.above(at).checked_sub(1).and_then(|last| self.headers.get(last)).filter(|header| at < header.end)
    }
}

/// A header without what may stand behind it.
fn header(line: &str) -> &str {
    line.rsplit_once(']').map_or(line, |(header, _)| header).trim()
}
