//! The time: the only place that asks for it.

use jiff::Timestamp;

/// The present, in whole seconds: feeds and HTTP know no smaller unit, and what was stored and read again is then equal.
#[expect(clippy::disallowed_methods, reason = "this is the clock")]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_second(now.as_second()).unwrap_or(now)
}
