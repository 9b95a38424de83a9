//! A writing process under observation: what it acknowledged, and what stands between it and the disk.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use anyhow::{Context, bail, ensure};

use crate::lanes::LANES;
use crate::verify::Acknowledged;

/// How long a process may say nothing before that counts as hanging.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// The library that stands between a process and the disk, compiled into a folder.
pub fn shim(folder: &Path) -> anyhow::Result<PathBuf> {
    let (source, library) = (folder.join("shim.c"), folder.join("shim.so"));
    std::fs::write(&source, include_str!("shim.c"))?;
    let compiled = Command::new("cc").args(["-O1", "-shared", "-fPIC", "-o"]).arg(&library).arg(&source).arg("-ldl").status();
    ensure!(compiled.context("a C compiler is needed (apt install build-essential)")?.success(), "the shim does not compile");
    Ok(library)
}

/// A process that writes.
pub struct Writer {
    /// The process.
    pub child: Child,
    lines: Receiver<String>,
}

impl Writer {
    /// Starts one that writes so many steps on each lane, in an environment.
    pub fn start(folder: &Path, steps: u32, env: &[(&str, String)]) -> anyhow::Result<Self> {
        let mut command = command(folder, steps)?;
        command.envs(env.iter().map(|(name, value)| (name, value)));
        Self::run(command)
    }

    /// Starts one that does not care for the store beside writing.
    pub fn start_bare(folder: &Path, steps: u32) -> anyhow::Result<Self> {
        let mut command = command(folder, steps)?;
        command.arg("bare");
        Self::run(command)
    }

    fn run(mut command: Command) -> anyhow::Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let stdout = child.stdout.take().context("a pipe")?;
        Ok(Self { child, lines: follow(stdout) })
    }

    /// The next line that it says; `None` when it has ended.
    pub fn line(&self) -> anyhow::Result<Option<String>> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Ok(Some(line)),
            Err(RecvTimeoutError::Disconnected) => Ok(None),
            Err(RecvTimeoutError::Timeout) => bail!("the writer has said nothing for {} seconds", PATIENCE.as_secs()),
        }
    }

    /// Lets it write until it has acknowledged so many steps, or has ended.
    pub fn acknowledge(&self, steps: usize, acknowledged: &mut Acknowledged) -> anyhow::Result<()> {
        let mut left = steps;
        while left > 0 {
            let Some(line) = self.line()? else { break };
            left -= usize::from(note(&line, acknowledged)?);
        }
        Ok(())
    }

    /// Kills it (or lets it be dead) and reads what it said until then.
    pub fn kill(mut self, acknowledged: &mut Acknowledged) -> anyhow::Result<()> {
        // It may have ended.
        let _ = self.child.kill();
        self.child.wait()?;
        while let Some(line) = self.line()? {
            note(&line, acknowledged)?;
        }
        Ok(())
    }
}

fn command(folder: &Path, steps: u32) -> anyhow::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("write").arg(folder).arg(steps.to_string());
    Ok(command)
}

fn follow(stdout: ChildStdout) -> Receiver<String> {
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    lines
}

/// Takes notice of a line; says whether it acknowledges a lane's step.
pub fn note(line: &str, acknowledged: &mut Acknowledged) -> anyhow::Result<bool> {
    let Some(rest) = line.strip_prefix("ack ") else { return Ok(false) };
    let (lane, step) = rest.split_once(' ').context("ack LANE STEP")?;
    let lane = lane.parse()?;
    acknowledged.insert(lane, step.parse::<u32>()? + 1);
    Ok(lane < LANES)
}
