//! nginx, serving one file.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, bail};
use diemtin::model::Page;

use crate::site;

pub struct Nginx {
    pub port: u16,
    process: Child,
}

impl Nginx {
    pub fn start(folder: &Path, page: &Page) -> anyhow::Result<Self> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        fs::create_dir_all(folder.join("site/feeds"))?;
        fs::write(folder.join("site/feeds/moi-nhat.rss"), &page.body)?;
        fs::write(folder.join("site/feeds/moi-nhat.rss.gz"), site::gzip(page))?;
        let path = folder.display();
        let config = format!(
            "daemon off; worker_processes 1; pid {path}/pid; error_log {path}/error.log;
             events {{ worker_connections 4096; }}
             http {{
               access_log off; sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 1000000; open_file_cache max=100;
               types {{ application/rss+xml rss; }} gzip_static on; gzip_vary on;
               server {{ listen 127.0.0.1:{port}; root {path}/site; add_header Cache-Control \"public, max-age=60\"; }}
             }}"
        );
        let file = folder.join("nginx.conf");
        fs::write(&file, config)?;
        let process = Command::new("nginx")
            .arg("-c")
            .arg(&file)
            .arg("-e")
            .arg(folder.join("error.log"))
            .stderr(Stdio::null())
            .spawn()
            .context("nginx is not installed")?;
        let nginx = Self { port, process };
        for _ in 0..50 {
            if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(nginx);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("nginx does not listen: {}", fs::read_to_string(folder.join("error.log")).unwrap_or_default());
    }
}

impl Nginx {
    /// The worker, which does the work.
    pub fn worker(&self) -> anyhow::Result<u32> {
        let master = self.process.id();
        let children = fs::read_to_string(format!("/proc/{master}/task/{master}/children"))?;
        children.split_whitespace().next().and_then(|pid| pid.parse().ok()).context("nginx has no worker")
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM, so that the worker ends with its master.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}
