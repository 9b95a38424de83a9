//! The store: stories, entries' names, sources' states.
//!
//! The store has no opinion. It answers look-ups, and commits a batch whole, if what the decision was based on still holds. This is the
//! face of every kind; what it promises, each kind keeps, and the same tests hold for all:
//!
//! - What was acknowledged survives a power cut. What was refused has left no trace, unless it was the disk that refused: then it is
//!   stored whole or not at all, and who decides again finds out which.
//! - Every change of a story takes the next number of one sequence, and who has heard of a number finds everything up to it.

mod embedded;
mod finding;
mod hashed;
mod hubs;
mod lease;
mod near;
mod postgres;
mod record;

use std::collections::{BTreeMap, HashMap};
use std::io::{self, BufRead, Write};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use crate::model::{
    Batch, Change, EntryKey, Known, LastListed, LinkKey, Lookup, Pruned, Search, SourceId, SourceState, Stamp, Story, StoryId,
    Withdrawals,
};
use embedded::Embedded;
pub use finding::Finding;
pub use hubs::{Lead, Subscriptions};
pub use lease::{Claim, Lease};
use postgres::Postgres;

/// Why the store can't do what it was asked. A sentence names the subject.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process has it open.
    #[error("the store {folder} is held by another process; only one may use it at a time")]
    Held {
        /// The store's folder.
        folder: String,
    },
    /// What is on disk can't be used.
    #[error("the store {folder} can't be opened: {why}. It was left as it is; restore a dump into a new folder with `load`")]
    Damaged {
        /// The store's folder.
        folder: String,
        /// What sled or the checks said.
        why: String,
    },
    /// The disk said no.
    #[error("the store failed {doing}: {why}")]
    Failed {
        /// What was being done.
        doing: &'static str,
        /// What sled or the system said.
        why: String,
    },
    /// One of its records is damaged.
    #[error("a record of the store can't be read: {why}")]
    Record {
        /// What is wrong with it.
        why: String,
    },
    /// The database can't be used.
    #[error("the database {database} can't be used: {why}")]
    Unreachable {
        /// The database and its server.
        database: String,
        /// What it said, or what is wrong with its address.
        why: String,
    },
    /// The lease under which a source was polled is over, and another process has polled it since.
    #[error("the lease ended before the poll did, and another process has polled the source since")]
    Fenced,
    /// The decision was based on a story that has changed since: decide again.
    #[error("the store's content has changed since it was read")]
    Conflict,
}

/// What became of a story.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is there.
    Stored,
    /// It was removed because it was old.
    Pruned,
    /// Nothing is known of it: it never was, or is lost.
    Unknown,
}

/// The names under which the store remembers something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memo {
    /// The fingerprint of the rules that all stories were last classified under.
    Rules,
    /// How far the stories are classified under other rules: their fingerprint, and the id of the last story.
    Classified,
    /// The text of the configuration that was last in force.
    Config,
    /// When old stories were last pruned.
    Pruned,
    /// Where the clock stood when it was first doubted since.
    Doubted,
    /// With which version of our feeds their subscribers, or another hub, were called last.
    Told,
    /// When the last copy was kept, and how long that took.
    Copied,
    /// The ids of all feeds that were ever published.
    Feeds,
}

impl Memo {
    /// The name in the store.
    fn name(self) -> &'static str {
        match self {
            Self::Rules => "rules",
            Self::Classified => "classified",
            Self::Config => "config",
            Self::Pruned => "pruned",
            Self::Doubted => "doubted",
            Self::Told => "told",
            Self::Feeds => "feeds",
            Self::Copied => "copied",
        }
    }
}

/// An open store. Reads block: call them where that may be.
pub struct Store(Kind);

enum Kind {
    Embedded(Embedded),
    Postgres(Postgres),
}

/// The same call on whichever kind it is.
macro_rules! either {
    ($self:ident, $store:ident => $call:expr) => {
        match &$self.0 {
            Kind::Embedded($store) => $call,
            Kind::Postgres($store) => $call,
        }
    };
}

impl Store {
    /// Whether there is a store in a folder.
    pub fn exists(folder: &Path) -> bool {
        Embedded::exists(folder)
    }

    /// Opens the store in a folder, or makes a new one there. Blocks: for a large store a second or two.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        Embedded::open(folder).map(Kind::Embedded).map(Self)
    }

    /// Writes the store in a folder anew, so that it takes no more space than it needs; the bytes of its files before and after. Nobody may
    /// have it open. Blocks, for a minute or two where it holds a million stories.
    pub fn compact(folder: &Path) -> Result<(u64, u64), StoreError> {
        Embedded::compact(folder)
    }

    /// Opens the store in a database, or makes a new one there. Blocks, for half a minute where the server does not answer.
    pub fn connect(url: &str) -> Result<Self, StoreError> {
        Postgres::open(url).map(Kind::Postgres).map(Self)
    }

    /// Whether other processes may have it open at the same time.
    pub fn is_shared(&self) -> bool {
        matches!(self.0, Kind::Postgres(_))
    }

    /// What is known about some entries.
    pub fn known(&self, lookups: &[Lookup]) -> Result<Known, StoreError> {
        either!(self, store => store.known(lookups))
    }

    /// Adds to `known` the stories that entries may be near copies of. The cost of an entry depends on its bands alone, not on how many
    /// stories there are.
    pub fn near(&self, searches: &[Search], known: &mut Known) -> Result<(), StoreError> {
        either!(self, store => store.near(searches, known))
    }

    /// The story of a canonical link.
    pub fn story_of(&self, link: LinkKey) -> Result<Option<StoryId>, StoreError> {
        either!(self, store => store.story_of(link))
    }

    /// A story.
    pub fn story(&self, id: StoryId) -> Result<Option<Story>, StoreError> {
        either!(self, store => store.story(id))
    }

    /// Up to `limit` stories whose ids come after one, in the order of ids: a way through all of them in small steps. One that can't be
    /// read is passed over and logged: it takes nothing else away.
    pub fn stories_after(&self, after: Option<StoryId>, limit: usize) -> Result<Vec<Story>, StoreError> {
        either!(self, store => store.stories_after(after, limit))
    }

    /// Up to `limit` changes after a number of the change sequence, in order.
    pub fn changes_after(&self, seq: u64, limit: usize) -> Result<Vec<Change>, StoreError> {
        either!(self, store => store.changes_after(seq, limit))
    }

    /// Every story that is taken down. One of which the record can't be read counts as taken down all the same.
    pub fn withdrawals(&self) -> Result<Withdrawals, StoreError> {
        either!(self, store => store.withdrawals())
    }

    /// The state of every source that was ever polled.
    pub fn source_states(&self) -> Result<BTreeMap<SourceId, Arc<SourceState>>, StoreError> {
        either!(self, store => store.source_states())
    }

    /// The stamps of all pages, by path.
    pub fn stamps(&self) -> Result<HashMap<String, Stamp>, StoreError> {
        either!(self, store => store.stamps())
    }

    /// What was last remembered under a name.
    pub fn recall(&self, memo: Memo) -> Result<Option<Vec<u8>>, StoreError> {
        either!(self, store => store.recall(memo))
    }

    /// The number of the last change, and word of every later one.
    pub fn latest(&self) -> watch::Receiver<u64> {
        either!(self, store => store.latest())
    }

    /// Commits a batch whole and returns when it is durable; [`StoreError::Conflict`] where a story of it has changed since
    /// it was read, and then nothing is written.
    pub async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        either!(self, store => store.commit(batch).await)
    }

    /// Stores the states of sources of which nothing else has become known; returns when all are durable.
    pub async fn note(&self, states: Arc<[(SourceId, Arc<SourceState>)]>) -> Result<(), StoreError> {
        either!(self, store => store.note(states).await)
    }

    /// Removes stories, each given with its `seq`, and tells the followers; one that has changed since stays. The names of the
    /// entries stay, and that it was taken down; its sources count as having listed it then.
    pub async fn remove(&self, stories: Vec<(StoryId, u64)>, at: Timestamp) -> Result<(), StoreError> {
        either!(self, store => store.remove(stories, at).await)
    }

    /// Up to `limit` stories that were pruned and have left something, whose ids come after one, in the order of ids.
    pub fn pruned_after(&self, after: Option<StoryId>, limit: usize) -> Result<Vec<StoryId>, StoreError> {
        either!(self, store => store.pruned_after(after, limit))
    }

    /// When the sources of pruned stories listed them last.
    pub fn marks(&self, ids: &[StoryId]) -> Result<HashMap<StoryId, Vec<LastListed>>, StoreError> {
        either!(self, store => store.marks(ids))
    }

    /// Forgets everything that pruned stories have left, but that they were taken down; of those that are stored again, nothing. In small steps that hold up
    /// nobody.
    pub async fn expire(&self, stories: Vec<StoryId>) -> Result<(), StoreError> {
        either!(self, store => store.expire(stories).await)
    }

    /// Remembers something until something else is remembered under its name.
    pub async fn remember(&self, memo: Memo, what: Vec<u8>) -> Result<(), StoreError> {
        either!(self, store => store.remember(memo, what).await)
    }

    /// Whether it takes anything at present: not while its disk is full or broken, or its database does not answer.
    pub fn takes(&self) -> bool {
        either!(self, store => store.takes())
    }

    /// What is to be looked at when it fails.
    pub fn advice(&self) -> &'static str {
        match &self.0 {
            Kind::Embedded(_) => "Look at the disk, whether it is full or broken",
            Kind::Postgres(_) => "Look at the database, whether its server answers and has room",
        }
    }

    /// Whether a story is stored, or was pruned.
    pub fn standing(&self, id: StoryId) -> Result<Standing, StoreError> {
        Ok(self.standings(&[id])?.remove(&id).unwrap_or(Standing::Unknown))
    }

    /// Which of some stories are stored, or were pruned. Of others nothing is known.
    pub fn standings(&self, ids: &[StoryId]) -> Result<HashMap<StoryId, Standing>, StoreError> {
        either!(self, store => store.standings(ids))
    }

    /// Up to `limit` names of entries that come after one, in the order of their keys, each with its story.
    pub fn names_after(&self, after: Option<EntryKey>, limit: usize) -> Result<Vec<(EntryKey, StoryId)>, StoreError> {
        either!(self, store => store.names_after(after, limit))
    }

    /// Notes names of entries whose stories were pruned, where no story of theirs is stored.
    pub async fn bury(&self, names: Vec<Pruned>) -> Result<(), StoreError> {
        either!(self, store => store.bury(names).await)
    }

    /// Forgets names of entries, so that the entries are new when they are seen again.
    pub async fn forget(&self, names: Vec<EntryKey>) -> Result<(), StoreError> {
        either!(self, store => store.forget(names).await)
    }

    /// Keeps a copy beside an embedded store (of a database its administrator has his own), for the day on which it can't be read: `write` is handed where to. It takes the place of the last one
    /// when it is whole. Blocks.
    pub fn keep_copy(&self, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        match &self.0 {
            Kind::Embedded(store) => store.keep_copy(write),
            Kind::Postgres(_) => Ok(()),
        }
    }

    /// The last copy; `None` where there is none.
    pub fn copy(&self) -> io::Result<Option<Box<dyn BufRead + Send>>> {
        match &self.0 {
            Kind::Embedded(store) => store.copy(),
            Kind::Postgres(_) => Ok(None),
        }
    }

    /// What it holds, and what that takes: a word or two, and a number.
    pub fn stats(&self) -> Result<Vec<(&'static str, u64)>, StoreError> {
        either!(self, store => store.stats())
    }

    /// Goes through everything that is stored and counts it; what is wrong is named, and what can't be read is set aside. It takes its time
    /// and holds up nobody.
    pub async fn inspect(&self) -> Result<Vec<Finding>, StoreError> {
        match &self.0 {
            Kind::Embedded(store) => store.inspect().await,
            Kind::Postgres(_) => Ok(Vec::new()),
        }
    }

    /// What was found to be wrong and has not been mended yet, as sentences.
    pub fn unmended(&self) -> Result<Vec<String>, StoreError> {
        match &self.0 {
            Kind::Embedded(store) => store.unmended(),
            Kind::Postgres(_) => Ok(Vec::new()),
        }
    }

    /// Notes that what was wrong has been mended, as far as it can be.
    pub async fn mended(&self) -> Result<(), StoreError> {
        match &self.0 {
            Kind::Embedded(store) => store.mended().await,
            Kind::Postgres(_) => Ok(()),
        }
    }

    /// Remembers stamps of pages that show every change up to a number. Returns them as they stand then: where other processes publish
    /// the same pages, a page has the date of the first that published these bytes.
    pub async fn set_stamps(&self, stamps: Vec<Stamp>, seq: u64) -> Result<Vec<Stamp>, StoreError> {
        match &self.0 {
            Kind::Embedded(store) => store.set_stamps(stamps.clone()).await.map(|()| stamps),
            Kind::Postgres(store) => store.set_stamps(stamps, seq).await,
        }
    }

    /// Asks whether a source may be polled now. A lease ends with the commit of its poll, or when it is given back.
    pub async fn lease(&self, claim: Claim) -> Result<Lease, StoreError> {
        match &self.0 {
            Kind::Embedded(_) => Ok(Lease::Needless),
            Kind::Postgres(store) => store.lease(claim).await,
        }
    }

    /// Gives a lease back without a poll.
    pub async fn release(&self, source: SourceId, fence: u64) -> Result<(), StoreError> {
        match &self.0 {
            Kind::Embedded(_) => Ok(()),
            Kind::Postgres(store) => store.release(source, fence).await,
        }
    }
}

#[cfg(test)]
mod tests;
