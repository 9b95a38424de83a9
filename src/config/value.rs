//! The values that `feeds.toml` knows: each is read from its text or number once, and then is what it should be.
//!
//! A type here says three things in one place: what it accepts, what it expects (in the words of a message), and the
//! JSON schema of both. Messages never quote the text that they refuse: it may come from the environment.

mod address;
mod amount;
mod choice;
mod css;
mod text;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use toml::Spanned;
use toml::de::DeValue;

use crate::config::env;
use crate::config::fault::Wrong;
use crate::config::read::{At, Key, Keyed, Reader, Several, Value, other_kind};

pub(super) use address::{Contact, Headers, HttpUrl, HubChoice, Listen, NameServer, Network, ProxyUrl, PublicUrl, StoreUrl};
pub(super) use amount::{Count, Interval, Keep, Pause, Rank, Size};
pub(super) use choice::OneOf;
pub(super) use css::Css;
pub(super) use text::{DateFormat, Day, Encoding, HostName, Id, Language, Parameter, Phrase, Text, Token, Zone};

/// A value that is written as a string. `${NAME}` is already filled in.
pub(super) trait FromText: Sized {
    /// What is expected, as a noun: `a duration such as "15m"`.
    const EXPECTED: &'static str;

    /// Reads it, or says what is wrong; where that says nothing of what is expected, [`Self::EXPECTED`] is.
    fn from_text(text: &str) -> Result<Self, Wrong>;
}

impl<T: FromText> Value for T {
    fn read(value: Spanned<DeValue<'_>>, path: &str, reader: &mut Reader<'_>) -> Option<Self> {
        let span = value.span();
        let text = string(value, path, T::EXPECTED, reader)?;
        let wrong = match T::from_text(&text.filled) {
            Ok(value) => return Some(value),
            Err(wrong) => wrong,
        };
        let wrong = if wrong.expected.is_none() { wrong.expected(T::EXPECTED) } else { wrong };
        // Advice may quote the text, and what the environment holds may be secret.
        let filled = "this is about the text with ${…} filled in";
        let wrong = if text.from_environment { wrong.help(filled.to_owned()) } else { wrong };
        let letter = wrong.letter.and_then(|c| Some((c, reader.file.text.get(span.clone())?.find(c)?)));
        let span = letter.map_or(span.clone(), |(c, at)| span.start + at..span.start + at + c.len_utf8());
        reader.error(&span, wrong);
        None
    }
}

/// A string with its variables filled in, or the fault that the value is none.
fn string(value: Spanned<DeValue<'_>>, path: &str, expected: &str, reader: &mut Reader<'_>) -> Option<env::Filled> {
    let span = value.span();
    match value.into_inner() {
        DeValue::String(text) => env::fill(&text, &span, reader),
        other => {
            let help = matches!(other, DeValue::Integer(_) | DeValue::Float(_) | DeValue::Datetime(_) | DeValue::Boolean(_))
                .then(|| "put it in quotes".to_owned());
            reader.error(&span, other_kind(&other, path, expected).help(help));
            None
        }
    }
}

impl Value for bool {
    fn read(value: Spanned<DeValue<'_>>, path: &str, reader: &mut Reader<'_>) -> Option<Self> {
        match value.get_ref() {
            DeValue::Boolean(yes) => Some(*yes),
            other => {
                reader.error(&value.span(), other_kind(other, path, "true or false"));
                None
            }
        }
    }
}

/// A schema of the given JSON for a type, which stands wherever the type does.
macro_rules! schema {
    ($type:ty, $($json:tt)+) => {
        impl schemars::JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($($json)+)
            }
        }
    };
}
use schema;

/// A key's schema is that of its value.
impl<T: JsonSchema> JsonSchema for Key<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: JsonSchema> JsonSchema for At<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

impl<T: JsonSchema> JsonSchema for Several<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = T::json_schema(generator);
        schemars::json_schema!({ "anyOf": [one, { "type": "array", "items": one, "minItems": 1 }] })
    }
}

impl<T: JsonSchema> JsonSchema for Keyed<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        schemars::json_schema!({
            "type": "object",
            "patternProperties": { text::ID_PATTERN: T::json_schema(generator) },
            "additionalProperties": false
        })
    }
}

/// Holds a type against texts that it must accept and texts that it must refuse.
#[cfg(test)]
fn accepts<T: FromText>(good: &[&str], bad: &[&str]) {
    for text in good {
        assert!(T::from_text(text).is_ok(), "{text:?} is {}", T::EXPECTED);
    }
    for text in bad {
        assert!(T::from_text(text).is_err(), "{text:?} is not {}", T::EXPECTED);
    }
}
