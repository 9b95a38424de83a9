//! *Điểm tin*: polls news sources, merges what they publish into stories, groups them by topic, and publishes merged feeds.
//!
//! The modules in reading order; ARCHITECTURE.md has the picture.

pub mod model;
pub mod text;

pub mod config;
pub mod flow;

pub mod edge;
pub mod pipeline;

pub mod command;

/// glibc keeps a heap for each thread that ever asked, which is most of what a service of a day takes, and musl's one heap has one lock.
/// `.cargo/config.toml` says how many this one has. Here, so that tests and benchmarks run with what the program runs with.
#[cfg(not(fuzzing))]
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;
