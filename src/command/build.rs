//! `build`: the whole site as plain files, for a web server that knows nothing of us.
//!
//! Each file takes the place of the one before at once, whole; one that says what it said is not touched. What an earlier run wrote and this
//! one does not is removed; other files in the folder are left alone.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::Context;
use jiff::Timestamp;

use crate::command::store::advised;
use crate::command::{Exit, Setup, setup};
use crate::model::{Coding, Page};
use crate::pipeline::whole;

/// The list of what was written, in the folder itself.
const WRITTEN: &str = ".diemtin-files";

/// What `build` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Where the files go.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// Writes the site.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = setup.quiet_config()?;
    let advice = "Stop the service for as long as this takes, or let the web server take the pages from it: they are the same";
    let store = setup.existing_store(&config.store).map_err(|error| advised(error, advice))?;
    let desk = setup.desk(config)?;
    let pages = setup::block_on(async { Ok(whole(&desk, &store).await?) })?;
    let folder = &arguments.folder;
    fs::create_dir_all(folder).with_context(|| format!("can't make the folder {}", folder.display()))?;
    let before = written(folder)?;
    let (mut now, mut changed) = (BTreeSet::new(), 0_usize);
    for (path, page) in &pages {
        let name = file(path, page);
        let packed = page.encoded.iter().map(|(coding, bytes)| (format!("{name}.{}", extension(*coding)), bytes));
        for (name, bytes) in std::iter::once((name.clone(), &page.body)).chain(packed) {
            changed += usize::from(put(&folder.join(&name), bytes, page.modified())?);
            now.insert(name);
        }
    }
    // First the list of both, so that a run which is cut off here forgets nothing.
    let list = |names: BTreeSet<&String>| names.into_iter().map(|name| format!("{name}\n")).collect::<String>();
    put(&folder.join(WRITTEN), list(before.union(&now).collect()).as_bytes(), Timestamp::UNIX_EPOCH)?;
    let mut removed = 0_usize;
    for name in before.difference(&now) {
        match fs::remove_file(folder.join(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("can't remove {name}"));
            }
            _ => removed += 1,
        }
    }
    put(&folder.join(WRITTEN), list(now.iter().collect()).as_bytes(), Timestamp::UNIX_EPOCH)?;
    writeln!(std::io::stdout(), "{} files, {changed} of them new or changed, {removed} removed", now.len())?;
    Ok(Exit::Done)
}

/// What an earlier run wrote. Only names below the folder count.
fn written(folder: &Path) -> anyhow::Result<BTreeSet<String>> {
    let list = match fs::read_to_string(folder.join(WRITTEN)) {
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        read => read.with_context(|| format!("can't read {WRITTEN}"))?,
    };
    let is_below = |name: &&str| Path::new(name).components().all(|part| matches!(part, std::path::Component::Normal(_)));
    Ok(list.lines().filter(is_below).map(str::to_owned).collect())
}

/// The file of a path: a page for people is the `index.html` of its folder, so that its address needs no ending.
fn file(path: &str, page: &Page) -> String {
    let name = path.trim_matches('/');
    match name.rsplit('/').next() {
        Some(last) if last.contains('.') => name.to_owned(),
        _ if page.content_type.starts_with("text/html") => format!("{name}/index.html").trim_start_matches('/').to_owned(),
        _ => name.to_owned(),
    }
}

/// How web servers call a file that was compressed beforehand.
fn extension(coding: Coding) -> &'static str {
    match coding {
        Coding::Gzip => "gz",
        Coding::Brotli => "br",
        Coding::Zstd => "zst",
    }
}

/// Puts a file in its place, if it says something else than what is there; says whether it did. Its date is that of the page.
fn put(path: &Path, bytes: &[u8], modified: Timestamp) -> anyhow::Result<bool> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    let write = || -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new(""));
        fs::create_dir_all(folder)?;
        let mut new = tempfile::Builder::new().prefix(".diemtin-").tempfile_in(folder)?;
        new.write_all(bytes)?;
        readable(new.as_file())?;
        new.as_file()
            .set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(modified.as_second()).unwrap_or(0)))?;
        new.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("can't write {}", path.display()))?;
    Ok(true)
}

/// A temporary file is its owner's alone; a web server must read it.
fn readable(file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_has_its_file() {
        let page = |content_type| Page::new(content_type, bytes::Bytes::new(), Vec::new(), String::new(), Timestamp::UNIX_EPOCH);
        for (path, content_type, name) in [
            ("/", "text/html; charset=utf-8", "index.html"),
            ("/feeds/moi-nhat", "text/html; charset=utf-8", "feeds/moi-nhat/index.html"),
            ("/feeds/moi-nhat.rss", "application/rss+xml", "feeds/moi-nhat.rss"),
            ("/feeds/moi-nhat/2026-11-17.atom", "application/atom+xml", "feeds/moi-nhat/2026-11-17.atom"),
            ("/sidebar/moi-nhat.html", "text/html; charset=utf-8", "sidebar/moi-nhat.html"),
            ("/opml", "text/x-opml", "opml"),
        ] {
            assert_eq!(file(path, &page(content_type)), name);
        }
    }
}
