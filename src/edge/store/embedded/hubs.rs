//! What is remembered of sources' hubs, and of who subscribes to our feeds.

use std::collections::BTreeMap;

use crate::edge::store::embedded::work::Work;
use crate::edge::store::embedded::{Embedded, codec, failed, legible};
use crate::edge::store::{StoreError, record};
use crate::model::{Push, Slug, SourceId, Subscriber, SubscriberId};

impl Embedded {
    pub(in crate::edge::store) fn pushes(&self) -> Result<BTreeMap<SourceId, Push>, StoreError> {
        let db = self.shared.db()?;
        let rows = db.scan_prefix(codec::PUSHES).map(|row| {
            let (key, value) = row.map_err(failed("to read the subscriptions"))?;
            let id = String::from_utf8_lossy(&key[codec::PUSHES.len()..]).into_owned();
            let id = Slug::new(id).map_err(|e| record::broken(&e.to_string()))?;
            Ok(record::read_push(&value)?.map(|push| (id, push)))
        });
        rows.filter_map(legible).filter_map(Result::transpose).collect()
    }

    pub(in crate::edge::store) fn push(&self, id: &SourceId) -> Result<Option<Push>, StoreError> {
        let value = self.shared.db()?.get(codec::push_key(id)).map_err(failed("to read a subscription"))?;
        Ok(value.map(|value| record::read_push(&value)).transpose()?.flatten())
    }

    pub(in crate::edge::store) fn subscribers(&self) -> Result<Vec<Subscriber>, StoreError> {
        let db = self.shared.db()?;
        let rows = db.scan_prefix(codec::SUBSCRIBERS).map(|row| {
            let (_, value) = row.map_err(failed("to read the subscriptions to our feeds"))?;
            record::read_subscriber(&value)
        });
        rows.filter_map(legible).filter_map(Result::transpose).collect()
    }

    pub(in crate::edge::store) async fn set_pushes(&self, pushes: Vec<(SourceId, Push)>) -> Result<(), StoreError> {
        self.write(Work::Pushes(pushes)).await
    }

    pub(in crate::edge::store) async fn set_subscribers(
        &self,
        rows: Vec<(SubscriberId, Option<Subscriber>)>,
    ) -> Result<(), StoreError> {
        self.write(Work::Subscribers(rows)).await
    }
}
