//! Calls that fail while the program runs, and while it is started: nothing is acknowledged that is not stored, nothing hangs, and when the
//! disk is well again it goes on by itself.

use std::path::Path;

use anyhow::{Context, bail, ensure};

use crate::child::{Writer, note, shim};
use crate::verify::{self, Acknowledged};

/// Steps before the disk fails, and after it is well again.
const STEPS: usize = 12;
/// Lines that are read while the disk fails: each is a refusal, 50 ms after the last.
const REFUSALS: usize = 40;
/// Starts while the disk fails.
const STARTS: usize = 3;

/// The calls that fail, and the error's number on Linux and its name.
pub const CASES: [(&str, i32, &str); 7] = [
    ("write", 28, "ENOSPC"),
    ("write", 5, "EIO"),
    ("fsync", 5, "EIO"),
    ("fsync,write", 122, "EDQUOT"),
    ("write,rename,open", 30, "EROFS"),
    ("read", 5, "EIO"),
    ("open", 24, "EMFILE"),
];

/// Goes through all cases.
pub fn run(folder: &Path) -> anyhow::Result<()> {
    let library = shim(folder)?.display().to_string();
    for (number, (calls, errno, name)) in CASES.iter().enumerate() {
        let place = folder.join(format!("case-{number}"));
        std::fs::create_dir(&place)?;
        let told = case(&place, &library, calls, *errno).with_context(|| format!("{calls} failed with {name}"))?;
        println!("{calls} fails with {name}: {told}");
    }
    Ok(())
}

fn case(place: &Path, library: &str, calls: &str, errno: i32) -> anyhow::Result<String> {
    let (store, flag) = (place.join("store"), place.join("fails"));
    std::fs::create_dir(&store)?;
    let env = [
        ("LD_PRELOAD", library.to_owned()),
        ("TORMENT_ROOT", store.canonicalize()?.display().to_string()),
        ("TORMENT_FAIL", format!("{calls}:{errno}")),
        ("TORMENT_WHILE", flag.display().to_string()),
    ];
    let mut acknowledged = Acknowledged::new();
    let writer = Writer::start(&store, u32::MAX, &env)?;
    writer.acknowledge(STEPS, &mut acknowledged)?;
    std::fs::write(&flag, "")?;
    // A step that needs nothing read is rightly acknowledged: whether it is stored is seen below.
    let may_write = calls == "read";
    let refused = refusals(&writer, &mut acknowledged, may_write)?;
    std::fs::remove_file(&flag)?;
    writer.acknowledge(STEPS, &mut acknowledged)?;
    writer.kill(&mut acknowledged)?;
    verify::folder(&store, &acknowledged).context("after it went on by itself")?;

    std::fs::write(&flag, "")?;
    let mut opened = 0;
    for _ in 0..STARTS {
        let writer = Writer::start(&store, u32::MAX, &env)?;
        if writer.line()?.as_deref() == Some("open") {
            opened += 1;
            refusals(&writer, &mut acknowledged, may_write)?;
        }
        writer.kill(&mut acknowledged)?;
    }
    std::fs::remove_file(&flag)?;
    verify::folder(&store, &acknowledged).context("after starts while it failed")?;
    let writer = Writer::start(&store, u32::MAX, &env)?;
    writer.acknowledge(STEPS, &mut acknowledged)?;
    writer.kill(&mut acknowledged)?;
    verify::folder(&store, &acknowledged)?;
    let refused = if refused { "refused, and gone on by itself" } else { "not noticed, for nothing needed it" };
    Ok(format!("{refused}; of {STARTS} starts meanwhile {opened} opened it; nothing lost"))
}

/// Reads what a writer says while the disk fails; whether it refused anything. After the first refusals nothing may be acknowledged, unless the
/// disk still takes what is written.
fn refusals(writer: &Writer, acknowledged: &mut Acknowledged, may_write: bool) -> anyhow::Result<bool> {
    let mut refused = 0;
    for _ in 0..REFUSALS * 3 {
        let Some(line) = writer.line()? else { bail!("the writer has ended") };
        let is_acknowledged = note(&line, acknowledged)?;
        // One that was on its way is no lie: its lane is another one.
        ensure!(may_write || !is_acknowledged || refused <= REFUSALS / 2, "acknowledged while the disk fails: {line}");
        refused += usize::from(line.starts_with("refused"));
        if refused == REFUSALS {
            return Ok(true);
        }
    }
    Ok(false)
}
