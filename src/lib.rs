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
