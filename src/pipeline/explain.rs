//! Why a stored story is as it is: its topics, its entries, and the stories beside it that are others.

use crate::config::Config;
use crate::edge::store::{Store, StoreError};
use crate::flow::dedupe::{self, Gists, placement};
use crate::flow::merge;
use crate::flow::topic::{Rules, Texts};
use crate::model::{Apart, Known, Member, Refusal, Search, Story, StoryId, Why};
use crate::pipeline::withdraw::withdrawals;

/// The story that an administrator means: by its id, by the address of its page here, or by that of an article.
pub fn find_story(config: &Config, store: &Store, text: &str) -> Result<Option<StoryId>, StoreError> {
    let text = text.trim();
    // An article's address, too, may end in what reads as an id.
    let id = text.rsplit_once("/story/").map_or(text, |(_, id)| id);
    if let Ok(id) = id.trim_end_matches('/').parse() {
        return Ok(Some(id));
    }
    // A source's own parameters make a difference only for its own addresses: the first key that is known is right.
    let plain: &[String] = &[];
    let tracking = config.sources.values().map(|source| source.tracking.as_slice()).filter(|tracking| !tracking.is_empty());
    for tracking in std::iter::once(plain).chain(tracking) {
        if let Some(link) = dedupe::link_key_of(text, tracking)
            && let Some(story) = store.story_of(link)?
        {
            return Ok(Some(story));
        }
    }
    Ok(None)
}

/// Why a story has its topics and its entries, and no others. Blocks.
pub fn explain(config: &Config, rules: &Rules, store: &Store, story: &Story) -> Result<Why, StoreError> {
    let joined = dedupe::joined(story, &|source| config.tracking(source));
    let lead = story.lead(|source| config.rank(source)).source.clone();
    let members = story.entries.iter().zip(joined).map(|(report, joined)| Member {
        source: report.source.clone(),
        joined,
        leads: report.source == lead,
        verdicts: rules.verdicts(Texts::of(report, story.published)),
    });
    Ok(Why { members: members.collect(), apart: apart(config, store, story)? })
}

/// The stories that share words with one, and why they are others.
fn apart(config: &Config, store: &Store, story: &Story) -> Result<Vec<Apart>, StoreError> {
    let lead = story.lead(|source| config.rank(source));
    let (key, _, _) = dedupe::keys(lead, config.tracking(&lead.source));
    let mut known = Known::default();
    store.near(&[Search { key, published: story.published, sketch: dedupe::sketch(story) }], &mut known)?;
    let ids = known.near.remove(&key).unwrap_or_default();
    let withdrawn = withdrawals(store)?;
    let others = ids.iter().filter(|id| **id != story.id && !withdrawn.contains_key(id)).filter_map(|id| known.stories.get(id));
    let rank = |source: &_| config.rank(source);
    let gists = Gists::default();
    let why = |other: &Story| {
        // One whose sources are not configured any more is shown nowhere.
        let title = merge::listed(other, &config.sources, &config.topics)?.title;
        let because = match placement(lead, &gists.of(lead), story.published, other, &gists, &rank) {
            Err(refusal) => refusal,
            Ok(judgement) => Refusal::Late(judgement.reason),
        };
        Some(Apart { id: other.id, title, because })
    };
    Ok(others.filter_map(why).collect())
}
