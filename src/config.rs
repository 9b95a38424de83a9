//! `feeds.toml`: from its text to a [`Config`], or to every mistake in it with its line.
//!
//! `syntax` takes out what is no TOML, so that the rest can be judged. What was said (`raw`, read by `read` out of
//! `value`s) and what it means (`resolve`) are two things: the first is the file's form and gives the JSON schema, the
//! second is the model. Nothing here reads a file, the environment or a clock; text and environment are arguments, so a
//! configuration can be checked without being used.

mod decode;
mod env;
mod fault;
mod gaps;
mod raw;
mod read;
mod resolve;
mod schema;
mod syntax;
mod unseen;
mod value;
mod veil;

use std::collections::BTreeMap;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::config::fault::File;
use crate::config::read::{Reader, Value};
use crate::model::{Feed, FetchSettings, Service, Source, SourceId, StoreSettings, Topic};

pub use decode::{text, unreadable};
pub use fault::{Fault, Faults, Severity};
pub use schema::schema;

/// A `feeds.toml` without mistakes: every default filled in, every name resolved. Two are equal if they mean the same, whatever their texts
/// say.
#[derive(Clone, Debug)]
pub struct Config {
    /// `[service]`
    pub service: Service,
    /// `[store]`
    pub store: StoreSettings,
    /// `[fetch]`
    pub fetch: FetchSettings,
    /// `[source.*]`
    pub sources: BTreeMap<SourceId, Source>,
    /// `[topic.*]`, in the file's order.
    pub topics: Vec<Topic>,
    /// Every feed that is published: `moi-nhat`, one for each topic in the file's order, then the other `[feed.*]` in the
    /// file's order.
    pub feeds: Vec<Feed>,
    /// The file's text, with its comments and without what the environment fills in.
    pub text: Arc<str>,
}

impl PartialEq for Config {
    fn eq(&self, other: &Self) -> bool {
        let Self { service, store, fetch, sources, topics, feeds, text: _ } = self;
        (service, store, fetch) == (&other.service, &other.store, &other.fetch)
            && (sources, topics, feeds) == (&other.sources, &other.topics, &other.feeds)
    }
}

impl Config {
    /// The rank of a source; 0 for one that is not configured.
    pub fn rank(&self, source: &SourceId) -> i32 {
        self.sources.get(source).map_or(0, |source| source.rank)
    }

    /// The parameters of a source's addresses that name no article.
    pub fn tracking(&self, source: &SourceId) -> &[String] {
        self.sources.get(source).map_or(&[], |source| &source.tracking)
    }
}

/// How many faults are shown: more than anyone mends in one go, fewer than a file that is no TOML at all has.
const SHOWN: usize = 100;

/// Reads a `feeds.toml`. `name` is the file's name for messages, `env` gives the environment variables that `${NAME}`
/// takes.
///
/// Gives the configuration and the warnings about it, or every mistake of the file (with its warnings), in the order of
/// their places. An empty file is a configuration, with a warning that it has no source.
pub fn read(name: &str, text: &str, env: &dyn Fn(&str) -> Option<String>) -> Result<(Config, Vec<Fault>), Faults> {
    let (config, reader) = judged(name, text, env);
    let failed = reader.failed();
    let mut faults = reader.faults;
    faults.sort_by_key(|fault| (fault.span.start, fault.span.end));
    if !failed {
        return Ok((config, faults));
    }
    let more = faults.len().saturating_sub(SHOWN);
    faults.truncate(SHOWN);
    Err(Faults { shown: faults, more })
}

/// What a `feeds.toml` says of the store, as far as it can be read, whatever else is wrong with it: enough to find the service that runs.
pub fn store_of(text: &str, env: &dyn Fn(&str) -> Option<String>) -> StoreSettings {
    judged("", text, env).0.store
}

/// What can be read of a configuration, and what is wrong with it.
fn judged<'a>(name: &str, text: &str, env: &'a dyn Fn(&str) -> Option<String>) -> (Config, Reader<'a>) {
    let file = File::new(name, text);
    let mut reader = Reader::new(file, env);
    let mended = syntax::mend(&mut reader);
    let (table, _) = DeTable::parse_recoverable(&mended);
    let table = Spanned::new(table.span(), DeValue::Table(table.into_inner()));
    let raw = raw::File::read(table, "", &mut reader).unwrap_or_default();
    let config = Config { text: text.into(), ..resolve::resolve(raw, &mut reader) };
    (config, reader)
}
