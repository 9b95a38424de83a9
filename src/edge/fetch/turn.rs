//! The turns of hosts: whoever fetches waits for that of each host that is asked, wherever redirects lead.

use std::pin::Pin;

use url::Url;

/// The wait for a turn at an address's host.
pub type Turn = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Asks for a turn at each address that is fetched, the first one and what redirects lead to, before it is asked. `None`: it has come.
pub type Turns<'a> = &'a (dyn Fn(&Url) -> Option<Turn> + Send + Sync);

/// No wait: for whoever asks only once.
pub fn at_once(_: &Url) -> Option<Turn> {
    None
}
