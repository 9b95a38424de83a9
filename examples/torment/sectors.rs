//! Bad sectors: sled takes what it can't read for the end of what was written, and writes over the rest.

use std::path::Path;

use anyhow::{Context, ensure};

use crate::child::{Writer, shim};
use crate::flips::copy_all;
use crate::verify::{self, Acknowledged};

/// Steps before the writer is killed: what it wrote stands in sled's log alone.
const STEPS: usize = 120;

/// Starts a store so many times with one byte of sled's file that can't be read, another one each time, and once more when it can.
pub fn bad_sectors(folder: &Path, times: u64) -> anyhow::Result<()> {
    let library = shim(folder)?.display().to_string();
    let past = folder.join("past");
    let mut acknowledged = Acknowledged::new();
    let first = Writer::start_bare(&past, u32::MAX)?;
    first.acknowledge(STEPS, &mut acknowledged)?;
    first.kill(&mut acknowledged)?;
    let length = std::fs::metadata(past.join("sled/db"))?.len();
    let (mut opened, mut stories) = (0, 0);
    for time in 0..times {
        // The first byte belongs to the head of a segment.
        let (store, byte) = (folder.join(format!("sector-{time}")), length * time / times);
        copy_all(&past, &store)?;
        let env = [
            ("LD_PRELOAD", library.clone()),
            ("TORMENT_ROOT", store.canonicalize()?.display().to_string()),
            ("TORMENT_BAD", byte.to_string()),
        ];
        let writer = Writer::start(&store, 0, &env)?;
        while let Some(line) = writer.line()? {
            opened += u32::from(line == "open");
        }
        writer.kill(&mut Acknowledged::new())?;
        stories = verify::folder(&store, &acknowledged).with_context(|| format!("byte {byte} could not be read for a while"))?;
        std::fs::remove_dir_all(&store)?;
    }
    ensure!(stories > 0, "there is nothing to lose");
    println!(
        "a sector that can't be read for a while: {times} times, {opened} of them it was opened; nothing lost of {stories} stories"
    );
    Ok(())
}
