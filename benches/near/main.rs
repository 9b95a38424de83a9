//! Judging a new entry beside ten thousand, a hundred thousand and a million stored stories, in one run: what near copies cost as the
//! store grows.
//!
//! `cargo bench --bench near [-- MOST]` makes a store in the folder for temporary files, lets it grow to each size (up to MOST stories),
//! and prints what a poll spends on one new entry of the last three days: on asking whether its name and link are known, on preparing its
//! text, on finding near copies, and on judging them. Half of the entries are near copies of a stored story. Times are noisy; the ratios are of one run.

use std::collections::HashSet;
use std::hint::black_box;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use diemtin::edge::store::Store;
use diemtin::flow::dedupe::{self, Decision, Gists, Ground, Named};
use diemtin::model::{Batch, Entry, Known, Source};
use jiff::{SignedDuration, Timestamp};

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
/// Entries of one document.
const DOCUMENT: usize = 50;
/// Stories are spread over this time before now.
const DAYS: i64 = 30;
/// Documents that are judged in one round; the least of the rounds counts.
const DOCUMENTS: usize = 20;
const ROUNDS: &str = "5";
/// What is timed of an entry: asking, preparing, finding, judging.
const STEPS: usize = 4;
/// Syllables that texts are made of. Half of all are among the common ones, as in real text.
const SYLLABLES: usize = 3_000;
const COMMON: &str = "và của có trong các đã cho với được là người công không ngày nhiều quốc động đồng đầu mới thành nhà năm hiện tỉnh nhất sau \
     chính thông dân chỉ trung tổ làm sản quan nhận bộ tin trường hội nước định tiếp việc nội hình hành cách an địa cao dự tài";

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    match &arguments[..] {
        [mode, folder, from, to] if mode == "fill" => fill(Path::new(folder), from.parse()?, to.parse()?),
        [mode, folder, stored, rounds] if mode == "judge" => {
            println!("{}", judged(Path::new(folder), stored.parse()?, rounds.parse()?)?);
            Ok(())
        }
        _ => grow(arguments.first().map_or(Ok(SIZES[2]), |most| most.parse())?),
    }
}

/// Lets a store grow, and measures at each size; each in a process of its own, as a service that was just started.
fn grow(most: usize) -> anyhow::Result<()> {
    let folder = tempfile::tempdir()?;
    let name = folder.path().to_str().context("the folder's name is not UTF-8")?;
    let run = |mode: &[&str]| anyhow::Ok(Command::new(std::env::current_exe()?).args(mode).stderr(Stdio::inherit()).output()?);
    println!(
        "   stories   asking µs         preparing µs      finding µs        judging µs           all   joined   candidates   bytes each   MB in use"
    );
    let (mut stored, mut first) = (0, None);
    for size in SIZES.into_iter().filter(|size| *size <= most) {
        let filled = run(&["fill", name, &stored.to_string(), &size.to_string()])?;
        ensure!(filled.status.success(), "it could not be filled");
        stored = size;
        let judged = run(&["judge", name, &stored.to_string(), ROUNDS])?.stdout;
        let judged = String::from_utf8(judged)?;
        let figures = judged.split_whitespace().map(str::parse).collect::<Result<Vec<f64>, _>>()?;
        let Some((micros, [joined, candidates, resident])) =
            figures.split_at_checked(STEPS).and_then(|(a, b)| Some((a, b.first_chunk()?)))
        else {
            anyhow::bail!("it could not be judged");
        };
        let first = first.get_or_insert_with(|| micros.to_vec());
        let steps: String =
            micros.iter().zip(&*first).map(|(micros, first)| format!("{micros:>9.1} {:>6.2} ×", micros / *first)).collect();
        let all = micros.iter().sum::<f64>() / first.iter().sum::<f64>();
        let disk = bytes(folder.path()) / stored as u64;
        println!("{stored:>10}{steps} {all:>6.2} × {joined:>8} {candidates:>12.1} {disk:>12} {resident:>9}");
    }
    Ok(())
}

fn fill(folder: &Path, mut stored: usize, to: usize) -> anyhow::Result<()> {
    let (store, runtime, now) = (Store::open(folder)?, runtime()?, now()?);
    let mut batch = Batch::default();
    while stored < to {
        let entries: Vec<Entry> = (stored..stored + DOCUMENT).map(|n| entry(n, now - ago(stored), "bao-a")).collect();
        let named = dedupe::name(&source(&format!("s{}", stored / DOCUMENT % 500))?, &entries, now);
        // As a load does it: what is stored is not asked for, so the few that are alike by chance become stories of their own.
        batch.stories.extend(decide(&named, &Known::default(), &Gists::default(), now).stories);
        if batch.stories.len() >= 10_000 {
            unique(&mut batch);
            runtime.block_on(store.commit(std::mem::take(&mut batch)))?;
        }
        stored += DOCUMENT;
    }
    unique(&mut batch);
    Ok(runtime.block_on(store.commit(batch))?)
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().build()?)
}

fn now() -> anyhow::Result<Timestamp> {
    Ok("2026-11-23T08:00:00Z".parse()?)
}

/// What an entry costs beside so many stored stories, as a row of figures.
fn judged(folder: &Path, stored: usize, rounds: usize) -> anyhow::Result<String> {
    let store = Store::open(folder)?;
    // As the service does when it starts.
    runtime()?.block_on(store.inspect())?;
    let (times, joined, candidates) = judge(&store, stored, rounds, now()?)?;
    let micros: String = times.map(|time| format!("{:.2} ", time.as_secs_f64() * 1e6)).concat();
    Ok(format!("{micros}{joined} {candidates} {}", resident_mb()))
}

/// A story that two documents of one batch begin is written once.
fn unique(batch: &mut Batch) {
    let mut seen = HashSet::new();
    batch.stories.retain(|change| seen.insert(change.story.id));
}

/// What an entry costs: asking whether it is known, preparing its text, finding stories that may be the same news, and judging them; how many entries of all joined a stored story; and how many stories were found for each.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn judge(store: &Store, stored: usize, rounds: usize, now: Timestamp) -> anyhow::Result<([Duration; STEPS], usize, f64)> {
    let fresh = source("moi")?;
    let recent: Vec<usize> = (0..stored).step_by(DOCUMENT).filter(|&first| ago(first) < SignedDuration::from_hours(72)).collect();
    let mut best = [Duration::MAX; STEPS];
    let (mut joined, mut candidates) = (0, 0);
    for round in 0..rounds {
        (joined, candidates) = (0, 0);
        // A new entry's text is prepared when it comes, however few there are.
        let gists = Gists::default();
        let mut steps = [Duration::ZERO; STEPS];
        for document in 0..DOCUMENTS {
            let number = (round * DOCUMENTS + document) * DOCUMENT;
            let entries: Vec<Entry> = (0..DOCUMENT)
                .map(|n| {
                    // One after the other, so that none is copied twice in a round, as far as there are enough.
                    let story = (number + n) / 2;
                    let first = recent[story / DOCUMENT % recent.len()];
                    // Every other one was published by another source, with a clause more.
                    if n % 2 == 0 {
                        copy(first + story % DOCUMENT, now - ago(first))
                    } else {
                        entry(10_000_000 + number + n, now - ago(first), "bao-b")
                    }
                })
                .collect();
            let start = Instant::now();
            let named = dedupe::name(&fresh, &entries, now);
            let mut known = store.known(&dedupe::lookups(&named))?;
            steps[0] += start.elapsed();
            let start = Instant::now();
            let searches = dedupe::searches(&named, &known, &gists);
            steps[1] += start.elapsed();
            let start = Instant::now();
            store.near(&searches, &mut known)?;
            steps[2] += start.elapsed();
            let start = Instant::now();
            joined += decide(&named, &known, &gists, now).stories.iter().filter(|change| change.story.seq > 0).count();
            steps[3] += start.elapsed();
            candidates += known.near.values().map(Vec::len).sum::<usize>();
        }
        best = std::array::from_fn(|step| best[step].min(steps[step] / (DOCUMENTS * DOCUMENT) as u32));
    }
    Ok((best, joined, candidates as f64 / (DOCUMENTS * DOCUMENT) as f64))
}

fn decide(named: &[Named], known: &Known, gists: &Gists, now: Timestamp) -> Decision {
    black_box(dedupe::decide(named, known, &Ground { baseline: true, gists, rank: &|_| 0, now }))
}

/// How long before now the stories of a document were published.
fn ago(first: usize) -> SignedDuration {
    SignedDuration::from_secs(first as i64 * 7_919 % (DAYS * 86_400))
}

fn source(id: &str) -> anyhow::Result<Source> {
    let (config, _) = diemtin::config::read("bench", &format!("[source.{id}]\nurl = \"https://{id}.vn/rss\"\n"), &|_| None)?;
    config.sources.into_values().next().context("the one source")
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

fn bytes(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.map(|file| if file.path().is_dir() { bytes(&file.path()) } else { file.metadata().map_or(0, |m| m.len()) }).sum()
}

fn resident_mb() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024
}
