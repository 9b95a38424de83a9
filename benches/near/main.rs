//! Judging a new entry beside ten thousand, a hundred thousand and a million stored stories, in one run: what near copies cost as the
//! store grows.
//!
//! `cargo bench --bench near [-- MOST]` makes a store in the folder for temporary files, lets it grow to each size (up to MOST stories),
//! and prints what a poll spends on one new entry of the last three days: on asking whether its name and link are known, on preparing its
//! text, on finding near copies, and on judging them. Half of the entries are near copies of a stored story. Times are noisy; the ratios are of one run.

use std::collections::HashSet;
use std::hint::black_box;
use std::time::{Duration, Instant};

use diemtin::edge::store::Store;
use diemtin::flow::dedupe::{self, Decision, Gists, Ground, Named};
use diemtin::model::{Batch, Entry, Known, Slug, Source};
use jiff::{SignedDuration, Timestamp};

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
/// Entries of one document.
const DOCUMENT: usize = 50;
/// Stories are spread over this time before now.
const DAYS: i64 = 30;
/// Documents that are judged in one round; the least of the rounds counts.
const DOCUMENTS: usize = 20;
const ROUNDS: usize = 5;
/// What is timed of an entry: asking, preparing, finding, judging.
const STEPS: usize = 4;
/// Syllables that texts are made of. Half of all are among the common ones, as in real text.
const SYLLABLES: usize = 3_000;
const COMMON: &str = "và của có trong các đã cho với được là người công không ngày nhiều quốc động đồng đầu mới thành nhà năm hiện tỉnh nhất sau \
     chính thông dân chỉ trung tổ làm sản quan nhận bộ tin trường hội nước định tiếp việc nội hình hành cách an địa cao dự tài";

fn main() {
    let most = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(SIZES[2]);
    let folder = tempfile::tempdir().expect("a folder");
    let store = Store::open(folder.path()).expect("a store");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let now: Timestamp = "2026-11-23T08:00:00Z".parse().expect("valid");
    println!(
        "   stories   asking µs            preparing µs         finding µs           judging µs           all   joined   candidates   bytes each   MB in use"
    );
    let (mut stored, mut first) = (0, None::<[f64; STEPS]>);
    for size in SIZES.into_iter().filter(|size| *size <= most) {
        let mut batch = Batch::default();
        while stored < size {
            let entries: Vec<Entry> = (stored..stored + DOCUMENT).map(|n| entry(n, now - ago(stored), "bao-a")).collect();
            let named = dedupe::name(&source(&format!("s{}", stored / DOCUMENT % 500)), &entries, now);
            // As a load does it: what is stored is not asked for, so the few that are alike by chance become stories of their own.
            batch.stories.extend(decide(&named, &Known::default(), &Gists::default(), now).stories);
            if batch.stories.len() >= 10_000 {
                unique(&mut batch);
                runtime.block_on(store.commit(std::mem::take(&mut batch))).expect("a commit");
            }
            stored += DOCUMENT;
        }
        unique(&mut batch);
        runtime.block_on(store.commit(std::mem::take(&mut batch))).expect("a commit");
        // As the service does when it starts.
        runtime.block_on(store.inspect()).expect("an inspection");
        let (times, joined, candidates) = judge(&store, stored, now);
        let micros = times.map(|time| time.as_secs_f64() * 1e6);
        let first = first.get_or_insert(micros);
        let all = micros.iter().sum::<f64>() / first.iter().sum::<f64>();
        let disk = bytes(folder.path()) / stored as u64;
        let steps: String =
            micros.iter().zip(first).map(|(micros, first)| format!("{micros:>10.1} {:>6.2} ×", micros / *first)).collect();
        println!("{stored:>10}{steps} {all:>6.2} × {joined:>8} {candidates:>12.1} {disk:>12} {:>9}", resident_mb());
    }
}

/// A story that two documents of one batch begin is written once.
fn unique(batch: &mut Batch) {
    let mut seen = HashSet::new();
    batch.stories.retain(|change| seen.insert(change.story.id));
}

/// What an entry costs: asking whether it is known, preparing its text, finding stories that may be the same news, and judging them; how many entries of all joined a stored story; and how many stories were found for each.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn judge(store: &Store, stored: usize, now: Timestamp) -> ([Duration; STEPS], usize, f64) {
    let fresh = source("moi");
    let recent: Vec<usize> = (0..stored).step_by(DOCUMENT).filter(|&first| ago(first) < SignedDuration::from_hours(72)).collect();
    let mut best = [Duration::MAX; STEPS];
    let (mut joined, mut candidates) = (0, 0);
    let gists = Gists::default();
    for round in 0..ROUNDS {
        (joined, candidates) = (0, 0);
        let mut steps = [Duration::ZERO; STEPS];
        for document in 0..DOCUMENTS {
            let number = (round * DOCUMENTS + document) * DOCUMENT;
            let entries: Vec<Entry> = (0..DOCUMENT)
                .map(|n| {
                    let first = recent[(number + n) * 7_907 % recent.len()];
                    // Every other one was published by another source, with a clause more.
                    if n % 2 == 0 {
                        copy(first + n, now - ago(first))
                    } else {
                        entry(10_000_000 + number + n, now - ago(first), "bao-b")
                    }
                })
                .collect();
            let start = Instant::now();
            let named = dedupe::name(&fresh, &entries, now);
            let mut known = store.known(&dedupe::lookups(&named)).expect("an answer");
            steps[0] += start.elapsed();
            let start = Instant::now();
            let searches = dedupe::searches(&named, &known, &gists);
            steps[1] += start.elapsed();
            let start = Instant::now();
            store.near(&searches, &mut known).expect("an answer");
            steps[2] += start.elapsed();
            let start = Instant::now();
            joined += decide(&named, &known, &gists, now).stories.iter().filter(|change| change.story.seq > 0).count();
            steps[3] += start.elapsed();
            candidates += known.near.values().map(Vec::len).sum::<usize>();
        }
        best = std::array::from_fn(|step| best[step].min(steps[step] / (DOCUMENTS * DOCUMENT) as u32));
    }
    (best, joined, candidates as f64 / (DOCUMENTS * DOCUMENT) as f64)
}

fn decide(named: &[Named], known: &Known, gists: &Gists, now: Timestamp) -> Decision {
    black_box(dedupe::decide(named, known, &Ground { baseline: true, gists, rank: &|_| 0, now }))
}

/// How long before now the stories of a document were published.
fn ago(first: usize) -> SignedDuration {
    SignedDuration::from_secs(first as i64 * 7_919 % (DAYS * 86_400))
}

fn source(id: &str) -> Source {
    let config =
        diemtin::config::read("bench", &format!("[source.{id}]\nurl = \"https://{id}.vn/rss\"\n"), &|_| None).expect("valid");
    config.0.sources[&Slug::new(id).expect("valid")].clone()
}

fn entry(n: usize, published: Timestamp, site: &str) -> Entry {
    Entry {
        guid: Some(n.to_string()),
        title: text(n, 11),
        url: Some(format!("https://{site}.vn/tin/{n}.html")),
        published: Some(published),
        text: text(n ^ 0x5555_0000, 32),
        ..Entry::default()
    }
}

/// The same news as another source writes it.
fn copy(n: usize, published: Timestamp) -> Entry {
    let original = entry(n, published, "bao-b");
    Entry { title: format!("{}, người dân phấn khởi", original.title), ..original }
}

/// A text of syllables that depends on a number alone.
fn text(seed: usize, syllables: usize) -> String {
    const INITIALS: [&str; 15] = ["b", "c", "đ", "g", "h", "kh", "l", "m", "n", "ng", "ph", "qu", "s", "t", "v"];
    const RIMES: [&str; 20] = [
        "an", "ăng", "âu", "ai", "ao", "em", "ên", "in", "iên", "oa", "on", "ông", "ơi", "uân", "ung", "ương", "yên", "à", "ế",
        "ộc",
    ];
    const TONES: [&str; 10] = ["", "p", "t", "c", "ch", "n", "m", "ng", "nh", "u"];
    let mut state = seed as u64 ^ 0x9E37_79B9_7F4A_7C15;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let mut text = String::new();
    let common: Vec<&str> = COMMON.split_whitespace().collect();
    for _ in 0..syllables {
        if random(2) == 0 {
            text.push_str(common[random(common.len())]);
            text.push(' ');
            continue;
        }
        let n = random(SYLLABLES);
        text.push_str(INITIALS[n % 15]);
        text.push_str(RIMES[n / 15 % 20]);
        text.push_str(TONES[n / 300 % 10]);
        text.push(' ');
    }
    text.trim_end().to_owned()
}

fn bytes(folder: &std::path::Path) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.map(|file| if file.path().is_dir() { bytes(&file.path()) } else { file.metadata().map_or(0, |m| m.len()) }).sum()
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024
}
