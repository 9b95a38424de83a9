//! What earlier versions kept in another form: taken over when a store is opened, once.

use crate::edge::store::embedded::books::{Books, Posting};
use crate::edge::store::embedded::{codec, failed};
use crate::edge::store::{Finding, StoreError, record};

/// All withdrawals stood in one value; each becomes a record of its own.
pub(super) fn take_over(db: &sled::Db, books: &mut Books, findings: &mut Vec<Finding>) -> Result<(), StoreError> {
    let old = codec::old_withdrawals_key();
    let Some(value) = db.get(&old).map_err(failed("to read what is taken down"))? else { return Ok(()) };
    let mut batch = sled::Batch::default();
    match record::open(&value).and_then(record::old_withdrawals) {
        Ok(withdrawals) => {
            for (story, withdrawal) in withdrawals {
                let key = codec::withdrawal_key(story);
                if !db.contains_key(key).map_err(failed("to read what is taken down"))? {
                    books.post(&Posting::plain(&key, true));
                }
                batch.insert(&key, record::withdrawal(&withdrawal)?);
            }
            batch.insert(codec::BOOKS, books.totals()?);
        }
        Err(error) => {
            tracing::error!(%error, "what was taken down can't be read and is set aside");
            findings.push(Finding::Damaged { kind: "withdrawals", count: 1 });
            batch.insert([codec::ASIDE, &old[..]].concat(), value);
        }
    }
    batch.remove(old);
    db.apply_batch(batch).map_err(failed("to take over what is taken down"))?;
    db.flush().map(drop).map_err(failed("to take over what is taken down"))
}
