//! What the store remembers of hubs: of those that announce our sources' news, and of our own. Where several processes share the store, one
//! of them leads our hub, and the others pass on what they are asked.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::edge::store::{Kind, Memo, Store, StoreError};
use crate::model::{Push, SourceId, Subscriber, SubscriberId};

/// The right to call those who subscribe to our feeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lead {
    /// Grows each time that another process leads. What is written with a lesser one is refused; `None` where no other process has the store.
    pub fence: Option<u64>,
    /// The number of the last change when the lead began: who leads has told subscribers of all before, so nothing older is told.
    pub seq: u64,
}

/// What has changed of our own hub.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Subscriptions {
    /// Subscriptions, with `None` such as have ended.
    pub rows: Vec<(SubscriberId, Option<Subscriber>)>,
    /// With which version of our feeds everybody was called last.
    pub told: Option<Vec<u8>>,
    /// The fence of the lead under which that was decided.
    pub fence: Option<u64>,
}

impl Store {
    /// What is remembered of every source that has, or had, a hub. What another version wrote is passed over: then it is subscribed to anew.
    pub fn pushes(&self) -> Result<BTreeMap<SourceId, Push>, StoreError> {
        match &self.0 {
            Kind::Embedded(store) => store.pushes(),
            Kind::Postgres(store) => store.pushes(),
        }
    }

    /// What is remembered of one source's hub.
    pub fn push(&self, id: &SourceId) -> Result<Option<Push>, StoreError> {
        match &self.0 {
            Kind::Embedded(store) => store.push(id),
            Kind::Postgres(store) => store.push(id),
        }
    }

    /// The sources that are to be polled because their hubs have announced something, as another process may have heard.
    pub fn hinted(&self) -> Result<BTreeMap<SourceId, Push>, StoreError> {
        match &self.0 {
            Kind::Embedded(store) => {
                store.pushes().map(|all| all.into_iter().filter(|(_, push)| push.hinted.is_some()).collect())
            }
            Kind::Postgres(store) => store.hinted(),
        }
    }

    /// Remembers this of sources' hubs from now on. Beside the sources' states and not with them: hubs answer when no poll is under way.
    pub async fn set_pushes(&self, pushes: Vec<(SourceId, Push)>) -> Result<(), StoreError> {
        match &self.0 {
            Kind::Embedded(store) => store.set_pushes(pushes).await,
            Kind::Postgres(store) => store.set_pushes(pushes).await,
        }
    }

    /// Replaces what is remembered of a source's hub, if that still is what was decided on; [`StoreError::Conflict`] if it is not.
    pub async fn change_push(&self, id: SourceId, before: Push, after: Push) -> Result<(), StoreError> {
        match &self.0 {
            Kind::Embedded(store) if store.push(&id)?.unwrap_or_default() != before => Err(StoreError::Conflict),
            Kind::Embedded(store) => store.set_pushes(vec![(id, after)]).await,
            Kind::Postgres(store) => store.change_push(id, before, after).await,
        }
    }

    /// Everybody who subscribes to our feeds. What another version wrote is passed over: they will ask again.
    pub fn subscribers(&self) -> Result<Vec<Subscriber>, StoreError> {
        match &self.0 {
            Kind::Embedded(store) => store.subscribers(),
            Kind::Postgres(store) => store.subscribers(),
        }
    }

    /// Remembers what has changed of our hub; [`StoreError::Fenced`] where another process leads it by now.
    pub async fn set_subscribers(&self, changes: Subscriptions) -> Result<(), StoreError> {
        match &self.0 {
            Kind::Embedded(store) => {
                if !changes.rows.is_empty() {
                    store.set_subscribers(changes.rows).await?;
                }
                match changes.told {
                    Some(told) => store.remember(Memo::Told, told).await,
                    None => Ok(()),
                }
            }
            Kind::Postgres(store) => store.set_subscribers(changes).await,
        }
    }

    /// Leads our hub for so long from now, or goes on leading it under the fence `held`; `None` where another process does.
    pub async fn lead(&self, held: Option<u64>, lasts: Duration) -> Result<Option<Lead>, StoreError> {
        match &self.0 {
            Kind::Embedded(_) => Ok(Some(Lead { fence: None, seq: 0 })),
            Kind::Postgres(store) => store.lead(held, lasts).await,
        }
    }

    /// Leaves the lead to whoever wants it.
    pub async fn step_down(&self, fence: u64) -> Result<(), StoreError> {
        match &self.0 {
            Kind::Embedded(_) => Ok(()),
            Kind::Postgres(store) => store.step_down(fence).await,
        }
    }

    /// Passes a request to our hub on to the process that leads it: the form as it came. `false` where too many wait.
    pub async fn pass_on(&self, form: Vec<u8>) -> Result<bool, StoreError> {
        match &self.0 {
            Kind::Embedded(_) => Ok(false),
            Kind::Postgres(store) => store.pass_on(form).await,
        }
    }

    /// Takes the requests that other processes have passed on, in the order in which they came.
    pub async fn passed_on(&self) -> Result<Vec<Vec<u8>>, StoreError> {
        match &self.0 {
            Kind::Embedded(_) => Ok(Vec::new()),
            Kind::Postgres(store) => store.passed_on().await,
        }
    }
}
