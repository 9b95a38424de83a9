//! Work that may break down without harm to whoever waits for it: a panic ends here, and is told as an error.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::Poll;

/// What some work comes to, or what it said when it broke down. It runs in the task that waits: with that it ends.
pub fn caught<T>(mut work: impl Future<Output = T> + Unpin) -> impl Future<Output = Result<T, String>> + Unpin {
    poll_fn(move |context| {
        // What a panic leaves half done is dropped: nothing of it is asked again.
        let step = catch_unwind(AssertUnwindSafe(|| Pin::new(&mut work).poll(context)));
        step.map_or_else(|panic| Poll::Ready(Err(said(&*panic))), |step| step.map(Ok))
    })
}

/// The words of a panic, which the log has already, with its place.
fn said(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("it said nothing").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_and_everything_else_is_what_it_is() {
        assert_eq!(caught(Box::pin(async { 7 })).await, Ok(7));
        let number = 3;
        let late = async {
            tokio::task::yield_now().await;
            assert_eq!(number, 4, "the reader had lost its place");
        };
        assert!(caught(Box::pin(late)).await.is_err_and(|said| said.contains("the reader had lost its place")));
        assert_eq!(caught(Box::pin(async { panic!("literally") })).await, Err::<(), _>("literally".to_owned()));
    }
}
