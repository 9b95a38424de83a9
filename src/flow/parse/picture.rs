//! The picture of an entry: told from files that are none, and from those that only count readers.

use memchr::memmem;
use url::Url;

use crate::flow::parse::loose::{Tag, Token, Tokens};
use crate::flow::parse::web_address;

/// Pictures of so few pixels a side are there for counting.
const PIXELS_OF_A_COUNTER: u32 = 3;

/// Whether the address of an attached file without a type is a picture's.
pub(super) fn is_picture(address: &str) -> bool {
    let path = address.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    [".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"].iter().any(|end| path.ends_with(end))
}

/// The first picture in a piece of HTML that is no tracking pixel.
pub(super) fn first_in(html: &str, base: &Url) -> Option<String> {
    let has = |name: &[u8]| memmem::find(html.as_bytes(), name).is_some();
    if !has(b"<img") && !has(b"<IMG") {
        return None;
    }
    Tokens::new(html).find_map(|token| {
        let Token::Start(tag) = token else { return None };
        if !tag.name.eq_ignore_ascii_case("img") || is_hidden(&tag) {
            return None;
        }
        let mut addresses =
            ["src", "data-src", "data-original"].iter().filter_map(|name| web_address(&tag.attribute(name)?, base));
        addresses.find(|address| !counts_readers(address))
    })
}

/// Whether a picture is too small to be seen, or not shown at all.
fn is_hidden(tag: &Tag) -> bool {
    let pixels = |name| tag.attribute(name).and_then(|size| size.trim().trim_end_matches("px").trim_end().parse::<u32>().ok());
    let is_tiny = |name| pixels(name).is_some_and(|size| size <= PIXELS_OF_A_COUNTER);
    let style: String = tag.attribute("style").unwrap_or_default().split_whitespace().collect::<String>().to_ascii_lowercase();
    is_tiny("width") || is_tiny("height") || style.contains("display:none") || style.contains("visibility:hidden")
}

/// Whether an address is known to be that of a counter, or named like one.
fn counts_readers(address: &str) -> bool {
    const COUNTERS: [&str; 6] = [
        "feeds.feedburner.com/~r/",
        "pixel.wp.com/",
        "stats.wordpress.com/",
        "google-analytics.com/",
        "doubleclick.net/",
        "feedsportal.com/",
    ];
    let path = address.split(['?', '#']).next().unwrap_or_default().to_ascii_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default().split('.').next().unwrap_or_default();
    matches!(name, "pixel" | "spacer" | "blank" | "1x1" | "clear" | "transparent" | "tracking")
        || COUNTERS.iter().any(|counter| address.contains(counter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tracking_pixel_is_no_picture() {
        let base = Url::parse("https://bao.example.vn/").expect("valid");
        for pixel in [
            "<img width=1 height=1 src=/t.gif>",
            "<img width='1px' src=/t.gif>",
            "<img style='display: none' src=/t.gif>",
            "<img src=/a/pixel.gif?id=5>",
            "<img src='data:image/png;base64,x'>",
            "<IMG SRC=https://pixel.wp.com/b.gif>",
        ] {
            assert_eq!(first_in(pixel, &base), None, "{pixel}");
            assert_eq!(
                first_in(&format!("{pixel}<img src=/a.jpg>"), &base).as_deref(),
                Some("https://bao.example.vn/a.jpg"),
                "{pixel}"
            );
        }
    }
}
