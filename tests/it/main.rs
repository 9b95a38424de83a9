//! All integration tests in one binary: it links once.

mod architecture;
mod config;
mod render;
