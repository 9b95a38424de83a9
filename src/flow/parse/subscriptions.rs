//! [OPML](http://opml.org/spec2.opml) as readers export it: a list of feeds in folders. As lenient as the reader of feeds.

use url::Url;

use crate::flow::parse::decode::decode;
use crate::flow::parse::loose::{Tag, Token, Tokens};

/// Feeds that are read of one list; who follows more has more than a newsroom.
pub const MOST_SUBSCRIPTIONS: usize = 10_000;
/// How deep folders lie in each other.
const DEEPEST: usize = 16;
/// The longest name of a feed or a folder, in characters.
const LONGEST_NAME: usize = 200;

/// A feed that a list names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subscription {
    /// Its address.
    pub url: Url,
    /// What the list calls it.
    pub name: Option<String>,
    /// The folders that it lies in, the outermost first, and its categories.
    pub tags: Vec<String>,
}

/// The feeds of a list, each once, in its order. Empty where the document is no list.
pub fn subscriptions(bytes: &[u8]) -> Vec<Subscription> {
    let text = decode(bytes, None, None, &mut Vec::new());
    let mut found: Vec<Subscription> = Vec::new();
    let mut folders: Vec<Option<String>> = Vec::new();
    for token in Tokens::new(&text) {
        match token {
            Token::Start(tag) if tag.name.eq_ignore_ascii_case("outline") => {
                let outline = Outline::of(&tag);
                let url = outline
                    .url
                    .as_deref()
                    .and_then(|url| Url::parse(url).ok())
                    .filter(|url| matches!(url.scheme(), "http" | "https"));
                let is_new = |url: &Url| found.len() < MOST_SUBSCRIPTIONS && found.iter().all(|known| known.url != *url);
                if let Some(url) = url.filter(is_new) {
                    let mut tags: Vec<String> = Vec::new();
                    for tag in folders.iter().flatten().cloned().chain(outline.categories) {
                        if !tags.contains(&tag) {
                            tags.push(tag);
                        }
                    }
                    found.push(Subscription { url, name: outline.name.clone(), tags });
                }
                if !tag.is_empty && folders.len() < DEEPEST {
                    folders.push(outline.name.filter(|_| outline.url.is_none()));
                }
            }
            Token::End(name) if name.eq_ignore_ascii_case("outline") => drop(folders.pop()),
            _ => {}
        }
    }
    found
}

/// What an outline says.
#[derive(Default)]
struct Outline {
    url: Option<String>,
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
                "xmlurl" => outline.url = Some(value.trim().to_owned()),
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
    fn feeds_are_found_in_their_folders_each_once() {
        let list = "<?xml version='1.0' encoding='utf-8'?><opml version=\"2.0\"><head><title>Của tôi</title></head><body>
            <outline text='B&#225;o &amp; đài'><outline text=\"Tỉnh\">
              <outline type='rss' text='Báo Bình Dương' xmlUrl='https://a.vn/rss?x=1&amp;y=2' category='báo,thời sự'/>
              <outline TYPE=rss title='Hai' XMLURL=\"https://b.vn/rss\"></outline>
            </outline></outline>
            <outline text='Lại' xmlUrl='https://a.vn/rss?x=1&y=2'/>
            <outline text='Không phải web' xmlUrl='feed://c.vn/'/><outline text='Trang' type='link' url='https://d.vn/'/>
            <outline xmlUrl='https://e.vn/rss'/>";
        let found = subscriptions(list.as_bytes());
        let seen: Vec<_> = found.iter().map(|s| (s.url.as_str(), s.name.as_deref().unwrap_or("–"), s.tags.join("|"))).collect();
        assert_eq!(
            seen,
            [
                ("https://a.vn/rss?x=1&y=2", "Báo Bình Dương", "Báo & đài|Tỉnh|báo|thời sự".to_owned()),
                ("https://b.vn/rss", "Hai", "Báo & đài|Tỉnh".to_owned()),
                ("https://e.vn/rss", "–", String::new()),
            ]
        );
        assert_eq!(subscriptions(b"<html><body>x</body></html>"), []);
        assert_eq!(subscriptions("<outline ".repeat(100_000).as_bytes()), []);
    }
}
