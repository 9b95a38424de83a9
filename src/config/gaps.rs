//! The parts of a file that are no TOML. What is found nowhere in the file may stand in one of them; here it is told whether it can.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

/// What is missing, by where it would have to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absence {
    /// A key of the table at fault.
    Key,
    /// A table with an id.
    Table,
    /// Something that any table may have.
    Anything,
}

/// The gaps of a file, by its lines.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    lines: BTreeSet<usize>,
    /// The line where each section begins, and the name in its header; the head of the file has none.
    sections: BTreeMap<usize, String>,
    /// The names in headers that can't be read.
    broken: Vec<String>,
    lost: Lost,
}

/// What the headers that can't be read have taken along.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lost {
    /// Nothing: every header can be read.
    #[default]
    Nothing,
    /// The id of a table.
    Id,
    /// Whole headers, with all that stands below: which ones, nobody knows.
    Headers,
}

impl Gaps {
    /// The gaps of a text: the lines that hold one, and what is lost beside them.
    pub(super) fn new(text: &str, lines: BTreeSet<usize>, lost: Lost) -> Self {
        let headers = text.lines().zip(1..).filter_map(|(line, number)| Some((number, header(line)?.to_owned())));
        let sections: BTreeMap<usize, String> = [(0, String::new())].into_iter().chain(headers).collect();
        let broken = lines.iter().filter_map(|line| sections.get(line).cloned()).collect();
        Self { lines, sections, broken, lost }
    }

    /// Whether one of these lines is in a gap: what else is wrong with it follows from that.
    pub(super) fn touch(&self, mut lines: RangeInclusive<usize>) -> bool {
        lines.any(|line| self.lines.contains(&line))
    }

    /// Whether what was not found may stand in a gap; `line` is where the fault is.
    pub(super) fn may_hold(&self, absence: Absence, line: usize) -> bool {
        let (start, name) = self.section(line);
        let end = self.sections.range(line + 1..).next().map_or(usize::MAX, |(start, _)| *start);
        match absence {
            Absence::Key => {
                let below = || self.broken.iter().any(|other| is_below(other, name));
                self.lost == Lost::Headers || self.lines.range(start..end).next().is_some() || below()
            }
            // Tables with ids may stand at the head of the file, too, and below [source].
            Absence::Table => {
                let holds_tables = |line: &usize| matches!(self.section(*line).1, "" | "source" | "topic" | "feed");
                self.lost > Lost::Nothing || self.lines.iter().any(holds_tables)
            }
            Absence::Anything => !self.lines.is_empty(),
        }
    }

    fn section(&self, line: usize) -> (usize, &str) {
        self.sections.range(..=line).next_back().map_or((0, ""), |(start, name)| (*start, name))
    }
}

/// Whether a table is a part of another, as `source.x.select` is of `source.x`.
fn is_below(name: &str, other: &str) -> bool {
    !other.is_empty() && name.strip_prefix(other).is_some_and(|rest| rest.starts_with('.'))
}

/// The name of the table that a line is the header of. A list within a list may begin a line with a bracket, too.
fn header(line: &str) -> Option<&str> {
    let name = line.trim_start().strip_prefix('[')?;
    let name = name.strip_prefix('[').unwrap_or(name).trim_start();
    let name = name.split([']', '#']).next().unwrap_or_default();
    (name.starts_with(|c: char| c.is_alphanumeric()) && !name.contains(',')).then_some(name.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_may_stand_in_a_gap_of_its_own_section() {
        let text = "a = 1\n[source.a]\nb = [\n  [\"x\"],\n]\n[source.b]\nc = 1\n[topic]\nd = 1\n";
        let gaps = |line, lost| Gaps::new(text, BTreeSet::from([line]), lost);
        for (gap, line, key, table) in
            [(1, 2, false, true), (5, 2, true, false), (7, 2, false, false), (7, 6, true, false), (9, 6, false, true)]
        {
            let gaps = gaps(gap, Lost::Nothing);
            assert_eq!(gaps.may_hold(Absence::Key, line), key, "{gap} {line}");
            assert_eq!(gaps.may_hold(Absence::Table, line), table, "{gap} {line}");
            assert!(gaps.may_hold(Absence::Anything, line) && gaps.touch(gap..=gap) && !gaps.touch(gap + 1..=gap + 1));
        }
        assert!(gaps(7, Lost::Id).may_hold(Absence::Table, 2) && !gaps(7, Lost::Id).may_hold(Absence::Key, 2));
        assert!(gaps(7, Lost::Headers).may_hold(Absence::Key, 2));
        let select = Gaps::new("[source.a]\n[source.a.select\n[source.b]", BTreeSet::from([2]), Lost::Id);
        assert!(select.may_hold(Absence::Key, 1) && !select.may_hold(Absence::Key, 3));
        assert!(!Gaps::default().may_hold(Absence::Anything, 1));
    }
}
