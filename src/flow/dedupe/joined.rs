//! Why the entries of a story are one story: told from what they say today.

use std::collections::HashMap;

use crate::flow::dedupe::{Gist, canonical, judge};
use crate::model::{Joined, Reason, Report, SourceId, Story};

/// Entries before it that an entry is compared with, to tell which it is like: enough for a reason.
const MOST_COMPARED: usize = 16;

/// Why each entry of a story is part of it, in their order. `tracking` gives a source's parameters that name no article.
pub fn joined<'a>(story: &Story, tracking: &dyn Fn(&SourceId) -> &'a [String]) -> Vec<Joined> {
    let link = |report: &Report| canonical(report.url.as_deref()?, tracking(&report.source));
    let links: Vec<Option<String>> = story.entries.iter().map(link).collect();
    let mut first: HashMap<&str, usize> = HashMap::new();
    for (place, link) in links.iter().enumerate() {
        if let Some(link) = link {
            first.entry(link).or_insert(place);
        }
    }
    let gists: Vec<Gist> = story.entries.iter().map(Gist::of).collect();
    let why = |place: usize| {
        let earlier = &story.entries[..place];
        if earlier.is_empty() {
            return Joined::First;
        }
        if let Some(same) = links[place].as_deref().map(|link| first[link]).filter(|same| *same < place) {
            return Joined::Link(earlier[same].source.clone());
        }
        let alike = |other: usize| {
            let judgement = judge(&gists[place], &gists[other]);
            let Reason::Alike(alike) = judgement.reason else { return None };
            Some((other, alike, judgement.likeness.total()))
        };
        let best = (0..place.min(MOST_COMPARED)).filter_map(alike).max_by(|a, b| a.2.total_cmp(&b.2));
        best.map_or(Joined::Edited, |(other, alike, _)| Joined::Copy(earlier[other].source.clone(), alike))
    };
    (0..story.entries.len()).map(why).collect()
}
