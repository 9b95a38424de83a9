//! TOML with mistakes in its form. A quote or a bracket that is missing makes everything below it look wrong; here the
//! statement at fault is noted once and taken out, and the rest is read as if it had never been there.
//!
//! The parser says what is wrong; how far that reaches is decided by lines, because that is how people write the file.

use std::ops::Range;

use toml::de::{DeTable, Error};

use crate::config::fault::{Wrong, floor};
use crate::config::read::Reader;

/// How many statements are taken out, each at the price of parsing again. Beyond that the parser's own word stands.
const ROUNDS: usize = 20;

/// Notes what is no TOML, and gives the text without it, each character in its place.
pub(super) fn mend(reader: &mut Reader<'_>) -> String {
    let mut text = reader.file.text.to_string();
    let mut rounds = 0..ROUNDS;
    loop {
        let (_, mut errors) = DeTable::parse_recoverable(&text);
        errors.sort_by_key(|error| place(error, &text).start);
        let first = errors.iter().find_map(|error| Hole::around(error, &text));
        let Some(hole) = first.filter(|_| rounds.next().is_some()) else {
            errors.iter().for_each(|error| reader.error(&place(error, &text), wrong(error)));
            break;
        };
        reader.error(&hole.at, hole.wrong);
        text.replace_range(hole.out, &hole.filling);
    }
    // What else is wrong with a line is better judged once this is mended.
    reader.faults.dedup_by_key(|fault| fault.line);
    reader.broken_lines = reader.faults.iter().flat_map(|fault| fault.line..=fault.end_line).collect();
    text
}

/// A mistake and the part of the text that can't be read because of it.
struct Hole {
    /// Where the mistake is.
    at: Range<usize>,
    wrong: Wrong,
    /// What is taken out of the text, and what of the same length takes its place.
    out: Range<usize>,
    filling: String,
}

impl Hole {
    /// The part that one error of the parser spoils. `None` for a statement that is well formed and only contradicts
    /// another, such as a duplicate key: nothing follows from that.
    fn around(error: &Error, text: &str) -> Option<Self> {
        if ["duplicate key", "cannot extend"].iter().any(|clash| error.message().starts_with(clash)) {
            return None;
        }
        let at = place(error, text);
        let line = last_line(text, at.start);
        let unclosed = error.message().starts_with("unclosed array") || error.message().starts_with("unclosed inline");
        // A line that is sound by itself is wrong only because something above it doesn't end.
        let sound = DeTable::parse(&text[line.clone()]).is_ok();
        let header = is_header(&text[line.clone()]);
        if unclosed || (sound && (header || !error.message().contains("key-value pairs"))) {
            let end = if sound { line.start } else { line.end };
            let opening = opening(text, end)?;
            let wrong = Wrong::new("this value does not end").expected("a closing bracket or quote");
            return Some(Self { at: opening.clone(), wrong, filling: blank(&text[opening.start..end]), out: opening.start..end });
        }
        if header && error.message().starts_with("invalid unquoted key") {
            // The table itself can be read, under a name that stands in for its own.
            let id = word(text, at.start);
            let filling =
                text[id.clone()].chars().map(|c| if c.is_ascii() { c.into() } else { "x".repeat(c.len_utf8()) }).collect();
            let wrong = wrong(error).help("an id has only a-z, 0-9 and -".to_owned());
            return Some(Self { at: id.clone(), wrong, out: id, filling });
        }
        let end = if header { section_end(text, line.end) } else { line.end };
        Some(Self { at, wrong: wrong(error), filling: blank(&text[line.start..end]), out: line.start..end })
    }
}

/// Where the parser saw an error. It counts bytes, so it may point into a character.
fn place(error: &Error, text: &str) -> Range<usize> {
    let span = error.span().unwrap_or_default();
    floor(text, span.start)..floor(text, span.end)
}

/// The parser's words as a fault.
fn wrong(error: &Error) -> Wrong {
    let (message, expected) = match error.message().split_once(", expected ") {
        Some((message, expected)) => (message, Some(expected)),
        None => (error.message(), None),
    };
    let expected = expected.filter(|expected| *expected != "nothing").map(str::to_owned);
    Wrong { expected, ..Wrong::new(message) }
}

/// The line of a place, without its line break; the last one above it that says something, where it says nothing.
fn last_line(text: &str, at: usize) -> Range<usize> {
    let end = text[at..].find('\n').map_or(text.len(), |newline| at + newline);
    let end = text[..end].trim_end().len();
    let start = text[..end].rfind('\n').map_or(0, |newline| newline + 1);
    start..end
}

/// The nearest line above `end` that begins a value and doesn't end it.
fn opening(text: &str, end: usize) -> Option<Range<usize>> {
    let mut end = end;
    while !text[..end].trim().is_empty() {
        let line = last_line(text, text[..end].trim_end().len());
        let said = &text[line.clone()];
        let key = said.split_once('=').map(|(key, _)| format!("{key}=0"));
        if key.is_some_and(|key| DeTable::parse(&key).is_ok()) && DeTable::parse(said).is_err() {
            return Some(line);
        }
        end = line.start;
    }
    None
}

/// Whether a line looks like the header of a table.
fn is_header(line: &str) -> bool {
    line.trim_start().starts_with('[')
}

/// Where the table ends that begins before `from`: at the next header.
fn section_end(text: &str, from: usize) -> usize {
    let mut at = from;
    for line in text[from..].split_inclusive('\n') {
        if is_header(line) && at > from {
            return at;
        }
        at += line.len();
    }
    at
}

/// The letters, digits and signs around a place that make up one part of a header.
fn word(text: &str, at: usize) -> Range<usize> {
    let outside = |c: char| c.is_whitespace() || matches!(c, '[' | ']' | '.' | '"' | '\'' | '#' | '=');
    let start = text[..at].rfind(outside).map_or(0, |before| before + 1);
    let end = text[at..].find(outside).map_or(text.len(), |length| at + length);
    start..end
}

/// Nothing, of the same length and in as many lines.
fn blank(text: &str) -> String {
    let fill = |c: char| if matches!(c, '\n' | '\r') { c.to_string() } else { " ".repeat(c.len_utf8()) };
    text.chars().map(fill).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::fault::File;

    /// The lines of the faults, and the keys that are left.
    fn parsed(text: &str) -> (Vec<usize>, Vec<String>) {
        let env = |_: &str| None;
        let mut reader = Reader { file: File::new("f", text), env: &env, faults: Vec::new(), broken_lines: BTreeSet::new() };
        let mended = mend(&mut reader);
        let table = DeTable::parse_recoverable(&mended).0.into_inner();
        let lines = reader.faults.iter().map(|fault| fault.line).collect();
        (lines, table.keys().map(|key| key.get_ref().to_string()).collect())
    }

    #[test]
    fn one_mistake_is_one_fault_and_hides_no_other() {
        for (text, lines, keys) in [
            ("a = 1\nb = 2", &[][..], &["a", "b"][..]),
            ("a = \"x\nb = 2\nc = [", &[1, 3], &["b"]),
            ("a = [\"x]\nb = 2\n[c]", &[1], &["b", "c"]),
            ("a = [\n 1,\n 2\n[c]\nd = 1\n[e]", &[1], &["c", "e"]),
            ("a = [\n 1,\n 2,\n[c]\nd = 1\n[e]", &[1], &["c", "e"]),
            ("a = [\n 1,\n 2\n", &[1], &[]),
            ("a = [\n \"x,\n \"y\",\n]\nb = 1", &[2], &["a", "b"]),
            ("a = { x = 1\n[c]", &[1], &["c"]),
            ("a = \"\"\"\nx\n[c]\n", &[1], &["c"]),
            ("[a]\nx = 1\n[b\ny = 2\n[c]", &[3], &["a", "c"]),
            ("[a]\nx = 1\nx = 2\n[c]", &[3], &["a", "c"]),
            ("[đồng-nai]\nx = 1\n[c]", &[1], &["c", "xxxxxng-nai"]),
            ("a\nb = 07\n= 1\nc = 1", &[1, 2, 3], &["c"]),
        ] {
            let (found, left) = parsed(text);
            assert_eq!(
                (found.as_slice(), left.iter().map(String::as_str).collect::<Vec<_>>().as_slice()),
                (lines, keys),
                "{text}"
            );
        }
    }
}
