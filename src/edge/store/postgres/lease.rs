//! Leases of sources and distances of hosts, by the database's clock.

use std::sync::Arc;
use std::time::Duration;

use tokio_postgres::Row;

use crate::edge::store::lease::{Claim, Lease};
use crate::edge::store::postgres::pool::{Failure, Pool, Session, long, number, text};
use crate::edge::store::record;
use crate::model::SourceId;

/// Where the clocks can't say how long to wait: the least wait.
const SOON: Duration = Duration::from_millis(100);

/// Leases a source, if nobody else has it and its host may be asked.
pub(super) async fn lease(pool: &Pool, claim: &Claim) -> Result<Lease, Failure> {
    let session = pool.begin().await?;
    let id = claim.source.as_str();
    // A row that is locked is being leased or committed by somebody else: that is as good as held.
    let free = "select fence, state from diemtin.sources where id = $1 and (leased_until is null or leased_until <= now()) \
                for update skip locked";
    let mut rows = session.rows(free, &[text(&id)]).await?;
    if rows.is_empty() {
        session.execute("insert into diemtin.sources (id) values ($1) on conflict do nothing", &[text(&id)]).await?;
        rows = session.rows(free, &[text(&id)]).await?;
    }
    let Some(row) = rows.first() else {
        let query = "select ceil(extract(epoch from leased_until - now()) * 1000)::bigint from diemtin.sources where id = $1";
        let wait = wait(&session.one(query, &[text(&id)]).await?)?;
        session.roll_back().await;
        return Ok(Lease::Held(wait));
    };
    if let Some(wait) = host_is_busy(&session, claim).await? {
        session.roll_back().await;
        return Ok(Lease::HostBusy(wait));
    }
    let (fence, stored) = (number(row, 0)? + 1, row.try_get::<_, Option<&[u8]>>(1)?);
    let known = claim.known.as_deref().map(record::source).transpose()?;
    let newer = stored.filter(|stored| known.as_deref() != Some(*stored)).map(record::read_source).transpose()?;
    let millis = millis(claim.lasts);
    let statement = "update diemtin.sources set fence = fence + 1, host = $2, origin = $3, \
                     leased_until = now() + $4 * interval '1 millisecond' where id = $1";
    let (host, origin) = (&claim.host[..], &claim.origin[..]);
    session.execute(statement, &[text(&id), text(&host), text(&origin), long(&millis)]).await?;
    session.commit().await?;
    Ok(Lease::Granted { fence, newer: newer.map(Arc::new) })
}

/// How long the host may not be asked, if so; else the next poll there has to keep its distance from this one. The host stays locked
/// until the end of the transaction.
async fn host_is_busy(session: &Session, claim: &Claim) -> Result<Option<Duration>, Failure> {
    let (host, origin) = (&claim.host[..], &claim.origin[..]);
    if claim.heeds_rests {
        let query = "select ceil(extract(epoch from free_from - now()) * 1000)::bigint from diemtin.hosts \
                     where host = $1 and free_from > now()";
        if let Some(row) = session.rows(query, &[text(&origin)]).await?.first() {
            return wait(row).map(Some);
        }
    }
    session
        .execute("insert into diemtin.hosts (host, free_from) values ($1, now()) on conflict do nothing", &[text(&host)])
        .await?;
    // The clock and not the transaction's beginning: the lock may have taken its time.
    let query = "select ceil(extract(epoch from free_from - clock_timestamp()) * 1000)::bigint from diemtin.hosts where host = $1 for update";
    let row = session.one(query, &[text(&host)]).await?;
    if row.try_get::<_, i64>(0)? > 0 {
        return wait(&row).map(Some);
    }
    let query = "select count(*) from diemtin.sources where host = $1 and leased_until > now()";
    let under_way = number(&session.one(query, &[text(&host)]).await?, 0)?;
    if under_way >= claim.per_host as u64 {
        return Ok(Some(claim.spacing.max(SOON)));
    }
    let statement = "update diemtin.hosts set free_from = clock_timestamp() + $2 * interval '1 millisecond' where host = $1";
    session.execute(statement, &[text(&host), long(&millis(claim.spacing))]).await?;
    Ok(None)
}

/// Gives a lease back without a poll.
pub(super) async fn release(pool: &Pool, source: &SourceId, fence: u64) -> Result<(), Failure> {
    let fence = i64::try_from(fence).unwrap_or(i64::MAX);
    let session = pool.begin().await?;
    let statement = "update diemtin.sources set leased_until = null where id = $1 and fence = $2";
    session.execute(statement, &[text(&source.as_str()), long(&fence)]).await?;
    session.commit().await
}

/// A wait of a row in milliseconds, which may be missing or past.
fn wait(row: &Row) -> Result<Duration, Failure> {
    let millis = row.try_get::<_, Option<i64>>(0)?.and_then(|millis| u64::try_from(millis).ok());
    Ok(millis.map_or(SOON, Duration::from_millis).max(SOON))
}

pub(super) fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}
