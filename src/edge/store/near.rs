//! The index of near copies: which stories share bands with an entry, and whether one has come since it was asked.
//!
//! What is stored is the sketch that each change of a story adds, in the order of time. In memory are the spans that
//! are asked about, mostly the last ones, so that a search costs the same however many stories the store holds.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::edge::store::StoreError;
use crate::edge::store::hashed::{ByHalf, half};
use crate::model::{Band, Search, Sketch, StoryId, span};

/// Stories that are looked at of one band, the youngest: one that more stories share says little.
const MOST_OF_A_BAND: usize = 32;
/// Stories that are judged for one entry: those that share the most with it, where a band counts the less the more stories have it.
const MOST_CANDIDATES: usize = 8;
/// A band counts one part of the stories that have it. One that shares less with an entry than this is no candidate: it has nothing but
/// a phrase in common that stands everywhere.
const LEAST_SHARED: f64 = 0.08;
/// One that shares this many times less than the best one is none either.
const BESIDE_THE_BEST: f64 = 8.0;
/// Stories in memory, at about 400 bytes each; beyond that the span that was asked for least lately is given up.
const MOST_IN_MEMORY: usize = 300_000;

/// The spans in memory, shared by the writer, which adds to them, and by those who search.
#[derive(Default)]
pub(super) struct Index {
    spans: Mutex<Spans>,
    /// Held by the one that reads a span from the disk: the writer need not wait for that.
    loading: Mutex<()>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Index {
    /// Takes notice of what was committed.
    pub fn post(&self, posted: &[(i32, StoryId, Sketch)]) {
        let mut spans = lock(&self.spans);
        posted.iter().for_each(|(span, story, sketch)| spans.post(*span, *story, sketch));
    }

    /// Forgets everything: it is read again when it is asked for.
    pub fn clear(&self) {
        // Not while a span is being read: it would come back without what was not told.
        let _alone = lock(&self.loading);
        *lock(&self.spans) = Spans::default();
    }

    /// The stories that share the most with what is searched, the likeliest first.
    /// `read` hands over what is stored of a span.
    pub fn candidates(
        &self,
        search: &Search,
        read: impl Fn(i32, Take) -> Result<(), StoreError>,
    ) -> Result<Vec<StoryId>, StoreError> {
        let own = span(search.published);
        let around = [own, own.saturating_sub(1), own.saturating_add(1)];
        loop {
            let missing = {
                let mut spans = lock(&self.spans);
                match spans.missing(&around) {
                    None => return Ok(spans.candidates(search, &around)),
                    Some(span) => span,
                }
            };
            self.load(missing, &read)?;
        }
    }

    /// Reads a span. What is committed in the meantime is added to it; what was read and is told again makes no difference.
    fn load(&self, span: i32, read: impl Fn(i32, Take) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let _alone = lock(&self.loading);
        {
            let mut spans = lock(&self.spans);
            if spans.loaded.contains_key(&span) {
                return Ok(());
            }
            spans.awaited = Some((span, Vec::new()));
        }
        let mut loaded = Span::default();
        let read = read(span, &mut |story, sketch| loaded.add(story, sketch));
        let mut spans = lock(&self.spans);
        // Also where it could not be read: nobody waits for what is committed to it then.
        let posted = spans.awaited.take().map(|(_, posted)| posted).unwrap_or_default();
        read?;
        posted.iter().for_each(|(story, sketch)| loaded.add(*story, sketch));
        spans.loaded.insert(span, loaded);
        Ok(())
    }
}

/// What takes a story and what it is found by.
pub(super) type Take<'a> = &'a mut dyn FnMut(StoryId, &Sketch);

/// A story and what it is found by.
type Told = (StoryId, Sketch);

#[derive(Default)]
struct Spans {
    loaded: HashMap<i32, Span>,
    /// The span that is being read, and what was committed to it since that began.
    awaited: Option<(i32, Vec<Told>)>,
    /// How often anything was asked, to know what was not asked for lately.
    asked: u64,
}

/// The stories of one span by their bands.
#[derive(Default)]
struct Span {
    /// As often as they were told, each with where its words end.
    stories: Vec<(StoryId, u32)>,
    /// The words of all sketches, one behind the other.
    words: Vec<u16>,
    /// The youngest posting of each band. Among five million bands one in a thousand meets another so, whose stories share no words with it.
    youngest: ByHalf<Nth>,
    postings: Vec<Posting>,
    asked: u64,
}

/// One of the stories under one band, and the posting before it.
#[derive(Clone, Copy)]
struct Posting {
    story: u32,
    older: Option<Nth>,
}

/// A posting that was found: under which of the bands that are searched, in which of the spans that are looked through, and what was told there.
struct Found {
    band: usize,
    span: usize,
    story: u32,
}

/// The first posting is number one: so a posting takes eight bytes.
type Nth = NonZeroU32;

impl Spans {
    /// The first of these spans that is not in memory.
    fn missing(&mut self, around: &[i32; 3]) -> Option<i32> {
        self.asked += 1;
        for span in around {
            match self.loaded.get_mut(span) {
                Some(loaded) => loaded.asked = self.asked,
                None => return Some(*span),
            }
        }
        self.forget(around);
        None
    }

    /// The stories that share the most with what is searched, the likeliest first.
    fn candidates(&self, search: &Search, around: &[i32; 3]) -> Vec<StoryId> {
        let spans: Vec<&Span> = around.iter().filter_map(|span| self.loaded.get(span)).collect();
        let mut told = told_under(&spans, &search.sketch.bands);
        told.sort_by_key(|(story, ..)| *story);
        let of_one = told.chunk_by(|a, b| a.0 == b.0).map(|of_one| (of_one, of_one.iter().map(|(_, part, _)| part).sum::<f64>()));
        let may_resemble = |of_one: &[(StoryId, f64, &[u16])]| of_one.iter().any(|(.., words)| search.sketch.may_resemble(words));
        let likely = of_one.filter(|(of_one, part)| *part >= LEAST_SHARED && may_resemble(of_one));
        let mut candidates: Vec<(StoryId, f64)> = likely.map(|(of_one, part)| (of_one[0].0, part)).collect();
        candidates.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        let least = candidates.first().map_or(0.0, |(_, part)| part / BESIDE_THE_BEST);
        candidates.retain(|(_, part)| *part >= least);
        candidates.into_iter().take(MOST_CANDIDATES).map(|(story, _)| story).collect()
    }

    /// Gives up spans that are not asked for, while there are too many stories.
    fn forget(&mut self, needed: &[i32]) {
        while self.loaded.values().map(|span| span.stories.len()).sum::<usize>() > MOST_IN_MEMORY {
            let others = self.loaded.iter().filter(|(number, _)| !needed.contains(number));
            let Some(number) = others.min_by_key(|(_, span)| span.asked).map(|(number, _)| *number) else { break };
            self.loaded.remove(&number);
        }
    }

    /// Takes notice of what was committed, where its span is in memory or on the way there.
    fn post(&mut self, in_span: i32, story: StoryId, sketch: &Sketch) {
        match &mut self.awaited {
            Some((span, posted)) if *span == in_span => posted.push((story, sketch.clone())),
            _ => {}
        }
        if let Some(span) = self.loaded.get_mut(&in_span) {
            span.add(story, sketch);
        }
    }
}

impl Span {
    /// Adds what a story is found by; bands that it has already make no difference.
    fn add(&mut self, story: StoryId, sketch: &Sketch) {
        let is_fresh = |band: &Band| !self.stories_of(*band).any(|told| told == story);
        let fresh: Vec<Band> = sketch.bands.iter().copied().filter(is_fresh).collect();
        if fresh.is_empty() {
            return;
        }
        let number = self.stories.len() as u32;
        self.words.extend(&sketch.words);
        self.stories.push((story, self.words.len() as u32));
        for band in fresh {
            let Some(nth) = Nth::new(self.postings.len() as u32 + 1) else { return };
            let older = self.youngest.insert(half(band), nth);
            self.postings.push(Posting { story: number, older });
        }
    }

    /// The stories under a band, the youngest first.
    fn stories_of(&self, band: Band) -> impl Iterator<Item = StoryId> {
        let youngest = self.youngest.get(&half(band)).copied();
        std::iter::successors(youngest, |nth| self.posting(*nth).older)
            .take(MOST_OF_A_BAND)
            .map(|nth| self.told(self.posting(nth).story).0)
    }

    fn posting(&self, nth: Nth) -> &Posting {
        &self.postings[nth.get() as usize - 1]
    }

    /// What was told: a story, and the words that came with it.
    fn told(&self, number: u32) -> (StoryId, &[u16]) {
        let number = number as usize;
        let begin = number.checked_sub(1).map_or(0, |before| self.stories[before].1);
        let (story, end) = self.stories[number];
        (story, &self.words[begin as usize..end as usize])
    }
}

/// What was told of stories under these bands: of each the part of the bands that counts for it, and the words that came with it.
///
/// In tables of this size each look is a wait for memory. So all looks of one kind are taken before those that they lead to: these waits overlap.
fn told_under<'a>(spans: &[&'a Span], bands: &[Band]) -> Vec<(StoryId, f64, &'a [u16])> {
    let mut found = postings(spans, bands);
    let mut under = vec![0_u32; bands.len()];
    found.iter().for_each(|posting| under[posting.band] += 1);
    found.sort_unstable_by_key(|posting| (posting.span, posting.story, posting.band));
    let of_one = found.chunk_by(|a, b| (a.span, a.story) == (b.span, b.story));
    let told = of_one.map(|of_one| {
        let (story, words) = spans[of_one[0].span].told(of_one[0].story);
        (story, of_one.iter().map(|posting| 1.0 / f64::from(under[posting.band])).sum(), words)
    });
    told.collect()
}

/// The postings of these bands, the youngest of each first.
fn postings(spans: &[&Span], bands: &[Band]) -> Vec<Found> {
    let youngest = bands.iter().flat_map(|band| spans.iter().map(|span| span.youngest.get(&half(*band)).copied()));
    let youngest: Vec<Option<Nth>> = youngest.collect();
    let places = (0..bands.len()).flat_map(|band| (0..spans.len()).map(move |span| (band, span)));
    let mut reached: Vec<_> = places.zip(youngest).filter_map(|((band, span), nth)| Some((band, span, nth?))).collect();
    let mut found = Vec::with_capacity(MOST_OF_A_BAND);
    for _ in 0..MOST_OF_A_BAND {
        for (band, span, nth) in std::mem::take(&mut reached) {
            let Posting { story, older } = *spans[span].posting(nth);
            found.push(Found { band, span, story });
            reached.extend(older.map(|older| (band, span, older)));
        }
    }
    found
}

/// A sketch as it is stored: its bands, eight bytes each, and its words, two each.
pub(super) fn bytes(sketch: &Sketch) -> (Vec<u8>, Vec<u8>) {
    let bands = sketch.bands.iter().flat_map(|band| band.to_be_bytes()).collect();
    (bands, sketch.words.iter().flat_map(|word| word.to_be_bytes()).collect())
}

/// The sketch that is stored so.
pub(super) fn sketch(bands: &[u8], words: &[u8]) -> Sketch {
    Sketch {
        bands: bands.as_chunks().0.iter().map(|band| Band::from_be_bytes(*band)).collect(),
        words: words.as_chunks().0.iter().map(|word| u16::from_be_bytes(*word)).collect(),
    }
}

#[cfg(test)]
mod tests;
