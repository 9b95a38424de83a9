//! Reading tables so that every mistake of a file is found: what can't be read is noted, and reading goes on.
//!
//! serde stops at the first mistake and knows no columns, so tables are read here key by key. A table is declared with
//! `table!` (see `raw`), a value by implementing [`Value`]. Nothing here knows what a key means.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::config::fault::{Fault, File, Severity, Wrong, did_you_mean, quoted};
use crate::config::gaps::Gaps;
use crate::model::Slug;

/// What reading needs besides the value, and the faults that it found.
pub(super) struct Reader<'a> {
    /// The file, for messages.
    pub(super) file: File,
    /// The environment.
    pub(super) env: &'a dyn Fn(&str) -> Option<String>,
    /// What is wrong, as it was found.
    pub(super) faults: Vec<Fault>,
    /// The parts that are no TOML.
    pub(super) gaps: Gaps,
}

impl<'a> Reader<'a> {
    /// A reader of a file, before anything is found.
    pub(super) fn new(file: File, env: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { file, env, faults: Vec::new(), gaps: Gaps::default() }
    }

    /// Notes an error.
    pub(super) fn error(&mut self, span: &Range<usize>, wrong: Wrong) {
        self.note(Severity::Error, span, wrong);
    }

    /// Notes a warning.
    pub(super) fn warn(&mut self, span: &Range<usize>, wrong: Wrong) {
        self.note(Severity::Warning, span, wrong);
    }

    /// Whether the file can't be used.
    pub(super) fn failed(&self) -> bool {
        self.faults.iter().any(|fault| fault.severity == Severity::Error)
    }

    fn note(&mut self, severity: Severity, span: &Range<usize>, wrong: Wrong) {
        let absence = wrong.absence;
        let fault = Fault::new(severity, &self.file, span.clone(), wrong);
        let is_unsure = |absence| self.gaps.may_hold(absence, fault.line) || (severity == Severity::Warning && self.failed());
        if !absence.is_some_and(is_unsure) && !self.gaps.touch(fault.line..=fault.end_line) {
            self.faults.push(fault);
        }
    }
}

/// Something that can stand to the right of a `=` or below a header. Its JSON schema says the same as `read` accepts.
pub(super) trait Value: Sized {
    /// Reads it, or notes what is wrong. `path` is its keys with dots between them, such as `source.x.url`, for messages;
    /// empty for the whole file.
    fn read(value: Spanned<DeValue<'_>>, path: &str, reader: &mut Reader<'_>) -> Option<Self>;

    /// Reads it, or what of it can be read, and whether that is all of it.
    fn read_part(value: Spanned<DeValue<'_>>, path: &str, reader: &mut Reader<'_>) -> Option<(Self, bool)> {
        Self::read(value, path, reader).map(|value| (value, true))
    }
}

/// A table that is declared with its keys.
pub(super) trait Keys {
    /// Their names, in order.
    const KEYS: &'static [&'static str];
}

/// A value and its place.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct At<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

/// What a file says for one key.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) enum Key<T> {
    /// Nothing.
    #[default]
    Absent,
    /// Something that can't be read; the fault is noted.
    Broken,
    /// A list of which some elements can't be read, without these; the faults are noted.
    Part(At<T>),
    /// This.
    Given(At<T>),
}

impl<T> Key<T> {
    /// What is given, with its place.
    pub(super) fn given(&self) -> Option<&At<T>> {
        match self {
            Self::Given(at) => Some(at),
            Self::Absent | Self::Broken | Self::Part(_) => None,
        }
    }

    /// What is given, as far as it can be read: enough to judge each element by itself.
    pub(super) fn readable(&self) -> Option<&T> {
        match self {
            Self::Given(at) | Self::Part(at) => Some(&at.value),
            Self::Absent | Self::Broken => None,
        }
    }

    /// What is given.
    pub(super) fn value(&self) -> Option<&T> {
        self.given().map(|at| &at.value)
    }

    /// Whether the file is silent.
    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }

    /// Whether a fault is noted already.
    pub(super) fn is_broken(&self) -> bool {
        matches!(self, Self::Broken | Self::Part(_))
    }
}

impl<T: Clone> Key<T> {
    /// What is given, else the default.
    pub(super) fn or(&self, default: T) -> T {
        self.value().cloned().unwrap_or(default)
    }
}

/// `[source.ID]`, `[topic.ID]`, `[feed.ID]`: tables by id, in the file's order. A table that can't be read still has its
/// id.
#[derive(Debug)]
pub(super) struct Keyed<T>(pub(super) Vec<(At<Slug>, Option<T>)>);

impl<T> Default for Keyed<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Value + Keys> Value for Keyed<T> {
    fn read(value: Spanned<DeValue<'_>>, path: &str, reader: &mut Reader<'_>) -> Option<Self> {
        if let DeValue::Array(_) = value.get_ref() {
            reader.error(&value.span(), without_id(path, format!("{} is a list, but its tables have ids", quoted(path))));
            return None;
        }
        let entries = in_order(Table::open(value, path, reader)?.rest);
        let is_key = |name: &str| T::KEYS.contains(&name);
        // Keys of one table where tables with ids belong: a newcomer's first mistake. One fault says it for all of them.
        let stray = entries.iter().find(|(key, value)| is_key(key.get_ref()) && !matches!(value.get_ref(), DeValue::Table(_)));
        let stray = stray.map(|(key, _)| (key.get_ref().to_string(), key.span()));
        if let Some((key, span)) = &stray {
            reader.error(span, without_id(path, format!("{} stands in `[{path}]`, which lacks an id", quoted(key))));
        }
        let mut tables = Vec::new();
        for (key, value) in entries.into_iter().filter(|(key, _)| stray.is_none() || !is_key(key.get_ref())) {
            let inner = joined(path, key.get_ref());
            let value = T::read(value, &inner, reader);
            match Slug::new(key.get_ref().as_ref()) {
                Ok(id) => tables.push((At { value: id, span: key.span() }, value)),
                Err(_) => reader.error(&key.span(), wrong_id(key.get_ref())),
            }
        }
        Some(Self(tables))
    }
}

/// What is wrong with a table that has no id.
fn without_id(path: &str, message: String) -> Wrong {
    let help = format!("choose an id of a-z, 0-9 and -, and write it into the header: [{path}.ha-noi]");
    Wrong::new(message).expected(format!("[{path}.ID]")).help(help)
}

/// What is wrong with something that should be an id.
pub(super) fn wrong_id(text: &str) -> Wrong {
    let near = near_id(text).map(|id| format!("did you mean {}?", quoted(id.as_str())));
    Wrong::new("this is no id").expected("1 to 64 of a-z, 0-9 and -, neither first nor last a -").help(near)
}

/// The id that is nearest to a text: its letters without marks, in lower case.
pub(super) fn near_id(text: &str) -> Option<Slug> {
    let letters = text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    let plain = letters.map(|c| if c == 'đ' { 'd' } else { c });
    let plain: String = plain.map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    Slug::new(plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")).ok()
}

/// One value, or a list of them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Several<T>(pub(super) Vec<T>);

impl<T: Value> Value for Several<T> {
    fn read(value: Spanned<DeValue<'_>>, path: &str, reader: &mut Reader<'_>) -> Option<Self> {
        if !matches!(value.get_ref(), DeValue::Array(_)) {
            return Some(Self(vec![T::read(value, path, reader)?]));
        }
        let span = value.span();
        let list: Vec<At<T>> = Value::read(value, path, reader)?;
        if list.is_empty() {
            reader.error(&span, Wrong::new(format!("{} is empty", quoted(path))).expected("at least one"));
            return None;
        }
        Some(Self(list.into_iter().map(|at| at.value).collect()))
    }
}

/// Lists; each element is read by itself.
impl<T: Value> Value for Vec<At<T>> {
    fn read(value: Spanned<DeValue<'_>>, path: &str, reader: &mut Reader<'_>) -> Option<Self> {
        // A list that lost an element to a fault is not what was meant.
        Self::read_part(value, path, reader).filter(|(_, is_whole)| *is_whole).map(|(elements, _)| elements)
    }

    fn read_part(value: Spanned<DeValue<'_>>, path: &str, reader: &mut Reader<'_>) -> Option<(Self, bool)> {
        let span = value.span();
        let array = match value.into_inner() {
            DeValue::Array(array) => array,
            other => {
                reader.error(&span, other_kind(&other, path, "a list in [ and ]"));
                return None;
            }
        };
        let count = array.len();
        let elements: Self = array
            .into_iter()
            .enumerate()
            .filter_map(|(index, element)| {
                let span = element.span();
                Some(At { value: T::read(element, &format!("{path}[{index}]"), reader)?, span })
            })
            .collect();
        let is_whole = elements.len() == count;
        Some((elements, is_whole))
    }
}

/// A table of which keys are taken one after the other.
pub(super) struct Table<'i> {
    keys: String,
    rest: DeTable<'i>,
    known: Vec<&'static str>,
}

impl<'i> Table<'i> {
    /// The table, or the fault that the value is none.
    pub(super) fn open(value: Spanned<DeValue<'i>>, path: &str, reader: &mut Reader<'_>) -> Option<Self> {
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(rest) => Some(Self { keys: path.to_owned(), rest, known: Vec::new() }),
            other => {
                reader.error(&span, other_kind(&other, path, "a table"));
                None
            }
        }
    }

    /// Takes what stands at a key.
    pub(super) fn take<T: Value>(&mut self, name: &'static str, reader: &mut Reader<'_>) -> Key<T> {
        self.known.push(name);
        let Some((_, value)) = self.rest.remove_entry(name) else { return Key::Absent };
        let path = joined(&self.keys, name);
        let span = value.span();
        match T::read_part(value, &path, reader) {
            Some((value, true)) => Key::Given(At { value, span }),
            Some((value, false)) => Key::Part(At { value, span }),
            None => Key::Broken,
        }
    }

    /// The entries that were not taken, for a table in which any key may stand.
    pub(super) fn into_rest(self) -> DeTable<'i> {
        self.rest
    }

    /// Notes the keys that nobody took. `homes` says to which tables a key belongs.
    pub(super) fn close(self, homes: fn(&str) -> Option<String>, reader: &mut Reader<'_>) {
        let place = if self.keys.is_empty() { String::new() } else { format!(" in {}", quoted(&self.keys)) };
        for (key, _) in in_order(self.rest) {
            let known = self.known.join(", ");
            let near = did_you_mean(key.get_ref(), self.known.iter().copied());
            let home = || homes(key.get_ref()).map(|homes| format!("{} is a key of {homes}", quoted(key.get_ref())));
            let help = near.or_else(home);
            let wrong = Wrong::new(format!("unknown key {}{place}", quoted(key.get_ref())));
            reader.error(&key.span(), wrong.expected(format!("one of {known}")).help(help));
        }
    }
}

/// A table's entries in the file's order.
pub(super) fn in_order(table: DeTable<'_>) -> Vec<(Spanned<toml::de::DeString<'_>>, Spanned<DeValue<'_>>)> {
    let mut entries: Vec<_> = table.into_iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// The keys of a path.
pub(super) fn joined(keys: &str, key: &str) -> String {
    if keys.is_empty() { key.to_owned() } else { format!("{keys}.{key}") }
}

/// The fault that a value is of another kind than expected.
pub(super) fn other_kind(value: &DeValue<'_>, path: &str, expected: &str) -> Wrong {
    let kind = match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    Wrong::new(format!("{} is {kind}", quoted(path))).expected(expected)
}
