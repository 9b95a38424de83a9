//! What is stored, as bytes: stories here, sources' states in `state`; `sealed` has what stands before each value, and how values are written at all.

mod sealed;
mod state;

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::edge::store::StoreError;
use crate::model::{Author, Push, Report, Slug, Story, StoryId, Subscriber, Withdrawal, Withdrawals};

pub(super) use sealed::{broken, decode, encode, open, seal, written};
pub(super) use state::{read_source, source};

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
}
