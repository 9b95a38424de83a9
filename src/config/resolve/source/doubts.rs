//! What a source can say, but hardly means: each a warning.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::ops::Range;
use std::time::Duration;

use ipnet::IpNet;
use url::{Host, Url};

use crate::config::fault::{Wrong, quoted};
use crate::config::raw;
use crate::config::read::{At, Reader};
use crate::config::value::{HttpUrl, Interval, Text};
use crate::model::{FetchSettings, Slug};
use crate::text::words;

/// Whoever asks a stranger more often than this is likely to be shut out.
const HASTY: Duration = Duration::from_secs(60);

/// What was seen of the sources before.
#[derive(Default)]
pub(super) struct Doubts<'a> {
    /// Addresses without what seldom makes a difference, each with its source and its place.
    addresses: HashMap<String, (&'a Slug, &'a At<HttpUrl>)>,
    /// The spellings of each place.
    places: HashMap<String, Vec<(&'a str, &'a Range<usize>)>>,
}

impl<'a> Doubts<'a> {
    /// Warns of what is doubtful about a source.
    pub(super) fn check(&mut self, id: &'a Slug, source: &'a raw::Source, fetch: &FetchSettings, reader: &mut Reader<'_>) {
        let url = source.url.given().or(source.page.given());
        if let Some(url) = url {
            self.twin(id, url, reader);
        }
        if let Some(place) = source.place.given() {
            self.spelling(place, reader);
        }
        if !source.enabled.or(true) {
            return;
        }
        if let Some(url) = url.filter(|url| is_inside(&url.value.0) && !is_opened(&url.value.0, &fetch.private_networks)) {
            let wrong = Wrong::new("this address is not public, so nothing is fetched from it");
            let help = "`private_networks` of [fetch] can open it, such as [\"10.0.0.0/8\"], or [\"127.0.0.0/8\", \"::1/128\"] for localhost";
            reader.warn(&url.span, wrong.help(help.to_owned()));
        }
        let is_own = url.is_some_and(|url| is_opened(&url.value.0, &fetch.private_networks));
        if let Some(every) = source.every.given().filter(|every| !is_own && every.value.0 < HASTY.min(fetch.min_every)) {
            let wrong = Wrong::new("a site that is asked so often is likely to shut us out");
            let learned = format!("without `every` it is asked no more often than every {}", Interval(fetch.min_every));
            reader.warn(&every.span, wrong.help(learned));
        }
    }

    /// Warns of an address that another source has, too, but for what seldom makes a difference.
    fn twin(&mut self, id: &'a Slug, url: &'a At<HttpUrl>, reader: &mut Reader<'_>) {
        match self.addresses.get(&bare(&url.value.0)) {
            // The very same address is an error.
            Some((_, first)) if sent(&first.value.0) == sent(&url.value.0) => {}
            Some((first, at)) => {
                let [first, second] = [first.as_str(), id.as_str()].map(quoted);
                let wrong = Wrong::new(format!("the sources {first} and {second} are likely the same"));
                let help = "their addresses differ only in http or https, `www.`, or a slash at the end".to_owned();
                reader.warn(&url.span, wrong.help(help).also(at.span.clone(), format!("the address of {first}")));
            }
            None => {
                self.addresses.insert(bare(&url.value.0), (id, url));
            }
        }
    }

    /// Warns of a place that is spelt in another way than before: feeds choose by the exact name.
    fn spelling(&mut self, place: &'a At<Text>, reader: &mut Reader<'_>) {
        let spellings = self.places.entry(words(&place.value.0)).or_default();
        if spellings.iter().any(|(spelling, _)| *spelling == place.value.0) {
            return;
        }
        if let Some((_, first)) = spellings.first() {
            let wrong = Wrong::new("this place is spelt in another way elsewhere, so the two are different places");
            let help = "capitals, signs and the place of a tone count".to_owned();
            reader.warn(&place.span, wrong.help(help).also((*first).clone(), "spelt so here"));
        }
        spellings.push((&place.value.0, &place.span));
    }
}

/// An address as it is sent: without its fragment.
pub(super) fn sent(url: &Url) -> Url {
    let mut url = url.clone();
    url.set_fragment(None);
    url
}

/// An address without its scheme, `www.` and a slash at its end.
fn bare(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let port = url.port().map_or(String::new(), |port| format!(":{port}"));
    format!("{host}{port}{}?{}", url.path().trim_end_matches('/'), url.query().unwrap_or_default())
}

/// Whether an address itself says that it leads to this machine or into a private network. `edge::fetch::guard` decides when it is
/// connected to, and closes more.
fn is_inside(url: &Url) -> bool {
    match address(url) {
        Some(IpAddr::V4(v4)) => v4.is_private() || v4.is_loopback() || v4.is_unspecified() || v4.is_link_local(),
        Some(IpAddr::V6(v6)) => v6.is_loopback() || v6.is_unspecified() || v6.is_unique_local() || v6.is_unicast_link_local(),
        None => false,
    }
}

fn is_opened(url: &Url, opened: &[IpNet]) -> bool {
    address(url).is_some_and(|address| opened.iter().any(|network| network.contains(&address)))
}

/// The address that a URL names without asking a name server.
fn address(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(v4) => Some(v4.into()),
        Host::Ipv6(v6) => Some(IpAddr::from(v6).to_canonical()),
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            (name == "localhost" || name.ends_with(".localhost")).then_some(Ipv4Addr::LOCALHOST.into())
        }
    }
}
