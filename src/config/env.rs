//! `${NAME}` in a string takes an environment variable, so that secrets stay out of the file; `$${` is a plain `${`.
//!
//! The environment is an argument. What a variable holds is taken as it is: it is not searched for `${` again.

use std::ops::Range;

use crate::config::fault::{Wrong, quoted};
use crate::config::read::Reader;

/// A string with its variables filled in.
pub(super) struct Filled {
    pub(super) filled: String,
    /// Whether there were any.
    pub(super) from_environment: bool,
}

/// Fills in the variables of a string that stands at `span`; notes each that is unset or misspelt.
pub(super) fn fill(text: &str, span: &Range<usize>, reader: &mut Reader<'_>) -> Option<Filled> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    let mut from_environment = false;
    let mut sound = true;
    // Where to look for the next `${` in the file.
    let mut place = span.clone();
    while let Some(dollar) = rest.find("${") {
        if rest[..dollar].ends_with('$') {
            filled.push_str(&rest[..dollar - 1]);
            filled.push_str("${");
            rest = &rest[dollar + 2..];
            locate("${", &mut place, reader);
            continue;
        }
        filled.push_str(&rest[..dollar]);
        let after = &rest[dollar + 2..];
        let end = after.find('}');
        let name = end.map_or(after, |end| &after[..end]);
        let written = end.map_or("${".to_owned(), |_| format!("${{{name}}}"));
        let here = locate(&written, &mut place, reader).unwrap_or_else(|| span.clone());
        match end.filter(|_| is_name(name)) {
            None => {
                let wrong = Wrong::new("`${` begins the name of an environment variable");
                let wrong = wrong.expected("${NAME} of letters, digits and _").help("write $${ for a plain ${".to_owned());
                reader.error(&here, wrong);
                return None;
            }
            Some(end) => rest = &after[end + 1..],
        }
        from_environment = true;
        match (reader.env)(name) {
            Some(value) => filled.push_str(&value),
            None => {
                sound = false;
                reader.error(&here, Wrong::new(format!("the environment variable {} is not set", quoted(name))));
            }
        }
    }
    filled.push_str(rest);
    sound.then_some(Filled { filled, from_environment })
}

/// Where a piece of a string stands in the file, from `place` on, which moves behind it. `None` where it was written with
/// escapes.
fn locate(piece: &str, place: &mut Range<usize>, reader: &Reader<'_>) -> Option<Range<usize>> {
    let start = place.start + reader.file.text.get(place.clone())?.find(piece)?;
    place.start = start + piece.len();
    Some(start..place.start)
}

/// A variable's name, as shells have them.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::fault::File;

    /// What becomes of the text, or the places of its faults.
    fn filled(text: &str) -> Result<String, Vec<(usize, usize)>> {
        let env = |name: &str| match name {
            "A" => Some("1".to_owned()),
            "TRICK" => Some("${A}".to_owned()),
            _ => None,
        };
        let file = File::new("f", text);
        let mut reader = Reader::new(file, &env);
        let result = fill(text, &(0..text.len()), &mut reader);
        result
            .map(|filled| filled.filled)
            .ok_or_else(|| reader.faults.into_iter().map(|fault| (fault.span.start, fault.span.end)).collect())
    }

    #[test]
    fn variables_are_filled_in_once() {
        for (text, want) in [
            ("", ""),
            ("a $ b $x {y}", "a $ b $x {y}"),
            ("${A}", "1"),
            ("x${A}${A}y", "x11y"),
            ("$${A}", "${A}"),
            ("$${A}${A}", "${A}1"),
            ("${TRICK}", "${A}"),
            ("[href$=x]", "[href$=x]"),
        ] {
            assert_eq!(filled(text).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn faults_stand_where_the_variable_does() {
        assert_eq!(filled("a ${B} ${A} ${C}"), Err(vec![(2, 6), (12, 16)]));
        assert_eq!(filled("$${B}${B}"), Err(vec![(5, 9)]));
        assert_eq!(filled("é${"), Err(vec![(2, 4)]));
        for bad in ["${}", "${ A}", "${1}", "${A-b}", "${A", "${Ắ}"] {
            assert!(filled(bad).is_err(), "{bad}");
        }
    }
}
