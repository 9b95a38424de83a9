//! Why a stored story is as it is: its topics, its entries, and the stories beside it that are others.

use std::sync::Arc;

use crate::config::Config;
use crate::edge::store::{Store, StoreError};
use crate::flow::dedupe::{self, Gist, placement};
use crate::flow::topic::{Rules, Texts};
use crate::flow::{merge, render};
use crate::model::{Apart, Known, Member, Page, Search, Story, StoryId, Why};
use crate::pipeline::poll::blocking;

/// The story that an administrator means: by its id, by the address of its page here, or by that of an article.
pub fn find_story(config: &Config, store: &Store, text: &str) -> Result<Option<StoryId>, StoreError> {
    let last = text.trim().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    if let Ok(id) = last.parse() {
        return Ok(Some(id));
    }
    // A source's own parameters make a difference only for its own addresses: the first key that is known is right.
    let plain: &[String] = &[];
    let tracking = config.sources.values().map(|source| source.tracking.as_slice()).filter(|tracking| !tracking.is_empty());
    for tracking in std::iter::once(plain).chain(tracking) {
        if let Some(link) = dedupe::link_key_of(text.trim(), tracking)
            && let Some(story) = store.story_of(link)?
        {
            return Ok(Some(story));
        }
    }
    Ok(None)
}

/// Why a story has its topics and its entries. Does not look at other stories.
pub fn explain(config: &Config, rules: &Rules, story: &Story) -> Why {
    let joined = dedupe::joined(story, &|source| config.tracking(source));
    let lead = story.lead(|source| config.rank(source)).source.clone();
    let members = story.entries.iter().zip(joined).map(|(report, joined)| Member {
        source: report.source.clone(),
        joined,
        leads: report.source == lead,
        verdicts: rules.verdicts(Texts::of(report, story.published)),
    });
    Why { members: members.collect(), apart: Vec::new() }
}

/// The stories that share words with one, and why they are others. Blocks.
pub fn apart(config: &Config, store: &Store, story: &Story) -> Result<Vec<Apart>, StoreError> {
    let lead = story.lead(|source| config.rank(source));
    let (key, _, _) = dedupe::keys(lead, config.tracking(&lead.source));
    let mut known = Known::default();
    store.near(&[Search { key, published: story.published, bands: dedupe::bands(story) }], &mut known)?;
    let ids = known.near.remove(&key).unwrap_or_default();
    let others = ids.iter().filter(|id| **id != story.id).filter_map(|id| known.stories.get(id));
    let rank = |source: &_| config.rank(source);
    let why = |other: &Story| {
        let because = match placement(lead, &Gist::of(lead), story.published, other, &rank) {
            Err(refusal) => refusal.to_string(),
            Ok(judgement) => format!("{}, but each was a story before that could be seen", judgement.reason),
        };
        Apart { id: other.id, title: other.lead(rank).title.clone(), because }
    };
    Ok(others.map(why).collect())
}

/// The page of a story, `None` where there is none or its sources are not configured any more.
pub async fn story_page(
    config: Arc<Config>,
    rules: Arc<Rules>,
    store: Arc<Store>,
    id: StoryId,
) -> Result<Option<Arc<Page>>, StoreError> {
    blocking(move || {
        let Some(story) = store.story(id)? else { return Ok(None) };
        let Some(listed) = merge::listed(&story, &config.sources, &config.topics) else { return Ok(None) };
        let rendered = render::story(&config.service, &config.topics, &listed, &story, &explain(&config, &rules, &story));
        Ok(Some(Arc::new(render::seal(rendered, story.updated))))
    })
    .await
}
