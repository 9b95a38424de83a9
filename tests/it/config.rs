//! `feeds.toml` from outside: every case of tests/corpus/config, the schema, and what a valid file means.
//!
//! A case is a `NAME.toml`; beside it stand what people are shown (`NAME.txt`) and, for some, what programs are
//! (`NAME.jsonl`). `UPDATE_CORPUS=1 cargo nextest run config` writes what is shown now; review it like code.
//! `UPDATE_SCHEMA=1` does the same for deploy/feeds.schema.json.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use diemtin::config::{self, Config, Fault, Faults};
use diemtin::edge::fetch::Guard;
use diemtin::model::{Content, Feed, Field, Origin, Phrase};

/// The environment of every case.
fn env(name: &str) -> Option<String> {
    match name {
        "TOKEN" => Some("bí mật-geheim".to_owned()),
        "HOST" => Some("example.vn".to_owned()),
        "EMPTY" => Some(String::new()),
        _ => None,
    }
}

fn read(text: &str) -> Result<(Config, Vec<Fault>), Faults> {
    config::read("feeds.toml", text, &env)
}

/// The configuration of a file that has no error, and the messages of its warnings.
fn valid(text: &str) -> (Config, Vec<String>) {
    let (config, warnings) = read(text).unwrap_or_else(|faults| panic!("{faults}"));
    (config, warnings.into_iter().map(|warning| warning.message).collect())
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn cases() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("tests/corpus/config")).expect("the corpus");
    let mut cases: Vec<PathBuf> = folder.map(|entry| entry.expect("an entry").path()).collect();
    cases.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
    cases.sort();
    cases
}

fn case(name: &str) -> String {
    fs::read_to_string(root().join("tests/corpus/config").join(name)).expect("a case")
}

/// Holds a committed file against what it should be, or writes it, where that variable is set.
fn assert_committed(path: &Path, now: &str, variable: &str) {
    #[expect(clippy::disallowed_methods, reason = "a test asks whether it is to update its cases")]
    if std::env::var_os(variable).is_some() {
        fs::write(path, now).expect("writing");
    }
    let committed = fs::read_to_string(path).unwrap_or_default();
    let name = path.file_name().expect("a name").to_string_lossy();
    assert!(committed == now, "{name} is not what it was (to accept: {variable}=1)\n--- committed\n{committed}\n--- now\n{now}");
}

#[test]
fn every_case_is_shown_as_before() {
    let cases = cases();
    assert!(cases.len() >= 10, "the corpus is where it was");
    for path in cases {
        let text = fs::read_to_string(&path).expect("a case in UTF-8");
        let (verdict, faults) = match read(&text) {
            Ok((_, warnings)) => ("can be used", warnings),
            Err(faults) => ("can't be used", faults.shown),
        };
        let mut shown: Vec<String> = faults.iter().map(|fault| fault.render(false)).collect();
        shown.push(format!("This file {verdict}.\n"));
        assert_committed(&path.with_extension("txt"), &shown.join("\n\n"), "UPDATE_CORPUS");
        let lines = path.with_extension("jsonl");
        if lines.exists() {
            let now: String = faults.iter().map(|fault| serde_json::to_string(fault).expect("JSON") + "\n").collect();
            assert_committed(&lines, &now, "UPDATE_CORPUS");
        }
    }
}

#[test]
fn a_fault_never_shows_a_secret() {
    for path in cases() {
        let text = fs::read_to_string(&path).expect("a case");
        let faults = read(&text).map_or_else(|faults| faults.shown, |(_, warnings)| warnings);
        for fault in faults {
            let shown = fault.render(true) + &fault.to_string() + &serde_json::to_string(&fault).expect("JSON");
            assert!(!shown.contains("bí mật") && !shown.contains("geheim"), "{shown}");
        }
    }
}

#[test]
fn an_address_is_called_not_public_where_it_would_be_refused() {
    let said = "this address is not public, so nothing is fetched from it";
    for opened in ["", "\"127.0.0.0/8\", \"10.0.0.0/8\", \"fd00::/8\""] {
        for host in
            ["127.0.0.1", "10.1.2.3", "192.168.0.1", "0.0.0.0", "[::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "9.9.9.9", "a.vn"]
        {
            let (config, warnings) = valid(&format!("fetch.private_networks = [{opened}]\nsource.a.url = \"http://{host}/rss\""));
            let guard = Guard::new(config.fetch.private_networks.clone(), &config.service.listen);
            let refused = guard.check_url(config.sources["a"].url(), None).is_err();
            assert_eq!(warnings.iter().any(|warning| warning == said), refused, "{host} [{opened}]");
        }
    }
    for (opened, warned) in [("", true), ("\"127.0.0.0/8\"", false)] {
        let text = format!("fetch.private_networks = [{opened}]\nsource.a.url = \"http://localhost/rss\"");
        assert_eq!(valid(&text).1.iter().any(|warning| warning == said), warned, "{opened}");
    }
}

#[test]
fn the_committed_schema_is_the_generated_one() {
    assert_committed(&root().join("deploy/feeds.schema.json"), &config::schema(), "UPDATE_SCHEMA");
}

/// A TOML file that says every default of the schema.
fn defaults(schema: &serde_json::Value, path: &str, text: &mut String) {
    let properties = schema["properties"].as_object().into_iter().flatten();
    let (tables, keys): (Vec<_>, Vec<_>) = properties.partition(|(_, about)| about["properties"].is_object());
    for (key, about) in keys {
        match &about["default"] {
            serde_json::Value::Null => {}
            serde_json::Value::Object(map) => assert!(map.is_empty(), "only an empty table is easily written: {path}.{key}"),
            value => writeln!(text, "{path}.{key} = {value}").expect("a string"),
        }
    }
    for (key, about) in tables {
        defaults(about, key, text);
    }
}

#[test]
fn the_defaults_of_the_schema_are_those_that_hold() {
    let schema: serde_json::Value = serde_json::from_str(&config::schema()).expect("JSON");
    let minimal = "source.a.url = \"https://a.vn/rss\"\ntopic.b.any = [\"b\"]\nfeed.c = {}\n";
    let mut full = "source.a.url = \"https://a.vn/rss\"\nfeed.c.title = \"c\"\n".to_owned();
    defaults(&schema, "", &mut full);
    for (table, id) in [("source", "a"), ("topic", "b"), ("feed", "c")] {
        let inner = schema["properties"][table]["patternProperties"].as_object().and_then(|map| map.values().next());
        let mut keys = String::new();
        defaults(inner.expect("a keyed table"), &format!("{table}.{id}"), &mut keys);
        full += &keys.replace("topic.b.any = []", "topic.b.any = [\"b\"]");
    }
    assert!(full.lines().count() > 25, "{full}");
    assert_eq!(valid(&full), valid(minimal), "{full}");
}

/// Administrators learn the keys from the comments of the file that ships.
#[test]
fn the_shipped_file_describes_every_key() {
    let shipped = fs::read_to_string(root().join("feeds.toml")).expect("feeds.toml");
    let schema: serde_json::Value = serde_json::from_str(&config::schema()).expect("JSON");
    let one = |table: &str| {
        let tables = &schema["properties"][table];
        tables["patternProperties"].as_object().and_then(|map| map.values().next()).unwrap_or(tables).clone()
    };
    let (source, topic) = (one("source"), one("topic"));
    for (keys, from, to) in [
        (&one("service"), "\n[service]", "\n\n"),
        (&one("store"), "\n[store]", "\n\n"),
        (&one("fetch"), "\n[fetch]", "\n\n"),
        (&source, "# A source with every key:", "\n# Ranks"),
        (&source["properties"]["select"], "#   item ", "\n# The class names"),
        (&topic, "# A topic with every key:", "\n# In each list"),
        (&topic["properties"]["any"]["items"]["anyOf"][1], "# In each list a phrase", "\n\n"),
        (&one("feed"), "A feed with every key:", "\n\n"),
    ] {
        let part = shipped.split_once(from).and_then(|(_, rest)| rest.split_once(to)).expect(from).0;
        let part = format!("{from}{part}");
        let words: Vec<&str> = part.split(|c: char| !(c.is_ascii_lowercase() || c == '_')).collect();
        let keys: Vec<&String> = keys["properties"].as_object().expect("a table").keys().collect();
        let missing: Vec<_> = keys.iter().filter(|key| !words.contains(&key.as_str())).collect();
        assert!(keys.len() > 1 && missing.is_empty(), "{from} says nothing of {missing:?}");
    }
}

#[test]
fn the_contract_s_example_means_what_it_says() {
    let (config, warnings) = valid(&case("contract.toml"));
    assert_eq!(warnings, Vec::<String>::new());
    assert_eq!(config.service.title, "Điểm tin Bình Dương");
    assert_eq!(config.service.url.as_str(), "https://tin.example.vn/");
    assert_eq!(config.store.keep.map(|keep| keep.as_secs()), Some(365 * 86_400));
    assert_eq!(config.fetch.max_body, 10 * 1024 * 1024);
    let [feed, page] = ["bao-binh-duong", "cong-thong-tin-thu-dau-mot"].map(|id| &config.sources[id]);
    assert_eq!((feed.rank, feed.every.map(|every| every.as_secs()), feed.enabled), (10, Some(300), true));
    assert_eq!((feed.name.as_str(), feed.place.as_deref()), ("Báo Bình Dương", Some("Bình Dương")));
    assert_eq!(feed.content, Content::Summary);
    assert!(matches!(&page.origin, Origin::Page { select, .. } if select.date_format.as_deref() == Some("%d/%m/%Y %H:%M")));
    assert_eq!(config.topics[0].none, [Phrase::new("làm theo bác sĩ")]);
    assert_eq!(config.topics[0].fields, Field::ALL);
    let feeds: Vec<(&str, &str)> = config.feeds.iter().map(|feed| (feed.id.as_str(), feed.title.as_str())).collect();
    let wanted =
        [("moi-nhat", "Mới nhất"), ("lam-theo-bac", "Làm theo Bác"), ("lam-theo-bac-binh-duong", "Làm theo Bác ở Bình Dương")];
    assert_eq!(feeds, wanted);
    assert_eq!(config.feeds[2].places, ["Bình Dương"]);
}

#[test]
fn an_empty_file_has_every_default() {
    let (config, warnings) = valid("");
    assert_eq!(warnings, ["there is no source, so nothing is polled"]);
    assert_eq!((config.service.title.as_str(), config.service.language.as_str()), ("Điểm tin", "vi"));
    assert_eq!((config.service.url.as_str(), config.service.listen.as_str()), ("http://127.0.0.1:8080/", "127.0.0.1:8080"));
    assert_eq!(config.service.timezone.iana_name(), Some("Asia/Ho_Chi_Minh"));
    assert_eq!(config.store.url, "sled:data");
    assert_eq!((config.fetch.parallel, config.fetch.per_host, config.fetch.private_networks.len()), (64, 2, 0));
    assert_eq!((config.fetch.spacing, config.fetch.proxy), (std::time::Duration::from_secs(2), None));
    let seconds = [config.fetch.every, config.fetch.min_every, config.fetch.max_every, config.fetch.timeout].map(|d| d.as_secs());
    assert_eq!(seconds, [900, 300, 21_600, 30]);
    assert_eq!((config.feeds.len(), config.feeds[0].limit), (1, 50));
}

#[test]
fn a_source_needs_only_its_address() {
    let (config, warnings) = valid("[source.x]\nurl = \"https://bao.example.vn/rss\"");
    assert_eq!(warnings, Vec::<String>::new());
    let source = &config.sources["x"];
    assert_eq!((source.name.as_str(), source.rank), ("bao.example.vn", 0));
    assert_eq!(source.timezone, config.service.timezone);
}

#[test]
fn a_source_has_the_service_s_zone_unless_it_has_its_own() {
    let (config, _) = valid(
        "service.timezone = \"UTC\"\nsource.a.url = \"https://a.vn/\"\n\
         source.b = { url = \"https://b.vn/\", timezone = \"Asia/Tokyo\" }",
    );
    assert_eq!(config.sources["a"].timezone.iana_name(), Some("UTC"));
    assert_eq!(config.sources["b"].timezone.iana_name(), Some("Asia/Tokyo"));
}

#[test]
fn a_feed_with_a_topic_s_id_adjusts_that_topic_s_feed() {
    let topics = "topic.z = { any = [\"z\"], title = \"Zét\" }\ntopic.a = { any = [\"a\"] }\n";
    let feed = |text: &str| -> Vec<Feed> { valid(&format!("{topics}{text}")).0.feeds };
    let ids = |feed: &Feed| feed.topics.iter().map(ToString::to_string).collect::<Vec<_>>();
    let same = feed("feed.b = {}\nfeed.z = { limit = 7 }\nfeed.moi-nhat = { limit = 9 }");
    let order: Vec<(&str, usize)> = same.iter().map(|feed| (feed.id.as_str(), feed.limit)).collect();
    assert_eq!(order, [("moi-nhat", 9), ("z", 7), ("a", 50), ("b", 50)]);
    assert_eq!((same[1].title.as_str(), ids(&same[1])), ("Zét", vec!["z".to_owned()]));
    assert_eq!((same[3].title.as_str(), ids(&same[3])), ("b", vec![]));
    let other = feed("feed.z = { topics = [\"a\", \"z\"], title = \"Cả hai\" }");
    assert_eq!((other[1].title.as_str(), ids(&other[1])), ("Cả hai", vec!["a".to_owned(), "z".to_owned()]));
}

#[test]
fn the_default_address_is_where_it_listens() {
    for (listen, url) in
        [("0.0.0.0:80", "http://0.0.0.0/"), ("[::]:8080", "http://[::]:8080/"), ("localhost:1", "http://localhost:1/")]
    {
        let (config, _) = valid(&format!("service.listen = \"{listen}\""));
        assert_eq!(config.service.url.as_str(), url);
    }
}

#[test]
fn variables_are_filled_in() {
    let (config, _) =
        valid("[source.x]\nurl = \"https://${HOST}/rss\"\nheaders = { X-Key = \"a $${TOKEN} ${EMPTY}b\" }\nname = '${HOST}'\n");
    let source = &config.sources["x"];
    assert_eq!((source.url().as_str(), source.name.as_str()), ("https://example.vn/rss", "example.vn"));
    assert_eq!(source.headers["X-Key"], "a ${TOKEN} b");
}

/// Whatever an editor has half written, reading ends, and what it says can be shown.
#[test]
fn no_part_of_a_file_panics() {
    let check = |text: &str| {
        let faults = read(text).map_or_else(|faults| faults.shown, |(_, warnings)| warnings);
        for fault in faults {
            assert!(!fault.render(true).is_empty());
            assert!(fault.line >= 1 && fault.column >= 1 && fault.line <= text.lines().count() + 1, "{fault} in {text}");
        }
    };
    let text = case("contract.toml");
    for (cut, letter) in text.char_indices() {
        check(&text[..cut]);
        check(&format!("{}{}", &text[..cut], &text[cut + letter.len_utf8()..]));
    }
    let lines: Vec<&str> = text.lines().collect();
    for left_out in 0..lines.len() {
        check(&[&lines[..left_out], &lines[left_out + 1..]].concat().join("\r\n"));
    }
}

#[test]
fn a_file_that_is_no_toml_is_refused_in_reasonable_length() {
    let deep = "a = ".to_owned() + &"[".repeat(100_000);
    let wide = "? \n".repeat(20_000);
    let keys = (0..20_000).map(|i| format!("k{i} = 1\n")).collect::<String>();
    let open = "a = [\n".to_owned() + &"b = 1\n".repeat(20_000);
    for text in [deep, wide, keys, open, "\0\u{1}\u{1b}[31m = \"".to_owned()] {
        let faults = read(&text).expect_err("no configuration");
        assert!(faults.shown.len() <= 100);
        assert!(faults.render(false).len() < 400_000);
    }
}

#[test]
fn an_address_that_may_hold_a_secret_is_not_shown() {
    let (config, _) = valid(
        "[source.x]\nurl = \"https://a.example.vn/rss?key=${TOKEN}\"\n[source.y]\nurl = \"https://b.example.vn/rss?id=5\"\n",
    );
    assert!(config.sources["x"].url().as_str().contains("geheim"));
    assert_eq!(config.sources["x"].home.as_str(), "https://a.example.vn/");
    assert_eq!(config.sources["y"].home.as_str(), "https://b.example.vn/rss?id=5");
}
