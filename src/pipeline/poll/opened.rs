//! A document's entries, named once, however often it is decided what they are.

use std::sync::OnceLock;

use jiff::Timestamp;

use crate::flow::dedupe::{self, Gists, Named};
use crate::model::{Document, Source};

/// Entries of a document whose texts are made ready before its turn has come, at about 9 kB each.
const MOST_TEXTS: usize = 50;

/// A document that was read, and its entries.
pub(super) struct Opened {
    pub document: Document,
    source: Source,
    at: Timestamp,
    named: OnceLock<Vec<Named>>,
}

impl Opened {
    /// A source's document that was read now.
    pub fn new(source: &Source, document: Document, now: Timestamp) -> Self {
        Self { document, source: source.clone(), at: now, named: OnceLock::new() }
    }

    /// Its entries, named.
    pub fn named(&self) -> &[Named] {
        self.named.get_or_init(|| {
            let named = dedupe::name(&self.source, &self.document.entries, self.at);
            named.into_iter().map(|named| named.of(self.document.feed.id.as_deref())).collect()
        })
    }

    /// Makes texts ready to be compared.
    pub fn make_ready(&self, gists: &Gists) {
        for named in self.named().iter().take(MOST_TEXTS) {
            named.gist(gists).sketch();
        }
    }
}
