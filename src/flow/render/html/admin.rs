//! The page of an administrator, `/admin`: in English, as the command line is, without a script, and whole by itself, for it is there when nothing
//! else may be.

use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use url::Url;

use crate::flow::render::html::ICON;
use crate::flow::render::{address, text, time};
use crate::model::Service;

/// The one style sheet of the page.
const STYLE: &str = include_str!("admin.css");
/// Its hash, as a Content-Security-Policy names it.
pub const STYLE_HASH: &str = "sha256-+rYcg26wVkMdzS4ZKtKqYs7s+wnoqJ/U+KKGsaSpaqc=";
/// The longest text of faults that is shown, in bytes: a hundred of them, of a file whose lines are of a usual length, take a quarter.
const MOST_FAULTS: usize = 64 * 1024;

/// What the page says.
#[derive(Debug)]
pub struct Status<'a> {
    /// Whose it is.
    pub service: &'a Service,
    /// The time.
    pub now: Timestamp,
    /// Since when the configuration has been in force.
    pub since: Timestamp,
    /// How many sources, topics and feeds it has.
    pub counts: [usize; 3],
    /// When an edit came that was not taken, and why it was not; `None` where the file is in force.
    pub untaken: Option<(Timestamp, String)>,
    /// How the store is.
    pub store: StoreStands,
    /// Whether this process polls.
    pub polls: bool,
    /// How many sources stand how, in the order in which they are listed.
    pub standings: Vec<(Standing, usize)>,
    /// Which sources are shown.
    pub choice: Choice<'a>,
    /// These.
    pub rows: Vec<Row<'a>>,
}

/// Whether anything can be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreStands {
    /// It can.
    Takes,
    /// It can't.
    TakesNothing,
    /// It can't even be read; the sentence says why.
    Unreadable(String),
}

/// How sources stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// In addresses.
    pub label: &'static str,
    /// For people.
    pub words: &'static str,
    /// Whether an administrator has something to see to.
    pub is_trouble: bool,
}

/// Which sources a page shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice<'a> {
    /// One page of those that stand so, or of all.
    Page {
        /// The label of how they stand.
        standing: Option<&'a str>,
        /// From 1.
        page: usize,
        /// How many there are.
        pages: usize,
    },
    /// The one that was just polled.
    One,
}

/// A source.
#[derive(Debug)]
pub struct Row<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its address, without what may be secret.
    pub home: &'a Url,
    /// How it stands.
    pub standing: Standing,
    /// When it was polled last.
    pub polled: Option<Timestamp>,
    /// When that last went well.
    pub succeeded: Option<Timestamp>,
    /// What went wrong, and what to do about it.
    pub failed: Option<String>,
    /// When it is polled next, and why then.
    pub next: String,
    /// Where it has moved to.
    pub moved: Option<String>,
    /// What its hub is worth.
    pub hub: Option<String>,
    /// Whether it can be polled now.
    pub poll: Poll,
}

/// Whether a source can be polled from the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Poll {
    /// It can.
    Now,
    /// It was a moment ago, and can be again then.
    Again(Timestamp),
    /// It can't.
    Never,
}

/// The page.
pub fn page(status: &Status) -> String {
    let title = text::title(&status.service.title);
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "Status – " (title) }
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                link rel="icon" href=(ICON);
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { h1 { "Status of " a href=(address::local(status.service, "/")) { (title) } } }
                main {
                    (in_force(status))
                    @if let Some((when, why)) = &status.untaken { (untaken(status, *when, why)) }
                    (sources(status))
                }
            }
        }
    };
    page.into_string() + "\n"
}

fn in_force(status: &Status) -> Markup {
    let [sources, topics, feeds] = status.counts;
    html! {
        dl {
            dt { "Now" } dd { (clock(status, status.now)) }
            dt { "In force" }
            dd {
                (count(sources, "source")) ", " (count(topics, "topic")) " and " (count(feeds, "feed")) ", since " (clock(status, status.since))
            }
            dt { "Store" }
            dd {
                @match &status.store {
                    StoreStands::Takes => "takes what is polled",
                    StoreStands::TakesNothing => span.bad {
                        "takes nothing at present, so nothing is polled: its disk is full or fails, or its database does not answer"
                    },
                    StoreStands::Unreadable(why) => span.bad { "can't be read: " (text::line(why)) },
                }
            }
            dt { "Polls" }
            dd { @if status.polls { "this process polls" } @else { "this process polls nothing (--role web); what others polled is told here" } }
        }
    }
}

fn untaken(status: &Status, when: Timestamp, why: &str) -> Markup {
    let why = text::legal(why);
    let end = (0..=MOST_FAULTS.min(why.len())).rev().find(|&end| why.is_char_boundary(end)).unwrap_or(0);
    html! {
        h2.bad { "The last edit of feeds.toml was not taken" }
        p { "It came at " (clock(status, when)) ". What was in force before still is; `diemtin check` says the same as this:" }
        pre { (&why[..end]) @if end < why.len() { "\n…" } }
    }
}

fn sources(status: &Status) -> Markup {
    html! {
        h2 { "Sources" }
        (standings(status))
        table {
            thead { tr { th scope="col" { "Source" } th scope="col" { "Stands" } th scope="col" { "What is known" } th scope="col" { "" } } }
            tbody { @for row in &status.rows { (source(status, row)) } }
        }
        @if let Choice::Page { standing, page, pages } = status.choice { (pager(status, standing, page, pages)) }
    }
}

/// How many sources stand how, each leading to them alone.
fn standings(status: &Status) -> Markup {
    let chosen = match status.choice {
        Choice::Page { standing, .. } => Some(standing),
        Choice::One => None,
    };
    let all: usize = status.standings.iter().map(|(_, count)| count).sum();
    let current = |of: Option<&str>| (chosen == Some(of)).then_some("true");
    html! {
        nav aria-label="How sources stand" {
            a href=(address::local(status.service, "/admin")) aria-current=[current(None)] { "all " (all) }
            @for (standing, count) in &status.standings {
                a href={ (address::local(status.service, "/admin")) "?state=" (standing.label) } aria-current=[current(Some(standing.label))] {
                    (standing.words) " " (count)
                }
            }
        }
    }
}

fn source(status: &Status, row: &Row) -> Markup {
    let home = address::public(row.home);
    html! {
        tr id=(row.id) {
            td {
                p { strong { (text::title(row.name)) } }
                p.id { (row.id) }
                p.id {
                    @match address::web(&home) {
                        Some(link) => a href=(link) rel="noopener noreferrer" { (text::line(&home)) },
                        None => (text::line(&home)),
                    }
                }
            }
            td.when { span.bad[row.standing.is_trouble] { (row.standing.words) } }
            td {
                @if let Some(failed) = &row.failed { p.bad { (text::line(failed)) } }
                dl {
                    dt { "next" } dd { (text::line(&row.next)) }
                    dt { "polled" } dd { @match row.polled { Some(at) => (clock(status, at)), None => "never, or never since its settings changed" } }
                    @if row.polled.is_some() && row.polled != row.succeeded {
                        dt { "succeeded" } dd { @match row.succeeded { Some(at) => (clock(status, at)), None => "never" } }
                    }
                    @if let Some(moved) = &row.moved { dt { "moved" } dd { (text::line(moved)) } }
                    @if let Some(hub) = &row.hub { dt { "hub" } dd { (text::line(hub)) } }
                }
            }
            td { (poll(status, row)) }
        }
    }
}

fn poll(status: &Status, row: &Row) -> Markup {
    match row.poll {
        Poll::Never => html! {},
        Poll::Again(at) => html! { p.soft { "polled from here; again after " (time::hour(at, &status.service.timezone)) } },
        Poll::Now => html! {
            form method="post" action=(address::local(status.service, "/admin/poll")) {
                input type="hidden" name="source" value=(row.id);
                button aria-label={ "Poll " (row.id) " now" } { "Poll now" }
            }
        },
    }
}

fn pager(status: &Status, standing: Option<&str>, page: usize, pages: usize) -> Markup {
    let to = |page: usize| {
        let state = standing.map(|standing| format!("state={standing}&")).unwrap_or_default();
        format!("{}?{state}page={page}", address::local(status.service, "/admin"))
    };
    html! {
        @if pages > 1 {
            nav aria-label="Pages" {
                @if page > 1 { a href=(to(page - 1)) rel="prev" { "Page before" } }
                span { "page " (page) " of " (pages) }
                @if page < pages { a href=(to(page + 1)) rel="next" { "Next page" } }
            }
        }
    }
}

fn clock(status: &Status, at: Timestamp) -> String {
    time::clock(at, &status.service.timezone)
}

/// So many of something.
fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}
