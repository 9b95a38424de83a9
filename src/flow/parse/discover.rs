//! What a page names: its feeds, for an administrator who gave a page's address where a feed's is wanted, and its hubs.

use url::Url;

use crate::flow::parse::loose::{Token, Tokens};
use crate::flow::parse::web_address;

/// The most hubs of a page that are named.
const MOST_HUBS: usize = 16;
/// The most feeds that are named; a page with more is a directory.
const MOST: usize = 20;

/// The hubs that the head of a page names, and the address that it gives itself there; absolute.
pub(super) fn hubs(page: &str, base: &Url) -> (Vec<String>, Option<String>) {
    let (mut hubs, mut own) = (Vec::new(), None);
    let head = Tokens::new(page).take_while(|token| !matches!(token, Token::Start(tag) if tag.name.eq_ignore_ascii_case("body")));
    for token in head {
        let Token::Start(tag) = token else { continue };
        let Some(rel) = tag.attribute("rel").filter(|_| tag.name.eq_ignore_ascii_case("link")) else { continue };
        let is = |wanted: &str| rel.split_ascii_whitespace().any(|rel| rel.eq_ignore_ascii_case(wanted));
        let Some(address) = tag.attribute("href").and_then(|href| web_address(&href, base)) else { continue };
        if is("self") && own.is_none() {
            own = Some(address.clone());
        }
        if is("hub") && hubs.len() < MOST_HUBS {
            hubs.push(address);
        }
    }
    (hubs, own)
}

/// The addresses of the feeds that a page names, those first that it declares (`<link rel="alternate">` with a feed's type), then those
/// that it only links to by an address that looks like one. Each once, absolute.
pub(super) fn feeds(page: &str, base: &Url) -> Vec<String> {
    let (mut declared, mut linked) = (Vec::new(), Vec::new());
    for token in Tokens::new(page) {
        let Token::Start(tag) = token else { continue };
        let Some(address) = tag.attribute("href").and_then(|href| web_address(&href, base)) else { continue };
        if tag.name.eq_ignore_ascii_case("link") {
            let is_alternate = tag.attribute("rel").is_some_and(|rel| rel.to_ascii_lowercase().contains("alternate"));
            let is_feed = tag.attribute("type").is_some_and(|kind| is_feed_type(&kind));
            if is_alternate && is_feed && declared.len() < MOST && !declared.contains(&address) {
                declared.push(address);
            }
        } else if linked.len() < 2 * MOST
            && tag.name.eq_ignore_ascii_case("a")
            && looks_like_a_feed(&address)
            && !linked.contains(&address)
        {
            linked.push(address);
        }
    }
    let mut feeds: Vec<String> = Vec::new();
    for address in declared.into_iter().chain(linked) {
        if feeds.len() < MOST && !feeds.contains(&address) {
            feeds.push(address);
        }
    }
    feeds
}

/// The pages that list the feeds of a site (`/rss`, `/rss.html`, `/rss.aspx`, `/kenh-rss.htm`), as another of its pages links to them.
/// Each once, absolute.
pub(super) fn directories(page: &str, base: &Url) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for token in Tokens::new(page) {
        let Token::Start(tag) = token else { continue };
        if found.len() < MOST
            && tag.name.eq_ignore_ascii_case("a")
            && let Some(address) = tag.attribute("href").and_then(|href| web_address(&href, base))
            && is_directory(&address, base)
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
    found
}

fn is_directory(address: &str, base: &Url) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let last = url.path().trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let name = last.split('.').next().unwrap_or_default();
    url.host_str() == base.host_str() && name.split(['-', '_']).any(|part| part == "rss") && !looks_like_a_feed(address)
}

fn is_feed_type(kind: &str) -> bool {
    let kind = kind.to_ascii_lowercase();
    ["rss", "atom", "rdf+xml", "feed+json"].iter().any(|part| kind.contains(part))
}

/// Whether an address looks like a feed's: `/rss/thoi-su.rss`, `/rss/thoi-su`, `/home.rss`, `/atom.xml`, `Rss.aspx?catid=5`, `/feed/`.
/// A page that lists a site's feeds (`/rss`, `/rss.html`) is none.
fn looks_like_a_feed(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let path = url.path().trim_end_matches('/').to_ascii_lowercase();
    let last = path.rsplit('/').next().unwrap_or_default();
    let ends = [".rss", ".rdf", ".atom", "/feed", "/atom.xml", "/rss.xml", "/feed.xml", "/index.xml", "/feed.json"]
        .iter()
        .any(|end| path.ends_with(end));
    let below_rss = path.contains("/rss/") && !last.ends_with(".html") && !last.ends_with(".htm");
    // SharePoint has `/portal/Pages/rss.aspx`, other portals one page for all of their feeds.
    let is_portal_feed = last == "rss.aspx" && (url.query().is_some() || path.contains("/pages/"));
    ends || below_rss || is_portal_feed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_page_names_its_hubs() {
        let base = Url::parse("https://a.vn/tin/").expect("valid");
        let page = "<html><head><link rel=HUB href=//hub.vn/><link rel='self hub' href='?x'><link rel=self href=/2><link rel=hub href=javascript:x>\
                    <a rel=hub href=/no>x</a></head><body><link rel=hub href=https://comment.vn/>";
        let hubs = hubs(page, &base);
        assert_eq!(
            hubs,
            (vec!["https://hub.vn/".to_owned(), "https://a.vn/tin/?x".to_owned()], Some("https://a.vn/tin/?x".to_owned()))
        );
    }

    #[test]
    fn a_page_names_its_feeds() {
        let base = Url::parse("https://bao.example.vn/tin/").expect("valid");
        let page = "<html><head><link rel='alternate' type='application/rss+xml' href='/rss/home.rss'><link rel=stylesheet href=/a.css>\
                    <link rel='alternate' hreflang=en href=/en></head><a href='/rss/thoi-su.rss'>RSS</a><a href=/rss>RSS</a><a href='/rss/home.rss'>x</a>\
                    <a href='/rss/kinh-te'>y</a><a href='Rss.aspx?catid=5'>z</a><a href='/tin/1.html'>tin</a><a href=javascript:x>";
        let found = feeds(page, &base);
        let paths: Vec<&str> = found.iter().map(|a| a.trim_start_matches("https://bao.example.vn")).collect();
        assert_eq!(directories(page, &base), ["https://bao.example.vn/rss"]);
        assert_eq!(paths, ["/rss/home.rss", "/rss/thoi-su.rss", "/rss/kinh-te", "/tin/Rss.aspx?catid=5"]);
    }
}
