//! The books: how many records of each kind there are, and of each source, beside a sum over their keys. sled does not notice every
//! record that it has lost; who counts does.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use crate::edge::store::{Finding, StoreError, record};
use crate::model::SourceId;

/// Where the books stand: the totals at this key, each source's behind it.
pub(super) const PREFIX: &[u8] = b"a";

/// The kinds of records that are counted, by the first byte of their keys, and what people call them.
pub(super) const KINDS: [(u8, &str); 8] = [
    (b's', "stories"),
    (b'e', "names of entries"),
    (b'l', "links"),
    (b'n', "rows of near copies"),
    (b'c', "changes"),
    (b'd', "marks of pruned stories"),
    (b'p', "states of sources"),
    (b't', "withdrawals"),
];

/// How many, and the sum of the hashes of what they are: one that is missing and one too many do not make it right again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sum {
    count: u64,
    hash: u64,
}

impl Sum {
    fn change(&mut self, what: u64, there: bool) {
        let (count, hash) = if there { (1, what) } else { (u64::MAX, what.wrapping_neg()) };
        (self.count, self.hash) = (self.count.wrapping_add(count), self.hash.wrapping_add(hash));
    }
}

/// A key and its value.
type Record = (Vec<u8>, Vec<u8>);

/// The whole account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Books {
    /// How often anything was made durable.
    pub(super) commits: u64,
    kinds: [Sum; KINDS.len()],
    /// The reports of each source in the stories.
    sources: BTreeMap<SourceId, Sum>,
}

/// One entry in the books: a record comes, or goes. Of a story that is also its number and its sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Posting {
    pub(super) key: Vec<u8>,
    /// The number of a story's last change; 0 for everything else.
    pub(super) seq: u64,
    /// The sources of a story's reports.
    pub(super) sources: Vec<SourceId>,
    pub(super) there: bool,
}

impl Posting {
    /// A record that is no story.
    pub(super) fn plain(key: &[u8], there: bool) -> Self {
        Self { key: key.to_vec(), seq: 0, sources: Vec::new(), there }
    }

    /// A story's record.
    pub(super) fn story(key: &[u8], seq: u64, sources: Vec<SourceId>, there: bool) -> Self {
        Self { key: key.to_vec(), seq, sources, there }
    }
}

/// Whether records of this kind are counted.
pub(super) fn counts(key: &[u8]) -> bool {
    key.first().is_some_and(|kind| KINDS.iter().any(|(counted, _)| counted == kind))
}

impl Books {
    pub(super) fn post(&mut self, posting: &Posting) {
        let Some(place) = KINDS.iter().position(|(kind, _)| posting.key.first() == Some(kind)) else { return };
        let what = xxh3_64(&posting.key).wrapping_add(posting.seq.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        self.kinds[place].change(what, posting.there);
        for source in &posting.sources {
            self.sources.entry(source.clone()).or_default().change(what, posting.there);
        }
    }

    /// How many records of each kind there are.
    pub(super) fn counts(&self) -> impl Iterator<Item = (&'static str, u64)> {
        KINDS.iter().zip(self.kinds).map(|((_, kind), sum)| (*kind, sum.count))
    }

    /// The row of the totals.
    pub(super) fn totals(&self) -> Result<Vec<u8>, StoreError> {
        record::encode(&(self.commits, self.kinds))
    }

    /// The rows of these sources.
    pub(super) fn of_sources<'a>(&self, sources: impl Iterator<Item = &'a SourceId>) -> Result<Vec<Record>, StoreError> {
        sources.map(|id| Ok((source_key(id), record::encode(&self.sources.get(id).copied().unwrap_or_default())?))).collect()
    }

    /// All rows.
    pub(super) fn rows(&self) -> Result<Vec<Record>, StoreError> {
        let mut rows = self.of_sources(self.sources.keys())?;
        rows.push((PREFIX.to_vec(), self.totals()?));
        Ok(rows)
    }

    /// Takes up a row; the error says that it can't be read.
    pub(super) fn read(&mut self, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        if key == PREFIX {
            (self.commits, self.kinds) = record::decode(value)?;
            return Ok(());
        }
        let id = SourceId::new(String::from_utf8_lossy(&key[PREFIX.len()..])).map_err(|e| record::broken(&e.to_string()))?;
        self.sources.insert(id, record::decode(value)?);
        Ok(())
    }

    /// What the books say and a count does not find, or finds and they do not know.
    pub(super) fn compare(&self, found: &Self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for ((_, kind), (said, found)) in KINDS.iter().zip(self.kinds.iter().zip(&found.kinds)) {
            if said != found {
                findings.push(Finding::Miscount { kind, said: said.count, found: found.count });
            }
        }
        let mut sources: Vec<&SourceId> = self.sources.keys().chain(found.sources.keys()).collect();
        sources.sort();
        sources.dedup();
        for source in sources {
            let of = |books: &Self| books.sources.get(source).copied().unwrap_or_default();
            let (said, found) = (of(self), of(found));
            if said != found {
                findings.push(Finding::MiscountOf { of: source.clone(), said: said.count, found: found.count });
            }
        }
        findings
    }
}

fn source_key(id: &SourceId) -> Vec<u8> {
    [PREFIX, id.as_str().as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slug(text: &str) -> SourceId {
        SourceId::new(text).unwrap()
    }

    fn books(postings: &[Posting]) -> Books {
        let mut books = Books::default();
        postings.iter().for_each(|posting| books.post(posting));
        books
    }

    #[test]
    fn what_comes_and_goes_leaves_nothing() {
        let story = |there| Posting::story(b"s1", 7, vec![slug("a")], there);
        let gone = books(&[story(true), Posting::plain(b"e1", true), Posting::plain(b"e1", false), story(false)]);
        assert!(Books::default().compare(&gone).is_empty());
    }

    #[test]
    fn a_missing_an_exchanged_and_a_stale_record_show() {
        let (a, b) = (slug("a"), slug("b"));
        let said = books(&[Posting::story(b"s1", 7, vec![a.clone(), b.clone()], true), Posting::plain(b"l1", true)]);
        let missing = said.compare(&books(&[Posting::plain(b"l1", true)]));
        let named = |finding: &Finding| finding.to_string();
        let told: Vec<String> = missing.iter().map(named).collect();
        assert_eq!(told.len(), 3, "{told:?}");
        assert!(told[1].contains('a') && told[2].contains('b'), "{told:?}");
        let stale = books(&[Posting::story(b"s1", 6, vec![a, b], true), Posting::plain(b"l1", true)]);
        assert_eq!(said.compare(&stale).len(), 3, "an older state of a story is another one");
        let other = books(&[Posting::story(b"s1", 7, vec![slug("a"), slug("b")], true), Posting::plain(b"l2", true)]);
        assert_eq!(said.compare(&other), [Finding::Miscount { kind: "links", said: 1, found: 1 }]);
    }

    #[test]
    fn the_rows_bring_back_the_books() {
        let mut written = books(&[Posting::story(b"s1", 7, vec![slug("a")], true), Posting::plain(b"p1", true)]);
        written.commits = 9;
        let mut read = Books::default();
        for (key, value) in written.rows().unwrap() {
            read.read(&key, &value).unwrap();
        }
        assert_eq!(read, written);
        assert!(read.read(PREFIX, &record::encode(&[255u8; 3]).unwrap()).is_err());
    }
}
