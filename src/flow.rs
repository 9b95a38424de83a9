//! The stages: bytes and values in, values out. Nothing here reads a clock, a disk or the network, waits, or gives two answers
//! to the same input; `now` is an argument. The stages never import each other; they meet as values of [`crate::model`].

pub mod admit;
pub mod archive;
pub mod dedupe;
pub mod gone;
pub mod merge;
pub mod moves;
pub mod parse;
pub mod push;
pub mod render;
pub mod robots;
pub mod roll_call;
pub mod schedule;
pub mod topic;
