//! A scripted origin: a web server in this process that plays the sources, the well-behaved and the hostile.
//!
//! It speaks HTTP/1.1 by hand over plain sockets, because a server library would refuse to misbehave. It listens on a loopback
//! address with a port of its own, so two origins are two hosts if their addresses differ ([`Origin::at`]).
//!
//! A path answers what was last set for it, from the next request on:
//!
//! ```ignore
//! let origin = Origin::new();
//! origin.set("/rss", feed(&items).etag("\"a\""));        // 200, or 304 to who has "a"
//! origin.set("/rss", Answer::status(503).header("Retry-After", "120"));
//! origin.set("/rss", Answer::body("…").behaviour(Behaviour::CutAt(100)));
//! origin.set("/old", Answer::redirect("/rss"));
//! origin.requests("/rss").last()                         // headers byte for byte
//! ```
//!
//! What it can play:
//!
//! | script | what it does |
//! | --- | --- |
//! | `Answer::body`, `status`, `redirect`, `feed`, `header` | an ordinary answer; with `etag` or `last_modified` also 304 |
//! | `.gzip()`, `.brotli()`, `.zstd()`, `Answer::bomb` | compressed bodies, also such as unpack to far more than they are |
//! | `Answer::raw` | these bytes and the end: any status line, header, length or chunk that is wrong |
//! | [`Behaviour`] | hangs, drips, cuts, resets, headers and bodies without end; answers that are held until the test lets them go |
//!
//! To teach it another misbehaviour, add a [`Behaviour`]. A connection serves one request and is closed, unless the
//! behaviour keeps it open; a dropped origin closes all of them. Nothing here waits for a fixed time.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// The time between two bytes of a body that drips.
const DRIP: Duration = Duration::from_millis(50);
/// The longest head of a request that is read.
const LONGEST_HEAD: usize = 64 * 1024;
/// The longest body of a request that is read.
const LONGEST_BODY: usize = 64 * 1024;

/// How an answer leaves the origin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// Whole and at once.
    #[default]
    Whole,
    /// The request is read and never answered.
    Hang,
    /// Whole, but not before [`Origin::release`].
    Held,
    /// The head comes, the body never does.
    HangAfterHead,
    /// The head comes at once, the body byte by byte.
    Drip,
    /// The head promises the whole body; the connection is closed after so many bytes of it.
    CutAt(usize),
    /// The same, but the connection is reset.
    ResetAt(usize),
    /// The head comes byte by byte.
    DripHead,
    /// Header lines without end.
    EndlessHead,
    /// A body of blanks without length and without end.
    Endless,
    /// To `hub.challenge` in the query, whatever else stands there, 200 and the challenge, as subscribers of a hub do; else whole.
    Echo,
}

/// What a path answers.
#[derive(Clone, Debug)]
pub struct Answer {
    status: u16,
    headers: Vec<(String, Vec<u8>)>,
    body: Arc<Vec<u8>>,
    behaviour: Behaviour,
    /// The body is all that is sent, status line included.
    is_raw: bool,
}

impl Answer {
    /// 200 with a body.
    pub fn body(body: impl Into<Vec<u8>>) -> Self {
        let (body, behaviour) = (Arc::new(body.into()), Behaviour::Whole);
        Self { status: 200, headers: Vec::new(), body, behaviour, is_raw: false }
    }

    /// These bytes, from the status line on, and the end of the connection.
    pub fn raw(bytes: impl Into<Vec<u8>>) -> Self {
        Self { is_raw: true, ..Self::body(bytes) }
    }

    /// A permanent redirect (301) to an address, taken as it is.
    pub fn moved(location: &str) -> Self {
        Self::status(301).header("Location", location)
    }

    /// A status without a body.
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::body("") }
    }

    /// 302 to an address, taken as it is.
    pub fn redirect(location: &str) -> Self {
        Self::status(302).header("Location", location)
    }

    /// An answer that never comes.
    pub fn hang() -> Self {
        Self::status(200).behaviour(Behaviour::Hang)
    }

    /// With a header; the value may hold bytes that are no text.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// With an ETag: who sends it back as If-None-Match, byte for byte, gets 304.
    pub fn etag(self, value: impl AsRef<[u8]>) -> Self {
        self.header("ETag", value)
    }

    /// With a Last-Modified: who sends it back as If-Modified-Since, byte for byte, gets 304 (where there is no ETag).
    pub fn last_modified(self, value: &str) -> Self {
        self.header("Last-Modified", value)
    }

    /// Leaving the origin in this way.
    pub fn behaviour(mut self, behaviour: Behaviour) -> Self {
        self.behaviour = behaviour;
        self
    }

    /// The body in gzip.
    pub fn gzip(mut self) -> Self {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(&self.body).expect("writing to memory");
        self.body = Arc::new(encoder.finish().expect("writing to memory"));
        self.header("Content-Encoding", "gzip")
    }

    /// The body in a brotli stream of one uncompressed meta-block (RFC 7932, section 9.2), of at most 64 KiB.
    pub fn brotli(mut self) -> Self {
        let length = u32::try_from(self.body.len() - 1).expect("a small body");
        assert!(length <= 0xFFFF, "one meta-block holds 64 KiB");
        // From the lowest bit: window bits 0, not last 0, four nibbles 00, length - 1 in 16 bits, uncompressed 1.
        let head = (length << 4 | 1 << 20).to_le_bytes();
        self.body = Arc::new([&head[..3], &self.body, &[3]].concat());
        self.header("Content-Encoding", "br")
    }

    /// The body in a zstd frame of one raw block (RFC 8878, section 3.1.1), of at most 128 KiB.
    pub fn zstd(mut self) -> Self {
        let length = u32::try_from(self.body.len()).expect("a small body");
        assert!(length <= 128 * 1024, "one block holds 128 KiB");
        // Magic number; single segment with a content size of four bytes; the size; the last block, raw.
        let head = [&[0x28, 0xB5, 0x2F, 0xFD, 0xA0][..], &length.to_le_bytes(), &(length << 3 | 1).to_le_bytes()[..3]].concat();
        self.body = Arc::new([&head[..], &self.body].concat());
        self.header("Content-Encoding", "zstd")
    }

    /// Gzip that unpacks to so many mebibytes of blanks after the beginning of a feed.
    pub fn bomb(mebibytes: usize) -> Self {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(b"<rss version=\"2.0\"><channel><title>").expect("writing to memory");
        let blanks = vec![b' '; 1024 * 1024];
        (0..mebibytes).for_each(|_| encoder.write_all(&blanks).expect("writing to memory"));
        Self::body(encoder.finish().expect("writing to memory")).header("Content-Encoding", "gzip")
    }

    fn value(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| &value[..])
    }

    /// Whether who asks has this answer already.
    fn is_known_to(&self, request: &Request) -> bool {
        self.status == 200
            && match (request.header("if-none-match"), self.value("etag")) {
                (Some(theirs), Some(ours)) => theirs == ours,
                _ => self.value("last-modified").is_some_and(|ours| request.header("if-modified-since") == Some(ours)),
            }
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Request {
    /// The method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The headers in their order, names in lower case, values byte for byte.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body, of the length that the head says.
    pub body: Vec<u8>,
    /// What was answered; `None` where nothing was.
    pub status: Option<u16>,
}

impl Request {
    /// A header's value, byte for byte.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| &value[..])
    }

    /// A header's value as text; empty where there is none.
    pub fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(self.header(name).unwrap_or_default()).into_owned()
    }

    fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() == LONGEST_HEAD || stream.read(&mut byte).ok()? == 0 {
                return None;
            }
            head.push(byte[0]);
        }
        let mut lines = head.split(|&b| b == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let first = String::from_utf8_lossy(lines.next()?).into_owned();
        let headers = lines.filter_map(|line| {
            let colon = line.iter().position(|&b| b == b':')?;
            let name = String::from_utf8_lossy(&line[..colon]).to_lowercase();
            Some((name, line[colon + 1..].trim_ascii_start().to_vec()))
        });
        let headers: Vec<(String, Vec<u8>)> = headers.collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length = length.map_or(Some(0), |(_, value)| String::from_utf8_lossy(value).parse::<usize>().ok())?;
        let mut body = vec![0; length.min(LONGEST_BODY)];
        stream.read_exact(&mut body).ok()?;
        let mut words = first.split(' ').map(str::to_owned);
        Some(Self { method: words.next()?, path: words.next()?, headers, body, status: None })
    }
}

#[derive(Default)]
struct Stage {
    answers: HashMap<String, Answer>,
    requests: Vec<Request>,
    /// Paths whose held answers may go.
    released: Vec<String>,
    /// Connections that may still be open, to be closed at the end.
    open: Vec<TcpStream>,
    ended: bool,
}

#[derive(Default)]
struct Shared {
    stage: Mutex<Stage>,
    changed: Condvar,
}

impl Shared {
    /// Lets go of the second handle to a connection: with it open, the first one's end is no end.
    fn forget(&self, stream: &TcpStream) {
        let peer = stream.peer_addr().ok();
        self.stage().open.retain(|open| open.peer_addr().ok() != peer);
    }

    fn stage(&self) -> MutexGuard<'_, Stage> {
        self.stage.lock().expect("no test panics while it holds the stage")
    }
}

/// The server. It ends when it is dropped.
pub struct Origin {
    address: SocketAddr,
    shared: Arc<Shared>,
}

impl Default for Origin {
    fn default() -> Self {
        Self::new()
    }
}

impl Origin {
    /// An origin on 127.0.0.1.
    pub fn new() -> Self {
        Self::at(1)
    }

    /// An origin on 127.0.0.N: another host than 127.0.0.1.
    pub fn at(n: u8) -> Self {
        Self::on(Ipv4Addr::new(127, 0, 0, n))
    }

    /// An origin on any loopback address: each is another host.
    pub fn on(address: Ipv4Addr) -> Self {
        let listener = TcpListener::bind((IpAddr::V4(address), 0)).expect("a port on loopback");
        let address = listener.local_addr().expect("a bound socket has an address");
        let shared = Arc::new(Shared::default());
        let stage = Arc::clone(&shared);
        std::thread::spawn(move || accept(&listener, &stage));
        Self { address, shared }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// What a path answers from now on. A path that was never set answers 404.
    pub fn set(&self, path: &str, answer: Answer) {
        self.shared.stage().answers.insert(path.to_owned(), answer);
    }

    /// Lets the answers of a path that are held go, and all later ones.
    pub fn release(&self, path: &str) {
        self.shared.stage().released.push(path.to_owned());
        self.shared.changed.notify_all();
    }

    /// Whether the answers of a path were let go.
    pub fn is_released(&self, path: &str) -> bool {
        self.shared.stage().released.iter().any(|released| released == path)
    }

    /// The requests for a path so far, in their order.
    pub fn requests(&self, path: &str) -> Vec<Request> {
        self.shared.stage().requests.iter().filter(|request| request.path == path).cloned().collect()
    }

    /// The requests for a path so far, whatever the query, in their order.
    pub fn calls(&self, path: &str) -> Vec<Request> {
        let is_below = |request: &&Request| request.path.split('?').next() == Some(path);
        self.shared.stage().requests.iter().filter(is_below).cloned().collect()
    }

    /// The last request for a path.
    pub fn last(&self, path: &str) -> Request {
        self.requests(path).pop().unwrap_or_else(|| panic!("{path} was never asked for"))
    }

    /// How many requests came for any path but robots.txt.
    pub fn count(&self) -> usize {
        self.shared.stage().requests.iter().filter(|request| !request.path.ends_with("/robots.txt")).count()
    }

    /// Waits until a path was asked for at least `times` times in all.
    pub fn wait_for(&self, path: &str, times: usize) {
        let asked = |stage: &Stage| stage.requests.iter().filter(|request| request.path == path).count();
        let waiting = self.shared.changed.wait_timeout_while(self.shared.stage(), crate::app::PATIENCE, |s| asked(s) < times);
        let (stage, _) = waiting.expect("no test panics while it holds the stage");
        let asked = asked(&stage);
        drop(stage);
        assert!(asked >= times, "{path} was asked for {asked} times, expected {times}");
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        let mut stage = self.shared.stage();
        stage.ended = true;
        // A connection that is closed already says so: that is as good.
        stage.open.drain(..).for_each(|stream| drop(stream.shutdown(Shutdown::Both)));
        drop(stage);
        self.shared.changed.notify_all();
        drop(TcpStream::connect(self.address));
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        let mut stage = shared.stage();
        if stage.ended {
            return;
        }
        stage.open.extend(stream.try_clone());
        let shared = Arc::clone(shared);
        // A client that goes away in the middle is what some tests want.
        std::thread::spawn(move || drop(serve(stream, &shared)));
    }
}

fn serve(mut stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let Some(mut request) = Request::read(&mut stream) else { return Ok(()) };
    let mut stage = shared.stage();
    let answer = stage.answers.get(&request.path).cloned();
    let answer = answer.or_else(|| echo(&stage, &request.path)).unwrap_or_else(|| Answer::status(404));
    let status = if answer.is_known_to(&request) { 304 } else { answer.status };
    request.status = (answer.behaviour != Behaviour::Hang).then_some(status);
    let path = request.path.clone();
    stage.requests.push(request);
    drop(stage);
    shared.changed.notify_all();
    if answer.behaviour == Behaviour::Hang {
        return until_closed(&mut stream);
    }
    if answer.behaviour == Behaviour::Held {
        let is_held = |stage: &mut Stage| !stage.ended && !stage.released.contains(&path);
        drop(shared.changed.wait_timeout_while(shared.stage(), crate::app::PATIENCE, is_held));
    }
    if answer.is_raw {
        stream.write_all(&answer.body)?;
        return stream.shutdown(Shutdown::Both);
    }
    let head = head(&answer, status);
    match answer.behaviour {
        Behaviour::DripHead => return drip(&mut stream, &head, shared),
        Behaviour::EndlessHead => return endless(&mut stream, b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n"),
        Behaviour::Endless => return endless(&mut stream, b"HTTP/1.1 200 OK\r\n\r\n<rss version=\"2.0\">", &[b' '; 4096]),
        _ => stream.write_all(&head)?,
    }
    let body = if status == 304 { &[][..] } else { &answer.body[..] };
    match answer.behaviour {
        Behaviour::CutAt(bytes) => stream.write_all(&body[..bytes.min(body.len())])?,
        Behaviour::ResetAt(bytes) => {
            stream.write_all(&body[..bytes.min(body.len())])?;
            // Dropped with this, a socket says RST instead of FIN.
            shared.forget(&stream);
            return socket2::SockRef::from(&stream).set_linger(Some(Duration::ZERO));
        }
        Behaviour::HangAfterHead => until_closed(&mut stream)?,
        Behaviour::Drip => drip(&mut stream, body, shared)?,
        _ => stream.write_all(body)?,
    }
    stream.shutdown(Shutdown::Both)
}

/// The answer to a path with a query, where the path without it answers challenges.
fn echo(stage: &Stage, path: &str) -> Option<Answer> {
    let (bare, query) = path.split_once('?')?;
    let answer = stage.answers.get(bare).filter(|answer| answer.behaviour == Behaviour::Echo)?;
    let challenge = query.split('&').find_map(|pair| pair.strip_prefix("hub.challenge="));
    Some(challenge.map_or_else(|| answer.clone(), Answer::body))
}

fn head(answer: &Answer, status: u16) -> Vec<u8> {
    let mut head = format!("HTTP/1.1 {status} Scripted\r\nConnection: close\r\n").into_bytes();
    if status != 304 {
        head.extend_from_slice(format!("Content-Length: {}\r\n", answer.body.len()).as_bytes());
    }
    for (name, value) in &answer.headers {
        head.extend_from_slice(&[name.as_bytes(), b": ", value, b"\r\n"].concat());
    }
    head.extend_from_slice(b"\r\n");
    head
}

fn drip(stream: &mut TcpStream, body: &[u8], shared: &Shared) -> std::io::Result<()> {
    for byte in body {
        stream.write_all(&[*byte])?;
        let waited = shared.changed.wait_timeout_while(shared.stage(), DRIP, |stage| !stage.ended);
        if waited.is_ok_and(|(stage, _)| stage.ended) {
            break;
        }
    }
    Ok(())
}

/// Writes without end, until the client or the end of the origin closes the connection.
fn endless(stream: &mut TcpStream, first: &[u8], more: &[u8]) -> std::io::Result<()> {
    stream.write_all(first)?;
    loop {
        stream.write_all(more)?;
    }
}

/// Waits until the client, or the end of the origin, closes the connection.
fn until_closed(stream: &mut TcpStream) -> std::io::Result<()> {
    while stream.read(&mut [0; 64])? > 0 {}
    Ok(())
}

/// An item of a feed, as a source writes it. Empty parts are left out.
#[derive(Clone, Debug, Default)]
pub struct Item {
    /// guid
    pub guid: String,
    /// link
    pub link: String,
    /// title
    pub title: String,
    /// pubDate, as it is to stand there.
    pub date: String,
    /// description
    pub summary: String,
}

/// An item with guid, link, title and date.
pub fn item(guid: &str, link: &str, title: &str, date: &str) -> Item {
    Item { guid: guid.to_owned(), link: link.to_owned(), title: title.to_owned(), date: date.to_owned(), summary: String::new() }
}

/// Articles of one host with these numbers, without a date: `https://HOST/bai-N.html`.
pub fn articles(host: &str, numbers: impl IntoIterator<Item = usize>) -> Vec<Item> {
    numbers
        .into_iter()
        .map(|n| item(&format!("{host}-{n}"), &format!("https://{host}/bai-{n}.html"), &format!("Tin số {n}"), ""))
        .collect()
}

/// An RSS document.
pub fn rss(items: &[Item]) -> String {
    let part = |name: &str, text: &str| match text {
        "" => String::new(),
        text => format!("<{name}>{}</{name}>", text.replace('&', "&amp;").replace('<', "&lt;")),
    };
    let item = |i: &Item| {
        let guid = part("guid", &i.guid).replace("<guid>", "<guid isPermaLink=\"false\">");
        let parts =
            [guid, part("link", &i.link), part("title", &i.title), part("pubDate", &i.date), part("description", &i.summary)];
        format!("<item>{}</item>\n", parts.concat())
    };
    let items: String = items.iter().map(item).collect();
    format!("<?xml version=\"1.0\"?>\n<rss version=\"2.0\"><channel><title>Nguồn</title>\n{items}</channel></rss>\n")
}

/// An answer with an RSS document.
pub fn feed(items: &[Item]) -> Answer {
    Answer::body(rss(items)).header("Content-Type", "application/rss+xml; charset=utf-8")
}
