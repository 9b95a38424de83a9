//! What a poll asks: which of its entries are known, and which stories they may be near copies of.

use crate::edge::store::StoreError;
use crate::edge::store::embedded::{Embedded, codec, failed, found, gathered};
use crate::model::{EntryKey, Known, LinkKey, Lookup, Print, Search, Sketch, StoryId};

impl Embedded {
    pub(in crate::edge::store) fn known(&self, lookups: &[Lookup]) -> Result<Known, StoreError> {
        // First the number, then what there is: what comes between is known too, and only makes the writer more careful.
        let mut known = Known { seq: *self.latest.borrow(), ..Known::default() };
        for lookup in lookups {
            if let Some((story, print)) = self.entry(lookup.key)? {
                known.entries.insert(lookup.key, (story, print));
                if print != lookup.print {
                    self.add_link(&mut known, lookup.link)?;
                    self.add_story(&mut known, story)?;
                }
                continue;
            }
            let linked = self.add_link(&mut known, lookup.link)?;
            self.add_story(&mut known, linked.unwrap_or(lookup.begins))?;
        }
        Ok(known)
    }

    fn entry(&self, entry: EntryKey) -> Result<Option<(StoryId, Print)>, StoreError> {
        let seen = &self.shared.seen;
        if let Some(said) = seen.entry(entry) {
            return Ok(Some(said));
        }
        let before = seen.before();
        // What can't be read counts as not there: it is set aside when it is written again.
        let said = found(self.record(&codec::entry_key(entry), "to look up an entry").and_then(|value| match value {
            Some(value) => codec::read_entry(&value).map(Some),
            None => Ok(None),
        }))?;
        if let Some(said) = said {
            seen.remember(before, entry, said);
        }
        Ok(said)
    }

    fn add_link(&self, known: &mut Known, link: Option<LinkKey>) -> Result<Option<StoryId>, StoreError> {
        let Some(link) = link else { return Ok(None) };
        let story = found(self.story_of(link))?;
        known.links.extend(story.map(|story| (link, story)));
        Ok(story)
    }

    fn add_story(&self, known: &mut Known, id: StoryId) -> Result<(), StoreError> {
        if !known.stories.contains_key(&id)
            && let Some(story) = found(self.story(id))?
        {
            known.stories.insert(id, story);
        }
        Ok(())
    }

    pub(in crate::edge::store) fn near(&self, searches: &[Search], known: &mut Known) -> Result<(), StoreError> {
        for search in searches {
            let candidates = self.shared.index.candidates(search, |span, take| self.read_span(span, take))?;
            for id in &candidates {
                self.add_story(known, *id)?;
            }
            known.near.insert(search.key, candidates);
        }
        Ok(())
    }

    fn read_span(&self, span: i32, take: &mut dyn FnMut(StoryId, &Sketch)) -> Result<(), StoreError> {
        let db = self.shared.db()?;
        for row in db.scan_prefix(codec::span_prefix(span)) {
            let (key, row) = row.map_err(failed("to look for near copies"))?;
            let read = db.sketches(&row).or_else(|error| match db.get(&key) {
                // It may have been moved since.
                Ok(Some(now)) if now != row => db.sketches(&now),
                _ => Err(error),
            });
            // What the disk does not hand over now is not passed over: the span would lack it for as long as it is in memory.
            for (story, sketch) in found(read.map(Some))?.unwrap_or_default() {
                // The sketch of one that is gone stays for a while.
                let before = self.shared.seen.before();
                if let Some(place) = db.place(story)? {
                    self.shared.seen.remember_place(before, story, place);
                    take(story, &sketch);
                }
            }
        }
        Ok(())
    }

    /// The value of a record that stands with others in a row.
    pub(super) fn record(&self, key: &[u8; 17], doing: &'static str) -> Result<Option<Vec<u8>>, StoreError> {
        if !self.shared.seen.may_have(key) {
            return Ok(None);
        }
        self.shared.db()?.record(key, doing)
    }

    /// The records of one kind that stand many in a row, from a key on, in their order. What can't be read is an error in their place.
    pub(super) fn records_from(
        &self,
        start: Vec<u8>,
        doing: &'static str,
    ) -> Result<impl Iterator<Item = Result<Row, StoreError>> + use<>, StoreError> {
        let first = gathered::row_of(&start).unwrap_or_else(|| start.clone());
        let end = vec![start.first().map_or(0, |kind| kind + 1)];
        let rows = self.shared.db()?.range(first..end);
        let records = rows.flat_map(move |row| {
            let read = || -> Result<Vec<Row>, StoreError> {
                let (key, row) = row.map_err(failed(doing))?;
                let records = gathered::records(&key, &row)?;
                Ok(records.into_iter().map(|(key, value)| (key, value.to_vec())).collect())
            };
            match read() {
                Ok(records) => records.into_iter().map(Ok).collect(),
                Err(error) => vec![Err(error)],
            }
        });
        Ok(records.filter(move |row| row.as_ref().map_or(true, |(key, _)| *key >= start)))
    }
}

/// A key and its value.
type Row = (Vec<u8>, Vec<u8>);
