//! The service without sources: a store that is filled, the press, the server. Told to on its standard input, it edits a story.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::Arc;

use anyhow::{Context, ensure};
use arc_swap::ArcSwap;
use diemtin::config;
use diemtin::edge::clock;
use diemtin::edge::serve::{Answers, Server, listen};
use diemtin::edge::store::Store;
use diemtin::flow::render::Format;
use diemtin::model::{Batch, EntryKey, FeedId, Report, Site, Sketch, Slug, Story, StoryChange, StoryId};
use diemtin::pipeline::{self, Desk, Live};
use jiff::SignedDuration;
use tokio::sync::{mpsc, watch};

/// Topics, each with a feed; a story has one of them.
const TOPICS: u32 = 20;
/// The topic of the story that is edited.
const EDITED: u32 = 7;
/// Stories that are stored in one batch.
const STEP: usize = 2_000;

/// The service, in a process of its own.
pub struct Newsroom {
    pub port: u16,
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Newsroom {
    /// Starts it, and waits until it serves so many stories.
    pub fn start(stories: u32) -> anyhow::Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        let command = command.args(["newsroom", &stories.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn()?;
        let orders = process.stdin.take().context("no input")?;
        let mut answers = BufReader::new(process.stdout.take().context("no output")?);
        let mut line = String::new();
        answers.read_line(&mut line)?;
        Ok(Self { port: line.trim().parse().context("the newsroom named no port")?, process, orders, answers })
    }

    /// Has a story edited, and returns when that is stored.
    pub fn edit(&mut self, number: usize) -> anyhow::Result<()> {
        writeln!(self.orders, "{number}")?;
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        ensure!(line.trim() == "stored", "the newsroom said {line:?}");
        Ok(())
    }

    /// Its memory, in KiB.
    pub fn resident(&self) -> anyhow::Result<usize> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("Linux says how much memory is used")?;
        Ok(line.trim().trim_end_matches(" kB").parse()?)
    }
}

impl Drop for Newsroom {
    fn drop(&mut self) {
        // It is gone either way.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The pages of all feeds, that of everything first.
pub fn paths() -> Vec<String> {
    let feeds = std::iter::once("moi-nhat".to_owned()).chain((0..TOPICS).map(topic));
    let pages = |feed: String| {
        let feed = FeedId::new(feed).expect("a slug");
        Format::ALL.map(|format| format.path(&feed))
    };
    let mut paths: Vec<String> = feeds.flat_map(pages).collect();
    let first = paths.iter().position(|path| path == crate::FEED).unwrap_or(0);
    paths.swap(0, first);
    paths.push("/".to_owned());
    paths
}

fn topic(number: u32) -> String {
    format!("chu-de-{number}")
}

/// The process: fills a store, serves it, and edits a story for each line that it reads.
pub async fn work(stories: u32) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let store = Arc::new(Store::open(folder.path())?);
    let numbers: Vec<u32> = (0..stories).collect();
    for step in numbers.chunks(STEP) {
        let stories = step.iter().map(|number| story(*number, stories)).collect();
        store.commit(Batch { stories, ..Batch::default() }).await?;
    }
    let rules: String =
        (0..TOPICS).map(|number| format!("[topic.{}]\nany = [\"chủ đề số {number}\"]\n", topic(number))).collect();
    let text = format!("[source.a]\nurl = \"https://a.example.vn/rss\"\n{rules}");
    let (config, _) = config::read("feeds.toml", &text, &|_| None).map_err(|faults| anyhow::anyhow!("{faults}"))?;
    let (_new_desk, desk) = watch::channel(Desk::new(config, clock::now)?);
    let (_tell_stop, stop) = watch::channel(false);
    let site: Arc<ArcSwap<Site>> = Arc::default();
    let live = Live { desk, store: Arc::clone(&store), site: Arc::clone(&site), pages: None, listens: false, stop };
    // Press and server have threads of their own, as in the service.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.spawn(pipeline::run(live, false, true));
    while site.load().pages.is_empty() {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let listener = runtime.spawn(listen("127.0.0.1:0")).await??;
    println!("{}", listener.local_addr()?.port());
    let _server = Server::start(listener, Answers { site, metrics: None, calls: None, admin: None, clock: clock::now })?;
    let (order, mut orders) = mpsc::unbounded_channel();
    std::thread::spawn(move || std::io::stdin().lines().map_while(Result::ok).try_for_each(|line| order.send(line)));
    while let Some(number) = orders.recv().await {
        edit(&store, stories, &number).await?;
        println!("stored");
    }
    // It ends with the process that started it.
    runtime.shutdown_background();
    Ok(())
}

/// The newest story of the topic gets another title.
async fn edit(store: &Store, stories: u32, number: &str) -> anyhow::Result<()> {
    let newest = (0..stories).rev().find(|number| number % TOPICS == EDITED).context("too few stories")?;
    let mut story = store.story(id(newest))?.context("the story is stored")?;
    story.entries[0].title = format!("Tin số {newest}, sửa lần {number} lúc {}", clock::now());
    story.updated = clock::now();
    let change = StoryChange { story, entries: Vec::new(), links: Vec::new(), sketch: Sketch::default() };
    store.commit(Batch { stories: vec![change], ..Batch::default() }).await?;
    Ok(())
}

fn id(number: u32) -> StoryId {
    StoryId(u128::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835).to_be_bytes())
}

/// One story every 32 seconds, up to now.
fn story(number: u32, of: u32) -> StoryChange {
    let time = clock::now() - SignedDuration::from_secs(i64::from(of - number) * 32);
    let report = Report {
        source: Slug::new("a").expect("a slug"),
        guid: number.to_string(),
        url: Some(format!("https://a.example.vn/bai-{number}.html")),
        title: format!("Tin số {number} của ngày hôm nay, về một việc ở một xã"),
        summary: format!("Đoạn tóm tắt của bài số {number}, dài như một đoạn tóm tắt thường dài. ").repeat(3),
        content: None,
        image: None,
        authors: Vec::new(),
        categories: Vec::new(),
        published: Some(time),
        seen: time,
        gone: None,
        feed: None,
    };
    let topics = vec![Slug::new(topic(number % TOPICS)).expect("a slug")];
    let story = Story { id: id(number), seq: 0, published: time, arrived: time, updated: time, topics, entries: vec![report] };
    StoryChange { story, entries: vec![(EntryKey(id(number).0), 1)], links: Vec::new(), sketch: Sketch::default() }
}
