//! How often a host is asked whether it wants a subscription: who asks us may name any host, and is not to make us knock there all day.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::flow::push::step::after;

/// One verification of a host in so long, on average; a reader of all our feeds renews hundreds of leases in days.
const EVERY: SignedDuration = SignedDuration::from_secs(6);
/// So many at once before: a reader may subscribe to everything that we have.
const AT_ONCE: i32 = 100;
/// Hosts that are remembered; those that have all their turns again are forgotten first.
const MOST_HOSTS: usize = 4096;

/// When each host has used up its verifications.
#[derive(Debug, Default)]
pub struct Pace {
    used_up_to: HashMap<String, Timestamp>,
}

impl Pace {
    /// Takes a turn of a host; else how long it has to wait for one.
    pub fn take(&mut self, host: &str, now: Timestamp) -> Result<(), SignedDuration> {
        if !self.used_up_to.contains_key(host) && self.used_up_to.len() >= MOST_HOSTS {
            self.used_up_to.retain(|_, used| *used > now);
            if self.used_up_to.len() >= MOST_HOSTS {
                return Err(EVERY);
            }
        }
        let used = self.used_up_to.get(host).map_or(now, |used| now.max(*used));
        let ahead = used.duration_since(now);
        let room = EVERY.saturating_mul(AT_ONCE - 1);
        if ahead > room {
            return Err(ahead.saturating_sub(room));
        }
        self.used_up_to.insert(host.to_owned(), after(used, EVERY));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_host_has_some_turns_at_once_and_then_ten_a_minute() {
        let mut pace = Pace::default();
        let taken = |pace: &mut Pace, host: &str, second: i64| (0..1000).filter(|_| pace.take(host, at(second)).is_ok()).count();
        assert_eq!(taken(&mut pace, "a.vn", 0), 100);
        assert_eq!(pace.take("a.vn", at(0)), Err(SignedDuration::from_secs(6)));
        assert_eq!(taken(&mut pace, "b.vn", 0), 100, "another host has its own");
        assert_eq!(taken(&mut pace, "a.vn", 60), 10);
        let hour: usize = (61..=3660).map(|second| taken(&mut pace, "a.vn", second)).sum();
        assert_eq!(hour, 600);
        assert_eq!(taken(&mut pace, "a.vn", 1_000_000), 100, "who was left alone has all of them again");
    }

    #[test]
    fn ever_new_hosts_do_not_fill_the_memory() {
        let mut pace = Pace::default();
        let taken = (0..10_000).filter(|n| pace.take(&format!("{n}.vn"), at(0)).is_ok()).count();
        assert_eq!((taken, pace.used_up_to.len()), (MOST_HOSTS, MOST_HOSTS));
        assert!(pace.take("new.vn", at(7)).is_ok() && pace.used_up_to.len() == 1);
        assert!(pace.take("new.vn", Timestamp::MAX).is_ok());
    }
}
