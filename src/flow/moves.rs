//! Where a source has moved to: what permanent redirects (301, 308) are worth.
//!
//! A redirect that calls itself permanent may be a captive portal, a lapsed domain or a mistake of an hour. It is followed at once, but
//! adopted only when it has stood for days, led to a feed each time, and the feed there holds entries that we knew; and only within the
//! same site, since another site's word would be anybody's. `feeds.toml` is the administrator's and stays as it is: they are told.

use jiff::{SignedDuration, Timestamp};
use url::Url;

use crate::model::{Moved, Trouble, is_same_site};

/// How long a redirect must have stood.
const DAYS: SignedDuration = SignedDuration::from_hours(7 * 24);
/// How often it must have led to a feed. A failure in between says nothing of it.
const HITS: u32 = 10;

/// What a poll found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    /// A feed, behind permanent redirects only.
    Redirected {
        /// Where it stands.
        to: &'a Url,
        /// Whether it holds entries that were known before.
        overlaps: bool,
    },
    /// A feed where it was asked for, or behind a redirect that is not permanent.
    There,
    /// No feed.
    Failed(Trouble),
}

/// What is known of a move after a poll. `home` is the address in `feeds.toml`.
pub fn next(before: Option<&Moved>, found: Found<'_>, home: &Url, now: Timestamp) -> Option<Moved> {
    match (before, found) {
        (Some(moved), _) if moved.adopted => adopted(moved, found),
        (before, Found::Failed(_)) => before.cloned(),
        (_, Found::There) => None,
        (before, Found::Redirected { to, overlaps }) => {
            let fresh = || Moved { to: to.to_string(), since: now, hits: 0, overlaps: false, adopted: false };
            let mut moved = before.filter(|moved| moved.to == to.as_str()).cloned().unwrap_or_else(fresh);
            moved.hits = moved.hits.saturating_add(1);
            moved.overlaps |= overlaps;
            let has_stood = now.duration_since(moved.since) >= DAYS && moved.hits >= HITS;
            moved.adopted = has_stood && moved.overlaps && is_same_site(home, to);
            Some(moved)
        }
    }
}

/// A move that was adopted lasts until the new address says that nothing is there, or nothing for us: then the old one is asked again. A name
/// that can't be resolved may be our own fault.
fn adopted(moved: &Moved, found: Found<'_>) -> Option<Moved> {
    match found {
        Found::Failed(Trouble::Missing | Trouble::Gone | Trouble::Forbidden) => None,
        Found::Failed(_) | Found::There | Found::Redirected { .. } => Some(moved.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().expect("an address")
    }

    /// Polls the source each day, with what each day brings, from nothing known.
    fn days(found: &[Found<'_>]) -> Option<Moved> {
        let start = Timestamp::from_second(1_795_132_800).expect("a time");
        let day = |n: usize| start + SignedDuration::from_hours(24 * n as i64);
        found.iter().enumerate().fold(None, |moved, (n, found)| next(moved.as_ref(), *found, &url("http://a.vn/rss"), day(n)))
    }

    #[test]
    fn a_move_is_adopted_after_days_and_repeats_with_known_entries_on_the_same_site() {
        let (to, elsewhere) = (url("https://www.a.vn/feed"), url("https://b.vn/feed"));
        let hit = Found::Redirected { to: &to, overlaps: true };
        let is_adopted = |found: &[Found<'_>]| days(found).is_some_and(|moved| moved.adopted);
        assert!(!is_adopted(&[hit; 9]) && is_adopted(&[hit; 10]));
        assert!(!is_adopted(&[Found::Redirected { to: &to, overlaps: false }; 30]), "a portal's own feed");
        assert!(
            !is_adopted(&[Found::Redirected { to: &elsewhere, overlaps: true }; 30]),
            "another site: the administrator decides"
        );
        let quick = (0..50).fold(None, |moved, n| {
            next(moved.as_ref(), hit, &url("http://a.vn/rss"), Timestamp::from_second(n * 3600).expect("a time"))
        });
        assert!(quick.is_some_and(|moved| !moved.adopted && moved.hits == 50), "two days are not enough");
    }

    #[test]
    fn a_redirect_that_is_taken_back_or_leads_elsewhere_begins_anew() {
        let (to, other) = (url("https://a.vn/feed"), url("https://a.vn/khac"));
        let (hit, else_) = (Found::Redirected { to: &to, overlaps: true }, Found::Redirected { to: &other, overlaps: true });
        assert_eq!(days(&[hit, hit, Found::There]), None);
        let moved = days(&[&[hit; 9][..], &[Found::There, hit]].concat()).expect("it is watched");
        assert_eq!((moved.hits, moved.adopted), (1, false));
        let moved = days(&[&[hit; 9][..], &[else_]].concat()).expect("it is watched");
        assert_eq!((moved.to.as_str(), moved.hits), ("https://a.vn/khac", 1));
        let moved = days(&[&[hit; 9][..], &[Found::Failed(Trouble::TooSlow), hit]].concat()).expect("it is watched");
        assert!(moved.adopted, "a failure says nothing of it");
    }

    #[test]
    fn an_adopted_address_that_fails_for_good_is_given_up() {
        let to = url("https://a.vn/feed");
        let hit = Found::Redirected { to: &to, overlaps: true };
        let after = |last| days(&[&[hit; 10][..], &[last]].concat());
        let (slow, nameless) = (Found::Failed(Trouble::TooSlow), Found::Failed(Trouble::NoSuchHost));
        for kept in [Found::There, slow, nameless, Found::Failed(Trouble::Overloaded), hit] {
            assert!(after(kept).is_some_and(|moved| moved.adopted), "{kept:?}");
        }
        for given_up in [Trouble::Missing, Trouble::Gone, Trouble::Forbidden] {
            assert_eq!(after(Found::Failed(given_up)), None, "{given_up:?}");
        }
    }
}
