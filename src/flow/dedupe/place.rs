//! Whether an entry belongs to a story as a near copy, and if not, why.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::flow::dedupe::{Gist, Gists, Judgement, canonical, judge};
use crate::model::{NEAR, Refusal, Report, SourceId, Story};

/// Different texts of a story that an entry is compared with beside the leading one, the first that came: hundreds of sources may carry a
/// story, and most of them word for word.
const MOST_COMPARED: usize = 16;

/// Judges whether an entry, published at some time, belongs to a story of other sources: it is like the story's leading entry and like
/// the first, which leads where no source ranks above another, and nothing sets it apart from the others; so a chain of weak likenesses
/// makes no story. `gist` is the entry, prepared.
pub fn placement(
    report: &Report,
    gist: &Gist,
    published: Timestamp,
    story: &Story,
    gists: &Gists,
    rank: &dyn Fn(&SourceId) -> i32,
) -> Result<Judgement, Refusal> {
    if story.entries.iter().any(|member| member.source == report.source) {
        return Err(Refusal::OwnSource);
    }
    if published.duration_since(story.published).abs() > NEAR {
        return Err(Refusal::Time);
    }
    let lead = story.lead(rank);
    let judgement = judge(gist, &gists.of(lead));
    if !judgement.same {
        return Err(Refusal::Lead(judgement.reason));
    }
    let mut known = HashSet::from([(&*lead.title, &*lead.summary)]);
    let others = story.entries.iter().enumerate().filter(|(_, member)| known.insert((&*member.title, &*member.summary)));
    for (place, member) in others.take(MOST_COMPARED) {
        let against = judge(gist, &gists.of(member));
        if against.reason.is_veto() || place == 0 && !against.same {
            return Err(Refusal::Member(member.source.clone(), against.reason));
        }
    }
    if site(report).is_some_and(|own| story.entries.iter().any(|member| site(member) == Some(own.clone())))
        && !judgement.likeness.is_whole()
    {
        return Err(Refusal::OneSite);
    }
    Ok(judgement)
}

/// The host of an article, as it is compared.
fn site(report: &Report) -> Option<String> {
    let link = canonical(report.url.as_deref()?, &[])?;
    Some(link.split(['/', '?']).next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests;
