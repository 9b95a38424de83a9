//! Whether hubs can call us at all.

use url::Url;

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
    match service.url.join("websub/") {
        _ if !fetch.push => Err(Off::Unwanted),
        _ if !service.has_url => Err(Off::NoAddress),
        Ok(base) if service.is_reachable(&fetch.private_networks) => Ok(base),
        _ => Err(Off::Unreachable),
    }
}
