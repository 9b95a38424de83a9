//! Scripted sources on loopback: each has so many articles of its own, and it is written down when it is fetched.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use diemtin::edge::clock;
use jiff::{SignedDuration, Timestamp};

/// How long an answer takes: there is always something under way.
const LATE: Duration = Duration::from_millis(500);

/// The sources.
pub struct Newsroom {
    address: SocketAddr,
    sources: usize,
    shared: Arc<Shared>,
}

struct Shared {
    articles: AtomicUsize,
    fetches: Mutex<BTreeMap<String, Vec<Instant>>>,
    /// When the oldest article was published.
    begun: Timestamp,
}

impl Shared {
    fn fetches(&self) -> MutexGuard<'_, BTreeMap<String, Vec<Instant>>> {
        self.fetches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Newsroom {
    /// Opens so many sources of so many articles.
    pub fn open(sources: usize, articles: usize) -> anyhow::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let begun = clock::now().saturating_sub(SignedDuration::from_hours(2))?;
        let shared = Arc::new(Shared { articles: AtomicUsize::new(articles), fetches: Mutex::default(), begun });
        let ours = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&ours);
                // Who breaks off asks again.
                std::thread::spawn(move || drop(answer(stream, &shared)));
            }
        });
        Ok(Self { address, sources, shared })
    }

    /// A configuration that polls them.
    pub fn feeds(&self, store: &str, every: &str, timeout: Duration) -> String {
        let mut text = format!(
            "[fetch]\nparallel = 8\nprivate_networks = [\"127.0.0.0/8\"]\nper_host = 64\nspacing = \"0s\"\ntimeout = \"{}s\"\n\
             [store]\nurl = \"{store}\"\n[feed.moi-nhat]\nlimit = 50\n",
            timeout.as_secs()
        );
        for n in 0..self.sources {
            let _ = write!(text, "[source.s{n}]\nurl = \"http://{}/s{n}\"\nevery = \"{every}\"\n", self.address);
        }
        text
    }

    /// Each source has so many articles from now on.
    pub fn publish(&self, articles: usize) {
        self.shared.articles.store(articles, Ordering::SeqCst);
    }

    /// When each source was fetched.
    pub fn fetches(&self) -> BTreeMap<String, Vec<Instant>> {
        self.shared.fetches().clone()
    }

    /// Begins to count anew.
    pub fn forget_fetches(&self) {
        self.shared.fetches().clear();
    }

    /// How often a source was fetched again within so long.
    pub fn fetched_within(&self, time: Duration) -> usize {
        let fetches = self.shared.fetches();
        fetches.values().flat_map(|times| times.windows(2)).filter(|pair| pair[1].duration_since(pair[0]) < time).count()
    }
}

fn answer(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
    let path = request.split(' ').nth(1).unwrap_or_default();
    let Some(source) = path.strip_prefix("/s").and_then(|number| number.parse::<usize>().ok()) else {
        return stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    };
    shared.fetches().entry(path.to_owned()).or_default().push(now());
    std::thread::sleep(LATE);
    let body = document(source, shared.articles.load(Ordering::SeqCst), shared.begun);
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml; charset=utf-8\r\nConnection: close\r\nContent-Length: ";
    stream.write_all(format!("{head}{}\r\n\r\n{body}", body.len()).as_bytes())
}

/// The numbers tell each article from every other, whoever else has nearly the same words.
fn document(source: usize, articles: usize, begun: Timestamp) -> String {
    let mut items = String::new();
    for n in 0..articles {
        let at = begun.saturating_add(SignedDuration::from_secs(n as i64)).unwrap_or(begun);
        let date = at.strftime("%a, %d %b %Y %H:%M:%S GMT");
        let (a, b) = (source * n * 7919 % 100_003, source * n * 104_729 % 1_000_003);
        let _ = write!(
            items,
            "<item><guid>g{source}-{n}</guid><link>https://bao{source}.vn/bai-{n}.htm</link><pubDate>{date}</pubDate>\
             <title>Bản tin số {} của huyện {source}</title><description>Nội dung {source} {n} {a} {b}</description></item>",
            source * 1000 + n
        );
    }
    format!("<rss version=\"2.0\"><channel><title>Báo {source}</title>{items}</channel></rss>")
}

/// The time, to measure with.
#[expect(clippy::disallowed_methods, reason = "what is measured is time")]
pub fn now() -> Instant {
    Instant::now()
}

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}
