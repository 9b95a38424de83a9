//! What is written, as a function of numbers alone: whoever knows how far a lane has come knows everything that it has left.
//!
//! A lane is a sequence of steps: stories that begin, are edited, and are removed, each step with the state of the lane's source in the
//! same batch. Lanes go on at once, so that the store's writer has batches to group. Beside them goes the upkeep: what stories of even steps
//! have left when they were removed is forgotten, and space is given back.

use std::collections::BTreeMap;
use std::sync::Arc;

use diemtin::model::{
    Batch, Because, EntryKey, LinkKey, Manners, Moved, Report, Sketch, Slug, SourceState, Story, StoryChange, StoryId,
};
use jiff::Timestamp;

/// Lanes that go on at once.
pub const LANES: u32 = 4;
/// The steps behind which the stories of a step are edited, and removed.
const EDITED_AFTER: u32 = 3;
const REMOVED_AFTER: u32 = 9;
/// Bytes of a summary: with them a few steps fill sled's buffers.
const SUMMARY_BYTES: usize = 900;
/// Bytes of a full text that hardly compresses: with them thirty steps fill one of the stories' files, so that there is something to clear.
const CONTENT_BYTES: usize = 16 * 1024;

/// A time that depends on a number.
pub fn second(n: u32) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + i64::from(n) * 60).expect("a time of this century")
}

/// The source of a lane.
pub fn source(lane: u32) -> Slug {
    Slug::new(format!("lane-{lane}")).expect("a slug")
}

fn sixteen(kind: &str, lane: u32, step: u32, place: u32) -> [u8; 16] {
    let mut half = [0; 16];
    half.copy_from_slice(&blake3::hash(format!("{kind} {lane} {step} {place}").as_bytes()).as_bytes()[..16]);
    half
}

/// How many stories begin with a step.
fn begun(lane: u32, step: u32) -> u32 {
    1 + (lane * 7 + step * 3) % 5
}

/// The id of a story.
pub fn id(lane: u32, step: u32, place: u32) -> StoryId {
    StoryId(sixteen("story", lane, step, place))
}

/// The name of its entry.
pub fn key(lane: u32, step: u32, place: u32) -> EntryKey {
    EntryKey(sixteen("entry", lane, step, place))
}

/// Its link.
pub fn link(lane: u32, step: u32, place: u32) -> LinkKey {
    LinkKey(sixteen("link", lane, step, place))
}

/// What an entry says after so many edits.
pub fn print(step: u32, edits: u64) -> u64 {
    u64::from(step) << 8 | edits
}

fn story(lane: u32, step: u32, place: u32, edits: u64) -> Story {
    let report = Report {
        source: source(lane),
        guid: format!("{step}/{place}"),
        url: Some(format!("https://lane-{lane}.example.vn/{step}/{place}")),
        title: format!("Bước {step}, tin {place}, sửa {edits} lần"),
        summary: format!("{step}.{place}.{edits} làm theo lời Bác ").repeat(SUMMARY_BYTES / 30),
        content: Some(noise(&format!("{lane} {step} {place} {edits}"))),
        image: None,
        authors: Vec::new(),
        categories: Vec::new(),
        published: Some(second(step)),
        seen: second(step),
        gone: None,
        feed: None,
    };
    let (published, updated) = (second(step), second(step + u32::try_from(edits).unwrap_or(u32::MAX)));
    let id = id(lane, step, place);
    Story { id, seq: 0, published, arrived: published, updated, topics: Vec::new(), entries: vec![report] }
}

/// Letters that look like chance.
fn noise(seed: &str) -> String {
    let mut bytes = vec![0; CONTENT_BYTES];
    blake3::Hasher::new().update(seed.as_bytes()).finalize_xof().fill(&mut bytes);
    bytes.into_iter().map(|byte| char::from(b'0' + byte % 64)).collect()
}

fn change(lane: u32, step: u32, place: u32, edits: u64) -> StoryChange {
    let story = story(lane, step, place, edits);
    let new = edits == 0;
    StoryChange {
        story,
        entries: vec![(key(lane, step, place), print(step, edits))],
        links: if new { vec![link(lane, step, place)] } else { Vec::new() },
        sketch: Sketch {
            bands: if new { vec![u64::from(lane) << 32 | u64::from(step)] } else { Vec::new() },
            ..Sketch::default()
        },
    }
}

/// The state of a lane's source after a step.
pub fn state(lane: u32, step: u32) -> SourceState {
    let moved = Moved { to: format!("https://moved-{lane}.vn/"), since: second(0), hits: 1, overlaps: true, adopted: true };
    SourceState {
        settings: u64::from(lane),
        etag: Some(format!("\"{step}\"").into_bytes()),
        last_modified: None,
        body: None,
        next: second(step + 1),
        checked: second(step),
        succeeded: Some(second(step)),
        interval_seconds: 60,
        because: Because::Unsaid,
        habits: None,
        failures: step,
        error: None,
        manners: Manners { moved: Some(moved), ..Manners::default() },
        vanished: Vec::new(),
        roll_call: None,
    }
}

/// How far a lane has come, by the state of its source: the number of steps done.
pub fn done(state: Option<&Arc<SourceState>>) -> u32 {
    state.map_or(0, |state| state.failures + 1)
}

/// The batch of a step, without the numbers that its edited stories have in the store.
pub fn batch(lane: u32, step: u32) -> Batch {
    let mut stories: Vec<StoryChange> = (0..begun(lane, step)).map(|place| change(lane, step, place, 0)).collect();
    if let Some(old) = step.checked_sub(EDITED_AFTER) {
        stories.extend((0..begun(lane, old)).map(|place| change(lane, old, place, 1)));
    }
    Batch { source: Some((source(lane), state(lane, step))), stories, ..Batch::default() }
}

/// The stories that are removed after a step.
pub fn removed(lane: u32, step: u32) -> Vec<StoryId> {
    let old = step.checked_sub(REMOVED_AFTER);
    old.map_or_else(Vec::new, |old| (0..begun(lane, old)).map(|place| id(lane, old, place)).collect())
}

/// Whether what a step's stories have left is forgotten after they were removed.
pub fn is_forgotten(step: u32) -> bool {
    step.is_multiple_of(2)
}

/// The stories whose removal is behind so many steps, and of which what they have left is to be forgotten.
pub fn forgotten(lane: u32, done: u32) -> Vec<StoryId> {
    // The removals of the last step may be under way.
    let steps = (0..done.saturating_sub(REMOVED_AFTER + 1)).filter(|step| is_forgotten(*step));
    steps.flat_map(|step| (0..begun(lane, step)).map(move |place| id(lane, step, place))).collect()
}

/// A story as it must be after so many steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// There, with these words.
    There(Box<Story>),
    /// Removed, with the step that it began with.
    Gone(u32),
}

/// What a lane has left after so many steps: every story that it ever began, with its entry's name, what that says, and its link.
pub fn left(lane: u32, steps: u32) -> BTreeMap<StoryId, (EntryKey, u64, LinkKey, Expected)> {
    let mut left = BTreeMap::new();
    for step in 0..steps {
        for place in 0..begun(lane, step) {
            let edits = u64::from(step + EDITED_AFTER < steps);
            let there = step + REMOVED_AFTER >= steps;
            let expected = if there { Expected::There(Box::new(story(lane, step, place, edits))) } else { Expected::Gone(step) };
            left.insert(id(lane, step, place), (key(lane, step, place), print(step, edits), link(lane, step, place), expected));
        }
    }
    left
}
