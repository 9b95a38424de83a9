//! The index of near copies: which stories share bands with an entry, and whether one has come since it was asked.
//!
//! On disk each change of a story has a row with the bands that it adds, in the order of time. In memory are the spans that are asked
//! about, mostly the last ones, so that a search costs the same however many stories the store holds.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::edge::store::{Store, StoreError, codec};
use crate::model::{Band, Known, Search, StoryChange, StoryId, span};

/// Stories that are looked at of one band, the youngest: one that more stories share says little.
const MOST_OF_A_BAND: usize = 32;
/// Stories that are judged for one entry: those that share the most with it, where a band counts the less the more stories have it.
const MOST_CANDIDATES: usize = 8;
/// A band counts one part of the stories that have it. One that shares less with an entry than this is no candidate: it has nothing but
/// a phrase in common that stands everywhere.
const LEAST_SHARED: f64 = 0.08;
/// One that shares this many times less than the best one is none either.
const BESIDE_THE_BEST: f64 = 8.0;
/// Stories in memory, at about 250 bytes each; beyond that the span that was asked for least lately is given up.
const MOST_IN_MEMORY: usize = 500_000;
/// Bands whose last posting the writer remembers. A decision that is older than all of them is taken again.
const MOST_RECENT: usize = 65_536;

impl Store {
    /// Adds to `known` the stories that entries may be near copies of. The cost of an entry depends on its bands alone, not on how many
    /// stories there are.
    pub fn near(&self, searches: &[Search], known: &mut Known) -> Result<(), StoreError> {
        for search in searches {
            let candidates = lock(&self.spans).candidates(search, &self.db)?;
            for id in &candidates {
                self.add_story(known, *id)?;
            }
            known.near.insert(search.key, candidates);
        }
        Ok(())
    }
}

pub(super) fn lock(spans: &Mutex<Spans>) -> MutexGuard<'_, Spans> {
    spans.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The spans in memory.
#[derive(Default)]
pub(super) struct Spans {
    loaded: HashMap<i32, Span>,
    /// How often anything was asked, to know what was not asked for lately.
    asked: u64,
}

/// The stories of one span by their bands.
#[derive(Default)]
struct Span {
    stories: Vec<StoryId>,
    /// The youngest posting of each band.
    youngest: HashMap<Band, u32>,
    postings: Vec<Posting>,
    asked: u64,
}

/// One story under one band, and the posting before it.
struct Posting {
    story: u32,
    older: Option<u32>,
}

impl Spans {
    /// The stories that share the most with what is searched, the likeliest first.
    fn candidates(&mut self, search: &Search, db: &sled::Db) -> Result<Vec<StoryId>, StoreError> {
        let own = span(search.published);
        let around = [own, own.saturating_sub(1), own.saturating_add(1)];
        for span in around {
            self.load(span, db)?;
        }
        self.forget(&around);
        let mut shared: HashMap<StoryId, f64> = HashMap::new();
        for band in &search.bands {
            let mut stories: Vec<StoryId> =
                around.iter().filter_map(|span| self.loaded.get(span)).flat_map(|span| span.of(*band)).collect();
            stories.sort_unstable();
            stories.dedup();
            for id in &stories {
                *shared.entry(*id).or_default() += 1.0 / stories.len() as f64;
            }
        }
        let mut candidates: Vec<(StoryId, f64)> = shared.into_iter().filter(|(_, part)| *part >= LEAST_SHARED).collect();
        candidates.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let least = candidates.first().map_or(0.0, |(_, part)| part / BESIDE_THE_BEST);
        candidates.retain(|(_, part)| *part >= least);
        Ok(candidates.into_iter().take(MOST_CANDIDATES).map(|(id, _)| id).collect())
    }

    fn load(&mut self, span: i32, db: &sled::Db) -> Result<(), StoreError> {
        self.asked += 1;
        if let Some(loaded) = self.loaded.get_mut(&span) {
            loaded.asked = self.asked;
            return Ok(());
        }
        let mut loaded = Span { asked: self.asked, ..Span::default() };
        for row in db.scan_prefix(codec::span_prefix(span)) {
            let (key, value) = row.map_err(StoreError::failed("to look for near copies"))?;
            match codec::read_bands(&key, &value) {
                Ok((story, bands)) => loaded.add(story, &bands),
                Err(error) => tracing::error!(%error, "a record of the store is passed over"),
            }
        }
        self.loaded.insert(span, loaded);
        Ok(())
    }

    /// Gives up spans that are not asked for, while there are too many stories.
    fn forget(&mut self, needed: &[i32]) {
        while self.loaded.values().map(|span| span.stories.len()).sum::<usize>() > MOST_IN_MEMORY {
            let others = self.loaded.iter().filter(|(number, _)| !needed.contains(number));
            let Some(number) = others.min_by_key(|(_, span)| span.asked).map(|(number, _)| *number) else { break };
            self.loaded.remove(&number);
        }
    }

    /// Takes notice of what was committed, where its span is in memory.
    pub fn post(&mut self, in_span: i32, story: StoryId, bands: &[Band]) {
        if let Some(span) = self.loaded.get_mut(&in_span) {
            span.add(story, bands);
        }
    }
}

impl Span {
    fn add(&mut self, story: StoryId, bands: &[Band]) {
        let number = self.stories.len() as u32;
        self.stories.push(story);
        for band in bands {
            let older = self.youngest.insert(*band, self.postings.len() as u32);
            self.postings.push(Posting { story: number, older });
        }
    }

    /// The stories of a band, the youngest first.
    fn of(&self, band: Band) -> impl Iterator<Item = StoryId> {
        let first = self.youngest.get(&band).copied();
        let postings = std::iter::successors(first, |place| self.postings[*place as usize].older);
        postings.take(MOST_OF_A_BAND).map(|place| self.stories[self.postings[place as usize].story as usize])
    }
}

/// The bands that were posted of late, each with the number of the change that did.
pub(super) struct Recent {
    last: HashMap<Band, u64>,
    order: VecDeque<(Band, u64)>,
    /// What was posted up to this number may have been forgotten.
    floor: u64,
}

impl Recent {
    /// Nothing is known of what was posted up to a number; nobody can have read before it.
    pub fn since(floor: u64) -> Self {
        Self { last: HashMap::new(), order: VecDeque::new(), floor }
    }

    /// Whether a story that came after a number shares a band with a new story of these.
    pub fn overtook(&self, stories: &[StoryChange], based_on: u64) -> bool {
        let mut bands = stories.iter().filter(|change| change.story.seq == 0).flat_map(|change| &change.bands);
        based_on < self.floor || bands.any(|band| self.last.get(band).is_some_and(|seq| *seq > based_on))
    }

    /// Remembers what a change posts.
    pub fn post(&mut self, bands: &[Band], seq: u64) {
        for band in bands {
            self.last.insert(*band, seq);
            self.order.push_back((*band, seq));
        }
        while self.order.len() > MOST_RECENT {
            let Some((hash, seq)) = self.order.pop_front() else { break };
            self.floor = self.floor.max(seq);
            if self.last.get(&hash) == Some(&seq) {
                self.last.remove(&hash);
            }
        }
    }
}

#[cfg(test)]
mod tests;
