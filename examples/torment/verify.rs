//! Whether a store holds what it must, to the byte: every step of each lane whole or not at all, everything that was acknowledged, one
//! change sequence in which each story stands once.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use diemtin::edge::store::{Standing, Store};
use diemtin::model::{Known, Lookup, Search, Sketch, Story, StoryId};

use crate::lanes::{self, Expected};

/// Steps that were acknowledged, by lane; behind the lanes, up to which step of each what removed stories have left was forgotten.
pub type Acknowledged = BTreeMap<u32, u32>;

/// The steps of all lanes.
pub fn steps(acknowledged: &Acknowledged) -> u32 {
    acknowledged.range(..lanes::LANES).map(|(_, steps)| steps).sum()
}

/// Opens the store in a folder and checks it; returns how many stories it holds.
pub fn folder(folder: &Path, acknowledged: &Acknowledged) -> anyhow::Result<usize> {
    let store = Store::open(folder).context("opening")?;
    check(&store, acknowledged)
}

/// Checks a store; returns how many stories it holds.
pub fn check(store: &Store, acknowledged: &Acknowledged) -> anyhow::Result<usize> {
    let states = store.source_states()?;
    let mut stories: HashMap<StoryId, Story> = HashMap::new();
    let mut after = None;
    loop {
        let step = store.stories_after(after, 500)?;
        let Some(last) = step.last() else { break };
        after = Some(last.id);
        stories.extend(step.into_iter().map(|story| (story.id, story)));
    }
    let count = stories.len();
    check_sequence(store, &stories)?;
    for lane in 0..lanes::LANES {
        let state = states.get(&lanes::source(lane));
        let done = lanes::done(state);
        let steps = |lane: u32| acknowledged.get(&lane).copied().unwrap_or(0);
        let forgotten = lanes::forgotten(lane, steps(lanes::LANES + lane).saturating_sub(1));
        let acknowledged = steps(lane);
        ensure!(done >= acknowledged, "lane {lane}: {acknowledged} steps were acknowledged and {done} are there");
        ensure!(
            done <= acknowledged + 1,
            "lane {lane}: {done} steps are there, {acknowledged} were acknowledged: whose are they?"
        );
        if let Some(state) = state {
            ensure!(**state == lanes::state(lane, done - 1), "lane {lane}: its source's state is another one: {state:?}");
        }
        check_lane(store, lane, done, done > acknowledged, &forgotten, &mut stories)
            .with_context(|| format!("lane {lane}, {done} steps"))?;
    }
    ensure!(stories.is_empty(), "stories that nobody wrote: {:?}", stories.keys());
    Ok(count)
}

/// Whether a lane is as it was left. Of the last step the stories that it removes may still be there, where it was not acknowledged.
fn check_lane(
    store: &Store,
    lane: u32,
    done: u32,
    pending: bool,
    forgotten: &[StoryId],
    found: &mut HashMap<StoryId, Story>,
) -> anyhow::Result<()> {
    let removing: HashSet<StoryId> =
        done.checked_sub(1).filter(|_| pending).into_iter().flat_map(|last| lanes::removed(lane, last)).collect();
    for (id, (key, print, link, expected)) in lanes::left(lane, done) {
        let known = store.known(&[Lookup { key, print, link: Some(link), begins: id }])?;
        let (entry, link) = (known.entries.get(&key), store.story_of(link)?);
        let is_known = entry == Some(&(id, print)) && link == Some(id);
        let is_forgotten = match expected {
            Expected::Gone(step) if lanes::is_forgotten(step) => {
                // Of what was being forgotten a part may be.
                ensure!(entry.is_none_or(|entry| *entry == (id, print)), "the entry of {id} is {entry:?}, not {print}");
                let is_left = entry.is_some() || link.is_some() || store.standing(id)? != Standing::Unknown;
                ensure!(!(is_left && forgotten.contains(&id)), "what {id} has left is not forgotten: {entry:?}, {link:?}");
                true
            }
            _ => false,
        };
        ensure!(is_known || is_forgotten, "the entry of {id} is {entry:?}, not {print}, or its link leads to {link:?}");
        match (found.remove(&id), expected) {
            (None, Expected::Gone(_)) => {
                let standing = store.standing(id)?;
                ensure!(is_forgotten || standing == Standing::Pruned, "{id} was removed, and is {standing:?}");
            }
            (Some(_), Expected::Gone(_)) if removing.contains(&id) => {}
            (Some(story), Expected::There(expected)) => {
                ensure!(Story { seq: 0, ..story.clone() } == *expected, "{id} is {story:?}");
                check_bands(store, &story, lane)?;
            }
            (None, Expected::There(_)) => bail!("{id} is missing"),
            (Some(_), Expected::Gone(_)) => bail!("{id} was removed and is back"),
        }
    }
    Ok(())
}

fn check_bands(store: &Store, story: &Story, lane: u32) -> anyhow::Result<()> {
    let step: u64 = story.entries[0].guid.split('/').next().unwrap_or_default().parse()?;
    let mut known = Known::default();
    let key = lanes::key(lane, 0, 0);
    store.near(
        &[Search {
            key,
            published: story.published,
            sketch: Sketch { bands: vec![u64::from(lane) << 32 | step], ..Sketch::default() },
        }],
        &mut known,
    )?;
    let found = known.near.get(&key).is_some_and(|near| near.contains(&story.id));
    ensure!(found, "{} is not found by its bands", story.id);
    Ok(())
}

fn check_sequence(store: &Store, stories: &HashMap<StoryId, Story>) -> anyhow::Result<()> {
    let mut seq = 0;
    let mut told = HashSet::new();
    loop {
        let changes = store.changes_after(seq, 500)?;
        let Some(last) = changes.last() else { break };
        ensure!(changes.iter().all(|change| change.seq > seq), "the change sequence goes back");
        seq = last.seq;
        for change in &changes {
            if let Some(story) = &change.story {
                ensure!(told.insert(change.id) && story.seq == change.seq, "{} is told twice", change.id);
            }
        }
    }
    ensure!(*store.latest().borrow() == seq, "the last change is {seq}, and {} is told", *store.latest().borrow());
    let missing = stories.keys().find(|id| !told.contains(id));
    ensure!(missing.is_none() && told.len() == stories.len(), "the change sequence lacks {missing:?}");
    Ok(())
}
