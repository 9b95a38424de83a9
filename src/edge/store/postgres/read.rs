//! Look-ups. Each is one transaction with few round trips, whatever it asks for.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::edge::store::postgres::pool::{Failure, Parameter, Pool, Session, all_bytes, bytes, key, long, number, text};
use crate::edge::store::{Memo, near, record};
use crate::model::{Change, EntryKey, Known, LinkKey, Lookup, Print, Sketch, Slug, SourceId, SourceState, Stamp, Story, StoryId};

/// Bands of so many changes are read to catch up. Who has missed more reads the spans that it needs.
const MOST_MISSED: usize = 20_000;

pub(super) async fn known(pool: &Pool, lookups: &[Lookup]) -> Result<Known, Failure> {
    let session = pool.begin().await?;
    // First the number, then what there is: what comes between is known too, and only makes the commit more careful.
    let seq = last(&session).await?;
    let mut known = Known { seq, ..Known::default() };
    let keys: Vec<&[u8]> = lookups.iter().map(|lookup| &lookup.key.0[..]).collect();
    let links: Vec<&[u8]> = lookups.iter().filter_map(|lookup| lookup.link.as_ref()).map(|link| &link.0[..]).collect();
    let (keys, links) = ([all_bytes(&keys)], [all_bytes(&links)]);
    let (entries, links) = tokio::try_join!(
        session.rows("select key, story, print from diemtin.entries where key = any($1)", &keys),
        session.rows("select key, story from diemtin.links where key = any($1)", &links),
    )?;
    for row in &entries {
        let print: i64 = row.try_get(2)?;
        known.entries.insert(EntryKey(key(row, 0)?), (StoryId(key(row, 1)?), Print::from_ne_bytes(print.to_ne_bytes())));
    }
    let pair = |row: &Row| Ok((LinkKey(key(row, 0)?), StoryId(key(row, 1)?)));
    let links: HashMap<LinkKey, StoryId> = links.iter().map(pair).collect::<Result<_, Failure>>()?;
    let wanted = wanted(lookups, &mut known, &links);
    known.stories = stories_by_id(&session, &wanted).await?;
    session.roll_back().await;
    Ok(known)
}

/// The stories that decisions may change; of the links, those that matter become known.
fn wanted(lookups: &[Lookup], known: &mut Known, links: &HashMap<LinkKey, StoryId>) -> Vec<StoryId> {
    let mut wanted = HashSet::new();
    for lookup in lookups {
        let entry = known.entries.get(&lookup.key);
        if entry.is_some_and(|(_, print)| *print == lookup.print) {
            continue;
        }
        let linked = lookup.link.and_then(|link| Some((link, *links.get(&link)?)));
        known.links.extend(linked);
        wanted.insert(entry.map(|(story, _)| *story).or(linked.map(|(_, story)| story)).unwrap_or(lookup.begins));
        wanted.extend(linked.map(|(_, story)| story));
    }
    wanted.into_iter().collect()
}

async fn stories_by_id(session: &Session, ids: &[StoryId]) -> Result<HashMap<StoryId, Story>, Failure> {
    let ids: Vec<&[u8]> = ids.iter().map(|id| &id.0[..]).collect();
    let query = "select id, seq, body from diemtin.stories where id = any($1)";
    let rows = if ids.is_empty() { Vec::new() } else { session.rows(query, &[all_bytes(&ids)]).await? };
    rows.iter().map(|row| story(row).map(|story| (story.id, story))).collect()
}

/// A story of a row that has its id, its number and its body.
pub(super) fn story(row: &Row) -> Result<Story, Failure> {
    let body: &[u8] = row.try_get(2)?;
    Ok(Story { seq: number(row, 1)?, ..record::read_story(StoryId(key(row, 0)?), body)? })
}

pub(super) async fn stories(pool: &Pool, ids: &[StoryId]) -> Result<HashMap<StoryId, Story>, Failure> {
    let session = pool.begin().await?;
    let stories = stories_by_id(&session, ids).await?;
    session.roll_back().await;
    Ok(stories)
}

pub(super) async fn story_of(pool: &Pool, link: LinkKey) -> Result<Option<StoryId>, Failure> {
    let query = "select story from diemtin.links where key = $1";
    let rows = once(pool, query, &[bytes(&&link.0[..])]).await?;
    rows.first().map(|row| key(row, 0).map(StoryId)).transpose()
}

pub(super) async fn stories_after(pool: &Pool, after: Option<StoryId>, limit: usize) -> Result<Vec<Story>, Failure> {
    // Ids are sixteen bytes, so nothing comes before none.
    let after = after.as_ref().map_or(&[][..], |id| &id.0);
    let mut stories = Vec::new();
    let (mut after, mut missing) = (after.to_vec(), limit);
    loop {
        let query = "select id, seq, body from diemtin.stories where id > $1 order by id limit $2";
        let rows = once(pool, query, &[bytes(&&after[..]), long(&count(missing))]).await?;
        let Some(last) = rows.last() else { return Ok(stories) };
        after = last.try_get::<_, &[u8]>(0)?.to_vec();
        let is_all = rows.len() < missing;
        for row in &rows {
            stories.extend(readable(story(row)));
        }
        // Those that could not be read leave room for others, so that what comes back empty is the end.
        missing = limit.saturating_sub(stories.len());
        if is_all || missing == 0 {
            return Ok(stories);
        }
    }
}

pub(super) async fn changes_after(pool: &Pool, seq: u64, limit: usize) -> Result<Vec<Change>, Failure> {
    let Ok(seq) = i64::try_from(seq) else { return Ok(Vec::new()) };
    let query = "select c.seq, c.story, s.body from diemtin.changes c left join diemtin.stories s on s.id = c.story and s.seq = c.seq \
                 where c.seq > $1 order by c.seq limit $2";
    let rows = once(pool, query, &[long(&seq), long(&count(limit))]).await?;
    let change = |row: &Row| {
        let (seq, id, body) = (number(row, 0)?, StoryId(key(row, 1)?), row.try_get::<_, Option<&[u8]>>(2)?);
        let story = body.map(|body| record::read_story(id, body)).transpose()?;
        Ok(Change { seq, id, story: story.map(|story| Story { seq, ..story }) })
    };
    rows.iter().map(change).collect()
}

pub(super) async fn source_states(pool: &Pool) -> Result<BTreeMap<SourceId, Arc<SourceState>>, Failure> {
    let rows = once(pool, "select id, state from diemtin.sources where state is not null", &[]).await?;
    let state = |row: &Row| {
        let id = Slug::new(row.try_get::<_, &str>(0)?).map_err(|e| Failure::Refused(e.to_string(), None))?;
        Ok((id, Arc::new(record::read_source(row.try_get(1)?)?)))
    };
    Ok(rows.iter().filter_map(|row| readable(state(row))).collect())
}

pub(super) async fn stamps(pool: &Pool) -> Result<Vec<Stamp>, Failure> {
    once(pool, "select path, hash, modified from diemtin.stamps", &[]).await?.iter().map(stamp).collect()
}

pub(super) fn stamp(row: &Row) -> Result<Stamp, Failure> {
    let modified = Timestamp::from_second(row.try_get(2)?).map_err(|e| Failure::Refused(e.to_string(), None))?;
    Ok(Stamp { path: row.try_get(0)?, hash: row.try_get(1)?, modified })
}

pub(super) async fn recall(pool: &Pool, memo: Memo) -> Result<Option<Vec<u8>>, Failure> {
    let rows = once(pool, "select value from diemtin.memos where name = $1", &[text(&memo.name())]).await?;
    rows.first().map(|row| Ok(row.try_get(0)?)).transpose()
}

/// The number of the last change.
pub(super) async fn latest(pool: &Pool) -> Result<u64, Failure> {
    let session = pool.begin().await?;
    let last = last(&session).await?;
    session.roll_back().await;
    Ok(last)
}

pub(super) async fn last(session: &Session) -> Result<u64, Failure> {
    number(&session.one("select last from diemtin.sequence", &[]).await?, 0)
}

/// What the index of near copies is told: the span, the story and what it is found by.
pub(super) type Posted = (i32, StoryId, Sketch);

/// The sketches that came after a change, and up to which; `None` where those are too many.
pub(super) async fn sketches_after(pool: &Pool, seq: u64) -> Result<Option<(u64, Vec<Posted>)>, Failure> {
    let session = pool.begin().await?;
    let last = last(&session).await?;
    let after = i64::try_from(seq).unwrap_or(i64::MAX);
    // Whatever a database takes for an integer.
    let query = "select span::bigint, story, bands, words from diemtin.bands where seq > $1 order by seq limit $2";
    let rows = session.rows(query, &[long(&after), long(&count(MOST_MISSED))]).await?;
    session.roll_back().await;
    if rows.len() == MOST_MISSED {
        return Ok(None);
    }
    let posted = |row: &Row| {
        let span = i32::try_from(row.try_get::<_, i64>(0)?).map_err(|e| Failure::Refused(e.to_string(), None))?;
        Ok((span, StoryId(key(row, 1)?), near::sketch(row.try_get(2)?, row.try_get(3)?)))
    };
    Ok(Some((last, rows.iter().map(posted).collect::<Result<_, Failure>>()?)))
}

/// The sketches of a span, in the order in which they came.
pub(super) async fn sketches_of(pool: &Pool, span: i32) -> Result<Vec<(StoryId, Sketch)>, Failure> {
    let span = i64::from(span);
    let rows = once(pool, "select story, bands, words from diemtin.bands where span = $1 order by seq", &[long(&span)]).await?;
    rows.iter().map(|row| Ok((StoryId(key(row, 0)?), near::sketch(row.try_get(1)?, row.try_get(2)?)))).collect()
}

/// The rows of one query alone.
pub(super) async fn once(pool: &Pool, query: &str, parameters: &[Parameter<'_>]) -> Result<Vec<Row>, Failure> {
    let session = pool.begin().await?;
    let rows = session.rows(query, parameters).await?;
    session.roll_back().await;
    Ok(rows)
}

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

/// What could be read of a row; what could not is logged.
pub(super) fn readable<T>(row: Result<T, Failure>) -> Option<T> {
    let told = |failure: &Failure| {
        let why = match failure {
            Failure::Lost(why) | Failure::Refused(why, _) => why,
            Failure::Conflict | Failure::Fenced => "it has changed",
        };
        tracing::error!(why, "a record of the store is passed over");
    };
    row.inspect_err(told).ok()
}
