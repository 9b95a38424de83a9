//! What the reader had to repair, counted, and told in words for the site's editor.

use memchr::memchr;

use crate::flow::parse::loose::field::{LONGEST_PLAIN, MOST_MARKS};
use crate::model::{Note, NoteKind};

/// What had to be repaired; told once a kind, with the number and the first entry.
#[derive(Default)]
pub(super) struct Repairs {
    /// Fields whose end tag is missing.
    pub unclosed: (usize, Option<usize>),
    /// `&` that are no XML entity.
    pub entities: (usize, Option<usize>),
    /// Fields that hold more than is read.
    pub overlong: (usize, Option<usize>),
    pub truncated: bool,
    /// Whether the document ends in the middle of a field.
    pub is_field_cut: bool,
}

impl Repairs {
    pub(super) fn notes(&self) -> Vec<Note> {
        let mut notes = Vec::new();
        let mut note = |kind, message, entry| notes.push(Note { kind, message, entry });
        if let (count @ 1.., entry) = self.unclosed {
            let missing = if count == 1 { "an end tag is".to_owned() } else { format!("{count} end tags are") };
            note(NoteKind::Tags, format!("{missing} missing"), entry);
        }
        if let (count @ 1.., entry) = self.entities {
            let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
            note(NoteKind::Entity, format!("{times} & stands where XML wants &amp;, or an entity that only HTML knows"), entry);
        }
        if let (count @ 1.., entry) = self.overlong {
            let fields = if count == 1 { "a field has".to_owned() } else { format!("{count} fields have") };
            let bounds = format!("{MOST_MARKS} tags (or {} KiB, where it is no body)", LONGEST_PLAIN / 1024);
            note(NoteKind::Dropped, format!("{fields} more than {bounds}; what stands behind that is left out"), entry);
        }
        if self.truncated {
            let middle = if self.is_field_cut { "middle of a field, which is left out" } else { "middle" };
            note(NoteKind::Truncated, format!("the document ends in the {middle}; what stands before the cut is kept"), None);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::parse::loose::read;

    fn notes(document: &str) -> Vec<(NoteKind, String)> {
        let feed = read(document, 10).expect("a feed");
        feed.notes.into_iter().map(|note| (note.kind, note.message)).collect()
    }

    #[test]
    fn a_field_that_is_cut_or_too_long_is_told() {
        let cut = "<rss><channel><item><title>Tin</title></item><item><title>cụt";
        assert!(matches!(&notes(cut)[..], [(NoteKind::Truncated, why)] if why.contains("middle of a field, which is left out")));
        let between = "<rss><channel><item><title>Tin</title>";
        assert!(matches!(&notes(between)[..], [(NoteKind::Truncated, why)] if why.contains("ends in the middle; ")));
        let deep = "<div>".repeat(MOST_MARKS + 1);
        let deep = format!("<rss><channel><item><description>{deep}Tin</description></item></channel></rss>");
        let noted = notes(&deep);
        assert!(noted.iter().any(|(kind, why)| *kind == NoteKind::Dropped && why.contains("20000 tags")), "{noted:?}");
    }

    #[test]
    fn one_is_singular() {
        let once = notes("<rss><channel><item><title>A & B<link>https://a.vn/</link></item></channel></rss>");
        let said: Vec<&str> = once.iter().map(|(_, why)| why.split(" missing").next().unwrap_or_default()).collect();
        assert_eq!(said[0], "an end tag is");
        assert!(said[1].starts_with("once & stands"), "{said:?}");
    }
}
