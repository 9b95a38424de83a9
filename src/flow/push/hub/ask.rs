//! What somebody asks our hub (section 5.1): the form, read or refused with a sentence.

use jiff::SignedDuration;
use url::Url;

use crate::flow::push::form::fields;
use crate::model::{Secret, SubscriberId};

/// The longest callback, in bytes; also of what is subscribed to.
const LONGEST_ADDRESS: usize = 2048;
/// The longest secret: "MUST be less than 200 bytes in length" (section 5.1).
const SECRET_BYTES: usize = 200;
/// A lease is given for at least this, for a renewal is a request of ours to a stranger.
const SHORTEST_LEASE: i64 = 3600;
/// And for at most this: who has gone away without a word is called for no longer than ten days.
const LONGEST_LEASE: i64 = 10 * 24 * 3600;
/// Who does not say gets this.
const USUAL_LEASE: i64 = LONGEST_LEASE;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To be called with the news of a feed, or to go on with it.
    Subscribe,
    /// To be called no more.
    Unsubscribe,
}

impl Mode {
    /// Its name in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::Subscribe => "subscribe",
            Self::Unsubscribe => "unsubscribe",
        }
    }
}

/// A request that can be understood. Whether who is to be called wants it, nobody knows yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked for.
    pub mode: Mode,
    /// The feed's address, as the feed itself writes it.
    pub topic: String,
    /// Who is to be called.
    pub callback: Url,
    /// What the news are to be signed with.
    pub secret: Option<Secret>,
    /// For how long.
    pub lease: SignedDuration,
}

impl Request {
    /// The name of the subscription that it is about.
    pub fn id(&self) -> SubscriberId {
        SubscriberId::of(&self.topic, self.callback.as_str())
    }
}

/// Why a request can't be accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// Neither of the two modes.
    #[error("hub.mode is neither subscribe nor unsubscribe")]
    Mode,
    /// Not one of our feeds.
    #[error("hub.topic is no feed of ours: it has to be the address that a feed gives as rel=self")]
    Topic,
    /// Nobody can be called there.
    #[error(
        "hub.callback is no address that can be called: http or https, at most 2048 bytes, without a name, a password or a fragment"
    )]
    Callback,
    /// Too long.
    #[error("hub.secret is longer than 200 bytes")]
    Secret,
    /// No number.
    #[error("hub.lease_seconds is no number of seconds")]
    Lease,
}

/// Reads a form. `is_topic` knows our feeds' addresses.
pub fn read(form: &[u8], is_topic: impl Fn(&str) -> bool) -> Result<Request, Wrong> {
    let mut fields = fields(form);
    let mut of = |name: &str| fields.remove(name).filter(|value| !value.is_empty());
    let mode = match of("hub.mode").as_deref() {
        Some("subscribe") => Mode::Subscribe,
        Some("unsubscribe") => Mode::Unsubscribe,
        _ => return Err(Wrong::Mode),
    };
    let callback = of("hub.callback").and_then(|text| callback(&text)).ok_or(Wrong::Callback)?;
    // One address may be written in several ways.
    let topic = of("hub.topic").filter(|text| text.len() <= LONGEST_ADDRESS).and_then(|text| Url::parse(&text).ok());
    let topic = topic.map(String::from).filter(|topic| is_topic(topic)).ok_or(Wrong::Topic)?;
    let secret = of("hub.secret");
    if secret.as_ref().is_some_and(|secret| secret.len() > SECRET_BYTES) {
        return Err(Wrong::Secret);
    }
    let lease = match of("hub.lease_seconds") {
        None => USUAL_LEASE,
        // One that does not fit is a long one.
        Some(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().unwrap_or(LONGEST_LEASE),
        Some(_) => return Err(Wrong::Lease),
    };
    let lease = SignedDuration::from_secs(lease.clamp(SHORTEST_LEASE, LONGEST_LEASE));
    Ok(Request { mode, topic, callback, secret: secret.map(Secret), lease })
}

fn callback(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= LONGEST_ADDRESS)?;
    let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (matches!(url.scheme(), "http" | "https") && url.has_host() && is_plain).then_some(url)
}

#[cfg(test)]
mod tests {
    use url::form_urlencoded::Serializer;

    use super::*;

    const TOPIC: &str = "https://tin.vn/feeds/a.rss";

    fn asked(pairs: &[(&str, &str)]) -> Result<Request, Wrong> {
        let usual = [("hub.mode", "subscribe"), ("hub.topic", TOPIC), ("hub.callback", "https://doc.vn/cb?x=1")];
        let mut form = Serializer::new(String::new());
        for (name, value) in pairs.iter().chain(usual.iter().filter(|(name, _)| !pairs.iter().any(|(n, _)| n == name))) {
            form.append_pair(name, value);
        }
        read(form.finish().as_bytes(), |topic| topic == TOPIC)
    }

    #[test]
    fn a_request_is_read() {
        let request = asked(&[("hub.secret", "bí mật"), ("hub.lease_seconds", "86400"), ("hub.other", "x")]).unwrap();
        assert_eq!((request.mode, &*request.topic, request.callback.as_str()), (Mode::Subscribe, TOPIC, "https://doc.vn/cb?x=1"));
        assert_eq!((request.secret, request.lease), (Some(Secret("bí mật".into())), SignedDuration::from_hours(24)));
        let request = asked(&[("hub.mode", "unsubscribe"), ("hub.topic", "HTTPS://TIN.vn:443/feeds/a.rss")]).unwrap();
        assert_eq!((request.mode, &*request.topic, request.secret), (Mode::Unsubscribe, TOPIC, None), "the same address");
    }

    #[test]
    fn a_lease_has_bounds() {
        let lease = |text: &str| asked(&[("hub.lease_seconds", text)]).map(|request| request.lease.as_secs());
        assert_eq!(lease(""), Ok(864_000));
        assert_eq!(lease("1"), Ok(3600));
        assert_eq!(lease("0"), Ok(3600));
        assert_eq!(lease("864001"), Ok(864_000));
        assert_eq!(lease(&"9".repeat(50)), Ok(864_000));
        for wrong in ["-1", "1.5", "mãi mãi", "1e3", "+5"] {
            assert_eq!(lease(wrong), Err(Wrong::Lease), "{wrong}");
        }
    }

    #[test]
    fn what_can_not_be_done_is_refused_with_its_reason() {
        let long = format!("https://doc.vn/{}", "x".repeat(LONGEST_ADDRESS));
        for callback in
            ["", "doc.vn", "ftp://doc.vn/", "https://u@doc.vn/", "https://doc.vn/#x", "https://", "javascript:x", &long]
        {
            assert_eq!(asked(&[("hub.callback", callback)]), Err(Wrong::Callback), "{callback}");
        }
        let longer = format!("{TOPIC}?{long}");
        for topic in ["", "https://tin.vn/feeds/b.rss", "https://tin.vn/feeds/a.rss?limit=1", "/feeds/a.rss", &longer] {
            assert_eq!(asked(&[("hub.topic", topic)]), Err(Wrong::Topic), "{topic}");
        }
        for mode in ["", "publish", "denied", "Subscribe"] {
            assert_eq!(asked(&[("hub.mode", mode)]), Err(Wrong::Mode), "{mode}");
        }
        assert!(asked(&[("hub.secret", &"x".repeat(200))]).is_ok());
        assert_eq!(asked(&[("hub.secret", &"x".repeat(201))]), Err(Wrong::Secret));
        assert_eq!(read(b"\xff%%%&=&", |_| true), Err(Wrong::Mode));
    }

    #[test]
    fn of_two_values_the_first_counts() {
        let form = format!(
            "hub.mode=subscribe&hub.mode=unsubscribe&hub.topic={TOPIC}&hub.callback=https://a.vn/&hub.callback=https://b.vn/"
        );
        let request = read(form.as_bytes(), |_| true).unwrap();
        assert_eq!((request.mode, request.callback.as_str()), (Mode::Subscribe, "https://a.vn/"));
    }
}
