//! The edges: thin code that touches the outside and takes no decisions. An edge never imports a stage or another edge.

pub mod chance;
pub mod clock;
pub mod control;
pub mod fetch;
pub mod pages;
pub mod serve;
pub mod store;
pub mod watch;
