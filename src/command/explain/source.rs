//! `explain` of a source: when it is polled next and why then, and the habits that this follows from.

mod hub;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::command::table::clock;
use crate::flow::push;
use crate::flow::schedule::{Outlook, outlook};
use crate::model::{SourceState, Trouble, Vanished};
use crate::pipeline::KnownSource;

/// The days of a week, as `date` abbreviates them.
const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/// For people.
pub(super) fn told(known: &KnownSource<'_>, zone: &TimeZone) -> String {
    let source = known.source;
    let mut out = format!("{}\n", source.name);
    let mut line = |label: &str, value: String| out += &format!("  {label:9} {value}\n");
    line("source", source.id.to_string());
    line("address", source.home.to_string());
    let Some(state) = known.state else {
        line("polled", "never, or never since its settings changed".to_owned());
        line("next", known.next(zone));
        return out;
    };
    line("polled", clock(state.checked, zone));
    line("succeeded", state.succeeded.map_or_else(|| "never".to_owned(), |time| clock(time, zone)));
    if let Some(failed) = known.failed() {
        line("failed", failed);
    }
    if let Some(moved) = known.moved() {
        line("moved", moved.to_string());
    }
    line("next", known.next(zone));
    hub::told(known, zone).into_iter().for_each(|(label, value)| line(label, value));
    state.vanished.iter().for_each(|row| line("missing", missing(row, zone)));
    let Some(habits) = state.habits.as_ref().filter(|habits| !habits.are_unknown()) else {
        line("habits", "not known yet".to_owned());
        return out;
    };
    let outlook = outlook(habits);
    line("habits", format!("about {:.1} entries a day at its present pace, {}", outlook.per_day, bursts(&outlook)));
    line("hours", hours(&outlook));
    line("days", days(&outlook));
    if habits.window > 0 {
        line("document", format!("held {} entries when it was last read", habits.window));
    }
    out
}

/// What is done about an entry that it took out.
fn missing(row: &Vanished, zone: &TimeZone) -> String {
    let found = match row.gone {
        Some(since) if row.is_told => format!("has been gone since {}", clock(since, zone)),
        Some(since) => format!("was gone at {}", clock(since, zone)),
        None => "may be gone".to_owned(),
    };
    let (taken, next) = (clock(row.since, zone), clock(row.next, zone));
    format!("the article of story {}, taken out at {taken}, {found}; it is looked at next at {next}", row.story)
}

fn bursts(outlook: &Outlook) -> String {
    format!("{:.0} % of them soon after others", outlook.following * 100.0)
}

/// The hours of an average day with the most entries, and what share of the day's entries they bring.
fn hours(outlook: &Outlook) -> String {
    const SHOWN: usize = 4;
    let mut order: Vec<usize> = (0..24).collect();
    order.sort_by(|a, b| outlook.hours[*b].total_cmp(&outlook.hours[*a]));
    let mut busiest = order[..SHOWN].to_vec();
    busiest.sort_unstable();
    let share: f64 = busiest.iter().map(|&hour| outlook.hours[hour]).sum();
    let hours: Vec<String> = busiest.iter().map(|hour| format!("{hour:02}")).collect();
    format!("{:.0} % of a day's entries are expected in the hours {}", share * 100.0, hours.join(", "))
}

fn days(outlook: &Outlook) -> String {
    let days = DAYS.iter().zip(outlook.days).map(|(day, share)| format!("{day} {:.0} %", share * 100.0));
    days.collect::<Vec<_>>().join(", ")
}

/// As JSON.
pub(super) fn as_json(known: &KnownSource<'_>) -> Value {
    let KnownSource { source, state, push, .. } = *known;
    let outlook = state.and_then(|state| state.habits.as_ref()).map(|habits| {
        let outlook = outlook(habits);
        let rounded = |shares: &[f64]| shares.iter().map(|share| (share * 10_000.0).round() / 10_000.0).collect::<Vec<_>>();
        json!({
            "until": Timestamp::from_second(habits.until_second).ok(),
            "entries_a_day": (outlook.per_day * 100.0).round() / 100.0,
            "following": (outlook.following * 100.0).round() / 100.0,
            "hours": rounded(&outlook.hours),
            "days": rounded(&outlook.days),
            "window": habits.window,
        })
    });
    let time = |of: fn(&SourceState) -> Option<Timestamp>| state.and_then(of);
    json!({
        "source": source.id,
        "url": source.home,
        "checked": time(|state| Some(state.checked)),
        "succeeded": time(|state| state.succeeded),
        "failures": state.map_or(0, |state| state.failures),
        "error": state.and_then(|state| state.error.as_ref()),
        "moved": known.moved(),
        "next": time(|state| (state.manners.trouble != Some(Trouble::Gone)).then_some(state.next)),
        "because": state.map(|state| state.because.to_string()),
        "rests_until": known.rest.map(|(until, _)| until),
        "rest_heard_by": known.rest.map(|(_, of)| &of.id),
        "announced": push::due(push, state),
        "push": hub::as_json(known),
        "missing": state.map_or(&[][..], |state| &state.vanished),
        "habits": outlook,
    })
}
