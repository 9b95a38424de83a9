//! What `[feed.*]` means, and which feeds there are without it.

use std::collections::BTreeSet;

use crate::config::fault::{Wrong, did_you_mean};
use crate::config::gaps::Absence;
use crate::config::raw;
use crate::config::read::{At, Key, Reader};
use crate::config::resolve::Tables;
use crate::config::value::{Count, Id, Text};
use crate::model::{Feed, MOI_NHAT, Slug};

/// Default of `limit`.
const LIMIT: usize = 50;

/// What feeds choose by.
struct Known<'a> {
    topics: BTreeSet<&'a str>,
    sources: BTreeSet<&'a str>,
    places: BTreeSet<&'a str>,
    tags: BTreeSet<&'a str>,
}

/// Every feed: `moi-nhat`, one for each topic, then the others, in the file's order.
pub(super) fn feeds(
    raw: &Tables<raw::Feed>,
    topics: &Tables<raw::Topic>,
    sources: &Tables<raw::Source>,
    reader: &mut Reader<'_>,
) -> Vec<Feed> {
    let readable = || sources.iter().filter_map(|(_, source)| source.as_ref());
    let known = Known {
        topics: topics.iter().map(|(id, _)| id.value.as_str()).collect(),
        sources: sources.iter().map(|(id, _)| id.value.as_str()).collect(),
        places: readable().filter_map(|source| source.place.value()).map(|place| place.0.as_str()).collect(),
        tags: readable().filter_map(|source| source.tags.readable()).flatten().map(|tag| tag.value.0.as_str()).collect(),
    };
    let mut feeds = standing(topics);
    for (id, said) in raw {
        let Some(said) = said else { continue };
        check(said, &known, reader);
        match feeds.iter_mut().find(|feed| feed.id == id.value) {
            Some(feed) => {
                adjust(feed, said);
                warn_of_left_out(feed, said, reader);
            }
            None => {
                let mut feed = new(&id.value, id.value.as_str(), Vec::new());
                adjust(&mut feed, said);
                warn_of_left_out(&feed, said, reader);
                feeds.push(feed);
            }
        }
    }
    check_was(raw, &feeds, reader);
    feeds
}

/// Warns of the topics that a feed both wants and leaves out. A source may well be in both lists: what others carry, too, is then left.
fn warn_of_left_out(feed: &Feed, said: &raw::Feed, reader: &mut Reader<'_>) {
    for At { value: Id(id), span } in
        said.not_topics.readable().into_iter().flatten().filter(|at| feed.topics.contains(&at.value.0))
    {
        let wrong = Wrong::new("the feed is to have this topic, and to leave it out");
        let wanted = said.topics.readable().into_iter().flatten().find(|at| at.value.0 == *id);
        let wrong = wrong.help("so no story comes to it by this topic".to_owned());
        reader.warn(
            span,
            match wanted {
                Some(at) => wrong.also(at.span.clone(), "wanted here"),
                None => wrong,
            },
        );
    }
}

/// An id that a feed had before must lead to that feed alone.
fn check_was(raw: &Tables<raw::Feed>, feeds: &[Feed], reader: &mut Reader<'_>) {
    let mut seen = BTreeSet::new();
    let said = raw.iter().filter_map(|(_, feed)| feed.as_ref());
    for At { value: Id(id), span } in said.filter_map(|feed| feed.was.readable()).flatten() {
        if feeds.iter().any(|feed| feed.id == *id) {
            reader.error(span, Wrong::new("there is a feed with this id").expected("an id that no feed has any more"));
        } else if !seen.insert(id.clone()) {
            reader.error(span, Wrong::new("this id was given to a feed already").expected("each former id once"));
        }
    }
}

/// The feeds that nobody has to ask for.
fn standing(topics: &Tables<raw::Topic>) -> Vec<Feed> {
    let all = Slug::new(MOI_NHAT).expect("a slug");
    let mut feeds = vec![new(&all, "Mới nhất", Vec::new())];
    for (id, topic) in topics.iter().filter(|(id, _)| id.value != all) {
        let title = topic.as_ref().and_then(|topic| topic.title.value());
        feeds.push(new(&id.value, title.map_or(id.value.as_str(), |title| &title.0), vec![id.value.clone()]));
    }
    feeds
}

fn new(id: &Slug, title: &str, topics: Vec<Slug>) -> Feed {
    Feed {
        id: id.clone(),
        title: title.to_owned(),
        limit: LIMIT,
        topics,
        not_topics: Vec::new(),
        sources: Vec::new(),
        not_sources: Vec::new(),
        places: Vec::new(),
        tags: Vec::new(),
        per_source: None,
        pictures: true,
        was: Vec::new(),
    }
}

/// Gives a feed what its table says; its title and topics stay where that says nothing of them.
fn adjust(feed: &mut Feed, raw: &raw::Feed) {
    let ids = |key: &Key<Vec<At<Id>>>| key.value().into_iter().flatten().map(|id| id.value.0.clone()).collect();
    let texts = |key: &Key<Vec<At<Text>>>| key.value().into_iter().flatten().map(|text| text.value.0.clone()).collect();
    if let Some(title) = raw.title.value() {
        feed.title.clone_from(&title.0);
    }
    if !raw.topics.is_absent() {
        feed.topics = ids(&raw.topics);
    }
    feed.limit = raw.limit.or(Count(LIMIT)).0;
    feed.not_topics = ids(&raw.not_topics);
    feed.sources = ids(&raw.sources);
    feed.not_sources = ids(&raw.not_sources);
    feed.places = texts(&raw.places);
    feed.tags = texts(&raw.tags);
    feed.per_source = raw.per_source.value().map(|count| count.0);
    feed.pictures = raw.pictures.or(true);
    feed.was = ids(&raw.was);
}

/// Notes what a feed chooses by and nobody has. A topic or a source is a name that someone gave, so that is an error; a
/// place or a tag is a word that may yet come to be used.
fn check(feed: &raw::Feed, known: &Known<'_>, reader: &mut Reader<'_>) {
    for (what, ids, known) in [
        ("topic", &feed.topics, &known.topics),
        ("topic", &feed.not_topics, &known.topics),
        ("source", &feed.sources, &known.sources),
        ("source", &feed.not_sources, &known.sources),
    ] {
        for At { value: Id(id), span } in ids.readable().into_iter().flatten() {
            if !known.contains(id.as_str()) {
                let help = did_you_mean(id.as_str(), known.iter().copied());
                let wrong = Wrong::new(format!("there is no {what} with this id"));
                reader.error(span, wrong.expected(format!("the id of a {what}")).help(help).absence(Absence::Table));
            }
        }
    }
    for (what, texts, known) in [("place", &feed.places, &known.places), ("tag", &feed.tags, &known.tags)] {
        for At { value: Text(text), span } in texts.readable().into_iter().flatten() {
            if !known.contains(text.as_str()) {
                let help = did_you_mean(text, known.iter().copied());
                let wrong = Wrong::new(format!("no source has this {what}, so the feed finds nothing by it"));
                reader.warn(span, wrong.expected(format!("the {what} of a source")).help(help).absence(Absence::Anything));
            }
        }
    }
}
