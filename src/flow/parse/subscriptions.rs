//! [OPML](http://opml.org/spec2.opml) as readers export it: a list of feeds in folders. As lenient as the reader of feeds: what is
//! wrong with an address is told by whoever wants to use it.

use crate::flow::parse::decode::decode;
use crate::flow::parse::loose::{Tag, Token, Tokens};

/// Addresses that are read of one list; who follows more has more than a newsroom.
pub const MOST_SUBSCRIPTIONS: usize = 10_000;
/// How deep folders lie in each other.
const DEEPEST: usize = 16;
/// The longest name of a feed or a folder, in characters.
const LONGEST_NAME: usize = 200;

/// What is found in a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscriptions {
    /// What it names, in its order; nothing where the document is no list.
    pub found: Vec<Subscription>,
    /// How many it names beyond [`MOST_SUBSCRIPTIONS`].
    pub more: usize,
    /// Whether it ends in the middle.
    pub is_cut_off: bool,
}

/// A feed that a list names, or a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its address as the list has it, which may be none.
    pub url: String,
    /// Whether it is said to be a feed. A page is a link for people (`type="link"`).
    pub is_feed: bool,
    /// What the list calls it.
    pub name: Option<String>,
    /// The folders that it lies in, the outermost first, and its categories.
    pub tags: Vec<String>,
}

/// Reads a list. What its addresses are worth is not judged.
pub fn subscriptions(bytes: &[u8]) -> Subscriptions {
    let text = decode(bytes, None, None, &mut Vec::new());
    let mut list = Subscriptions::default();
    let mut folders: Vec<Option<String>> = Vec::new();
    let mut tokens = Tokens::new(&text);
    while let Some(token) = tokens.next() {
        match token {
            Token::Start(tag) if tag.name.eq_ignore_ascii_case("opml") => list.is_cut_off = true,
            Token::End(name) if name.eq_ignore_ascii_case("opml") => list.is_cut_off = false,
            // Half an address is another one.
            Token::Start(tag) if !tag.is_whole && tokens.rest().is_empty() => list.is_cut_off = true,
            Token::Start(tag) if tag.name.eq_ignore_ascii_case("outline") => {
                let Outline { feed, page, name, categories } = Outline::of(&tag);
                let (is_feed, url) = (feed.is_some(), feed.or(page));
                if !tag.is_empty && folders.len() < DEEPEST {
                    folders.push(name.clone().filter(|_| url.is_none()));
                }
                match url {
                    Some(_) if list.found.len() == MOST_SUBSCRIPTIONS => list.more += 1,
                    Some(url) => {
                        let tags = each_once(folders.iter().flatten().cloned().chain(categories));
                        list.found.push(Subscription { url, is_feed, name, tags });
                    }
                    None => {}
                }
            }
            Token::End(name) if name.eq_ignore_ascii_case("outline") => drop(folders.pop()),
            _ => {}
        }
    }
    list
}

fn each_once(all: impl Iterator<Item = String>) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for tag in all {
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

/// What an outline says.
#[derive(Default)]
struct Outline {
    /// The address of a feed.
    feed: Option<String>,
    /// The address that a link leads to, or the page of a feed that is not named.
    page: Option<String>,
    name: Option<String>,
    categories: Vec<String>,
}

impl Outline {
    fn of(tag: &Tag) -> Self {
        let mut outline = Self::default();
        for (name, value) in tag.attributes() {
            let words = value.split_whitespace().collect::<Vec<_>>().join(" ");
            let words: String = words.chars().filter(|c| !c.is_control()).take(LONGEST_NAME).collect();
            match name.to_ascii_lowercase().as_str() {
                "xmlurl" => outline.feed = Some(value.trim().to_owned()),
                "url" => outline.page = Some(value.trim().to_owned()),
                // A folder may have a page, too.
                "htmlurl" if tag.is_empty => drop(outline.page.get_or_insert_with(|| value.trim().to_owned())),
                "text" | "title" if outline.name.is_none() && !words.is_empty() => outline.name = Some(words),
                // A path such as `/Tin/Bình Dương` is a folder of another kind.
                "category" => {
                    let parts = value.split([',', '/']).map(str::trim).filter(|part| !part.is_empty());
                    outline.categories = parts.map(str::to_owned).collect();
                }
                _ => {}
            }
        }
        outline
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn feeds_are_found_in_their_folders() {
        let list = "<?xml version='1.0' encoding='utf-8'?><opml version=\"2.0\"><head><title>Của tôi</title></head><body>
            <outline text='B&#225;o &amp; đài'><outline text=\"Tỉnh\">
              <outline type='rss' text='Báo Bình Dương' xmlUrl='https://a.vn/rss?x=1&amp;y=2' category='báo,thời sự'/>
              <outline TYPE=rss title='Hai' XMLURL=\"https://b.vn/rss\"></outline>
            </outline></outline>
            <outline text='Lại' xmlUrl='https://a.vn/rss?x=1&y=2'/>
            <outline text='Không phải web' xmlUrl='feed://c.vn/'/><outline text='Trang' type='link' url='https://d.vn/'/>
            <outline text='Thư mục' htmlUrl='https://f.vn/'></outline>
            <outline xmlUrl='https://e.vn/rss'/>";
        let list = subscriptions(list.as_bytes());
        let seen: Vec<_> =
            list.found.iter().map(|s| (s.url.as_str(), s.is_feed, s.name.as_deref().unwrap_or("–"), s.tags.join("|"))).collect();
        assert_eq!(
            seen,
            [
                ("https://a.vn/rss?x=1&y=2", true, "Báo Bình Dương", "Báo & đài|Tỉnh|báo|thời sự".to_owned()),
                ("https://b.vn/rss", true, "Hai", "Báo & đài|Tỉnh".to_owned()),
                ("https://a.vn/rss?x=1&y=2", true, "Lại", String::new()),
                ("feed://c.vn/", true, "Không phải web", String::new()),
                ("https://d.vn/", false, "Trang", String::new()),
                ("https://e.vn/rss", true, "–", String::new()),
            ]
        );
        assert!(list.is_cut_off, "its end is missing");
        assert_eq!(subscriptions(b"<html><body>x</body></html>"), Subscriptions::default());
        assert_eq!(subscriptions("<outline ".repeat(100_000).as_bytes()).found, []);
    }

    #[test]
    fn a_list_that_is_cut_off_or_too_long_says_so() {
        let read = |list: &str| {
            let list = subscriptions(list.as_bytes());
            (list.found.len(), list.more, list.is_cut_off)
        };
        let outline = "<outline xmlUrl='https://a.vn/rss'/>";
        assert_eq!(read(&format!("<opml><body>{outline}</body></opml>")), (1, 0, false));
        assert_eq!(read(&format!("<opml><body>{outline}<outline xmlUrl='https://b.vn/r")), (1, 0, true), "no half address");
        assert_eq!(read(&format!("<opml><body>{outline}<outl")), (1, 0, true));
        assert_eq!(read(&format!("<opml>{}</opml>", outline.repeat(MOST_SUBSCRIPTIONS + 2))), (MOST_SUBSCRIPTIONS, 2, false));
    }
}
