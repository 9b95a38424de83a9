//! The last good pages on the disk, so that readers are served also when the service starts and its store can't be opened.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::edge::pages;
use crate::flow::render;
use crate::model::Site;
use crate::pipeline::Live;
use crate::pipeline::blocking::blocking;
use crate::pipeline::live::stopped;

/// How often pages that have changed are kept: after a kill those of the last half minute are missing.
const KEEP_EVERY: Duration = Duration::from_secs(30);

/// The site of an earlier run, as it was kept; one without pages where none is. Blocks.
pub fn kept_site(path: &Path) -> Site {
    let (second, kept) = match pages::kept(path) {
        Ok(Some(kept)) => kept,
        Ok(None) => return Site::default(),
        Err(error) => {
            tracing::error!(file = %path.display(), %error, "the pages that were kept can't be read");
            return Site::default();
        }
    };
    let mut site = Site { kept: Timestamp::from_second(second).ok(), ..Site::default() };
    for page in kept {
        let modified = Timestamp::from_second(page.modified).ok();
        let Some((content_type, modified)) = render::content_type(&page.content_type).zip(modified) else { continue };
        if let Some(sealed) = render::sealed(content_type, page.body, page.encoded, page.hash, modified) {
            site.pages.insert(page.path, Arc::new(sealed));
        }
    }
    tracing::info!(pages = site.pages.len(), "the pages of before are there, should the store not be");
    site
}

/// Keeps the pages now and then, and at the end, where they have changed. What was kept before and can't be replaced stays.
pub(super) async fn keep_pages(mut live: Live) {
    let Some(path) = live.pages.clone() else { return };
    let mut often = tokio::time::interval(KEEP_EVERY);
    often.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (mut last, mut complaint) = (None, String::new());
    loop {
        let ends = tokio::select! {
            _ = often.tick() => false,
            () = stopped(&mut live.stop) => true,
        };
        let site = live.site.load_full();
        let hashes: Vec<String> = site.pages.values().map(|page| page.hash().to_owned()).collect();
        // Pages of before are on the disk already.
        if site.kept.is_none() && !hashes.is_empty() && last.as_ref() != Some(&hashes) {
            let second = (live.desk.borrow().clock)().as_second();
            match keep(path.clone(), second, site).await {
                Ok(left_out) => {
                    if left_out > 0 {
                        tracing::warn!(left_out, "not all pages are kept for a start without the store: there are too many");
                    }
                    (last, complaint) = (Some(hashes), String::new());
                }
                // Said once: what can't be written now can't be written in a minute.
                Err(error) if error.to_string() == complaint => {}
                Err(error) => {
                    complaint = error.to_string();
                    tracing::error!(file = %path.display(), error = complaint, "the pages could not be kept for a start without the store");
                }
            }
        }
        if ends {
            return;
        }
    }
}

async fn keep(path: PathBuf, second: i64, site: Arc<Site>) -> std::io::Result<usize> {
    blocking(move || pages::keep(&path, second, site.pages.iter())).await
}
