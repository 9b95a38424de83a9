//! The addresses and headers of our calls to subscribers (sections 5.2, 5.3 and 7): a callback keeps the query that it came with.

use url::Url;

use crate::flow::push::hub::{Mode, Request};
use crate::flow::push::signature::hex;

/// Random bytes for one challenge: who answers it has read it.
pub const CHALLENGE_BYTES: usize = 16;

/// The text of a challenge.
pub fn challenge(chance: [u8; CHALLENGE_BYTES]) -> String {
    hex(&chance)
}

/// Where it is asked whether a subscription, or its end, is meant.
pub fn verification(request: &Request, challenge: &str) -> Url {
    let mut url = request.callback.clone();
    url.query_pairs_mut()
        .append_pair("hub.mode", request.mode.name())
        .append_pair("hub.topic", &request.topic)
        .append_pair("hub.challenge", challenge);
    if request.mode == Mode::Subscribe {
        url.query_pairs_mut().append_pair("hub.lease_seconds", &request.lease.as_secs().to_string());
    }
    url
}

/// Where it is told that a subscription can't be had, or not any longer.
pub fn denial(callback: &Url, topic: &str, reason: &str) -> Url {
    let mut url = callback.clone();
    url.query_pairs_mut().append_pair("hub.mode", "denied").append_pair("hub.topic", topic).append_pair("hub.reason", reason);
    url
}

/// The Link header that names the hub and the topic, in feeds' answers (section 4) and in deliveries (section 7).
pub fn link(hub: &Url, topic: &str) -> String {
    format!("<{hub}>; rel=\"hub\", <{topic}>; rel=\"self\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::push::hub::read;
    use crate::flow::push::link::links;

    const TOPIC: &str = "https://tin.vn/feeds/a.rss";

    #[test]
    fn a_callback_keeps_its_query() {
        let form =
            format!("hub.mode=subscribe&hub.topic={TOPIC}&hub.callback=https://doc.vn/cb%3Fa%3D%2525%26b&hub.lease_seconds=7200");
        let request = read(form.as_bytes(), |_| true).unwrap();
        let asked = verification(&request, "0f");
        assert_eq!(
            asked.as_str(),
            "https://doc.vn/cb?a=%25&b&hub.mode=subscribe&hub.topic=https%3A%2F%2Ftin.vn%2Ffeeds%2Fa.rss&hub.challenge=0f&hub.lease_seconds=7200"
        );
        let leaving = verification(&Request { mode: Mode::Unsubscribe, ..request.clone() }, "0f");
        assert!(leaving.as_str().ends_with("&hub.challenge=0f") && leaving.as_str().contains("hub.mode=unsubscribe"));
        let denied = denial(&request.callback, TOPIC, "hết");
        assert_eq!(
            denied.query(),
            Some("a=%25&b&hub.mode=denied&hub.topic=https%3A%2F%2Ftin.vn%2Ffeeds%2Fa.rss&hub.reason=h%E1%BA%BFt")
        );
    }

    #[test]
    fn our_own_subscriber_reads_our_links() {
        let header = link(&"https://tin.vn/websub".parse().unwrap(), TOPIC);
        let values = [header];
        let found: Vec<_> = links(&values).iter().map(|link| (link.target, link.rel)).collect();
        assert_eq!(found, [("https://tin.vn/websub", "hub"), (TOPIC, "self")]);
    }
}
