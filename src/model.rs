//! The nouns: what the stages hand to each other. The words are those of the documentation, one word per idea.
//!
//! Plain data with public fields; a private field stands only where an invariant is kept. Nothing here waits, reads a
//! clock or touches a disk, and nothing here knows a format of the outside world.
//!
//! | noun | meaning |
//! | --- | --- |
//! | [`Source`] | one place that is polled: a feed or a listing page |
//! | [`Entry`] | one item as one source published it, named by (source, guid) |
//! | [`Story`] | one piece of news: one entry, or several that are the same news |
//! | [`Report`] | an entry as a story keeps it |
//! | [`Topic`] | a named rule over stories |
//! | [`Feed`] | a merged output: a choice of stories |
//! | [`Listing`] | the ordered stories of one feed, with their credits: what is rendered |
//! | [`Page`], [`Site`] | bytes that are served, and all of them together |

mod apart;
mod because;
mod change;
mod compact;
mod feed;
mod habits;
mod id;
mod manners;
mod page;
mod period;
mod pruned;
mod push;
mod settings;
mod site;
mod sketch;
mod source;
mod story;
mod subscriber;
mod tally;
mod topic;
mod trouble;
mod vanished;
mod why;
mod withdrawal;

pub use apart::{Apart, Difference, Reason, Refusal};
pub use because::{Because, Expected, Wish};
pub use change::{Batch, Change, Known, Lookup, NEAR, Print, Search, Stamp, StoryChange, span};
pub use feed::{Credit, Feed, FeedId, Listed, Listing, MOI_NHAT, TopicRef};
pub use habits::{Asked, Habits, PARTS};
pub use id::{EntryKey, LinkKey, Slug, SlugError, StoryId};
pub use manners::{Looked, Manners, Moved};
pub use page::{ArchiveMaker, Coding, DeltaMaker, Making, NoPage, Page, Part, PartMaker, Site, StoryMaker};
pub use period::{Period, PeriodError};
pub use pruned::{LastListed, Mark, Pruned, RollCall, SourceTag};
pub use push::{Hub, Push, Secret, Subscription};
pub use settings::{Announce, FetchSettings, Service, StoreSettings};
pub use site::{is_home, is_same_site};
pub use sketch::{Band, Sketch};
pub use source::{Content, Origin, Select, Source, SourceId, SourceState};
pub use story::{Author, Document, Enclosure, Entry, FeedInfo, Note, NoteKind, Report, Story};
pub use subscriber::{Subscriber, SubscriberId};
pub use tally::{DELAY_BOUNDS, Delays, Tally};
pub use topic::{Field, LEARNED, Phrase, Topic, TopicId};
pub use trouble::Trouble;
pub use vanished::{Sight, Vanished};
pub use why::{Alike, Joined, Member, Occurrence, PassedOver, Verdict, Why};
pub use withdrawal::{Withdrawal, Withdrawals};
