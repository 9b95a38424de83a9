//! The laws of the house, as ARCHITECTURE.md draws it: who may use whom, what is pure, and which library has which seam.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// One source file without its unit tests and comments.
struct File {
    /// Its module path: `["flow", "parse", "date"]`.
    module: Vec<String>,
    /// Its lines that are code.
    code: Vec<String>,
    /// All its lines without the unit tests.
    lines: usize,
    opens_with_its_purpose: bool,
}

impl File {
    fn is_in(&self, place: &str) -> bool {
        let place: Vec<&str> = place.split("::").collect();
        self.module.len() >= place.len() && self.module.iter().zip(&place).all(|(have, want)| have == want)
    }

    fn name(&self) -> String {
        self.module.join("::")
    }

    /// Where a word stands as a path's or a macro's beginning, not as a part of another word.
    fn names(&self, word: &str) -> bool {
        let begins = |line: &str, at: usize| {
            let before = line[..at].chars().next_back();
            let whole = before.is_none_or(|c| !c.is_alphanumeric() && !matches!(c, '_' | '"' | '.'));
            whole && line[at + word.len()..].starts_with("::")
        };
        self.code.iter().any(|line| line.match_indices(word).any(|(at, _)| begins(line, at)))
    }
}

fn files() -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    collect(&root, &mut paths);
    let read = |path: PathBuf| {
        let text = fs::read_to_string(&path).expect("a source file");
        let inside = path.strip_prefix(&root).expect("below src").with_extension("");
        let module = inside.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
        let product = text.split("#[cfg(test)]").next().unwrap_or_default();
        let code = product.lines().filter(|line| !line.trim_start().starts_with("//")).map(str::to_owned).collect();
        File { module, code, lines: product.lines().count(), opens_with_its_purpose: text.starts_with("//!") }
    };
    paths.into_iter().filter(|path| !path.ends_with("tests.rs")).map(read).collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.extension() {
            _ if path.is_dir() => collect(&path, paths),
            Some(extension) if extension == "rs" => paths.push(path),
            _ => {}
        }
    }
}

/// The `crate::a::b` paths of a file, as (a, b).
fn used(file: &File) -> BTreeSet<(String, String)> {
    let mut used = BTreeSet::new();
    for line in &file.code {
        for (at, _) in line.match_indices("crate::") {
            let mut parts = line[at + "crate::".len()..].split("::").map(|part| {
                let end = part.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(part.len());
                part[..end].to_owned()
            });
            used.insert((parts.next().unwrap_or_default(), parts.next().unwrap_or_default()));
        }
    }
    used
}

/// What each part of the house may use beside itself.
const ARROWS: [(&str, &[&str]); 7] = [
    ("model", &[]),
    ("text", &[]),
    ("config", &["model", "text"]),
    ("flow", &["model", "text"]),
    ("edge", &["model", "text"]),
    ("pipeline", &["flow", "edge", "config", "model", "text"]),
    ("command", &["pipeline", "flow", "edge", "config", "model", "text"]),
];

#[test]
fn arrows_point_down() {
    let mut wrong = Vec::new();
    for file in files() {
        let Some((part, allowed)) = ARROWS.iter().find(|(part, _)| file.is_in(part)) else { continue };
        for (target, _) in used(&file) {
            if target != *part && !allowed.contains(&target.as_str()) {
                wrong.push(format!("{} uses {target}", file.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn siblings_do_not_meet() {
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| file.module.len() > 1 && (file.is_in("flow") || file.is_in("edge"))) {
        for (part, sibling) in used(file) {
            if part == file.module[0] && sibling != file.module[1] {
                wrong.push(format!("{} uses {part}::{sibling}", file.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_part_of_the_house_is_known() {
    let parts: BTreeSet<String> = files().iter().map(|file| file.module[0].clone()).collect();
    let known = ARROWS.iter().map(|(part, _)| (*part).to_owned()).chain(["lib".to_owned(), "main".to_owned()]).collect();
    assert_eq!(parts, known);
}

#[test]
fn what_decides_touches_nothing_outside() {
    const OUTSIDE: [&str; 9] = [
        "tokio",
        "std::fs",
        "std::net::Tcp",
        "std::env",
        "std::thread",
        "std::process",
        "SystemTime::now",
        "Instant::now",
        "Timestamp::now",
    ];
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| ["model", "text", "config", "flow"].iter().any(|part| file.is_in(part))) {
        for line in &file.code {
            let outside = OUTSIDE.iter().any(|word| line.contains(word)) && !line.contains("env!(");
            if outside || line.contains("async fn") || line.contains(".await") {
                wrong.push(format!("{}: {}", file.name(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Libraries that only one place may name, so that what they lack is made good in that place.
const SEAMS: [(&str, &[&str]); 20] = [
    ("feed_rs", &["flow::parse"]),
    ("chrono", &["flow::parse"]),
    ("ammonia", &["flow::parse"]),
    ("scraper", &["flow::parse", "config::value"]),
    ("encoding_rs", &["flow::parse", "config::value"]),
    ("aho_corasick", &["flow::topic"]),
    ("rss", &["flow::render"]),
    ("atom_syndication", &["flow::render"]),
    ("maud", &["flow::render"]),
    ("quick_xml", &["flow::render"]),
    ("sled", &["edge::store::embedded"]),
    ("tokio_postgres", &["edge::store::postgres"]),
    ("tokio_rustls", &["edge::store::postgres"]),
    ("reqwest", &["edge::fetch"]),
    ("ring", &["flow::push", "edge::chance", "edge::fetch", "edge::store::postgres"]),
    ("hyper", &["edge::serve", "edge::fetch"]),
    ("rustix", &["edge::serve", "edge::store::embedded"]),
    ("toml", &["config"]),
    ("clap", &["command"]),
    ("comfy_table", &["command"]),
];

#[test]
fn one_library_has_one_seam() {
    let mut wrong = Vec::new();
    for file in files().iter().filter(|file| !file.is_in("main")) {
        for (library, places) in SEAMS {
            if file.names(library) && !places.iter().any(|place| file.is_in(place)) {
                wrong.push(format!("{} names {library}", file.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for_and_fits_the_head() {
    const MOST_LINES: usize = 400;
    for file in files() {
        assert!(file.opens_with_its_purpose, "{} does not open with what it is for", file.name());
        assert!(file.lines <= MOST_LINES, "{} has {} lines", file.name(), file.lines);
    }
}
