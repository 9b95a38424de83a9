//! Sources that mean harm, row by row of docs/fetching.md (T1 to T34): each is refused or survived with a sentence, and leaves nothing
//! behind.

use serde_json::Value;

use crate::app::{HOME, TestApp, home, source};
use crate::internal::Internal;
use crate::origin::{Answer, Behaviour, Origin, articles, feed, rss};

fn error<'a>(rows: &'a std::collections::BTreeMap<String, Value>, id: &str) -> &'a str {
    rows[id]["error"].as_str().unwrap_or_default()
}

/// T1, T2, T4: an address of ours in every spelling, as a source and behind a redirect.
#[test]
fn an_internal_service_is_reached_in_no_spelling() {
    let (internal, origin) = (Internal::new("127.0.0.2"), Origin::new());
    let port = internal.port;
    let spellings = [
        "127.0.0.2",
        "127.0.0.2.",
        "127.2",
        "127.0.2",
        "2130706434",
        "0x7f000002",
        "0x7f.0.0.2",
        "0177.0.0.2",
        "017700000002",
        "１２７.0.0.2",
        "127。0。0。2",
        "%31%32%37.0.0.2",
        "[::ffff:127.0.0.2]",
        "[::ffff:7f00:2]",
        "[::127.0.0.2]",
        "[64:ff9b::7f00:2]",
        "[2002:7f00:2::]",
    ];
    let mut config = HOME.replace("127.0.0.0/8", "127.0.0.1/32");
    for (n, host) in spellings.iter().enumerate() {
        config += &source(&format!("direct-{n}"), &format!("http://{host}:{port}/{n}"));
        origin.set(&format!("/{n}"), Answer::redirect(&format!("http://{host}:{port}/")));
        config += &source(&format!("redirect-{n}"), &origin.url(&format!("/{n}")));
    }
    origin.set("/backslash", Answer::redirect(&format!("\\\\127.0.0.2:{port}\\")));
    config += &source("backslash", &origin.url("/backslash"));
    let rows = TestApp::new(&config).poll();
    for (n, host) in spellings.iter().enumerate() {
        for id in [format!("direct-{n}"), format!("redirect-{n}")] {
            assert!(error(&rows, &id).contains("is not a public address"), "{host}: {}", rows[&id]);
        }
    }
    assert!(error(&rows, "backslash").contains("is not a public address"));
    assert_eq!(internal.count(), 0, "nobody even connected");
}

/// T1, T3, T4: a name that leads to loopback is found out when it is resolved for the connection.
#[test]
fn a_name_that_leads_inside_is_refused_at_the_connection() {
    let (internal, origin) = (Internal::new("127.0.0.1"), Origin::at(3));
    let mut config = HOME.replace("127.0.0.0/8", "127.0.0.3/32");
    for (n, host) in ["localhost", "LOCALHOST", "%6cocalhost", "ｌocalhost"].iter().enumerate() {
        let url = format!("http://{host}:{}/", internal.port);
        origin.set(&format!("/{n}"), Answer::redirect(&url));
        config += &source(&format!("direct-{n}"), &format!("{url}{n}"));
        config += &source(&format!("redirect-{n}"), &origin.url(&format!("/{n}")));
    }
    let rows = TestApp::new(&config).poll();
    for (id, row) in rows.iter().filter(|(id, _)| *id != "total") {
        assert!(error(&rows, id).contains("is not a public address"), "{row}");
    }
    assert_eq!(internal.count(), 0);
}

/// T2: redirects to other schemes, to nowhere, to themselves, to names and passwords; no port but the web's on public hosts.
#[test]
fn a_redirect_leads_to_the_web_or_nowhere() {
    let origin = Origin::new();
    let bad = [
        "file:///etc/passwd",
        "gopher://127.0.0.1/",
        "data:text/xml,<rss/>",
        "javascript:alert(1)",
        "ftp://a.vn/",
        "",
        "http://",
        "http://[::1",
        "http://[fe80::1%25eth0]/",
        "http://user:secret@example.vn/",
        "http://example.vn:22/",
        "http://1.1.1.1:6379/",
        "/loop",
        "\u{7f}",
    ];
    origin.set("/loop", Answer::redirect("/loop"));
    let sources: Vec<_> = (0..bad.len()).map(|n| (format!("s{n}"), origin.url(&format!("/{n}")))).collect();
    bad.iter().enumerate().for_each(|(n, location)| origin.set(&format!("/{n}"), Answer::redirect(location)));
    let app = TestApp::new(&home(&sources.iter().map(|(id, url)| (id.as_str(), url.clone())).collect::<Vec<_>>()));
    let rows = app.poll();
    for (n, location) in bad.iter().enumerate() {
        let row = &rows[&format!("s{n}")];
        assert_eq!(row["outcome"], "failed", "{location}: {row}");
        assert!(!row.to_string().contains("secret"), "{row}");
    }
    assert!(app.dump().stories.is_empty());
}

/// T5: a proxy comes from feeds.toml or not at all; the one that is configured gets everything.
#[test]
fn a_proxy_of_the_environment_is_not_used_and_one_of_the_configuration_is() {
    let (proxy, origin) = (Origin::at(4), Origin::new());
    origin.set("/0", feed(&articles("a.vn", 0..3)));
    let config = home(&[("a", origin.url("/0"))]);
    let from_environment = ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"]
        .iter()
        .fold(TestApp::new(&config), |app, name| app.env(name, &proxy.url("")));
    assert_eq!(from_environment.poll()["a"]["new"], 3);
    assert_eq!(proxy.count(), 0);

    let asked = origin.count();
    proxy.set(&origin.url("/0"), feed(&articles("a.vn", 0..2)));
    let through = TestApp::new(&config.replace("timeout", &format!("proxy = \"{}\"\ntimeout", proxy.url(""))));
    assert_eq!(through.poll()["a"]["new"], 2, "what the proxy gave");
    assert_eq!((proxy.count(), origin.count()), (1, asked));
    let inside = source("b", "http://10.0.0.1/rss");
    through.write(&(config.replace("timeout", &format!("proxy = \"{}\"\ntimeout", proxy.url(""))) + &inside));
    assert!(error(&through.poll(), "b").contains("not a public address"), "a number is checked before the proxy sees it");
}

/// T6: bodies that unpack to far more than they are, that do not end, or that are packed in other ways than we asked for.
#[test]
fn a_body_has_a_limit_on_the_wire_and_unpacked() {
    let origin = Origin::new();
    let twice = feed(&articles("a.vn", 0..9)).gzip().gzip();
    let empties: Vec<u8> = std::iter::repeat_n(gzip(b""), 60_000).flatten().collect();
    let cases = [
        (Answer::bomb(256), "larger than 10485760 bytes (fetch.max_body)"),
        (Answer::body("").behaviour(Behaviour::Endless), "larger than 10485760 bytes (fetch.max_body)"),
        (Answer::raw("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n<rss>"), "larger than 10485760 bytes"),
        (twice, "compressed 2 times over"),
        (Answer::body("x").header("Content-Encoding", "deflate"), "in a way that was not asked for"),
        (Answer::body(empties).header("Content-Encoding", "gzip"), "the document is empty"),
    ];
    let sources: Vec<_> = (0..cases.len()).map(|n| (format!("s{n}"), origin.url(&format!("/{n}")))).collect();
    cases.iter().enumerate().for_each(|(n, (answer, _))| origin.set(&format!("/{n}"), answer.clone()));
    let rows = TestApp::new(&home(&sources.iter().map(|(id, url)| (id.as_str(), url.clone())).collect::<Vec<_>>())).poll();
    for (n, (_, why)) in cases.iter().enumerate() {
        let error = error(&rows, &format!("s{n}"));
        assert!(error.contains(why), "{why:?} is not in {error:?}");
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("memory")
}

/// T7, T8, T9: answers that hang, drip, are torn, reset or garbled; each fails, says why, and changes nothing that is stored.
#[test]
fn a_torn_or_garbled_answer_changes_nothing() {
    let origin = Origin::new();
    let good = || feed(&articles("a.vn", 0..30));
    let whole = rss(&articles("a.vn", 0..30));
    let chunked =
        |end: &str| format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{whole}\r\n{end}", whole.len());
    let many: String = (0..151).map(|n| format!("X-{n}: v\r\n")).collect();
    let huge = format!("HTTP/1.1 200 OK\r\nX-Huge: {}\r\n\r\n{whole}", "x".repeat(5 << 20));
    let length = whole.len();
    let raw = |head: &str| Answer::raw(format!("{head}\r\n\r\n{whole}"));
    let cases = [
        good().behaviour(Behaviour::Hang),
        good().behaviour(Behaviour::HangAfterHead),
        good().behaviour(Behaviour::Drip),
        good().behaviour(Behaviour::DripHead),
        good().behaviour(Behaviour::EndlessHead),
        good().behaviour(Behaviour::CutAt(0)),
        good().behaviour(Behaviour::CutAt(length - 3)),
        good().behaviour(Behaviour::ResetAt(0)),
        good().behaviour(Behaviour::ResetAt(1000)),
        good().gzip().behaviour(Behaviour::CutAt(200)),
        Answer::raw(chunked("")),
        Answer::raw(chunked("5\r\nab")),
        Answer::raw(format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{whole}\r\n0\r\n\r\n")),
        raw(&format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nContent-Length: {}", length - 1)),
        raw(&format!("HTTP/1.1 200 OK\r\nContent-Length: -{length}")),
        raw(&format!("HTTP/1.1 200 OK\r\nContent-Length: {}", length + 1)),
        raw(&format!("HTTP/1.1 200 OK\r\n{many}Content-Length: {length}")),
        Answer::raw(huge),
        raw("HTTP/1.1 200 OK\r\nno colon in this line"),
        raw("HTTP/1.1 999999 OK"),
        raw("SSH-2.0-OpenSSH_9.2"),
        Answer::raw(""),
        Answer::raw(format!("HTTP/1.1 206 Partial Content\r\nContent-Length: {length}\r\n\r\n{whole}")),
        Answer::status(101),
        Answer::status(304).behaviour(Behaviour::Hang),
    ];
    let sources: Vec<_> = (0..cases.len()).map(|n| (format!("s{n}"), origin.url(&format!("/{n}")))).collect();
    let config = home(&sources.iter().map(|(id, url)| (id.as_str(), url.clone())).collect::<Vec<_>>());
    let app = TestApp::new(&config.replace("10s", "2s"));
    (0..cases.len()).for_each(|n| origin.set(&format!("/{n}"), feed(&articles("a.vn", 0..3)).etag(format!("\"{n}\""))));
    app.poll();
    let before = app.dump();
    cases.iter().enumerate().for_each(|(n, answer)| origin.set(&format!("/{n}"), answer.clone().etag("\"bad\"")));
    let rows = app.poll();
    for (n, answer) in cases.iter().enumerate() {
        let row = &rows[&format!("s{n}")];
        assert_eq!(row["outcome"], "failed", "{n} {answer:?}: {row}");
    }
    let after = app.dump();
    assert_eq!(after.stories, before.stories);
    for (id, state) in &after.sources {
        assert_eq!(state["etag"], before.sources[id]["etag"], "{id}");
    }
}

/// T9: what is odd but allowed is taken.
#[test]
fn odd_answers_that_are_whole_are_taken() {
    let origin = Origin::new();
    let whole = rss(&articles("a.vn", 0..4));
    let length = whole.len();
    let cases = [
        format!("HTTP/1.1 200 OK\r\nX-Big: {}\r\nContent-Length: {length}\r\n\r\n{whole}", "x".repeat(300_000)),
        format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nContent-Length: {length}\r\n\r\n{whole}"),
        format!("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{whole}"),
        format!("HTTP/1.0 200 OK\r\n\r\n{whole}"),
        format!("HTTP/1.1 200 \r\nContent-Length: {length}\r\n\r\n{whole}trailing"),
        format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n{length:x}\r\n{whole}\r\n0\r\n\r\n"),
    ];
    let sources: Vec<_> = (0..cases.len()).map(|n| (format!("s{n}"), origin.url(&format!("/{n}")))).collect();
    cases.iter().enumerate().for_each(|(n, bytes)| origin.set(&format!("/{n}"), Answer::raw(bytes.clone())));
    let rows = TestApp::new(&home(&sources.iter().map(|(id, url)| (id.as_str(), url.clone())).collect::<Vec<_>>())).poll();
    for (n, bytes) in cases.iter().enumerate() {
        assert_eq!(rows[&format!("s{n}")]["entries"], 4, "{}: {}", &bytes[..40], rows[&format!("s{n}")]);
    }
}

/// T10, T11, T12, T13: documents that are bombs for parsers. None opens a file, and each ends with what is sound in it.
#[test]
fn documents_that_are_bombs_do_not_go_off() {
    let origin = Origin::new();
    let item = |title: &str| format!("<item><guid>g</guid><title>{title}</title><link>https://a.vn/bai-1.html</link></item>");
    let document = |before: &str, inside: &str| {
        format!("<?xml version=\"1.0\"?>{before}<rss version=\"2.0\"><channel>{inside}</channel></rss>")
    };
    let lol: String = (1..10).map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10))).collect();
    let attributes: String = (0..100_000).map(|n| format!(" a{n}=\"\"")).collect();
    let namespaces: String = (0..100_000).map(|n| format!(" xmlns:n{n}=\"x\"")).collect();
    let cases = [
        document(&format!("<!DOCTYPE rss [<!ENTITY l0 \"lol\">{lol}]>"), &item("Tin &l9;")),
        document("<!DOCTYPE rss [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>", &item("Tin &x;")),
        document("", &format!("<x{attributes}/>{}", item("Tin"))),
        document("", &format!("<x{namespaces}/>{}", item("Tin"))),
        document("", &format!("{}{}", "<x>".repeat(100_000), item("Tin"))),
        document("", &"<item/>".repeat(100_000)),
        document("", &format!("<item><guid>g</guid><title>Tin</title><pubDate>{}</pubDate></item>", "1 ".repeat(500_000))),
        document("", &format!("<item><guid>g</guid><title>Tin</title><pubDate>{}</pubDate></item>", "(".repeat(1_000_000))),
        document("", &item(&"t".repeat(5_000_000))),
        format!("{{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":{}", "[".repeat(100_000)),
    ];
    let sources: Vec<_> = (0..cases.len()).map(|n| (format!("s{n}"), origin.url(&format!("/{n}")))).collect();
    cases.iter().enumerate().for_each(|(n, text)| origin.set(&format!("/{n}"), Answer::body(text.clone())));
    origin.set("/good", feed(&articles("b.vn", 0..2)));
    let config = home(&sources.iter().map(|(id, url)| (id.as_str(), url.clone())).collect::<Vec<_>>());
    let app = TestApp::new(&(config.replace("10s", "30s") + &source("good", &origin.url("/good"))));
    let rows = app.poll();
    assert_eq!(rows["good"]["new"], 2, "{rows:#?}");
    let dump = app.run(&["dump"]).ok();
    assert!(!dump.contains("root:") && !dump.contains("lollollol"), "no entity is opened");
    assert!(dump.len() < 200_000, "what is kept has its limits: {} bytes", dump.len());
}

/// T21: addresses that are no web address lead nowhere: the entry keeps its words and loses its link.
#[test]
fn a_link_that_is_no_web_address_is_dropped() {
    let origin = Origin::new();
    let links = [
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "\u{1}javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
    ];
    let items: String = links
        .iter()
        .enumerate()
        .map(|(n, link)| format!("<item><guid>g{n}</guid><title>Tin {n}</title><link>{link}</link></item>"))
        .collect();
    let good = "<item><guid>g</guid><title>Tin</title><link>//b.vn/bai-1.html</link></item><item><guid>h</guid><title>Tin hai</title><link>/bai-2.html</link></item>";
    origin.set("/0", Answer::body(format!("<rss version=\"2.0\"><channel>{items}{good}</channel></rss>")));
    let app = TestApp::new(&home(&[("a", origin.url("/0"))]));
    app.poll();
    let dump = app.dump();
    for story in &dump.stories {
        let url = story["url"].as_str().unwrap_or("http://");
        assert!(url.starts_with("http://") || url.starts_with("https://"), "{story}");
    }
    assert_eq!(dump.story("Tin")["url"], "http://b.vn/bai-1.html");
    assert_eq!(dump.story("Tin hai")["url"], origin.url("/bai-2.html"));
    assert!(!app.render("moi-nhat", "rss").to_lowercase().contains("script:"));
}

/// T26: a link leads to the source's site or where the administrator lets it; the entry's words stay.
#[test]
fn a_link_off_the_sources_site_is_left_out_where_hosts_are_named() {
    let origin = Origin::new();
    let links = [
        "/bai-1.html",
        "https://ttxvn.vn/2.html",
        "https://anh.ttxvn.vn/3.html",
        "https://ttxvn.vn.evil.com/4.html",
        "https://ttxvп.vn/5.html",
    ];
    let items: String = (links.iter().enumerate())
        .map(|(n, link)| format!("<item><guid>g{n}</guid><title>Tin {n}</title><link>{link}</link></item>"))
        .collect();
    origin.set("/0", Answer::body(format!("<rss version=\"2.0\"><channel>{items}</channel></rss>")));
    let config = home(&[("a", origin.url("/0"))]);
    let linked = |config: &str| {
        let app = TestApp::new(config);
        app.poll();
        let dump = app.dump();
        (0..links.len()).filter(|n| dump.story(&format!("Tin {n}"))["url"].is_string()).collect::<Vec<_>>()
    };
    assert_eq!(linked(&config), [0, 1, 2, 3, 4], "without a list they are only told");
    assert_eq!(linked(&format!("{config}link_hosts = [\"TTXVN.vn\"]\n")), [0, 1, 2]);
}

/// T31: Retry-After as a weapon: what one host asks for binds no other, and no longer than a day.
#[test]
fn one_hosts_retry_after_binds_no_other() {
    let (bad, good) = (Origin::new(), Origin::at(2));
    for (n, value) in ["999999999", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"].iter().enumerate() {
        bad.set(&format!("/{n}"), Answer::status(429).header("Retry-After", value));
    }
    good.set("/0", feed(&articles("a.vn", 0..2)));
    let app = TestApp::new(&home(&[("a", bad.url("/0")), ("b", bad.url("/1")), ("c", bad.url("/2")), ("d", good.url("/0"))]));
    let rows = app.poll();
    assert_eq!(rows["d"]["new"], 2);
    let failed: Vec<_> = ["a", "b", "c"].iter().filter(|id| rows[**id]["outcome"] == "failed").collect();
    assert!(!failed.is_empty(), "the others rest: {rows:#?}");
    for id in failed {
        let (next, checked) = (&app.dump().sources[*id]["next"], &app.dump().sources[*id]["checked"]);
        let time = |value: &Value| value.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok()).expect("a time");
        assert!(time(next).duration_since(time(checked)).as_secs() <= 24 * 3600 + 60, "{id}");
    }
}
