//! Whether hubs can call us at all.

use url::{Host, Url};

use crate::model::{FetchSettings, Service};

/// Why nothing is subscribed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Off {
    /// The administrator does not want it.
    #[error("`fetch.push` is false")]
    Unwanted,
    /// Nobody knows where we are.
    #[error("feeds.toml has no `service.url`, so hubs do not know where to call us")]
    NoAddress,
    /// We are where no hub gets.
    #[error("no hub can reach `service.url`, which is not public (fetch.private_networks opens networks of your own)")]
    Unreachable,
}

/// The address below which callbacks stand, where hubs can reach us.
pub fn base(service: &Service, fetch: &FetchSettings) -> Result<Url, Off> {
    let is_opened = |address: std::net::IpAddr| fetch.private_networks.iter().any(|network| network.contains(&address));
    let is_reachable = match service.url.host() {
        Some(Host::Ipv4(v4)) => is_opened(v4.into()) || !(v4.is_private() || is_local_v4(v4)),
        Some(Host::Ipv6(v6)) => is_opened(v6.into()) || !(v6.is_loopback() || v6.is_unspecified() || is_local_v6(v6)),
        Some(Host::Domain(name)) => {
            name.trim_end_matches('.').contains('.') && !name.trim_end_matches('.').ends_with(".localhost")
        }
        None => false,
    };
    match service.url.join("websub/") {
        _ if !fetch.push => Err(Off::Unwanted),
        _ if !service.has_url => Err(Off::NoAddress),
        Ok(base) if is_reachable => Ok(base),
        _ => Err(Off::Unreachable),
    }
}

fn is_local_v4(v4: std::net::Ipv4Addr) -> bool {
    v4.is_loopback() || v4.is_unspecified() || v4.is_link_local()
}

fn is_local_v6(v6: std::net::Ipv6Addr) -> bool {
    v6.is_unique_local() || v6.is_unicast_link_local()
}
