//! What is remembered of sources that have a hub: beside their states, in rows of their own, for hubs answer when no poll is under way.

use std::collections::BTreeMap;

use crate::edge::store::{Store, StoreError, codec, readable, write};
use crate::model::{Push, Slug, SourceId};

/// The beginning of the rows' keys.
const PREFIX: &[u8] = b"w";
/// The version of the rows.
const VERSION: u8 = 1;

impl Store {
    /// What is remembered of every source that has, or had, a hub. What another version wrote is passed over: then it is subscribed anew.
    pub fn pushes(&self) -> Result<BTreeMap<SourceId, Push>, StoreError> {
        let rows = self.db.scan_prefix(PREFIX).map(|row| {
            let (key, value) = row.map_err(StoreError::failed("to read the subscriptions"))?;
            let id = String::from_utf8_lossy(&key[PREFIX.len()..]).into_owned();
            let id = Slug::new(id).map_err(|e| StoreError::Failed { doing: "to read the subscriptions", why: e.to_string() })?;
            Ok(read(codec::open(&value)?).map(|push| (id, push)))
        });
        Ok(rows.filter_map(readable).flatten().collect())
    }

    /// What is remembered of one source.
    pub fn push(&self, id: &SourceId) -> Result<Option<Push>, StoreError> {
        let value = self.db.get(key(id)).map_err(StoreError::failed("to read a subscription"))?;
        Ok(value.map(|value| codec::open(&value).map(read)).transpose()?.flatten())
    }

    /// Remembers this of sources from now on; nothing where that is what there is to remember.
    pub async fn set_pushes(&self, pushes: Vec<(SourceId, Push)>) -> Result<(), StoreError> {
        let rows = pushes.into_iter().map(|(id, push)| {
            let row = (push != Push::default()).then(|| codec::encode(&(VERSION, push))).transpose()?;
            Ok((key(&id), row))
        });
        self.write(write::Work::Rows(rows.collect::<Result<_, StoreError>>()?)).await
    }
}

fn key(id: &SourceId) -> Vec<u8> {
    [PREFIX, id.as_str().as_bytes()].concat()
}

fn read(value: &[u8]) -> Option<Push> {
    match value.split_first() {
        Some((&VERSION, push)) => postcard::from_bytes(push).ok(),
        _ => None,
    }
}
