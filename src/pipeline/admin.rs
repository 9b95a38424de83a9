//! `/admin`: shows the administrator how each source stands, and has one polled. Whoever has not the token is told nothing.
//!
//! The page is made from what is stored when it is asked for, one at a time and never on the threads that answer, and is kept nowhere.

mod status;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::sync::{Semaphore, watch};
use url::form_urlencoded;

use crate::edge::serve::{Admin, Call, Callee, Reply, Unread};
use crate::edge::store::Store;
use crate::flow::admit::Caller;
use crate::flow::render::{self, clock};
use crate::flow::schedule::Pass;
use crate::model::{Slug, SourceId};
use crate::pipeline::blocking::blocking;
use crate::pipeline::{Desk, Taken};
use status::{Asked, PER_PAGE};

/// Pages that are made at once.
const AT_ONCE: usize = 1;
/// The longest form, in bytes: an id has 64 characters.
const LONGEST_FORM: usize = 4 * 1024;
/// How long after a source was polled from here it is not polled from here again: impatience is no reason to ask a publisher more often.
const SPACING: SignedDuration = SignedDuration::from_mins(5);
/// How long a poll is waited for, so that the page tells what became of it. One that takes longer goes on.
const PATIENCE: Duration = Duration::from_secs(10);
/// How one says who one is (RFC 7617).
const CHALLENGE: &str = "Basic realm=\"diemtin\", charset=\"UTF-8\"";

/// What the page is made from.
struct Office {
    desk: watch::Receiver<Desk>,
    store: Arc<Store>,
    /// Whether this process polls.
    polls: bool,
    /// When which sources were polled from here, those of the last minutes.
    ordered: Mutex<HashMap<SourceId, Timestamp>>,
    makers: Semaphore,
}

/// Answers `/admin`, as long as the configuration in force has a token.
pub fn admin(desk: watch::Receiver<Desk>, store: Arc<Store>, polls: bool) -> Admin {
    let office = Office { desk, store, polls, ordered: Mutex::default(), makers: Semaphore::new(AT_ONCE) };
    let office = Arc::new(office);
    let answering = Arc::clone(&office);
    let callee: Callee = Arc::new(move |call| {
        let office = Arc::clone(&answering);
        Box::pin(async move { office.answer(call).await })
    });
    Arc::new(move || office.desk.borrow().config.service.token.is_some().then(|| Arc::clone(&callee)))
}

impl Office {
    async fn answer(&self, mut call: Call) -> Reply {
        let desk = self.desk.borrow().clone();
        let caller = Caller {
            authorization: call.header("authorization"),
            site: call.header("sec-fetch-site"),
            origin: call.header("origin"),
            host: call.host.as_deref(),
        };
        // It may just have been taken out of feeds.toml.
        if !desk.config.service.token.as_ref().is_some_and(|token| caller.has(token)) {
            return Reply { challenge: Some(CHALLENGE), ..Reply::new(401, "this is the administrator's (service.token)\n") };
        }
        match (call.method.as_str(), call.path.as_str()) {
            ("GET" | "HEAD", "/admin") => self.page(desk, Asked::of(&call.query)).await,
            (_, "/admin") => Reply { allow: Some("GET, HEAD"), ..Reply::new(405, "only GET and HEAD are answered here\n") },
            ("POST", "/admin/poll") if !caller.comes_from(&desk.config.service.url) => {
                Reply::new(403, "this came from another site's page, and was not done\n")
            }
            ("POST", "/admin/poll") => match form(&mut call).await {
                Ok(source) => self.poll(&desk, &source).await,
                Err(reply) => reply,
            },
            (_, "/admin/poll") => Reply { allow: Some("POST"), ..Reply::new(405, "only POST is answered here\n") },
            _ => Reply::new(404, "there is no such page\n"),
        }
    }

    async fn page(&self, desk: Desk, asked: Asked) -> Reply {
        // Never closed.
        let _maker = self.makers.acquire().await.ok();
        // What is told is what is stored.
        if let Err(error) = desk.later.write(&self.store).await {
            tracing::error!(%error, "when sources were asked could not be stored; it is tried again");
        }
        let (store, polls, ordered) = (Arc::clone(&self.store), self.polls, self.ordered().clone());
        let again = ordered.into_iter().map(|(id, at)| (id, after(at))).collect();
        let page = blocking(move || status::page(&desk, &store, polls, &again, &asked)).await;
        Reply { style: Some(render::admin::STYLE_HASH), ..Reply::new(200, page) }
    }

    /// Has a source polled, as `diemtin poll SOURCE` does, and leads back to the page.
    async fn poll(&self, desk: &Desk, id: &str) -> Reply {
        let known = Slug::new(id).ok().and_then(|id| desk.config.sources.get(&id));
        let Some(source) = known else { return Reply::new(404, "feeds.toml has no such source\n") };
        if !self.polls {
            return Reply::new(409, "this process polls nothing (--role web)\n");
        }
        if !source.enabled {
            return Reply::new(409, format!("{id} is not enabled\n"));
        }
        let now = (desk.clock)();
        if let Err(again) = self.order(&source.id, now) {
            let again_clock = clock(again, &desk.config.service.timezone);
            let told = format!("{id} was polled from here a moment ago, and can be again at {again_clock}\n");
            let seconds = again.duration_since(now).as_secs().max(1).unsigned_abs();
            return Reply { retry_after: Some(seconds), ..Reply::new(429, told) };
        }
        let pass = Pass::Named([source.id.clone()].into());
        let polled = async {
            let Taken { mut ended, .. } = desk.orders.give(pass).await.ok()?;
            ended.recv().await
        };
        // Who looks sees what came of it, or that nothing has come yet.
        let _ = tokio::time::timeout(PATIENCE, polled).await;
        let page = render::local(&desk.config.service, "/admin");
        let query = if desk.config.sources.len() > PER_PAGE { format!("?source={id}") } else { String::new() };
        Reply { location: Some(format!("{page}{query}#{id}")), ..Reply::new(303, format!("{id} was polled\n")) }
    }

    /// Notes that a source is polled from here; or says when it may be, because it was a moment ago.
    fn order(&self, id: &SourceId, now: Timestamp) -> Result<(), Timestamp> {
        let mut ordered = self.ordered();
        // Where the clock was set back, what was ordered in the future is forgotten.
        ordered.retain(|_, at| *at <= now && after(*at) > now);
        match ordered.get(id) {
            Some(at) => Err(after(*at)),
            None => {
                ordered.insert(id.clone(), now);
                Ok(())
            }
        }
    }

    fn ordered(&self) -> MutexGuard<'_, HashMap<SourceId, Timestamp>> {
        // A map is whole between its statements.
        self.ordered.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// When a source that was polled from here may be again.
fn after(ordered: Timestamp) -> Timestamp {
    ordered.checked_add(SPACING).unwrap_or(Timestamp::MAX)
}

/// The source that a form names.
async fn form(call: &mut Call) -> Result<String, Reply> {
    let mut body = Vec::new();
    match call.read(LONGEST_FORM, |piece| body.extend_from_slice(piece)).await {
        Ok(()) => {}
        Err(Unread::TooLarge) => return Err(Reply::new(413, "that is too large for a form of one id\n")),
        Err(Unread::TooSlow) => return Err(Reply::new(408, "the form did not come in time\n")),
        Err(Unread::Broken) => return Err(Reply::new(400, "the form was cut off\n")),
    }
    let source = form_urlencoded::parse(&body).find(|(name, _)| name == "source").map(|(_, id)| id.into_owned());
    source.ok_or_else(|| Reply::new(400, "the form names no source\n"))
}
