//! Single flipped bits in the files of a store that is closed: what was damaged is mended or named. Silence is the only wrong answer.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::child::Writer;
use crate::kills::mixed;
use crate::verify::Acknowledged;

/// How long opening and reading a damaged store may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// What became of a store with a flipped bit, from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// The bit carried nothing.
    Harmless,
    /// Something was damaged, and said to be.
    Named,
    /// Something is missing or wrong, and nothing was said.
    Silent,
    /// The process crashed or hung.
    Crashed,
}

/// Flips one bit each time, in a file and at a place that look like chance.
pub fn run(folder: &Path, times: u32, seed: u64) -> anyhow::Result<()> {
    let whole = folder.join("whole");
    let mut acknowledged = Acknowledged::new();
    let writer = Writer::start(&whole, 40, &[])?;
    writer.acknowledge(usize::MAX, &mut acknowledged)?;
    writer.kill(&mut acknowledged)?;
    // Opened again, sled reads its pages through a snapshot; what is written after that is read from the log.
    let writer = Writer::start(&whole, 10, &[])?;
    writer.acknowledge(usize::MAX, &mut acknowledged)?;
    writer.kill(&mut acknowledged)?;
    let files = files(&whole)?;
    ensure!(!files.is_empty(), "the store has no files");
    let mut fates: BTreeMap<(Fate, String), u32> = BTreeMap::new();
    let mut wrong = Vec::new();
    for round in 0..times {
        let copy = folder.join("copy");
        copy_all(&whole, &copy)?;
        let chance = mixed(seed << 32 | u64::from(round));
        // Half of them in the log, where nearly everything is; the others in any file.
        let file = if chance & 1 == 0 { whole.join("sled/db") } else { files[(chance >> 8) as usize % files.len()].clone() };
        let name = file.strip_prefix(&whole)?.to_owned();
        let at = flip(&copy.join(&name), mixed(chance))?;
        let (fate, said) = fate(&copy, &acknowledged)?;
        if fate > Fate::Named {
            wrong.push(format!("{fate:?}: bit {at} of {}: {said}", name.display()));
        }
        let kind = crate::kills::plain(&name.display().to_string());
        *fates.entry((fate, kind)).or_default() += 1;
        fs::remove_dir_all(&copy)?;
    }
    println!("{times} flipped bits:");
    fates.iter().for_each(|((fate, file), times)| println!("    {times:5} × {fate:?} in {file}"));
    wrong.iter().for_each(|line| println!("{line}"));
    ensure!(wrong.is_empty(), "{} of {times} flipped bits were not answered well", wrong.len());
    Ok(())
}

/// Opens a damaged store in another process, which says what it found.
fn fate(copy: &Path, acknowledged: &Acknowledged) -> anyhow::Result<(Fate, String)> {
    let said = copy.with_extension("said");
    let out = fs::File::create(&said)?;
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("inspect").arg(copy).arg(serde_json::to_string(acknowledged)?);
    let mut child = command.stdin(Stdio::null()).stdout(out).stderr(Stdio::null()).spawn()?;
    let mut waited = Duration::ZERO;
    let status = loop {
        if let Some(status) = child.try_wait()? {
            break Some(status);
        }
        if waited > PATIENCE {
            child.kill()?;
            child.wait()?;
            break None;
        }
        std::thread::park_timeout(Duration::from_millis(5));
        waited += Duration::from_millis(5);
    };
    let text = fs::read_to_string(&said)?.trim().to_owned();
    let fate = match (status, text.split(' ').next().unwrap_or_default()) {
        (Some(status), "whole") if status.success() => Fate::Harmless,
        (Some(status), "named") if status.success() => Fate::Named,
        (Some(status), "silent") if status.success() => Fate::Silent,
        (status, _) => return Ok((Fate::Crashed, format!("{status:?} {text}"))),
    };
    Ok((fate, text))
}

/// Flips the bit that a number points to; returns its place.
fn flip(file: &Path, chance: u64) -> anyhow::Result<u64> {
    let mut bytes = fs::read(file)?;
    ensure!(!bytes.is_empty(), "{} is empty", file.display());
    let at = chance % (bytes.len() as u64 * 8);
    bytes[(at / 8) as usize] ^= 1 << (at % 8);
    fs::write(file, bytes)?;
    Ok(at)
}

fn files(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else if path.metadata()?.len() > 0 && !path.ends_with("reserve") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

pub fn copy_all(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let path = entry?.path();
        let target = to.join(path.file_name().context("a name")?);
        if path.is_dir() {
            copy_all(&path, &target)?;
        } else {
            fs::copy(&path, &target)?;
        }
    }
    Ok(())
}
