//! WebSub (W3C Recommendation of 2018-01-23), the subscriber's decisions: which hub announces a source's news, when it is asked, what its
//! requests mean, and what its announcements are worth.
//!
//! An announcement is a hint to fetch and nothing else: what it carries is not read, for anybody may be a hub, and a hub may be anybody's.
//! So a hub that lies costs some conditional requests, fewer each time; a hub that is silent costs nothing as long as polls find nothing that
//! it should have announced; and one that has proved true saves polls.

mod discover;
mod form;
mod link;
mod off;
mod proof;
mod signature;
mod standing;
mod step;
mod verify;

pub use discover::named;
pub use form::form;
pub use off::{Off, base};
pub use proof::{Found, again, dearer, due, heard, is_proven, polled};
pub use signature::{Check, Unsigned};
pub use standing::Standing;
pub use step::{Ask, CHANCE_BYTES, Refusal, refused, step};
pub use verify::{Verdict, verify};

#[cfg(test)]
mod tests;
