//! `poll` while the service runs: the service polls among all else that it does, and its rows come over as they are made.

use std::io;

use anyhow::{Context, anyhow};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::command::Setup;
use crate::command::control::{Question, stream};
use crate::command::poll::row::Row;
use crate::command::poll::screen::Screen;
use crate::command::poll::{Arguments, held, what};
use crate::config::Config;
use crate::pipeline::{Desk, Skipped, Taken};

/// What the service says, a line of JSON each.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Told {
    Row(Row),
    /// So many polls are to come.
    Polls(usize),
    /// Why nothing more comes, as a sentence.
    Failed(String),
    /// That was all.
    End,
}

/// What has come from the service.
struct Heard {
    screen: Screen,
    /// The line that is not whole yet.
    line: Vec<u8>,
    ended: bool,
    failed: Option<String>,
}

impl Heard {
    fn take(&mut self, part: &[u8]) -> io::Result<()> {
        for piece in part.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(piece);
            if self.line.ends_with(b"\n") {
                let told = serde_json::from_slice(&std::mem::take(&mut self.line))?;
                self.hear(told)?;
            }
        }
        Ok(())
    }

    fn hear(&mut self, told: Told) -> io::Result<()> {
        match told {
            Told::Row(row) => self.screen.tell(row)?,
            Told::Polls(polls) => self.screen.expect(polls),
            Told::Failed(why) => self.failed = Some(why),
            Told::End => self.ended = true,
        }
        Ok(())
    }
}

/// Has the running service poll; `None` where none listens.
pub(super) fn ask(setup: &Setup, config: &Config, arguments: &Arguments, screen: Screen) -> anyhow::Result<Option<Vec<Row>>> {
    let question = Question::Poll { sources: arguments.sources.clone(), all: arguments.all };
    let mut heard = Heard { screen, line: Vec::new(), ended: false, failed: None };
    if !stream(setup, config, &question, &mut |part| heard.take(part))? {
        return Ok(None);
    }
    match heard.failed {
        Some(why) => Err(anyhow!(why)),
        None if heard.ended => Ok(Some(heard.screen.end()?)),
        None => Err(anyhow!("the running service stopped before it had told everything; what it had told is so")),
    }
}

/// Has the poller poll, and tells who asked. There is no desk where this process does not poll.
pub(in crate::command) async fn answer(desk: Option<&Desk>, sources: &[String], all: bool, parts: mpsc::Sender<Vec<u8>>) {
    let told = match tell(desk, sources, all, &parts).await {
        Ok(()) => Told::End,
        Err(error) => Told::Failed(format!("the running service: {error:#}")),
    };
    send(&parts, &told).await;
}

async fn tell(desk: Option<&Desk>, sources: &[String], all: bool, parts: &mpsc::Sender<Vec<u8>>) -> anyhow::Result<()> {
    let desk = desk.context("it polls nothing (--role web)")?;
    let pass = what(&desk.config, sources, all)?;
    let zone = &desk.config.service.timezone;
    let taken = desk.orders.give(pass).await.context("it stopped before it polled anything")?;
    let Taken { skipped, polls, mut ended } = taken;
    for Skipped { source, before, rest } in skipped {
        let row = Row::skipped(source.id.clone(), before.as_deref(), held(&source, rest), zone);
        send(parts, &Told::Row(row)).await;
    }
    send(parts, &Told::Polls(polls)).await;
    for _ in 0..polls {
        let ended = ended.recv().await.context("the poller ended before its polls did; the log says why")?;
        send(parts, &Told::Row(Row::ended(ended.source, ended.before.as_deref(), ended.turn, zone))).await;
    }
    Ok(())
}

async fn send(parts: &mpsc::Sender<Vec<u8>>, told: &Told) {
    let mut line = serde_json::to_vec(told).unwrap_or_default();
    line.push(b'\n');
    // Who asked may have gone away; what is polled is worth it all the same.
    let _ = parts.send(line).await;
}
