//! The place that a fetch has at a host. It moves on with the fetch: a redirect that leads to another host gives the place at the first one
//! back, and waits for a turn at the other like any fetch that begins there.

use std::sync::{Arc, Mutex};

use tokio::sync::OwnedSemaphorePermit;
use url::Url;

use crate::edge::fetch::Turn;
use crate::pipeline::crew::{Crew, Host, lock};

/// A place at the host that is asked.
#[derive(Clone)]
pub struct Place(Arc<Mutex<Option<Held>>>);

struct Held {
    host: Arc<Host>,
    #[expect(dead_code, reason = "held, not used")]
    room: OwnedSemaphorePermit,
}

impl Place {
    pub(super) fn new(host: Arc<Host>, room: OwnedSemaphorePermit) -> Self {
        Self(Arc::new(Mutex::new(Some(Held { host, room }))))
    }

    /// The wait for the turn at an address's host, by the rules of the crew that gave the place; none for who has its place there already.
    pub fn at(&self, crew: &Crew, url: &Url) -> Option<Turn> {
        let is_there = |held: &Held| url.host_str() == Some(&held.host.name);
        if lock(&self.0).as_ref().is_some_and(is_there) {
            return None;
        }
        let (host, place, spacing) = (crew.host(url), self.clone(), crew.spacing);
        Some(Box::pin(async move {
            // Given back before the wait: two hosts that lead to each other would otherwise wait for each other.
            *lock(&place.0) = None;
            let room = host.room().await;
            while !host.begin(spacing) {
                host.wait().await;
            }
            *lock(&place.0) = Some(Held { host, room });
        }))
    }
}
