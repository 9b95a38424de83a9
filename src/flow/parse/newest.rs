//! The newest entries of a document: a publisher's whole archive is no news, and it may be listed from either end.
//!
//! While a document is read, only as many of its first and its last entries are kept as will be wanted; so a document of nothing
//! but entries takes no more memory than one of reasonable size. Of these the newest stay, in the document's order.

use std::collections::VecDeque;

use crate::flow::parse::calendar::Calendar;
use crate::flow::parse::raw::{RawEntry, RawFeed};
use crate::model::{Note, NoteKind};

/// The first and the last entries of a document, as many of each as are wanted in the end.
#[derive(Debug)]
pub(super) struct Ends {
    most: usize,
    first: Vec<RawEntry>,
    last: VecDeque<RawEntry>,
    seen: usize,
}

impl Ends {
    pub(super) fn new(most: usize) -> Self {
        Self { most, first: Vec::new(), last: VecDeque::new(), seen: 0 }
    }

    /// How many entries came so far.
    pub(super) fn seen(&self) -> usize {
        self.seen
    }

    /// Takes the next entry, and gives it its place.
    pub(super) fn push(&mut self, entry: RawEntry) {
        let entry = RawEntry { place: self.seen, ..entry };
        self.seen += 1;
        if self.first.len() < self.most {
            self.first.push(entry);
            return;
        }
        if self.last.len() == self.most {
            self.last.pop_front();
        }
        self.last.push_back(entry);
    }

    pub(super) fn into_vec(self) -> Vec<RawEntry> {
        let mut entries = self.first;
        entries.extend(self.last);
        entries
    }
}

/// Leaves the newest entries of a feed, and says so. Where most have no date, the first ones are the newest.
pub(super) fn newest(mut feed: RawFeed, most: usize, calendar: Calendar) -> RawFeed {
    if feed.entries.len() <= most {
        return feed;
    }
    let dates = feed.entries.iter().map(|entry| entry.published.as_ref().or(entry.updated.as_ref()));
    let dates: Vec<_> = dates.map(|when| when.and_then(|when| calendar.instant(when))).collect();
    let mut kept: Vec<usize> = (0..dates.len()).collect();
    if dates.iter().flatten().count() * 2 > dates.len() {
        kept.sort_by_key(|&at| std::cmp::Reverse(dates[at]));
    }
    kept.truncate(most);
    kept.sort_unstable();
    let mut kept = kept.into_iter().peekable();
    let mut at = 0;
    feed.entries.retain(|_| {
        let stays = kept.next_if_eq(&at).is_some();
        at += 1;
        stays
    });
    let message = format!("only the newest {most} of the entries were kept");
    feed.notes.push(Note { kind: NoteKind::Dropped, message, entry: None });
    feed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_document_is_kept_at_both_ends() {
        let mut ends = Ends::new(2);
        (0..7).for_each(|_| ends.push(RawEntry::default()));
        assert_eq!(ends.seen(), 7);
        assert_eq!(ends.into_vec().iter().map(|entry| entry.place).collect::<Vec<_>>(), [0, 1, 5, 6]);
    }
}
