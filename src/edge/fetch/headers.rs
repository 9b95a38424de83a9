//! What is asked and what is answered in headers: validators byte for byte, freshness, Retry-After, where a redirect leads.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use crate::edge::fetch::hops::Step;
use crate::edge::fetch::{FetchError, Validators, body};
use crate::model::{Service, Trouble};

/// The longest validator that is kept, in bytes: a longer one is no validator but a way to fill our disk.
const LONGEST_VALIDATOR: usize = 1024;
/// The longest address that a redirect may lead to, in bytes; what feeds are known by is far shorter.
const LONGEST_ADDRESS: usize = 8 * 1024;
/// The longest Link header that is looked at, in bytes, and how many.
const LONGEST_LINKS: usize = 8 * 1024;
const MOST_LINKS: usize = 16;
/// How many headers a request usually has, those of the client included.
const USUAL: usize = 8;
/// The longest User-Agent, in bytes.
const LONGEST_AGENT: usize = 200;
/// What we can read, the likeliest first.
const ACCEPT: &str = "application/atom+xml, application/rss+xml, application/feed+json, application/rdf+xml;q=0.9, \
                      application/xml;q=0.8, text/xml;q=0.8, application/json;q=0.7, text/html;q=0.5, */*;q=0.1";

/// `diemtin/0.1.0 (+https://…)`: a source's administrator can find ours.
pub(super) fn user_agent(service: &Service) -> String {
    let contact = service.contact.clone().unwrap_or_else(|| service.url.to_string());
    let agent = format!("diemtin/{} (+{contact})", env!("CARGO_PKG_VERSION"));
    agent.chars().filter(|c| c.is_ascii() && !c.is_ascii_control()).take(LONGEST_AGENT).collect()
}

/// The headers that go to every host.
pub(super) fn for_anyone() -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(USUAL);
    headers.insert(header::ACCEPT, HeaderValue::from_static(ACCEPT));
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(body::CODINGS));
    headers
}

/// Adds the headers that go to the source's own host only: they may be secrets, and validators mean nothing elsewhere.
pub(super) fn add_for_home(headers: &mut HeaderMap, own: &BTreeMap<String, String>, known: &Validators) {
    let mut put = |name: HeaderName, value: &[u8]| {
        // What a server sent as a header's value can be sent back as one; what can't is left out.
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.insert(name, value);
        }
    };
    if let Some(etag) = &known.etag {
        put(header::IF_NONE_MATCH, etag);
    }
    if let Some(date) = &known.last_modified {
        put(header::IF_MODIFIED_SINCE, date);
    }
    for (name, value) in own {
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            put(name, value.as_bytes());
        }
    }
}

/// What an answer says of itself, byte for byte.
pub(super) fn validators(headers: &HeaderMap) -> Validators {
    let bytes = |name| headers.get(name).map(|value| value.as_bytes().to_vec()).filter(|value| value.len() <= LONGEST_VALIDATOR);
    Validators { etag: bytes(header::ETAG), last_modified: bytes(header::LAST_MODIFIED) }
}

/// The values of an answer's Link headers, as far as they are of a length that means something.
pub(super) fn links(headers: &HeaderMap) -> Vec<String> {
    let values = headers.get_all(header::LINK).iter().filter(|value| value.len() <= LONGEST_LINKS).take(MOST_LINKS);
    values.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect()
}

/// A header's value as text.
pub(super) fn text(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}

/// A redirect as a step on the way.
pub(super) fn redirect<T>(from: &Url, status: u16, headers: &HeaderMap) -> Result<Step<T>, FetchError> {
    Ok(Step::Redirect { to: next_hop(from, status, headers)?, is_permanent: matches!(status, 301 | 308) })
}

/// Where a redirect leads. From https never back to http.
fn next_hop(from: &Url, status: u16, headers: &HeaderMap) -> Result<Url, FetchError> {
    let wrong = |why: String| Err(FetchError { status: Some(status), ..FetchError::new(Trouble::Redirects, why) });
    let Some(location) = text(headers, header::LOCATION) else { return wrong(format!("a redirect ({status}) to nowhere")) };
    if location.len() > LONGEST_ADDRESS {
        return wrong(format!("a redirect to an address of {} bytes", location.len()));
    }
    let Ok(to) = from.join(&location) else { return wrong("a redirect to what is no address".to_owned()) };
    if !to.username().is_empty() || to.password().is_some() {
        return wrong("a redirect to an address that holds a name or a password".to_owned());
    }
    match (from.scheme(), to.scheme()) {
        ("http", "http" | "https") | ("https", "https") => Ok(to),
        ("https", "http") => wrong(format!("a redirect from https back to http (at {})", to.host_str().unwrap_or_default())),
        (_, scheme) => wrong(format!("a redirect to {scheme}:, which is not fetched")),
    }
}

/// How long an answer stays fresh from now on (RFC 9111, section 4.2): max-age, else Expires, less the time that it lay in caches.
/// `None` where the answer does not say, or forbids to rely on it. s-maxage is for shared caches and says nothing to us.
pub(super) fn fresh_for(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let controls: Vec<String> = headers
        .get_all(header::CACHE_CONTROL)
        .iter()
        .map(|v| String::from_utf8_lossy(v.as_bytes()).to_ascii_lowercase())
        .collect();
    let directives: Vec<&str> = controls.iter().flat_map(|value| value.split(',')).map(str::trim).collect();
    if directives.iter().any(|directive| matches!(*directive, "no-cache" | "no-store")) {
        return None;
    }
    let max_age = directives.iter().find_map(|directive| directive.strip_prefix("max-age="));
    let lifetime = match max_age {
        Some(seconds) => seconds_of(seconds.trim_matches('"'))?,
        None => {
            let date = |name| text(headers, name).and_then(|text| unix_time(&text));
            let from = date(header::DATE).or_else(|| u64::try_from(now.as_second()).ok().map(Duration::from_secs))?;
            date(header::EXPIRES)?.checked_sub(from)?
        }
    };
    let age = text(headers, header::AGE).and_then(|age| seconds_of(&age)).unwrap_or_default();
    lifetime.checked_sub(age).filter(|fresh| !fresh.is_zero())
}

/// Retry-After in both its forms (RFC 9110, section 10.2.3), counted from now. One that is over, or is neither form, is none.
pub(super) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = text(headers, header::RETRY_AFTER)?;
    let until = || unix_time(text.trim())?.checked_sub(Duration::from_secs(u64::try_from(now.as_second()).ok()?));
    seconds_of(&text).or_else(until).filter(|wait| !wait.is_zero())
}

/// A whole number of seconds; one that no number holds is as good as the greatest.
fn seconds_of(text: &str) -> Option<Duration> {
    let text = text.trim();
    let is_number = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)))
}

/// An HTTP date, counted from 1970.
fn unix_time(text: &str) -> Option<Duration> {
    httpdate::parse_http_date(text).ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01 00:00:00 UTC
    const NOW: i64 = 1_767_225_600;

    fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&str, &str)| {
            (
                HeaderName::from_bytes(name.as_bytes()).expect("a name"),
                HeaderValue::from_bytes(value.as_bytes()).expect("a value"),
            )
        };
        pairs.iter().map(pair).collect()
    }

    fn now() -> Timestamp {
        Timestamp::from_second(NOW).expect("a time")
    }

    #[test]
    fn retry_after_has_two_forms_and_many_that_are_none() {
        let of = |value: &str| retry_after(&headers(&[("Retry-After", value)]), now()).map(|wait| wait.as_secs());
        assert_eq!(of("120"), Some(120));
        assert_eq!(of(" 120 "), Some(120));
        assert_eq!(of("999999999"), Some(999_999_999));
        assert_eq!(of("99999999999999999999999"), Some(u64::MAX), "the schedule caps it");
        assert_eq!(of("Thu, 01 Jan 2026 02:00:00 GMT"), Some(7200));
        assert_eq!(of("Thursday, 01-Jan-26 02:00:00 GMT"), Some(7200), "RFC 850");
        assert_eq!(of("Thu Jan  1 02:00:00 2026"), Some(7200), "asctime");
        assert!(of("Fri, 31 Dec 9999 23:59:59 GMT").is_some_and(|wait| wait > 1_000_000_000));
        for none in ["0", "-1", "1.5", "", "soon", "Wed, 31 Dec 2025 00:00:00 GMT", "2026-01-01T02:00:00Z", "năm phút"] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn freshness_is_what_is_left_of_it() {
        let of = |pairs: &[(&str, &str)]| fresh_for(&headers(pairs), now()).map(|fresh| fresh.as_secs());
        let control = |value| of(&[("Cache-Control", value)]);
        assert_eq!(control("public, max-age=43200"), Some(43200));
        assert_eq!(control("MAX-AGE=\"60\""), Some(60));
        assert_eq!(control("max-age=99999999999999999999999"), Some(u64::MAX), "the schedule caps it");
        for none in [
            "max-age=-5",
            "max-age=0",
            "max-age=",
            "max-age=soon",
            "no-cache, max-age=600",
            "no-store, max-age=600",
            "s-maxage=600",
            "",
        ] {
            assert_eq!(control(none), None, "{none}");
        }
        assert_eq!(of(&[("Cache-Control", "public"), ("Cache-Control", "max-age=600")]), Some(600));
        assert_eq!(of(&[("Cache-Control", "max-age=600"), ("Age", "590")]), Some(10));
        assert_eq!(of(&[("Cache-Control", "max-age=600"), ("Age", "700")]), None);
        let expires = [("Expires", "Thu, 01 Jan 2026 01:00:00 GMT")];
        assert_eq!(of(&expires), Some(3600));
        assert_eq!(of(&[expires[0], ("Date", "Thu, 01 Jan 2026 00:30:00 GMT")]), Some(1800), "by the server's own clock");
        assert_eq!(of(&[expires[0], ("Cache-Control", "max-age=60")]), Some(60), "max-age counts");
        for past in ["0", "-1", "Wed, 31 Dec 2025 00:00:00 GMT"] {
            assert_eq!(of(&[("Expires", past)]), None, "{past}");
        }
    }

    #[test]
    fn a_redirect_leads_to_an_http_address_or_nowhere() {
        let to = |from: &str, location: &str| {
            let from = Url::parse(from).expect("an address");
            next_hop(&from, 302, &headers(&[("Location", location)])).map(|url| url.to_string()).map_err(|error| error.trouble)
        };
        assert_eq!(to("http://a.vn/x/y", "../rss"), Ok("http://a.vn/rss".to_owned()));
        assert_eq!(to("http://a.vn/", "//b.vn/"), Ok("http://b.vn/".to_owned()));
        assert_eq!(to("http://a.vn/", "HTTPS://B.vn"), Ok("https://b.vn/".to_owned()));
        let long = format!("/{}", "x".repeat(LONGEST_ADDRESS));
        for nowhere in [
            "file:///etc/passwd",
            "gopher://a.vn/",
            "data:,x",
            "javascript:x",
            "http://[::1",
            "http://u:p@a.vn/",
            "http://",
            &long,
        ] {
            assert_eq!(to("http://a.vn/", nowhere), Err(Trouble::Redirects), "{nowhere}");
        }
        assert_eq!(to("https://a.vn/", "http://a.vn/"), Err(Trouble::Redirects), "back to http");
        assert!(next_hop(&"http://a.vn/".parse().unwrap(), 302, &HeaderMap::new()).is_err());
    }

    #[test]
    fn a_validator_that_is_no_text_is_kept_and_one_without_end_is_not() {
        let mut headers = HeaderMap::new();
        headers.insert(header::ETAG, HeaderValue::from_bytes(b"\"\xFF\x80\"").unwrap());
        headers.insert(header::LAST_MODIFIED, HeaderValue::from_bytes(&[b'x'; LONGEST_VALIDATOR + 1]).unwrap());
        assert_eq!(validators(&headers), Validators { etag: Some(b"\"\xFF\x80\"".to_vec()), last_modified: None });
    }
}
