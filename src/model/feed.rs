//! A merged feed: the choice that `feeds.toml` describes, and the listing that is rendered.

use std::sync::Arc;

use jiff::Timestamp;
use url::Url;
use xxhash_rust::xxh3::Xxh3;

use crate::model::{Author, Period, Slug, SourceId, StoryId, TopicId};

/// A feed's id: part of its addresses.
pub type FeedId = Slug;

/// The id of the feed of all stories, which exists without being configured.
pub const MOI_NHAT: &str = "moi-nhat";

/// A merged output. Each list that is not empty narrows the choice; within a list any one suffices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// Its id in addresses.
    pub id: FeedId,
    /// What readers see.
    pub title: String,
    /// The least number of stories, where there are so many.
    pub limit: usize,
    /// Only stories with one of these topics.
    pub topics: Vec<TopicId>,
    /// No story with one of these topics.
    pub not_topics: Vec<TopicId>,
    /// Only stories that one of these sources carries.
    pub sources: Vec<SourceId>,
    /// No story that only these sources carry.
    pub not_sources: Vec<SourceId>,
    /// Only stories that a source of one of these places carries.
    pub places: Vec<String>,
    /// Only stories that a source with one of these tags carries.
    pub tags: Vec<String>,
    /// Of any ten stories in a row at most so many are led by one source, as far as others have any; `None`: no such bound.
    pub per_source: Option<usize>,
    /// Whether its stories show their pictures.
    pub pictures: bool,
    /// Ids that it had before.
    pub was: Vec<FeedId>,
}

/// The ordered stories of one feed: everything that rendering needs to know. Equal listings render to equal bytes.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The feed's id.
    pub id: FeedId,
    /// The feed's title.
    pub title: String,
    /// The stories, newest first; the first `limit` are the ones that a page or a sidebar shows.
    pub stories: Vec<Arc<Listed>>,
    /// The least number of stories that the feed promises.
    pub limit: usize,
    /// Stories that were taken down, and when, the last one first.
    pub withdrawn: Vec<(StoryId, Timestamp)>,
    /// The newest archive.
    pub archive: Option<Period>,
}

impl Listing {
    /// When the newest change to the feed's stories happened.
    pub fn updated(&self) -> Option<Timestamp> {
        let withdrawn = self.withdrawn.iter().map(|(_, when)| *when);
        self.stories.iter().map(|story| story.updated).chain(withdrawn).max()
    }

    /// A number for what the feed holds: another one as soon as a story comes, goes or changes.
    pub fn cursor(&self) -> u64 {
        let mut hash = Xxh3::new();
        for story in &self.stories {
            hash.update(&story.id.0);
            hash.update(&story.updated.as_second().to_be_bytes());
            hash.update(&[story.also.len().min(255) as u8, story.topics.len().min(255) as u8]);
        }
        for (story, when) in &self.withdrawn {
            hash.update(&story.0);
            hash.update(&when.as_second().to_be_bytes());
        }
        hash.digest()
    }

    /// Stories in their order, of which one source leads at most `per_ten` of any ten in a row: at most `most`, and where there are so
    /// many at all, `least`: for want of others, what was passed over fills them up.
    pub fn fair(&self, least: usize, most: usize, per_ten: usize) -> Vec<Arc<Listed>> {
        /// The length of a row.
        const ROW: usize = 10;
        let mut taken: Vec<usize> = Vec::new();
        for (place, story) in self.stories.iter().enumerate() {
            let row = &taken[taken.len().saturating_sub(ROW - 1)..];
            let same = row.iter().filter(|&&other| self.stories[other].source.id == story.source.id).count();
            if same < per_ten {
                taken.push(place);
            }
            if taken.len() >= most {
                break;
            }
        }
        let passed_over: Vec<usize> = (0..self.stories.len()).filter(|place| taken.binary_search(place).is_err()).collect();
        taken.extend(passed_over.into_iter().take(least.saturating_sub(taken.len())));
        taken.sort_unstable();
        taken.into_iter().map(|place| Arc::clone(&self.stories[place])).collect()
    }
}

/// A story as it is shown: its leading entry's words, and credit to every source that carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The story's permanent id.
    pub id: StoryId,
    /// Plain text, never empty.
    pub title: String,
    /// The leading source's article (http or https), where it has one.
    pub url: Option<String>,
    /// Plain text; may be empty.
    pub summary: String,
    /// Clean HTML, where the source's full text is republished.
    pub content: Option<String>,
    /// The picture's address (http or https).
    pub image: Option<String>,
    /// Who wrote it.
    pub authors: Vec<Author>,
    /// When the story was published: at most the time that it arrived.
    pub published: Timestamp,
    /// When its title, link or summary last changed; not before `published`.
    pub updated: Timestamp,
    /// Its topics, in the order of `feeds.toml`.
    pub topics: Vec<TopicRef>,
    /// The source whose words these are.
    pub source: Credit,
    /// The other sources that carry it, each once.
    pub also: Vec<Credit>,
}

/// A topic as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicRef {
    /// Its id.
    pub id: TopicId,
    /// Its title.
    pub title: String,
}

/// A source as it is credited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credit {
    /// Its id.
    pub id: SourceId,
    /// Its name.
    pub name: String,
    /// The province or city that it speaks for.
    pub place: Option<String>,
    /// The source's own address (its feed or page).
    pub home: Url,
    /// Whether that is the feed itself, and not a page.
    pub is_feed: bool,
    /// The id that the feed gives itself, where it gives one.
    pub feed: Option<String>,
    /// Its article of this story, where it has an address.
    pub url: Option<String>,
}

#[cfg(test)]
mod tests;
