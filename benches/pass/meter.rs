//! What a stretch of work costs this process, as Linux counts it.

use std::fs;
use std::time::Instant;

use anyhow::Context;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// What some work took.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Cost {
    /// By the clock on the wall.
    pub wall_seconds: f64,
    /// Of all threads, in user and kernel mode.
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
        Ok(Self { cpu_seconds: cpu_seconds(), written_bytes: written_bytes()?, start: Instant::now() })
    }

    /// What it took until now.
    pub fn cost(&self) -> anyhow::Result<Cost> {
        Ok(Cost {
            wall_seconds: self.start.elapsed().as_secs_f64(),
            cpu_seconds: cpu_seconds() - self.cpu_seconds,
            written_bytes: written_bytes()? - self.written_bytes,
        })
    }
}

/// What this process has taken of all processors.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
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
