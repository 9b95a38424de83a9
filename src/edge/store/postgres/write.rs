//! Commits. A batch is a transaction that checks what the decision was based on, under the lock of the change sequence.
//!
//! The lock makes the sequence readable: the next number is taken only after the one before it was committed, so who sees a number
//! sees all before it. It is held for two round trips and the commit.

use std::collections::{HashMap, HashSet};

use jiff::Timestamp;
use tokio_postgres::Row;

use crate::edge::store::postgres::pool::{Failure, Pool, Session, all_bytes, bytes, key, long, longs, number, text, texts};
use crate::edge::store::postgres::{pruned, read, withdrawn};
use crate::edge::store::{Memo, near, record};
use crate::model::{Band, Batch, Mark, SourceId, SourceState, SourceTag, Stamp, StoryChange, StoryId, span};

const PUT_STORIES: &str = "insert into diemtin.stories (id, seq, body) select * from unnest($1::bytea[], $2::bigint[], $3::bytea[]) \
                           on conflict (id) do update set seq = excluded.seq, body = excluded.body";
const FORGET_CHANGES: &str = "delete from diemtin.changes where seq = any($1)";
const TELL_CHANGES: &str = "insert into diemtin.changes (seq, story) select * from unnest($1::bigint[], $2::bytea[])";
const PUT_ENTRIES: &str = "insert into diemtin.entries (key, story, print) select * from unnest($1::bytea[], $2::bytea[], $3::bigint[]) \
                           on conflict (key) do update set story = excluded.story, print = excluded.print";
const PUT_LINKS: &str = "insert into diemtin.links (key, story) select * from unnest($1::bytea[], $2::bytea[]) \
                         on conflict (key) do update set story = excluded.story";
const PUT_SKETCHES: &str = "insert into diemtin.bands (seq, span, story, bands, words) \
                            select * from unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[])";
/// What is remembered of the rules holds no more when a story comes in under others.
const OTHER_RULES: &str = "update diemtin.memos set value = '' where name = 'rules' and value <> $1 and value <> ''";
/// Names that led to a story which was pruned before and came back are needed again.
const MARK_AGAIN: &str = "update diemtin.marks set listed = $2 where story = any($1)";
const COUNT: &str = "update diemtin.sequence set last = $1";
/// The number of the last change, locked until the end of the transaction: the only lock that commits of stories share.
pub(super) const LOCK: &str = "select last from diemtin.sequence for update";

/// Commits a batch; the number of its last change, where it has any.
pub(super) async fn commit(pool: &Pool, batch: &Batch) -> Result<Option<u64>, Failure> {
    let source = batch.source.as_ref().map(|(id, state)| Ok::<_, Failure>((id, state, record::source(state)?))).transpose()?;
    if batch.stories.is_empty() {
        let session = pool.begin().await?;
        if let Some(source) = source {
            put_source(&session, source, batch.fence).await?;
        }
        pruned::put(&session, &batch.marks).await?;
        withdrawn::change(&session, &batch.withdrawals).await?;
        session.commit().await?;
        return Ok(None);
    }
    let bodies = encode(&batch.stories)?;
    let _turn = pool.turn().await?;
    let session = pool.begin().await?;
    let last = number(&session.one(LOCK, &[]).await?, 0)?;
    let (stored, ()) = tokio::try_join!(seqs(&session, &batch.stories), check_bands(&session, batch))?;
    if batch.stories.iter().any(|change| stored.get(&change.story.id).copied().unwrap_or(0) != change.story.seq) {
        return Err(Failure::Conflict);
    }
    if let Some(source) = source {
        put_source(&session, source, batch.fence).await?;
    }
    if let Some(rules) = &batch.rules {
        session.execute(OTHER_RULES, &[bytes(&&rules[..])]).await?;
    }
    pruned::put(&session, &batch.marks).await?;
    withdrawn::change(&session, &batch.withdrawals).await?;
    let last = put_stories(&session, &batch.stories, &bodies, last).await?;
    session.commit().await?;
    Ok(Some(last))
}

/// The bodies to write. The number is a column: it is known only under the lock, and this is work that others need not wait for.
fn encode(stories: &[StoryChange]) -> Result<Vec<Vec<u8>>, Failure> {
    let mut ids = HashSet::new();
    if !stories.iter().all(|change| ids.insert(change.story.id)) {
        return Err(Failure::Conflict);
    }
    Ok(stories.iter().map(|change| record::story(&change.story, 0)).collect::<Result<_, _>>()?)
}

/// The number of the last change of each story that is stored.
async fn seqs(session: &Session, stories: &[StoryChange]) -> Result<HashMap<StoryId, u64>, Failure> {
    let ids: Vec<&[u8]> = stories.iter().map(|change| &change.story.id.0[..]).collect();
    let rows = session.rows("select id, seq from diemtin.stories where id = any($1)", &[all_bytes(&ids)]).await?;
    rows.iter().map(|row| Ok((StoryId(key(row, 0)?), number(row, 1)?))).collect()
}

/// Whether no story has come since the decision that shares a band with a new one.
async fn check_bands(session: &Session, batch: &Batch) -> Result<(), Failure> {
    let Some(based_on) = batch.based_on else { return Ok(()) };
    let new = batch.stories.iter().filter(|change| change.story.seq == 0);
    let bands: HashSet<Band> = new.flat_map(|change| change.sketch.bands.iter().copied()).collect();
    if bands.is_empty() {
        return Ok(());
    }
    let based_on = i64::try_from(based_on).unwrap_or(i64::MAX);
    for row in session.rows("select bands from diemtin.bands where seq > $1", &[long(&based_on)]).await? {
        if near::sketch(row.try_get(0)?, &[]).bands.iter().any(|band| bands.contains(band)) {
            return Err(Failure::Conflict);
        }
    }
    Ok(())
}

/// A source's state. Under a lease it is stored only while the lease is the last one, and ends it.
async fn put_source(
    session: &Session,
    (id, state, encoded): (&SourceId, &SourceState, Vec<u8>),
    fence: Option<u64>,
) -> Result<(), Failure> {
    let Some(fence) = fence.and_then(|fence| i64::try_from(fence).ok()) else {
        let statement =
            "insert into diemtin.sources (id, state) values ($1, $2) on conflict (id) do update set state = excluded.state";
        session.execute(statement, &[text(&id.as_str()), bytes(&&encoded[..])]).await?;
        return Ok(());
    };
    let statement = "update diemtin.sources set state = $2, leased_until = null where id = $1 and fence = $3";
    if session.execute(statement, &[text(&id.as_str()), bytes(&&encoded[..]), long(&fence)]).await? == 0 {
        return Err(Failure::Fenced);
    }
    // A host that asks one process to leave it alone asks all. The clocks of machines differ, so it is told as a wait.
    if let Some(until) = state.manners.rests_until {
        let wait = until.duration_since(state.checked).as_secs();
        let statement = "insert into diemtin.hosts (host, free_from) \
                         select origin, now() + $2 * interval '1 second' from diemtin.sources where id = $1 and origin is not null \
                         on conflict (host) do update set free_from = greatest(diemtin.hosts.free_from, excluded.free_from)";
        session.execute(statement, &[text(&id.as_str()), long(&wait)]).await?;
    }
    Ok(())
}

/// Writes stories under the next numbers; the last one.
async fn put_stories(session: &Session, stories: &[StoryChange], bodies: &[Vec<u8>], last: u64) -> Result<u64, Failure> {
    let numbers: Vec<i64> = (last + 1..).take(stories.len()).map(signed).collect();
    let reached = signed(last + stories.len() as u64);
    let ids: Vec<&[u8]> = stories.iter().map(|change| &change.story.id.0[..]).collect();
    let old: Vec<i64> = stories.iter().map(|change| signed(change.story.seq)).collect();
    let entries = Entries::of(stories);
    let links: HashMap<&[u8], &[u8]> =
        stories.iter().flat_map(|change| change.links.iter().map(|link| (&link.0[..], &change.story.id.0[..]))).collect();
    let (links, linked): (Vec<&[u8]>, Vec<&[u8]>) = links.into_iter().unzip();
    let sketches = Sketches::of(stories, &numbers);
    let put = [all_bytes(&ids), longs(&numbers), all_bytes(&bodies)];
    let (forget, tell) = ([longs(&old)], [longs(&numbers), all_bytes(&ids)]);
    let entries = [all_bytes(&entries.keys), all_bytes(&entries.stories), longs(&entries.prints)];
    let links = [all_bytes(&links), all_bytes(&linked)];
    let Sketches { seqs, spans, stories: found, bands, words } = &sketches;
    let sketches = [longs(seqs), longs(spans), all_bytes(found), all_bytes(bands), all_bytes(words)];
    let count = [long(&reached)];
    // Sent one after the other without waiting: one round trip.
    tokio::try_join!(
        session.execute(PUT_STORIES, &put),
        session.execute(FORGET_CHANGES, &forget),
        session.execute(TELL_CHANGES, &tell),
        session.execute(PUT_ENTRIES, &entries),
        session.execute(PUT_LINKS, &links),
        session.execute(PUT_SKETCHES, &sketches),
        session.execute(COUNT, &count),
    )?;
    Ok(last + stories.len() as u64)
}

/// The columns of entries. Of an entry that a batch names twice, the last one counts.
struct Entries<'a> {
    keys: Vec<&'a [u8]>,
    stories: Vec<&'a [u8]>,
    prints: Vec<i64>,
}

impl<'a> Entries<'a> {
    fn of(stories: &'a [StoryChange]) -> Self {
        let rows: HashMap<&[u8], (&[u8], i64)> = stories
            .iter()
            .flat_map(|change| change.entries.iter().map(|(key, print)| (&key.0[..], (&change.story.id.0[..], bits(*print)))))
            .collect();
        let mut entries = Self { keys: Vec::new(), stories: Vec::new(), prints: Vec::new() };
        for (key, (story, print)) in rows {
            entries.keys.push(key);
            entries.stories.push(story);
            entries.prints.push(print);
        }
        entries
    }
}

/// The columns of sketches.
struct Sketches<'a> {
    seqs: Vec<i64>,
    spans: Vec<i64>,
    stories: Vec<&'a [u8]>,
    bands: Vec<Vec<u8>>,
    words: Vec<Vec<u8>>,
}

impl<'a> Sketches<'a> {
    fn of(stories: &'a [StoryChange], numbers: &[i64]) -> Self {
        let rows = stories.iter().zip(numbers).filter(|(change, _)| !change.sketch.bands.is_empty());
        let mut all = Self { seqs: Vec::new(), spans: Vec::new(), stories: Vec::new(), bands: Vec::new(), words: Vec::new() };
        for (change, seq) in rows {
            all.seqs.push(*seq);
            all.spans.push(i64::from(span(change.story.published)));
            all.stories.push(&change.story.id.0);
            let (bands, words) = near::bytes(&change.sketch);
            all.bands.push(bands);
            all.words.push(words);
        }
        all
    }
}

/// Removes stories that are still as they were judged; the number of the last change, where one was.
pub(super) async fn remove(pool: &Pool, judged: &[(StoryId, u64)], at: Timestamp) -> Result<Option<u64>, Failure> {
    let ids: Vec<&[u8]> = judged.iter().map(|(id, _)| &id.0[..]).collect();
    let seqs: Vec<i64> = judged.iter().map(|(_, seq)| signed(*seq)).collect();
    let session = pool.begin().await?;
    let last = number(&session.one(LOCK, &[]).await?, 0)?;
    let query = "select distinct s.id, s.seq, s.body from diemtin.stories s join unnest($1::bytea[], $2::bigint[]) as judged (id, seq) \
                 on s.id = judged.id and s.seq = judged.seq order by s.seq";
    let rows = session.rows(query, &[all_bytes(&ids), longs(&seqs)]).await?;
    if rows.is_empty() {
        session.roll_back().await;
        return Ok(None);
    }
    let gone: Vec<&[u8]> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?;
    let old: Vec<i64> = rows.iter().map(|row| row.try_get(1)).collect::<Result<_, _>>()?;
    let marks = marks(&rows, at)?;
    let numbers: Vec<i64> = (last + 1..).take(rows.len()).map(signed).collect();
    let reached = last + rows.len() as u64;
    let count = signed(reached);
    let now = i64::from(record::listed(at));
    let (stories, bands, marked) = ([all_bytes(&gone)], [all_bytes(&gone)], [all_bytes(&gone), long(&now)]);
    let (forget, tell, count) = ([longs(&old)], [longs(&numbers), all_bytes(&gone)], [long(&count)]);
    tokio::try_join!(
        session.execute("delete from diemtin.stories where id = any($1)", &stories),
        session.execute("delete from diemtin.bands where story = any($1)", &bands),
        session.execute(MARK_AGAIN, &marked),
        session.execute(FORGET_CHANGES, &forget),
        session.execute(TELL_CHANGES, &tell),
        session.execute(COUNT, &count),
    )?;
    pruned::put(&session, &marks).await?;
    session.commit().await?;
    Ok(Some(reached))
}

/// Marks for the sources of stories that are removed.
fn marks(rows: &[Row], at: Timestamp) -> Result<Vec<Mark>, Failure> {
    let mut marks = Vec::new();
    for row in rows {
        let story = read::story(row)?;
        marks.extend(story.entries.iter().map(|report| Mark { story: story.id, listed: (SourceTag::of(&report.source), at) }));
    }
    Ok(marks)
}

pub(super) async fn remember(pool: &Pool, memo: Memo, what: &[u8]) -> Result<(), Failure> {
    let session = pool.begin().await?;
    let statement =
        "insert into diemtin.memos (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value";
    session.execute(statement, &[text(&memo.name()), bytes(&what)]).await?;
    session.commit().await
}

/// Stores stamps of pages that show the changes up to a number; those of other processes that show more, or came first, stay. Returns
/// them as they stand.
pub(super) async fn set_stamps(pool: &Pool, stamps: &[Stamp], seq: u64) -> Result<Vec<Stamp>, Failure> {
    let paths: Vec<&str> = stamps.iter().map(|stamp| &stamp.path[..]).collect();
    let hashes: Vec<&str> = stamps.iter().map(|stamp| &stamp.hash[..]).collect();
    let dates: Vec<i64> = stamps.iter().map(|stamp| stamp.modified.as_second()).collect();
    let session = pool.begin().await?;
    // In the order of paths, so that two processes do not wait for each other.
    let statement = "insert into diemtin.stamps as old (path, hash, modified, seq) \
                     select path, hash, modified, $4 from unnest($1::text[], $2::text[], $3::bigint[]) as new (path, hash, modified) \
                     order by path on conflict (path) do update \
                     set hash = excluded.hash, modified = greatest(excluded.modified, old.modified + 1), seq = excluded.seq \
                     where old.hash <> excluded.hash and old.seq <= excluded.seq";
    session.execute(statement, &[texts(&paths), texts(&hashes), longs(&dates), long(&signed(seq))]).await?;
    let rows = session.rows("select path, hash, modified from diemtin.stamps where path = any($1)", &[texts(&paths)]).await?;
    let stamps = rows.iter().map(read::stamp).collect::<Result<_, _>>()?;
    session.commit().await?;
    Ok(stamps)
}

/// A number of the change sequence, which has far fewer than 2⁶³.
fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// The bits of a hash: PostgreSQL has no unsigned numbers.
fn bits(hash: u64) -> i64 {
    i64::from_ne_bytes(hash.to_ne_bytes())
}
