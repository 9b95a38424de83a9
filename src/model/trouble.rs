//! What can go wrong with a source, and what its administrator or ours can do about it.
//!
//! The kind decides when the source is asked again (`flow/schedule/backoff`), names the counter, and gives the second half of the
//! sentence that `poll` and `check --online` tell.

use serde::{Deserialize, Serialize};

/// What went wrong. Stored by its place in this list: new kinds are added at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Trouble {
    /// 429 or 503: the server has too much to do.
    Overloaded,
    /// 410: the feed is no more, and the server means it.
    Gone,
    /// 401, 403 or 451: we are not let in.
    Forbidden,
    /// 404: nothing stands there.
    Missing,
    /// Another 5xx.
    ServerError,
    /// A status that answers no request of ours.
    OddStatus,
    /// The body is larger than `fetch.max_body`.
    TooLarge,
    /// The answer did not come, or not whole, within `fetch.timeout`.
    TooSlow,
    /// The host's name could not be resolved.
    NoSuchHost,
    /// Nobody answers at the address.
    Unreachable,
    /// The connection broke before the answer was whole.
    CutOff,
    /// The answer is no HTTP, or its compression is broken.
    Garbled,
    /// The certificate has expired, or is not valid yet.
    CertificateTime,
    /// The certificate is for another host.
    CertificateHost,
    /// Nobody whom we trust vouches for the certificate.
    CertificateChain,
    /// The server speaks only what is older than TLS 1.2.
    OldTls,
    /// TLS failed for another reason.
    Tls,
    /// The address is one that we do not fetch.
    Closed,
    /// Redirects that lead nowhere.
    Redirects,
    /// The answer is no feed.
    NotAFeed,
    /// robots.txt names us and asks us to stay away.
    Unwelcome,
    /// Our own store failed: nothing is wrong with the source.
    OurStore,
    /// There was no memory left for the body beside those of other sources.
    NoRoom,
    /// The poll ended in a panic, which is a fault of ours.
    BrokeDown,
}

impl Trouble {
    /// Every kind.
    pub const ALL: [Self; 24] = [
        Self::Overloaded,
        Self::Gone,
        Self::Forbidden,
        Self::Missing,
        Self::ServerError,
        Self::OddStatus,
        Self::TooLarge,
        Self::TooSlow,
        Self::NoSuchHost,
        Self::Unreachable,
        Self::CutOff,
        Self::Garbled,
        Self::CertificateTime,
        Self::CertificateHost,
        Self::CertificateChain,
        Self::OldTls,
        Self::Tls,
        Self::Closed,
        Self::Redirects,
        Self::NotAFeed,
        Self::Unwelcome,
        Self::OurStore,
        Self::NoRoom,
        Self::BrokeDown,
    ];

    /// The kind of a status that brings nothing (RFC 9110, section 15).
    pub fn of_status(status: u16) -> Self {
        match status {
            429 | 503 => Self::Overloaded,
            410 => Self::Gone,
            401 | 403 | 451 => Self::Forbidden,
            404 => Self::Missing,
            500..=599 => Self::ServerError,
            _ => Self::OddStatus,
        }
    }

    /// Its name in counters and logs.
    pub fn label(self) -> &'static str {
        match self {
            Self::Overloaded => "overloaded",
            Self::Gone => "gone",
            Self::Forbidden => "forbidden",
            Self::Missing => "missing",
            Self::ServerError => "server_error",
            Self::OddStatus => "odd_status",
            Self::TooLarge => "too_large",
            Self::TooSlow => "too_slow",
            Self::NoSuchHost => "no_such_host",
            Self::Unreachable => "unreachable",
            Self::CutOff => "cut_off",
            Self::Garbled => "garbled",
            Self::CertificateTime => "certificate_time",
            Self::CertificateHost => "certificate_host",
            Self::CertificateChain => "certificate_chain",
            Self::OldTls => "old_tls",
            Self::Tls => "tls",
            Self::Closed => "closed",
            Self::Redirects => "redirects",
            Self::NotAFeed => "not_a_feed",
            Self::Unwelcome => "unwelcome",
            Self::OurStore => "our_store",
            Self::NoRoom => "no_room",
            Self::BrokeDown => "broke_down",
        }
    }

    /// What to do about it, as a sentence without its full stop.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Overloaded => "It is asked again later by itself; a longer `every` helps where this repeats",
            Self::Gone => {
                "The publisher has withdrawn it: find its successor with `diemtin add`, or remove the source; \
                                 `diemtin poll SOURCE` asks again"
            }
            Self::Forbidden => {
                "Open the address in a browser: if it works there, the site blocks us; write to its administrator, \
                                 and set `service.contact` so that they can find you"
            }
            Self::Missing => {
                "The site may have moved its feed: look for the new address with `diemtin add` and the site's front page"
            }
            Self::ServerError => "The site is broken; it is asked again by itself. Write to its administrator if it lasts",
            Self::OddStatus => "Open the address in a browser to see what the site wants",
            Self::TooLarge => "A feed of that size is rare: look at it with `curl`, and raise `fetch.max_body` if it is one",
            Self::TooSlow => {
                "The site is slow or overloaded; it is asked again by itself. If it is always so, raise `fetch.timeout`"
            }
            Self::NoSuchHost => "Check the spelling of the host; if it is right, the domain has lapsed or our name server fails",
            Self::Unreachable => "The site is down, or a firewall keeps us out; it is asked again by itself",
            Self::CutOff => "Nothing was taken of the torn answer; it is asked again by itself",
            Self::Garbled => "The server, or something in front of it, is set up wrongly: write to its administrator",
            Self::CertificateTime => {
                "Its administrator has to renew the certificate. If this strikes all sources, check our own clock"
            }
            Self::CertificateHost => "Use the host that the certificate is for, or write to the site's administrator",
            Self::CertificateChain => {
                "The site's administrator has to install the whole chain; a private authority has to be added \
                                       to this machine's ca-certificates"
            }
            Self::OldTls => "The site's server is too old to be talked to safely: use its http address if it has one",
            Self::Tls => "Look at the site with `openssl s_client`; if its address is http in truth, write it so",
            Self::Closed => "If it is a machine of your own, open its network with `fetch.private_networks`",
            Self::Redirects => "Open the address in a browser, and put the one where it ends into feeds.toml",
            Self::NotAFeed => {
                "Look at it with `diemtin preview`; `diemtin add` with the site's address finds its feed or reads its pages"
            }
            Self::Unwelcome => "The site has named us in its robots.txt: write to its administrator, or remove the source",
            Self::OurStore => "Look at the store: at the disk of an embedded one, at the server of a database",
            Self::NoRoom => {
                "Nothing is wrong with the source, and it is asked again by itself; if this repeats, lower `fetch.parallel`"
            }
            Self::BrokeDown => {
                "This is a fault of ours: send us the document, which `curl` fetches, and the lines of the log that say where"
            }
        }
    }

    /// Whether it lies with the network or the server of the moment and is likely to pass by itself.
    pub fn is_passing(self) -> bool {
        matches!(
            self,
            Self::ServerError
                | Self::TooSlow
                | Self::Unreachable
                | Self::CutOff
                | Self::Garbled
                | Self::NotAFeed
                | Self::OurStore
                | Self::NoRoom
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own_and_advice() {
        let mut labels: Vec<_> = Trouble::ALL.iter().map(|trouble| trouble.label()).collect();
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), Trouble::ALL.len());
        for trouble in Trouble::ALL {
            let advice = trouble.advice();
            assert!(advice.len() > 20 && !advice.ends_with('.') && !advice.contains("  "), "{advice}");
        }
    }

    #[test]
    fn statuses_have_their_kinds() {
        let kinds = [(429, Trouble::Overloaded), (503, Trouble::Overloaded), (410, Trouble::Gone), (403, Trouble::Forbidden)];
        for (status, kind) in
            kinds.into_iter().chain([(404, Trouble::Missing), (502, Trouble::ServerError), (418, Trouble::OddStatus)])
        {
            assert_eq!(Trouble::of_status(status), kind, "{status}");
        }
    }
}
