//! What readers get while the disk fails: the whole service on a store, its pages asked for again and again. Feeds are well-formed and lack
//! nothing that they had (I3), and answers are prompt (I4), as long as anybody answers.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};
use diemtin::config;
use diemtin::edge::clock;
use diemtin::pipeline;

use crate::child::shim;
use crate::cluster::newsroom::{Newsroom, now};
use crate::cluster::node::Node;
use crate::errors::CASES;
use crate::full::{self, Mounted};

/// Sources, and articles of each at first.
const SOURCES: usize = 20;
const ARTICLES: usize = 10;
/// How long readers ask while the disk fails.
const FAILS_FOR: Duration = Duration::from_secs(6);
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long everything may take to arrive.
const PATIENCE: Duration = Duration::from_secs(120);
/// Between two questions of a reader.
const PAUSE: Duration = Duration::from_millis(20);

/// A service and what its readers have seen.
struct Stage<'a> {
    newsroom: Newsroom,
    folder: &'a Path,
    env: Vec<(&'static str, String)>,
    /// Ids that the feed has had.
    seen: BTreeSet<String>,
    articles: usize,
    node: Node,
}

/// What readers were told while the disk failed.
#[derive(Default)]
struct Told {
    /// How long answers took, in the order of time: of `/healthz`, and of feeds.
    health: Vec<Duration>,
    feeds: Vec<Duration>,
    unanswered: usize,
}

impl Told {
    fn sentence(mut self) -> String {
        let nothing = match (self.feeds.len(), self.unanswered) {
            (0, _) => return "nobody answered, and nothing wrong was told".to_owned(),
            (_, 0) => String::new(),
            (_, unanswered) => format!(", {unanswered} questions unanswered"),
        };
        let count = self.feeds.len();
        let [health, feeds] = [&mut self.health, &mut self.feeds].map(|times| {
            times.sort_unstable();
            times[(times.len() * 99 / 100).min(times.len() - 1)].as_secs_f64() * 1e3
        });
        format!("{count} feeds whole, p99 {feeds:.0} ms, /healthz {health:.0} ms{nothing}")
    }
}

/// Goes through all errors, or the first so many.
pub fn errors(folder: &Path, most: usize) -> anyhow::Result<()> {
    let library = shim(folder)?.display().to_string();
    for (number, (calls, errno, name)) in CASES.iter().enumerate().take(most) {
        let place = folder.join(format!("case-{number}"));
        std::fs::create_dir_all(place.join("data"))?;
        let (data, flag) = (place.join("data").canonicalize()?, place.join("fails"));
        let env = vec![
            ("LD_PRELOAD", library.clone()),
            ("TORMENT_ROOT", data.display().to_string()),
            ("TORMENT_FAIL", format!("{calls}:{errno}")),
            ("TORMENT_WHILE", flag.display().to_string()),
        ];
        let stage = Stage::open(&place, &data, env)?;
        let told = stage.suffer(&|| Ok(std::fs::write(&flag, "")?), &|| Ok(std::fs::remove_file(&flag)?));
        println!("{calls} fails with {name}: {}", told.with_context(|| format!("{calls} failed with {name}"))?);
    }
    Ok(())
}

/// The same on a disk that is really full. Needs root.
pub fn full(folder: &Path) -> anyhow::Result<()> {
    let disk = folder.join("disk");
    std::fs::create_dir(&disk)?;
    full::run(Command::new("mount").args(["-t", "tmpfs", "-o", full::SIZE, "none"]).arg(&disk))?;
    let _mounted = Mounted(&disk);
    let filler = disk.join("filler");
    let stage = Stage::open(folder, &disk.join("data"), Vec::new())?;
    println!("a full disk: {}", stage.suffer(&|| full::fill(&filler), &|| Ok(std::fs::remove_file(&filler)?))?);
    Ok(())
}

impl<'a> Stage<'a> {
    /// Starts a service, and waits until everything has arrived.
    fn open(folder: &'a Path, data: &Path, env: Vec<(&'static str, String)>) -> anyhow::Result<Self> {
        let newsroom = Newsroom::open(SOURCES, ARTICLES)?;
        let config = folder.join("feeds.toml");
        std::fs::write(&config, newsroom.feeds(&format!("sled:{}", data.display()), "5s", TIMEOUT))?;
        let node = Node::start(folder, &config, "all", 1, &env)?;
        let mut stage = Self { newsroom, folder, env, seen: BTreeSet::new(), articles: ARTICLES, node };
        stage.all_arrive()?;
        Ok(stage)
    }

    /// The disk fails under the running service, and again while it is started.
    fn suffer(mut self, fail: &dyn Fn() -> anyhow::Result<()>, mend: &dyn Fn() -> anyhow::Result<()>) -> anyhow::Result<String> {
        fail()?;
        self.publish();
        let running = self.readers_ask()?;
        mend()?;
        self.all_arrive().context("after the disk was well again")?;
        // Pages are kept twice a minute, and when the service stops.
        self.node.stop()?;
        fail()?;
        self.node = Node::start(self.folder, &self.folder.join("feeds.toml"), "all", 1, &self.env)?;
        self.publish();
        let started = self.readers_ask()?;
        mend()?;
        self.all_arrive().context("after a start on a disk that was well again")?;
        self.node.stop()?;
        Ok(format!("{}; started meanwhile: {}", running.sentence(), started.sentence()))
    }

    fn publish(&mut self) {
        self.articles += 1;
        self.newsroom.publish(self.articles);
    }

    /// Readers ask for a while: whoever is answered gets all that the feed has had.
    fn readers_ask(&mut self) -> anyhow::Result<Told> {
        let (mut told, begun) = (Told::default(), now());
        while begun.elapsed() < FAILS_FOR {
            let asked = now();
            match self.node.get("/healthz") {
                Ok(_) => told.health.push(asked.elapsed()),
                Err(_) => told.unanswered += 1,
            }
            let asked = now();
            match self.node.get("/feeds/moi-nhat.rss") {
                Ok(answer) => {
                    told.feeds.push(asked.elapsed());
                    let ids = ids(&answer)?;
                    let missing = self.seen.difference(&ids).count();
                    ensure!(missing == 0, "{missing} of {} stories are missing from the feed", self.seen.len());
                    self.seen.extend(ids);
                }
                Err(_) => told.unanswered += 1,
            }
            std::thread::sleep(PAUSE);
        }
        Ok(told)
    }

    fn all_arrive(&mut self) -> anyhow::Result<()> {
        let begun = now();
        loop {
            let ids = self.node.get("/feeds/moi-nhat.rss").and_then(|answer| ids(&answer)).unwrap_or_default();
            if ids.len() == SOURCES * self.articles {
                self.seen = ids;
                return Ok(());
            }
            let (log, wanted) = (self.node.end_of_log()?, SOURCES * self.articles);
            ensure!(begun.elapsed() < PATIENCE, "{} of {wanted} stories are there; the log ends so:\n{log}", ids.len());
            std::thread::sleep(PAUSE);
        }
    }
}

/// The ids of a feed, read as any other feed is.
fn ids(answer: &[u8]) -> anyhow::Result<BTreeSet<String>> {
    let place = answer.windows(4).position(|end| end == b"\r\n\r\n").context("an answer without a head")?;
    let (head, body) = (String::from_utf8_lossy(&answer[..place]), &answer[place + 4..]);
    ensure!(head.starts_with("HTTP/1.1 200 "), "the feed is answered with {}", head.lines().next().unwrap_or_default());
    let (config, _) = config::read("feeds.toml", "[source.a]\nurl = \"https://tin.vn/feeds/moi-nhat.rss\"\n", &|_| None)?;
    let source = config.sources.values().next().context("the one source")?;
    let document = pipeline::read(source, body, Some("application/rss+xml; charset=utf-8"), source.url(), clock::now())?;
    Ok(document.entries.into_iter().filter_map(|entry| entry.guid).collect())
}
