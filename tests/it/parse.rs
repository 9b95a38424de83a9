//! The parser from outside: every case of tests/corpus/parse, whose README says what a case looks like.
//!
//! All cases run in one test, which lists every one that fails. Beyond what a case expects, every document must be read twice
//! alike, yield no more entries than the limit, and publish nothing but legal characters, NFC and web addresses.

mod cost;
mod pages;

use std::collections::BTreeMap;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use diemtin::flow::parse::{Input, MOST_ENTRIES, NotAFeed, parse};
use diemtin::model::{Author, Document, Enclosure, Entry, Select};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use unicode_normalization::is_nfc;
use url::Url;

/// A document and how it is to be read.
struct Case {
    bytes: Vec<u8>,
    content_type: Option<String>,
    base: Url,
    timezone: TimeZone,
    encoding: Option<String>,
    select: Option<Select>,
    now: Timestamp,
    expectations: Vec<Expectation>,
    known_fault: Option<String>,
}

/// A line that says what must come out: `0.title.has: Bác` is `("0.title.has", "Bác")`.
type Expectation = (String, String);

type Outcome = Result<Document, NotAFeed>;

#[test]
fn every_case_comes_out_as_it_says() {
    let files = files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/parse"));
    let mut by_class: BTreeMap<String, usize> = BTreeMap::new();
    let mut failures = Vec::new();
    for file in &files {
        let class = file.parent().and_then(Path::file_name).expect("a folder").to_string_lossy();
        let name = file.file_name().expect("a name").to_string_lossy();
        *by_class.entry(class.clone().into_owned()).or_default() += 1;
        let faults = match Case::read(&fs::read(file).expect("a case")) {
            Ok(case) => case.run(),
            Err(why) => vec![format!("the case itself: {why}")],
        };
        if !faults.is_empty() {
            failures.push(format!("{class}/{name}\n    {}", faults.join("\n    ")));
        }
    }
    println!("{} cases: {by_class:?}", files.len());
    assert!(failures.is_empty(), "{} of {} cases fail\n\n{}\n", failures.len(), files.len(), failures.join("\n\n"));
    assert!(files.len() >= 300, "only {} cases", files.len());
}

/// All cases under a folder, in order.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the corpus") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "case") {
            found.push(path);
        }
    }
    found.sort();
    found
}

impl Case {
    fn read(file: &[u8]) -> Result<Self, String> {
        let cut = file.windows(5).position(|w| w == b"\n---\n").ok_or("no line `---` ends the header")?;
        let header = std::str::from_utf8(&file[..cut]).map_err(|e| e.to_string())?;
        let document = &file[cut + 5..];
        let document = document.strip_suffix(b"\n").unwrap_or(document);
        let (why, lines) = header.split_once("\n\n").ok_or("no blank line stands between why and what")?;
        if why.len() < 20 {
            return Err("it does not say why it exists".to_owned());
        }
        let mut case = Self::of(document)?;
        let mut select: BTreeMap<&str, String> = BTreeMap::new();
        let mut making = Making::default();
        for line in lines.lines().filter(|line| !line.trim().is_empty()) {
            let (key, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.trim();
            match key {
                "base" => case.base = Url::parse(value).map_err(|e| e.to_string())?,
                "timezone" => case.timezone = TimeZone::get(value).map_err(|e| e.to_string())?,
                "now" => case.now = value.parse().map_err(|e| format!("{value}: {e}"))?,
                "content-type" => case.content_type = Some(value.to_owned()),
                "encoding" => case.encoding = Some(value.to_owned()),
                "bytes" if value == "escaped" => making.escaped = true,
                "encode" => making.encode = Some(value.to_owned()),
                "repeat" => making.repeat = value.parse().map_err(|_| format!("repeat: {value}"))?,
                "known-fault" => case.known_fault = Some(value.to_owned()),
                _ => match key.strip_prefix("select.") {
                    Some(part) => drop(select.insert(part, value.to_owned())),
                    None => case.expectations.push((check_key(key)?.to_owned(), value.to_owned())),
                },
            }
        }
        case.bytes = making.make(document)?;
        case.select = selectors(select)?;
        if case.expectations.is_empty() {
            return Err("it expects nothing".to_owned());
        }
        Ok(case)
    }

    fn of(document: &[u8]) -> Result<Self, String> {
        Ok(Self {
            bytes: document.to_vec(),
            content_type: None,
            base: Url::parse("https://bao.example.vn/rss/tin.rss").map_err(|e| e.to_string())?,
            timezone: TimeZone::fixed(jiff::tz::offset(7)),
            encoding: None,
            select: None,
            now: "2026-11-23T08:00:00Z".parse().map_err(|e: jiff::Error| e.to_string())?,
            expectations: Vec::new(),
            known_fault: None,
        })
    }

    /// What is wrong, a line each.
    fn run(&self) -> Vec<String> {
        let outcome = catch_unwind(AssertUnwindSafe(|| self.parse()));
        let Ok(outcome) = outcome else { return self.judge(vec!["the parser panics".to_owned()]) };
        let differs = |(key, wanted): &Expectation| match pages::is_about_pages(key) {
            true => pages::differs(key, wanted, self.input(), &outcome),
            false => differs(key, wanted, &outcome),
        };
        let mut faults: Vec<String> = self.expectations.iter().filter_map(differs).collect();
        let is_expected = self.expectations.iter().any(|(key, _)| key == "error" || pages::is_about_pages(key));
        if let (Err(why), false) = (&outcome, is_expected) {
            faults = vec![format!("nothing is read: {why}")];
        }
        if outcome != self.parse() {
            faults.push("read twice, it comes out differently".to_owned());
        }
        faults.extend(outcome.iter().flat_map(|document| &document.entries).filter_map(unpublishable));
        faults.extend(outcome.iter().filter(|d| d.entries.len() > MOST_ENTRIES).map(|_| "too many entries".to_owned()));
        if let (Ok(document), false) = (&outcome, faults.is_empty()) {
            faults.extend(document.notes.iter().map(|note| format!("(note {:?} {:?}: {})", note.kind, note.entry, note.message)));
        }
        self.judge(faults)
    }

    /// A case with a known fault must fail.
    fn judge(&self, faults: Vec<String>) -> Vec<String> {
        match &self.known_fault {
            Some(why) if faults.is_empty() => vec![format!("the known fault is mended, remove the line: {why}")],
            Some(_) => Vec::new(),
            None => faults,
        }
    }

    fn parse(&self) -> Outcome {
        parse(self.input())
    }

    fn input(&self) -> Input<'_> {
        Input {
            bytes: &self.bytes,
            content_type: self.content_type.as_deref(),
            base: &self.base,
            timezone: &self.timezone,
            encoding: self.encoding.as_deref(),
            select: self.select.as_ref(),
            now: self.now,
        }
    }
}

fn selectors(mut given: BTreeMap<&str, String>) -> Result<Option<Select>, String> {
    if given.is_empty() {
        return Ok(None);
    }
    let mut must = |part: &str| given.remove(part).ok_or(format!("select.{part} is missing"));
    let (item, title, link) = (must("item")?, must("title")?, must("link")?);
    let select = Select {
        item,
        title,
        link,
        date: given.remove("date"),
        date_format: given.remove("date_format"),
        summary: given.remove("summary"),
        image: given.remove("image"),
    };
    given.keys().next().map_or(Ok(Some(select)), |part| Err(format!("there is no select.{part}")))
}

/// How a document's bytes are made from what stands in the file.
#[derive(Default)]
struct Making {
    escaped: bool,
    encode: Option<String>,
    repeat: usize,
}

impl Making {
    fn make(&self, document: &[u8]) -> Result<Vec<u8>, String> {
        let text = || std::str::from_utf8(document).map_err(|e| e.to_string());
        let bytes = match (self.repeat, self.escaped) {
            (0, false) => document.to_vec(),
            (0, true) => unescape(text()?)?,
            (times, _) => repeat(text()?, times)?.into_bytes(),
        };
        let Some(encoding) = &self.encode else { return Ok(bytes) };
        let text = String::from_utf8(bytes).map_err(|e| e.to_string())?;
        match encoding.as_str() {
            "utf-16le" => Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect()),
            "utf-16be" => Ok(text.encode_utf16().flat_map(u16::to_be_bytes).collect()),
            "utf-32be" => Ok(text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect()),
            other => Err(format!("encode: {other}")),
        }
    }
}

fn unescape(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        bytes.extend(before.bytes());
        let bad = || format!("a bad escape: \\{}", after.chars().take(8).collect::<String>());
        if let Some(after) = after.strip_prefix('\\') {
            bytes.push(b'\\');
            rest = after;
        } else if let Some((hex, after)) = after.strip_prefix('x').and_then(|a| a.split_at_checked(2)) {
            bytes.push(u8::from_str_radix(hex, 16).map_err(|_| bad())?);
            rest = after;
        } else {
            let (hex, after) = after.strip_prefix("u{").and_then(|a| a.split_once('}')).ok_or_else(bad)?;
            let letter = u32::from_str_radix(hex, 16).ok().and_then(char::from_u32).ok_or_else(bad)?;
            bytes.extend(letter.encode_utf8(&mut [0; 4]).bytes());
            rest = after;
        }
    }
    bytes.extend(rest.bytes());
    Ok(bytes)
}

/// Writes what stands between « and » so many times.
fn repeat(text: &str, times: usize) -> Result<String, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('«') {
        let (block, after) = after.split_once('»').ok_or("a « without »")?;
        out.push_str(before);
        for number in 0..times {
            match block.contains('№') {
                true => {
                    let counted_down = block.replace("№↓", &(times - 1 - number).to_string());
                    out.push_str(&counted_down.replace('№', &number.to_string()));
                }
                false => out.push_str(block),
            }
        }
        rest = after;
    }
    Ok(out + rest)
}

const FEED_FIELDS: [&str; 5] = ["title", "url", "description", "language", "updated"];
const ENTRY_FIELDS: [&str; 12] =
    ["title", "url", "id", "published", "updated", "summary", "content", "text", "image", "authors", "categories", "enclosures"];
const KINDS: [&str; 11] =
    ["encoding", "characters", "tags", "entity", "truncated", "generator", "date", "link", "dropped", "select", "repeated"];

/// A misspelt expectation would hold for ever.
fn check_key(key: &str) -> Result<&str, String> {
    let known = match key.split('.').collect::<Vec<_>>()[..] {
        ["entries" | "note" | "no-notes" | "error"] => true,
        _ if pages::is_about_pages(key) => true,
        ["feed", field] | ["feed", field, "has" | "lacks"] => FEED_FIELDS.contains(&field),
        [place, field] | [place, field, "has" | "lacks"] => place.parse::<usize>().is_ok() && ENTRY_FIELDS.contains(&field),
        _ => false,
    };
    if known { Ok(key) } else { Err(format!("an unknown directive: {key}")) }
}

/// How an outcome differs from one expectation.
fn differs(key: &str, wanted: &str, outcome: &Outcome) -> Option<String> {
    let document = match (key, outcome) {
        ("error", Ok(document)) => return Some(format!("no error, but {} entries", document.entries.len())),
        ("error", Err(why)) => {
            let why = why.to_string();
            return (wanted.is_empty() || !why.contains(wanted))
                .then(|| format!("error\n      wanted {wanted}\n      got    {why}"));
        }
        (_, Err(_)) => return None,
        (_, Ok(document)) => document,
    };
    match key {
        "entries" => {
            let got = document.entries.len().to_string();
            (got != wanted).then(|| format!("entries: wanted {wanted}, got {got}"))
        }
        "no-notes" => (!document.notes.is_empty()).then(|| "there are notes".to_owned()),
        "note" => misses_note(wanted, document),
        _ => differs_in_field(key, wanted, document),
    }
}

fn misses_note(wanted: &str, document: &Document) -> Option<String> {
    let (kind, words) = wanted.split_once(": ").unwrap_or((wanted, ""));
    if !KINDS.contains(&kind) {
        return Some(format!("there is no kind of note {kind}"));
    }
    let is_it = |note: &diemtin::model::Note| format!("{:?}", note.kind).to_lowercase() == kind && note.message.contains(words);
    (!document.notes.iter().any(is_it)).then(|| format!("no note {wanted}"))
}

fn differs_in_field(key: &str, wanted: &str, document: &Document) -> Option<String> {
    let (place, name) = key.split_once('.')?;
    let (field, how) = name.split_once('.').unwrap_or((name, ""));
    let got = match place.parse::<usize>() {
        Err(_) => of_feed(field, document),
        Ok(place) => match document.entries.get(place) {
            Some(entry) => of_entry(field, entry),
            None => return Some(format!("{key}: there is no such entry")),
        },
    };
    let shown = got.as_deref().unwrap_or("-").replace('\n', "\\n");
    let holds = match how {
        "has" => shown.contains(wanted),
        "lacks" => !shown.contains(wanted),
        _ if field == "published" || field == "updated" => shown == wanted || same_time(&shown, wanted),
        _ => shown == wanted,
    };
    (!holds).then(|| format!("{key}\n      wanted {wanted}\n      got    {shown}"))
}

fn same_time(got: &str, wanted: &str) -> bool {
    matches!((got.parse::<Timestamp>(), wanted.parse::<Timestamp>()), (Ok(a), Ok(b)) if a == b)
}

fn of_feed(field: &str, document: &Document) -> Option<String> {
    let feed = &document.feed;
    match field {
        "title" => feed.title.clone(),
        "url" => feed.url.clone(),
        "description" => feed.description.clone(),
        "language" => feed.language.clone(),
        _ => feed.updated.map(|time| time.to_string()),
    }
}

fn of_entry(field: &str, entry: &Entry) -> Option<String> {
    let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
    let list = |parts: Vec<String>| Some(parts.join(" | ")).filter(|text| !text.is_empty());
    match field {
        "title" => some(&entry.title),
        "url" => entry.url.clone(),
        "id" => entry.guid.clone(),
        "published" => entry.published.map(|time| time.to_string()),
        "updated" => entry.updated.map(|time| time.to_string()),
        "summary" => some(&entry.summary),
        "content" => entry.content.clone(),
        "text" => some(&entry.text),
        "image" => entry.image.clone(),
        "authors" => list(entry.authors.iter().map(author).collect()),
        "categories" => list(entry.categories.clone()),
        _ => list(entry.enclosures.iter().map(enclosure).collect()),
    }
}

/// `Tên <a@b.vn>`
fn author(author: &Author) -> String {
    match (&author.name, &author.email) {
        (Some(name), Some(email)) => format!("{name} <{email}>"),
        (Some(name), None) => name.clone(),
        (None, email) => format!("<{}>", email.as_deref().unwrap_or_default()),
    }
}

/// `https://… audio/mpeg 1234`
fn enclosure(file: &Enclosure) -> String {
    let mut shown = file.url.clone();
    shown += &file.media_type.as_ref().map(|t| format!(" {t}")).unwrap_or_default();
    shown + &file.length.map(|l| format!(" {l}")).unwrap_or_default()
}

/// Why an entry must not be published, whatever its case expects.
fn unpublishable(entry: &Entry) -> Option<String> {
    let plain = [Some(&entry.title), Some(&entry.text)].into_iter().flatten().chain(&entry.categories).chain(&entry.guid);
    let bodies = [Some(&entry.summary), entry.content.as_ref()].into_iter().flatten();
    let addresses = entry.url.iter().chain(&entry.image).chain(entry.enclosures.iter().map(|file| &file.url));
    let mut addresses = addresses.filter(|url| !url.starts_with("http://") && !url.starts_with("https://"));
    let is_bad = |c: char| c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    for text in plain.clone() {
        if text.contains(is_bad) || text.trim() != text {
            return Some(format!("controls or blanks at the ends: {text:?}"));
        }
    }
    for text in plain.chain(bodies.clone()) {
        if !is_nfc(text) {
            return Some(format!("no NFC: {text:?}"));
        }
    }
    for body in bodies {
        let lower = body.to_lowercase();
        if ["<script", "<iframe", "<style", "javascript:", " onerror="].iter().any(|part| lower.contains(part)) {
            return Some(format!("not clean: {body}"));
        }
    }
    addresses.next().map(|url| format!("no web address: {url}"))
}
