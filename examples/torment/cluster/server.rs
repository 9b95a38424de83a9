//! A PostgreSQL server of its own, as the tests have, and a pooler before it where that is wanted.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use anyhow::{Context, ensure};

use crate::cluster::newsroom::root;

/// A server. It is stopped, and what it holds removed, when it is dropped.
pub struct Server {
    folder: PathBuf,
    /// The address of the database, past the pooler.
    direct: String,
    /// The address for the processes.
    pub url: String,
}

impl Server {
    /// Starts one.
    pub fn start(pooled: bool) -> anyhow::Result<Self> {
        let made = Command::new("sh").arg(root().join("tests/postgres.sh")).arg("--server").stderr(Stdio::inherit()).output()?;
        ensure!(made.status.success(), "no PostgreSQL; what is above says why");
        let folder = String::from_utf8(made.stdout)?.trim().to_owned();
        let direct = format!("postgres://postgres@/postgres?host={folder}");
        let url = if pooled { format!("{direct}&port=6432") } else { direct.clone() };
        let server = Self { folder: PathBuf::from(folder), direct, url };
        if pooled {
            server.control("pool")?;
        }
        Ok(server)
    }

    /// Starts or stops it, or its pooler.
    pub fn control(&self, what: &str) -> anyhow::Result<()> {
        let done = Command::new("sh").arg(self.folder.join("ctl.sh")).arg(what).stdout(Stdio::null()).status()?;
        ensure!(done.success(), "the database server: {what} failed");
        Ok(())
    }

    /// Which server it is.
    pub fn what(&self) -> anyhow::Result<String> {
        let pooler = if self.url == self.direct { "" } else { " behind pgbouncer in transaction mode" };
        Ok(format!("PostgreSQL {}{pooler}", self.sql("show server_version")?))
    }

    /// Cuts every connection but this one.
    pub fn cut_connections(&self) -> anyhow::Result<()> {
        let cut = "select count(pg_terminate_backend(pid)) from pg_stat_activity \
                   where pid <> pg_backend_pid() and backend_type = 'client backend'";
        self.sql(cut).map(drop)
    }

    fn sql(&self, statement: &str) -> anyhow::Result<String> {
        let ran = Command::new("psql").args(["-X", "-A", "-t", "-c", statement, &self.direct]).output().context("psql")?;
        ensure!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        Ok(String::from_utf8(ran.stdout)?.trim().to_owned())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for what in ["unpool", "stop"] {
            if let Err(error) = self.control(what) {
                eprintln!("{error}");
            }
        }
        // What is left lies in a folder for temporary files.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
