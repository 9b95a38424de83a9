//! Canonical links: one text for every address of one article. It is compared, never shown or fetched.

use unicode_normalization::UnicodeNormalization;
use url::Url;

/// Parameters that say where a reader came from, and name no article. Those that end in `*` are beginnings.
const TRACKING: [&str; 33] = [
    "utm_*",       // Google Analytics' campaign parameters
    "fbclid",      // Facebook
    "gclid",       // Google Ads
    "dclid",       // Google Display
    "gbraid",      // Google Ads on iOS
    "wbraid",      // Google Ads on iOS
    "msclkid",     // Microsoft Ads
    "yclid",       // Yandex
    "twclid",      // Twitter
    "ttclid",      // TikTok
    "igshid",      // Instagram
    "zarsrc",      // Zalo
    "zalo_*",      // Zalo
    "vnn_source",  // VietNamNet's own
    "vnn_medium",  // VietNamNet's own
    "vn_source",   // VietNamNet's own
    "vn_medium",   // VietNamNet's own
    "vn_campaign", // VietNamNet's own
    "vn_term",     // VietNamNet's own
    "mc_cid",      // Mailchimp
    "mc_eid",      // Mailchimp
    "_ga",         // Google Analytics
    "_gl",         // Google Analytics
    "cmpid",       // campaigns
    "spm",         // Alibaba
    "ref_src",     // Twitter
    "mibextid",    // Facebook's apps
    "si",          // YouTube, Spotify
    "gidzl",       // Zalo's links
    "fb_*",        // Facebook's comments
    "phpsessid",   // a session's number
    "sessionid",   // a session's number
    "_x_tr_*",     // Google Translate
];

/// Parameters that name no article where the path does (`/bai-123456.html?src=…`). Elsewhere they may (`/view?src=5`).
const BESIDE_A_NAME: [&str; 10] = ["ref", "src", "source", "from", "f", "print", "page", "view", "theme", "share"];

/// Beginnings of hosts that show the same articles for other devices.
const DEVICES: [&str; 5] = ["www.", "m.", "mobile.", "wap.", "amp."];

fn is_tracking(name: &str, patterns: &[&str]) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *pattern,
    })
}

/// The canonical form of an article's address, such as `example.vn/tin/bai-1.html?id=5`. Scheme, `www.` and `m.`, the default
/// port, the fragment, tracking parameters, a trailing slash, the order of parameters, percent-encoding and AMP make no difference;
/// parameters that name the article do, even without a value (`?6912398`). `tracking` are parameters of the source's own that name no
/// article; those that end in `*` are beginnings. `None` for the front page of a site, which is no article.
pub fn canonical(address: &str, tracking: &[String]) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let mut out = bare_host(url.host_str()?).to_owned();
    let other_scheme_port = matches!((url.scheme(), url.port()), ("http", Some(443)) | ("https", Some(80)));
    if let Some(port) = url.port().filter(|_| !other_scheme_port) {
        out.push_str(&format!(":{port}"));
    }
    let path = path(&url);
    let own: Vec<String> = tracking.iter().map(|name| name.to_ascii_lowercase()).collect();
    let own: Vec<&str> = own.iter().map(String::as_str).collect();
    let beside: &[&str] = if names_an_article(&path) { &BESIDE_A_NAME } else { &[] };
    let mut parameters: Vec<String> = url.query().unwrap_or_default().split('&').filter(|p| !p.is_empty()).map(decoded).collect();
    parameters.retain(|parameter| {
        let name = parameter.split('=').next().unwrap_or(parameter).to_ascii_lowercase();
        let is_amp = name == "amp" || parameter.eq_ignore_ascii_case("outputType=amp");
        !is_amp && [&TRACKING[..], beside, &own].iter().all(|patterns| !is_tracking(&name, patterns))
    });
    parameters.sort_unstable();
    if path.is_empty() && parameters.is_empty() {
        return None;
    }
    out.push_str(&path);
    if !parameters.is_empty() {
        out.push('?');
        out.push_str(&parameters.join("&"));
    }
    Some(out)
}

fn bare_host(host: &str) -> &str {
    let host = host.trim_end_matches('.');
    let bare = DEVICES.iter().find_map(|prefix| host.strip_prefix(prefix)).filter(|rest| rest.contains('.'));
    bare.map_or(host, bare_host)
}

/// The path without a slash at its end, without a session's number and without the marks of AMP.
fn path(url: &Url) -> String {
    let path = decoded(url.path());
    let path = path.split(";jsessionid=").next().unwrap_or_default().trim_end_matches('/');
    let path = path.strip_suffix("/amp").unwrap_or(path);
    let path = path.strip_prefix("/amp/").map_or_else(|| path.to_owned(), |rest| format!("/{rest}"));
    match path.rsplit_once('.') {
        Some((name, "amp" | "htm")) => format!("{name}.html"),
        _ => path,
    }
}

/// Whether a path names an article by itself: it ends like a page, and a number stands in its last part.
fn names_an_article(path: &str) -> bool {
    /// Digits of an article's number; a chapter's or a year's has fewer.
    const DIGITS: usize = 5;
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_page = [".html", ".chn", ".vnp", ".vov", ".tpo", ".ldo", ".antd"].iter().any(|end| last.ends_with(end));
    is_page && last.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() >= DIGITS)
}

/// A text without percent-encoding, in NFC, but for the characters that part an address; `+` is a blank. What is no UTF-8 stays encoded, in
/// capitals (RFC 3986, section 6.2.2).
fn decoded(text: &str) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let code = (*first == b'%').then(|| std::str::from_utf8(after.get(..2)?).ok()).flatten();
        match code.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) if !matches!(byte, b'/' | b'?' | b'#' | b'%' | b'&' | b'=' | b';' | 0..=0x20 | 0x7F) => {
                bytes.push(byte);
                rest = &after[2..];
                continue;
            }
            Some(b' ') => {
                bytes.push(b'+');
                rest = &after[2..];
                continue;
            }
            _ => bytes.push(*first),
        }
        rest = after;
    }
    match String::from_utf8(bytes) {
        Ok(text) => text.nfc().collect(),
        Err(_) => with_capital_codes(text),
    }
}

/// A text with the hexadecimal digits of its percent-encoding in capitals.
fn with_capital_codes(text: &str) -> String {
    let mut digits = 0;
    let capital = |c: char| {
        let code = digits > 0 && c.is_ascii_hexdigit();
        digits = if c == '%' {
            2
        } else if code {
            digits - 1
        } else {
            0
        };
        if code { c.to_ascii_uppercase() } else { c }
    };
    text.chars().map(capital).collect()
}

#[cfg(test)]
mod tests {
    fn canonical(address: &str) -> Option<String> {
        super::canonical(address, &[])
    }

    #[test]
    fn one_article_has_one_form() {
        let expected = canonical("https://baoan.example.vn/tin/bai-1.html").expect("an article");
        for same in [
            "http://baoan.example.vn/tin/bai-1.html",
            "https://www.baoan.example.vn/tin/bai-1.html",
            "https://m.baoan.example.vn/tin/bai-1.html/",
            "https://BAOAN.example.vn:443/tin/bai-1.html#binh-luan",
            "https://baoan.example.vn/tin/bai-1.html?utm_source=Home&utm_medium=PC",
            "https://baoan.example.vn/tin/bai-1.html?vnn_source=x&fbclid=y",
            "https://baoan.example.vn/tin/bai-1.html?amp=1",
            "https://amp.baoan.example.vn/tin/bai-1.html",
            "https://baoan.example.vn/tin/bai-1.html/amp",
            "https://baoan.example.vn/amp/tin/bai-1.html",
            "https://baoan.example.vn/tin/bai-1.amp",
            "https://baoan.example.vn/tin/bai-1.htm",
            "https://www.m.baoan.example.vn/tin/b%61i-1.html;jsessionid=5A",
        ] {
            assert_eq!(canonical(same).as_deref(), Some(expected.as_str()), "{same}");
        }
        assert_eq!(canonical("https://a.vn/x?b=2&a=1"), canonical("https://a.vn/x?a=1&b=2&"));
        for (a, b) in [
            ("https://a.vn/%c4%91i%e1%bb%87n-anh", "https://a.vn/điện-anh"),
            ("https://a.vn/tie%CC%82%CC%81ng", "https://a.vn/tiếng"),
            ("https://a.vn/x?q=hai+ba", "https://a.vn/x?q=hai%20ba"),
            ("https://báo.vn/x", "https://xn--bo-mia.vn/x"),
            ("https://a.vn/tin-tuc-123456.html?src=trang-chu&page=1", "https://a.vn/tin-tuc-123456.html"),
            ("https://a.vn/%ff%fe", "https://a.vn/%FF%FE"),
        ] {
            assert_eq!(canonical(a), canonical(b), "{a} / {b}");
        }
        let own = ["cid".to_owned(), "bao_*".to_owned()];
        assert_eq!(super::canonical("https://a.vn/x?CID=1&bao_nguon=2&id=3", &own).as_deref(), Some("a.vn/x?id=3"));
    }

    #[test]
    fn what_names_the_article_stays() {
        for (a, b) in [
            ("https://a.vn/modules.php?name=News&sid=1", "https://a.vn/modules.php?name=News&sid=2"),
            ("https://a.gov.vn/view?6912398", "https://a.gov.vn/view?6912399"),
            ("https://a.vn:8080/x", "https://a.vn/x"),
            ("https://tinh.a.vn/x", "https://a.vn/x"),
            ("https://a.vn/Bai", "https://a.vn/bai"),
            ("https://a.gov.vn/Pages/tin.aspx?ItemID=1", "https://a.gov.vn/Pages/tin.aspx?ItemID=2"),
            ("https://a.gov.vn/tin.html?Cat=1", "https://a.gov.vn/tin.html?Cat=2"),
            ("https://a.vn/xem?src=1", "https://a.vn/xem?src=2"),
            ("https://a.vn/a%2Fb", "https://a.vn/a/b"),
            ("https://a.vn/x?a=1%26b=2", "https://a.vn/x?a=1&b=2"),
            ("https://a.vn/bai-1.html", "https://a.vn/bai-1.aspx"),
            ("https://a.vn/%ff/Bai", "https://a.vn/%ff/bai"),
        ] {
            assert_ne!(canonical(a), canonical(b));
        }
    }

    #[test]
    fn a_front_page_is_no_article() {
        for front in ["https://a.vn/", "https://a.vn", "https://www.a.vn/?utm_source=rss", "mailto:x@a.vn"] {
            assert_eq!(canonical(front), None, "{front}");
        }
    }
}
