//! `withdraw`: takes a story down, with a reason, or puts it back. Readers who have it are told; `explain` says who did it, when and why.

use std::sync::Arc;

use anyhow::{anyhow, ensure};

use crate::command::control::{self, Question};
use crate::command::table::clock;
use crate::command::{Exit, Setup};
use crate::config::Config;
use crate::edge::store::Store;
use crate::model::Withdrawal;
use crate::pipeline::{Desk, blocking, find_story, restore, withdraw, withdrawals};

/// What `withdraw` takes.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// A story: the address of its page here, its id, or the address of an article. Not needed with --list.
    #[arg(required_unless_present = "list")]
    story: Option<String>,
    /// Why it is taken down, for the record. Not published.
    #[arg(long, required_unless_present_any = ["undo", "list"], conflicts_with_all = ["undo", "list"])]
    reason: Option<String>,
    /// Put it back.
    #[arg(long)]
    undo: bool,
    /// Show what is withdrawn.
    #[arg(long, conflicts_with_all = ["story", "undo"])]
    list: bool,
}

/// Asks for it, of the running service where there is one.
pub fn run(setup: &Setup, arguments: &Arguments) -> anyhow::Result<Exit> {
    let config = control::config(setup)?;
    let named = ["SUDO_USER", "USER", "LOGNAME"].into_iter().find_map(|name| (setup.env)(name));
    let who = named.filter(|who| !who.is_empty()).unwrap_or_else(|| "somebody".to_owned());
    let order = match (&arguments.story, &arguments.reason) {
        (None, _) => Order::List,
        (Some(story), None) => Order::Restore { story: story.clone() },
        (Some(story), Some(reason)) => {
            ensure!(!reason.trim().is_empty(), "--reason is empty: say why, for whoever asks later");
            Order::Withdraw { story: story.clone(), who, why: reason.trim().to_owned() }
        }
    };
    control::ask(setup, &config, &Question::Withdraw(order))
}

/// What is to be done.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Order {
    Withdraw { story: String, who: String, why: String },
    Restore { story: String },
    List,
}

/// Does it, and says what was done.
pub(super) async fn tell(desk: &Desk, store: &Arc<Store>, order: Order) -> anyhow::Result<String> {
    let reader = Arc::clone(store);
    let all = blocking(move || withdrawals(&reader)).await?;
    let zone = &desk.config.service.timezone;
    match order {
        Order::List => {
            let line = |w: &Withdrawal| format!("{} {} {}: {}\n", w.story, clock(w.when, zone), w.by(), w.why);
            Ok(all.values().map(line).collect())
        }
        Order::Restore { story } => {
            let (id, title) = found(&desk.config, store, story).await?;
            ensure!(all.contains_key(&id), "the story {id} is not withdrawn: {title}");
            restore(store, id).await?;
            tracing::info!(story = %id, "a withdrawn story was put back");
            Ok(format!("put back: {title} ({id})\n"))
        }
        Order::Withdraw { story, who, why } => {
            let (id, title) = found(&desk.config, store, story).await?;
            ensure!(!all.contains_key(&id), "the story {id} is withdrawn already; `explain {id}` says why");
            tracing::info!(story = %id, who, why, "a story was withdrawn");
            withdraw(store, Withdrawal { story: id, when: (desk.clock)(), who, why }).await?;
            Ok(format!("withdrawn: {title} ({id}); `withdraw {id} --undo` puts it back\n"))
        }
    }
}

/// The story that is meant, and its title.
async fn found(config: &Arc<Config>, store: &Arc<Store>, text: String) -> anyhow::Result<(crate::model::StoryId, String)> {
    let (config, store) = (Arc::clone(config), Arc::clone(store));
    blocking(move || {
        let unknown = || anyhow!("there is no story {text:?} in the store");
        let id = find_story(&config, &store, &text)?.ok_or_else(unknown)?;
        let story = store.story(id)?.ok_or_else(unknown)?;
        Ok((id, story.lead(|source| config.rank(source)).title.clone()))
    })
    .await
}
