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
    /// The line where each section begins, and whether tables with ids may stand in it: the head of the file, and what is below `[source]`.
    sections: BTreeMap<usize, bool>,
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
    /// All that stands below it.
    Section,
}

impl Gaps {
    /// The gaps of a text: the lines that hold one, and what is lost beside them.
    pub(super) fn new(text: &str, lines: BTreeSet<usize>, lost: Lost) -> Self {
        let headers = text.lines().zip(1..).filter_map(|(line, number)| Some((number, !header(line)?.contains('.'))));
        Self { lines, sections: [(0, true)].into_iter().chain(headers).collect(), lost }
    }

    /// Whether one of these lines is in a gap: what else is wrong with it follows from that.
    pub(super) fn touch(&self, mut lines: RangeInclusive<usize>) -> bool {
        lines.any(|line| self.lines.contains(&line))
    }

    /// Whether what was not found may stand in a gap; `line` is where the fault is.
    pub(super) fn may_hold(&self, absence: Absence, line: usize) -> bool {
        let end = self.sections.range(line + 1..).next().map_or(usize::MAX, |(start, _)| *start);
        let start = self.section(line).0;
        let is_open = |line: &usize| self.section(*line).1;
        match absence {
            Absence::Key => self.lost == Lost::Section || self.lines.range(start..end).next().is_some(),
            Absence::Table => self.lost > Lost::Nothing || self.lines.iter().any(is_open),
            Absence::Anything => !self.lines.is_empty(),
        }
    }

    fn section(&self, line: usize) -> (usize, bool) {
        self.sections.range(..=line).next_back().map_or((0, true), |(start, open)| (*start, *open))
    }
}

/// The name of the table that a line is the header of. A list within a list may begin a line with a bracket, too.
fn header(line: &str) -> Option<&str> {
    let name = line.trim_start().strip_prefix('[')?;
    let name = name.strip_prefix('[').unwrap_or(name).trim_start();
    let name = name.split([']', '#']).next().unwrap_or_default();
    (name.starts_with(|c: char| c.is_alphanumeric()) && !name.contains(',')).then_some(name)
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
        assert!(gaps(7, Lost::Section).may_hold(Absence::Key, 2));
        assert!(!Gaps::default().may_hold(Absence::Anything, 1));
    }
}
