//! Stories and sources' states as bytes; `sealed` has what stands before each value, and how values are written at all.

mod sealed;

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_bytes::Bytes;

use crate::edge::store::StoreError;
use crate::model::{
    Author, Because, Habits, Manners, Push, Report, RollCall, Slug, SourceState, Story, StoryId, Subscriber, Vanished,
    Withdrawal, Withdrawals,
};

pub(super) use sealed::{broken, decode, encode, open, seal, written};

/// The bytes of an id.
pub(super) fn sixteen(bytes: &[u8]) -> Result<[u8; 16], StoreError> {
    bytes.try_into().map_err(|_| broken("it is no id"))
}

#[derive(Serialize, Deserialize)]
struct StoryRecord<'a> {
    seq: u64,
    published: i64,
    arrived: i64,
    updated: i64,
    #[serde(borrow)]
    topics: Vec<&'a str>,
    #[serde(borrow)]
    reports: Vec<ReportRecord<'a>>,
}

#[derive(Serialize, Deserialize)]
struct ReportRecord<'a> {
    source: &'a str,
    guid: &'a str,
    url: Option<&'a str>,
    title: &'a str,
    summary: &'a str,
    content: Option<&'a str>,
    image: Option<&'a str>,
    authors: Cow<'a, [Author]>,
    categories: Cow<'a, [String]>,
    published: Option<i64>,
    seen: i64,
}

/// A story: the record, and behind it which articles are gone and which feeds brought them, as far as any is or did.
pub(super) fn story(story: &Story, seq: u64) -> Result<Vec<u8>, StoreError> {
    let record = StoryRecord {
        seq,
        published: story.published.as_second(),
        arrived: story.arrived.as_second(),
        updated: story.updated.as_second(),
        topics: story.topics.iter().map(Slug::as_str).collect(),
        reports: story.entries.iter().map(report_record).collect(),
    };
    let gone: GoneRecord = story.entries.iter().map(|report| report.gone.map(Timestamp::as_second)).collect();
    let feeds: FeedsRecord = story.entries.iter().map(|report| report.feed.as_deref()).collect();
    if feeds.iter().any(Option::is_some) {
        encode(&(record, gone, feeds))
    } else if gone.iter().any(Option::is_some) {
        encode(&(record, gone))
    } else {
        encode(&record)
    }
}

/// Since when the article of each report has been gone.
type GoneRecord = Vec<Option<i64>>;
/// The id of the feed that brought each report.
type FeedsRecord<'a> = Vec<Option<&'a str>>;

fn report_record(report: &Report) -> ReportRecord<'_> {
    ReportRecord {
        source: report.source.as_str(),
        guid: &report.guid,
        url: report.url.as_deref(),
        title: &report.title,
        summary: &report.summary,
        content: report.content.as_deref(),
        image: report.image.as_deref(),
        authors: Cow::Borrowed(&report.authors),
        categories: Cow::Borrowed(&report.categories),
        published: report.published.map(Timestamp::as_second),
        seen: report.seen.as_second(),
    }
}

pub(super) fn read_story(id: StoryId, value: &[u8]) -> Result<Story, StoreError> {
    let wrong = |e: postcard::Error| broken(&e.to_string());
    let (record, rest): (StoryRecord, _) = postcard::take_from_bytes(open(value)?).map_err(wrong)?;
    if record.reports.is_empty() {
        return Err(broken("the story has no entry"));
    }
    let (gone, rest): (GoneRecord, _) = behind(rest)?;
    let (feeds, _): (FeedsRecord, _) = behind(rest)?;
    let gone = gone.into_iter().chain(std::iter::repeat(None));
    let feeds = feeds.into_iter().chain(std::iter::repeat(None));
    Ok(Story {
        id,
        seq: record.seq,
        published: time(record.published)?,
        arrived: time(record.arrived)?,
        updated: time(record.updated)?,
        topics: record.topics.into_iter().map(slug).collect::<Result<_, _>>()?,
        entries: record
            .reports
            .into_iter()
            .zip(gone.zip(feeds))
            .map(|(report, (gone, feed))| read_report(report, gone, feed))
            .collect::<Result<_, _>>()?,
    })
}

/// What stands behind a record, which older values lack, and what follows it.
fn behind<'a, T: Default + Deserialize<'a>>(bytes: &'a [u8]) -> Result<(T, &'a [u8]), StoreError> {
    if bytes.is_empty() { Ok(Default::default()) } else { postcard::take_from_bytes(bytes).map_err(|e| broken(&e.to_string())) }
}

fn read_report(record: ReportRecord, gone: Option<i64>, feed: Option<&str>) -> Result<Report, StoreError> {
    Ok(Report {
        source: slug(record.source)?,
        guid: record.guid.to_owned(),
        url: record.url.map(str::to_owned),
        title: record.title.to_owned(),
        summary: record.summary.to_owned(),
        content: record.content.map(str::to_owned),
        image: record.image.map(str::to_owned),
        authors: record.authors.into_owned(),
        categories: record.categories.into_owned(),
        published: record.published.map(time).transpose()?,
        seen: time(record.seen)?,
        gone: gone.map(time).transpose()?,
        feed: feed.map(str::to_owned),
    })
}

fn slug(text: &str) -> Result<Slug, StoreError> {
    Slug::new(text).map_err(|e| broken(&e.to_string()))
}

pub(super) fn time(second: i64) -> Result<Timestamp, StoreError> {
    Timestamp::from_second(second).map_err(|e| broken(&e.to_string()))
}

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

/// A state: the record, and behind it what good manners remember, which older values lack.
pub(super) fn source(state: &SourceState) -> Result<Vec<u8>, StoreError> {
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
    let manners = written(&state.manners, Vec::new())?;
    let roll_call = state.roll_call.map(|roll| (roll.since.as_second(), roll.last.as_second()));
    encode(&(record, Bytes::new(&manners), SCHEDULE_VERSION, schedule, VANISHED_VERSION, &state.vanished, roll_call))
}

pub(super) fn read_source(value: &[u8]) -> Result<SourceState, StoreError> {
    let wrong = |e: postcard::Error| broken(&e.to_string());
    let (record, rest): (SourceRecord, _) = postcard::take_from_bytes(open(value)?).map_err(wrong)?;
    let (manners, rest) = match rest {
        [] => (Manners::default(), rest),
        rest => {
            let (manners, rest): (&Bytes, _) = postcard::take_from_bytes(rest).map_err(wrong)?;
            (postcard::from_bytes(manners).map_err(wrong)?, rest)
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

/// What is remembered of a source's hub: with a version of its own, for it is worth no error.
pub(super) fn push(push: &Push) -> Result<Vec<u8>, StoreError> {
    encode(&(PUSH_VERSION, push))
}

/// `None` where another version wrote it.
pub(super) fn read_push(value: &[u8]) -> Result<Option<Push>, StoreError> {
    Ok(match open(value)?.split_first() {
        Some((&PUSH_VERSION, push)) => postcard::from_bytes(push).ok(),
        _ => None,
    })
}

/// The version of a [`Push`].
const PUSH_VERSION: u8 = 1;

/// Who subscribes to a feed of ours: with a version of its own, for whoever is forgotten asks again.
pub(super) fn subscriber(subscriber: &Subscriber) -> Result<Vec<u8>, StoreError> {
    encode(&(SUBSCRIBER_VERSION, subscriber))
}

/// `None` where another version wrote it.
pub(super) fn read_subscriber(value: &[u8]) -> Result<Option<Subscriber>, StoreError> {
    Ok(match open(value)?.split_first() {
        Some((&SUBSCRIBER_VERSION, subscriber)) => postcard::from_bytes(subscriber).ok(),
        _ => None,
    })
}

/// The version of a [`Subscriber`].
const SUBSCRIBER_VERSION: u8 = 1;

/// That a story was taken down.
pub(super) fn withdrawal(withdrawal: &Withdrawal) -> Result<Vec<u8>, StoreError> {
    encode(withdrawal)
}

/// That a story was taken down. Where the record can't be read, the story stays down: its key says that it is.
pub(super) fn read_withdrawal(story: StoryId, value: &[u8]) -> Withdrawal {
    decode(value).unwrap_or_else(|error: StoreError| {
        tracing::error!(%story, %error, "who took a story down, and why, can't be read; it stays down");
        Withdrawal { story, when: Timestamp::UNIX_EPOCH, who: "somebody".to_owned(), why: error.to_string() }
    })
}

/// The withdrawals that earlier versions kept in one value.
pub(super) fn old_withdrawals(json: &[u8]) -> Result<Withdrawals, StoreError> {
    if json.is_empty() {
        return Ok(Withdrawals::new());
    }
    let list: Vec<Withdrawal> = serde_json::from_slice(json).map_err(|e| broken(&e.to_string()))?;
    Ok(list.into_iter().map(|withdrawal| (withdrawal.story, withdrawal)).collect())
}

/// The name under which they did.
pub(super) const OLD_WITHDRAWALS: &str = "withdrawn";

/// What the schedule keeps of a source, behind the rest of its state.
#[derive(Default, Serialize, Deserialize)]
struct ScheduleRecord<'a> {
    because: Because,
    habits: Option<Cow<'a, Habits>>,
}

/// The version of [`ScheduleRecord`].
const SCHEDULE_VERSION: u8 = 1;

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

/// When a source listed a pruned story, in whole minutes, rather too late than too early: four bytes reach for eight thousand years.
pub(super) fn listed(at: Timestamp) -> u32 {
    let minutes = at.as_second().div_euclid(60) + i64::from(at.as_second().rem_euclid(60) > 0);
    u32::try_from(minutes).unwrap_or(if minutes < 0 { 0 } else { u32::MAX })
}

pub(super) fn read_listed(minutes: u32) -> Result<Timestamp, StoreError> {
    time(i64::from(minutes) * 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_version_remembers_of_hubs_is_passed_over() {
        for value in [vec![2, 1, 2], vec![1], Vec::new()] {
            assert_eq!(read_push(&seal(value)).unwrap(), None);
        }
        assert!(read_push(b"").is_err());
        assert_eq!(read_push(&push(&Push::default()).unwrap()).unwrap(), Some(Push::default()));
    }

    #[test]
    fn a_state_without_habits_or_with_later_ones_is_read() {
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
        let manners = || postcard::to_stdvec(&Manners::default()).unwrap();
        let odd = encode(&(record(), manners(), 1u8, [9u8; 3]));
        for sealed in [encode(&record()), encode(&(record(), manners())), odd, encode(&(record(), manners(), 2u8, "later"))] {
            let state = read_source(&sealed.unwrap()).unwrap();
            assert_eq!((state.settings, state.interval_seconds, state.failures), (7, 4, 5));
            assert_eq!((state.because, state.habits), (Because::Unsaid, None));
        }
        let cut = encode(&(7u64, true)).unwrap();
        assert!(read_source(&cut).is_err(), "the rest of a state is needed");
    }
}
