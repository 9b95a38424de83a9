//! The schema, in numbered steps. A step that was released is never edited: the next one mends it.

use tokio_postgres::error::SqlState;

use crate::edge::store::postgres::pool::{Failure, Pool, long, number};
use crate::edge::store::postgres::withdrawn;

/// The steps, the first one first.
pub(super) const STEPS: [&str; 5] = [
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
    include_str!("schema/0003.sql"),
    include_str!("schema/0004.sql"),
    include_str!("schema/0005.sql"),
];
/// The version that has rows for withdrawals.
const WITHDRAWALS: usize = 2;

/// Where the version of the schema stands, which every step raises by one.
pub(super) const BEGINNING: &str = "create schema if not exists diemtin;
    create table if not exists diemtin.version (only_row boolean primary key default true check (only_row), version bigint not null);
    insert into diemtin.version (version) values (0) on conflict do nothing;";

/// Brings the schema to this program's version: whole or not at all. Of several that try at once, one does it.
pub(super) async fn migrate(pool: &Pool) -> Result<(), Failure> {
    match step_by_step(pool).await {
        // Another process made the same thing a moment earlier: what is left is seen by the next attempt.
        Err(Failure::Refused(why, Some(code))) if is_beaten(&code) => Err(Failure::Lost(why)),
        result => result,
    }
}

fn is_beaten(code: &SqlState) -> bool {
    [SqlState::UNIQUE_VIOLATION, SqlState::DUPLICATE_SCHEMA, SqlState::DUPLICATE_TABLE, SqlState::DUPLICATE_OBJECT].contains(code)
}

async fn step_by_step(pool: &Pool) -> Result<(), Failure> {
    if version(pool).await? == Some(STEPS.len() as u64) {
        return Ok(());
    }
    let session = pool.begin().await?;
    session.run(BEGINNING).await?;
    let row = session.one("select version from diemtin.version for update", &[]).await?;
    let version: usize = number(&row, 0)?.try_into().unwrap_or(usize::MAX);
    let Some(missing) = STEPS.get(version..) else {
        let why = format!("its schema has version {version}, and this program knows {}: run the newer program", STEPS.len());
        return Err(Failure::Refused(why, None));
    };
    for step in missing {
        session.run(step).await?;
    }
    if version < WITHDRAWALS {
        withdrawn::take_over(&session).await?;
    }
    let reached = i64::try_from(STEPS.len()).unwrap_or(i64::MAX);
    session.execute("update diemtin.version set version = $1", &[long(&reached)]).await?;
    session.commit().await
}

/// The version, without changing anything: a process without the right to make tables may use a schema that is there.
async fn version(pool: &Pool) -> Result<Option<u64>, Failure> {
    let session = pool.begin().await?;
    let version = match session.rows("select version from diemtin.version", &[]).await {
        Ok(rows) => rows.first().map(|row| number(row, 0)).transpose()?,
        Err(Failure::Refused(_, Some(code))) if [SqlState::UNDEFINED_TABLE, SqlState::INVALID_SCHEMA_NAME].contains(&code) => {
            None
        }
        Err(failure) => return Err(failure),
    };
    session.roll_back().await;
    Ok(version)
}
