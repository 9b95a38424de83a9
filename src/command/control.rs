//! Commands about stored stories, answered here or by the running service: one process at a time has the store, and an administrator
//! asks while the service runs.

use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, anyhow};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::{Mutex, mpsc};

use crate::command::{Exit, Setup, explain, plan, poll, setup, store, withdraw};
use crate::config::{self, Config};
use crate::edge::control;
use crate::edge::store::{Store, StoreError};
use crate::flow::archive::Detail;
use crate::flow::topic::Rules;
use crate::pipeline::{Desk, blocking, dump};

/// What a command asks.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Question {
    /// Why a story is as it is.
    Explain { story: String, json: bool },
    /// What a configuration of this text would change.
    Plan { text: String, json: bool },
    /// Everything that is stored, as lines that are no [`Answer`].
    Dump,
    /// Whether the store is whole.
    Check,
    /// What the store holds.
    Stats,
    /// To take a story down, or put it back.
    Withdraw(withdraw::Order),
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
            Question::Check => store::tell_check(self.store),
            Question::Stats => store::tell_stats(self.store),
            Question::Dump => Err(anyhow!("a dump is no answer of one part")),
            Question::Withdraw(_) => Err(anyhow!("that is no question")),
            Question::Poll { .. } => Err(anyhow!("polls are no answer of one part")),
        };
        Answer::of(told)
    }
}

impl Answer {
    fn of(told: anyhow::Result<String>) -> Self {
        told.map_or_else(|error| Self::Failed(format!("{error:#}")), Self::Done)
    }
}

/// The configuration of a command about what is stored. Where feeds.toml has faults, the service goes on with the one before, and so does the
/// command; without a service the faults are the answer.
pub(super) fn config(setup: &Setup) -> anyhow::Result<Config> {
    setup.quiet_config().or_else(|faults| {
        let config = before(setup).ok().flatten().ok_or(faults)?;
        let name = setup.path.display();
        tracing::warn!("{name} has faults (`diemtin check` shows them): the configuration of before is in force, and used here");
        Ok(config)
    })
}

/// The configuration that is in force while feeds.toml has faults: a database remembers it; the service that holds an embedded store knows it, and
/// is all that has to be found. `None` where there is neither.
fn before(setup: &Setup) -> anyhow::Result<Option<Config>> {
    let settings = setup.store_settings()?;
    let Some(folder) = setup.folder(&settings) else {
        let store = setup.store(&settings)?;
        return plan::remembered(&store, setup.env);
    };
    let (nothing, _) = config::read("", "", &setup.env)?;
    Ok(control::answers(&folder).then_some(Config { store: settings, ..nothing }))
}

/// Prints the answer: from the store, or from the service that holds it.
pub(super) fn ask(setup: &Setup, config: &Config, question: &Question) -> anyhow::Result<Exit> {
    let answer = match (setup.existing_store(&config.store), question) {
        (Ok(store), Question::Withdraw(order)) => {
            let (desk, order) = (setup.desk(config.clone())?, order.clone());
            setup::block_on(async { Ok(Answer::of(withdraw::tell(&desk, &store, order).await)) })?
        }
        (Ok(store), question) => {
            let before;
            let in_force = match question {
                Question::Explain { .. } | Question::Poll { .. } | Question::Dump | Question::Check | Question::Stats => {
                    Some(config)
                }
                Question::Plan { .. } => {
                    before = plan::remembered(&store, setup.env)?;
                    before.as_ref()
                }
                Question::Withdraw(_) => None,
            };
            let rules = Rules::new(&in_force.unwrap_or(config).topics);
            Ground { config: in_force, rules: &rules, store: &store, env: setup.env, now: (setup.clock)() }.answer(question)
        }
        (Err(error), _) if matches!(error.downcast_ref(), Some(StoreError::Held { .. })) => {
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
        (Err(error), _) => return Err(error),
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
    // One order at a time: each writes down all that is withdrawn.
    let turn = Arc::new(Mutex::new(()));
    let answer = move |question: Vec<u8>, parts: mpsc::Sender<Vec<u8>>| {
        let (desk, store, turn) = (desk.borrow().clone(), Arc::clone(&store), Arc::clone(&turn));
        async move {
            // What is told is what is stored.
            if let Err(error) = desk.later.write(&store).await {
                tracing::error!(%error, "when sources were asked could not be stored; it is tried again");
            }
            match serde_json::from_slice(&question) {
                Ok(Question::Poll { sources, all }) => poll::answer(polls.then_some(&desk), &sources, all, parts).await,
                Ok(Question::Withdraw(order)) => {
                    let _turn = turn.lock().await;
                    let answer = Answer::of(withdraw::tell(&desk, &store, order).await);
                    // Who asked may have gone away.
                    let _ = parts.send(serde_json::to_vec(&answer).unwrap_or_default()).await;
                }
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
        Ok(Question::Dump) => return dump_into(desk, store, parts),
        Ok(question) => {
            let now = (desk.clock)();
            Ground { config: Some(&desk.config), rules: &desk.rules, store, env, now }.answer(&question)
        }
        Err(error) => Answer::Failed(format!("the running service does not understand the question: {error}")),
    };
    // Who asked may have gone away.
    let _ = parts.blocking_send(serde_json::to_vec(&answer).unwrap_or_default());
}

fn dump_into(desk: &Desk, store: &Store, parts: mpsc::Sender<Vec<u8>>) {
    let mut out = BufWriter::with_capacity(PART_BYTES, Parts(parts));
    if let Err(error) = dump(&desk.config, store, Detail::Whole, &mut out) {
        tracing::warn!(%error, "a dump was broken off");
    }
}

/// Bytes of a dump that are sent at once.
const PART_BYTES: usize = 64 * 1024;

/// What is written goes to the command that asked.
struct Parts(mpsc::Sender<Vec<u8>>);

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.blocking_send(bytes.to_vec()).map_err(|_| std::io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
