//! A document is published only if another reader finds in it what was put in. Where it does not, the stories that are at fault are set
//! aside, and the rest is published: one poisoned story breaks no feed.

use std::sync::Arc;

use crate::flow::render::{Format, Rendered, feed};
use crate::model::{Listed, Listing, Service, StoryId};

/// Reads a document back: [`crate::flow::render::read_back`].
pub type Check = fn(Format, &Rendered, &Listing) -> Result<(), String>;

/// A feed in every format, read back.
pub struct Proof {
    /// What is published: the listing without what was set aside.
    pub listing: Arc<Listing>,
    /// Its documents.
    pub documents: Vec<(Format, Rendered)>,
    /// The stories that a format can't tell, and why, as a sentence's end.
    pub set_aside: Vec<(StoryId, String)>,
    /// The formats that can't be read back even so, and why.
    pub broken: Vec<(Format, String)>,
}

/// Renders a feed in every format and reads it back. What one format can't tell is told in none, so that all of them say
/// the same.
pub fn proof(service: &Service, listing: &Arc<Listing>, check: Check) -> Proof {
    proof_of(listing, &Format::ALL, check, |listing, format| feed(service, listing, format))
}

/// Renders a listing in some formats and reads it back.
pub fn proof_of(
    listing: &Arc<Listing>,
    formats: &[Format],
    check: Check,
    render: impl Fn(&Listing, Format) -> Rendered,
) -> Proof {
    let (documents, broken) = print(listing, formats, check, &render);
    if broken.is_empty() {
        return Proof { listing: Arc::clone(listing), documents, set_aside: Vec::new(), broken };
    }
    let fault = |story: &Arc<Listed>| {
        let alone = with(listing, vec![Arc::clone(story)]);
        let mut faults = broken.iter().filter_map(|(format, _)| check(*format, &render(&alone, *format), &alone).err());
        faults.next().map(|why| (story.id, why))
    };
    let set_aside: Vec<(StoryId, String)> = listing.stories.iter().filter_map(fault).collect();
    let is_sound = |story: &&Arc<Listed>| set_aside.iter().all(|(id, _)| *id != story.id);
    let sound = Arc::new(with(listing, listing.stories.iter().filter(is_sound).cloned().collect()));
    let (told, still_broken) = print(&sound, formats, check, &render);
    if still_broken.is_empty() {
        return Proof { listing: sound, documents: told, set_aside, broken: still_broken };
    }
    // The fault is no story's: what can be told is told whole.
    Proof { listing: Arc::clone(listing), documents, set_aside: Vec::new(), broken }
}

type Printed = (Vec<(Format, Rendered)>, Vec<(Format, String)>);

fn print(listing: &Listing, formats: &[Format], check: Check, render: &impl Fn(&Listing, Format) -> Rendered) -> Printed {
    let (mut documents, mut broken) = (Vec::new(), Vec::new());
    for &format in formats {
        let rendered = render(listing, format);
        match check(format, &rendered, listing) {
            Ok(()) => documents.push((format, rendered)),
            Err(why) => broken.push((format, why)),
        }
    }
    (documents, broken)
}

/// The listing with other stories.
fn with(listing: &Listing, stories: Vec<Arc<Listed>>) -> Listing {
    Listing { stories, ..listing.clone() }
}
