//! Several processes and one database: each due poll is made once, and whoever is killed, put to sleep or cut off loses nothing and
//! doubles nothing.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::app::{HOME, Service, TestApp, eventually, postgres, source, within};
use crate::origin::{Behaviour, Origin, articles, feed};

const SOURCES: usize = 24;
/// Whoever is killed or sleeps keeps his sources for a lease of nine seconds, and what is tried again waits a little longer each time.
pub const LEASES: Duration = Duration::from_secs(90);

/// A server that the test may stop.
struct Server(PathBuf);

impl Server {
    fn new() -> Self {
        Self(PathBuf::from(postgres(&["--server"])))
    }

    fn url(&self) -> String {
        format!("postgres://postgres@/postgres?host={}", self.0.display())
    }

    fn control(&self, what: &str) {
        let done = Command::new("sh").arg(self.0.join("ctl.sh")).arg(what).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(done.expect("a shell").success(), "{what}");
    }

    fn sql(&self, statement: &str) {
        let ran = Command::new("psql").args(["-X", "-q", "-c", statement, &self.url()]).output().expect("psql");
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.control("stop");
        // What is left lies in a folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// An origin with so many sources, and the configuration that polls them, with more about each.
fn newsroom(more: &str) -> (Origin, String) {
    let origin = Origin::new();
    let source = |n| format!("{}{more}", source(&format!("s{n}"), &origin.url(&format!("/s{n}"))));
    let feeds = HOME.replace("10s", "3s") + &(0..SOURCES).map(source).collect::<String>();
    (origin, feeds + "[feed.moi-nhat]\nlimit = 1000\n")
}

/// Each source publishes so many articles of its own.
fn publish(origin: &Origin, count: usize) {
    for n in 0..SOURCES {
        origin.set(&format!("/s{n}"), feed(&articles(&format!("bao{n}.vn"), n * 100..n * 100 + count)));
    }
}

/// Waits until every node shows so many stories, and the same bytes under the same tags.
fn all_show(nodes: &[&Service], stories: usize) {
    for node in nodes {
        eventually("the node is ready", || (node.get("/readyz").status == 200).then_some(()));
        within(LEASES, "the node shows every story", || (node.titles("moi-nhat").len() == stories).then_some(()));
    }
    for path in ["/feeds/moi-nhat.rss", "/feeds/moi-nhat.atom", "/feeds/moi-nhat.json", "/feeds/moi-nhat", "/", "/opml"] {
        eventually("the nodes serve equal bytes", || {
            let answers: Vec<_> = nodes.iter().map(|node| node.get(path)).collect();
            let same =
                |name: &str| answers.iter().all(|a| a.header(name) == answers[0].header(name) && !a.header(name).is_empty());
            let equal = answers.iter().all(|a| a.status == 200 && a.body == answers[0].body);
            (equal && same("etag") && same("last-modified")).then_some(())
        });
    }
}

/// Nothing lost, nothing twice: each source has exactly what it published.
fn is_whole(app: &TestApp, count: usize) {
    let dump = app.dump();
    assert_eq!(dump.stories.len(), SOURCES * count);
    for n in 0..SOURCES {
        assert_eq!(dump.guids(&format!("s{n}")).len(), count, "s{n}");
    }
}

#[test]
fn each_due_poll_is_made_once() {
    let server = Server::new();
    let (origin, feeds) = newsroom("");
    publish(&origin, 3);
    let app = TestApp::on(&server.url(), &feeds);
    let nodes: Vec<Service> = ["poll", "poll", "web", "web"].map(|role| app.start_as(role)).into();
    all_show(&[&nodes[2], &nodes[3]], SOURCES * 3);
    for n in 0..SOURCES {
        assert_eq!(origin.requests(&format!("/s{n}")).len(), 1, "s{n}");
    }
    assert_eq!((nodes[0].get("/healthz").status, nodes[0].get("/readyz").status), (200, 503), "a poller publishes nothing");
    is_whole(&app, 3);
}

/// A poller that sleeps while it waits for an answer, and wakes after its lease.
#[test]
fn who_wakes_after_its_lease_changes_nothing() {
    let server = Server::new();
    let (origin, feeds) = newsroom("");
    publish(&origin, 2);
    origin.set("/s0", feed(&articles("cu.vn", 0..2)).behaviour(Behaviour::Held));
    let app = TestApp::on(&server.url(), &feeds);
    let sleeper = app.start_as("poll");
    eventually("it waits for the one that answers late", || (origin.requests("/s0").len() == 1).then_some(()));
    let news = |n: usize| sleeper.log.wait_for(&format!("\"source\":\"s{n}\""));
    (1..SOURCES).for_each(|n| drop(news(n)));
    sleeper.signal("STOP");
    publish(&origin, 2);
    let other = app.start_as("poll");
    other.log.wait_for("\"new\":2");
    origin.release("/s0");
    sleeper.signal("CONT");
    sleeper.log.wait_for("another process has polled the source since");
    // On a busy machine it had not ended all of the others when it fell asleep: they are polled when its leases are over.
    within(LEASES, "every source is polled", || (app.dump().stories.len() >= SOURCES * 2).then_some(()));
    is_whole(&app, 2);
}

#[test]
fn kills_cuts_and_restarts_lose_and_double_nothing() {
    let server = Server::new();
    let (origin, feeds) = newsroom("every = \"1s\"\n");
    publish(&origin, 1);
    let app = TestApp::on(&server.url(), &feeds);
    let (mut first, second) = (app.start_as("poll"), app.start_as("poll"));
    let nodes = [app.start_as("web"), app.start_as("web")];
    let webs = [&nodes[0], &nodes[1]];
    all_show(&webs, SOURCES);

    publish(&origin, 2);
    first.signal("KILL");
    first.ended();
    all_show(&webs, SOURCES * 2);

    first = app.start_as("poll");
    second.signal("STOP");
    publish(&origin, 3);
    all_show(&webs, SOURCES * 3);
    second.signal("CONT");

    publish(&origin, 4);
    for _ in 0..5 {
        server.sql("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and backend_type = 'client backend'");
    }
    all_show(&webs, SOURCES * 4);

    let before = nodes[0].get("/feeds/moi-nhat.rss");
    server.control("stop");
    for node in webs {
        let now = node.get("/feeds/moi-nhat.rss");
        assert_eq!((now.status, now.body == before.body), (200, true), "readers notice nothing");
    }
    let takes = |count: u8| {
        let said = || webs[0].get("/metrics").text().contains(&format!("diemtin_store_takes {count}\n")).then_some(());
        within(LEASES, "/metrics says whether the store takes anything", said);
    };
    takes(0);
    publish(&origin, 5);
    server.control("start");
    takes(1);
    all_show(&webs, SOURCES * 5);
    is_whole(&app, 5);
    assert_eq!(first.terminate(), Some(0));
}

/// A connection is encrypted where that is asked for, and never to somebody else.
#[test]
fn tls_proves_who_the_server_is() {
    let server = Server::new();
    let ca_key = rcgen::KeyPair::generate().expect("a key");
    let mut ca = rcgen::CertificateParams::default();
    ca.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let root = ca.self_signed(&ca_key).expect("a root");
    let issuer = rcgen::Issuer::new(ca, ca_key);
    let key = rcgen::KeyPair::generate().expect("a key");
    let params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).expect("a name");
    let certificate = params.signed_by(&key, &issuer).expect("a certificate");
    let port = std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
    for (name, text) in [("server.crt", certificate.pem()), ("server.key", key.serialize_pem()), ("root.crt", root.pem())] {
        let path = server.0.join(name);
        std::fs::write(&path, text).expect("a file");
        if name == "server.key" {
            let like = std::os::unix::fs::MetadataExt::uid(&std::fs::metadata(server.0.join("data")).expect("a folder"));
            std::os::unix::fs::chown(&path, Some(like), None).expect("root, or the same user");
            std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("its owner");
        }
    }
    let setting = |name: &str, value: String| server.sql(&format!("alter system set {name} = '{value}'"));
    setting("ssl_cert_file", server.0.join("server.crt").display().to_string());
    setting("ssl_key_file", server.0.join("server.key").display().to_string());
    setting("listen_addresses", "127.0.0.1".to_owned());
    setting("ssl", "on".to_owned());
    // The only setting that needs another address: the socket is named after it.
    server.sql(&format!("alter system set port = {port}"));
    server.control("stop");
    server.control("start");

    let address = format!("postgres://postgres@127.0.0.1:{port}/postgres?sslmode=verify-full");
    let trusted = format!("{address}&sslrootcert={}", server.0.join("root.crt").display());
    let (_origin, feeds) = newsroom("");
    let app = TestApp::on(&trusted, &feeds);
    assert_eq!(app.run(&["dump"]).status, Some(0), "{}", app.run(&["dump"]).stderr);
    for (url, why) in [(address.as_str(), "UnknownIssuer"), (&trusted.replace("127.0.0.1", "localhost"), "not valid for name")] {
        let refused = TestApp::on(url, "").run(&["dump"]);
        assert_eq!(refused.status, Some(2), "{refused:?}");
        assert!(refused.stderr.contains(why), "{refused:?}");
    }
}
