//! Fairness as a table: whose stories there are, and which of them are taken.

use super::*;
use crate::model::Slug;

fn listing(sources: &str) -> Listing {
    let story = |(place, source): (usize, char)| {
        let id = Slug::new(source.to_string()).expect("a slug");
        let home = "https://a.vn/".parse().expect("an address");
        Arc::new(Listed {
            id: StoryId([u8::try_from(place).expect("few"); 16]),
            title: place.to_string(),
            url: None,
            summary: String::new(),
            content: None,
            image: None,
            authors: Vec::new(),
            published: Timestamp::UNIX_EPOCH,
            updated: Timestamp::UNIX_EPOCH,
            topics: Vec::new(),
            source: Credit { id, name: String::new(), place: None, home, is_feed: true, feed: None, url: None },
            also: Vec::new(),
        })
    };
    let stories = sources.chars().enumerate().map(story).collect();
    Listing {
        id: Slug::new("f").expect("a slug"),
        title: String::new(),
        stories,
        limit: 50,
        withdrawn: Vec::new(),
        archive: None,
    }
}

#[test]
fn a_busy_source_has_its_share_and_what_nobody_else_fills() {
    for (sources, least, most, taken) in [
        ("", 10, 10, ""),
        ("abc", 10, 10, "abc"),
        ("aaaaabcdefgh", 10, 10, "aaabcdefgh"),
        ("aaaaaaaaaabb", 6, 6, "aaaabb"),
        ("aaaaaaaaaaaa", 5, 5, "aaaaa"),
        ("abababababab", 6, 6, "ababab"),
        ("abababababcc", 8, 8, "abababcc"),
        // A row of ten that is full of one moves on with the stories.
        ("aaabbbcccdaaa", 0, usize::MAX, "aaabbbcccdaaa"),
        ("aaabbbcccaaaa", 0, usize::MAX, "aaabbbccc"),
        ("aaaaab", 0, usize::MAX, "aaab"),
        ("aaaaab", 5, usize::MAX, "aaaab"),
    ] {
        let listing = listing(sources);
        let fair = listing.fair(least, most, 3);
        assert_eq!(fair.iter().map(|story| story.source.id.as_str()).collect::<String>(), taken, "{sources}");
        assert!(fair.is_sorted_by_key(|story| story.id), "{sources}: in their order");
    }
}
