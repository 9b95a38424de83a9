//! Which addresses may be fetched: public ones on the ports of the web, and the networks that the administrator opened, with all
//! their ports. Asked for every name when it is resolved for a connection, so that what was checked is what is connected to, and
//! for every address that is written as a number, which no resolver sees.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use ipnet::IpNet;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::edge::fetch::names::Names;

/// The ports on which a stranger's redirect may lead to a public address: elsewhere other services listen, who may take a request
/// for something else.
const WEB_PORTS: [u16; 2] = [80, 443];
/// Addresses of one name that are tried: a name with more is a way to keep us busy.
const MOST_ADDRESSES: usize = 16;

/// Why an address is not fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is not public.
    #[error("{address} is not a public address (fetch.private_networks can open it)")]
    Private {
        /// The address.
        address: IpAddr,
    },
    /// The port is none of the web's, nor the one that feeds.toml names.
    #[error("{host} is asked for at port {port}, where no public web server is expected")]
    Port {
        /// The host.
        host: String,
        /// The port.
        port: u16,
    },
    /// It names no host, or is no http address.
    #[error("a {scheme}: address can't be fetched: only http and https addresses with a host can")]
    NotHttp {
        /// What it begins with.
        scheme: String,
    },
    /// We listen there ourselves.
    #[error("{address} is where this service itself listens")]
    Ourselves {
        /// The address.
        address: SocketAddr,
    },
}

/// What a connection may reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses and opened networks.
    Anywhere,
    /// Opened networks only: the port is not one of the web's.
    Opened,
}

/// The address filter of one configuration.
#[derive(Debug)]
pub struct Guard {
    private_networks: Vec<IpNet>,
    /// Where this service listens, if that is written as a number.
    own: Option<SocketAddr>,
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

/// The parts of 2000::/3, where IPv6's global addresses are, that are none. Everything outside of it (loopback, mapped, NAT64,
/// unique local, link-local, multicast) is closed too.
const CLOSED_V6: [(u128, u8); 4] = [
    (0x2001_0000 << 96, 23), // protocol assignments: Teredo, benchmarks, ORCHID
    (0x2001_0DB8 << 96, 32), // documentation
    (0x2002_0000 << 96, 16), // 6to4: whatever stands inside
    (0x3FFF_0000 << 96, 20), // documentation (RFC 9637)
];

impl Guard {
    /// A guard that also lets these networks pass, but never to where this service listens (`HOST:PORT`).
    pub fn new(private_networks: Vec<IpNet>, listen: &str) -> Self {
        Self { private_networks, own: listen.parse().ok() }
    }

    /// Whether an address may be connected to.
    pub fn check(&self, address: IpAddr, reach: Reach) -> Result<(), Refused> {
        let canonical = address.to_canonical();
        let public = reach == Reach::Anywhere && is_public(canonical);
        if public || self.is_opened(canonical) { Ok(()) } else { Err(Refused::Private { address: canonical }) }
    }

    /// Whether the administrator opened an address. One that holds an IPv4 address for a translator is opened when both are: a network
    /// of addresses for NAT64 opens no private network behind it.
    fn is_opened(&self, address: IpAddr) -> bool {
        let is_listed = self.private_networks.iter().any(|network| network.contains(&address));
        is_listed && inner(address).is_none_or(|inner| self.check(inner.into(), Reach::Anywhere).is_ok())
    }

    /// Whether a URL may be asked for, and what may be connected to for it: a host that is a name is checked when it is resolved.
    /// The port of the source's own address, `home`, is the administrator's choice, on its host.
    pub fn check_url(&self, url: &Url, home: Option<&Url>) -> Result<Reach, Refused> {
        let not_http = || Refused::NotHttp { scheme: url.scheme().to_owned() };
        let odd_port = |port| Refused::Port { host: url.host_str().unwrap_or_default().to_owned(), port };
        let port = url.port_or_known_default().filter(|_| matches!(url.scheme(), "http" | "https"));
        let port = port.ok_or_else(not_http)?;
        let is_chosen = home.is_some_and(|home| url.host() == home.host() && Some(port) == home.port_or_known_default());
        let reach = if is_chosen || WEB_PORTS.contains(&port) { Reach::Anywhere } else { Reach::Opened };
        let address = match url.host() {
            Some(Host::Ipv4(address)) => IpAddr::from(address),
            Some(Host::Ipv6(address)) => IpAddr::from(address).to_canonical(),
            Some(Host::Domain(_)) if reach == Reach::Opened && self.private_networks.is_empty() => {
                return Err(odd_port(port));
            }
            Some(Host::Domain(_)) => return Ok(reach),
            None => return Err(not_http()),
        };
        let socket = SocketAddr::new(address, port);
        if self.own.is_some_and(|own| is_ours(own, socket)) {
            return Err(Refused::Ourselves { address: socket });
        }
        match self.check(address, reach) {
            // The address would do: it is the port.
            Err(_) if self.check(address, Reach::Anywhere).is_ok() => Err(odd_port(port)),
            checked => checked.map(|()| reach),
        }
    }

    /// Every address of a name, if all may be connected to: an attacker's server mixes them.
    fn all_open(&self, addresses: Vec<IpAddr>, reach: Reach) -> Result<Vec<IpAddr>, Refused> {
        addresses.iter().try_for_each(|address| self.check(*address, reach))?;
        Ok(addresses.into_iter().take(MOST_ADDRESSES).collect())
    }
}

/// The resolver of one client: it is asked at every connect to a name.
pub(super) struct Resolver {
    pub(super) guard: Arc<Guard>,
    pub(super) names: Arc<Names>,
    /// `None`: what is resolved is the administrator's proxy, which may stand anywhere.
    pub(super) reach: Option<Reach>,
}

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, names, reach) = (Arc::clone(&self.guard), Arc::clone(&self.names), self.reach);
        Box::pin(async move {
            let addresses = names.addresses(name.as_str()).await?;
            let addresses = match reach {
                Some(reach) => guard.all_open(addresses, reach)?,
                None => addresses,
            };
            // The port is that of the URL.
            Ok(Box::new(addresses.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !CLOSED_V4.iter().any(|&(network, length)| (v4.to_bits() ^ network) >> (32 - u32::from(length)) == 0),
        IpAddr::V6(v6) => {
            let within = |network: u128, length: u8| (v6.to_bits() ^ network) >> (128 - u32::from(length)) == 0;
            within(0x2000 << 112, 3) && !CLOSED_V6.iter().any(|&(network, length)| within(network, length))
        }
    }
}

/// The IPv4 address inside an address for NAT64 (64:ff9b::/96, RFC 6052) or 6to4 (2002::/16, RFC 3056).
fn inner(address: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(v6) = address else { return None };
    let two = |high: u16, low: u16| Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low));
    match Ipv6Addr::segments(&v6) {
        [0x64, 0xFF9B, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some(two(high, low)),
        _ => None,
    }
}

/// Whether an address is where we listen; who listens everywhere listens on loopback.
fn is_ours(own: SocketAddr, address: SocketAddr) -> bool {
    let is_here = own.ip() == address.ip() || own.ip().is_unspecified() && address.ip().is_loopback();
    own.port() == address.port() && is_here
}

#[cfg(test)]
mod tests;
