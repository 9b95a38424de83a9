//! Our own hub, where several processes share the store: who subscribes, which process calls them, and what the others were asked.

use std::sync::Arc;
use std::time::Duration;

use xxhash_rust::xxh3::xxh3_128;

use crate::edge::store::postgres::lease::millis;
use crate::edge::store::postgres::pool::{Failure, Pool, Session, all_bytes, bytes, long, number, text};
use crate::edge::store::postgres::read::{last, once, readable};
use crate::edge::store::postgres::{Postgres, READ};
use crate::edge::store::{Lead, Memo, StoreError, Subscriptions, record};
use crate::model::Subscriber;

/// Requests that may wait for the process that leads: as many as may wait there for their verification.
const MOST_WAITING: i64 = 1024;
/// Requests that are taken at once: each is at most 32 KiB.
const MOST_TAKEN: i64 = 100;

impl Postgres {
    pub(in crate::edge::store) fn subscribers(&self) -> Result<Vec<Subscriber>, StoreError> {
        self.read("to read the subscriptions to our feeds", READ, |shared| async move {
            let rows = once(&shared.pool, "select subscriber from diemtin.subscribers order by id", &[]).await?;
            let read = |row: &tokio_postgres::Row| Ok(record::read_subscriber(row.try_get(0)?)?);
            Ok(rows.iter().filter_map(|row| readable(read(row)).flatten()).collect())
        })
    }

    pub(in crate::edge::store) async fn set_subscribers(&self, changes: Subscriptions) -> Result<(), StoreError> {
        let changes = Arc::new(changes);
        self.write("to remember who subscribes to our feeds", move |shared| {
            let changes = Arc::clone(&changes);
            async move { set(&shared.pool, &changes).await }
        })
        .await
    }

    pub(in crate::edge::store) async fn lead(&self, held: Option<u64>, lasts: Duration) -> Result<Option<Lead>, StoreError> {
        self.write("to lead our hub", move |shared| async move { lead(&shared.pool, held, lasts).await }).await
    }

    pub(in crate::edge::store) async fn step_down(&self, fence: u64) -> Result<(), StoreError> {
        self.write("to leave our hub to others", move |shared| async move {
            let session = shared.pool.begin().await?;
            session.execute("update diemtin.hub set leased_until = null where fence = $1", &[long(&signed(fence))]).await?;
            session.commit().await
        })
        .await
    }

    pub(in crate::edge::store) async fn pass_on(&self, form: Vec<u8>) -> Result<bool, StoreError> {
        let form: Arc<[u8]> = form.into();
        // Somebody waits for the answer.
        self.write_within(READ, "to pass on a request to our hub", move |shared| {
            let form = Arc::clone(&form);
            async move { pass_on(&shared.pool, &form).await }
        })
        .await
    }

    pub(in crate::edge::store) async fn passed_on(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        self.write("to take what our hub was asked", |shared| async move { take(&shared.pool).await }).await
    }
}

async fn set(pool: &Pool, changes: &Subscriptions) -> Result<(), Failure> {
    let (mut there, mut values, mut gone) = (Vec::new(), Vec::new(), Vec::new());
    for (id, subscriber) in &changes.rows {
        match subscriber {
            Some(subscriber) => {
                there.push(&id.0[..]);
                values.push(record::subscriber(subscriber)?);
            }
            None => gone.push(&id.0[..]),
        }
    }
    let session = pool.begin().await?;
    if let Some(fence) = changes.fence {
        check(&session, fence).await?;
    }
    let put = "insert into diemtin.subscribers (id, subscriber) select * from unnest($1::bytea[], $2::bytea[]) \
               on conflict (id) do update set subscriber = excluded.subscriber";
    session.execute(put, &[all_bytes(&there), all_bytes(&values)]).await?;
    session.execute("delete from diemtin.subscribers where id = any($1)", &[all_bytes(&gone)]).await?;
    if let Some(told) = &changes.told {
        let remember =
            "insert into diemtin.memos (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value";
        session.execute(remember, &[text(&Memo::Told.name()), bytes(&&told[..])]).await?;
    }
    session.commit().await
}

/// Whether the lead is still that of a fence, until the end of the transaction.
async fn check(session: &Session, fence: u64) -> Result<(), Failure> {
    let held = session.rows("select 1 from diemtin.hub where fence = $1 for update", &[long(&signed(fence))]).await?;
    if held.is_empty() { Err(Failure::Fenced) } else { Ok(()) }
}

async fn lead(pool: &Pool, held: Option<u64>, lasts: Duration) -> Result<Option<Lead>, Failure> {
    let session = pool.begin().await?;
    let lasts = millis(lasts);
    let rows = match held {
        // One that ran out and was not taken still holds.
        Some(fence) => {
            let renew =
                "update diemtin.hub set leased_until = now() + $2 * interval '1 millisecond' where fence = $1 returning fence";
            session.rows(renew, &[long(&signed(fence)), long(&lasts)]).await?
        }
        None => {
            let take = "update diemtin.hub set fence = fence + 1, leased_until = now() + $1 * interval '1 millisecond' \
                        where leased_until is null or leased_until <= now() returning fence";
            session.rows(take, &[long(&lasts)]).await?
        }
    };
    let Some(row) = rows.first() else {
        session.roll_back().await;
        return Ok(None);
    };
    let lead = Lead { fence: Some(number(row, 0)?), seq: last(&session).await? };
    session.commit().await?;
    Ok(Some(lead))
}

/// The same request again is one request that comes later.
async fn pass_on(pool: &Pool, form: &[u8]) -> Result<bool, Failure> {
    let id = xxh3_128(form).to_be_bytes();
    let session = pool.begin().await?;
    let insert = "insert into diemtin.requests (id, form, came) select $1, $2, clock_timestamp() \
                  where (select count(*) from diemtin.requests) < $3 on conflict (id) do update set came = excluded.came";
    let passed = session.execute(insert, &[bytes(&&id[..]), bytes(&form), long(&MOST_WAITING)]).await?;
    session.commit().await?;
    Ok(passed > 0)
}

async fn take(pool: &Pool) -> Result<Vec<Vec<u8>>, Failure> {
    let session = pool.begin().await?;
    let query = "select id, form from diemtin.requests order by came, id limit $1 for update skip locked";
    let rows = session.rows(query, &[long(&MOST_TAKEN)]).await?;
    if rows.is_empty() {
        session.roll_back().await;
        return Ok(Vec::new());
    }
    let ids: Vec<&[u8]> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    session.execute("delete from diemtin.requests where id = any($1)", &[all_bytes(&ids)]).await?;
    let forms = rows.iter().map(|row| row.try_get(1)).collect::<Result<_, _>>()?;
    session.commit().await?;
    Ok(forms)
}

fn signed(fence: u64) -> i64 {
    i64::try_from(fence).unwrap_or(i64::MAX)
}
