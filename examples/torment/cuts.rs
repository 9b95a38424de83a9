//! Power cuts: a file system on a loop device is shut down under a writer that was stopped in whatever it was doing. Needs root, `losetup`,
//! and `xfs_io` (apt install xfsprogs).

use std::fs::File;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, bail};

use crate::child::Writer;
use crate::full::{Mounted, run};
use crate::kills::mixed;
use crate::verify::{self, Acknowledged};

/// The size of the disk: XFS takes no smaller one.
const DISK_BYTES: u64 = 512 * 1024 * 1024;

/// Cuts the power so many times; the store lives on through all of them.
pub fn cut(folder: &Path, kind: &str, times: u32) -> anyhow::Result<()> {
    let (image, disk) = (folder.join("image"), folder.join("disk"));
    File::create(&image)?.set_len(DISK_BYTES)?;
    let make = match kind {
        "ext4" => "mkfs.ext4",
        "xfs" => "mkfs.xfs",
        other => bail!("{other}: ext4 or xfs"),
    };
    run(Command::new(make).arg("-q").arg(&image))?;
    std::fs::create_dir(&disk)?;
    let store = disk.join("store");
    let mut acknowledged = Acknowledged::new();
    let mut stories = 0;
    for round in 0..times {
        {
            let _mounted = mount(&image, &disk)?;
            let writer = Writer::start(&store, u32::MAX, &[])?;
            writer.acknowledge(1 + mixed(u64::from(round)) as usize % 12, &mut acknowledged)?;
            // Stopped first: an fsync that is under way would answer after the cut, and look like a loss.
            run(Command::new("kill").arg("-STOP").arg(writer.child.id().to_string()))?;
            run(Command::new("xfs_io").args(["-x", "-c", "shutdown"]).arg(&disk))?;
            writer.kill(&mut acknowledged)?;
        }
        let _mounted = mount(&image, &disk)?;
        stories = verify::folder(&store, &acknowledged).with_context(|| format!("cut {}", round + 1))?;
    }
    let steps = verify::steps(&acknowledged);
    println!("power cut on {kind}: {times} times, {steps} steps acknowledged, {stories} stories, nothing lost");
    Ok(())
}

fn mount<'a>(image: &Path, disk: &'a Path) -> anyhow::Result<Mounted<'a>> {
    run(Command::new("mount").args(["-o", "loop"]).arg(image).arg(disk))?;
    Ok(Mounted(disk))
}
