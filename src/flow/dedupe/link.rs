//! Canonical links: one text for every address of one article. It is compared, never shown or fetched.

use url::Url;

/// Parameters that say where a reader came from, and name no article. Those that end in `*` are beginnings.
const TRACKING: [&str; 26] = [
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
];

fn is_tracking(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    TRACKING.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == *pattern,
    })
}

/// The canonical form of an article's address, such as `example.vn/tin/bai-1.html?id=5`. Scheme, `www.` and `m.`, the default
/// port, the fragment, tracking parameters, a trailing slash and the order of parameters make no difference; parameters that
/// name the article do, even without a value (`?6912398`). `None` for the front page of a site, which is no article.
pub fn canonical(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    let host = url.host_str()?.trim_end_matches('.');
    let bare = ["www.", "m."].iter().find_map(|prefix| host.strip_prefix(prefix)).filter(|rest| rest.contains('.'));
    let mut out = bare.unwrap_or(host).to_owned();
    let other_scheme_port = matches!((url.scheme(), url.port()), ("http", Some(443)) | ("https", Some(80)));
    if let Some(port) = url.port().filter(|_| !other_scheme_port) {
        out.push_str(&format!(":{port}"));
    }
    out.push_str(url.path().trim_end_matches('/'));
    let mut parameters: Vec<&str> = url.query().unwrap_or_default().split('&').filter(|p| !p.is_empty()).collect();
    parameters.retain(|p| !is_tracking(p.split('=').next().unwrap_or(p)));
    parameters.sort_unstable();
    if url.path().trim_end_matches('/').is_empty() && parameters.is_empty() {
        return None;
    }
    if !parameters.is_empty() {
        out.push('?');
        out.push_str(&parameters.join("&"));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            assert_eq!(canonical(same).as_deref(), Some(expected.as_str()), "{same}");
        }
        assert_eq!(canonical("https://a.vn/x?b=2&a=1"), canonical("https://a.vn/x?a=1&b=2&"));
    }

    #[test]
    fn what_names_the_article_stays() {
        for (a, b) in [
            ("https://a.vn/modules.php?name=News&sid=1", "https://a.vn/modules.php?name=News&sid=2"),
            ("https://a.gov.vn/view?6912398", "https://a.gov.vn/view?6912399"),
            ("https://a.vn:8080/x", "https://a.vn/x"),
            ("https://tinh.a.vn/x", "https://a.vn/x"),
            ("https://a.vn/Bai", "https://a.vn/bai"),
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
