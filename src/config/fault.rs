//! What is wrong with a `feeds.toml`, where, and how that is shown: to people as rustc shows it, to programs as JSON.
//!
//! A fault carries the text that it is about, so whoever holds one (the command line, the log, the status page) can show
//! it. Nothing here decides what is wrong.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet, normalize_untrusted_str};
use serde::Serialize;

use crate::config::gaps::Absence;
use crate::config::veil::veiled;

/// Longest expectation that stands beside the underlined text; a longer one becomes a note below it.
const LABEL_CHARS: usize = 70;

/// Whether a file with this fault can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It can't.
    Error,
    /// It can, but something in it has no effect.
    Warning,
}

/// One mistake and its place. As JSON:
/// `{"severity","file","line","column","end_line","end_column","message","expected","help"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Error or warning.
    pub severity: Severity,
    /// The file's name, as the reader of messages knows it.
    pub file: Arc<str>,
    /// The line of the first character at fault, from 1.
    pub line: usize,
    /// Its column, from 1, in characters; a byte order mark is none.
    pub column: usize,
    /// The line of the place after the last character at fault, from 1.
    pub end_line: usize,
    /// Its column, from 1, in characters.
    pub end_column: usize,
    /// What is wrong, one line without a full stop. It never quotes a value, because a value may come from the
    /// environment and be secret.
    pub message: String,
    /// What should stand there: a noun such as `a duration such as "15m"`.
    pub expected: Option<String>,
    /// What to do about it, such as the nearest known name.
    pub help: Option<String>,
    /// The bytes at fault, counted from the beginning of the text (after its byte order mark).
    #[serde(skip)]
    pub span: Range<usize>,
    /// Another place that the fault is about, and what it has to do with it.
    #[serde(skip)]
    pub also: Option<(Range<usize>, String)>,
    #[serde(skip)]
    text: Arc<str>,
}

/// What is wrong, without the place: what a value says that can't be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wrong {
    pub(super) message: String,
    pub(super) expected: Option<String>,
    pub(super) help: Option<String>,
    pub(super) also: Option<(Range<usize>, String)>,
    /// The character of the value that is at fault, where it is a single one.
    pub(super) letter: Option<char>,
    /// The fault is that something is nowhere in the file. It may stand in a part that can't be read: then nothing is said of
    /// it, and where the file has another error no warning.
    pub(super) absence: Option<Absence>,
}

impl Wrong {
    /// A fault with this message.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// With what should stand there.
    pub(super) fn expected(self, expected: impl Into<String>) -> Self {
        Self { expected: Some(expected.into()), ..self }
    }

    /// With advice, if there is any.
    pub(super) fn help(self, help: impl Into<Option<String>>) -> Self {
        Self { help: help.into(), ..self }
    }

    /// With another place that it is about.
    pub(super) fn also(self, span: Range<usize>, label: impl Into<String>) -> Self {
        Self { also: Some((span, label.into())), ..self }
    }

    /// With the character that it is about.
    pub(super) fn letter(self, letter: char) -> Self {
        Self { letter: Some(letter), ..self }
    }

    /// The fault is an absence.
    pub(super) fn absence(self, of: Absence) -> Self {
        Self { absence: Some(of), ..self }
    }
}

/// A file as messages speak of it.
#[derive(Clone, Debug)]
pub(super) struct File {
    name: Arc<str>,
    /// Without a byte order mark.
    pub(super) text: Arc<str>,
    /// As faults show it: of the same length, with what is secret covered.
    shown: Arc<str>,
    /// Where each line begins, so that a place is found without reading the text again.
    lines: Vec<usize>,
}

impl File {
    /// A file of this name and text; a byte order mark is left out.
    pub(super) fn new(name: &str, text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let breaks = text.match_indices('\n').map(|(at, _)| at + 1);
        let (shown, lines) = (veiled(text).into(), std::iter::once(0).chain(breaks).collect());
        Self { name: name.into(), text: text.into(), shown, lines }
    }

    /// The line and the column of a byte, each from 1.
    fn position(&self, byte: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|start| *start <= byte);
        (line, self.text[self.lines[line - 1]..byte].chars().count() + 1)
    }
}

impl Fault {
    /// A fault at these bytes of a file.
    pub(super) fn new(severity: Severity, file: &File, span: Range<usize>, wrong: Wrong) -> Self {
        let start = floor(&file.text, span.start);
        let end = floor(&file.text, span.end).max(start);
        let (line, column) = file.position(start);
        let (end_line, end_column) = file.position(end);
        Self {
            severity,
            file: file.name.clone(),
            line,
            column,
            end_line,
            end_column,
            message: wrong.message,
            expected: wrong.expected,
            help: wrong.help,
            span: start..end,
            also: wrong.also,
            text: file.shown.clone(),
        }
    }

    /// The fault for people, as rustc would show it: with its line, the part at fault underlined. `styled` colours it
    /// for a terminal. Without a line break at its end.
    pub fn render(&self, styled: bool) -> String {
        let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
        let level = match self.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let expected = self.expected.as_ref().map(|expected| format!("expected {expected}"));
        let (label, note) = match expected {
            Some(expected) if expected.chars().count() > LABEL_CHARS => (None, Some(expected)),
            label => (label, None),
        };
        let mut snippet = Snippet::source(&*self.text)
            .path(&*self.file)
            .annotation(AnnotationKind::Primary.span(self.span.clone()).label(label));
        if let Some((span, label)) = &self.also {
            snippet = snippet.annotation(AnnotationKind::Context.span(span.clone()).label(label));
        }
        let mut group: Group<'_> = level.primary_title(&self.message).element(snippet);
        if let Some(note) = note {
            group = group.element(Level::NOTE.message(normalize_untrusted_str(&note)));
        }
        if let Some(help) = &self.help {
            group = group.element(Level::HELP.message(normalize_untrusted_str(help)));
        }
        renderer.render(&[group])
    }
}

impl fmt::Display for Fault {
    /// One line, for logs: `feeds.toml:3:9: error: unknown key `plase``.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}:{}:{}: {severity}: {}", self.file, self.line, self.column, self.message)
    }
}

/// Everything that is wrong with a file, errors and warnings in the order of their places; at least one of them is an
/// error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    /// The faults that are shown.
    pub shown: Vec<Fault>,
    /// How many more there are, beyond the limit of what anyone reads.
    pub more: usize,
}

impl Faults {
    /// All of them for people, each as [`Fault::render`] does it, an empty line between two. Without a line break at its
    /// end.
    pub fn render(&self, styled: bool) -> String {
        let mut shown: Vec<String> = self.shown.iter().map(|fault| fault.render(styled)).collect();
        if self.more > 0 {
            shown.push(format!("{} more faults are not shown", self.more));
        }
        shown.join("\n\n")
    }
}

impl fmt::Display for Faults {
    /// As [`Faults::render`], without colours.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Faults {}

/// A name from a file as a message quotes it: short, whatever stands in the file.
pub(super) fn quoted(name: &str) -> String {
    const LONGEST: usize = 80;
    match name.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("`{}…`", &name[..end]),
        None => format!("`{name}`"),
    }
}

/// "did you mean …?", where one of the known names is close to the word.
pub(super) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    // A third of the letters: `Binh Duong` is meant for `Bình Dương`, `tin` isn't for `báo`.
    let limit = (word.chars().count() / 3).max(1);
    let lower = word.to_lowercase();
    let distance = |name: &str| strsim::damerau_levenshtein(&lower, &name.to_lowercase());
    let near = known.into_iter().map(|name| (distance(name), name)).filter(|(distance, _)| *distance <= limit);
    near.min_by_key(|(distance, _)| *distance).map(|(_, name)| format!("did you mean {}?", quoted(name)))
}

/// The last place at or before a byte that lies between two characters.
pub(super) fn floor(text: &str, byte: usize) -> usize {
    (0..=byte.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters() {
        let text = "\u{feff}a = 1\r\nđịa = \"x\"\n";
        let file = File::new("f", text);
        let text = &*file.text;
        assert_eq!(file.position(0), (1, 1));
        assert_eq!(file.position(text.find('=').expect("there")), (1, 3));
        assert_eq!(file.position(text.rfind('=').expect("there")), (2, 5));
        assert_eq!(file.position(text.len()), (3, 1));
    }

    #[test]
    fn a_span_inside_a_character_does_no_harm() {
        let file = File::new("f", "địa");
        let fault = Fault::new(Severity::Error, &file, 1..99, Wrong::new("x"));
        assert_eq!((fault.span.clone(), fault.column, fault.end_column), (0..6, 1, 4));
        assert!(fault.render(false).contains("^^^"));
    }

    #[test]
    fn near_names_are_found_and_far_ones_are_not() {
        let near = |word| did_you_mean(word, ["place", "page", "Bình Dương"]);
        assert_eq!(near("plase").as_deref(), Some("did you mean `place`?"));
        assert_eq!(near("Binh Duong").as_deref(), Some("did you mean `Bình Dương`?"));
        assert_eq!(near("url"), None);
        assert_eq!(did_you_mean("x", []), None);
    }
}
