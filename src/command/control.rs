//! Commands about stored stories, answered here or by the running service: one process at a time has the store, and an administrator
//! asks while the service runs.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::command::{Exit, Setup, explain, plan, poll};
use crate::config::Config;
use crate::edge::control;
use crate::edge::store::{Store, StoreError};
use crate::flow::topic::Rules;
use crate::pipeline::{Desk, blocking};

/// What a command asks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Question {
    /// Why a story is as it is.
    Explain { story: String, json: bool },
    /// What a configuration of this text would change.
    Plan { text: String, json: bool },
    /// What became of polls, as lines that are no [`Answer`]: of these sources, or of all, or of those that are due.
    Poll { sources: Vec<String>, all: bool },
}

/// What it is to print.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    Done(String),
    /// Why there is no answer, as a sentence.
    Failed(String),
}

/// What an answer is drawn from.
pub(super) struct Ground<'a> {
    /// The configuration in force; `None` where none is known to have been.
    pub config: Option<&'a Config>,
    /// Its rules.
    pub rules: &'a Rules,
    pub store: &'a Store,
    pub env: fn(&str) -> Option<String>,
    pub now: Timestamp,
}

impl Ground<'_> {
    fn answer(&self, question: &Question) -> Answer {
        let told = match question {
            Question::Explain { story, json } => explain::tell(self, story, *json),
            Question::Plan { text, json } => plan::tell(self, text, *json),
            Question::Poll { .. } => Err(anyhow!("polls are no answer of one part")),
        };
        told.map_or_else(|error| Answer::Failed(format!("{error:#}")), Answer::Done)
    }
}

/// Prints the answer: from the store, or from the service that holds it.
pub(super) fn ask(setup: &Setup, config: &Config, question: &Question) -> anyhow::Result<Exit> {
    let answer = match setup.existing_store(&config.store) {
        Ok(store) => {
            let before;
            let in_force = match question {
                Question::Explain { .. } | Question::Poll { .. } => Some(config),
                Question::Plan { .. } => {
                    before = plan::remembered(&store, setup.env)?;
                    before.as_ref()
                }
            };
            let rules = Rules::new(&in_force.unwrap_or(config).topics);
            Ground { config: in_force, rules: &rules, store: &store, env: setup.env, now: (setup.clock)() }.answer(question)
        }
        Err(error) if matches!(error.downcast_ref(), Some(StoreError::Held { .. })) => {
            let mut told = Vec::new();
            let answered = stream(setup, config, question, &mut |part| {
                told.extend_from_slice(part);
                Ok(())
            });
            if !answered? {
                return Err(error);
            }
            serde_json::from_slice(&told).context("the running service gave no answer")?
        }
        Err(error) => return Err(error),
    };
    match answer {
        Answer::Done(told) => {
            std::io::stdout().lock().write_all(told.as_bytes())?;
            Ok(Exit::Done)
        }
        Answer::Failed(why) => Err(anyhow!(why)),
    }
}

/// Asks the service that holds the store and hands on what it says as it comes; `false` where none listens.
pub(super) fn stream(
    setup: &Setup,
    config: &Config,
    question: &Question,
    take: &mut dyn FnMut(&[u8]) -> std::io::Result<()>,
) -> anyhow::Result<bool> {
    let Some(folder) = setup.folder(&config.store) else { return Ok(false) };
    control::ask(&folder, &serde_json::to_vec(question)?, take).context("asking the running service")
}

/// Answers what commands ask of the running service, until `stop` resolves. `polls` is whether it polls.
pub(super) async fn serve(
    folder: PathBuf,
    desk: tokio::sync::watch::Receiver<Desk>,
    store: Arc<Store>,
    env: fn(&str) -> Option<String>,
    polls: bool,
    stop: impl Future<Output = ()>,
) {
    let listener = match control::listen(&folder) {
        Ok(listener) => listener,
        Err(error) => return tracing::warn!(%error, "commands can't ask the running service"),
    };
    let answer = move |question: Vec<u8>, parts: mpsc::Sender<Vec<u8>>| {
        let (desk, store) = (desk.borrow().clone(), Arc::clone(&store));
        async move {
            // What is told is what is stored.
            if let Err(error) = desk.later.write(&store).await {
                tracing::error!(%error, "when sources were asked could not be stored; it is tried again");
            }
            match serde_json::from_slice(&question) {
                Ok(Question::Poll { sources, all }) => poll::answer(polls.then_some(&desk), &sources, all, parts).await,
                question => blocking(move || answer_into(&desk, &store, env, question, parts)).await,
            }
        }
    };
    control::answer(listener, answer, stop).await;
}

fn answer_into(
    desk: &Desk,
    store: &Store,
    env: fn(&str) -> Option<String>,
    question: serde_json::Result<Question>,
    parts: mpsc::Sender<Vec<u8>>,
) {
    let answer = match question {
        Ok(question) => {
            let now = (desk.clock)();
            Ground { config: Some(&desk.config), rules: &desk.rules, store, env, now }.answer(&question)
        }
        Err(error) => Answer::Failed(format!("the running service does not understand the question: {error}")),
    };
    // Who asked may have gone away.
    let _ = parts.blocking_send(serde_json::to_vec(&answer).unwrap_or_default());
}
