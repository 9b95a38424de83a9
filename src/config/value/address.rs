//! Addresses: of sources, of ourselves, of the store; and the headers that are sent to an address.

use std::net::SocketAddr;

use ipnet::IpNet;
use toml::Spanned;
use toml::de::DeValue;
use url::{Host, Url};

use crate::config::fault::{Wrong, quoted};
use crate::config::read::{At, Reader, Table, Value, in_order, joined, other_kind};
use crate::config::unseen;
use crate::config::value::{FromText, schema};

/// An address that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct HttpUrl(pub(in crate::config) Url);

impl FromText for HttpUrl {
    const EXPECTED: &'static str = "an address such as \"https://example.vn/rss\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        http(text, Some("send it as a header instead: headers = { Authorization = \"Basic ${…}\" }")).map(Self)
    }
}

schema!(HttpUrl, { "type": "string", "pattern": r"^\s*[Hh][Tt][Tt][Pp][Ss]?://|\$\{" });

/// An http address without a name and a password; `instead` says where these can stand.
fn http(text: &str, instead: Option<&str>) -> Result<Url, Wrong> {
    let url = parse(text)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Wrong::new("this address is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Wrong::new("this address holds a name or a password").help(instead.map(str::to_owned)));
    }
    Ok(url)
}

/// The parts of an address, or what is missing of it.
fn parse(text: &str) -> Result<Url, Wrong> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Wrong::new("this address is empty"));
    }
    if let Some(wrong) = unseen::within(text, "this address") {
        return Err(wrong);
    }
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") || text.contains("://") => Ok(url),
        Err(url::ParseError::RelativeUrlWithoutBase) | Ok(_) => {
            let wrong = Wrong::new("this address does not begin with https:// or http://");
            Err(wrong.help(with_scheme(text).map(|whole| format!("did you mean {}?", quoted(&whole)))))
        }
        Err(url::ParseError::EmptyHost) => Err(Wrong::new("this address has no host")),
        Err(url::ParseError::InvalidPort) => Err(Wrong::new("the port of this address is no number from 0 to 65535")),
        Err(error) => Err(Wrong::new(format!("this is no address: {error}"))),
    }
}

/// The address that was meant by one without its beginning, or with half of it.
fn with_scheme(text: &str) -> Option<String> {
    let half =
        ["https", "http"].into_iter().find_map(|scheme| text.strip_prefix(scheme).filter(|rest| rest.starts_with([':', '/'])));
    let bare = half.unwrap_or(text).trim_start_matches([':', '/']);
    let host = bare.split(['/', '?', '#', ':']).next().unwrap_or_default();
    let whole = format!("https://{bare}");
    (host.contains('.') && Url::parse(&whole).is_ok()).then_some(whole)
}

/// A proxy: its address may hold a name and a password, for there is no other place for them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct ProxyUrl(pub(in crate::config) Url);

impl FromText for ProxyUrl {
    const EXPECTED: &'static str = "a proxy such as \"http://proxy.example.vn:3128\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let url = parse(text)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(Wrong::new("this proxy is neither http nor https"));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(Wrong::new("a proxy has a host and a port, and nothing behind them"));
        }
        Ok(Self(url))
    }
}

schema!(ProxyUrl, { "type": "string", "pattern": r"^\s*[Hh][Tt][Tt][Pp][Ss]?://|\$\{" });

/// The service's own address: a folder, so that pages can stand below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct PublicUrl(pub(in crate::config) Url);

impl FromText for PublicUrl {
    const EXPECTED: &'static str = "an address such as \"https://tin.example.vn/\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let mut url = http(text, None)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Wrong::new("pages can't stand below an address with ? or #"));
        }
        if !url.path().ends_with('/') {
            let folder = format!("{}/", url.path());
            url.set_path(&folder);
        }
        Ok(Self(url))
    }
}

schema!(PublicUrl, { "type": "string", "pattern": r"^\s*[Hh][Tt][Tt][Pp][Ss]?://[^?#]*$|\$\{" });

/// Which hub announces our feeds: ours, none, or another's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) enum HubChoice {
    /// Ours, or none.
    Ours(bool),
    /// The one at this address.
    At(Url),
}

impl Value for HubChoice {
    fn read(value: Spanned<DeValue<'_>>, path: &str, reader: &mut Reader<'_>) -> Option<Self> {
        match value.get_ref() {
            DeValue::Boolean(yes) => Some(Self::Ours(*yes)),
            DeValue::String(_) => HubUrl::read(value, path, reader).map(|HubUrl(url)| Self::At(url)),
            other => {
                reader.error(&value.span(), other_kind(other, path, HubUrl::EXPECTED));
                None
            }
        }
    }
}

/// The address of another's hub.
struct HubUrl(Url);

impl FromText for HubUrl {
    const EXPECTED: &'static str = "true, false, or the address of another hub";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        if !text.contains("://") {
            let help = matches!(text.trim(), "true" | "false").then(|| "write it without quotes".to_owned());
            return Err(Wrong::new("this is no address of a hub").help(help));
        }
        http(text, None).map(Self)
    }
}

schema!(HubChoice, { "anyOf": [
    { "type": "boolean" },
    { "type": "string", "pattern": r"^\s*[Hh][Tt][Tt][Pp][Ss]?://|\$\{" }
] });

/// `HOST:PORT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct Listen(pub(in crate::config) String);

impl FromText for Listen {
    const EXPECTED: &'static str = "HOST:PORT such as \"127.0.0.1:8080\" or \"[::]:80\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let (host, port) = text.trim().rsplit_once(':').ok_or_else(|| Wrong::new("this has no port"))?;
        if !port.bytes().all(|b| b.is_ascii_digit()) || port.parse::<u16>().is_err() {
            return Err(Wrong::new("this port is no number from 0 to 65535"));
        }
        Host::parse(host).map_err(|_| Wrong::new("this is no host"))?;
        Ok(Self(format!("{host}:{port}")))
    }
}

schema!(Listen, { "type": "string", "pattern": r":[0-9]{1,5}\s*$|\$\{" });

/// Where the administrators of sources find ours: a page or a mail address. It is sent in a header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct Contact(pub(in crate::config) String);

impl FromText for Contact {
    const EXPECTED: &'static str = "the address of a page, or a mail address";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let text = text.trim();
        if text.starts_with("http://") || text.starts_with("https://") {
            return http(text, None).map(|url| Self(url.into()));
        }
        let mail = text.strip_prefix("mailto:").unwrap_or(text);
        let one_word = mail.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'(' | b')' | b'<' | b'>' | b',' | b';'));
        match mail.split_once('@') {
            Some((name, host)) if one_word && !name.is_empty() && Host::parse(host).is_ok() => Ok(Self(text.to_owned())),
            _ => Err(Wrong::new("this is neither the address of a page nor a mail address")),
        }
    }
}

schema!(Contact, { "type": "string", "pattern": r"^\s*https?://|@|\$\{" });

/// Where stories are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::config) struct StoreUrl(pub(in crate::config) String);

impl FromText for StoreUrl {
    const EXPECTED: &'static str = "sled: and a folder, such as \"sled:data\", or the address of a PostgreSQL database";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix("postgres:").or_else(|| text.strip_prefix("postgresql:")) {
            let at_fault = match rest.strip_prefix("//") {
                None => Some("the address of a database begins with postgres://"),
                Some("") => Some("this address names no database"),
                Some(rest) if rest.contains(|c: char| c.is_control() || c.is_whitespace()) => {
                    Some("this address has a space in it; %20 stands for one")
                }
                Some(rest) if !ports(rest).all(|port| port.is_empty() || port.parse::<u16>().is_ok_and(|port| port > 0)) => {
                    Some("the port of this address is no number from 1 to 65535")
                }
                Some(_) => None,
            };
            return at_fault.map_or_else(|| Ok(Self(text.to_owned())), |why| Err(Wrong::new(why)));
        }
        let folder = text.strip_prefix("sled:").ok_or_else(|| Wrong::new("this is no store"))?;
        if folder.is_empty() {
            return Err(Wrong::new("this store has no folder"));
        }
        if folder.starts_with("//") {
            return Err(Wrong::new("a folder begins with one / or with none"));
        }
        if folder.contains(|c: char| c.is_control()) {
            return Err(Wrong::new("this folder's name has a control character"));
        }
        Ok(Self(text.to_owned()))
    }
}

/// The ports of a database's address: it may name several hosts, `user@a:5432,b:5432/database`.
fn ports(rest: &str) -> impl Iterator<Item = &str> {
    let hosts = rest.split_once('@').map_or(rest, |(_, hosts)| hosts);
    let hosts = hosts.split(['/', '?']).next().unwrap_or_default();
    // Colons between [ and ] are those of an IPv6 address.
    hosts.split(',').filter_map(|host| host.rsplit_once(']').map_or(host, |(_, port)| port).split_once(':').map(|(_, port)| port))
}

schema!(StoreUrl, { "type": "string", "pattern": r"^\s*(sled:.|postgres(ql)?://.)|\$\{" });

/// A range of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) struct Network(pub(in crate::config) IpNet);

impl FromText for Network {
    const EXPECTED: &'static str = "a range of addresses such as \"10.0.0.0/8\" or \"fd00::/8\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let text = text.trim();
        let all = |ip: std::net::IpAddr| if ip.is_ipv4() { 32 } else { 128 };
        let wrong = || {
            let single = text.parse().ok().map(|ip| format!("one address alone has /{} behind it", all(ip)));
            Wrong::new("this is no range of addresses").help(single)
        };
        text.parse::<IpNet>().map(|range| Self(range.trunc())).map_err(|_| wrong())
    }
}

schema!(Network, { "type": "string", "pattern": r"/[0-9]{1,3}\s*$|\$\{" });

/// A name server: its address, and its port where that is not 53.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::config) struct NameServer(pub(in crate::config) SocketAddr);

impl FromText for NameServer {
    const EXPECTED: &'static str = "the address of a name server such as \"10.0.0.53\" or \"127.0.0.1:5353\"";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        let text = text.trim();
        let address = text.parse().ok().or_else(|| Some(SocketAddr::new(text.parse().ok()?, 53)));
        address.map(Self).ok_or_else(|| Wrong::new("this is no address of a name server"))
    }
}

schema!(NameServer, { "type": "string", "pattern": r"^\s*[\[0-9a-fA-F:.]|\$\{" });

/// Additional request headers, in the file's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::config) struct Headers(pub(in crate::config) Vec<(String, String)>);

/// Headers that polling itself sets; another value would break a request or its meaning.
const OWN_HEADERS: [&str; 14] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "if-modified-since",
    "if-none-match",
    "keep-alive",
    "proxy-connection",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

impl Value for Headers {
    fn read(value: Spanned<DeValue<'_>>, path: &str, reader: &mut Reader<'_>) -> Option<Self> {
        let mut headers: Vec<(At<String>, String)> = Vec::new();
        let mut sound = true;
        for (key, value) in in_order(Table::open(value, path, reader)?.into_rest()) {
            let name = key.get_ref().to_string();
            let inner = joined(path, &name);
            let value = HeaderValue::read(value, &inner, reader);
            let twin = headers.iter().find(|(other, _)| other.value.eq_ignore_ascii_case(&name));
            let wrong = match twin {
                Some((twin, _)) => Some(Wrong::new("this header is given twice").also(twin.span.clone(), "first here")),
                None => wrong_header(&name),
            };
            match (wrong, value) {
                (None, Some(HeaderValue(value))) => headers.push((At { value: name, span: key.span() }, value)),
                (wrong, _) => {
                    sound = false;
                    wrong.into_iter().for_each(|wrong| reader.error(&key.span(), wrong));
                }
            }
        }
        sound.then(|| Self(headers.into_iter().map(|(name, value)| (name.value, value)).collect()))
    }
}

/// What is wrong with a header's name, if anything is.
fn wrong_header(name: &str) -> Option<Wrong> {
    // RFC 9110, 5.6.2: a token.
    let token = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(token) {
        return Some(Wrong::new(format!("{} is no name of a header", quoted(name))).expected("a name such as Authorization"));
    }
    let own = OWN_HEADERS.iter().any(|own| name.eq_ignore_ascii_case(own));
    own.then(|| Wrong::new(format!("the header {} is set by polling itself", quoted(name))))
}

schema!(Headers, {
    "type": "object",
    "propertyNames": { "pattern": r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" },
    "additionalProperties": { "type": "string" }
});

/// A header's value.
struct HeaderValue(String);

impl FromText for HeaderValue {
    const EXPECTED: &'static str = "a header's value in ASCII";

    fn from_text(text: &str) -> Result<Self, Wrong> {
        if text.bytes().all(|b| b == b'\t' || b == b' ' || b.is_ascii_graphic()) {
            Ok(Self(text.trim().to_owned()))
        } else {
            Err(Wrong::new("a header can't carry a line break or a letter beyond ASCII"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::value::accepts;

    #[test]
    fn sources_are_fetched_over_http() {
        accepts::<HttpUrl>(
            &["https://example.vn/rss", "HTTP://báo.vn/tin?x=1#y", "http://127.0.0.1:8080", "http://[::1]/"],
            &[
                "",
                "example.vn/rss",
                "/rss",
                "ftp://example.vn",
                "file:///etc/passwd",
                "https://",
                "https://a b/",
                "https://u:p@example.vn/",
                "https://u@example.vn/",
            ],
        );
    }

    #[test]
    fn what_an_address_lacks_is_named() {
        for (text, said, help) in [
            ("a.vn/rss", "does not begin with https://", Some("did you mean `https://a.vn/rss`?")),
            ("//a.vn/rss", "does not begin with https://", Some("did you mean `https://a.vn/rss`?")),
            ("https//a.vn/rss", "does not begin with https://", Some("did you mean `https://a.vn/rss`?")),
            ("a.vn:8080/rss", "does not begin with https://", Some("did you mean `https://a.vn:8080/rss`?")),
            ("yes", "does not begin with https://", None),
            ("", "empty", None),
            ("https://", "no host", None),
            ("https://a.vn:http/", "port", None),
            ("ftp://a.vn/", "neither http nor https", None),
        ] {
            let wrong = HttpUrl::from_text(text).expect_err(text);
            assert!(wrong.message.contains(said), "{text}: {}", wrong.message);
            assert_eq!(wrong.help.as_deref(), help, "{text}");
        }
    }

    #[test]
    fn what_nobody_sees_in_an_address_is_named() {
        for (text, place) in [("https://a.vn/rss\u{200B}", "at the end of"), ("https://a.vn/\u{A0}rss", "after 13 characters of")]
        {
            let wrong = HttpUrl::from_text(text).expect_err(text);
            assert!(wrong.message.contains(place) && wrong.letter.is_some(), "{}", wrong.message);
        }
        assert!(HttpUrl::from_text("https://a.vn/rss\u{A0}").is_ok(), "spaces around an address mean nothing");
    }

    #[test]
    fn a_proxy_is_a_host_and_a_port() {
        accepts::<ProxyUrl>(
            &["http://10.0.0.5:3128", "https://u:p@proxy.vn/"],
            &["", "proxy.vn:3128", "socks5://a.vn", "http://a.vn/x", "http://a.vn/?x"],
        );
    }

    #[test]
    fn the_public_address_is_a_folder() {
        for (text, want) in [
            ("https://tin.example.vn", "https://tin.example.vn/"),
            ("https://tin.example.vn/", "https://tin.example.vn/"),
            ("https://example.vn/tin", "https://example.vn/tin/"),
        ] {
            assert_eq!(PublicUrl::from_text(text).map(|url| url.0.to_string()).as_deref(), Ok(want));
        }
        accepts::<PublicUrl>(&[], &["https://example.vn/?a", "https://example.vn/#a", "tin.example.vn"]);
    }

    #[test]
    fn places_to_listen_have_a_port() {
        accepts::<Listen>(
            &["127.0.0.1:8080", "0.0.0.0:0", "[::]:80", "localhost:8080"],
            &[
                "",
                "8080",
                ":8080",
                "127.0.0.1",
                "127.0.0.1:",
                "127.0.0.1:+80",
                "127.0.0.1:65536",
                "::1:80",
                "a b:80",
                "http://a:80",
            ],
        );
    }

    #[test]
    fn contacts_are_pages_or_mail() {
        accepts::<Contact>(
            &["https://tin.example.vn/liên-hệ", "mailto:tin@example.vn", "tin@example.vn"],
            &["", "tin", "@example.vn", "tin@", "a b@example.vn", "tin@example.vn\r\nX: y", "ftp://example.vn"],
        );
    }

    #[test]
    fn stores_are_folders_or_databases() {
        accepts::<StoreUrl>(
            &[
                "sled:data",
                "sled:/var/lib/diemtin",
                "sled:./a b",
                "postgres://u@h/db",
                "postgresql:///db?host=/run/postgresql",
                "postgres://u:p:q@[::1]:5432/db",
                "postgres://u@a:1,b:2/db",
            ],
            &[
                "",
                "data",
                "sled:",
                "sled://data",
                "sqlite:x",
                "postgres:",
                "postgres:db",
                "postgres://",
                "postgres://h/a b",
                "postgres://u@host:abc/db",
                "postgres://u@a:1,b:70000/db",
                "postgres://[::1]:x/db",
            ],
        );
        let wrong = StoreUrl::from_text("postgres://u:secret @h/db").expect_err("a space");
        assert!(wrong.message.contains("%20") && !wrong.message.contains("secret"));
    }

    #[test]
    fn networks_are_ranges() {
        accepts::<Network>(&["10.0.0.0/8", "127.0.0.1/32", "fd00::/8"], &["", "10.0.0.1", "10.0.0.0/33", "localhost"]);
        accepts::<NameServer>(
            &["10.0.0.53", "127.0.0.1:5353", "::1", "[::1]:53"],
            &["", "dns.example.vn", "10.0.0", "::1:99999"],
        );
        assert_eq!(NameServer::from_text("10.0.0.53"), NameServer::from_text("10.0.0.53:53"));
        assert_eq!(Network::from_text("10.1.2.3/8"), Network::from_text("10.0.0.0/8"));
        let wrong = Network::from_text("::1").expect_err("one address");
        assert_eq!(wrong.help.as_deref(), Some("one address alone has /128 behind it"));
    }

    #[test]
    fn headers_are_sent_as_they_are() {
        accepts::<HeaderValue>(&["Bearer x", "", "a\tb"], &["a\nb", "é", "a\0"]);
        assert!(wrong_header("X-Key").is_none());
        for bad in ["", "X Key", "X:", "Khóa", "host", "If-None-Match"] {
            assert!(wrong_header(bad).is_some(), "{bad}");
        }
    }
}
