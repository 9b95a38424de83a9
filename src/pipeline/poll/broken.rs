//! A poll that ended in a panic: a failure like others, stored, so that the source is asked less often after a restart, too.

use std::sync::Arc;

use crate::edge::store::Store;
use crate::model::{Source, SourceState, Trouble};
use crate::pipeline::Desk;
use crate::pipeline::poll::failure::Failure;
use crate::pipeline::poll::{Poll, Polled};

/// Notes that the poll of a source broke down; `said` are the words of the panic.
pub(in crate::pipeline) async fn broken_down(
    desk: &Desk,
    store: &Arc<Store>,
    source: &Source,
    before: Option<Arc<SourceState>>,
    fence: Option<u64>,
    said: &str,
) -> Polled {
    let failure = Failure::new(Trouble::BrokeDown, format!("the poll broke down in a panic (“{said}”)"));
    Poll::new(desk, store, source, before, fence).failed(failure).await
}
