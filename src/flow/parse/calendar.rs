//! How one document writes its dates: `05/10/2026` is October's fifth, unless the same document says `10/27/2026` elsewhere.

use jiff::Timestamp;

use crate::flow::parse::raw::{RawFeed, When};
use crate::flow::parse::{Input, date};

/// A reader of one document's dates.
#[derive(Clone, Copy)]
pub(super) struct Calendar<'a> {
    input: Input<'a>,
    /// The order of day and month where a date alone leaves it open.
    order: date::Order,
}

impl<'a> Calendar<'a> {
    /// The month stands first where some dates can be read in no other way, and none must be read with the day first.
    pub(super) fn of(feed: &RawFeed, input: Input<'a>) -> Self {
        let dates = feed.entries.iter().flat_map(|entry| [&entry.published, &entry.updated]).flatten();
        let orders = dates.filter_map(|when| if let When::Written(text) = when { date::order(text) } else { None });
        let order = orders.reduce(|all, one| if all == one { all } else { date::Order::DayFirst });
        Self { input, order: order.unwrap_or(date::Order::DayFirst) }
    }

    /// The instant of a date; `None` where it can't be read.
    pub(super) fn instant(&self, when: &When) -> Option<Timestamp> {
        match when {
            When::At(time) => Some(*time),
            When::Written(text) => date::read_in(self.order, text, self.input.timezone, self.input.now),
        }
    }
}
