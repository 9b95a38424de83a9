//! The stages: bytes and values in, values out. No clock, no disk, no network, no waiting; `now` is an argument. A stage never
//! imports another: they meet as values of [`crate::model`], in the pipeline.

pub mod dedupe;
pub mod merge;
pub mod parse;
pub mod schedule;
pub mod topic;
