//! Sources' states: a record, and behind it what came later, each part with a version of its own, for what else is known of a source can be
//! learned again.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_bytes::Bytes;

use crate::edge::store::StoreError;
use crate::edge::store::record::{broken, encode, open, time, written};
use crate::model::{Because, Habits, Manners, RollCall, SourceState, Vanished};

#[derive(Serialize, Deserialize)]
struct SourceRecord<'a> {
    settings: u64,
    #[serde(borrow)]
    etag: Option<&'a Bytes>,
    #[serde(borrow)]
    last_modified: Option<&'a Bytes>,
    body: Option<[u8; 16]>,
    next: i64,
    checked: i64,
    succeeded: Option<i64>,
    interval_seconds: u64,
    failures: u32,
    error: Option<&'a str>,
}

/// A state: the record, and behind it what older values lack.
pub(in crate::edge::store) fn source(state: &SourceState) -> Result<Vec<u8>, StoreError> {
    let record = SourceRecord {
        settings: state.settings,
        etag: state.etag.as_deref().map(Bytes::new),
        last_modified: state.last_modified.as_deref().map(Bytes::new),
        body: state.body,
        next: state.next.as_second(),
        checked: state.checked.as_second(),
        succeeded: state.succeeded.map(Timestamp::as_second),
        interval_seconds: state.interval_seconds,
        failures: state.failures,
        error: state.error.as_deref(),
    };
    let schedule = ScheduleRecord { because: state.because, habits: state.habits.as_ref().map(Cow::Borrowed) };
    // With its length before it, so that what follows is found whatever becomes of it.
    let manners = written(&state.manners, vec![MANNERS_VERSION])?;
    let roll_call = state.roll_call.map(|roll| (roll.since.as_second(), roll.last.as_second()));
    encode(&(record, Bytes::new(&manners), SCHEDULE_VERSION, schedule, VANISHED_VERSION, &state.vanished, roll_call))
}

pub(in crate::edge::store) fn read_source(value: &[u8]) -> Result<SourceState, StoreError> {
    let wrong = |e: postcard::Error| broken(&e.to_string());
    let (record, rest): (SourceRecord, _) = postcard::take_from_bytes(open(value)?).map_err(wrong)?;
    let (manners, rest) = match rest {
        [] => (Manners::default(), rest),
        rest => {
            let (manners, rest): (&Bytes, _) = postcard::take_from_bytes(rest).map_err(wrong)?;
            (read_manners(manners)?, rest)
        }
    };
    let (schedule, rest) = read_schedule(rest);
    let (vanished, rest) = read_vanished(rest);
    Ok(SourceState {
        settings: record.settings,
        etag: record.etag.map(|bytes| bytes.to_vec()),
        last_modified: record.last_modified.map(|bytes| bytes.to_vec()),
        body: record.body,
        next: time(record.next)?,
        checked: time(record.checked)?,
        succeeded: record.succeeded.map(time).transpose()?,
        interval_seconds: record.interval_seconds,
        because: schedule.because,
        habits: schedule.habits.map(Cow::into_owned),
        failures: record.failures,
        error: record.error.map(str::to_owned),
        manners,
        vanished,
        roll_call: read_roll_call(rest),
    })
}

/// The version of [`Manners`].
const MANNERS_VERSION: u8 = 2;

/// Those of another version are forgotten: the source tells again.
fn read_manners(bytes: &[u8]) -> Result<Manners, StoreError> {
    match bytes.split_first() {
        Some((&MANNERS_VERSION, manners)) => postcard::from_bytes(manners).map_err(|e| broken(&e.to_string())),
        _ => Ok(Manners::default()),
    }
}

/// What the schedule keeps of a source, behind the rest of its state.
#[derive(Default, Serialize, Deserialize)]
struct ScheduleRecord<'a> {
    because: Because,
    habits: Option<Cow<'a, Habits>>,
}

/// The version of [`ScheduleRecord`].
const SCHEDULE_VERSION: u8 = 2;

/// Habits are learned again in days: a state without them, or with those of another version, is worth no error.
fn read_schedule(bytes: &[u8]) -> (ScheduleRecord<'static>, &[u8]) {
    match bytes.split_first() {
        Some((&SCHEDULE_VERSION, record)) => postcard::take_from_bytes(record).unwrap_or_default(),
        _ => Default::default(),
    }
}

/// The version of a list of [`Vanished`].
const VANISHED_VERSION: u8 = 1;

/// What is not known any more to have vanished is shown on: that is worth no error.
fn read_vanished(bytes: &[u8]) -> (Vec<Vanished>, &[u8]) {
    match bytes.split_first() {
        Some((&VANISHED_VERSION, list)) => postcard::take_from_bytes(list).unwrap_or_default(),
        _ => Default::default(),
    }
}

/// Where nothing is known of one, the next document tells.
fn read_roll_call(bytes: &[u8]) -> Option<RollCall> {
    let (since, last): (i64, i64) = postcard::from_bytes::<Option<_>>(bytes).ok()??;
    Some(RollCall { since: time(since).ok()?, last: time(last).ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_without_what_came_later_or_with_what_comes_later_is_read() {
        let record = || SourceRecord {
            settings: 7,
            etag: Some(Bytes::new(b"\"a\"")),
            last_modified: None,
            body: None,
            next: 1,
            checked: 2,
            succeeded: Some(3),
            interval_seconds: 4,
            failures: 5,
            error: None,
        };
        let manners = || written(&Manners::default(), vec![MANNERS_VERSION]).unwrap();
        let odd = encode(&(record(), manners(), SCHEDULE_VERSION, [9u8; 3]));
        let other = encode(&(record(), vec![1u8, 9, 9], SCHEDULE_VERSION + 1, "later"));
        for sealed in [encode(&record()), encode(&(record(), manners())), odd, other] {
            let state = read_source(&sealed.unwrap()).unwrap();
            assert_eq!((state.settings, state.interval_seconds, state.failures), (7, 4, 5));
            assert_eq!((state.because, state.habits, state.manners), (Because::Unsaid, None, Manners::default()));
        }
        let cut = encode(&(7u64, true)).unwrap();
        assert!(read_source(&cut).is_err(), "the rest of a state is needed");
        let torn = encode(&(record(), vec![MANNERS_VERSION, 9])).unwrap();
        assert!(read_source(&torn).is_err(), "what is said to be of this version is of it");
    }
}
