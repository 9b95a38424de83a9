//! Several processes over one database, and what happens to them: a poller is killed, one sleeps past its leases, connections are cut, the
//! database is restarted. Nothing may be lost, nothing twice, and both web nodes have to serve the same bytes.

pub mod newsroom;
pub mod node;
mod server;

pub use node::run as node;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use diemtin::edge::store::Store;

use newsroom::Newsroom;
use node::Node;
use server::Server;

/// Articles that each source has at first.
const ARTICLES: usize = 20;
/// How often a source is polled once things begin to happen.
const EVERY: Duration = Duration::from_secs(30);
/// A lease lasts three times as long.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How long everything may take to arrive, whatever has happened.
const PATIENCE: Duration = Duration::from_secs(600);
/// Stories that the feed shows: ten times its limit, as long as they have come within a day.
const SHOWN: usize = 500;
/// The time between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// What belongs to one run.
struct Stage {
    server: Server,
    newsroom: Newsroom,
    pollers: [Node; 2],
    webs: [Node; 2],
    store: Store,
    sources: usize,
}

/// Runs it all; `pooled` puts pgbouncer in transaction mode between the processes and the database.
pub fn run(folder: &Path, sources: usize, pooled: bool) -> anyhow::Result<()> {
    let server = Server::start(pooled)?;
    let newsroom = Newsroom::open(sources, ARTICLES)?;
    let config = folder.join("feeds.toml");
    let busy = newsroom.feeds(&server.url, &format!("{}s", EVERY.as_secs()), TIMEOUT);
    std::fs::write(&config, newsroom.feeds(&server.url, "1h", TIMEOUT))?;
    let start = |role: &str, number| Node::start(folder, &config, role, number, &[]);
    let pollers = [start("poll", 1)?, start("poll", 2)?];
    let webs = [start("web", 1)?, start("web", 2)?];
    let store = Store::connect(&server.url)?;
    println!("{sources} sources of {ARTICLES} articles, two pollers, two web nodes, {}", server.what()?);
    let mut stage = Stage { server, newsroom, pollers, webs, store, sources };
    let took = stage.all_arrive(ARTICLES)?;
    let polled: Vec<usize> = stage.pollers.iter().map(|poller| poller.logged("news")).collect::<Result<_, _>>()?;
    println!(
        "the first pass: {} stories after {took:.1} s; the pollers made {} and {} polls",
        sources * ARTICLES,
        polled[0],
        polled[1]
    );
    let not_once = stage.newsroom.fetches().values().filter(|times| times.len() != 1).count();
    ensure!(not_once == 0, "{not_once} sources were not fetched once");
    println!("    each source was fetched once");
    stage.all_show(ARTICLES)?;

    std::fs::write(&config, busy)?;
    let events: [(&str, Event); 5] = [
        ("nothing happens", |_| Ok(None)),
        ("a poller is killed (kill -9)", kill),
        ("a poller sleeps (SIGSTOP) past its leases", sleep),
        ("all connections are cut, twenty times", cut),
        ("the database stops at once and comes back after five seconds", restart),
    ];
    for (nth, (what, happen)) in events.into_iter().enumerate() {
        let articles = ARTICLES + 1 + nth;
        stage.newsroom.forget_fetches();
        stage.newsroom.publish(articles);
        let told = happen(&mut stage)?;
        let took = stage.all_arrive(articles)?;
        println!("{what}: {} stories after {took:.1} s", stage.sources * articles);
        told.iter().for_each(|told| println!("    {told}"));
        if nth == 2 {
            stage.wake()?;
        }
        stage.all_show(articles)?;
        let twice = stage.newsroom.fetched_within(EVERY / 2);
        ensure!(nth > 0 || twice == 0, "{twice} polls were made twice although nothing happened");
        println!("    fetched again before half of fetch.every was over: {twice}");
    }
    stage.end(ARTICLES + events.len())
}

/// Something that happens; what there is to tell of it.
type Event = fn(&mut Stage) -> anyhow::Result<Option<String>>;

fn kill(stage: &mut Stage) -> anyhow::Result<Option<String>> {
    // In the middle of its polls.
    std::thread::sleep(Duration::from_secs(2));
    stage.pollers[0].kill_and_start_again()?;
    Ok(None)
}

fn sleep(stage: &mut Stage) -> anyhow::Result<Option<String>> {
    std::thread::sleep(Duration::from_secs(2));
    stage.pollers[1].signal("STOP")?;
    Ok(None)
}

fn cut(stage: &mut Stage) -> anyhow::Result<Option<String>> {
    for _ in 0..20 {
        stage.server.cut_connections()?;
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(None)
}

fn restart(stage: &mut Stage) -> anyhow::Result<Option<String>> {
    stage.server.control("stop")?;
    std::thread::sleep(Duration::from_secs(5));
    let path = "/feeds/moi-nhat.rss";
    let answered = stage.webs.iter().map(|web| web.get(path)).collect::<Result<Vec<_>, _>>()?;
    ensure!(answered.iter().all(|answer| answer.starts_with(b"HTTP/1.1 200")), "a web node does not answer");
    stage.newsroom.forget_fetches();
    stage.server.control("start")?;
    Ok(Some("the web nodes answered meanwhile".to_owned()))
}

impl Stage {
    /// Waits until so many articles of each source are stored; how long that took, in seconds.
    fn all_arrive(&self, articles: usize) -> anyhow::Result<f64> {
        let wanted = (self.sources * articles) as u64;
        let there = || Ok(self.store.stats()?.iter().any(|(what, count)| *what == "stories" && *count == wanted));
        until(&format!("{wanted} stories are stored"), there)
    }

    /// Waits until both web nodes show the newest articles, in the same bytes under the same tags.
    fn all_show(&self, articles: usize) -> anyhow::Result<()> {
        let newest = format!("/bai-{}.htm", articles - 1);
        let equal = || {
            let pages = self.webs.iter().map(|web| web.get("/feeds/moi-nhat.json")).collect::<Result<Vec<_>, _>>()?;
            let shown = |page: &Vec<u8>| String::from_utf8_lossy(page).matches(&newest).count();
            if !pages.iter().all(|page| shown(page) >= self.sources.min(SHOWN)) {
                return Ok(false);
            }
            for path in ["/feeds/moi-nhat.rss", "/feeds/moi-nhat.atom", "/feeds/moi-nhat.json", "/feeds/moi-nhat", "/", "/opml"] {
                let [one, other] = [self.webs[0].get(path)?, self.webs[1].get(path)?].map(node::undated);
                if one != other {
                    return Ok(false);
                }
            }
            Ok(true)
        };
        let took = until("both web nodes show the newest, and the same", equal)?;
        println!("    both web nodes serve equal bytes, ETags and dates {took:.1} s later");
        Ok(())
    }

    /// Wakes the poller that slept; what it was doing is refused.
    fn wake(&self) -> anyhow::Result<()> {
        let leases = TIMEOUT * 4;
        std::thread::sleep(leases);
        self.pollers[1].signal("CONT")?;
        std::thread::sleep(TIMEOUT);
        let refused = self.pollers[1].logged("another process has polled the source since")?;
        println!("    it slept {} s longer; polls of it that were refused when it woke: {refused}", leases.as_secs());
        Ok(())
    }

    /// Stops the processes and looks at everything that is stored.
    fn end(self, articles: usize) -> anyhow::Result<()> {
        for mut node in self.pollers.into_iter().chain(self.webs) {
            node.stop()?;
        }
        let mut of_source: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let mut after = None;
        loop {
            let stories = self.store.stories_after(after, 500)?;
            let Some(last) = stories.last() else { break };
            after = Some(last.id);
            for story in stories {
                ensure!(story.entries.len() == 1, "the story {} has {} entries", story.id, story.entries.len());
                let entry = &story.entries[0];
                of_source.entry(entry.source.to_string()).or_default().push(entry.guid.clone());
            }
        }
        for guids in of_source.values_mut() {
            guids.sort_unstable();
            guids.dedup();
        }
        let is_whole = of_source.len() == self.sources && of_source.values().all(|guids| guids.len() == articles);
        ensure!(is_whole, "not every source has its {articles} articles once");
        println!(
            "in the end: each of {} sources has its {articles} articles, each is one story; every process ended with 0",
            self.sources
        );
        Ok(())
    }
}

/// Looks again until something is so; how long that took, in seconds.
fn until(what: &str, is_so: impl Fn() -> anyhow::Result<bool>) -> anyhow::Result<f64> {
    let begun = newsroom::now();
    loop {
        // A database that is away now may be back at the next look.
        let looked = is_so();
        if matches!(looked, Ok(true)) {
            return Ok(begun.elapsed().as_secs_f64());
        }
        if begun.elapsed() > PATIENCE {
            looked.with_context(|| format!("still not after {} s: {what}", PATIENCE.as_secs()))?;
            anyhow::bail!("still not after {} s: {what}", PATIENCE.as_secs());
        }
        std::thread::sleep(LOOK_AGAIN);
    }
}
