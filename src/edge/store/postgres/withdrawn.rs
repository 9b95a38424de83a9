//! Stories that are taken down.

use crate::edge::store::postgres::pool::{Failure, Pool, Session, all_bytes, key, text};
use crate::edge::store::postgres::read::once;
use crate::edge::store::record;
use crate::model::{StoryId, Withdrawal, Withdrawals};

const PUT: &str = "insert into diemtin.withdrawals (story, withdrawal) select * from unnest($1::bytea[], $2::bytea[]) \
                   on conflict (story) do update set withdrawal = excluded.withdrawal";

pub(super) async fn all(pool: &Pool) -> Result<Withdrawals, Failure> {
    let rows = once(pool, "select story, withdrawal from diemtin.withdrawals", &[]).await?;
    let read = |row: &tokio_postgres::Row| {
        let story = StoryId(key(row, 0)?);
        Ok((story, record::read_withdrawal(story, row.try_get(1)?)))
    };
    rows.iter().map(read).collect()
}

/// Takes stories down, or puts them back.
pub(super) async fn change(session: &Session, changes: &[(StoryId, Option<Withdrawal>)]) -> Result<(), Failure> {
    let (mut down, mut records, mut back) = (Vec::new(), Vec::new(), Vec::new());
    for (story, withdrawal) in changes {
        match withdrawal {
            Some(withdrawal) => {
                down.push(&story.0[..]);
                records.push(record::withdrawal(withdrawal)?);
            }
            None => back.push(&story.0[..]),
        }
    }
    if !down.is_empty() {
        session.execute(PUT, &[all_bytes(&down), all_bytes(&records)]).await?;
    }
    if !back.is_empty() {
        session.execute("delete from diemtin.withdrawals where story = any($1)", &[all_bytes(&back)]).await?;
    }
    Ok(())
}

/// Moves what earlier versions kept in one memo to rows of their own.
pub(super) async fn take_over(session: &Session) -> Result<(), Failure> {
    let name = [text(&record::OLD_WITHDRAWALS)];
    let rows = session.rows("select value from diemtin.memos where name = $1", &name).await?;
    let Some(row) = rows.first() else { return Ok(()) };
    let old = record::old_withdrawals(row.try_get(0)?)?;
    let changes: Vec<_> = old.into_iter().map(|(story, withdrawal)| (story, Some(withdrawal))).collect();
    change(session, &changes).await?;
    session.execute("delete from diemtin.memos where name = $1", &name).await?;
    Ok(())
}
