//! The hub and the topic that an answer names (section 4 of the Recommendation): in Link headers, else in the document.

use url::Url;

use crate::flow::push::link::links;
use crate::model::{FeedInfo, Hub};

/// The longest address of a hub or a topic, in bytes; a longer one is data.
const LONGEST: usize = 2048;
/// Hubs that are looked at.
const MOST_HUBS: usize = 16;

/// The hub that an answer names. `None`: it does not say; `Some(None)`: it names none.
///
/// `headers` are the values of its Link headers, `document` is what the document says of itself, where one was read, `from` where the answer
/// came from, and `own` the name that the source has where it gives itself none; an address that holds a secret is none. Of several hubs the
/// one that is known already is kept, else one with https is taken: whoever listens on the way to it learns the callback's address. An answer
/// without a document that names the known hub again, but not the topic, means the known topic: that may stand in the document.
pub fn named(
    headers: &[String],
    document: Option<&FeedInfo>,
    from: &Url,
    own: Option<&Url>,
    known: Option<&Hub>,
) -> Option<Option<Hub>> {
    let links = links(headers);
    let with = |rel: &'static str| links.iter().filter(move |link| link.is(rel)).map(|link| link.target);
    let mut hubs: Vec<Url> = with("hub").take(MOST_HUBS).filter_map(|hub| address(hub, from)).collect();
    if hubs.is_empty() {
        let document = document?;
        hubs = document.hubs.iter().take(MOST_HUBS).filter_map(|hub| address(hub, from)).collect();
    }
    let topics = with("self").chain(document.and_then(|document| document.own_url.as_deref()));
    let topic = topics.filter_map(|topic| address(topic, from)).next();
    let is_known = |hub: &&Url| known.is_some_and(|known| known.url == hub.as_str());
    let hub = hubs.iter().find(is_known).or(hubs.iter().find(|hub| hub.scheme() == "https")).or(hubs.first());
    if let Some(known) = known.filter(|_| document.is_none() && topic.is_none() && hub.is_some_and(|hub| is_known(&hub))) {
        return Some(Some(known.clone()));
    }
    let topic = topic.or_else(|| own.cloned());
    Some(hub.zip(topic).map(|(hub, topic)| Hub { url: hub.to_string(), topic: topic.to_string() }))
}

/// An address that can be asked: http or https, without a name or password, without a fragment.
fn address(text: &str, from: &Url) -> Option<Url> {
    let mut url = from.join(text.trim()).ok()?;
    url.set_fragment(None);
    let fits =
        matches!(url.scheme(), "http" | "https") && url.has_host() && url.username().is_empty() && url.password().is_none();
    (fits && !text.trim().is_empty() && url.as_str().len() <= LONGEST).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: &str = "https://a.vn/rss";

    fn of(headers: &[&str], hubs: Option<&[&str]>, own: &str, known: Option<&str>) -> Option<Option<(String, String)>> {
        let headers: Vec<String> = headers.iter().map(|header| (*header).to_owned()).collect();
        let document = hubs.map(|hubs| FeedInfo {
            hubs: hubs.iter().map(|hub| (*hub).to_owned()).collect(),
            own_url: Some(own.to_owned()).filter(|own| !own.is_empty()),
            ..FeedInfo::default()
        });
        let home: Url = HOME.parse().unwrap();
        let known = known.map(|url| Hub { url: url.to_owned(), topic: HOME.to_owned() });
        let named = named(&headers, document.as_ref(), &home, Some(&home), known.as_ref());
        named.map(|hub| hub.map(|hub| (hub.url, hub.topic)))
    }

    fn hub(url: &str, topic: &str) -> Option<Option<(String, String)>> {
        Some(Some((url.to_owned(), topic.to_owned())))
    }

    #[test]
    fn headers_come_before_the_document() {
        let headers = ["<https://hub.vn/>; rel=hub", "</tin.rss>; rel=self"];
        assert_eq!(of(&headers, None, "", None), hub("https://hub.vn/", "https://a.vn/tin.rss"), "of a 304, too");
        assert_eq!(of(&headers, Some(&["https://other.vn/"]), "/x", None), hub("https://hub.vn/", "https://a.vn/tin.rss"));
        assert_eq!(of(&headers[1..], Some(&["https://b.vn/"]), "/x", None), hub("https://b.vn/", "https://a.vn/tin.rss"));
        assert_eq!(of(&headers[..1], Some(&[]), "/x", None), hub("https://hub.vn/", "https://a.vn/x"));
    }

    #[test]
    fn a_304_without_a_topic_means_the_one_that_the_document_named() {
        let headers = vec!["<https://hub.vn/>; rel=hub".to_owned()];
        let (home, info) = (HOME.parse().unwrap(), FeedInfo { own_url: Some("/feed.xml".to_owned()), ..FeedInfo::default() });
        let whole = named(&headers, Some(&info), &home, Some(&home), None).flatten();
        assert_eq!(whole.as_ref().map(|hub| hub.topic.as_str()), Some("https://a.vn/feed.xml"));
        assert_eq!(named(&headers, None, &home, Some(&home), whole.as_ref()).flatten(), whole);
        assert_eq!(of(&["<https://other.vn/>; rel=hub"], None, "", Some("https://hub.vn/")), hub("https://other.vn/", HOME));
    }

    #[test]
    fn a_document_names_a_hub_or_none_and_what_was_not_read_does_not_say() {
        assert_eq!(of(&[], Some(&["https://hub.vn/"]), "", None), hub("https://hub.vn/", HOME));
        assert_eq!(of(&[], Some(&["/hub"]), "https://feeds.vn/a#x", None), hub("https://a.vn/hub", "https://feeds.vn/a"));
        assert_eq!(of(&[], Some(&[]), "", None), Some(None));
        assert_eq!(of(&["<x>; rel=next"], None, "", None), None);
    }

    #[test]
    fn what_can_not_be_asked_is_no_hub() {
        let long = format!("https://a.vn/{}", "x".repeat(LONGEST));
        for wrong in ["", " ", "javascript:x", "file:///etc/passwd", "https://u:p@hub.vn/", "data:,x", "http://", &long] {
            assert_eq!(of(&[], Some(&[wrong]), "", None), Some(None), "{wrong}");
            assert_eq!(of(&[], Some(&[wrong, "http://ok.vn/"]), wrong, None), hub("http://ok.vn/", HOME), "{wrong}");
        }
    }

    #[test]
    fn of_several_hubs_the_known_one_stays_and_one_with_https_is_better() {
        let hubs = ["http://a.hub.vn/", "https://b.hub.vn/", "https://c.hub.vn/"];
        assert_eq!(of(&[], Some(&hubs), "", None), hub(hubs[1], HOME));
        assert_eq!(of(&[], Some(&hubs), "", Some(hubs[0])), hub(hubs[0], HOME));
        assert_eq!(of(&[], Some(&hubs), "", Some("https://gone.vn/")), hub(hubs[1], HOME));
        assert_eq!(of(&[], Some(&hubs[..1]), "", None), hub(hubs[0], HOME));
    }

    #[test]
    fn an_address_that_holds_a_secret_is_no_topic() {
        let (home, info) = (HOME.parse().unwrap(), FeedInfo { hubs: vec!["https://hub.vn/".to_owned()], ..FeedInfo::default() });
        assert_eq!(named(&[], Some(&info), &home, None, None), Some(None));
        let info = FeedInfo { own_url: Some("/cong-khai".to_owned()), ..info };
        let hub = named(&[], Some(&info), &home, None, None).flatten().expect("a hub");
        assert_eq!(hub.topic, "https://a.vn/cong-khai", "what the source calls itself is public");
    }
}
