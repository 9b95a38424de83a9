//! From arguments to what a command works with: the configuration, the desk, the store. Every failure is a sentence.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use jiff::Timestamp;

use crate::config::{self, Config, Fault};
use crate::edge::store::Store;
use crate::model::{Slug, Source, StoreSettings};
use crate::pipeline::Desk;

/// The largest configuration that is read, in bytes: ten thousand sources take a tenth of it.
const LARGEST_CONFIG: u64 = 32 * 1024 * 1024;

/// Where a command finds the world.
#[derive(Clone, Debug)]
pub struct Setup {
    /// `--config`
    pub path: PathBuf,
    /// An environment variable.
    pub env: fn(&str) -> Option<String>,
    /// The time.
    pub clock: fn() -> Timestamp,
}

impl Setup {
    /// The configuration, and what its administrator should know of it.
    pub fn config(&self) -> anyhow::Result<(Config, Vec<Fault>)> {
        let name = self.path.display().to_string();
        let bytes = read(&self.path).with_context(|| format!("can't read the configuration {name}"))?;
        let text = config::text(&name, bytes)?;
        Ok(config::read(&name, &text, &self.env)?)
    }

    /// The configuration for a command; to whoever has none it is said how to do without.
    pub fn first_config(&self) -> anyhow::Result<(Config, Vec<Fault>)> {
        let is_missing = |error: &anyhow::Error| {
            error.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound)
        };
        self.config().map_err(|error| match is_missing(&error) {
            true => anyhow!("{error:#}; another is named with --config, and `diemtin demo` needs none"),
            false => error,
        })
    }

    /// The configuration alone; its warnings are logged.
    pub fn quiet_config(&self) -> anyhow::Result<Config> {
        let (config, warnings) = self.first_config()?;
        warnings.iter().for_each(|warning| tracing::warn!("{warning}"));
        Ok(config)
    }

    /// What feeds.toml says of the store, whatever faults it has.
    pub fn store_settings(&self) -> anyhow::Result<StoreSettings> {
        Ok(config::store_of(&String::from_utf8_lossy(&read(&self.path)?), &self.env))
    }

    /// A desk for a configuration.
    pub fn desk(&self, config: Config) -> anyhow::Result<Desk> {
        Desk::new(config, self.clock).map_err(|e| anyhow!("can't fetch anything: {e}"))
    }

    /// The store of a configuration.
    pub fn store(&self, settings: &StoreSettings) -> anyhow::Result<Arc<Store>> {
        Ok(Arc::new(match self.folder(settings) {
            Some(folder) => Store::open(&folder)?,
            None => Store::connect(&settings.url)?,
        }))
    }

    /// The store of a configuration, where there is one already. A database is always there.
    pub fn existing_store(&self, settings: &StoreSettings) -> anyhow::Result<Arc<Store>> {
        self.existing_folder(settings)?;
        self.store(settings)
    }

    /// The folder of the store of a configuration, where there is one already; `None` where it is a database.
    pub fn existing_folder(&self, settings: &StoreSettings) -> anyhow::Result<Option<PathBuf>> {
        let folder = self.folder(settings);
        match &folder {
            Some(folder) if !Store::exists(folder) => {
                let (folder, config) = (folder.display(), self.path.display());
                Err(anyhow!("there is no store in {folder} (store.url of {config}); `poll` or `serve` makes one"))
            }
            _ => Ok(folder),
        }
    }

    /// The folder of the store of a configuration; `None` where it is a database.
    pub fn folder(&self, settings: &StoreSettings) -> Option<PathBuf> {
        let folder = settings.url.strip_prefix("sled:")?;
        Some(self.path.parent().unwrap_or(Path::new("")).join(folder))
    }

    /// Where the pages are kept that are served when the store can't be opened: beside it, or beside the configuration.
    pub fn pages(&self, settings: &StoreSettings) -> PathBuf {
        let beside = || self.path.parent().unwrap_or(Path::new("")).to_owned();
        self.folder(settings).unwrap_or_else(beside).join("pages.zst")
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(anyhow!("it is a folder"));
    }
    file.take(LARGEST_CONFIG + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST_CONFIG {
        return Err(anyhow!("it is larger than {LARGEST_CONFIG} bytes"));
    }
    Ok(bytes)
}

/// A source by its id, or the nearest known id.
pub fn find_source<'a>(config: &'a Config, id: &str) -> anyhow::Result<&'a Source> {
    if let Some(source) = config.sources.get(id) {
        return Ok(source);
    }
    let ids = config.sources.keys().map(Slug::as_str);
    Err(anyhow!("feeds.toml has no source {id:?}{}", nearest(id, ids)))
}

/// `; did you mean "…"?`, where something near is known.
pub fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    /// The likeness below which a name would rather puzzle than help.
    const LIKE: f64 = 0.8;
    let scored = known.map(|name| (strsim::jaro_winkler(word, name), name)).filter(|(score, _)| *score >= LIKE);
    let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
    best.map(|(_, name)| format!("; did you mean {name:?}?")).unwrap_or_default()
}

/// Runs a command's work to its end. What still computes or waits for a name server then is not waited for: it has nothing more to
/// say.
pub fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("can't start the runtime")?;
    let result = runtime.block_on(work);
    runtime.shutdown_timeout(Duration::from_secs(1));
    result
}
