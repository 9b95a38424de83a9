//! Keys of the embedded store, and its small values; `record` has the large ones, and what stands before each; `pack` makes stories small.

use jiff::Timestamp;

use crate::edge::store::embedded::pack::Packer;
use crate::edge::store::record::{self, broken, decode, encode, sixteen, time};
use crate::edge::store::{Memo, StoreError, near};
use crate::model::{EntryKey, LinkKey, Mark, Print, Sketch, SourceId, SourceTag, Stamp, Story, StoryId, SubscriberId};

pub(super) const FORMAT: &[u8] = b"mformat";
pub(super) const THIS_FORMAT: &[u8] = b"diemtin 5";
/// The books' totals.
pub(super) const BOOKS: &[u8] = b"a";
/// What is wrong and not mended.
pub(super) const UNMENDED: &[u8] = b"munmended";
/// Before the key of a record that was set aside.
pub(super) const ASIDE: &[u8] = b"x";
pub(super) const STAMPS: &[u8] = b"mstamp ";
pub(super) const PUSHES: &[u8] = b"w";
pub(super) const WITHDRAWALS: &[u8] = b"t";
pub(super) const SUBSCRIBERS: &[u8] = b"h";

/// The first bytes of the keys of kinds of records.
pub(super) const STORIES: u8 = b's';
pub(super) const SKETCHES: u8 = b'n';
pub(super) const CHANGES: u8 = b'c';
pub(super) const ENTRIES: u8 = b'e';
pub(super) const LINKS: u8 = b'l';
pub(super) const MARKS: u8 = b'd';

pub(super) fn memo_key(memo: Memo) -> Vec<u8> {
    [b"m", memo.name().as_bytes()].concat()
}

fn key(kind: u8, bytes: [u8; 16]) -> [u8; 17] {
    let mut key = [kind; 17];
    key[1..].copy_from_slice(&bytes);
    key
}

/// The beginning of the keys of one span's sketches.
pub(super) fn span_prefix(span: i32) -> [u8; 5] {
    let [a, b, c, d] = span.to_be_bytes();
    [b'n', a, b, c, d]
}

/// The key of a row that leads to the sketches which a group of changes adds to stories of a span, by the number of one of them.
pub(super) fn sketches_key(span: i32, seq: u64) -> Vec<u8> {
    [&span_prefix(span)[..], &seq.to_be_bytes()].concat()
}

/// A story and what it is found by.
pub(super) type Posted = (StoryId, Sketch);

/// The same as bytes: the bands, and the words.
type Packed<B> = ([u8; 16], (B, B));

pub(super) fn sketches(posted: &[Posted]) -> Result<Vec<u8>, StoreError> {
    let plain: Vec<Packed<Vec<u8>>> = posted.iter().map(|(story, sketch)| (story.0, near::bytes(sketch))).collect();
    encode(&plain)
}

pub(super) fn read_sketches(value: &[u8]) -> Result<Vec<Posted>, StoreError> {
    let plain: Vec<Packed<&[u8]>> = decode(value)?;
    Ok(plain.into_iter().map(|(story, (bands, words))| (StoryId(story), near::sketch(bands, words))).collect())
}

pub(super) fn story_key(id: StoryId) -> [u8; 17] {
    key(b's', id.0)
}

pub(super) fn story_of_key(key: &[u8]) -> Result<StoryId, StoreError> {
    sixteen(&key[1..]).map(StoryId)
}

pub(super) fn read_story(packer: &Packer, id: StoryId, value: &[u8]) -> Result<Story, StoreError> {
    record::read_story(id, &packer.unpack(value)?)
}

pub(super) fn entry_key(entry: EntryKey) -> [u8; 17] {
    key(b'e', entry.0)
}

pub(super) fn entry_of_key(key: &[u8]) -> Result<EntryKey, StoreError> {
    sixteen(&key[1..]).map(EntryKey)
}

pub(super) fn link_key(link: LinkKey) -> [u8; 17] {
    key(b'l', link.0)
}

pub(super) fn change_key(seq: u64) -> [u8; 9] {
    let mut key = [b'c'; 9];
    key[1..].copy_from_slice(&seq.to_be_bytes());
    key
}

/// A key for people.
pub(super) fn named(key: &[u8]) -> String {
    let (kind, rest) = key.split_first().map_or((b'?', key), |(kind, rest)| (*kind, rest));
    match kind {
        b'p' | b'a' | b'm' | b'w' => String::from_utf8_lossy(key).into_owned(),
        _ => rest.iter().fold(format!("{} ", char::from(kind)), |name, byte| format!("{name}{byte:02x}")),
    }
}

pub(super) fn unmended(sentences: &[String]) -> Result<Vec<u8>, StoreError> {
    encode(&sentences)
}

/// What can't be read is itself something that is wrong.
pub(super) fn read_unmended(value: &[u8]) -> Vec<String> {
    decode(value).unwrap_or_else(|error| vec![format!("what was wrong with it can't be read: {error}")])
}

pub(super) fn source_key(id: &SourceId) -> Vec<u8> {
    [b"p", id.as_str().as_bytes()].concat()
}

pub(super) fn push_key(id: &SourceId) -> Vec<u8> {
    [PUSHES, id.as_str().as_bytes()].concat()
}

pub(super) fn subscriber_key(id: SubscriberId) -> [u8; 17] {
    key(b'h', id.0)
}

pub(super) fn withdrawal_key(id: StoryId) -> [u8; 17] {
    key(b't', id.0)
}

/// The beginning of the keys of the marks that a pruned story leaves.
pub(super) fn marks_key(id: StoryId) -> [u8; 17] {
    key(MARKS, id.0)
}

/// The key of the mark that a story was pruned which a source had.
pub(super) fn mark_key(id: StoryId, source: SourceTag) -> Vec<u8> {
    [&marks_key(id)[..], &source.0.to_be_bytes()].concat()
}

/// When the source listed the story last.
pub(super) fn mark(listed: Timestamp) -> Vec<u8> {
    record::listed(listed).to_be_bytes().to_vec()
}

/// The value of a mark whose story is stored again.
pub(super) const AGAIN: [u8; 4] = [u8::MAX; 4];

/// A mark; `None` where its story is stored again.
pub(super) fn read_mark(key: &[u8], value: &[u8]) -> Result<Option<Mark>, StoreError> {
    let number = |bytes: &[u8]| bytes.try_into().map(u32::from_be_bytes).map_err(|_| broken("it is cut off"));
    let (story, source) = key.split_at_checked(17).ok_or_else(|| broken("it is cut off"))?;
    if value == AGAIN {
        return Ok(None);
    }
    let listed = (SourceTag(number(source)?), record::read_listed(number(value)?)?);
    Ok(Some(Mark { story: story_of_key(story)?, listed }))
}

/// The story that a change, an entry, a link or a mark belongs to.
pub(super) fn story_of(key: &[u8], value: &[u8]) -> Result<StoryId, StoreError> {
    let story = if key.first() == Some(&MARKS) { key.get(1..17) } else { value.get(..16) };
    sixteen(story.unwrap_or_default()).map(StoryId)
}

pub(super) fn stamp_key(path: &str) -> Vec<u8> {
    [STAMPS, path.as_bytes()].concat()
}

pub(super) fn entry(story: StoryId, print: Print) -> Vec<u8> {
    [&story.0[..], &print.to_be_bytes()].concat()
}

pub(super) fn read_entry(value: &[u8]) -> Result<(StoryId, Print), StoreError> {
    let (story, print) = value.split_at_checked(16).ok_or_else(|| broken("it is cut off"))?;
    let print = print.try_into().map_err(|_| broken("it is cut off"))?;
    Ok((StoryId(sixteen(story)?), Print::from_be_bytes(print)))
}

pub(super) fn link(story: StoryId) -> Vec<u8> {
    story.0.to_vec()
}

pub(super) fn read_link(value: &[u8]) -> Result<StoryId, StoreError> {
    sixteen(value).map(StoryId)
}

pub(super) fn change(story: StoryId) -> Vec<u8> {
    link(story)
}

pub(super) fn read_change(key: &[u8], value: &[u8]) -> Result<(u64, StoryId), StoreError> {
    let seq = key[1..].try_into().map_err(|_| broken("it is no number"))?;
    Ok((u64::from_be_bytes(seq), read_link(value)?))
}

pub(super) fn stamp(stamp: &Stamp) -> Result<Vec<u8>, StoreError> {
    encode(&(&stamp.hash, stamp.modified.as_second()))
}

pub(super) fn read_stamp(key: &[u8], value: &[u8]) -> Result<Stamp, StoreError> {
    let (hash, modified): (String, i64) = decode(value)?;
    let path = String::from_utf8_lossy(&key[STAMPS.len()..]).into_owned();
    Ok(Stamp { path, hash, modified: time(modified)? })
}
