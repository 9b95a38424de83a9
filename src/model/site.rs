//! Which addresses belong to one host, and which to one site.

use url::Url;

/// Second labels below which domains are registered, as in `gov.vn`.
const REGISTRIES: [&str; 10] = ["com", "net", "org", "edu", "gov", "info", "name", "pro", "health", "int"];

/// Whether two addresses belong to one site: one host is the other or lies below it.
pub fn is_same_site(one: &Url, other: &Url) -> bool {
    let host = |url: &Url| url.domain().map(|name| name.trim_end_matches('.').trim_start_matches("www.").to_owned());
    let (Some(one), Some(other)) = (host(one), host(other)) else {
        return one.host() == other.host() && one.port() == other.port();
    };
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    long == short || long.strip_suffix(&short).is_some_and(|rest| rest.ends_with('.')) && is_registered(&short)
}

/// Whether an address is that of the source's own host; `http` that becomes `https` is no other host.
pub fn is_home(source: &Url, url: &Url) -> bool {
    let is_same = source.scheme() == url.scheme() && source.port_or_known_default() == url.port_or_known_default();
    let is_upgrade = (source.scheme(), url.scheme()) == ("http", "https") && (source.port(), url.port()) == (None, None);
    (is_same || is_upgrade) && source.host() == url.host()
}

/// Whether a name is one that somebody owns, and not one that domains are registered below.
fn is_registered(name: &str) -> bool {
    let labels: Vec<&str> = name.split('.').collect();
    match labels.as_slice() {
        [] | [_] => false,
        [second, _] => !REGISTRIES.contains(second),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().expect("an address")
    }

    #[test]
    fn one_site_is_one_registered_name() {
        let same = |one: &str, other: &str| is_same_site(&url(one), &url(other));
        for (one, other) in [
            ("http://a.vn/x", "https://www.a.vn/y"),
            ("http://rss.a.vn/", "https://a.vn/"),
            ("http://sub.binhduong.gov.vn/", "https://binhduong.gov.vn/"),
            ("http://127.0.0.1:80/", "http://127.0.0.1/x"),
        ] {
            assert!(same(one, other) && same(other, one), "{one} {other}");
        }
        for (one, other) in [
            ("http://a.vn/", "http://b.vn/"),
            ("http://xa.vn/", "http://a.vn/"),
            ("http://a.gov.vn/", "http://gov.vn/"),
            ("http://a.vn/", "http://a.vn.evil.com/"),
            ("http://127.0.0.1/", "http://127.0.0.2/"),
            ("http://127.0.0.1/", "http://127.0.0.1:81/"),
        ] {
            assert!(!same(one, other) && !same(other, one), "{one} {other}");
        }
    }

    #[test]
    fn only_the_sources_own_host_is_home() {
        let home = |source: &str, url: &str| is_home(&source.parse().unwrap(), &url.parse().unwrap());
        assert!(home("http://a.vn/rss", "http://a.vn/tin.rss"));
        assert!(home("http://a.vn/rss", "https://a.vn/rss"), "an upgrade");
        for (source, url) in [
            ("http://a.vn/rss", "http://www.a.vn/rss"),
            ("http://a.vn/rss", "https://b.vn/rss"),
            ("https://a.vn/rss", "http://a.vn/rss"),
            ("http://a.vn:8080/rss", "https://a.vn/rss"),
            ("http://a.vn/rss", "https://a.vn:8443/rss"),
        ] {
            assert!(!home(source, url), "{source} {url}");
        }
    }
}
