//! One of a few words.

use schemars::{JsonSchema, Schema, SchemaGenerator};

use crate::config::fault::{Wrong, did_you_mean};
use crate::config::value::FromText;
use crate::model::{Content, Field};

/// A type whose values have names in `feeds.toml`.
pub(in crate::config) trait Choice: Copy + 'static {
    /// Every value, by its name.
    const NAMES: &'static [(&'static str, Self)];
    /// The names, as a message lists them.
    const EXPECTED: &'static str;
}

impl Choice for Content {
    const NAMES: &'static [(&'static str, Self)] = &[("summary", Self::Summary), ("full", Self::Full)];
    const EXPECTED: &'static str = "\"summary\" or \"full\"";
}

impl Choice for Field {
    const NAMES: &'static [(&'static str, Self)] =
        &[("title", Self::Title), ("summary", Self::Summary), ("content", Self::Content), ("categories", Self::Categories)];
    const EXPECTED: &'static str = "one of \"title\", \"summary\", \"content\", \"categories\"";
}

/// A choice by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) struct OneOf<T>(pub(in crate::config) T);

impl<T: Choice> FromText for OneOf<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let found = T::NAMES.iter().find(|(name, _)| *name == text.trim());
        let unknown = || Wrong::new("this word is unknown here").help(did_you_mean(text, T::NAMES.iter().map(|(name, _)| *name)));
        found.map(|(_, choice)| Self(*choice)).ok_or_else(unknown)
    }
}

impl<T: Choice> JsonSchema for OneOf<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::EXPECTED.into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<&str> = T::NAMES.iter().map(|(name, _)| *name).collect();
        schemars::json_schema!({ "enum": names })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_names_of_fields_are_those_of_explanations() {
        assert!(Field::NAMES.iter().all(|(name, field)| *name == field.name()));
        assert!(Field::NAMES.iter().map(|(_, field)| *field).eq(Field::ALL));
    }
}
