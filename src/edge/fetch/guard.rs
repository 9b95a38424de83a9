//! Which addresses may be fetched: public ones, and those that the administrator opened. Asked for every name when it is
//! resolved for a connection, and for every address that is written as a number.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// Why an address is not fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not public.
    #[error("{address} is not a public address (fetch.private_networks can open it)")]
    Private {
        /// The address.
        address: IpAddr,
    },
    /// It names no host, or is no http address.
    #[error("{url} can't be fetched: only http and https addresses with a host can")]
    NotHttp {
        /// The address.
        url: String,
    },
}

/// The address filter of one configuration; as a resolver it is asked at every connect.
#[derive(Debug)]
pub struct Guard {
    private_networks: Vec<IpNet>,
}

/// Networks that are not the public internet (the IANA special-purpose registries, multicast, reserved).
const CLOSED_V4: [(u32, u8); 15] = [
    (0x0000_0000, 8),  // this network
    (0x0A00_0000, 8),  // private
    (0x6440_0000, 10), // carrier-grade NAT
    (0x7F00_0000, 8),  // loopback
    (0xA9FE_0000, 16), // link-local
    (0xAC10_0000, 12), // private
    (0xC000_0000, 24), // protocol assignments
    (0xC000_0200, 24), // documentation
    (0xC058_6300, 24), // 6to4 relays
    (0xC0A8_0000, 16), // private
    (0xC612_0000, 15), // benchmarks
    (0xC633_6400, 24), // documentation
    (0xCB00_7100, 24), // documentation
    (0xE000_0000, 4),  // multicast
    (0xF000_0000, 4),  // reserved
];

impl Guard {
    /// A guard that also lets these networks pass.
    pub fn new(private_networks: Vec<IpNet>) -> Self {
        Self { private_networks }
    }

    /// Whether an address may be connected to.
    pub fn check(&self, address: IpAddr) -> Result<(), Refused> {
        let address = address.to_canonical();
        let open = is_public(address) || self.private_networks.iter().any(|network| network.contains(&address));
        if open { Ok(()) } else { Err(Refused::Private { address }) }
    }

    /// Whether a URL may be asked for; a host that is a name is checked when it is resolved.
    pub fn check_url(&self, url: &Url) -> Result<(), Refused> {
        match (url.scheme(), url.host()) {
            ("http" | "https", Some(Host::Ipv4(address))) => self.check(address.into()),
            ("http" | "https", Some(Host::Ipv6(address))) => self.check(address.into()),
            ("http" | "https", Some(Host::Domain(_))) => Ok(()),
            _ => Err(Refused::NotHttp { url: url.to_string() }),
        }
    }
}

impl Resolve for Guard {
    /// Refuses a name as soon as one of its addresses is closed: an attacker's server mixes them.
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::new(Self { private_networks: self.private_networks.clone() });
        Box::pin(async move {
            let addresses: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            for address in &addresses {
                guard.check(address.ip())?;
            }
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = address.to_bits();
    !CLOSED_V4.iter().any(|&(network, length)| (bits ^ network) >> (32 - u32::from(length)) == 0)
}

/// Global unicast is 2000::/3; within it Teredo and documentation are closed, and 6to4 is as public as the address inside.
/// Everything outside 2000::/3 (loopback, mapped, NAT64, unique local, link-local, multicast) is closed.
fn is_public_v6(address: Ipv6Addr) -> bool {
    match address.segments() {
        [0x2001, 0, ..] | [0x2001, 0x0DB8, ..] => false,
        [0x2002, high, low, ..] => is_public_v4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low))),
        [first, ..] => first & 0xE000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(guard: &Guard, url: &str) -> bool {
        guard.check_url(&Url::parse(url).expect("an address")).is_err()
    }

    #[test]
    fn every_border_of_every_closed_network_is_kept() {
        let guard = Guard::new(Vec::new());
        for (network, length) in CLOSED_V4 {
            let last = network | u32::MAX.checked_shr(u32::from(length)).unwrap_or(0);
            for closed in [network, last] {
                assert!(guard.check(IpAddr::V4(Ipv4Addr::from_bits(closed))).is_err(), "{}", Ipv4Addr::from_bits(closed));
            }
        }
        for open in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.128.0.0",
            "172.32.0.0",
            "192.167.255.255",
            "198.20.0.0",
            "223.255.255.255",
        ] {
            assert_eq!(guard.check(open.parse().expect("an address")), Ok(()), "{open}");
        }
    }

    #[test]
    fn every_spelling_of_a_closed_address_is_refused() {
        let guard = Guard::new(Vec::new());
        for url in [
            "http://127.0.0.1/",
            "http://2130706433/",
            "http://0x7f000001/",
            "http://0177.0.0.1/",
            "http://127.1/",
            "http://１２７.0.0.1/",
            "http://[::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://[2001:db8::1]/",
            "http://[2001::1]/",
            "http://169.254.169.254/",
            "file:///etc/passwd",
            "gopher://1.1.1.1/",
        ] {
            assert!(refused(&guard, url), "{url}");
        }
        assert!(!refused(&guard, "http://[2606:4700::1111]/"));
    }

    #[test]
    fn the_administrator_opens_networks() {
        let guard = Guard::new(vec!["127.0.0.0/8".parse().expect("a network")]);
        assert!(!refused(&guard, "http://127.0.0.9:8080/"));
        assert!(!refused(&guard, "http://[::ffff:127.0.0.9]/"));
        assert!(refused(&guard, "http://10.0.0.1/"));
    }
}
