//! Looks whether an article is there: two requests at the most, each with a turn of its own at the host.

use url::Url;

use crate::edge::fetch::Look;
use crate::flow::schedule;
use crate::model::Source;
use crate::pipeline::Desk;
use crate::pipeline::crew::{Crew, Slot, lock};

impl Crew {
    /// Whether an article is there, asked when its host and the crew have room, and its robots.txt lets us. `None` where that could not be found
    /// out; a host that asked for a rest gets it.
    ///
    /// Asked is for the head alone first, and for the whole where that tells nothing: each has a turn of its own.
    pub(in crate::pipeline) async fn visit(&self, desk: &Desk, source: &Source, url: &Url) -> Option<bool> {
        self.looks(url, |look, slot| self.look_once(look, slot, desk, source, url)).await
    }

    /// Has an article looked at until it is told whether it is there; `None` from a look where it could not be made.
    pub(super) async fn looks<F>(&self, url: &Url, look: impl Fn(Look, Slot) -> F) -> Option<bool>
    where
        F: Future<Output = Option<Option<bool>>>,
    {
        match look(Look::Head, self.slot(url, false).await).await? {
            Some(is_there) => Some(is_there),
            None => look(Look::Whole, self.slot(url, false).await).await?,
        }
    }

    async fn look_once(&self, look: Look, slot: Slot, desk: &Desk, source: &Source, url: &Url) -> Option<Option<bool>> {
        let Slot { host, place, of_all: _room } = slot;
        let now = (desk.clock)();
        if lock(&self.rests).until(url, now).is_some() {
            return None;
        }
        let visit = async {
            let turns = |url: &Url| place.at(self, url);
            let looked = host.look_for(desk, url, &turns, now).await?;
            if !looked.welcome {
                return Ok(None);
            }
            desk.fetcher.is_there(look, url, source.url(), &turns, now).await.map(Some)
        };
        visit.await.unwrap_or_else(|error| {
            tracing::debug!(source = %source.id, %url, %error, "whether an article is there could not be found out");
            let rest = schedule::host_rests(error.trouble, error.retry_after, now);
            // What another host asked for, where a redirect led, binds this one to nothing.
            if let Some(until) = rest.filter(|_| !error.is_elsewhere(url)) {
                lock(&self.rests).put(url, until);
            }
            None
        })
    }
}
