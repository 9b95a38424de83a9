//! The addresses of hosts' names. Only this file names hickory.
//!
//! The system's library (getaddrinfo) takes a thread for as long as its servers are silent, can't be called off, and tells hardly more
//! than that it failed. Here a lookup ends in time, whatever the servers do, and says what they said. They are those of
//! `/etc/resolv.conf`, which is read again when it has changed, or those of `fetch.name_servers`; `/etc/hosts` counts before them.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig, ResolverOpts};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::net::{DnsError, NetError};
use hickory_resolver::proto::op::ResponseCode;
use hickory_resolver::proto::rr::Name;
use hickory_resolver::system_conf::read_system_conf;
use tokio::time::timeout;

/// A lookup is given up after this: connecting has its own time.
const LONGEST_LOOKUP: Duration = Duration::from_secs(5);
/// One server is waited for so long before it is asked again, or another one.
const ONE_TRY: Duration = Duration::from_secs(2);
/// How often each is asked again.
const TRIES_AGAIN: usize = 1;
/// Questions that are under way over one connection at the most: those of all fetches, for both kinds of addresses.
const MOST_AT_ONCE: usize = 2048;
/// Answers that are remembered: two for each of ten thousand hosts.
const MOST_REMEMBERED: u64 = 20_000;
/// They are remembered for as long as they say, but no longer than this: who moves waits for that.
const REMEMBERED_FOR: Duration = Duration::from_secs(3600);
/// A name that does not exist may have been entered meanwhile.
const DENIED_FOR: Duration = Duration::from_secs(60);
/// What decides whom is asked, and what is known without.
const FILES: [&str; 2] = ["/etc/resolv.conf", "/etc/hosts"];

/// Why a name has no address for us, as the end of a sentence about a host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unresolved {
    /// NXDOMAIN
    #[error("there is no host of its name (NXDOMAIN)")]
    NoSuchName,
    /// An answer without addresses.
    #[error("its host's name has no address")]
    NoAddress,
    /// An answer that is an error.
    #[error("the name server could not find out where its host is ({said})")]
    Failed {
        /// What it said.
        said: String,
    },
    /// No answer.
    #[error("no name server said in time where its host is")]
    Silent,
    /// An answer that can't be used.
    #[error("its host's name can't be resolved ({why})")]
    Unusable {
        /// Why.
        why: String,
    },
}

/// What resolves names.
pub(super) struct Names {
    /// Those that are asked; the system's where there is none.
    servers: Vec<SocketAddr>,
    /// Made when it is first asked, and again when the system's files have changed.
    made: Mutex<Option<Made>>,
}

struct Made {
    resolver: TokioResolver,
    /// When each of [`FILES`] was written.
    written: [Option<SystemTime>; FILES.len()],
}

impl Names {
    /// Names as these servers know them, or the system's where there is none.
    pub(super) fn new(servers: Vec<SocketAddr>) -> Self {
        Self { servers, made: Mutex::default() }
    }

    /// All addresses of a name.
    pub(super) async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, Unresolved> {
        let resolver = self.resolver()?;
        // As it stands in an address, where a `_` is no fault.
        let name = Name::from_ascii(name).map_err(|error| Unresolved::Unusable { why: error.to_string() })?;
        let found = timeout(LONGEST_LOOKUP, resolver.lookup_ip(name)).await.map_err(|_| Unresolved::Silent)?;
        let addresses: Vec<IpAddr> = found.map_err(|error| told(&error))?.iter().collect();
        if addresses.is_empty() { Err(Unresolved::NoAddress) } else { Ok(addresses) }
    }

    fn resolver(&self) -> Result<TokioResolver, Unresolved> {
        let written = FILES.map(|file| fs::metadata(file).and_then(|file| file.modified()).ok());
        // What is behind the lock is whole after every statement.
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = made.as_ref().filter(|made| made.written == written) {
            return Ok(made.resolver.clone());
        }
        let resolver = resolver(&self.servers).map_err(|error| Unresolved::Unusable { why: error.to_string() })?;
        *made = Some(Made { resolver: resolver.clone(), written });
        Ok(resolver)
    }
}

fn resolver(servers: &[SocketAddr]) -> Result<TokioResolver, NetError> {
    let (config, options) = match servers {
        [] => read_system_conf().unwrap_or_else(|error| {
            tracing::debug!(%error, "/etc/resolv.conf names no name server; the one of this machine is asked");
            (config(&[SocketAddr::from((Ipv4Addr::LOCALHOST, 53))]), ResolverOpts::default())
        }),
        servers => (config(servers), ResolverOpts::default()),
    };
    let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
    let ours = builder.options_mut();
    (ours.ndots, ours.ip_strategy) = (options.ndots, options.ip_strategy);
    (ours.timeout, ours.attempts) = (ONE_TRY, TRIES_AGAIN);
    (ours.max_active_requests, ours.cache_size) = (MOST_AT_ONCE, MOST_REMEMBERED);
    (ours.positive_max_ttl, ours.negative_max_ttl) = (Some(REMEMBERED_FOR), Some(DENIED_FOR));
    builder.build()
}

fn config(servers: &[SocketAddr]) -> ResolverConfig {
    let at = |mut connection: ConnectionConfig, port: u16| {
        connection.port = port;
        connection
    };
    let server = |server: &SocketAddr| {
        let connections = [ConnectionConfig::udp(), ConnectionConfig::tcp()].map(|connection| at(connection, server.port()));
        NameServerConfig::new(server.ip(), true, connections.to_vec())
    };
    ResolverConfig::from_name_servers(servers.iter().map(server).collect())
}

fn told(error: &NetError) -> Unresolved {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NXDomain => Unresolved::NoSuchName,
            ResponseCode::NoError => Unresolved::NoAddress,
            code => Unresolved::Failed { said: code.to_string() },
        },
        NetError::Dns(DnsError::ResponseCode(code)) => Unresolved::Failed { said: code.to_string() },
        // On a busy machine the time that there was for an answer may end between two tries.
        NetError::Timeout | NetError::NoConnections => Unresolved::Silent,
        error => Unresolved::Unusable { why: error.to_string() },
    }
}
