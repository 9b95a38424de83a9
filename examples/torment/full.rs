//! A disk that is really full: a small tmpfs. Needs root.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::child::{Writer, note};
use crate::verify::{self, Acknowledged};

/// Room for the reserve, a store, and some more.
pub const SIZE: &str = "size=96m";

/// Something that is mounted, for as long as this lives.
pub struct Mounted<'a>(pub &'a Path);

/// How often, and after which wait, what is still in use is unmounted again: threads of a store that was closed let go of it late.
const TRIES: u32 = 100;
const WAIT: Duration = Duration::from_millis(50);

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        for _ in 0..TRIES {
            let unmounted = Command::new("umount").arg(self.0).stderr(Stdio::null()).status();
            if unmounted.is_ok_and(|status| status.success()) {
                return;
            }
            std::thread::park_timeout(WAIT);
        }
        eprintln!("{} can't be unmounted", self.0.display());
    }
}

/// Runs a command that must succeed.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("{command:?} (as root?)"))?;
    ensure!(status.success(), "{command:?} failed; does this run as root?");
    Ok(())
}

/// Fills the disk under a writer, starts it so many times while it is full, and makes room again.
pub fn restarts(folder: &Path, times: u32) -> anyhow::Result<()> {
    let disk = folder.join("disk");
    fs::create_dir(&disk)?;
    run(Command::new("mount").args(["-t", "tmpfs", "-o", SIZE, "none"]).arg(&disk))?;
    let _mounted = Mounted(&disk);
    let (store, filler) = (disk.join("store"), disk.join("filler"));
    let mut acknowledged = Acknowledged::new();

    let writer = Writer::start(&store, u32::MAX, &[])?;
    writer.acknowledge(20, &mut acknowledged)?;
    fill(&filler)?;
    until_refused(&writer, &mut acknowledged)?;
    fs::remove_file(&filler)?;
    writer.acknowledge(20, &mut acknowledged).context("space has returned")?;
    println!("full under a running process: refused, and gone on by itself when space returned");

    fill(&filler)?;
    until_refused(&writer, &mut acknowledged)?;
    writer.kill(&mut acknowledged)?;
    for time in 0..times {
        let writer = Writer::start(&store, u32::MAX, &[])?;
        ensure!(writer.line()?.as_deref() == Some("open"), "start {time} on a full disk did not open the store");
        until_refused(&writer, &mut acknowledged).with_context(|| format!("start {time}"))?;
        writer.kill(&mut acknowledged)?;
        verify::folder(&store, &acknowledged).with_context(|| format!("after start {time}"))?;
        // What the start has given back is taken by somebody else.
        fill(&filler)?;
    }
    let writer = Writer::start(&store, u32::MAX, &[])?;
    until_refused(&writer, &mut acknowledged)?;
    fs::remove_file(&filler)?;
    writer.acknowledge(20, &mut acknowledged).context("space has returned")?;
    writer.kill(&mut acknowledged)?;
    let stories = verify::folder(&store, &acknowledged)?;
    println!(
        "started {times} times while full: each time open and read, {stories} stories, nothing lost; then gone on by itself"
    );
    Ok(())
}

/// Writes until nothing more fits.
pub fn fill(path: &Path) -> anyhow::Result<()> {
    let mut file = File::options().create(true).append(true).open(path)?;
    for size in [1 << 20, 1 << 12, 1] {
        while file.write_all(&vec![0x55; size]).is_ok() {}
    }
    Ok(())
}

fn until_refused(writer: &Writer, acknowledged: &mut Acknowledged) -> anyhow::Result<()> {
    loop {
        let line = writer.line()?.context("the writer has ended")?;
        note(&line, acknowledged)?;
        if line.starts_with("refused") {
            return Ok(());
        }
    }
}
