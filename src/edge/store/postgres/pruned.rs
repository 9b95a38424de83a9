//! What pruned stories have left: marks of who listed them when, and that all of it is forgotten one day.

use std::collections::HashMap;
use std::sync::Arc;

use crate::edge::store::postgres::pool::{Failure, Pool, Session, all_bytes, bytes, key, long, longs};
use crate::edge::store::postgres::read::once;
use crate::edge::store::postgres::write::LOCK;
use crate::edge::store::postgres::{Postgres, READ, Shared};
use crate::edge::store::{StoreError, record};
use crate::model::{LastListed, Mark, SourceTag, StoryId};

/// In the order of stories, so that two processes do not wait for each other.
const PUT: &str = "insert into diemtin.marks as old (story, source, listed) \
                   select story, source, max(listed) from unnest($1::bytea[], $2::bigint[], $3::bigint[]) as new (story, source, listed) \
                   group by story, source order by story, source on conflict (story, source) do update set listed = greatest(old.listed, excluded.listed)";
/// Stories that are forgotten in one transaction: some milliseconds, in which nobody else commits stories.
const STEP: usize = 200;

impl Postgres {
    pub(in crate::edge::store) fn pruned_after(&self, after: Option<StoryId>, limit: usize) -> Result<Vec<StoryId>, StoreError> {
        self.read(
            "to read the pruned stories",
            READ,
            move |shared| async move { stories_after(&shared.pool, after, limit).await },
        )
    }

    pub(in crate::edge::store) fn marks(&self, ids: &[StoryId]) -> Result<HashMap<StoryId, Vec<LastListed>>, StoreError> {
        let ids: Arc<[StoryId]> = ids.into();
        self.read("to read the marks of pruned stories", READ, move |shared| {
            let ids = Arc::clone(&ids);
            async move { marks(&shared.pool, &ids).await }
        })
    }

    pub(in crate::edge::store) async fn expire(&self, stories: Vec<StoryId>) -> Result<(), StoreError> {
        let stories = Arc::new(stories);
        let work = move |shared: Arc<Shared>| {
            let stories = Arc::clone(&stories);
            async move { expire(&shared.pool, &stories).await }
        };
        self.write("to forget what was pruned", work).await
    }
}

pub(super) async fn put(session: &Session, marks: &[Mark]) -> Result<(), Failure> {
    if marks.is_empty() {
        return Ok(());
    }
    let stories: Vec<&[u8]> = marks.iter().map(|mark| &mark.story.0[..]).collect();
    let sources: Vec<i64> = marks.iter().map(|mark| i64::from(mark.listed.0.0)).collect();
    let listed: Vec<i64> = marks.iter().map(|mark| i64::from(record::listed(mark.listed.1))).collect();
    session.execute(PUT, &[all_bytes(&stories), longs(&sources), longs(&listed)]).await.map(drop)
}

async fn marks(pool: &Pool, ids: &[StoryId]) -> Result<HashMap<StoryId, Vec<LastListed>>, Failure> {
    let stories: Vec<&[u8]> = ids.iter().map(|id| &id.0[..]).collect();
    // Those of a story that is stored again wait until it is pruned again.
    let query = "select story, source, listed from diemtin.marks m where story = any($1) \
                 and not exists (select 1 from diemtin.stories s where s.id = m.story) order by story, source";
    let mut marks: HashMap<StoryId, Vec<LastListed>> = HashMap::new();
    for row in &once(pool, query, &[all_bytes(&stories)]).await? {
        let [source, listed] = [row.try_get(1)?, row.try_get(2)?].map(|number: i64| u32::try_from(number).unwrap_or(u32::MAX));
        marks.entry(StoryId(key(row, 0)?)).or_default().push((SourceTag(source), record::read_listed(listed)?));
    }
    Ok(marks)
}

/// Stories that have marks and are not stored.
async fn stories_after(pool: &Pool, after: Option<StoryId>, limit: usize) -> Result<Vec<StoryId>, Failure> {
    let after = after.map_or(Vec::new(), |id| id.0.to_vec());
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let query = "select distinct story from diemtin.marks m where story > $1 \
                 and not exists (select 1 from diemtin.stories s where s.id = m.story) order by story limit $2";
    let rows = once(pool, query, &[bytes(&&after[..]), long(&limit)]).await?;
    rows.iter().map(|row| Ok(StoryId(key(row, 0)?))).collect()
}

/// Forgets what stories have left that are not stored, but that they were taken down. Done twice, it does nothing more.
async fn expire(pool: &Pool, ids: &[StoryId]) -> Result<(), Failure> {
    for ids in ids.chunks(STEP) {
        let ids: Vec<&[u8]> = ids.iter().map(|id| &id.0[..]).collect();
        let session = pool.begin().await?;
        // Nobody brings one of them back meanwhile. The last change keeps its number.
        session.one(LOCK, &[]).await?;
        let query = "select id from unnest($1::bytea[]) as gone (id) where not exists (select 1 from diemtin.stories s where s.id = gone.id)";
        let rows = session.rows(query, &[all_bytes(&ids)]).await?;
        let gone: Vec<&[u8]> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
        let gone = [all_bytes(&gone)];
        tokio::try_join!(
            session.execute("delete from diemtin.entries where story = any($1)", &gone),
            session.execute("delete from diemtin.links where story = any($1)", &gone),
            session.execute(
                "delete from diemtin.changes where story = any($1) and seq < (select last from diemtin.sequence)",
                &gone
            ),
            session.execute("delete from diemtin.marks where story = any($1)", &gone),
        )?;
        session.commit().await?;
    }
    Ok(())
}
