//! Links that lead away from the source's site: taken out where `link_hosts` says where they may lead, told where it says nothing.

use std::collections::BTreeSet;

use url::Url;

use crate::model::{Document, Note, NoteKind, is_same_site};
use crate::text::clip;

/// Other sites that are named.
const MOST_NAMED: usize = 5;

/// Looks where the links of a document lead whose source is at `home`. `allowed` are the hosts that they may lead to beside the source's site, as
/// they stand in addresses; where there is none they may lead anywhere, and a note tells where they do. A link that leads elsewhere goes, and
/// the entry's words stay.
pub fn keep_links(document: &mut Document, home: &Url, allowed: &[String]) {
    let mut elsewhere: BTreeSet<String> = BTreeSet::new();
    let mut count = 0;
    for (place, entry) in document.entries.iter_mut().enumerate() {
        let Some(url) = entry.url.as_deref().and_then(|url| Url::parse(url).ok()) else { continue };
        if is_same_site(home, &url) || is_allowed(&url, allowed) {
            continue;
        }
        if allowed.is_empty() {
            count += 1;
            elsewhere.insert(url.host_str().unwrap_or_default().to_owned());
            continue;
        }
        let message =
            format!("the address “{}” leads to a host that `link_hosts` does not name, and is left out", clip(url.as_str(), 80));
        document.notes.push(Note { kind: NoteKind::Elsewhere, message, entry: Some(place) });
        entry.url = None;
    }
    if count > 0 {
        let named: Vec<&str> = elsewhere.iter().take(MOST_NAMED).map(String::as_str).collect();
        let more = if elsewhere.len() > MOST_NAMED { " …" } else { "" };
        let (all, home) = (document.entries.len(), home.host_str().unwrap_or_default());
        let message = format!(
            "{count} of {all} links lead to other sites than {home} ({}{more}); `link_hosts` can say where they may lead",
            named.join(", ")
        );
        document.notes.push(Note { kind: NoteKind::Elsewhere, message, entry: None });
    }
}

/// Whether an address's host is one of these, or lies below one.
fn is_allowed(url: &Url, allowed: &[String]) -> bool {
    let host = url.host_str().unwrap_or_default().trim_end_matches('.');
    allowed.iter().any(|name| host == name || host.strip_suffix(name.as_str()).is_some_and(|rest| rest.ends_with('.')))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;
    use crate::flow::parse::{Input, parse};

    const LINKS: [&str; 7] = [
        "https://tuoitre.vn/bai-1.html",
        "https://www.tuoitre.vn/bai-2.html",
        "https://video.tuoitre.vn/bai-3.html",
        "https://tuoitre.vn.evil.com/bai-4.html",
        "https://tuoitrе.vn/bai-5.html",
        "https://ttxvn.org.vn./bai-6.html",
        "https://xttxvn.org.vn/bai-7.html",
    ];

    fn kept(allowed: &[&str]) -> (Vec<usize>, Vec<Note>) {
        let items: String =
            LINKS.iter().enumerate().map(|(n, l)| format!("<item><title>Tin {n}</title><link>{l}</link></item>")).collect();
        let text = format!("<rss version=\"2.0\"><channel>{items}</channel></rss>");
        let home: Url = "https://tuoitre.vn/rss".parse().expect("an address");
        let input = Input {
            bytes: text.as_bytes(),
            content_type: None,
            base: &home,
            timezone: &TimeZone::UTC,
            encoding: None,
            select: None,
            now: jiff::Timestamp::UNIX_EPOCH,
        };
        let mut document = parse(input).expect("a feed");
        let allowed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        keep_links(&mut document, &home, &allowed);
        let kept = (0..LINKS.len()).filter(|n| document.entries[*n].url.is_some()).collect();
        (kept, document.notes)
    }

    #[test]
    fn a_link_leads_to_the_source_or_where_it_may() {
        let (links, notes) = kept(&["ttxvn.org.vn"]);
        assert_eq!(links, [0, 1, 2, 5], "no host that only begins, ends or looks like one");
        assert_eq!(notes.iter().map(|note| note.entry).collect::<Vec<_>>(), [Some(3), Some(4), Some(6)]);
        assert_eq!(kept(&["evil.com"]).0, [0, 1, 2, 3]);
    }

    #[test]
    fn without_a_list_links_stay_and_are_told() {
        let (links, notes) = kept(&[]);
        assert_eq!((links.len(), notes.len()), (LINKS.len(), 1));
        let Note { kind, message, entry } = &notes[0];
        assert_eq!((*kind, *entry), (NoteKind::Elsewhere, None));
        assert!(
            message.starts_with("4 of 7 links") && message.contains("tuoitre.vn.evil.com") && message.contains("xn--"),
            "{message}"
        );
    }
}
