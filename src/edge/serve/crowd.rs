//! How many connections there may be, in all and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

/// Connections of one address at one time: a household or an office has fewer, and needs no more.
const MOST_OF_ONE: usize = 64;
/// Descriptors that are left for sources, the store and the rest of the process.
const RESERVED: usize = 1024;
/// Connections at one time, however many the system allows: at 20 kB each they take a third of a gigabyte.
const MOST: usize = 16_384;

/// Who is connected.
#[derive(Debug, Default)]
pub(super) struct Crowd(Mutex<HashMap<IpAddr, usize>>);

impl Crowd {
    /// A place for one more connection, until it is dropped; `None` where its address has as many as it may.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let network = network(address);
        let mut crowd = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = crowd.entry(network).or_default();
        if *count >= MOST_OF_ONE && !is_ours(network) {
            return None;
        }
        *count += 1;
        Some(Place { crowd: Arc::clone(self), network })
    }
}

/// A place among the connections.
#[derive(Debug)]
pub(super) struct Place {
    crowd: Arc<Crowd>,
    network: IpAddr,
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut crowd = self.crowd.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = crowd.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                crowd.remove(&self.network);
            }
        }
    }
}

/// What counts as one address: in IPv6 everybody has a network of 64 bits.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            std::net::Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
        v4 => v4,
    }
}

/// Whether an address is of this machine or its own network: a proxy speaks from there for everybody.
fn is_ours(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => address.is_loopback() || address.is_private(),
        IpAddr::V6(address) => address.segments() == [0; 8] || address.is_unique_local(),
    }
}

/// How many connections there may be at one time. Asks the system for as many descriptors as it allows this process.
pub(super) fn room() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.map_or((MOST + RESERVED) as u64, |maximum| maximum.min((MOST + RESERVED) as u64));
    let raised = current.is_some_and(|current| current < wanted)
        && setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).is_ok();
    let descriptors = if raised { Some(wanted) } else { current };
    let descriptors = descriptors.and_then(|count| usize::try_from(count).ok()).unwrap_or(usize::MAX);
    // Where there are few, half of them.
    descriptors.saturating_sub(RESERVED).max(descriptors / 2).clamp(1, MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_connections_and_no_more() {
        let crowd = Arc::new(Crowd::default());
        let admit = |address: &str| crowd.admit(address.parse().expect("an address"));
        let mut places: Vec<_> = (0..MOST_OF_ONE).map(|_| admit("203.0.113.7")).collect();
        assert!(places.iter().all(Option::is_some));
        assert!(admit("203.0.113.7").is_none() && admit("::ffff:203.0.113.7").is_none());
        assert!(admit("203.0.113.8").is_some());
        places.pop();
        assert!(admit("203.0.113.7").is_some(), "one has gone");

        let places: Vec<_> = (0..MOST_OF_ONE).map(|host| admit(&format!("2001:db8:1:2::{host:x}"))).collect();
        assert!(places.iter().all(Option::is_some));
        assert!(admit("2001:db8:1:2:ffff::1").is_none() && admit("2001:db8:1:3::1").is_some());

        for proxy in ["127.0.0.1", "10.0.0.2", "::1", "fd00::1"] {
            let places: Vec<_> = (0..=MOST_OF_ONE).map(|_| admit(proxy)).collect();
            assert!(places.iter().all(Option::is_some), "{proxy}");
        }
        drop(places);
        assert!(crowd.0.lock().unwrap().len() < 8, "who has gone is forgotten");
    }
}
