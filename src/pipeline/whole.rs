//! The whole site at once, for a plain web server: every page that has an address without a query.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::edge::store::{Store, StoreError};
use crate::model::{Page, Site};
use crate::pipeline::blocking::blocking;
use crate::pipeline::sheets::story_maker;
use crate::pipeline::stamp::stamp;
use crate::pipeline::{Desk, Press, archive_maker, reclassify};

/// Every page by its path: those that are served, the archives, and the stories that a feed shows.
pub async fn whole(desk: &Desk, store: &Arc<Store>) -> Result<BTreeMap<String, Arc<Page>>, StoreError> {
    reclassify(store, &desk.rules).await?;
    let (reader, config, clock) = (Arc::clone(store), Arc::clone(&desk.config), desk.clock);
    let (mut press, site) = blocking(move || -> Result<_, StoreError> {
        let mut press = Press::new(config, &reader, &Site::default())?;
        press.follow(&reader)?;
        let site = press.print(&reader, clock())?;
        Ok((press, site))
    })
    .await?;
    let (site, stamped) = stamp(store, &mut press, site).await;
    stamped?;
    let mut pages = site.pages;
    let archive = archive_maker(press.archives(), &desk.config, store, desk.clock);
    for path in press.archives().paths(&desk.config) {
        pages.extend(archive(path.clone()).await.map(|page| (path, page)));
    }
    let story = story_maker(desk, store);
    for id in press.shown() {
        pages.extend(story(id).await.map(|page| (crate::flow::render::story_path(id), page)));
    }
    Ok(pages)
}
