//! What is remembered of sources' hubs. Several processes may decide about one: a row is replaced only where it is still what was decided on.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio_postgres::Row;

use crate::edge::store::postgres::pool::{Failure, Pool, all_bytes, bytes, long, text, texts};
use crate::edge::store::postgres::read::{once, readable};
use crate::edge::store::postgres::{Postgres, READ};
use crate::edge::store::{StoreError, record};
use crate::model::{Push, Slug, SourceId};

impl Postgres {
    pub(in crate::edge::store) fn pushes(&self) -> Result<BTreeMap<SourceId, Push>, StoreError> {
        self.read("to read the subscriptions", READ, |shared| async move {
            read(&once(&shared.pool, "select source, push from diemtin.pushes", &[]).await?)
        })
    }

    pub(in crate::edge::store) fn hinted(&self) -> Result<BTreeMap<SourceId, Push>, StoreError> {
        self.read("to look for announcements", READ, |shared| async move {
            read(&once(&shared.pool, "select source, push from diemtin.pushes where hinted", &[]).await?)
        })
    }

    pub(in crate::edge::store) fn push(&self, id: &SourceId) -> Result<Option<Push>, StoreError> {
        let id = id.clone();
        let found = self.read("to read a subscription", READ, move |shared| {
            let id = id.clone();
            async move {
                let query = "select source, push from diemtin.pushes where source = $1";
                read(&once(&shared.pool, query, &[text(&id.as_str())]).await?)
            }
        })?;
        Ok(found.into_values().next())
    }

    pub(in crate::edge::store) async fn set_pushes(&self, pushes: Vec<(SourceId, Push)>) -> Result<(), StoreError> {
        let pushes = Arc::new(pushes);
        self.write("to remember subscriptions", move |shared| {
            let pushes = Arc::clone(&pushes);
            async move { set(&shared.pool, &pushes).await }
        })
        .await
    }

    pub(in crate::edge::store) async fn change_push(&self, id: SourceId, before: Push, after: Push) -> Result<(), StoreError> {
        let change = Arc::new((id, before, after));
        self.write("to remember a subscription", move |shared| {
            let change = Arc::clone(&change);
            async move { replace(&shared.pool, &change.0, &change.1, &change.2).await }
        })
        .await
    }
}

fn read(rows: &[Row]) -> Result<BTreeMap<SourceId, Push>, Failure> {
    let push = |row: &Row| {
        let id = Slug::new(row.try_get::<_, &str>(0)?).map_err(|e| Failure::Refused(e.to_string(), None))?;
        Ok(record::read_push(row.try_get(1)?)?.map(|push| (id, push)))
    };
    Ok(rows.iter().filter_map(|row| readable(push(row)).flatten()).collect())
}

/// Remembers this of hubs; what says nothing is forgotten.
async fn set(pool: &Pool, pushes: &[(SourceId, Push)]) -> Result<(), Failure> {
    let (gone, kept): (Vec<_>, Vec<_>) = pushes.iter().partition(|(_, push)| *push == Push::default());
    let gone: Vec<&str> = gone.iter().map(|(id, _)| id.as_str()).collect();
    let ids: Vec<&str> = kept.iter().map(|(id, _)| id.as_str()).collect();
    let values = kept.iter().map(|(_, push)| record::push(push)).collect::<Result<Vec<_>, _>>()?;
    let hinted: Vec<&str> = kept.iter().filter(|(_, push)| push.hinted.is_some()).map(|(id, _)| id.as_str()).collect();
    let session = pool.begin().await?;
    let statement = "insert into diemtin.pushes (source, push, hinted) select source, push, source = any($3) \
                     from unnest($1::text[], $2::bytea[]) as new (source, push) order by source \
                     on conflict (source) do update set push = excluded.push, hinted = excluded.hinted";
    session.execute(statement, &[texts(&ids), all_bytes(&values), texts(&hinted)]).await?;
    session.execute("delete from diemtin.pushes where source = any($1)", &[texts(&gone)]).await?;
    session.commit().await
}

/// The row is there before it is looked at, so that two who find nothing wait for each other.
async fn replace(pool: &Pool, id: &SourceId, before: &Push, after: &Push) -> Result<(), Failure> {
    let (nothing, new) = (record::push(&Push::default())?, record::push(after)?);
    let session = pool.begin().await?;
    let insert = "insert into diemtin.pushes (source, push) values ($1, $2) on conflict do nothing";
    session.execute(insert, &[text(&id.as_str()), bytes(&&nothing[..])]).await?;
    let row = session.one("select push from diemtin.pushes where source = $1 for update", &[text(&id.as_str())]).await?;
    // What another version wrote, or what is damaged, counts as nothing.
    let stored = record::read_push(row.try_get(0)?).ok().flatten().unwrap_or_default();
    if stored != *before {
        session.roll_back().await;
        return Err(Failure::Conflict);
    }
    if *after == Push::default() {
        session.execute("delete from diemtin.pushes where source = $1", &[text(&id.as_str())]).await?;
    } else {
        let is_hinted = i64::from(after.hinted.is_some());
        let update = "update diemtin.pushes set push = $2, hinted = ($3 = 1) where source = $1";
        session.execute(update, &[text(&id.as_str()), bytes(&&new[..]), long(&is_hinted)]).await?;
    }
    session.commit().await
}
