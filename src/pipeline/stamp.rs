//! The dates of pages: since when each has had its bytes, the same on every node and after a restart.

use crate::edge::store::{Store, StoreError};
use crate::model::Site;
use crate::pipeline::Press;

/// Stores the dates of new pages before anybody sees them: where another process published the same bytes, theirs is the date.
pub(super) async fn stamp(store: &Store, press: &mut Press, site: Site) -> (Site, Result<(), StoreError>) {
    let stamps = press.take_stamps();
    if stamps.is_empty() {
        return (site, Ok(()));
    }
    match store.set_stamps(stamps, press.seq()).await {
        Ok(stamps) => (if press.adopt(stamps) { press.site() } else { site }, Ok(())),
        Err(error) => (site, Err(error)),
    }
}
