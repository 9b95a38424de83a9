//! One process of the service: this program itself, which then is `diemtin`.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::Duration;

use anyhow::ensure;
use clap::Parser;
use diemtin::command::{self, Cli};
use diemtin::edge::clock;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Is `diemtin` with these arguments.
pub fn run(arguments: &[String]) -> ExitCode {
    let cli = Cli::parse_from(std::iter::once("diemtin").chain(arguments.iter().map(String::as_str)));
    tracing_subscriber::fmt().with_env_filter("warn,diemtin=info").with_writer(std::io::stderr).with_ansi(false).init();
    command::run(cli, |_| None, clock::now).into()
}

/// A process of the service. It is killed when it is dropped.
pub struct Node {
    child: Child,
    address: SocketAddr,
    log: PathBuf,
    command: Vec<String>,
    env: Vec<(&'static str, String)>,
}

impl Node {
    /// Starts one in a role and an environment; `number` tells it from others.
    pub fn start(
        folder: &Path,
        config: &Path,
        role: &str,
        number: usize,
        env: &[(&'static str, String)],
    ) -> anyhow::Result<Self> {
        // Free a moment ago.
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let arguments =
            ["node", "--config", &config.display().to_string(), "serve", "--role", role, "--listen", &address.to_string()];
        let command: Vec<String> = arguments.map(str::to_owned).into();
        let log = folder.join(format!("{role}-{number}.log"));
        let env = env.to_vec();
        Ok(Self { child: spawn(&command, &env, &log)?, address, log, command, env })
    }

    /// Kills it without a word, and starts another one in its place.
    pub fn kill_and_start_again(&mut self) -> anyhow::Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        self.child = spawn(&self.command, &self.env, &self.log)?;
        Ok(())
    }

    /// Sends a signal by its name, such as `STOP`.
    pub fn signal(&self, name: &str) -> anyhow::Result<()> {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status()?;
        ensure!(sent.success(), "SIG{name} could not be sent");
        Ok(())
    }

    /// Tells it to stop, and waits until it has.
    pub fn stop(&mut self) -> anyhow::Result<()> {
        self.signal("TERM")?;
        let status = self.child.wait()?;
        ensure!(status.success(), "{:?} ended with {status}; its log ends so:\n{}", self.command, self.end_of_log()?);
        Ok(())
    }

    /// The answer to a GET, head and body.
    pub fn get(&self, path: &str) -> anyhow::Result<Vec<u8>> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: tin.vn\r\nConnection: close\r\n\r\n").as_bytes())?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer)?;
        Ok(answer)
    }

    /// How many lines of its log have this text.
    pub fn logged(&self, text: &str) -> anyhow::Result<usize> {
        Ok(std::fs::read_to_string(&self.log)?.lines().filter(|line| line.contains(text)).count())
    }

    /// The last lines of its log.
    pub fn end_of_log(&self) -> anyhow::Result<String> {
        let log = std::fs::read_to_string(&self.log)?;
        Ok(log.lines().rev().take(10).collect::<Vec<_>>().into_iter().rev().collect::<Vec<_>>().join("\n"))
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(command: &[String], env: &[(&'static str, String)], log: &Path) -> anyhow::Result<Child> {
    let log = File::options().create(true).append(true).open(log)?;
    let env = env.iter().map(|(name, value)| (name, value));
    Ok(Command::new(std::env::current_exe()?)
        .args(command)
        .envs(env)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()?)
}

/// An answer without the header that says when it was given.
pub fn undated(answer: Vec<u8>) -> Vec<u8> {
    let text = String::from_utf8_lossy(&answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return answer };
    let head: Vec<&str> = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("date:")).collect();
    format!("{}\n\n{body}", head.join("\n")).into_bytes()
}
