//! TOML with mistakes in its form. A quote or a bracket that is missing makes everything below it look wrong; here the
//! statement at fault is noted once and taken out, and the rest is read as if it had never been there.
//!
//! The parser says what is wrong; how far that reaches is decided by lines, because that is how people write the file.

mod twice;

use std::ops::Range;

use toml::de::{DeTable, Error};

use crate::config::fault::{Wrong, floor, quoted};
use crate::config::gaps::{Gaps, Lost};
use crate::config::read::{Reader, near_id};
use crate::config::syntax::twice::Lines;
use crate::config::unseen;

/// How many statements are taken out, each at the price of parsing again. Beyond that the parser's own word stands.
const ROUNDS: usize = 20;

/// Notes what is no TOML, and gives the text without it, each character in its place.
pub(super) fn mend(reader: &mut Reader<'_>) -> String {
    let mut text = reader.file.text.to_string();
    let mut rounds = 0..ROUNDS;
    let mut lost = Lost::Nothing;
    loop {
        let (_, mut errors) = DeTable::parse_recoverable(&text);
        errors.sort_by_key(|error| place(error, &text).start);
        let first = errors.iter().find_map(|error| Hole::around(error, &text));
        let Some(hole) = first.filter(|_| rounds.next().is_some()) else {
            let lines = Lines::new(&text, &errors);
            let told = errors.iter().filter(|error| !lines.follows(error));
            told.for_each(|error| reader.error(&place(error, &text), wrong(error, &text, &lines)));
            break;
        };
        lost = lost.max(hole.lost(&text));
        reader.error(&hole.at, hole.wrong);
        text.replace_range(hole.out, &hole.filling);
    }
    // What else is wrong with a line is better judged once this is mended.
    reader.faults.dedup_by_key(|fault| fault.line);
    let lines = reader.faults.iter().flat_map(|fault| fault.line..=fault.end_line).collect();
    reader.gaps = Gaps::new(&reader.file.text, lines, lost);
    text
}

/// Whether an error is about something that is well formed and only contradicts something else.
fn clashes(error: &Error) -> bool {
    ["duplicate key", "cannot extend"].iter().any(|clash| error.message().starts_with(clash))
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
        if clashes(error) {
            return None;
        }
        let at = place(error, text);
        // Without it the line may well be sound.
        if let Some(out) = unseen_run(error, text) {
            let wrong = text[out.clone()].chars().next().and_then(unseen::wrong)?;
            return Some(Self { at: out.clone(), wrong, filling: blank(&text[out.clone()]), out });
        }
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
            let near = near_id(&text[id.clone()]).map(|near| format!(", such as {}", quoted(near.as_str()))).unwrap_or_default();
            let wrong = misspelt(error, text).help(format!("an id has only a-z, 0-9 and -{near}"));
            return Some(Self { at: id.clone(), wrong, out: id, filling });
        }
        let end = if header { section_end(text, line.end) } else { line.end };
        Some(Self { at, wrong: misspelt(error, text), filling: blank(&text[line.start..end]), out: line.start..end })
    }

    /// What is lost with the headers that it takes out.
    fn lost(&self, text: &str) -> Lost {
        let out = &text[self.out.clone()];
        if out.lines().skip(1).any(is_header) {
            Lost::Headers
        } else if is_header(&text[last_line(text, self.out.start)]) {
            Lost::Id
        } else {
            Lost::Nothing
        }
    }
}

/// Where the parser saw an error. It counts bytes, so it may point into a character.
fn place(error: &Error, text: &str) -> Range<usize> {
    let span = error.span().unwrap_or_default();
    floor(text, span.start)..floor(text, span.end)
}

/// The characters that nobody sees, where an error is about them.
fn unseen_run(error: &Error, text: &str) -> Option<Range<usize>> {
    let at = place(error, text);
    let is_unseen = |c: char| unseen::name(c).is_some();
    // An error about a key may point to all of it.
    let within = if error.message().starts_with("invalid unquoted key") { text[at.clone()].find(is_unseen) } else { None };
    let start = at.start + within.unwrap_or_default();
    let length = text[start..].find(|c| !is_unseen(c)).unwrap_or(text.len() - start);
    (length > 0).then(|| start..start + length)
}

/// What is wrong, in plain words where people make that mistake, else in the parser's.
fn wrong(error: &Error, text: &str, lines: &Lines<'_>) -> Wrong {
    let at = place(error, text);
    if error.message().starts_with("duplicate key") {
        return lines.wrong(&at);
    }
    misspelt(error, text)
}

/// What is wrong with the form of something.
fn misspelt(error: &Error, text: &str) -> Wrong {
    let at = place(error, text);
    if error.message().starts_with("string values must be quoted") {
        return unquoted(&text[at]);
    }
    if error.message().starts_with("invalid unquoted key") && text[at.start..].starts_with(':') {
        return Wrong::new("`:` stands where `=` belongs").expected("`=`");
    }
    if let Some(wrong) = text[at.start..].chars().next().and_then(unseen::wrong) {
        return wrong;
    }
    let (message, expected) = match error.message().split_once(", expected ") {
        Some((message, expected)) => (message, Some(expected)),
        None => (error.message(), None),
    };
    let expected = expected.filter(|expected| *expected != "nothing").map(str::to_owned);
    Wrong { expected, ..Wrong::new(message) }
}

/// A value that begins with none of TOML's signs.
fn unquoted(value: &str) -> Wrong {
    let value = value.trim();
    if value.is_empty() {
        return Wrong::new("no value stands here").expected("a value such as \"…\", 5, true or [\"…\"]");
    }
    if value.starts_with(['“', '”', '„', '‟', '‘', '’', '‚', '«', '»', '″', '`', '´']) {
        let help = "word processors and chats make them of the straight ones";
        return Wrong::new("these are not the quotes of TOML").expected("straight quotes: \"…\"").help(help.to_owned());
    }
    let meant = match value.to_lowercase().as_str() {
        "true" | "yes" | "on" | "có" | "bật" => Some(true),
        "false" | "no" | "off" | "không" | "tắt" => Some(false),
        _ => None,
    };
    match meant {
        Some(meant) => Wrong::new("this word means nothing in TOML").expected("true or false").help(format!("write {meant}")),
        None => Wrong::new("this text has no quotes").expected("\"…\": only numbers, true and false stand without quotes"),
    }
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
    use super::*;
    use crate::config::fault::File;

    /// The lines of the faults, and the keys that are left.
    fn parsed(text: &str) -> (Vec<usize>, Vec<String>) {
        let env = |_: &str| None;
        let mut reader = Reader::new(File::new("f", text), &env);
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
