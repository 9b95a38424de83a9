//! `diemtin`: arguments → configuration → wiring → run → drain. The only place that asks for the environment and ends the process.

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::Parser;
use diemtin::command::{self, Cli};
use diemtin::edge::clock;
use tracing_subscriber::EnvFilter;

/// What is logged when `DIEMTIN_LOG` does not say: what an administrator should know.
const LOG: &str = "warn,diemtin=info";

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        // clap's own codes are those of the documentation: 0 for help, 2 for wrong usage.
        Err(error) => error.exit(),
    };
    start_log(cli.log_json);
    command::run(cli, environment, clock::now).into()
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that asks for the environment")]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Logs go to stderr: sentences for people, or JSON for machines.
fn start_log(json: bool) {
    let filter = environment("DIEMTIN_LOG").and_then(|text| EnvFilter::try_new(text).ok()).unwrap_or_else(|| EnvFilter::new(LOG));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    if json {
        log.json().init();
    } else {
        log.with_ansi(std::io::stderr().is_terminal()).init();
    }
}
