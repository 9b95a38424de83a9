//! The processor's time that a process has taken: other work of the machine makes it no longer.

use anyhow::Context;

/// Ticks of `/proc` a second: Linux shows them so to every program.
const TICKS: f64 = 100.0;

/// Seconds, in the program and in the system.
pub fn seconds(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The program's name stands in brackets and may hold anything; utime and stime are the 14th and 15th field.
    let (_, fields) = stat.rsplit_once(')').context("no stat")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>);
    Ok(ticks.sum::<Result<f64, _>>()? / TICKS)
}
