//! Who is called next: each host has a line of its own, and the hosts take turns. One that is slow holds up its own line and no other.

use std::collections::{HashMap, VecDeque};

/// Calls that are under way at once.
const AT_ONCE: usize = 64;
/// Calls to one host that are under way at once.
const PER_HOST: usize = 4;

/// Lines of calls that wait, by host.
#[derive(Debug)]
pub struct Line<T> {
    hosts: HashMap<String, Host<T>>,
    /// Hosts that have something waiting and room for it, each once.
    ready: VecDeque<String>,
    under_way: usize,
}

#[derive(Debug)]
struct Host<T> {
    waiting: VecDeque<T>,
    under_way: usize,
    is_ready: bool,
}

impl<T> Default for Line<T> {
    fn default() -> Self {
        Self { hosts: HashMap::new(), ready: VecDeque::new(), under_way: 0 }
    }
}

impl<T> Line<T> {
    /// Puts something at the end of a host's line.
    pub fn put(&mut self, host: &str, what: T) {
        let empty = || Host { waiting: VecDeque::new(), under_way: 0, is_ready: false };
        let line = self.hosts.entry(host.to_owned()).or_insert_with(empty);
        line.waiting.push_back(what);
        self.make_ready(host);
    }

    /// What is to be done now, and with which host; [`Line::done`] gives its place free again. `None` where nothing is waiting, or nobody
    /// has room.
    pub fn take(&mut self) -> Option<(String, T)> {
        if self.under_way >= AT_ONCE {
            return None;
        }
        let host = self.ready.pop_front()?;
        let line = self.hosts.get_mut(&host)?;
        line.is_ready = false;
        let what = line.waiting.pop_front()?;
        line.under_way += 1;
        self.under_way += 1;
        self.make_ready(&host);
        Some((host, what))
    }

    /// Something that was taken is over.
    pub fn done(&mut self, host: &str) {
        let Some(line) = self.hosts.get_mut(host) else { return };
        line.under_way = line.under_way.saturating_sub(1);
        self.under_way = self.under_way.saturating_sub(1);
        if line.under_way == 0 && line.waiting.is_empty() {
            self.hosts.remove(host);
            return;
        }
        self.make_ready(host);
    }

    fn make_ready(&mut self, host: &str) {
        if let Some(line) = self.hosts.get_mut(host)
            && !line.is_ready
            && !line.waiting.is_empty()
            && line.under_way < PER_HOST
        {
            line.is_ready = true;
            self.ready.push_back(host.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_take_turns_and_a_slow_one_holds_up_nobody() {
        let mut line = Line::default();
        (0..100).for_each(|n| line.put("slow", n));
        (0..3).for_each(|n| line.put("quick", n));
        let taken: Vec<_> = std::iter::from_fn(|| line.take()).collect();
        let of = |name: &str| taken.iter().filter(|(host, _)| host == name).map(|(_, n)| *n).collect::<Vec<_>>();
        assert_eq!((of("slow"), of("quick")), (vec![0, 1, 2, 3], vec![0, 1, 2]));
        assert_eq!(taken[1].0, "quick", "its turn comes although it came later");
        line.put("late", 7);
        assert_eq!(line.take(), Some(("late".to_owned(), 7)));
        assert_eq!(line.take(), None);
        line.done("slow");
        assert_eq!(line.take(), Some(("slow".to_owned(), 4)));
        assert_eq!(line.take(), None);
    }

    #[test]
    fn all_together_have_a_bound_and_nothing_is_left() {
        let mut line = Line::default();
        (0..1000).for_each(|n| line.put(&format!("host {n}"), n));
        let mut under_way: Vec<_> = std::iter::from_fn(|| line.take()).collect();
        assert_eq!(under_way.len(), AT_ONCE);
        let mut done = 0;
        while let Some((host, _)) = under_way.pop() {
            line.done(&host);
            done += 1;
            under_way.extend(line.take());
        }
        assert_eq!((done, line.hosts.len(), line.under_way), (1000, 0, 0));
        line.done("nobody");
    }
}
