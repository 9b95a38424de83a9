//! Word that a file has changed, however it was edited: in place, by rename, or by a link that was turned.
//!
//! The file's identity, size and times are looked at twice a second. That costs two system calls, needs no limit of the kernel's
//! to be raised, works on every file system, and sees every kind of edit; a notification service would be quicker by less than
//! anybody notices and can miss some.

use std::path::{Path, PathBuf};
use std::time::Duration;

/// How often the file is looked at. An edit is told after it has stood still for one such time, so within two.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What is looked at; equal values mean an unchanged file. `None` where there is no file.
type Look = Option<(u64, u64, std::time::SystemTime, i64, i64)>;

/// A file that is watched.
pub struct Watch {
    path: PathBuf,
    seen: Look,
}

impl Watch {
    /// Watches a file from now on.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), seen: look(path) }
    }

    /// Waits until the file has changed and then stood still.
    pub async fn changed(&mut self) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let first = look(&self.path);
            if first == self.seen {
                continue;
            }
            let mut last = first;
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                let again = look(&self.path);
                if again == last {
                    break;
                }
                last = again;
            }
            self.seen = last;
            return;
        }
    }
}

fn look(path: &Path) -> Look {
    use std::os::unix::fs::MetadataExt;
    let data = std::fs::metadata(path).ok()?;
    Some((data.ino(), data.len(), data.modified().ok()?, data.ctime(), data.ctime_nsec()))
}
