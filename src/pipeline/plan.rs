//! What another configuration would change over the stored stories: sources, topics and feeds gained and lost, with examples.
//!
//! Nothing is changed. Every story is looked at once; only what differs is kept, and of that a few examples.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::config::Config;
use crate::edge::store::{Store, StoreError};
use crate::flow::merge;
use crate::flow::topic::{Rules, Texts};
use crate::model::{Occurrence, Slug, Source, SourceId, Story, StoryId, TopicId, Verdict};

/// Stories that are read in one step.
const STEP: usize = 500;
/// Examples of each gain and each loss: the newest.
const EXAMPLES: usize = 3;

/// What would change.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// How many stories there are.
    pub stories: usize,
    /// How many would have other topics or stand in other feeds.
    pub moved: usize,
    /// Sources that would come, go or be another.
    pub sources: BTreeMap<SourceId, SourceChange>,
    /// Topics that would come or go, or that stories would gain or lose.
    pub topics: BTreeMap<TopicId, Shift>,
    /// Feeds that would come or go, or that stories would enter or leave.
    pub feeds: BTreeMap<Slug, Shift>,
}

/// What would become of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceChange {
    /// It is new.
    Added,
    /// It is gone, and with it the stories that only sources carry that are gone.
    Removed {
        /// How many.
        stories: usize,
    },
    /// These of its keys differ.
    Changed(Vec<&'static str>),
}

/// What a topic or feed would gain and lose.
#[derive(Clone, Debug, Default)]
pub struct Shift {
    /// Whether it is new or gone.
    pub existence: Existence,
    /// How many stories it would have.
    pub holds: usize,
    /// Stories that it would gain.
    pub gained: Moves,
    /// Stories that it would lose.
    pub lost: Moves,
}

/// Whether a topic or feed is there before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existence {
    /// Before and after.
    #[default]
    Stays,
    /// Only after.
    Added,
    /// Only before.
    Removed,
}

/// Stories that move.
#[derive(Clone, Debug, Default)]
pub struct Moves {
    /// How many.
    pub count: usize,
    /// The newest.
    pub examples: Vec<Move>,
}

/// A story that moves.
#[derive(Clone, Debug)]
pub struct Move {
    /// The story.
    pub id: StoryId,
    /// Its title.
    pub title: String,
    /// When it was published.
    pub published: Timestamp,
    /// Why; empty where the topics say it.
    pub because: String,
}

/// Compares two configurations over a store. Blocks.
pub fn plan(before: &Config, after: &Config, store: &Store) -> Result<Plan, StoreError> {
    let mut plan = Plan { sources: sources(before, after), ..Plan::default() };
    let (old, new) = (Rules::new(&before.topics), Rules::new(&after.topics));
    let ids = |config: &Config| config.topics.iter().map(|topic| topic.id.clone()).collect();
    plan.topics = shifts(&ids(before), &ids(after));
    let ids = |config: &Config| config.feeds.iter().map(|feed| feed.id.clone()).collect();
    plan.feeds = shifts(&ids(before), &ids(after));
    let mut last = None;
    loop {
        let stories = store.stories_after(last, STEP)?;
        let Some(end) = stories.last() else { break };
        last = Some(end.id);
        stories.iter().for_each(|story| plan.look(story, before, after, [&old, &new]));
    }
    plan.topics.retain(|_, shift| shift.differs());
    plan.feeds.retain(|_, shift| shift.differs());
    Ok(plan)
}

fn shifts(before: &BTreeSet<Slug>, after: &BTreeSet<Slug>) -> BTreeMap<Slug, Shift> {
    let existence = |id| match (before.contains(id), after.contains(id)) {
        (true, false) => Existence::Removed,
        (false, true) => Existence::Added,
        _ => Existence::Stays,
    };
    before.union(after).map(|id| (id.clone(), Shift { existence: existence(id), ..Shift::default() })).collect()
}

impl Plan {
    fn look(&mut self, story: &Story, before: &Config, after: &Config, [old, new]: [&Rules; 2]) {
        self.stories += 1;
        let (had, has) = (old.topics(story), new.topics(story));
        let set = |topics: &[TopicId]| topics.iter().cloned().collect::<BTreeSet<_>>();
        // Their order follows that of the file and moves nothing.
        let mut moves = set(&had) != set(&has);
        for id in set(&had).union(&set(&has)) {
            let Some(shift) = self.topics.get_mut(id) else { continue };
            shift.holds += usize::from(has.contains(id));
            match (had.contains(id), has.contains(id)) {
                (false, true) => shift.gained.note(story, after, gained(story, id, new)),
                (true, false) => shift.lost.note(story, before, lost(story, id, old, new)),
                _ => {}
            }
        }
        let [was, is] =
            [(had, before), (has, after)].map(|(topics, config)| feeds_of(&Story { topics, ..story.clone() }, config));
        moves |= was != is;
        for id in was.union(&is) {
            let Some(shift) = self.feeds.get_mut(id) else { continue };
            shift.holds += usize::from(is.contains(id));
            match (was.contains(id), is.contains(id)) {
                (false, true) => shift.gained.note(story, after, String::new()),
                (true, false) => shift.lost.note(story, before, String::new()),
                _ => {}
            }
        }
        self.moved += usize::from(moves);
        if story.entries.iter().all(|report| !after.sources.contains_key(&report.source)) {
            for report in &story.entries {
                if let Some(SourceChange::Removed { stories }) = self.sources.get_mut(&report.source) {
                    *stories += 1;
                }
            }
        }
    }
}

fn feeds_of(story: &Story, config: &Config) -> BTreeSet<Slug> {
    let takes = |feed: &&crate::model::Feed| merge::takes(feed, story, &config.sources);
    config.feeds.iter().filter(takes).map(|feed| feed.id.clone()).collect()
}

impl Shift {
    fn differs(&self) -> bool {
        self.existence != Existence::Stays || self.gained.count + self.lost.count > 0
    }
}

impl Moves {
    fn note(&mut self, story: &Story, config: &Config, because: String) {
        self.count += 1;
        let title = story.lead(|source| config.rank(source)).title.clone();
        self.examples.push(Move { id: story.id, title, published: story.published, because });
        self.examples.sort_by_key(|example| (std::cmp::Reverse(example.published), example.id));
        self.examples.truncate(EXAMPLES);
    }
}

/// What the rules say of a topic in a story, entry by entry.
fn verdicts<'a>(story: &'a Story, topic: &'a TopicId, rules: &'a Rules) -> impl Iterator<Item = Verdict> + 'a {
    let all = story.entries.iter().flat_map(|report| rules.verdicts(Texts::of(report, story.published)));
    all.filter(move |verdict| verdict.topic == *topic)
}

fn words(occurrence: &Occurrence) -> String {
    format!("“{}” in the {}", occurrence.text, occurrence.field.name())
}

fn gained(story: &Story, topic: &TopicId, new: &Rules) -> String {
    let holding = verdicts(story, topic, new).find(Verdict::holds);
    holding.map(|verdict| once(verdict.matched.iter().map(words)).join(", ")).unwrap_or_default()
}

/// Each text once, in their order: several entries of a story say the same.
fn once(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for text in texts {
        if !once.contains(&text) {
            once.push(text);
        }
    }
    once
}

/// What the new rules have against it; where they say nothing, the words that made it so are no cue any more.
fn lost(story: &Story, topic: &TopicId, old: &Rules, new: &Rules) -> String {
    let against: Vec<String> = verdicts(story, topic, new).flat_map(|verdict| verdict.reasons_against()).collect();
    if !against.is_empty() {
        return once(against.into_iter()).join("; ");
    }
    let words = once(verdicts(story, topic, old).filter(Verdict::holds).flat_map(|v| v.matched).map(|o| words(&o)));
    if words.is_empty() { String::new() } else { format!("{} is no cue any more", words.join(", ")) }
}

fn sources(before: &Config, after: &Config) -> BTreeMap<SourceId, SourceChange> {
    let mut changes = BTreeMap::new();
    for (id, old) in &before.sources {
        match after.sources.get(id) {
            None => drop(changes.insert(id.clone(), SourceChange::Removed { stories: 0 })),
            Some(new) => {
                let keys = differing(old, new);
                if !keys.is_empty() {
                    changes.insert(id.clone(), SourceChange::Changed(keys));
                }
            }
        }
    }
    let added = after.sources.keys().filter(|id| !before.sources.contains_key(*id));
    changes.extend(added.map(|id| (id.clone(), SourceChange::Added)));
    changes
}

/// The keys of feeds.toml in which two sources differ.
fn differing(old: &Source, new: &Source) -> Vec<&'static str> {
    // Each field once, so that a new one is not forgotten. `home` follows from the address.
    let Source {
        id: _,
        name,
        place,
        tags,
        origin,
        home: _,
        every,
        rank,
        enabled,
        push,
        gone,
        headers,
        timezone,
        encoding,
        content,
        tracking,
        link_hosts,
    } = old;
    let keys = [
        ("address", *origin != new.origin),
        ("name", *name != new.name),
        ("place", *place != new.place),
        ("tags", *tags != new.tags),
        ("every", *every != new.every),
        ("rank", *rank != new.rank),
        ("enabled", *enabled != new.enabled),
        ("push", *push != new.push),
        ("gone", *gone != new.gone),
        ("headers", *headers != new.headers),
        ("timezone", *timezone != new.timezone),
        ("encoding", *encoding != new.encoding),
        ("content", *content != new.content),
        ("tracking", *tracking != new.tracking),
        ("link_hosts", *link_hosts != new.link_hosts),
    ];
    keys.into_iter().filter(|(_, differs)| *differs).map(|(key, _)| key).collect()
}
