//! What is promised of stories and pages, once more: the same tests with a database for a store.

#![expect(clippy::duplicate_mod, reason = "that is the point")]

/// As for the others, but for the store.
mod app {
    pub use crate::app::*;

    pub type TestApp = App<Database>;
}

#[path = "admin.rs"]
mod admin;
#[path = "durable.rs"]
mod durable;
#[path = "explain.rs"]
mod explain;
#[path = "gone.rs"]
mod gone;
#[path = "hub.rs"]
mod hub;
#[path = "manners.rs"]
mod manners;
#[path = "push.rs"]
mod push;
#[path = "serve.rs"]
mod serve;
#[path = "story.rs"]
mod story;
