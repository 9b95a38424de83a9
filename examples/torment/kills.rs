//! kill -9, at random moments and before each single call that changes a file.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, ensure};

use crate::child::{Writer, shim};
use crate::flips::copy_all;
use crate::verify::{self, Acknowledged};

/// Kills a writer so many times, each after another number of acknowledged steps; it goes on each time from where it was.
pub fn at_random(folder: &Path, times: u32) -> anyhow::Result<()> {
    let store = folder.join("store");
    let mut acknowledged = Acknowledged::new();
    let mut stories = 0;
    for round in 0..times {
        let writer = Writer::start(&store, u32::MAX, &[])?;
        let before = verify::steps(&acknowledged);
        writer.acknowledge(mixed(u64::from(round)) as usize % 25, &mut acknowledged)?;
        writer.kill(&mut acknowledged)?;
        stories = verify::folder(&store, &acknowledged).with_context(|| format!("kill {}", round + 1))?;
        ensure!(verify::steps(&acknowledged) >= before, "steps are lost");
    }
    println!(
        "kill -9 at random: {times} times, {} steps acknowledged, {stories} stories, nothing lost",
        verify::steps(&acknowledged)
    );
    Ok(())
}

/// Steps of each lane before that: the first of the stories' files is full, and little of it is still needed.
const PAST: u32 = 40;

/// Kills a writer before its first, second, third … call that changes a file, until it comes to its end unharmed.
pub fn at_each_point(folder: &Path, every: u64) -> anyhow::Result<()> {
    let library = shim(folder)?.display().to_string();
    // A store with a past: opening it again has calls of its own, and there is something to clear and to forget.
    let past = folder.join("past");
    let mut before = Acknowledged::new();
    let first = Writer::start_bare(&past, PAST)?;
    first.acknowledge(usize::MAX, &mut before)?;
    first.kill(&mut before)?;
    let mut points: BTreeMap<String, u32> = BTreeMap::new();
    let mut at = 1;
    loop {
        let (store, log) = (folder.join(format!("point-{at}")), folder.join("calls"));
        let mut acknowledged = before.clone();
        copy_all(&past, &store)?;
        let root = store.canonicalize()?.display().to_string();
        let env = [
            ("LD_PRELOAD", library.clone()),
            ("TORMENT_ROOT", root),
            ("TORMENT_KILL", at.to_string()),
            ("TORMENT_LOG", log.display().to_string()),
        ];
        let writer = Writer::start(&store, 4, &env)?;
        let mut ended = false;
        while let Some(line) = writer.line()? {
            crate::child::note(&line, &mut acknowledged)?;
            ended |= line == "end";
        }
        writer.kill(&mut acknowledged)?;
        let calls = std::fs::read_to_string(&log)?;
        std::fs::remove_file(&log)?;
        let point = plain(calls.lines().last().unwrap_or_default());
        verify::folder(&store, &acknowledged).with_context(|| format!("killed before call {at}: {point}"))?;
        std::fs::remove_dir_all(&store)?;
        if ended && calls.lines().count() < at as usize {
            break;
        }
        *points.entry(point).or_default() += 1;
        at += every;
    }
    println!("kill -9 before each call that changes a file: {} kills, nothing lost", points.values().sum::<u32>());
    points.iter().for_each(|(point, times)| println!("    {times:5} × before {point}"));
    Ok(())
}

/// A call or a file, without numbers.
pub fn plain(call: &str) -> String {
    let mut name: String = call.chars().filter(|c| !c.is_ascii_digit()).collect();
    if let Some(at) = name.find("snap.") {
        let generating = if name.ends_with(".generating") { ".generating" } else { "" };
        name = format!("{}snap.N{generating}", &name[..at]);
    }
    name
}

/// A number that looks like chance and is not (SplitMix64).
pub fn mixed(number: u64) -> u64 {
    let a = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let b = (a ^ a >> 30).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let c = (b ^ b >> 27).wrapping_mul(0x94D0_49BB_1331_11EB);
    c ^ c >> 31
}
