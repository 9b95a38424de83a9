//! What the reader had to repair, counted, and told in words for the site's editor.

use memchr::memchr;

use crate::model::{Note, NoteKind};

/// What had to be repaired; told once a kind, with the number and the first entry.
#[derive(Default)]
pub(super) struct Repairs {
    /// Fields whose end tag is missing.
    pub unclosed: (usize, Option<usize>),
    /// `&` that are no XML entity.
    pub entities: (usize, Option<usize>),
    pub truncated: bool,
}

impl Repairs {
    pub(super) fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut note = |kind, message, entry| notes.push(Note { kind, message, entry });
        if let (count @ 1.., entry) = self.unclosed {
            note(NoteKind::Tags, format!("{count} end tags are missing"), entry);
        }
        if let (count @ 1.., entry) = self.entities {
            note(
                NoteKind::Entity,
                format!("{count} times & stands where XML wants &amp;, or an entity that only HTML knows"),
                entry,
            );
        }
        if self.truncated {
            note(NoteKind::Truncated, "the document ends in the middle; what stands before the cut is kept".to_owned(), None);
        }
        notes
    }
}

/// Counts a repair.
pub(super) fn count((times, first): &mut (usize, Option<usize>), entry: Option<usize>) {
    *times += 1;
    *first = if *times == 1 { entry } else { *first };
}

/// Whether a text has an `&` that is none of XML's own entities.
pub(super) fn has_wild_ampersand(text: &str) -> bool {
    /// The longest reference to a character, `&#x0010FFFF;`, without its `&`.
    const LONGEST: usize = 11;
    text.match_indices('&').any(|(at, _)| {
        let rest = &text.as_bytes()[at + 1..];
        let near = &rest[..rest.len().min(LONGEST)];
        let Some(end) = memchr(b';', near) else { return true };
        !(matches!(&near[..end], b"amp" | b"lt" | b"gt" | b"quot" | b"apos") || near.starts_with(b"#"))
    })
}
