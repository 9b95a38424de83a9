//! The product as its users meet it: a folder with a `feeds.toml`, the commands of the real binary, and the service on a port.
//!
//! Tests speak the product's language here: `app.poll()`, `service.get("/feeds/moi-nhat.rss")`. Waiting is done in one place,
//! [`eventually`], for a condition and with a deadline.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::marker::PhantomData;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use diemtin::edge::store::Store;
use serde_json::Value;
use tempfile::TempDir;

/// How long something may take that ought to happen soon. Long, because machines that test are busy.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// The time between two looks at a condition.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What every test's configuration begins with: sources stand on loopback, and may be asked all at once.
pub const HOME: &str = "[fetch]\nprivate_networks = [\"127.0.0.0/8\"]\nper_host = 64\nspacing = \"0s\"\ntimeout = \"10s\"\n";

/// The time, for deadlines.
#[expect(clippy::disallowed_methods, reason = "a test's deadline is no time of the program's")]
pub fn instant() -> Instant {
    Instant::now()
}

/// Looks again until there is an answer, for at most [`PATIENCE`].
pub fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    within(PATIENCE, what, look)
}

/// Looks again until there is an answer, for at most so long.
pub fn within<T>(patience: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = instant() + patience;
    loop {
        if let Some(answer) = look() {
            return answer;
        }
        assert!(instant() < deadline, "still not after {} seconds: {what}", patience.as_secs());
        std::thread::park_timeout(LOOK_AGAIN);
    }
}

/// A `[source.ID]` with an address.
pub fn source(id: &str, url: &str) -> String {
    format!("[source.{id}]\nurl = \"{url}\"\n")
}

/// [`HOME`] and these sources.
pub fn home(sources: &[(&str, String)]) -> String {
    sources.iter().fold(HOME.to_owned(), |mut text, (id, url)| {
        let _ = write!(text, "{}", source(id, url));
        text
    })
}

/// A folder with a `feeds.toml`, and the commands that are run there.
pub struct App<K> {
    folder: TempDir,
    env: Vec<(String, String)>,
    /// The address of the store, where it is not the usual one.
    store: Option<String>,
    kind: PhantomData<K>,
}

/// One with a store in its folder. Where a test says `super::app`, and stands below `postgres` too, it is there one with a database.
pub type TestApp = App<Folder>;

/// A kind of store.
pub trait Kind {
    /// The address of a new one; `None` for the usual one, a folder.
    fn address() -> Option<String>;
}

/// The embedded store.
pub struct Folder;

impl Kind for Folder {
    fn address() -> Option<String> {
        None
    }
}

/// PostgreSQL.
pub struct Database;

impl Kind for Database {
    /// The server is started by the first who asks.
    fn address() -> Option<String> {
        Some(postgres(&[]))
    }
}

/// What `tests/postgres.sh` prints.
pub fn postgres(arguments: &[&str]) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres.sh");
    let made = Command::new("sh").arg(script).args(arguments).stderr(Stdio::inherit()).output().expect("a shell");
    assert!(made.status.success(), "no PostgreSQL for the test; what is above says why");
    String::from_utf8(made.stdout).expect("a text").trim().to_owned()
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ran {
    /// Its exit status.
    pub status: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Ran {
    /// What it printed, if it ended with 0.
    pub fn ok(self) -> String {
        assert_eq!(self.status, Some(0), "{self:#?}");
        self.stdout
    }

    /// What it printed as JSON, one value a line, whatever its exit status.
    pub fn json(&self) -> Vec<Value> {
        self.stdout.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("output is UTF-8");
        Self { status: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// What `dump` prints, by kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Dump {
    /// The stories, in the order of their ids.
    pub stories: Vec<Value>,
    /// The sources' states by id.
    pub sources: BTreeMap<String, Value>,
}

impl Dump {
    /// What a dump's text holds.
    pub fn of(text: &str) -> Self {
        let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
        let part = |name: &str| lines.iter().filter_map(|line| line.get(name).cloned()).collect::<Vec<Value>>();
        let sources = part("source").into_iter().map(|s| (s["id"].as_str().expect("an id").to_owned(), s)).collect();
        Self { stories: part("story"), sources }
    }

    /// The one story with this title.
    pub fn story(&self, title: &str) -> &Value {
        let mut found = self.stories.iter().filter(|story| story["title"] == title);
        let story = found.next().unwrap_or_else(|| panic!("no story {title:?} in {:#?}", self.titles()));
        assert!(found.next().is_none(), "two stories {title:?}");
        story
    }

    /// All titles.
    pub fn titles(&self) -> Vec<&str> {
        self.stories.iter().filter_map(|story| story["title"].as_str()).collect()
    }

    /// The guids of a source's entries, sorted.
    pub fn guids(&self, source: &str) -> Vec<&str> {
        let entries = self.stories.iter().filter_map(|story| story["entries"].as_array()).flatten();
        let mut guids: Vec<&str> = entries.filter(|e| e["source"] == source).filter_map(|e| e["guid"].as_str()).collect();
        guids.sort_unstable();
        guids
    }
}

impl<K: Kind> App<K> {
    /// A new store alone, for what needs no program; a folder is made below this one.
    pub fn store(folder: &Path) -> Arc<Store> {
        let store = K::address().map_or_else(|| Store::open(&folder.join("data")), |url| Store::connect(&url));
        Arc::new(store.expect("a store"))
    }

    /// A folder with this `feeds.toml`.
    pub fn new(feeds: &str) -> Self {
        let app = Self::without_config();
        app.write(feeds);
        app
    }

    /// A folder with this `feeds.toml`, and this store.
    pub fn on(store: &str, feeds: &str) -> Self {
        let app = Self { store: Some(store.to_owned()), ..Self::without_config() };
        app.write(feeds);
        app
    }

    /// A folder without a `feeds.toml`.
    pub fn without_config() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        Self { folder, env: Vec::new(), store: K::address(), kind: PhantomData }
    }

    /// What `feeds.toml` is to be, with the address of the store.
    fn with_store(&self, feeds: &str) -> String {
        match &self.store {
            Some(url) if !feeds.contains(url) => format!("{feeds}\n[store]\nurl = \"{url}\"\n"),
            _ => feeds.to_owned(),
        }
    }

    /// With an environment variable for every command.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.env.push((name.to_owned(), value.to_owned()));
        self
    }

    /// What is stored, while no command and no service has it.
    pub fn stored(&self) -> Store {
        let store = self.store.as_ref().map_or_else(|| Store::open(&self.folder().join("data")), |url| Store::connect(url));
        store.expect("a store")
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The configuration's path.
    pub fn config(&self) -> PathBuf {
        self.folder().join("feeds.toml")
    }

    /// Writes `feeds.toml` in place, as some editors do.
    pub fn write(&self, feeds: &str) {
        std::fs::write(self.config(), self.with_store(feeds)).expect("writing feeds.toml");
    }

    /// Writes a new file and renames it over `feeds.toml`, as other editors do.
    pub fn replace(&self, feeds: &str) {
        let new = self.folder().join("feeds.toml.new");
        std::fs::write(&new, self.with_store(feeds)).expect("writing feeds.toml.new");
        std::fs::rename(new, self.config()).expect("renaming feeds.toml.new");
    }

    /// Turns a symbolic link at `feeds.toml` to a new file, as container platforms do.
    pub fn relink(&self, feeds: &str) {
        let (file, link) = (self.folder().join("feeds-2.toml"), self.folder().join("link"));
        std::fs::write(&file, feeds).expect("writing feeds-2.toml");
        std::os::unix::fs::symlink(file, &link).expect("a link");
        std::fs::rename(link, self.config()).expect("renaming the link");
    }

    /// A command of the binary, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_diemtin"));
        command.arg("--config").arg(self.config()).args(arguments).current_dir(self.folder());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.env_remove("DIEMTIN_LOG").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.command(arguments).output().expect("the binary runs").into()
    }

    /// Runs a command with an input.
    pub fn run_with(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("the binary runs");
        // A command that does not read all of its input closes it, and that is its right.
        drop(child.stdin.take().expect("a pipe").write_all(input));
        child.wait_with_output().expect("the binary ends").into()
    }

    /// Polls every source; what became of each, by source, and the totals under `total`.
    pub fn poll(&self) -> BTreeMap<String, Value> {
        let ran = self.run(&["poll", "--all", "--json"]);
        let row = |value: Value| match value.get("total") {
            Some(total) => ("total".to_owned(), total.clone()),
            None => (value["source"].as_str().unwrap_or_else(|| panic!("{value} names its source")).to_owned(), value),
        };
        assert!(matches!(ran.status, Some(0 | 1)), "{ran:#?}");
        ran.json().into_iter().map(row).collect()
    }

    /// Everything that is stored.
    pub fn dump(&self) -> Dump {
        Dump::of(&self.run(&["dump"]).ok())
    }

    /// A merged feed.
    pub fn render(&self, feed: &str, format: &str) -> String {
        self.run(&["render", feed, "--format", format]).ok()
    }

    /// Starts the service on a free port and waits until it is ready.
    pub fn serve(&self) -> Service {
        let service = self.start();
        eventually("/readyz says ready", || (service.get("/readyz").status == 200).then_some(()));
        service
    }

    /// Starts the service on a free port and waits until it listens.
    pub fn start(&self) -> Service {
        self.start_as("all")
    }

    /// One of several processes of the service, by its role.
    pub fn start_as(&self, role: &str) -> Service {
        self.start_with(&["--role", role])
    }

    /// The service with arguments of its own.
    pub fn start_with(&self, arguments: &[&str]) -> Service {
        let mut command = self.command(&[&["serve", "--listen", "127.0.0.1:0", "--log-json"], arguments].concat());
        let mut child = command.env("DIEMTIN_LOG", "warn,diemtin=debug").spawn().expect("the binary runs");
        let log = Log::follow(child.stderr.take().expect("a pipe"));
        let serving = log.wait_for("serving");
        let address = serving["fields"]["address"].as_str().expect("an address").parse().expect("an address");
        Service { child, address, log }
    }
}

/// What a service has logged so far: one JSON object a line.
pub struct Log {
    shared: Arc<(Mutex<Vec<Value>>, Condvar)>,
}

impl Log {
    fn follow(stderr: ChildStderr) -> Self {
        let shared: Arc<(Mutex<Vec<Value>>, Condvar)> = Arc::default();
        let ours = Arc::clone(&shared);
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let value = serde_json::from_str(&line).unwrap_or(Value::String(line));
                ours.0.lock().expect("no panic").push(value);
                ours.1.notify_all();
            }
        });
        Self { shared }
    }

    /// What was logged, for who asks why a test failed.
    fn print(&self) {
        self.shared.0.lock().expect("no panic").iter().for_each(|line| eprintln!("{line}"));
    }

    /// All of it.
    pub fn text(&self) -> String {
        self.shared.0.lock().expect("no panic").iter().map(|line| format!("{line}\n")).collect()
    }

    /// Waits for a line that contains this text, and returns it.
    pub fn wait_for(&self, text: &str) -> Value {
        let find = |lines: &[Value]| lines.iter().find(|line| line.to_string().contains(text)).cloned();
        let lines = self.shared.0.lock().expect("no panic");
        let waiting = self.shared.1.wait_timeout_while(lines, PATIENCE, |lines| find(lines).is_none());
        let (lines, _) = waiting.expect("no panic");
        find(&lines).unwrap_or_else(|| panic!("{text:?} was never logged: {lines:#?}"))
    }
}

/// The running service. It is killed when it is dropped.
pub struct Service {
    child: Child,
    address: SocketAddr,
    /// Its log.
    pub log: Log,
}

impl Service {
    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// GET, with no header that asks for anything special.
    pub fn get(&self, path: &str) -> Response {
        self.request("GET", path, &[])
    }

    /// The JSON document at a path.
    pub fn json(&self, path: &str) -> Value {
        let response = self.get(path);
        assert_eq!(response.status, 200, "{path}");
        serde_json::from_slice(&response.body).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    /// The titles of a JSON Feed, in its order.
    pub fn titles(&self, feed: &str) -> Vec<String> {
        let feed = self.json(&format!("/feeds/{feed}.json"));
        feed["items"].as_array().expect("items").iter().map(|i| i["title"].as_str().expect("a title").to_owned()).collect()
    }

    /// Any request without a body, over a connection of its own.
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        self.send(method, path, headers, b"")
    }

    /// POST of a body.
    pub fn post(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let length = body.len().to_string();
        self.send("POST", path, &[headers, &[("Content-Length", &length)]].concat(), body)
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
        let mut stream = TcpStream::connect(self.address).expect("the service listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
        stream.write_all(&[head.as_bytes(), b"\r\n", body].concat()).expect("the service reads");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("the service answers");
        Response::of(&bytes)
    }

    /// Sends a signal by its name, such as `TERM`.
    pub fn signal(&self, name: &str) {
        let kill = Command::new("sh").args(["-c", "kill -$0 $1", name, &self.child.id().to_string()]).status();
        assert!(kill.expect("a shell").success(), "the service still runs");
    }

    /// SIGTERM, and the exit status.
    pub fn terminate(mut self) -> Option<i32> {
        self.signal("TERM");
        self.ended()
    }

    /// Waits for the service's end, and returns its exit status.
    pub fn ended(&mut self) -> Option<i32> {
        eventually("the service ends", || self.child.try_wait().expect("our child")).code()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            self.log.print();
        }
    }
}

/// An HTTP answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Response {
    /// What came over a connection.
    pub fn of(bytes: &[u8]) -> Self {
        let end = bytes.windows(4).position(|w| w == b"\r\n\r\n").expect("a whole head");
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let (first, rest) = head.split_once("\r\n").unwrap_or((&head, ""));
        let headers = rest.lines().filter_map(|line| line.split_once(": ")).map(|(n, v)| (n.to_lowercase(), v.to_owned()));
        let status = first.split(' ').nth(1).and_then(|code| code.parse().ok()).expect("a status line");
        Self { status, headers: headers.collect(), body: bytes[end + 4..].to_vec() }
    }

    /// A header's value; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }
}
