//! Stories → the ordered list of one feed.
//!
//! The window is a function of the stories alone, never of the clock, so that a feed's bytes change only when its stories do and
//! are equal on every machine: "the last 24 hours" end when the feed's newest story arrived.

mod archive;

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

pub use archive::Archive;

use crate::model::{Content, Credit, Feed, Listed, Listing, Origin, Report, Source, SourceId, Story, StoryId, Topic, TopicRef};

/// A reader who comes once a day misses nothing.
const WINDOW: SignedDuration = SignedDuration::from_hours(24);
/// A feed holds at most this many times its limit, however much arrived.
const MOST_LIMITS: usize = 10;

/// Whether a feed takes a story, judging by the sources that are configured.
pub fn takes(feed: &Feed, story: &Story, sources: &BTreeMap<SourceId, Source>) -> bool {
    let carriers = || story.entries.iter().filter_map(|report| sources.get(&report.source));
    let any = |wanted: &[String], has: &dyn Fn(&Source, &String) -> bool| {
        wanted.is_empty() || carriers().any(|source| wanted.iter().any(|w| has(source, w)))
    };
    carriers().any(|source| !feed.not_sources.contains(&source.id))
        && (feed.sources.is_empty() || carriers().any(|source| feed.sources.contains(&source.id)))
        && any(&feed.places, &|source, place| source.place.as_ref() == Some(place))
        && any(&feed.tags, &|source, tag| source.tags.contains(tag))
        && (feed.topics.is_empty() || feed.topics.iter().any(|topic| story.topics.contains(topic)))
        && !feed.not_topics.iter().any(|topic| story.topics.contains(topic))
}

/// Since when a feed has a story: when the first source came without which it would not take it. `None` where it does not take it.
///
/// Nothing that comes later moves it: a source that joins a story adds to what a feed may choose by, and takes nothing away.
pub fn since(feed: &Feed, story: &Story, sources: &BTreeMap<SourceId, Source>) -> Option<Timestamp> {
    if !takes(feed, story, sources) {
        return None;
    }
    let mut by_time = story.entries.clone();
    by_time.sort_by_key(|report| report.seen);
    let enough = |count: &usize| takes(feed, &Story { entries: by_time[..*count].to_vec(), ..story.clone() }, sources);
    let count = (1..by_time.len()).find(enough).unwrap_or(by_time.len());
    Some(by_time[count - 1].seen)
}

/// The story as it is shown; `None` where none of its sources is configured any more, or has it.
pub fn listed(story: &Story, sources: &BTreeMap<SourceId, Source>, topics: &[Topic]) -> Option<Listed> {
    let is_shown = |report: &&Report| report.gone.is_none() && sources.contains_key(&report.source);
    let carried = Story { entries: story.entries.iter().filter(is_shown).cloned().collect(), ..story.clone() };
    if carried.entries.is_empty() {
        return None;
    }
    let lead = carried.lead(|id| sources.get(id).map_or(0, |source| source.rank));
    let credit = |report: &Report| {
        let source = sources.get(&report.source)?;
        Some(Credit {
            id: source.id.clone(),
            name: source.name.clone(),
            place: source.place.clone(),
            home: source.home.clone(),
            is_feed: matches!(&source.origin, Origin::Feed { url } if *url == source.home),
            feed: report.feed.clone(),
            url: report.url.clone(),
        })
    };
    let also = carried.entries.iter().filter(|r| r.source != lead.source).filter_map(credit).collect();
    let topics = topics.iter().filter(|t| story.topics.contains(&t.id));
    Some(Listed {
        id: story.id,
        title: lead.title.clone(),
        url: lead.url.clone(),
        summary: lead.summary.clone(),
        content: lead.content.clone().filter(|_| sources.get(&lead.source).is_some_and(|s| s.content == Content::Full)),
        image: lead.image.clone().or_else(|| carried.entries.iter().find_map(|r| r.image.clone())),
        authors: lead.authors.clone(),
        published: story.published,
        updated: story.updated,
        topics: topics.map(|t| TopicRef { id: t.id.clone(), title: t.title.clone() }).collect(),
        source: credit(lead)?,
        also,
    })
}

/// The stories that a feed holds or may still come to hold, in its order. It forgets what can't come back into the window.
#[derive(Clone, Debug)]
pub struct Shelf {
    limit: usize,
    /// When each story arrived, by its place in the order.
    rows: BTreeMap<Place, Timestamp>,
    /// Where each story stands.
    places: HashMap<StoryId, Place>,
    newest_arrival: Timestamp,
    /// The foremost place of all stories that were forgotten.
    forgot: Option<Place>,
}

type Place = (Reverse<Timestamp>, StoryId);

impl Shelf {
    /// An empty shelf for a feed of at least `limit` stories.
    pub fn new(limit: usize) -> Self {
        Self { limit, rows: BTreeMap::new(), places: HashMap::new(), newest_arrival: Timestamp::MIN, forgot: None }
    }

    /// Takes up a story, or does nothing if it is there.
    pub fn put(&mut self, story: &Story) {
        let place = (Reverse(story.published), story.id);
        self.rows.insert(place, story.arrived);
        self.places.insert(story.id, place);
        self.newest_arrival = self.newest_arrival.max(story.arrived);
        self.forget();
    }

    /// Lets a story go. Says whether it was there, and whether the shelf is still complete: one that may now lack an older story,
    /// which it has forgotten, has to be filled anew.
    pub fn remove(&mut self, id: StoryId) -> (bool, bool) {
        let Some(place) = self.places.remove(&id) else { return (false, true) };
        self.rows.remove(&place);
        let newest = self.rows.values().max().copied().unwrap_or(Timestamp::MIN);
        // With the newest arrival the day's end moves back, and a story that was forgotten may belong to that day again.
        let earlier = std::mem::replace(&mut self.newest_arrival, newest) > newest;
        let holds = |forgotten: Place| !earlier && self.rows.range(..forgotten).take(self.limit).count() == self.limit;
        (true, self.forgot.is_none_or(holds))
    }

    /// The stories of the feed, newest first: at least `limit`, where there are so many, and all that arrived within a day of
    /// the newest arrival, at most ten times `limit`.
    pub fn window(&self) -> Vec<StoryId> {
        let horizon = self.horizon();
        let inside = self.rows.iter().enumerate().filter(|(i, (_, arrived))| *i < self.limit || **arrived >= horizon);
        inside.map(|(_, ((_, id), _))| *id).take(self.limit * MOST_LIMITS).collect()
    }

    fn horizon(&self) -> Timestamp {
        self.newest_arrival.checked_sub(WINDOW).unwrap_or(Timestamp::MIN)
    }

    /// Forgets the oldest rows that are outside the window and can only get further out.
    fn forget(&mut self) {
        let horizon = self.horizon();
        while self.rows.len() > self.limit {
            match self.rows.last_entry() {
                Some(last) if *last.get() < horizon => {
                    let (place, _) = last.remove_entry();
                    self.places.remove(&place.1);
                    self.forgot = Some(self.forgot.map_or(place, |foremost| foremost.min(place)));
                }
                _ => break,
            }
        }
    }
}

/// What a feed has beyond an earlier version of it: stories that are new or have changed, and what was taken down since.
pub fn news(before: &Listing, now: &Listing) -> Listing {
    let had: HashMap<StoryId, &Arc<Listed>> = before.stories.iter().map(|story| (story.id, story)).collect();
    let is_new = |story: &&Arc<Listed>| had.get(&story.id).is_none_or(|old| !Arc::ptr_eq(old, story) && old != story);
    Listing {
        stories: now.stories.iter().filter(is_new).cloned().collect(),
        withdrawn: now.withdrawn.iter().filter(|gone| !before.withdrawn.contains(gone)).copied().collect(),
        ..now.clone()
    }
}

/// A story as a feed shows it.
pub fn shown(feed: &Feed, story: Arc<Listed>) -> Arc<Listed> {
    match story.image {
        Some(_) if !feed.pictures => Arc::new(Listed { image: None, ..Listed::clone(&story) }),
        _ => story,
    }
}

/// A listing of the stories that a shelf's window names, of which a busy source has no more than its share.
pub fn listing(feed: &Feed, stories: Vec<Arc<Listed>>) -> Listing {
    let (id, title, limit) = (feed.id.clone(), feed.title.clone(), feed.limit);
    let stories = stories.into_iter().map(|story| shown(feed, story)).collect();
    let whole = Listing { id, title, stories, limit, withdrawn: Vec::new(), archive: None };
    match feed.per_source {
        Some(per_ten) => Listing { stories: whole.fair(feed.limit, usize::MAX, per_ten), ..whole },
        None => whole,
    }
}

#[cfg(test)]
mod tests;
