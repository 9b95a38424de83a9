//! Entries and what is known → new, changed, seen, or the same story as one that another source carries.
//!
//! An entry is named by (source, guid), so that no source can change another's. Entries of several sources are one story when their
//! canonical links are equal, or when they are near copies within 72 hours. The decision depends only on its arguments: taken again
//! on the same ground it is the same.

mod copy;
mod gists;
mod joined;
mod link;
mod name;
mod place;

use std::collections::HashMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::model::{Band, Known, LinkKey, Lookup, Report, Search, Sketch, SourceId, Story, StoryChange, StoryId};

pub use copy::{Gist, Judgement, Likeness, judge};
pub use gists::Gists;
pub use joined::joined;
pub use link::canonical;
pub use name::{Named, keys, link_key_of, name};
pub use place::placement;

/// What a decision depends on beside the entries.
pub struct Ground<'a> {
    /// Whether this is the source's first poll: then what it brings counts as arrived when it was published.
    pub baseline: bool,
    /// Texts that were prepared before.
    pub gists: &'a Gists,
    /// The rank of each source; 0 for one that is not configured.
    pub rank: &'a dyn Fn(&SourceId) -> i32,
    /// The present.
    pub now: Timestamp,
}

/// What became of the entries of one document.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Decision {
    /// The number of the last change that it takes into account.
    pub based_on: u64,
    /// New and changed stories. Their topics are still to be set.
    pub stories: Vec<StoryChange>,
    /// How many entries are new.
    pub new: usize,
    /// When each of these was published, as far as the document says.
    pub new_published: Vec<Option<Timestamp>>,
    /// How many entries have changed.
    pub updated: usize,
    /// How many say what they said before.
    pub seen: usize,
}

/// What to ask the store about named entries.
pub fn lookups(named: &[Named]) -> Vec<Lookup> {
    let lookup = |n: &Named, key| Lookup { key, print: n.print, link: n.link, begins: n.story };
    named.iter().flat_map(|n| n.keys().map(move |key| lookup(n, key))).collect()
}

/// Which near copies to ask the store for: of the entries that it knows neither by name nor by link.
pub fn searches(named: &[Named], known: &Known, gists: &Gists) -> Vec<Search> {
    let is_new = |n: &&Named| {
        // A link may lead to a story that was pruned.
        let linked = n.link.and_then(|link| known.links.get(&link)).is_some_and(|id| known.stories.contains_key(id));
        !n.keys().any(|key| known.entries.contains_key(&key)) && !linked && !known.stories.contains_key(&n.story)
    };
    named
        .iter()
        .filter(is_new)
        .map(|n| Search { key: n.key, published: n.published(), sketch: n.gist(gists).sketch().clone() })
        .collect()
}

/// What a stored story is found by.
pub fn sketch(story: &Story) -> Sketch {
    let mut sketch = Sketch::default();
    story.entries.iter().for_each(|report| sketch.add(Gist::of(report).sketch()));
    sketch
}

/// The texts of a story's entries, prepared, in their order: those of the document at hand are prepared already.
pub fn gists_of(story: &Story, named: &[Named], gists: &Gists) -> Vec<Arc<Gist>> {
    let own = |report: &Report| {
        let mut own = named.iter().filter(|named| named.report.source == report.source);
        own.find(|n| n.report.title == report.title && n.report.summary == report.summary)
    };
    story.entries.iter().map(|report| own(report).map_or_else(|| gists.of(report), |n| Arc::clone(n.gist(gists)))).collect()
}

/// Decides for each entry what it is.
pub fn decide(named: &[Named], known: &Known, ground: &Ground) -> Decision {
    let mut decision = Decision { based_on: known.seq, ..Decision::default() };
    let mut work = Work { known, touched: Vec::new(), places: HashMap::new(), links: HashMap::new() };
    // Documents list the newest first: from the end, what happened first is decided first.
    for (place, entry) in named.iter().enumerate().rev() {
        match entry.keys().find_map(|key| known.entries.get(&key)) {
            Some((_, print)) if *print == entry.print => decision.seen += 1,
            Some((story, _)) => match work.story(*story) {
                Some(change) => {
                    // A link that an edit brings leads nowhere: else one source could lead another's next article into this story.
                    tell(change, entry, ground);
                    decision.updated += 1;
                }
                // The story was pruned; the entry's name outlives it, so that nothing old comes back as new.
                None => decision.seen += 1,
            },
            None => {
                let same = entry.link.and_then(|link| work.links.get(&link).or(known.links.get(&link)).copied());
                let same = same.or(Some(entry.story)).filter(|id| work.has(*id)).or_else(|| work.near(entry, ground));
                match same.and_then(|id| work.story(id)) {
                    Some(change) => {
                        tell(change, entry, ground);
                        change.links.extend(entry.link);
                    }
                    None => work.begin(story(entry, place, ground), entry, ground),
                }
                decision.new += 1;
                decision.new_published.push(entry.report.published);
            }
        }
    }
    decision.stories = work.touched;
    decision
}

/// The stories that this document touches, each once.
struct Work<'a> {
    known: &'a Known,
    touched: Vec<StoryChange>,
    places: HashMap<StoryId, usize>,
    links: HashMap<LinkKey, StoryId>,
}

impl Work<'_> {
    fn has(&self, id: StoryId) -> bool {
        self.see(id).is_some()
    }

    fn see(&self, id: StoryId) -> Option<&Story> {
        self.places.get(&id).map(|&place| &self.touched[place].story).or(self.known.stories.get(&id))
    }

    /// The story that an entry is a near copy of: of several the most alike, then the oldest.
    fn near(&self, entry: &Named, ground: &Ground) -> Option<StoryId> {
        let mut best: Option<(Likeness, &Story)> = None;
        for id in self.known.near.get(&entry.key)? {
            let Some(story) = self.see(*id) else { continue };
            let Ok(judgement) =
                placement(&entry.report, entry.gist(ground.gists), entry.published(), story, ground.gists, ground.rank)
            else {
                continue;
            };
            let likeness = judgement.likeness;
            let better = |(other, old): &(Likeness, &Story)| {
                let order = likeness.total().total_cmp(&other.total());
                order.then_with(|| (old.published, old.id).cmp(&(story.published, story.id))).is_gt()
            };
            if best.as_ref().is_none_or(better) {
                best = Some((likeness, story));
            }
        }
        best.map(|(_, story)| story.id)
    }

    fn story(&mut self, id: StoryId) -> Option<&mut StoryChange> {
        if !self.places.contains_key(&id) {
            let story = self.known.stories.get(&id)?.clone();
            self.push(StoryChange { story, entries: Vec::new(), links: Vec::new(), sketch: Sketch::default() });
        }
        self.places.get(&id).map(|&place| &mut self.touched[place])
    }

    fn begin(&mut self, story: Story, entry: &Named, ground: &Ground) {
        self.links.extend(entry.link.map(|link| (link, story.id)));
        let (entries, links) = (entry.prints().collect(), entry.link.into_iter().collect());
        self.push(StoryChange { story, entries, links, sketch: entry.gist(ground.gists).sketch().clone() });
    }

    fn push(&mut self, change: StoryChange) {
        self.places.insert(change.story.id, self.touched.len());
        self.touched.push(change);
    }
}

/// A new story. Where a document has no dates its order is all that tells what is newer: the first entry was published when it was seen, each
/// further one a second earlier.
fn story(entry: &Named, place: usize, ground: &Ground) -> Story {
    let seconds = SignedDuration::from_secs(i64::try_from(place).unwrap_or(i64::MAX));
    let seen = || ground.now.checked_sub(seconds).unwrap_or(ground.now);
    let published = entry.report.published.map_or_else(seen, |published| published.min(ground.now));
    let arrived = if ground.baseline { published } else { ground.now };
    Story {
        id: entry.story,
        seq: 0,
        published,
        arrived,
        updated: published,
        topics: Vec::new(),
        entries: vec![entry.report.clone()],
    }
}

/// Puts an entry's report into a story: an edit by its owner, or another source's report of the same news. A source has one report
/// in a story; where it publishes an article again under a new guid, the new text counts. Where what the story shows changes,
/// it is updated now.
fn tell(change: &mut StoryChange, entry: &Named, ground: &Ground) {
    let shown = |story: &Story| {
        let lead = story.lead(ground.rank);
        (lead.title.clone(), lead.url.clone(), lead.summary.clone())
    };
    let before = shown(&change.story);
    let report = entry.report.clone();
    let words = |report: &Report| (report.title.clone(), report.summary.clone());
    let old = change.story.entries.iter().find(|old| old.source == report.source);
    if old.is_none_or(|old| words(old) != words(&report)) {
        // Most copies say what the leading one says, and an edit most of what it said before.
        let known = [old, Some(change.story.lead(ground.rank))].map(|report| report.map(|report| ground.gists.of(report)));
        let is_known = |band: &Band| known.iter().flatten().any(|gist| gist.sketch().bands.contains(band));
        let Sketch { bands, words } = entry.gist(ground.gists).sketch();
        let bands: Vec<Band> = bands.iter().copied().filter(|band| !is_known(band)).collect();
        if !bands.is_empty() {
            change.sketch.add(&Sketch { bands, words: words.clone() });
        }
    }
    let old = change.story.entries.iter_mut().find(|old| old.source == report.source);
    match old {
        Some(old) => *old = Report { seen: old.seen, published: report.published.or(old.published), gone: old.gone, ..report },
        None => change.story.entries.push(report),
    }
    if shown(&change.story) != before {
        change.story.updated = ground.now.max(change.story.updated);
    }
    change.entries.extend(entry.prints());
}

#[cfg(test)]
mod tests;
