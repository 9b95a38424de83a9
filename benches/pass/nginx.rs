//! nginx as what serves the generated feeds: as much of a real server as stands on a machine. It runs below a process of this program,
//! which ends it with its own stdin.

use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::news;

/// Looks whether nginx listens already.
const LOOKS: usize = 100;

/// Writes every feed and a configuration into a folder, prints the port, and serves until stdin ends.
pub fn run(folder: &Path) -> anyhow::Result<()> {
    let folder = folder.canonicalize()?;
    for number in 0..news::sources() {
        let place = folder.join(news::host(number).to_string()).join("rss");
        fs::create_dir_all(&place)?;
        fs::write(place.join("trang-nhat.rss"), news::feed(number))?;
    }
    let port = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))?.local_addr()?.port();
    let path = folder.join("nginx.conf");
    fs::write(&path, configuration(&folder.display().to_string(), port))?;
    let mut nginx = Command::new("nginx").arg("-c").arg(&path).spawn().context("nginx can't be started; is it installed?")?;
    let listens = (0..LOOKS).any(|_| {
        std::thread::park_timeout(Duration::from_millis(50));
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
    });
    ensure!(listens, "nginx does not listen");
    writeln!(std::io::stdout(), "{port}")?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    let pid = nginx.id().to_string();
    // Its master passes the signal on to the worker; a kill would leave that one behind.
    ensure!(Command::new("kill").args(["-TERM", &pid]).status()?.success(), "nginx does not end");
    nginx.wait()?;
    Ok(())
}

/// One worker, as the other cores are for what is measured; every loopback address is a host with a folder of its own.
fn configuration(folder: &str, port: u16) -> String {
    format!(
        "daemon off;\nuser root;\nworker_processes 1;\nworker_rlimit_nofile 20000;\npid {folder}/nginx.pid;\nerror_log {folder}/error.log;\n\
         events {{ worker_connections 16000; }}\n\
         http {{\n  access_log off;\n  default_type application/rss+xml;\n  client_body_temp_path {folder}/body;\n\
         server {{\n    listen 0.0.0.0:{port} backlog=4096;\n    root {folder}/$server_addr;\n    location = /robots.txt {{ return 404; }}\n  }}\n}}\n"
    )
}
