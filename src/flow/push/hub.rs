//! The hub of our own feeds (sections 5 to 7 of the Recommendation): what a request for a subscription means, who is called when and with
//! what, and when a subscription ends.
//!
//! Anybody may ask, and may name anybody as the one to be called. So nobody is sent news who has not confirmed it; one request to us brings
//! one small request to a stranger at the most, and of these not more than [`Pace`] allows for a host; and one who does not answer costs
//! others nothing, for each host has a line of its own.

mod ask;
mod call;
mod entry;
mod job;
mod ledger;
mod line;
mod pace;
mod ping;

pub use ask::{Mode, Request, Wrong, read};
pub use call::{CHALLENGE_BYTES, challenge, denial, link, verification};
pub use job::{Busy, Confirmed, Delivered, Job, Offered, Told};
pub use ledger::Ledger;
pub use line::Line;
pub use pace::Pace;
pub use ping::{MOST_AT_ONCE, Pings, ping_form};

#[cfg(test)]
mod tests;
