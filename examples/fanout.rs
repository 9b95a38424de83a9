//! What subscribers to our own WebSub hub cost: memory while nothing happens, and the time until one story has reached all of them.
//!
//!     cargo run --release --example fanout                 # 10,000 subscribers
//!     cargo run --release --example fanout -- 1000         # another number
//!
//! The whole service runs here: it polls a source on loopback, prints its feeds and calls the subscribers, who live in this process too, at
//! 100 loopback addresses, read every byte and answer 204. docs/hub.md has the results.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Context;
use arc_swap::ArcSwap;
use diemtin::config;
use diemtin::edge::clock;
use diemtin::edge::store::{Store, Subscriptions};
use diemtin::model::{Secret, Site, Subscriber};
use diemtin::pipeline::{self, Desk, Live};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};

/// Addresses that subscribers have; each is a host of its own.
const HOSTS: usize = 100;
/// Stories in the feed that is sent.
const STORIES: usize = 50;

/// What the subscribers, and the source, share.
#[derive(Default)]
struct Crowd {
    taken: AtomicUsize,
    bytes: AtomicUsize,
    stories: AtomicUsize,
    changed: Notify,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let count = std::env::args().nth(1).map_or(Ok(10_000), |text| text.parse())?;
    let crowd = Arc::new(Crowd::default());
    crowd.stories.store(STORIES, Ordering::SeqCst);
    let mut ports = Vec::new();
    for host in 0..HOSTS {
        let listener = TcpListener::bind((address(host), 0)).await?;
        ports.push(listener.local_addr()?.port());
        tokio::spawn(listen(listener, Arc::clone(&crowd)));
    }
    let folder = tempfile::tempdir()?;
    let store = Arc::new(Store::open(folder.path())?);
    let topic = "http://127.0.0.1/feeds/moi-nhat.rss";
    let subscriber = |n: usize| {
        let (host, port) = (address(n % HOSTS), ports[n % HOSTS]);
        let callback = format!("http://{host}:{port}/websub/0123456789abcdef0123456789abcdef/{n}");
        let until = clock::now() + Duration::from_secs(86_400);
        let secret = Some(Secret(format!("{n:064}")));
        Subscriber { topic: topic.to_owned(), callback, secret, until, failures: 0, next: None }
    };
    let rows = (0..count).map(subscriber).map(|subscriber| (subscriber.id(), Some(subscriber))).collect();
    store.set_subscribers(Subscriptions { rows, ..Subscriptions::default() }).await?;

    let text = format!(
        "[service]\nurl = \"http://127.0.0.1/\"\n[fetch]\nprivate_networks = [\"127.0.0.0/8\"]\nspacing = \"0s\"\n\
         [source.a]\nurl = \"http://{}:{}/rss\"\nevery = \"1s\"\n",
        address(0),
        ports[0]
    );
    let (config, _) = config::read("feeds.toml", &text, &|_| None).map_err(|faults| anyhow::anyhow!("{faults}"))?;
    let desk = Desk::new(config, clock::now)?;
    let before = resident()?;
    desk.subscribers.load(&desk.config.service, &store)?;
    println!("{count} idle subscribers: {} KiB of memory", resident()? - before);

    let (_tell_stop, stop) = watch::channel(false);
    let (_new_desk, desk) = watch::channel(desk);
    let site: Arc<ArcSwap<Site>> = Arc::default();
    let live = Live { desk, store: Arc::clone(&store), site: Arc::clone(&site), pages: None, listens: false, stop };
    let service = tokio::spawn(pipeline::run(live, true, true));
    let path = "/feeds/moi-nhat.rss";
    while site.load().pages.get(path).is_none_or(|page| page.body.windows(6).filter(|w| w == b"<item>").count() < STORIES) {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // The feed was empty at first: everybody is called with its first stories.
    while crowd.taken.load(Ordering::SeqCst) < count {
        crowd.changed.notified().await;
    }
    for round in 1..=3 {
        crowd.taken.store(0, Ordering::SeqCst);
        crowd.bytes.store(0, Ordering::SeqCst);
        let mut latest = store.latest();
        latest.borrow_and_update();
        crowd.stories.fetch_add(1, Ordering::SeqCst);
        latest.changed().await?;
        let begun = now();
        while crowd.taken.load(Ordering::SeqCst) < count {
            crowd.changed.notified().await;
        }
        let (all, megabytes) = (begun.elapsed().as_secs_f64(), crowd.bytes.load(Ordering::SeqCst) / 1_000_000);
        println!("story {round}: the last of {count} subscribers has it {all:.2} s after it was stored; {megabytes} MB");
    }
    println!("in the end: {} KiB of memory, the subscribers' own included", resident()?);
    service.abort();
    Ok(())
}

fn address(host: usize) -> Ipv4Addr {
    Ipv4Addr::new(127, 0, 1, u8::try_from(host + 1).unwrap_or(u8::MAX))
}

#[expect(clippy::disallowed_methods, reason = "what is measured is time")]
fn now() -> Instant {
    Instant::now()
}

/// This process's memory, in KiB.
fn resident() -> anyhow::Result<usize> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("Linux says how much memory is used")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

async fn listen(listener: TcpListener, crowd: Arc<Crowd>) {
    while let Ok((stream, _)) = listener.accept().await {
        let crowd = Arc::clone(&crowd);
        // Who breaks off is asked again by nobody: the count then never comes to its end, and that shows.
        tokio::spawn(async move { drop(answer(stream, &crowd).await) });
    }
}

/// GET is the source's document, POST is news.
async fn answer(mut stream: TcpStream, crowd: &Crowd) -> std::io::Result<()> {
    let mut bytes = Vec::with_capacity(64 * 1024);
    let end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    };
    let head = String::from_utf8_lossy(&bytes[..end]).to_lowercase();
    if head.starts_with("get") {
        let body = document(crowd.stories.load(Ordering::SeqCst));
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        return stream.write_all(&[head.as_bytes(), body.as_bytes()].concat()).await;
    }
    let length: usize = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    while bytes.len() < end + length {
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(());
        }
    }
    stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await?;
    crowd.bytes.fetch_add(length, Ordering::SeqCst);
    crowd.taken.fetch_add(1, Ordering::SeqCst);
    crowd.changed.notify_one();
    Ok(())
}

fn document(stories: usize) -> String {
    let item = |n: usize| {
        let summary = format!("Đoạn tóm tắt của bài số {n}, dài như một đoạn tóm tắt thường dài. ").repeat(4);
        format!(
            "<item><guid>{n}</guid><link>https://a.vn/bai-{n}.html</link><title>Tin số {n}</title><description>{summary}</description></item>"
        )
    };
    let items: String = (0..stories).rev().map(item).collect();
    format!("<rss version=\"2.0\"><channel><title>Nguồn</title>{items}</channel></rss>")
}
