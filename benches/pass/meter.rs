//! What a stretch of work costs this process, as Linux counts it.

use std::fs;
use std::time::Instant;

use anyhow::Context;
use serde::{Deserialize, Serialize};

/// USER_HZ, the unit of /proc/self/stat: 100 on every architecture that this runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// What some work took.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Cost {
    /// By the clock on the wall.
    pub wall_seconds: f64,
    /// Of all threads, in user and kernel mode, to a hundredth.
    pub cpu_seconds: f64,
    /// What went to the disk.
    pub written_bytes: f64,
}

impl Cost {
    /// The share of one of several equal parts.
    pub fn of_each(self, parts: u32) -> Self {
        let parts = f64::from(parts);
        Self {
            wall_seconds: self.wall_seconds / parts,
            cpu_seconds: self.cpu_seconds / parts,
            written_bytes: self.written_bytes / parts,
        }
    }
}

/// Counts from when it was started.
pub struct Meter {
    start: Instant,
    cpu_seconds: f64,
    written_bytes: f64,
}

impl Meter {
    /// Starts counting.
    #[expect(clippy::disallowed_methods, reason = "time is what is measured")]
    pub fn start() -> anyhow::Result<Self> {
        Ok(Self { cpu_seconds: cpu_seconds()?, written_bytes: written_bytes()?, start: Instant::now() })
    }

    /// What it took until now.
    pub fn cost(&self) -> anyhow::Result<Cost> {
        Ok(Cost {
            wall_seconds: self.start.elapsed().as_secs_f64(),
            cpu_seconds: cpu_seconds()? - self.cpu_seconds,
            written_bytes: written_bytes()? - self.written_bytes,
        })
    }
}

/// utime and stime: fields 14 and 15 of /proc/self/stat, counted from 1; the second is a name that may hold anything but is
/// in parentheses.
fn cpu_seconds() -> anyhow::Result<f64> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("/proc/self/stat has no name")?;
    let ticks: Vec<f64> = fields.split_whitespace().skip(11).take(2).map(str::parse).collect::<Result<_, _>>()?;
    Ok(ticks.iter().sum::<f64>() / TICKS_PER_SECOND)
}

fn written_bytes() -> anyhow::Result<f64> {
    number_after(&fs::read_to_string("/proc/self/io")?, "write_bytes:")
}

/// The most memory that this process ever had, in bytes.
pub fn peak_memory_bytes() -> anyhow::Result<f64> {
    Ok(number_after(&fs::read_to_string("/proc/self/status")?, "VmHWM:")? * 1024.0)
}

fn number_after(text: &str, name: &str) -> anyhow::Result<f64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("/proc has no {name}"))?;
    let number = line.split_whitespace().next().unwrap_or_default();
    number.parse().with_context(|| format!("{name} {line}"))
}
