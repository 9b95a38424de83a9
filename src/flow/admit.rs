//! Who may see `/admin`, and from where it may be told to do something: what the headers of a request say, held against the token.

use base64::prelude::{BASE64_STANDARD, Engine};
use url::Url;

use crate::model::Secret;

/// What the headers of a request say of who sends it, and from where.
#[derive(Clone, Copy, Debug, Default)]
pub struct Caller<'a> {
    /// `Authorization`
    pub authorization: Option<&'a str>,
    /// `Sec-Fetch-Site`
    pub site: Option<&'a str>,
    /// `Origin`
    pub origin: Option<&'a str>,
    /// `Host`
    pub host: Option<&'a str>,
}

impl Caller<'_> {
    /// Whether he has the token: as the password of Basic (RFC 7617), whatever the name, or as a Bearer (RFC 6750). It takes the same time wherever
    /// what he has differs: hashes are compared, and blake3 does that in constant time.
    pub fn has(&self, token: &Secret) -> bool {
        let given = self.authorization.and_then(password);
        given.is_some_and(|given| blake3::hash(&given) == blake3::hash(token.0.as_bytes()))
    }

    /// Whether a request that changes something comes from a page of ours, or from no page at all: browsers send a password that they know along with
    /// anybody's form. `ours` is the public address, for proxies that pass on another host.
    pub fn comes_from(&self, ours: &Url) -> bool {
        match (self.site, self.origin) {
            (Some(site), _) => matches!(site, "same-origin" | "none"),
            (None, Some(origin)) => {
                let is_host = || Some(origin.split_once("://")?.1.eq_ignore_ascii_case(self.host?));
                origin == ours.origin().ascii_serialization() || is_host() == Some(true)
            }
            // Whoever sends neither is no browser of these years; and none sends a Bearer by itself.
            (None, None) => self.authorization.is_some_and(|said| scheme(said).is_some_and(|(scheme, _)| scheme == "bearer")),
        }
    }
}

/// The token that credentials hold.
fn password(authorization: &str) -> Option<Vec<u8>> {
    let (scheme, credentials) = scheme(authorization)?;
    match &*scheme {
        "bearer" => Some(credentials.as_bytes().to_vec()),
        "basic" => {
            let decoded = BASE64_STANDARD.decode(credentials).ok()?;
            let colon = decoded.iter().position(|&byte| byte == b':')?;
            Some(decoded[colon + 1..].to_vec())
        }
        _ => None,
    }
}

/// The scheme of credentials, in small letters, and what comes with it.
fn scheme(authorization: &str) -> Option<(String, &str)> {
    let (scheme, credentials) = authorization.trim().split_once(' ')?;
    Some((scheme.to_ascii_lowercase(), credentials.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef:x";

    fn has(authorization: &str) -> bool {
        let caller = Caller { authorization: Some(authorization), ..Caller::default() };
        caller.has(&Secret(TOKEN.to_owned()))
    }

    fn basic(credentials: impl AsRef<[u8]>) -> String {
        format!("Basic {}", BASE64_STANDARD.encode(credentials))
    }

    #[test]
    fn the_token_is_the_password_of_any_name_or_a_bearer() {
        for right in [basic(format!("admin:{TOKEN}")), basic(format!(":{TOKEN}")), basic(format!("quản trị:{TOKEN}"))] {
            assert!(has(&right) && has(&right.replace("Basic", "bAsIc ")), "{right}");
        }
        assert!(has(&format!("Bearer {TOKEN}")) && has(&format!("bearer  {TOKEN} ")));
        let cut = &TOKEN[..TOKEN.len() - 1];
        for wrong in [
            String::new(),
            TOKEN.to_owned(),
            format!("Digest {TOKEN}"),
            "Bearer".to_owned(),
            "Bearer ".to_owned(),
            format!("Bearer {cut}"),
            format!("Bearer {TOKEN}x"),
            format!("Basic admin:{TOKEN}"),
            basic(TOKEN),
            basic(format!("{TOKEN}:admin")),
            basic(format!("admin:{cut}")),
            basic(b"\xff"),
            "Basic =".to_owned(),
        ] {
            assert!(!has(&wrong), "{wrong}");
        }
        assert!(!Caller::default().has(&Secret(TOKEN.to_owned())));
        assert!(!Caller { authorization: Some("Bearer "), ..Caller::default() }.has(&Secret(String::new())), "no token is none");
    }

    #[test]
    fn only_a_page_of_ours_may_ask_for_something() {
        let ours = Url::parse("https://tin.example.vn/tin/").expect("an address");
        let basic = basic(format!("admin:{TOKEN}"));
        let bearer = format!("Bearer {TOKEN}");
        for (site, origin, host, authorization, may) in [
            (Some("same-origin"), Some("https://tin.example.vn"), Some("tin.example.vn"), &basic, true),
            (Some("none"), None, Some("tin.example.vn"), &basic, true),
            (Some("cross-site"), Some("https://tin.example.vn"), Some("tin.example.vn"), &basic, false),
            (Some("same-site"), Some("https://khac.example.vn"), Some("tin.example.vn"), &bearer, false),
            (None, Some("http://10.0.0.5:8080"), Some("10.0.0.5:8080"), &basic, true),
            (None, Some("https://tin.example.vn"), Some("127.0.0.1:8080"), &basic, true),
            (None, Some("https://evil.example"), Some("tin.example.vn"), &basic, false),
            (None, Some("https://evil.example"), Some("tin.example.vn"), &bearer, false),
            (None, Some("https://tin.example.vn.evil.example"), Some("tin.example.vn"), &basic, false),
            (None, Some("null"), Some("null"), &basic, false),
            (None, Some("https://tin.example.vn:8443"), Some("tin.example.vn"), &basic, false),
            (None, None, Some("tin.example.vn"), &basic, false),
            (None, None, Some("tin.example.vn"), &bearer, true),
        ] {
            let caller = Caller { authorization: Some(authorization), site, origin, host };
            assert_eq!(caller.comes_from(&ours), may, "{caller:?}");
        }
    }
}
