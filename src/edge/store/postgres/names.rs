//! Names of entries, which outlive their stories: told, taken over from elsewhere, and forgotten.

use std::collections::HashMap;

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::edge::store::Standing;
use crate::edge::store::postgres::pool::{Failure, Pool, all_bytes, bytes, key, long};
use crate::edge::store::postgres::pruned;
use crate::edge::store::postgres::read::once;
use crate::model::{EntryKey, Mark, Pruned, SourceTag, StoryId};

/// A name that is taken over says nothing of the entry's words: seen again, the entry counts as edited, and its story is not there.
const BURY: &str = "insert into diemtin.entries (key, story, print) \
                    select name.key, name.story, 0 from unnest($1::bytea[], $2::bytea[]) as name (key, story) \
                    where not exists (select 1 from diemtin.stories where id = name.story) on conflict (key) do nothing";
const COUNTS: &str = "select (select count(*) from diemtin.stories), (select count(*) from diemtin.entries), \
                      (select count(*) from diemtin.links), (select count(*) from diemtin.marks), (select count(*) from diemtin.sources where state is not null), \
                      (select last from diemtin.sequence)";

/// A database loses nothing without a word: a story that has left names and is not stored was removed.
pub(super) async fn standings(pool: &Pool, ids: &[StoryId]) -> Result<HashMap<StoryId, Standing>, Failure> {
    let ids: Vec<&[u8]> = ids.iter().map(|id| &id.0[..]).collect();
    let ids = [all_bytes(&ids)];
    let session = pool.begin().await?;
    let (stored, named) = tokio::try_join!(
        session.rows("select id from diemtin.stories where id = any($1)", &ids),
        session.rows("select distinct story from diemtin.entries where story = any($1)", &ids),
    )?;
    session.roll_back().await;
    let mut standings = HashMap::new();
    for (rows, standing) in [(named, Standing::Pruned), (stored, Standing::Stored)] {
        for row in &rows {
            standings.insert(StoryId(key(row, 0)?), standing);
        }
    }
    Ok(standings)
}

pub(super) async fn after(pool: &Pool, after: Option<EntryKey>, limit: usize) -> Result<Vec<(EntryKey, StoryId)>, Failure> {
    let after = after.map_or(Vec::new(), |key| key.0.to_vec());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let query = "select key, story from diemtin.entries where key > $1 order by key limit $2";
    let rows = once(pool, query, &[bytes(&&after[..]), long(&limit)]).await?;
    rows.iter().map(|row| Ok((EntryKey(key(row, 0)?), StoryId(key(row, 1)?)))).collect()
}

pub(super) async fn bury(pool: &Pool, names: &[Pruned]) -> Result<(), Failure> {
    let keys: Vec<&[u8]> = names.iter().map(|name| &name.entry.0[..]).collect();
    let stories: Vec<&[u8]> = names.iter().map(|name| &name.story.0[..]).collect();
    let unknown = [(SourceTag::UNKNOWN, Timestamp::UNIX_EPOCH)];
    let marks = names.iter().flat_map(|name| {
        let listed = if name.listed.is_empty() { &unknown[..] } else { &name.listed };
        listed.iter().map(|listed| Mark { story: name.story, listed: *listed })
    });
    let marks: Vec<Mark> = marks.collect();
    let session = pool.begin().await?;
    session.execute(BURY, &[all_bytes(&keys), all_bytes(&stories)]).await?;
    pruned::put(&session, &marks).await?;
    session.commit().await
}

pub(super) async fn forget(pool: &Pool, names: &[EntryKey]) -> Result<(), Failure> {
    let keys: Vec<&[u8]> = names.iter().map(|entry| &entry.0[..]).collect();
    let session = pool.begin().await?;
    session.execute("delete from diemtin.entries where key = any($1)", &[all_bytes(&keys)]).await?;
    session.commit().await
}

pub(super) async fn stats(pool: &Pool) -> Result<Vec<(&'static str, u64)>, Failure> {
    const NAMES: [&str; 6] = ["stories", "names of entries", "links", "marks of pruned stories", "sources", "changes so far"];
    let rows = once(pool, COUNTS, &[]).await?;
    let count = |row: &Row, (place, name)| {
        let count: i64 = row.try_get(place)?;
        Ok((name, u64::try_from(count).unwrap_or(0)))
    };
    rows.iter().flat_map(|row| NAMES.into_iter().enumerate().map(move |named| count(row, named))).collect()
}
