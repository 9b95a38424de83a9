//! The memory of all bodies that are on their way at once: hundreds of fetches may run, and each may be as long as `fetch.max_body`.
//!
//! A body takes its share as it grows. One that finds no room waits for a while, then it is given up and its room is there for the others:
//! so none waits for ever, and who drips holds no more than he has sent.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::edge::fetch::FetchError;
use crate::model::Trouble;

/// Bytes of all bodies together, as they come over the wire: what ten thousand sources may take of memory is 300 MB, and half of that is the
/// store's. What is unpacked of them comes beside it, for as many bodies at once as the machine has cores.
const MOST_BYTES: usize = 128 * 1024 * 1024;
/// Bytes that each body has without asking; most feeds are smaller, packed, and never wait.
const FREE_BYTES: usize = 64 * 1024;
/// The unit that is counted in.
const UNIT_BYTES: usize = 1024;
/// How long a body waits for room.
const PATIENCE: Duration = Duration::from_secs(5);

/// The room for bodies, for all fetchers of a process.
#[derive(Clone, Debug)]
pub(super) struct Bodies {
    units: usize,
    room: Arc<Semaphore>,
}

impl Bodies {
    /// Room for all; at least for one body of `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self::of(MOST_BYTES.max(limit))
    }

    fn of(bytes: usize) -> Self {
        let units = bytes.div_ceil(UNIT_BYTES);
        Self { units, room: Arc::new(Semaphore::new(units.min(Semaphore::MAX_PERMITS))) }
    }

    /// The room for all.
    pub(super) fn bytes(&self) -> usize {
        self.units * UNIT_BYTES
    }

    /// Bytes that bodies have taken beyond what each has without asking.
    pub(super) fn held_bytes(&self) -> usize {
        self.units.saturating_sub(self.room.available_permits()) * UNIT_BYTES
    }

    /// The share of a body that has not come yet.
    pub(super) fn share(&self) -> Share {
        Share { bodies: self.clone(), held: None }
    }
}

/// What one body has of the room, until it is dropped.
#[derive(Debug)]
pub(super) struct Share {
    bodies: Bodies,
    held: Option<OwnedSemaphorePermit>,
}

impl Share {
    /// Takes as much as a body of so many bytes needs.
    pub(super) async fn cover(&mut self, bytes: usize) -> Result<(), FetchError> {
        let needed = bytes.saturating_sub(FREE_BYTES).div_ceil(UNIT_BYTES);
        let more = needed.saturating_sub(self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits));
        if more == 0 {
            return Ok(());
        }
        let more = u32::try_from(more).map_err(|_| no_room())?;
        let taken = tokio::time::timeout(PATIENCE, Arc::clone(&self.bodies.room).acquire_many_owned(more)).await;
        let taken = taken.map_err(|_| no_room())?.expect("the semaphore is never closed");
        match &mut self.held {
            Some(held) => held.merge(taken),
            None => self.held = Some(taken),
        }
        Ok(())
    }
}

fn no_room() -> FetchError {
    let why = format!(
        "too many large documents came at once: beside the others there was no room for this one within {} seconds ({} MiB are \
         kept for all)",
        PATIENCE.as_secs(),
        MOST_BYTES / (1024 * 1024)
    );
    FetchError::new(Trouble::NoRoom, why)
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn small_bodies_take_nothing_and_large_ones_what_they_are() {
        let bodies = Bodies::of(1024 * 1024);
        let (mut small, mut large) = (bodies.share(), bodies.share());
        small.cover(FREE_BYTES).await.unwrap();
        assert_eq!(bodies.held_bytes(), 0);
        for bytes in [FREE_BYTES + 1, 200_000, 500_000] {
            large.cover(bytes).await.unwrap();
            assert_eq!(bodies.held_bytes(), (bytes - FREE_BYTES).div_ceil(UNIT_BYTES) * UNIT_BYTES);
        }
        drop(large);
        assert_eq!(bodies.held_bytes(), 0);
    }

    #[tokio::test(start_paused = true)]
    async fn who_finds_no_room_waits_for_it_or_gives_up() {
        let bodies = Bodies::of(1024 * 1024);
        let (mut first, mut second, mut third) = (bodies.share(), bodies.share(), bodies.share());
        first.cover(900_000).await.unwrap();
        second.cover(200_000).await.unwrap();
        let start = Instant::now();
        let error = third.cover(400_000).await.unwrap_err();
        assert_eq!((error.trouble, start.elapsed()), (Trouble::NoRoom, PATIENCE));
        second.cover(400_000).await.unwrap_err();
        let waiting = tokio::spawn(async move { third.cover(400_000).await.map(|()| third) });
        tokio::time::sleep(Duration::from_secs(1)).await;
        drop(first);
        let third = waiting.await.unwrap().unwrap();
        assert!(third.held.is_some() && second.cover(250_000).await.is_ok(), "with room it goes on");
    }

    #[tokio::test(start_paused = true)]
    async fn two_that_wait_for_each_other_do_not_wait_for_ever() {
        let bodies = Bodies::of(1024 * 1024);
        let grow = |mut share: Share| async move {
            share.cover(500_000).await?;
            tokio::task::yield_now().await;
            share.cover(1_000_000).await
        };
        let both = tokio::join!(grow(bodies.share()), grow(bodies.share()));
        assert!(both.0.is_ok() || both.1.is_ok() || bodies.held_bytes() == 0, "{both:?}");
        assert_eq!(bodies.held_bytes(), 0);
    }

    #[test]
    fn one_body_always_has_room() {
        assert_eq!(Bodies::new(500 * 1024 * 1024).units, 500 * 1024);
    }
}
